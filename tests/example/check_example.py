#!/usr/bin/env python3
"""Collects from the example Windows with the real hozen.exe under Wine and checks the bundle.

check_example.py HOZEN_EXE HOZEN WORK_DIR
  HOZEN_EXE  the Windows program          HOZEN  the Linux program
Every autostart that packaging/example_windows.sh plants must be a record, its target preserved with
the right hash, and a finding must name it; both programs must accept the bundle, and so must unzip,
Python's zipfile and 7-Zip. A bundle with one changed bit must not be accepted.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

PACKAGING = pathlib.Path(__file__).resolve().parent.parent.parent / "packaging"
ENVIRONMENT = dict(os.environ)

# What a record and (in its subject) a finding must name, and the file below drive_c that must be
# preserved.
PLANTED = (
    ("Run key of the machine", r"CurrentVersion\Run", "ExampleUpdater", "users/Public/updater.exe"),
    ("Run key, 32-bit view", r"CurrentVersion\Run", "ExampleHelper", "ProgramData/Example/helper.exe"),
    ("Run key of the user", r"CurrentVersion\Run", "ExampleSync", None),
    ("Startup folder of all users", "StartUp", "example-report.pdf.bat",
     "ProgramData/Microsoft/Windows/Start Menu/Programs/StartUp/example-report.pdf.bat"),
    ("Startup folder of the user", "StartUp", "example-tool.lnk", "windows/temp/tool.exe"),
    ("service", r"Services\ExampleUpdateSvc", "service.exe", "ProgramData/Example/service.exe"),
    ("swapped library of a service", r"Services\BITS", "qmgrx.dll", "windows/system32/qmgrx.dll"),
    ("task", r"\ExampleUpdateTask", "update.exe", "Program Files/Example/update.exe"),
    ("hidden task", r"\ExampleHiddenTask", "hidden.exe", "windows/temp/hidden.exe"),
    ("IFEO debugger", "Image File Execution Options", "sethc.exe", "windows/system32/cmd.exe"),
)
INNOCENT = {"task"}  # nothing but its name is odd
problems = []


def check(condition, problem):
    if not condition:
        problems.append(problem)
        print(f"FAILED: {problem}")


def run(*command, **options):
    return subprocess.run([str(part) for part in command], env=ENVIRONMENT, capture_output=True,
                          text=True, errors="replace", **options)


def wine(*command, **options):
    return run(PACKAGING / "run_wine.sh", *command, **options)


def rows(bundle, stream):
    """All lines of a stream, its segments put together: records/run_keys.jsonl, ...2.jsonl."""
    pattern = re.compile(re.escape(stream) + r"(\.\d+)?\.jsonl$")
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            if pattern.match(name):
                yield from (json.loads(line) for line in archive.read(name).splitlines())


def record_rows(bundle):
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            if name.startswith("records/") and name.endswith(".jsonl"):
                yield from (json.loads(line) for line in archive.read(name).splitlines())


def mentions(row, *texts):
    flat = json.dumps(row, ensure_ascii=False).replace("\\\\", "\\").lower()
    return all(text.lower() in flat for text in texts)


def collect(program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(program, folder)
    result = wine(pathlib.Path(program).name, "collect", "--progress", "none", cwd=folder)
    check(result.returncode in (0, 1),
          f"collect ended with {result.returncode}\n{result.stdout}{result.stderr}")
    bundles = list(folder.glob("*.zip"))
    check(len(bundles) == 1, f"expected one bundle, found {bundles}")
    check(not list(folder.glob("*.partial")), "a .partial file was left")
    if len(bundles) != 1:
        sys.exit(1)
    return bundles[0]


def check_planted(bundle, drive):
    records = list(record_rows(bundle))
    findings = list(rows(bundle, "findings"))
    artifacts = list(rows(bundle, "artifacts"))
    for title, place, name, target in PLANTED:
        check(any(mentions(row, place, name) for row in records), f"{title}: no record names {name}")
        named = any(mentions(row["subject"], name) for row in findings)
        if title in INNOCENT:
            check(not named, f"{title}: a finding names {name}")
        else:
            check(named, f"{title}: the subject of no finding names {name}")
        if target:
            digest = hashlib.sha256((drive / target).read_bytes()).hexdigest()
            kept = [row for row in artifacts if row.get("sha256") == digest and row.get("entry")]
            check(kept, f"{title}: {target} is not preserved")
            with zipfile.ZipFile(bundle) as archive:
                for row in kept[:1]:
                    content = archive.read(row["entry"])
                    check(hashlib.sha256(content).hexdigest() == digest,
                          f"{title}: {row['entry']} differs from {target}")


def check_accepted(bundle, program, linux_program):
    with zipfile.ZipFile(bundle) as archive:
        check(archive.testzip() is None, "Python's zipfile finds a damaged entry")
        check(archive.namelist()[-1] == "manifest.json", "manifest.json is not the last entry")
    for command in (("unzip", "-tqq"), ("7z", "t")):
        result = run(*command, bundle)
        check(result.returncode == 0, f"{command[0]} refuses the bundle: {result.stdout}{result.stderr}")
    result = run(linux_program, "verify", bundle)
    check(result.returncode == 0, f"hozen verify: {result.returncode} {result.stdout}{result.stderr}")
    result = wine(pathlib.Path(program).name, "verify", bundle.name, cwd=bundle.parent)
    check(result.returncode == 0, f"hozen.exe verify: {result.returncode} {result.stdout}{result.stderr}")
    result = run(linux_program, "report", bundle)
    check(result.returncode == 0 and "ExampleUpdater" in result.stdout,
          f"hozen report does not name ExampleUpdater: {result.stdout}{result.stderr}")

    damaged = bundle.with_suffix(".damaged")
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 0x10
    damaged.write_bytes(data)
    result = run(linux_program, "verify", damaged)
    check(result.returncode == 6, f"a changed bit gives {result.returncode} instead of 6")


def main():
    program, linux_program, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    if not linux_program.exists():
        sys.exit(f"{linux_program} is missing; build it first: cmake --build --preset linux")
    prefix = work / "wine"
    ENVIRONMENT["WINEPREFIX"] = str(prefix)
    result = run(PACKAGING / "example_windows.sh", prefix)
    if result.returncode != 0:
        sys.exit(f"example_windows.sh failed\n{result.stdout}{result.stderr}")
    bundle = collect(program, work / "stick")
    check_planted(bundle, prefix / "drive_c")
    check_accepted(bundle, program, linux_program)
    print(f"{bundle}: {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
