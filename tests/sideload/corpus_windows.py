"""The Windows that all cases lie in: System32 with its libraries and programs, signed by a catalog, WinSxS, hives.

Names of libraries and of what they export are those of Windows, as far as a program that is put beside
them would care; the files themselves are made.
"""
import datetime
import html

from corpus_tree import MICROSOFT, SID, USERS, Case, Linker, seconds
from hive_writer import filetime, hive, set_value

KNOWN_DLLS = """advapi32 clbcatq combase comdlg32 coml2 difxapi gdi32 gdiplus imagehlp imm32 kernel32 msctf msvcrt normaliz nsi ole32
oleaut32 psapi rpcrt4 sechost setupapi shcore shell32 shlwapi user32 wldap32 ws2_32""".split()

VERSION = """GetFileVersionInfoA GetFileVersionInfoByHandle GetFileVersionInfoExA GetFileVersionInfoExW GetFileVersionInfoSizeA
GetFileVersionInfoSizeExA GetFileVersionInfoSizeExW GetFileVersionInfoSizeW GetFileVersionInfoW VerFindFileA VerFindFileW
VerInstallFileA VerInstallFileW VerLanguageNameA VerLanguageNameW VerQueryValueA VerQueryValueW""".split()
EXPORTS = {
    "version.dll": VERSION,
    "dinput8.dll": "DirectInput8Create DllCanUnloadNow DllGetClassObject DllRegisterServer DllUnregisterServer GetdfDIJoystick".split(),
    "dxgi.dll": """ApplyCompatResolutionQuirking CompatString CompatValue CreateDXGIFactory CreateDXGIFactory1 CreateDXGIFactory2
        DXGID3D10CreateDevice DXGIDeclareAdapterRemovalSupport DXGIGetDebugInterface1 DXGIReportAdapterConfiguration""".split(),
    "d3d9.dll": """Direct3DCreate9 Direct3DCreate9Ex Direct3DShaderValidatorCreate9 D3DPERF_BeginEvent D3DPERF_EndEvent
        D3DPERF_GetStatus D3DPERF_QueryRepeatFrame D3DPERF_SetMarker D3DPERF_SetOptions D3DPERF_SetRegion DebugSetMute""".split(),
    "d3d11.dll": "D3D11CreateDevice D3D11CreateDeviceAndSwapChain D3D11CoreCreateDevice D3D11On12CreateDevice CreateDirect3D11DeviceFromDXGIDevice".split(),
    "winhttp.dll": """WinHttpOpen WinHttpConnect WinHttpOpenRequest WinHttpSendRequest WinHttpReceiveResponse WinHttpReadData WinHttpCloseHandle
        WinHttpQueryHeaders WinHttpQueryDataAvailable WinHttpSetOption WinHttpCrackUrl WinHttpGetIEProxyConfigForCurrentUser
        WinHttpGetProxyForUrl WinHttpAddRequestHeaders WinHttpWriteData WinHttpSetTimeouts WinHttpSetCredentials""".split(),
    "winmm.dll": """timeGetTime timeBeginPeriod timeEndPeriod timeSetEvent timeKillEvent waveOutOpen waveOutClose waveOutWrite waveOutReset
        waveOutGetNumDevs waveInOpen waveInClose midiOutOpen midiOutClose mciSendStringA mciSendStringW PlaySoundA PlaySoundW
        sndPlaySoundA sndPlaySoundW joyGetPosEx joyGetNumDevs mixerOpen mixerClose mmioOpenW mmioRead""".split(),
    "wtsapi32.dll": """WTSQuerySessionInformationW WTSFreeMemory WTSEnumerateSessionsW WTSQueryUserToken WTSSendMessageW WTSOpenServerW
        WTSCloseServer WTSRegisterSessionNotification WTSUnRegisterSessionNotification WTSEnumerateProcessesW WTSVirtualChannelOpen
        WTSVirtualChannelRead WTSVirtualChannelWrite WTSLogoffSession WTSDisconnectSession""".split(),
    "userenv.dll": """CreateEnvironmentBlock DestroyEnvironmentBlock GetUserProfileDirectoryW LoadUserProfileW UnloadUserProfile
        GetProfilesDirectoryW ExpandEnvironmentStringsForUserW RefreshPolicy RegisterGPNotification GetAllUsersProfileDirectoryW
        CreateProfile DeleteProfileW GetProfileType GetGPOListW FreeGPOListW""".split(),
    "dbghelp.dll": """MiniDumpWriteDump MiniDumpReadDumpStream SymInitialize SymInitializeW SymCleanup SymFromAddr SymGetLineFromAddr64
        SymFunctionTableAccess64 SymGetModuleBase64 SymSetOptions SymGetOptions SymLoadModule64 SymUnloadModule64 StackWalk64
        ImageNtHeader ImageDirectoryEntryToData UnDecorateSymbolName SymSetSearchPathW SymEnumSymbols SymGetTypeInfo""".split(),
    "cryptbase.dll": "SystemFunction001 SystemFunction002 SystemFunction003 SystemFunction004 SystemFunction005 SystemFunction028 SystemFunction029 SystemFunction034 SystemFunction036 SystemFunction040 SystemFunction041".split(),
    "cryptsp.dll": "CryptAcquireContextW CryptReleaseContext CryptGenRandom CryptCreateHash CryptHashData CryptDestroyHash CryptDeriveKey CryptEncrypt CryptDecrypt CheckSignatureInFile".split(),
    "uxtheme.dll": """OpenThemeData CloseThemeData DrawThemeBackground DrawThemeText GetThemeColor IsThemeActive IsAppThemed SetWindowTheme
        GetThemeFont GetThemeInt GetWindowTheme EnableThemeDialogTexture GetThemePartSize BufferedPaintInit BufferedPaintUnInit""".split(),
    "propsys.dll": """PSCreateMemoryPropertyStore PSGetPropertyDescription PropVariantToString PropVariantToUInt32 PSGetNameFromPropertyKey
        PropVariantToBoolean InitPropVariantFromStringVector VariantToString PSStringFromPropertyKey PropVariantCompareEx""".split(),
    "dwmapi.dll": "DwmExtendFrameIntoClientArea DwmIsCompositionEnabled DwmSetWindowAttribute DwmGetWindowAttribute DwmEnableBlurBehindWindow DwmDefWindowProc DwmGetColorizationColor DwmFlush".split(),
    "secur32.dll": "AcquireCredentialsHandleW InitializeSecurityContextW FreeContextBuffer QueryContextAttributesW GetUserNameExW LsaLogonUser LsaConnectUntrusted LsaFreeReturnBuffer EnumerateSecurityPackagesW".split(),
    "iphlpapi.dll": "GetAdaptersAddresses GetAdaptersInfo GetExtendedTcpTable GetExtendedUdpTable GetIfTable GetIpForwardTable GetNetworkParams IcmpCreateFile IcmpSendEcho IcmpCloseHandle NotifyAddrChange SendARP".split(),
    "netapi32.dll": "NetApiBufferFree NetUserGetInfo NetUserEnum NetLocalGroupGetMembers NetWkstaGetInfo NetServerEnum NetShareEnum NetGetJoinInformation DsGetDcNameW NetUserAdd NetGroupEnum".split(),
    "wininet.dll": "InternetOpenW InternetConnectW HttpOpenRequestW HttpSendRequestW InternetReadFile InternetCloseHandle HttpQueryInfoW InternetSetOptionW InternetCrackUrlW InternetGetCookieW DeleteUrlCacheEntryW".split(),
    "msimg32.dll": "AlphaBlend GradientFill TransparentBlt vSetDdrawflag DllInitialize".split(),
    "opengl32.dll": "wglCreateContext wglDeleteContext wglMakeCurrent wglGetProcAddress wglSwapBuffers glBegin glEnd glClear glViewport glEnable glDisable glGetString glGetError glBindTexture glDrawArrays glTexImage2D glVertex3f".split(),
    "wer.dll": "WerReportCreate WerReportSubmit WerReportSetParameter WerReportAddFile WerReportCloseHandle WerReportAddDump WerpGetReportFlags WerSysprepCleanup WerStoreOpen WerStoreClose".split(),
    "faultrep.dll": "WerpInitiateCrashReporting BasepReportFault ReportFault AddERExcludedApplicationW WerReportHang WerpLaunchAeDebug CheckForReadOnlyResourceFilter".split(),
}
# The rest of System32, as names alone; what they export is made up.
NAMES = """aclui activeds adsldpc amsi apphelp appwiz.cpl atl authz avicap32 avifil32 avrt bcd bcp47langs bcrypt bcryptprimitives
bluetoothapis bthprops.cpl cabinet certcli cfgmgr32 chartv clfsw32 cldapi clusapi cmpbk32 cmutil colorui
comctl32 comsvcs coremessaging coreuicomponents credui crypt32 cryptdll cryptnet cryptui cryptxml cscapi cscdll d2d1 d3d10 d3d10_1
d3d12 d3dcompiler_47 dataexchange davclnt dbgcore dbgeng dbgmodel dcomp devobj devrtl dhcpcsvc dhcpcsvc6 dismapi dismcore dmenrollengine
dnsapi dpx drprov dsound dsparse dsreg dsrole dui70 duser dwrite dxcore dxva2 eappcfg eappprxy edputil efsadu efsutil esent evr
explorerframe fdpnp feclient fhcfg firewallapi fltlib fontsub framedynos fveapi fvewiz fwbase fwpolicyiomgr fxsapi fxst30
getuname glu32 gpapi gpedit hid hlink hnetmon httpapi icmp icu icuin icuuc idstore ieadvpack ieframe ifmon imgutil inetcomm
inputhost iertutil iscsidsc iscsium ksuser ktmw32 linkinfo loadperf logoncli lpk lz32 magnification mapistub mf mfc42 mfc42u mfcore
mfplat mfreadwrite mi midimap miutils mlang mmdevapi mobilenetworking mpr mprapi mrmcorer msacm32 msasn1 mscms msctfmonitor msdrm
msdtctm msftedit msi msihnd msiltcfg msiso mskeyprotect msls31 mstask mstracer mstscax msutb msvcp110_win msvcp60 msvcp_win msvfw32
mswb7 mswsock msxml3 msxml6 mtxclu ncobjapi ncrypt ncryptprov ncryptsslp ndfapi netid netiohlp netplwiz netprofm netprovfw netsetupapi
netshell netutils networkexplorer newdev ninput nlaapi nlansp_c ntasn1 ntdll ntdsapi ntlanman ntlmshared ntmarta ntshrui oleacc oledlg
onex opencl osbaseln osksupport osuninst p2p p2pnetsh p9np pcaui pcwum pdh peerdistsh pkeyhelper pla playsndsrv pnrpnsp policymanager
polstore powrprof printui prntvpt profapi proximitycommon prvdmofcomp puiapi qutil rasapi32 rasdlg rasgcw rasman rasmontr
reagent regapi resutils rmclient rpcnsh rsaenh rtutils rtworkq samcli samlib sapi_onecore sas scansetting scecli schedcli schedsvc sensapi
serialui shdocvw shfolder slc slwga snmpapi spectrumsyncclient spp sppc sppcext srclient srcore srmtrace srpapi srvcli sspicli ssp_isv
ssscore staterepository.core structuredquery sxs sxshared t2embed tapi32 tbs tdh textshaping timesync tpmcoreprovisioning tquery traffic
twext twinapi twinapi.appcore txfw32 uiautomationcore uireng ulib umpdc unattend updatepolicy upnp urlmon usp10 usoapi
utildll uxinit vaultcli vdsutil vdmdbg virtdisk vssapi vsstrace vulkan-1 wbemprox wcmapi wcnnetsh wdi wdscore webservices wecapi
wevtapi wimgapi winbio winbrand windows.storage windows.storage.search windows.ui windowscodecs windowscodecsext winipsec winmmbase
winnsi winrnr winscard winspool.drv winsqlite3 winsta winsync wintypes wkscli wlanapi wlancfg wldp wlidprov wmiclnt wmidcom wmiutils
wmpdui wmsgapi wofutil wpdshext wshelper wsmsvc wsock32 wuapi wwapi wwancfg xinput1_4 xinput9_1_0 xmllite xolehlp xpsservices
xwizards xwtpw32 dnsrslvr profsvc wevtsvc mmcbase wbemcomn""".split()
# Programs of Windows, and what they load from beside them.
PROGRAMS = {
    "svchost.exe": (), "services.exe": ("cryptbase",), "rundll32.exe": ("imagehlp",), "cmd.exe": (), "explorer.exe": ("propsys", "uxtheme", "dwmapi"),
    "notepad.exe": ("propsys", "winspool.drv", "urlmon"), "printui.exe": ("printui",), "mstsc.exe": ("winmm", "credui", "cryptui"),
    "magnify.exe": ("magnification", "uxtheme", "oleacc"), "osk.exe": ("osksupport", "winmm", "uxtheme"), "winsat.exe": ("winmm", "dxgi", "version"),
    "colorcpl.exe": ("colorui", "mscms"), "dccw.exe": ("dxva2", "mscms"), "rekeywiz.exe": ("efsadu", "credui"), "werfault.exe": ("faultrep", "wer", "dbghelp"),
    "wusa.exe": ("dpx", "wtsapi32"), "fxssvc.exe": ("tapi32", "version"), "credwiz.exe": ("netutils", "duser"), "perfmon.exe": ("credui", "mmcbase"),
    "msdtc.exe": ("mtxclu", "xolehlp"), "wbengine.exe": ("vssapi", "spp", "clusapi"), "mfpmp.exe": ("mfplat", "rtworkq"), "sdiagnhost.exe": ("wer",),
    "licensingdiag.exe": ("cabinet", "slc"), "presentationhost.exe": ("version", "wininet"), "tabcal.exe": ("hid", "winsta"),
    "systempropertiesadvanced.exe": ("srclient",), "gpupdate.exe": ("userenv",), "quser.exe": ("winsta", "utildll"), "wermgr.exe": ("wer", "dbghelp"),
    "certreq.exe": ("certcli", "cryptui"), "bdeunlock.exe": ("fvewiz", "fveapi"), "isoburn.exe": ("uxtheme",), "dxgiadaptercache.exe": ("dxgi", "d3d11"),
    "wsreset.exe": ("propsys",), "workfolders.exe": ("propsys", "mi"), "easpolicymanagerbrokerhost.exe": ("policymanager", "samcli"),
    "wextract.exe": ("version", "cabinet"), "proquota.exe": ("userenv",), "lsass.exe": ("sspicli",), "spoolsv.exe": ("dnsapi", "winspool.drv"),
    "taskhostw.exe": (), "conhost.exe": (), "regsvr32.exe": (), "msiexec.exe": ("msi",), "mshta.exe": (), "wscript.exe": ("version",),
    "certutil.exe": ("certcli", "cryptui"), "schtasks.exe": (), "mmc.exe": ("mfc42u", "uxtheme"), "dism.exe": ("dismcore",), "tiworker.exe": (),
}
PHANTOMS = ("wlbsctrl.dll", "tsmsisrv.dll", "tsvipsrv.dll", "ualapi.dll", "wow64log.dll", "oci.dll", "sprintcsp.dll", "edgegdi.dll",
            "windowscoredeviceinfo.dll", "phoneinfo.dll", "fxsst.dll", "cdpsgshims.dll")
SYSTEM32, SYSWOW64 = r"C:\Windows\System32", r"C:\Windows\SysWOW64"
CATALOG = SYSTEM32 + r"\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\Package_1234~31bf3856ad364e35~amd64~~10.0.19041.1.cat"


def dll_names():
    rows = list(EXPORTS) + [name if "." in name and name.rsplit(".", 1)[1] in ("cpl", "drv") else name + ".dll" for name in NAMES]
    return sorted(set(rows + [name + ".dll" for name in KNOWN_DLLS]))


def exports_of(world, name):
    """What a library of System32 exports, always the same."""
    if name in EXPORTS:
        return EXPORTS[name]
    case = Case(world, "exports of " + name, "", False)
    return case.functions(name.split(".")[0].capitalize()[:4], case.rng.randint(12, 90))


def system_image(world, name, bits, version="10.0.19041.1"):
    case = Case(world, f"system {name} {bits} {version}", "", False)
    built = datetime.datetime(2021, 5, 6)
    linker = Linker(case.rng, built)
    linker.linker, linker.pdb, linker.root = (14, 20), True, ""
    numbers = tuple(int(part) for part in version.split("."))
    options = dict(org=MICROSOFT, product="Microsoft\u00ae Windows\u00ae Operating System", bits=bits, built=built, numbers=numbers,
                   linker=linker, own_imports=False, size=case.rng.randint(3000, 14000),
                   stamp=built + datetime.timedelta(seconds=case.rng.randrange(10**8)))
    base = [("ntdll.dll", ["RtlAllocateHeap", "NtClose", "RtlInitUnicodeString"]), ("KERNEL32.dll", case.rng.sample(
        ["Sleep", "GetLastError", "HeapAlloc", "CreateFileW", "CloseHandle"], 4)), ("api-ms-win-core-synch-l1-2-0.dll", ["Sleep"])]
    if name.endswith(".exe"):
        libraries = [one if "." in one else one + ".dll" for one in PROGRAMS[name]]
        base += [(one, case.rng.sample(exports_of(world, one), 3)) for one in libraries]
        return case.image(name, imports=base, description=name[:-4], original=name.upper() + ".MUI", **options)
    return case.image(name, dll=True, imports=base, description=name + " library", original=name.upper(),
                      exports=[(one, None) for one in exports_of(world, name)], **options)


def build_files(world):
    """System32 and what is beside it. Returns nothing: cases copy from the tree."""
    case = Case(world, "windows", "", False)
    when, digests = datetime.datetime(2024, 6, 12, 3, 4, 5), []
    for name in dll_names() + sorted(PROGRAMS):
        for folder, bits in ((SYSTEM32, 64), (SYSWOW64, 32)):
            image = system_image(world, name, bits)
            digests.append(image)
            place = r"C:\Windows" if name == "explorer.exe" and bits == 64 else folder
            case.put(f"{place}\\{name}", image, when)
    case.put(SYSTEM32 + r"\Sysprep\sysprep.exe", sysprep := case.image(
        "sysprep.exe", org=MICROSOFT, built=datetime.datetime(2021, 5, 6), own_imports=False, size=9000,
        imports=[("KERNEL32.dll", ["Sleep"]), ("unattend.dll", exports_of(world, "unattend.dll")[:3]), ("wdscore.dll", exports_of(world, "wdscore.dll")[:4]),
                 ("cryptbase.dll", ["SystemFunction036"])]), when)
    digests.append(sysprep)
    for name, library in (("amd64_microsoft.vc90.crt_1fc8b3b9a1e18e3b_9.0.30729.9625_none_08e4299fa83d7e3c", "msvcr90.dll"),
                          ("amd64_microsoft.windows.common-controls_6595b64144ccf1df_6.0.19041.1_none_b555e41d4684dde3", "comctl32.dll"),
                          ("amd64_microsoft-windows-version_31bf3856ad364e35_10.0.19041.1_none_c1a2", "version.dll"),
                          ("amd64_microsoft-windows-wtsapi32_31bf3856ad364e35_10.0.19041.1_none_77aa", "wtsapi32.dll")):
        image = system_image(world, library, 64, "10.0.19041.1") if library in dll_names() else case.image(
            library, dll=True, org=MICROSOFT, built=datetime.datetime(2014, 1, 1), own_imports=False, exports=[("malloc", None), ("free", None)])
        digests.append(image)
        case.put(f"C:\\Windows\\WinSxS\\{name}\\{library}", image, when)
    signer = world.ca.publisher(MICROSOFT, datetime.datetime(2024, 6, 1), "Microsoft Windows")
    case.put(CATALOG, world.ca.catalog(digests, signer, datetime.datetime(2024, 6, 1)), when)


def write_hives(world, cases):
    """The registry with what all cases asked for, tasks, and the users' own hives."""
    trees = {"SYSTEM": {}, "SOFTWARE": {}, **{user: {} for user in USERS}}

    def put(which, path, name, value):
        set_value(trees[which], path, name, value)
    for name, value in (("Current", 1), ("Default", 1), ("LastKnownGood", 1), ("Failed", 0)):
        put("SYSTEM", "Select", name, value)
    control = r"ControlSet001\Control"
    put("SYSTEM", control + r"\ComputerName\ComputerName", "ComputerName", "KEIRI-PC07")
    put("SYSTEM", control + r"\TimeZoneInformation", "TimeZoneKeyName", "Tokyo Standard Time")
    put("SYSTEM", control + r"\TimeZoneInformation", "ActiveTimeBias", 0xFFFFFDE4)
    put("SYSTEM", control + r"\Nls\CodePage", "ACP", "932")
    put("SYSTEM", control + r"\Session Manager\KnownDLLs", "DllDirectory", ("expand", r"%SystemRoot%\system32"))
    put("SYSTEM", control + r"\Session Manager\KnownDLLs", "DllDirectory32", ("expand", r"%SystemRoot%\syswow64"))
    for name in KNOWN_DLLS:
        put("SYSTEM", control + r"\Session Manager\KnownDLLs", name, name + ".dll")
    for name, value in (("Path", r"%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem"), ("windir", "%SystemRoot%")):
        put("SYSTEM", control + r"\Session Manager\Environment", name, ("expand", value))
    version = r"Microsoft\Windows NT\CurrentVersion"
    for name, value in (("ProductName", "Windows 10 Pro"), ("CurrentBuild", "19045"), ("SystemRoot", r"C:\Windows"), ("CurrentVersion", "6.3")):
        put("SOFTWARE", version, name, value)
    for user, number in USERS.items():
        put("SOFTWARE", rf"{version}\ProfileList\{SID}{number}", "ProfileImagePath", ("expand", rf"C:\Users\{user}"))
    for name, library in (("Dnscache", "dnsrslvr"), ("Schedule", "schedsvc"), ("ProfSvc", "profsvc"), ("EventLog", "wevtsvc")):
        key = rf"ControlSet001\Services\{name}"
        put("SYSTEM", key, "ImagePath", ("expand", r"%SystemRoot%\System32\svchost.exe -k netsvcs -p"))
        put("SYSTEM", key, "Type", 0x20)
        put("SYSTEM", key, "Start", 2)
        put("SYSTEM", key + r"\Parameters", "ServiceDll", ("expand", rf"%SystemRoot%\System32\{library}.dll"))
    tasks = Case(world, "tasks", "", False)
    for case in cases:
        for row in case.registry:
            put(*row)
        for path, user, when in case.ran:
            device = r"\Device\HarddiskVolume3" + path[2:]
            put("SYSTEM", rf"ControlSet001\Services\bam\State\UserSettings\{SID}{USERS[user]}", device,
                filetime(seconds(when)).to_bytes(8, "little") + bytes(16))
        for name, command, arguments in case.tasks:
            text = ('<?xml version="1.0" encoding="UTF-16"?>\r\n<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
                    f"<RegistrationInfo><URI>\\{name}</URI></RegistrationInfo><Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>"
                    "<Principals><Principal id=\"Author\"><GroupId>S-1-5-32-545</GroupId></Principal></Principals><Settings><Enabled>true</Enabled></Settings>"
                    f'<Actions Context="Author"><Exec><Command>{html.escape(command)}</Command><Arguments>{html.escape(arguments)}</Arguments></Exec></Actions></Task>')
            tasks.put(rf"{SYSTEM32}\Tasks\{name}", b"\xff\xfe" + text.encode("utf-16-le"), world.now - datetime.timedelta(days=20))
    written = seconds(world.now) - 3600
    for name in ("SYSTEM", "SOFTWARE"):
        tasks.put(rf"{SYSTEM32}\config\{name}", hive(trees[name], name, written), world.now)
    for user in USERS:
        tasks.put(rf"C:\Users\{user}\NTUSER.DAT", hive(trees[user], "ntuser.dat", written), world.now)
