"""Reads a center's journal by the envelope's fixed layout (proto/README.md), with nothing of the program's own code."""
import hashlib
import pathlib
import struct
import subprocess
import sys
import tempfile
from collections import namedtuple

Event = namedtuple("Event", "no at actor kind epoch writer next_owner state prev_hash hash")

KINDS = {1: "report", 2: "verify", 3: "verified", 4: "refuted", 5: "file", 6: "reject", 7: "merge", 8: "settle",
         9: "dispatch", 10: "sign", 11: "return", 12: "return-refuse", 13: "rule", 14: "extend", 15: "extend-refuse",
         16: "suspend", 17: "resume", 18: "assist", 19: "assist-done", 20: "progress", 21: "feedback", 22: "check-ok",
         23: "check-fail", 24: "close", 25: "force-close", 26: "redispatch", 27: "escalate", 28: "delegate", 29: "urge",
         30: "supervise", 31: "supervise-reply", 32: "void", 33: "void-refuse", 34: "reopen", 35: "follow-up",
         36: "archive", 60: "deputy", 61: "leader", 62: "standing", 63: "lapse", 64: "skip", 65: "climb-pending",
         70: "offer", 71: "decline", 72: "handover", 73: "take", 74: "refused", 75: "recalculate"}


def _text(raw):
    return raw.split(b"\0", 1)[0].decode()


def read_envelope(packed):
    no, at = struct.unpack(">iq", packed[18:30])
    kind, epoch = struct.unpack(">Hi", packed[78:84])
    return Event(no, at, _text(packed[30:78]), KINDS.get(kind, str(kind)), epoch, _text(packed[84:104]),
                 _text(packed[104:124]), packed[124], packed[173:205], hashlib.blake2b(packed, digest_size=32).digest())


def read_log(db, case_no):
    """Events 1..n of the case; the chain is checked on the way."""
    (subject,) = db.execute("SELECT id FROM case_rec WHERE case_no = %s", (case_no,)).fetchone() or (None,)
    return [event for event, _ in read_events(db, subject)]


def read_events(db, subject):
    """(event, body) 1..n of any subject; the chain is checked on the way."""
    rows = db.execute("SELECT DISTINCT ON (subject_no) envelope, body FROM journal WHERE subject = %s AND kind = 1"
                      " ORDER BY subject_no, lsn DESC", (subject,)).fetchall()
    events = [(read_envelope(bytes(packed)), bytes(body)) for packed, body in rows]
    before = bytes(32)
    for place, (event, _) in enumerate(events, 1):
        assert event.no == place, f"{subject}: event {event.no} stands at place {place}"
        assert event.prev_hash == before, f"{subject}: the chain breaks at event {place}"
        before = event.hash
    return events


BODY_HASH, PREV_HASH = slice(141, 173), slice(173, 205)


def rewrite(db, subject, table, change):
    """Rewrites a subject's log as a liar would who knows the format: change(no, envelope, body) -> body alters both, and
    everything that hangs on it is made to fit: hashes, the chain, the head that the row bears."""
    rows = db.execute("SELECT lsn, subject_no, envelope, body FROM journal WHERE subject = %s AND kind = 1 ORDER BY subject_no",
                      (subject,)).fetchall()
    head = bytes(32)
    for lsn, number, packed, body in rows:
        envelope = bytearray(packed)
        body = change(number, envelope, bytes(body))
        envelope[BODY_HASH] = hashlib.blake2b(body, digest_size=32).digest()
        envelope[PREV_HASH] = head
        head = hashlib.blake2b(envelope, digest_size=32).digest()
        db.execute("UPDATE journal SET envelope = %s, body = %s WHERE lsn = %s", (bytes(envelope), body, lsn))
    db.execute(f"UPDATE {table} SET head_hash = %s WHERE id = %s", (head, subject))


def bodies():
    """The messages of commands and sheets, as protoc makes them from the project's own files."""
    proto = pathlib.Path(__file__).resolve().parents[2] / "proto"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"--proto_path={proto}", f"--python_out={folder}", "event.proto", "command.proto"], check=True)
        sys.path.insert(0, folder)
        try:
            import command_pb2
            return command_pb2
        finally:
            sys.path.remove(folder)
