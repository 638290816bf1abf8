"""Software as it really lies on machines, with all that looks like side-loading and is none: cases of which
nothing above `low` may be told. Designed before any rule was tried on them."""
from corpus_parts import Product, built_before, open_source, redistributable
from corpus_negative_more import more_rows
from corpus_tree import MICROSOFT
from corpus_windows import exports_of

PROGRAMS, PROGRAMS_32 = r"C:\Program Files", r"C:\Program Files (x86)"
ELECTRON = [("Slack", "Slack Technologies, LLC"), ("Discord", "Discord Inc."), ("Visual Studio Code", MICROSOFT), ("Signal", "Signal Messenger, LLC"), ("Obsidian", "Dynalist Inc."),
            ("Notion", "Notion Labs, Inc."), ("Postman", "Postman, Inc."), ("GitHub Desktop", "GitHub, Inc."), ("Figma", "Figma, Inc."), ("Bitwarden", "Bitwarden Inc."),
            ("balenaEtcher", "Balena Ltd."), ("Insomnia", "Kong Inc."), ("Chatwork", "Chatwork Co.,Ltd."), ("LINE WORKS", "LINE WORKS Corp."), ("Typora", "Abner Lee"),
            ("Element", "Element Creations Ltd"), ("MongoDB Compass", "MongoDB, Inc."), ("Hyper", "Vercel, Inc."), ("Rocket.Chat", "Rocket.Chat Technologies Corp."), ("draw.io", "JGraph Ltd"),
            ("Trello", "Trello, Inc."), ("Cursor", "Anysphere, Inc."), ("Mattermost", "Mattermost, Inc."), ("Wire", "Wire Swiss GmbH")]
CHROMIUM = [("Google\\Chrome", "chrome", "Google LLC"), ("Microsoft\\Edge", "msedge", MICROSOFT), ("BraveSoftware\\Brave-Browser", "brave", "Brave Software, Inc."),
            ("Vivaldi", "vivaldi", "Vivaldi Technologies AS"), ("Opera", "opera", "Opera Norway AS"), ("Yandex\\YandexBrowser", "browser", "YANDEX LLC"), ("Kinza", "kinza", "Dayz Inc.")]


def electron(case, index):
    """The program signed, and its libraries too or not: electron-builder left them unsigned for years."""
    name, org = ELECTRON[index % len(ELECTRON)]
    user = case.rng.choice(["tanaka", "m.sato", "鈴木"])
    squirrel = index % 3 == 1
    word = name.replace(" ", "")
    folder = rf"C:\Users\{user}\AppData\Local\Programs\{word}{index}" if index % 3 == 0 else (
        rf"C:\Users\{user}\AppData\Local\{word}{index}\app-1.{index}.2" if squirrel else rf"{PROGRAMS}\{name} {index}")
    product = Product(case, org, name, folder, (2019, 2024), 64, case.rng.choice(["all", "all", "exe", "exe", "exe", "none"]))
    media = product.dll("ffmpeg.dll", ["av_malloc", "av_free", "avcodec_open2", "avformat_open_input", "av_packet_alloc"], info=False)
    functions = ["eglInitialize", "eglGetDisplay", "eglSwapBuffers"]
    product.dll("libEGL.dll", functions, info=case.rng.random() < 0.5)
    product.dll("libGLESv2.dll", case.functions("gl", 40), info=case.rng.random() < 0.5)
    product.dll("vk_swiftshader.dll", ["vk_icdGetInstanceProcAddr", "vk_icdNegotiateLoaderICDInterfaceVersion"])
    product.dll("vulkan-1.dll", exports_of(case.world, "vulkan-1.dll")[:12], info=case.rng.random() < 0.7, org="LunarG, Inc.", signer=org if product.signs == "all" else None)
    redistributable(case, "d3dcompiler_47.dll", product.when())
    program = product.exe(f"{word}.exe", imports=[media, ("dbghelp.dll", ["MiniDumpWriteDump"]), ("WINMM.dll", ["timeGetTime"])], delay=[("dwmapi.dll", ["DwmFlush"])],
                          size=180_000)
    product.blobs("icudtl.dat", "v8_context_snapshot.bin", "snapshot_blob.bin", least=100_000, most=300_000)
    product.blobs("resources.pak", "chrome_100_percent.pak", *(f"locales\\{one}.pak" for one in ("ja", "en-US", "de", "fr", "ko")), kind="pak")
    product.blobs(r"resources\app.asar", kind="text", most=200_000)
    product.blobs("LICENSES.chromium.html", "version", kind="text", least=6000, most=9000)
    if case.rng.random() < 0.4:
        product.dll(r"resources\app.asar.unpacked\node_modules\better-sqlite3\build\Release\better_sqlite3.node", signer=None, info=False)
    if squirrel:
        product.exe(r"..\Update.exe".replace("..\\", "squirrel_"), managed=True, description="Update")
    product.register()
    product.runs(program, 0.8, 0.4)


def chromium(case, index):
    path, stem, org = CHROMIUM[index % len(CHROMIUM)]
    base = PROGRAMS if index % 2 else r"C:\Users\tanaka\AppData\Local"
    product = Product(case, org, path.split("\\")[-1], rf"{base}\{path}{index if index >= len(CHROMIUM) else ''}\Application", (2021, 2024), 64, "all" if index % 5 else "exe")
    version = f"12{index % 9}.0.6422.{100 + index}"
    elf = product.dll(rf"{version}\{stem}_elf.dll", ["SignalInitializeCrashReporting", "GetInstallDetailsPayload", "IsBrowserProcess"])
    for name in (f"{stem}.dll", "libEGL.dll", "libGLESv2.dll", "vk_swiftshader.dll", f"{stem}_wer.dll", "mojo_core.dll"):
        product.dll(rf"{version}\{name}", imports=[elf] if name == f"{stem}.dll" else ())
    redistributable(case, rf"{version}\d3dcompiler_47.dll", product.when())
    product.blobs(rf"{version}\icudtl.dat", rf"{version}\v8_context_snapshot.bin", least=100_000, most=300_000)
    product.blobs(rf"{version}\resources.pak", *(rf"{version}\Locales\{one}.pak" for one in ("ja", "en-US", "fr")), kind="pak")
    program = product.exe(f"{stem}.exe", imports=[elf])
    product.exe(f"{stem}_proxy.exe")
    product.register()
    product.runs(program, 0.9, 0.5)


def python(case, index):
    """python.org, Anaconda, the embeddable package, virtual environments."""
    kind = ["org", "conda", "embedded", "venv", "org user"][index % 5]
    user = case.rng.choice(["tanaka", "m.sato", "鈴木"])
    minor = 6 + index % 7
    folder = {"org": rf"{PROGRAMS}\Python3{minor}-{index}", "org user": rf"C:\Users\{user}\AppData\Local\Programs\Python\Python3{minor}-{index}",
              "conda": [rf"C:\Users\{user}\anaconda3_{index}", rf"C:\ProgramData\Miniconda3_{index}"][index // 5 % 2],
              "embedded": [rf"C:\Users\{user}\Downloads\python-3.{minor}.{index}-embed-amd64", rf"C:\tools\backup{index}\python"][index // 5 % 2],
              "venv": rf"C:\Users\{user}\PycharmProjects\analysis{index}\venv\Scripts"}[kind]
    product = Product(case, "Python Software Foundation", "Python", folder, (2018, 2023), 64, "none" if kind == "conda" else "all")
    library = f"python3{minor}.dll"
    names = ["Py_Main", "Py_Initialize", "Py_Finalize", "PyObject_Call", "PyErr_Print", "PyRun_SimpleString"] + case.functions("Py", 40)
    if kind != "venv":
        core = product.dll(library, names)
        product.dll("python3.dll", forwarded := names[:6], exports=[(one, f"python3{minor}.{one}") for one in forwarded])
        crt = product.runtime()
        below = "DLLs\\" if kind != "embedded" else ""
        for name in ("_ctypes.pyd", "_socket.pyd", "_ssl.pyd", "_sqlite3.pyd", "select.pyd", "unicodedata.pyd", "_hashlib.pyd", "pyexpat.pyd"):
            product.dll(below + name, ["PyInit_" + name[:-4]], imports=[core, crt])
        for name in ("sqlite3.dll", "libcrypto-1_1.dll", "libssl-1_1.dll", "libffi-7.dll"):
            product.dll(below + name, info=name.startswith("libc"), org="The OpenSSL Project" if name.startswith("libc") else product.org, signer=product.org if kind != "conda" else None)
        program = product.exe("python.exe", imports=[core, crt], console=True)
        product.exe("pythonw.exe", imports=[core, crt])
        product.blobs("python39.zip" if kind == "embedded" else r"Lib\ensurepip\_bundled\pip-22.whl", kind="zip")
        if kind == "conda":
            for name in ("mkl_rt.2.dll", "libiomp5md.dll", "hdf5.dll", "icuuc73.dll", "libbz2.dll", "zlib.dll", "zstd.dll", "ffi.dll", "liblzma.dll", "tcl86t.dll"):
                product.dll(r"Library\bin" + "\\" + name, info=False)
            for name in ("zlib.dll", "api-ms-win-crt-heap-l1-1-0.dll", "msvcp140_1.dll"):
                redistributable(case, name, product.when()) if name != "zlib.dll" else product.dll(name, info=False)
    else:
        # Copies of the launcher, signed; packages' extensions beside are not.
        program = product.exe("python.exe", imports=[("VERSION.dll", ["VerQueryValueW"])], console=True)
        product.exe("pythonw.exe", original="pythonw.exe")
        product.exe("pip.exe", signer=None, info=False)
        product.exe("pip3.exe", signer=None, info=False)
        product.dll("pywintypes38.dll", info=False, signer=None)
        product.dll("pythoncom38.dll", info=False, signer=None)
    product.runs(program, 0.7)


def pyinstaller(case, index):
    """One folder of PyInstaller: a program of anybody, libraries of everybody."""
    org = ["Yamada Seisakusho", "", "Kobo Tools LLC"][index % 3]
    place = [r"C:\Users\tanaka\Desktop\集計ツール", r"C:\tools\logview", r"C:\Users\m.sato\AppData\Local\ReportMaker", rf"{PROGRAMS}\BarcodeMaker"][index % 4] + str(index)
    product = Product(case, org, "tool", place, (2020, 2024), 64, "exe" if org == "Kobo Tools LLC" else "none")
    below = "_internal\\" if index % 2 else ""
    python_dll = case.dll(below + "python310.dll", org="Python Software Foundation", built=built_before(case, product.built), when=product.when(), exports=[("Py_Main", None)])
    assert python_dll
    for name in ("_socket.pyd", "_ssl.pyd", "select.pyd", "_bz2.pyd", "unicodedata.pyd"):
        case.dll(below + name, org="Python Software Foundation", built=built_before(case, product.built), when=product.when(), exports=[("PyInit_x", None)])
    open_source(case, product.when(), 2, 64, folder=below)
    product.runtime(folder=below)
    product.blobs(below + "base_library.zip", kind="zip")
    program = product.exe(["集計.exe", "logview.exe", "report.exe", "barcode.exe"][index % 4], info=index % 2 == 0, delay=[("python310.dll", ["Py_Main"])], overlay=case.rng.randbytes(90_000))
    product.runs(program, 0.6, 0.2)


QT = [("Wireshark", "Wireshark Foundation", "all"), ("VirtualBox", "Oracle Corporation", "all"), ("OBS Studio", "OBS Project", "exe"), ("KDiff3", "", "none"), ("qBittorrent", "The qBittorrent Project", "none"),
      ("Krita", "Krita Foundation", "exe"), ("Scribus", "The Scribus Team", "none"), ("QGIS", "QGIS.org", "exe"), ("FreeCAD", "FreeCAD Team", "none"), ("Telegram Desktop", "Telegram FZ-LLC", "exe"),
      ("Nextcloud", "Nextcloud GmbH", "exe"), ("Mumble", "The Mumble Developers", "exe"), ("MuseScore", "MuseScore BVBA", "exe"), ("TeamSpeak", "TeamSpeak Systems GmbH", "exe"), ("Dropbox", "Dropbox, Inc", "all"),
      ("Maya Viewer", "Autodesk, Inc.", "some"), ("TI Connect", "Texas Instruments Inc.", "exe"), ("Oscilloscope Manager", "Keysight Technologies, Inc.", "exe"), ("GNS3", "GNS3 Technologies, Inc.", "exe"),
      ("Stellarium", "Stellarium team", "none"), ("KeePassXC", "DroidMonkey Apps, LLC", "exe"), ("Zeal", "Oleg Shparber", "none"), ("Calibre", "Kovid Goyal", "some"), ("Cura", "Ultimaker B.V.", "exe")]


def qt(case, index):
    name, org, signs = QT[index % len(QT)]
    user = case.rng.choice(["tanaka", "m.sato"])
    place = [rf"{PROGRAMS}\{name}", rf"{PROGRAMS_32}\{name}", rf"C:\Users\{user}\AppData\Local\Programs\{name}", rf"D:\Tools\{name}", rf"C:\Users\{user}\Desktop\{name}-portable"][index % 5]
    product = Product(case, org, name, f"{place} {index}", (2016, 2024), None, signs)
    major = 5 if product.built.year < 2022 else 6
    libraries = []
    for part in ("Core", "Gui", "Widgets", "Network", "Svg", "PrintSupport"):
        libraries.append(product.dll(f"Qt{major}{part}.dll", org="The Qt Company Ltd.", product=f"Qt{major}", signer=org if signs == "all" else None))
    for plugin in (r"platforms\qwindows.dll", r"imageformats\qjpeg.dll", r"imageformats\qico.dll", r"styles\qwindowsvistastyle.dll"):
        product.dll(plugin, ["qt_plugin_instance", "qt_plugin_query_metadata"], org="The Qt Company Ltd.", imports=libraries[:2], signer=org if signs == "all" else None)
    if case.rng.random() < 0.5:
        product.dll("opengl32sw.dll", exports_of(case.world, "opengl32.dll"), info=False, signer=None)
        product.dll("libEGL.dll", ["eglInitialize"], signer=None)
        redistributable(case, "d3dcompiler_47.dll", product.when(), product.bits)
    if index % 9 == 4:  # Mesa's software renderer, under the name of Windows' own library
        product.dll("opengl32.dll", exports_of(case.world, "opengl32.dll"), org="Mesa 3D", signer=None)
        libraries.append(("opengl32.dll", exports_of(case.world, "opengl32.dll")[:4]))
    libraries.append(product.runtime())
    libraries += product.open_source(case.rng.randint(1, 4), signer=None)
    program = product.exe(f"{name.split(' ')[0].lower()}.exe", imports=libraries)
    product.blobs(r"translations\qt_ja.qm", "app.rcc", "icons.bin")
    if index % 5 < 3:
        product.register()
    product.runs(program, 0.6, 0.2)


def msys(case, index):
    """Git for Windows, MSYS2, Cygwin, MinGW programs."""
    place = [rf"{PROGRAMS}\Git", r"C:\msys64", r"C:\cygwin64", r"C:\Users\tanaka\AppData\Local\Programs\Git", r"C:\Users\m.sato\AppData\Local\GitHubDesktop\git",
             r"C:\Users\tanaka\scoop\apps\git\2.40", r"D:\tools\PortableGit", r"C:\ProgramData\chocolatey\lib\git.portable", rf"{PROGRAMS}\GIMP 2", r"C:\Strawberry\c", rf"{PROGRAMS}\Inkscape",
             rf"{PROGRAMS}\Graphviz"][index]
    product = Product(case, "Johannes Schindelin" if "git" in place.lower() else "", "tools", place, (2019, 2024), 64, "none")
    signs_launchers = "git" in place.lower()
    libraries = []
    for name in ("msys-2.0.dll" if index < 8 else "libgcc_s_seh-1.dll", "libwinpthread-1.dll", "libiconv-2.dll", "libintl-8.dll", "libpcre2-8-0.dll", "zlib1.dll", "libssl-3-x64.dll", "libcrypto-3-x64.dll"):
        libraries.append(product.dll(rf"usr\bin\{name}" if index < 8 else rf"bin\{name}", info=case.rng.random() < 0.3))
        if index < 8 and case.rng.random() < 0.5:
            product.dll(rf"mingw64\bin\{name}", info=False)
    below = r"usr\bin" if index < 8 else "bin"
    for name in ("bash.exe", "ls.exe", "grep.exe", "ssh.exe", "perl.exe", "gpg.exe", "sed.exe"):
        product.exe(rf"{below}\{name}", imports=libraries[:3], info=False, console=True)
    if signs_launchers:
        for name in ("git-bash.exe", "git-cmd.exe", r"cmd\git.exe", r"mingw64\bin\git.exe"):
            program = product.exe(name, signer="Johannes Schindelin", imports=libraries[2:4] if "mingw64" in name else ())
        product.runs(program, 0.7)


GAMES = [("Elder Quest V", "Bright Sword Studios"), ("Night Racer", "Overdrive Games Inc."), ("Galaxy Miner", ""), ("Farm Valley", ""), ("Samurai Chronicle", "Koei Arts Co., Ltd."),
         ("Zombie City", ""), ("Space Trader X", "Northern Lights AB"), ("Dungeon 9", ""), ("Football 2023", "Electronic Sports Inc."), ("Puzzle Tower", "")]


def game(case, index):
    """Games and what players put beside them: loaders of mods under the names of Windows' libraries."""
    name, org = GAMES[index % len(GAMES)]
    place = [rf"{PROGRAMS_32}\Steam\steamapps\common\{name}", rf"D:\SteamLibrary\steamapps\common\{name}", rf"D:\Games\{name}", rf"{PROGRAMS}\Epic Games\{name}"][index % 4]
    product = Product(case, org, name, f"{place} {index}", (2012, 2023), 64 if index % 3 else 32, "exe" if org and index % 2 == 0 else "none")
    loader = ["version.dll", "dinput8.dll", "winmm.dll", "d3d9.dll", "dxgi.dll", "winhttp.dll", "d3d11.dll", None, None, "xinput1_4.dll"][(index * 7) % 10]
    libraries = []
    case.dll("steam_api64.dll" if product.bits == 64 else "steam_api.dll", org="Valve Corporation", bits=product.bits, built=built_before(case, product.built), when=product.when(),
             exports=[("SteamAPI_Init", None), ("SteamAPI_Shutdown", None), ("SteamAPI_RunCallbacks", None)])
    libraries.append(("steam_api64.dll" if product.bits == 64 else "steam_api.dll", ["SteamAPI_Init"]))
    if case.rng.random() < 0.5:
        libraries.append(product.dll("UnityPlayer.dll", ["UnityMain"], org="Unity Technologies ApS", signer="Unity Technologies ApS" if case.rng.random() < 0.7 else None))
    libraries += product.open_source(case.rng.randint(1, 4), signer=None)
    for dll in case.rng.sample(["PhysX3_x64.dll", "bink2w64.dll", "nvngx_dlss.dll", "GFSDK_Aftermath_Lib.x64.dll", "amd_ags_x64.dll"], 2):
        libraries.append(product.dll(dll, org="NVIDIA Corporation", signer="NVIDIA Corporation"))
    if loader:
        names = exports_of(case.world, loader)
        libraries.append((loader, names[:3]))
        style = index % 3
        forwards = [(one, f"C:\\Windows\\System32\\{loader[:-4]}.{one}" if style == 0 else None) for one in names]
        product.dll(loader, names, exports=forwards, info=style != 1, org=["", "", "crosire"][style], product=["Ultimate ASI Loader", "", "ReShade"][style],
                    signer=None, when=case.days_ago(10, 300), built=case.in_year(2021, 2024), linker=None, original="dinput8.dll" if style == 0 else None)
        case.put({"version.dll": "MelonLoader.cfg", "winhttp.dll": "doorstop_config.ini"}.get(loader, loader[:-4] + ".ini"), b"[General]\r\nenabled=true\r\n", case.days_ago(5, 200))
        for plugin in range(case.rng.randint(0, 3)):
            product.dll(rf"scripts\mod{plugin}.asi", ["Init"], signer=None, info=False, when=case.days_ago(5, 200))
    program = product.exe(f"{name.replace(' ', '')}.exe", imports=libraries, size=200_000)
    for number in range(case.rng.randint(4, 9)):
        product.blobs(rf"data\level{number}.pak" if index % 2 else f"data{number}.bin", kind="random", least=150_000, most=400_000)
    product.runs(program, 0.6)


PORTABLE = [("Notepad++", "Notepad++", "notepad++.exe", ["SciLexer.dll"], "exe"), ("7-Zip", "", "7zFM.exe", ["7z.dll", "7-zip.dll"], "none"), ("WinSCP", "Martin Prikryl", "WinSCP.exe", ["DragExt64.dll"], "all"),
            ("HWiNFO", "Martin Malik - REALiX", "HWiNFO64.exe", [], "exe"), ("CrystalDiskInfo", "Noriyuki Miyazaki", "DiskInfo64.exe", ["AlertMail4.dll"], "exe"), ("KeePass", "Dominik Reichl", "KeePass.exe", ["KeePassLibC64.dll"], "some"),
            ("SumatraPDF", "Krzysztof Kowalczyk", "SumatraPDF.exe", ["libmupdf.dll", "PdfFilter.dll"], "exe"), ("Everything", "voidtools", "Everything.exe", [], "exe"), ("FileZilla", "Tim Kosse", "filezilla.exe", ["libgnutls-30.dll", "fzshellext.dll"], "some"),
            ("VLC", "VideoLAN", "vlc.exe", ["libvlc.dll", "libvlccore.dll"], "all"), ("MPC-HC", "", "mpc-hc64.exe", ["mpciconlib.dll"], "none"), ("Audacity", "Muse Group", "Audacity.exe", ["wxbase313u_vc.dll", "lib-utility.dll"], "exe"),
            ("Rufus", "Akeo Consulting", "rufus.exe", [], "exe"), ("TeraTerm", "TeraTerm Project", "ttermpro.exe", ["ttpcmn.dll", "ttpset.dll", "ttpfile.dll"], "none"), ("Cygwin X", "", "xwin.exe", ["cygwin1.dll"], "none"),
            ("Winamp", "Winamp SA", "winamp.exe", ["nsutil.dll", "jnetlib.dll"], "exe"), ("IrfanView", "Irfan Skiljan", "i_view64.exe", ["Exif.dll", "Effects.dll"], "exe"), ("XnView", "Gougelet Pierre-e", "xnview.exe", ["libformat.dll"], "none")]


def portable(case, index):
    """Unpacked by a user, in whatever folder, renamed at times."""
    name, org, file, libraries, signs = PORTABLE[index % len(PORTABLE)]
    user = case.rng.choice(["tanaka", "m.sato", "鈴木"])
    place = [rf"C:\Users\{user}\Desktop\{name}Portable", rf"D:\Tools\{name}", rf"C:\Users\{user}\Downloads\{name}-7.{index}", rf"C:\tools\{name}", rf"C:\Users\{user}\Documents\ツール\{name}",
             rf"C:\Users\Public\{name}"][index % 6] + str(index)
    product = Product(case, org, name, place, (2012, 2024), None, signs)
    imports = [product.dll(one) for one in libraries]
    if case.rng.random() < 0.4:
        imports += product.open_source(1, signer=None)
    if case.rng.random() < 0.3:
        imports.append(product.runtime())
    renamed = index % 8 == 3
    program = product.exe(file[:-4] + f"_v{index}.exe" if renamed else file, original=file, imports=imports)
    if index % 3 == 0:
        product.blobs(r"plugins\data.zip", "lang.dat", kind="zip")
    case.blob("readme.txt", 4000, product.when(), "text")
    product.runs(program, 0.6, 0.1)


SUITES = ["Autodesk, Inc.", "Hewlett-Packard Company", "Dell Inc", "Lenovo", "TOSHIBA CORPORATION", "Siemens AG", "OMRON Corporation", "Yokogawa Electric Corporation", "KEYENCE CORPORATION", "National Instruments Corporation",
          "SAP SE", "Roxio", "Nero AG", "Cyberlink Corp.", "Zebra Technologies", "SATO Corporation", "Brother Industries, Ltd.", "Casio Computer Co., Ltd.", "Wacom Technology", "Mitsubishi Electric Corporation"]


def suite(case, index):
    """A vendor's product of years: the program signed, its libraries by chance."""
    org = SUITES[index % len(SUITES)]
    word = org.split(",")[0].split(" ")[0]
    place = [rf"{PROGRAMS_32}\{word}\Suite {index}", rf"{PROGRAMS}\{word}\Manager {index}", rf"C:\{word}\App{index}", rf"C:\ProgramData\{word}\Agent{index}"][index % 4 if index % 8 < 4 else index % 2]
    product = Product(case, org, f"{word} Suite", place, (2006, 2022), None, case.rng.choice(["exe", "exe", "some", "none", "all"]))
    libraries = [product.dll(f"{word[:3]}{part}.dll", info=case.rng.random() < 0.85) for part in case.rng.sample(["Core", "Util", "Res", "Net", "DB", "UI", "Ctrl", "Log", "Comm", "Prt"], case.rng.randint(1, 9))]
    if case.rng.random() < 0.4:
        libraries += product.open_source(case.rng.randint(1, 3))
    if case.rng.random() < 0.4:
        libraries.append(product.runtime())
    if case.rng.random() < 0.15:
        libraries.append(redistributable(case, "dbghelp.dll", product.when(), product.bits))
    for number in range(case.rng.randint(1, 3)):
        program = product.exe(["Main.exe", "Agent.exe", "Config.exe"][number], imports=libraries, original=None if case.rng.random() < 0.85 else f"{word}{number}.exe")
    product.blobs(*case.rng.sample(["default.dat", "help.chm", "res.bin", "model.db", "license.lic"], case.rng.randint(0, 3)))
    product.register()
    product.runs(program, 0.6, 0.4)


def _rows():
    for pattern, function, count in (
            ("Electron", electron, 38), ("Chromium", chromium, 14), ("Python", python, 25), ("PyInstaller", pyinstaller, 12), ("Qt", qt, 36), ("Git, MSYS, MinGW", msys, 12),
            ("games", game, 40), ("portable programs", portable, 36), ("vendor suites", suite, 50)):
        for index in range(count):
            yield pattern, function, (index,)
    yield from more_rows()


def rows():
    return [(f"negative {number:03}", pattern, function, arguments) for number, (pattern, function, arguments) in enumerate(_rows(), 1)]
