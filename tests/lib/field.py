"""A field client of a test: a phone gateway with a key of its own, on the center's real socket."""
import collections
import re
import time
import types
import uuid

import raw

RECEIPT_EVENTS = {
    "ack": 1, "sign": 1, "here": 1, "depart": 2, "en-route": 2, "arrive": 3, "on-scene": 3, "contact": 4, "progress": 5,
    "report": 6, "finish": 7, "done": 7, "refuse": 8, "unable": 8, "par": 9, "hand-over": 10, "deliver": 20, "channel": 21,
    "deputy": 22, "above": 23, "repeat": 24, "par-call": 30, "updated": 40, "cancel": 41, "supersede": 42, "check-ok": 43,
    "check-fail": 44, "stand-down": 45}
_WHY = {number: name for name, number in reversed(RECEIPT_EVENTS.items())}
RECEIPT_STATES = {1: "ISSUED", 2: "DELIVERED", 3: "ACKED", 4: "EN_ROUTE", 5: "ON_SCENE", 6: "REPORTED", 7: "DONE",
                  8: "UNABLE", 9: "CANCELLED", 10: "SUPERSEDED", 11: "EXPIRED"}
UNIT_STATES = {1: "off", 2: "standby", 3: "patrol", 4: "ordered", 5: "en-route", 6: "on-scene", 7: "break", 8: "fault"}
COMMAND_KINDS = {1: "order", 2: "notice", 3: "roll-call", 4: "supervision", 5: "campaign", 6: "mode", 7: "emergency"}
PENDING = "PENDING"


def _codes():
    """Names of outcomes by number, from the header that all programs are made of."""
    text = (raw.CHECKOUT / "lib/base/err.h").read_text(encoding="utf-8")
    return {int(number): name for name, number in re.findall(r"ERR_(\w+) = (\d+)", text)}


CODES = _codes()


def fresh_key():
    """A UUIDv7 of now: a center refuses keys that are too old."""
    head = int(time.time() * 1000) << 80
    return uuid.UUID(int=head | 7 << 76 | 2 << 62 | uuid.uuid4().int & ((1 << 62) - 1)).bytes


class FieldClient(raw.Raw):
    """
    Speaks for the units of its line, which `sanji keys make --field` writes: all of the center unless `units` names some.
    Every question is answered with an object that has `code` ("OK", "NOT_YOURS" ...), `text` and what the kind brings;
    pushes that come meanwhile wait for recv_push().
    """

    def __init__(self, tree, code, name=None, units="*"):
        self.tree, self.code = tree, code
        self.name = name or f"gateway.{code}"
        units = units if isinstance(units, str) else ",".join(units)
        tree.must("keys", "make", "--field", self.name, "--center", code, "--units", units)
        self.key_file = tree.folder / "keys" / code / f"{self.name}.key"
        self.pushes = collections.deque()
        self.correlation = 0
        super().__init__(tree, code, raw.pair(self.key_file))

    # ---- what it says ----

    def attach(self, *units):
        """From now on this connection is told what these units (all that the key speaks for) are called for."""
        answer = self.ask(raw.ATTACH, attach=raw.request_pb2.Attach(units=[unit.encode() for unit in units]))
        answer.attached = answer.raw.unit.attached
        return answer

    def act(self, command_id, event, recipient, text="", values=None, zero=False, key=None, not_after=0):
        """A receipt's event by its unit, e.g. act(id, "ack", "police.990101001")."""
        filled = "\n".join(f"{name}={value}" for name, value in (values or {}).items())
        receipt = raw.request_pb2.ReceiptAct(
            command=uuid.UUID(command_id).bytes, recipient=recipient.encode(), event=RECEIPT_EVENTS[event],
            text=text.encode(), values=filled.encode(), zero=zero, not_after=not_after)
        answer = self.ask(raw.RECEIPT, user=recipient, key=key, receipt=receipt)
        answer.state = RECEIPT_STATES.get(answer.raw.command.state)
        answer.flags, answer.again = answer.raw.command.flags, answer.raw.command.again
        return answer

    def status(self, unit, status, note="", key=None):
        """The unit says how it is: a common status or its service's own word."""
        return self._unit(unit, key, raw.request_pb2.UnitAct(ask=1, unit=unit.encode(), status=status.encode(),
                                                             note=note.encode()))

    def position(self, unit, lon, lat, at_ms=0, key=None):
        """Where the unit is, at a moment of the tree's own time (0 = now)."""
        asked = raw.request_pb2.UnitAct(ask=2, unit=unit.encode(), at=at_ms)
        asked.place.lon, asked.place.lat = lon, lat
        return self._unit(unit, key, asked)

    def _unit(self, unit, key, asked):
        answer = self.ask(raw.UNIT, user=unit, key=key, unit=asked)
        answer.status = UNIT_STATES.get(answer.raw.unit.status)
        answer.booked = str(uuid.UUID(bytes=answer.raw.unit.booked)) if answer.raw.unit.booked else None
        return answer

    def report(self, unit, item, area, text="", lon=None, lat=None, key=None):
        """A case by the unit: the one-touch alarm."""
        asked = raw.request_pb2.Request(
            kind=raw.REPORT, user=unit.encode(),
            report=raw.request_pb2.Report(item=item.encode(), area=area.encode(), source=b"unit"),
            input=raw.request_pb2.Input(event=1, key=key or fresh_key()))
        asked.input.content.text = text.encode()
        if lon is not None:
            asked.report.place.lon, asked.report.place.lat = lon, lat
        answer = self._exchange(asked)
        answer.case_no = answer.raw.of_case.case_no.decode()
        return answer

    def ask(self, kind, user="", key=None, **parts):
        """Any request; a PENDING answer is followed by the final one."""
        return self._exchange(raw.request_pb2.Request(kind=kind, user=user.encode(), key=key or fresh_key(), **parts))

    def _exchange(self, request):
        self.correlation += 1
        self.send(raw.frame(raw.REQUEST, correlation=self.correlation, request=request).SerializeToString())
        while True:
            frame = self._next(raw.REPLY, self.tree.deadline)
            assert frame, f"{self.name}: no answer to request {self.correlation}\n{self.tree.tails()}"
            code = CODES.get(frame.reply.code, str(frame.reply.code))
            # 0: what was sent could not be read, its number neither
            if frame.correlation in (self.correlation, 0) and code != PENDING:
                return types.SimpleNamespace(code=code, text=frame.reply.text.decode(), raw=frame.reply)

    # ---- what it hears ----

    def recv_push(self, seconds=None, **wanted):
        """
        The next push whose parts are those `wanted` (e.g. recipient="police.990101001", why="deliver"); others stay for
        later calls. Fails in silence unless `seconds` was given: then None.
        """
        until = time.monotonic() + (self.tree.deadline if seconds is None else seconds)
        seen = 0
        while True:
            for push in list(self.pushes)[seen:]:
                if all(getattr(push, name) == value for name, value in wanted.items()):
                    self.pushes.remove(push)
                    return push
            seen = len(self.pushes)
            left = until - time.monotonic()
            if left <= 0 or not self._next(raw.PUSH, left):
                assert seconds is not None, f"{self.name}: no push {wanted or ''}; waiting: {list(self.pushes)}\n{self.tree.tails()}"
                return None

    def _next(self, kind, seconds):
        """The next frame of that kind; pushes are kept on the way."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            frame = self.hear(left)
            if frame and frame.kind == raw.PUSH:
                self.pushes.append(_push(frame.push))
            if frame and frame.kind == kind:
                return frame
        return None


def _push(push):
    return types.SimpleNamespace(
        command=str(uuid.UUID(bytes=push.command)), recipient=push.recipient.decode(), center=push.center.decode(),
        kind=COMMAND_KINDS.get(push.kind, push.kind), priority=push.priority, status=push.status,
        why=_WHY.get(push.why, push.why), state=RECEIPT_STATES.get(push.state, push.state), channel=push.channel.decode(),
        deputy=push.deputy.decode(), case_no=push.case_no.decode(), text=push.text.decode(), text_en=push.text_en.decode(),
        form=[field.name.decode() for field in push.form], sent_ms=push.sent, due_ms=push.due,
        place=(push.place.lon, push.place.lat) if push.HasField("place") else None)
