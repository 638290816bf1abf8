#!/usr/bin/env python3
"""A part of the corpus in the ordinary tests: check_subset.py HOZEN FOLDER

Every eighth case. What is demanded of the whole is demanded of it, see measure.py; and the corpus itself
must be what it says: signatures that other tools accept, images that they can read.
"""
import pathlib
import shutil
import subprocess
import sys

import code_pool
import corpus_windows
import make_corpus
import measure
from made_ca import authenticode_parts

EVERY = 8


def is_signed(path):
    data = path.read_bytes()
    if data[:2] != b"MZ":
        return False
    _, entry = authenticode_parts(data)
    return any(data[entry:entry + 8])


def check_signatures(folder, cases):
    """osslsigncode's opinion of some of the innocent programs; nothing where it is not installed."""
    if shutil.which("osslsigncode") is None:
        return []
    tree = folder / "tree"
    signed = [path for _, _, positive, places in cases if not positive for place in places
              for path in sorted((tree / place[0] / place[3:].replace("\\", "/")).rglob("*")) if path.is_file() and is_signed(path)]
    questions = [[path] for path in signed[::max(1, len(signed) // 8)]]
    catalog = tree / "C" / corpus_windows.CATALOG[3:].replace("\\", "/")
    questions.append(["-catalog", catalog, "-in", tree / "C/Windows/System32/rundll32.exe"])
    wrong = []
    for question in questions:
        result = subprocess.run(["osslsigncode", "verify", "-CAfile", folder / "roots.pem", "-TSA-CAfile", folder / "roots.pem", *question], capture_output=True, text=True, errors="replace")
        if "Number of verified signatures: 1" not in result.stdout:
            wrong.append(f"osslsigncode does not verify {question[-1]}: {result.stdout[-600:]}{result.stderr}")
    return wrong


def main():
    if not code_pool.is_there():
        print(f"skipped: {code_pool.COMPILER} is not installed")
        return 77
    hozen, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    make_corpus.build(folder, make_corpus.rows_of_corpus(EVERY))
    cases = measure.read_cases(folder)
    wrong = check_signatures(folder, cases)
    result = measure.Measure(cases, measure.findings_of(hozen, folder, True))
    result.details()
    if not result.is_enough():
        wrong.append(result.text())
    print("\n".join(wrong))
    shutil.rmtree(folder)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
