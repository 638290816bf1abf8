#include "collector/module/credential_signs.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen::credentials {
namespace {

using Text = std::string_view;

/// All of `all` (';' between), and one of `any` where there is one, in the plain text; none of
/// `none`.
struct Pattern {
  Text all, any, none;
  Sign sign;
};

// Mimikatz: github.com/gentilkiwi/mimikatz, modules of the program; the others: their own pages.
constexpr Pattern kPatterns[] = {
    {"",
     "sekurlsa::;lsadump::;misc::memssp;misc::skeleton;kerberos::golden;kerberos::ptt;"
     "kerberos::list;kerberos::ptc;privilege::debug;token::elevate;vault::cred;dpapi::masterkey;"
     "crypto::certificates;crypto::capi;sid::patch;ts::logonpasswords;event::drop",
     "",
     {Act::tool, "uses commands of mimikatz", 80, "T1003.001"}},
    {"",
     "invoke-mimikatz;invoke-mimikittenz;invoke-mimidogz;-dumpcreds",
     "",
     {Act::tool, "names mimikatz for PowerShell", 70, "T1003.001"}},
    {"rubeus",
     "dump;asktgt;kerberoast;asreproast;ptt;s4u;monitor;triage",
     "",
     {Act::tool, "uses Rubeus on Kerberos tickets", 70, "T1558"}},
    {"",
     "invoke-kerberoast;get-domainspnticket",
     "",
     {Act::tool, "asks for tickets of services to guess their passwords", 70, "T1558.003"}},
    {"",
     "secretsdump;lsassy;pypykatz;safetykatz;nanodump;handlekatz;out-minidump;"
     "get-passwordfile;get-lsasecret;invoke-dcsync",
     "",
     {Act::tool, "names a tool that takes credentials", 70, "T1003"}},
    {"comsvcs",
     "minidump;#24;#+24;#+000024;#0000",
     "",
     {Act::memory, "writes the memory of a process with comsvcs.dll", 70, "T1003.001"}},
    {"lsass",
     " -ma; /ma; -mp; /mp; -mm; -mt; minidump;.dmp;dumpfull;dump ;writedump",
     "",
     {Act::memory, "writes the memory of lsass into a file", 70, "T1003.001"}},
    {"rdrleakdiag",
     "fullmemdmp",
     "",
     {Act::memory, "writes the memory of a process with rdrleakdiag", 50, "T1003.001"}},
    {"sqldumper",
     "0x01100;0x1100;0x0110",
     "",
     {Act::memory, "writes the memory of a process with SqlDumper", 40, "T1003.001"}},
    {"silentprocessexit;lsass",
     "",
     "",
     {Act::memory, "has Windows write a dump of lsass when something asks for its end", 70,
      "T1003.001"}},
    {"reg",
     "save hklm\\sam;save hklm\\security;save hkey_local_machine\\sam;"
     "save hkey_local_machine\\security;export hklm\\sam;export hklm\\security;"
     "save hklm/sam;save hklm/security;export hkey_local_machine\\sam",
     "",
     {Act::hives, "saves a hive with password hashes (SAM or SECURITY)", 60, "T1003.002"}},
    {"reg",
     "save hklm\\system;save hkey_local_machine\\system;export hklm\\system ",
     "",
     {Act::hives, "saves the hive SYSTEM, which has the key to the hashes", 20, "T1003.002"}},
    {"",
     "\\config\\sam;\\config\\security ;\\repair\\sam;\\regback\\sam",
     "\\config\\samples",
     {Act::hives, "names the file of a hive with password hashes", 30, "T1003.002"}},
    {"\\config\\sam",
     "copy;/y;globalroot;move-item;7z;rar a;get-content; type ; cat ",
     "\\config\\samples",
     {Act::hives, "copies the file of a hive with password hashes", 60, "T1003.002"}},
    {"ntds.dit",
     "copy;/y;move ;compress; tar ;tar.exe;rar a;rar.exe a;7z;vss;wbadmin; cat "
     ";get-content;globalroot",
     "",
     {Act::directory, "copies the database of Active Directory", 70, "T1003.003"}},
    {"ntdsutil",
     " ifm;create full;create sysvol full",
     "",
     {Act::directory, "makes a copy of Active Directory with ntdsutil", 60, "T1003.003"}},
    {"ntdsutil;snapshot",
     " create; mount",
     "",
     {Act::directory, "makes or mounts a snapshot of Active Directory", 35, "T1003.003"}},
    {"globalroot\\device\\harddiskvolumeshadowcopy",
     "",
     "",
     {Act::shadow_copy, "reads from a shadow copy by its device", 35, "T1003.003"}},
    {"esentutl;/vss",
     "",
     "",
     {Act::shadow_copy, "copies a locked file with esentutl", 35, "T1006"}},
    {"vssadmin;create shadow", "", "", {Act::shadow_copy, "makes a shadow copy", 20, "T1003.003"}},
    {"shadowcopy;call create",
     "",
     "",
     {Act::shadow_copy, "makes a shadow copy through WMI", 25, "T1003.003"}},
    {"win32_shadowcopy;create",
     "",
     "",
     {Act::shadow_copy, "makes a shadow copy through WMI", 25, "T1003.003"}},
    {"diskshadow",
     " /s; -s",
     "",
     {Act::shadow_copy, "runs a script of diskshadow", 25, "T1003.003"}},
    {"cpassword;sysvol",
     "",
     "",
     {Act::stored, "looks for passwords in policies of the domain", 50, "T1552.006"}},
    {"",
     "get-gpppassword;get-cachedgpppassword;gpp-decrypt",
     "",
     {Act::stored, "takes passwords out of policies of the domain", 70, "T1552.006"}},
    {"vaultcmd", "/list", "", {Act::stored, "lists passwords kept by Windows", 20, "T1555.004"}},
    {"uselogoncredential",
     " 1;0x1;0x00000001",
     "",
     {Act::setting, "has Windows keep passwords in memory as they are (WDigest)", 60, "T1112"}},
    {"runasppl",
     "/d 0;-value 0;delete",
     "",
     {Act::setting, "takes the protection of lsass away", 45, "T1562.001"}},
    {"disablerestrictedadmin",
     "/d 0;-value 0",
     "",
     {Act::setting, "lets hashes be used for remote desktop", 40, "T1550.002"}},
    {"lsass",
     "tasklist;get-process;findstr;find ;pslist;wmic process;query process",
     "",
     {Act::lookup, "asks for the number of the process lsass", 15, "T1057"}},
};

template <class Visit>
void each_part(Text list, Visit visit) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(';'), list.size());
    visit(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool has_any(Text text, Text list) {
  bool found = false;
  each_part(list, [&](Text part) { found = found || text.find(part) != Text::npos; });
  return found;
}

bool has_all(Text text, Text list) {
  bool all = true;
  each_part(list, [&](Text part) { all = all && text.find(part) != Text::npos; });
  return all;
}

bool holds(const Pattern& pattern, Text text) {
  return has_all(text, pattern.all) && (pattern.any.empty() || has_any(text, pattern.any)) &&
         (pattern.none.empty() || !has_any(text, pattern.none));
}

/// Programs whose ordinary command lines look like those above: what backs up, and what looks for
/// intruders.
bool is_told_by_others(const Pattern& pattern, Text text) {
  // SQL Server writes its own dumps so.
  return pattern.all == "sqldumper" && text.find("microsoft sql server") != Text::npos &&
         text.find("lsass") == Text::npos;
}

bool is_name_or_child(Text text, Text folder) { return contains_fold(text, folder); }

}  // namespace

std::string plain_command(Text text) {
  std::string plain;
  plain.reserve(text.size());
  for (const char c : text) {
    if (c == '^' || c == '"' || c == '\'' || c == '`') continue;
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (space && (plain.empty() || plain.back() == ' ')) continue;
    plain += space ? ' ' : c;
  }
  return to_lower_ascii(plain);
}

std::vector<Sign> signs_in(Text text, Text image) {
  // An option at the end is followed by a blank too.
  const std::string plain = plain_command(text) + " ";
  std::vector<Sign> signs;
  for (const Pattern& pattern : kPatterns)
    if (holds(pattern, plain) && !is_told_by_others(pattern, plain)) signs.push_back(pattern.sign);
  const bool is_dumper = contains_fold(lateral::file_name(image), "dump");
  const bool named = std::any_of(signs.begin(), signs.end(),
                                 [](const Sign& sign) { return sign.act == Act::memory; });
  if (is_dumper && !named && plain.find("lsass") != std::string::npos)
    signs.push_back(
        {Act::memory, "gives lsass to a program that is called a dumper", 60, "T1003.001"});
  return signs;
}

std::string telling_words(Text script) {
  const std::string plain = plain_command(script);
  std::string words;
  for (const Pattern& pattern : kPatterns) {
    if (pattern.sign.act != Act::tool || !pattern.all.empty()) continue;
    each_part(pattern.any, [&](Text part) {
      if (plain.find(part) == std::string::npos) return;
      words += (words.empty() ? "" : ", ") + std::string{part};
    });
  }
  return words;
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
    return glob_match_fold(one.pattern, name);
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
  constexpr Text kHiveNames[] = {"sam.save", "sam.hiv",       "sam.hive",     "sam.dmp",
                                 "sam.bak",  "security.save", "security.hiv", "security.hive"};
  for (const Text hive : kHiveNames)
    if (equals_fold(name, hive))
      return NamedFile{"a copy of a hive with password hashes by its name", 50, "T1003.002"};
  constexpr Text kDirectories[] = {"\\Windows\\NTDS\\", "\\Windows\\System32\\", "\\WinSxS\\",
                                   "\\servicing\\"};
  const bool is_home = std::any_of(std::begin(kDirectories), std::end(kDirectories),
                                   [&](Text one) { return is_name_or_child(path, one); });
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
