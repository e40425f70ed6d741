"""Units and the field clients that speak for them: called at once, answered through the socket, and never for others."""
import pytest

import raw
from command import Orders, Switchboard
from field import fresh_key

D, S, C = "990101", "990101001", "990101001001"
C2, C3 = "990101001002", "990101002001"
POLICE = f"police.{C}"
HOUSE = (114.010, 22.605)  # where the community's center stands


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


@pytest.fixture(scope="module")
def gateway(tree):
    """Speaks for every unit of its center, but the gate's guards."""
    with tree.field(C) as client:
        yield client


@pytest.fixture(autouse=True)
def sound(orders):
    yield
    orders.verify()


def now_ms(orders):
    return int(orders.now(C).timestamp() * 1000)


def unit(tree, name, center=None):
    return tree.must("unit", "show", name, *(["--center", center] if center else [])).json


# ---- called and answering ----

def test_a_client_is_told_what_its_units_are_called_for_and_signs_through_the_socket(tree, orders, gateway):
    assert gateway.attach().attached == 10, "one police, two auxiliaries and the gate, three volunteers, three grids"
    command = orders.issue(D, "order", f"{POLICE}+volunteer.{C}", "到北门集合", text_en="Meet at the north gate",
                           ack_limit="10m")
    push = gateway.recv_push(recipient=POLICE, command=command)
    assert (push.why, push.kind, push.center, push.state, push.channel) == ("deliver", "order", D, "DELIVERED", "push")
    assert push.due_ms - now_ms(orders) <= 600_000 and push.text == "到北门集合"
    assert gateway.recv_push(recipient=f"volunteer.{C}", command=command)
    assert gateway.act(command, "ack", POLICE).state == "ACKED"
    assert gateway.act(command, "ack", f"volunteer.{C}").state == "ACKED"
    orders.wait_state(command, "ANSWERED")
    assert gateway.act(command, "depart", POLICE).state == "EN_ROUTE"
    assert gateway.act(command, "arrive", POLICE).state == "ON_SCENE"
    row = orders.wait_row(command, POLICE, "ON_SCENE")
    assert row["acked_ms"] <= row["departed_ms"] <= row["arrived_ms"]
    orders.acts(command, "cancel", reason="散了")
    assert gateway.recv_push(recipient=POLICE, why="cancel").state == "CANCELLED"
    assert gateway.act(command, "ack", POLICE).code == "OK"
    assert gateway.act(command, "ack", f"volunteer.{C}").code == "OK"


def test_an_update_and_a_stand_down_are_pushed(tree, orders, gateway):
    guard = f"auxiliary-2.{C}"
    gateway.attach(guard)
    command = orders.issue(S, "order", f"{guard}+auxiliary-2.{C2}", "一人到东桥", ack="any")
    gateway.recv_push(command=command, why="deliver")
    orders.acts(command, "update", text="一人到西桥")
    assert gateway.recv_push(command=command, why="updated").text == "一人到西桥"
    orders.acts(command, "ack", f"auxiliary-2.{C2}", f"auxiliary-2.{C2}")
    assert gateway.recv_push(command=command, why="stand-down").state == "CANCELLED"
    orders.wait_row(command, guard, "CANCELLED")


def test_a_client_that_comes_back_gets_what_is_open(tree, orders):
    unit_name = f"auxiliary.{C3}"
    with tree.field(C3, name="radio", units=[unit_name]) as radio:
        radio.attach()
        seen = orders.issue(D, "order", unit_name, "第一件")
        radio.recv_push(command=seen)
        radio.act(seen, "ack", unit_name)
    missed = orders.issue(D, "order", unit_name, "第二件", form="人数:people:number!")
    over = orders.issue(D, "order", unit_name, "第三件")
    orders.wait_row(over, unit_name, "DELIVERED")
    orders.acts(over, "cancel", reason="不用了")
    orders.wait_row(over, unit_name, "CANCELLED")
    orders.acts(over, "ack", unit_name, unit_name)
    tree.centers[C3].kill()  # whom it served stands in no database
    tree.up()
    with tree.field(C3, name="radio", units=[unit_name]) as radio:
        assert radio.attach().attached == 1
        pushes = {push.command: push for push in (radio.recv_push(), radio.recv_push())}
        assert set(pushes) == {seen, missed}, "what has ended is not told again"
        assert pushes[missed].state == "DELIVERED" and pushes[missed].form == ["people"]
        assert pushes[seen].state == "ACKED"
        assert radio.recv_push(seconds=0.3) is None
        assert radio.act(missed, "ack", unit_name).state == "ACKED"
    for command in (seen, missed):
        orders.acts(command, "refuse", unit_name, unit_name, text="演示完毕")


def test_the_last_connection_that_attaches_a_unit_serves_it(tree, orders):
    unit_name = f"auxiliary-2.{C3}"
    with tree.field(C3, name="old.phone", units=[unit_name]) as old, tree.field(C3, name="new.phone", units=[unit_name]) as new:
        old.attach()
        new.attach()
        command = orders.issue(D, "notice", unit_name, "换机测试")
        assert new.recv_push(command=command).recipient == unit_name
        assert old.recv_push(seconds=0.3) is None
        assert old.act(command, "ack", unit_name).state == "ACKED", "a listed key may still speak"


def test_many_calls_are_held_back_but_never_those_of_the_top_class(tree, orders, gateway):
    """Three a minute for one recipient, as the response file has it."""
    volunteer = f"volunteer-3.{C}"
    gateway.attach(volunteer)
    notices = [orders.issue(D, "notice", volunteer, f"第{n}条通知") for n in range(5)]
    for command in notices:
        orders.wait_row(command, volunteer, "DELIVERED")
    urgent = orders.issue(D, "order", volunteer, "立即撤离", priority="critical")
    assert gateway.recv_push(command=urgent).text == "立即撤离"
    told = {push.command for push in gateway.pushes if push.recipient == volunteer}
    assert told == set(notices[:3]), "two wait for the next minute"
    orders.answer_all(urgent)
    for command in notices:
        orders.answer_all(command)


# ---- not for others ----

def test_a_key_speaks_for_its_own_units_alone(tree, orders, gateway):
    other = f"auxiliary.{C2}"
    command = orders.issue(D, "order", f"{POLICE}+{other}+center.{C}", "巡查")
    orders.wait_tally(command, DELIVERED=3)
    with tree.field(C, name="one.phone", units=[f"grid.{C}001"]) as phone:
        assert phone.attach(POLICE).code == "NOT_YOURS"
        assert phone.attach().attached == 1
        for answer in (phone.act(command, "ack", POLICE), phone.act(command, "ack", other),
                       phone.act(command, "ack", f"center.{C}"), phone.status(POLICE, "off"),
                       phone.position(POLICE, *HOUSE), phone.report(POLICE, "0101", C, "垃圾"),
                       phone.report(f"receptionist.{C}", "0101", C, "垃圾")):
            assert answer.code == "NOT_YOURS", answer
        # in its own unit's name it may ask: a deputy would be heard, and this is none
        asked = raw.request_pb2.ReceiptAct(command=bytes.fromhex(command.replace("-", "")), recipient=POLICE.encode(), event=1)
        assert phone.ask(raw.RECEIPT, user=f"grid.{C}001", receipt=asked).code == "NO_RIGHT"
    assert gateway.act(command, "ack", POLICE).state == "ACKED"
    assert orders.row(command, other)["state"] == "DELIVERED"
    orders.acts(command, "ack", other, other)
    orders.answer_all(command, but=[POLICE, other])


def test_a_field_client_may_ask_for_nothing_else(tree, orders, gateway):
    before = tree.ask(C, "SELECT last_lsn FROM center")
    draft = raw.request_pb2.Request(kind=raw.COMMAND, user=f"dispatcher.{C}".encode(), key=fresh_key())
    draft.command.event, draft.command.kind = 1, 2
    draft.command.text, draft.command.targets = "撤离".encode(), b"all"
    for kind in (raw.STATUS, raw.RELOAD):
        assert gateway.ask(kind, user=POLICE).code == "NO_RIGHT", kind
    assert gateway._exchange(draft).code == "NO_RIGHT"
    assert tree.ask(C, "SELECT last_lsn FROM center") == before


# ---- how and where they are ----

def test_a_unit_says_how_it_is_in_common_words_or_in_its_services_own(tree, orders, gateway):
    assert gateway.status(POLICE, "patrol").status == "patrol"
    assert gateway.status(POLICE, "下班", note="交班").status == "off"
    shown = unit(tree, POLICE)
    assert (shown["status"], shown["internal"], shown["note"]) == ("off", "下班", "交班")
    assert gateway.status(POLICE, "standby").status == "standby" and unit(tree, POLICE)["internal"] == ""
    assert gateway.status(POLICE, "吃饭").code == "RANGE"
    assert gateway.status(f"volunteer.{C}", "下班").code == "RANGE", "a word of the police alone"


def test_that_it_was_ordered_is_the_centers_word_alone(tree, orders, gateway):
    assert gateway.status(POLICE, "出警").status == "en-route", "on business of its own"
    assert gateway.status(POLICE, "standby").code == "OK"
    before = tree.one(C, "SELECT last_no FROM unit WHERE name = %s", POLICE)
    assert gateway.status(POLICE, "ordered").code == "STATUS_GATE"
    assert tree.one(C, "SELECT last_no FROM unit WHERE name = %s", POLICE) == before
    assert unit(tree, POLICE)["status"] == "standby"


def test_a_person_at_the_desk_may_say_it_for_a_unit_and_nobody_else(tree, orders):
    assert tree.run("unit", "status", POLICE, "break", "--as", f"dispatcher.{C}").status == 0
    tree.refused(tree.run("unit", "status", POLICE, "standby", "--as", f"auxiliary.{C}"), "NO_RIGHT")
    tree.refused(tree.run("unit", "status", POLICE, "standby", "--as", f"desk.huanwei.{C}"), "NO_RIGHT")
    tree.refused(tree.run("unit", "status", f"police-7.{C}", "standby"), "UNKNOWN_UNIT")
    assert unit(tree, POLICE)["status"] == "break"
    assert tree.run("unit", "status", POLICE, "standby").status == 0


def test_a_position_is_kept_once_and_leaves_no_trail(tree, orders, gateway):
    before = tree.one(C, "SELECT count(*) FROM journal")
    at = now_ms(orders)
    for step in range(5):
        assert gateway.position(POLICE, HOUSE[0] + step * 1e-5, HOUSE[1], at - 5000 + step * 1000).code == "OK"
    shown = unit(tree, POLICE)
    assert shown["lon"] == pytest.approx(HOUSE[0] + 4e-5) and shown["position_ms"] == at - 1000
    assert tree.one(C, "SELECT count(*) FROM journal") == before
    assert gateway.position(POLICE, *HOUSE, at - 3000).code == "TOO_LATE", "an older one says nothing new"
    assert unit(tree, POLICE)["lon"] == pytest.approx(HOUSE[0] + 4e-5)


def test_a_position_of_the_future_is_refused(tree, orders, gateway):
    before = unit(tree, POLICE).get("position_ms")
    assert gateway.position(POLICE, *HOUSE, now_ms(orders) + 3_600_000).code == "FUTURE"
    assert gateway.position(POLICE, 181, 22.6).code == "RANGE", "answered with a code, not with silence"
    assert unit(tree, POLICE).get("position_ms") == before


def test_forty_kilometres_in_a_second_are_implausible_until_confirmed(tree, orders, gateway):
    name = f"auxiliary.{C}"
    at = now_ms(orders)
    far = (HOUSE[0] + 0.39, HOUSE[1])
    assert gateway.position(name, *HOUSE, at - 20_000).code == "OK"
    assert gateway.position(name, *far, at - 19_000).code == "IMPLAUSIBLE"
    shown = unit(tree, name)
    assert shown["doubtful"] and shown["lon"] == pytest.approx(HOUSE[0]), "it stands where it was"
    assert gateway.position(name, *far, at - 10_000).code == "OK", "a second fix at the same place"
    shown = unit(tree, name)
    assert not shown["doubtful"] and shown["lon"] == pytest.approx(far[0])


def test_units_are_as_they_were_after_a_crash(tree, orders, gateway):
    assert gateway.status(f"volunteer.{C}", "break", note="午休").code == "OK"
    at = now_ms(orders)
    assert gateway.position(f"volunteer.{C}", *HOUSE, at).code == "OK"
    tree.centers[C].kill()
    tree.up()
    shown = unit(tree, f"volunteer.{C}")
    assert (shown["status"], shown["note"], shown["position_ms"]) == ("break", "午休", at)
    with Switchboard(tree, C) as people:
        assert people.status(f"volunteer.{C}", "standby").code == "OK"
