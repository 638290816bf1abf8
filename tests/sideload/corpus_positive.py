"""Side-loading as it is done: cases that must be told. Designed from chapters 6 and 6b of the specification
and from public reports, before any rule was tried on them.

Nothing here does anything: the libraries hold code that a compiler made of arithmetic.
"""
import datetime

from corpus_tree import MICROSOFT, Case, Linker
from corpus_windows import PHANTOMS, SYSTEM32, SYSWOW64, VERSION, exports_of

# Programs that public reports name as borrowed: (file, vendor, product, library, what it asks of it, bits, year)
HOSTS = [
    ("jjs.exe", "Oracle America, Inc.", "Java(TM) Platform SE 8", "jli.dll", ["JLI_Launch", "JLI_ManifestIterate", "JLI_CmdToArgs", "JLI_GetStdArgc", "JLI_GetStdArgs"], 32, 2018),
    ("rastls.exe", "Symantec Corporation", "Symantec 802.1x Supplicant", "rastls.dll", ["RasEapGetInfo", "RasEapInitialize", "RasEapFreeMemory", "RasEapInvokeConfigUI"], 32, 2009),
    ("mcods.exe", "McAfee, Inc.", "McAfee VirusScan", "mcutil.dll", ["McUtilInit", "McUtilGetPath", "McUtilLog"], 32, 2010),
    ("mcvsshld.exe", "McAfee, Inc.", "McAfee VirusScan", "vsodscpl.dll", ["VsCreate", "VsDestroy"], 32, 2008),
    ("NvSmart.exe", "NVIDIA Corporation", "NVIDIA Smart Maximize Helper Host", "NvSmartMax.dll", ["NvSmartMaxUseDynamicD3DX", "NvSmartMaxInstallHook", "NvSmartMaxNotifyAppHWND"], 32, 2010),
    ("AvastSvc.exe", "AVAST Software s.r.o.", "Avast Antivirus", "wsc.dll", ["_run@4"], 32, 2019),
    ("vlc.exe", "VideoLAN", "VLC media player", "libvlc.dll", ["libvlc_new", "libvlc_add_intf", "libvlc_wait", "libvlc_release", "libvlc_set_user_agent", "libvlc_playlist_play"], 64, 2020),
    ("K7SysMon.exe", "K7 Computing Pvt Ltd", "K7SysMon Module", "K7SysMn1.dll", ["K7SMInit", "K7SMStart"], 32, 2012),
    ("LMIGuardianSvc.exe", "LogMeIn, Inc.", "LogMeIn", "LMIGuardianDll.dll", ["LMIGuardianInit", "LMIGuardianRun"], 32, 2017),
    ("GoogleUpdate.exe", "Google LLC", "Google Update", "goopdate.dll", ["DllEntry"], 32, 2021),
    ("VMwareXferlogs.exe", "VMware, Inc.", "VMware Tools", "glib-2.0.dll", ["g_free", "g_malloc", "g_strdup", "g_log", "g_key_file_new"], 64, 2018),
    ("bdreinit.exe", "Bitdefender SRL", "Bitdefender Crash Handler", "log.dll", ["LogInit", "LogFree"], 32, 2015),
    ("PccNTMon.exe", "Trend Micro, Inc.", "Trend Micro OfficeScan", "TmDbgLog.dll", ["TmDbgInit", "TmDbgOutput", "TmDbgClose"], 32, 2013),
    ("RzCefRenderProcess.exe", "Razer USA Ltd.", "Razer Synapse", "libcef.dll", ["cef_execute_process", "cef_string_utf16_set", "cef_api_hash"], 32, 2019),
    ("FMVUpdNavi.exe", "FUJITSU LIMITED", "UpdateNavi", "FmvUnCore.dll", ["FmvNaviOpen", "FmvNaviQuery", "FmvNaviClose"], 32, 2014),
    ("HtcCpl.exe", "Hitachi, Ltd.", "Power Setting Utility", "HtcPwr.dll", ["HtcPwrInit", "HtcPwrSet", "HtcPwrEnd"], 32, 2012),
    ("hpqhvind.exe", "Hewlett-Packard Company", "HP Quick Launch", "hpqhvsei.dll", ["HpqSeiOpen", "HpqSeiRead", "HpqSeiClose"], 32, 2011),
    ("AcroBroker.exe", "Adobe Inc.", "Adobe Acrobat", "AdobeXMP.dll", ["WXMPMeta_Initialize", "WXMPMeta_Terminate"], 64, 2021),
    ("wpsupdate.exe", "Zhuhai Kingsoft Office Software Co., Ltd.", "WPS Office", "krpt.dll", ["_force_link_krpt", "krpt_init"], 32, 2020),
    ("ZDesktop.exe", "Zoho Corporation Private Limited", "Zoho Assist", "ZohoCore.dll", ["ZCStart", "ZCStop"], 64, 2022),
    ("CNEXTHelper.exe", "Advanced Micro Devices, Inc.", "Radeon Settings", "atiadlxy.dll", ["ADL_Main_Control_Create", "ADL_Main_Control_Destroy"], 64, 2020),
    ("pdfelement.exe", "Wondershare Technology Group Co.,Ltd", "PDFelement", "WsLogger.dll", ["WsLogCreate", "WsLogWrite"], 32, 2022),
    ("CiscoCollabHost.exe", "Cisco Systems, Inc.", "Cisco Webex", "CiscoSparkLauncher.dll", ["SparkEntryPoint"], 64, 2022),
    ("SophosUI.exe", "Sophos Ltd", "Sophos Endpoint", "SophosCrt.dll", ["ScrtInit", "ScrtLog", "ScrtEnd"], 64, 2021),
    ("taroview.exe", "JustSystems Corporation", "Ichitaro Viewer", "JSFC.dll", ["JSFCInit", "JSFCVersion"], 32, 2011),
    ("necreg.exe", "NEC Corporation", "NEC Registration", "necutl.dll", ["NecOpen", "NecSend", "NecClose"], 32, 2010),
    ("ThunderLiveUD.exe", "Xunlei Networking Technologies, Ltd.", "Thunder", "LiveUDHelper.dll", ["CreateLiveUD", "FreeLiveUD"], 32, 2016),
    ("Discord_helper.exe", "Discord Inc.", "Discord", "ffmpeg.dll", ["avcodec_open2", "av_malloc", "avformat_open_input", "av_free"], 64, 2023),
]
ROAMING = r"C:\Users\{user}\AppData\Roaming"
LOCAL = r"C:\Users\{user}\AppData\Local"
PLACES = [r"C:\ProgramData\{word}", ROAMING + r"\{word}", LOCAL + r"\{word}", r"C:\Users\Public\{word}", r"C:\ProgramData\{vendor}\{word}",
          ROAMING + r"\{vendor}\{word}", LOCAL + r"\Temp\{word}", r"C:\Users\Public\Documents\{word}", LOCAL + r"\Microsoft\{word}",
          r"C:\Users\Public\Music\{word}", r"C:\ProgramData\Microsoft\{word}", r"C:\Users\{user}\{word}"]
FOLDER_WORDS = """Update Sync Common Intel HwMon DataCenter Cache Service Helper Assist Tools Bin Backup Media NetFw RealTime Security Config
Driver Report Center Store Print Console Identity Setup Shared Cloud Note Task""".split()


def place_of(case, form, vendor):
    rng = case.rng
    word = rng.choice(FOLDER_WORDS) + rng.choice(["", "", "Svc", "Ex", "_"])
    # The number keeps the places of two cases apart.
    return form.format(user=rng.choice(["tanaka", "m.sato", "鈴木"]), word=word + f"{int(case.name[-3:]):x}",
                       vendor=vendor.split(",")[0].split(" ")[0])


def host_of(case, host, name=None, when=None):
    """The borrowed program, as its vendor signed it; usually with the time it was dropped at, or its own."""
    file, org, product, library, functions, bits, year = host
    case.host_built = built = case.in_year(year)
    case.host_linker = linker = Linker(case.rng, built)
    when = when or (case.dropped if case.rng.random() < 0.6 else case.later(built, 10**6))
    imports = [(library, functions)]
    extra = {}
    if case.rng.random() < 0.25:
        extra["delay"] = [("VERSION.dll", VERSION[:3])]
    return case.exe(name or file, org=org, product=product, original=file, built=built, bits=bits, imports=imports, linker=linker,
                    when=when, **extra)


def planted(case, name, functions, bits=64, info="none", host=None, forwards=None, when=None, **more):
    """The library that does not belong there. info: "none", "own" (nothing in particular), "copied"
    (of the vendor of the host), "microsoft"."""
    rng = case.rng
    built = case.dropped - datetime.timedelta(days=rng.randint(0, 20), seconds=rng.randint(0, 80000))
    if case.copies_build_time:
        built = case.host_built + datetime.timedelta(days=rng.randint(-3, 3), seconds=rng.randint(0, 80000))
    options = dict(info=info != "none", built=built, bits=bits, size=rng.randint(4000, 60000), gui=rng.random() < 0.3)
    if info == "copied":
        options.update(org=host[1], product=host[2])
    elif info == "microsoft":
        options.update(org=MICROSOFT, product="Microsoft\u00ae Windows\u00ae Operating System", numbers=(10, 0, 19041, 1))
    elif info == "own":
        options.update(org=rng.choice(["", "TODO: <Company name>", "Intel"]), product=rng.choice(["", "TODO: <Product name>", "Library"]))
    options["signer"] = None  # whatever it says of itself
    options.update(more)
    exports = [(function, (forwards or {}).get(function)) for function in functions]
    linker = Linker(rng, datetime.datetime(2023, 1, 1))
    if case.copies_linker:
        linker.linker = case.host_linker.linker
    linker.pdb = rng.random() < 0.2
    return case.dll(name, exports=exports, linker=linker, when=when or case.later(case.dropped, 90), **options)


def payload(case, name=None, size=None, kind="random"):
    rng = case.rng
    name = name or rng.choice(["{w}.dat", "{w}.bin", "{w}.tmp", "{w}.log", "{w}.db", "{w}.ini", "{w}", "{w}.cfg", "{w}.png", "{w}.dll.mui"]).format(
        w=rng.choice(["data", "config", "update", "cache", "res", "lic", "main", "sys", "logo", "dump"]))
    return case.blob(name, size or rng.randint(60_000, 400_000), case.later(case.dropped, 90), kind)


def start(case, program, how=None):
    """How it comes back; often not at all."""
    rng = case.rng
    how = how or rng.choice(["run", "run", "user run", "task", "service", "", "", ""])
    word = rng.choice(FOLDER_WORDS) + rng.choice(["Update", "Helper", "Svc", ""])
    if how == "run":
        case.run_key(word + case.name[-3:], f'"{program}"')
    elif how == "user run":
        case.run_key(word + case.name[-3:], program, rng.choice(["tanaka", "m.sato"]))
    elif how == "task":
        case.task(word + case.name[-3:], program)
    elif how == "service":
        case.service(word + case.name[-3:], program)
    case.executed(program, 0.6)
    return program


def clutter(case):
    """What lies beside it now and then."""
    if case.rng.random() < 0.25:
        case.blob(case.rng.choice(["readme.txt", "license.txt", "setup.log", "見積書.pdf", "info.xml"]), 3000, case.later(case.dropped, 600), "text")


def classic(case, index, form=None, rename=False, load=True, info=None, how=None, blob="random"):
    """Borrowed program, library, encrypted payload."""
    case.dropped = case.days_ago(2, 90)
    host = HOSTS[index % len(HOSTS)]
    case.at(place_of(case, form or PLACES[index % len(PLACES)], host[1]))
    name = case.rng.choice(["svchost_.exe", "IntelUpd.exe", "WinHelp32.exe", "chrome_upd.exe", "OneNoteHelper.exe", "dllhst.exe", "ctf.exe",
                            "update.exe", "msdtc_.exe", f"{case.rng.randrange(16**6):06x}.exe"]) if rename else None
    program = host_of(case, host, name)
    info = info or case.rng.choice(["none", "none", "none", "own", "copied"])
    functions = list(host[4])
    if case.rng.random() < 0.3:
        functions = functions[:1] + ["Run"]
    planted(case, host[3], functions, host[5], info, host, shared_stub=case.rng.random() < 0.4)
    if load:
        payload(case, kind=blob)
    clutter(case)
    start(case, program, how)


def no_payload(case, index, rename=True):
    classic(case, index, rename=rename, load=False)


def proxied(case, index, absolute):
    """All that the true library exports is forwarded to it: renamed beside it, or where Windows has it."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[(index * 5 + 6) % len(HOSTS)]
    case.at(place_of(case, PLACES[(index * 3) % len(PLACES)], host[1]))
    if absolute:
        library = case.rng.choice(["version.dll", "winmm.dll", "userenv.dll", "wtsapi32.dll", "dbghelp.dll"])
        names = exports_of(case.world, library)
        target = "C:\\Windows\\System32\\" + library[:-4]
        program = case.exe(host[0], org=host[1], product=host[2], built=case.in_year(host[6]), bits=host[5], when=case.dropped,
                           imports=[(library, names[:3])])
    else:
        library = host[3]
        names = sorted(host[4] + case.functions(library[:3], 20))
        stem = case.rng.choice([library[:-4] + "_org", library[:-4] + "1", "o" + library[:-4], library[:-4] + "_"])
        target = stem
        program = host_of(case, host)
        built = case.host_built
        case.dll(stem + ".dll", org=host[1], product=host[2], original=library, built=built, bits=host[5], when=case.dropped,
                 exports=[(one, None) for one in names], linker=case.host_linker)
    planted(case, library, names, host[5], case.rng.choice(["none", "none", "own"]), host, {one: f"{target}.{one}" for one in names})
    if case.rng.random() < 0.4:
        payload(case)
    start(case, program)


def stub(case, index):
    """A library of Windows by name, with the few exports that the program asks for, all one stub."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[(index * 3 + 1) % len(HOSTS)]
    library = ["version.dll", "winmm.dll", "userenv.dll", "wtsapi32.dll", "dwmapi.dll", "secur32.dll", "iphlpapi.dll", "cryptsp.dll"][index % 8]
    names = exports_of(case.world, library)[:case.rng.randint(1, 4)]
    case.at(place_of(case, PLACES[(index * 5 + 2) % len(PLACES)], host[1]))
    program = case.exe(host[0], org=host[1], product=host[2], built=case.in_year(host[6]), bits=host[5], when=case.dropped, imports=[(library, names)])
    planted(case, library, names, host[5], case.rng.choice(["none", "microsoft"]), host, shared_stub=True)
    if index % 2:
        payload(case)
    start(case, program)


def stolen(case, index, kind):
    """The library is signed too: by somebody who has nothing to do with the program."""
    case.dropped = case.days_ago(2, 90)
    host = HOSTS[(index * 4 + 3) % len(HOSTS)]
    case.at(place_of(case, PLACES[(index * 7 + 1) % len(PLACES)], host[1]))
    program = host_of(case, host, case.rng.choice([None, "helper32.exe", "upd.exe"]))
    thief = ["Yunteng Online Game Co., Ltd.", "Kuusamo Trading Oy", "HANBIT SOFT Inc.", "Nagoya Kikai Seisakusho K.K.", "Sino Tool Technology Ltd.",
             "Best Cargo Logistics LLC", "Mobile Apps Team SRL", "Green Leaf Games Ltd"][index % 8]
    options = {
        "valid": dict(sign_when=case.days_ago(30, 200)),
        "expired": dict(sign_when=case.in_year(2014, 2017), sign=dict(timestamp=None)),
        "short": dict(sign_when=case.in_year(2022, 2022), sign=dict(timestamp=None, years=1)),
        "unknown": dict(sign_when=case.days_ago(30, 100), sign=dict(timestamp=None, issuer="unknown")),
    }[kind]
    planted(case, host[3], host[4], host[5], case.rng.choice(["none", "own"]), host, signer=thief, **options)
    if case.rng.random() < 0.7:
        payload(case)
    start(case, program)


def changed(case, index, kind):
    """The vendor's own library, changed after it was signed; or with something in its certificate table."""
    case.dropped = case.days_ago(2, 90)
    host = HOSTS[(index * 3 + 6) % len(HOSTS)]
    case.at(place_of(case, PLACES[(index * 2 + 3) % len(PLACES)], host[1]) if index % 3 else
            rf"C:\Program Files\{host[1].split(',')[0].split(' ')[0]}\{host[2].split(' ')[0]} {index}")
    program = host_of(case, host, when=None if index % 3 else case.later(case.in_year(2023), 1000))
    names = host[4] + case.functions(host[3][:3], 14)
    image = case.image(host[3], dll=True, org=host[1], product=host[2], built=case.host_built, bits=host[5], linker=case.host_linker,
                       exports=[(one, None) for one in sorted(names)], size=30000)
    image = bytearray(case.signed(image, host[1], case.host_built, padding=0x6000 if kind == "padding" else 0))
    if kind == "patched":
        at = 0x400 + case.rng.randrange(20000)
        image[at:at + 600] = case.rng.randbytes(600)
    case.put(host[3], bytes(image), case.later(case.dropped, 90))
    if kind == "padding" or index % 2:
        payload(case)
    start(case, program, case.rng.choice(["run", "task", "service"]))


def one_down(case, index):
    """The library lies in a folder below the program, as by AddDllDirectory or a changed search path."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[(index * 6 + 2) % len(HOSTS)]
    case.at(place_of(case, PLACES[(index * 4) % len(PLACES)], host[1]))
    program = host_of(case, host, case.rng.choice([None, "runner.exe"]))
    below = case.rng.choice(["lib", "bin", "plugins", "x86", "res", "data"])
    planted(case, f"{below}\\{host[3]}", host[4], host[5], "none", host)
    payload(case, f"{below}\\" + case.rng.choice(["core.dat", "cache.bin", "font.db"]))
    start(case, program)


def service_dll(case, index, where):
    """A library that svchost loads."""
    case.dropped = case.days_ago(2, 120)
    name = ["netsvc6.dll", "wuaext.dll", "dhcpmon.dll", "ssdpcfg.dll", "iaspol.dll", "msupdate.dll", "PrintCfg.dll", "hidmon.dll", "usbmgrx.dll"][index]
    path = {"system32": rf"{SYSTEM32}\{name}", "programdata": rf"C:\ProgramData\Microsoft\{case.rng.choice(FOLDER_WORDS)}\{name}",
            "windows": rf"C:\Windows\{case.rng.choice(['Help', 'Fonts', 'Temp', 'debug', 'addins'])}\{name}"}[where]
    case.at(path)
    case.folder = path.rsplit("\\", 1)[0]
    planted(case, name, ["ServiceMain", "SvchostPushServiceGlobals"][:1 + index % 2], 64, ["none", "microsoft", "own"][index % 3])
    word = ["NetSvc6", "WuaExt", "DhcpMon", "SsdpCfg", "IasPol", "MsUpdate", "PrintCfg", "HidMon", "UsbMgrX"][index]
    case.service(word, r"%SystemRoot%\System32\svchost.exe -k netsvcs", path)
    if index % 2:
        payload(case, f"{path[:-4]}.dat")


def phantom(case, index):
    """A name that programs of Windows look for and that Windows does not have."""
    case.dropped = case.days_ago(2, 60)
    name = PHANTOMS[index % len(PHANTOMS)]
    folder = SYSTEM32 if name not in ("fxsst.dll",) else r"C:\Windows"
    case.at(rf"{folder}\{name}")
    case.folder = folder
    planted(case, name, case.functions("", 1 + index % 3) if index % 4 else ["DllRegisterServer"], 64, ["none", "own", "microsoft", "none"][index % 4])


COPIED = [("printui.exe", "printui.dll"), ("magnify.exe", "magnification.dll"), ("winsat.exe", "winmm.dll"), ("colorcpl.exe", "colorui.dll"),
          ("dccw.exe", "dxva2.dll"), ("rekeywiz.exe", "efsadu.dll"), ("werfault.exe", "faultrep.dll"), ("wusa.exe", "dpx.dll"), ("fxssvc.exe", "tapi32.dll"),
          ("notepad.exe", "propsys.dll"), ("mfpmp.exe", "mfplat.dll"), ("presentationhost.exe", "version.dll"), ("workfolders.exe", "mi.dll"),
          ("bdeunlock.exe", "fveapi.dll"), ("mstsc.exe", "credui.dll"), ("osk.exe", "osksupport.dll")]


def system_copy(case, index):
    """A program of Windows, copied out, beside a library of a system name."""
    case.dropped = case.days_ago(2, 60)
    program, library = COPIED[index]
    case.at(place_of(case, PLACES[(index * 5) % len(PLACES)], "Microsoft"))
    is_32 = index % 4 == 3
    name = program if index % 3 else case.rng.choice(["update.exe", "WinCfg.exe", "mon.exe"])
    path = case.copy_of(rf"{SYSWOW64 if is_32 else SYSTEM32}\{program}", name, case.dropped)
    all_names = exports_of(case.world, library)
    names = all_names if index % 4 == 1 else all_names[:case.rng.randint(1, 5)]
    forwards = {one: f"C:\\Windows\\System32\\{library[:-4]}.{one}" for one in names} if index % 4 == 1 else None
    planted(case, library, names, 32 if is_32 else 64, ["none", "microsoft", "none", "own"][index % 4], forwards=forwards)
    if index % 3 == 0:
        payload(case)
    start(case, path)


def windows_folder(case, index):
    """A library of System32's name in the Windows folder, which is explorer.exe's own."""
    case.dropped = case.days_ago(2, 60)
    name = ["propsys.dll", "uxtheme.dll", "dwmapi.dll", "ntshrui.dll", "linkinfo.dll"][index]
    case.at(rf"C:\Windows\{name}")
    case.folder = r"C:\Windows"
    planted(case, name, exports_of(case.world, name)[:3] if index < 3 else ["DllMain"], 64, ["none", "microsoft"][index % 2])


def dot_local(case, index):
    """Redirection by `<program>.local`."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[(index * 5 + 1) % len(HOSTS)]
    case.at([r"C:\Program Files\{v}\{p}", r"C:\ProgramData\{v}{p}"][index % 2].format(v=host[1].split(",")[0].split(" ")[0], p="App%d" % index))
    library = ["comctl32.dll", "gdiplus.dll", "ole32.dll", "winmm.dll"][index % 4]
    names = case.functions("", 5)
    program = case.exe(host[0], org=host[1], product=host[2], built=case.in_year(host[6]), bits=64, imports=[(library, names[:3])],
                       when=case.later(case.in_year(2023), 1000))
    if index % 3 == 2:
        case.put(f"{host[0]}.local", b"", case.dropped)
        planted(case, library, names, 64, "none")
    else:
        below = f"{host[0]}.local"
        if library == "comctl32.dll":
            below += r"\amd64_microsoft.windows.common-controls_6595b64144ccf1df_6.0.19041.1_none_b555e41d4684dde3"
        planted(case, f"{below}\\{library}", names, 64, "none")
    start(case, program)


def manifest_redirect(case, index):
    """A manifest or configuration beside the program that names the library."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[(index * 7 + 4) % len(HOSTS)]
    case.at(place_of(case, PLACES[index * 3 % len(PLACES)], host[1]))
    program = case.exe(host[0], org=host[1], product=host[2], built=case.in_year(host[6]), bits=host[5], when=case.dropped)
    library = ["mscoree6.dll", "helper32.dll", "ntwdblib.dll"][index % 3]
    planted(case, library, case.functions("", 3), host[5], "none")
    text = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?><assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">'
            f'<file name="{library}"><comClass clsid="{{4590F811-1D3A-11D0-891F-00AA004B2E24}}" threadingModel="Both"/></file></assembly>')
    case.put(f"{host[0]}.manifest", text.encode(), case.later(case.dropped, 60))
    payload(case)
    start(case, program)


def domain_manager(case, index):
    """A .NET program whose configuration names the manager of its application domain."""
    case.dropped = case.days_ago(2, 60)
    name, org = [("UevAppMonitor.exe", MICROSOFT), ("FileHistory.exe", MICROSOFT), ("aspnet_wp_host.exe", MICROSOFT),
                 ("CPSUpdater.exe", "Canon Inc."), ("DpSetup.exe", "Dell Inc"), ("mscorsvw.exe", MICROSOFT)][index]
    case.at(place_of(case, PLACES[(index * 3 + 1) % len(PLACES)], org))
    program = case.exe(name, org=org, product="Microsoft\u00ae .NET Framework" if org == MICROSOFT else "Updater", built=case.in_year(2019), managed=True, when=case.dropped)
    library = ["uevmonitor", "appdata", "tasks", "DomainMgr", "updatemgr", "ngen_log"][index]
    planted(case, library + ".dll", (), 64, "own", managed=True)
    text = (f'<configuration><runtime><assemblyBinding xmlns="urn:schemas-microsoft-com:asm.v1"><probing privatePath="."/></assemblyBinding>'
            f'<appDomainManagerAssembly value="{library}, Version=0.0.0.0, Culture=neutral, PublicKeyToken=null"/>'
            f'<appDomainManagerType value="MyManager"/></runtime></configuration>')
    case.put(f"{name}.config", text.encode(), case.later(case.dropped, 60))
    if index % 2:
        payload(case)
    start(case, program)


def japanese(case, index):
    """The same in folders and with names as a Japanese recipient sees them."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[[14, 15, 24, 25, 12, 0, 6, 4][index]]
    case.at([r"C:\Users\鈴木\Desktop\令和6年度予算案", r"C:\Users\tanaka\Downloads\請求書_20240612", r"C:\ProgramData\日本電子更新",
             r"C:\Users\m.sato\Documents\議事録", r"C:\Users\鈴木\AppData\Roaming\ジャストシステム", r"C:\Users\Public\共有資料",
             r"C:\Users\tanaka\AppData\Local\Temp\見積書", r"C:\Users\鈴木\ダウンロード\打合せ資料"][index])
    program = host_of(case, host, ["令和6年度予算案.exe", "請求書.exe", None, "議事録（案）.exe", None, "共有資料一覧.exe", "見積書_印刷用.exe", None][index])
    planted(case, host[3], host[4], host[5], case.rng.choice(["none", "own"]), host)
    if index % 4:
        payload(case, ["データ.dat", "設定.bin", "資料.tmp"][index % 3])
    case.blob("資料.pdf", 30000, case.later(case.dropped, 60), "pdf")
    start(case, program, ["", "run", "task", ""][index % 4])


def padded(case, index):
    """A library that is longer than scanners read."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[(index * 9 + 5) % len(HOSTS)]
    case.at(place_of(case, PLACES[(index * 4 + 3) % len(PLACES)], host[1]))
    program = host_of(case, host, "assist.exe" if index % 2 else None)
    path = planted(case, host[3], host[4], host[5], "none", host)
    target = case.world.path_of(path)
    data = target.read_bytes()
    case.put(host[3], data, case.later(case.dropped, 30), size=[60, 72, 95, 120][index] * 2**20)
    if index % 2:
        payload(case)
    start(case, program)


def named_only(case, index):
    """The program loads the library by a name in its text: no table of imports tells of it."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[(index * 8 + 3) % len(HOSTS)]
    case.at(place_of(case, PLACES[(index * 2 + 5) % len(PLACES)], host[1]))
    program = case.exe("upd.exe" if index % 2 else host[0], original=host[0], org=host[1], product=host[2], built=case.in_year(host[6]),
                       bits=host[5], when=case.dropped, strings=[host[3], host[4][0]])
    planted(case, host[3], host[4], host[5], "none", host)
    payload(case)
    start(case, program)


def delayed(case, index):
    """The library is imported with delay."""
    case.dropped = case.days_ago(2, 60)
    host = HOSTS[(index * 11 + 2) % len(HOSTS)]
    library = ["version.dll", "wtsapi32.dll", host[3], "userenv.dll", host[3]][index]
    names = host[4] if library == host[3] else exports_of(case.world, library)[:4]
    case.at(place_of(case, PLACES[(index * 5 + 1) % len(PLACES)], host[1]))
    program = case.exe(host[0], org=host[1], product=host[2], built=case.in_year(host[6]), bits=host[5], when=case.dropped, delay=[(library, names)])
    planted(case, library, names, host[5], "none", host)
    if index % 2:
        payload(case)
    start(case, program)


def beside_installed(case, index):
    """Into the folder of an installed product, all of which is signed; the vendor never had that library."""
    case.dropped = case.days_ago(2, 90)
    org, product, main = [("Adobe Inc.", "Acrobat Reader", "AcroRd32.exe"), ("Cisco Systems, Inc.", "AnyConnect", "vpnagent.exe"), ("Dell Inc", "SupportAssist", "SupportAssistAgent.exe"),
                          ("Citrix Systems, Inc.", "Receiver", "Receiver.exe"), ("Trend Micro, Inc.", "Security Agent", "PccNtMon2.exe"), ("Sky Co., LTD.", "SKYSEA Agent", "skyagt.exe"),
                          ("Intel Corporation", "Driver Assistant", "DSAService.exe"), ("Canon Inc.", "Quick Menu", "CNQMMAIN.exe")][index]
    folder = rf"C:\Program Files\{org.split(',')[0].split(' ')[0]}\{product}"
    case.at(folder)
    built, installed = case.in_year(2021, 2023), case.days_ago(200, 400)
    linker = Linker(case.rng, built)
    library = ["version.dll", "wtsapi32.dll", "userenv.dll", "dbghelp.dll", "cryptsp.dll", "iphlpapi.dll", "winhttp.dll", "secur32.dll"][index]
    names = exports_of(case.world, library)
    common = dict(org=org, product=product, built=built, linker=linker, when=installed)
    program = case.exe(main, imports=[(library, names[:4]), ("core.dll", ["CoreStart", "CoreStop"])], **common)
    case.dll("core.dll", exports=[("CoreStart", None), ("CoreStop", None)] + [(one, None) for one in case.functions("Core", 20)], **common)
    for number in range(case.rng.randint(4, 9)):
        case.dll(f"{case.rng.choice(FOLDER_WORDS)}{number}.dll", exports=[(one, None) for one in case.functions("Mod", 12)], **common)
    for number in range(4):
        case.blob(f"resource{number}.pak", 40000, installed, "pak")
    case.uninstall_entry(product, org, folder)
    forwards = {one: f"C:\\Windows\\System32\\{library[:-4]}.{one}" for one in names} if index % 2 == 0 else None
    planted(case, library, names if forwards else names[:4], 64, ["none", "microsoft", "none", "none"][index % 4], forwards=forwards)
    start(case, program, ["service", "run", "task", "service"][index % 4])


def copied_build_time(case, index):
    """As classic, but the library says to have been built when the program was: it costs nothing."""
    case.copies_build_time, case.copies_linker = True, index % 4 == 3
    classic(case, index * 2 + 3, rename=index % 3 == 0)


def mocked_folder(case, index):
    """`C:\\Windows \\System32`: a folder whose name ends with a blank."""
    case.dropped = case.days_ago(2, 60)
    program, library = [("winsat.exe", "winmm.dll"), ("printui.exe", "printui.dll")][index]
    case.at(rf"C:\Windows \System32" if index == 0 else r"C:\Windows \SysWOW64")
    bits = 64 if index == 0 else 32
    path = case.copy_of(rf"{SYSTEM32 if bits == 64 else SYSWOW64}\{program}", program, case.dropped)
    planted(case, library, exports_of(case.world, library)[:4], bits, "none")
    case.executed(path)


def odd_places(case, index):
    """Folders that hold no programs."""
    form = [r"C:\PerfLogs", r"C:\$Recycle.Bin\S-1-5-18\{word}", r"C:\Windows\Fonts", r"C:\Windows\Tasks", r"C:\Windows\Temp\{word}", r"C:\Users\Public",
            r"C:\Windows\Help\{word}", r"C:\Users\tanaka\Music", r"C:\Windows\debug\WIA", r"C:\Users\tanaka\AppData\Local\Temp", r"C:\Windows\INF\{word}",
            r"C:\Recovery\{word}", r"C:\Intel\Logs", r"C:\Windows\System32\spool\drivers\color"][index]
    classic(case, index * 3 + 4, form=form, rename=index % 2 == 0, load=index % 3 != 2)


def environment(case, index):
    """SystemRoot or windir of a user leads to a folder of their own."""
    case.dropped = case.days_ago(2, 60)
    folder = [r"C:\Users\tanaka\AppData\Local\win", r"C:\ProgramData\sysroot"][index]
    case.at(folder)
    user = ["tanaka", "m.sato"][index]
    case.registry.append((user, "Environment", ["windir", "SYSTEMROOT"][index], folder))
    library = ["propsys.dll", "credui.dll"][index]
    planted(case, rf"System32\{library}", exports_of(case.world, library)[:5], 64, "none")


SLOTS = [
    ("SYSTEM", r"ControlSet001\Control\Print\Monitors\Port Helper", "Driver", "prthelp.dll", True),
    ("SYSTEM", r"ControlSet001\Control\Lsa", "Security Packages", "kerbex.dll", True),
    ("SOFTWARE", r"Microsoft\NetSh", "nethlp", r"C:\ProgramData\NetHelper\nethlp.dll", False),
    ("SYSTEM", r"ControlSet001\Services\W32Time\TimeProviders\ExtClient", "DllName", r"C:\Windows\Temp\timeext.dll", False),
    ("tanaka", r"Software\Classes\CLSID\{0358B920-0AC7-461F-98F4-58E32CD89148}\InprocServer32", "", r"C:\Users\tanaka\AppData\Roaming\ComCache\wininet2.dll", False),
    ("SYSTEM", r"ControlSet001\Control\Lsa", "Notification Packages", "pwfilt.dll", True),
]


def slot(case, index):
    """A library in a place of the registry that makes Windows load it."""
    case.dropped = case.days_ago(2, 60)
    hive, key, value, library, in_system = SLOTS[index]
    path = rf"{SYSTEM32}\{library}" if in_system else library
    case.at(path)
    case.folder = path.rsplit("\\", 1)[0]
    planted(case, path.rsplit("\\", 1)[1], ["InitializePrintMonitor2", "SpLsaModeInitialize", "InitHelperDll", "TimeProvOpen", "DllGetClassObject",
                                           "PasswordChangeNotify"][index:index + 1], 64, ["none", "microsoft", "own"][index % 3])
    data = library[:-4] if value.endswith("Packages") else library
    defaults = ["kerberos", "msv1_0", "schannel"] if value == "Security Packages" else ["scecli"]
    case.registry.append((hive, key, value, defaults + [data] if value.endswith("Packages") else data))
    if "TimeProviders" in key:
        case.registry += [(hive, key, "Enabled", 1), (hive, key, "InputProvider", 1)]


def other_extension(case, index):
    """The library does not call itself one."""
    case.dropped = case.days_ago(2, 60)
    case.at(place_of(case, PLACES[index * 5 + 1], "Microsoft"))
    host = [("OINFOP12.EXE", MICROSOFT, "Microsoft Office InfoPath", "oinfo12.ocx", ["DllGetLCID", "DoWork"], 32, 2008),
            ("WksCal.exe", MICROSOFT, "Microsoft Works", "WkCvcl.cpl", ["CPlApplet"], 32, 2007)][index]
    program = host_of(case, host, "winword_.exe" if index else None)
    planted(case, host[3], host[4], 32, "none", host)
    payload(case)
    start(case, program, "run")


def _rows():
    def some(pattern, function, count, *arguments):
        for index in range(count):
            yield pattern, function, (index, *arguments)
    yield from some("program, library and payload", classic, 22)
    yield from (("renamed program", classic, (index + 7, None, True)) for index in range(8))
    yield from some("build time of the program", copied_build_time, 12)
    yield from some("renamed program, no payload", no_payload, 8)
    yield from (("program and library alone", no_payload, (index + 11, False)) for index in range(6))
    yield from some("forwards to the renamed library", proxied, 7, False)
    yield from some("forwards to System32", proxied, 6, True)
    yield from some("few exports, one stub", stub, 8)
    for kind, count in (("valid", 6), ("expired", 4), ("short", 3), ("unknown", 2)):
        yield from (("signed by another (stolen certificate)", stolen, (index + count, kind)) for index in range(count))
    yield from (("changed after signing", changed, (index, "patched")) for index in range(6))
    yield from (("data hidden behind the signature", changed, (index + 6, "padding")) for index in range(3))
    yield from some("one folder down", one_down, 7)
    yield from (("ServiceDll", service_dll, (index, where)) for index, where in enumerate(
        ["system32", "programdata", "windows", "system32", "programdata", "windows", "system32", "programdata", "programdata"]))
    yield from some("name that Windows lacks", phantom, 11)
    yield from some("program of Windows copied out", system_copy, len(COPIED))
    yield from some("in the Windows folder", windows_folder, 5)
    yield from some("folder or file .local", dot_local, 4)
    yield from some("manifest that names it", manifest_redirect, 3)
    yield from some("manager of application domains", domain_manager, 6)
    yield from some("Japanese names", japanese, 8)
    yield from some("padded library", padded, 4)
    yield from some("named in the program only", named_only, 5)
    yield from some("imported with delay", delayed, 5)
    yield from some("beside installed software", beside_installed, 8)
    yield from some("mocked folder", mocked_folder, 2)
    yield from some("odd folder", odd_places, 14)
    yield from some("environment variable", environment, 2)
    yield from some("slot of the registry", slot, len(SLOTS))
    yield from some("library by another extension", other_extension, 2)


def rows():
    """[(name, pattern, function, arguments)]"""
    return [(f"positive {number:03}", pattern, function, arguments) for number, (pattern, function, arguments) in enumerate(_rows(), 1)]
