"""What is found in logs of single attacks, as a table: docs/attack_logs.md.

Compares the findings of each log with attack_logs.tsv: a technique is found by a finding of the rule
that is named there, of the severity there or a higher one, that carries it.
"""
import pathlib

from samples import RANKS

TABLE = pathlib.Path(__file__).resolve().parent / "attack_logs.tsv"


def expectations():
    """{path of the log: [(technique, part that owes it, rules, lowest severity)]}"""
    rows = {}
    for line in TABLE.read_text().splitlines():
        if line.startswith("#"):
            continue
        path, technique, part, rules, severity = line.split("\t")
        rows.setdefault(path, []).append((technique, part, rules.split(","), severity))
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


def page_of(logs, clean_findings, clean_logs):
    """(text of the page, what is wrong) from [(path, role, findings)] of the logs of attacks."""
    expected, wrong = expectations(), []
    rows, others, found, only_low = [], [], 0, 0
    for name, _, findings in logs:
        short = name.replace("|", "\\|")
        owed = expected.pop(name, [])
        for technique, part, rules, severity in owed:
            hit = hit_of(findings, technique, rules, severity)
            if hit is None:
                wrong.append(f"not found: {technique} in {name}")
            found += hit is not None
            only_low += hit == "low"
            wanted = " or ".join(f"`{rule}`" for rule in rules)
            rows.append(f"| {short} | {technique} | {part} | {wanted}, {severity} | "
                        f"{hit or '**no**'} | {found_text(findings)} |")
        if findings and not owed:
            others.append(f"| {short} | {found_text(findings)} |")
    false_alarms = [f for f in clean_findings if RANKS.index(f["severity"]) > 1]
    text = (
        "# What is found in logs of single attacks\n\n"
        "Each log of public collections of attacks (EVTX-ATTACK-SAMPLES, Hayabusa's samples, those of "
        "Sigma's rules, Velociraptor's) alone in a folder of Windows, profile `triage`. Written by "
        "`tests/real/detection.py HOZEN --write`; a test keeps it so. Rule by rule: "
        "[detection.md](detection.md).\n\n"
        "## Techniques that the modules here owe\n\n"
        "Expected is the rule that must tell the technique, and its lowest severity; found is the "
        "severity with which it does.\n\n"
        "| log | technique | part | expected | found | findings |\n|---|---|---|---|---|---|\n" + "\n".join(rows) +
        "\n\n## Logs of which nothing is demanded and something is told\n\n"
        "| log | findings |\n|---|---|\n" + "\n".join(others) +
        f"\n\n{len(logs)} logs; of {len(rows)} techniques owed here {found} are "
        f"found, {only_low} of them by no more than a `low` finding, which a reader in a hurry passes "
        f"over.\n\nOn {clean_logs} logs of a host that nobody attacked: {len(clean_findings)} findings, "
        f"{len(false_alarms)} of them above `low`.\n")
    wrong += [f"no such log: {name}" for name in expected]
    return text, wrong, f"{found} of {len(rows)} techniques found in {len(logs)} logs"
