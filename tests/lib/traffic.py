"""Reports and acts without end over the raw socket, each under a key that is repeated until it is answered."""
import random
import threading
import time
import uuid

import raw

SIGN, FEEDBACK, CHECK_OK, ESCALATE, URGE = 10, 21, 22, 27, 29
NOT_NOW = (70, 71, 72, 73, 75)  # an answer that decides nothing; 75 is kept, and asked again
ILLEGAL_HERE = (51, 58)         # what the act met had moved on: it was decided all the same


def fresh_key():
    """A UUIDv7, as a phone would make it."""
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    rest = bytearray(uuid.uuid4().bytes[6:])
    rest[0] = 0x70 | rest[0] & 0x0F
    return stamp + bytes(rest)


class Traffic:
    """One caller's life at one center: report, sign, feedback, check; every third case goes up instead. What was
    acknowledged stands in `reports` (key -> case number) and `acts` (key -> (case number, code))."""

    def __init__(self, tree, center, cases=10 ** 9):
        self.tree, self.center, self.cases = tree, center, cases
        self.reports, self.acts = {}, {}
        self.strange = []
        self.ending = threading.Event()
        self.caller = None
        self.thread = threading.Thread(target=self._run, name=f"traffic {center}")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        if self.caller:
            self.caller.close()

    def wait_for(self, more):
        count = len(self.reports)
        self.tree.wait(lambda: len(self.reports) >= count + more or not self.thread.is_alive(), "reports flow", 120)

    def _ask(self, frame):
        """Until it is decided, or the story ends: the answer, or None."""
        while not self.ending.is_set():
            if not self.caller:
                self.caller = raw.Raw(self.tree, self.center, raw.operator(self.tree))
            self.caller.send(frame.SerializeToString())
            heard = self._hear(frame.correlation)
            if heard and heard.reply.code not in NOT_NOW:
                return heard.reply
            if not heard:
                self.caller.close()
                self.caller = None
            else:
                time.sleep(0.02)
        return None

    def _hear(self, correlation):
        while True:
            heard = self.caller.hear(1)
            if not heard or heard.correlation == correlation:
                return heard

    def _run(self):
        for number in range(1, self.cases + 1):
            if self.ending.is_set():
                return
            key = fresh_key()
            answer = self._ask(raw.report(number, key, self.center, text=f"第{number}件"))
            if not answer:
                return
            if answer.code != 0:
                self.strange.append(("report", answer.code, answer.text))
                continue
            no = answer.of_case.case_no.decode()
            self.reports[key] = no
            self._live(number, no)

    def _live(self, number, no):
        c = self.center
        steps = [(SIGN, f"desk.huanwei.{c}", ""), (FEEDBACK, f"desk.huanwei.{c}", "清了"), (CHECK_OK, f"checker.{c}", "")]
        if number % 3 == 0:
            steps = [(ESCALATE, f"shift_leader.{c}", "上交"), (URGE, f"receptionist.{c}", "")]
        for event, user, reason in steps:
            key = fresh_key()
            frame = raw.act(number, key, no, event, user)
            frame.request.input.content.reason = reason.encode()
            answer = self._ask(frame)
            if not answer:
                return
            self.acts[key] = (no, answer.code)
            if answer.code not in (0, *ILLEGAL_HERE):
                self.strange.append((event, answer.code, answer.text))


DELEGATE, REDISPATCH = 28, 26


class Wanderer:
    """Moves open cases about the tree from wherever they are known, and has others act on them meanwhile; now and then the
    same request twice. Requests chase their cases over several centers and meet them on the way."""

    def __init__(self, tree, seed):
        self.tree, self.dice = tree, random.Random(seed)
        self.asked = 0
        self.decided = {}  # key -> code, where an answer came in time
        self.ending = threading.Event()
        self.callers = {}
        self.failure = None
        self.thread = threading.Thread(target=self._run, name=f"wanderer {seed}")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        for caller in self.callers.values():
            caller.close()

    def wait_for(self, more):
        count = self.asked
        self.tree.wait(lambda: self.asked >= count + more or not self.thread.is_alive(), "cases wander", 120)
        assert not self.failure, self.failure

    def _frame(self, at, no, key):
        event, user, target = self.dice.choice([
            (DELEGATE, f"dispatcher.{at}", self.dice.choice(self.tree.codes)),
            (DELEGATE, f"dispatcher.{at}", self.dice.choice(self.tree.codes)),
            (ESCALATE, f"shift_leader.{at}", ""), (URGE, f"receptionist.{at}", ""),
            (REDISPATCH, f"dispatcher.{at}", f"jing@{at}")])
        frame = raw.act(self.asked, key, no, event, user)
        frame.request.input.target = target.encode()
        frame.request.input.content.reason = "换个地方".encode()
        return frame

    def _run(self):
        try:
            while not self.ending.is_set():
                at = self.dice.choice(self.tree.codes)
                rows = self.tree.ask(at, "SELECT case_no FROM case_rec WHERE is_open ORDER BY random() LIMIT 8")
                if at not in self.callers:
                    self.callers[at] = raw.Raw(self.tree, at, raw.operator(self.tree))
                for (no,) in rows:
                    self._ask(self.callers[at], at, no)
        except Exception as failure:  # shown by the story that waits for us
            self.failure = failure

    def _ask(self, caller, at, no):
        key = fresh_key()
        self.asked += 1
        frame = self._frame(at, no, key).SerializeToString()
        for _ in range(self.dice.choice([1, 1, 2])):
            caller.send(frame)
        heard = caller.hear(0.02)
        if heard and heard.correlation == self.asked and heard.reply.code not in NOT_NOW:
            self.decided[key] = heard.reply.code
