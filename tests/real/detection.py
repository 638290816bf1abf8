#!/usr/bin/env python3
"""Measures the rules over real evidence: docs/detection.md and docs/attack_logs.md.

detection.py HOZEN [--write]
Collects from each sample of samples.py by itself and counts, rule by rule, where it told what it had
to, where it told anything on a host that nobody attacked, and what it told on hosts of which nobody
knows. With --write the pages are written anew; otherwise they must be the same. Ends with 1 when
something is missing, a rule tells more than `low` of a clean host, a finding on an unknown host has no
reason in detection.tsv, or a page differs; with 77 (skipped) without the test data (HOZEN_TESTDATA, or
../shared/testdata beside the checkout) or without 7-Zip.
"""
import collections
import os
import pathlib
import re
import shutil
import sys

import attack_logs
import samples
from samples import RANKS

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
MEDIUM = RANKS.index("medium")
# The last section, which tests/sideload/measure.py writes.
SIDE_LOADING = TOP / "tests" / "sideload" / "measured.md"


def all_rules():
    """Names of rules as tests and code write them whole: `module.rule`."""
    modules = {path.stem for path in (TOP / "modules").rglob("*.cpp")}
    files = {"c", "cpp", "dll", "dmp", "dat", "db", "exe", "log", "temp", "tsv", "txt", "vbs", "xml"}
    names = set()
    for folder in ("collector", "modules", "tests"):
        for path in (TOP / folder).rglob("*"):
            if path.suffix in (".cpp", ".h", ".inc", ".tsv"):
                for module, rule in re.findall(r'"([a-z_]+)\.([a-z_]+)"', path.read_text(errors="replace")):
                    if module in modules and rule not in files:
                        names.add(f"{module}.{rule}")
    return names


def reasons():
    """{(sample, rule): (verdict, reason)} of findings above low on hosts of unknown history."""
    rows = {}
    for line in (HERE / "detection.tsv").read_text().splitlines():
        if not line.startswith("#"):
            sample, rule, verdict, reason = line.split("\t")
            rows[sample, rule] = (verdict, reason)
    return rows


def ranks_of(findings):
    """{rule: highest rank} of one sample."""
    ranks = {}
    for finding in findings:
        ranks[finding["rule"]] = max(ranks.get(finding["rule"], 0), RANKS.index(finding["severity"]))
    return ranks


class Counts:
    def __init__(self):
        self.asked = self.told = self.attacked = self.attacked_low = 0
        self.unknown = self.unknown_low = self.clean = self.clean_low = 0


def count(results):
    """Per rule, in samples."""
    counts = collections.defaultdict(Counts)
    expected = attack_logs.expectations()
    for name, role, findings in results:
        ranks = ranks_of(findings)
        all_hits = []
        for technique, _, rules, severity in expected.get(name, []):
            hits = [rule for rule in rules if attack_logs.hit_of(findings, technique, [rule], severity)]
            for rule in hits or rules[:1]:
                counts[rule].asked += 1
                counts[rule].told += rule in hits
            all_hits += hits
        for rule, rank in ranks.items():
            if rule not in all_hits:
                field = role + ("" if rank >= MEDIUM else "_low")
                setattr(counts[rule], field, getattr(counts[rule], field) + 1)
    return counts


def unknown_rows(results, known):
    """Lines of the table of unknown hosts, and what has no reason."""
    rows, wrong = [], []
    for name, role, findings in results:
        for rule, rank in sorted(ranks_of(findings).items()):
            if role != "unknown" or rank < MEDIUM:
                continue
            verdict, reason = known.pop((name, rule), ("", ""))
            if not reason:
                wrong.append(f"no reason in detection.tsv: {name}: {rule} {RANKS[rank]}")
            rows.append(f"| {name} | `{rule}` {RANKS[rank]} | {verdict} | {reason} |")
    wrong += [f"detection.tsv has a reason for what is not found: {sample}: {rule}" for sample, rule in known]
    return rows, wrong


def page_of(results):
    counts = count(results)
    rows, wrong = unknown_rows(results, reasons())
    roles = collections.Counter(role for _, role, _ in results)
    lines = []
    for rule in sorted(counts):
        c = counts[rule]
        lines.append(f"| `{rule}` | {c.told} of {c.asked} | {c.attacked} | {c.attacked_low} | "
                     f"{c.clean} | {c.clean_low} | {c.unknown} | {c.unknown_low} |")
        if c.clean:
            wrong.append(f"above low on a clean sample: {rule}")
    silent = sorted(all_rules() - set(counts))
    asked = sum(c.asked for c in counts.values())
    told = sum(c.told for c in counts.values())
    text = (
        "# How well the rules do\n\n"
        "Each sample of real evidence is collected from by itself, profile `triage`, and counted rule by rule. "
        "Written by `tests/real/detection.py HOZEN --write`; a test keeps it so.\n\n"
        f"- {roles['attacked']} samples of attacks: logs of one technique each "
        "([attack_logs.md](attack_logs.md) says which), an attacked Windows 10, a task, a hive made for hidden tasks. "
        "*Told* counts the techniques that the rule must tell, at the severity it must have; *besides* are samples of "
        "attacks on which it told something that the sample was not made for: not false, but not counted as right.\n"
        f"- {roles['clean']} clean samples: the 109 logs of a Windows 10 that nobody attacked, and its neighbour's 201 "
        "ordinary tasks. What is told there is a **false positive**.\n"
        f"- {roles['unknown']} samples of unknown history: hives, prefetch files and logs of working machines. "
        "Whatever is above `low` there stands below with what it was.\n\n"
        f"Techniques told: {told} of {asked}. False positives above `low`: "
        f"{sum(c.clean for c in counts.values())}; of `low` or `info`: {sum(c.clean_low for c in counts.values())}.\n\n"
        "| rule | told | besides, above low | besides, low | clean, above low | clean, low | unknown, above low | "
        "unknown, low |\n|---|---|---|---|---|---|---|---|\n" + "\n".join(lines) +
        "\n\n## Findings above low on hosts of unknown history\n\n"
        "| sample | rule | verdict | what it was |\n|---|---|---|---|\n" + "\n".join(rows) +
        "\n\n## Rules that no sample shows\n\nTheir own tests alone do, with built evidence: " +
        ", ".join(f"`{rule}`" for rule in silent) + ".\n")
    if SIDE_LOADING.exists():
        text += "\n" + SIDE_LOADING.read_text(encoding="utf-8")
    return text, wrong


def main():
    hozen = sys.argv[1]
    data = pathlib.Path(os.environ.get("HOZEN_TESTDATA") or HERE.parents[2] / "shared/testdata").resolve()
    if not data.is_dir():
        print(f"skipped: no test data in {data}")
        return 77
    if shutil.which("7z") is None:
        print("skipped: the program 7z is not installed (package p7zip-full)")
        return 77
    logs = samples.run_all(hozen, list(samples.log_samples(data, samples.ATTACK_LOGS, "attacked")))
    others = samples.run_all(hozen, list(samples.host_samples(data)) +
                             list(samples.log_samples(data, samples.UNKNOWN_LOGS, "unknown")))
    clean = next(findings for name, _, findings in others if name == "logs of RathbunVM")
    attack_page, wrong, summary = attack_logs.page_of(logs, clean, 109)
    rule_page, more = page_of(logs + others)
    wrong += more
    for name, text in (("attack_logs.md", attack_page), ("detection.md", rule_page)):
        page = TOP / "docs" / name
        if "--write" in sys.argv:
            page.write_text(text)
        elif not page.exists() or page.read_text() != text:
            wrong.append(f"{name} is not what is found now: write it anew with --write and look at it")
    print("\n".join(wrong + [summary]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
