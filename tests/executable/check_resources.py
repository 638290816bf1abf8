#!/usr/bin/env python3
"""Checks the resources of hozen.exe: check_resources.py PROGRAM VERSION

The version resource must say the same as project(VERSION) and name a revision; the manifest must ask
for what the program relies on; the icon must be there in a small and a large size.
"""
import re
import subprocess
import sys

MANIFEST = ('level="asInvoker"', ">true</longPathAware>", ">UTF-8</activeCodePage>",
            "{35138b9a-5d96-4fbd-8e2d-a2440225f93a}", "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}")
# Types of RT_ICON, RT_GROUP_ICON, RT_VERSION, RT_MANIFEST.
TYPES = {3: "icon", 14: "icon group", 16: "version", 24: "manifest"}


def main():
    program, version = sys.argv[1:]
    with open(program, "rb") as file:
        data = file.read()
    problems = []
    wide = data.decode("utf-16-le", errors="replace") + data[1:].decode("utf-16-le", errors="replace")
    if not re.search(rf"ProductVersion\0+{re.escape(version)} \(([0-9a-f]{{40}}(\+modified)?|unknown)\)",
                     wide):
        problems.append(f"no ProductVersion {version} with a revision")
    problems += [f"manifest lacks {text}" for text in MANIFEST if text.encode() not in data]
    listing = subprocess.run(["x86_64-w64-mingw32-objdump", "-p", program], check=True,
                             capture_output=True, text=True).stdout
    top = set(re.findall(r"^\s*[0-9a-f]{3}\s{3}Entry: ID: 0x([0-9a-f]+)", listing, re.MULTILINE))
    found = {int(number, 16) for number in top}
    problems += [f"no {name} resource" for number, name in TYPES.items() if number not in found]
    for problem in problems:
        print(f"{program}: {problem}")
    return 1 if problems else 0


sys.exit(main())
