"""Real evidence as hosts: folders of Windows that hold one log, or what is there of one machine.

Each sample is (name, role, function that puts its files below a root). Roles: "attacked", "clean" and
"unknown", as facts/hosts.tsv of the test data says.
"""
import concurrent.futures
import json
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import zipfile

RANKS = ("info", "low", "medium", "high", "critical")
ATTACK_LOGS = ("attack-samples", "hayabusa", "sigma", "velociraptor")
UNKNOWN_LOGS = ("omerbenamram", "plaso", "chainsaw")
CLEAN_LOGS = "evtx-sets/museum/Win10/RathbunVM/RathbunVM_W10EventLogs.7z"
LOGS = "Windows/System32/winevt/Logs"
HIVES = "Windows/System32/config"


def put(root, folder, source, name=None):
    """One file, unpacked where it is packed by itself."""
    target = pathlib.Path(root, folder)
    target.mkdir(parents=True, exist_ok=True)
    target /= name or source.name.removesuffix(".xz")
    if source.suffix == ".xz":
        target.write_bytes(lzma.decompress(source.read_bytes()))
    else:
        shutil.copy(source, target)


def unpack(root, folder, archive, pattern):
    """The files of a 7-Zip archive that match, without their folders."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["7z", "x", "-y", f"-o{scratch}", archive], capture_output=True, check=True)
        for file in sorted(pathlib.Path(scratch).rglob(pattern)):
            put(root, folder, file)


def attacked_host(data):
    """The machine of section 0 of EXPECTATIONS.md, as much of it as there is."""
    def build(root):
        machine = "museum/Win10/APTSimulatorVM"
        unpack(root, LOGS, next((data / "evtx-sets" / machine).glob("*.7z")), "*.evtx")
        unpack(root, "Windows/Prefetch", next((data / "prefetch-sets" / machine).glob("*.7z")), "*.pf")
        for file in (data / "amcache" / machine).iterdir():
            put(root, "Windows/AppCompat/Programs", file)
        shutil.copytree(data / "tasks/win10_APTSimulatorVM/APTSimulatorVM",
                        pathlib.Path(root, "Windows/System32/Tasks"))
        unpack(root, "Windows/System32/wbem/Repository", next((data / "wmi/museum/Win10").rglob("*WBEM.7z")), "*.*")
        for file in (data / "jumplists" / machine).rglob("*-ms"):
            put(root, "Users/user/AppData/Roaming/Microsoft/Windows/Recent/AutomaticDestinations", file)
    return build


def clean_tasks(data):
    def build(root):
        tasks = pathlib.Path(root, "Windows/System32/Tasks")
        shutil.copytree(data / "tasks/win10_APTSimulatorVM/APTSimulatorVM", tasks)
        (tasks / "GameOver").unlink()
    return build


def one_task(data):
    return lambda root: put(root, "Windows/System32/Tasks",
                            data / "tasks/win10_APTSimulatorVM/APTSimulatorVM/GameOver")


def files(folder, *sources, names=()):
    def build(root):
        for index, source in enumerate(sources):
            put(root, folder, source, names[index] if index < len(names) else None)
    return build


def log_samples(data, collections, role):
    for collection in collections:
        for log in sorted((data / "evtx" / collection).rglob("*.evtx")):
            yield log.relative_to(data / "evtx").as_posix(), role, files(LOGS, log)


def host_samples(data):
    hives = data / "hives"
    yield "host APTSimulatorVM", "attacked", attacked_host(data)
    yield "tasks of APTSimulatorVM, GameOver alone", "attacked", one_task(data)
    yield "hive synthetic/SOFTWARE_taskcache", "attacked", files(
        HIVES, hives / "synthetic/SOFTWARE_taskcache", names=("SOFTWARE",))
    yield "logs of RathbunVM", "clean", lambda root: unpack(root, LOGS, data / CLEAN_LOGS, "*.evtx")
    yield "tasks of APTSimulatorVM without GameOver", "clean", clean_tasks(data)
    yield "hive regipy/SYSTEM", "unknown", files(HIVES, hives / "regipy/SYSTEM.xz")
    yield "hive regipy/SYSTEM_B", "unknown", files(
        HIVES, *(hives / f"regipy/SYSTEM_B{end}.xz" for end in ("", ".LOG1", ".LOG2")),
        names=("SYSTEM", "SYSTEM.LOG1", "SYSTEM.LOG2"))
    for name in ("regipy/NTUSER.DAT.xz", "regipy/NTUSER_modified.DAT.xz", "regipy/NTUSER_with_winscp.DAT.xz",
                 "plaso/NTUSER-RunTests.DAT", "plaso/NTUSER-WIN7.DAT", "artemis/NTUSER.DAT", "ericz/NTUSER1.DAT"):
        yield "hive " + name.removesuffix(".xz"), "unknown", files(
            "Users/user", hives / name, names=("NTUSER.DAT",))
    for archive in sorted((data / "prefetch-sets").rglob("*.7z")):
        if "APTSimulatorVM" not in str(archive):
            machine = archive.relative_to(data / "prefetch-sets/museum").parts
            yield f"prefetch of {machine[0]} {machine[1]}", "unknown", (
                lambda root, archive=archive: unpack(root, "Windows/Prefetch", archive, "*.pf"))
    yield "amcache of Win2012R2 StolenSzechuan", "unknown", files(
        "Windows/AppCompat/Programs", *sorted((data / "amcache/museum/Win2012R2").rglob("Amcache*")))


def findings_of(hozen, build):
    """What `hozen collect`, profile triage, finds on one sample."""
    with tempfile.TemporaryDirectory() as folder:
        root, output = pathlib.Path(folder, "root"), pathlib.Path(folder, "output")
        pathlib.Path(root, HIVES).mkdir(parents=True)
        output.mkdir()
        build(root)
        subprocess.run([hozen, "collect", "--root", root, "--output", f"{output}/", "--quiet"],
                       capture_output=True, check=False)
        with zipfile.ZipFile(next(output.glob("*.zip"))) as bundle:
            names = [n for n in bundle.namelist() if re.fullmatch(r"findings(\.\d+)?\.jsonl", n)]
            return [json.loads(line) for name in names
                    for line in bundle.read(name).decode().splitlines()]


def run_all(hozen, samples):
    """[(name, role, findings)] in the order of the samples."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda sample: findings_of(hozen, sample[2]), samples)
        return [(name, role, findings) for (name, role, _), findings in zip(samples, found)]
