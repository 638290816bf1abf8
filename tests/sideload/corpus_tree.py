"""A fake Windows of folders, each of which is one case of the corpus.

A case is built by a function that gets a Case and puts files with it: `case.exe(...)`, `case.dll(...)`,
`case.blob(...)`. What it asks of the registry and of tasks is kept and written when all are built.
"""
import datetime
import os
import pathlib
import random
import zlib

from code_pool import cut
from pe_writer import Image, wide

MICROSOFT = "Microsoft Corporation"
USERS = {  # name: last part of the SID
    "tanaka": 1001, "m.sato": 1002, "鈴木": 1003, "Administrator": 500}
SID = "S-1-5-21-1004336348-1177238915-682003330-"

KERNEL = """CloseHandle CreateEventW CreateFileW CreateMutexW CreateProcessW CreateThread DeleteCriticalSection DeleteFileW
EnterCriticalSection ExitProcess FindClose FindFirstFileW FindNextFileW FlushFileBuffers FormatMessageW FreeLibrary
GetACP GetCommandLineW GetCurrentProcess GetCurrentProcessId GetCurrentThreadId GetFileSizeEx GetLastError
GetModuleFileNameW GetModuleHandleW GetProcAddress GetProcessHeap GetStdHandle GetSystemTimeAsFileTime GetTickCount64
GetVersionExW HeapAlloc HeapFree InitializeCriticalSection IsDebuggerPresent LeaveCriticalSection LoadLibraryW
LocalFree MultiByteToWideChar QueryPerformanceCounter RaiseException ReadFile SetEvent SetFilePointerEx SetLastError
Sleep TerminateProcess TlsAlloc TlsGetValue VirtualAlloc VirtualFree VirtualProtect WaitForSingleObject
WideCharToMultiByte WriteFile lstrlenW""".split()
USER = """BeginPaint CallNextHookEx CreateWindowExW DefWindowProcW DestroyWindow DispatchMessageW EndPaint GetClientRect
GetMessageW InvalidateRect LoadCursorW LoadIconW LoadStringW MessageBoxW PostMessageW PostQuitMessage RegisterClassExW
SendMessageW SetTimer SetWindowTextW ShowWindow TranslateMessage UpdateWindow""".split()
OTHERS = {
    "ADVAPI32.dll": "RegCloseKey RegOpenKeyExW RegQueryValueExW RegSetValueExW OpenProcessToken".split(),
    "GDI32.dll": "BitBlt CreateCompatibleDC CreateFontIndirectW DeleteDC SelectObject SetBkMode TextOutW".split(),
    "SHELL32.dll": "SHGetFolderPathW ShellExecuteW CommandLineToArgvW Shell_NotifyIconW".split(),
    "ole32.dll": "CoCreateInstance CoInitializeEx CoTaskMemFree CoUninitialize".split(),
    "OLEAUT32.dll": [2, 6, 9, 12],
    "WS2_32.dll": [1, 3, 9, 16, 19, 115, "getaddrinfo", "freeaddrinfo"],
    "SHLWAPI.dll": "PathAppendW PathFileExistsW PathRemoveFileSpecW StrStrIW".split(),
}
WORDS = """Account Active Batch Buffer Cache Channel Client Codec Color Config Context Data Decode Device Document Draw
Encode Engine Entry Error Event Export Field File Filter Font Format Frame Handle Image Import Index Item Key Layer
Layout License List Log Manager Matrix Media Message Model Module Network Node Object Option Packet Page Path Pixel
Plugin Print Process Profile Query Queue Record Region Render Report Resource Result Scan Schema Script Search Session
Signal Socket Sound Stream String Surface Symbol Table Task Text Thread Token Trace Update User Value Vector View
Volume Widget Window""".split()
# How files of known formats begin that are compressed behind it.
HEADS = {"chm": b"ITSF\3\0\0\0\x60\0\0\0\1\0\0\0", "cab": b"MSCF\0\0\0\0", "7z": b"7z\xbc\xaf\x27\x1c\0\4"}
VERBS = "Get Set Open Close Create Release Load Save Read Write Init Reset Find Add Remove Update Start Stop Query Enum".split()


def seconds(moment):
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


class Linker:
    """What a vendor builds with, so that the files of one product look alike."""

    def __init__(self, rng, built):
        self.linker = rng.choice([(6, 0), (7, 10), (8, 0), (9, 0)]) if built.year < 2010 else (
            rng.choice([(10, 0), (11, 0), (12, 0), (14, 0)]) if built.year < 2017 else rng.choice([(14, 16), (14, 29), (14, 38)]))
        self.pdb = rng.random() < 0.6
        self.root = "%s:\\%s\\" % (rng.choice("CDE"), rng.choice(["build", "work", "src", "jenkins\\workspace", "agent\\_work\\1\\s"]))


class Case:
    def __init__(self, world, name, pattern, positive):
        self.world, self.name, self.pattern, self.positive = world, name, pattern, positive
        self.rng = random.Random(f"{world.seed} {name}")
        self.places, self.registry, self.tasks, self.ran = [], [], [], []
        self.now = world.now
        self.copies_build_time = self.copies_linker = False  # of a planted library

    # --- times

    def days_ago(self, least, most=None):
        """A moment of office hours."""
        day = self.rng.randint(least, most if most is not None else least)
        return self.now - datetime.timedelta(days=day) + datetime.timedelta(seconds=self.rng.randrange(-30000, 0))

    def in_year(self, first, last=None):
        year = self.rng.randint(first, last or first)
        return min(datetime.datetime(year, 1, 1) + datetime.timedelta(seconds=self.rng.randrange(31_000_000)), self.days_ago(40))

    def later(self, moment, most_seconds):
        return moment + datetime.timedelta(seconds=self.rng.randint(0, most_seconds))

    # --- places and files

    def at(self, place):
        """The folder (or file) whose findings belong to this case; later files go there."""
        self.places.append(place)
        self.folder = place
        return self

    def put(self, name, data, when, size=None):
        """`size` beyond the data is a hole: it takes no room on the disk."""
        path = name if name[1:2] == ":" else f"{self.folder}\\{name}"
        target = self.world.path_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
            if size:
                file.truncate(size)
        os.utime(target, (seconds(when), seconds(when)))
        return path

    def copy_of(self, source, name, when):
        """A copy of a file that is in the tree already."""
        return self.put(name, self.world.path_of(source).read_bytes(), when)

    def blob(self, name, size, when, kind="random"):
        rng = self.rng
        if kind == "random":
            data = rng.randbytes(size)
        elif kind == "zip":
            data = b"PK\x03\x04\x14\0\0\0\x08\0" + rng.randbytes(size) + b"PK\x05\x06" + bytes(18)
        elif kind == "png":
            data = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17) + zlib.compress(rng.randbytes(size)) + b"\0\0\0\0IEND\xaeB`\x82"
        elif kind == "pak":  # a table, then resources, some of them compressed
            data = b"\x05\0\0\0\1\0\0\0" + b"".join(bytes([index % 256, index // 256, 0, 0, 0, 0]) for index in range(400))
            data += ("".join(rng.choice(WORDS) + " " for _ in range(size // 14))).encode() + rng.randbytes(size // 3)
        elif kind == "base64":
            data = bytes(rng.choice(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") for _ in range(size))
        elif kind in HEADS:
            data = HEADS[kind] + rng.randbytes(size)
        elif kind == "jet":
            data = b"\0\1\0\0Standard Jet DB\0" + bytes(4000) + b"".join(wide(rng.choice(WORDS)) + bytes(rng.randrange(60)) for _ in range(size // 50))
        elif kind == "pdf":
            data = b"%PDF-1.7\n1 0 obj\n<</Filter/FlateDecode>>stream\n" + rng.randbytes(size) + b"\nendstream\n%%EOF"
        elif kind == "sqlite":
            data = b"SQLite format 3\0" + bytes(84) + b"".join(rng.choice(WORDS).encode() + bytes(rng.randrange(40)) for _ in range(size // 26))
        else:
            data = ("\r\n".join(" ".join(rng.choice(WORDS).lower() for _ in range(9)) for _ in range(size // 60 + 1))).encode()
        return self.put(name, data, when)

    # --- programs

    def functions(self, prefix, count):
        """Names as a library exports them."""
        rng, style, found = self.rng, self.rng.randrange(3), set()
        while len(found) < count:
            verb, first, second = rng.choice(VERBS), rng.choice(WORDS), rng.choice(WORDS)
            found.add((f"{prefix}{verb}{first}{second}", f"{prefix}_{verb.lower()}_{first.lower()}_{second.lower()}",
                       f"?{verb.lower()}{second}@{prefix}{first}@@QEAAHH@Z")[style])
        return sorted(found)

    def usual_imports(self, gui=True):
        rng = self.rng
        rows = [("KERNEL32.dll", sorted(rng.sample(KERNEL, rng.randint(12, 40))))]
        if gui:
            rows.append(("USER32.dll", sorted(rng.sample(USER, rng.randint(5, 18)))))
        for library in rng.sample(sorted(OTHERS), rng.randint(1, 4)):
            names = OTHERS[library]
            rows.append((library, rng.sample(names, rng.randint(2, len(names)))))
        return rows

    def image(self, file_name, *, org=None, product=None, description=None, original=None, info=True, built=None, bits=64,
              dll=False, imports=(), delay=(), exports=(), size=None, numbers=None, linker=None, stamp=None, gui=True,
              managed=False, own_imports=True, **more):
        """Bytes of a program or library. `org` names the vendor of the version information, which
        `info=False` leaves out. imports: (library, [functions])."""
        rng = self.rng
        built = built or self.in_year(2018, 2024)
        linker = linker or Linker(rng, built)
        base = file_name.rsplit("\\", 1)[-1]
        numbers = numbers or (rng.randint(1, 16), rng.randint(0, 9), rng.randint(0, 400), rng.randint(0, 9000))
        version = None
        if info:
            vendor = org or ""
            version = {"CompanyName": vendor, "FileDescription": description or product or base.rsplit(".", 1)[0],
                       "FileVersion": ".".join(map(str, numbers)), "InternalName": (original or base).rsplit(".", 1)[0],
                       "LegalCopyright": f"Copyright (C) {built.year} {vendor}", "OriginalFilename": original or base,
                       "ProductName": product or vendor, "ProductVersion": ".".join(map(str, numbers))}
        code = cut(self.world.pools[bits], rng, self.world.size_factor * (size or int(2 ** rng.uniform(12.5, 16.3))))
        rows = (self.usual_imports(gui) if own_imports else []) + list(imports)
        pdb = f"{linker.root}{(product or base).replace(' ', '')}\\x64\\Release\\{base.rsplit('.', 1)[0]}.pdb"
        more.setdefault("icon", b"" if dll else rng.randbytes(64) + bytes(rng.randrange(900, 4000)))
        return Image(bits=bits, dll=dll, code=code, data=rng.randbytes(64) * rng.randint(8, 60), stamp=int(seconds(stamp or built)),
                     imports=rows, delay=delay, exports=exports, name=original or base, version=version, numbers=numbers,
                     linker=linker.linker, pdb=pdb if linker.pdb else "", managed=managed, **more).bytes()

    def signed(self, image, org, when, timestamp="", common=None, years=3, issuer=None, padding=0):
        """timestamp: "" as was usual then, None without."""
        if timestamp == "":
            timestamp = "rfc3161" if when.year >= 2014 else "pkcs9"
        signer = self.world.ca.publisher(org, when, common, years, issuer)
        return self.world.ca.sign(image, signer, when, timestamp, "sha256" if when.year >= 2016 else "sha1", padding)

    def program(self, name, *, signer="", when=None, sign_when=None, sign=None, **more):
        """An image put into the folder. signer: "" the vendor of its version information, None unsigned,
        else who. when: time of the file."""
        built = more.setdefault("built", self.in_year(2018, 2024))
        image = self.image(name, **more)
        signer = more.get("org") if signer == "" else signer
        if signer:
            image = self.signed(image, signer, sign_when or self.later(built, 200_000), **(sign or {}))
        return self.put(name, image, when or self.later(built, 3_000_000))

    def exe(self, name, **more):
        return self.program(name, dll=False, **more)

    def dll(self, name, **more):
        return self.program(name, dll=True, **more)

    # --- what the registry and tasks say

    def run_key(self, name, command, user=None):
        self.registry.append((user or "SOFTWARE", ("Software\\" if user else "") + r"Microsoft\Windows\CurrentVersion\Run", name, command))

    def service(self, name, image, library=None, display=None, start=2):
        key = rf"ControlSet001\Services\{name}"
        for value, data in (("ImagePath", ("expand", image)), ("DisplayName", display or name), ("Type", 0x20 if library else 0x10),
                            ("Start", start), ("ErrorControl", 1), ("ObjectName", "LocalSystem")):
            self.registry.append(("SYSTEM", key, value, data))
        if library:
            self.registry.append(("SYSTEM", key + r"\Parameters", "ServiceDll", ("expand", library)))

    def task(self, name, command, arguments=""):
        self.tasks.append((name, command, arguments))

    def executed(self, path, chance=1.0):
        """By the Background Activity Moderator's list, as for any program that a user runs."""
        if self.rng.random() < chance:
            self.ran.append((path, self.rng.choice(list(USERS)), self.days_ago(0, 6)))

    def uninstall_entry(self, name, org, folder, version="1.0"):
        key = rf"Microsoft\Windows\CurrentVersion\Uninstall\{name}"
        for value, data in (("DisplayName", name), ("Publisher", org), ("InstallLocation", folder), ("DisplayVersion", version),
                            ("UninstallString", f'"{folder}\\uninstall.exe"')):
            self.registry.append(("SOFTWARE", key, value, data))


class World:
    """Where the tree lies and what all cases share."""

    def __init__(self, root, now, pools, ca, seed="hozen", size_factor=1):
        self.root, self.now, self.pools, self.ca, self.seed, self.size_factor = pathlib.Path(root), now, pools, ca, seed, size_factor

    def path_of(self, windows_path):
        drive, rest = windows_path[0].upper(), windows_path[3:]
        return self.root / drive / rest.replace("\\", "/")
