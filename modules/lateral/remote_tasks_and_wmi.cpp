// What was done on this host for another by Windows' own means, or from here on another: scheduled
// tasks, WMI, DCOM, WinRM, services and the registry, new shares; and permanent subscriptions of
// WMI, which run something whenever an event happens. Joins events of the logs of Security, tasks,
// WMI, WinRM, PowerShell and Sysmon. That two signs belong together is concluded from names, logon
// sessions and times, and each is named. Services whose names or pipes are those of PsExec and
// tools like it are told by the module psexec; others here, by how they came. That nothing is told
// proves little: most of these events are off unless somebody audits them.
#include <array>
#include <string>
#include <vector>

#include "collector/module/cells.h"
#include "collector/module/lateral.h"
#include "collector/module/module.h"
#include "collector/module/passwords.h"
#include "collector/module/remote_action.h"
#include "collector/module/remote_use.h"

namespace hozen::modules {
namespace {

using R = Field<RemoteAction>;
constexpr std::array kFields{
    R{{"action", "What it is taken for; the finding's rule has this name."},
      [](const RemoteAction& r, Cell& c) { c.text(r.rule); }},
    R{{"name", "Task, consumer, share, pipe, program or host that it is about."},
      [](const RemoteAction& r, Cell& c) { text_or_absent(c, r.name); }},
    R{{"account", "Account that did it, as the evidence tells."},
      [](const RemoteAction& r, Cell& c) { text_or_absent(c, r.account); }},
    R{{"source_address", "Address that it came from."},
      [](const RemoteAction& r, Cell& c) { text_or_absent(c, r.address); }},
    R{{"source_host", "Name of the host that it came from."},
      [](const RemoteAction& r, Cell& c) { text_or_absent(c, r.host); }},
    R{{"command", "What was run or set up to run, without passwords."},
      [](const RemoteAction& r, Cell& c) { text_or_absent(c, without_passwords(r.command)); }},
    R{{"story", "What it rests on, a sentence each."},
      [](const RemoteAction& r, Cell& c) { c.texts(lateral::sentences(r.why)); }},
    R{{"missing", "What could have told more and is not there."},
      [](const RemoteAction& r, Cell& c) { c.texts(r.missing); }},
    R{{"records", "Records that it was put together from."},
      [](const RemoteAction& r, Cell& c) { c.texts(lateral::record_ids(r.why)); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kAction{
    "remote_action",
    "Something done for another host, or from here on another, by Windows' own "
    "means, put together from other records.",
    kColumns, "{action}: {name}[: {command}][ by {account}][ from {source_address|source_host}]"};
constexpr std::array kKinds{kAction};

constexpr std::string_view kReferences[] = {
    "https://github.com/fortra/impacket/blob/master/examples/atexec.py",
    "https://github.com/fortra/impacket/blob/master/examples/wmiexec.py",
    "https://jpcertcc.github.io/ToolAnalysisResultSheet/details/wmiexec-vbs.htm",
    "https://github.com/fortra/impacket/blob/master/impacket/examples/serviceinstall.py",
    "https://learn.microsoft.com/windows/win32/wmisdk/receiving-events-at-all-times"};
constexpr std::string_view kAttack[] = {"T1053.005", "T1053.002", "T1047",     "T1546.003",
                                        "T1021.003", "T1021.006", "T1021.002", "T1569.002",
                                        "T1112",     "T1547.001", "T1543.003", "T1570"};

Result<void> run(ModuleContext& /*context*/) { return {}; }

void tell(ModuleContext& context, const RemoteAction& action) {
  Envelope envelope;
  envelope.timestamps.emplace_back("first", action.first);
  envelope.timestamps.emplace_back("last", action.last);
  const std::string record = context.emit(kAction, kFields, action, envelope);
  Finding finding;
  finding.rule = "remote_tasks_and_wmi." + action.rule;
  finding.title = action.title;
  finding.subject = action.name + lateral::at(action.first);
  if (action.times > 1)
    finding.subject +=
        ", " + lateral::counted(action.times, "time") + " until " + action.last.iso8601() + ",";
  if (!action.account.empty()) finding.subject += " by " + action.account;
  if (!action.address.empty())
    finding.subject += " from " + action.address;
  else if (!action.host.empty())
    finding.subject += " from " + action.host;
  finding.why = action.why;
  if (!finding.why.empty()) finding.why.front().records.push_back(record);
  finding.attack = action.attack;
  finding.benign = action.benign;
  finding.not_checked = action.missing;
  finding.next = {"What was started, written and connected to in the minutes after it."};
  if (!action.address.empty() || !action.host.empty())
    finding.next.emplace_back("The same minutes on the host it came from.");
  context.report(std::move(finding));
}

Result<void> judge(ModuleContext& context) {
  const FactBook& facts = context.facts();
  ToldRecords told;
  for (const RemoteUse& use : find_remote_uses(facts)) add_told(told, use.why);
  for (const RemoteAction& action : find_remote_services(facts, told)) {
    add_told(told, action.why);
    tell(context, action);
  }
  for (const auto find : {find_remote_tasks, find_remote_processes, find_wmi_subscriptions})
    for (const RemoteAction& action : find(facts)) tell(context, action);
  for (const RemoteAction& action : find_share_actions(facts, told)) tell(context, action);
  return {};
}

}  // namespace

extern const ModuleSpec remote_tasks_and_wmi;
const ModuleSpec remote_tasks_and_wmi{
    "remote_tasks_and_wmi",
    "Scheduled tasks, services, WMI, DCOM, WinRM and shares used for or against other hosts, and "
    "subscriptions of WMI.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
