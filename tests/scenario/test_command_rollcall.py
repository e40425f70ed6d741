"""中心呼、我必应: a roll call over every center and unit of the tree, and what becomes of those who stay silent."""
import uuid

import pytest

import raw
from command import Orders, Switchboard
from field import RECEIPT_EVENTS

D, S, C = "990101", "990101001", "990101001001"
S2, C3 = "990101002", "990101002001"
EVERYBODY = 7 + 8 + 2 * 5 + 4 * 9 + 1  # centers; units of the district, streets, communities with their grids; the gate


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


def call(tree, center=D, **options):
    outcome = tree.run("roll-call", *tree._options(dict(center=center, **options)))
    assert outcome.status == 0, outcome
    return outcome


def test_everybody_answers_and_the_matrix_is_whole(tree, orders):
    said = call(tree)
    assert said["recipients"] == EVERYBODY and said["centers"] == 7
    command = said["command_id"]
    orders.wait_tally(command, DELIVERED=EVERYBODY)
    orders.answer_all(command)
    shown = orders.wait_state(command, "DONE")
    assert shown["counts"]["ACKED"] == EVERYBODY and len(shown["recipients"]) == EVERYBODY
    assert not any(row["red"] or row["overdue_ack"] for row in shown["recipients"])
    for center in (S, C, S2, C3):
        orders.wait_state(command, "DONE", center)
    assert len(orders.rows(command, C)) == 11 and len(orders.rows(command, S)) == 6 + 11 + 10
    orders.equal(command, D, S, C)
    orders.equal(command, D, S2, C3)
    orders.verify()


def test_the_silent_stand_red_at_every_tier_until_somebody_answers(tree, orders):
    """The limit, then the deputy, then the center above; a late answer takes the red away, and stays late."""
    grid, desk, unit = f"grid.{C}002", f"center.{C3}", f"auxiliary-2.{S}"
    silent = {grid: (C, S, D), desk: (C3, S2, D), unit: (S, D)}
    above = {grid: S, desk: S2, unit: D}
    command = call(tree, limit="5m")["command_id"]
    orders.wait_tally(command, DELIVERED=EVERYBODY)
    orders.answer_all(command, but=silent)
    orders.wait_tally(command, ACKED=EVERYBODY - len(silent))
    assert orders.show(command)["state"] == "OPEN" and orders.show(command)["tally"]["red"] == 0

    orders.later(6)
    for name, tiers in silent.items():
        for center in tiers:
            row = orders.wait_row(command, name, "DELIVERED", center=center, flag="red")
            assert row["overdue_ack"] and not row["deputy"] and "above-called" not in row["flags"], row
    assert orders.show(command)["tally"]["red"] == len(silent) == orders.show(command)["tally"]["overdue_ack"]
    assert tree.status(D)["receipts_red"] == len(silent) and tree.status(C)["receipts_red"] == 1
    assert not orders.alarms(S, "command.unanswered")

    orders.later(2)
    for name, tiers in silent.items():
        row = orders.wait_row(command, name, center=tiers[-1], flag="deputy-called")
        assert row["deputy"] and row["deputy"] != name and "above-called" not in row["flags"], row
    assert orders.row(command, unit)["deputy"].startswith("auxiliary")
    assert orders.row(command, grid)["deputy"].startswith("dispatcher")

    orders.later(2)
    for name, tiers in silent.items():
        orders.wait_row(command, name, center=tiers[-1], flag="above-called")
        tree.wait(lambda: any(name in text for text in orders.alarms(above[name], "command.unanswered")),
                  f"{above[name]} is called for {name}")
    assert not orders.alarms(C, "command.unanswered") and len(orders.alarms(D, "command.unanswered")) == 1

    with Switchboard(tree, C) as people, Switchboard(tree, S) as street:
        assert people.say(command, "here", grid).state == "ACKED"
        deputy = orders.row(command, unit)["deputy"]
        assert street.say(command, "here", unit, as_=deputy).state == "ACKED", "the deputy answers in its place"
    orders.acts(command, "ack", desk, f"receptionist.{C3}")
    for name, tiers in silent.items():
        for center in tiers:
            row = orders.wait_row(command, name, "ACKED", center=center)
            assert not row["red"] and row["overdue_ack"], row
    assert "by-other" in orders.row(command, unit)["flags"] and orders.row(command, unit)["by"] == deputy
    shown = orders.wait_state(command, "DONE")
    assert shown["tally"]["red"] == 0 and shown["tally"]["overdue_ack"] == len(silent)
    assert shown["tally"]["deputy_called"] == len(silent) == shown["tally"]["above_called"]
    for center in (D, S, S2):
        tree.wait(lambda: not orders.alarms(center, "command.unanswered"), "nobody is called any more")
    orders.verify()


def test_who_never_answers_is_called_again_and_then_stands_red(tree, orders):
    grid = f"grid.{C}001"
    command = call(tree, S, to=grid, limit="5m")["command_id"]
    orders.wait_row(command, grid, "DELIVERED")
    orders.later(60)
    orders.wait_row(command, grid, "DELIVERED", center=D, flag="above-called")
    tree.wait(lambda: orders.row(command, grid, D)["repeats"] == 2, "called again, twice")
    assert orders.row(command, grid, S)["red"]
    orders.later(600)
    orders.settle()
    row = orders.row(command, grid, D)
    assert row["repeats"] == 2 and row["red"], "no further calls; visible until a person acts"
    orders.acts(command, "ack", grid, grid)
    orders.wait_state(command, "DONE")
    orders.verify()


def test_a_deputy_with_a_phone_of_its_own_is_told(make_tree):
    """On a clock that runs a minute in a second."""
    tree = make_tree(scale=60)
    orders = Orders(tree)
    silent, deputy = f"police.{D}", f"police-2.{D}"
    with tree.field(D, name="phone.one", units=[silent]) as one, tree.field(D, name="phone.two", units=[deputy]) as two:
        assert one.attach().attached == 1 and two.attach().attached == 1
        command = call(tree, to=silent, limit="2m")["command_id"]
        assert one.recv_push(why="deliver", command=command).recipient == silent
        assert one.recv_push(why="channel", command=command).channel == "sms", "the next channel"
        assert one.recv_push(why="deputy", command=command).deputy == deputy
        push = two.recv_push(command=command)
        assert (push.why, push.recipient, push.deputy) == ("deputy", silent, deputy)
        here = raw.request_pb2.ReceiptAct(command=uuid.UUID(command).bytes, recipient=silent.encode(), event=RECEIPT_EVENTS["here"])
        assert two.ask(raw.RECEIPT, user=deputy, receipt=here).code == "OK", "and answers in its place, by its own phone"
    row = orders.wait_row(command, silent, "ACKED")
    assert row["by"] == deputy and row["overdue_ack"] and not row["red"]
    orders.wait_state(command, "DONE")
    orders.verify()
