"""专项任务: one campaign in three stages, a form for each grid, zero reports, progress rolled up by tier."""
import pytest

from command import Orders, Switchboard

D, S, C = "990101", "990101001", "990101001001"
S2, C2, C3, C4 = "990101002", "990101001002", "990101002001", "990101002002"
FORM = "排查户数:houses:number!,隐患:hazards:number!,照片:photo:photo,已转移:moved:yes-no"


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


@pytest.fixture(scope="module")
def orders(tree):
    return Orders(tree)


@pytest.fixture(scope="module")
def campaign(tree, orders):
    outcome = tree.run("campaign", "start", "--center", D, "--to", "type=grid", "--name", "防台风排查", "--form", FORM,
                       "--done-limit", "4h")
    assert outcome.status == 0 and outcome["recipients"] == 12, outcome
    orders.wait_tally(outcome["command_id"], DELIVERED=12)
    return outcome["command_id"]


def grids(community):
    return [f"grid.{community}{number:03d}" for number in (1, 2, 3)]


def stage(tree, campaign, number, center=D):
    return tree.must("campaign", "show", campaign, "--center", center)["stages"][number]


def test_a_wrong_form_is_refused_with_the_fields_name(tree, orders, campaign):
    grid = grids(C)[0]
    orders.acts(campaign, "ack", grid, grid)
    for values, field in (("hazards=0", "houses"), ("houses=many;hazards=0", "houses"), ("houses=3;hazards=0;moved=perhaps", "moved"),
                          ("houses=3;hazards=0;pets=2", "pets"), ("", "houses")):
        said = tree.run("campaign", "report", campaign, "--recipient", grid, "--values", values)
        tree.refused(said, "FORM")
        assert field in said["detail"], said
    assert orders.row(campaign, grid, C)["reports"] == 0


def test_progress_is_rolled_up_by_tier(tree, orders, campaign):
    with Switchboard(tree, C) as people:
        for number, grid in enumerate(grids(C), 1):
            if number > 1:
                assert people.say(campaign, "ack", grid).code == "OK"
            answer = people.say(campaign, "report", grid, values={"houses": 10 * number, "hazards": number, "moved": "yes"})
            assert answer.code == "OK" and answer.state == "DONE", answer.text
    with Switchboard(tree, C3) as people:
        assert people.say(campaign, "ack", grids(C3)[0]).code == "OK"
        assert people.say(campaign, "report", grids(C3)[0], zero=True).code == "OK"
    orders.wait_tally(campaign, DONE=4)
    seen = stage(tree, campaign, 0)
    assert (seen["expected"], seen["reported"], seen["zero"], seen["done"], seen["unknown"]) == (12, 4, 1, 4, 0)
    assert seen["sums"] == {"houses": 60, "hazards": 6}
    rows = {row["center"]: row for row in seen["rows"]}
    assert rows[S]["expected"] == 6 and rows[S]["sums"]["houses"] == 60 and rows[S2]["zero"] == 1
    below = stage(tree, campaign, 0, S)
    assert {row["center"]: row["done"] for row in below["rows"]} == {C: 3, C2: 0}
    orders.equal(campaign, D, S, C)


def test_the_next_stage_takes_the_place_of_the_one_before(tree, orders, campaign):
    second = tree.must("campaign", "next", campaign)
    assert second["stage"] == "during"
    second = second["command_id"]
    orders.wait_tally(second, DELIVERED=12)
    orders.wait_tally(campaign, DONE=4, SUPERSEDED=8)
    tree.refused(tree.run("campaign", "report", campaign, "--recipient", grids(C3)[1], "--zero"), "ILLEGAL")
    orders.answer_all(second, event="ack")
    orders.answer_all(second, event="report", zero=True)
    orders.wait_state(second, "DONE")

    third = tree.must("campaign", "next", campaign, "--name", "灾后核查")
    assert third["stage"] == "after"
    third = third["command_id"]
    orders.wait_tally(third, DELIVERED=12)
    assert orders.show(second)["state"] == "SUPERSEDED" and orders.show(second)["counts"]["DONE"] == 12
    orders.answer_all(third)
    orders.answer_all(third, but=[grids(C4)[2]], event="report", values={"houses": 1, "hazards": 0})
    orders.acts(third, "refuse", grids(C4)[2], grids(C4)[2], text="房屋已拆除")
    orders.wait_state(third, "DONE")
    stages = tree.must("campaign", "show", campaign)["stages"]
    assert [(one["stage"], one["done"], one["zero"]) for one in stages] == [("before", 4, 1), ("during", 12, 12),
                                                                           ("after", 11, 0)]
    assert stages[2]["sums"]["houses"] == 11 and stages[2]["counts"]["UNABLE"] == 1
    for center in (S, C3):
        assert len(tree.must("campaign", "show", campaign, "--center", center)["stages"]) == 3
    assert tree.run("campaign", "next", campaign).status != 0, "no stage follows by itself"
    orders.verify()


def test_what_is_reported_again_and_again_is_missed_and_made_up(tree, orders):
    """A zero report every hour until the stage ends."""
    said = tree.must("campaign", "start", "--center", S, "--to", f"area={C},type=grid", "--name", "积水巡查", "--form",
                     "积水点:points:number!", "--report-every", "1h")
    command = said["command_id"]
    orders.wait_tally(command, DELIVERED=3)
    orders.answer_all(command)
    late = grids(C)[2]
    orders.answer_all(command, but=[late], event="report", zero=True)
    tree.wait(lambda: sum(row["reports"] for row in orders.rows(command).values()) == 2, "two reports")
    orders.later(61)
    row = orders.wait_row(command, late, center=D, flag="overdue-report")
    assert row["red"] and row["reports"] == 0
    orders.acts(command, "report", late, late, values="points=2")
    tree.wait(lambda: not orders.row(command, late, D)["red"], "made up")
    assert orders.row(command, late, D)["values"] == "points=2"
    assert stage(tree, command, 0, S)["sums"]["points"] == 2
    for grid in grids(C):
        orders.acts(command, "finish", grid, grid, values="points=0")
    orders.wait_state(command, "DONE", D)
    orders.verify()
