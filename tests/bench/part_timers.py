"""Many timers armed, many due at once, and reports served meanwhile.

The cases that come due are reported through the daemon and come due together by a jump of the exercise's clock while it is
down. The rest, which only lie there, are copies of a real case's rows with a due time of later years."""
import re

from part_intake import fill
from place import DISTRICT, percentile, read_times

FIRED = """SELECT extract(epoch FROM min(at)), extract(epoch FROM max(at)), count(DISTINCT subject) FROM
           (SELECT subject, pg_xact_commit_timestamp(xmin) AS at FROM journal WHERE lsn > %s AND subject_no = 4) fired"""


def jump(tree, to_ms):
    """The tree's clock stands at that moment when it is next started."""
    text = tree.site.read_text(encoding="utf-8")
    real = tree.one(DISTRICT, "SELECT (extract(epoch FROM now()) * 1000)::int8")
    text = re.sub(r"real_origin_ms: \d+", f"real_origin_ms: {real}", text)
    tree.site.write_text(re.sub(r"subject_origin_ms: \d+", f"subject_origin_ms: {to_ms}", text), encoding="utf-8")


def timers(place, figures, size):
    tree = place.one()
    place.reports(tree, DISTRICT, size.due, 512)
    tree.stop()
    last_due = tree.one(DISTRICT, "SELECT max(due_ms) FROM timer")
    fill(tree, DISTRICT, size.armed - size.due, due_later_ms=10 * 365 * 86_400_000)
    place.rest()
    before = tree.one(DISTRICT, "SELECT last_lsn FROM center")
    jump(tree, last_due + 1000)
    tree.start()
    times = place.folder / "times"
    load = place.begin_load(tree, DISTRICT, 200 * max(2, size.due // 10_000), 64, item="0206", rate=200, times=times)
    tree.wait(lambda: not tree.one(DISTRICT, "SELECT count(*) FROM timer WHERE due_ms <= %s", last_due), "all timers fired",
              deadline=600)
    place.end_load(load)
    with tree.db(DISTRICT) as db:
        first, last, fired = (float(value) for value in db.execute(FIRED, (before,)).fetchone())
    assert fired == size.due, f"{fired} of {size.due} fired"
    meanwhile = [(answered - sent) / 1000 for _, sent, answered in read_times(times) if first <= sent / 1e6 <= last]
    figures.add("timers", f"{size.due:,} due at once of {size.armed:,} armed: fired", fired / (last - first), "/s", at_least=40_000)
    figures.add("timers", f"  reports at 200/s meanwhile ({len(meanwhile)}), p50", percentile(meanwhile, 0.5), "ms")
    figures.add("timers", "  p99", percentile(meanwhile, 0.99), "ms", at_most=15)
    place.drop(tree)
