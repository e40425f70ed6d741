"""Trees for the stories. A story that fails shows the end of each daemon's log."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from tree import Tree  # noqa: E402  (found by the line above)

SMALL = HERE / "small" / "topology.yaml"
MINIMAL = HERE.parents[1] / "config" / "topology" / "minimal.yaml"

TREES = pytest.StashKey()


@pytest.fixture(scope="module")
def make_tree(request, tmp_path_factory):
    """make_tree(topology, scale=..., ...) -> Tree, all started; every tree ends with the module, and must end in peace."""
    trees = []

    def make(topology=SMALL, start=True, **options):
        tree = Tree(tmp_path_factory.mktemp("tree"), topology, **options)
        trees.append(tree)
        return tree.up() if start else tree

    request.node.stash[TREES] = trees
    yield make
    failures = []
    for tree in trees:
        try:
            tree.close()
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, "\n".join(failures)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    module = item.getparent(pytest.Module)
    trees = module.stash.get(TREES, []) if module else []
    if report.failed and trees:
        report.sections.append(("ends of the logs", "\n".join(tree.tails() for tree in trees)))
