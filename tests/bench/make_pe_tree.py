#!/usr/bin/env python3
"""A Windows full of programs and DLLs: make_pe_tree.py FOLDER [COUNT]

FOLDER/tree has at least COUNT (20,000) of them, three in four signed, in folders as the corpus of
tests/sideload makes them, with bigger files; one folder in sixty is side-loading. FOLDER/roots.pem is whom
to trust. Takes some minutes and 3 GB.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "sideload"))
import corpus_negative as first  # noqa: E402
import corpus_negative_more as second  # noqa: E402
import corpus_positive  # noqa: E402
import make_corpus  # noqa: E402

SIZE_FACTOR = 4
FUNCTIONS = (first.electron, first.chromium, first.python, first.qt, first.game, first.portable, first.suite, second.java, second.dotnet, second.driver,
             second.installer, second.signed_whole, second.japanese, second.antivirus, second.printer, second.app_local, second.old, second.small_tool)
PROGRAMS_A_FOLDER = 9  # at least, on the average of these


def is_program(path):
    if path.is_dir():
        return False
    with open(path, "rb") as file:
        return file.read(2) == b"MZ"


def main():
    folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    rows = []
    for index in range(count // PROGRAMS_A_FOLDER):
        if index % 60 == 59:
            rows.append((f"positive {index:05}", "side-loading", corpus_positive.classic, (index // 60,)))
        else:
            rows.append((f"negative {index:05}", "software", FUNCTIONS[index % len(FUNCTIONS)], (index // len(FUNCTIONS),)))
    make_corpus.build(folder, rows, SIZE_FACTOR)
    files = [path for path in (folder / "tree").rglob("*") if is_program(path)]
    print(f"{len(files)} programs and DLLs, {sum(path.stat().st_size for path in files) // 2**20} MiB")


if __name__ == "__main__":
    main()
