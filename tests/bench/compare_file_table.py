#!/usr/bin/env python3
"""Shows that `hozen parse` and `fls` read the same out of an NTFS image: compare_file_table.py HOZEN IMAGE...

Compared of every line of `fls -r -m /`: path, size, the four times of $STANDARD_INFORMATION, those of
$FILE_NAME, streams, and what is deleted. Ends with 1 when anything differs.
"""
import datetime
import json
import subprocess
import sys

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
UNSET = 3373865674  # what fls makes of a time that was never set
DATA, NAME = "128", "48"


def seconds(times):
    """Accessed, modified, changed, created as whole seconds since 1970, in the order of fls."""
    found = []
    for key in ("accessed", "modified", "changed", "created"):
        text = times[key]
        if text is None:
            found.append(UNSET)
            continue
        moment = datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
        found.append(int((moment.replace(tzinfo=datetime.timezone.utc) - EPOCH).total_seconds()))
    return found


def read_ours(hozen, image):
    files = {}
    with subprocess.Popen([hozen, "parse", image], stdout=subprocess.PIPE) as program:
        for line in program.stdout:
            record = json.loads(line)
            if record["kind"] == "file":
                files[record["mft_record"]] = record
    return files


def stream_of(path, record):
    """The stream that a line of this path is of, "" for the unnamed one; None for another file."""
    for own in [record["path"]] + record["other_paths"]:
        own = (own or "").replace("\\", "/")
        if path in (own, own + "/.", own + "/.."):
            return ""
        for between in (":", "/.:", "/..:"):
            if path.startswith(own + between):
                return path[len(own + between):]
    return None


def differences(line, record):
    path, inode, size = line[1], line[2], int(line[6])
    times = [int(value) for value in line[7:11]]
    deleted = path.endswith(" (deleted)") or path.endswith(" (deleted-realloc)")
    path = path.removesuffix(" (deleted)").removesuffix(" (deleted-realloc)")
    if path.endswith(" ($FILE_NAME)"):
        # Of several names fls shows one set of times, ours that of the path it calls the file by.
        return [] if record["links"] > 1 or times == seconds(record["fn"]) else ["times of $FILE_NAME"]
    found = []
    stream = "" if path.startswith("/$OrphanFiles/") else stream_of(path, record)
    if stream is None:
        return ["path " + str(record["path"])]
    if times != seconds(record["si"]):
        found.append("times")
    if deleted == record["allocated"]:
        found.append("deleted")
    if inode.split("-")[1:2] == [DATA]:
        own = {each["name"]: each["size"] for each in record["streams"]}
        own[""] = record["size"]
        if own.get(stream) != size:
            found.append("size %s" % own.get(stream))
    return found


def compare(hozen, image):
    files = read_ours(hozen, image)
    listed = subprocess.run(["fls", "-r", "-m", "/", image], stdout=subprocess.PIPE, check=True).stdout
    lines = wrong = 0
    for text in listed.decode("utf-8", "surrogateescape").splitlines():
        line = text.split("|")
        if line[1] == "/$OrphanFiles":  # made up by fls
            continue
        lines += 1
        record = files.get(int(line[2].split("-")[0]))
        found = ["no such record"] if record is None else differences(line, record)
        if found:
            wrong += 1
            if wrong <= 20:
                print(f"{image}: {line[1]}: {', '.join(found)}")
    print(f"{image}: {lines} lines of fls, {len(files)} records of ours, {wrong} differences")
    return wrong == 0


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    same = [compare(sys.argv[1], image) for image in sys.argv[2:]]
    sys.exit(0 if all(same) else 1)


if __name__ == "__main__":
    main()
