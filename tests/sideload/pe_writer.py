"""Portable executables written from a description: harmless, as nothing ever runs them.

    image = Image(bits=64, dll=True, code=code, imports=[("KERNEL32.dll", ["Sleep"])], exports=[("Run", None)]).bytes()

Their code is what a compiler made (see code_pool.py) and is never reached.
"""
import struct

SECTION, FILE_ALIGNMENT = 0x1000, 0x200
IMAGE_DLL, EXECUTABLE, LARGE_ADDRESS, MACHINE_32 = 0x2000, 0x0002, 0x0020, 0x0100


def aligned(value, to):
    return (value + to - 1) // to * to


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


def _block(key, value, is_text, children=b""):
    """A node of version information: lengths count what is before the padding of its end."""
    head = wide(key)
    head += bytes(-(6 + len(head)) % 4)
    body = head + value
    if children:
        body += bytes(-(6 + len(body)) % 4) + children
    count = len(value) // 2 if is_text else len(value)
    return struct.pack("<HHH", 6 + len(body), count, int(is_text)) + body


def _joined(blocks):
    out = b""
    for block in blocks:
        out += bytes(-len(out) % 4) + block
    return out


def version_resource(strings, numbers, language="040904b0"):
    fixed = struct.pack("<13I", 0xFEEF04BD, 0x10000, numbers[0] << 16 | numbers[1], numbers[2] << 16 | numbers[3],
                        numbers[0] << 16 | numbers[1], numbers[2] << 16 | numbers[3], 0x3F, 0, 0x40004, 1, 0, 0, 0)
    table = _block(language, b"", True, _joined(_block(key, wide(text), True) for key, text in strings.items()))
    pair = struct.pack("<HH", int(language[:4], 16), int(language[4:], 16))
    return _block("VS_VERSION_INFO", fixed, False, _joined((
        _block("StringFileInfo", b"", True, table),
        _block("VarFileInfo", b"", True, _block("Translation", pair, False)))))


class Image:
    def __init__(self, *, bits=64, dll=False, code=b"\xc3" * 64, data=b"", stamp=0, imports=(), delay=(), exports=(),
                 name="", shared_stub=False, version=None, numbers=(1, 0, 0, 0), language="040904b0", manifest="",
                 icon=b"", pdb="", managed=False, relocations=True, strings=(), overlay=b"", linker=(14, 29),
                 console=False):
        self.__dict__.update({key: value for key, value in locals().items() if key != "self"})

    def bytes(self):
        """Sections .text, .rdata, .data, .rsrc, .reloc."""
        self._directories = [(0, 0)] * 16
        sections = []
        rva = SECTION
        for name, build, flags in ((".text", self._text, 0x60000020), (".rdata", self._rdata, 0x40000040),
                                   (".data", self._data, 0xC0000040), (".rsrc", self._resources, 0x40000040),
                                   (".reloc", self._relocations, 0x42000040)):
            content = build(rva)
            if content:
                sections.append((name, rva, content, flags))
                rva += aligned(len(content), SECTION)
        return self._whole(sections, rva)

    def _text(self, rva):
        self._text_rva = rva
        return self.code

    def _data(self, _):
        return self.data or b"\0" * 512

    def _thunks(self, part, base, functions):
        """(position of a table of names, of one of addresses), both the same as a linker leaves them."""
        width, form = (8, "<Q") if self.bits == 64 else (4, "<I")
        values = []
        for function in functions:
            if isinstance(function, int):
                values.append((1 << (self.bits - 1)) | function)
                continue
            part += bytes(len(part) % 2)
            values.append(base + len(part))
            part += struct.pack("<H", 0) + function.encode() + b"\0"
        part += bytes(-len(part) % 8)
        table = b"".join(struct.pack(form, value) for value in values) + bytes(width)
        first = base + len(part)
        part += table
        second = base + len(part)
        part += table
        return first, second

    def _rdata(self, base):
        part = bytearray()
        for text in self.strings:
            part += text.encode() + b"\0"
            part += bytes(-len(part) % 2) + wide(text)
        libraries = list(self.imports)
        if self.managed:
            libraries = [("mscoree.dll", ["_CorDllMain" if self.dll else "_CorExeMain"])]
        for which, size, rows in ((1, 20, libraries), (13, 32, list(self.delay))):
            if not rows:
                continue
            table = b""
            for library, functions in rows:
                first, second = self._thunks(part, base, functions)
                name = base + len(part)
                part += library.encode() + b"\0"
                if which == 1:
                    table += struct.pack("<5I", first, 0, 0, name, second)
                else:
                    table += struct.pack("<8I", 1, name, 0, second, first, 0, 0, 0)
            part += bytes(-len(part) % 8)
            self._directories[which] = (base + len(part), len(table) + size)
            part += table + bytes(size)
        if self.exports:
            self._put_exports(part, base)
        if self.pdb:
            part += bytes(-len(part) % 8)
            content = b"RSDS" + struct.pack("<QQI", self.stamp * 0x9E3779B97F4A7C15 % 2**64, len(self.code), 1)
            content += self.pdb.encode() + b"\0"
            self._directories[6] = (base + len(part), 28)
            # The file offset is put right when sections are laid out: .rdata comes right after .text.
            offset = aligned(0x400, FILE_ALIGNMENT) + aligned(len(self.code), FILE_ALIGNMENT) + len(part) + 28
            part += struct.pack("<IIHHIIII", 0, self.stamp, 0, 0, 2, len(content), base + len(part) + 28, offset) + content
        if self.managed:
            part += bytes(-len(part) % 8)
            version = b"v4.0.30319\0\0"
            metadata = b"BSJB" + struct.pack("<HHII", 1, 1, 0, len(version)) + version + struct.pack("<HH", 0, 0)
            self._directories[14] = (base + len(part), 72)
            part += struct.pack("<IHHIIII", 72, 2, 5, base + len(part) + 72, len(metadata), 1, 0) + bytes(44) + metadata
        return bytes(part)

    def _put_exports(self, part, base):
        """Inside the directory's range a function's address is the name of a forwarder."""
        part += bytes(-len(part) % 8)
        rows = sorted(self.exports)
        begin = base + len(part)
        count = len(rows)
        functions, names, ordinals = 40, 40 + 4 * count, 40 + 8 * count
        text = bytearray((self.name or "library.dll").encode() + b"\0")
        text_begin = 40 + 10 * count
        addresses, name_rvas = [], []
        step = max(1, (len(self.code) - 16) // max(1, count) // 16) * 16
        for index, (name, forward) in enumerate(rows):
            name_rvas.append(begin + text_begin + len(text))
            text += name.encode() + b"\0"
            if forward:
                addresses.append(begin + text_begin + len(text))
                text += forward.encode() + b"\0"
            else:
                addresses.append(self._text_rva + (0x10 if self.shared_stub else index * step % max(16, len(self.code))))
        table = struct.pack("<IIHHIIIIIII", 0, self.stamp, 0, 0, begin + text_begin, 1, count, count,
                            begin + functions, begin + names, begin + ordinals)
        table += struct.pack(f"<{count}I{count}I{count}H", *addresses, *name_rvas, *range(count))
        self._directories[0] = (begin, len(table) + len(text))
        part += table + text

    def _resources(self, base):
        leaves = []
        if self.icon:
            leaves.append((3, self.icon))
        if self.version is not None:
            leaves.append((16, version_resource(self.version, self.numbers, self.language)))
        if self.manifest:
            leaves.append((24, self.manifest.encode()))
        if not leaves:
            return b""
        count = len(leaves)
        names, languages, entries = 16 + 8 * count, 16 + 8 * count + 24 * count, 16 + 8 * count + 48 * count
        out = bytearray(struct.pack("<IIHHHH", 0, 0, 0, 0, 0, count))
        for index, (kind, _) in enumerate(leaves):
            out += struct.pack("<II", kind, 0x80000000 | (names + 24 * index))
        for index in range(count):
            out += struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, 2 if leaves[index][0] == 24 and self.dll else 1,
                               0x80000000 | (languages + 24 * index))
        for index in range(count):
            out += struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, int(self.language[:4], 16), entries + 16 * index)
        position = aligned(entries + 16 * count, 8)
        blobs = b""
        for _, content in leaves:
            out += struct.pack("<IIII", base + position + len(blobs), len(content), 0, 0)
            blobs += content + bytes(-len(content) % 8)
        out += bytes(position - len(out)) + blobs
        self._directories[2] = (base, len(out))
        return bytes(out)

    def _relocations(self, base):
        if not self.relocations:
            return b""
        entries = [0xA000 | offset if self.bits == 64 else 0x3000 | offset for offset in range(0x20, 0x120, 8)]
        out = struct.pack(f"<II{len(entries)}H", self._text_rva, 8 + 2 * len(entries), *entries)
        self._directories[5] = (base, len(out))
        return out

    def _whole(self, sections, size_of_image):
        is_64 = self.bits == 64
        header = bytearray(b"MZ" + bytes(0x3A) + struct.pack("<I", 0x80))
        header += b"\x0e\x1f\xba\x0e\x00\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21This program cannot be run in DOS mode.\r\r\n$"
        header += bytes(0x80 - len(header))
        flags = EXECUTABLE | (LARGE_ADDRESS if is_64 else MACHINE_32) | (IMAGE_DLL if self.dll else 0)
        header += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664 if is_64 else 0x14C, len(sections), self.stamp, 0, 0,
                                          240 if is_64 else 224, flags)
        code = aligned(len(self.code), FILE_ALIGNMENT)
        rest = sum(aligned(len(content), FILE_ALIGNMENT) for _, _, content, _ in sections[1:])
        header += struct.pack("<HBBIIIII", 0x20B if is_64 else 0x10B, *self.linker, code, rest, 0,
                              0 if self.managed else self._text_rva + 0x10, self._text_rva)
        base = (0x180000000 if self.dll else 0x140000000) if is_64 else (0x10000000 if self.dll else 0x400000)
        header += struct.pack("<Q", base) if is_64 else struct.pack("<II", aligned(code, SECTION) + SECTION, base)
        subsystem = 3 if self.console else 2
        header += struct.pack("<IIHHHHHHIIIIHH", SECTION, FILE_ALIGNMENT, 6, 0, 0, 0, 6, 0, 0, size_of_image, 0x400, 0,
                              subsystem, 0x8160 if is_64 else 0x8140)
        header += struct.pack("<QQQQ" if is_64 else "<IIII", 0x100000, 0x1000, 0x100000, 0x1000)
        header += struct.pack("<II", 0, 16)
        for rva, size in self._directories:
            header += struct.pack("<II", rva, size)
        offset = 0x400
        for name, rva, content, characteristics in sections:
            size = aligned(len(content), FILE_ALIGNMENT)
            header += struct.pack("<8sIIIIIIHHI", name.encode(), len(content), rva, size, offset, 0, 0, 0, 0, characteristics)
            offset += size
        header += bytes(0x400 - len(header))
        for _, _, content, _ in sections:
            header += content + bytes(-len(content) % FILE_ALIGNMENT)
        return bytes(header) + self.overlay
