"""The database goes away, comes back, refuses, or has gone back in time."""
import random
import threading

import pytest

from cluster import Cluster
from traffic import Traffic
from tree import free_base_port

D, S, C = "990101", "990101001", "990101001001"
C2 = "990101001002"
DESK = f"desk.huanwei.{C}"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


def backends(tree, code):
    return tree.ask(code, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'sanji_center'")


class Stream:
    """Reports one after the other from a thread of its own; remembers what was acknowledged."""

    def __init__(self, tree, center):
        self.tree, self.center = tree, center
        self.acknowledged, self.refused = {}, []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        number = 0
        while not self.ending.is_set():
            number += 1
            key = f"stream-{id(self)}-{number}"
            outcome = self.tree.report(self.center, key=key, wait=5)
            if outcome.status == 0:
                self.acknowledged[key] = outcome["case_no"]
            else:
                self.refused.append(outcome.code)

    def __enter__(self):
        self.thread.start()
        self.tree.wait(lambda: len(self.acknowledged) > 3, "reports flow")
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def flows_on(self):
        count = len(self.acknowledged)
        self.tree.wait(lambda: len(self.acknowledged) > count + 3, "reports flow again")


def all_there_once(tree, stream):
    numbers = list(stream.acknowledged.values())
    assert len(set(numbers)) == len(numbers)
    held = tree.ask(stream.center, "SELECT case_no FROM case_rec")
    assert set(numbers) <= {no for (no,) in held}
    for key in list(stream.acknowledged)[-3:]:
        assert tree.report(stream.center, key=key)["case_no"] == stream.acknowledged[key]


def test_a_backend_that_is_killed_costs_an_answer_but_nothing_acknowledged(tree):
    with Stream(tree, C) as stream:
        for _ in range(4):
            tree.ask(C, "SELECT pg_terminate_backend(%s)", backends(tree, C)[0][0])
            stream.flows_on()
    assert set(stream.refused) <= {"NOT_NOW"}, stream.refused
    all_there_once(tree, stream)
    assert tree.centers[C].running()


def wait_for_lock(tree, code):
    """The pid of the center's backend, once it waits for our lock."""
    def waiting():
        return tree.one(code, "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                              " AND usename = 'sanji_center' AND wait_event_type = 'Lock'")
    return tree.wait(waiting, f"{code} waits for the lock")


@pytest.mark.parametrize("table", ["case_rec", "request_kept", "journal"])
def test_a_cancelled_statement_loses_nothing_that_a_neighbour_has_sent(tree, table):
    """Whatever the statement was, reading or writing: entries that were in that batch come again."""
    tree.settle()
    with tree.db(S) as db:
        db.execute("BEGIN")
        db.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        numbers = [tree.new_case(C)]
        if table == "request_kept": # read when a case is taken over
            tree.acts(numbers[0], "escalate", C, f"shift_leader.{C}", reason="请接办")
        pid = wait_for_lock(tree, S)
        numbers += [tree.new_case(C), tree.new_case(C2)]
        db.execute("SELECT pg_cancel_backend(%s)", (pid,))
        numbers.append(tree.new_case(C))
        db.execute("ROLLBACK")
    for no in numbers:
        tree.wait(lambda no=no: tree.row(S, no), f"{no} at the street")
    tree.settle()


def test_one_report_that_the_database_refuses_is_refused_alone(tree):
    """Rule 17: the batch is halved down to the culprit; the others, in flight at the same moment, are taken."""
    with tree.db(C) as db:
        db.execute("CREATE FUNCTION story() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                   " IF NEW.reporter = 'culprit' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$")
        db.execute("CREATE TRIGGER story BEFORE INSERT ON case_rec FOR EACH ROW EXECUTE FUNCTION story()")
    outcomes = {}
    def report(name):
        outcomes[name] = tree.report(C, reporter=name)
    names = [f"person-{i}" for i in range(6)] + ["culprit"] + [f"person-{i}" for i in range(6, 12)]
    threads = [threading.Thread(target=report, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tree.db(C) as db:
        db.execute("DROP TRIGGER story ON case_rec")
        db.execute("DROP FUNCTION story()")
    assert [name for name in names if outcomes[name].status != 0] == ["culprit"], outcomes
    assert outcomes["culprit"].code == "DATABASE" and outcomes["culprit"].status == 3
    assert tree.report(C, reporter="culprit").status == 0
    tree.centers[C].log.write_text("")  # the panic line about the culprit is what this story wanted
    tree.settle()


def test_one_entry_that_the_database_refuses_is_set_aside_alone_and_repaired(tree):
    """Entries of one frame: the one that cannot be written goes to quarantine, what stands beside it is applied."""
    tree.settle()
    with tree.db(S) as db:
        db.execute("CREATE FUNCTION story() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                   " IF NEW.reporter = 'culprit' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$")
        db.execute("CREATE TRIGGER story BEFORE INSERT ON case_rec FOR EACH ROW EXECUTE FUNCTION story()")
    tree.centers[S].freeze()  # so that all go up in one frame
    try:
        good = [tree.new_case(C) for _ in range(3)]
        bad = tree.new_case(C, reporter="culprit")
        good += [tree.new_case(C) for _ in range(3)]
    finally:
        tree.centers[S].thaw()
    for no in good:
        tree.wait(lambda no=no: (tree.row(S, no) or {}).get("last_no") == 3, f"{no} at the street")
    assert tree.row(S, bad) is None
    culprit = tree.row(C, bad)["id"]
    assert {subject for (subject,) in tree.ask(S, "SELECT DISTINCT subject FROM quarantine")} == {culprit}
    alarm = "SELECT count(*) FROM alarm WHERE cleared_ms IS NULL AND subject = %s"
    assert tree.one(S, alarm, culprit) == 1
    tree.wait(lambda: tree.one(C, alarm, culprit) == 1, "an alarm at both ends")

    with tree.db(S) as db:
        db.execute("DROP TRIGGER story ON case_rec")
        db.execute("DROP FUNCTION story()")
    tree.refused(tree.run("center", "repair", bad, "--center", S), "UNKNOWN_CASE")  # it has not even heard its number
    tree.must("center", "repair", str(culprit), "--center", S)
    tree.wait(lambda: (tree.row(S, bad) or {}).get("last_no") == 3, "the case is there after the repair")
    tree.wait(lambda: tree.one(S, alarm, culprit) == 0 and tree.one(C, alarm, culprit) == 0, "no alarm is left")
    assert tree.one(S, "SELECT count(*) FROM quarantine") == 0
    tree.centers[S].log.write_text("")
    tree.settle()
    assert tree.log(D, bad) == tree.log(C, bad)


def test_a_second_centerd_on_the_same_database_does_not_start(tree):
    second = type(tree.centers[C2])(tree.centers[C2].program, tree.site, C2, tree.folder / "second.log")
    elsewhere = f"tcp://127.0.0.1:{free_base_port(1)}"
    tree.edit_site(tree.endpoints[C2], elsewhere)
    try:
        second.start(wait=False)
        assert second.wait_exit() == 3
    finally:
        tree.edit_site(elsewhere, tree.endpoints[C2])
    assert "another centerd holds the database" in second.words()
    assert tree.report(C2).status == 0


def test_a_center_whose_database_was_restored_from_an_older_copy_is_mute(tree):
    """The witness file at home knows; so do the neighbours."""
    tree.settle()
    tree.centers[C2].stop()
    tree.snapshot(C2, "older")
    tree.up()
    after = [tree.new_case(C2) for _ in range(3)]
    tree.settle()
    tree.centers[C2].stop()
    tree.snapshot(C2, "newer")
    tree.restore(C2, "older")
    tree.centers[C2].start()
    before = tree.footprint(C2)
    tree.refused(tree.report(C2), "MUTE", status=3)
    tree.wait(lambda: "center.mute" in tree.centers[C2].words(), "the log says so")
    row = next(row for row in tree.centers_of_tree() if row["code"] == C2)
    assert row.get("mute") is True or row["up"] is not True, row
    assert tree.footprint(C2) == before
    for no in after:
        assert tree.row(S, no), "the street still holds what the community has lost"
    tree.centers[C2].stop()
    tree.restore(C2, "newer")
    tree.centers[C2].start()
    assert tree.report(C2).status == 0, "with its own database it speaks again"


def test_without_its_witness_a_restored_center_is_told_by_its_neighbour(tree):
    tree.settle()
    tree.centers[C2].stop()
    tree.snapshot(C2, "older2")
    tree.up()
    tree.new_case(C2)
    tree.settle()
    tree.centers[C2].stop()
    tree.snapshot(C2, "newer2")
    tree.restore(C2, "older2")
    (tree.folder / "state" / C2 / "witness").unlink()
    tree.centers[C2].start()
    tree.wait(lambda: tree.report(C2).code == "MUTE", "the street says that it has gone back")
    tree.centers[C2].kill()
    tree.centers[C2].start()
    tree.wait(lambda: tree.report(C2).code == "MUTE", "still, after a restart")
    tree.centers[C2].stop()
    tree.restore(C2, "newer2")
    (tree.folder / "state" / C2 / "witness").unlink(missing_ok=True)
    tree.up()
    assert tree.report(C2).status == 0


def test_below_a_mute_street_the_work_goes_on_and_climbs_when_it_speaks_again(tree):
    tree.settle()
    tree.centers[S].stop()
    tree.snapshot(S, "street-older")
    tree.up()
    tree.new_case(C)
    tree.settle()
    tree.centers[S].stop()
    tree.snapshot(S, "street-newer")
    tree.restore(S, "street-older")
    tree.centers[S].start()
    tree.wait(lambda: tree.report(S).code == "MUTE", "the street is mute")
    footprint = tree.footprint(S)
    no = tree.new_case(C)
    tree.acts(no, "escalate", C, f"shift_leader.{C}", reason="请接办")
    tree.acts(no, "sign", C, DESK)
    assert tree.row(C, no)["owner"] == C
    assert tree.footprint(S) == footprint
    tree.centers[S].stop()
    tree.restore(S, "street-newer")
    tree.up()
    tree.wait_state(no, S, "HANDLING", S)
    assert tree.row(C, no)["last_no"] < 20, tree.history(no, C)
    tree.wait(lambda: tree.log(D, no) == tree.log(C, no), "equal up to the district")


def test_statements_cancelled_at_any_moment_lose_nothing(tree):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with Traffic(tree, C) as below, Traffic(tree, C2) as beside:
        for _ in range(150):
            tree.ask(dice.choice([C, S, S, D]), "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                                                " WHERE datname = current_database() AND usename = 'sanji_center'")
        below.wait_for(5)
        beside.wait_for(5)
    tree.settle()
    for flow in (below, beside):
        assert not flow.strange, flow.strange[:3]
        held = {no for (no,) in tree.ask(D, "SELECT case_no FROM case_rec")}
        assert flow.reports and set(flow.reports.values()) <= held


def test_after_all_that_the_tree_is_sound(tree):
    tree.verify()


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def own_tree(cluster, make_tree, request):
    tree = make_tree(dsn=cluster.dsn)
    return tree


def test_while_the_database_server_is_away_nothing_is_acknowledged_and_the_daemons_return(own_tree, cluster):
    tree = own_tree
    with Stream(tree, C) as stream:
        cluster.stop("immediate")
        acknowledged = len(stream.acknowledged)
        tree.refused(tree.report(C), "NOT_NOW", status=3)
        assert len(stream.acknowledged) <= acknowledged + 1
        assert tree.status(C)["database"] is False
        cluster.start()
        stream.flows_on()
        cluster.stop("fast")
        cluster.start()
        stream.flows_on()
    assert set(stream.refused) <= {"NOT_NOW"}, set(stream.refused)
    all_there_once(tree, stream)
    tree.up()
    tree.settle()
    tree.verify()


def test_a_daemon_that_starts_before_its_database_waits_for_it(own_tree, cluster):
    tree = own_tree
    tree.centers[C].stop()
    cluster.stop("fast")
    tree.centers[C].start(wait=False)
    tree.wait(lambda: tree.report(C).code == "NOT_NOW", "it answers, but takes nothing")
    cluster.start()
    tree.wait(lambda: tree.report(C).status == 0, "it works")
    tree.up()
