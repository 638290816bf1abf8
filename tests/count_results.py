#!/usr/bin/env python3
"""Sums a JUnit file of ctest: count_results.py REPORT.xml TESTDATA [PROGRAM_REPORTS]

A test NAME for which the folder PROGRAM_REPORTS has NAME.xml (of GoogleTest) is a whole program: its
tests are counted instead, and one failure more when it ended badly without saying which of them failed.

Prints what is wrong, then a last line "passed failed skipped". A skipped test counts as failed when
nothing explains it. Explained are: tests of real evidence (real.*) where the folder TESTDATA is
absent, and tests that say that they cannot mount (the word stands in their reason) where this process
may not. A missing or empty report is one failure. Ends with 1 when something failed.
"""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

CAP_SYS_ADMIN = 1 << 21


def may_mount():
    with open("/proc/self/status", encoding="ascii") as status:
        effective = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
    return bool(effective & CAP_SYS_ADMIN) and os.access("/dev/fuse", os.R_OK | os.W_OK)


def is_explained(name, reason, testdata):
    if name.startswith("real.") and not os.path.isdir(testdata):
        return True
    return "mount" in reason and not may_mount()


def tests_of(program_report):
    """GoogleTest writes parameters of tests as they are: bytes that XML cannot hold are no part of a result."""
    with open(program_report, encoding="utf-8", errors="replace") as file:
        text = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", file.read())
    return ElementTree.fromstring(text).findall(".//testcase")


def outcome(case):
    if case.find("skipped") is not None or case.get("result") == "skipped":
        return "skipped"
    ran = case.get("status") == "run"
    return "passed" if ran and case.find("failure") is None else "failed"


def reason_of(case):
    """Why a test was skipped, in its own words."""
    skipped = case.find("skipped")
    return "" if skipped is None else f"{skipped.get('message', '')} {skipped.text or ''}"


def results(report, programs):
    """Name, outcome and, of one that was skipped, the reason of each test."""
    for case in ElementTree.parse(report).getroot().findall(".//testcase"):
        name, ended = case.get("name"), outcome(case)
        inner = os.path.join(programs, name + ".xml") if programs else ""
        if not os.path.isfile(inner):
            yield name, ended, reason_of(case)
            continue
        failures = 0
        for test in tests_of(inner):
            failures += outcome(test) == "failed"
            yield f"{name}.{test.get('classname')}.{test.get('name')}", outcome(test), reason_of(test)
        if ended == "failed" and not failures:
            yield f"{name}: the program ended badly", "failed", ""


def main():
    report, testdata, *programs = sys.argv[1:]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    try:
        for name, ended, reason in results(report, programs[0] if programs else None):
            if ended == "skipped" and not is_explained(name, reason, testdata):
                print(f"skipped without a known reason: {name}")
                ended = "failed"
            elif ended == "failed":
                print(f"failed: {name}")
            counts[ended] += 1
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test report: {error}")
        counts["failed"] += 1
    if not any(counts.values()):
        counts["failed"] += 1
        print("no tests ran")
    print(*counts.values())
    return 1 if counts["failed"] else 0


sys.exit(main())
