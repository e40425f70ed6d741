"""From a community to the district: two hops, three commits. All three databases lie in one cluster, so the moments of
their commits (pg_xact_commit_timestamp) and of the client's sending are on one clock. A commit's moment is taken just
before it is flushed; from commit to commit that cancels out."""

import os
import time

from place import COMMUNITY, DISTRICT, STREET, percentile, read_times

COMMITS = """SELECT c.case_no, extract(epoch FROM pg_xact_commit_timestamp(j.xmin)) * 1000000
             FROM journal j JOIN case_rec c ON c.id = j.subject WHERE j.kind = 1 AND j.subject_no = 3"""


def commits(tree, code):
    """Case number -> when its dispatch was committed there, in microseconds."""
    with tree.db(code) as db:
        return {number: float(at) for number, at in db.execute(COMMITS)}


def wait_for_copies(tree, count):
    """Until the district holds them; true when it does."""
    tree.wait(lambda: tree.one(DISTRICT, "SELECT cases FROM center") >= count, "copies at the district", deadline=300)


def steady(place, figures, tree, count):
    times = place.folder / "times"
    before = tree.one(DISTRICT, "SELECT cases FROM center")
    said = place.reports(tree, COMMUNITY, count, 64, rate=200, times=times)
    wait_for_copies(tree, before + count)
    here, middle, above = (commits(tree, code) for code in (COMMUNITY, STREET, DISTRICT))
    rows = [(sent, here[number], middle[number], above[number]) for number, sent, _ in read_times(times)]
    figures.add("links", "reports at 200/s: answer to the client, p50", said["p50_ms"], "ms")
    figures.add("links", "  p99", said["p99_ms"], "ms")
    for words, first, last in (("one hop: community -> street", 1, 2), ("one hop: street -> district", 2, 3)):
        figures.add("links", f"  {words}, commit to commit, p50", percentile([(r[last] - r[first]) / 1000 for r in rows], 0.5), "ms")
    hops = [(row[3] - row[1]) / 1000 for row in rows]
    whole = [(row[3] - row[0]) / 1000 for row in rows]
    figures.add("links", "community -> district, commit to commit, p50", percentile(hops, 0.5), "ms")
    figures.add("links", "  p99", percentile(hops, 0.99), "ms")
    figures.add("links", "report sent -> committed at the district, p50", percentile(whole, 0.5), "ms", at_most=2)
    figures.add("links", "  p99", percentile(whole, 0.99), "ms", at_most=4)


def burst(place, figures, tree, count):
    """As fast as the community takes them; the rate is counted at the district, from the first sending on."""
    times = place.folder / "times"
    before = tree.one(DISTRICT, "SELECT cases FROM center")
    place.reports(tree, COMMUNITY, count, 512, times=times)
    wait_for_copies(tree, before + count)
    above = commits(tree, DISTRICT)
    sent = {number: at for number, at, _ in read_times(times)}
    seconds = (max(above[number] for number in sent) - min(sent.values())) / 1e6
    figures.add("links", f"burst of {count:,} reports, durable at the district", count / seconds, "/s", at_least=19_000)
    figures.add("links", "  in journal entries, three a report", 3 * count / seconds, "/s")


def flush_ms(place):
    """What one flush of a page costs on the cluster's disk, median; three commits lie between a report and the district."""
    took = []
    with open(place.folder / "flush", "wb", buffering=0) as file:
        for _ in range(200):
            file.seek(0)
            file.write(bytes(8192))
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - started) * 1000)
    return percentile(took, 0.5)


def links(place, figures, size):
    figures.add("links", "one flush to this disk (fdatasync), p50", flush_ms(place), "ms")
    tree = place.tree()
    place.reports(tree, COMMUNITY, 1000, 512)
    wait_for_copies(tree, 1000)
    place.rest()
    steady(place, figures, tree, 1000 if size.turns == 1 else 4000)
    place.rest()
    burst(place, figures, tree, size.burst)
    tree.settle()
    place.drop(tree)
