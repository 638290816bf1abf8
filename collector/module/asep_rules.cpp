#include "collector/module/asep_rules.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/asep_elements.h"
#include "collector/module/port_proxy.h"
#include "collector/module/system_names.h"

namespace hozen {
namespace {

/// One entry under judgement.
struct Case {
  const AsepEntry& entry;
  RegistryHive* hive;  ///< nullptr for entries recovered from free cells and for files
  RegistryKey* key;
  const Installation& installation;
  const EvidencePath& windows = installation.windows;
};
using Hits = std::vector<RuleHit>;

std::string_view key_name(const AsepEntry& entry) {
  return std::string_view{entry.key_path}.substr(entry.key_path.find_last_of('\\') + 1);
}

std::string_view value_name(const AsepEntry& entry) {
  return entry.value ? std::string_view{entry.value->name} : std::string_view{};
}

/// A number, or a text that says one: "0x200", "512".
std::optional<std::uint64_t> number_in(const RegistryValue& value) {
  if (const auto number = value.number()) return number;
  const auto stored = value.text();
  if (!stored) return {};
  std::string_view text = trim(*stored);
  const bool hex = starts_with_fold(text, "0x");
  if (hex) text.remove_prefix(2);
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, hex ? 16 : 10);
  if (read.ec != std::errc{} || read.ptr != end) return {};
  return number;
}

std::optional<std::uint64_t> number_at(RegistryKey* key, std::string_view name) {
  if (key == nullptr) return {};
  const auto value = key->value(name);
  return value ? number_in(*value) : std::nullopt;
}

template <class List>
bool lists(const List& list, std::string_view name) {
  for (const std::string_view listed : list)
    if (glob_match_fold(listed, name)) return true;
  return false;
}

void add(Hits& hits, std::string_view rule, std::string_view title, std::string fact, int weight,
         std::string_view attack, bool innocent_unchecked = false) {
  hits.push_back({std::string{rule},
                  std::string{title},
                  {std::move(fact), weight, Family::registry_state, {}},
                  std::string{attack},
                  innocent_unchecked});
}

// ---- Programs started instead of, or after, others
// ------------------------------------------------

/// The program an execution option is for: the key's name, or its parent's below a filter.
std::string_view watched_program(const AsepEntry& entry) {
  constexpr std::string_view kOptions = "Image File Execution Options\\";
  std::string_view path = entry.key_path;
  const auto at = path.find(kOptions);
  if (at == std::string_view::npos) return key_name(entry);
  path.remove_prefix(at + kOptions.size());
  return path.substr(0, path.find('\\'));
}

/// Its own switch puts it in the task manager's place, wherever it was unpacked.
bool is_process_explorer(const AsepEntry& entry) {
  constexpr std::string_view kNames[] = {"procexp.exe", "procexp64.exe", "procexp64a.exe"};
  return entry.command && entry.command->hosts.empty() && entry.target() != nullptr &&
         lists(kNames, entry.target()->name());
}

void judge_debugger(const Case& c, Hits& hits) {
  constexpr std::string_view kLogonScreen[] = {"sethc.exe",   "utilman.exe",  "osk.exe",
                                               "magnify.exe", "narrator.exe", "displayswitch.exe",
                                               "atbroker.exe"};
  constexpr std::string_view kSecurity[] = {
      "MsMpEng.exe",       "MpCmdRun.exe",   "MsSense.exe",
      "NisSrv.exe",        "SenseIR.exe",    "SecurityHealth*",
      "CSFalcon*",         "SentinelAgent*", "cb.exe",
      "RepMgr*",           "ccSvcHst.exe",   "avp.exe",
      "avgsvc.exe",        "AvastSvc.exe",   "ekrn.exe",
      "egui.exe",          "mcshield.exe",   "mfe*.exe",
      "TmListen.exe",      "NTRTScan.exe",   "coreServiceShell.exe",
      "SavService.exe",    "Sophos*",        "bdagent.exe",
      "vsserv.exe",        "cylancesvc.exe", "xagt.exe",
      "elastic-agent.exe", "osqueryd.exe",   "Sysmon*",
      "mbam*.exe",         "wsctrl.exe",     "fsav*.exe",
      "360*.exe",          "procexp*.exe",   "procmon*.exe",
      "autoruns*.exe",     "wireshark.exe"};
  if (trim(c.entry.text).empty()) return;
  const std::string_view program = watched_program(c.entry);
  const std::string fact =
      "Instead of " + std::string{program} + " Windows starts '" + printable(c.entry.text) + "'.";
  if (lists(kLogonScreen, program)) {
    add(hits, "accessibility_debugger", "Accessibility program of the logon screen replaced", fact,
        60, "T1546.008");
    constexpr std::string_view kShells[] = {"*cmd*",      "*powershell*", "*pwsh*",
                                            "*explorer*", "*taskmgr*",    "*mmc*",
                                            "*\\Temp\\*", "*\\Users\\*"};
    if (lists(kShells, c.entry.command ? c.entry.command->image : c.entry.text))
      hits.push_back({"shell_at_logon",
                      "Shell at the logon screen",
                      {"'" + printable(c.entry.command ? c.entry.command->image : c.entry.text) +
                           "' gives whoever stands at the logon screen a shell as SYSTEM.",
                       15,
                       Family::command_line,
                       {}},
                      "T1546.008"});
    return;
  }
  const bool process_explorer = equals_fold(program, "taskmgr.exe") && is_process_explorer(c.entry);
  const bool guarded = lists(kSecurity, program) || is_system_program_name(program);
  // Its signature would tell it from another program of that name.
  add(hits, "ifeo_debugger", "Program that is started instead of another", fact,
      guarded && !process_explorer ? 60 : 25, "T1546.012", process_explorer);
}

void judge_silent_exit(const Case& c, Hits& hits) {
  if (c.hive == nullptr || trim(c.entry.text).empty()) return;
  const std::string name{key_name(c.entry)};
  auto options = c.hive->root->open(
      "Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\" + name);
  constexpr std::uint64_t kMonitorExit = 0x200;  // FLG_MONITOR_SILENT_PROCESS_EXIT
  const auto flags = options ? number_at(options->get(), "GlobalFlag") : std::nullopt;
  const bool active = flags && (*flags & kMonitorExit) != 0;
  add(hits, "silent_process_exit", "Program that is started when another ends",
      "When " + name + " ends Windows starts '" + printable(c.entry.text) + "'" +
          (active ? "." : "; the global flag that this needs is not set."),
      active ? 45 : 15, "T1546.012");
}

void judge_dump_folder(const Case& c, Hits& hits) {
  if (!equals_fold(value_name(c.entry), "LocalDumpFolder") ||
      !equals_fold(key_name(c.entry), "lsass.exe"))
    return;
  add(hits, "silent_process_exit", "Dump of lsass.exe by SilentProcessExit",
      "A dump of lsass.exe, with the credentials it holds, is written to '" +
          printable(c.entry.text) + "'.",
      45, "T1003.001");
}

void judge_setup_command(const Case& c, Hits& hits) {
  const auto type = number_at(c.key, "SetupType");
  if (trim(c.entry.text).empty() || type.value_or(0) == 0) return;
  add(hits, "setup_command", "Setup command line that is in force",
      "SetupType is " + std::to_string(*type) + ", so '" + printable(c.entry.text) +
          "' starts before logon as SYSTEM.",
      40, "T1547");
}

// ---- Libraries
// ------------------------------------------------------------------------------------

void judge_app_init(const Case& c, Hits& hits) {
  if (trim(c.entry.text).empty()) return;
  const auto load = number_at(c.key, "LoadAppInit_DLLs");
  // Windows XP has no such switch and always loads them.
  const bool active = load.value_or(1) != 0;
  add(hits, "app_init_dlls", "Library loaded into every program with a window",
      "AppInit_DLLs names '" + printable(c.entry.text) + "', and LoadAppInit_DLLs is " +
          (load ? std::to_string(*load) : "not there") + ".",
      active ? 40 : 10, "T1546.010");
}

void judge_signature_provider(const Case& c, Hits& hits) {
  if (!glob_match_fold("*ntdll.dll", c.entry.text)) return;
  add(hits, "sip_providers", "Signature checks switched off",
      "'" + printable(c.entry.key_path) +
          "' names ntdll.dll, which checks no signatures: a known way to make "
          "every signature valid.",
      60, "T1553.003");
}

void judge_active_setup(const Case& c, Hits& hits) {
  if (c.entry.is_default()) return;
  for (const auto* target : c.entry.targets()) {
    if (is_windows_folder(*target, c.windows) || is_program_files(*target, c.windows)) continue;
    return add(hits, "active_setup", "Active Setup starts a program from an unusual folder",
               "'" + printable(target->text()) + "' is started once for each user who logs on.", 35,
               "T1547.014");
  }
}

// ---- COM classes and file associations of a user
// ---------------------------------------------------

void judge_class_override(const Case& c, Hits& hits) {
  const auto* target = c.entry.target();
  if (c.entry.machine_server.empty() || target == nullptr) return;
  const auto machine = EvidencePath::parse(c.entry.machine_server);
  const bool of_windows = !machine || is_windows_folder(*machine, c.windows);
  const bool same_product = machine && !of_windows && equals_fold(machine->name(), target->name());
  const std::string fact = "For this user the class " + c.entry.machine_class + " is '" +
                           printable(target->text()) + "' instead of '" +
                           printable(c.entry.machine_server) + "'.";
  add(hits, "com_override", "COM class of the machine overridden for one user", fact,
      same_product ? 15 : 40, "T1546.015", same_product);
  if (of_windows && writable_because(*target, c.windows))
    hits.push_back({"com_override",
                    "COM class of Windows overridden for one user",
                    {"The class is one of Windows, and its new file lies where the user can write.",
                     25,
                     Family::path,
                     {}},
                    "T1546.015"});
}

void judge_type_library(const Case& c, Hits& hits) {
  if (!glob_match_fold("*script:*", c.entry.text)) return;
  add(hits, "type_libraries", "Type library that runs a script",
      "The type library is '" + printable(c.entry.text) +
          "': programs that load it run that script.",
      60, "T1546.015");
}

void judge_scriptlet(const Case& c, Hits& hits) {
  if (c.entry.user == nullptr || c.entry.is_default() || trim(c.entry.text).empty()) return;
  add(hits, "com_scriptlet", "COM class of one user that is a script",
      "The class " + c.entry.clsid + " of this user is the script '" + printable(c.entry.text) +
          "'.",
      25, "T1546.015");
}

void judge_user_association(const Case& c, Hits& hits) {
  constexpr std::string_view kElevated[] = {"mscfile", "ms-settings", "exefile", "Folder", "AppX*"};
  if (!value_name(c.entry).empty() || trim(c.entry.text).empty()) return;
  constexpr std::string_view kTail = "\\shell\\";
  const std::string folded = to_lower_ascii(c.entry.key_path);
  const auto end = folded.rfind(kTail);
  if (end == std::string::npos) return;
  const std::string_view before = std::string_view{c.entry.key_path}.substr(0, end);
  const std::string_view name = before.substr(before.find_last_of('\\') + 1);
  if (!lists(kElevated, name)) return;
  add(hits, "class_elevation", "File class that Windows starts elevated, changed for one user",
      "The class '" + std::string{name} + "' of this user starts '" + printable(c.entry.text) +
          "': programs that Windows elevates without asking start it too.",
      45, "T1548.002");
}

void judge_machine_association(const Case& c, Hits& hits) {
  constexpr std::string_view kPrograms[] = {
      "*\\exefile\\shell\\open\\*", "*\\comfile\\shell\\open\\*", "*\\batfile\\shell\\open\\*",
      "*\\cmdfile\\shell\\open\\*", "*\\piffile\\shell\\open\\*"};
  if (c.entry.is_default() || trim(c.entry.text).empty() || !lists(kPrograms, c.entry.key_path))
    return;
  add(hits, "file_association_machine", "Programs are started through another program",
      "Each program of this class is started as '" + printable(c.entry.text) + "'.", 40,
      "T1546.001");
}

// ---- Environment
// ----------------------------------------------------------------------------------

void judge_user_environment(const Case& c, Hits& hits) {
  constexpr std::string_view kHijacks[] = {"windir",
                                           "SystemRoot",
                                           "COR_PROFILER",
                                           "COR_PROFILER_PATH*",
                                           "CORECLR_PROFILER",
                                           "CORECLR_PROFILER_PATH*",
                                           "DOTNET_STARTUP_HOOKS"};
  constexpr std::string_view kFolders[] = {"USERPROFILE", "APPDATA", "LOCALAPPDATA"};
  if (trim(c.entry.text).empty()) return;
  const bool moved = lists(kFolders, value_name(c.entry));
  const bool shell = moved || equals_fold(value_name(c.entry), "ComSpec");
  if (!shell && !lists(kHijacks, value_name(c.entry))) return;
  add(hits, "environment_hijack", "Environment variable of a user that redirects programs",
      "For this user " + std::string{value_name(c.entry)} + " is '" + printable(c.entry.text) +
          "'.",
      shell ? 25 : 45, "T1574.012");
}

/// Folders of the search path in front of System32 that users can write to.
std::string writable_before_system(const std::string& path, const EvidencePath& windows) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(';', begin), path.size());
    const auto folder =
        EvidencePath::parse(trim(std::string_view{path}.substr(begin, end - begin)));
    begin = end + 1;
    if (!folder || folder->is_root()) continue;
    if (folder->is_below(windows)) return {};
    if (writable_because(*folder / "x", windows)) return folder->text();
  }
  return {};
}

void judge_system_environment(const Case& c, Hits& hits) {
  const std::string_view name = value_name(c.entry);
  constexpr std::string_view kProfilers[] = {"COR_PROFILER*", "CORECLR_PROFILER*",
                                             "DOTNET_STARTUP_HOOKS"};
  if (lists(kProfilers, name) && !trim(c.entry.text).empty())
    add(hits, "environment_hijack", "Environment variable that loads a library into .NET programs",
        std::string{name} + " is '" + printable(c.entry.text) + "' for all programs.", 25,
        "T1574.012", true);
  if (equals_fold(name, "ComSpec") && !glob_match_fold("*\\system32\\cmd.exe", c.entry.text))
    add(hits, "environment_hijack", "Command interpreter replaced",
        "ComSpec is '" + printable(c.entry.text) + "' for all programs.", 40, "T1574.007");
  if (equals_fold(name, "ProgramData") || equals_fold(name, "ALLUSERSPROFILE"))
    add(hits, "environment_hijack", "Environment variable that moves a folder of Windows",
        std::string{name} + " is '" + printable(c.entry.text) + "' for all programs.", 25,
        "T1574.007", true);
  if (!equals_fold(name, "PATH")) return;
  std::string text = c.installation.paths.letters(c.entry.text);
  constexpr std::string_view kRoot = "%systemroot%";
  const std::string folder_of_windows = c.windows.text();
  // From left to right: the folder itself may be named so.
  for (auto at = to_lower_ascii(text).find(kRoot); at != std::string::npos;
       at = to_lower_ascii(text).find(kRoot, at + folder_of_windows.size()))
    text.replace(at, kRoot.size(), folder_of_windows);
  if (const std::string folder =
          writable_before_system(c.installation.paths.folders(text), c.windows);
      !folder.empty())
    add(hits, "path_before_system", "Writable folder in front of System32 in the search path",
        "The search path holds '" + printable(folder) + "' in front of System32.", 25, "T1574.007");
}

// ---- Switches and accounts
// ------------------------------------------------------------------------

void judge_wdigest(const Case& c, Hits& hits) {
  if (c.entry.value->number() != 1u) return;
  add(hits, "clear_text_credentials", "Passwords are kept in clear text",
      "UseLogonCredential is 1: lsass.exe keeps passwords of logons in clear text.", 35,
      "T1003.001");
}

void judge_lsa_flags(const Case& c, Hits& hits) {
  const auto number = c.entry.value->number();
  if (!equals_fold(value_name(c.entry), "DsrmAdminLogonBehavior") || number.value_or(0) == 0)
    return;
  add(hits, "dsrm_logon", "Recovery account of a domain controller may log on",
      "DsrmAdminLogonBehavior is " + std::to_string(*number) +
          (*number == 2
               ? ": the recovery administrator may log on at any time."
               : ": the recovery administrator may log on while the directory is stopped."),
      *number == 2 ? 45 : 15, "T1556");
}

void judge_global_flag(const Case& c, Hits& hits) {
  constexpr std::uint64_t kVerifier = 0x100;  // FLG_APPLICATION_VERIFIER
  const auto flags = number_in(*c.entry.value);
  if (!flags || (*flags & kVerifier) == 0) return;
  add(hits, "global_flag", "Application verifier turned on for all programs",
      "GlobalFlag holds 0x100.", 15, "T1546.012");
}

void judge_port_proxy(const Case& c, Hits& hits) {
  for (const Why& why : port_proxy_signs(value_name(c.entry), c.entry.text, false))
    add(hits, "port_proxy", "Port that is passed on to another host", why.fact, why.weight,
        "T1090.001");
}

void judge_account(const Case& c, Hits& hits) {
  const auto acts_as = account_number(c.entry.value->data);
  const std::string_view name = key_name(c.entry);
  if (!acts_as || name.size() != 8) return;
  std::uint32_t number = 0;
  for (const char digit : to_lower_ascii(name)) {
    const bool decimal = digit >= '0' && digit <= '9';
    if (!decimal && (digit < 'a' || digit > 'f')) return;
    number = number * 16 + static_cast<std::uint32_t>(decimal ? digit - '0' : digit - 'a' + 10);
  }
  if (number == *acts_as) return;
  add(hits, "account_number", "Local account that acts as another",
      "The account with the number " + std::to_string(number) + " acts as number " +
          std::to_string(*acts_as) + ".",
      70, "T1098");
}

constexpr std::pair<std::string_view, void (*)(const Case&, Hits&)> kJudges[] = {
    {"ifeo_debugger", judge_debugger},
    {"silent_process_exit", judge_silent_exit},
    {"silent_process_exit_settings", judge_dump_folder},
    {"setup_command_line", judge_setup_command},
    {"app_init_dlls", judge_app_init},
    {"sip_providers", judge_signature_provider},
    {"active_setup", judge_active_setup},
    {"com_user_dll", judge_class_override},
    {"com_user_program", judge_class_override},
    {"com_treat_as", judge_class_override},
    {"type_libraries", judge_type_library},
    {"com_scriptlet", judge_scriptlet},
    {"file_association_user", judge_user_association},
    {"file_association_machine", judge_machine_association},
    {"user_environment", judge_user_environment},
    {"system_environment", judge_system_environment},
    {"wdigest", judge_wdigest},
    {"lsa_flags", judge_lsa_flags},
    {"global_flag", judge_global_flag},
    {"sam_accounts", judge_account},
    {"port_proxy", judge_port_proxy},
};

}  // namespace

std::vector<RuleHit> location_hits(const AsepEntry& entry, const AsepHit* hit,
                                   const Installation& installation) {
  Hits hits;
  if (entry.is_link || (!entry.value && !entry.file)) return hits;
  const Case one{entry, hit != nullptr ? hit->hive : nullptr, hit != nullptr ? hit->key : nullptr,
                 installation};
  for (const auto& [id, judge] : kJudges)
    if (id == entry.location->id) judge(one, hits);
  return hits;
}

}  // namespace hozen
