#!/usr/bin/env python3
"""Finds a side-loaded DLL while it runs, and again on an image of the same volume, with the real hozen.exe.

check_live_side_loading.py PROGRAM WORK_DIR
A Windows of its own, under Wine. A signed and renamed program really loads the version.dll beside it,
which is nobody's, and a sound program loads its maker's own DLL. The live bundle must weigh the first
pair, keep both files, and be silent about the second. Then the drive becomes an NTFS image, and its
bundle must have the same pair, for the same reasons but those that only a running Windows gives.
"""
import datetime
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import zipfile

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT / "tests" / "sideload"))
import made_ca  # noqa: E402

COMPILER, RESOURCES = "x86_64-w64-mingw32-gcc-posix", "x86_64-w64-mingw32-windres"
RUN_WINE = str(PROJECT / "packaging" / "run_wine.sh")
SKIPPED = 77
VERSION = """
1 VERSIONINFO FILEVERSION 4,2,0,7 PRODUCTVERSION 4,2,0,7 FILEOS 0x40004 FILETYPE 1
BEGIN
  BLOCK "StringFileInfo" BEGIN BLOCK "040904b0" BEGIN
    VALUE "CompanyName", "%(maker)s"
    VALUE "FileDescription", "%(name)s"
    VALUE "OriginalFilename", "%(name)s"
    VALUE "InternalName", "%(name)s"
  END END
  BLOCK "VarFileInfo" BEGIN VALUE "Translation", 0x409, 1200 END
END
"""
HOST = """
#include <windows.h>
#include <stdio.h>
__declspec(dllimport) DWORD WINAPI %(function)s(LPCWSTR name, LPDWORD handle);
int main(void) {
  printf("%%lu %%lu\\n", GetCurrentProcessId(), %(function)s(L"kernel32.dll", NULL));
  fflush(stdout);
  getchar();
  return 0;
}
"""
# What it answers shows that the planted one was asked.
DLL = """
#include <windows.h>
__declspec(dllexport) DWORD WINAPI %(function)s(LPCWSTR name, LPDWORD handle) { return 4711; }
"""
# Reasons that a running Windows alone gives: the program was run, it has loaded the DLL, it has
# connections; and what a pair is held down by when nothing shows that its program ever ran.
LIVE_ONLY = {"E2", "E3", "E4", "CAP"}
problems = []


def check(condition, problem):
    if not condition:
        problems.append(problem)
        print(f"FAILED: {problem}")


def compiled(work, name, text, maker, built, *options):
    """A program as its linker would have written it at that time."""
    source, resource, target = work / (name + ".c"), work / (name + ".rc"), work / name
    source.write_text(text)
    sources = [str(source)]
    if maker:
        resource.write_text(VERSION % {"maker": maker, "name": name})
        subprocess.run([RESOURCES, str(resource), str(work / (name + ".o"))], check=True)
        sources.append(str(work / (name + ".o")))
    subprocess.run([COMPILER, "-Os", "-s", "-o", str(target), *sources, *options], check=True)
    image = bytearray(target.read_bytes())
    struct.pack_into("<I", image, struct.unpack_from("<I", image, 0x3C)[0] + 8, int(built.timestamp()))
    return bytes(image)


def plant(work, drive):
    """The two folders; gives that of the planted DLL and that of the sound program, and the roots' file."""
    made = work / "made"
    made.mkdir()
    authority = made_ca.CertificateAuthority()
    when, late = datetime.datetime(2021, 5, 14, 9, 30), datetime.datetime(2026, 10, 2, 3, 4)
    contoso, fabrikam = authority.publisher("Contoso Ltd", when), authority.publisher("Fabrikam KK", when)
    planted = drive / "ProgramData" / "Contoso Sync"
    planted.mkdir(parents=True)
    asked = {"function": "GetFileVersionInfoSizeW"}
    library = compiled(made, "version.dll", DLL % asked, "", late, "-shared", "-Wl,--out-implib=" + str(made / "libplanted.a"))
    host = compiled(made, "ContosoAgent.exe", HOST % asked, "Contoso Ltd", when, str(made / "libplanted.a"))
    (planted / "svcsync.exe").write_bytes(authority.sign(host, contoso, when))
    (planted / "version.dll").write_bytes(library)
    (planted / "sync.dat").write_bytes(random.Random(7).randbytes(90_000))
    sound = drive / "Program Files" / "Fabrikam" / "Reader"
    sound.mkdir(parents=True)
    asked = {"function": "ReaderPages"}
    library = compiled(made, "readerlib.dll", DLL % asked, "Fabrikam KK", when, "-shared", "-Wl,--out-implib=" + str(made / "libreader.a"))
    host = compiled(made, "reader.exe", HOST % asked, "Fabrikam KK", when, str(made / "libreader.a"))
    (sound / "reader.exe").write_bytes(authority.sign(host, fabrikam, when))
    (sound / "readerlib.dll").write_bytes(authority.sign(library, fabrikam, when))
    (work / "roots.pem").write_text(authority.roots_pem())
    return planted / "svcsync.exe", sound / "reader.exe"


def rows(bundle, stream):
    pattern = re.compile(re.escape(stream) + r"(\.\d+)?\.jsonl$")
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            if pattern.match(name):
                yield from (json.loads(line) for line in archive.read(name).splitlines())


def without_drive(path):
    return path.split(":", 1)[-1].lower()


PLANTED = "\\programdata\\contoso sync\\"


def pair_of(bundle, what):
    """Reasons of the planted pair's record, and the severity of its finding; both must be there once."""
    pairs = [row for row in rows(bundle, "records/side_loaded_dlls") if row["kind"] == "side_load_pair" and
             without_drive(row["host"]) == PLANTED + "svcsync.exe" and without_drive(row["dll"]) == PLANTED + "version.dll"]
    check(len(pairs) == 1, f"{what}: the pair is told {len(pairs)} times")
    findings = [row for row in rows(bundle, "findings") if row["rule"].startswith("side_loaded_dlls.")]
    planted = [row for row in findings if PLANTED + "version.dll" in row["subject"].lower()]
    check(len(planted) == 1 and planted[0]["severity"] in ("medium", "high", "critical"), f"{what}: findings {findings}")
    others = [(row["subject"], row["severity"]) for row in findings if row not in planted]
    check(not others, f"{what}: further findings {others}")
    for pair in pairs:
        told = {item.split()[0] for item in pair["items"]}
        missing = {"X1", "N1", "P2", "X5", "T3", "S1H"} - told
        check(not missing, f"{what}: not told: {missing}")
        check(pair["host_signature"] == "valid_timestamped_expired" and pair["dll_signature"] == "unsigned", f"{what}: signatures {pair}")
    return (pairs[0], planted[0]) if pairs and planted else (None, None)


def check_kept(bundle, folder, what):
    """The files of the pair and its payload, byte for byte."""
    with zipfile.ZipFile(bundle) as archive:
        for name in ("svcsync.exe", "version.dll", "sync.dat"):
            wanted = (folder / name).read_bytes()
            kept = [row for row in rows(bundle, "artifacts")
                    if without_drive(row.get("path") or "") == PLANTED + name and row.get("entry")]
            check(len(kept) == 1, f"{what}: {name} is kept {len(kept)} times")
            for row in kept:
                check(hashlib.sha256(archive.read(row["entry"])).digest() == hashlib.sha256(wanted).digest(),
                      f"{what}: {name} is not what lies there")


def collect(program, work, environment, bundle, *options):
    result = subprocess.run([RUN_WINE, str(program), "collect", "--profile", "triage", "--progress", "none", "--trust-roots",
                             "roots.pem", "--output", bundle, *options],
                            cwd=work, env=environment, capture_output=True, text=True, errors="replace", check=False)
    check(result.returncode in (0, 1), f"{bundle}: collect ended with {result.returncode}: {result.stdout}{result.stderr}")
    return work / bundle


def start(program, environment):
    return subprocess.Popen([RUN_WINE, str(program)], cwd=program.parent, env=environment, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def look_live(program, work, environment, hosts):
    running = [start(host, environment) for host in hosts]
    try:
        numbers = []
        for host in running:
            line = host.stdout.readline().split()
            if len(line) != 2 or line[1] != "4711":
                sys.exit(f"a host did not start, or asked another DLL than the planted one: {line}")
            numbers.append(int(line[0]))
        bundle = collect(program, work, environment, "live.zip")
    finally:
        for host in running:
            host.stdin.close()
        for host in running:
            host.wait()
    pair, finding = pair_of(bundle, "live")
    if pair:
        check(finding["severity"] in ("high", "critical"), f"live: severity {finding['severity']}")
        check(pair["seen"] in ("folder", "live") and any(item.startswith("E3 ") for item in pair["items"]),
              f"live: not told as loaded: {pair}")
        check(any(f"process {numbers[0]}" in why["fact"] for why in finding["why"]), f"live: no process {numbers[0]}: {finding['why']}")
    loaded = [row for row in rows(bundle, "records/processes") if row["kind"] == "loaded_module" and
              without_drive(row["path"] or "") == PLANTED + "version.dll" and str(numbers[0]) in row["pids"]]
    check(len(loaded) == 1, f"live: the loaded module is told {len(loaded)} times")
    check_kept(bundle, hosts[0].parent, "live")
    return pair


def image_of(drive, work):
    """An NTFS volume with what lies on the drive; None where this machine cannot mount one."""
    image, point = work / "volume.dd", work / "mounted"
    point.mkdir()
    subprocess.run(["truncate", "-s", "3G", str(image)], check=True)
    subprocess.run(["mkntfs", "-F", "-Q", "-q", str(image)], check=True, capture_output=True)
    if subprocess.run(["ntfs-3g", str(image), str(point)], check=False, capture_output=True).returncode != 0:
        return None
    try:
        subprocess.run(["cp", "-r", "--preserve=timestamps", *map(str, sorted(drive.iterdir())), str(point)], check=True)
    finally:
        subprocess.run(["umount", str(point)], check=True)
    return image


def main():
    program, work = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    subprocess.run([RUN_WINE, "--prepare"], check=True)
    prefix = pathlib.Path(os.environ.get("WINEPREFIX") or PROJECT / "build" / "wine" / "tests")
    subprocess.run(["cp", "-al", str(prefix), str(work / "prefix")], check=True)
    # Wine takes its own of this name unless it is told to take the one beside the program.
    environment = dict(os.environ, WINEPREFIX=str(work / "prefix"), WINEDLLOVERRIDES="mscoree,mshtml=;version=n,b")
    drive = work / "prefix" / "drive_c"
    hosts = plant(work, drive)
    try:
        live = look_live(program, work, environment, hosts)
        image = image_of(drive, work)
        if image is None:
            print("the image of the volume is left out: ntfs-3g cannot mount here")
            return 1 if problems else SKIPPED
        bundle = collect(program, work, environment, "image.zip", "--image", "volume.dd")
    finally:
        subprocess.run(["wineserver", "-k"], env=environment, check=False)
    offline, _ = pair_of(bundle, "image")
    check_kept(bundle, hosts[0].parent, "image")
    if live and offline:
        reasons = [sorted(item for item in pair["items"] if item.split()[0] not in LIVE_ONLY) for pair in (live, offline)]
        check(reasons[0] == reasons[1], f"the reasons differ: live {live['items']}, image {offline['items']}")
        for key in ("host_signature", "dll_signature"):
            check(live[key] == offline[key], f"{key}: live {live[key]}, image {offline[key]}")
        print(f"live {live['score']} points: {', '.join(live['items'])}\nimage {offline['score']} points: {', '.join(offline['items'])}")
    print(f"{len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
