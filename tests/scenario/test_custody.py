"""Who owns a case: delegation, transfers over the street, requests that go to the owner, and links that break."""
import contextlib

import pytest

from proxy import Proxy

D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3 = "990101002", "990101001002", "990101002001"
DESK = f"desk.huanwei.{C}"


@pytest.fixture(scope="module")
def link():
    """The link between C and its street, in a story's hand."""
    proxy = Proxy()
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def tree(make_tree, link):
    tree = make_tree(start=False, proxied={C: link.port})
    link.towards(tree.endpoints[S])
    return tree.up()


@contextlib.contextmanager
def broken(tree, link, how):
    how()
    tree.wait(lambda: not tree.status(C)["parent_up"], "the community notices that the link is gone")
    try:
        yield
    finally:
        link.mend()
        tree.wait(lambda: tree.status(C)["parent_up"], "the link is back")


def escalated(tree, center=C, to=S):
    no = tree.new_case(center)
    tree.acts(no, "escalate", center, f"shift_leader.{center}", reason="本社区力量不够")
    tree.wait_state(no, to, "DISPATCHED", to)
    tree.wait(lambda: tree.row(center, no)["owner"] == to, "the old owner knows")
    return no


def wait_equal(tree, no, *codes):
    def equal():
        logs = [tree.log(code, no) for code in codes]
        return logs[0] if all(log == logs[0] for log in logs) else None
    return tree.wait(equal, f"equal logs of {no} at {codes}")


def test_a_shift_leader_hands_a_case_to_the_street(tree):
    no = escalated(tree)
    kinds = [event.kind for event in wait_equal(tree, no, C, S, D)]
    assert kinds[3:] == ["offer", "handover", "take"]


def test_after_the_hand_over_only_the_new_owner_writes(tree):
    no = escalated(tree)
    log = wait_equal(tree, no, C, S)
    tree.acts(no, "redispatch", S, f"dispatcher.{S}", to=f"jing@{S}")
    assert [event.writer for event in tree.log(S, no)[len(log) - 1:]] == [S, S]
    assert [event.epoch for event in log][-3:] == [log[0].epoch, log[0].epoch + 1, log[0].epoch + 1]


def test_the_street_delegates_down_and_the_community_signs(tree):
    no = tree.new_case(S)
    tree.acts(no, "delegate", S, f"dispatcher.{S}", to=C2)
    tree.wait_state(no, C2, "DISPATCHED", C2)
    wait_equal(tree, no, C2, S, D)
    tree.acts(no, "redispatch", C2, f"dispatcher.{C2}", to="jing")
    assert tree.acts(no, "sign", C2, f"desk.jing.{C2}")["state"] == "HANDLING"
    wait_equal(tree, no, C2, S, D)


def test_a_transfer_to_a_sibling_goes_over_the_street_which_owns_it_in_between(tree):
    no = tree.new_case(C)
    tree.acts(no, "delegate", C, f"dispatcher.{C}", to=C2)
    tree.wait_state(no, C2, "DISPATCHED", C2)
    log = wait_equal(tree, no, C2, S, D, C)
    assert [event.writer for event in log if event.kind == "take"] == [S, C2]
    assert [event.next_owner for event in log if event.kind == "handover"] == [S, C2]


def test_a_transfer_into_the_other_street_takes_four_hops(tree):
    no = tree.new_case(C)
    tree.acts(no, "delegate", C, f"dispatcher.{C}", to=C3)
    tree.wait_state(no, C3, "DISPATCHED", C3)
    log = wait_equal(tree, no, C3, S2, D, S, C)
    assert [event.writer for event in log if event.kind == "take"] == [S, D, S2, C3]
    tree.acts(no, "redispatch", C3, f"dispatcher.{C3}", to="jing")
    wait_equal(tree, no, C3, S2, D, S, C)


def test_a_case_goes_to_and_fro_and_every_copy_stays_equal(tree):
    no = tree.new_case(S)
    for _ in range(3):
        tree.acts(no, "delegate", S, f"dispatcher.{S}", to=C2)
        tree.wait_state(no, C2, "DISPATCHED", C2)
        tree.acts(no, "escalate", C2, f"shift_leader.{C2}", reason="退回街道")
        tree.wait_state(no, S, "DISPATCHED", S)
        tree.wait(lambda: tree.log(S, no)[-1].kind == "take", "taken back")
    assert wait_equal(tree, no, C2, S, D)[-1].epoch - tree.log(S, no)[0].epoch == 6


def test_an_act_at_the_old_owner_is_answered_by_the_new_one(tree):
    no = escalated(tree)
    outcome = tree.act(no, "sign", C, DESK)
    assert outcome.status == 0 and outcome["owner"] == S and outcome["state"] == "HANDLING", outcome
    wait_equal(tree, no, C, S, D)
    assert tree.one(C, "SELECT count(*) FROM request_kept") == 0


def test_a_forwarded_act_that_a_rule_forbids_is_refused_by_the_owner_and_on_record(tree):
    no = escalated(tree)
    tree.refused(tree.act(no, "force-close", C, f"leader.{C}", reason="算了"), "NO_RIGHT")
    assert tree.log(S, no)[-1].kind == "refused"
    assert tree.row(S, no)["state"] == "DISPATCHED" and tree.one(C, "SELECT count(*) FROM request_kept") == 0


def test_a_forwarded_act_with_the_same_key_acts_once(tree):
    no = escalated(tree)
    assert tree.act(no, "urge", C, f"receptionist.{C}", key="fwd-urge").status == 0
    again = tree.act(no, "urge", C, f"receptionist.{C}", key="fwd-urge")
    assert again.status == 0 and again["again"]
    elsewhere = tree.act(no, "urge", S, f"receptionist.{C}", key="fwd-urge")
    assert elsewhere.status == 0 and elsewhere["again"], elsewhere
    assert tree.history(no, S).count("urge") == 1


def test_a_request_is_kept_while_the_link_is_down_and_decided_after(tree, link):
    no = escalated(tree)
    with broken(tree, link, link.cut):
        kept = tree.act(no, "sign", C, DESK, wait=0, key="kept-sign")
        assert kept.status == 3 and kept.code == "PENDING", kept
        assert tree.one(C, "SELECT count(*) FROM request_kept") == 1 and tree.row(S, no)["state"] == "DISPATCHED"
    tree.wait_state(no, S, "HANDLING", S)
    tree.wait(lambda: tree.one(C, "SELECT count(*) FROM request_kept") == 0, "the outcome is known below")
    assert tree.act(no, "sign", C, DESK, key="kept-sign")["again"]
    assert tree.history(no, S).count("sign") == 1


def test_a_kept_request_survives_a_crash_and_whoever_asks_again_is_told(tree, link):
    no = escalated(tree)
    with broken(tree, link, link.cut):
        assert tree.act(no, "sign", C, DESK, wait=0, key="crash-sign").code == "PENDING"
        tree.centers[C].kill()
        tree.centers[C].start()
        again = tree.act(no, "sign", C, DESK, wait=0, key="crash-sign")
        assert again.code == "PENDING", again
    outcome = tree.act(no, "sign", C, DESK, wait=30, key="crash-sign")
    assert outcome.status == 0 and outcome["state"] == "HANDLING", outcome
    assert tree.history(no, S).count("sign") == 1


def test_while_the_link_is_down_a_case_is_climb_pending_workable_and_climbs_after(tree, link):
    no = tree.new_case(C)
    with broken(tree, link, link.cut):
        tree.acts(no, "escalate", C, f"shift_leader.{C}", reason="请上级接办")
        row = tree.row(C, no)
        assert row["owner"] == C and "climb-pending" in tree.show(no, C)["flags"]
        tree.acts(no, "sign", C, DESK)
        tree.acts(no, "progress", C, DESK, reason="先动手了")
    tree.wait_state(no, S, "HANDLING", S)
    assert "climb-pending" not in tree.show(no, S)["flags"]
    kinds = [event.kind for event in wait_equal(tree, no, C, S, D)]
    assert kinds.index("climb-pending") < kinds.index("sign") < kinds.index("handover")


def test_a_case_closed_while_it_waited_for_the_link_does_not_climb(tree, link):
    no = tree.new_case(C)
    with broken(tree, link, link.cut):
        tree.acts(no, "escalate", C, f"shift_leader.{C}", reason="请上级接办")
        tree.acts(no, "sign", C, DESK)
        tree.acts(no, "feedback", C, DESK, reason="自己办完了")
        tree.acts(no, "check-ok", C, f"checker.{C}")
    log = wait_equal(tree, no, C, S, D)
    assert "handover" not in [event.kind for event in log] and log[-1].next_owner == C


def test_reports_taken_while_the_link_was_down_are_all_above_afterwards(tree, link):
    with broken(tree, link, link.cut):
        numbers = [tree.new_case(C) for _ in range(12)]
        assert not tree.report(C)["stored_above"]
    for no in numbers:
        wait_equal(tree, no, C, S, D)


def test_a_black_hole_is_noticed_and_loses_nothing(tree, link):
    first = tree.new_case(C)
    with broken(tree, link, link.black_hole):
        second = tree.new_case(C)
    for no in (first, second):
        wait_equal(tree, no, C, S, D)


def test_a_slow_link_hands_over_all_the_same(tree, link):
    link.slow(0.4)
    no = escalated(tree)
    assert tree.act(no, "sign", C, DESK, wait=30).status == 0
    link.mend()
    wait_equal(tree, no, C, S, D)


def test_an_offer_answered_too_late_is_made_again(tree, link):
    """The street sleeps through the first offer and says yes to it when it wakes: too old to be used."""
    no = tree.new_case(C)
    tree.wait(lambda: tree.row(S, no), "the street holds it")
    tree.centers[S].freeze()
    try:
        tree.acts(no, "escalate", C, f"shift_leader.{C}", reason="请接办")
        offered = tree.ask(C, "SELECT extract(epoch FROM clock_timestamp())")[0][0]
        tree.wait(lambda: tree.ask(C, "SELECT extract(epoch FROM clock_timestamp())")[0][0] - offered > 6,
                  "the offer has grown old")
    finally:
        tree.centers[S].thaw()
    tree.wait_state(no, S, "DISPATCHED", S)
    assert tree.history(no, S).count("offer") >= 1


def test_an_offer_of_a_life_before_the_crash_is_made_again(tree):
    no = tree.new_case(C)
    tree.wait(lambda: tree.row(S, no), "the street holds it")
    tree.centers[S].freeze()
    try:
        tree.acts(no, "escalate", C, f"shift_leader.{C}", reason="请接办")
        tree.centers[C].kill()
    finally:
        tree.centers[S].thaw()
    tree.up()
    tree.wait_state(no, S, "DISPATCHED", S)


def test_a_frozen_child_catches_up_when_it_wakes(tree):
    no = escalated(tree)
    tree.centers[C].freeze()
    try:
        tree.acts(no, "redispatch", S, f"dispatcher.{S}", to="jing")
        tree.acts(no, "sign", S, f"desk.jing.{S}")
        tree.refused(tree.report(C, wait=1), "TIMEOUT", status=3)
    finally:
        tree.centers[C].thaw()
    wait_equal(tree, no, C, S, D)


def test_a_street_that_is_killed_in_the_middle_of_a_transfer_loses_nothing(tree):
    numbers = [tree.new_case(C) for _ in range(4)]
    for no in numbers:
        tree.acts(no, "delegate", C, f"dispatcher.{C}", to=C2)
    tree.centers[S].kill()
    tree.up()
    for no in numbers:
        tree.wait_state(no, C2, "DISPATCHED", C2)
        wait_equal(tree, no, C, C2, S, D)


def test_more_transfers_than_one_center_has_children(tree):
    """One case visits every center; each keeps its copy equal to the end."""
    no = tree.new_case(C)
    at = C
    for target in (C2, C3, "990101002002", C, S, C3):
        if target == S:
            tree.acts(no, "escalate", at, f"shift_leader.{at}", reason="上交")
        else:
            tree.acts(no, "delegate", at, f"dispatcher.{at}", to=target)
        tree.wait_state(no, target, "DISPATCHED", target)
        at = target
    wait_equal(tree, no, *tree.codes)


def test_after_all_that_the_tree_is_sound(tree):
    tree.verify()
