// Tasks of remote_action.h. atexec of Impacket: a task of eight letters that runs
// `cmd.exe /C command > %windir%\Temp\name.tmp 2>&1`, deleted at once, its output fetched over
// ADMIN$ (fortra/impacket, examples/atexec.py).
#include <algorithm>
#include <map>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_action.h"
#include "collector/module/remote_tools.h"

namespace hozen {

namespace {

using lateral::at;
using lateral::text_of;
constexpr std::uint64_t kSoon = 10 * lateral::kMinute;

/// "AbCdEfGh.tmp" and nothing more of a name.
bool is_output_name(std::string_view name) {
  return name.size() == 12 && ends_with_fold(name, ".tmp") &&
         std::all_of(name.begin(), name.end() - 4,
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

/// "CYAlyNSS" of `cmd.exe /C tasklist > %windir%\Temp\CYAlyNSS.tmp 2>&1`, where what it prints goes
/// into such a file of the folder Temp of Windows; "" for other commands.
std::string_view output_of_atexec(std::string_view command) {
  constexpr std::string_view kFolders[] = {"%windir%\\Temp\\", "%SystemRoot%\\Temp\\",
                                           "C:\\Windows\\Temp\\"};
  for (std::size_t at = command.find('>'); at != std::string_view::npos;
       at = command.find('>', at + 1)) {
    std::string_view target = trim(command.substr(at + 1));
    if (target.starts_with('"')) target.remove_prefix(1);
    for (const std::string_view folder : kFolders)
      if (starts_with_fold(target, folder)) {
        std::string_view name = target.substr(folder.size());
        name = name.substr(0, name.find_first_of("\" \t>&|)"));
        if (is_output_name(name)) return name.substr(0, 8);
      }
  }
  return {};
}

bool is_atexec(std::string_view command) {
  const std::string stem = image_stem(command.substr(0, command.find_first_of(" /")));
  return (stem == "CMD" || stem == "%COMSPEC%") && !output_of_atexec(command).empty();
}

std::string_view parent_of(const Fact& process) {
  const std::string_view parent = process.values["ParentImage"];
  return parent.empty() ? process.values["ParentProcessName"] : parent;
}

/// What the service that runs tasks may be in, or nobody that is told.
bool is_by_scheduler(const Fact& process) {
  constexpr std::string_view kHosts[] = {"svchost.exe", "taskeng.exe"};
  const std::string_view parent = parent_of(process);
  return parent.empty() || !lateral::one_of_names(parent, kHosts).empty();
}

bool is_output_file(std::string_view name) {
  constexpr std::string_view kFolder = "Temp\\";
  return starts_with_fold(name, kFolder) && is_output_name(name.substr(kFolder.size()));
}

bool is_odd_place(std::string_view command) {
  constexpr std::string_view kPlaces[] = {
      "\\Windows\\Temp\\", "%windir%\\Temp\\", "\\AppData\\",
      "\\Users\\Public\\", "%TEMP%",           "\\ProgramData\\"};
  return std::any_of(std::begin(kPlaces), std::end(kPlaces),
                     [&](std::string_view place) { return contains_fold(command, place); });
}

class Tasks {
 public:
  explicit Tasks(const FactBook& book) : book_{book}, sessions_{book} {}

  std::vector<RemoteAction> find() {
    for (const Fact& fact : book_.facts(FactKind::task)) {
      const std::string key = fold_case(fact.subject);
      if (fact.event_id == 4698 || fact.event_id == 106) made(open_[key], fact);
      if (fact.event_id == 4699 || fact.event_id == 141) deleted(key, fact);
      if (open_.size() > kMaxActions) close_all();
    }
    close_all();
    for (const Fact& fact : book_.facts(FactKind::process)) ran(fact);
    outputs();
    std::stable_sort(
        found_.begin(), found_.end(),
        [](const RemoteAction& a, const RemoteAction& b) { return a.first < b.first; });
    return std::move(found_);
  }

 private:
  struct Task {
    std::vector<const Fact*> facts{};
    std::string command{};
    bool is_deleted = false;
  };

  void close_all() {
    for (const auto& [key, task] : open_) close(task);
    open_.clear();
  }

  void made(Task& task, const Fact& fact) {
    const bool again = !task.facts.empty() &&
                       lateral::apart(task.facts.front()->time, fact.time) > lateral::kMinute;
    if (again || task.is_deleted) {
      close(task);
      task = {};
    }
    add(task, fact);
  }

  static void add(Task& task, const Fact& fact) {
    if (task.facts.size() < kMaxWhy) task.facts.push_back(&fact);
    if (!task.command.empty()) return;
    task.command = fact.values["Command"];
    if (!fact.values["Arguments"].empty()) task.command += " " + text_of(fact.values["Arguments"]);
  }

  void deleted(const std::string& key, const Fact& fact) {
    Task& task = open_[key];
    if (!task.facts.empty() && lateral::apart(task.facts.front()->time, fact.time) > kSoon) {
      close(task);
      task = {};
    }
    // Of a task that was made long ago the deletion alone says nothing.
    if (task.facts.empty()) return void(open_.erase(key));
    add(task, fact);
    task.is_deleted = true;
  }

  /// The logon over the network whose session made the task.
  const Fact* network_logon(const Task& task) const {
    for (const Fact* fact : task.facts) {
      const Fact* logon = sessions_.logon_of(fact->values["SubjectLogonId"], fact->time,
                                             fact->values["SubjectUserName"]);
      if (logon != nullptr && logon->values["LogonType"] == "3") return logon;
    }
    return nullptr;
  }
  /// The pipe of the task scheduler, opened just before in the same session, or by the same account
  /// from the same `source`, an address.
  const Fact* pipe_before(const Fact& made, std::string_view source) const {
    const std::string_view session = made.values["SubjectLogonId"];
    const Fact* found = nullptr;
    for (const Fact& fact :
         book_.between(FactKind::share, lateral::earlier(made.time, lateral::kMinute), made.time)) {
      const std::string_view address = lateral::plain_address(fact.values["IpAddress"]);
      if (!equals_fold(fact.subject, "atsvc") || lateral::is_refused(fact) ||
          lateral::is_local_address(address) ||
          !lateral::same_user(fact.values["SubjectUserName"], made.values["SubjectUserName"]))
        continue;
      if (address == source || (!session.empty() && fact.values["SubjectLogonId"] == session))
        found = &fact;
    }
    return found;
  }

  void close(const Task& task) {
    if (task.facts.empty() || found_.size() >= kMaxActions) return;
    const Fact& first = *task.facts.front();
    const Fact* logon = network_logon(task);
    const Fact* pipe =
        pipe_before(first, logon == nullptr ? std::string_view{}
                                            : lateral::plain_address(logon->values["IpAddress"]));
    const bool atexec = is_atexec(task.command);
    const bool remote = logon != nullptr || pipe != nullptr;
    const bool windows = starts_with_fold(first.subject, "\\Microsoft\\");
    const bool odd = is_odd_place(task.command) || is_telling_child(first.values["Command"]);
    if (!atexec && !remote && (windows || !task.is_deleted || !odd)) return;
    RemoteAction action{atexec   ? "task_atexec"
                        : remote ? "task_from_afar"
                                 : "task_run_once",
                        atexec   ? "A command was run through a task, as atexec does"
                        : remote ? "A task was made over the network"
                                 : "A task was made, and deleted at once"};
    action.name = first.subject;
    action.command = task.command;
    action.account =
        lateral::account_of(first.values["SubjectDomainName"], first.values["SubjectUserName"]);
    if (action.account.empty()) action.account = first.values["UserContext"];
    tell_task(action, task, atexec, odd);
    if (logon != nullptr) {
      action.address = lateral::plain_address(logon->values["IpAddress"]);
      action.host = logon->values["WorkstationName"];
      action.tell(
          *logon,
          "The task was made in a session over the network: " + lateral::logon_text(*logon) + ".",
          20, Family::location);
    }
    if (pipe != nullptr) {
      if (action.address.empty())
        action.address = lateral::plain_address(pipe->values["IpAddress"]);
      action.tell(*pipe,
                  "The pipe of the task scheduler (atsvc) was opened from " +
                      text_of(pipe->values["IpAddress"]) + at(pipe->time) + ".",
                  20, Family::location);
    }
    if (!remote)
      action.missing.push_back(
          std::string{"Where it came from: no logon and no opened pipe (Security 4624, "} +
          "5145) is told of its session; they may not be audited." +
          lateral::not_kept(book_, {FactKind::logon, FactKind::share}));
    action.first = first.time;
    action.attack = {"T1053.005"};
    if (remote) action.attack.emplace_back("T1021.002");
    action.benign = {"Installers and management tools make tasks for one run and delete them."};
    found_.push_back(std::move(action));
  }

  static void tell_task(RemoteAction& action, const Task& task, bool atexec, bool odd) {
    bool first = true;
    for (const Fact* fact : task.facts) {
      const bool made = fact->event_id == 4698 || fact->event_id == 106;
      // Two logs may tell a deletion; it counts once, and only when it came at once.
      const bool soon = fact->event_id == 4699 &&
                        lateral::apart(fact->time, task.facts.front()->time) <= lateral::kMinute;
      const std::string who = action.account.empty() ? "" : " by " + action.account;
      action.tell(*fact,
                  "The task " + fact->subject + (made ? " was made" : " was deleted") + who +
                      at(fact->time) +
                      (made && !task.command.empty() ? ", to run: " + task.command : "") +
                      " (event " + std::to_string(fact->event_id) + ").",
                  first           ? 20
                  : made || !soon ? 0
                                  : 10,
                  Family::content);
      first = false;
    }
    const Fact& fact = *task.facts.front();
    if (atexec)
      action.tell(fact,
                  "Its command puts what it prints into a file of the folder Temp of "
                  "Windows, as atexec of Impacket does.",
                  50, Family::command_line);
    else if (odd)
      action.tell(fact, "It runs a shell or a file of a folder that everybody may write to.", 15,
                  Family::command_line);
  }

  /// What is told of a task of that name within these minutes; nullptr for nothing.
  RemoteAction* told_of(std::string_view task, FileTime time) {
    const auto known = std::find_if(found_.begin(), found_.end(), [&](const RemoteAction& one) {
      return equals_fold(one.name, task) && lateral::apart(one.last, time) <= kSoon;
    });
    return known == found_.end() ? nullptr : &*known;
  }

  /// What the service of tasks started, as atexec has it run: tasks may not be audited.
  void ran(const Fact& fact) {
    const std::string_view command = fact.values["CommandLine"];
    const std::string_view output = output_of_atexec(command);
    if (output.empty() || image_stem(fact.subject) != "CMD" || !is_by_scheduler(fact)) return;
    const std::string task = "\\" + text_of(output);
    RemoteAction* action = told_of(task, fact.time);
    const bool is_new = action == nullptr;
    if (is_new) {
      if (found_.size() >= kMaxActions) return;
      action = &found_.emplace_back(
          RemoteAction{"task_atexec", "A command was run through a task, as atexec does"});
      action->name = task;
      action->command = command;
      action->attack = {"T1053.005"};
      action->missing = {
          "Who had it run, and from where: no event of the task (4698, 106) is told."};
    }
    const std::string parent{parent_of(fact)};
    action->tell(fact,
                 fact.subject + " was started" +
                     (parent.empty() ? "" : " by " + parent + ", which runs tasks among others,") +
                     at(fact.time) + ": " + text_of(command),
                 is_new && !parent.empty() ? 20 : 0, Family::location);
    if (is_new)
      action->tell(fact,
                   "Its command puts what it prints into a file of the folder Temp of Windows, as "
                   "atexec of Impacket does.",
                   50, Family::command_line);
  }

  /// atexec without the events of tasks: it fetches its output over ADMIN$.
  void outputs() {
    for (const Fact& fact : book_.facts(FactKind::share)) {
      if (!is_output_file(fact.subject) || !contains_fold(fact.values["ShareName"], "ADMIN$"))
        continue;
      if (lateral::is_refused(fact)) {
        refused(fact);
        continue;
      }
      const std::string task = "\\" + fact.subject.substr(5, 8);
      RemoteAction* known = told_of(task, fact.time);
      const bool is_new = known == nullptr;
      if (is_new && found_.size() >= kMaxActions) return;
      RemoteAction& action =
          is_new ? found_.emplace_back(RemoteAction{
                       "task_atexec", "A command was run through a task, as atexec does"})
                 : *known;
      action.tell(fact,
                  "Its output " + fact.subject + " was fetched over ADMIN$ from " +
                      text_of(fact.values["IpAddress"]) + at(fact.time) + ".",
                  is_new ? 50 : 0, Family::name);
      if (!is_new) {
        add_source(action, fact);
        continue;
      }
      action.name = task;
      action.account =
          lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
      action.address = lateral::plain_address(fact.values["IpAddress"]);
      action.attack = {"T1053.005", "T1021.002"};
      action.missing = {"What was run: no event of the task (4698, 106) is told."};
      if (const Fact* pipe = pipe_before(fact, action.address))
        action.tell(
            *pipe,
            "The pipe of the task scheduler (atsvc) was opened from there" + at(pipe->time) + ".",
            20, Family::location);
    }
  }

  /// Of one that only its process told: who fetched what it printed.
  static void add_source(RemoteAction& action, const Fact& share) {
    if (!action.account.empty() || !action.address.empty()) return;
    action.account =
        lateral::account_of(share.values["SubjectDomainName"], share.values["SubjectUserName"]);
    action.address = lateral::plain_address(share.values["IpAddress"]);
    action.attack.emplace_back("T1021.002");
    action.missing = {"Who made the task: no event of it (4698, 106) is told."};
  }

  void refused(const Fact& fact) {
    if (found_.size() >= kMaxActions) return;
    RemoteAction& action = found_.emplace_back(RemoteAction{
        "task_output_refused", "Another host was refused a file as atexec fetches it"});
    action.name = fact.subject;
    action.account =
        lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
    action.address = lateral::plain_address(fact.values["IpAddress"]);
    action.attack = {"T1021.002"};
    action.missing = {"Whether anything was run: no event of a task is joined to it."};
    action.tell(fact,
                action.account + " asked for " + fact.subject + " over ADMIN$ from " +
                    action.address + at(fact.time) + ", and was refused.",
                20, Family::name);
  }

  const FactBook& book_;
  lateral::LogonSessions sessions_;
  std::map<std::string, Task> open_;
  std::vector<RemoteAction> found_;
};

}  // namespace

std::vector<RemoteAction> find_remote_tasks(const FactBook& book) { return Tasks{book}.find(); }

}  // namespace hozen
