"""A center in between, or a caller, that alters, forges or replays a command: set aside, and nothing of it is in force."""
import ctypes
import ctypes.util
import hashlib
import sys
import uuid

import pytest

import raw
from command import Orders

D, S, C = "990101", "990101001", "990101001001"
S2, C2 = "990101002", "990101001002"
FORGED, HASH, FOREIGN, MALFORMED = 61, 93, 90, 13
BODY_HASH = slice(141, 173)
SIGNED_WORDS = b"sanji command statement\n"


def command_pb2():
    return sys.modules["command_pb2"]


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


def sign(tree, center, statement):
    """By the key of that center, as its own file has it."""
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    secret = bytes.fromhex((tree.folder / "keys" / center / "sign.key").read_text(encoding="ascii").split()[1])
    signature, said = ctypes.create_string_buffer(64), SIGNED_WORDS + statement
    assert sodium.crypto_sign_detached(signature, None, said, ctypes.c_ulonglong(len(said)), secret) == 0
    return signature.raw


def rewritten(body, change, signer=None, tree=None):
    """The body with another statement, signed by `signer`; with the old signature when nobody signs."""
    packed = command_pb2().CommandBody()
    packed.ParseFromString(body)
    statement = command_pb2().Statement()
    statement.ParseFromString(packed.statement)
    change(statement)
    packed.statement = statement.SerializeToString()
    if signer:
        packed.signature = sign(tree, signer, packed.statement)
    return packed.SerializeToString()


def with_body(envelope, body):
    """The envelope as a forger who knows the layout would make it: the hash of the body is right."""
    packed = bytearray(envelope)
    packed[BODY_HASH] = hashlib.blake2b(body, digest_size=32).digest()
    return bytes(packed)


def other_words(statement):
    statement.text = "全部撤离岗位".encode()


def everybody(statement):
    statement.targets = b"all"


def later_end(statement):
    statement.expires += 1


def same(_):
    pass


def another_id(statement):
    statement.id = uuid.uuid4().bytes


def another_issuer(statement):
    statement.center = S.encode()


FORGERIES = {
    "its words are others": (other_words, None, FORGED),
    "it is for others": (everybody, None, FORGED),
    "it ends at another time": (later_end, None, FORGED),
    "the center in between signed it": (other_words, S, FORGED),
    "a center of elsewhere signed it": (same, S2, FORGED),
    "it is said to be about another command": (another_id, D, FORGED),
    "it is said to be another center's": (another_issuer, S, FORGED),
}


@pytest.mark.parametrize("what", FORGERIES, ids=str)
def test_a_command_that_was_altered_on_the_way_takes_no_effect(tree, orders, what):
    change, signer, why = FORGERIES[what]
    orders.settle()
    tree.centers[C].kill()  # so that the center in between has time to do harm
    before, bad, after = (orders.issue(D, "order", f"center.{C}+center.{C2}", f"第{n}道命令") for n in range(3))
    orders.wait_tally(bad, DELIVERED=1)
    tree.wait(lambda: orders.known(after, S), "the street has all three")
    tree.centers[S].kill()  # so that nothing of it is in memory
    lsn, envelope, body = tree.ask(S, "SELECT lsn, envelope, body FROM journal WHERE subject = %s AND subject_no = 1", bad)[0]
    forged = rewritten(bytes(body), change, signer, tree)
    tree.ask(S, "UPDATE journal SET envelope = %s, body = %s WHERE lsn = %s", with_body(bytes(envelope), forged), forged, lsn)
    tree.up()

    for command in (before, after):  # the stream flows on
        orders.wait_row(command, f"center.{C}", "DELIVERED", center=C)
    codes = tree.wait(lambda: {code for (code,) in tree.ask(C, "SELECT code FROM quarantine WHERE subject = %s", bad)},
                      "it is set aside")
    assert codes == {why}, codes
    assert not orders.known(bad, C) and tree.one(C, "SELECT count(*) FROM receipt WHERE command = %s", bad) == 0
    open_alarm = "SELECT count(*) FROM alarm WHERE cleared_ms IS NULL AND subject = %s"
    assert tree.one(C, open_alarm, bad) == 1
    tree.wait(lambda: tree.one(S, open_alarm, bad) >= 1, "an alarm where it came from")
    row = orders.wait_row(bad, f"center.{C}", "ISSUED")
    assert not row["heard"], "its issuer knows that it has not been heard"
    tree.refused(orders.act(bad, "ack", f"center.{C}", f"dispatcher.{C}"), "UNKNOWN_COMMAND")

    tree.ask(S, "UPDATE journal SET envelope = %s, body = %s WHERE lsn = %s", envelope, body, lsn)
    tree.must("center", "repair", bad, "--center", C)
    orders.wait_row(bad, f"center.{C}", "DELIVERED")
    tree.wait(lambda: tree.one(C, open_alarm, bad) == 0 == tree.one(S, open_alarm, bad), "no alarm is left")
    for command in (before, bad, after):
        orders.answer_all(command)
        orders.wait_tally(command, ACKED=2)
    orders.verify()


def test_a_command_may_not_be_replayed_under_another_id(tree, orders):
    orders.settle()
    tree.centers[C].kill()
    old = orders.issue(D, "order", f"center.{C}", "开闸放水")
    new = orders.issue(D, "order", f"center.{C}", "例行巡查")
    tree.wait(lambda: orders.known(new, S), "the street has both")
    tree.centers[S].kill()
    (_, envelope, body), = orders.log(S, new)
    (_, _, replayed), = orders.log(S, old)
    tree.ask(S, "UPDATE journal SET envelope = %s, body = %s WHERE subject = %s", with_body(envelope, replayed), replayed, new)
    tree.up()
    tree.wait(lambda: tree.one(C, "SELECT max(code) FROM quarantine WHERE subject = %s", new) == FORGED, "set aside")
    orders.wait_row(old, f"center.{C}", "DELIVERED")
    assert not orders.known(new, C)
    tree.ask(S, "UPDATE journal SET envelope = %s, body = %s WHERE subject = %s", envelope, body, new)
    tree.must("center", "repair", new, "--center", C)
    orders.wait_row(new, f"center.{C}", "DELIVERED")
    orders.verify()


def test_a_cancel_that_its_issuer_never_said_cancels_nothing(tree, orders):
    """The center in between turns an update into a cancel, and signs with the key that it has."""
    center = f"center.{C}"
    command = orders.issue(D, "order", center, "值守到天明")
    orders.wait_row(command, center, "DELIVERED")
    orders.settle()
    tree.centers[C].kill()
    orders.acts(command, "update", text="值守到中午")
    tree.wait(lambda: len(orders.log(S, command)) == 2, "the street has the update")
    tree.centers[S].kill()
    (_, _, _), (_, envelope, body) = orders.log(S, command)

    def cancel(statement):
        statement.event = 3
        statement.reason = "不用去了".encode()
    forged = rewritten(body, cancel, S, tree)
    packed = bytearray(with_body(envelope, forged))
    packed[78:80] = (3).to_bytes(2, "big")
    tree.ask(S, "UPDATE journal SET envelope = %s, body = %s WHERE subject = %s AND subject_no = 2", bytes(packed), forged,
             command)
    tree.up()
    tree.wait(lambda: tree.one(C, "SELECT max(code) FROM quarantine WHERE subject = %s", command) == FORGED, "set aside")
    row = orders.row(command, center, C)
    assert row["state"] == "DELIVERED" and orders.show(command, C)["text"] == "值守到天明"
    tree.ask(S, "UPDATE journal SET envelope = %s, body = %s WHERE subject = %s AND subject_no = 2", envelope, body, command)
    tree.must("center", "repair", command, "--center", C)
    tree.wait(lambda: orders.show(command, C)["text"] == "值守到中午", "the true update is in force")
    orders.acts(command, "ack", center, f"dispatcher.{C}")
    orders.verify()


def test_a_raw_neighbour_with_a_listed_key_cannot_bring_a_forged_command(tree, orders):
    """A child's own key opens the socket; it does not make its words the district's."""
    orders.settle()
    tree.centers[C].kill()
    true = orders.issue(D, "order", f"center.{C2}", "照常值守")
    orders.wait_row(true, f"center.{C2}", "DELIVERED")
    (_, envelope, body), = orders.log(S, true)
    invented = uuid.uuid4()
    forged = rewritten(body, lambda statement: setattr(statement, "id", invented.bytes), C, tree)
    packed = bytearray(with_body(envelope, forged))
    packed[2:18] = invented.bytes
    incarnation = tree.one(C, "SELECT incarnation FROM center")
    entry = raw.frame_pb2.Entry(lsn=1 << 40, kind=1, subject=invented.bytes, subject_no=1, envelope=bytes(packed), body=forged)
    with raw.Raw(tree, S, raw.of_center(tree, C)) as child:
        for session in (1, 2):
            head = dict(session=session, peer_session=session, incarnation=incarnation, peer_incarnation=1)
            child.send(raw.frame(raw.ENTRIES, **head, lane=0, entries=[entry]).SerializeToString())
            child.send(raw.frame(raw.ENTRIES, **head, lane=1, entries=[entry]).SerializeToString())
        child.send(raw.status(7).SerializeToString())
        child.hear(1)
    assert not orders.known(str(invented), S) and tree.one(S, "SELECT count(*) FROM receipt WHERE command = %s",
                                                             str(invented)) == 0
    tree.up()
    orders.acts(true, "ack", f"center.{C2}", f"dispatcher.{C2}")
    orders.verify()


def test_what_follows_a_forged_event_waits_for_the_repair(tree, orders):
    """The cancel of a command that was set aside: kept as well, and both take effect in their order."""
    center = f"center.{C}"
    orders.settle()
    tree.centers[C].kill()
    command = orders.issue(D, "order", center, "封闭桥面")
    tree.wait(lambda: orders.known(command, S), "the street has it")
    tree.centers[S].kill()
    (_, envelope, body), = orders.log(S, command)
    forged = rewritten(body, other_words, S, tree)
    tree.ask(S, "UPDATE journal SET envelope = %s, body = %s WHERE subject = %s", with_body(envelope, forged), forged, command)
    tree.up()
    orders.acts(command, "cancel", reason="桥面安全")
    tree.wait(lambda: tree.one(C, "SELECT count(*) FROM quarantine WHERE subject = %s", command) == 2, "both are set aside")
    assert not orders.known(command, C)
    tree.ask(S, "UPDATE journal SET envelope = %s, body = %s WHERE subject = %s AND subject_no = 1", envelope, body, command)
    tree.must("center", "repair", command, "--center", C)
    row = orders.wait_row(command, center, "CANCELLED")
    assert row["state"] == "CANCELLED" and orders.show(command, C)["signature"] == "verified"
    orders.verify()


@pytest.mark.parametrize("change, why", [
    ("envelope = set_byte(envelope, 180, get_byte(envelope, 180) # 1)", HASH),
    ("body = body || '\\x00'::bytea", HASH),
    ("envelope = overlay(envelope placing '990101002001'::bytea from 85)", FOREIGN)])
def test_a_sheet_that_was_altered_stops_itself_alone(tree, orders, change, why):
    """Answers of a community whose journal was tampered with; its other answers arrive, and the log sent again mends it."""
    center, other = f"center.{C}", f"grid.{C}001"
    bad = orders.issue(D, "order", center, "第一件")
    sound = orders.issue(D, "order", other, "第二件")
    orders.wait_row(bad, center, "DELIVERED")
    orders.wait_row(sound, other, "DELIVERED")
    orders.settle()
    tree.centers[S].kill()
    orders.acts(bad, "ack", center, f"dispatcher.{C}")
    orders.acts(sound, "ack", other, other)
    tree.centers[C].kill()
    sheet = orders.sheets(bad, C)[C]
    (_, _, _), (_, envelope, body) = orders.log(C, sheet)
    tree.ask(C, f"UPDATE journal SET {change} WHERE subject = %s AND subject_no = 2", sheet)
    tree.up()
    orders.wait_row(sound, other, "ACKED")
    codes = tree.wait(lambda: {code for (code,) in tree.ask(S, "SELECT code FROM quarantine WHERE subject = %s", sheet)},
                      "it is set aside")
    assert codes == {why} and orders.row(bad, center, S)["state"] == "DELIVERED" == orders.row(bad, center)["state"]
    open_alarm = "SELECT count(*) FROM alarm WHERE cleared_ms IS NULL AND subject = %s"
    assert tree.one(S, open_alarm, sheet) == 1
    tree.ask(C, "UPDATE journal SET envelope = %s, body = %s WHERE subject = %s AND subject_no = 2", envelope, body, sheet)
    tree.must("center", "repair", str(sheet), "--center", S)
    orders.wait_row(bad, center, "ACKED")
    tree.wait(lambda: tree.one(S, open_alarm, sheet) == 0, "no alarm is left")
    orders.verify()
