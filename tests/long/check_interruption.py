#!/usr/bin/env python3
"""Ends collections at random moments, by force or by an output that fails, and recovers what they left.

check_interruption.py PROGRAM WORK_DIR RUNS [--failing-writes LIBRARY] [--seed N]
  PROGRAM  hozen, or hozen.exe (then run under Wine)
  LIBRARY  of failing_writes.c: then each of RUNS is followed by one whose disk is full (a small tmpfs
           where one can be mounted, else a limit of the file size) and one whose output is gone
What a run had finished is found by a walk of its own (zlib and the ZIP format, nothing of hozen), and
must be in the recovered bundle, byte for byte, and equal to the evidence; verify and unzip must accept
the bundle; nothing but the bundle may have been written.
"""
import argparse
import glob
import json
import os
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import sys
import time
import zipfile
import zlib

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
FILES = 150
PIECE = 1 << 16
PROFILE = """<profile version="1" summary="Everything">
  <module name="run_keys"/>
  <target category="all" reason="Everything there is" priority="high">
    <path>%EveryVolume%\\**</path>
  </target>
</profile>
"""
LOCAL = struct.Struct("<IHHHHHIIIHH")
DESCRIPTOR = struct.Struct("<IIQQ")


def make_evidence(root, chance):
    """Names of the files below C/ and their content."""
    content = {}
    words = [bytes(chance.choices(b"abcdefgh ", k=9)) for _ in range(200)]
    for number in range(FILES):
        size = chance.choice((0, 100, 5_000, 70_000, 1_048_576, 1_048_577, 2_500_000))
        text = b"".join(chance.choices(words, k=size // 9 + 1))[:size]
        if number % 3 == 0:
            text = chance.randbytes(size)
        name = f"folder{number % 7}/file{number}.bin"
        path = root / "C" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        content["evidence/C/" + name] = text
    return content


def finished_entries(data):
    """Entries that are whole, from the first byte on."""
    entries, at = {}, 0
    while at + LOCAL.size <= len(data):
        (signature, _, flags, method, _, _, crc, stored, size, name_length,
         extra_length) = LOCAL.unpack_from(data, at)
        start = at + LOCAL.size + name_length + extra_length
        if signature != 0x04034B50 or start > len(data):
            break
        name = data[at + LOCAL.size:at + LOCAL.size + name_length].decode()
        if flags & 8:
            inflater, pieces, end = zlib.decompressobj(-15), [], start
            try:
                while not inflater.eof and end < len(data):
                    pieces.append(inflater.decompress(data[end:end + PIECE]))
                    end = min(end + PIECE, len(data)) - len(inflater.unused_data)
            except zlib.error:
                break
            content = b"".join(pieces)
            if not inflater.eof or end + DESCRIPTOR.size > len(data):
                break
            mark, crc, stored, size = DESCRIPTOR.unpack_from(data, end)
            if mark != 0x08074B50 or stored != end - start:
                break
            at = end + DESCRIPTOR.size
        else:
            if start + stored > len(data):
                break
            content = data[start:start + stored]
            if method == 8:
                content = zlib.decompress(content, -15)
            at = start + stored
        if len(content) != size or zlib.crc32(content) != crc:
            break
        entries[name] = content
    return entries


class Check:
    def __init__(self, program, work):
        self.program, self.work = program, work
        self.wine = program.suffix == ".exe"
        self.problems = []

    def command(self, *arguments):
        start = [str(PROJECT / "packaging" / "run_wine.sh")] if self.wine else []
        return start + [str(self.program), *arguments]

    def path(self, path):
        return "Z:" + str(path).replace("/", "\\") if self.wine else str(path)

    def collect(self):
        return self.command("collect", "--root", self.path(self.work / "root"), "--profile",
                            self.path(self.work / "all.xml"), "--output", self.path(self.work / "out"),
                            "--progress", "none", "--quiet")

    def wrong(self, text):
        self.problems.append(text)
        print("FAILED:", text)

    def run(self, *arguments):
        result = subprocess.run(self.command(*arguments), cwd=self.work / "here", text=True,
                                capture_output=True, errors="replace", check=False)
        return result.returncode, result.stdout + result.stderr

    def empty_output(self):
        out = self.work / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        return out

    def killed(self, delay, content):
        out = self.empty_output()
        process = subprocess.Popen(self.collect(), cwd=self.work / "here", stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()  # under Wine too: the shell has become the program
        process.wait()
        return self.recovered(out, content)

    def failed(self, content, **how):
        """A run whose output cannot take it all; `how` is for subprocess."""
        out = self.work / "out"
        ended = subprocess.run(self.collect(), cwd=self.work / "here", text=True, errors="replace",
                               capture_output=True, check=False, **how)
        left = os.listdir(out)
        if ended.returncode != 5 or "the bundle cannot be written" not in ended.stderr:
            self.wrong(f"a run that cannot write ended with {ended.returncode}: {ended.stderr}")
        if len(left) == 1 and left[0] not in ended.stderr:
            self.wrong(f"{left[0]} was left and not named: {ended.stderr}")
        return left

    def disk_full(self, size, content):
        out = self.empty_output()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", out],
                                 capture_output=True, check=False).returncode == 0
        if not mounted:
            self.failed(content, restore_signals=False,  # the signal of that limit stays ignored
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
            return self.recovered(out, content)
        try:
            left = self.failed(content)
            kept = {name: (out / name).read_bytes() for name in left}
        finally:
            subprocess.run(["umount", out], check=True)
        for name, data in kept.items():  # to where there is room
            (out / name).write_bytes(data)
        return self.recovered(out, content)

    def output_gone(self, library, size, content):
        out = self.empty_output()
        self.failed(content, env={**os.environ, "LD_PRELOAD": str(library),
                                  "HOZEN_FAIL_AFTER": str(size)})
        return self.recovered(out, content)

    def recovered(self, out, content):
        left = sorted(os.listdir(out))
        partial = [name for name in left if name.endswith(".zip.partial")]
        if [name for name in left if name.endswith(".zip")]:
            return "complete"
        if not partial:
            if left:
                self.wrong(f"unknown files were left: {left}")
            return "not begun"
        data = (out / partial[0]).read_bytes()
        finished = finished_entries(data)
        code, output = self.run("recover", self.path(out / partial[0]))
        if "start.json" not in finished:
            if code != 4:
                self.wrong(f"recover ended with {code} where nothing was finished: {output}")
            return "nothing finished"
        if code != 0:
            self.wrong(f"recover ended with {code}: {output}")
            return "failed"
        if (out / partial[0]).read_bytes() != data:
            self.wrong("recover changed what the run had left")
        bundle = glob.glob(str(out / "*.recovered.zip"))
        if len(bundle) != 1:
            self.wrong(f"recover left {os.listdir(out)}")
            return "failed"
        self.compare(bundle[0], finished, content)
        return "recovered"

    def compare(self, bundle, finished, content):
        with zipfile.ZipFile(bundle) as archive:
            names = set(archive.namelist())
            for name, bytes_of in finished.items():
                if name not in names or archive.read(name) != bytes_of:
                    self.wrong(f"{name} was finished and is not recovered")
                if name in content and bytes_of != content[name]:
                    self.wrong(f"{name} differs from the evidence")
            manifest = json.loads(archive.read("manifest.json"))
        whole = "manifest.json" in finished
        if not whole and manifest["collection"]["outcome"] != "interrupted":
            self.wrong(f"the outcome is {manifest['collection']['outcome']}")
        # Empty files have no entry.
        everything = {name for name, text in content.items() if text} <= finished.keys()
        if not whole and not everything and "missing" not in manifest["recovery"]:
            self.wrong("nothing is said to be missing")
        code, output = self.run("verify", self.path(bundle))
        if code != 0:
            self.wrong(f"verify ended with {code}: {output}")
        unzip = subprocess.run(["unzip", "-tqq", bundle], capture_output=True, check=False)
        if unzip.returncode != 0:
            self.wrong(f"unzip: {unzip.stdout}{unzip.stderr}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("work", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("runs", type=int)
    parser.add_argument("--failing-writes", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    shutil.rmtree(given.work, ignore_errors=True)
    (given.work / "here").mkdir(parents=True)
    (given.work / "out").mkdir()
    (given.work / "all.xml").write_text(PROFILE)
    content = make_evidence(given.work / "root", chance)
    check = Check(given.program, given.work)
    begin = time.monotonic()
    subprocess.run(check.collect(), cwd=given.work / "here", stdout=subprocess.DEVNULL, check=False)
    whole = time.monotonic() - begin
    size = sum(path.stat().st_size for path in (given.work / "out").iterdir())
    results = {}

    def count(kind, result):
        results.setdefault(kind, {}).setdefault(result, 0)
        results[kind][result] += 1

    for _ in range(given.runs):
        count("killed", check.killed(chance.random() * whole, content))
        if given.failing_writes:
            count("disk full", check.disk_full(int(size * chance.uniform(0.05, 0.95)), content))
            count("output gone", check.output_gone(given.failing_writes.resolve(),
                                                   int(size * chance.random()), content))
    if os.listdir(given.work / "here"):
        check.wrong(f"written where nothing should be: {os.listdir(given.work / 'here')}")
    print(f"{given.runs} runs of up to {whole:.1f} s and {size} bytes, seed {given.seed}: {results}, "
          f"{len(check.problems)} problems")
    if any(kind.get("recovered", 0) < given.runs // 4 for kind in results.values()):
        check.wrong("too few runs were ended while they wrote: this shows nothing")
    return 1 if check.problems else 0


sys.exit(main())
