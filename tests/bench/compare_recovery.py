#!/usr/bin/env python3
"""Recovering all files of an NTFS image, against sleuthkit: compare_recovery.py [-n ROUNDS] HOZEN IMAGE FOLDER

First shows that the bundle holds what `tsk_recover -a` writes, file by file (SHA-256 by path). Then runs in
turn, in FOLDER (on tmpfs for figures that say nothing of the disk's file system), and prints processor time:

  alone    tsk_recover -a
  bundle   the same, then hashdeep with three digests and zip -1: what a bundle is
  ours     hozen collect of every file: three digests, compressed, sealed

With --reuse the output of a round is deleted before the next one. On ext4 without a journal that makes each
round dearer for whoever makes many files: Linux looks for an inode that was not deleted within the last five
minutes (recently_deleted in fs/ext4/ialloc.c), which is most of the time of tsk_recover then.
Ends with 1 when contents differ.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<profile version="1" summary="every file">
  <target category="other" priority="high" reason="all"><path>%SystemDrive%\\**</path></target>
</profile>
"""


def cpu(command):
    """Seconds of processor time: user, system."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        _, status, used = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode not in (0, 1):  # 1: something of the evidence could not be had
        sys.exit(f"{command[0]} ended with {program.returncode}")
    return used.ru_utime, used.ru_stime


def ours(hozen, image, profile, folder):
    return [hozen, "collect", "--image", image, "--profile", str(profile), "--output", str(folder)]


def recovered(folder):
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def collected(folder):
    found = {}
    with zipfile.ZipFile(next(folder.glob("*.zip"))) as bundle:
        names = [name for name in bundle.namelist() if name.split(".")[0] == "artifacts"]
        for name in names:
            for line in bundle.read(name).decode().splitlines():
                row = json.loads(line)
                if row.get("sha256") and row["outcome"] == "complete":
                    found[row["path"].split("\\", 1)[1].replace("\\", "/")] = row["sha256"]
    return found


def same_content(args, profile, folder):
    theirs, mine = folder / "theirs", folder / "mine"
    theirs.mkdir()
    mine.mkdir()
    cpu(["tsk_recover", "-a", args.image, str(theirs)])
    cpu(ours(args.hozen, args.image, profile, mine))
    expected, actual = recovered(theirs), collected(mine)
    wrong = [path for path in expected if actual.get(path) != expected[path]]
    for path in wrong[:20]:
        print(f"differs: {path}: {expected[path]} by tsk_recover, {actual.get(path, 'nothing')} by us")
    more = len(actual) - len(expected) + len(wrong)
    print(f"{len(expected)} files of tsk_recover, {len(wrong)} differ; {more} more of ours (streams, metadata)")
    shutil.rmtree(theirs)
    shutil.rmtree(mine)
    return not wrong


def measure(args, profile, folder):
    alone, bundle, mine = [], [], []
    for round_number in range(args.rounds):
        suffix = "" if args.reuse else str(round_number)
        files, packed = folder / f"files{suffix}", folder / f"packed{suffix}"
        for one in (files, packed):
            shutil.rmtree(one, ignore_errors=True)
            one.mkdir()
        user, system = cpu(["tsk_recover", "-a", args.image, str(files)])
        rest = cpu(["hashdeep", "-c", "md5,sha1,sha256", "-r", str(files)])
        rest += cpu(["zip", "-1", "-q", "-r", str(packed / "files.zip"), str(files)])
        own = cpu(ours(args.hozen, args.image, profile, packed))
        alone.append(user + system)
        bundle.append(user + system + sum(rest))
        mine.append(sum(own))
        print(f"alone {alone[-1]:.2f} s ({system:.2f} in the system), bundle {bundle[-1]:.2f} s, "
              f"ours {mine[-1]:.2f} s ({own[1]:.2f} in the system)", flush=True)
        if not args.reuse:
            shutil.rmtree(files)
            shutil.rmtree(packed)
    one = statistics.median(mine)
    print(f"median: ours {one / statistics.median(alone):.2f} of tsk_recover alone, "
          f"{one / statistics.median(bundle):.2f} of a bundle made with it")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", "--rounds", type=int, default=5)
    parser.add_argument("--reuse", action="store_true")
    parser.add_argument("hozen")
    parser.add_argument("image")
    parser.add_argument("folder", type=pathlib.Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as temporary:
        folder = pathlib.Path(temporary)
        profile = folder / "all.xml"
        profile.write_text(PROFILE, encoding="utf-8")
        same = same_content(args, profile, folder)
        measure(args, profile, folder)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
