#!/usr/bin/env python3
"""What is found in logs of single attacks, as a table: docs/attack_logs.md.

attack_logs.py HOZEN [--write]
Collects from a folder of Windows that holds nothing but one log, for each log of the attack
collections, and compares the findings with attack_logs.tsv: a technique is found by a finding of the
rule that is named there, of the severity there or a higher one, that carries it. With --write the
table is written anew; otherwise it must be the same. Ends with 1 when a technique that a part of the
product here owes is not found, or the table differs; with 77 (skipped) without the test data (HOZEN_TESTDATA, or
../shared/testdata beside the checkout).
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE.parent.parent / "docs/attack_logs.md"
COLLECTIONS = ("attack-samples", "hayabusa", "sigma", "velociraptor")
# What is not looked for yet; a finding of another kind may be there all the same.
LATER = {"credential theft", "ZeroLogon", "side-loaded DLLs"}
CLEAN = "evtx-sets/museum/Win10/RathbunVM/RathbunVM_W10EventLogs.7z"
RANKS = ("info", "low", "medium", "high", "critical")


def findings_of(hozen, logs):
    """Of a Windows that holds these logs alone."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder, "root/Windows/System32")
        (root / "config").mkdir(parents=True)
        (root / "winevt/Logs").mkdir(parents=True)
        for log in logs:
            shutil.copy(log, root / "winevt/Logs")
        output = pathlib.Path(folder, "output")
        output.mkdir()
        subprocess.run([hozen, "collect", "--root", root.parent.parent, "--output", f"{output}/",
                        "--quiet"], capture_output=True, check=False)
        with zipfile.ZipFile(next(output.glob("*.zip"))) as bundle:
            names = [n for n in bundle.namelist() if re.fullmatch(r"findings(\.\d+)?\.jsonl", n)]
            return [json.loads(line) for name in names
                    for line in bundle.read(name).decode().splitlines()]


def clean_host(hozen, testdata):
    """Findings of a host that nobody attacked, and how many logs it has; None without 7-Zip."""
    if shutil.which("7z") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["7z", "x", "-y", f"-o{folder}", testdata.parent / CLEAN],
                       capture_output=True, check=True)
        logs = list(pathlib.Path(folder).rglob("*.evtx"))
        return findings_of(hozen, logs), len(logs)


def expectations():
    rows = {}
    for line in (HERE / "attack_logs.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        path, technique, part, rules, severity = line.split("\t")
        rows[path] = (technique, part, rules.split(","), severity)
    return rows


def hit_of(findings, technique, rules, severity):
    """The highest severity of a finding that is what was expected, None without one."""
    ranks = [RANKS.index(f["severity"]) for f in findings
             if f["rule"] in rules and any(one.startswith(technique) for one in f["attack"])]
    enough = [rank for rank in ranks if rank >= RANKS.index(severity)]
    return RANKS[max(enough)] if enough else None


def found_text(findings):
    """Rules with their highest severity and how often, the most important first."""
    rules = {}
    for finding in findings:
        rank, count = rules.get(finding["rule"], (0, 0))
        rules[finding["rule"]] = (max(rank, RANKS.index(finding["severity"])), count + 1)
    ordered = sorted(rules.items(), key=lambda item: (-item[1][0], item[0]))
    return ", ".join(f"`{rule}` {RANKS[rank]}" + (f" x{count}" if count > 1 else "")
                     for rule, (rank, count) in ordered)


def main():
    hozen = sys.argv[1]
    given = os.environ.get("HOZEN_TESTDATA") or HERE.parents[2] / "shared/testdata"
    testdata = pathlib.Path(given, "evtx")
    if not testdata.is_dir():
        print(f"skipped: no test data in {testdata}")
        return 77
    expected = expectations()
    logs = sorted(path for collection in COLLECTIONS
                  for path in (testdata / collection).rglob("*.evtx"))
    missing, rows, later, only_low = [], [], [], 0
    for log in logs:
        name = log.relative_to(testdata).as_posix()
        findings = findings_of(hozen, [log])
        technique, part, rules, severity = expected.pop(name, ("", "", [], ""))
        short = name.replace("|", "\\|")
        if technique and part not in LATER:
            hit = hit_of(findings, technique, rules, severity)
            if hit is None:
                missing.append(name)
            elif hit == "low":
                only_low += 1
            wanted = " or ".join(f"`{rule}`" for rule in rules)
            rows.append(f"| {short} | {technique} | {part} | {wanted}, {severity} | "
                        f"{hit or '**no**'} | {found_text(findings)} |")
        elif technique:
            later.append(f"| {short} | {technique} | {part} | {found_text(findings) or '-'} |")
        elif findings:
            later.append(f"| {short} | - | - | {found_text(findings)} |")
    text = (
        "# What is found in logs of single attacks\n\n"
        "Each log of public collections of attacks (EVTX-ATTACK-SAMPLES, Hayabusa's samples, those of "
        "Sigma's rules, Velociraptor's) alone in a folder of Windows, profile `triage`. Written by "
        "`tests/real/attack_logs.py HOZEN --write`; a test keeps it so.\n\n"
        "## Techniques that the modules here owe\n\n"
        "Expected is the rule that must tell the technique, and its lowest severity; found is the "
        "severity with which it does.\n\n"
        "| log | technique | part | expected | found | findings |\n|---|---|---|---|---|---|\n" + "\n".join(rows) +
        "\n\n## Techniques that other parts will owe, and logs that have findings besides\n\n"
        "| log | technique | part | findings |\n|---|---|---|---|\n" + "\n".join(later) +
        f"\n\n{len(logs)} logs; of {len(rows)} techniques owed here {len(rows) - len(missing)} are "
        f"found, {only_low} of them by no more than a `low` finding, which a reader in a hurry passes "
        "over.\n")
    status = 0
    clean = clean_host(hozen, testdata)
    if clean is None:
        print("skipped: the program 7z is not installed (package p7zip-full)")
        return 77
    false_alarms = [f for f in clean[0] if RANKS.index(f["severity"]) > 1]
    text += (f"\nOn {clean[1]} logs of a host that nobody attacked: {len(clean[0])} findings, "
             f"{len(false_alarms)} of them above `low`.\n")
    for finding in false_alarms:
        print(f"false alarm: {finding['severity']} {finding['rule']} {finding['subject']}")
        status = 1
    for name in missing:
        print(f"not found: {name}")
        status = 1
    for name in expected:
        print(f"no such log: {name}")
        status = 1
    if "--write" in sys.argv:
        TABLE.write_text(text)
    elif not TABLE.exists() or TABLE.read_text() != text:
        print(f"{TABLE.name} is not what is found now: write it anew with --write and look at it")
        status = 1
    print(f"{len(rows) - len(missing)} of {len(rows)} techniques found in {len(logs)} logs")
    return status


if __name__ == "__main__":
    sys.exit(main())
