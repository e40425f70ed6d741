"""A written drill on a scaled clock: the shipped typhoon with its cut links and its killed center, and small ones of a story's
own, whose expectations are told and held."""
import os
import pathlib
import re
import socket
import subprocess
import threading

import pytest

from command import Orders
from conftest import MINIMAL
from proxy import Proxy
from tree import binaries

D, S, C = "440306", "440306017", "440306017001"
TYPHOON = pathlib.Path(__file__).resolve().parents[2] / "config" / "drill" / "typhoon.yaml"
HOOK = """\
#!/usr/bin/python3
import socket, sys
with socket.socket(socket.AF_UNIX) as ask:
    ask.connect({path!r})
    ask.sendall((" ".join([{word!r}, *sys.argv[1:]]) + "\\n").encode())
    sys.exit(0 if ask.recv(16) == b"done" else 1)
"""


@pytest.fixture(scope="module")
def links():
    links = {S: Proxy(), C: Proxy()}
    yield links
    for link in links.values():
        link.close()


@pytest.fixture(scope="module")
def tree(make_tree, links):
    """The shipped smallest tree on a clock that runs five minutes in a second."""
    tree = make_tree(MINIMAL, start=False, scale=300, proxied={code: link.port for code, link in links.items()})
    links[S].towards(tree.endpoints[D])
    links[C].towards(tree.endpoints[S])
    return tree.up()


@pytest.fixture(scope="module")
def hooks(tree, links, tmp_path_factory):
    """Programs that a drill's shell steps call; what they ask for is done by this process. Gives what was asked."""
    folder = tmp_path_factory.mktemp("hooks")
    path, asked = str(folder / "socket"), []
    acts = {"cut": lambda code: links[code].cut(), "join": lambda code: links[code].mend(),
            "kill": lambda code: tree.centers[code].kill(), "start": lambda code: tree.centers[code].start()}
    for word in acts:
        (folder / word).write_text(HOOK.format(path=path, word=word), encoding="ascii")
        (folder / word).chmod(0o755)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()

    def serve():
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            with caller:
                word, code = caller.makefile().readline().split()
                asked.append((word, code))
                acts[word](code)
                caller.sendall(b"done")
    threading.Thread(target=serve, daemon=True).start()
    environment = {f"SANJI_DRILL_{word.upper()}": str(folder / word) for word in acts}
    yield environment, asked
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def drill(tree, file, *options, env=None):
    """(exit status, what it printed); a drill lasts longer than other commands."""
    done = subprocess.run([str(binaries() / "sanji"), "drill", str(file), "--site", str(tree.site), *options],
                          capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL, check=False,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout + done.stderr


def written(folder, text):
    file = folder / "drill.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def unmet(said):
    """(what, of which step) for each step or expectation that failed."""
    return re.findall(r"^\+\S+ +\S+ +✗ (\w+) (\S*)", said, re.M)


def test_the_typhoon_runs_to_its_end_over_cut_links_and_a_killed_center(tree, hooks):
    """What must be signed within a minute of the tree's time, a fifth of a second here, or over a link that was cut some
    seconds ago, is a matter of this machine's speed; everything else has to be as written."""
    environment, asked = hooks
    status, said = drill(tree, TYPHOON, "--allow-shell", env=environment)
    assert status in (0, 1), said
    assert asked == [("cut", C), ("join", C), ("kill", S), ("start", S), ("cut", S), ("join", S)]
    assert not [one for one in unmet(said) if one[1] not in ("fire", "gas", "during")], said
    for words in ("预警解除，恢复平时", "call1", "during", "已被替代", "撤销令均已确认知悉"):
        assert words in said
    orders = Orders(tree)
    orders.verify()
    seen = orders.list(D, "--limit", "1000")
    assert {row["kind"] for row in seen} >= {"mode", "roll-call", "campaign", "emergency"}
    assert all(row["status"] == "exercise" for row in seen), "left out of every figure"
    last = [row for row in seen if row["kind"] == "campaign" and row["stage"] == "after"]
    assert [row["state"] for row in last] == ["DONE"] and last[0]["counts"]["DONE"] == 35
    calls = [row for row in seen if row["kind"] == "roll-call"]
    assert sorted(row["counts"]["ACKED"] for row in calls) == [3, 105]
    assert max(row["tally"]["deputy_called"] for row in calls) == 6 == max(row["tally"]["above_called"] for row in calls)


def test_an_expectation_that_is_not_met_fails_the_drill(tree, tmp_path):
    file = written(tmp_path, """\
name: 无人应答
about: 谁也不应答的点名
seed: 1
end: 20m
steps:
  - at: 0m
    name: call
    roll_call: {center: root, to: tier=community, limit: 2m, text: 点名}
  - {at: 1m, expect: {of: call, answered: 100%, within: 2m}}
  - {at: 4m, expect: {of: call, red: 1, within: 10m}}
""")
    status, said = drill(tree, file)
    assert status == 1 and "1 项符合预期，1 项不符" in said, said


def test_a_drill_that_does_not_read_says_where(tree, tmp_path):
    file = written(tmp_path, """\
name: 写错的演练
about: 三处错误
seed: 1
end: 20m
steps:
  - {at: 1m, expect: {of: nobody, answered: 100%}}
  - {at: 2m, dance: yes}
  - {at: soon, say: 几点}
""")
    status, said = drill(tree, file, "--check")
    assert status != 0
    for line in (6, 7, 8):
        assert f"drill.yaml:{line}:" in said, said
    status, said = drill(tree, TYPHOON, "--check")
    assert status == 0, said


def test_shell_steps_are_run_only_when_allowed(tree, tmp_path):
    trace = tmp_path / "trace"
    file = written(tmp_path, f"""\
name: 外部步骤
about: 一个外部步骤
seed: 1
end: 2m
steps:
  - {{at: 0m, shell: [touch, "{trace}"]}}
""")
    drill(tree, file)
    assert not trace.exists()
    status, said = drill(tree, file, "--allow-shell")
    assert status == 0 and trace.exists(), said


def test_a_site_that_is_no_exercise_calls_nobody_by_mistake(make_tree, tmp_path):
    tree = make_tree(MINIMAL, scale=None)
    file = written(tmp_path, """\
name: 真实站点
about: 不应执行
seed: 1
end: 1m
steps:
  - at: 0m
    name: call
    roll_call: {center: root, to: centers, limit: 2m, text: 点名}
""")
    status, said = drill(tree, file)
    assert status != 0 and "--real" in said, said
    assert not Orders(tree).list(D)
    status, said = drill(tree, file, "--real", "--json")
    orders = Orders(tree)
    assert [row["status"] for row in orders.list(D)] == ["actual"], said
