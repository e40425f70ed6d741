"""An entry that is wrong stops its own case and nothing else; both ends call a person; the log sent again mends it."""
import pytest

D, S, C = "990101", "990101001", "990101001001"
ALARM = "SELECT count(*) FROM alarm WHERE cleared_ms IS NULL AND subject = %s"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


def byte(place):
    return f"envelope = set_byte(envelope, {place}, get_byte(envelope, {place}) # 1)"


POISON = {
    "the chain is broken": (2, byte(180), "HASH"),
    "the body is not the one that was hashed": (2, "body = body || '\\x00'::bytea", "HASH"),
    "the body's own hash is another": (3, byte(150), "HASH"),
    "the layout is unknown": (2, byte(0), "MALFORMED"),
    "the number is another": (2, byte(21), "MALFORMED"),
    "a stranger writes": (2, "envelope = overlay(envelope placing '990101002001'::bytea from 85)", "FOREIGN"),
    "the epoch jumps": (2, byte(83), "EPOCH"),
    "custody moves without a hand-over": (2, "envelope = overlay(envelope placing '990101001'::bytea || '\\x000000'::bytea from 105)",
                                          "EPOCH"),
    "the first event is wrong": (1, byte(180), "HASH"),
    "the first event comes from elsewhere": (1, "envelope = overlay(envelope placing '990101002001'::bytea from 85)", "FOREIGN"),
}


@pytest.mark.parametrize("what", POISON, ids=str)
def test_a_poison_entry_stops_its_case_alone_and_repair_brings_it_right(tree, what):
    number, change, why = POISON[what]
    tree.settle()
    tree.centers[S].kill()  # so that nothing has been sent when it is poisoned
    before, bad, after = (tree.new_case(C) for _ in range(3))
    subject = tree.row(C, bad)["id"]
    sound = tree.ask(C, "SELECT lsn, envelope, body FROM journal WHERE subject = %s AND subject_no = %s", subject, number)[0]
    tree.centers[C].kill()  # so that nothing of it is in memory
    tree.ask(C, f"UPDATE journal SET {change} WHERE lsn = %s", sound[0])
    tree.start(S, C)

    later = tree.new_case(C)
    for no in (before, after, later):
        tree.wait(lambda no=no: (tree.row(D, no) or {}).get("last_no") == 3, f"{no} at the district")
    codes = {code for (code,) in tree.ask(S, "SELECT code FROM quarantine WHERE subject = %s AND subject_no = %s",
                                          subject, number)}
    assert codes == {dict(HASH=93, MALFORMED=13, FOREIGN=90, EPOCH=94)[why]}, codes
    assert (tree.row(S, bad) or {"last_no": 0})["last_no"] == number - 1
    assert tree.one(S, ALARM, subject) == 1
    tree.wait(lambda: tree.one(C, ALARM, subject) == 1, "an alarm where it came from")

    tree.acts(bad, "sign", C, f"desk.huanwei.{C}")  # its own center works on
    tree.ask(C, "UPDATE journal SET envelope = %s, body = %s WHERE lsn = %s", sound[1], sound[2], sound[0])
    tree.must("center", "repair", bad if number > 1 else str(subject), "--center", S)
    tree.wait(lambda: tree.row(D, bad) and tree.log(D, bad) == tree.log(C, bad), "equal up to the district")
    tree.wait(lambda: tree.one(S, ALARM, subject) == 0 == tree.one(C, ALARM, subject), "no alarm is left")
    assert tree.one(S, "SELECT count(*) FROM quarantine WHERE subject = %s", subject) == 0
    tree.acts(bad, "feedback", C, f"desk.huanwei.{C}", reason="好了")
    tree.wait(lambda: tree.log(D, bad) == tree.log(C, bad), "and it flows on")


def test_a_quarantined_case_is_not_handed_over_before_it_is_repaired(tree):
    tree.settle()
    tree.centers[S].kill()
    bad = tree.new_case(C)
    subject = tree.row(C, bad)["id"]
    lsn, envelope = tree.ask(C, "SELECT lsn, envelope FROM journal WHERE subject = %s AND subject_no = 2", subject)[0]
    tree.centers[C].kill()
    tree.ask(C, f"UPDATE journal SET {byte(180)} WHERE lsn = %s", lsn)
    tree.up()
    tree.wait(lambda: tree.one(S, ALARM, subject) == 1, "set aside above")
    tree.acts(bad, "escalate", C, f"shift_leader.{C}", reason="请接办")
    tree.wait(lambda: tree.one(S, "SELECT count(*) FROM quarantine WHERE subject = %s", subject) >= 3, "the offer is set aside")
    assert tree.row(C, bad)["owner"] == C
    tree.acts(bad, "sign", C, f"desk.huanwei.{C}")
    tree.ask(C, "UPDATE journal SET envelope = %s WHERE lsn = %s", envelope, lsn)
    tree.must("center", "repair", bad, "--center", S)
    tree.wait_state(bad, S, "HANDLING", S)
    assert tree.row(C, bad)["last_no"] < 20, "offers were made with patience"


def test_after_all_that_the_tree_is_sound(tree):
    tree.settle()
    tree.verify()
