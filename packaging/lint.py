#!/usr/bin/env python3
"""Checks the format of every source and lints translation units: lint.py [--changed REV] [FILES...]

clang-format must change nothing; clang-tidy reads the compile commands of build/fuzz. Without files
every unit is linted; --changed takes those that differ from the revision REV. A file that
passed is not linted again until it, a header of ours it includes, a .clang-tidy or the tool changes.
*_win32.cpp are not linted: their headers are not here; the cross compiler's warnings cover them.
Ends with "lint: N files, N linted, N failed" and 1 if anything failed.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "fuzz"
STAMPS = ROOT / "build" / "lint"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def sources():
    for folder in ("collector", "modules", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path


def reachable(path, seen):
    """`path` and every file of ours that it includes, directly or not."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for included in INCLUDE.findall(path.read_bytes()):
        reachable(ROOT / included.decode(), seen)


def state(path, command, tool):
    digest = hashlib.sha256(f"{tool}\n{command}\n".encode())
    files = set()
    reachable(path, files)
    configuration = [ROOT / ".clang-tidy", ROOT / "tests" / ".clang-tidy"]
    for file in sorted(files) + [file for file in configuration if file.exists()]:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return STAMPS / digest.hexdigest()


def check_format(paths):
    result = subprocess.run(["clang-format", "--dry-run", "--Werror", *map(str, paths)], cwd=ROOT)
    return result.returncode == 0


def lint(path):
    result = subprocess.run(["clang-tidy", "-p", str(BUILD), "--quiet", str(path)], cwd=ROOT,
                            capture_output=True, text=True)
    return result.returncode == 0, result.stdout


def changed_since(revision):
    """Files that differ from `revision`, in a commit or not; all of them when it is not there."""
    result = subprocess.run(["git", "diff", "--name-only", "-z", revision, "--"], cwd=ROOT,
                            capture_output=True, text=True)
    if result.returncode != 0:
        return None
    return {ROOT / name for name in result.stdout.split("\0") if name}


def main():
    try:
        commands = {pathlib.Path(entry["file"]): entry["command"]
                    for entry in json.loads((BUILD / "compile_commands.json").read_text())}
    except OSError:
        sys.exit("lint.py: build/fuzz is not configured; run: cmake --preset fuzz")
    tool = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True).stdout
    arguments = sys.argv[1:]
    chosen = None
    if arguments[:1] == ["--changed"]:
        if len(arguments) != 2:
            sys.exit("lint.py: --changed takes one revision")
        chosen = changed_since(arguments[1])
    elif arguments:
        chosen = {pathlib.Path(argument).resolve() for argument in arguments}
    files = [path for path in sources() if chosen is None or path in chosen]
    failed = 0 if check_format(list(sources())) else 1
    STAMPS.mkdir(parents=True, exist_ok=True)
    work = [(path, state(path, commands[path], tool)) for path in files if path in commands]
    work = [(path, stamp) for path, stamp in work if not stamp.exists()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (path, stamp), (clean, output) in zip(work, pool.map(lint, [path for path, _ in work])):
            if output.strip():
                print(output.strip(), flush=True)
            if clean:
                stamp.touch()
            else:
                failed += 1
                print(f"lint: {path.relative_to(ROOT)} FAILED", flush=True)
    print(f"lint: {len(files)} files, {len(work)} linted, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
