"""Whose signature is believed, and for whom a field client's key speaks: `sanji keys` on a running tree."""
import json

import pytest

D, S, C = "990101", "990101001", "990101001001"
C2 = "990101001002"
VOLUNTEERS = ("volunteer.990101001001", "volunteer-2.990101001001")


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


def center(tree, code):
    return tree.must("keys", "list", "--center", code)["centers"][0]


def signers(tree, of, at):
    """The keys of the center `of` that the center `at` believes, from its own file."""
    lines = (tree.folder / "keys" / at / "signers").read_text(encoding="ascii").split("\n")
    return [line.split()[1] for line in lines if line.startswith(of + " ")]


def test_every_center_believes_the_one_signing_key_of_every_center(tree):
    said = {one["code"]: one for one in tree.must("keys", "list")["centers"]}
    assert len({one["sign_key"] for one in said.values()}) == len(tree.codes)
    for at in tree.codes:
        for of in tree.codes:
            assert signers(tree, of, at) == said[of]["signers"] == [said[of]["sign_key"]]


def test_a_replaced_signing_key_is_believed_until_it_is_revoked(tree):
    old = center(tree, C2)["sign_key"]
    said = tree.must("keys", "rotate", C2)
    assert said["made"] == [C2] and said["restart"] == [C2]
    new = center(tree, C2)["sign_key"]
    assert new != old and all(signers(tree, C2, at) == [old, new] for at in tree.codes)
    tree.must("keys", "make", "--all")
    assert signers(tree, C2, D) == [old, new], "making what is missing forgets nothing"
    tree.restart(C2)
    tree.up()
    said = tree.must("keys", "revoke", C2, "--replaced")
    assert sorted(said["told"]) == sorted(tree.codes)
    assert all(signers(tree, C2, at) == [new] for at in tree.codes)
    assert not center(tree, C2)["revoked"]
    assert tree.must("keys", "revoke", C2, "--replaced")["told"] == []


def test_a_revoked_center_is_believed_nowhere_and_init_does_not_change_that(tree):
    old = center(tree, C2)["sign_key"]
    tree.must("keys", "revoke", C2)
    assert all(signers(tree, C2, at) == [] for at in tree.codes) and center(tree, C2)["revoked"]
    tree.must("init", "--all")
    assert all(signers(tree, C2, at) == [] for at in tree.codes)
    tree.must("keys", "rotate", C2)
    assert all(signers(tree, C2, at) == [center(tree, C2)["sign_key"]] != [old] for at in tree.codes)
    tree.restart(C2)
    tree.up()


def test_a_center_that_was_made_before_centers_signed_gets_a_key(tree):
    (tree.folder / "keys" / C2 / "sign.key").unlink()
    old = signers(tree, C2, D)
    said = tree.must("init", "--all")
    assert said["keys_made"] == 1 and said["lists_written"] == len(tree.codes)
    assert signers(tree, C2, D) == old + [center(tree, C2)["sign_key"]]
    assert tree.must("init", "--all")["keys_made"] == 0


def test_a_signing_key_that_others_may_read_is_said_with_its_file(tree):
    path = tree.folder / "keys" / C2 / "sign.key"
    path.chmod(0o644)
    said = tree.refused(tree.run("keys", "list"), "CONFIG", 2)
    assert f"{C2}/sign.key" in said.err
    path.chmod(0o600)


def test_a_field_client_is_listed_at_its_center_alone_and_the_running_center_knows(tree):
    said = tree.must("keys", "make", "--field", "intercom", "--center", C, "--units", ",".join(VOLUNTEERS))
    assert said["made"] == ["intercom"] and said["told"] == [C]
    assert said["files"] == [str(tree.folder / "keys" / C / "intercom.key")]
    again = tree.must("keys", "make", "--field", "intercom", "--center", C)
    assert again["made"] == again["told"] == []
    (row,) = tree.must("keys", "list")["fields"]
    assert row["name"] == "intercom" and row["center"] == C and row["units"] == " ".join(VOLUNTEERS)
    assert [peer["name"] for peer in center(tree, C)["peers"] if peer["kind"] == "field"] == ["intercom"]
    assert not any(peer["kind"] == "field" for peer in center(tree, S)["peers"])


def test_the_units_of_a_field_client_change_without_a_new_key(tree):
    before = tree.must("keys", "list")["fields"][0]["key"]
    said = tree.must("keys", "make", "--field", "intercom", "--center", C, "--units", VOLUNTEERS[0])
    assert said["made"] == [] and said["told"] == [C]
    (row,) = tree.must("keys", "list")["fields"]
    assert row["units"] == VOLUNTEERS[0] and row["key"] == before


@pytest.mark.parametrize("words, code", [
    (("--field", "intercom", "--center", S), "USAGE"),  # the name of C's
    (("--field", C, "--center", S), "USAGE"),
    (("--field", "operator", "--center", S), "USAGE"),
    (("--field", "sign", "--center", S), "USAGE"),
    (("--field", "a b", "--center", S), "USAGE"),
    (("--field", "bridge"), "USAGE"),
    (("--center", S, "--units", "*"), "USAGE"),
    (("--field", "bridge", "--center", S, "--units", ""), "MALFORMED"),
    (("--field", "bridge", "--center", S, "--units", "volunteer.1,*"), "MALFORMED"),
    (("--field", "bridge", "--center", S, "--units", "volunteer/1"), "MALFORMED"),
    (("--field", "bridge", "--center", "1"), "UNKNOWN_CENTER"),
])
def test_a_field_client_that_cannot_be_is_refused_and_nothing_is_written(tree, words, code):
    before = json.dumps(tree.must("keys", "list").json)
    said = tree.run("keys", "make", *words)
    assert said.status != 0 and said.code == code, said
    assert json.dumps(tree.must("keys", "list").json) == before


def test_a_field_client_gets_a_new_key_and_loses_it(tree):
    before = tree.must("keys", "list")["fields"][0]["key"]
    said = tree.must("keys", "rotate", "intercom")
    assert said["made"] == ["intercom"] and said["told"] == [C]
    assert tree.must("keys", "list")["fields"][0]["key"] != before
    assert tree.must("keys", "revoke", "intercom")["told"] == [C]
    assert tree.must("keys", "list")["fields"] == []
    tree.must("keys", "make", "--all")
    assert tree.must("keys", "list")["fields"] == []
    assert tree.must("keys", "make", "--field", "intercom", "--center", C)["made"] == ["intercom"], "by name, anew"


def test_with_all_every_center_gets_a_gateway_of_its_own(tree):
    tree.must("keys", "make", "--field", "gateway", "--all")
    said = {row["name"]: row for row in tree.must("keys", "list")["fields"] if row["name"] != "intercom"}
    assert said.keys() == {f"gateway.{code}" for code in tree.codes}
    assert all(row["units"] == "*" and row["name"] == f"gateway.{row['center']}" for row in said.values())
