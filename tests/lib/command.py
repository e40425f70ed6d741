"""Commands in a story's tree: issued, looked at from every tier, answered over real sockets, and moved in time."""
import collections
import datetime
import re
import time
import uuid

import raw
from field import RECEIPT_EVENTS, RECEIPT_STATES, FieldClient

ENDED = ("DONE", "UNABLE", "CANCELLED", "SUPERSEDED", "EXPIRED")
COMMAND_SUBJECT, SHEET_SUBJECT = 3, 4


class Switchboard(FieldClient):
    """Whoever works at a center, over one socket under the operator's key, as a console speaks for its people."""

    def __init__(self, tree, code):  # a listed key is there already
        self.tree, self.code, self.name = tree, code, f"operator at {code}"
        self.pushes = collections.deque()
        self.correlation = 0
        raw.Raw.__init__(self, tree, code, raw.operator(tree))

    def say(self, command, event, recipient, as_=None, text="", values=None, zero=False, key=None, not_after=0):
        """A receipt's event by a person; who is on duty speaks for a center."""
        filled = "\n".join(f"{name}={value}" for name, value in (values or {}).items())
        receipt = raw.request_pb2.ReceiptAct(
            command=uuid.UUID(command).bytes, recipient=recipient.encode(), event=RECEIPT_EVENTS[event],
            text=text.encode(), values=filled.encode(), zero=zero, not_after=not_after)
        answer = self.ask(raw.RECEIPT, user=as_ or answerer(recipient), key=key, receipt=receipt)
        answer.state = RECEIPT_STATES.get(answer.raw.command.state)
        answer.again = answer.raw.command.again
        return answer


def answerer(recipient):
    kind, _, place = recipient.partition(".")
    return f"dispatcher.{place}" if kind == "center" else recipient


class Orders:
    """What stories ask about commands of one tree."""

    def __init__(self, tree):
        self.tree = tree

    # ---- saying ----

    def ask(self, center, kind, to, text="请立即落实", **options):
        """Issues; the outcome, whatever it is."""
        return self.tree.run("command", "issue", *self.tree._options(dict(center=center, kind=kind, to=to, text=text,
                                                                          **options)))

    def issue(self, center, kind, to, text="请立即落实", **options):
        """Issues and gives the command's id."""
        outcome = self.ask(center, kind, to, text, **options)
        assert outcome.status == 0, outcome
        return outcome["command_id"]

    def act(self, command, event, recipient=None, as_=None, **options):
        return self.tree.run("command", "act", command, event,
                             *self.tree._options(dict(recipient=recipient, as_=as_, **options)))

    def acts(self, command, event, recipient=None, as_=None, **options):
        """An act that has to go well."""
        outcome = self.act(command, event, recipient, as_, **options)
        assert outcome.status == 0, f"{event} of {recipient} by {as_}: {outcome}"
        return outcome

    def answer_all(self, command, but=(), event="ack", center=None, **said):
        """Everybody on the command answers at his own center, but those named."""
        by_center = {}
        for name, row in self.rows(command, center).items():
            if name not in but:
                by_center.setdefault(row["center"], []).append(name)
        for code, names in by_center.items():
            with Switchboard(self.tree, code) as desk:
                for name in names:
                    answer = desk.say(command, event, name, **said)
                    assert answer.code == "OK", f"{event} of {name}: {answer.code} {answer.text}"

    # ---- looking ----

    def show(self, command, center=None):
        return self.tree.must("command", "show", command, *(["--center", center] if center else [])).json

    def rows(self, command, center=None):
        return {row["recipient"]: row for row in self.show(command, center)["recipients"]}

    def row(self, command, recipient, center=None):
        return self.rows(command, center)[recipient]

    def list(self, center, *options):
        said = self.tree.must("command", "list", "--center", center, *options).json
        return said["commands"] if isinstance(said, dict) else said

    def known(self, command, center):
        """Whether that center's database has the command."""
        return self.tree.run("command", "show", command, "--center", center).status == 0

    def wait_row(self, command, recipient, *states, center=None, flag=None):
        """Until the recipient stands there, as that center sees it; gives the row."""
        def there():
            if center and not self.known(command, center):
                return None
            row = self.row(command, recipient, center)
            return row if (not states or row["state"] in states) and (not flag or flag in row["flags"]) else None
        return self.tree.wait(there, f"{recipient} {'/'.join(states)} {flag or ''} at {center or 'the issuer'}")

    def wait_state(self, command, state, center=None):
        """Until the header stands there, as that center sees it; gives what it shows."""
        def there():
            if center and not self.known(command, center):
                return None
            said = self.show(command, center)
            return said if said["state"] == state else None
        return self.tree.wait(there, f"{command} {state} at {center or 'the issuer'}")

    def wait_tally(self, command, center=None, **counts):
        """Until so many recipients stand there, e.g. DELIVERED=3; gives what it shows."""
        def there():
            if center and not self.known(command, center):
                return None
            said = self.show(command, center)
            return said if all(said["counts"][state] == count for state, count in counts.items()) else None
        return self.tree.wait(there, f"{command} {counts} at {center or 'the issuer'}")

    def alarms(self, center, kind):
        """Open alarms of a kind: their words."""
        return [text for (text,) in self.tree.ask(center, "SELECT text FROM alarm WHERE kind = %s AND cleared_ms IS NULL",
                                                  kind)]

    def log(self, center, subject):
        """The envelopes and bodies of a command's or sheet's log at that center."""
        rows = self.tree.ask(center, "SELECT DISTINCT ON (subject_no) subject_no, envelope, body FROM journal"
                                     " WHERE subject = %s AND kind = 1 ORDER BY subject_no, lsn DESC", subject)
        return [(no, bytes(envelope), bytes(body)) for no, envelope, body in rows]

    def sheets(self, command, center):
        """center code -> id of each sheet that was heard there."""
        return dict(self.tree.ask(center, "SELECT center, id FROM sheet WHERE command = %s AND last_no > 0", command))

    def equal(self, command, *centers):
        """Until those centers hold the same logs, byte for byte, of the command and of the sheets that they share."""
        def same():
            headers = [self.log(center, command) for center in centers]
            sheets = [self.sheets(command, center) for center in centers]
            if not headers[0] or any(header != headers[0] for header in headers[1:]):
                return False
            shared = {(code, subject) for heard in sheets for code, subject in heard.items()}
            for code, subject in shared:
                logs = [self.log(center, subject) for center, heard in zip(centers, sheets) if code in heard]
                if any(log != logs[0] for log in logs):
                    return False
            return headers[0]
        return self.tree.wait(same, f"equal logs of {command} at {centers}")

    # ---- coming to rest ----

    def settle(self):
        """Until nobody owes a neighbour anything, and every copy of a sheet is as long as its writer's."""
        def quiet():
            rows = self.tree.centers_of_tree()
            return all(row["up"] and not row["lag"] for row in rows) and not self._unequal()
        self.tree.wait(self.tree.linked, "all links up")
        self.tree.wait(quiet, "everything sent and acknowledged")
        self.tree.settle()

    def _unequal(self):
        heads = {}
        for code in self.tree.codes:
            with self.tree.db(code) as db:
                for subject, last_no in db.execute("SELECT id, last_no FROM sheet WHERE last_no > 0 UNION ALL"
                                                   " SELECT id, last_no FROM command"):
                    heads.setdefault(subject, set()).add(last_no)
        return [subject for subject, seen in heads.items() if len(seen) > 1]

    def verify(self):
        self.settle()
        return self.tree.verify()

    # ---- time ----

    def now(self, center=None):
        return datetime.datetime.fromisoformat(self.tree.status(center or self.tree.codes[0])["clock"])

    def later(self, minutes, but=()):
        """The whole tree sleeps and wakes up that much later; those named in `but` stay down."""
        tree = self.tree
        awake = next(code for code in tree.codes if tree.centers[code].running())
        at = self.now(awake) + datetime.timedelta(minutes=minutes)
        tree.stop()
        text = tree.site.read_text(encoding="utf-8")
        text = re.sub(r"real_origin_ms: \d+", f"real_origin_ms: {time.time_ns() // 1000000}", text)
        text = re.sub(r"subject_origin_ms: \d+", f"subject_origin_ms: {int(at.timestamp() * 1000)}", text)
        tree.site.write_text(text, encoding="utf-8")
        tree.start(*[code for code in tree.codes if code not in but])
        if not but:
            tree.wait(tree.linked, "all links up")
