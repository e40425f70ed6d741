"""A case file through a running tree: every row is one case and ends, again nothing is doubled, and a center that is killed in
the middle changes none of it. The files are made here, in the published form; their clock runs a hundred minutes in a second."""
import csv
import datetime
import itertools
import json
import os
import pathlib
import subprocess
import threading

import pytest

from tree import COMMAND_S, binaries

TOPOLOGY = pathlib.Path(__file__).resolve().parent / "replay" / "topology.yaml"
ROOT = "990201"
PLACES = {"甲一社区": "甲街道", "甲二社区": "甲街道", "乙一社区": "乙街道"}
BEGIN = datetime.datetime(2026, 3, 3, 14, 30)
HEADERS = ("REPORT_NUM,EVENT_PROPERTY_NAME,EVENT_TYPE_ID,EVENT_TYPE_NAME,EVENT_SRC_NAME,DISTRICT_ID,INTIME_ARCHIVE_NUM,"
           "SUB_TYPE_ID,DISTRICT_NAME,COMMUNITY_ID,REC_ID,STREET_ID,OVERTIME_ARCHIVE_NUM,OPERATE_NUM,DISPOSE_UNIT_ID,"
           "STREET_NAME,CREATE_TIME,EVENT_SRC_ID,INTIME_TO_ARCHIVE_NUM,SUB_TYPE_NAME,EVENT_PROPERTY_ID,OCCUR_PLACE,"
           "COMMUNITY_NAME,DISPOSE_UNIT_NAME,MAIN_TYPE_NAME,MAIN_TYPE_ID").split(",")
# The tree's matrix sends 1.10.100 and 2.20.201 to u1 at the district, 1.10.101 to u2 and 2.20.200 to u3 where they can be reached.
KINDS = [("1", "10", "100", "1"), ("1", "10", "101", "2"), ("2", "20", "200", "3"), ("2", "20", "201", "1"),
         ("1", "10", "100", "4"), ("1", "10", "100", "3"), ("2", "20", "201", "2")]


def row(rec_id, place, kind, minutes):
    """One line of the file; `kind` = type, main and sub id, and the unit that it ended up with."""
    cells = dict.fromkeys(HEADERS, "1")
    cells.update(REC_ID=str(rec_id), COMMUNITY_NAME=place, STREET_NAME=PLACES.get(place, "-"), EVENT_SRC_NAME="12345",
                 CREATE_TIME=str(BEGIN + datetime.timedelta(minutes=minutes)), EVENT_PROPERTY_NAME="投诉",
                 EVENT_TYPE_ID=kind[0], MAIN_TYPE_ID=kind[1], SUB_TYPE_ID=kind[2], DISPOSE_UNIT_ID=kind[3],
                 OCCUR_PLACE='路口, "旁边"', OVERTIME_ARCHIVE_NUM="0")
    return cells


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, HEADERS)
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def rows_of(first_id, count):
    places, kinds = itertools.cycle(PLACES), itertools.cycle(KINDS)
    return [row(first_id + i, next(places), next(kinds), 3 * i) for i in range(count)]


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree(TOPOLOGY, scale=6000)


class Replay:
    """A replay that runs beside the story."""

    def __init__(self, tree, *words):
        command = [str(binaries() / "sanji"), "replay", *words, "--format", "pingshan", "--json", "--site", str(tree.site)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))
        self.said = None
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self):
        self.said = self.process.communicate()

    def running(self):
        return self.process.poll() is None

    def result(self, status=0):
        self.thread.join(5 * COMMAND_S)
        if self.thread.is_alive():
            self.process.kill()
            self.thread.join()
        out, err = (text.decode(errors="replace") for text in self.said)
        assert self.process.returncode == status, f"exit {self.process.returncode}: {out}\n{err}"
        return json.loads(out)


def replay(tree, *words, status=0):
    return Replay(tree, *words).result(status)


def cases_at_root(tree):
    return tree.one(ROOT, "SELECT count(*) FROM case_rec")


def test_every_row_with_a_place_becomes_one_case_and_ends(tree, tmp_path):
    rows = rows_of(1000, 42)
    rows += [row(1100, "-", KINDS[0], 5), row(1101, "无名社区", KINDS[0], 6), row(1102, "甲一社区", ("9", "9", "9", "1"), 7),
             rows[0]]
    manual = tmp_path / "manual.csv"
    said = replay(tree, write(tmp_path / "cases.csv", rows), "--handle", "prompt", "--manual", str(manual))

    assert (said["rows"], said["cases"], said["manual"], said["ended"]) == (46, 42, 4, 42), said
    assert {entry["rec_id"]: entry["reason"] for entry in said["manual_queue"]} == {
        "1100": "no_place", "1101": "unknown_place", "1102": "unknown_item", "1000": "duplicate"}
    with open(manual, encoding="utf-8") as written:
        assert len(list(csv.DictReader(written))) == 4
    assert said["by_state"] == {"ARCHIVED": 42} and cases_at_root(tree) == 42
    tree.verify()


def test_no_row_is_reported_before_the_trees_clock_has_reached_its_time(tree):
    reported = [at for (at,) in tree.ask(ROOT, "SELECT reported_ms FROM case_rec ORDER BY 1")]
    zone = datetime.timezone(datetime.timedelta(hours=8))
    begin = int(BEGIN.replace(tzinfo=zone).timestamp() * 1000)
    assert all(at >= begin + 3 * 60000 * i for i, at in enumerate(reported)), reported


def test_the_first_dispatch_is_measured_against_where_the_case_ended(tree, tmp_path):
    """By the log itself: the first dispatch of each case by the machine, and the unit of its row."""
    rows = {str(1000 + i): cells for i, cells in enumerate(rows_of(1000, 42))}
    said = replay(tree, write(tmp_path / "cases.csv", rows.values()), "--speed", "0", "--handle", "prompt")
    right = 0
    for case in tree.list(ROOT):
        shown = tree.show(case["case_no"], ROOT)
        first = next(event for event in shown["history"] if event["event"] in ("dispatch", "redispatch", "rule"))
        rec_id = shown["text"].rsplit(" ", 1)[1].rstrip(")）")
        right += first["actor"] == "system:auto" and first["target"].split("@")[0] == "u" + rows[rec_id]["DISPOSE_UNIT_ID"]
    assert 0 < right < 42
    assert said["right_first_cases"] == right and said["right_first"] == pytest.approx(right / 42)
    assert said["returns"] > 0


def test_the_same_file_again_doubles_nothing(tree, tmp_path):
    before = tree.footprint(ROOT)
    said = replay(tree, write(tmp_path / "cases.csv", rows_of(1000, 42)), "--speed", "0", "--handle", "prompt")
    assert (said["cases"], said["again"], said["ended"], said["acts"]) == (42, 42, 42, 0), said
    assert tree.footprint(ROOT) == before


def test_a_matrix_that_was_learned_is_what_the_tree_dispatches_by(tree, tmp_path):
    # what the one street's cases end at, the topology's matrix does not know
    rows = [row(2000 + i, "乙一社区" if i % 2 else "甲一社区", KINDS[4] if i % 2 else KINDS[0], i) for i in range(21)]
    path = write(tmp_path / "cases.csv", rows)
    try:
        said = replay(tree, path, "--speed", "0", "--handle", "prompt", "--learn-from", path)
        assert said["ended"] == 21
        assert said["tree_matrix"]["right_first"] > said["topology_matrix"]["right_first"]
        assert said["right_first"] > said["topology_matrix"]["right_first"], said
    finally:
        taken = tree.run("catalogue", "install", "--remove")
        assert taken.status == 0, taken


def test_what_nobody_handles_in_time_climbs_and_is_closed_at_the_district(tree, tmp_path):
    said = replay(tree, write(tmp_path / "cases.csv", rows_of(3000, 80)), "--speed", "0", "--seed", "7")
    assert said["ended"] == 80 and said["model"]["ignored"] > 0 and said["model"]["late"] > 0, said["model"]
    assert said["climbs"] > 0 and said["supervisions"] > 0
    tree.verify()


def test_silent_people_leave_every_case_red_at_the_district(tree, tmp_path):
    said = replay(tree, write(tmp_path / "cases.csv", rows_of(4000, 12)), "--speed", "0", "--handle", "silent")
    assert (said["cases"], said["ended"], said["acts"]) == (12, 0, 0), said
    mine = [case for case in tree.list(ROOT) if case["state"] not in ("ARCHIVED", "REJECTED", "CLOSED")]
    assert len(mine) == 12 and {case["owner"] for case in mine} == {ROOT} and {case["lamp"] for case in mine} == {"red"}


def test_a_killed_center_loses_nothing_and_doubles_nothing(tree, tmp_path):
    """kill -9 of each center in turn while the replay runs; verify never cries wolf meanwhile."""
    before = cases_at_root(tree)
    running = Replay(tree, write(tmp_path / "cases.csv", rows_of(5000, 120)), "--speed", "0", "--handle", "prompt")
    for code in tree.codes:
        tree.centers[code].kill()
        tree.centers[code].start()
        looked = tree.run("verify")
        assert looked.status == 0, looked
    said = running.result()
    assert (said["cases"], said["ended"]) == (120, 120), said
    assert cases_at_root(tree) == before + 120
    tree.settle()
    tree.verify()


@pytest.mark.parametrize("words, code", [(("--format", "csv"), "USAGE"), (("--handle", "eager"), "USAGE"),
                                         (("--from", "gestern"), "USAGE"), (("--speed", "-1"), "USAGE")])
def test_wrong_options_are_refused_before_anything_happens(tree, tmp_path, words, code):
    path = write(tmp_path / "cases.csv", rows_of(6000, 1))
    words = words if words[0] == "--format" else ("--format", "pingshan", *words)
    before = cases_at_root(tree)
    tree.refused(tree.run("replay", path, *words), code, status=2)
    assert cases_at_root(tree) == before


def test_a_file_that_does_not_read_is_refused_with_its_line(tree, tmp_path):
    path = tmp_path / "cases.csv"
    write(path, [row("zwölf", "甲一社区", KINDS[0], 0)])
    said = tree.run("replay", str(path), "--format", "pingshan")
    assert said.code == "MALFORMED" and "2" in said["detail"] and "REC_ID" in said["detail"], said
    path.write_text("REC_ID,CREATE_TIME\n1,2026-03-03 10:00:00\n", encoding="utf-8")
    said = tree.run("replay", str(path), "--format", "pingshan")
    assert said.code == "MALFORMED" and "STREET_NAME" in said["detail"], said


def test_top_shows_what_is_open_with_its_lamp_and_its_next_step(tree):
    said = tree.must("top", "--once").json
    shown = said["cases"]
    assert said["open"] == len(shown) == 12
    assert [case["due_in_ms"] for case in shown if not case["standing"]] == sorted(
        case["due_in_ms"] for case in shown if not case["standing"])
    assert all(case["lamp"] == "red" and case["next"] for case in shown)
    words = subprocess.run([str(binaries() / "sanji"), "top", "--once", "--site", str(tree.site)], capture_output=True,
                           timeout=COMMAND_S, check=True).stdout.decode()
    assert words.count("红") >= 12 and "\033" not in words
