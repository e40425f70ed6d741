"""A phone gateway on the center's socket: what its key may say, and what it is told."""
import time

import pytest

D, S, C = "990101", "990101001", "990101001001"
C2 = "990101001002"
ONE, TWO = f"volunteer.{C}", f"volunteer-2.{C}"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def gateway(tree):
    with tree.field(C) as client:
        assert client.attach().attached > 3
        yield client


def ordered(tree, to, center=S, text="请到路口", **options):
    """An order; its command id."""
    said = tree.run("command", "issue", *tree._options(dict(center=center, kind="order", to=to, text=text, **options)))
    assert said.status == 0, said
    return said["command_id"]


def receipt(tree, command, unit, at=S):
    rows = tree.must("command", "show", command, "--center", at)["recipients"]
    return next((row for row in rows if row["recipient"] == unit), None)


def test_an_order_is_pushed_and_what_the_unit_answers_is_seen_where_it_was_issued(tree, gateway):
    command = ordered(tree, ONE)
    push = gateway.recv_push(command=command)
    assert push.recipient == ONE and push.why == "deliver" and push.text == "请到路口" and push.center == S
    assert push.kind == "order" and push.state == "DELIVERED" and push.due_ms > push.sent_ms
    for event, state in (("ack", "ACKED"), ("depart", "EN_ROUTE"), ("arrive", "ON_SCENE")):
        answer = gateway.act(command, event, ONE)
        assert answer.code == "OK" and answer.state == state, answer
    tree.wait(lambda: receipt(tree, command, ONE)["state"] == "ON_SCENE", "the issuer sees the unit on scene")


def test_the_same_answer_twice_is_one_answer(tree, gateway):
    command = ordered(tree, TWO)
    gateway.recv_push(command=command, recipient=TWO)
    key = bytes.fromhex(f"{int(time.time() * 1000):012x}7000800000000000000a")
    first = gateway.act(command, "ack", TWO, key=key)
    again = gateway.act(command, "ack", TWO, key=key)
    assert first.code == again.code == "OK" and again.again and not first.again


def test_a_unit_says_how_it_is_and_where(tree, gateway):
    unit = f"volunteer-3.{C}"
    assert gateway.status(unit, "patrol").status == "patrol"
    assert gateway.position(unit, 114.0101, 22.6051).code == "OK"
    row = next(row for row in tree.must("unit", "list", "--center", C).json if row["unit"] == unit)
    assert row["status"] == "patrol" and row["lon"] == pytest.approx(114.0101), row


def test_a_position_of_tomorrow_or_from_nowhere_is_refused(tree, gateway):
    unit = f"auxiliary-2.{C}"
    assert gateway.position(unit, 114.0101, 22.6051, at_ms=4102444800000).code == "FUTURE"
    assert gateway.position(unit, 214, 22.6051).code == "RANGE"
    row = next(row for row in tree.must("unit", "list", "--center", C).json if row["unit"] == unit)
    assert row.get("position_ms") is None, row


def test_a_key_speaks_for_no_unit_that_its_line_does_not_name(tree):
    with tree.field(C, "phone", units=ONE) as phone:
        command = ordered(tree, f"{ONE}+{TWO}")
        assert phone.attach(TWO).code == "NOT_YOURS"
        assert phone.attach(ONE, TWO).attached == 1
        assert phone.recv_push(command=command).recipient == ONE
        assert phone.act(command, "ack", TWO).code == "NOT_YOURS"
        assert phone.status(TWO, "off").code == "NOT_YOURS"
        assert phone.act(command, "ack", ONE).code == "OK"
        assert phone.recv_push(1, command=command, recipient=TWO) is None
        assert phone.ask(3).code == "NO_RIGHT", "the center's state is not the field's to ask"


def test_units_of_another_center_are_nobodys_here(tree, gateway):
    other = f"volunteer.{C2}"
    assert gateway.status(other, "off").code in ("NOT_YOURS", "UNKNOWN_UNIT")
    assert gateway.attach(other).code == "NOT_YOURS"


def test_a_gateway_that_comes_back_is_told_what_is_still_open(tree):
    unit = f"auxiliary-2.{C}"
    command = ordered(tree, unit)
    tree.wait(lambda: (receipt(tree, command, unit) or {}).get("state") == "DELIVERED", "delivered, though nobody heard it")
    with tree.field(C, "night", units=unit) as night:
        assert night.attach().code == "OK"
        assert night.recv_push(command=command).recipient == unit
        assert night.act(command, "ack", unit).code == "OK"
    with tree.field(C, "night", units=unit) as night:
        assert night.attach().code == "OK"
        push = night.recv_push(command=command)
        assert push.state == "ACKED", "signed, and still to be done"


def test_a_center_that_restarts_serves_its_gateway_again(tree):
    unit = f"auxiliary.{C}"
    with tree.field(C, "again", units=unit) as client:
        assert client.attach().code == "OK"
        tree.restart(C)
        tree.up()
        assert client.attach().code == "OK"
        command = ordered(tree, unit)
        assert client.recv_push(command=command).recipient == unit


def test_a_revoked_gateway_hears_and_says_nothing_more(tree):
    unit = f"police.{C}"
    with tree.field(C, "lost", units=unit) as lost:
        assert lost.attach().code == "OK"
        assert tree.must("keys", "revoke", "lost")["told"] == [C]
        command = ordered(tree, unit)
        tree.wait(lambda: (receipt(tree, command, unit) or {}).get("state") == "DELIVERED", "delivered")
        assert lost.recv_push(1, command=command) is None
        lost.send(b"x")
        assert lost.hear(1) is None
    assert receipt(tree, command, unit)["state"] == "DELIVERED"


def test_every_log_of_the_stories_holds(tree):
    tree.settle()
    tree.verify()
