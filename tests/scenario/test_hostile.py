"""Callers that mean harm or are broken: nothing they send changes a case or takes the daemon down."""
import uuid
import random

import pytest

import raw

D, S, C = "990101", "990101001", "990101001001"
C2 = "990101001002"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(autouse=True)
def unharmed(tree):
    """Whatever a story sends: the same processes run on, every link stands, and reports are taken."""
    def pids():
        return {code: center.process.pid for code, center in tree.centers.items() if code != C2}  # C2 is stopped by one
    tree.settle()
    before = pids()
    yield
    assert all(center.running() for center in tree.centers.values()) and pids() == before
    tree.wait(tree.linked, "all links up")
    assert tree.report(S).status == 0


def served_afterwards(caller):
    """The caller's question is answered behind all that was sent before it."""
    caller.send(raw.status(999).SerializeToString())
    while (heard := caller.hear(20)) is not None:
        if heard.correlation == 999:
            return True
    return False


def refused_frames(tree, code):
    return tree.status(code)["refused_frames"]


def key():
    return uuid.uuid4().bytes  # no time in it: never too old


def test_the_raw_caller_is_a_caller_like_any_other(tree):
    """Else the stories below would prove nothing."""
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        caller.send(raw.report(7, key(), C).SerializeToString())
        answer = caller.hear()
    assert answer.kind == raw.REPLY and answer.correlation == 7 and answer.reply.code == 0
    assert tree.row(C, answer.reply.of_case.case_no.decode())["state"] == "DISPATCHED"


GARBAGE = {
    "an empty frame": b"",
    "one byte": b"\x00",
    "words": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "an unfinished number": b"\xff" * 9,
    "a length beyond the end": b"\x3a\xff\xff\xff\x7f",
    "a kind of frame that is none": raw.frame(99).SerializeToString(),
    "a request without its part": raw.frame(raw.REQUEST, correlation=1).SerializeToString(),
    "zeros": bytes(1000),
    "a quarter of a megabyte": b"\x0a" * (256 * 1024),
}


@pytest.mark.parametrize("what", GARBAGE, ids=str)
def test_garbage_of_a_listed_caller_is_refused_and_counted(tree, what):
    before = tree.footprint(C)
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        caller.send(GARBAGE[what])
        answer = caller.hear(0.5)
        assert answer is None or answer.reply.code != 0
        assert served_afterwards(caller)
    assert tree.footprint(C) == before


def test_a_frame_beyond_the_limit_ends_the_connection_of_its_sender_alone(tree):
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        caller.send(bytes(600 * 1024))
        assert caller.hear(0.5) is None
    assert tree.report(C).status == 0


def test_several_parts_are_no_frame(tree):
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        caller.send(raw.status().SerializeToString(), b"more", b"and more")
        assert caller.hear(0.5) is None


def test_random_bytes_and_mutilated_frames(tree):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    good = [raw.report(1, key(), C).SerializeToString(), raw.status().SerializeToString(),
            raw.act(2, key(), f"{C}-20260302-00001", 10, f"desk.huanwei.{C}").SerializeToString()]
    before = tree.one(C, "SELECT count(*) FROM case_rec")
    counted = refused_frames(tree, C)
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        for _ in range(400):
            data = bytearray(dice.choice(good) if dice.random() < 0.7 else dice.randbytes(dice.randrange(1, 300)))
            for _ in range(dice.randrange(1, 6)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            caller.send(bytes(data[:dice.randrange(1, len(data) + 1)]))
        assert served_afterwards(caller)
    assert refused_frames(tree, C) > counted
    assert tree.one(C, "SELECT count(*) FROM case_rec") - before < 50  # some mutations are sound reports


def test_a_caller_with_an_unlisted_key_hears_nothing_and_is_counted(tree):
    before = tree.status(C)["denied_keys"]
    footprint = tree.footprint(C)
    with raw.Raw(tree, C) as stranger:
        stranger.send(raw.report(1, key(), C).SerializeToString())
        stranger.send(raw.status().SerializeToString())
        assert stranger.hear(1) is None
    tree.wait(lambda: tree.status(C)["denied_keys"] > before, "the stranger is counted")
    assert "denied" in tree.centers[C].words() or "link.denied" in tree.centers[C].words()
    assert tree.footprint(C) == footprint


def test_a_center_of_elsewhere_is_a_stranger(tree):
    """A listed key of another place in the tree is not listed here."""
    with raw.Raw(tree, C, raw.of_center(tree, C2)) as stranger:
        stranger.send(raw.status().SerializeToString())
        assert stranger.hear(1) is None


def test_a_client_that_speaks_like_a_neighbour_is_refused(tree):
    before, counted = tree.footprint(S), refused_frames(tree, S)
    head = dict(session=1, peer_session=2, incarnation=1, peer_incarnation=1)
    hello = raw.frame(raw.HELLO, **head, hello=raw.frame_pb2.Hello(
        version=1, center=C.encode(), database=1, position=[0, 0], position_hash=[bytes(16), bytes(16)], last_sent=[9, 9]))
    entry = raw.frame_pb2.Entry(lsn=1, kind=8, subject=key(), subject_no=1)
    with raw.Raw(tree, S, raw.operator(tree)) as caller:
        for frame in (hello, raw.frame(raw.ACK, **head, ack=raw.frame_pb2.Ack(position=[9, 9], credit=9)),
                      raw.frame(raw.ENTRIES, **head, lane=1, entries=[entry]),
                      raw.frame(raw.REFUSE, **head, refuse=raw.frame_pb2.Refuse(code=95))):
            caller.send(frame.SerializeToString())
        assert served_afterwards(caller)
    tree.wait(lambda: refused_frames(tree, S) >= counted + 4, "counted")
    assert tree.footprint(S) == before


@pytest.mark.parametrize("with_origin", [True, False], ids=["as a center", "as himself"])
def test_a_client_cannot_say_who_acts(tree, with_origin):
    """The actor's post is the center's own word: what a caller writes there counts for nothing."""
    no = tree.new_case(C)
    frame = raw.act(3, key(), no, 25, f"receptionist.{C}")
    if with_origin:
        frame.request.origin = D.encode()
    frame.request.input.actor.user = f"leader.{C}".encode()
    frame.request.input.actor.post = 1 << 5
    frame.request.input.actor.center = C.encode()
    frame.request.input.content.reason = "因为我说了".encode()
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        caller.send(frame.SerializeToString())
        answer = caller.hear()
    assert answer.reply.code in (13, 41), "MALFORMED or NO_RIGHT"
    assert tree.row(C, no)["state"] == "DISPATCHED"


def test_a_key_older_than_the_log_of_keys_is_refused(tree):
    old = bytes.fromhex("016000000000") + b"\x70\x00\x80" + bytes(7)
    before = tree.footprint(C)
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        caller.send(raw.report(1, old, C).SerializeToString())
        assert caller.hear().reply.code == 53, "TOO_OLD"
    assert tree.footprint(C) == before


def test_a_caller_that_never_reads_its_answers_holds_nobody_up(tree):
    with raw.Raw(tree, C, raw.operator(tree)) as deaf:
        deaf.socket.rcvhwm = 1
        for _ in range(3000):
            deaf.send(raw.status().SerializeToString())
        assert tree.report(C).status == 0


def test_a_thousand_reports_of_one_caller_at_once_are_each_answered_once(tree):
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        for number in range(1, 1001):
            caller.send(raw.report(number, key(), C, text=f"第{number}件").SerializeToString())
        answers = [caller.hear(30) for _ in range(1000)]
        assert caller.hear(0.2) is None
    assert sorted(answer.correlation for answer in answers) == list(range(1, 1001))
    assert len({answer.reply.of_case.case_no for answer in answers}) == 1000
    assert {answer.reply.code for answer in answers} == {0}


def test_the_same_key_twice_in_one_breath_is_one_case(tree):
    same = key()
    with raw.Raw(tree, C, raw.operator(tree)) as caller:
        for number in (1, 2, 3):
            caller.send(raw.report(number, same, C).SerializeToString())
        caller.send(raw.report(4, same, C, text="another").SerializeToString())
        answers = {heard.correlation: heard.reply for heard in (caller.hear() for _ in range(4))}
    assert len({answers[i].of_case.case_no for i in (1, 2, 3)}) == 1
    assert [answers[i].of_case.again for i in (1, 2, 3)] == [False, True, True]
    assert answers[4].code == 54, "KEY_REUSED"


def as_child(tree, code):
    """A caller under the key of a child whose daemon is down: the strongest liar there is below a center."""
    return raw.Raw(tree, S, raw.of_center(tree, code))


def test_a_child_that_lies_about_its_session_changes_nothing(tree):
    tree.centers[C2].stop()
    before = tree.footprint(S)
    with as_child(tree, C2) as liar:
        liar.send(raw.report(1, key(), S).SerializeToString())
        liar.send(raw.frame(raw.ENTRIES, session=5, peer_session=6, incarnation=1, lane=1, entries=[
            raw.frame_pb2.Entry(lsn=10 ** 9, prev=0, kind=8, subject=key(), subject_no=1)]).SerializeToString())
        liar.send(raw.frame(raw.HELLO, session=77, incarnation=1, hello=raw.frame_pb2.Hello(
            version=1, center=C2.encode(), database=12345, position=[10 ** 9] * 2, position_hash=[bytes(16)] * 2,
            last_sent=[0, 0])).SerializeToString())
        liar.hear(1)
    assert tree.footprint(S) == before
    assert not tree.status(S)["mute"], "a greeting that nobody has proved mutes no center"
    tree.up()


def test_after_all_that_the_tree_is_sound(tree):
    tree.verify()
