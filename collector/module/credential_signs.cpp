#include "collector/module/credential_signs.h"

#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen::credentials {
namespace {

using Text = std::string_view;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool names_lsass(Text name) {
  constexpr Text kLsass = "lsass";
  const std::string plain = to_lower_ascii(name);
  for (std::size_t at = plain.find(kLsass); at != std::string::npos;
       at = plain.find(kLsass, at + 1)) {
    const Text rest = Text{plain}.substr(at + kLsass.size());
    const bool ends = rest.empty() || !is_letter(rest.front()) || rest.starts_with("dump") ||
                      rest.starts_with("mem");
    if (ends && (at == 0 || !is_letter(plain[at - 1]))) return true;
  }
  return false;
}

std::optional<NamedFile> file_named(Text path) {
  struct Name {
    Text pattern;
    NamedFile file;
  };
  // Mimikatz writes these (kuhl_m_misc.c, mimilib); dumpers and tickets by their usual names.
  constexpr Name kNames[] = {
      {"mimilsa.log",
       {"passwords that mimikatz had lsass write down (misc::memssp)", 80, "T1556.002"}},
      {"kiwissp.log", {"passwords that mimilib wrote down as a security package", 80, "T1547.005"}},
      {"kiwifilter.log",
       {"passwords that mimilib wrote down as a password filter", 80, "T1556.002"}},
      {"kiwidns.log", {"what mimilib wrote down in a DNS server", 80, "T1003"}},
      {"kiwinp.log", {"passwords that mimilib wrote down as a network provider", 80, "T1556.008"}},
      {"kiwisub.log", {"what mimilib wrote down as a notification package", 80, "T1556.002"}},
      {"kcredentialprovider.log", {"passwords that mimilib wrote down at logon", 80, "T1556"}},
      {"sekurlsa.log", {"what mimikatz wrote down", 60, "T1003.001"}},
      {"kiwi_passwords.yar", {"a file of mimikatz", 60, "T1003.001"}},
      {"mimilib.dll", {"a library of mimikatz", 70, "T1003.001"}},
      {"mimispool.dll", {"a library of mimikatz", 70, "T1003.001"}},
      {"mimidrv.sys", {"the driver of mimikatz", 70, "T1003.001"}},
      {"mimilove.exe", {"a program of mimikatz", 70, "T1003.001"}},
      {"*.kirbi", {"a Kerberos ticket that was exported", 70, "T1558"}},
      {"*.ccache", {"a cache of Kerberos tickets", 35, "T1558", false, false, true}},
      {"dumpert.dmp", {"what Dumpert writes: a memory dump of lsass", 70, "T1003.001", true}},
      {"andrew.dmp", {"what AndrewSpecial writes: a memory dump of lsass", 70, "T1003.001", true}},
      {"*lsass*.dmp", {"a memory dump of lsass by its name", 55, "T1003.001", true}},
      {"*lsass*.mdmp", {"a memory dump of lsass by its name", 55, "T1003.001", true}},
      {"*lsass*.zip", {"a memory dump of lsass by its name, packed", 45, "T1003.001", true}},
      {"*lsass*.rar", {"a memory dump of lsass by its name, packed", 45, "T1003.001", true}},
      {"*lsass*.7z", {"a memory dump of lsass by its name, packed", 45, "T1003.001", true}},
  };
  const Text name = lateral::file_name(path);
  const auto found = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& one) {
    const bool is_of_lsass = one.pattern.find("*lsass") != Text::npos;
    return glob_match_fold(one.pattern, name) && (!is_of_lsass || names_lsass(name));
  });
  if (found != std::end(kNames)) {
    NamedFile file = found->file;
    // Windows writes a report of its own when lsass crashes.
    if (file.is_dump &&
        (contains_fold(path, "\\Windows\\WER\\") || contains_fold(path, "\\CrashDumps\\") ||
         contains_fold(path, "\\Windows\\LiveKernelReports\\")))
      file.weight = 20;
    return file;
  }
  constexpr Text kHiveNames[] = {"sam.save",      "sam.hiv",      "sam.hive",
                                 "security.save", "security.hiv", "security.hive"};
  // Sam is a name of people too.
  constexpr Text kWeakHiveNames[] = {"sam.dmp", "sam.bak"};
  const auto is_named = [&](Text known) { return equals_fold(name, known); };
  const bool is_weak = std::any_of(std::begin(kWeakHiveNames), std::end(kWeakHiveNames), is_named);
  if (is_weak || std::any_of(std::begin(kHiveNames), std::end(kHiveNames), is_named))
    return NamedFile{"a copy of a hive with password hashes by its name", is_weak ? 30 : 50,
                     "T1003.002", false, true};
  constexpr Text kDirectories[] = {"\\Windows\\NTDS\\", "\\Windows\\System32\\", "\\WinSxS\\",
                                   "\\servicing\\"};
  const bool is_home = std::any_of(std::begin(kDirectories), std::end(kDirectories),
                                   [&](Text one) { return contains_fold(path, one); });
  if (equals_fold(name, "ntds.dit") && !is_home) {
    // A domain controller may be set up to have its database in D:\NTDS.
    const bool is_own_place = path.size() < 18 && ends_with_fold(path, ":\\NTDS\\ntds.dit");
    return NamedFile{"a copy of the database of Active Directory", is_own_place ? 15 : 60,
                     "T1003.003"};
  }
  return std::nullopt;
}

Place place_of(Text path) {
  constexpr Text kOpen[] = {"\\Windows\\Temp\\", "\\Windows\\Tasks\\", "\\Windows\\tracing\\",
                            "\\Windows\\System32\\spool\\drivers\\color\\", "\\Windows\\debug\\"};
  constexpr Text kWindows[] = {"\\Windows\\System32\\", "\\Windows\\SysWOW64\\",
                               "\\Windows\\WinSxS\\",   "\\Windows\\servicing\\",
                               "\\Windows\\CCM\\",      "\\Windows\\explorer.exe",
                               "\\Windows\\Sysmon"};
  constexpr Text kProducts[] = {"\\Windows Defender",
                                "\\Microsoft Security Client\\",
                                "\\Symantec\\",
                                "\\Norton",
                                "\\McAfee\\",
                                "\\Trellix\\",
                                "\\Trend Micro\\",
                                "\\CrowdStrike\\",
                                "\\SentinelOne\\",
                                "\\CarbonBlack\\",
                                "\\Confer\\",
                                "\\Sophos\\",
                                "\\ESET\\",
                                "\\Kaspersky Lab\\",
                                "\\Bitdefender\\",
                                "\\F-Secure\\",
                                "\\WithSecure\\",
                                "\\Cylance\\",
                                "\\Palo Alto Networks\\",
                                "\\Malwarebytes\\",
                                "\\AVAST Software\\",
                                "\\AVG\\",
                                "\\Webroot\\",
                                "\\Tanium\\",
                                "\\Cybereason\\",
                                "\\FireEye\\",
                                "\\Elastic\\",
                                "\\FFRI\\",
                                "\\Cisco\\",
                                "\\Qualys\\",
                                "\\Microsoft Monitoring Agent\\",
                                "\\VMware\\",
                                "\\Oracle\\VirtualBox Guest Additions\\"};
  const auto any = [&](const auto& list) {
    return std::any_of(std::begin(list), std::end(list),
                       [&](Text one) { return contains_fold(path, one); });
  };
  const bool is_drive = path.size() > 2 && path[1] == ':';
  const bool is_device = starts_with_fold(path, "\\Device\\HarddiskVolume");
  // As prefetch files have it since Windows 8.1.
  const bool is_volume = starts_with_fold(path, "\\VOLUME{");
  if (path.starts_with("\\\\") || starts_with_fold(path, "\\Device\\Mup\\")) return Place::share;
  if (any(kOpen)) return Place::user_folder;
  const std::size_t root = is_drive    ? 2
                           : is_device ? std::min(path.find('\\', 22), path.size())
                           : is_volume ? std::min(path.find('\\', 1), path.size())
                                       : path.size();
  const Text below = path.substr(root);
  const bool is_program_files = starts_with_fold(below, "\\Program Files");
  const bool is_product_data =
      starts_with_fold(below, "\\ProgramData\\Microsoft\\Windows Defender\\");
  if ((is_program_files && any(kProducts)) || is_product_data) return Place::security_product;
  if (is_program_files) return Place::program_files;
  for (const Text one : kWindows)
    if (starts_with_fold(below, one)) return Place::windows;
  if (starts_with_fold(below, "\\Users\\") || starts_with_fold(below, "\\ProgramData\\") ||
      starts_with_fold(below, "\\Documents and Settings\\") || contains_fold(below, "\\Temp\\") ||
      contains_fold(below, "\\Tmp\\") || contains_fold(below, "\\Downloads\\") ||
      starts_with_fold(below, "\\PerfLogs\\") || starts_with_fold(below, "\\$Recycle.Bin\\"))
    return Place::user_folder;
  return Place::other;
}

Text agent_folder(Text image) {
  constexpr Text kFolders[] = {"\\$WINDOWS.~BT\\Sources\\",
                               "\\ProgramData\\Symantec\\",
                               "\\ProgramData\\McAfee\\",
                               "\\ProgramData\\Trellix\\",
                               "\\ProgramData\\Trend Micro\\",
                               "\\ProgramData\\CrowdStrike\\",
                               "\\ProgramData\\Sophos\\",
                               "\\ProgramData\\ESET\\",
                               "\\ProgramData\\Kaspersky Lab\\",
                               "\\ProgramData\\Bitdefender\\",
                               "\\ProgramData\\F-Secure\\",
                               "\\ProgramData\\Cylance\\",
                               "\\ProgramData\\Malwarebytes\\",
                               "\\ProgramData\\AVAST Software\\",
                               "\\ProgramData\\AVG\\",
                               "\\ProgramData\\Package Cache\\",
                               "\\ProgramData\\chocolatey\\lib\\"};
  const Text below = image.substr(std::min(image.find(':') + 1, image.size()));
  for (const Text folder : kFolders)
    if (starts_with_fold(below, folder)) return "of setup, of packages or of a security product";
  constexpr Text kWindows = "\\Windows\\";
  const bool is_below =
      starts_with_fold(below, kWindows) && below.find('\\', kWindows.size()) != Text::npos;
  return is_below && place_of(image) == Place::other ? "of its own below that of Windows" : "";
}

std::string account_in(const Fact& fact) {
  for (const Text name : {Text{"User"}, Text{"SourceUser"}, Text{"Detection User"}})
    if (const Text user = fact.values[name]; !user.empty()) return std::string{user};
  return lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
}

std::string shortened(Text text) {
  constexpr std::size_t kMaxText = 300;
  if (text.size() <= kMaxText) return std::string{text};
  std::size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return std::string{text.substr(0, end)} + "…";
}

const Fact* start_of(const FactBook& book, Text pid, Text image, FileTime time) {
  if (pid.empty()) return nullptr;
  const Fact* found = nullptr;
  for (const Fact& fact : book.facts(FactKind::process)) {
    if (fact.time.ticks > time.ticks) break;
    const bool is_audit = fact.event_id == 4688;
    if (fact.values[is_audit ? "NewProcessId" : "ProcessId"] == pid &&
        equals_fold(lateral::file_name(fact.subject), lateral::file_name(image)))
      found = &fact;
  }
  return found;
}

}  // namespace hozen::credentials
