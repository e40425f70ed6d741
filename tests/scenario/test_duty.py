"""The shift changes: who comes on duty takes over by name what the one before has signed and not finished."""
import pytest

from command import Orders

D, S = "990101", "990101001"
DESK = f"center.{S}"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


def test_the_next_shift_takes_over_what_was_signed_and_leaves_what_nobody_signed(tree, orders):
    signed = orders.issue(D, "order", DESK, "排查井盖", done_limit="5h")
    unsigned = orders.issue(D, "order", DESK, "清点沙袋", done_limit="5h")
    for command in (signed, unsigned):
        orders.wait_row(command, DESK, "DELIVERED")
    orders.acts(signed, "ack", DESK, f"dispatcher.{S}")

    taken = tree.run("duty", "hand-over", "--center", S, "--as", f"shift_leader.{S}")
    assert taken.status == 0, taken
    assert [(row["command_id"], row["code"]) for row in taken.json] == [(signed, "OK")]

    assert orders.wait_row(signed, DESK, "ACKED", center=D)["by"] == f"shift_leader.{S}"
    assert orders.wait_row(unsigned, DESK, "DELIVERED", center=D)["by"] in (None, "")
    again = tree.run("duty", "hand-over", "--center", S, "--as", f"shift_leader.{S}")
    assert again.status == 0 and again.json == [], again
    orders.verify()


def test_only_people_of_the_desk_take_it_over(tree, orders):
    command = orders.issue(D, "order", DESK, "巡查低洼点", done_limit="5h")
    orders.wait_row(command, DESK, "DELIVERED")
    orders.acts(command, "ack", DESK, f"dispatcher.{S}")
    refused = tree.run("duty", "hand-over", "--center", S, "--as", f"caller.{S}")
    assert refused.status == 1 and refused.json[0]["code"] == "NO_RIGHT", refused
