"""「135」: a case of an item with a plan orders the nearest units of each type at once, and never leaves a circle open in
silence: who refuses, stays silent or comes late is replaced; where nobody is left the case climbs."""
import collections

import pytest

from command import ENDED, Orders, Switchboard

D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3, C4 = "990101002", "990101001002", "990101002001", "990101002002"
GAS, DROWNING = "0109", "0110"
SCENE = {C: (114.0101, 22.6051), C2: (114.0181, 22.6001), C3: (113.9701, 22.6051), C4: (113.9621, 22.6001)}


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


@pytest.fixture(autouse=True)
def over(tree, orders):
    """Each story begins with every unit free and on standby, and leaves the tree sound."""
    yield
    never_twice(tree)
    for center in tree.codes:
        for no, owner in tree.ask(center, "SELECT case_no, owner FROM case_rec WHERE is_open AND owner = %s", center):
            tree.acts(no, "force-close", owner, f"leader.{owner}", reason="故事结束")
        for command in circles_of(tree, center):
            if tree.one(center, "SELECT ended FROM command WHERE id = %s", command) == 0:
                orders.acts(command, "cancel", reason="故事结束", as_=f"dispatcher.{center}")
    orders.settle()
    tree.wait(lambda: not booked(tree), "every unit is free again")
    orders.verify()


def circles_of(tree, center):
    return [str(command) for (command,) in tree.ask(center, "SELECT id FROM command WHERE kind = 7 AND issuer = %s", center)]


def booked(tree):
    """unit -> the command that has it, by each unit's own center."""
    found = {}
    for center in tree.codes:
        for name, command in tree.ask(center, "SELECT name, booked FROM unit WHERE booked IS NOT NULL AND center = %s", center):
            found[name] = str(command)
    return found


def never_twice(tree):
    """No unit stands open on two emergency sheets, and who is open there is booked by that very command."""
    busy = booked(tree)
    for center in tree.codes:
        rows = tree.ask(center, "SELECT name, command FROM receipt WHERE kind = 7 AND center = %s AND NOT is_final", center)
        open_rows = collections.Counter(name for name, _ in rows)
        assert all(count == 1 for count in open_rows.values()), open_rows
        for name, command in rows:
            assert busy.get(name) == str(command), (name, command, busy.get(name))


def emergency(tree, center, item=GAS, **options):
    lon, lat = SCENE.get(center, (114.0, 22.6))
    return tree.new_case(center, item, **{"lon": lon, "lat": lat, "text": "闻到燃气味", **options})


def circles(orders, case, center):
    """circle -> its commands at that center, oldest first."""
    found = collections.defaultdict(list)
    for row in reversed(orders.list(center, "--case", case)):
        if row["kind"] == "emergency":
            found[row["circle"]].append(row["command_id"])
    return found


def wait_circle(tree, orders, case, center, circle, count=1):
    return tree.wait(lambda: (found := circles(orders, case, center)[circle]) and len(found) >= count and found,
                     f"circle {circle} of {case} at {center}")


def live(orders, command, center=None):
    """Who is counted on: neither ended nor replaced."""
    return {name for name, row in orders.rows(command, center).items() if row["state"] not in ENDED}


def test_units_of_three_types_are_ordered_when_the_case_is_filed(tree, orders):
    with tree.field(C) as gateway:
        gateway.attach()
        case = emergency(tree, C)
        by_circle = circles(orders, case, C)  # in the commit that filed it
        assert sorted(by_circle) == [1, 2, 3]
        (one,), (three,), (five,) = by_circle[1], by_circle[2], by_circle[3]
        for command, unit_type, count, arrive in ((one, "volunteer", 2, 1), (three, "auxiliary", 2, 3), (five, "police", 1, 5)):
            rows = orders.rows(command, C)
            assert len(rows) == count and all(name.startswith(unit_type) or name.startswith("gate") for name in rows), rows
            for name, row in rows.items():
                assert row["state"] == "DELIVERED" and row["arrive_due_ms"] - row["delivered_ms"] == arrive * 60_000
                push = gateway.recv_push(recipient=name, command=command)
                assert push.kind == "emergency" and push.case_no == case and push.place == pytest.approx(SCENE[C])
        assert set(booked(tree).values()) == {one, three, five} and len(booked(tree)) == 5
        police = f"police.{C}"
        assert gateway.status(police, "standby").code == "STATUS_GATE", "it was ordered"
        for event, state, status in (("ack", "ACKED", "ordered"), ("depart", "EN_ROUTE", "en-route"),
                                     ("arrive", "ON_SCENE", "on-scene"), ("report", "REPORTED", "on-scene"),
                                     ("finish", "DONE", "standby")):
            assert gateway.act(five, event, police, text="阀门已关").state == state
            assert tree.must("unit", "show", police)["status"] == status, event
        assert police not in booked(tree)
        assert tree.must("unit", "show", police)["orders"] == 1
    for center in (D, S):
        orders.wait_state(five, "DONE", center)
        assert orders.show(five, center)["case_no"] == case and orders.show(five, center)["signature"] == "verified"
    orders.equal(five, D, S, C)
    assert "note" in tree.history(case, C), "every step stands in the history"


def test_a_unit_that_refuses_is_replaced_by_the_next_nearest(tree, orders):
    lon, lat = SCENE[C2]
    with tree.field(C2) as gateway:
        for number, name in enumerate((f"volunteer.{C2}", f"volunteer-3.{C2}", f"volunteer-2.{C2}")):
            assert gateway.position(name, lon + number * 0.001, lat).code == "OK"
        case = emergency(tree, C2)
        (command,) = circles(orders, case, C2)[1]
        assert live(orders, command, C2) == {f"volunteer.{C2}", f"volunteer-3.{C2}"}, "the two nearest"
        assert gateway.act(command, "refuse", f"volunteer.{C2}", "在外地").state == "UNABLE"
        assert live(orders, command, C2) == {f"volunteer-2.{C2}", f"volunteer-3.{C2}"}
        assert f"volunteer.{C2}" not in booked(tree)
    orders.wait_row(command, f"volunteer.{C2}", "UNABLE", center=D)
    orders.wait_row(command, f"volunteer-2.{C2}", "DELIVERED", center=D)
    assert tree.row(C2, case)["owner"] == C2


def test_silence_is_replaced_when_the_limit_to_sign_has_passed(tree, orders):
    case = emergency(tree, C3)
    (command,) = circles(orders, case, C3)[2]
    first = live(orders, command, C3)
    assert first == {f"auxiliary.{C3}", f"auxiliary-2.{C3}"}
    volunteers = circles(orders, case, C3)[1][0]
    called = sorted(live(orders, volunteers, C3))
    spare = ({f"volunteer.{C3}", f"volunteer-2.{C3}", f"volunteer-3.{C3}"} - set(called)).pop()
    with Switchboard(tree, C3) as people:
        for name in (*first, called[0], f"police.{C3}"):
            command_of = command if name in first else volunteers if name == called[0] else circles(orders, case, C3)[3][0]
            assert people.say(command_of, "ack", name).code == "OK"
    orders.later(1.1)
    row = orders.wait_row(volunteers, called[1], "CANCELLED", center=C3)
    assert row["overdue_ack"]
    orders.wait_row(volunteers, spare, "DELIVERED", center=D)
    assert booked(tree).get(spare) == volunteers and called[1] not in booked(tree)


def test_where_nobody_is_left_the_case_climbs_at_once_and_the_center_above_orders(tree, orders):
    case = emergency(tree, C)
    police = f"police.{C}"
    (command,) = circles(orders, case, C)[3]
    orders.acts(command, "refuse", police, police, text="正在处理另一警情")
    tree.wait_state(case, S, "DISPATCHED", S)
    above, = wait_circle(tree, orders, case, S, 3)[-1:]
    ordered = tree.wait(lambda: live(orders, above, S), "the street orders its own police")
    assert ordered <= {f"police.{S}", f"police-2.{S}"}
    unit = ordered.pop()
    assert booked(tree)[unit] == above
    for event in ("ack", "depart", "arrive", "finish"):
        orders.acts(above, event, unit, unit)
    orders.wait_row(above, unit, "DONE", center=D)
    assert unit not in booked(tree)
    events = tree.history(case, S)
    assert "handover" in events and "take" in events
    assert tree.row(C, case)["owner"] == S


def test_a_circle_that_no_center_below_can_fill_is_filled_where_the_units_are(tree, orders):
    """Drowning wants a squad, and only the district has one: the case climbs twice at once."""
    case = emergency(tree, C4, DROWNING)
    assert len(live(orders, circles(orders, case, C4)[1][0], C4)) == 1
    tree.wait_state(case, D, "DISPATCHED", D)
    (command,) = wait_circle(tree, orders, case, D, 2)[-1:]
    ordered = tree.wait(lambda: live(orders, command, D), "the squad is ordered")
    assert ordered <= {f"squad.{D}", f"squad-2.{D}"} and len(ordered) == 1


def test_who_does_not_arrive_in_time_is_replaced_and_the_case_climbs(tree, orders):
    case = emergency(tree, C2)
    by_circle = circles(orders, case, C2)
    with Switchboard(tree, C2) as people:
        for circle in (1, 2, 3):
            for name in live(orders, by_circle[circle][0], C2):
                assert people.say(by_circle[circle][0], "ack", name).code == "OK"
                if circle != 3:
                    for event in ("depart", "arrive"):
                        assert people.say(by_circle[circle][0], event, name).code == "OK"
        assert people.say(by_circle[3][0], "depart", f"police.{C2}").code == "OK"
    orders.later(5.1)
    row = orders.wait_row(by_circle[3][0], f"police.{C2}", center=D, flag="overdue-arrive")
    assert row["state"] == "EN_ROUTE" and row["red"]
    tree.wait(lambda: tree.row(C2, case)["owner"] == S, "it climbs")
    above = wait_circle(tree, orders, case, S, 3)[-1]
    tree.wait(lambda: live(orders, above, S), "the street's police is ordered as well")


def test_a_safety_call_that_nobody_answers_is_an_alarm(tree, orders):
    case = emergency(tree, C3)
    (command,) = circles(orders, case, C3)[3]
    others = [(circles(orders, case, C3)[circle][0]) for circle in (1, 2)]
    police = f"police.{C3}"
    with Switchboard(tree, C3) as people:
        for other in others:
            for name in live(orders, other, C3):
                for event in ("ack", "depart", "arrive", "finish"):
                    assert people.say(other, event, name).code == "OK"
        for event in ("ack", "depart", "arrive"):
            assert people.say(command, event, police).code == "OK"
    with tree.field(C3, name="radio.police", units=[police]) as radio:
        radio.attach()
    orders.later(20.5)
    orders.wait_row(command, police, center=D, flag="par-open")
    orders.acts(command, "par", police, police)
    tree.wait(lambda: "par-open" not in orders.row(command, police, D)["flags"], "safe")
    assert not orders.alarms(C3, "command.par")
    orders.later(20.5)
    orders.wait_row(command, police, center=C3, flag="par-open")
    orders.later(3)
    row = orders.wait_row(command, police, center=D, flag="par-lost")
    assert row["red"]
    for center in (C3, S2, D):
        tree.wait(lambda center=center: any(police in text for text in orders.alarms(center, "command.par")),
                  f"a person may be in danger: {center}")
    orders.acts(command, "par", police, police, text="对讲机没电")
    for center in (C3, S2, D):
        tree.wait(lambda center=center: not orders.alarms(center, "command.par"), "found")
    orders.acts(command, "finish", police, police)


def test_two_cases_at_the_same_moment_never_book_a_unit_twice(tree, orders):
    first, second = emergency(tree, C4), emergency(tree, C4, text="第二处")
    ordered = collections.Counter()
    for case in (first, second):
        for circle, commands in circles(orders, case, C4).items():
            for command in commands:
                ordered.update(live(orders, command, C4))
    assert ordered and all(count == 1 for count in ordered.values()), ordered
    tree.wait(lambda: tree.row(C4, second)["owner"] != C4, "what the second lacks is ordered above")
    for circle in (1, 2, 3):
        wait_circle(tree, orders, second, S2, circle)
    orders.settle()
    never_twice(tree)
    units = booked(tree)
    assert f"police.{C4}" in units and {f"auxiliary.{C4}", f"auxiliary-2.{C4}"} <= set(units)
    police = [name for name, command in units.items() if name.startswith("police") and
              orders.show(command)["case_no"] == second]
    assert len(police) == 1 and police[0] != f"police.{C4}", "the second case has another one"


def test_many_alarms_at_once_are_each_served_as_far_as_the_tree_has_units(tree, orders):
    cases = [emergency(tree, center, text=f"第{n}处") for n in range(3) for center in (C, C3)]
    tree.wait(lambda: all(circles(orders, case, D) for case in cases), "the district sees them all")
    orders.settle()
    never_twice(tree)
    assert len([name for name in booked(tree) if name.startswith("police")]) >= 6
    tree.wait(lambda: any(tree.row(D, case)["owner"] == D for case in cases), "those that lack somebody climb to the root")


def test_a_unit_that_is_off_or_broken_down_is_not_ordered(tree, orders):
    assert tree.run("unit", "status", f"squad.{D}", "装备故障").status == 0
    assert tree.run("unit", "status", f"volunteer.{D}", "off").status == 0
    case = emergency(tree, D, DROWNING)
    by_circle = circles(orders, case, D)
    assert live(orders, by_circle[2][0], D) == {f"squad-2.{D}"} and live(orders, by_circle[1][0], D) == {f"volunteer-2.{D}"}
    orders.acts(by_circle[2][0], "refuse", f"squad-2.{D}", f"squad-2.{D}", text="艇损坏")
    tree.wait(lambda: "leader" in tree.history(case, D), "nobody above the root: its leader is called")
    assert tree.run("unit", "status", f"squad.{D}", "standby").status == 0
    assert tree.run("unit", "status", f"volunteer.{D}", "standby").status == 0


def test_an_implausible_position_is_not_used_to_choose_the_nearest(tree, orders):
    """A squad that says it jumped forty kilometres to the scene is not taken for the nearest."""
    far = (114.39, 22.6)
    with tree.field(D) as gateway:
        at = int(orders.now(D).timestamp() * 1000)
        assert gateway.position(f"squad.{D}", 114.0002, 22.6, at - 20_000).code == "OK"
        assert gateway.position(f"squad-2.{D}", 114.0, 22.6, at - 20_000).code == "OK"
        assert gateway.position(f"squad-2.{D}", *far, at - 19_000).code == "IMPLAUSIBLE"
    case = emergency(tree, D, DROWNING, lon=far[0], lat=far[1])
    (command,) = circles(orders, case, D)[2]
    assert live(orders, command, D) == {f"squad.{D}"}


def test_a_case_that_is_closed_lets_its_units_go(tree, orders):
    case = emergency(tree, C)
    commands = [found[0] for found in circles(orders, case, C).values()]
    assert len(booked(tree)) == 5
    tree.acts(case, "force-close", C, f"leader.{C}", reason="误报")
    tree.wait(lambda: not booked(tree), "nobody drives to a false alarm")
    for command in commands:
        assert all(row["state"] == "CANCELLED" for row in orders.rows(command, C).values())


def test_one_touch_alarm_is_such_a_case(tree, orders):
    """一呼百应: a shop's button is believed first and looked at afterwards."""
    case = emergency(tree, C, source="button", as_=f"resident.{C}", text="一键报警")
    assert tree.show(case, C)["source"] == "button" and tree.row(C, case)["state"] == "DISPATCHED"
    assert sorted(circles(orders, case, C)) == [1, 2, 3] and len(booked(tree)) == 5


def test_a_guard_at_his_post_raises_the_alarm_by_his_own_button(tree, orders):
    with tree.field(C, name="button", units=[f"gate.{C}"]) as button, tree.field(C, name="phones", units=[f"police.{C}"]) as phone:
        phone.attach()
        answer = button.report(f"gate.{C}", GAS, C, "北门燃气泄漏", lon=SCENE[C][0], lat=SCENE[C][1])
        assert answer.code == "OK" and answer.case_no, answer
        push = phone.recv_push(recipient=f"police.{C}")
        assert push.case_no == answer.case_no and push.priority == 2
    assert tree.show(answer.case_no, C)["source"] == "unit"
    assert sorted(circles(orders, answer.case_no, C)) == [1, 2, 3]


def test_a_unit_that_was_not_heard_for_long_comes_behind_those_whose_place_is_known(tree, orders):
    """Its old position, next to the scene, is ignored; the unit itself is not."""
    orders.later(11)
    with tree.field(D) as gateway:
        assert gateway.position(f"squad.{D}", 114.001, 22.6).code == "OK"
    orders.later(11)
    with tree.field(D) as gateway:
        assert gateway.position(f"squad-2.{D}", 114.05, 22.6).code == "OK"
    case = emergency(tree, D, DROWNING, lon=114.0, lat=22.6)
    (command,) = circles(orders, case, D)[2]
    assert live(orders, command, D) == {f"squad-2.{D}"}
    orders.acts(command, "refuse", f"squad-2.{D}", f"squad-2.{D}", text="装备故障")
    assert live(orders, command, D) == {f"squad.{D}"}


def test_while_the_link_is_down_the_case_stays_workable_and_climbs_when_it_is_back(tree, orders):
    """The street is away: what its own center can order is ordered, its leader is called, and nothing is lost."""
    orders.settle()
    tree.centers[S].kill()
    case = emergency(tree, C)
    police = f"police.{C}"
    (command,) = circles(orders, case, C)[3]
    orders.acts(command, "refuse", police, police, text="正在处理另一警情")
    tree.wait(lambda: "climb-pending" in tree.history(case, C), "it waits to climb")
    assert tree.row(C, case)["owner"] == C
    volunteer = sorted(live(orders, circles(orders, case, C)[1][0], C))[0]
    for event in ("ack", "depart", "arrive"):
        orders.acts(circles(orders, case, C)[1][0], event, volunteer, volunteer)
    tree.up()
    tree.wait(lambda: tree.row(C, case)["owner"] == S, "it climbs when the link is back")
    above = wait_circle(tree, orders, case, S, 3)[-1]
    tree.wait(lambda: live(orders, above, S), "and the street orders its police")
    orders.wait_row(circles(orders, case, C)[1][0], volunteer, "ON_SCENE", center=D)
