"""`sanji case show`: every second of a case in one list, also what the commands about it and their recipients did."""
import datetime
import subprocess

import pytest

from command import Orders, Switchboard
from tree import binaries

D, S, C = "990101", "990101001", "990101001001"
LITTER, GAS = "0101", "0109"
POLICE = f"police.{C}"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


def history(tree, case, center):
    return tree.show(case, center)["history"]


def told(rows, recipient):
    """What the history says of one recipient, in its order."""
    return [(row["event"], row["from"], row["to"]) for row in rows if row.get("recipient") == recipient]


def for_people(tree, case, center):
    done = subprocess.run([str(binaries() / "sanji"), "case", "show", case, "--center", center, "--site", str(tree.site)],
                          capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def test_a_135_case_tells_every_second_of_its_circles(tree, orders):
    case = tree.new_case(C, GAS, lon=114.0101, lat=22.6051, text="闻到燃气味")
    circles = {row["circle"]: row["command_id"] for row in orders.list(C, "--case", case)}
    volunteers = sorted(orders.rows(circles[1], C))
    with Switchboard(tree, C) as people:
        for event in ("ack", "depart", "arrive"):
            assert people.say(circles[3], event, POLICE).code == "OK"
        assert people.say(circles[1], "ack", volunteers[0]).code == "OK"
        assert people.say(circles[3], "finish", POLICE, text="阀门已关").code == "OK"
    orders.later(1.1)
    orders.wait_row(circles[1], volunteers[1], "CANCELLED", center=D)
    rows = history(tree, case, C)

    own = [row for row in rows if row["source"] == "case"]
    assert [row["no"] for row in own] == list(range(1, len(own) + 1))
    moments = [datetime.datetime.fromisoformat(row["at"]) for row in rows]
    late = [(a, b) for a, b in zip(moments, moments[1:]) if b < a - datetime.timedelta(milliseconds=16)]
    assert not late, "in the order of time"
    begins = [(row["event"], row.get("circle")) for row in rows if row["event"] in ("note", "issue")][:4]
    assert begins == [("note", None), ("issue", 1), ("issue", 2), ("issue", 3)], "the case first, then what it gave rise to"
    assert told(rows, POLICE) == [("deliver", "", "DELIVERED"), ("ack", "DELIVERED", "ACKED"), ("depart", "ACKED", "EN_ROUTE"),
                                  ("arrive", "EN_ROUTE", "ON_SCENE"), ("finish", "ON_SCENE", "DONE")]
    finish = next(row for row in rows if row.get("recipient") == POLICE and row["event"] == "finish")
    assert (finish["source"], finish["circle"], finish["actor"], finish["note"]) == (circles[3], 3, POLICE, "阀门已关")
    assert ("relieved", "DELIVERED", "CANCELLED") in told(rows, volunteers[1]), "the one who stayed silent"
    spare = {row["recipient"] for row in rows if row.get("circle") == 1 and row["event"] == "deliver"} - set(volunteers)
    assert len(spare) == 1, "and who was ordered instead"

    seen = [(row["source"], row["no"], row["event"], row.get("recipient")) for row in rows]
    tree.wait(lambda: set(seen) <= {(row["source"], row["no"], row["event"], row.get("recipient"))
                                    for row in history(tree, case, D)}, "the district tells the same")
    printed = for_people(tree, case, C)
    assert any("由他人接替" in line and "已撤销" in line and f"第1圈，{volunteers[1]}" in line for line in printed)
    assert any(POLICE in line and "办结" in line and "第3圈: 阀门已关" in line for line in printed)


def test_an_order_about_a_case_stands_between_its_steps(tree, orders):
    case = tree.new_case(C, LITTER)
    command = orders.issue(C, "order", POLICE, "到现场看一看", case=case, done_limit="2h")
    orders.acts(command, "ack", POLICE, POLICE)
    rows = history(tree, case, C)
    of_order = [row for row in rows if row["source"] == command]
    assert [row["event"] for row in of_order] == ["issue", "deliver", "ack"]
    assert of_order[0]["note"] == "到现场看一看" and of_order[0]["kind"] == "order" and "circle" not in of_order[0]


def test_a_case_without_commands_has_its_own_steps_and_nothing_else(tree):
    case = tree.new_case(C, LITTER)
    rows = history(tree, case, C)
    assert {row["source"] for row in rows} == {"case"}
    assert [row["no"] for row in rows] == list(range(1, len(rows) + 1))
