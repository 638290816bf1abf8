#!/usr/bin/env python3
"""Sums a JUnit file of ctest: count_results.py REPORT.xml TESTDATA

Prints what is wrong, then a last line "passed failed skipped". A skipped test counts as failed when
nothing explains it: only tests of real evidence (real.*) may be skipped, and only where the folder
TESTDATA is absent. A missing or empty report is one failure. Ends with 1 when something failed.
"""
import os
import sys
import xml.etree.ElementTree as ElementTree


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
            if name.startswith("real.") and not os.path.isdir(testdata):
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
