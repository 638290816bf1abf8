"""More of what machines really hold and nothing may be told of: see corpus_negative.py."""
from corpus_parts import Product, redistributable, runtime
from corpus_tree import MICROSOFT
from corpus_windows import SYSTEM32, SYSWOW64, exports_of

PROGRAMS, PROGRAMS_32 = r"C:\Program Files", r"C:\Program Files (x86)"


def user_of(case):
    return case.rng.choice(["tanaka", "m.sato", "鈴木"])


def java(case, index):
    """Runtimes of Oracle and others, whole or brought along by a program."""
    org, signs = [("Oracle America, Inc.", "all"), ("Eclipse.org Foundation, Inc.", "all"), ("Amazon.com Services LLC", "all"), ("", "none"), ("Azul Systems, Inc.", "exe")][index % 5]
    place = [rf"{PROGRAMS}\Java\jre1.8.0_{200 + index}", rf"{PROGRAMS}\Eclipse Adoptium\jdk-17.0.{index}", rf"{PROGRAMS_32}\帳票システム{index}\jre", rf"C:\Users\{user_of(case)}\.jdks\openjdk-{index}",
             rf"D:\apps\tomcat{index}\jdk"][index % 5]
    product = Product(case, org, "OpenJDK Platform", place, (2017, 2024), 64, signs)
    jli = product.dll(r"bin\jli.dll", ["JLI_Launch", "JLI_ManifestIterate", "JLI_CmdToArgs", "JLI_GetStdArgc", "JLI_GetStdArgs"])
    vm = product.dll(r"bin\server\jvm.dll", ["JNI_CreateJavaVM", "JNI_GetCreatedJavaVMs", "JVM_Halt", "JVM_Open"])
    core = product.dll(r"bin\java.dll", imports=[vm])
    for name in ("net.dll", "nio.dll", "zip.dll", "awt.dll", "fontmanager.dll", "verify.dll", "jimage.dll"):
        product.dll(rf"bin\{name}", imports=[core, vm])
    product.runtime(folder="bin\\")
    for name in ("java.exe", "javaw.exe", "keytool.exe", "rmid.exe", "jjs.exe"):
        program = product.exe(rf"bin\{name}", imports=[jli])
    product.blobs(r"lib\modules", r"lib\rt.jar", kind="zip")
    product.blobs(r"lib\security\cacerts")
    product.runs(program, 0.5)


def dotnet(case, index):
    """Programs of .NET, whose assemblies few vendors sign; self-contained ones bring Microsoft's."""
    org = ["Obic Business Consultants Co., Ltd.", "JetBrains s.r.o.", "Progress Software Corporation", "", "Paint.NET Team", "ManageEngine"][index % 6]
    place = [rf"{PROGRAMS}\{org.split(' ')[0] or 'Tool'} App {index}", rf"C:\Users\{user_of(case)}\AppData\Local\Apps\2.0\{index:04}\app", rf"C:\inetpub\tools{index}", rf"{PROGRAMS_32}\Client{index}",
             rf"C:\ProgramData\{org.split(' ')[0] or 'Deploy'}\Service{index}"][index % 5]
    product = Product(case, org, "Client", place, (2014, 2024), 64, case.rng.choice(["exe", "all", "none"]) if org else "none")
    for name in ("Newtonsoft.Json.dll", "log4net.dll", "EntityFramework.dll", "NLog.dll", "AutoMapper.dll"):
        product.dll(name, managed=True, exports=(), org="", signer={"Newtonsoft.Json.dll": "Json.NET (.NET Foundation)", "EntityFramework.dll": MICROSOFT}.get(name) if case.rng.random() < 0.6 else None)
    for name in ("Client.Core.dll", "Client.Data.dll", "Client.Ui.dll"):
        product.dll(name, managed=True, exports=())
    if index % 4 == 0:  # self-contained
        host = product.dll("hostfxr.dll", ["hostfxr_main", "hostfxr_main_startupinfo"], org=MICROSOFT, signer=MICROSOFT)
        product.dll("hostpolicy.dll", ["corehost_main"], org=MICROSOFT, signer=MICROSOFT)
        product.dll("coreclr.dll", ["coreclr_initialize", "coreclr_execute_assembly"], org=MICROSOFT, signer=MICROSOFT)
        for name in ("System.Private.CoreLib.dll", "System.Runtime.dll", "System.Linq.dll"):
            product.dll(name, managed=True, exports=(), org=MICROSOFT, signer=MICROSOFT)
        program = product.exe("Client.exe", delay=[host])
    else:
        if case.rng.random() < 0.5:
            product.dll(r"x64\SQLite.Interop.dll", ["sqlite3_open", "sqlite3_close"], signer=None)
            product.dll(r"x86\SQLite.Interop.dll", ["sqlite3_open", "sqlite3_close"], signer=None, bits=32)
        program = product.exe("Client.exe", managed=True)
        case.put("Client.exe.config", b'<?xml version="1.0"?><configuration><startup><supportedRuntime version="v4.0"/></startup><runtime><assemblyBinding xmlns="urn:schemas-microsoft-com:asm.v1">'
                 b'<probing privatePath="lib;plugins"/><dependentAssembly><assemblyIdentity name="Newtonsoft.Json" publicKeyToken="30ad4fe6b2a6aeed"/><bindingRedirect oldVersion="0.0.0.0-13.0.0.0" '
                 b'newVersion="13.0.0.0"/></dependentAssembly></assemblyBinding></runtime></configuration>', product.when())
    product.runs(program, 0.6, 0.3)


def registration_free(case, index):
    """Manifests that name classes of a library beside: registration-free COM of an ordinary vendor."""
    product = Product(case, ["Dai-ichi Software K.K.", "Crystal Reports LLC", "ESRI", "Sage Group plc"][index], "Client", rf"{PROGRAMS_32}\Reporting{index}", (2010, 2019), 32, ["exe", "all", "none", "some"][index])
    library = product.dll("ReportEngine.dll", ["DllGetClassObject", "DllCanUnloadNow", "DllRegisterServer", "DllUnregisterServer"])
    program = product.exe("Reports.exe", imports=[product.dll("RptCore.dll")])
    case.put("Reports.exe.manifest", b'<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0"><assemblyIdentity type="win32" name="Reports" version="1.0.0.0"/><file name="ReportEngine.dll">'
             b'<comClass clsid="{7DF5AA11-3F10-4B0E-9C3B-2E8F9A0C1D22}" threadingModel="Apartment"/></file></assembly>', product.when())
    assert library
    product.register()
    product.runs(program, 0.6)


def driver(case, index):
    """Packages in the driver store, and what makers unpack into a folder of their own."""
    org = ["Intel Corporation", "NVIDIA Corporation", "Realtek Semiconductor Corp.", "Advanced Micro Devices, Inc.", "Synaptics Incorporated", "Logitech Inc", "Canon Inc."][index % 7]
    word = org.split(" ")[0].lower()
    place = [rf"{SYSTEM32}\DriverStore\FileRepository\{word}{index}.inf_amd64_{index:08x}5f", rf"C:\Drivers\{word}{index}", rf"C:\{word.upper()}\DisplayDriver\5{index}.12\Win10_x64"][index % 3]
    product = Product(case, org, "Driver", place, (2015, 2024), 64, "all")
    libraries = [product.dll(name) for name in (f"{word}ui64.dll", f"{word}api.dll", f"{word}co_inst.dll")]
    product.dll(f"{word}32.dll", bits=32)
    if index % 3 == 0 and index % 2:
        product.dll("vulkan-1.dll", exports_of(case.world, "vulkan-1.dll")[:30])
        product.dll("OpenCL.dll", exports_of(case.world, "opencl.dll"))
    program = product.exe(f"{word}svc.exe", imports=libraries[:2])
    case.exe(f"{word}kmd.sys", org=org, when=product.when(), own_imports=False, imports=[("ntoskrnl.exe", ["ExAllocatePoolWithTag", "IoCreateDevice"])])
    case.put(f"{word}.inf", b"[Version]\r\nSignature=$Windows NT$\r\n", product.when())
    if index % 3 == 1:
        product.exe("setup.exe", imports=[product.dll("ISSetup.dll", org="Flexera", signer=None)])
        product.blobs("data1.cab", "data2.cab", kind="zip")
    if index % 2 == 0:
        case.service(f"{word}svc{index}", f'"{program}"')


def installer(case, index):
    """What installers leave in Temp while they run, or for ever."""
    temp = rf"C:\Users\{user_of(case)}\AppData\Local\Temp" if index % 3 else r"C:\Windows\Temp"
    kind = ["nsis", "inno", "shield", "wix", "7zsfx", "msi", "electron"][index % 7]
    number = f"{case.rng.randrange(16**5):05X}"
    place = {"nsis": rf"{temp}\ns{number}.tmp", "inno": rf"{temp}\is-{number}.tmp", "shield": rf"{temp}\{{{number}A1-77C2-4B1D-9E0F-00A0C90F2B{index:02}}}", "wix": rf"{temp}\{{{number}77-1234-4B1D-9E0F-00A0C90F2B{index:02}}}\.ba",
             "7zsfx": rf"{temp}\7zS{number}", "msi": rf"{temp}\MSI{number}", "electron": rf"{temp}\{number}-setup\app-64"}[kind]
    org = case.rng.choice(["Foxit Software Inc.", "Wargaming.net", "Sony Corporation", "Epson Corporation", "Acer Incorporated", "Glarysoft LTD", ""])
    product = Product(case, org, "Setup", place, (2010, 2024), 32 if kind in ("nsis", "inno", "shield") else None, "exe", installed=case.days_ago(1, 300))
    product.keeps_times = kind in ("nsis", "7zsfx") and index % 2 == 0
    if not org:
        product.signs = "none"
    if kind == "nsis":
        product.dll("System.dll", ["Alloc", "Call", "Copy", "Free", "Get", "Int64Op", "Store", "StrAlloc"], info=False, signer=None)
        for name in ("nsDialogs.dll", "INetC.dll", "UserInfo.dll", "nsExec.dll"):
            product.dll(name, info=False, signer=None)
        product.blobs("modern-wizard.bmp", "data.7z")
        program = product.exe("Au_.exe") if index % 2 else None
    elif kind == "inno":
        product.exe(rf"_isetup\_setup64.tmp", info=False, signer=None)
        product.dll(r"_isetup\_isdecmp.dll", info=False, signer=None)
        product.dll("itdownload.dll", info=False, signer=None)
        program = product.exe("setup.tmp", original="", imports=[("VERSION.dll", ["VerQueryValueW"])])
    elif kind == "shield":
        library = product.dll("ISSetup.dll", org="Flexera", signer=None)
        product.dll("_isres_0x0411.dll", info=False, signer=None)
        program = product.exe("setup.exe", original="InstallShield Setup.exe", imports=[("msi.dll", exports_of(case.world, "msi.dll")[:3]), library])
        product.blobs("data1.cab", "setup.boot", kind="zip")
    elif kind == "wix":
        product.dll("wixstdba.dll", ["BootstrapperApplicationCreate", "BootstrapperApplicationDestroy"], org="WiX Toolset", signer=None)
        product.dll("mbapreq.dll", ["BootstrapperApplicationCreate"], org="WiX Toolset", signer=None)
        product.dll("BootstrapperCore.dll", managed=True, exports=(), signer=None)
        program = product.exe("Setup.exe", imports=[("cabinet.dll", exports_of(case.world, "cabinet.dll")[:4])])
    elif kind == "7zsfx":
        libraries = [product.dll("setuphlp.dll"), product.dll("uires.dll", info=False)]
        program = product.exe("setup.exe", imports=libraries)
        product.blobs("payload.bin", "package.dat", least=100_000, most=400_000)
    elif kind == "msi":
        for name in ("CustomAction.CA.dll", "SfxCA.dll", "Microsoft.Deployment.WindowsInstaller.dll"):
            product.dll(name, ["zzzEmbeddedUIHandler"], signer=MICROSOFT if "Microsoft" in name else None)
        program = None
    else:
        library = product.dll("ffmpeg.dll", ["av_malloc", "av_free"], info=False, signer=None)
        product.blobs("icudtl.dat", "resources.pak", kind="pak")
        program = product.exe("Viewer.exe", imports=[library])
    if program:
        case.executed(program, 0.4)


def signed_whole(case, index):
    """Installed for a user, all signed by the vendor or nearly."""
    name, org = [("Zoom", "Zoom Video Communications, Inc."), ("Webex", "Cisco Webex LLC"), ("Teams", MICROSOFT), ("OneDrive", MICROSOFT), ("Spotify", "Spotify AB"), ("LINE", "LINE Corporation"),
                 ("Dropbox", "Dropbox, Inc"), ("GoToMeeting", "LogMeIn, Inc.")][index % 8]
    user = user_of(case)
    place = rf"C:\Users\{user}\AppData\{'Roaming' if index % 3 == 0 else 'Local'}\{name}{index}\bin"
    product = Product(case, org, name, place, (2021, 2024), 64, "all")
    libraries = [product.dll(one) for one in ("libcef.dll" if name == "Spotify" else "CmmLib.dll", "UILib.dll", "MediaEngine.dll", "nsprlib.dll")]
    libraries += product.open_source(2, signer=org if index % 2 else None)
    libraries.append(product.runtime())
    if index % 2:
        libraries.append(redistributable(case, "dbghelp.dll", product.when()))
    program = product.exe(f"{name}.exe", imports=libraries)
    product.exe(f"{name}Update.exe", imports=libraries[:1])
    product.blobs("assets.pak", "strings.bin", kind="pak")
    product.runs(program, 0.9, 0.8)


JAPANESE = [("弥生会計", "弥生株式会社"), ("勘定奉行", "株式会社オービックビジネスコンサルタント"), ("一太郎", "JustSystems Corporation"), ("筆まめ", "Sourcenext Corporation"), ("秀丸エディタ", "有限会社サイトー企画"), ("サクラエディタ", ""), ("給与奉行", "Obic Business Consultants"),
            ("JW_CAD", ""), ("電子申請ソフト", "総務省"), ("e-Tax", "National Tax Agency"), ("楽々はがき", "JustSystems Corporation"), ("販売大臣", "OHKEN Co., Ltd."), ("SKYSEA Client View", "Sky Co., LTD."), ("ラベル屋さん", "A-one Co., Ltd."), ("医事会計", "Nichii"), ("FOMA通信設定", "NTT DOCOMO")]


def japanese(case, index):
    """Business software of Japan: old tools of builders, names and folders in Japanese, few signatures."""
    name, org = JAPANESE[index % len(JAPANESE)]
    place = [rf"{PROGRAMS_32}\{name}", rf"C:\{name}", rf"D:\業務\{name}", rf"C:\ProgramData\{name}", rf"C:\Users\{user_of(case)}\Documents\{name}"][index % 5 if index % 10 != 8 else 0]
    product = Product(case, org, name, f"{place}{index}", (2004, 2023), 32 if index % 3 else 64, case.rng.choice(["exe", "none", "none", "some", "exe"]) if org else "none")
    libraries = [product.dll(one, language="041104b0") for one in case.rng.sample(["共通.dll", "印刷.dll", "YYCommon.dll", "KJCtl32.dll", "DbAccess.dll", "JpZip.dll", "Hagaki.dll", "unlha32.dll"], case.rng.randint(1, 5))]
    if case.rng.random() < 0.4:
        libraries += product.open_source(1, signer=None)
    main = [f"{name}.exe", "Kaikei.exe", "Menu.exe", "業務メニュー.exe"][index % 4]
    program = product.exe(main, imports=libraries, language="041104b0", original=None if index % 7 else "Project1.exe")
    product.blobs("マスタ.dat", "郵便番号.dic", "会社.ini" if index % 2 else "data.mdb")
    product.runs(program, 0.6, 0.3)


def antivirus(case, index):
    org = [MICROSOFT, "Trend Micro, Inc.", "ESET, spol. s r.o.", "McAfee, LLC", "Kaspersky Lab JSC", "Sophos Ltd", "CrowdStrike, Inc.", "AVAST Software s.r.o."][index % 8]
    word = org.split(",")[0].split(" ")[0]
    place = rf"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.2{index:04}.1-0" if org == MICROSOFT else [rf"{PROGRAMS}\{word}\Endpoint{index}", rf"C:\ProgramData\{word}\Engine{index}"][index % 3 == 2]
    product = Product(case, org, "Security", place, (2020, 2024), 64, "all")
    engine = product.dll("MpClient.dll" if org == MICROSOFT else f"{word}Engine.dll")
    libraries = [engine] + [product.dll(f"{word[:4]}{part}.dll") for part in ("Scan", "Log", "Hook", "Net")]
    libraries.append(redistributable(case, "dbghelp.dll", product.when()))
    libraries.append(product.runtime())
    program = product.exe("MsMpEng.exe" if org == MICROSOFT else f"{word}Svc.exe", imports=libraries)
    product.exe("MpCmdRun.exe" if org == MICROSOFT else f"{word}Tray.exe", imports=libraries[:2])
    product.blobs("base001.vdm", "base002.dat", "quarantine.bin", "sig.cav", least=100_000, most=300_000)
    case.service(f"{word}Svc{index}", f'"{program}"')
    case.executed(program, 0.5)


def printer(case, index):
    """Utilities of printers and scanners: a signed program, a library of resources that is not."""
    org = ["Canon Inc.", "SEIKO EPSON CORPORATION", "Brother Industries, Ltd.", "RICOH COMPANY, LTD.", "FUJIFILM Business Innovation Corp.", "KONICA MINOLTA, INC.", "KYOCERA Document Solutions Inc."][index % 7]
    word = org.split(" ")[0]
    place = [rf"{PROGRAMS_32}\{word}\StatusMonitor{index}", rf"C:\ProgramData\{word}\Monitor{index}", rf"{SYSTEM32}\spool\drivers\x64\3\{word}{index}"][index % 3]
    product = Product(case, org, "Status Monitor", place, (2008, 2023), None, case.rng.choice(["exe", "some", "all"]))
    libraries = [product.dll(f"{word[:2].upper()}{part}.dll", info=case.rng.random() < 0.8) for part in ("MRES", "MLNG", "MCOM", "UTL")[:case.rng.randint(1, 4)]]
    program = product.exe(f"{word[:2].upper()}MON.EXE", imports=libraries[:2])
    product.blobs("profile.icm", "model.dat", "default.bin")
    product.runs(program, 0.5, 0.6)


def development(case, index):
    """Trees that compilers fill, with tests whose host Microsoft signed."""
    user = user_of(case)
    kind = ["msvc", "dotnet test", "node", "rust", "cmake", "vcpkg", "arduino"][index % 7]
    place = rf"C:\Users\{user}\source\repos\project{index}" if index % 2 else rf"D:\work\{kind.replace(' ', '')}{index}"
    product = Product(case, "", "project", place + {"msvc": r"\x64\Release", "dotnet test": r"\bin\Debug\net6.0", "node": r"\node_modules\electron\dist", "rust": r"\target\debug", "cmake": r"\build\Debug",
                                                    "vcpkg": r"\installed\x64-windows\bin", "arduino": r"\tools\esptool"}[kind], (2022, 2024), 64, "none", installed=case.days_ago(0, 40))
    product.keeps_times = False
    libraries = [product.dll(f"{one}{index}.dll", info=False) for one in ("core", "util", "plugin")[:case.rng.randint(1, 3)]]
    if kind == "dotnet test":
        program = product.exe("testhost.exe", org=MICROSOFT, signer=MICROSOFT, product="Microsoft.TestHost", original="testhost.exe", delay=[("hostfxr.dll", ["hostfxr_main"])])
        for name in ("testhost.dll", "Microsoft.TestPlatform.CoreUtilities.dll", "Newtonsoft.Json.dll"):
            product.dll(name, managed=True, exports=(), org=MICROSOFT, signer=MICROSOFT)
        for name in ("Project.dll", "Project.Tests.dll", "xunit.core.dll"):
            product.dll(name, managed=True, exports=(), info=name != "Project.dll")
    elif kind == "node":
        program = product.exe("electron.exe", org="GitHub, Inc.", imports=[product.dll("ffmpeg.dll", ["av_malloc", "av_free"], info=False)])
        product.dll("vulkan-1.dll", exports_of(case.world, "vulkan-1.dll")[:12], info=False)
        product.blobs("icudtl.dat", "resources.pak", "snapshot_blob.bin", kind="pak")
    elif kind == "vcpkg":
        product.open_source(6, signer=None)
        program = product.exe("tool.exe", imports=libraries, info=False)
    elif kind == "arduino":
        program = product.exe("esptool.exe", info=False, imports=libraries, overlay=case.rng.randbytes(120_000))
    else:
        program = product.exe(f"project{index}.exe", info=case.rng.random() < 0.3, imports=libraries)
        product.exe("unit_tests.exe", info=False, imports=libraries)
        if index % 2:
            redistributable(case, "vcruntime140d.dll", product.when())
            product.dll("version.dll", ["project_version_major", "project_version_string"], info=False)  # a module that is called so
    product.blobs("cache.bin")
    case.executed(program, 0.6)


def app_local(case, index):
    """Runtimes beside the program, as Microsoft allows it."""
    org = ["Graphisoft SE", "MathWorks, Inc.", "Bentley Systems, Inc.", "Ansys, Inc.", "", "Corel Corporation", "TechSmith Corporation", "SMART Technologies ULC"][index % 8]
    product = Product(case, org, "Modeler", [rf"{PROGRAMS}\Modeler {index}", rf"C:\Users\{user_of(case)}\AppData\Local\Modeler{index}", rf"D:\CAD\Modeler{index}"][index % 3], (2013, 2023), None, case.rng.choice(["all", "exe", "some"]) if org else "none")
    when = product.when()
    libraries = [runtime(case, when, product.bits)]
    for name in case.rng.sample(["dbghelp.dll", "mfc140u.dll", "concrt140.dll", "msvcr120.dll", "msvcp120.dll", "d3dcompiler_47.dll", "gdiplus.dll", "msvcr100.dll", "vcomp140.dll", "atl100.dll"], 5):
        libraries.append(redistributable(case, name, when, product.bits))
    libraries.append(product.dll("Modeler.Core.dll"))
    program = product.exe("Modeler.exe", imports=libraries)
    product.register()
    product.runs(program, 0.6, 0.1)


def old(case, index):
    """Signed long ago: the certificates have expired, most with a timestamp, some without."""
    org = ["Macromedia, Inc.", "ULEAD SYSTEMS, INC.", "RealNetworks, Inc.", "Sonic Solutions", "Adobe Systems Incorporated", "ArcSoft, Inc.", "Apple Computer, Inc.", "Nokia Corporation", "Sharp Corporation", "Fujitsu Limited"][index % 10]
    word = org.split(",")[0].split(" ")[0]
    place = [rf"{PROGRAMS_32}\{word}\Studio {index}", rf"D:\old\{word}{index}", rf"C:\Users\{user_of(case)}\Documents\backup\{word}{index}"][index % 3 if index % 2 else 0]
    product = Product(case, org, f"{word} Studio", place, (2004, 2012), 32, case.rng.choice(["all", "exe", "some"]))
    if index % 3 == 2:
        product.sign = dict(timestamp=None)
    libraries = [product.dll(f"{word[:3]}{part}.dll") for part in ("Core", "Img", "Snd", "Dlg")[:case.rng.randint(1, 4)]]
    if case.rng.random() < 0.5:
        libraries.append(("MSVCR71.dll", ["malloc"]))
        product.dll("msvcr71.dll", ["malloc", "free"], org=MICROSOFT, signer=None, built=case.in_year(2003, 2003))  # Microsoft left it unsigned
    program = product.exe(f"{word}.exe", imports=libraries)
    product.blobs("effects.dat", "samples.bin")
    product.runs(program, 0.3, 0.2)


def windows_copy(case, index):
    """Files of Windows where a backup, an update or a deployment kit has put them."""
    place = [r"C:\Windows.old\Windows\System32", r"D:\backup\PC01\Windows\System32", rf"{PROGRAMS_32}\Windows Kits\10\Assessment and Deployment Kit\Windows Preinstallation Environment\amd64\DISM", r"C:\Windows\SoftwareDistribution\Download\0a1b2c\amd64",
             r"C:\Windows\servicing\LCU\Package_for_RollupFix~31bf3856ad364e35\x", r"C:\ProgramData\docker\windowsfilter\5f1e\Files\Windows\System32", r"C:\mount\win10\Windows\System32", rf"{PROGRAMS}\Windows Kits\10\Debuggers\x64",
             r"C:\Windows\System32\Recovery\tmp", r"D:\backup\server\Windows\SysWOW64", r"C:\$WINDOWS.~BT\Sources", r"C:\Windows\WinSxS\amd64_windows-printui_31bf3856ad364e35_10.0.19041.1_none_f00"][index]
    case.at(place)
    when = case.days_ago(100, 600)
    source = SYSWOW64 if "SysWOW64" in place else SYSTEM32
    pairs = [("printui.exe", "printui.dll"), ("winsat.exe", "winmm.dll"), ("dism.exe", "dismcore.dll"), ("werfault.exe", "faultrep.dll"), ("magnify.exe", "magnification.dll"), ("dccw.exe", "dxva2.dll")]
    for number in range(3):
        program, library = pairs[(index + number) % len(pairs)]
        case.copy_of(rf"{source}\{program}", program, when)
        case.copy_of(rf"{source}\{library}", library, when)
    if index in (2, 7):
        for name in ("wimgapi.dll", "dbghelp.dll", "dbgeng.dll", "symsrv.dll"):
            if name == "symsrv.dll":
                redistributable(case, name, when)
            else:
                redistributable(case, name, when) if name == "dbghelp.dll" else case.copy_of(rf"{SYSTEM32}\{name}", name, when)


def service_library(case, index):
    """Services of vendors that svchost loads."""
    org, folder, name, signed = [("HP Inc.", rf"{PROGRAMS}\HP\HPTouchpoint", "hpsvc.dll", True), ("Realtek Semiconductor Corp.", SYSTEM32, "rtkaudsvc.dll", True), ("Synaptics Incorporated", SYSTEM32, "syntpsvc.dll", True),
                                 ("Intel Corporation", rf"{PROGRAMS}\Intel\DPTF", "dptfsvc.dll", True), ("Fujitsu Client Computing Limited", rf"{PROGRAMS}\Fujitsu\Plugfree", "pfnsvc.dll", True),
                                 ("LENOVO", SYSTEM32, "lnvsvc.dll", True), ("Dell Inc", rf"{PROGRAMS}\Dell\Hardware", "dellhw.dll", False), ("Sky Co., LTD.", rf"{PROGRAMS}\SKYSEA", "skysvc.dll", True)][index]
    case.at(rf"{folder}\{name}")
    case.folder = folder
    built = case.in_year(2017, 2023)
    path = case.dll(name, org=org, product="Service", built=built, exports=[("ServiceMain", None), ("SvchostPushServiceGlobals", None)], signer=org if signed else None)
    case.service(name[:-4] + "Service", r"%SystemRoot%\System32\svchost.exe -k LocalService", path)


def slot(case, index):
    """Print monitors, password filters and the like of vendors."""
    hive, key, value, name, org = [
        ("SYSTEM", r"ControlSet001\Control\Print\Monitors\Brother BJ Monitor", "Driver", "brmon.dll", "Brother Industries, Ltd."), ("SYSTEM", r"ControlSet001\Control\Print\Monitors\PDF Port", "Driver", "pdfmon.dll", "Foxit Software Inc."),
        ("SYSTEM", r"ControlSet001\Control\Lsa", "Authentication Packages", "rdpauth.dll", "Imprivata, Inc."), ("SOFTWARE", r"Microsoft\NetSh", "vpnsh", "vpnsh.dll", "Check Point Software Technologies Ltd."),
        ("SYSTEM", r"ControlSet001\Control\NetworkProvider\Order", "", "np_vmware.dll", "VMware, Inc."), ("SYSTEM", r"ControlSet001\Control\Print\Monitors\Canon Monitor", "Driver", "cnmon.dll", "Canon Inc.")][index]
    case.at(rf"{SYSTEM32}\{name}")
    case.folder = SYSTEM32
    case.dll(name, org=org, product="Component", built=case.in_year(2015, 2022), exports=[("InitializePrintMonitor2", None), ("DllMain2", None)])
    if value == "Authentication Packages":
        case.registry.append((hive, key, value, ["msv1_0", name[:-4]]))
    elif value or "NetSh" in key:
        case.registry.append((hive, key, value or "vpnsh", name))


def small_tool(case, index):
    """A vendor's tool of two or three files, wherever a user unpacked it: all that the triad has, and innocent."""
    org = ["FTDI Ltd", "Silicon Laboratories Inc.", "Prolific Technology Inc.", "I-O DATA DEVICE, INC.", "BUFFALO INC.", "ELECOM CO.,LTD.", "Garmin International, Inc.", "Yamaha Corporation", "Elgato Systems", "NEC Platforms, Ltd."][index % 10]
    word = org.split(" ")[0]
    place = [rf"C:\Users\{user_of(case)}\Downloads\{word}_tool{index}", rf"{PROGRAMS_32}\{word}\Updater{index}", rf"C:\Users\{user_of(case)}\Desktop\{word}Update{index}", rf"C:\{word}{index}", rf"C:\ProgramData\{word}\Update{index}"][index % 5]
    product = Product(case, org, f"{word} Utility", place, (2012, 2023), None, "exe" if index % 3 else "all")
    library = product.dll(f"{word[:4]}{['Api', 'Usb', 'Lib', 'Res'][index % 4]}.dll", info=index % 4 != 1)
    program = product.exe(f"{word}Updater.exe", imports=[library])
    if index % 2:
        product.blobs(["firmware.bin", "fw_120.dat", "image.fw"][index % 3], least=60_000, most=300_000)
    if index % 3 == 0:
        case.blob("readme.txt", 3000, product.when(), "text")
    product.runs(program, 0.6, 0.15)


def more_rows():
    for pattern, function, count in (
            ("Java", java, 18), (".NET", dotnet, 30), ("registration-free COM", registration_free, 4), ("drivers", driver, 21), ("installers' temporary folders", installer, 28), ("AppData, all signed", signed_whole, 16),
            ("Japanese business software", japanese, 32), ("antivirus", antivirus, 16), ("printer utilities", printer, 14), ("developers' trees", development, 28), ("runtimes beside the program", app_local, 16),
            ("old, expired certificates", old, 24), ("files of Windows elsewhere", windows_copy, 12), ("services of vendors", service_library, 8), ("slots of vendors", slot, 6), ("tools of two files", small_tool, 20)):
        for index in range(count):
            yield pattern, function, (index,)
