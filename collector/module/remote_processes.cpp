// Programs that WMI, DCOM and WinRM started for other hosts, for remote_action.h. wmiexec and
// dcomexec of Impacket write what a command prints to \\127.0.0.1\ADMIN$\__<number>
// (fortra/impacket, examples/wmiexec.py); WMIEXEC.vbs to C:\Windows\Temp\wmi.dll (JPCERT/CC).
#include <algorithm>
#include <map>
#include <set>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_action.h"
#include "collector/module/remote_tools.h"

namespace hozen {
namespace {

using lateral::at;
using lateral::kMinute;
using lateral::text_of;

/// `cmd.exe /Q /c cd \ 1> \\127.0.0.1\ADMIN$\__1700000000.5 2>&1`, to the letter, of any share:
/// wmiexec and dcomexec, and hardly anybody else.
bool is_output_of_exec(std::string_view command) {
  constexpr std::string_view kHost = "1> \\\\127.0.0.1\\";
  const std::size_t host = command.find(kHost);
  if (host == std::string_view::npos) return false;
  command.remove_prefix(host + kHost.size());
  const std::size_t file = command.find("\\__");
  if (file == std::string_view::npos || command.find(' ') < file) return false;
  command.remove_prefix(file + 3);
  const std::size_t end = command.find_first_not_of("0123456789.");
  return end != 0 && end != std::string_view::npos && command.front() != '.' &&
         command.substr(end).starts_with(" 2>&1");
}

bool is_output_to_admin_share(std::string_view command) {
  return contains_fold(command, "\\ADMIN$\\__") ||
         contains_fold(command, "\\windows\\temp\\wmi.dll") || is_output_of_exec(command);
}

std::string command_of(const Fact& fact) {
  const std::string_view command = fact.values["CommandLine"];
  return command.empty() ? fact.subject : text_of(command);
}
/// In whose name a program runs, and in which logon session.
struct Runner {
  std::string account{}, session{};
  bool is_session_told = false;  ///< false: the session is of what started it, perhaps another's
};

/// Sysmon tells of the program itself; Security of what started it (Subject) and, since Windows 10,
/// of the program where that is another (Target; Microsoft, event 4688, versions 1 and 2).
Runner runner_of(const Fact& fact) {
  const FactValues& values = fact.values;
  if (!values["User"].empty()) return {text_of(values["User"]), text_of(values["LogonId"]), true};
  const std::string_view target = values["TargetLogonId"];
  if (!target.empty() && target != "0x0")
    return {lateral::account_of(values["TargetDomainName"], values["TargetUserName"]),
            text_of(target), true};
  return {lateral::account_of(values["SubjectDomainName"], values["SubjectUserName"]),
          text_of(values["SubjectLogonId"]), !target.empty()};
}

bool is_computer(std::string_view account) { return account.ends_with('$'); }

/// SYSTEM, LOCAL SERVICE and NETWORK SERVICE (Microsoft, LUIDs of ntifs.h).
bool is_session_of_windows(std::string_view session) {
  return session == "0x3e7" || session == "0x3e5" || session == "0x3e4";
}

/// By its token: WMI for another host works in the name of who asked.
bool is_system(const Runner& runner) { return runner.is_session_told && runner.session == "0x3e7"; }

bool is_over_network(const Fact& logon) {
  return logon.values["LogonType"] == "3" || logon.values["LogonType"] == "8";
}

/// `command`: nothing tells what started it, but its command does.
enum class Way : std::uint8_t { none, wmi, script_consumer, dcom, winrm, command };

struct Started {
  Way way = Way::none;
  std::string parent;
};

class Processes {
 public:
  explicit Processes(const FactBook& book) : book_{book}, logons_{book} {}

  std::vector<RemoteAction> find() {
    for (const Fact& fact : book_.facts(FactKind::process)) add(fact);
    remoting();
    for (const Fact& fact : book_.facts(FactKind::wmi)) note_own_host(fact);
    for (const Fact& fact : book_.facts(FactKind::wmi)) query(fact);
    for (auto& [key, action] : grouped_) found_.push_back(std::move(action));
    std::stable_sort(
        found_.begin(), found_.end(),
        [](const RemoteAction& a, const RemoteAction& b) { return a.first < b.first; });
    return std::move(found_);
  }

 private:
  /// Windows 7 tells the number of the parent only: what WmiPrvSE.exe had last.
  void remember_host(const Fact& fact) {
    constexpr std::string_view kHosts[] = {"WmiPrvSE.exe", "wsmprovhost.exe", "winrshost.exe",
                                           "mmc.exe", "scrcons.exe"};
    const std::string_view name = lateral::one_of_names(fact.subject, kHosts);
    const std::string id{fact.values["NewProcessId"]};
    if (id.empty()) return;
    if (name.empty())
      hosts_.erase(id);
    else
      hosts_[id] = fact.subject;
  }

  Started started_by(const Fact& fact) const {
    std::string parent{fact.values["ParentImage"].empty() ? fact.values["ParentProcessName"]
                                                          : fact.values["ParentImage"]};
    const auto known = hosts_.find(text_of(fact.values["ProcessId"]));
    if (parent.empty() && fact.event_id == 4688 && known != hosts_.end()) parent = known->second;
    const std::string_view name = lateral::file_name(parent);
    if (equals_fold(name, "WmiPrvSE.exe")) return {Way::wmi, parent};
    if (equals_fold(name, "scrcons.exe")) return {Way::script_consumer, parent};
    if (equals_fold(name, "wsmprovhost.exe") || equals_fold(name, "winrshost.exe"))
      return {Way::winrm, parent};
    constexpr std::string_view kServers[] = {"mmc.exe",     "excel.exe",    "winword.exe",
                                             "outlook.exe", "powerpnt.exe", "visio.exe",
                                             "explorer.exe"};
    const bool embedded = contains_fold(fact.values["ParentCommandLine"], "-Embedding");
    if (!lateral::one_of_names(parent, kServers).empty() &&
        (embedded || is_output_to_admin_share(fact.values["CommandLine"])))
      return {Way::dcom, parent};
    if (is_output_of_exec(fact.values["CommandLine"])) return {Way::command, parent};
    return {};
  }

  void add(const Fact& fact) {
    const Started started = started_by(fact);
    remember_host(fact);
    constexpr std::string_view kWindowsOwn[] = {"conhost.exe", "WerFault.exe", "WmiApSrv.exe",
                                                "wsmprovhost.exe", "winrshost.exe"};
    if (started.way == Way::none || !lateral::one_of_names(fact.subject, kWindowsOwn).empty())
      return;
    const Runner runner = runner_of(fact);
    const Fact* logon = logon_of(runner, fact);
    std::string key = std::to_string(static_cast<int>(started.way)) + fold_case(runner.account);
    if (logon != nullptr)
      key += is_over_network(*logon)
                 ? " from " + text_of(lateral::plain_address(logon->values["IpAddress"]))
                 : " here";
    auto open = grouped_.find(key);
    if (open != grouped_.end() && lateral::apart(open->second.last, fact.time) > 10 * kMinute) {
      if (found_.size() < kMaxActions) found_.push_back(std::move(open->second));
      grouped_.erase(open);
      open = grouped_.end();
    }
    if (open == grouped_.end())
      open = grouped_.emplace(key, new_action(started, runner.account)).first;
    tell_process(open->second, {started, runner, logon}, fact);
  }

  static RemoteAction new_action(const Started& started, const std::string& account) {
    RemoteAction action{"", ""};
    action.name = lateral::file_name(started.parent);
    action.account = account;
    switch (started.way) {
      case Way::winrm:
        action.rule = "winrm";
        action.title = "A program was run through WinRM or a remote PowerShell";
        action.attack = {"T1021.006"};
        action.benign = {"Administrators and management tools work so."};
        break;
      case Way::dcom:
        action.rule = "dcom";
        action.title = "A program was started by another that serves COM";
        action.attack = {"T1021.003"};
        action.benign = {"Add-ins, and programs on this host that drive Office or a console."};
        break;
      case Way::command:
        action.rule = "wmi_command";
        action.title = "A command was run as wmiexec and dcomexec do";
        action.attack = {"T1047"};
        if (started.parent.empty())
          action.missing = {"What started it: the event names no parent, and none is known."};
        break;
      case Way::script_consumer:
        action.rule = "wmi_script_consumer";
        action.title = "A script in a subscription of WMI started a program";
        action.attack = {"T1546.003"};
        break;
      default:
        action.rule = "wmi_process";
        action.title = "A program was started through WMI";
        action.attack = {"T1047"};
        action.benign = {"Management tools, and `wmic process call create` on this host itself."};
    }
    return action;
  }

  struct Run {
    const Started& started;
    const Runner& runner;
    const Fact* logon;  ///< of its session; nullptr when none is told
  };

  void tell_process(RemoteAction& action, const Run& run, const Fact& fact) {
    const Started& started = run.started;
    const std::string command = command_of(fact);
    const bool telling = is_telling_child(fact.subject);
    const bool first = action.why.empty();
    const bool by_agent = started.way == Way::wmi && run.logon == nullptr && is_system(run.runner);
    const bool stronger = telling && !told_.contains(action.rule + action.account);
    int weight = 0;
    if (first && started.way != Way::command)
      weight = started.way == Way::script_consumer ? 50 : 20;
    if (first && started.way == Way::dcom && lateral::file_name(started.parent).front() != 'e' &&
        !contains_fold(started.parent, "explorer"))
      weight = 40;
    if (telling && (first || stronger) && !contains_fold(started.parent, "explorer")) {
      weight += by_agent ? 10 : 20;
      told_.insert(action.rule + action.account);
    }
    if (action.command.empty() || (telling && first)) action.command = command;
    if (action.name.empty()) action.name = lateral::file_name(fact.subject);
    action.tell(fact,
                (started.parent.empty() ? "" : started.parent + " started ") + fact.subject +
                    (started.parent.empty() ? " was started" : "") + at(fact.time) +
                    (action.account.empty() ? "" : " as " + action.account) + ": " + command,
                weight, Family::command_line);
    if (is_output_to_admin_share(command) && action.rule.find("exec") == std::string::npos) {
      action.rule += "_exec";
      action.command = command;
      action.attack.emplace_back("T1021.002");
      action.tell(fact,
                  "What it prints goes to a file that is fetched over the network, as wmiexec "
                  "and its kin do.",
                  50, Family::content);
    }
    if (run.logon != nullptr)
      tell_session(action, *run.logon, first);
    else if (first)
      tell_no_session(action, run.runner, fact, by_agent);
  }

  const Fact* logon_of(const Runner& runner, const Fact& fact) const {
    if (is_session_of_windows(runner.session)) return nullptr;
    // WMI works in the name of the computer; who asked stands in the logon.
    return logons_.logon_of(
        runner.session, fact.time,
        is_computer(runner.account) ? std::string_view{} : std::string_view{runner.account});
  }

  static void tell_session(RemoteAction& action, const Fact& logon, bool first) {
    const bool network = is_over_network(logon);
    const std::string_view address = lateral::plain_address(logon.values["IpAddress"]);
    const bool loopback = !address.empty() && lateral::is_local_address(address);
    if (first && network && !loopback) {
      action.address = address;
      action.host = logon.values["WorkstationName"];
    }
    // WMI works in the name of the computer; who asked stands in the logon.
    if (first && is_computer(action.account))
      action.account = lateral::account_of(logon.values["TargetDomainName"], logon.subject);
    action.tell(logon, lateral::logon_text(logon) + ", the session it ran in.",
                first && network && !loopback ? 20 : 0, Family::location);
  }

  /// The sessions that it may have been, which are nobody's proof.
  void tell_no_session(RemoteAction& action, const Runner& runner, const Fact& fact,
                       bool by_agent) const {
    if (by_agent)
      action.benign.insert(action.benign.begin(),
                           "Agents that manage hosts (Configuration Manager and its like) run "
                           "programs so, as SYSTEM "
                           "through WMI of this host itself: does the command belong to one?");
    action.missing.push_back("Where it came from: " + guess(action, runner, fact) +
                             lateral::not_kept(book_, {FactKind::logon}));
  }

  /// Tells logons that may be of it, where nothing speaks against that. Returns what is missing.
  std::string guess(RemoteAction& action, const Runner& runner, const Fact& fact) const {
    const bool of_windows = is_session_of_windows(runner.session);
    if (runner.is_session_told && of_windows)
      return "it ran in a session of Windows itself, which does not tell who asked for it.";
    if (!runner.session.empty() && !of_windows)
      return "no logon (Security 4624) of its session, " + runner.session +
             ", is told. It may have come from this host itself.";
    auto logons = lateral::logons_before(book_, fact.time);
    if (!runner.account.empty() && !is_computer(runner.account))
      std::erase_if(logons, [&](const Fact* logon) {
        return !lateral::same_user(logon->subject, runner.account);
      });
    const bool one_source = std::all_of(logons.begin(), logons.end(), [&](const Fact* logon) {
      return lateral::plain_address(logon->values["IpAddress"]) ==
             lateral::plain_address(logons.front()->values["IpAddress"]);
    });
    for (const Fact* logon : logons)
      action.tell(*logon, lateral::perhaps_text(logons), one_source ? 20 : 0, Family::location);
    return logons.empty()
               ? "no logon of type 3 (Security 4624) is told for it. It may have come from this "
                 "host itself."
               : "no event tells in which session it ran. It may have come from this host itself.";
  }

  /// 91, 168, 169: somebody used WinRM of this host; 6: somebody here used another's; 400: a
  /// remote PowerShell.
  void remoting() {
    for (const Fact& fact : book_.facts(FactKind::remoting)) {
      const bool outbound = fact.event_id == 6;
      std::string who{fact.values["username"]};
      if (outbound) who = fact.values["connection"];
      if (who.empty()) who = outbound ? "another host" : "A user";
      const std::string key = (outbound ? "to " : "from ") + fold_case(who);
      auto open = sessions_.find(key);
      if (open == sessions_.end()) {
        if (sessions_.size() >= kMaxActions) continue;
        RemoteAction action{
            outbound ? "winrm_used_from_here" : "winrm_session",
            outbound ? "WinRM of another host was used from here" : "WinRM of this host was used"};
        action.name = who;
        action.attack = {"T1021.006"};
        action.benign = {
            "Administrators and management tools work so; so do servers that collect "
            "events."};
        if (!outbound)
          action.missing = {
              "What was run: Microsoft-Windows-PowerShell/Operational 4104 and "
              "processes below wsmprovhost.exe and winrshost.exe tell."};
        open = sessions_.emplace(key, std::move(action)).first;
      }
      const std::string what =
          outbound              ? "A session to " + who + " was made"
          : fact.event_id == 91 ? "A shell (" + text_of(fact.values["resourceUri"]) + ") was made"
          : fact.event_id == 400
              ? std::string{"A PowerShell was started for another host"}
              : who + " was authenticated" +
                    (fact.values["authenticationMechanism"].empty()
                         ? ""
                         : " with " + text_of(fact.values["authenticationMechanism"]));
      open->second.tell(fact,
                        what + at(fact.time) + " (event " + std::to_string(fact.event_id) + ").",
                        open->second.why.empty() ? 20 : 0, Family::content);
    }
    for (auto& [key, action] : sessions_) found_.push_back(std::move(action));
  }

  void note_own_host(const Fact& fact) {
    if (starts_with_fold(fact.values["User"], "NT AUTHORITY\\"))
      own_.insert(fold_case(fact.values["ClientMachine"]));
  }

  /// 5858 and 5860 name the host that asked. Its own names are those from which Windows' own
  /// accounts ask: hosts are renamed.
  void query(const Fact& fact) {
    const std::string host{fact.values["ClientMachine"]};
    if (host.empty() || own_.empty() || own_.contains(fold_case(host))) return;
    const std::string key = "query " + fold_case(host) + fold_case(fact.values["User"]);
    if (!grouped_.contains(key) && grouped_.size() >= kMaxActions) return;
    RemoteAction& action = grouped_[key];
    const std::string_view operation =
        fact.values["Operation"].empty() ? fact.values["Query"] : fact.values["Operation"];
    const bool starts =
        contains_fold(operation, "Win32_Process") && contains_fold(operation, "Create");
    if (action.rule.empty()) {
      action.rule = "wmi_asked";
      action.title = "Another host asked WMI of this one";
      action.name = action.host = host;
      action.account = fact.values["User"];
      action.attack = {"T1047"};
      action.benign = {"Inventory and monitoring ask WMI over the network."};
      action.missing = {
          "Requests that succeeded: Windows writes only those that failed, and "
          "subscriptions."};
    }
    action.tell(fact,
                text_of(fact.values["User"]) + " asked from " + host + at(fact.time) + ": " +
                    text_of(operation),
                starts               ? 45
                : action.why.empty() ? 25
                                     : 0,
                Family::content);
  }

  const FactBook& book_;
  lateral::LogonSessions logons_;
  std::map<std::string, std::string> hosts_;  // by process number
  std::map<std::string, RemoteAction> grouped_, sessions_;
  std::set<std::string> told_, own_;
  std::vector<RemoteAction> found_;
};

}  // namespace

std::vector<RemoteAction> find_remote_processes(const FactBook& book) {
  return Processes{book}.find();
}

}  // namespace hozen
