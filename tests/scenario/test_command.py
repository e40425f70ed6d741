"""A command from its issue to its end: who gets it, who signs, what the sender may say later, and what each tier sees."""
import pytest

from command import Orders

D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3, C4 = "990101002", "990101001002", "990101002001", "990101002002"
GRID = f"grid.{C}001"
COMMUNITIES = (C, C2, C3, C4)


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


@pytest.fixture(autouse=True)
def sound(orders):
    """Whatever a story does, afterwards every invariant holds over all databases."""
    yield
    orders.verify()


def test_an_order_to_a_grid_is_delivered_signed_reported_checked_and_done(tree, orders):
    with tree.field(C, units=[GRID]) as phone:
        assert phone.attach(GRID).attached == 1
        said = orders.ask(D, "order", GRID, "检查三号楼消防通道", text_en="Check the fire exits", ack_limit="10m",
                          done_limit="2h")
        assert said.status == 0 and said["recipients"] == 1 and said["centers"] == 1, said
        command = said["command_id"]
        push = phone.recv_push(recipient=GRID, why="deliver")
        assert (push.command, push.text, push.text_en, push.center) == (command, "检查三号楼消防通道",
                                                                         "Check the fire exits", D)
        orders.wait_row(command, GRID, "DELIVERED")
        assert orders.show(command)["state"] == "OPEN"

        assert phone.act(command, "ack", GRID).state == "ACKED"
        orders.wait_state(command, "ANSWERED")
        assert phone.act(command, "progress", GRID, "已到三号楼").code == "OK"
        answer = phone.act(command, "report", GRID, "通道畅通")
        assert answer.state == "REPORTED", answer
    row = orders.wait_row(command, GRID, "REPORTED")
    assert row["answer"] == "通道畅通" and row["by"] == GRID and not row["red"]

    orders.acts(command, "check", recipient=GRID, passed=True, score=5, text="好")
    for center in (D, S, C):
        seen = orders.wait_row(command, GRID, "DONE", center=center)
        assert seen["score"] == 5 and orders.wait_state(command, "DONE", center)["signature"] == "verified"
        times = [seen[name + "_ms"] for name in ("delivered", "acked", "reported", "ended")]
        assert None not in times and times == sorted(times), times
        assert seen["delivered_ms"] >= orders.show(command, center)["sent_ms"]
        assert seen["ack_due_ms"] - seen["delivered_ms"] == 600_000
    assert len(orders.equal(command, D, S, C)) == 2, "the issue and the check"


def test_only_those_on_the_way_learn_of_a_command(tree, orders):
    command = orders.issue(D, "notice", GRID, "今晚八点开会")
    orders.wait_row(command, GRID, "DELIVERED")
    orders.settle()
    assert [orders.known(command, center) for center in (D, S, C)] == [True] * 3
    assert not any(orders.known(command, center) for center in (S2, C2, C3, C4))
    orders.acts(command, "ack", GRID, GRID)
    orders.wait_state(command, "DONE")


def test_the_senders_check_that_fails_wants_the_feedback_again(tree, orders):
    desk = f"desk.huanwei.{C}"
    command = orders.issue(S, "order", f"dept=huanwei,center={C}", "清理路口垃圾", done_limit="4h")
    orders.wait_row(command, desk, "DELIVERED")
    orders.acts(command, "ack", desk, f"desk-2.huanwei.{C}")
    orders.acts(command, "finish", desk, desk, text="清了")
    orders.wait_row(command, desk, "REPORTED")
    orders.acts(command, "check", recipient=desk, failed=True, text="还有一袋没清")
    row = orders.wait_row(command, desk, "REPORTED", center=C, flag="rework")
    assert row["state"] == "REPORTED" and orders.show(command, C)["state"] != "DONE"
    orders.acts(command, "report", desk, desk, text="全清了")
    orders.wait_row(command, desk, "REPORTED")
    tree.wait(lambda: "rework" not in orders.row(command, desk)["flags"], "reported anew")
    orders.acts(command, "check", recipient=desk, passed=True, score=3)
    assert orders.wait_row(command, desk, "DONE")["score"] == 3


def test_any_one_who_signs_stands_the_others_down(tree, orders):
    command = orders.issue(D, "order", "tier=community,type=police", "就近支援一人", ack="any")
    orders.wait_tally(command, DELIVERED=4)
    taker = f"police.{C3}"
    orders.acts(command, "ack", taker, taker)
    orders.wait_tally(command, CANCELLED=3, ACKED=1)
    for center in (D, S2, C3):
        assert orders.wait_row(command, taker, center=center)["state"] == "ACKED"
    for community in (C, C2, C4):
        other = f"police.{community}"
        tree.refused(orders.act(command, "report", other, other, text="我也去"), "ILLEGAL")
    orders.acts(command, "report", taker, taker, text="已支援")
    orders.wait_row(command, taker, "REPORTED")
    orders.acts(command, "check", recipient=taker, passed=True)
    orders.wait_state(command, "DONE")


def test_two_of_four_who_sign_stand_the_rest_down(tree, orders):
    command = orders.issue(D, "order", "tier=community,type=police", "抽调两人", ack="2")
    orders.wait_tally(command, DELIVERED=4)
    for community in (C, C3):
        orders.acts(command, "ack", f"police.{community}", f"police.{community}")
    orders.wait_tally(command, CANCELLED=2, ACKED=2)
    assert orders.row(command, f"police.{C2}")["state"] == "CANCELLED"
    assert orders.show(command)["state"] == "ANSWERED"
    orders.answer_all(command, but=[f"police.{C2}", f"police.{C4}"], event="report", text="完成")
    orders.wait_tally(command, REPORTED=2)
    for community in (C, C3):
        orders.acts(command, "check", recipient=f"police.{community}", passed=True)
    orders.wait_state(command, "DONE")


def test_an_update_is_signed_again_by_those_who_had_signed(tree, orders):
    centers = [f"center.{code}" for code in COMMUNITIES]
    command = orders.issue(D, "order", "tier=community", "晚上九点前清点物资", done_limit="8h")
    orders.wait_tally(command, DELIVERED=4)
    orders.acts(command, "ack", centers[0], f"shift_leader.{C}")
    orders.acts(command, "update", text="改为晚上八点前清点物资", done_limit="4h")
    row = orders.wait_row(command, centers[0], center=C, flag="unseen")
    assert row["state"] == "ACKED"
    seen = orders.show(command, C)
    assert seen["text"] == "改为晚上八点前清点物资" and seen["limits"]["done"]["text"] == "4 urgent-hours"
    assert seen["signature"] == "verified" and seen["last_no"] == 2
    orders.answer_all(command)
    orders.wait_tally(command, ACKED=4)
    tree.wait(lambda: not any("unseen" in row["flags"] for row in orders.rows(command).values()), "the update was seen")
    orders.equal(command, D, S, C)


def test_a_cancel_is_acknowledged_by_each_recipient(tree, orders):
    first = f"police.{C}"
    command = orders.issue(D, "order", "tier=community,type=police", "到区集合")
    orders.wait_tally(command, DELIVERED=4)
    orders.acts(command, "ack", first, first)
    outcome = tree.run("command", "cancel", command, "--reason", "险情解除")
    assert outcome.status == 0, outcome
    orders.wait_tally(command, CANCELLED=4)
    row = orders.wait_row(command, first, "CANCELLED", flag="unseen")
    assert row["state"] == "CANCELLED"
    tree.refused(orders.act(command, "report", first, first, text="还要报吗"), "ILLEGAL")
    orders.acts(command, "ack", first, first)
    tree.wait(lambda: "unseen" not in orders.row(command, first)["flags"], "the cancel was seen")
    orders.answer_all(command, but=[first])
    orders.wait_state(command, "CANCELLED")
    tree.wait(lambda: not any("unseen" in row["flags"] for row in orders.rows(command).values()), "all have seen it")
    assert orders.show(command, C4)["state"] == "CANCELLED"
    tree.refused(orders.act(command, "update", text="再来"), "ILLEGAL")


def test_a_command_is_superseded_by_the_one_that_takes_its_place(tree, orders):
    first = orders.issue(D, "order", "tier=community", "今日值守到六点")
    orders.wait_tally(first, DELIVERED=4)
    orders.acts(first, "ack", f"center.{C}", f"dispatcher.{C}")
    second = orders.issue(D, "order", "tier=community", "今日值守到八点", refs=first)
    orders.acts(first, "supersede", refs=second, reason="时间有变")
    orders.wait_tally(first, SUPERSEDED=4)
    assert orders.wait_state(first, "SUPERSEDED", C)["ended_by"] == "supersede"
    orders.wait_tally(second, DELIVERED=4)
    assert orders.show(second, C)["references"] == first
    orders.answer_all(second)
    orders.wait_state(second, "ANSWERED")


def test_who_cannot_says_why(tree, orders):
    unit = f"police.{C2}"
    command = orders.issue(D, "order", unit, "去南门")
    orders.wait_row(command, unit, "DELIVERED")
    tree.refused(orders.act(command, "refuse", unit, unit), "NO_REASON")
    assert orders.row(command, unit, C2)["state"] == "DELIVERED"
    orders.acts(command, "unable", unit, unit, text="车辆抛锚")
    row = orders.wait_row(command, unit, "UNABLE")
    assert row["answer"] == "车辆抛锚"
    tree.refused(orders.act(command, "ack", unit, unit), "ILLEGAL")
    orders.wait_state(command, "UNMET")


def test_nothing_that_has_expired_is_signed_later(tree, orders):
    signed, late = f"center.{C}", f"center.{C3}"
    command = orders.issue(D, "order", "tier=community", "九点前报到", expires="30m", done_limit="8h")
    orders.wait_tally(command, DELIVERED=4)
    orders.acts(command, "ack", signed, f"dispatcher.{C}")
    orders.wait_tally(command, ACKED=1)
    orders.later(31)
    orders.wait_tally(command, EXPIRED=3, ACKED=1)
    assert orders.show(command)["state"] == "EXPIRED"
    tree.refused(orders.act(command, "ack", late, f"dispatcher.{C3}"), "EXPIRED")
    for center in (D, S2, C3):
        row = orders.wait_row(command, late, "EXPIRED", center=center)
        assert row["overdue_ack"] and not row["not_delivered"], "it was there, and nobody signed"
    orders.acts(command, "report", signed, f"dispatcher.{C}", text="已报到")  # who has signed works on


def test_a_supervision_order_wants_a_written_reply_about_its_case(tree, orders):
    case = tree.new_case(C)
    tree.wait_state(case, D, "DISPATCHED", C)
    center = f"center.{C}"
    command = orders.issue(D, "supervision", f"center={C}", "为何迟迟未处置？", case=case, done_limit="4h",
                           as_=f"supervisor.{D}")
    orders.wait_row(command, center, "DELIVERED", center=C)
    assert orders.show(command, C)["case_no"] == case
    orders.acts(command, "ack", center, f"shift_leader.{C}")
    outcome = orders.act(command, "report", center, f"shift_leader.{C}")
    assert outcome.status == 1 and outcome.code in ("MISSING", "NO_REASON"), outcome
    orders.acts(command, "report", center, f"shift_leader.{C}", text="环卫队车辆检修，下午四点前清完")
    orders.wait_row(command, center, "REPORTED")
    orders.acts(command, "check", recipient=center, passed=True, score=4, as_=f"shift_leader.{D}")
    orders.wait_state(command, "DONE", C)
    assert [row["command_id"] for row in orders.list(D, "--case", case)] == [command]


def test_a_signature_without_progress_lapses_and_is_wanted_again(tree, orders):
    desk = f"desk.huanwei.{C}"
    command = orders.issue(D, "order", desk, "清运整条街", done_limit="12h")
    orders.wait_row(command, desk, "DELIVERED")
    orders.acts(command, "ack", desk, desk)
    orders.later(200)
    orders.acts(command, "progress", desk, desk, text="清了一半")
    orders.later(200)
    assert "lapsed" not in orders.row(command, desk)["flags"], "a word on how it stands keeps it"
    orders.later(41)
    for center in (D, S, C):
        row = orders.wait_row(command, desk, "ACKED", center=center, flag="lapsed")
        assert row["red"] and not row["overdue_ack"], "it was signed in time"
    orders.acts(command, "ack", desk, f"desk-2.huanwei.{C}")
    tree.wait(lambda: not orders.row(command, desk, D)["red"], "signed again")
    orders.later(300)
    row = orders.wait_row(command, desk, center=D, flag="overdue-done")
    assert row["red"]
    orders.acts(command, "finish", desk, desk, text="清完了")
    orders.wait_row(command, desk, "REPORTED")
    orders.acts(command, "check", recipient=desk, passed=True, score=2)
    assert "overdue-done" in orders.wait_row(command, desk, "DONE", center=S)["flags"]


def test_the_next_shift_takes_a_command_over_by_name(tree, orders):
    center = f"center.{C2}"
    command = orders.issue(D, "order", center, "通宵值守", done_limit="24h")
    orders.wait_row(command, center, "DELIVERED")
    orders.acts(command, "ack", center, f"dispatcher.{C2}")
    assert orders.act(command, "hand-over", center, f"dispatcher.{C2}").status == 1, "to himself"
    orders.acts(command, "hand-over", center, f"shift_leader.{C2}", text="夜班接手")
    tree.wait(lambda: orders.row(command, center, D)["by"] == f"shift_leader.{C2}", "the district sees who has it")
    orders.acts(command, "finish", center, f"shift_leader.{C2}", text="一夜平安")
    orders.wait_row(command, center, "REPORTED")
    orders.acts(command, "check", recipient=center, passed=True)
    orders.wait_state(command, "DONE")
