"""Durable reports at one center, beside the same rows written naively and bare; acts; cost as work grows.

One report is three events (reported, filed, dispatched), so three journal rows, a case, a timer and a key. The three
ways take turns, and each figure is the median of the turns: what else the machine does then hits all of them alike."""
import json
import random
import re
import subprocess

from figures import middle
from place import COMMUNITY, DESK, DISTRICT, read_times

PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
ID = "(lpad(to_hex(:x::int8), 12, '0') || '7000' || lpad(to_hex(:r::int8), 16, '0'))::uuid"


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, (bytes, memoryview)):
        return f"'\\x{bytes(value).hex()}'"
    return str(value) if isinstance(value, (int, float)) else f"'{value}'"


def rows_of(tree, code, table, where, names):
    """One real report's rows as VALUES, with `names` computed by the script."""
    with tree.db(code) as db:
        cursor = db.execute(f"SELECT * FROM {table} WHERE {where}")
        columns = [column.name for column in cursor.description]
        return ", ".join("(" + ", ".join(names.get(name) or literal(value) for name, value in zip(columns, row)) + ")"
                         for row in cursor.fetchall())


def naive_script(tree, code, counter):
    """One transaction for each report, a statement for each table; ids grow with time as ours do. With `counter` the
    center's row is among them, as it is among ours; it makes the writers wait for each other."""
    case_id = str(tree.one(code, "SELECT subject FROM journal WHERE subject_no = 1 ORDER BY lsn LIMIT 1"))
    number = {"lsn": "nextval('naive')", "subject": ID}
    lines = ["\\set x :x + 1", "\\set r random(1, 9223372036854775807)", "BEGIN;"]
    for table, where, names in (("journal", f"subject = '{case_id}' ORDER BY lsn", number),
                                ("case_rec", f"id = '{case_id}'", {"id": ID, "case_no": "'N-' || :client_id || '-' || :x"}),
                                ("timer", f"case_id = '{case_id}'", {"case_id": ID}),
                                ("request_log", f"case_id = '{case_id}'", {"key": ID, "case_id": ID})):
        lines.append(f"INSERT INTO {table} VALUES {rows_of(tree, code, table, where, names)};")
    if counter:
        lines.append("UPDATE center SET last_lsn = last_lsn + 3, cases = cases + 1;")
    return "\n".join(lines + ["END;"]) + "\n"


def naive(place, tree, dsn, counter, seconds):
    script = place.folder / "naive.sql"
    script.write_text(naive_script(tree, DISTRICT, counter), encoding="utf-8")
    done = subprocess.run([PGBENCH, "-n", "-M", "prepared", "-c", "8", "-j", "1", "-T", str(seconds), "-D", "x=1772411400000",
                           "-f", script, dsn], capture_output=True, text=True, check=True)
    return float(re.search(r"^tps = ([0-9.]+)", done.stdout, re.M)[1])


def bare(place, tree, dsn):
    done = subprocess.run([place.binaries / "bench_bare", f"{place.dsn} dbname={tree.database(DISTRICT)}", dsn, "256"],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def fresh_copy(place, empty):
    dsn = place.copy_of(empty, DISTRICT, "bench_copy")
    place.run_sql("CREATE SEQUENCE naive", "bench_copy")
    place.rest()
    return dsn


def turn(place, empty, count, seconds):
    """Each way once; a dictionary of reports a second."""
    tree = place.one()
    place.reports(tree, DISTRICT, 2000, 512)  # plans, pages and caches of a center that has been up for a while
    place.rest()
    found = {512: place.reports_with_cost(tree, DISTRICT, count, 512)}
    dsn = fresh_copy(place, empty)
    found["bare"] = bare(place, tree, dsn)
    dsn = fresh_copy(place, empty)
    found["naive"] = naive(place, tree, dsn, False, seconds)
    found["counter"] = naive(place, tree, fresh_copy(place, empty), True, seconds)
    place.rest()
    found[64] = place.reports(tree, DISTRICT, count // 2, 64)
    found[1] = place.reports(tree, DISTRICT, 300, 1)
    place.drop(tree)
    return found


def intake(place, figures, size):
    empty = place.one(start=False)
    turns = [turn(place, empty, size.reports, size.naive_seconds) for _ in range(size.turns)]
    place.drop(empty)

    def rate(which):
        return middle([one[which]["per_second"] if isinstance(one[which], dict) else one[which] for one in turns])

    for window in (512, 64, 1):
        figures.add("intake", f"reports, {window} in flight", rate(window), "/s")
        figures.add("intake", f"  p50 of the answer, {window} in flight", middle([one[window]["p50_ms"] for one in turns]), "ms")
        figures.add("intake", f"  p99 of the answer, {window} in flight", middle([one[window]["p99_ms"] for one in turns]), "ms")
    figures.add("intake", "the same rows naively, 8 pgbench clients", rate("counter"), "/s")
    figures.add("intake", "  with a sequence instead of the center's counters", rate("naive"), "/s")
    figures.add("intake", "the same rows bare, batches of 256", rate("bare"), "/s")
    for which, words, goal in (("counter", "reports / naive", 6), ("naive", "  / naive with a sequence", None)):
        figures.add("intake", words, middle([one[512]["per_second"] / one[which] for one in turns]), "x", at_least=goal)
    figures.add("intake", "reports / bare", middle([one[512]["per_second"] / one["bare"]["per_second"] for one in turns]), "x", at_least=0.75)
    figures.add("intake", "reports / a ticket system's REST (6/s, quoted)", rate(512) / 6, "x", at_least=1000)
    for words, which, name in (("of its database", 512, "backend_us"), ("of centerd, encryption included", 512, "daemon_us"),
                               ("of the database, bare", "bare", "backend_us")):
        figures.add("intake", f"processor time of a report: {words}", middle([one[which][name] for one in turns]), "us")
    chain(place, figures, size)


def chain(place, figures, size):
    """The same while parent and grandparent take their copies on the same machine."""
    tree = place.tree()
    place.reports(tree, COMMUNITY, 1000, 512)
    place.rest()
    said = place.reports(tree, COMMUNITY, size.reports // 2, 512)
    figures.add("intake", "reports, 512 in flight, copied to two tiers above", said["per_second"], "/s")
    tree.settle()
    place.drop(tree)


# ---- acts ----

def hot(tree):
    """(updates, HOT updates) of the cases so far."""
    with tree.db(DISTRICT) as db:
        db.execute("SELECT pg_stat_force_next_flush()")
        return db.execute("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'case_rec'").fetchone()


def act_turn(place, count):
    tree = place.one()
    times, numbers = place.folder / "times", place.folder / "numbers"
    place.reports(tree, DISTRICT, 2000, 512)
    place.rest()
    found = {"report": place.reports(tree, DISTRICT, count, 512, times=times)}
    acted_upon = [number for number, _, _ in read_times(times)]
    random.Random(1).shuffle(acted_upon)  # people do not act in the order of the reports
    numbers.write_text("\n".join(acted_upon) + "\n", encoding="utf-8")
    for event in ("sign", "progress"):
        place.rest()
        found[event] = place.load(tree, DISTRICT, count, 512, numbers=numbers, event=event, user=f"{DESK}{DISTRICT}")
    tree.stop()  # a backend that ends has told all its figures
    found["hot"] = hot(tree)
    place.drop(tree)
    return found


def acts(place, figures, size):
    turns = [act_turn(place, size.reports) for _ in range(size.turns)]
    figures.add("acts", "reports, 512 in flight", middle([one["report"]["per_second"] for one in turns]), "/s")
    for event, words in (("sign", "sign: state and due times change"), ("progress", "progress: a word, one clock moves")):
        figures.add("acts", words, middle([one[event]["per_second"] for one in turns]), "/s")
        figures.add("acts", f"  {event} / reports",
                    middle([one[event]["per_second"] / one["report"]["per_second"] for one in turns]), "x", at_least=0.75)
    updates, on_page = (sum(one["hot"][i] for one in turns) for i in (0, 1))
    figures.add("acts", "updates of cases that stayed on their page (HOT)", 100 * on_page / max(1, updates), "%", at_least=96)


# ---- cost as work grows ----

def fill(tree, code, count, due_later_ms=0):
    """Stored cases: copies of a real one, each with its journal rows, its timer and its key. The center's own count of its
    cases does not hold them."""
    with tree.db(code) as db:
        db.execute("CREATE TEMP TABLE one AS SELECT * FROM case_rec ORDER BY id LIMIT 1")
        db.execute("CREATE TEMP TABLE many AS SELECT n, gen_random_uuid() AS id FROM generate_series(1, %s) n", (count,))
        for table, key, fixed in (("case_rec", "id", {"id": "m.id", "case_no": "'F-' || m.n"}),
                                  ("timer", "case_id", {"case_id": "m.id", "due_ms": f"t.due_ms + m.n + {due_later_ms}"}),
                                  ("request_log", "case_id", {"key": "m.id", "case_id": "m.id"}),
                                  ("journal", "subject", {"subject": "m.id", "lsn": "t.lsn - 1000000000 - 10 * m.n"})):
            columns = [row[0] for row in db.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum", (table,))]
            picked = ", ".join(fixed.get(column) or f"t.{column}" for column in columns)
            if table == "journal":
                db.execute("CREATE TABLE IF NOT EXISTS journal_filled PARTITION OF journal FOR VALUES FROM (MINVALUE) TO (0)")
            db.execute(f"INSERT INTO {table} SELECT {picked} FROM many m, {table} t, one WHERE t.{key} = one.id")
        db.execute("VACUUM ANALYZE")


def growth(place, figures, size):
    small, large = [], []
    for _ in range(size.turns):
        tree = place.one()
        place.reports(tree, DISTRICT, 1000, 512)
        place.rest()
        small.append(place.reports(tree, DISTRICT, size.reports // 2, 512)["per_second"])
        fill(tree, DISTRICT, size.stored)
        place.rest()
        large.append(place.reports(tree, DISTRICT, size.reports // 2, 512)["per_second"])
        place.drop(tree)
    figures.add("growth", "reports with 10^3 cases stored", middle(small), "/s")
    figures.add("growth", f"reports with {size.stored:,} cases stored", middle(large), "/s")
    figures.add("growth", "cost of a report, many stored / few stored", middle([a / b for a, b in zip(small, large)]), "x",
                at_most=1.3)
