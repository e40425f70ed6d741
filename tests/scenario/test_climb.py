"""What the timers do, on a clock that runs twenty minutes in a second: the ladder, climbing, deadlines, the archive.

The cases begin together and run side by side; each story then looks at its own."""
import pytest

from conftest import MINIMAL

D, S, C = "990101", "990101001", "990101001001"
C2 = "990101001002"
DESK = f"desk.huanwei.{C}"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree(scale=1200)


@pytest.fixture(scope="module", autouse=True)
def cases(tree):
    """What people have to do in time is done first; from there on the timers are alone."""
    suspended = tree.new_case(C, "0106")
    tree.acts(suspended, "sign", C, DESK)
    tree.acts(suspended, "suspend", C, f"dispatcher.{C}", reason="等天晴")
    left = tree.show(suspended, C)["clocks"]["handle"]
    closed = tree.new_case(C, "0105")
    tree.acts(closed, "sign", C, DESK)
    assert tree.acts(closed, "feedback", C, DESK, reason="好了")["state"] == "CLOSED"
    return dict(suspended=suspended, left=left, closed=closed, root=tree.new_case(D), untouched=tree.new_case(C),
                unsigned=tree.new_case(C2), unfiled=tree.new_case(C, source="resident"))


def test_a_report_that_nobody_touches_climbs_to_the_district_and_is_closed_there(tree, cases):
    no = cases["untouched"]
    tree.wait_state(no, D, "DISPATCHED", D)
    seen = tree.history(no, D)
    order = [event for event in seen if event in ("deputy", "handover", "take")]
    assert order == ["deputy", "handover", "take", "handover", "take"], seen
    assert seen.index("deputy") < seen.index("supervise") < seen.index("offer"), seen

    tree.acts(no, "redispatch", D, f"dispatcher.{D}", to=f"huanwei@{D}")
    tree.acts(no, "sign", D, f"desk.huanwei.{D}")
    tree.acts(no, "feedback", D, f"desk.huanwei.{D}", reason="区里派人清了")
    tree.acts(no, "check-ok", D, f"checker.{D}")
    tree.wait(lambda: (tree.row(C, no) or {}).get("state") in ("CLOSED", "ARCHIVED"), "closed at the community's copy")
    def equal():
        own = tree.log(D, no)
        return own if own == tree.log(S, no) == tree.log(C, no) else None
    log = tree.wait(equal, "three equal logs")
    assert [event.writer for event in log if event.kind == "take"] == [S, D]
    assert log[-1].next_owner == D
    assert {row["center"] for row in tree.show(no, C)["history"]} == {C, S, D}


def test_unsigned_case_calls_the_deputy_then_climbs_after_the_sign_limit(tree, cases):
    no = cases["unsigned"]
    tree.wait(lambda: "handover" in tree.history(no, C2), "it climbs")
    events = tree.history(no, C2)
    assert events.index("urge") < events.index("deputy") < events.index("supervise") < events.index("handover")
    assert tree.show(no, C2)["lamp"] == "red"


def test_a_residents_report_that_nobody_files_climbs_by_its_accept_limit(tree, cases):
    no = cases["unfiled"]
    tree.wait_state(no, D, "REPORTED", D)
    assert tree.acts(no, "file", D, f"shift_leader.{D}")["state"] == "DISPATCHED"


def test_at_the_root_the_leader_is_told_and_then_a_standing_red_entry_remains(tree, cases):
    no = cases["root"]
    tree.wait(lambda: "standing" in tree.history(no, D), "a standing entry")
    events = tree.history(no, D)
    assert events.index("leader") < events.index("standing") and "handover" not in events
    assert "standing" in tree.show(no, D)["flags"] or "leader-list" in tree.show(no, D)["flags"]
    before = tree.row(D, no)["last_no"]
    assert tree.acts(no, "force-close", D, f"leader.{D}", reason="看到了")["state"] == "FORCE_CLOSED"
    assert tree.row(D, no)["last_no"] == before + 1


def test_a_department_that_sits_above_gets_the_case_at_once(tree):
    no = tree.new_case(C, "0102")
    tree.wait_state(no, D, "DISPATCHED", D)
    assert tree.show(no, D)["lead"] == f"dengguang@{D}"
    assert [e for e in tree.history(no, D) if e in ("handover", "deputy")].count("handover") == 2
    assert tree.acts(no, "sign", D, f"desk.dengguang.{D}")["state"] == "HANDLING"


def test_a_suspended_case_comes_back_at_its_review_with_exactly_the_time_it_had(tree, cases):
    no, before = cases["suspended"], cases["left"]
    assert before["run"] == "paused"
    tree.wait_state(no, C, "HANDLING")
    clock = tree.show(no, C)["clocks"]["handle"]
    assert clock["run"] == "running" and clock["remain_ms"] == before["remain_ms"]
    assert tree.history(no, C).count("resume") == 1


def test_a_closed_case_is_archived_by_the_timer(tree, cases):
    no = cases["closed"]
    tree.wait_state(no, C, "ARCHIVED")
    assert tree.history(no, C)[-2:] == ["urge", "archive"]
    tree.refused(tree.act(no, "reopen", C, f"receptionist.{C}", reason="太迟"), "ILLEGAL")


def test_timers_that_fell_due_while_the_center_was_down_fire_once_when_it_is_back(tree):
    no = tree.new_case(C2, source="resident")
    tree.centers[C2].kill()
    due = tree.row(C2, no)["last_no"]
    until = tree.ask(C2, "SELECT due_ms FROM case_rec WHERE case_no = %s", no)[0][0]
    tree.wait(lambda: tree.show(no, D)["overdue"] or tree.status(D)["clock"] > tree.show(no, D)["due"], "overdue", 30)
    tree.up()
    tree.wait_state(no, S, "REPORTED", S)
    events = tree.history(no, C2)[due:]
    assert until > 0 and events.count("urge") == 1 and events[0] == "urge", events


def test_after_all_that_the_tree_is_sound(tree):
    tree.stop()
    tree.up()
    tree.verify()


def test_in_the_shipped_smallest_tree_a_report_climbs_and_every_step_is_seen_below(make_tree):
    """With the catalogue, policies and calendar as they are shipped: two hours in a second, nights and all."""
    district, street, community = "440306", "440306017", "440306017001"
    tree = make_tree(MINIMAL, scale=7200)
    no = tree.new_case(community, "0107")
    tree.wait_state(no, district, "DISPATCHED", district)
    tree.acts(no, "redispatch", district, f"dispatcher.{district}", to=f"yingji@{district}")
    tree.acts(no, "sign", district, f"desk.yingji.{district}")
    tree.acts(no, "feedback", district, f"desk.yingji.{district}", reason="隐患已消除", after="photo/after.jpg")
    tree.acts(no, "check-ok", district, f"checker.{district}")
    tree.wait(lambda: "check-ok" in tree.history(no, community), "closed in the community's copy")
    assert [row["center"] for row in tree.show(no, community)["history"] if row["event"] == "take"] == [street, district]
    tree.stop()
    tree.up()
    tree.verify()
