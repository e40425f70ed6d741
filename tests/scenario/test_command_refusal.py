"""What may not be commanded or signed: refused with a code and a sentence, and nothing has changed."""
import uuid

import pytest

from command import Orders, Switchboard
from field import fresh_key

D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3 = "990101002", "990101001002", "990101002001"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


def footprint(tree, code):
    """What a refusal must leave alone."""
    return tree.ask(code, "SELECT (SELECT last_lsn FROM center), (SELECT count(*) FROM journal),"
                          " (SELECT count(*) FROM command), (SELECT count(*) FROM receipt), (SELECT count(*) FROM sheet),"
                          " (SELECT count(*) FROM unit), (SELECT count(*) FROM timer)")[0]


@pytest.fixture()
def untouched(tree, orders):
    """No refusal of the story leaves anything anywhere."""
    orders.settle()
    before = {code: footprint(tree, code) for code in tree.codes}
    yield
    orders.settle()
    assert {code: footprint(tree, code) for code in tree.codes} == before


REFUSED = {
    "nobody is named": (D, "order", "", {}, "NOBODY"),
    "blanks name nobody": (D, "order", "  ", {}, "NOBODY"),
    "words that are no selector": (D, "order", "everybody", {}, "MALFORMED"),
    "a list that is too long": (D, "order", "+".join(["all"] * 17), {}, "TOO_LONG"),
    "the center above": (C, "order", f"center={S}", {}, "OUTSIDE"),
    "another branch": (S, "order", f"center.{S2}", {}, "OUTSIDE"),
    "a unit of another branch": (S, "order", f"police.{C3}", {}, "OUTSIDE"),
    "an area of another branch": (S, "order", f"area={C3}", {}, "OUTSIDE"),
    "a center that is none": (D, "order", "center=990199", {}, "UNKNOWN_CENTER"),
    "an area that is none": (D, "order", "area=440306", {}, "UNKNOWN_AREA"),
    "a department that is none": (D, "order", "dept=jiaojing", {}, "UNKNOWN_TARGET"),
    "a type that is none": (D, "order", "type=tank", {}, "UNKNOWN_TARGET"),
    "a unit that is none": (D, "order", f"police-9.{C}", {}, "UNKNOWN_TARGET"),
    "a department that has no desk above": (C, "order", "above=kong", {}, "UNKNOWN_TARGET"),
    "a department without people": (D, "order", "dept=kong", {}, "NOBODY"),
    "no words": (D, "order", "centers", {"text": ""}, "MISSING"),
    "expired before it was issued": (D, "order", "centers", {"expires": "2026-03-01T08:00"}, "EXPIRED"),
    "more answers than recipients": (D, "order", "type=squad", {"ack": "9"}, "RANGE"),
    "a desk orders": (D, "order", "centers", {"as_": f"desk.jing.{D}"}, "NO_RIGHT"),
    "a person of another center": (D, "order", "centers", {"as_": f"dispatcher.{S}"}, "NO_RIGHT"),
    "a person that is none": (D, "order", "centers", {"as_": f"dispatcher-7.{D}"}, "UNKNOWN_PERSON"),
    "a case that is not here": (D, "supervision", "centers", {"as_": f"supervisor.{D}", "case": f"{C}-20260302-09999"}, "UNKNOWN_CASE"),
    "words beyond every bound": (D, "order", "centers", {"text": "长" * 1500}, "TOO_LONG"),
    "words that are no UTF-8": (D, "order", "centers", {"text": b"\xff\xfe"}, "BAD_TEXT"),
    "words with a control character": (D, "order", "centers", {"text": "a\x07b"}, "BAD_TEXT"),
    "a form that does not read": (D, "campaign", "centers", {"form": "户数:houses:colour!"}, "FORM"),
    "a limit to arrive before the limit to sign": (D, "order", "centers", {"ack_limit": "30m", "arrive_limit": "10m"}, "RANGE"),
    "a department above and others at once": (C, "order", f"above=dengguang+center.{C}", {}, "ILLEGAL"),
    "a roll call of a department above": (C, "roll-call", "above=dengguang", {}, "ILLEGAL"),
    "an older command that is none": (D, "order", "centers", {"refs": "nonsense"}, "USAGE"),
}


@pytest.mark.parametrize("what", REFUSED, ids=str)
def test_a_command_that_may_not_be_issued(tree, orders, untouched, what):
    center, kind, to, options, code = REFUSED[what]
    outcome = orders.ask(center, kind, to, **options)
    tree.refused(outcome, code, 2 if code == "USAGE" else outcome.status)
    assert outcome.status in (1, 2)


@pytest.mark.parametrize("center, person, code", [
    (D, f"dispatcher.{D}", "NO_RIGHT"), (D, f"shift_leader.{D}", "NO_RIGHT"), (S, f"leader.{D}", "UNKNOWN_PERSON"),
    (D, f"leader.{S}", "NO_RIGHT"), (D, f"leader-9.{D}", "UNKNOWN_PERSON")])
def test_a_mode_switch_wants_a_leader_of_that_center(tree, untouched, center, person, code):
    tree.refused(tree.run("mode", "set", "--center", center, "--level", "ii", "--reason", "台风", "--until", "6h", "--as",
                          person), code)
    assert {row["alert"] for row in tree.must("mode", "show").json} == {"normal"}


def test_a_mode_that_is_over_before_it_begins(tree, untouched):
    said = tree.run("mode", "set", "--center", D, "--level", "ii", "--reason", "台风", "--from", "2h", "--until", "1h")
    assert said.status == 1 and said.code in ("RANGE", "EXPIRED"), said


@pytest.fixture(scope="module")
def open_order(orders):
    """An order to a grid and two centers, delivered and not signed."""
    command = orders.issue(D, "order", f"grid.{C}001+center.{C}+center.{C3}", "巡查工地")
    orders.wait_tally(command, DELIVERED=3)
    return command


def test_what_nobody_was_asked(tree, orders, open_order, untouched):
    grid = f"grid.{C}001"
    tree.refused(orders.act(open_order, "ack", f"grid.{C}002", f"grid.{C}002"), "UNKNOWN_RECIPIENT")
    tree.refused(orders.act(open_order, "ack", f"grid.{C}099", f"grid.{C}099"), "UNKNOWN_RECIPIENT")
    tree.refused(orders.act(str(uuid.uuid4()), "ack", grid, grid), "UNKNOWN_COMMAND")
    tree.refused(orders.act(str(uuid.uuid4()), "cancel", reason="x"), "UNKNOWN_COMMAND")
    tree.refused(orders.act(open_order, "ack", grid, grid, center=C3), "UNKNOWN_COMMAND" if not
                 orders.known(open_order, C3) else "UNKNOWN_RECIPIENT")


@pytest.mark.parametrize("recipient, person", [
    (f"grid.{C}001", f"grid.{C}002"), (f"grid.{C}001", f"police.{C}"), (f"grid.{C}001", f"desk.jing.{C}"),
    (f"grid.{C}001", f"dispatcher.{S}"), (f"center.{C}", f"desk.jing.{C}"), (f"center.{C}", f"dispatcher.{C2}"),
    (f"center.{C}", f"leader.{D}"), (f"center.{C}", f"grid.{C}001")])
def test_nobody_signs_for_somebody_else(tree, orders, open_order, untouched, recipient, person):
    outcome = orders.act(open_order, "ack", recipient, person)
    assert outcome.status == 1 and outcome.code in ("NO_RIGHT", "UNKNOWN_PERSON"), outcome


def test_a_step_that_the_table_does_not_hold(tree, orders, open_order, untouched):
    grid = f"grid.{C}001"
    for event in ("depart", "arrive", "report", "finish", "par"):
        tree.refused(orders.act(open_order, event, grid, grid, text="x"), "ILLEGAL")
    outcome = orders.act(open_order, "dance", grid, grid)
    assert outcome.status != 0 and outcome.code == "UNKNOWN_EVENT", outcome


def test_only_its_issuer_changes_a_command(tree, orders, open_order, untouched):
    for event in ("cancel", "update", "supersede"):
        said = orders.act(open_order, event, center=S, as_=f"dispatcher.{S}", reason="x", text="x", refs=str(uuid.uuid4()))
        tree.refused(said, "NO_RIGHT")
    tree.refused(orders.act(open_order, "cancel", as_=f"desk.jing.{D}", reason="x"), "NO_RIGHT")
    tree.refused(orders.act(open_order, "cancel"), "NO_REASON")
    said = orders.act(open_order, "check", recipient=f"center.{C2}", passed=True)
    tree.refused(said, "UNKNOWN_RECIPIENT")


def test_a_request_that_came_too_late_is_not_carried_out(tree, orders, open_order, untouched):
    with Switchboard(tree, C) as people:
        assert people.say(open_order, "ack", f"grid.{C}001", not_after=1).code == "EXPIRED"


def test_the_same_key_again_has_the_same_outcome(tree, orders, open_order):
    """Asked twice, done once; and under another content it is another's key."""
    key, grid = fresh_key(), f"grid.{C}001"
    with Switchboard(tree, C) as people:
        first = people.say(open_order, "ack", grid, key=key)
        last_no = tree.one(C, "SELECT last_no FROM sheet WHERE command = %s AND center = %s", open_order, C)
        again = people.say(open_order, "ack", grid, key=key)
        assert (first.code, first.again, again.code, again.again) == ("OK", False, "OK", True)
        assert people.say(open_order, "progress", grid, text="另一件事", key=key).code == "KEY_REUSED"
        assert people.say(open_order, "ack", f"center.{C}", key=key).code == "KEY_REUSED"
    assert tree.one(C, "SELECT last_no FROM sheet WHERE command = %s AND center = %s", open_order, C) == last_no
    word = f"点名-{uuid.uuid4()}"
    one = orders.ask(D, "roll-call", "tier=street", "点名", key=word)
    two = orders.ask(D, "roll-call", "tier=street", "点名", key=word)
    assert one["command_id"] == two["command_id"] and not one["again"] and two["again"] and two["recipients"] == 2
    tree.refused(orders.ask(D, "roll-call", "tier=street", "另一次点名", key=word), "KEY_REUSED")
    assert len([row for row in orders.list(D) if row["command_id"] == one["command_id"]]) == 1
    orders.verify()


def test_whoever_is_not_named_has_the_right(tree, orders):
    """A supervision order is no dispatcher's: where no person is given, the command line takes one who may."""
    command = orders.issue(D, "supervision", f"center.{C}", "为何迟迟未处置？")
    assert orders.show(command)["by"] == f"shift_leader.{D}"
    orders.acts(command, "update", text="请今日内书面答复")
    assert tree.run("command", "cancel", command, "--reason", "已当面说明").status == 0
    orders.wait_state(command, "CANCELLED")


def test_a_refusal_is_its_key_s_outcome_for_ever(tree, orders):
    """What was refused is not done by the same key later, when it would be allowed; who means it anew says it anew."""
    key, grid = fresh_key(), f"grid.{C}001"
    command = orders.issue(D, "order", grid, "核查井盖")
    orders.wait_row(command, grid, "DELIVERED", center=C)
    with Switchboard(tree, C) as people:
        assert people.say(command, "report", grid, text="已查", key=key).code == "ILLEGAL", "nobody has signed yet"
        assert people.say(command, "ack", grid).code == "OK"
        assert people.say(command, "report", grid, text="已查", key=key).code == "ILLEGAL", "the key is spent"
        assert people.say(command, "report", grid, text="已查").code == "OK"


def test_a_key_that_is_too_old_is_refused(tree, orders, open_order, untouched):
    old = uuid.UUID("01800000-0000-7000-8000-" + uuid.uuid4().hex[:12]).bytes
    with Switchboard(tree, C) as people:
        assert people.say(open_order, "ack", f"center.{C}", key=old).code == "TOO_OLD"


def test_a_center_without_a_signing_key_commands_nobody(tree, orders):
    """It passes commands on and signs for its own, but nothing leaves it unsigned."""
    sign_key = tree.folder / "keys" / S / "sign.key"
    hidden = sign_key.rename(sign_key.with_suffix(".away"))
    try:
        tree.restart(S)
        tree.up()
        orders.settle()
        before = footprint(tree, S)
        outcome = orders.ask(S, "order", "centers", "集合")
        assert outcome.status != 0 and outcome.code == "CRYPTO", outcome
        assert footprint(tree, S) == before
        through = orders.issue(D, "roll-call", f"center={S}+center={C}", "点名")
        orders.wait_tally(through, DELIVERED=2)
        orders.answer_all(through)
        orders.wait_state(through, "DONE")
    finally:
        hidden.rename(sign_key)
    tree.restart(S)
    tree.up()
    command = orders.issue(S, "roll-call", "centers", "点名")
    orders.answer_all(command)
    orders.wait_state(command, "DONE", D)
    orders.verify()


def test_a_person_who_signs_after_the_expiry_is_told_so(tree, orders):
    command = orders.issue(D, "notice", f"center={C}", "中午前有效", expires="30m")
    orders.wait_tally(command, DELIVERED=1)
    orders.later(31)
    tree.refused(orders.act(command, "ack", f"center.{C}", f"dispatcher.{C}"), "EXPIRED")
    orders.wait_row(command, f"center.{C}", "EXPIRED")
    orders.verify()
