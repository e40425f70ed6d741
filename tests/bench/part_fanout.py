"""A roll call from the district over the whole tree, with a simulated unit on every grid.

What is measured, and how it does not disturb: the moment of issue is the command's own `sent` (subject time, which here is
the machine's); when a recipient stands DELIVERED or ACKED at the district is when the district's database committed it
(pg_xact_commit_timestamp of the sheet's first event, and of the receipt's row), read after everything is in. While a roll
call runs nothing asks the district but one count every 100 ms.
"""
import contextlib
import json
import re
import subprocess
import sys
import time

import psycopg

from part_idle import centers, postgres, quickstart
from place import COMMUNITY, DISTRICT, cpu_seconds, percentile

EVERYBODY = "type=grid+tier=community"
COMMUNITIES = "tier=community"
REPEATS = 5
DEADLINE_S = 60
ACKED = 3

DELIVERED_SQL = """SELECT extract(epoch FROM max(pg_xact_commit_timestamp(j.xmin))) * 1000 - min(c.sent_ms),
                          (SELECT count(*) FROM receipt r WHERE r.command = s.command AND r.center = s.center)
                   FROM sheet s JOIN command c ON c.id = s.command JOIN journal j ON j.subject = s.id
                   WHERE s.command = %s AND j.kind = 1 AND get_byte(j.envelope, 78) = 0 AND get_byte(j.envelope, 79) = 1
                   GROUP BY s.command, s.center"""
ACKED_SQL = """SELECT extract(epoch FROM pg_xact_commit_timestamp(r.xmin)) * 1000 - c.sent_ms
               FROM receipt r JOIN command c ON c.id = r.command WHERE r.command = %s AND r.state = 3"""


class Town:
    """The quickstart's tree, and its district's database."""

    def __init__(self, place):
        self.place, self.home = place, place.folder / "quick"
        text = (self.home / "site.yaml").read_text(encoding="utf-8")
        dsn = re.search(rf'code: "?{DISTRICT}"?\n(?:.*\n)*? *database: "?([^"\n]+)', text)[1]
        self.dsn = re.sub(r" ?user=\S+", "", dsn) + " user=postgres"

    def ask(self, sql, *args):
        with psycopg.connect(self.dsn, autocommit=True) as db:
            return db.execute(sql, args).fetchall()

    def sanji(self, *words):
        done = subprocess.run([self.place.binaries / "sanji", *words, "--site", self.home / "site.yaml", "--json"],
                              capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout or "{}")

    def issue(self, targets, kind="roll-call"):
        """Of the top class: calls of the others are held back when one recipient is called again and again."""
        status, said = self.sanji("command", "issue", "--center", DISTRICT, "--kind", kind, "--to", targets, "--text",
                                  "点名，请签收。", "--ack-limit", "10m", "--priority", "critical")
        if status:
            sys.exit(f"the roll call was refused: {said}")
        return said["command_id"], said["recipients"]

    def wait_for(self, command, count, state):
        """Until so many receipts have come so far."""
        until = time.monotonic() + DEADLINE_S
        with psycopg.connect(self.dsn, autocommit=True) as db:
            while True:
                (found,) = db.execute("SELECT count(*) FROM receipt WHERE command = %s AND state >= %s",
                                      (command, state)).fetchone()
                if found >= count:
                    return
                if time.monotonic() > until:
                    sys.exit(f"{found} of {count} receipts of {command} after {DEADLINE_S} s")
                time.sleep(0.1)

    def delivered(self, command):
        """Milliseconds from issue to the commit at the district, one for each recipient."""
        return [float(ms) for ms, count in self.ask(DELIVERED_SQL, command) for _ in range(count)]

    def acked(self, command):
        return [float(ms) for (ms,) in self.ask(ACKED_SQL, command)]


class Crowd:
    """A running load source; `said` is what it saw, once it has ended."""

    def __init__(self, town, *options):
        command = [town.place.binaries / "bench_units", "--site", town.home / "site.yaml", *options]
        self.process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the simulated units did not attach: exit {self.process.wait()}")
        self.ready, self.said = json.loads(line), None

    def end(self):
        self.process.terminate()
        return self.wait()

    def wait(self):
        out, _ = self.process.communicate(timeout=120)
        if self.process.returncode:
            sys.exit(f"the simulated units ended with {self.process.returncode}: {out}")
        self.said = json.loads(out)
        return self.said


@contextlib.contextmanager
def crowd(town, *options):
    units = Crowd(town, *options)
    try:
        yield units
    finally:
        if units.said is None:
            units.end()


def spread(figures, name, values, at_most=None):
    figures.add("fanout", f"{name}, p50 over recipients", percentile(values, 0.5), "ms")
    figures.add("fanout", "  p99", percentile(values, 0.99), "ms", at_most=at_most)
    figures.add("fanout", "  the last one of all", max(values), "ms")


class Meter:
    """Processor time of the tree's processes while the block runs; what else the machine does is not in it."""

    def __init__(self, town):
        self.pids = {"centerd": list(centers(town.home).values()), "PostgreSQL": postgres(town.home)}
        self.seconds = {}

    def __enter__(self):
        self.before = {pid: cpu_seconds(pid) for pids in self.pids.values() for pid in pids}
        return self

    def __exit__(self, *_):
        for name, pids in self.pids.items():
            self.seconds[name] = sum(cpu_seconds(pid) - self.before[pid] for pid in pids)


def roll_calls(town, targets, times):
    delivered, acked = [], []
    for _ in range(times):
        command, recipients = town.issue(targets)
        town.wait_for(command, recipients, ACKED)
        delivered += town.delivered(command)
        acked += town.acked(command)
        time.sleep(0.5)
    return delivered, acked


def whole(figures, town, times):
    with crowd(town, "--desks") as units:
        town.wait_for(*town.issue(EVERYBODY), ACKED)  # warms every cache on the way
        with Meter(town) as meter:
            delivered, acked = roll_calls(town, EVERYBODY, times)
    count = len(acked) // times
    spread(figures, f"{count:,} recipients DELIVERED at the district", delivered)
    spread(figures, f"{count:,} recipients ACKED at the district", acked, at_most=1000)
    for name, seconds in meter.seconds.items():
        figures.add("fanout", f"  processor time of a whole roll call: {name}", seconds / times, "s")
    called = [order["called_ms"]["p99"] for order in units.said["commands"][1:]]
    figures.add("fanout", "  issue -> the unit's connection, p99, worst repeat", max(called), "ms")


def to_communities(figures, town, times):
    delivered = []
    for _ in range(times):
        command, recipients = town.issue(COMMUNITIES, "notice")
        town.wait_for(command, recipients, 2)
        delivered += town.delivered(command)
    spread(figures, f"{len(delivered) // times} communities DELIVERED at the district", delivered)


def each(figures, town, times):
    with crowd(town, "--each", "--desks") as units:
        figures.add("fanout", f"{units.ready['connections']:,} connections, a key each: attached after",
                    units.ready["seconds"], "s")
        _, acked = roll_calls(town, EVERYBODY, times)
    spread(figures, "  recipients ACKED at the district", acked)


def small_commands(figures, town, count):
    place = town.place
    command = [place.binaries / "bench_load", "--site", town.home / "site.yaml", "--center", DISTRICT, "--command",
               f"center.{COMMUNITY}", str(count), "64"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        sys.exit(f"commands were refused: {process.stderr}")
    said = json.loads(process.stdout)
    figures.add("fanout", "commands to one community, signed and durable, 64 in flight", said["per_second"], "/s")
    figures.add("fanout", "  answer to the sender, p99", said["p99_ms"], "ms")


def positions(figures, town, seconds):
    """The highest rate of a row that is kept up with."""
    best = None
    for rate in (500, 1000, 2000, 4000, 8000, 16_000):
        with crowd(town, "--moves", str(rate), "--seconds", str(seconds)) as units:
            moves = units.wait()["moves"]
        if moves["per_second"] < 0.95 * rate or moves["answer_ms"]["p99"] > 250:
            break
        best = moves
    if best is None:
        sys.exit(f"not even 500 positions a second: {moves}")
    figures.add("fanout", "positions of all units, sustained, each durable", best["per_second"], "/s")
    figures.add("fanout", "  answer to the unit, p99", best["answer_ms"]["p99"], "ms")


def proof(figures, town):
    status, said = town.sanji("verify", "--settled")
    if status not in (0, 4):
        sys.exit(f"verify ended with {status}: {said}")
    checked = said["checked"]
    figures.add("fanout", f"violations in {checked['commands']:,} commands, {checked['receipts']:,} receipts",
                said["violation_count"], "", at_most=0)


def fanout(place, figures, size):
    quickstart(place, "start", "--bin", place.binaries)
    try:
        town = Town(place)
        with psycopg.connect(town.dsn, autocommit=True) as db:
            db.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        quickstart(place, "stop")
        quickstart(place, "start", "--bin", place.binaries)
        town = Town(place)
        times = max(REPEATS, 2 * size.turns)
        whole(figures, town, times)
        to_communities(figures, town, times)
        each(figures, town, 2)
        small_commands(figures, town, 1000 * size.turns)
        positions(figures, town, 5)
        proof(figures, town)
    finally:
        quickstart(place, "reset", "--yes")
