"""Daemons killed, links cut, PostgreSQL stopped while the roll is called and emergencies are reported: every answer that was
acknowledged is there, at every tier; every unit has one order; and the tree is sound."""
import contextlib
import random
import time

import pytest

from cluster import Cluster
from command import Orders
from crew import Alarm, Answerers, Commander
from proxy import Proxy

D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3 = "990101002", "990101001002", "990101002001"
ROUNDS = 12
ABOVE = {C: (S, D), C2: (S, D), C3: (S2, D), S: (D,), S2: (D,), D: ()}


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def links():
    """Of a street to the district, and of a community to its street: in a story's hand."""
    links = {S: Proxy(), C3: Proxy()}
    yield links
    for link in links.values():
        link.close()


@pytest.fixture(scope="module")
def tree(cluster, links, make_tree):
    tree = make_tree(start=False, dsn=cluster.dsn, proxied={code: link.port for code, link in links.items()})
    links[S].towards(tree.endpoints[D])
    links[C3].towards(tree.endpoints[S2])
    return tree.up()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


@pytest.fixture()
def dice():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


def working(tree, stack, dice):
    crews = [Commander(tree, D, dice.random()), Commander(tree, S, dice.random()), Alarm(tree, C, dice.random()),
             Alarm(tree, C3, dice.random())]
    crews += [Answerers(tree, code, dice.random()) for code in (C, C2, C3, S, S2, D)]
    return [stack.enter_context(crew) for crew in crews]


def check(tree, orders, crews):
    tree.up()
    orders.settle()
    print({crew.thread.name: len(crew.said) for crew in crews})
    strange = [one for crew in crews for one in crew.strange]
    assert not strange, strange[:5]
    for crew in crews:
        assert crew.said, crew.thread.name
        keys = {bytes(key.bytes) for key, in tree.ask(crew.center, "SELECT key FROM request_log WHERE outcome = 0")}
        assert {one[0] for one in crew.said} <= keys, f"{crew.thread.name}: an acknowledged key is not known any more"
    for crew in (crew for crew in crews if isinstance(crew, Commander)):
        commands = [command for _, command in crew.said]
        assert len(set(commands)) == len(commands), "two keys, one command"
        held = {command.bytes for command, in tree.ask(crew.center, "SELECT id FROM command WHERE issuer = %s", crew.center)}
        assert set(commands) <= held
    for crew in (crew for crew in crews if isinstance(crew, Alarm)):
        held = {no for no, in tree.ask(D, "SELECT case_no FROM case_rec WHERE origin = %s", crew.center)}
        assert {no for _, no in crew.said} <= held
    for crew in (crew for crew in crews if isinstance(crew, Answerers)):
        for at in (crew.center, *ABOVE[crew.center]):
            rows = {(command, name): (state, signed) for command, name, state, signed in tree.ask(
                at, "SELECT command, name, state, acked_ms FROM receipt WHERE center = %s", crew.center)}
            for _, command, name, event, state in crew.said:
                found = rows.get((command, name))
                assert found and found[0] >= state, f"{event} of {name} was acknowledged, and is not at {at}: {found}"
                assert event != "ack" or found[1], (at, name)
    never_twice(tree)
    tree.verify()


def never_twice(tree):
    for center in tree.codes:
        busy = dict(tree.ask(center, "SELECT name, booked FROM unit WHERE booked IS NOT NULL AND center = %s", center))
        rows = tree.ask(center, "SELECT name, command FROM receipt WHERE kind = 7 AND center = %s AND NOT is_final", center)
        assert len({name for name, _ in rows}) == len(rows), "one unit, two emergencies"
        assert dict(rows) == busy, center


def test_any_daemon_may_be_killed_while_the_roll_is_called(tree, orders, dice):
    with contextlib.ExitStack() as stack:
        crews = working(tree, stack, dice)
        for _ in range(ROUNDS):
            time.sleep(dice.random() * 0.4)  # the moment is the experiment
            victims = dice.sample([C, C2, C3, S, S2, D], dice.choice([1, 1, 2]))
            for victim in victims:
                tree.centers[victim].kill()
            time.sleep(dice.random() * 0.2)
            for victim in victims:
                tree.centers[victim].start()
        for crew in crews:
            crew.wait_for(1)
    check(tree, orders, crews)


def test_links_may_break_at_any_moment(tree, orders, links, dice):
    with contextlib.ExitStack() as stack:
        crews = working(tree, stack, dice)
        for _ in range(ROUNDS):
            link = dice.choice(list(links.values()))
            time.sleep(dice.random() * 0.3)
            dice.choice([link.cut, link.black_hole, lambda link=link: link.slow(0.2)])()
            time.sleep(dice.random() * 0.5)
            link.mend()
        for crew in crews:
            crew.wait_for(1)
    check(tree, orders, crews)


def test_postgresql_may_stop_at_any_moment(tree, orders, cluster, dice):
    with contextlib.ExitStack() as stack:
        crews = working(tree, stack, dice)
        for mode in ("immediate", "fast", "immediate"):
            time.sleep(0.5 + dice.random())
            cluster.stop(mode)
            time.sleep(dice.random() * 0.5)
            cluster.start()
            for crew in crews:
                crew.wait_for(1)
    check(tree, orders, crews)


def test_everything_at_once(tree, orders, cluster, links, dice):
    with contextlib.ExitStack() as stack:
        crews = working(tree, stack, dice)
        for number in range(ROUNDS):
            time.sleep(dice.random() * 0.4)
            victim, link = dice.choice([C, C2, C3, S, S2, D]), dice.choice(list(links.values()))
            link.cut()
            tree.centers[victim].kill()
            if number % 5 == 4:
                cluster.stop("immediate")
                cluster.start()
            tree.centers[victim].start()
            link.mend()
        for crew in crews:
            crew.wait_for(1)
    check(tree, orders, crews)
