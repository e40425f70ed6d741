"""A tree of real centers for black-box stories: its own site, keys, databases and daemons; nothing of it is left behind."""
import datetime
import itertools
import json
import os
import pathlib
import re
import secrets
import socket
import subprocess
import time

import psycopg

from centerd import Centerd
from journal import read_log

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 60  # generous: a test waits for an event, never for a time
COMMAND_S = 60


def binaries():
    return pathlib.Path(os.environ.get("SANJI_BIN") or CHECKOUT / "build/dev/bin")


def cluster_dsn():
    dsn = os.environ.get("SANJI_TEST_PG")
    assert dsn, "SANJI_TEST_PG: the connection string of a superuser, without a database (tests/run makes one)"
    return dsn


def free_base_port(count):
    """First of `count` ports in a row that nobody uses now, below the kernel's own range."""
    for _ in range(200):
        base = 21000 + secrets.randbelow(11000 - count)
        held = []
        try:
            for port in range(base, base + count):
                held.append(socket.create_server(("127.0.0.1", port)))
            return base
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
    raise AssertionError("no free ports")


class Outcome:
    """What a command said: its exit status, the JSON on its output, its words on stderr."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err
        try:
            self.json = json.loads(out) if out.strip() else None
        except ValueError:
            self.json = None

    @property
    def code(self):
        return self.json.get("code") if isinstance(self.json, dict) else None

    def __getitem__(self, key):
        return self.json[key]

    def __repr__(self):
        return f"<exit {self.status} out={self.out.strip()!r} err={self.err.strip()!r}>"


class Tree:
    """`proxied` maps a child's code to the port where its parent is called instead of the parent's own endpoint."""

    def __init__(self, folder, topology, scale=1, from_clock="2026-03-02T08:30:00+08:00", dsn=None, proxied=None):
        self.folder = pathlib.Path(folder)
        self.topology = pathlib.Path(topology)
        self.dsn = dsn or cluster_dsn()
        self.site = self.folder / "site.yaml"
        self.mark = "t" + secrets.token_hex(4)
        self.keys = itertools.count(1)
        self.deadline = DEADLINE_S
        self._plan(scale, from_clock)
        for code, port in (proxied or {}).items():
            self.call_parent_at(code, f"tcp://127.0.0.1:{port}")
        self.must("init", "--all")
        self.centers = {code: Centerd(binaries() / "sanji-centerd", self.site, code, self.folder / f"{code}.log")
                        for code in self.codes}

    # ---- the site ----

    def _plan(self, scale, from_clock):
        where = psycopg.conninfo.conninfo_to_dict(self.dsn)
        count = len(re.findall(r"^ *- *\{? *code: *\"?\d+\"?,.*tier:", self.topology.read_text(encoding="utf-8"), re.M))
        self.base_port = free_base_port(max(count, 1))
        clock = [] if scale is None else ["--clock-scale", str(scale), "--from-clock", from_clock]
        self.run("site", "plan", "--topology", str(self.topology), "--var", str(self.folder), "--database-host",
                 where["host"], "--database-port", str(where.get("port", 5432)), "--base-port", str(self.base_port),
                 *clock, "--out", str(self.site), check=True)
        text = self.site.read_text(encoding="utf-8").replace("dbname=sanji_", f"dbname={self.mark}_")
        self.site.write_text(text, encoding="utf-8")
        self.codes = re.findall(r"^ *- *code: *\"?(\w+)\"?", text, re.M)
        self.endpoints = dict(zip(self.codes, re.findall(r"listen: (\S+)", text)))

    def call_parent_at(self, code, endpoint):
        self.edit_site(f'code: "{code}"\n', f'code: "{code}"\n    parent_endpoint: {endpoint}\n')

    def edit_site(self, old, new):
        text = self.site.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {self.site}"
        self.site.write_text(text.replace(old, new), encoding="utf-8")

    def set_clock(self, moment):
        """The whole tree wakes up at that moment of its own time."""
        self.stop()
        at = datetime.datetime.fromisoformat(moment)
        text = self.site.read_text(encoding="utf-8")
        text = re.sub(r"real_origin_ms: \d+", f"real_origin_ms: {time.time_ns() // 1000000}", text)
        text = re.sub(r"subject_origin_ms: \d+", f"subject_origin_ms: {int(at.timestamp() * 1000)}", text)
        self.site.write_text(text, encoding="utf-8")
        return self.up()

    # ---- life ----

    def start(self, *codes):
        for code in codes or self.codes:
            self.centers[code].start()
        return self

    def stop(self, *codes):
        for code in reversed(codes or self.codes):
            self.centers[code].stop()

    def restart(self, *codes):
        self.stop(*codes)
        self.start(*codes)

    def up(self):
        """Starts what is not running and waits until every link stands."""
        for center in self.centers.values():
            if not center.running():
                center.start()
        self.wait(self.linked, "all links up")
        return self

    def linked(self):
        rows = self.centers_of_tree()
        return all(row["up"] for row in rows) and all(row["link"] == "up" for row in rows if row["parent"])

    def centers_of_tree(self):
        said = self.run("tree").json
        return said["centers"] if isinstance(said, dict) else said

    def field(self, code, name=None, units="*"):
        """A field client of the center, listed by its key; the caller closes it, e.g. with `with`."""
        from field import FieldClient  # here, because it compiles the messages, which few stories speak
        return FieldClient(self, code, name, units)

    def close(self):
        """Ends the daemons and drops the databases; a complaint of a sanitizer or an assertion is a failure."""
        bad = []
        for center in self.centers.values():
            try:
                center.stop()
            except AssertionError as failure:
                bad.append(str(failure))
        for code, center in self.centers.items():
            bad += [f"{code}: {line}" for line in center.complaints()]
        self.drop_databases()
        assert not bad, "\n".join(bad)

    def drop_databases(self):
        with psycopg.connect(self.dsn, dbname="postgres", autocommit=True) as db:
            names = db.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (self.mark + "\\_%",)).fetchall()
            for (name,) in names:
                db.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def tails(self):
        return "\n".join(center.tail() for center in self.centers.values())

    # ---- the command line ----

    def run(self, *words, check=False, env=None):
        command = [str(binaries() / "sanji"), *map(os.fsencode, words), "--json"]
        if self.site.exists():
            command += ["--site", str(self.site)]
        done = subprocess.run(command, capture_output=True, timeout=COMMAND_S, stdin=subprocess.DEVNULL,
                              env={**os.environ, "SANJI_ADMIN_DSN": self.dsn, **(env or {})}, check=False)
        outcome = Outcome(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        assert done.returncode in (0, 1, 2, 3, 4), f"{words}: {outcome}"
        assert not check or done.returncode == 0, f"{words}: {outcome}"
        return outcome

    def must(self, *words):
        return self.run(*words, check=True)

    @staticmethod
    def _options(options):
        for name, value in options.items():
            if value is None or value is False:
                continue
            yield "--" + {"as_": "as"}.get(name, name).replace("_", "-")
            if value is not True:
                yield str(value) if not isinstance(value, bytes) else value

    def report(self, center, item="0101", text="路口有一堆垃圾", **options):
        """Reports; the outcome, whatever it is."""
        return self.run("case", "report", *self._options(dict(center=center, item=item, text=text, **options)))

    def new_case(self, center, item="0101", **options):
        """Reports and gives the case number."""
        outcome = self.report(center, item, **options)
        assert outcome.status == 0, outcome
        return outcome["case_no"]

    def act(self, case_no, event, center, as_, **options):
        return self.run("case", "act", case_no, event, *self._options(dict(center=center, as_=as_, **options)))

    def acts(self, case_no, event, center, as_, **options):
        """An act that has to go well."""
        outcome = self.act(case_no, event, center, as_, **options)
        assert outcome.status == 0, f"{event} by {as_}: {outcome}"
        return outcome

    def refused(self, outcome, code, status=1):
        """Refused with that code, and a whole sentence for the person."""
        assert outcome.status == status and outcome.code == code, f"wanted {code}: {outcome}"
        assert code in outcome.err and len(outcome["message"]) > 4, outcome
        return outcome

    def show(self, case_no, center):
        return self.must("case", "show", case_no, "--center", center).json

    def history(self, case_no, center):
        return [row["event"] for row in self.show(case_no, center)["history"]]

    def list(self, center, *options):
        said = self.must("case", "list", "--center", center, *options).json
        return said["cases"] if isinstance(said, dict) else said

    def status(self, center):
        return self.run("center", "status", "--center", center).json

    def verify(self, *options):
        """Every invariant over all databases of the tree, after it has come to rest."""
        outcome = self.run("verify", "--settled", *options)
        assert outcome.status == 0 and outcome["ok"], f"verify: {outcome}"
        return outcome

    # ---- waiting ----

    def wait(self, predicate, what="", deadline=DEADLINE_S):
        """Gives the first true value of predicate(); what it waits for is an event, the deadline only ends a failure."""
        until = time.monotonic() + deadline
        pause = 0.02
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() > until:
                raise AssertionError(f"waited in vain for {what or predicate}\n{self.tails()}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)

    def wait_state(self, case_no, center, state, owner=None):
        def there():
            row = self.row(center, case_no)
            return row and row["state"] == state and owner in (None, row["owner"]) and row
        return self.wait(there, f"{case_no} {state} {owner or ''} at {center}")

    def settle(self):
        """Until no neighbour owes another anything."""
        def quiet():
            rows = self.centers_of_tree()
            return all(row["up"] and not row["lag"] for row in rows) and not self._unequal()
        self.wait(quiet, "everything sent and acknowledged")

    def _unequal(self):
        heads = {}
        for code in self.codes:
            with self.db(code) as db:
                for case_no, last_no, head in db.execute("SELECT case_no, last_no, head_hash FROM case_rec"):
                    heads.setdefault(case_no, set()).add((last_no, head))
        return [case_no for case_no, seen in heads.items() if len(seen) > 1]

    # ---- databases: only to look, and to break things ----

    def database(self, code):
        return f"{self.mark}_{code}"

    def db(self, code, **options):
        return psycopg.connect(self.dsn, dbname=self.database(code), autocommit=True, **options)

    def ask(self, code, sql, *args):
        with self.db(code) as db:
            cursor = db.execute(sql, args)
            return cursor.fetchall() if cursor.description else None

    def one(self, code, sql, *args):
        rows = self.ask(code, sql, *args)
        return rows[0][0] if rows else None

    def row(self, code, case_no):
        """The case as the center's own table has it; None when it has none."""
        with self.db(code) as db:
            cursor = db.execute("SELECT id, state, owner, last_no, epoch, flags, lead FROM case_rec WHERE case_no = %s",
                                (case_no,))
            row = cursor.fetchone()
        if not row:
            return None
        found = dict(zip(("id", "state", "owner", "last_no", "epoch", "flags", "lead"), row))
        found["state"] = STATES[found["state"]]
        return found

    def log(self, code, case_no):
        """The case's events in that center's journal, each with the hash of its envelope."""
        with self.db(code) as db:
            return read_log(db, case_no)

    def footprint(self, code):
        """What a refusal must leave alone."""
        return self.ask(code, "SELECT (SELECT last_lsn FROM center), (SELECT count(*) FROM journal),"
                              " (SELECT count(*) FROM case_rec), (SELECT coalesce(max(last_no), 0) FROM case_rec),"
                              " (SELECT serial FROM center), (SELECT count(*) FROM timer)")[0]

    def snapshot(self, code, name):
        """A copy of the center's database as it is; its daemon must be down."""
        self._admin(f'CREATE DATABASE "{self.mark}_{name}" TEMPLATE "{self.database(code)}"')

    def restore(self, code, name):
        """The center's database becomes the copy that was made before."""
        self._admin(f'DROP DATABASE "{self.database(code)}" WITH (FORCE)')
        self._admin(f'CREATE DATABASE "{self.database(code)}" TEMPLATE "{self.mark}_{name}" OWNER sanji_center')

    def _admin(self, sql):
        with psycopg.connect(self.dsn, dbname="postgres", autocommit=True) as db:
            db.execute(sql)


STATES = {1: "REPORTED", 2: "VERIFYING", 3: "FILED", 4: "DISPATCHED", 5: "HANDLING", 6: "SUSPENDED", 7: "FEEDBACK",
          8: "DISPUTED", 9: "CLOSED", 10: "FORCE_CLOSED", 11: "ARCHIVED", 12: "REJECTED", 13: "VOIDED", 14: "MERGED"}
