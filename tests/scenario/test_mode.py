"""平战结合: an alert for a subtree is in force where it was verified, for as long as it is renewed, and no longer."""
import pytest

from command import Orders

D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3, C4 = "990101002", "990101001002", "990101002001", "990101002002"
ALL = (D, S, S2, C, C2, C3, C4)


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


@pytest.fixture(autouse=True)
def peace(tree, orders):
    """Each story begins and ends in peace, and leaves the tree sound."""
    yield
    for center in ALL:
        tree.run("mode", "end", "--center", center, "--reason", "故事结束")
    wait_alert(tree, "normal", *ALL)
    orders.verify()


def alerts(tree):
    return {row["center"]: row["alert"] for row in tree.must("mode", "show").json}


def wait_alert(tree, level, *centers):
    """As the command line works it out, and as the daemon acts on it."""
    def there():
        seen = alerts(tree)
        return all(seen[center] == level for center in centers)
    tree.wait(there, f"alert {level} at {centers}")


def set_mode(tree, center, level, until="6h", **options):
    outcome = tree.run("mode", "set", *tree._options(dict(center=center, level=level, until=until, reason="台风登陆",
                                                          **options)))
    assert outcome.status == 0, outcome
    return outcome["command_id"]


def mode_of_new_case(tree, center):
    return tree.show(tree.new_case(center), center)["mode"]


def test_new_cases_of_the_subtree_get_the_war_policy_and_old_ones_keep_theirs(tree, orders):
    old = tree.new_case(C)
    assert tree.show(old, C)["mode"] == "peace"
    command = set_mode(tree, S, "ii")
    wait_alert(tree, "ii", S, C, C2)
    assert {center: level for center, level in alerts(tree).items() if level != "normal"} == dict.fromkeys((S, C, C2), "ii")
    for center in (S, C, C2):
        assert mode_of_new_case(tree, center) == "war", center
    for center in (D, S2, C3):
        assert mode_of_new_case(tree, center) == "peace", center
    assert tree.show(old, C)["mode"] == "peace", "limits and policy are frozen at filing"
    shown = orders.show(command, C)
    assert shown["signature"] == "verified" and shown["alert"] == "ii" and shown["by"] == f"leader.{S}"

    stages = tree.must("mode", "show", "--center", C)[0]["stages"]
    assert stages["total"] == 1 and stages["dispatched"] == 1, "the four stages count since the start"
    ended = tree.must("mode", "end", "--center", S, "--reason", "险情解除")["ended"]
    assert ended == [command]
    wait_alert(tree, "normal", *ALL)
    assert mode_of_new_case(tree, C) == "peace"


def test_a_mode_begins_and_ends_at_its_own_moments(tree, orders):
    set_mode(tree, D, "iii", **{"from": "1h", "until": "3h"})
    orders.wait_row(orders.list(D)[0]["command_id"], f"center.{C3}", "DELIVERED")
    assert set(alerts(tree).values()) == {"normal"} and mode_of_new_case(tree, C) == "peace"
    orders.later(61)
    wait_alert(tree, "iii", *ALL)
    assert mode_of_new_case(tree, C3) == "war"
    orders.later(121)
    wait_alert(tree, "normal", *ALL)
    assert mode_of_new_case(tree, C3) == "peace"


def test_of_two_modes_the_higher_issuers_is_in_force(tree, orders):
    set_mode(tree, S, "i")
    wait_alert(tree, "i", S, C, C2)
    above = set_mode(tree, D, "iv")
    wait_alert(tree, "iv", *ALL)
    assert mode_of_new_case(tree, C) == "peace", "IV is an alert in peace"
    tree.refused(tree.run("mode", "end", "--center", C, "--reason", "我说了算"), "NO_RIGHT")
    assert tree.must("mode", "end", "--center", D, "--reason", "降级")["ended"] == [above]
    wait_alert(tree, "i", S, C, C2)
    wait_alert(tree, "normal", D, S2, C3)
    assert mode_of_new_case(tree, C) == "war"


def test_of_two_modes_of_one_issuer_the_later_is_in_force(tree, orders):
    set_mode(tree, D, "iv")
    wait_alert(tree, "iv", *ALL)
    set_mode(tree, D, "ii")
    wait_alert(tree, "ii", *ALL)


def test_a_mode_survives_the_death_of_every_daemon(tree, orders):
    set_mode(tree, D, "ii")
    wait_alert(tree, "ii", *ALL)
    for center in tree.centers.values():
        center.kill()
    tree.up()
    assert mode_of_new_case(tree, C) == "war" == mode_of_new_case(tree, D)


def test_a_center_that_is_cut_off_falls_back_by_itself_and_takes_it_up_when_renewed(tree, orders):
    """Half a day and a whole day later; its street is down, so nothing renews the lease there."""
    command = set_mode(tree, D, "ii", until="5d")
    wait_alert(tree, "ii", *ALL)
    orders.settle()
    lease = orders.show(command, C3)["lease_ms"]
    tree.centers[S2].kill()
    orders.later(13 * 60, but=[S2])
    tree.wait(lambda: orders.show(command, C)["lease_ms"] > lease, "renewed where the link stands")
    assert orders.show(command, C3)["lease_ms"] == lease and not orders.alarms(C3, "mode.lease")
    orders.later(12 * 60, but=[S2])
    tree.wait(lambda: orders.alarms(C3, "mode.lease"), "an alarm at the center that is cut off")
    assert alerts(tree)[C3] == "normal" and mode_of_new_case(tree, C3) == "peace"
    assert alerts(tree)[C] == "ii" and mode_of_new_case(tree, C) == "war"
    assert not orders.alarms(C, "mode.lease")

    tree.up()
    wait_alert(tree, "ii", S2, C3, C4)
    assert mode_of_new_case(tree, C3) == "war"
    assert orders.show(command, C3)["lease_ms"] == orders.show(command, D)["lease_ms"] > lease
    tree.wait(lambda: not orders.alarms(C3, "mode.lease"), "and the alarm is over")


def test_a_mode_that_arrives_after_its_end_is_stored_and_not_applied(tree, orders):
    orders.settle()
    tree.centers[C4].kill()
    command = set_mode(tree, D, "i", until="1h")
    wait_alert(tree, "i", *(center for center in ALL if center != C4))
    orders.later(90, but=[C4])
    tree.up()
    row = orders.wait_row(command, f"center.{C4}", "EXPIRED")
    assert row["not_delivered"] and not row["overdue_ack"]
    assert orders.known(command, C4) and mode_of_new_case(tree, C4) == "peace"


def test_a_situation_report_that_is_overdue_stands_red_at_every_tier(tree, orders):
    """Every two hours under alert II; a report by the figures of the four stages, or a zero report."""
    command = set_mode(tree, D, "ii", until="12h")
    centers = [f"center.{code}" for code in ALL]
    orders.wait_tally(command, DELIVERED=7)
    orders.answer_all(command)
    orders.wait_tally(command, ACKED=7)
    tree.new_case(C)
    orders.later(60)
    for code in ALL:
        if code != C3:
            said = tree.run("mode", "report", "--center", code, *(["--zero"] if code == C4 else []))
            assert said.status == 0, said
    tree.wait(lambda: sum(row["reports"] for row in orders.rows(command).values()) == 6, "six reports")
    assert orders.row(command, f"center.{C}")["values"].splitlines()[0] == "total=1"
    assert "zero" in orders.row(command, f"center.{C4}")["flags"]
    orders.later(70)
    for center in (D, S2, C3):
        row = orders.wait_row(command, f"center.{C3}", center=center, flag="overdue-report")
        assert row["red"] and row["state"] == "ACKED"
    assert [name for name in centers if "overdue-report" in orders.row(command, name)["flags"]] == [f"center.{C3}"]
    assert tree.run("mode", "report", "--center", C3, "--text", "道路积水两处").status == 0
    for center in (C3, S2, D):
        tree.wait(lambda center=center: not orders.row(command, f"center.{C3}", center)["red"], "reported after all")
    assert orders.row(command, f"center.{C3}")["answer"] == "道路积水两处"


def test_the_fast_lane_climbs_without_grace(tree, orders):
    """An unsigned case calls the deputy at its limit and goes red ten minutes later; in peace it climbs twenty minutes after
    that, under alert II at once."""
    slow = tree.new_case(C3)
    set_mode(tree, S, "ii", until="12h")
    wait_alert(tree, "ii", S, C)
    fast = tree.new_case(C)
    orders.later(46)
    tree.wait(lambda: tree.row(C, fast)["owner"] != C, "it climbs without grace")
    orders.settle()
    assert tree.row(C3, slow)["owner"] == C3 and tree.show(slow, C3)["lamp"] == "red"
