"""Registry hives (regf 1.5), clean and plain: hive({"Select": {"": {"Current": 1}}, ...}).

A key is {name: key}; its values stand under "" as {name: value}: str (REG_SZ), int (REG_DWORD), bytes (REG_BINARY),
list of str (REG_MULTI_SZ), or ("expand", text) (REG_EXPAND_SZ).
"""
import struct

EPOCH = 11644473600
NONE = 0xFFFFFFFF
DESCRIPTOR = bytes.fromhex(
    "010004801400000024000000000000003400000001020000000000052000000020020000010200000000000520000000200200000200"
    "340002000000000218003f000f0001020000000000052000000020020000000214003f000f00010100000000000512000000")


def filetime(seconds):
    return int((seconds + EPOCH) * 10_000_000)


def set_value(tree, path, name, value):
    for part in path.split("\\"):
        tree = tree.setdefault(part, {})
    tree.setdefault("", {})[name] = value


def _data(value):
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, int):
        return 4, struct.pack("<I", value)
    if isinstance(value, bytes):
        return 3, value
    if isinstance(value, list):
        return 7, ("".join(text + "\0" for text in value) + "\0").encode("utf-16-le")
    if isinstance(value, tuple):
        return 2, (value[1] + "\0").encode("utf-16-le")
    return 1, (value + "\0").encode("utf-16-le")


class Hive:
    def __init__(self, written):
        self._cells, self._written = bytearray(32), filetime(written)
        self._security = self._cell(struct.pack("<2sHIIII", b"sk", 0, 0, 0, 1, len(DESCRIPTOR)) + DESCRIPTOR)
        struct.pack_into("<II", self._cells, self._security + 8, self._security, self._security)

    def _cell(self, content):
        """All in one bin: a cell may be as long as it likes then."""
        offset = len(self._cells)
        size = (len(content) + 4 + 7) & ~7
        self._cells += struct.pack("<i", -size) + content + bytes(size - 4 - len(content))
        return offset

    @staticmethod
    def _name(text):
        """Bytes of a name and whether they are Latin-1."""
        try:
            return text.encode("latin-1"), True
        except UnicodeEncodeError:
            return text.encode("utf-16-le"), False

    def _value(self, name, value):
        kind, data = _data(value)
        encoded, is_latin = self._name(name)
        if len(data) <= 4:
            size, where = len(data) | 0x80000000, struct.unpack("<I", data.ljust(4, b"\0"))[0]
        else:
            size, where = len(data), self._cell(data)
        return self._cell(struct.pack("<2sHIIIHH", b"vk", len(encoded), size, where, kind, int(is_latin), 0) + encoded)

    def _list(self, rows):
        out = struct.pack("<2sH", b"lh", len(rows))
        for name, offset in rows:
            value = 0
            for char in name.upper():
                value = (value * 37 + ord(char)) & 0xFFFFFFFF
            out += struct.pack("<II", offset, value)
        return self._cell(out)

    def key(self, name, tree, is_root=False):
        values = [self._value(*pair) for pair in tree.get("", {}).items()]
        value_list = self._cell(struct.pack(f"<{len(values)}I", *values)) if values else NONE
        names = sorted((one for one in tree if one), key=str.upper)
        children = [(one, self.key(one, tree[one])) for one in names]
        lists = [self._list(children[at:at + 500]) for at in range(0, len(children), 500)]
        subkeys = NONE if not lists else lists[0]
        if len(lists) > 1:
            subkeys = self._cell(struct.pack(f"<2sH{len(lists)}I", b"ri", len(lists), *lists))
        encoded, is_latin = self._name(name)
        widest = max((len(one) * 2 for one in names), default=0)
        flags = (0x20 if is_latin else 0) | (0x0C if is_root else 0)
        offset = self._cell(struct.pack(
            "<2sHQIIIIIIIIIIIIIIIHH", b"nk", flags, self._written, 0, 0, len(children), 0, subkeys, NONE, len(values),
            value_list, self._security, NONE, widest, 0, 64, 4096, 0, len(encoded), 0) + encoded)
        for _, child in children:
            struct.pack_into("<I", self._cells, child + 4 + 16, offset)
        return offset

    def bytes(self, tree, name):
        root = self.key("ROOT", tree, True)
        rest = -len(self._cells) % 0x1000
        if rest:
            self._cells += struct.pack("<i", rest) + bytes(rest - 4)
        struct.pack_into("<4sIIIIQI", self._cells, 0, b"hbin", 0, len(self._cells), 0, 0, self._written, 0)
        header = bytearray(4096)
        struct.pack_into("<4sIIQIIIIIII", header, 0, b"regf", 9, 9, self._written, 1, 5, 0, 1, root, len(self._cells), 1)
        encoded = name[-31:].encode("utf-16-le")
        header[48:48 + len(encoded)] = encoded
        checksum = 0
        for (word,) in struct.iter_unpack("<I", header[:508]):
            checksum ^= word
        struct.pack_into("<I", header, 508, checksum or 1)
        return bytes(header) + bytes(self._cells)


def hive(tree, name, written):
    return Hive(written).bytes(tree, name)
