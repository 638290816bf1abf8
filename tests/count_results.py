#!/usr/bin/env python3
"""Sums a JUnit file of ctest: count_results.py REPORT.xml TESTDATA

Prints what is wrong, then a last line "passed failed skipped". A skipped test counts as failed when
nothing explains it. Explained are: tests of real evidence (real.*) where the folder TESTDATA is
absent, and tests that mount an NTFS image (*.NtfsMount.*) where this process may not mount. A missing
or empty report is one failure. Ends with 1 when something failed.
"""
import os
import sys
import xml.etree.ElementTree as ElementTree

CAP_SYS_ADMIN = 1 << 21


def may_mount():
    with open("/proc/self/status", encoding="ascii") as status:
        effective = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
    return bool(effective & CAP_SYS_ADMIN) and os.access("/dev/fuse", os.R_OK | os.W_OK)


def is_explained(name, testdata):
    if name.startswith("real."):
        return not os.path.isdir(testdata)
    return ".NtfsMount." in name and not may_mount()


def main():
    report, testdata = sys.argv[1:]
    passed = failed = skipped = 0
    try:
        cases = ElementTree.parse(report).getroot().findall(".//testcase")
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test report: {error}")
        cases = []
    for case in cases:
        name = case.get("name")
        if case.find("skipped") is not None:
            if is_explained(name, testdata):
                skipped += 1
            else:
                failed += 1
                print(f"skipped without a known reason: {name}")
        elif case.get("status") == "run" and case.find("failure") is None:
            passed += 1
        else:
            failed += 1
            print(f"failed: {name}")
    if not cases:
        failed += 1
        print("no tests ran")
    print(passed, failed, skipped)
    return 1 if failed else 0


sys.exit(main())
