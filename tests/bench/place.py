"""Where the bench works: its cluster, its trees, its load source."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import psycopg

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(CHECKOUT / "tests/lib"))

from tree import Tree  # noqa: E402  (found by the line above)

MINIMAL = CHECKOUT / "config/topology/minimal.yaml"
DISTRICT, STREET, COMMUNITY = "440306", "440306017", "440306017001"
ITEM = "0206"  # goes to the center's own grid office: filed and dispatched in the transaction of its report
DESK = "desk.wangge."
MORNING = "2026-03-02T08:30:00+08:00"  # the same working day for every run


class Place:
    """A private cluster, and the trees in it. Ended with the `with` block."""

    def __init__(self, binaries):
        self.binaries = pathlib.Path(binaries)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sanji-bench.", dir="/tmp"))
        self.folder.chmod(0o711)
        self.trees = []
        self.made = 0

    def __enter__(self):
        done = subprocess.run([HERE / "cluster.sh", "start", self.folder, "20"], capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(self.folder, ignore_errors=True)
            sys.exit(f"the cluster did not start: {done.stderr}")
        self.dsn = done.stdout.strip()
        os.environ.update(SANJI_TEST_PG=self.dsn, SANJI_BIN=str(self.binaries))
        return self

    def __exit__(self, *_):
        for tree in list(self.trees):
            self.drop(tree)
        subprocess.run([HERE / "cluster.sh", "stop", self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- trees ----

    def topology_of_one(self):
        """The district of config/topology/minimal.yaml alone: a root without children."""
        path = self.folder / "one.yaml"
        if not path.exists():
            text = MINIMAL.read_text(encoding="utf-8").replace(": ../", f": {CHECKOUT}/config/")
            path.write_text("".join(line for line in text.splitlines(True) if "parent:" not in line), encoding="utf-8")
        return path

    def tree(self, topology=MINIMAL, start=True):
        self.made += 1
        folder = self.folder / f"tree{self.made}"
        folder.mkdir()
        tree = Tree(folder, topology, scale=1, from_clock=MORNING, dsn=self.dsn)
        self.trees.append(tree)
        return tree.up() if start else tree

    def one(self, start=True):
        return self.tree(self.topology_of_one(), start)

    def drop(self, tree):
        self.trees.remove(tree)
        tree.close()

    # ---- the cluster ----

    def run_sql(self, sql, database="postgres"):
        with psycopg.connect(self.dsn, dbname=database, autocommit=True) as db:
            db.execute(sql)

    def rest(self):
        """Nothing is left over from the run before."""
        self.run_sql("CHECKPOINT")

    def copy_of(self, tree, code, name):
        """A database of the same schema, without a center; the tree's daemon must not run."""
        self.run_sql(f"DROP DATABASE IF EXISTS {name}")
        self.run_sql(f"CREATE DATABASE {name} TEMPLATE {tree.database(code)}")
        return f"{self.dsn} dbname={name}"

    # ---- load ----

    def begin_load(self, tree, center, count, window, **options):
        command = [self.binaries / "bench_load", "--site", tree.site, "--center", center]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        return subprocess.Popen([*map(str, command), str(count), str(window)], stdout=subprocess.PIPE, text=True)

    def end_load(self, process):
        out, _ = process.communicate(timeout=600)
        if process.returncode:
            sys.exit(f"the load source ended with {process.returncode}: {out}")
        return json.loads(out)

    def load(self, tree, center, count, window, **options):
        return self.end_load(self.begin_load(tree, center, count, window, **options))

    def reports_with_cost(self, tree, center, count, window):
        """Adds the processor time of one report, in microseconds: the daemon's and its database's."""
        pids = {"daemon_us": tree.centers[center].process.pid, "backend_us": tree.one(
            center, "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'centerd %%' AND datname = current_database()")}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        found = self.reports(tree, center, count, window)
        return {**found, **{name: (cpu_seconds(pid) - before[name]) * 1e6 / count for name, pid in pids.items()}}

    def reports(self, tree, center, count, window, **options):
        return self.load(tree, center, count, window, item=ITEM, **options)


def cpu_seconds(pid):
    """Of all threads; the scheduler's own count in nanoseconds."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return total / 1e9


def read_times(path):
    """(case number, sent, answered), in microseconds since 1970."""
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        number, sent, took = line.split(" ")
        yield number, int(sent), int(sent) + int(took)


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")
