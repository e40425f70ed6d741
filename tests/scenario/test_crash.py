"""kill -9 of every daemon at random moments while people work: what was acknowledged is there, and there once."""
import contextlib
import random
import time

import pytest

from traffic import Traffic, Wanderer

D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3 = "990101002", "990101001002", "990101002001"
ROUNDS = 14


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


def held_of(tree, at, origin):
    return {no for (no,) in tree.ask(at, "SELECT case_no FROM case_rec WHERE origin = %s", origin)}


def working(tree, stack, *centers):
    for center in centers:
        tree.already = {**getattr(tree, "already", {}), center: held_of(tree, center, center)}
    return [stack.enter_context(Traffic(tree, center)) for center in centers]


def check(tree, flows):
    tree.up()
    tree.settle()
    for flow in flows:
        assert flow.reports and not flow.strange, flow.strange[:5]
        numbers = list(flow.reports.values())
        assert len(set(numbers)) == len(numbers), "two keys, one case"
        for center in (flow.center, S if flow.center in (C, C2) else S2, D):
            held = held_of(tree, center, flow.center) - tree.already[flow.center]
            assert set(numbers) <= held, f"{center} lacks what was acknowledged at {flow.center}"
            assert len(held) - len(numbers) <= 1, "at most the one report that was never answered"
        with tree.db(flow.center) as db:
            known = {bytes(key.bytes): outcome for key, outcome in db.execute("SELECT key, outcome FROM request_log")}
        assert {key: known.get(key) for key in flow.acts} == {key: code for key, (_, code) in flow.acts.items()}
    tree.verify()


def test_any_daemon_may_be_killed_at_any_moment(tree):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with contextlib.ExitStack() as stack:
        flows = working(tree, stack, C, C2, C3)
        for _ in range(ROUNDS):
            time.sleep(dice.random() * 0.3)  # the moment is the experiment
            victims = dice.sample([C, C2, C3, S, S2, D], dice.choice([1, 1, 2]))
            for victim in victims:
                tree.centers[victim].kill()
            time.sleep(dice.random() * 0.1)
            for victim in victims:
                tree.centers[victim].start()
        for flow in flows:
            flow.wait_for(5)
    check(tree, flows)


def test_daemons_and_their_database_backends_die_together(tree):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with contextlib.ExitStack() as stack:
        flows = working(tree, stack, C, C3)
        for _ in range(ROUNDS):
            time.sleep(dice.random() * 0.2)
            for code in dice.sample([C, C3, S, D], 2):
                tree.ask(code, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                               " WHERE datname = current_database() AND usename = 'sanji_center'")
        for flow in flows:
            flow.wait_for(5)
    check(tree, flows)


def test_daemons_that_sleep_now_and_then(tree):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with contextlib.ExitStack() as stack:
        flows = working(tree, stack, C, C2)
        for _ in range(6):
            victim = dice.choice([C, C2, S, D])
            tree.centers[victim].freeze()
            time.sleep(dice.random() * 0.5)
            tree.centers[victim].thaw()
            time.sleep(dice.random() * 0.2)
        for flow in flows:
            flow.wait_for(5)
    check(tree, flows)


def nothing_waits(tree):
    return not any(tree.one(code, "SELECT count(*) FROM request_kept") for code in tree.codes)


@pytest.mark.parametrize("crashes", [False, True], ids=["in peace", "with crashes"])
def test_requests_that_chase_wandering_cases_are_each_decided_once(tree, crashes):
    """Rule 10: whoever owns the case when the request meets it decides; nobody sets a sound request aside."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for code in (C, C2, C3, S):
        for _ in range(4):
            tree.new_case(code)
    with contextlib.ExitStack() as stack:
        wanderers = [stack.enter_context(Wanderer(tree, seed + i)) for i in range(3)]
        for _ in range(4):
            wanderers[0].wait_for(60)
            if crashes:
                victim = dice.choice(tree.codes)
                tree.centers[victim].kill()
                tree.centers[victim].start()
        for wanderer in wanderers:
            wanderer.wait_for(20)
    tree.up()
    tree.wait(lambda: nothing_waits(tree), "every request is decided")
    tree.settle()
    for code in tree.codes:
        assert tree.ask(code, "SELECT subject, code FROM quarantine") == []
    tree.verify()
