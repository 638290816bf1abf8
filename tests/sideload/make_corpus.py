#!/usr/bin/env python3
"""Builds the corpus of side-loading: make_corpus.py FOLDER [--only N] [--seed TEXT]

FOLDER/tree is one fake Windows with all cases, FOLDER/cases.tsv says which (name, pattern, what is
expected, places), FOLDER/roots.pem is whom to trust: `hozen collect --root FOLDER/tree --trust-roots
FOLDER/roots.pem`. Every DLL and EXE in it is harmless: code that the cross-compiler made of small
functions, never reached, in images written by pe_writer.py and signed by a made authority.
--only N takes every Nth case of either kind; another seed makes the same shapes with other names, times, places and
luck. Needs the cross-compiler (77 without it).
"""
import datetime
import multiprocessing
import os
import pathlib
import shutil
import sys

import code_pool
import corpus_negative
import corpus_positive
import corpus_windows
from corpus_tree import Case, World
from made_ca import CertificateAuthority

WORLD = ROWS = None
SEED = "hozen"


def build_case(index):
    name, pattern, function, arguments = ROWS[index]
    case = Case(WORLD, name, pattern, name.startswith("positive"))
    function(case, *arguments)
    return name, pattern, case.places, case.registry, case.tasks, case.ran


def build(folder, rows, size_factor=1, seed=SEED):
    """[Case] as they were built, without their files' contents."""
    global WORLD, ROWS
    folder, ROWS = pathlib.Path(folder), rows
    shutil.rmtree(folder / "tree", ignore_errors=True)
    (folder / "tree").mkdir(parents=True)
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
    WORLD = World(folder / "tree", now, code_pool.pools(), CertificateAuthority(), seed, size_factor)
    corpus_windows.build_files(WORLD)
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        built = pool.map(build_case, range(len(ROWS)), chunksize=4)
    cases, seen = [], {}
    for name, pattern, places, registry, tasks, ran in built:
        case = Case(WORLD, name, pattern, name.startswith("positive"))
        case.places, case.registry, case.tasks, case.ran = places, registry, tasks, ran
        for place in places:
            if seen.setdefault(place.lower(), name) != name:
                raise ValueError(f"{place} is the place of {seen[place.lower()]} and of {name}")
        cases.append(case)
    corpus_windows.write_hives(WORLD, cases)
    with open(folder / "cases.tsv", "w", encoding="utf-8") as table:
        for case in cases:
            table.write("\t".join((case.name, case.pattern, "positive" if case.positive else "negative", "|".join(case.places))) + "\n")
    (folder / "roots.pem").write_text(WORLD.ca.roots_pem())
    return cases


def rows_of_corpus(every=1):
    return corpus_positive.rows()[::every] + corpus_negative.rows()[::every]


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def main():
    if not code_pool.is_there():
        print(f"skipped: {code_pool.COMPILER} is not installed")
        return 77
    cases = build(sys.argv[1], rows_of_corpus(int(option("--only", "1"))), seed=option("--seed", SEED))
    positive = sum(case.positive for case in cases)
    print(f"{positive} positive and {len(cases) - positive} negative cases in {sys.argv[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
