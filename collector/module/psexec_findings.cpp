#include "collector/module/psexec_findings.h"

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

std::string title_of(const RemoteUse& use) {
  const std::string tool{use.tool->name};
  if (use.is_doubtful) return "A pipe was called as those of PsExec's sessions are";
  if (use.renamed) return "PsExec was used under another name";
  return use.tool->name == "PsExec" ? "PsExec was used on this host"
                                    : "A program was run through a service (" + tool + ")";
}

std::string from_text(const RemoteUse& use) {
  std::string text;
  if (!use.account.empty()) text += " by " + use.account;
  if (!use.client.empty()) return text + " on this host itself";
  if (use.is_own)
    return text + " from a host called as this one, " + use.source_host +
           (use.source_address.empty() ? "" : " (" + use.source_address + ")");
  if (!use.source_host.empty()) text += " from " + use.source_host;
  if (!use.source_address.empty()) text += " (" + use.source_address + ")";
  return text;
}

std::vector<std::string> benign_of(const RemoteUse& use) {
  const std::string tool{use.tool->name};
  if (use.is_doubtful)
    return {"Programs that give the input and output of others through pipes may call them so."};
  if (use.tool->is_dual_use)
    return {!use.client.empty()
                ? "Administrators use " + tool +
                      ", to become SYSTEM or another account too: is the account one of theirs, "
                      "and the command their work?"
                : "Administrators and tools that distribute software use " + tool +
                      ": is the account one of theirs, the host it came from theirs, and the "
                      "command their work?"};
  if (use.is_ordinary)
    return {
        "If Windows starts it by itself it may be ordinary, as nothing shows that it came over the "
        "network: servers that build or watch are set up so with a batch file, and old drivers "
        "name a program of System32 without its folder. Is it part of a program that is installed "
        "here?"};
  return {};
}

std::vector<std::string> next_of(const RemoteUse& use) {
  const std::string after = "What was started, written and connected to after it on this host.";
  if (!use.client.empty())
    return {"What started " + use.client +
                " on this host, and who was logged on, in the minutes "
                "before it.",
            after};
  if (use.is_own)
    return {"Which program of this host asked for it: processes of the minutes before it.",
            use.source_address.empty()
                ? after
                : "Which host had the address " + use.source_address + " then."};
  if (use.is_ordinary)
    return {
        "What it is part of, and what installed it: installers and processes of the minutes "
        "before it."};
  const std::string& place = use.source_host.empty() ? use.source_address : use.source_host;
  if (!place.empty()) return {"The same minutes on the host it came from, " + place + ".", after};
  return {
      "Where it came from, which is not told: logons and processes of the minutes before it on "
      "this "
      "host, and what logs of the network tell.",
      after};
}

}  // namespace

Finding finding_of_use(const RemoteUse& use, const std::string& record) {
  Finding finding;
  finding.rule = use.tool->name == "PsExec" ? "psexec.use" : "psexec.clone_use";
  finding.title = title_of(use);
  finding.subject =
      use.service + (use.started.is_set() ? " at " + use.started.iso8601() : "") + from_text(use);
  finding.why = use.why;
  if (!finding.why.empty()) finding.why.front().records.push_back(record);
  finding.attack = {"T1569.002", "T1021.002"};
  if (!use.client.empty()) finding.attack = {"T1569.002"};
  if (use.renamed) finding.attack.emplace_back("T1036.003");
  if (use.tool->name.starts_with("getsystem")) finding.attack = {"T1569.002", "T1134.001"};
  finding.benign = benign_of(use);
  finding.not_checked = use.missing;
  finding.next = next_of(use);
  return finding;
}

Finding finding_of_start(const RemoteStart& start, const std::string& record) {
  const ClientCommand& command = start.command;
  const bool many = command.targets.size() > 1 || !command.target_file.empty();
  std::string against = (many ? "the hosts " : "the host ") + command.target();
  if (!command.target_file.empty())
    against = "the hosts that the file " + command.target_file + " lists";
  if (command.targets == std::vector<std::string>{"*"}) against = "all hosts of the domain";
  Finding finding;
  finding.rule = "psexec.used_from_here";
  finding.title = many ? "PsExec was started here to run something on several hosts"
                       : "PsExec was started here to run something on another host";
  finding.subject = command.target() + " at " + start.time.iso8601();
  finding.why.push_back({start.image + " was started at " + start.time.iso8601() +
                             (start.account.empty() ? "" : " by " + start.account) + " for " +
                             against +
                             (command.command.empty() ? "." : ", to run: " + command.command + "."),
                         30, Family::command_line, start.records});
  finding.why.front().records.push_back(record);
  if (start.renamed)
    finding.why.push_back({"Its version resource is that of PsExec, its file is called otherwise.",
                           40, Family::name, start.records});
  finding.attack = {"T1569.002", "T1021.002"};
  finding.benign = {"Administrators use it: is the account one of theirs?"};
  if (!command.target_file.empty())
    finding.not_checked = {"Against which hosts: " + command.target_file + " was not read."};
  finding.next = {"The same minutes on the other host: service, prefetch file, logons."};
  if (many) finding.next = {"The same minutes on the other hosts: service, prefetch file, logons."};
  return finding;
}

Finding finding_of_leftover(const RemoteLeftover& left) {
  const std::string tool{left.tool->name};
  const bool ran = !left.runs.empty() || left.runs_untimed != 0;
  Finding finding;
  finding.rule = "psexec.leftover";
  finding.title = ran ? tool + "'s service ran on this host, in no use that events tell of"
                      : "Traces of " + tool + " are left on this host that belong to no use";
  finding.subject =
      left.names.empty() ? tool : lateral::listed({left.names.begin(), left.names.end()});
  if (!left.runs.empty())
    finding.subject += ": " + lateral::counted(left.runs.size(), "run") + ", the last at " +
                       left.runs.rbegin()->iso8601();
  if (!left.hosts.empty())
    finding.subject += " from " + lateral::listed({left.hosts.begin(), left.hosts.end()});
  finding.why = left.why;
  finding.attack = {"T1569.002"};
  if (left.tool->is_dual_use)
    finding.benign = {"Administrators use " + tool +
                      ", and logs keep less time than prefetch files and files."};
  finding.not_checked = left.missing;
  finding.next = {"From when on the logs System and Security tell, and whether they were cleared.",
                  left.hosts.empty()
                      ? "Other traces of these times: files that were made, programs that ran."
                      : "What the hosts that are named ran at these times."};
  return finding;
}

Finding finding_of_attempt(const RemoteAttempt& attempt) {
  constexpr int kDualUse = 25, kOther = 40;
  const std::string tool{attempt.tool->name};
  const std::string who = (attempt.account.empty() ? "somebody" : attempt.account) +
                          (attempt.address.empty() ? "" : " from " + attempt.address);
  const std::string when = attempt.first == attempt.last ? "at " + attempt.first.iso8601()
                                                         : "from " + attempt.first.iso8601() +
                                                               " to " + attempt.last.iso8601();
  Finding finding;
  finding.rule = "psexec.refused";
  finding.title = "Somebody tried to use " + tool + " on this host and was refused";
  finding.subject = who + " at " + attempt.first.iso8601();
  finding.why.push_back(
      {who + " asked " + lateral::counted(attempt.count, "time") + " for " +
           lateral::listed({attempt.names.begin(), attempt.names.end()}) + ", which " + tool +
           " needs, " + when +
           "; it was refused (audit failure). That something was run is not told by it.",
       attempt.tool->is_dual_use ? kDualUse : kOther, Family::location, attempt.records});
  finding.attack = {"T1021.002"};
  finding.benign = {"An administrator without rights on this host, or a scan of the network."};
  finding.next = {"Whether the account or the host came through later, here or elsewhere."};
  return finding;
}

}  // namespace hozen
