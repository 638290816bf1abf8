#!/usr/bin/env python3
"""How well side-loading is told: measure.py HOZEN FOLDER [--made] [--only N] [--seed TEXT] [--untrusted] [--write | --check]

Builds the corpus in FOLDER (make_corpus.py; --made takes what is there), collects from its tree once,
profile `triage`, and counts in cases: a positive one is told when a finding of RULES lies in its places, a
negative one falsely when a finding above `low` does; a finding that belongs to no case is false too. Prints
precision and recall at `medium` and at `high`, for each pattern, and every miss and false alarm.

--only N       every Nth case of either kind
--seed TEXT    the same shapes with other names, times, places and luck: what nobody tuned for
--untrusted    without the made authority's roots: all signatures are of nobody known
--write        writes measured.md and puts it into docs/detection.md; --check demands that both are so
Ends with 1 when recall or precision at `medium` is below 95 %, or anything negative is `high`; with 77
(skipped) without the cross-compiler.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys
import zipfile

import code_pool
import make_corpus

HERE = pathlib.Path(__file__).resolve().parent
FRAGMENT, PAGE = HERE / "measured.md", HERE.parent.parent / "docs" / "detection.md"
HEADING = "## Side-loaded DLLs"
RANKS = ("info", "low", "medium", "high", "critical")
# Rules that judge what is loaded from where: the modules made for it, and what other modules say of
# libraries in places of the registry.
MODULES = ("side_loaded_dlls", "module_slots", "processes")
OTHERS = ("services.service_dll_elsewhere", "services.swapped_service_dll", "autostarts.library_elsewhere", "autostarts.com_override",
          "autostarts.environment_hijack", "autostarts.print_monitors", "autostarts.app_cert_dlls")
LEAST = 0.95


def read_cases(folder):
    rows = [line.split("\t") for line in (folder / "cases.tsv").read_text(encoding="utf-8").splitlines()]
    return [(name, pattern, expected == "positive", places.split("|")) for name, pattern, expected, places in rows]


def findings_of(hozen, folder, trusted):
    bundle = folder / "bundle.zip"
    for old in (bundle, bundle.with_name(bundle.name + ".seal")):
        old.unlink(missing_ok=True)
    command = [hozen, "collect", "--root", folder / "tree", "--output", bundle, "--quiet"]
    if trusted:
        command += ["--trust-roots", folder / "roots.pem"]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace")
    if not bundle.exists():
        sys.exit(f"hozen made no bundle: {result.stderr}{result.stdout}")
    with zipfile.ZipFile(bundle) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(r"findings(\.\d+)?\.jsonl", name)]
        found = [json.loads(line) for name in names for line in archive.read(name).decode().splitlines()]
    return [one for one in found if one["rule"].split(".")[0] in MODULES or one["rule"] in OTHERS]


class Places:
    """Which cases a text speaks of: those whose folder or file it names, the innermost."""

    def __init__(self, cases):
        self._names = {place.lower(): name for name, _, _, places in cases for place in places}
        # A place ends where no letter of a name follows; of two at one spot the longer is meant.
        longest_first = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile("(" + "|".join(map(re.escape, longest_first)) + r")(?=$|[\\/\"'<>|:;,)\]]|\.? |\.$)")

    def named_in(self, text):
        return {self._names[match] for match in self._pattern.findall(text.lower())}

    def of(self, finding):
        return self.named_in(finding.get("subject", "")) or self.named_in("\n".join(
            [finding.get("title", "")] + [why["fact"] for why in finding.get("why", [])]))


def ratio(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


class Measure:
    def __init__(self, cases, findings):
        self.cases = cases
        self.told, self.nowhere = collections.defaultdict(list), []
        places = Places(cases)
        for finding in findings:
            named = places.of(finding)
            for name in named:
                self.told[name].append(finding)
            if not named and RANKS.index(finding["severity"]) >= RANKS.index("medium"):
                self.nowhere.append(finding)

    def rank(self, name):
        return max((RANKS.index(finding["severity"]) for finding in self.told[name]), default=-1)

    def counts(self, severity):
        """(told of the positive, all positive, told of the negative and of no case)"""
        least = RANKS.index(severity)
        hits = sum(self.rank(name) >= least for name, _, positive, _ in self.cases if positive)
        false = sum(self.rank(name) >= least for name, _, positive, _ in self.cases if not positive)
        false += sum(RANKS.index(one["severity"]) >= least for one in self.nowhere)
        return hits, sum(positive for _, _, positive, _ in self.cases), false

    def is_enough(self):
        hits, asked, false = self.counts("medium")
        return hits >= LEAST * asked and hits >= LEAST * (hits + false) and self.counts("high")[2] == 0

    def text(self):
        _, asked, _ = self.counts("medium")
        lines = [HEADING, "",
                 "A corpus of harmless programs and DLLs, signed by a made authority, in one fake Windows: made and judged by `tests/sideload/measure.py HOZEN FOLDER "
                 "--write`, profile `triage`. Positive cases are side-loading as reports describe it, negative ones folders as real software leaves them; both were "
                 f"designed before the rules were tried on them. {asked} positive and {len(self.cases) - asked} negative cases, counted in cases.", "",
                 "| at | told of the positive (recall) | right of what is told (precision) | false |", "|---|---|---|---|"]
        for severity in ("medium", "high"):
            hits, _, false = self.counts(severity)
            lines.append(f"| `{severity}` and above | {hits} of {asked}, {ratio(hits, asked)} | {ratio(hits, hits + false)} | {false} |")
        rows = collections.defaultdict(list)
        for name, pattern, positive, _ in self.cases:
            rows[not positive, pattern].append(self.rank(name))
        medium, high, low = (RANKS.index(one) for one in ("medium", "high", "low"))
        lines += ["", "| pattern | kind | cases | `low` | `medium` | `high` and above | nothing |", "|---|---|---|---|---|---|---|"]
        for (negative, pattern), ranks in rows.items():
            lines.append(f"| {pattern} | {'negative' if negative else 'positive'} | {len(ranks)} | {ranks.count(low)} | {ranks.count(medium)} | "
                         f"{sum(rank >= high for rank in ranks)} | {sum(rank < low for rank in ranks)} |")
        lines += ["", "Missed at `medium`: " + (self._list(True, lambda rank: rank < medium) or "nothing") + ".", "",
                  "Falsely at `medium` or above: " + (self._list(False, lambda rank: rank >= medium) or "nothing") + "."]
        return "\n".join(lines) + "\n"

    def _list(self, positive, wanted):
        found = collections.Counter(pattern for name, pattern, is_positive, _ in self.cases
                                    if is_positive == positive and wanted(self.rank(name)))
        return ", ".join(f"{pattern} ({count})" for pattern, count in found.items())

    def details(self):
        medium = RANKS.index("medium")
        for name, pattern, positive, places in self.cases:
            if positive == (self.rank(name) >= medium):
                continue
            print(f"{'missed' if positive else 'FALSE'}: {name} ({pattern}): {places[0]}")
            for finding in sorted(self.told[name], key=lambda one: -one["score"])[:2]:
                print(f"    {finding['severity']} {finding['score']} {finding['rule']}: {finding['subject']}")
                print("        " + "; ".join(f"{why['weight']:+} {why['fact'][:110]}" for why in finding["why"]))
        for finding in self.nowhere:
            print(f"FALSE, of no case: {finding['severity']} {finding['rule']}: {finding['subject']}")


def page_with(fragment, page):
    """The page with the fragment in the place of what it had, or at its end."""
    begin = page.find(HEADING + "\n")
    if begin < 0:
        return page.rstrip("\n") + "\n\n" + fragment
    end = page.find("\n## ", begin)
    return page[:begin] + fragment + (page[end:] if end >= 0 else "")


def main():
    if not code_pool.is_there():
        print(f"skipped: {code_pool.COMPILER} is not installed")
        return 77
    hozen, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if "--made" not in sys.argv:
        option = make_corpus.option
        make_corpus.build(folder, make_corpus.rows_of_corpus(int(option("--only", "1"))), seed=option("--seed", make_corpus.SEED))
    measure = Measure(read_cases(folder), findings_of(hozen, folder, "--untrusted" not in sys.argv))
    measure.details()
    text = measure.text()
    print("\n" + text)
    wrong = not measure.is_enough()
    if "--write" in sys.argv:
        FRAGMENT.write_text(text, encoding="utf-8")
        PAGE.write_text(page_with(text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    elif "--check" in sys.argv and (not FRAGMENT.exists() or FRAGMENT.read_text(encoding="utf-8") != text):
        print("measured.md is not what is found now: write it anew with --write and look at it")
        wrong = True
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
