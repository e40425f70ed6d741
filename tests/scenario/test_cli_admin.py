"""The administrator's commands: planning and making a tree, its keys, its configuration, and learning from closed cases."""
import os
import pathlib
import re
import subprocess
import unicodedata

import pytest

from tree import CHECKOUT, Outcome, binaries

CONFIG = CHECKOUT / "config"
PINGSHAN = CONFIG / "topology" / "pingshan.yaml"
MINIMAL = CONFIG / "topology" / "minimal.yaml"
D, S, C = "990101", "990101001", "990101001001"


def sanji(*words, json_too=True, **env):
    """Runs a command that needs no tree."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SANJI_")}
    done = subprocess.run([binaries() / "sanji", *map(str, words), *(["--json"] if json_too else [])],
                          capture_output=True, timeout=60, stdin=subprocess.DEVNULL, env={**bare, **env}, check=False)
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert done.returncode in (0, 1, 2, 3, 4), outcome
    return outcome


def good(*words, **options):
    outcome = sanji(*words, **options)
    assert outcome.status == 0, outcome
    return outcome


def width(text):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


# ---- configuration ----

@pytest.mark.parametrize("name, tiers", [("minimal", [1, 1, 1]), ("baoan", [1, 10, 124]), ("pingshan", [1, 6, 23]),
                                         ("jianye", [1, 6, 64]), ("dongguan", [1, 33, 593]),
                                         ("shenzhen", [1, 10, 74, 659])])
def test_every_tree_of_the_project_is_sound(name, tiers):
    said = good("topology", "check", CONFIG / "topology" / f"{name}.yaml")
    assert [tier["centers"] for tier in said["tiers"]] == tiers and said["centers"] == sum(tiers)


def test_a_broken_tree_is_told_with_every_place_at_once(tmp_path):
    text = MINIMAL.read_text(encoding="utf-8").replace("../", f"{CONFIG}/")
    lines = text.replace('parent: "440306017"', 'parent: "440399"').replace("tier: street, parent", "tier: strasse, parent")
    broken = tmp_path / "broken.yaml"
    broken.write_text(lines, encoding="utf-8")
    wrong = [number for number, line in enumerate(lines.splitlines(), 1) if "440399" in line or "strasse" in line]
    said = sanji("topology", "check", broken)
    assert said.status == 2 and said.code == "CONFIG" and said["count"] >= 2
    places = [re.match(rf"{re.escape(str(broken))}:(\d+):\d+: ", error) for error in said["errors"]]
    assert all(places) and {int(place[1]) for place in places} == set(wrong)
    assert "440399" in said.err


def test_columns_stand_straight_below_each_other_in_chinese():
    lines = good("topology", "show", MINIMAL, json_too=False).out.splitlines()
    begins = [width(re.match(r"(.*?)(?=(代码|\d{6}))", line)[1]) for line in lines]
    assert len(lines) == 4 and len(set(begins)) == 1
    assert len({width(line) for line in lines}) == 1, "the last column is one of numbers and ends straight"
    assert not any(line.endswith(" ") for line in lines)


def test_a_command_without_a_tree_says_how_to_name_one():
    said = sanji("catalogue", "list")
    assert said.status == 2 and "SANJI_SITE" in said["detail"]


# ---- planning ----

def plan(tmp_path, *more, topology=MINIMAL):
    out = tmp_path / "site.yaml"
    return out, sanji("site", "plan", "--topology", topology, "--var", tmp_path, "--database-host", tmp_path, "--out", out,
                      *more)


def test_a_plan_gives_each_center_a_port_a_database_and_a_folder(tmp_path):
    out, said = plan(tmp_path, "--base-port", 25000)
    text = out.read_text(encoding="utf-8")
    assert said.status == 0 and (said["first_port"], said["last_port"], said["exercise"]) == (25000, 25002, False)
    assert re.findall(r"127\.0\.0\.1:(\d+)", text) == ["25000", "25001", "25002"]
    for code in ("440306", "440306017", "440306017001"):
        assert f"dbname=sanji_{code} " in text and f"{tmp_path}/state/{code}" in text
    assert good("check", "--site", out)["centers"] == 3


def test_an_exercise_keeps_its_clock_over_a_second_plan(tmp_path):
    out, said = plan(tmp_path, "--clock-scale", 600, "--from-clock", "2024-03-01T08:00:00+08:00")
    before = re.findall(r"origin_ms: (\d+)", out.read_text(encoding="utf-8"))
    assert said["exercise"] and before[1] == "1709251200000"
    _, said = plan(tmp_path, "--clock-of", out, "--base-port", 26000)
    assert said["exercise"] and re.findall(r"origin_ms: (\d+)", out.read_text(encoding="utf-8")) == before


@pytest.mark.parametrize("more, word", [(["--base-port", 65534], "base-port"), (["--clock-scale", 0], "clock-scale"),
                                        (["--from-clock", "yesterday"], "from-clock"), (["--frobnicate"], "frobnicate")])
def test_a_plan_that_cannot_be_is_refused_and_leaves_no_file(tmp_path, more, word):
    out, said = plan(tmp_path, *more)
    assert said.status in (1, 2) and word in said["detail"] and not list(tmp_path.iterdir()), said
    assert not out.exists()


# ---- catalogue and calendar ----

def test_items_carry_their_limits_with_amount_and_unit():
    items = {item["code"]: item for item in good("catalogue", "list", "--topology", MINIMAL)["items"]}
    assert len(items) == 150 and items["0101"]["class"] == "01"
    assert items["0101"]["limits"]["handle"] == {"amount": 3, "unit": "work_day", "text": "3 work-days"}
    some = good("catalogue", "list", "--topology", MINIMAL, "--class", "01")["items"]
    assert 0 < len(some) < 150 and {item["class"] for item in some} == {"01"}
    assert good("catalogue", "show", "0101", "--topology", MINIMAL).json == items["0101"]


def test_an_unknown_item_and_an_unknown_area_are_refused_by_name():
    assert sanji("catalogue", "show", "9999", "--topology", MINIMAL).code == "UNKNOWN_ITEM"
    said = sanji("catalogue", "route", "0101", "--area", "999999", "--topology", MINIMAL)
    assert said.status == 1 and said.code == "UNKNOWN_AREA"


def test_a_route_names_departments_with_their_seat():
    said = good("catalogue", "route", "0101", "--area", "440306017001", "--topology", MINIMAL)
    assert not said["manual"] and said["candidates"][0]["center"] in ("440306", "440306017", "440306017001")
    assert said["candidates"][0]["name"] and said["candidates"][0]["by"] in ("item", "sub", "class", "item_area", "sub_area")


CHINA = ["--calendar", CONFIG / "calendar" / "china.yaml"]


@pytest.mark.parametrize("begin, span, due", [
    ("2026-02-13T17:30", "4wh", "2026-02-14T11:30"),      # Saturday the 14th is a make-up working day
    ("2026-02-13T17:30", "4 work-hours", "2026-02-14T11:30"),
    ("2026-02-14T17:30", "1wd", "2026-02-24T17:30"),      # the Spring Festival lies between
    ("2026-02-14T17:30", "36h", "2026-02-16T05:30"),
    ("2026-02-14T17:30", "2d", "2026-02-16T17:30")])
def test_the_calendar_counts_as_the_rules_do(begin, span, due):
    assert good("calendar", "add", begin, span, *CHINA)["due"].startswith(due)


def test_what_lies_between_two_moments_is_told_in_the_unit_asked_for():
    words = ["calendar", "between", "2026-02-13T17:30", "2026-02-24T10:00", *CHINA, "--unit"]
    assert good(*words, "wh")["amount"] == 0.5 + 8 + 2
    assert good(*words, "wd")["amount"] == (0.5 + 8 + 2) / 8
    assert good(*words, "h")["amount"] == 10 * 24 + 16.5
    assert sanji(*words, "parsec").status == 2


def test_a_year_of_the_calendar_shows_its_holidays_alone():
    said = good("calendar", "show", "--year", 2026, *CHINA)
    assert "2026-10-01" in said["holidays"] and "2026-02-14" in said["makeup_days"]
    assert all(day.startswith("2026") for day in said["holidays"] + said["makeup_days"])


# ---- learning ----

COLUMNS = ["REC_ID", "CREATE_TIME", "STREET_NAME", "COMMUNITY_NAME", "EVENT_TYPE_ID", "EVENT_TYPE_NAME", "MAIN_TYPE_ID",
           "MAIN_TYPE_NAME", "SUB_TYPE_ID", "SUB_TYPE_NAME", "DISPOSE_UNIT_ID", "DISPOSE_UNIT_NAME", "EVENT_SRC_NAME",
           "EVENT_PROPERTY_NAME", "INTIME_ARCHIVE_NUM", "OVERTIME_ARCHIVE_NUM"]


def row(number, at, unit="1583", place=("坪山街道", "六联社区"), item=("5", "176", "590"), closed="1", name="某单位"):
    return [str(number), at, *place, item[0], "类", item[1], "小类", item[2], "事项", unit, name, "12345", "投诉", closed, "0"]


def cases(path, rows, end="\n", mark="", columns=None):
    quoted = [",".join('"' + cell.replace('"', '""') + '"' if re.search('[",\n]', cell) else cell for cell in one)
              for one in [columns or COLUMNS, *rows]]
    path.write_bytes((mark + end.join(quoted) + end).encode())
    return path


def learn(path, *more):
    return sanji("catalogue", "learn", path, "--format", "pingshan", "--topology", PINGSHAN, *more)


def test_closed_cases_name_the_department_of_later_ones(tmp_path):
    rows = [row(n, f"2018-03-{n:02d} 09:00:00") for n in range(1, 21)]
    rows += [row(n, f"2018-04-{n - 20:02d} 09:00:00") for n in range(21, 31)]
    said = learn(cases(tmp_path / "a.csv", rows), "--train-until", "2018-04-01")
    assert said.status == 0, said
    assert (said["rows"], said["cases"], said["trained"], said["frozen"]["cases"]) == (30, 30, 20, 10)
    assert said["frozen"]["right_first"] == 10 and said["frozen"]["share_first"] == 1
    assert [month["month"] for month in said["months"]] == ["2018-04"]


def test_learning_on_follows_a_department_that_changes(tmp_path):
    rows = [row(n, f"2018-03-{n:02d} 09:00:00") for n in range(1, 6)]
    rows += [row(100 + n, f"2018-04-{n:02d} 09:00:00", unit="1555") for n in range(1, 29)]
    said = learn(cases(tmp_path / "a.csv", rows), "--train-until", "2018-04-01", "--close-after", "2")
    assert said["frozen"]["right_first"] == 0 and said["learning"]["right_first"] > 14
    later = learn(tmp_path / "a.csv", "--train-until", "2018-04-01", "--close-after", "20")
    assert later["learning"]["right_first"] < said["learning"]["right_first"], "what has not closed teaches nothing"


def test_the_same_file_reads_the_same_with_quotes_marks_and_other_line_ends(tmp_path):
    plain = [row(n, f"2018-03-{n:02d} 09:00:00") for n in range(1, 11)]
    odd = [row(n, f"2018-03-{n:02d} 09:00:00", name='甲,"乙"\n丙') for n in range(1, 11)]
    one = learn(cases(tmp_path / "a.csv", plain)).json
    two = learn(cases(tmp_path / "b.csv", odd, end="\r\n", mark="\ufeff")).json
    back = cases(tmp_path / "c.csv", [list(reversed(one_row)) for one_row in plain], columns=list(reversed(COLUMNS)))
    assert one == two == learn(back).json and one["cases"] == 10


def test_rows_that_cannot_be_placed_are_counted_by_their_reason(tmp_path):
    at = "2018-03-01 09:00:00"
    said = learn(cases(tmp_path / "a.csv", [
        row(1, at), row(2, at, place=("-", "-")), row(3, at, place=("云外街道", "六联社区")), row(4, at, item=("99", "1", "1")),
        row(5, at, closed="-"), row(6, at, unit="-"), row(7, at, unit="77777")]))
    assert said["skipped"] == {"not_closed": 1, "no_department": 1, "unknown_department": 1, "no_place": 1,
                               "unknown_place": 1, "unknown_item": 1}
    assert said["rows"] == 7 and said["cases"] == 2 and said["trained"] == 1


def test_a_community_belongs_to_the_street_that_its_row_names(tmp_path):
    said = learn(cases(tmp_path / "a.csv", [row(1, "2018-03-01 09:00:00", place=("龙田街道", "六联社区"))]))
    assert said["skipped"]["unknown_place"] == 1


@pytest.mark.parametrize("text, place", [
    ("REC_ID,CREATE_TIME\n1,2\n", ":1: no column"), ("", "empty"),
    (",".join(COLUMNS) + "\n1,2\n", ":2: 2 fields where the header has 16"),
    (",".join(COLUMNS) + '\n"1,2\n', ":2: a quote that never ends"),
    (",".join(COLUMNS) + "\n" + ",".join(row(1, "no time")) + "\n", "line 2: CREATE_TIME")])
def test_a_broken_file_is_refused_with_its_line(tmp_path, text, place):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    said = learn(path)
    assert said.status != 0 and said.code == "MALFORMED" and place in said["detail"], said


def test_a_learned_matrix_is_one_that_a_tree_takes(tmp_path):
    rows = [row(n, f"2018-03-{n:02d} 09:00:00", place=("龙田街道", "老坑社区")) for n in range(1, 11)]
    matrix = tmp_path / "matrix.yaml"
    said = learn(cases(tmp_path / "a.csv", rows), "--out", matrix, "--least", "3")
    assert said.status == 0 and said["out"] == str(matrix)
    topology = tmp_path / "topology.yaml"
    topology.write_text(PINGSHAN.read_text(encoding="utf-8").replace("../catalogue/pingshan-matrix.yaml", str(matrix))
                        .replace("../", f"{CONFIG}/"), encoding="utf-8")
    routed = good("catalogue", "route", "5.176.590", "--area", "440310006004", "--topology", topology)["candidates"][0]
    assert (routed["department"], routed["by"], routed["support"]) == ("u1583", "item_area", 10)
    assert not list(tmp_path.glob("*.draft"))


# ---- the command line itself ----

def commands():
    return [line.split("  ")[1].removeprefix("sanji ") for line in good("--help", json_too=False).out.splitlines()
            if line.startswith("  sanji ")]


def test_completion_and_manual_know_every_command(tmp_path):
    script, man = (good(*words, json_too=False).out for words in (["completion", "bash"], ["man"]))
    man = man.replace("\\-", "-")  # roff's way to write the hyphen of a name
    path = tmp_path / "completion"
    path.write_text(script, encoding="utf-8")
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
    for command in commands():
        group, *rest = command.split(" ")
        assert group in script and f".SS sanji {group}" in man
        if rest and rest[0].islower():
            assert f"'{group} {rest[0]}')" in script and f".SS sanji {group} {rest[0]}" in man


def test_completion_offers_what_fits(tmp_path):
    path = tmp_path / "completion"
    path.write_text(good("completion", "bash", json_too=False).out, encoding="utf-8")

    def offers(*words):
        line = " ".join(f"'{word}'" for word in words)
        done = subprocess.run(["bash", "-c", f"source {path}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _sanji;"
                               'printf "%s\\n" "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert offers("sanji", "cal") == ["calendar"]
    assert offers("sanji", "calendar", "b") == ["between"]
    assert offers("sanji", "site", "plan", "--clock-s") == ["--clock-scale"]
    assert offers("sanji", "tree", "--lang", "") == ["zh", "en"]


def test_help_of_each_command_names_its_options_in_both_languages():
    for command in commands():
        words = [word for word in command.split(" ")[:2] if word.islower()]
        for language in ("zh", "en"):
            said = good(*words, "--help", "--lang", language, json_too=False).out
            assert said.startswith(f"sanji {' '.join(words)}") and "--json" in said


# ---- databases and keys ----

@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree()


def test_init_again_changes_nothing(tree):
    keys = {path: path.read_bytes() for path in pathlib.Path(tree.folder, "keys").rglob("*") if path.is_file()}
    said = tree.must("init", "--all")
    assert said["centers"] == 7 and said["keys_made"] == said["lists_written"] == said["databases_made"] == 0
    assert said["neighbours_added"] == 0
    assert {path: path.read_bytes() for path in keys} == keys


def test_secret_keys_are_closed_to_others(tree):
    secret = list(pathlib.Path(tree.folder, "keys").rglob("*.key"))
    assert len(secret) == 15 and all(path.stat().st_mode & 0o077 == 0 for path in secret)


def test_each_center_lists_its_children_and_the_operator_and_nobody_else(tree):
    said = {one["code"]: one for one in tree.must("keys", "list")["centers"]}
    for code, one in said.items():
        children = {other for other in said if other.startswith(code) and len(other) == len(code) + 3}
        assert {peer["name"] for peer in one["peers"]} == children | {"operator"}
        assert all(said[peer["name"]]["key"] == peer["key"] for peer in one["peers"] if peer["kind"] == "center")


def test_a_database_migrates_only_while_its_daemon_is_down(tree):
    said = tree.run("migrate", "--center", C)
    assert said.status == 3 and said["centers"][0]["outcome"] == "LOCKED"
    tree.stop(C)
    one = tree.must("migrate", "--center", C)["centers"][0]
    assert one["ok"] and one["from"] == one["to"] > 0, "it is of this version already"
    tree.up()


def test_init_refuses_a_database_of_another_center(tree, tmp_path):
    crossed = tmp_path / "site.yaml"
    text = tree.site.read_text(encoding="utf-8")
    crossed.write_text(text.replace(f"dbname={tree.database(S)} ", f"dbname={tree.database(C)} "), encoding="utf-8")
    said = sanji("init", "--center", S, "--site", crossed, SANJI_ADMIN_DSN=tree.dsn)
    assert said.status != 0 and said.code == "CONFIG" and S in said["detail"], said


def test_the_operators_key_is_renewed_while_the_tree_runs(tree):
    before = tree.must("keys", "list")["clients"][0]["key"]
    said = tree.must("keys", "rotate", "operator")
    assert said["made"] == ["operator"] and sorted(said["told"]) == sorted(tree.codes)
    assert tree.must("keys", "list")["clients"][0]["key"] != before
    assert all(row["up"] for row in tree.centers_of_tree())


def test_a_revoked_center_is_cut_off_until_it_has_a_new_key(tree):
    said = tree.must("keys", "revoke", C)
    assert sorted(said["told"]) == sorted(tree.codes), "C is off its parent's list, and off everybody's list of signers"
    tree.restart(C)
    tree.wait(lambda: any(row["up"] and row["code"] == C for row in tree.centers_of_tree()), "the center up")
    assert [row["link"] for row in tree.centers_of_tree() if row["code"] == C] != ["up"]
    assert tree.must("init", "--all")["lists_written"] == 0, "init does not list a revoked key again"
    said = tree.must("keys", "rotate", C)
    assert said["restart"] == [C] and sorted(said["told"]) == sorted(set(tree.codes) - {C})
    tree.restart(C)
    tree.up()


def test_a_client_program_gets_a_key_and_loses_it(tree):
    assert tree.must("keys", "make", "--client", "console")["made"] == ["console"]
    assert any(peer["name"] == "console" for peer in tree.must("keys", "list", "--center", D)["centers"][0]["peers"])
    tree.must("keys", "revoke", "console")
    assert not any(peer["name"] == "console" for peer in tree.must("keys", "list", "--center", D)["centers"][0]["peers"])
    assert tree.run("keys", "revoke", "nobody").code == "UNKNOWN_TARGET"
    assert tree.run("keys", "revoke", "operator").status == 2


def test_init_finds_the_server_in_the_site_when_it_is_given_none(tree, tmp_path):
    assert good("init", "--center", C, "--site", tree.site)["databases_made"] == 0
    quoted = tmp_path / "site.yaml"
    text = tree.site.read_text(encoding="utf-8")
    quoted.write_text(text.replace(f"dbname={tree.database(C)} ", f"dbname = '{tree.database(C)}' "), encoding="utf-8")
    assert good("init", "--center", C, "--site", quoted)["databases_made"] == 0
    quoted.write_text(text.replace(f"dbname={tree.database(C)} ", "dbname='open "), encoding="utf-8")
    assert sanji("init", "--center", C, "--site", quoted).code == "CONFIG"
