// What a task starts, when and as whom; and the finding over all rules.
#include <algorithm>
#include <iterator>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/asep_advice.h"
#include "collector/module/task_rules.h"
#include "collector/module/task_target_rules.h"

namespace hozen {
namespace {

/// Letters of the names that atexec.py of Impacket makes up.
constexpr std::size_t kRandomNameLetters = 8;
constexpr std::size_t kMaxQuotedText = 200;

/// Commands of tools that read credentials, as they stand in arguments.
constexpr std::string_view kCredentialCommands[] = {
    "sekurlsa::",  "lsadump::", "kerberos::",   "privilege::debug", "token::elevate",
    "vault::cred", "dpapi::",   "crypto::cert", "misc::memssp"};

std::string quote(std::string_view text) {
  std::string shown = printable(text);
  if (shown.size() > kMaxQuotedText) {
    std::size_t end = kMaxQuotedText;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
    shown = shown.substr(0, end) + "…";
  }
  return "'" + shown + "'";
}

bool is_letters(std::string_view text) {
  return text.size() == kRandomNameLetters && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

/// The file of "cmd.exe /C … > %windir%\Temp\NAME.tmp 2>&1", without its extension.
std::string_view atexec_output(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  if (lower.find("cmd") == std::string::npos || lower.find("/c ") == std::string::npos) return {};
  if (!trim(lower).ends_with("2>&1")) return {};
  const auto folder = lower.rfind("\\temp\\");
  const auto end = lower.rfind(".tmp");
  constexpr std::size_t kFolder = 6;
  if (folder == std::string::npos || end == std::string::npos || end < folder + kFolder) return {};
  if (lower.rfind('>', folder) == std::string::npos) return {};
  return text.substr(folder + kFolder, end - folder - kFolder);
}

/// In the text of a target that cmd.exe runs carets only stand before characters to take as such.
std::string without_carets(const TaskTarget& target) {
  std::string text = target.text;
  const auto& hosts = target.command.hosts;
  if (std::any_of(hosts.begin(), hosts.end(),
                  [](const HostProgram& host) { return host.name == "cmd.exe"; }))
    std::erase(text, '^');
  return text;
}

void judge_atexec(const TaskCase& one, std::vector<RuleHit>& hits) {
  for (const auto& target : one.task->targets) {
    const std::string text = without_carets(target);
    const std::string_view output = atexec_output(text);
    if (!is_letters(output)) continue;
    const bool named = is_letters(one.task->name()) && one.task->path.rfind('\\') == 0;
    hits.push_back(
        {"remote_command",
         "Task as atexec makes it to run a command from afar",
         {"The task writes the output of " + quote(target.text) + " to a file of eight letters" +
              (named ? ", and is itself named by eight letters." : "."),
          named ? 70 : 40,
          Family::command_line,
          {}},
         "T1053.005"});
    return;
  }
}

void judge_credentials(const TaskCase& one, std::vector<RuleHit>& hits) {
  for (const auto& target : one.task->targets) {
    const std::string lower = to_lower_ascii(without_carets(target) + ' ' + target.command.decoded);
    const auto* found =
        std::find_if(std::begin(kCredentialCommands), std::end(kCredentialCommands),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
    std::string what;
    if (found != std::end(kCredentialCommands)) {
      what = "names " + quote(*found) + ", a command of a tool that reads credentials";
    } else if (lower.find("procdump") != std::string::npos &&
               lower.find("lsass") != std::string::npos) {
      what = "dumps the memory of lsass.exe";
    } else if (target.command.has_flag(command_flag::kMemoryDump)) {
      what = "calls comsvcs.dll to dump the memory of a process";
    } else {
      continue;
    }
    hits.push_back(
        {"credential_tool",
         "Task that reads credentials",
         {"The action " + quote(target.text) + " " + what + ".", 60, Family::command_line, {}},
         "T1003"});
    return;
  }
}

void judge_hidden(const TaskCase& one, std::vector<RuleHit>& hits) {
  if (!one.task->hidden()) return;
  hits.push_back(
      {"hidden_setting",
       "Task that asks to be hidden",
       {"The definition of " + quote(one.task->path) + " asks the Task Scheduler not to show it.",
        15,
        Family::registry_state,
        {}},
       "T1564",
       true});
}

void judge_at_job(const TaskCase& one, std::vector<RuleHit>& hits) {
  if (one.task->author() != "NetScheduleJobAdd") return;
  hits.push_back(
      {"at_job",
       "Job made by at.exe or from another machine",
       {"The author of " + quote(one.task->path) +
            " is NetScheduleJobAdd: it was made by at.exe, or through the same interface "
            "from another machine, and runs as SYSTEM.",
        25,
        Family::registry_state,
        {}},
       "T1053.002",
       true});
}

bool is_system(std::string_view user) { return sid_of_account(user) == "S-1-5-18"; }

bool has_proxy(const std::vector<RuleHit>& shared) {
  return std::any_of(shared.begin(), shared.end(),
                     [](const auto& hit) { return hit.rule == "proxy_execution"; });
}

/// A shell that is given commands, rather than the one script or program to start.
bool runs_inline(const ResolvedCommand& command, const EvidencePath& windows) {
  const bool shell =
      std::any_of(command.hosts.begin(), command.hosts.end(), [](const HostProgram& host) {
        return host.name == "cmd.exe" || host.name == "powershell.exe" || host.name == "pwsh.exe";
      });
  if (!shell) return false;
  if (!command.payload_path || !command.other_commands.empty()) return true;
  return command.payload_kind == "program" && is_windows_folder(*command.payload_path, windows);
}

void judge_shell(const TaskCase& one, const std::vector<RuleHit>& shared,
                 std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  const bool system = is_system(task.principal_user());
  if (has_proxy(shared) || (!system && task.run_level() != "HighestAvailable")) return;
  for (const auto& target : task.targets) {
    if (!runs_inline(target.command, one.windows)) continue;
    hits.push_back({"elevated_shell",
                    "Task that runs a shell command with high rights",
                    {"The task runs the command " + quote(target.text) +
                         (system ? " as SYSTEM." : " with the highest rights available."),
                     25,
                     Family::registry_state,
                     {}},
                    "T1053.005"});
    return;
  }
}

void judge_proxy(const TaskCase& one, const std::vector<RuleHit>& shared,
                 std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  const std::string user = task.principal_user();
  const bool system = is_system(user) || task.logon_type() == "S4U";
  if (!has_proxy(shared) || !system || task.run_level() != "HighestAvailable") return;
  hits.push_back({"elevated_proxy",
                  "Task that runs something through a Windows program with the highest rights",
                  {"The task runs as " + quote(user.empty() ? "S4U" : user) +
                       " with the highest rights available.",
                   15,
                   Family::registry_state,
                   {}},
                  "T1053.005",
                  true});
}

constexpr std::pair<std::string_view, Advice> kTaskAdvice[] = {
    {"no_security_descriptor",
     {"None is common: Windows writes SD with every task.",
      "Who changed the key at its last write; the program that the task starts; other tasks "
      "without SD."}},
    {"index_removed",
     {"None is common: Windows never writes 0.",
      "Who changed the key at its last write; the program that the task starts."}},
    {"descriptor_denies_reading",
     {"Security products protect their own tasks in this way.",
      "The owner in the descriptor; the program that the task starts."}},
    {"descriptor_unreadable",
     {"None is common: Windows writes SD with every task.",
      "The bytes of SD in the preserved hive; who changed the key at its last write."}},
    {"actions_unreadable",
     {"A form of the value that this program does not know yet.",
      "The bytes of Actions in the preserved hive beside the actions in the file."}},
    {"principal_differs",
     {"A program that changes the account of its task without the Task Scheduler.",
      "As whom the task ran: logons and task events at its times; the preserved file."}},
    {"enabled_differs",
     {"A task that was switched while its file could not be written.",
      "Task events of that path (140, 142); the times of file and key."}},
    {"id_removed",
     {"None is common: Windows writes Id with every task.",
      "Who changed the key at its last write; the program that the task starts."}},
    {"remnant",
     {"An upgrade of Windows, or a task that was being deleted.",
      "Deleted keys of that identifier in the preserved hive; task events."}},
    {"at_job",
     {"An administrator of this host who uses at.exe, on Windows up to 7.",
      "Logons from other machines shortly before the file was made; the program of the job."}},
    {"not_listed",
     {"A task that was registered between the two questions.",
      "The task's SD and Index in the record; who changed its key at its last write."}},
    {"ghost_entry",
     {"An upgrade of Windows, or a task that was being deleted.",
      "Deleted keys of that identifier in the hive; the task's file; task events of that path."}},
    {"orphaned_task",
     {"An upgrade of Windows, or a task that was being deleted.",
      "What the task starts; deleted keys below TaskCache\\Tree; task events of that path."}},
    {"path_differs",
     {"A task folder that was renamed by a program.", "Both paths; the last writes of both keys."}},
    {"file_missing",
     {"An upgrade of Windows keeps some tasks without their file.",
      "The actions in the record; deleted files of System32\\Tasks; task events of that path."}},
    {"not_registered",
     {"A task that was deleted while its file could not be; an upgrade of Windows.",
      "Task events of that path (106, 140, 141, 4698, 4699); the file's times."}},
    {"file_changed",
     {"A program or an administrator that edited the file by hand; restored files.",
      "The preserved file beside the actions in the registry; the times of both."}},
    {"actions_differ",
     {"None is common: the Task Scheduler writes both together.",
      "Both lists of actions in the record; who wrote the key at its last write."}},
    {"uri_differs",
     {"Tasks that were exported and imported under another name.",
      "The task of the path that the definition names."}},
    {"remote_command",
     {"Penetration tests and some administration tools use the same script.",
      "The output file in Windows\\Temp; network logons (4624 type 3) at the time of "
      "registration; task events 4698 and 4699."}},
    {"credential_tool",
     {"Penetration tests.",
      "The preserved program; the output file named in the arguments; logons "
      "with the accounts of this host since."}},
    {"short_repetition",
     {"Monitoring agents and synchronisation programs of one user.",
      "The preserved program's signature and hash; its connections."}},
    {"elevated_at_logon",
     {"Hardware tools and game launchers that need elevated rights.",
      "The preserved program's signature and hash."}},
    {"unknown_variable",
     {"Software of one user that sets itself up for every logon.",
      "The profile of the user that the task runs as; variables that are set for a moment only."}},
    {"borrowed_folder",
     {"Vendors of hardware sometimes put their tasks there.",
      "The preserved program; who registered the task (author, event 4698)."}},
    {"elevated_shell",
     {"Administrators keep small maintenance commands in tasks.",
      "What the command does; who registered the task (author, event 4698)."}},
    {"hidden_setting",
     {"Updaters and drivers hide their tasks as Windows does.",
      "The program that the task starts."}},
};

Advice advice_of(std::string_view rule) {
  const auto* found = std::find_if(std::begin(kTaskAdvice), std::end(kTaskAdvice),
                                   [&](const auto& one) { return one.first == rule; });
  return found == std::end(kTaskAdvice) ? advice_for(rule) : found->second;
}

void add_unique(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end())
    list.push_back(text);
}

/// The shared rules over every command; the exact action of a task of Windows is none of them.
std::vector<RuleHit> shared_hits(const TaskCase& one, std::vector<std::string>& not_checked) {
  std::vector<RuleHit> hits;
  if (one.task->known == TaskDefault::exact) return hits;
  const auto judge = [&](const ResolvedCommand& command, const FileInfo* file) {
    if (command.image.empty()) return;
    RuleInput input;
    input.command = &command;
    input.file = file;
    input.windows = one.windows;
    input.reference_time = one.reference_time;
    if (one.task->cache) input.written = one.task->cache->written;
    Assessment shared = assess_command(input);
    for (auto& hit : shared.hits) {
      const bool usual = one.task->known == TaskDefault::usual && hit.rule == "missing_target";
      const bool again = std::any_of(hits.begin(), hits.end(), [&](const RuleHit& known) {
        return known.rule == hit.rule && known.why.fact == hit.why.fact;
      });
      // credential_tool says the same of a task, and more.
      if (!usual && !again && hit.rule != "memory_dump") hits.push_back(std::move(hit));
    }
    for (const auto& text : shared.not_checked) add_unique(not_checked, text);
  };
  for (std::size_t i = 0; i < one.task->targets.size(); ++i) {
    const auto& command = one.task->targets[i].command;
    judge(command, i < one.files.size() && one.files[i] ? &*one.files[i] : nullptr);
    for (const auto& other : command.others) judge(other, nullptr);
  }
  return hits;
}

std::string subject_of(const ScheduledTask& task) {
  std::string subject = (task.installation.empty() ? "" : task.installation + ": ") + task.path;
  if (task.targets.empty()) return printable(subject);
  const auto& first = task.targets.front();
  const auto& path = first.command.target_path();
  return printable(subject + " -> " + (path ? path->text() : first.text.substr(0, kMaxQuotedText)));
}

const RuleHit& leading(const std::vector<RuleHit>& hits) {
  const auto rank = [](const RuleHit& hit) {
    return hit.rule == "missing_target" ? 0 : hit.why.weight;
  };
  return *std::max_element(hits.begin(), hits.end(),
                           [&](const RuleHit& a, const RuleHit& b) { return rank(a) < rank(b); });
}

}  // namespace

std::vector<RuleHit> behaviour_hits(const TaskCase& one) {
  std::vector<RuleHit> hits;
  if (one.task->known == TaskDefault::exact) return hits;
  judge_atexec(one, hits);
  judge_credentials(one, hits);
  judge_elevated_logon(one, hits);
  judge_borrowed_folder(one, hits);
  if (one.task->known != TaskDefault::no) return hits;
  judge_variable(one, hits);
  judge_repetition(one, hits);
  judge_hidden(one, hits);
  judge_at_job(one, hits);
  return hits;
}

std::optional<Finding> judge_task(const TaskCase& one) {
  Finding finding;
  std::vector<RuleHit> hits = registration_hits(one);
  for (auto& hit : behaviour_hits(one)) hits.push_back(std::move(hit));
  std::vector<RuleHit> shared = shared_hits(one, finding.not_checked);
  if (one.task->known == TaskDefault::no) {
    judge_shell(one, shared, hits);
    judge_proxy(one, shared, hits);
  }
  for (auto& hit : shared) hits.push_back(std::move(hit));
  if (hits.empty()) return {};
  const RuleHit& lead = leading(hits);
  finding.rule = "scheduled_tasks." + lead.rule;
  finding.title = lead.title;
  finding.subject = subject_of(*one.task);
  bool stands_alone = false;
  for (const auto& hit : hits) {
    finding.why.push_back(hit.why);
    finding.why.back().records = {one.record};
    add_unique(finding.attack, hit.attack);
    stands_alone = stands_alone || (hit.why.weight > 0 && !hit.innocent_unchecked);
  }
  add_unique(finding.attack, "T1053.005");
  finding.innocent_explanation_unchecked = !stands_alone;
  for (const auto& text : comparisons_left(one)) add_unique(finding.not_checked, text);
  const Advice advice = advice_of(lead.rule);
  finding.benign.emplace_back(advice.benign);
  finding.next.emplace_back(advice.next);
  if (score_of(finding) <= 0) return {};
  return finding;
}

}  // namespace hozen
