"""A desk sees its case at its own center, wherever the case has been before."""
import pytest

D, S, C = "990101", "990101001", "990101001001"
S2, C3 = "990101002", "990101002001"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


def equal_logs(tree, no, *codes):
    return tree.wait(lambda: (logs := [tree.log(code, no) for code in codes]) and
                     all(log == logs[0] for log in logs) and logs[0], f"equal logs of {no} at {codes}")


def test_a_case_dispatched_into_another_branch_reaches_the_desk_there(tree):
    no = tree.new_case(C)
    for center, above in ((C, S), (S, D)):
        tree.acts(no, "escalate", center, f"shift_leader.{center}", reason="本级力量不够")
        tree.wait_state(no, above, "DISPATCHED", above)
    assert tree.row(C3, no) is None and tree.row(S2, no) is None

    tree.acts(no, "redispatch", D, f"dispatcher.{D}", to=f"huanwei@{C3}")
    tree.wait_state(no, C3, "DISPATCHED", D)
    assert tree.row(C3, no)["lead"] == f"huanwei@{C3}"
    tree.acts(no, "sign", C3, f"desk.huanwei.{C3}")
    tree.wait_state(no, C3, "HANDLING", D)
    tree.acts(no, "feedback", C3, f"desk.huanwei.{C3}", reason="已清走", after="p1")
    tree.wait_state(no, D, "FEEDBACK", D)
    log = equal_logs(tree, no, C, S, D, S2, C3)
    assert [event.kind for event in log][-3:] == ["redispatch", "sign", "feedback"]
    tree.verify()


def test_nobody_follows_a_case_that_does_not_concern_him(tree):
    no = tree.new_case(C)
    tree.wait_state(no, D, "DISPATCHED", C)
    tree.settle()
    assert tree.row(S2, no) is None and tree.row(C3, no) is None
