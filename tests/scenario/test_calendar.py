"""Working time over nights, weekends and holidays, in a tree whose clock a story moves; and a calendar that changes."""
import datetime
import pathlib

import pytest

HERE = pathlib.Path(__file__).resolve().parent
D, S, C = "990101", "990101001", "990101001001"
DESK = f"desk.huanwei.{C}"

CALENDAR = """\
name: story
version: {version}
zone: "+08:00"
valid: 2026-01-01..2026-12-31
week:
  monday: [08:00-12:00, 14:00-18:00]
  tuesday: [08:00-12:00, 14:00-18:00]
  wednesday: [08:00-12:00, 14:00-18:00]
  thursday: [08:00-12:00, 14:00-18:00]
  friday: [08:00-12:00, 14:00-18:00]
makeup: [08:00-12:00, 14:00-18:00]
holidays:
{holidays}
"""


def write_calendar(folder, version, *holidays):
    days = "".join(f"  - {day}\n" for day in holidays)
    (folder / "calendar.yaml").write_text(CALENDAR.format(version=version, holidays=days), encoding="utf-8")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The stories' tree, cut down to one branch, with a calendar of its own."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("catalogue.yaml", "matrix.yaml", "policy.yaml", "response.yaml"):
        (folder / name).write_text((HERE / "small" / name).read_text(encoding="utf-8"), encoding="utf-8")
    lines = (HERE / "small" / "topology.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "990101002" not in line and "990101001002" not in line]
    (folder / "topology.yaml").write_text("".join(kept).replace("../../../config/calendar/china.yaml", "calendar.yaml"),
                                          encoding="utf-8")
    write_calendar(folder, 1, "2026-01-01")
    return folder


@pytest.fixture(scope="module")
def tree(make_tree, files):
    return make_tree(files / "topology.yaml", from_clock="2026-03-02T09:00:00+08:00")


def moment(text):
    return datetime.datetime.fromisoformat(text)


def handle(tree, no, center=C):
    return tree.show(no, center)["clocks"]["handle"]


def near(text, wanted):
    """To the minute: the tree's clock runs on while commands are given."""
    return abs((moment(text) - moment(wanted)).total_seconds()) < 120


@pytest.fixture(scope="module")
def cases(tree):
    no = tree.new_case(C, "0108")
    tree.acts(no, "sign", C, DESK)
    other = tree.new_case(C, "0108")
    tree.acts(other, "sign", C, DESK)
    return no, other


def test_three_work_days_from_monday_morning_end_on_thursday_morning(tree, cases):
    assert near(handle(tree, cases[0])["due"], "2026-03-05T09:00:00+08:00")


def test_a_suspension_over_a_weekend_gives_back_exactly_what_was_left(tree, cases):
    no = cases[0]
    tree.set_clock("2026-03-03T11:00:00+08:00")  # ten working hours are used: Monday 9-12, 14-18; Tuesday 8-11
    tree.acts(no, "suspend", C, f"dispatcher.{C}", until="2026-03-20T09:00", reason="等材料")
    left = handle(tree, no)
    assert left["run"] == "paused" and abs(left["remain_ms"] - 14 * 3600 * 1000) < 120000
    tree.set_clock("2026-03-09T16:30:00+08:00")
    tree.acts(no, "resume", C, f"dispatcher.{C}")
    back = handle(tree, no)
    assert back["run"] == "running" and back["remain_ms"] == left["remain_ms"]
    # Monday one hour and a half, Tuesday eight, Wednesday 8-12 four and half an hour after the noon break
    assert near(back["due"], "2026-03-11T14:30:00+08:00"), back


def test_a_hand_over_carries_the_due_time_and_what_is_left(tree, cases):
    no = cases[0]
    before = handle(tree, no)
    tree.acts(no, "escalate", C, f"shift_leader.{C}", reason="请接办")
    tree.wait_state(no, S, "HANDLING", S)
    after = handle(tree, no, S)
    assert after["due"] == before["due"] and after["first_due"] == before["first_due"]


def test_a_clock_that_goes_back_neither_stops_nor_storms(tree):
    no = tree.new_case(C)
    head = tree.row(C, no)["last_no"]
    tree.set_clock("2026-03-04T09:00:00+08:00")
    assert tree.row(C, no)["last_no"] == head
    tree.acts(no, "sign", C, DESK)
    log = tree.log(C, no)
    assert all(a.at < b.at for a, b in zip(log, log[1:])), "subject time only grows"
    again = tree.new_case(C)
    assert again > no and again.rsplit("-", 1)[0] == no.rsplit("-", 1)[0], "the later day's series goes on"


def test_a_new_calendar_computes_running_due_times_again_and_says_so(tree, files):
    tree.set_clock("2026-03-16T09:00:00+08:00")
    no = tree.new_case(C, "0108")
    tree.acts(no, "sign", C, DESK)
    closed = tree.new_case(C, "0105")
    tree.acts(closed, "sign", C, DESK)
    tree.acts(closed, "feedback", C, DESK, reason="好了")
    length = tree.row(C, closed)["last_no"]
    assert near(handle(tree, no)["due"], "2026-03-19T09:00:00+08:00")
    tree.stop()
    write_calendar(files, 2, "2026-01-01", "2026-03-17")
    tree.up()
    tree.wait(lambda: "recalculate" in tree.history(no, C), "the history says so")
    said = handle(tree, no)
    assert near(said["due"], "2026-03-20T09:00:00+08:00"), said
    tree.wait(lambda: tree.log(D, no) == tree.log(C, no), "above as well")
    assert tree.row(C, closed)["last_no"] == length, "what has ended is left alone"
    tree.restart()
    tree.up()
    assert tree.history(no, C).count("recalculate") == 1


def test_after_all_that_the_tree_is_sound(tree):
    tree.settle()
    tree.verify()
