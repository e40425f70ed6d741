#!/usr/bin/python3
"""Counts the tests in a JUnit file of ctest or pytest, and names those that failed.

Usage: tally.py ctest|pytest FILE
First line: "PASSED FAILED"; then one line for each failure. A cmocka program holds many tests: each is counted. A program that
ran none, that died, or a test that was skipped counts as failed, because a part that does not run proves nothing.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree


def cmocka_counts(output):
    """(passed, failed) as the program said; (0, 0) when it said nothing."""
    passed = len(re.findall(r"^\[\s+OK \]", output, re.M))
    failed = sum(int(n) for n in re.findall(r"^\[  (?:FAILED|ERROR)\s*\] (\d+) test", output, re.M))
    return passed, failed


def ctest_case(case):
    """Yields ("ok", n) and ("bad", sentence)."""
    name, output = case.get("name"), case.findtext("system-out") or ""
    passed, failed = cmocka_counts(output)
    yield "ok", passed
    for line in sorted(set(re.findall(r"^\[  FAILED  \] (?!\d+ test)(\S+)\s*$", output, re.M))):
        yield "bad", f"{name}: {line}"
        failed -= 1
    for _ in range(failed):
        yield "bad", f"{name}: a test whose name was not printed"
    clean = case.get("status") == "run"
    if not clean and "[  FAILED  ]" not in output:
        yield "bad", f"{name}: the program ended badly ({case.get('status')})"
    elif clean and passed == 0:
        yield "bad", f"{name}: the program ran no test"


def pytest_case(case):
    name = f"{case.get('classname')}.{case.get('name')}"
    for kind in ("failure", "error", "skipped"):
        if case.find(kind) is not None:
            words = (case.find(kind).get("message") or "").strip().splitlines()
            yield "bad", f"{name}: {kind}: {words[0] if words else ''}"
            return
    yield "ok", 1


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("ctest", "pytest"):
        sys.exit(__doc__)
    judge = ctest_case if sys.argv[1] == "ctest" else pytest_case
    passed, bad = 0, []
    for case in ElementTree.parse(sys.argv[2]).iter("testcase"):
        for verdict, value in judge(case):
            if verdict == "ok":
                passed += value
            else:
                bad.append(value)
    print(passed, len(bad))
    for line in bad:
        print(line)


if __name__ == "__main__":
    main()
