"""sanji verify over commands: each part of invariant 7 is broken once in databases that nobody is writing, and must be named."""
import hashlib
import struct

import pytest

import journal

D, S, C, C2 = "990101", "990101001", "990101001001", "990101001002"
GRID, OTHER_GRID = f"{C}001", f"{C}002"
ISSUED, DELIVERED, ACKED, EXPIRED = 1, 2, 3, 11
COMMAND_TIMER, SHEET_TIMER = 3, 4


def issue(tree, center, kind, to, **options):
    return tree.must("command", "issue", *tree._options(dict(center=center, kind=kind, to=to, text="请到岗。", **options)))["command_id"]


def sign(tree, command, recipient, as_=None):
    tree.must("command", "act", command, "ack", "--recipient", recipient, "--as", as_ or recipient)


def receipts(tree, code, command):
    return dict(tree.ask(code, "SELECT name, state FROM receipt WHERE command = %s", command))


@pytest.fixture(scope="module")
def orders(make_tree):
    """A roll call that some have answered, an order that was cancelled, units on their way to a gas leak; then everything is
    shut down."""
    tree = make_tree()
    roll = issue(tree, D, "roll-call", "centers+type=grid")
    tree.wait(lambda: len(receipts(tree, D, roll)) == 7 + 4 * 3, "every recipient heard of at the district")
    sign(tree, roll, f"grid.{GRID}")
    sign(tree, roll, f"grid.{OTHER_GRID}")
    sign(tree, roll, f"center.{C2}", f"dispatcher.{C2}")
    cancelled = issue(tree, S, "order", f"center.{C}")
    tree.must("command", "cancel", cancelled, "--reason", "雨停了")
    leak = tree.new_case(C, "0109", lon=114.010, lat=22.605)
    tree.wait(lambda: tree.one(C, "SELECT count(*) FROM unit WHERE booked IS NOT NULL") >= 5, "units are ordered")
    tree.settle()
    tree.stop()
    for code in (D, S, C, C2):
        tree.snapshot(code, f"orders{code}")
    sheet = tree.one(C, "SELECT id FROM sheet WHERE command = %s AND center = %s", roll, C)
    return dict(tree=tree, roll=roll, cancelled=cancelled, leak=leak, sheet=sheet)


@pytest.fixture(name="tree")
def sound_tree(orders):
    tree = orders["tree"]
    yield tree
    for code in (D, S, C, C2):
        tree.restore(code, f"orders{code}")


@pytest.fixture(scope="module", name="bodies")
def bodies_of_commands():
    return journal.bodies()


def found(tree, says, *options):
    """verify must end with 4 and name invariant 7 in these words; gives those violations."""
    outcome = tree.run("verify", *options)
    assert outcome.status == 4 and outcome["ok"] is False, outcome
    named = [violation for violation in outcome["violations"] if violation["invariant"] == 7 and says in violation["text"]]
    assert named, outcome["violations"]
    return named


def lie(tree, codes, subject, table, change):
    for code in codes:
        with tree.db(code) as db:
            journal.rewrite(db, subject, table, change)


def change_sheet(tree, bodies, orders, change, codes=(C, S, D)):
    """Alters each body of C's sheet of the roll call, in every copy."""
    def altered(number, envelope, body):
        sheet = bodies.SheetBody.FromString(body)
        change(number, envelope, sheet)
        return sheet.SerializeToString()
    lie(tree, codes, orders["sheet"], "sheet", altered)


def test_sound_commands_are_clean_and_counted(orders, tree):
    checked = tree.verify()["checked"]
    assert checked["commands"] >= 5 and checked["signatures"] >= checked["commands"] + 1  # a cancel is signed as well
    assert checked["receipts"] >= 19 + 1 + 5 and checked["units"] >= 5


@pytest.mark.parametrize("code", [C, S, D])
def test_a_receipts_row_that_its_sheet_does_not_say(orders, tree, code):
    tree.ask(code, "UPDATE receipt SET state = %s WHERE command = %s AND name = %s", DELIVERED, orders["roll"], f"grid.{GRID}")
    assert {violation["center"] for violation in found(tree, "回执行")} == {code}


def test_a_detail_of_a_receipt_that_its_sheet_does_not_say(orders, tree):
    tree.ask(D, "UPDATE receipt SET signed_by = 'zhang.san' WHERE command = %s AND name = %s", orders["roll"], f"grid.{GRID}")
    assert {violation["center"] for violation in found(tree, "回执行")} == {D}


def test_a_receipt_that_is_gone(orders, tree):
    tree.ask(S, "DELETE FROM receipt WHERE command = %s AND name = %s", orders["roll"], f"grid.{GRID}")
    assert {violation["center"] for violation in found(tree, "回执行")} == {S}


def test_a_recipient_with_two_receipts(orders, tree):
    with tree.db(D) as db:
        db.execute("CREATE TEMP TABLE twin AS SELECT * FROM receipt WHERE command = %s AND name = %s",
                   (orders["roll"], f"grid.{GRID}"))
        db.execute("UPDATE twin SET center = %s", (C2,))
        db.execute("INSERT INTO receipt SELECT * FROM twin")
    assert {violation["center"] for violation in found(tree, "两份回执")} == {D}


def test_nothing_expired_was_later_signed(orders, tree, bodies):
    def expired_at_first(number, _, sheet):
        for change in sheet.changes:
            if number == 1 and change.after.name == f"grid.{GRID}".encode():
                change.after.state = EXPIRED
    change_sheet(tree, bodies, orders, expired_at_first)
    assert any(GRID in violation["detail"] for violation in found(tree, "已过期"))


def test_a_receipt_that_goes_back(orders, tree, bodies):
    def back(number, _, sheet):
        for change in sheet.changes:
            if number > 1 and change.after.name == f"grid.{GRID}".encode():
                change.after.state = ISSUED
    change_sheet(tree, bodies, orders, back)
    assert any(GRID in violation["detail"] for violation in found(tree, "规则表没有的回执"))


def test_a_recipient_listed_twice(orders, tree, bodies):
    def twice(number, _, sheet):
        if number == 1:
            sheet.changes.add().CopyFrom(sheet.changes[0])
    change_sheet(tree, bodies, orders, twice)
    assert found(tree, "两份回执")


def test_a_sheet_that_another_center_writes(orders, tree, bodies):
    def elsewhere(_, envelope, __):
        envelope[84:104] = envelope[104:124] = C2.encode().ljust(20, b"\0")
    change_sheet(tree, bodies, orders, elsewhere)
    assert found(tree, "无权书写")


def test_a_recipient_who_is_not_of_that_center(orders, tree, bodies):
    def stranger(_, __, sheet):
        for change in sheet.changes:
            if change.after.name == f"grid.{GRID}".encode():
                change.after.name = f"grid.{C2}001".encode()
    change_sheet(tree, bodies, orders, stranger)
    assert found(tree, "无权书写")


def test_a_command_that_was_forged(orders, tree, bodies):
    def other_words(_, __, body):
        command = bodies.CommandBody.FromString(body)
        statement = bodies.Statement.FromString(command.statement)
        statement.text = "请撤离。".encode()
        command.statement = statement.SerializeToString()
        return command.SerializeToString()
    lie(tree, [D, S, C, C2], orders["roll"], "command", other_words)
    assert orders["roll"] in {violation.get("command_id") for violation in found(tree, "签名")}


def test_a_statement_that_another_center_signed_in_the_issuers_name(orders, tree):
    def by_the_street(_, envelope, body):
        envelope[84:104] = envelope[104:124] = S.encode().ljust(20, b"\0")
        return body
    lie(tree, [D, S, C, C2], orders["roll"], "command", by_the_street)
    assert orders["roll"] in {violation.get("command_id") for violation in found(tree, "签名")}


@pytest.mark.parametrize("change", ["ended = 3", "last_no = last_no + 1",
                                    "statement = (SELECT statement FROM command other WHERE other.id <> command.id LIMIT 1)"])
def test_a_commands_row_that_disagrees_with_its_log(orders, tree, change):
    tree.ask(S, f"UPDATE command SET {change} WHERE id = %s", orders["roll"])
    assert {violation["center"] for violation in found(tree, "行与其事件")} == {S}


def forget_sheet(tree, code, orders):
    tree.ask(code, "DELETE FROM receipt WHERE command = %s AND center = %s", orders["roll"], C)
    tree.ask(code, "DELETE FROM sheet WHERE id = %s", orders["sheet"])
    tree.ask(code, "DELETE FROM journal_to WHERE lsn IN (SELECT lsn FROM journal WHERE subject = %s)", orders["sheet"])
    tree.ask(code, "UPDATE journal SET subject = %s, kind = 9 WHERE subject = %s", orders["roll"], orders["sheet"])


def test_a_sheet_that_was_not_heard_is_wrong_only_in_a_tree_at_rest(orders, tree):
    forget_sheet(tree, D, orders)
    assert tree.run("verify").status == 0
    assert [(violation["center"], violation["command_id"]) for violation in found(tree, "没有收到", "--settled")] == [(D, orders["roll"])]


def test_a_sheets_timer_that_its_receipts_do_not_want(orders, tree):
    tree.ask(C, "UPDATE timer SET due_ms = due_ms + 1 WHERE kind = %s", SHEET_TIMER)
    assert {violation["center"] for violation in found(tree, "定时器")} == {C}


def test_open_receipts_that_nobody_will_look_at(orders, tree):
    tree.ask(C, "DELETE FROM timer WHERE kind = %s", SHEET_TIMER)
    assert {violation["center"] for violation in found(tree, "定时器")} == {C}


def test_a_unit_that_is_booked_for_nothing(orders, tree):
    tree.ask(C, "UPDATE unit SET booked = gen_random_uuid() WHERE booked IS NOT NULL")
    units = {violation["unit"] for violation in found(tree, "没有相应")}
    assert any(unit.startswith("police") for unit in units)


def test_a_unit_that_was_set_free_behind_its_log(orders, tree):
    tree.ask(C, "UPDATE unit SET booked = NULL")
    assert {violation["center"] for violation in found(tree, "行与其事件")} == {C}


def test_a_unit_that_two_commands_have(orders, tree, bodies):
    unit, booked = tree.ask(C, "SELECT name, booked FROM unit WHERE booked IS NOT NULL AND type = 'police'")[0]
    (subject,) = tree.ask(C, "SELECT subject FROM journal WHERE kind = 1 AND get_byte(envelope, 1) = 5"
                             " AND position(%s::bytea IN body) > 0 LIMIT 1", unit.encode())[0]
    with tree.db(C) as db:
        events = journal.read_events(db, subject)
        body = bodies.UnitBody.FromString(events[-1][1])
        assert body.booked == booked.bytes
        body.booked = bytes(range(16))
        append_unit_event(db, subject, body.SerializeToString())
    assert unit in {violation["unit"] for violation in found(tree, "两条指令")}


def append_unit_event(db, subject, body):
    """One more booking at the end of the unit's log, well chained."""
    (packed,) = db.execute("SELECT envelope FROM journal WHERE subject = %s ORDER BY subject_no DESC LIMIT 1", (subject,)).fetchone()
    event, envelope = journal.read_envelope(bytes(packed)), bytearray(packed)
    envelope[18:30] = struct.pack(">iq", event.no + 1, event.at + 1)
    envelope[78:80] = struct.pack(">H", 2)
    envelope[journal.BODY_HASH] = hashlib.blake2b(body, digest_size=32).digest()
    envelope[journal.PREV_HASH] = event.hash
    db.execute("INSERT INTO journal SELECT (SELECT max(lsn) + 1 FROM journal), kind, subject, %s, epoch, code, %s, %s FROM journal"
               " WHERE subject = %s ORDER BY subject_no DESC LIMIT 1", (event.no + 1, bytes(envelope), body, subject))
    db.execute("UPDATE center SET last_lsn = last_lsn + 1")
    db.execute("UPDATE unit SET last_no = last_no + 1, head_hash = %s, booked = %s WHERE last_no = %s AND head_hash = %s",
               (hashlib.blake2b(envelope, digest_size=32).digest(), bytes(range(16)).hex(), event.no, event.hash))
