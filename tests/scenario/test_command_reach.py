"""社区发令、部门执行: a community commands a department above it; and centers that are away while a command goes round."""
import pathlib

import pytest

from command import Orders

HERE = pathlib.Path(__file__).resolve().parent
D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3, C4 = "990101002", "990101001002", "990101002001", "990101002002"
WATER_STATION = """\
  - code: shuiwu # at the street alone
    name: 水务站
    at: [{tier: street, desks: 2}]
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The stories' tree with one department more."""
    folder = tmp_path_factory.mktemp("files")
    for file in (HERE / "small").glob("*.yaml"):
        text = file.read_text(encoding="utf-8").replace("../../../config", str(HERE.parents[1] / "config"))
        if file.name == "topology.yaml":
            text = text.replace("departments:\n", "departments:\n" + WATER_STATION, 1)
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tree(make_tree, files):
    return make_tree(files / "topology.yaml")


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


@pytest.fixture(autouse=True)
def sound(orders):
    yield
    orders.verify()


@pytest.mark.parametrize("department, at, way", [("shuiwu", S, (C, S, D)), ("dengguang", D, (C, S, D))])
def test_a_community_commands_the_nearest_department_above_and_rates_it(tree, orders, department, at, way):
    desk = f"desk.{department}.{at}"
    said = orders.ask(C, "order", f"above={department}", "三号楼前井盖缺失，请处置")
    assert said.status == 0 and said["recipients"] == 1, said
    command = said["command_id"]
    orders.wait_row(command, desk, "DELIVERED", center=at)
    limits = orders.show(command, at)["limits"]
    assert limits["ack"]["text"] == "1 urgent-hour" and limits["contact"]["text"] == "24 urgent-hours", limits
    assert limits["done"]["unit"] == "work_day" and limits["done"]["amount"] in (3, 5), limits

    tree.refused(orders.act(command, "ack", desk, f"desk.huanwei.{at}"), "NO_RIGHT")
    orders.acts(command, "ack", desk, f"desk-2.{department}.{at}")
    orders.acts(command, "contact", desk, desk, text="已电话联系社区")
    orders.acts(command, "report", desk, desk, text="井盖已补")
    row = orders.wait_row(command, desk, "REPORTED", center=C, flag="contacted")
    assert row["by"] == f"desk-2.{department}.{at}" and not row["overdue_ack"], "who signed, by name"
    tree.refused(orders.act(command, "check", recipient=desk, passed=True, score=4, center=at,
                            as_=f"dispatcher.{at}"), "NO_RIGHT")
    orders.acts(command, "check", recipient=desk, passed=True, score=4, as_=f"dispatcher.{C}")
    for center in way:
        row = orders.wait_row(command, desk, "DONE", center=center)
        assert row["score"] == 4 and orders.wait_state(command, "DONE", center)["signature"] == "verified"
    orders.equal(command, *way)
    assert not any(orders.known(command, center) for center in (S2, C2, C3))


def test_a_department_that_is_silent_stands_red_at_its_caller_too(tree, orders):
    desk = f"desk.dengguang.{D}"
    command = orders.issue(C, "order", "above=dengguang", "路灯成片不亮")
    orders.wait_row(command, desk, "DELIVERED")
    orders.later(61)
    for center in (D, S, C):
        assert orders.wait_row(command, desk, "DELIVERED", center=center, flag="red")["overdue_ack"]
    orders.later(2)
    assert orders.wait_row(command, desk, center=C, flag="deputy-called")["deputy"]
    orders.acts(command, "ack", desk, desk)
    orders.later(24 * 60)
    assert orders.wait_row(command, desk, center=C, flag="overdue-contact")["red"]
    orders.acts(command, "contact", desk, desk, text="联系上了")
    orders.acts(command, "report", desk, desk, text="修好了")
    orders.wait_row(command, desk, "REPORTED", center=C)
    orders.acts(command, "check", recipient=desk, failed=True, text="还有两盏")
    orders.wait_row(command, desk, center=D, flag="rework")
    orders.acts(command, "report", desk, desk, text="全亮了")
    tree.wait(lambda: "rework" not in orders.row(command, desk, C)["flags"], "reported anew")
    orders.acts(command, "check", recipient=desk, passed=True, score=2)
    orders.wait_state(command, "DONE", C)


def test_a_center_that_is_down_gets_its_part_when_it_is_back(tree, orders):
    tree.centers[S2].kill()
    command = tree.must("roll-call", "--center", D)["command_id"]
    orders.wait_row(command, f"center.{C}", "DELIVERED")
    shown = orders.show(command)
    unheard = [row for row in shown["recipients"] if row["center"] in (S2, C3, C4)]
    assert len(unheard) == 5 + 1 + 2 * 10 and all(row["state"] == "ISSUED" and not row["heard"] for row in unheard)
    assert all(row["unknown_since_ms"] == shown["sent_ms"] for row in unheard)
    assert shown["tally"]["unheard_centers"] == 3 and shown["state"] == "OPEN"
    tree.start(S2)
    shown = tree.wait(lambda: (now := orders.show(command))["counts"]["ISSUED"] == 0 and now, "S2's part is heard")
    assert shown["tally"]["unheard_centers"] == 0
    orders.answer_all(command)
    orders.wait_state(command, "DONE")
    orders.equal(command, D, S2, C3)


def test_what_comes_after_its_expiry_was_not_delivered_and_is_no_silence(tree, orders):
    """The community is away until the order has expired; meanwhile its issuer says: unknown since."""
    late = f"center.{C3}"
    orders.settle()
    tree.centers[C3].kill()
    command = orders.issue(D, "order", "tier=community", "今晚八点前封闭工地", expires="30m", ack_limit="10m")
    orders.wait_tally(command, DELIVERED=3, ISSUED=1)
    orders.answer_all(command, but=[late])
    orders.later(40, but=[C3])
    for center in (D, S2):
        row = orders.wait_row(command, late, "ISSUED", center=center)
        assert not row["heard"] and row["unknown_since"] and not row["overdue_ack"], row
    tree.up()
    for center in (C3, S2, D):
        row = orders.wait_row(command, late, "EXPIRED", center=center)
        assert row["not_delivered"] and not row["overdue_ack"] and not row["delivered_ms"], row
    shown = orders.show(command)
    assert shown["tally"]["not_delivered"] == 1 and shown["tally"]["overdue_ack"] == 0
    tree.refused(orders.act(command, "ack", late, f"dispatcher.{C3}"), "EXPIRED")
    assert not orders.alarms(S2, "command.unanswered")


def test_an_extension_does_not_reach_who_was_away_until_the_first_expiry(tree, orders):
    """EXPIRED is a last word: the update that lies next in the stream changes nothing; whoever extended was told."""
    late, heard = f"center.{C3}", f"center.{C}"
    orders.settle()
    tree.centers[C3].kill()
    command = orders.issue(D, "order", "tier=community", "今晚八点前封闭工地", expires="30m")
    orders.wait_tally(command, DELIVERED=3, ISSUED=1)
    assert "尚有 1 个中心" in orders.acts(command, "update", text="延至午夜前", expires="4h").err
    orders.later(40, but=[C3])
    tree.up()
    for center in (C3, S2, D):
        assert orders.wait_row(command, late, "EXPIRED", center=center)["not_delivered"]
    tree.refused(orders.act(command, "ack", late, f"dispatcher.{C3}"), "EXPIRED")
    orders.acts(command, "ack", heard, f"dispatcher.{C}")
    assert orders.acts(command, "update", expires="6h").err == ""
    tree.refused(orders.act(command, "ack", late, f"dispatcher.{C3}"), "EXPIRED")


def test_a_cancel_and_its_command_come_together_to_who_was_away(tree, orders):
    late = f"center.{C4}"
    orders.settle()
    tree.centers[C4].kill()
    command = orders.issue(D, "order", "tier=community", "封路")
    orders.wait_tally(command, DELIVERED=3, ISSUED=1)
    orders.acts(command, "cancel", reason="误发")
    orders.wait_tally(command, CANCELLED=3, ISSUED=1)
    tree.up()
    orders.wait_tally(command, CANCELLED=4)
    orders.wait_row(command, late, "CANCELLED", center=S2)


def test_links_that_are_down_hold_nothing_up_below_them(tree, orders):
    """A street commands its own communities while the district is away, and the district learns of it later."""
    orders.settle()
    tree.centers[D].kill()
    command = orders.issue(S, "order", "tier=community,type=police", "本街道联勤")
    orders.wait_tally(command, DELIVERED=2)
    orders.answer_all(command)
    orders.wait_state(command, "ANSWERED")
    tree.up()
    orders.wait_tally(command, center=D, ACKED=2)
    orders.equal(command, D, S, C)


def test_a_departments_order_waits_for_the_link_upward(tree, orders):
    desk = f"desk.dengguang.{D}"
    orders.settle()
    tree.centers[S].kill()
    command = orders.issue(C, "order", "above=dengguang", "隧道照明全灭")
    late = orders.issue(C, "order", "above=dengguang", "过期不候", expires="20m")
    for waiting in (command, late):
        row = orders.row(waiting, desk, C)
        assert row["state"] == "ISSUED" and not row["heard"] and row["unknown_since"]
    orders.later(30, but=[S])
    assert orders.row(late, desk, C)["state"] == "ISSUED", "only the desk's own center says that it has expired"
    tree.up()
    orders.wait_row(command, desk, "DELIVERED", center=C)
    assert orders.wait_row(late, desk, "EXPIRED", center=C)["not_delivered"]
    orders.acts(command, "ack", desk, desk)
    orders.wait_row(command, desk, "ACKED", center=C)


def test_a_sheet_of_nine_hundred_grids_is_as_good_as_one_of_three(make_tree, files, tmp_path):
    """More recipients than one event can hold, and more answers than one batch."""
    for file in files.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(text.replace(f'parent: "{S}", grids: 3, lon: 114.010', f'parent: "{S}", grids: 900, lon: 114.010'),
                                          encoding="utf-8")
    tree = make_tree(tmp_path / "topology.yaml")
    orders = Orders(tree)
    said = tree.must("roll-call", "--center", D, "--to", f"area={C}")
    assert said["recipients"] == 908, "the center, seven units, nine hundred grids"
    command = said["command_id"]
    orders.wait_tally(command, DELIVERED=908)
    late = f"grid.{C}555"
    orders.answer_all(command, but=[late])
    orders.wait_tally(command, ACKED=907)
    orders.later(6)
    assert orders.wait_row(command, late, flag="red")["overdue_ack"]
    assert orders.show(command, S)["tally"]["red"] == 1
    orders.acts(command, "ack", late, late)
    orders.wait_state(command, "DONE")
    tree.centers[C].kill()
    tree.up()
    orders.equal(command, D, S, C)
    orders.verify()
