#include "tests/builders/fake_windows_defaults.h"

#include <array>

namespace hozen::fake {
namespace {

/// In System32, and on 64-bit Windows in SysWOW64.
constexpr std::array<std::string_view, 33> kSystem32Files{
    "autochk.exe",  "cmd.exe",
    "conhost.exe",  "control.exe",
    "credssp.dll",  "cscript.exe",
    "dllhost.exe",  "forfiles.exe",
    "kernel32.dll", "localspl.dll",
    "lsass.exe",    "msiexec.exe",
    "msv1_0.dll",   "mshta.exe",
    "notepad.exe",  "ntdll.dll",
    "pcalua.exe",   "regsvr32.exe",
    "rundll32.exe", "scecli.dll",
    "schtasks.exe", "SecurityHealthSystray.exe",
    "services.exe", "shell32.dll",
    "svchost.exe",  "url.dll",
    "user32.dll",   "userinit.exe",
    "werfault.exe", "winlogon.exe",
    "wininit.exe",  "wscript.exe",
    "zipfldr.dll"};

constexpr std::uint32_t kFirstWindows10 = 10240;

/// As the value CurrentVersion says it: Windows 10 and later stay at 6.3.
std::string_view nt_version(std::uint32_t build) {
  if (build >= 9600) return "6.3";
  if (build >= 9200) return "6.2";
  if (build >= 7600) return "6.1";
  if (build >= 6000) return "6.0";
  return build >= 3790 ? "5.2" : "5.1";
}

}  // namespace

void add_machine_values(FakeWindows& windows, const Options& options, const EvidencePath& root) {
  const std::string volume = root.volume();
  const std::string version = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
  const std::string current = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion";
  const std::string control = "HKLM\\SYSTEM\\CurrentControlSet\\Control";
  const std::string environment = control + "\\Session Manager\\Environment";
  windows.value("HKLM\\SYSTEM\\Select", "Current", dword(1))
      .value("HKLM\\SYSTEM\\Select", "Default", dword(1))
      .value("HKLM\\SYSTEM\\Select", "Failed", dword(0))
      .value("HKLM\\SYSTEM\\Select", "LastKnownGood", dword(1))
      .value(control + "\\ComputerName\\ComputerName", "ComputerName", sz(options.computer_name))
      .value(control + "\\ProductOptions", "ProductType", sz("WinNT"))
      .value(control + "\\TimeZoneInformation", "TimeZoneKeyName", sz("Tokyo Standard Time"))
      .value(control + "\\TimeZoneInformation", "ActiveTimeBias", dword(0xFFFFFDE4))
      .value(environment, "ComSpec", expand_sz("%SystemRoot%\\system32\\cmd.exe"))
      .value(environment, "Path", expand_sz("%SystemRoot%\\system32;%SystemRoot%"))
      .value(environment, "PATHEXT", sz(".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC"))
      .value(environment, "PROCESSOR_ARCHITECTURE", sz(options.is_64_bit ? "AMD64" : "x86"))
      .value(environment, "TEMP", expand_sz("%SystemRoot%\\TEMP"))
      .value(environment, "windir", expand_sz("%SystemRoot%"))
      .value(version, "ProductName", sz(options.product))
      .value(version, "CurrentBuildNumber", sz(std::to_string(options.build)))
      .value(version, "CurrentVersion", sz(std::string{nt_version(options.build)}))
      .value(version, "InstallDate", dword(1'672'531'200))
      .value(version, "SystemRoot", sz(root.text()))
      .value("HKLM\\SOFTWARE\\Microsoft\\Cryptography", "MachineGuid",
             sz("12345678-9abc-4def-8123-456789abcdef"))
      .value(current, "ProgramFilesDir", sz(volume + "\\Program Files"))
      .value(current, "CommonFilesDir", sz(volume + "\\Program Files\\Common Files"));
  if (options.build >= kFirstWindows10)
    windows.value(version, "CurrentMajorVersionNumber", dword(10))
        .value(version, "CurrentMinorVersionNumber", dword(0));
  if (options.is_64_bit)
    windows.value(current, "ProgramFilesDir (x86)", sz(volume + "\\Program Files (x86)"))
        .value(current, "CommonFilesDir (x86)", sz(volume + "\\Program Files (x86)\\Common Files"))
        .value(current, "ProgramW6432Dir", sz(volume + "\\Program Files"));
}

void add_default_values(FakeWindows& windows, const EvidencePath& root) {
  const std::string winlogon = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon";
  const std::string control = "HKLM\\SYSTEM\\CurrentControlSet\\Control";
  windows.value(winlogon, "Shell", sz("explorer.exe"))
      .value(winlogon, "Userinit", sz((root / "system32\\userinit.exe").text() + ","))
      .value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "SecurityHealth",
             expand_sz("%windir%\\system32\\SecurityHealthSystray.exe"))
      .value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Windows", "AppInit_DLLs",
             sz(""))
      .value(control + "\\Session Manager", "BootExecute", multi_sz({"autocheck autochk *"}))
      .value(control + "\\Session Manager\\KnownDLLs", "kernel32", sz("kernel32.dll"))
      .value(control + "\\Session Manager\\KnownDLLs", "user32", sz("user32.dll"))
      .value(control + "\\Lsa", "Authentication Packages", multi_sz({"msv1_0"}))
      .value(control + "\\Lsa", "Notification Packages", multi_sz({"scecli"}))
      .value(control + "\\Lsa", "Security Packages", multi_sz({""}))
      .value(control + "\\SafeBoot", "AlternateShell", sz("cmd.exe"))
      .value(control + "\\Print\\Monitors\\Local Port", "Driver", sz("localspl.dll"))
      .value(control + "\\SecurityProviders", "SecurityProviders", sz("credssp.dll"));
}

void add_system_files(FakeWindows& windows, const Options& options, const EvidencePath& root) {
  for (const std::string_view name : kSystem32Files) {
    windows.program((root / "System32" / name).text());
    if (options.is_64_bit) windows.program((root / "SysWOW64" / name).text());
  }
  const std::string_view powershell = "WindowsPowerShell\\v1.0\\powershell.exe";
  windows.program((root / "System32" / powershell).text());
  for (const std::string_view name : {"explorer.exe", "regedit.exe", "notepad.exe"})
    windows.program((root / name).text());
  if (options.is_64_bit) windows.program((root / "SysWOW64\\explorer.exe").text());
  for (const std::string_view name : {"Program Files", "ProgramData", "Users\\Public"})
    windows.folder((EvidencePath{options.volume} / name).text());
}

}  // namespace hozen::fake
