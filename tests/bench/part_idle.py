"""The whole tree of 135 centers as deploy/quickstart runs it: up, idle, and one of them killed."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from place import CHECKOUT, ITEM, cpu_seconds

QUICKSTART = CHECKOUT / "deploy/quickstart"


def quickstart(place, action, *words):
    command = [QUICKSTART, action, "--var", place.folder / "quick", *words]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"quickstart {action} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - started


def centers(home):
    """Code -> process id of each centerd."""
    found = {}
    for note in (home / "pid").iterdir():
        if note.name.isdigit():
            found[note.name] = int(note.read_text(encoding="ascii"))
    return found


def pss_kb(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"^Pss: +(\d+)", rollup, re.M)[1])


def postgres(home):
    """Every process of the tree's PostgreSQL."""
    master = (home / "pg/postmaster.pid").read_text(encoding="ascii").split()[0]
    done = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=False)
    return [int(word) for word in done.stdout.split()]


def idle_load(pids, seconds):
    """Percent of one core; processes that end meanwhile do not count."""
    before = {pid: cpu_seconds(pid) for pid in pids}
    time.sleep(seconds)
    used = 0
    for pid, start in before.items():
        try:
            used += cpu_seconds(pid) - start
        except FileNotFoundError:
            continue
    return 100 * used / seconds


def serves(place, home, code):
    """True when a report there is acknowledged."""
    done = subprocess.run([place.binaries / "bench_load", "--site", home / "site.yaml", "--center", code, "--item", ITEM,
                           "1", "1"], capture_output=True, check=False)
    return done.returncode == 0


def seconds_to_serve_again(place, home, code):
    os.kill(centers(home)[code], signal.SIGKILL)
    killed = time.monotonic()
    while not serves(place, home, code):
        if time.monotonic() - killed > 30:
            sys.exit(f"{code} did not come back")
    return time.monotonic() - killed


def idle(place, figures, size):
    first = quickstart(place, "start", "--bin", place.binaries)
    try:
        quickstart(place, "stop")
        again = quickstart(place, "start", "--bin", place.binaries)
        home = place.folder / "quick"
        pids = centers(home)
        figures.add("idle", f"{len(pids)} centers: first start, keys and databases made", first, "s")
        figures.add("idle", "  start again until all are up and all links stand", again, "s", at_most=20)
        time.sleep(10)  # what a start leaves to do: witnesses, first pings, the launcher's first round
        memory = [pss_kb(pid) / 1024 for pid in pids.values()]
        figures.add("idle", "  proportional memory of a centerd, mean", sum(memory) / len(memory), "MB", at_most=3)
        figures.add("idle", "  the largest", max(memory), "MB")
        figures.add("idle", "  all centerd, of one core", idle_load(pids.values(), size.idle_seconds), "%", at_most=1)
        figures.add("idle", "  PostgreSQL for them, of one core", idle_load(postgres(home), size.idle_seconds), "%")
        figures.add("idle", "  a killed centerd takes reports again after", seconds_to_serve_again(place, home, max(pids)), "s",
                    at_most=1)
    finally:
        quickstart(place, "reset", "--yes")
