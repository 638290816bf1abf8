#!/usr/bin/env python3
"""Runs the Windows program among planted DLLs; none of them may be loaded.

check_sideload.py PROGRAM WORK_DIR
DLLs of names that intruders use lie beside the program and in the current folder. Each leaves a
file behind when it is loaded. A bait program that searches for DLLs in the usual way shows that
planting them so works at all.
"""
import pathlib
import re
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
COMPILER = "x86_64-w64-mingw32-gcc-posix"
# Not KnownDLLs, and loaded by Windows' own libraries sooner or later.
TEMPTING = """
apphelp bcrypt bcryptprimitives comctl32 credssp crypt32 cryptbase cryptsp cscapi dbgcore dbghelp
devobj dnsapi dwmapi dwrite edputil faultrep fltlib gpapi hid iertutil kernel.appcore logoncli
mpr msasn1 msimg32 mswsock ncrypt netutils ntmarta oleacc powrprof profapi propsys rasadhlp rasapi32
rsaenh rtutils samcli schannel srvcli sspicli urlmon userenv uxtheme version wer windows.storage
winhttp wininet winmm winnsi winspool.drv wintrust wkscli wldp wtsapi32
""".split()
# In every process of Wine and Windows before the program's own first step.
KNOWN = {"kernel32", "ntdll", "ole32", "oleaut32"}

MARK = r"""
#include <windows.h>
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  if (reason == DLL_PROCESS_ATTACH) {
    WCHAR path[1024];
    DWORD length = GetModuleFileNameW(self, path, 1000);
    lstrcpyW(path + length, L".loaded");
    CloseHandle(CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
  }
  return TRUE;
}
"""
BAIT = """
#include <windows.h>
int main(void) {
  %s
  LoadLibraryA("only_in_the_current_folder.dll");
  return 0;
}
"""


def names_in_the_code():
    """What the program itself looks for at run time."""
    names = set()
    for source in (PROJECT / "collector").rglob("*_win32.cpp"):
        names |= set(re.findall(r'L"([\w.]+)\.dll"', source.read_text(encoding="utf-8")))
    return names - KNOWN


def compile_to(target, text, *options):
    source = target.with_suffix(".c")
    source.write_text(text)
    subprocess.run([COMPILER, "-Os", "-s", *options, "-o", str(target), str(source)], check=True)


def run(program, here, *arguments):
    result = subprocess.run([PROJECT / "packaging" / "run_wine.sh", str(program), *arguments],
                            cwd=here, capture_output=True, text=True, errors="replace", check=False)
    return result.returncode, result.stdout + result.stderr


def loaded(*folders):
    found = []
    for folder in folders:
        for mark in folder.glob("*.loaded"):
            found.append(f"{folder.name}/{mark.stem}")
            mark.unlink()
    return sorted(found)


def main():
    program, work = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    shutil.rmtree(work, ignore_errors=True)
    beside, current = work / "beside", work / "current"
    beside.mkdir(parents=True)
    current.mkdir()
    compile_to(work / "mark.dll", MARK, "-shared")
    names = sorted(set(TEMPTING) | names_in_the_code())
    files = [name if name.endswith(".drv") else name + ".dll" for name in names]
    compile_to(work / "bait.exe", BAIT % "\n  ".join(f'LoadLibraryA("{file}");' for file in files))
    for folder in (beside, current):
        for file in files:
            shutil.copy(work / "mark.dll", folder / file)
    shutil.copy(work / "mark.dll", current / "only_in_the_current_folder.dll")
    shutil.copy(work / "bait.exe", beside)
    shutil.copy(program, beside)

    problems = []
    code, output = run(beside / "bait.exe", current)
    found = loaded(beside, current)
    # Wine takes some of its own whatever lies beside the program.
    baited = [name for name in found if name.startswith("beside/")]
    if len(baited) < 20 or "current/only_in_the_current_folder.dll" not in found:
        problems.append(f"the bait loaded {found} only: this test shows nothing ({code} {output})")
    hozen = beside / program.name
    for wanted, arguments in (((0,), ["--version"]),
                              ((0,), ["modules"]),
                              ((0, 1), ["collect", "--progress", "none", "--output", "bundle.zip"]),
                              ((0,), ["verify", "bundle.zip"]),
                              ((0,), ["report", "bundle.zip"]),
                              ((0, 1), ["extract", "bundle.zip", "unpacked"])):
        code, output = run(hozen, current, *arguments)
        if code not in wanted:
            problems.append(f"{arguments[0]} ended with {code}: {output}")
        problems += [f"{arguments[0]} loaded {name}" for name in loaded(beside, current)]
    for problem in problems:
        print(problem)
    print(f"{len(names)} names planted twice, {len(baited)} of them load elsewhere, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
