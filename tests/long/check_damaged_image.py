#!/usr/bin/env python3
"""Reads damaged NTFS volumes: check_damaged_image.py HOZEN FOLDER RUNS [SEED]

Makes a volume with mkntfs and ntfs-3g in FOLDER (needs root and FUSE), then RUNS times changes bytes of
it, most of them in its file table, boot sectors and indexes, and collects from it (deleted files and a
copy of the volume too) and parses it. Each
run must end by itself with a documented exit code, in bounded time and memory, and leave a bundle that
is sound (or none: exit code 4). Prints one line for each kind of end and ends with 1 when something was wrong.
"""
import collections
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import zipfile

VOLUME_MIB = 32
SECONDS = 30
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
            os.setxattr(place / f"file {number}.txt", "user.stream", b"s" * (number % 700))
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


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


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
    for number in range(runs):
        changed = bytearray(intact)
        flips = random_source.choice(FLIPS)
        for place in places(image, random_source, flips):
            changed[place] = random_source.randrange(256)
        damaged = folder / "damaged.dd"
        damaged.write_bytes(changed)
        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        for command in (["parse", damaged, "--format", "ntfs_volume"],
                        ["collect", "--image", damaged, "--output", out, "--quiet", "--jobs", "1",
                         "--profile", "full", "--profile", "image"]):
            try:
                ended = subprocess.run([hozen, *command], timeout=SECONDS, preexec_fn=limited,
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
    for end, count in sorted(ends.items()):
        print(f"{count:6} {end}")
    print(*wrong, sep="\n")
    print(f"{runs} damaged volumes, {len(wrong)} problems")
    return 1 if wrong else 0


sys.exit(main())
