"""People who command and answer without end while a story does harm: every request under one key, repeated until it is
decided. What was answered with OK stands in `said`, and must be there afterwards."""
import random
import threading
import time

import psycopg

import raw
from command import answerer
from field import RECEIPT_EVENTS, fresh_key
from traffic import NOT_NOW

NEXT = {2: ("ack", "ack", "ack", "refuse"), 3: ("depart", "progress", "finish", "finish", "refuse"),
        4: ("arrive", "finish"), 5: ("finish", "report"), 6: ("finish",)}  # by receipt state
ROLL_CALL, ORDER, EMERGENCY = 3, 1, 7


class Crew:
    """One thread at one center; subclasses say what it does in a turn."""

    def __init__(self, tree, center, seed):
        self.tree, self.center, self.dice = tree, center, random.Random(seed)
        self.said, self.strange, self.turns = [], [], 0
        self.ending = threading.Event()
        self.caller = None
        self.thread = threading.Thread(target=self._run, name=f"{type(self).__name__} {center}")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        if self.caller:
            self.caller.close()

    def wait_for(self, more):
        count = len(self.said)
        self.tree.wait(lambda: len(self.said) >= count + more or not self.thread.is_alive(), f"{self.thread.name} goes on", 120)

    def _run(self):
        while not self.ending.is_set():
            try:
                self.turn()
                self.turns += 1
            except psycopg.Error:  # the story has stopped the database
                time.sleep(0.05)

    def decided(self, request):
        """Until it is decided, or the story ends: the reply, or None."""
        while not self.ending.is_set():
            if not self.caller:
                self.caller = raw.Raw(self.tree, self.center, raw.operator(self.tree))
            number = self.dice.randrange(1, 1 << 60)
            self.caller.send(raw.frame(raw.REQUEST, correlation=number, request=request).SerializeToString())
            heard = self._hear(number)
            if heard and heard.reply.code not in NOT_NOW:
                return heard.reply
            if not heard:
                self.caller.close()
                self.caller = None
            else:
                time.sleep(0.02)
        return None

    def _hear(self, number):
        until = time.monotonic() + 1
        while (left := until - time.monotonic()) > 0:
            heard = self.caller.hear(left)
            if heard and heard.correlation == number:
                return heard
        return None


class Commander(Crew):
    """Calls the roll, and orders the units of its communities, again and again."""

    def turn(self):
        kind, targets = self.dice.choice([(ROLL_CALL, b"all"), (ROLL_CALL, b"centers"), (ORDER, b"type=volunteer"),
                                          (ORDER, b"type=grid")])
        key = fresh_key()
        asked = raw.request_pb2.Request(kind=raw.COMMAND, user=f"dispatcher.{self.center}".encode(), key=key)
        draft = asked.command
        draft.event, draft.kind, draft.status, draft.ack_rule = 1, kind, 1, 1
        draft.targets, draft.text = targets, f"第{self.turns}次".encode()
        reply = self.decided(asked)
        if reply and reply.code == 0:
            self.said.append((key, bytes(reply.command.command)))
        elif reply:
            self.strange.append(("issue", reply.code, reply.text.decode()))
        self.ending.wait(self.dice.random() * 0.3)


class Alarm(Crew):
    """Reports emergencies: each orders units by its plan, as far as there are any."""

    def turn(self):
        key = fresh_key()
        reply = self.decided(raw.report(0, key, self.center, self.dice.choice(["0109", "0110"]), "烟味").request)
        if reply and reply.code == 0:
            self.said.append((key, reply.of_case.case_no.decode()))
        elif reply:
            self.strange.append(("report", reply.code, reply.text.decode()))
        self.ending.wait(self.dice.random())


class Answerers(Crew):
    """Everybody of a center who is called: signs, goes, arrives, reports, refuses, one step at a time."""

    def turn(self):
        rows = self.tree.ask(self.center, "SELECT command, name, state, kind FROM receipt WHERE center = %s AND NOT is_final"
                                          " ORDER BY random() LIMIT 8", self.center)
        for command, name, state, kind in rows:
            if self.ending.is_set():
                return
            self._answer(command, name, state, kind)
        if not rows:
            self.ending.wait(0.05)

    def _answer(self, command, name, state, kind):
        event = "ack" if kind == ROLL_CALL else self.dice.choice(NEXT.get(state, ("ack",)))
        key = fresh_key()
        receipt = raw.request_pb2.ReceiptAct(command=command.bytes, recipient=name.encode(), event=RECEIPT_EVENTS[event],
                                             text="已知".encode())
        reply = self.decided(raw.request_pb2.Request(kind=raw.RECEIPT, user=answerer(name).encode(), key=key, receipt=receipt))
        if reply and reply.code == 0:
            self.said.append((key, command, name, event, reply.command.state))
        elif reply and reply.code != 42:  # it had moved on meanwhile: ILLEGAL
            self.strange.append((event, name, reply.code, reply.text.decode()))
