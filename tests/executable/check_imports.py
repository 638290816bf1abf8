#!/usr/bin/env python3
"""Compares the import table of a Windows program with what it may be.

check_imports.py PROGRAM ALLOWED AFTER_WINDOWS_7
  ALLOWED          the exact list of DLLs, one a line: all KnownDLLs, which Windows takes from
                   System32 whatever lies beside the program
  AFTER_WINDOWS_7  functions that Windows 7 does not export: importing one keeps the program from
                   starting there
"""
import re
import subprocess
import sys

# HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\KnownDLLs, common to Windows 7 to 11.
KNOWN_DLLS = {
    "advapi32.dll", "comdlg32.dll", "gdi32.dll", "imagehlp.dll", "imm32.dll",
    "kernel32.dll", "msctf.dll", "msvcrt.dll", "normaliz.dll", "nsi.dll", "ntdll.dll", "ole32.dll",
    "oleaut32.dll", "psapi.dll", "rpcrt4.dll", "sechost.dll", "setupapi.dll", "shell32.dll",
    "shlwapi.dll", "user32.dll", "wldap32.dll", "ws2_32.dll",
}


def read_list(path):
    with open(path, encoding="ascii") as file:
        lines = (line.split("#")[0].strip() for line in file)
        return {line for line in lines if line}


def imports(program):
    text = subprocess.run(["x86_64-w64-mingw32-objdump", "-p", program], check=True,
                          capture_output=True, text=True).stdout
    text = text[text.index("The Import Tables"):]
    text = text[:text.find("The Export Tables")] if "The Export Tables" in text else text
    libraries = {name.lower() for name in re.findall(r"DLL Name: (\S+)", text)}
    functions = set(re.findall(r"^\t[0-9a-f]+\t\s*\d+\s+(\S+)", text, re.MULTILINE))
    return libraries, functions


def main():
    program, allowed, after_windows_7 = sys.argv[1:]
    libraries, functions = imports(program)
    expected = read_list(allowed)
    problems = [f"imports {name}, which is not in {allowed}" for name in libraries - expected]
    problems += [f"does not import {name} of {allowed}" for name in expected - libraries]
    problems += [f"imports {name}, which is not a KnownDLL" for name in libraries - KNOWN_DLLS]
    problems += [f"imports {name}, which Windows 7 lacks"
                 for name in functions & read_list(after_windows_7)]
    if len(functions) < 20:
        problems.append(f"only {len(functions)} imported functions found: objdump's output changed")
    for problem in sorted(problems):
        print(f"{program}: {problem}")
    print(f"{len(libraries)} libraries, {len(functions)} functions, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
