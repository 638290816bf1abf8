#!/usr/bin/env python3
"""compare_hives.py HOZEN HIVE...
Shows that `hozen parse` reads the same keys, times, values, types and data out of a hive as hivexml
and reglookup do, before their speed is compared. Ends with 1 at the first hive that differs."""
import base64
import json
import subprocess
import sys
import xml.etree.ElementTree as xml

XML_TYPES = {"string": "REG_SZ", "expand": "REG_EXPAND_SZ", "link": "REG_LINK",
             "string-list": "REG_MULTI_SZ", "none": "REG_NONE", "binary": "REG_BINARY",
             "int32": "REG_DWORD", "int64": "REG_QWORD"}


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def ours(program, hive):
    """{path: time}, {(path, name): (type, data)}; a list of strings as a tuple."""
    keys, values = {}, {}
    for line in run(program, "parse", "--no-logs", hive).splitlines():
        record = json.loads(line)
        if record.get("deleted"):
            continue
        if record["kind"] == "registry_key":
            keys[record["path"]] = record["last_written"]
        elif record["kind"] == "registry_value":
            data = record["data"]
            values[record["key"], record["name"]] = (
                record["type"], tuple(data) if isinstance(data, list) else data)
    return keys, values


def xml_data(value, kind):
    text = value.get("value", "")
    if kind == "REG_MULTI_SZ":
        strings = [string.text or "" for string in value.findall("string")]
        while strings and not strings[-1]:
            strings.pop()
        return tuple(strings)
    if value.get("encoding") == "base64":
        return base64.b64decode(text).hex()
    if kind == "REG_DWORD":
        return int(text) & 0xFFFFFFFF
    if kind == "REG_QWORD":
        return int(text) & 0xFFFFFFFFFFFFFFFF
    return text


def hivexml(hive):
    keys, values = {}, {}

    def visit(node, path):
        keys[path] = (node.findtext("mtime") or "")[:19]
        for value in node.findall("value"):
            kind = XML_TYPES.get(value.get("type"), "")
            values[path, value.get("key", "")] = (kind, xml_data(value, kind))
        for child in node.findall("node"):
            visit(child, (path + "\\" if path else "") + child.get("name"))

    visit(xml.fromstring(run("hivexml", hive)).find("node"), "")
    return keys, values


def percent_decoded(text):
    parts = text.split("%")
    return parts[0] + "".join(chr(int(part[:2], 16)) + part[2:] for part in parts[1:])


def reglookup(hive):
    """{path: time} and {(path, name): type}; components between slashes, as it prints them."""
    keys, values = {}, {}
    for line in run("reglookup", hive).decode("latin-1").split("\n")[1:]:
        fields = line.split(",")
        if len(fields) < 4:
            continue
        path = percent_decoded(fields[0])
        if fields[1] == "KEY":
            keys[path] = fields[3].replace(" ", "T")
        else:
            data = "" if fields[2] == "(null)" else percent_decoded(fields[2])
            values[path] = ("REG_" + fields[1].replace("DWORD_BE", "DWORD_BIG_ENDIAN"), data)
    return keys, values


def as_lookup(keys, values):
    """Our records in the peer's form."""
    def data(kind, value):
        if kind == "REG_DWORD":
            return "0x%08X" % value
        if kind == "REG_QWORD":
            return "0x%016X" % value
        if kind in ("REG_SZ", "REG_EXPAND_SZ", "REG_LINK"):
            return value
        return bytes.fromhex(value).decode("latin-1")

    slashed = lambda path: "/" + path.replace("\\", "/")
    return ({slashed(path): time[:19] for path, time in keys.items()},
            {slashed(path) + ("/" if path else "") + name: (kind, data(kind, value))
             for (path, name), (kind, value) in values.items()})


def compare(what, left, right):
    if left == right:
        print(f"  {what}: {len(left)} equal")
        return True
    differing = [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]
    print(f"  {what}: {len(differing)} DIFFER, first:")
    for key in sorted(differing)[:5]:
        print(f"    {key!r}: ours {left.get(key)!r}, theirs {right.get(key)!r}")
    return False


def main(program, hives):
    equal = True
    for hive in hives:
        print(hive)
        keys, values = ours(program, hive)
        their_keys, their_values = hivexml(hive)
        times = {path: time[:19] for path, time in keys.items()}
        times[""] = their_keys[""] = ""  # hivexml prints no time of the root
        equal &= compare("hivexml keys and times", times, their_keys)
        equal &= compare("hivexml values, types and data", values, their_values)
        our_keys, our_values = as_lookup(keys, values)
        their_keys, their_values = reglookup(hive)
        equal &= compare("reglookup keys and times", our_keys, their_keys)
        equal &= compare("reglookup values, types and data", our_values, their_values)
    return 0 if equal else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
