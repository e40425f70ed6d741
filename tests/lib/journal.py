"""Reads a center's journal by the envelope's fixed layout (proto/README.md), with nothing of the program's own code."""
import hashlib
import struct
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
    rows = db.execute("SELECT DISTINCT ON (j.subject_no) j.envelope FROM journal j JOIN case_rec c ON c.id = j.subject"
                      " WHERE c.case_no = %s AND j.kind = 1 ORDER BY j.subject_no, j.lsn DESC", (case_no,)).fetchall()
    events = [read_envelope(bytes(packed)) for (packed,) in rows]
    before = bytes(32)
    for place, event in enumerate(events, 1):
        assert event.no == place, f"{case_no}: event {event.no} stands at place {place}"
        assert event.prev_hash == before, f"{case_no}: the chain breaks at event {place}"
        before = event.hash
    return events
