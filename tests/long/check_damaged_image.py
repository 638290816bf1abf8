#!/usr/bin/env python3
"""Reads damaged NTFS volumes: check_damaged_image.py HOZEN FOLDER RUNS [SEED]

Makes a volume with mkntfs and ntfs-3g in FOLDER (needs root and FUSE), then RUNS times changes bytes of
it, most of them in its file table, boot sectors and indexes, and collects from it (deleted files and a
copy of the volume too) and parses it. Each
run must end by itself with a documented exit code, in bounded time and memory, and leave a bundle that
is sound (or none: exit code 4). Every file of which nothing was changed (its clusters, its record and those of
its folders, the file system's own) must be in it, the same; where one is not, a problem must be told. Prints
one line for each kind of end and ends with 1 when something was wrong; stopped by SIGINT or SIGTERM it tells
what was done until then.
"""
import collections
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import zipfile

PROFILE = """<profile version="1" summary="Every file">
  <include profile="full"/>
  <target category="everything" priority="normal" reason="test" streams="true"><path>%EveryVolume%\\**</path></target>
</profile>
"""
VOLUME_MIB = 32
SECONDS = 30  # of processor time; of the clock many more, for the machine may be busy
PATIENCE = 20
MEMORY = 512 << 20
FLIPS = (1, 4, 32, 256)


def run(command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def make_volume(folder):
    image, mount = folder / "volume.dd", folder / "mount"
    mount.mkdir()
    with open(image, "wb") as file:
        file.truncate(VOLUME_MIB << 20)
    run(["mkntfs", "-F", "-Q", image])
    run(["ntfs-3g", "-o", "streams_interface=xattr", image, mount])
    try:
        config = mount / "Windows/System32/config"
        config.mkdir(parents=True)
        for hive in ("SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT"):
            (config / hive).write_bytes(os.urandom(4096))
        for number in range(300):
            place = mount / f"Users/u{number % 7}/d{number % 31}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"file {number}.txt").write_bytes(bytes([number % 256]) * (number * 17 % 9000))
            os.setxattr(place / f"file {number}.txt", "user.stream", b"s" * (number % 300))
        log = mount / "Windows/System32/winevt/Logs"
        log.mkdir(parents=True)
        (log / "System.evtx").write_bytes(os.urandom(200_000))
        for number in range(0, 300, 5):
            (mount / f"Users/u{number % 7}/d{number % 31}/file {number}.txt").unlink()
    finally:
        run(["umount", mount])
    return image


def places(image, random_source, count):
    """Offsets to change: half of them in the file table, some in the boot sectors, the rest anywhere."""
    with open(image, "rb") as file:
        boot = file.read(512)
    cluster = int.from_bytes(boot[11:13], "little") * boot[13]
    table = int.from_bytes(boot[48:56], "little") * cluster
    size = VOLUME_MIB << 20
    for _ in range(count):
        kind = random_source.random()
        if kind < 0.1:
            yield random_source.randrange(90)
        elif kind < 0.7:
            yield table + random_source.randrange(700 * 1024)
        else:
            yield random_source.randrange(size)


def lines(bundle, name):
    """Of all segments of a stream of JSON lines."""
    for entry in bundle.namelist():
        if entry == name + ".jsonl" or (entry.startswith(name + ".") and entry.endswith(".jsonl")):
            for line in bundle.read(entry).splitlines():
                yield json.loads(line)


def collected(bundle):
    """SHA-256 of each file that is preserved whole, by its path without the volume."""
    return {row["path"].partition("\\")[2]: row.get("sha256") for row in lines(bundle, "artifacts")
            if row["outcome"] == "complete" and "\\$" not in row["path"] and not row.get("deleted")}


class Intact:
    """What an intact volume holds, and which of its bytes each file needs."""

    def __init__(self, hozen, image, bundle):
        self.files = collected(bundle)
        with open(image, "rb") as file:
            boot = file.read(512)
        self.cluster = int.from_bytes(boot[11:13], "little") * boot[13]
        self.table = int.from_bytes(boot[48:56], "little") * self.cluster
        volume = image.read_bytes()
        self.extensions = collections.defaultdict(list)  # records that hold a part of another's attributes
        for number in range(2048):
            at = self.table + number * 1024
            if volume[at:at + 4] == b"FILE":
                self.extensions[int.from_bytes(volume[at + 32:at + 38], "little")].append(number)
        printed = subprocess.run([hozen, "parse", image], check=False, stdout=subprocess.PIPE).stdout
        rows = [json.loads(line) for line in printed.splitlines()]
        self.rows = {row["path"]: row for row in rows if row["kind"] == "file" and row["allocated"] and row["path"]}

    def records(self, row):
        for number in [row["mft_record"], *self.extensions[row["mft_record"]]]:
            yield self.table + number * 1024, self.table + number * 1024 + 1024

    def needs(self, path):
        """Ranges of bytes: the file's own and, of the file system, those that lead to it."""
        own, shared = [], [(0, 512), (self.table, self.table + 24 * 1024)]
        names = path.partition(":")[0].split("\\")
        for depth in range(1, len(names) + 1):
            row = self.rows.get("\\" + "\\".join(names[:depth]))
            if row is None:
                return [(0, 1 << 60)], []
            own.extend(self.records(row))
        if row["first_cluster"] is not None:
            begin = row["first_cluster"] * self.cluster
            own.append((begin, begin + row["allocated_size"]))
        return own, shared  # streams are short: they lie in the record

    def lost(self, bundle, changed_places):
        """Files that are lost without a reason."""
        now = collected(bundle)
        told = any(True for _ in lines(bundle, "records/problems"))
        touched = lambda ranges: any(begin <= at < end for at in changed_places for begin, end in ranges)
        for path, digest in self.files.items():
            if now.get(path) == digest:
                continue
            own, shared = self.needs(path)
            if touched(own) or (touched(shared) and told):
                continue
            yield path


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))  # ends with a signal


def stop(*_):
    raise KeyboardInterrupt


def main():
    import pathlib
    hozen, folder, runs = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    image = make_volume(folder)
    intact = image.read_bytes()
    random_source = random.Random(seed)
    ends, wrong = collections.Counter(), []
    whole, profile = folder / "whole", folder / "every file.xml"
    whole.mkdir()
    profile.write_text(PROFILE)
    subprocess.run([hozen, "collect", "--image", image, "--output", whole, "--quiet", "--profile", profile],
                   check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    expected = Intact(hozen, image, zipfile.ZipFile(next(whole.glob("*.zip"))))
    print(f"{len(expected.files)} files are preserved of the intact volume")

    def damage(number):
        changed = bytearray(intact)
        flips = random_source.choice(FLIPS)
        changed_places = list(places(image, random_source, flips))
        for place in changed_places:
            changed[place] = random_source.randrange(256)
        damaged = folder / "damaged.dd"
        damaged.write_bytes(changed)
        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        for command in (["parse", damaged, "--format", "ntfs_volume"],
                        ["collect", "--image", damaged, "--output", out, "--quiet", "--jobs", "1",
                         "--profile", profile, "--profile", "image"]):
            try:
                ended = subprocess.run([hozen, *command], timeout=SECONDS * PATIENCE, preexec_fn=limited,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                code = ended.returncode
            except subprocess.TimeoutExpired:
                code = "timeout"
            ends[f"{command[0]}: {code}"] += 1
            if code not in (0, 1, 4):
                wrong.append(f"run {number} seed {seed}: {command[0]} ended with {code}")
                shutil.copy(damaged, folder / f"wrong-{number}.dd")
            elif command[0] == "parse" and ended.stdout:
                for line in ended.stdout.splitlines():
                    json.loads(line)
            elif command[0] == "collect" and code != 4:
                bundles = list(out.glob("*.zip"))
                if len(bundles) != 1 or zipfile.ZipFile(bundles[0]).testzip():
                    wrong.append(f"run {number} seed {seed}: no sound bundle")
                    return
                lost = list(expected.lost(zipfile.ZipFile(bundles[0]), changed_places))
                if lost:
                    wrong.append(f"run {number} seed {seed}: {len(lost)} files lost without a reason: {lost[:3]}")
                    shutil.copy(damaged, folder / f"wrong-{number}.dd")

    signal.signal(signal.SIGTERM, stop)
    done = 0
    try:
        for done in range(runs):
            damage(done)
        done = runs
    except KeyboardInterrupt:
        print(f"stopped after {done} of {runs}")
    for end, count in sorted(ends.items()):
        print(f"{count:6} {end}")
    print(*wrong, sep="\n")
    print(f"{done} damaged volumes, {len(wrong)} problems")
    return 1 if wrong else 0


sys.exit(main())
