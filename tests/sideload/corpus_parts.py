"""What innocent software is put together from: runtimes that Microsoft signs, libraries that everybody ships,
and products of a vendor."""
import datetime

from corpus_tree import MICROSOFT, Linker
from corpus_windows import exports_of

CRT = ("memcpy", "memset", "_initterm", "malloc", "free", "__std_terminate", "__C_specific_handler", "_CxxThrowException")
# (file, vendor in its version information or None without one, prefix of what it exports)
OPEN_SOURCE = [
    ("libcurl.dll", "The curl library, https://curl.se/", "curl"), ("zlib1.dll", "", "inflate"), ("sqlite3.dll", None, "sqlite3"),
    ("libcrypto-1_1-x64.dll", "The OpenSSL Project, https://www.openssl.org/", "EVP"), ("libssl-1_1-x64.dll", "The OpenSSL Project, https://www.openssl.org/", "SSL"),
    ("libxml2.dll", None, "xml"), ("iconv.dll", "Free Software Foundation", "libiconv"), ("SDL2.dll", "", "SDL"), ("libpng16.dll", None, "png"),
    ("7z.dll", "Igor Pavlov", ""), ("lua51.dll", None, "lua"), ("libusb-1.0.dll", "libusb.info", "libusb"), ("avcodec-58.dll", "FFmpeg Project", "av"),
    ("freetype6.dll", None, "FT"), ("WinSparkle.dll", "winsparkle.org", "win_sparkle"), ("log4cplus.dll", None, "log"), ("boost_thread-vc141-mt-x64-1_69.dll", None, "boost"),
    ("jpeg62.dll", None, "jpeg"), ("libeay32.dll", "The OpenSSL Project", "BIO"), ("ssleay32.dll", "The OpenSSL Project", "SSL"), ("tbb.dll", "Intel Corporation", "tbb"),
    ("python27.dll", "Python Software Foundation", "Py"), ("cairo.dll", None, "cairo"), ("OpenAL32.dll", "", "al"), ("fmod.dll", "Firelight Technologies", "FMOD"),
]


# What files of these names hold, where it is not the product's own secret.
KINDS = {"chm": "chm", "cab": "cab", "7z": "7z", "mdb": "jet", "lic": "base64", "ini": "text", "dic": "text", "bmp": "text", "icm": "text", "db": "sqlite", "cfg": "text",
         "zip": "zip", "whl": "zip", "jar": "zip", "pak": "pak"}


def built_before(case, latest):
    """A library is older than the product that brings it: by up to six years."""
    latest = latest or case.in_year(2017, 2022)
    return latest - datetime.timedelta(days=case.rng.randint(10, 2200))


def redistributable(case, name, when, bits=64, latest=None):
    """A runtime as Microsoft gives it to vendors, signed by Microsoft itself."""
    built = built_before(case, latest or getattr(case, "product_built", None))
    exports = [(one, None) for one in (exports_of(case.world, name) if name in ("dbghelp.dll", "d3dcompiler_47.dll") else CRT)]
    case.dll(name, org=MICROSOFT, product="Microsoft\u00ae Visual Studio\u00ae", built=built, bits=bits, exports=exports, when=when,
             own_imports=False, imports=[("KERNEL32.dll", ["HeapAlloc", "GetLastError"])])
    return name, list(CRT[:4])


def runtime(case, when, bits=64, folder=""):
    """msvcp140 and its neighbours, at times with the universal runtime's forwarders."""
    names = ["vcruntime140.dll", "msvcp140.dll"] + (["vcruntime140_1.dll"] if bits == 64 else [])
    if case.rng.random() < 0.3:
        names += ["ucrtbase.dll"] + [f"api-ms-win-crt-{one}-l1-1-0.dll" for one in ("heap", "runtime", "stdio", "string", "math")]
    for name in names:
        redistributable(case, folder + name, when, bits)
    return ("VCRUNTIME140.dll", list(CRT[:3]))


def open_source(case, when, count, bits=64, signer=None, folder=""):
    """[(library, functions)] of libraries built by whoever; the product's vendor signs them or, mostly, nobody."""
    found = []
    for name, org, prefix in case.rng.sample(OPEN_SOURCE, count):
        functions = case.functions(prefix, case.rng.randint(15, 60))
        case.dll(folder + name, org=org or "", info=org is not None, product=name.split(".")[0], signer=signer, built=built_before(case, getattr(case, "product_built", None)), bits=bits,
                 exports=[(one, None) for one in functions], when=when)
        found.append((name, case.rng.sample(functions, 5)))
    return found


class Product:
    """A vendor's software in one folder: what it is built with, when it was installed, who signed what."""

    def __init__(self, case, org, name, folder, years=(2016, 2024), bits=None, signs="all", installed=None):
        rng = case.rng
        self.case, self.org, self.name = case, org, name
        case.at(folder)
        self.built = case.product_built = case.in_year(*years)
        self.installed = installed or max(self.built, case.days_ago(20, 900))
        self.bits = bits or rng.choice([32, 64, 64])
        self.linker, self.signs = Linker(rng, self.built), signs
        # Installers keep the times of the build, or set their own.
        self.keeps_times = rng.random() < 0.6
        self.sign = {}
        self.version = (rng.randint(1, 20), rng.randint(0, 12), rng.randint(0, 99), rng.randint(0, 999))

    def when(self):
        return self.case.later(self.built, 90_000) if self.keeps_times else self.case.later(self.installed, 60)

    def _options(self, is_exe, more):
        signed = {"all": True, "exe": is_exe, "none": False, "some": is_exe or self.case.rng.random() < 0.5}[self.signs]
        options = dict(org=self.org, product=self.name, built=self.case.later(self.built, 4000), bits=self.bits, linker=self.linker, numbers=self.version,
                       when=self.when(), sign=self.sign)
        if not signed:
            options["signer"] = None
        options.update(more)
        return options

    def exe(self, file, **more):
        return self.case.exe(file, **self._options(True, more))

    def dll(self, file, functions=None, **more):
        """(library, some of what it exports)"""
        functions = functions or self.case.functions(file.split("\\")[-1][:3].strip("-_."), self.case.rng.randint(6, 50))
        self.case.dll(file, **{"exports": [(one, None) for one in functions], **self._options(False, more)})
        return file.split("\\")[-1], functions[:min(len(functions), 6)]

    def runtime(self, **more):
        return runtime(self.case, self.when(), self.bits, **more)

    def open_source(self, count, **more):
        more.setdefault("signer", self.org if self.signs == "all" and self.case.rng.random() < 0.6 else None)
        return open_source(self.case, self.when(), count, self.bits, **more)

    def blobs(self, *names, kind="", least=5000, most=90_000):
        """Without a kind what the name says; of other names nobody knows the format."""
        for name in names:
            self.case.blob(name, self.case.rng.randint(least, most), self.when(), kind or KINDS.get(name.rsplit(".", 1)[-1], "random"))

    def register(self):
        self.case.uninstall_entry(self.name, self.org, self.case.folder, ".".join(map(str, self.version[:3])))

    def runs(self, program, chance=0.6, start=0.0):
        """Used, and at times started with the machine: the same traces that an intruder's program leaves."""
        case = self.case
        case.executed(program, chance)
        if case.rng.random() < start:
            how = case.rng.choice(["run", "user", "task", "service"])
            word = self.name.split(" ")[0] + case.name[-3:]
            if how == "run":
                case.run_key(word, f'"{program}" /background')
            elif how == "user":
                case.run_key(word, f'"{program}" --hidden', case.rng.choice(["tanaka", "m.sato"]))
            elif how == "task":
                case.task(word, program, "/scheduled")
            else:
                case.service(word, f'"{program}"')
