"""The life of a case at one tree, on a clock that stands almost still: nothing here is done by a timer."""
import uuid

import pytest

D, S, C = "990101", "990101001", "990101001001"
C2 = "990101001002"
DESK, CHECKER = f"desk.huanwei.{C}", f"checker.{C}"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


def dispatched(tree, item="0101"):
    """A case that its community has sent to its own cleaners."""
    no = tree.new_case(C, item)
    assert tree.row(C, no)["state"] == "DISPATCHED"
    return no


def handling(tree, item="0101"):
    no = dispatched(tree, item)
    tree.acts(no, "sign", C, DESK)
    return no


def fed_back(tree, item="0101"):
    no = handling(tree, item)
    tree.acts(no, "feedback", C, DESK, reason="垃圾已清走")
    return no


def closed(tree):
    no = fed_back(tree)
    tree.acts(no, "check-ok", C, CHECKER)
    return no


def test_a_case_lives_from_report_to_archive(tree):
    outcome = tree.report(C)
    no = outcome["case_no"]
    assert outcome["owner"] == C and outcome["state"] == "DISPATCHED" and no.startswith(C + "-20260302-")
    assert tree.acts(no, "sign", C, DESK)["state"] == "HANDLING"
    assert tree.acts(no, "feedback", C, DESK, reason="已清")["state"] == "FEEDBACK"
    assert tree.acts(no, "check-ok", C, CHECKER)["state"] == "CLOSED"
    assert tree.acts(no, "follow-up", C, f"caller.{C}", score=5)["state"] == "ARCHIVED"

    said = tree.show(no, C)
    steps = [(row["no"], row["event"], row["from"], row["to"]) for row in said["history"]]
    assert steps == [(1, "report", "NONE", "REPORTED"), (2, "file", "REPORTED", "FILED"),
                     (3, "dispatch", "FILED", "DISPATCHED"), (4, "sign", "DISPATCHED", "HANDLING"),
                     (5, "feedback", "HANDLING", "FEEDBACK"), (6, "check-ok", "FEEDBACK", "CLOSED"),
                     (7, "follow-up", "CLOSED", "ARCHIVED")]
    assert [row["actor"] for row in said["history"]][3:6] == [DESK, DESK, CHECKER]
    assert said["case_no"] == no and said["owner"] == C and said["origin"] == C and said["item"] == "0101"


def test_every_tier_holds_the_same_log(tree):
    no = closed(tree)
    tree.wait_state(no, D, "CLOSED", C)
    own = tree.log(C, no)
    assert own == tree.log(S, no) == tree.log(D, no) and len(own) == 6
    assert tree.row("990101002", no) is None, "a street beside holds nothing of it"


def test_the_same_key_again_is_the_same_case(tree):
    first = tree.report(C, key="street-lamp-7")
    before = tree.footprint(C)
    again = tree.report(C, key="street-lamp-7")
    assert again.status == 0 and again["case_no"] == first["case_no"] and again["again"] and not first["again"]
    assert tree.footprint(C) == before


@pytest.mark.parametrize("key", ["mein-schluessel", str(uuid.uuid4())], ids=["word", "uuid"])
def test_the_same_key_after_a_crash_is_the_same_case(tree, key):
    first = tree.report(C, key=key)
    tree.centers[C].kill()
    tree.up()
    assert tree.report(C, key=key)["case_no"] == first["case_no"]
    assert tree.ask(C, "SELECT count(*) FROM case_rec WHERE case_no = %s", first["case_no"]) == [(1,)]


def test_a_key_used_for_another_report_is_refused(tree):
    tree.new_case(C, key="used")
    before = tree.footprint(C)
    tree.refused(tree.report(C, text="另一件事", key="used"), "KEY_REUSED")
    assert tree.footprint(C) == before


@pytest.mark.parametrize("change", [dict(lon=114.0, lat=22.5), dict(reporter="another"), dict(address="别处"),
                                    dict(before="p/9.jpg"), dict(source="12345")], ids=lambda c: next(iter(c)))
def test_a_key_stands_for_the_whole_report(tree, change):
    key = f"whole-{next(iter(change))}"
    tree.new_case(C, key=key)
    tree.refused(tree.report(C, key=key, **change), "KEY_REUSED")


def test_the_same_key_of_an_act_acts_once(tree):
    no = dispatched(tree)
    tree.acts(no, "sign", C, DESK, key="sign-once")
    again = tree.acts(no, "sign", C, DESK, key="sign-once")
    assert again["again"] and tree.history(no, C).count("sign") == 1


def test_a_key_used_for_another_act_is_refused(tree):
    no = closed(tree)
    tree.acts(no, "follow-up", C, f"caller.{C}", score=5, key="score")
    tree.refused(tree.act(no, "follow-up", C, f"caller.{C}", score=1, key="score"), "KEY_REUSED")


def test_a_key_may_be_asked_of_any_center_that_knows_the_case(tree):
    no = dispatched(tree)
    tree.wait_state(no, S, "DISPATCHED")
    tree.acts(no, "urge", C, f"receptionist.{C}", key="urge-once")
    tree.wait(lambda: tree.row(S, no)["last_no"] == tree.row(C, no)["last_no"], "the street knows of the urge")
    again = tree.act(no, "urge", S, f"receptionist.{C}", key="urge-once")
    assert again.status == 0 and again["again"], again
    assert tree.history(no, C).count("urge") == 1


BAD_REPORTS = {
    "unknown item": (dict(item="9999"), "UNKNOWN_ITEM"),
    "unknown area": (dict(area="123456"), "UNKNOWN_AREA"),
    "another center's area": (dict(area=C2), "WRONG_AREA"),
    "unknown person": (dict(as_=f"nobody.{C}"), "UNKNOWN_PERSON"),
    "a post that does not report": (dict(as_=f"checker.{C}"), "NO_RIGHT"),
    "a grid worker of another grid": (dict(area=f"{C}001", as_=f"grid.{C}002"), "WRONG_AREA"),
    "a person of another center": (dict(as_=f"receptionist.{C2}"), "NO_RIGHT"),
    "half a place": (dict(lon=500, lat=1), "RANGE"),
    "a text too long": (dict(text="长" * 5000), "TOO_LONG"),
    "a text that is no UTF-8": (dict(text=b"\xff\xfe\xff"), "BAD_TEXT"),
    "control characters": (dict(text="a\x07b"), "BAD_TEXT"),
    "an item too long": (dict(item="0" * 60), "TOO_LONG"),
}


@pytest.mark.parametrize("bad", BAD_REPORTS, ids=str)
def test_a_bad_report_is_refused_and_changes_nothing(tree, bad):
    change, code = BAD_REPORTS[bad]
    before = tree.footprint(C)
    tree.refused(tree.report(C, **change), code)
    assert tree.footprint(C) == before


def test_a_center_that_is_not_there_is_no_report(tree):
    tree.refused(tree.report("123456789"), "UNKNOWN_CENTER")


BAD_ACTS = {
    "an unknown case": (lambda tree, no: tree.act("990101001001-20260302-99999", "sign", C, DESK), "UNKNOWN_CASE"),
    "an unknown event": (lambda tree, no: tree.act(no, "dance", C, DESK), "UNKNOWN_EVENT"),
    "an unknown person": (lambda tree, no: tree.act(no, "sign", C, f"desk.nix.{C}"), "UNKNOWN_PERSON"),
    "another desk": (lambda tree, no: tree.act(no, "sign", C, f"desk.jing.{C}"), "NO_RIGHT"),
    "a post without the right": (lambda tree, no: tree.act(no, "force-close", C, f"dispatcher.{C}", reason="x"), "NO_RIGHT"),
    "a cell that the table does not hold": (lambda tree, no: tree.act(no, "check-ok", C, CHECKER), "ILLEGAL"),
    "a reason missing": (lambda tree, no: tree.act(no, "force-close", C, f"leader.{C}"), "NO_REASON"),
    "an unknown department": (lambda tree, no: tree.act(no, "redispatch", C, f"dispatcher.{C}", to="nix"), "UNKNOWN_TARGET"),
    "a department that it has already": (lambda tree, no: tree.act(no, "redispatch", C, f"dispatcher.{C}", to="huanwei"), "BAD_TARGET"),
    "a reason too long": (lambda tree, no: tree.act(no, "urge", C, f"receptionist.{C}", reason="长" * 2000), "TOO_LONG"),
    "a reason that is no UTF-8": (lambda tree, no: tree.act(no, "urge", C, f"receptionist.{C}", reason=b"\xc3\x28"), "BAD_TEXT"),
    "what was seen has changed": (lambda tree, no: tree.act(no, "urge", C, f"receptionist.{C}", seen=1), "STALE"),
    "a person of another center": (lambda tree, no: tree.act(no, "urge", C, f"receptionist.{C2}"), "UNKNOWN_PERSON"),
}


@pytest.mark.parametrize("bad", BAD_ACTS, ids=str)
def test_a_bad_act_is_refused_and_changes_nothing(tree, bad):
    doing, code = BAD_ACTS[bad]
    no = dispatched(tree)
    before = tree.footprint(C)
    tree.refused(doing(tree, no), code)
    assert tree.footprint(C) == before


def test_wrong_usage_is_exit_status_two(tree):
    for words in (["case", "report", "--center", C], ["case", "frobnicate"], ["case", "act", "x"],
                  ["case", "report", "--center", C, "--item", "0101", "--text", "x", "--lon", "113"]):
        assert tree.run(*words).status == 2, words


def test_a_center_that_is_down_is_not_reachable(tree):
    tree.centers[C2].stop()
    tree.refused(tree.report(C2), "UNREACHABLE", status=3)
    tree.up()


def test_the_checker_is_never_the_handler(tree):
    no = tree.new_case(C, area=f"{C}001", as_=f"grid.{C}001", source="resident")
    tree.acts(no, "settle", C, f"grid.{C}001")
    tree.refused(tree.act(no, "check-ok", C, f"grid.{C}001"), "SAME_PERSON")
    tree.refused(tree.act(no, "check-fail", C, f"grid.{C}001", reason="x"), "SAME_PERSON")
    assert tree.acts(no, "check-ok", C, CHECKER)["state"] == "CLOSED"


def test_a_failed_check_is_rework(tree):
    no = fed_back(tree)
    assert tree.acts(no, "check-fail", C, CHECKER, reason="还有一袋")["state"] == "HANDLING"
    tree.acts(no, "feedback", C, DESK, reason="都清了")
    assert tree.acts(no, "check-ok", C, CHECKER)["state"] == "CLOSED"


def test_a_residents_report_waits_for_the_shift_leader(tree):
    no = tree.new_case(C, source="resident")
    assert tree.row(C, no)["state"] == "REPORTED"
    tree.refused(tree.act(no, "file", C, f"receptionist.{C}"), "NO_RIGHT")
    assert tree.acts(no, "file", C, f"shift_leader.{C}")["state"] == "DISPATCHED"


def test_a_report_may_be_verified_and_refuted(tree):
    no = tree.new_case(C, area=f"{C}002", source="resident")
    tree.acts(no, "verify", C, f"receptionist.{C}")
    tree.refused(tree.act(no, "verified", C, f"grid.{C}001"), "WRONG_AREA")
    assert tree.acts(no, "refuted", C, f"grid.{C}002", reason="现场无此事")["state"] == "REJECTED"


def test_an_item_that_demands_photos_gets_them(tree):
    no = handling(tree, "0107")
    tree.refused(tree.act(no, "feedback", C, DESK, reason="修好了"), "NO_EVIDENCE")
    assert tree.acts(no, "feedback", C, DESK, reason="修好了", after="photo/1.jpg,photo/2.jpg")["state"] == "FEEDBACK"


def test_a_check_may_be_automatic(tree):
    no = handling(tree, "0105")
    assert tree.acts(no, "feedback", C, DESK, reason="好了")["state"] == "CLOSED"


def test_the_shift_leader_closes_where_the_item_says_so(tree):
    no = fed_back(tree, "0104")
    assert tree.acts(no, "check-ok", C, CHECKER)["state"] == "FEEDBACK"
    assert tree.acts(no, "close", C, f"shift_leader.{C}")["state"] == "CLOSED"


def test_a_case_without_a_department_waits_in_the_manual_queue(tree):
    before = tree.status(C)["manual"]
    no = tree.new_case(C, "0103")
    assert tree.row(C, no)["state"] == "FILED"
    tree.wait(lambda: tree.status(C)["manual"] == before + 1, "the manual queue shows it")
    assert tree.acts(no, "dispatch", C, f"dispatcher.{C}", to="jing")["state"] == "DISPATCHED"


def test_returned_once_it_is_filed_again_and_twice_the_street_rules(tree):
    no = dispatched(tree)
    tree.acts(no, "return", C, DESK, reason="不是我们的事")
    tree.refused(tree.act(no, "return", C, DESK, reason="再说一遍"), "TOO_OFTEN")
    assert tree.acts(no, "return", C, f"dispatcher.{C}")["state"] == "FILED"
    tree.acts(no, "dispatch", C, f"dispatcher.{C}", to="jing")
    tree.acts(no, "return", C, f"desk.jing.{C}", reason="也不是我们的")
    assert tree.acts(no, "return", C, f"dispatcher.{C}")["state"] == "DISPUTED"
    tree.wait_state(no, S, "DISPUTED", S)
    tree.refused(tree.act(no, "rule", C, f"dispatcher.{C}", to="jing"), "NO_RIGHT")
    assert tree.acts(no, "rule", S, f"dispatcher.{S}", to=f"huanwei@{C}")["state"] == "DISPATCHED"
    tree.wait_state(no, C, "DISPATCHED")
    tree.refused(tree.act(no, "return", C, DESK, reason="还是不行"), "FINAL")
    assert tree.acts(no, "sign", C, DESK)["state"] == "HANDLING"


def test_extension_is_asked_by_the_desk_and_granted_by_another(tree):
    no = handling(tree)
    due = tree.show(no, C)["due"]
    tree.refused(tree.act(no, "extend", C, f"shift_leader.{C}"), "NOT_ASKED")
    tree.acts(no, "extend", C, DESK, span="2h", reason="等配件")
    assert tree.show(no, C)["due"] == due
    tree.acts(no, "extend", C, f"shift_leader.{C}")
    later = tree.show(no, C)["due"]
    assert later > due
    tree.acts(no, "extend", C, DESK, span="1h", reason="还在等")
    tree.refused(tree.act(no, "extend", C, f"shift_leader.{C}"), "NO_RIGHT")
    tree.acts(no, "extend", C, f"leader.{C}")
    assert tree.show(no, C)["due"] > later
    tree.refused(tree.act(no, "extend", C, DESK, span="1h", reason="第三次"), "TOO_OFTEN")


def test_a_case_is_merged_into_its_master(tree):
    master, other = dispatched(tree), tree.new_case(C, source="resident")
    tree.refused(tree.act(other, "merge", C, f"receptionist.{C}", to=other, reason="同一件事"), "BAD_TARGET")
    assert tree.acts(other, "merge", C, f"receptionist.{C}", to=master, reason="同一件事")["state"] == "MERGED"
    third = tree.new_case(C, source="resident")
    tree.refused(tree.act(third, "merge", C, f"receptionist.{C}", to=other, reason="同一件事"), "BAD_TARGET")


def test_a_closed_case_is_reopened_under_its_number(tree):
    no = closed(tree)
    assert tree.acts(no, "reopen", C, f"receptionist.{C}", reason="又有了")["state"] == "DISPATCHED"
    assert tree.history(no, C)[-2:] == ["reopen", "dispatch"]


def test_voiding_is_asked_and_approved(tree):
    no = dispatched(tree)
    tree.acts(no, "void", C, f"dispatcher.{C}", reason="误报")
    assert tree.row(C, no)["state"] == "DISPATCHED"
    assert tree.acts(no, "void", C, f"shift_leader.{C}")["state"] == "VOIDED"
    tree.refused(tree.act(no, "sign", C, DESK), "ILLEGAL")


def test_a_leader_closes_by_force(tree):
    no = handling(tree)
    assert tree.acts(no, "force-close", C, f"leader.{C}", reason="业主已撤诉")["state"] == "FORCE_CLOSED"


def test_a_supervision_order_gets_a_written_reply(tree):
    no = handling(tree)
    tree.acts(no, "supervise", C, f"supervisor.{C}", reason="请说明进度")
    tree.refused(tree.act(no, "supervise-reply", C, DESK), "NO_REASON")
    tree.acts(no, "supervise-reply", C, DESK, reason="明日完成")
    tree.acts(no, "urge", C, f"receptionist.{C}")
    assert tree.history(no, C)[-3:] == ["supervise", "supervise-reply", "urge"]


def test_another_department_assists(tree):
    no = handling(tree)
    tree.acts(no, "assist", C, DESK, to="jing", span="2h")
    tree.refused(tree.act(no, "assist-done", C, DESK), "NO_RIGHT")
    tree.acts(no, "assist-done", C, f"desk.jing.{C}")
    assert tree.acts(no, "feedback", C, DESK, reason="好了")["state"] == "FEEDBACK"


def test_a_similar_case_near_by_is_told(tree):
    first = tree.new_case(C2, lon=113.9, lat=22.55)
    near = tree.report(C2, lon=113.9002, lat=22.5501)
    assert near.status == 0 and near["similar"] == first
    far = tree.report(C2, lon=113.91, lat=22.55)
    assert far.status == 0 and "similar" not in far.json
    other = tree.report(C2, "0104", lon=113.9, lat=22.55)
    assert "similar" not in other.json


def test_a_report_may_stop_at_a_similar_case(tree):
    tree.new_case(C2, lon=113.95, lat=22.6)
    before = tree.footprint(C2)
    outcome = tree.refused(tree.report(C2, lon=113.95, lat=22.6, check_similar=True), "NOT_ALLOWED")
    assert tree.footprint(C2) == before, outcome


def test_texts_are_data_whatever_they_hold(tree):
    text = "'; DROP TABLE case_rec; -- <script>alert(1)</script> %s $1 \\ \"引号\""
    no = tree.new_case(C, text=text)
    tree.wait_state(no, D, "DISPATCHED")
    assert tree.show(no, D)["text"] == text


def test_after_all_that_the_tree_is_sound(tree):
    tree.verify()
