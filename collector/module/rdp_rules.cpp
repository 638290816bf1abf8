#include "collector/module/rdp_rules.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/port_proxy.h"

namespace hozen {
namespace {

using lateral::at;
using lateral::file_name;
using lateral::kMinute;
using lateral::kSecond;
using lateral::text_of;
constexpr std::size_t kMaxWhy = 20, kMaxFindings = 500;

struct Setting {
  std::string_view key;    ///< end of the value's path
  std::string_view value;  ///< that Details hold; "" for any
  int weight;
  std::string_view says;
};
// Microsoft, "Remote Desktop Services", registry values; stascorp, "RDP Wrapper Library".
constexpr Setting kSettings[] = {
    {"\\Terminal Server\\fDenyTSConnections", "0x00000000", 40, "remote desktop was turned on"},
    {"\\Terminal Services\\fDenyTSConnections", "0x00000000", 40, "remote desktop was turned on"},
    {"\\WinStations\\RDP-Tcp\\PortNumber", "", 40, "its port was changed"},
    {"\\WinStations\\RDP-Tcp\\UserAuthentication", "0x00000000", 40,
     "it no longer asks who one is before it shows a desktop"},
    {"\\Terminal Server\\fSingleSessionPerUser", "0x00000000", 20,
     "one user may have several sessions"},
    {"\\Licensing Core\\EnableConcurrentSessions", "0x00000001", 25,
     "several sessions at a time were allowed"},
    {"\\Terminal Services\\Shadow", "", 45, "what shadowing asks of the user was changed"},
    {"\\Control\\Lsa\\DisableRestrictedAdmin", "0x00000000", 45,
     "logons with a hash alone (Restricted Admin) were allowed"},
    {"\\TermService\\Parameters\\ServiceDll", "", 60, "the library of its service was replaced"}};

const Setting* setting_of(const Fact& fact) {
  if (fact.event_id != 13) return nullptr;
  const std::string_view details = fact.values["Details"];
  if (ends_with_fold(details, "\\termsrv.dll")) return nullptr;
  for (const Setting& setting : kSettings)
    if (ends_with_fold(fact.subject, setting.key) &&
        (setting.value.empty() || details.find(setting.value) != std::string_view::npos))
      return &setting;
  return nullptr;
}

/// Programs of Windows in which an administrator turns it on.
bool is_dialog(std::string_view image) {
  constexpr std::string_view kDialogs[] = {"SystemSettingsAdminFlows.exe",
                                           "SystemPropertiesRemote.exe", "SystemSettings.exe",
                                           "ServerManager.exe"};
  return !lateral::one_of_names(image, kDialogs).empty();
}

Finding new_finding(std::string rule, std::string title, std::string subject,
                    std::vector<std::string> attack) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.title = std::move(title);
  finding.subject = std::move(subject);
  finding.attack = std::move(attack);
  return finding;
}

class Traces {
 public:
  explicit Traces(const FactBook& book) : book_{book} {}

  std::vector<Finding> judge() {
    settings();
    for (Finding& finding : judge_port_proxies(book_)) report(std::move(finding));
    for (const Fact& fact : book_.facts(FactKind::process)) process(fact);
    for (const Fact& fact : book_.facts(FactKind::service)) service(fact);
    tunnels();
    typed_commands();
    files();
    return std::move(findings_);
  }

 private:
  void report(Finding finding) {
    if (findings_.size() < kMaxFindings) findings_.push_back(std::move(finding));
  }

  /// Changes of one program within five minutes are one finding.
  void settings() {
    std::optional<Finding> open;
    std::string image;
    FileTime last{};
    for (const Fact& fact : book_.facts(FactKind::registry)) {
      const Setting* setting = setting_of(fact);
      if (setting == nullptr) continue;
      const std::string_view by = fact.values["Image"];
      if (open && (!equals_fold(image, by) || lateral::apart(last, fact.time) > 5 * kMinute))
        close_settings(std::exchange(open, std::nullopt), last);
      if (!open) {
        image = by;
        open = new_finding("rdp.settings", "Settings of remote desktop were changed",
                           image + at(fact.time), {"T1021.001", "T1112"});
        open->benign = {"Administrators turn remote desktop on; tools that manage hosts do."};
        open->next = {"What started " + image + ", and who connected afterwards."};
      }
      last = fact.time;
      if (open->why.size() < kMaxWhy)
        open->why.push_back({text_of(by) + " set " + fact.subject + " to " +
                                 text_of(fact.values["Details"]) + at(fact.time) + ": " +
                                 text_of(setting->says) + ".",
                             is_dialog(by) ? 15 : setting->weight,
                             Family::registry_state,
                             {fact.record}});
    }
    if (open) close_settings(std::move(open), last);
  }

  void close_settings(std::optional<Finding> finding, FileTime last) {
    for (const Fact& fact : book_.between(FactKind::process, lateral::earlier(last, kMinute),
                                          lateral::later(last, kMinute)))
      if (equals_fold(file_name(fact.subject), "netsh.exe") &&
          contains_fold(fact.values["CommandLine"], "firewall") &&
          (contains_fold(fact.values["CommandLine"], "3389") ||
           contains_fold(fact.values["CommandLine"], "remote desktop")) &&
          finding->why.size() < kMaxWhy)
        finding->why.push_back({"The firewall was opened for it" + at(fact.time) + ": " +
                                    text_of(fact.values["CommandLine"]),
                                20,
                                Family::command_line,
                                {fact.record}});
    report(std::move(*finding));
  }

  void process(const Fact& fact) {
    const std::string_view name = file_name(fact.subject);
    const std::string_view command = fact.values["CommandLine"];
    if (equals_fold(name, "tscon.exe")) return take_session(fact);
    if (!equals_fold(name, "mstsc.exe")) return;
    if (contains_fold(command, "/shadow:")) return shadow(fact);
    constexpr std::string_view kParents[] = {
        "powershell.exe",  "pwsh.exe",     "wscript.exe", "cscript.exe", "mshta.exe",
        "rundll32.exe",    "winword.exe",  "excel.exe",   "w3wp.exe",    "WmiPrvSE.exe",
        "wsmprovhost.exe", "sqlservr.exe", "regsvr32.exe"};
    const std::string_view parent = fact.values["ParentImage"].empty()
                                        ? fact.values["ParentProcessName"]
                                        : fact.values["ParentImage"];
    if (lateral::one_of_names(parent, kParents).empty()) return;
    Finding finding = new_finding("rdp.client_started",
                                  "The client of remote desktop was started by a program "
                                  "that rarely does",
                                  text_of(file_name(parent)) + at(fact.time), {"T1021.001"});
    const bool shell = contains_fold(parent, "powershell") || contains_fold(parent, "pwsh");
    finding.why.push_back(
        {text_of(parent) + " started " + fact.subject + at(fact.time) + ": " + text_of(command),
         shell ? 20 : 40,
         Family::command_line,
         {fact.record}});
    finding.benign = {"Scripts of administrators start it with the address they need."};
    report(std::move(finding));
  }

  void take_session(const Fact& fact) {
    const std::string user{fact.values["User"].empty() ? fact.values["SubjectUserName"]
                                                       : fact.values["User"]};
    const bool system = ends_with_fold(user, "SYSTEM") || user.ends_with('$');
    Finding finding = new_finding("rdp.session_taken", "A session was connected to another screen",
                                  user + at(fact.time), {"T1563.002"});
    finding.why.push_back(
        {user + " ran " + fact.subject + at(fact.time) + ": " + text_of(fact.values["CommandLine"]),
         system ? 60 : 30,
         Family::command_line,
         {fact.record}});
    if (system)
      finding.why.push_back({"As SYSTEM it takes over the session of any user without a password.",
                             10,
                             Family::content,
                             {fact.record}});
    finding.benign = {"Users connect their own session back to the console with tscon."};
    report(std::move(finding));
  }

  void service(const Fact& fact) {
    const std::string_view image = fact.values["ImagePath"].empty() ? fact.values["ServiceFileName"]
                                                                    : fact.values["ImagePath"];
    if (!contains_fold(image, "tscon") || !contains_fold(image, "/dest")) return;
    Finding finding = new_finding("rdp.session_taken", "A service takes over a session",
                                  fact.subject + at(fact.time), {"T1563.002", "T1543.003"});
    finding.why.push_back({"The service " + fact.subject + " was installed" + at(fact.time) +
                               " with the command " + text_of(image) +
                               ", which as SYSTEM takes over a session without a password.",
                           75,
                           Family::command_line,
                           {fact.record}});
    report(std::move(finding));
  }

  void shadow(const Fact& fact) {
    const std::string_view command = fact.values["CommandLine"];
    const bool silent = contains_fold(command, "/noConsentPrompt");
    Finding finding =
        new_finding("rdp.shadowing", "The session of another user was watched",
                    text_of(fact.values["User"]) + at(fact.time), {"T1021.001", "T1563.002"});
    finding.why.push_back({text_of(fact.values["User"]) + " ran " + text_of(command) +
                               at(fact.time) + (silent ? ", without asking that user." : "."),
                           silent ? 50 : 30,
                           Family::command_line,
                           {fact.record}});
    finding.benign = {"Help desks watch sessions; they ask the user."};
    report(std::move(finding));
  }

  /// Programs of this host that connect to its own remote desktop.
  void tunnels() {
    std::vector<std::pair<std::string, Finding>> by_image;
    for (const Fact& fact : book_.facts(FactKind::network)) {
      const bool here = fact.values["DestinationIp"].starts_with("127.") ||
                        fact.values["DestinationIp"] == "::1" ||
                        fact.values["DestinationIp"] == "0:0:0:0:0:0:0:1";
      const std::string_view name = file_name(fact.subject);
      if (!here || fact.values["DestinationPort"] != "3389" || equals_fold(name, "svchost.exe") ||
          !equals_fold(fact.values["Initiated"], "true"))
        continue;
      const std::string image = fold_case(fact.subject);
      auto found = std::find_if(by_image.begin(), by_image.end(),
                                [&](const auto& one) { return one.first == image; });
      if (found == by_image.end()) {
        if (by_image.size() >= kMaxWhy) continue;
        by_image.emplace_back(image,
                              new_finding("rdp.tunnel_connection",
                                          "A program connects to remote desktop on this "
                                          "host, as tunnels do",
                                          fact.subject + at(fact.time), {"T1572", "T1021.001"}));
        found = std::prev(by_image.end());
        found->second.next = {
            "Where that program is connected to (Sysmon 3), and which session "
            "began then."};
        found->second.benign = {"Users of ssh or a help desk's tool that forward it on purpose."};
      }
      Finding& finding = found->second;
      if (finding.why.size() < kMaxWhy)
        finding.why.push_back({fact.subject + " (" + text_of(fact.values["User"]) +
                                   ") connected to " + text_of(fact.values["DestinationIp"]) +
                                   ":3389" + at(fact.time) + ".",
                               !finding.why.empty()             ? 0
                               : equals_fold(name, "mstsc.exe") ? 20
                                                                : 50,
                               Family::content,
                               {fact.record}});
    }
    for (auto& [image, finding] : by_image) report(std::move(finding));
  }

  /// What came in over remote desktop within half a minute before; nothing when none.
  const Fact* connection_before(FileTime time) const {
    const FileTime first = lateral::earlier(time, 30 * kSecond);
    const Fact* found = nullptr;
    for (const Fact& fact : book_.between(FactKind::network, first, time))
      if (fact.values["DestinationPort"] == "3389" &&
          equals_fold(fact.values["Initiated"], "false"))
        found = &fact;
    for (const Fact& fact : book_.between(FactKind::session, first, time))
      if (fact.event_id == 1149 || fact.event_id == 25 || fact.event_id == 131) found = &fact;
    return found;
  }

  /// SharpRDP connects, types into the dialog Run and goes: what was typed stays in RunMRU.
  void typed_commands() {
    std::optional<Finding> open;
    for (const Fact& fact : book_.facts(FactKind::registry)) {
      if (fact.event_id != 13 || !contains_fold(fact.subject, "\\Explorer\\RunMRU\\") ||
          ends_with_fold(fact.subject, "\\MRUList"))
        continue;
      const Fact* connection = connection_before(fact.time);
      if (connection == nullptr) continue;
      const std::string_view source = connection->values["SourceIp"].empty()
                                          ? connection->values["Param3"]
                                          : connection->values["SourceIp"];
      if (!open)
        open = new_finding("rdp.typed_commands",
                           "Commands were typed at once after a connection of remote desktop",
                           text_of(source) + at(connection->time), {"T1021.001", "T1059"});
      if (open->why.size() >= kMaxWhy) continue;
      std::string command{fact.values["Details"]};
      if (command.ends_with("\\1")) command.resize(command.size() - 2);
      open->why.push_back({"'" + command + "' was typed into the dialog Run" + at(fact.time) +
                               ", after a connection from " + text_of(source) +
                               at(connection->time) + ".",
                           open->why.empty()       ? 40
                           : open->why.size() == 1 ? 20
                                                   : 0,
                           Family::time,
                           {fact.record, connection->record}});
    }
    if (!open) return;
    open->benign = {"A user who connects and types a command quickly leaves the same."};
    open->not_checked = {"Whether a human typed: SharpRDP does it within seconds, and often."};
    report(std::move(*open));
  }

  /// What a remote session wrote into this user's Startup folder over a drive that was shared.
  void files() {
    for (const Fact& fact : book_.facts(FactKind::file)) {
      if (fact.event_id != 11 || !equals_fold(file_name(fact.values["Image"]), "mstsc.exe") ||
          !contains_fold(fact.subject, "\\Startup\\"))
        continue;
      Finding finding = new_finding("rdp.file_from_session",
                                    "A remote session put a program into a Startup folder here",
                                    fact.subject, {"T1021.001", "T1547.001"});
      finding.why.push_back({"The client of remote desktop wrote " + fact.subject + at(fact.time) +
                                 ": the host at the other end did that over a shared drive "
                                 "(\\\\tsclient).",
                             60,
                             Family::location,
                             {fact.record}});
      report(std::move(finding));
    }
  }

  const FactBook& book_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> judge_rdp_traces(const FactBook& book) { return Traces{book}.judge(); }

}  // namespace hozen
