"""sanji verify finds what is wrong: each invariant is broken once in a database that nobody is writing, and must be named."""
import hashlib
import struct

import pytest

from journal import read_envelope

D, S, C, C2 = "990101", "990101001", "990101001001", "990101001002"
DESK = f"desk.huanwei.{C}"
ACTOR, KIND, STATE = slice(30, 78), slice(78, 80), 124  # of the envelope's fixed layout


@pytest.fixture(scope="module")
def cases(make_tree):
    """One case that is closed, one that stands at its community, one elsewhere; then everything is shut down."""
    tree = make_tree()
    closed, other = tree.new_case(C), tree.new_case(C2)
    tree.acts(closed, "sign", C, DESK)
    tree.acts(closed, "feedback", C, DESK, reason="好了")
    tree.acts(closed, "check-ok", C, f"checker.{C}")
    opened = tree.new_case(C)
    tree.acts(opened, "sign", C, DESK)
    tree.settle()
    tree.stop()
    for code in (D, S, C, C2):
        tree.snapshot(code, f"whole{code}")
    return dict(tree=tree, closed=closed, opened=opened, other=other)


@pytest.fixture(name="tree")
def sound_tree(cases):
    tree = cases["tree"]
    yield tree
    for code in (D, S, C, C2):
        tree.restore(code, f"whole{code}")


def found(tree, invariant, *options):
    """verify must end with 4 and name that invariant; gives those violations."""
    outcome = tree.run("verify", *options)
    assert outcome.status == 4 and outcome["ok"] is False, outcome
    named = [violation for violation in outcome["violations"] if violation["invariant"] == invariant]
    assert named, outcome["violations"]
    assert all(violation["text"] for violation in named)
    return named


def change_last_event(tree, codes, case_no, change):
    """Rewrites the last event in each of these databases as a liar would: its envelope, and the head that the row bears."""
    for code in codes:
        with tree.db(code) as db:
            lsn, packed = db.execute("SELECT lsn, envelope FROM journal j JOIN case_rec c ON c.id = j.subject"
                                     " WHERE c.case_no = %s AND kind = 1 ORDER BY subject_no DESC LIMIT 1",
                                     (case_no,)).fetchone()
            forged = bytearray(packed)
            change(forged)
            head = hashlib.blake2b(forged, digest_size=32).digest()
            db.execute("UPDATE journal SET envelope = %s WHERE lsn = %s", (bytes(forged), lsn))
            db.execute("UPDATE case_rec SET head_hash = %s WHERE case_no = %s", (head, case_no))


def drop_last_event(tree, code, case_no):
    with tree.db(code) as db:
        db.execute("DELETE FROM journal j USING case_rec c WHERE j.subject = c.id AND c.case_no = %s AND j.kind = 1"
                   " AND j.subject_no = c.last_no", (case_no,))
        (packed,) = db.execute("SELECT envelope FROM journal j JOIN case_rec c ON c.id = j.subject WHERE c.case_no = %s"
                               " AND kind = 1 ORDER BY subject_no DESC LIMIT 1", (case_no,)).fetchone()
        db.execute("UPDATE case_rec SET last_no = last_no - 1, head_hash = %s WHERE case_no = %s",
                   (hashlib.blake2b(packed, digest_size=32).digest(), case_no))


def test_a_sound_tree_is_clean_and_says_what_was_checked(cases, tree):
    said = tree.verify()
    assert said["violations"] == []
    checked = said["checked"]
    assert (checked["centers"], checked["cases"], checked["not_read"]) == (7, 3, 0)
    assert checked["copies"] == 9 and checked["events"] > 30 and checked["keys"] >= 7


def test_a_number_that_two_cases_bear(cases, tree):
    tree.ask(C2, "UPDATE case_rec SET case_no = %s", cases["closed"])
    assert cases["closed"] in {violation["case_no"] for violation in found(tree, 1)}


def test_an_acknowledged_report_without_its_case(cases, tree):
    tree.ask(C2, "DELETE FROM journal; DELETE FROM timer; DELETE FROM case_rec")
    assert C2 in {violation["center"] for violation in found(tree, 1)}


def test_an_owner_that_has_lost_what_it_wrote(cases, tree):
    drop_last_event(tree, C, cases["opened"])
    assert [violation["center"] for violation in found(tree, 2)] == [C]


def test_a_copy_that_is_behind_is_wrong_only_in_a_tree_at_rest(cases, tree):
    drop_last_event(tree, D, cases["opened"])  # the last that D heard of: as if it had not come yet, nor its key
    tree.ask(D, "UPDATE center SET last_lsn = (SELECT max(lsn) FROM journal)")
    tree.ask(D, "DELETE FROM request_log r USING case_rec c WHERE r.case_id = c.id AND r.subject_no > c.last_no")
    assert tree.run("verify").status == 0
    behind = found(tree, 3, "--settled")
    assert [(violation["center"], violation["case_no"]) for violation in behind] == [(D, cases["opened"])]


@pytest.mark.parametrize("code", [C, S, D])
def test_a_body_that_was_altered(cases, tree, code):
    tree.ask(code, "UPDATE journal SET body = set_byte(body, 5, get_byte(body, 5) # 1) WHERE kind = 1 AND subject_no = 2")
    assert {violation["center"] for violation in found(tree, 3)} == {code}


def test_a_body_that_was_lawfully_erased_is_no_violation(cases, tree):
    for code in (C, S, D):
        tree.ask(code, "UPDATE journal SET body = '' WHERE kind = 1 AND subject_no = 1 AND subject ="
                       " (SELECT id FROM case_rec WHERE case_no = %s)", cases["closed"])
    tree.verify()


def test_a_copy_that_tells_another_story(cases, tree):
    change_last_event(tree, [S], cases["opened"], lambda envelope: envelope.__setitem__(37, envelope[37] ^ 1))
    assert S in {violation["center"] for violation in found(tree, 3)}


def test_a_missing_event(cases, tree):
    tree.ask(S, "DELETE FROM journal WHERE kind = 1 AND subject_no = 2")
    assert S in {violation["center"] for violation in found(tree, 3)}


def test_a_row_that_disagrees_with_its_log(cases, tree):
    tree.ask(D, "UPDATE case_rec SET last_no = last_no + 1 WHERE case_no = %s", cases["opened"])
    assert {violation["center"] for violation in found(tree, 3)} == {D}


def test_an_open_case_without_a_timer(cases, tree):
    tree.ask(C, "DELETE FROM timer")
    assert cases["opened"] in {violation["case_no"] for violation in found(tree, 4)}


def test_a_timer_where_the_case_is_not_owned(cases, tree):
    tree.ask(S, "INSERT INTO timer SELECT id, 1, epoch FROM case_rec LIMIT 1")
    assert {violation["center"] for violation in found(tree, 4)} == {S}


@pytest.mark.parametrize("wrong", ["due_ms = due_ms + 1", "epoch = epoch + 1"])
def test_a_timer_that_is_not_its_cases(cases, tree, wrong):
    tree.ask(C, f"UPDATE timer SET {wrong}")
    assert {violation["center"] for violation in found(tree, 5)} == {C}


def test_a_transition_that_the_table_does_not_hold(cases, tree):
    def archive(envelope):
        envelope[KIND] = struct.pack(">H", 36)
        envelope[STATE] = 11
    change_last_event(tree, [C, S, D], cases["opened"], archive)
    assert {violation["case_no"] for violation in found(tree, 6)} == {cases["opened"]}


def test_a_checker_who_is_the_handler(cases, tree):
    with tree.db(C) as db:
        rows = db.execute("SELECT envelope FROM journal j JOIN case_rec c ON c.id = j.subject WHERE c.case_no = %s AND kind = 1"
                          " ORDER BY subject_no", (cases["closed"],)).fetchall()
    assert read_envelope(bytes(rows[-1][0])).kind == "check-ok"

    def by_the_handler(envelope):
        envelope[ACTOR] = DESK.encode().ljust(48, b"\0")
    change_last_event(tree, [C, S, D], cases["closed"], by_the_handler)
    assert {violation["case_no"] for violation in found(tree, 6)} == {cases["closed"]}


def test_a_key_with_two_outcomes(cases, tree):
    tree.ask(S, "UPDATE request_log SET outcome = 41")
    assert found(tree, 8)


def test_a_pending_request_of_which_nothing_is_kept(cases, tree):
    tree.ask(S, "INSERT INTO request_log SELECT gen_random_uuid(), id, 0, 75, decode(repeat('00', 16), 'hex'), 1 FROM case_rec LIMIT 1")
    assert {violation["center"] for violation in found(tree, 8)} == {S}


def test_a_decided_request_that_is_still_kept(cases, tree):
    tree.ask(S, "INSERT INTO request_kept SELECT key, case_id, 1, 1, '\\x00' FROM request_log LIMIT 1")
    assert {violation["center"] for violation in found(tree, 8)} == {S}


def test_a_quarantined_entry_without_an_alarm(cases, tree):
    tree.ask(D, "INSERT INTO quarantine (neighbour, lane, lsn, kind, subject, subject_no, epoch, code, at_ms)"
                " SELECT 1, 1, 1, 1, id, 9, 0, 92, 1 FROM case_rec LIMIT 1")
    assert {violation["center"] for violation in found(tree, 8)} == {D}
    tree.ask(D, "INSERT INTO alarm (kind, subject, text, raised_ms) SELECT 'stream.quarantine', subject, '', 1 FROM quarantine")
    assert tree.run("verify").status == 0


def test_an_overdue_hand_over_without_an_alarm(cases, tree):
    tree.ask(C, "INSERT INTO hand_over SELECT 1, 1, id, 1 FROM case_rec LIMIT 1")
    assert {violation["center"] for violation in found(tree, 8)} == {C}


def test_a_database_that_is_away_is_said_and_not_passed_over(cases, tree):
    tree.edit_site(f"dbname={tree.mark}_{D} ", "dbname=nowhere ")
    try:
        said = tree.run("verify")
    finally:
        tree.edit_site("dbname=nowhere ", f"dbname={tree.mark}_{D} ")
    assert said.status == 3 and said["ok"] is False and said["violations"] == []
    assert said["checked"]["not_read"] == 1 and said["not_read"][0]["center"] == D


def test_one_part_of_the_tree_alone(cases, tree):
    tree.ask(D, "UPDATE case_rec SET last_no = last_no + 1")
    assert tree.run("verify", "--center", S).status == 0
    assert tree.run("verify", "--center", S)["checked"]["centers"] == 3
