// Shares, remote control of services and the registry, and commands against other hosts, for
// remote_action.h.
#include <algorithm>
#include <map>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_action.h"
#include "collector/module/remote_command.h"

namespace hozen {
namespace {

using lateral::at;
using lateral::text_of;

class Shares {
 public:
  Shares(const FactBook& book, const ToldRecords& told) : book_{book}, told_{told} {}
  std::vector<RemoteAction> find() {
    for (const Fact& fact : book_.facts(FactKind::share)) {
      if (fact.event_id == 5145 && equals_fold(fact.subject, "svcctl")) pipe(fact, true);
      if (fact.event_id == 5145 && equals_fold(fact.subject, "winreg")) pipe(fact, false);
      if (fact.event_id == 5142 && !lateral::is_refused(fact))
        new_share(fact, fact.values["ShareName"]);
    }
    for (const Fact& fact : book_.facts(FactKind::registry)) registry(fact);
    for (const Fact& fact : book_.facts(FactKind::file)) startup(fact);
    for (const Fact& fact : book_.facts(FactKind::process)) command(fact);
    std::vector<RemoteAction> found;
    for (auto& [name, action] : actions_) found.push_back(std::move(action));
    return found;
  }

 private:
  RemoteAction* action_of(const std::string& key, std::string_view rule, std::string_view title) {
    if (!actions_.contains(key) && actions_.size() >= kMaxActions) return nullptr;
    RemoteAction& action = actions_.try_emplace(key).first->second;
    action.rule = rule;
    action.title = title;
    return &action;
  }

  void pipe(const Fact& fact, bool services) {
    const std::string who =
        lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
    const bool refused = lateral::is_refused(fact);
    const std::string address{lateral::plain_address(fact.values["IpAddress"])};
    if (lateral::is_local_address(address)) return;
    if (services && !refused && told_.contains(fact.record)) return;
    RemoteAction* action =
        refused ? action_of((services ? "no svcctl " : "no winreg ") + fold_case(who) + address,
                            "access_refused", "Another host was refused the control of this one")
                : action_of((services ? "svcctl " : "winreg ") + fold_case(who) + address,
                            services ? "service_control" : "remote_registry",
                            services ? "Services of this host were controlled from another"
                                     : "The registry of this host was opened from another");
    if (action == nullptr) return;
    action->name = services ? "svcctl" : "winreg";
    action->account = who;
    action->address = address;
    action->attack = {services ? "T1569.002" : "T1112", "T1021.002"};
    action->benign = {"Consoles of administrators, inventory and monitoring do that all day."};
    if (refused)
      action->missing = {"Whether it was let in later: events of success tell."};
    else
      action->missing = {
          "What was done: services installed (System 7045) or changed, keys written."};
    action->tell(fact,
                 who + (refused ? " tried to open" : " opened") + " the pipe " + action->name +
                     " from " + address + at(fact.time) + " with the rights " +
                     text_of(fact.values["AccessMask"]) + (refused ? ", and was refused." : "."),
                 action->why.empty() ? 20 : 0, Family::content);
  }

  void new_share(const Fact& fact, std::string_view share) {
    const std::string name{lateral::file_name(share)};
    if (name.empty() || equals_fold(name, "IPC$") || equals_fold(name, "ADMIN$")) return;
    const bool vbs = equals_fold(name, "WMI_SHARE");
    RemoteAction* action =
        action_of("share " + fold_case(name), "new_share", "A folder of this host was shared");
    if (action == nullptr) return;
    action->name = name;
    action->attack = {"T1021.002"};
    if (vbs) action->attack.emplace_back("T1047");
    action->benign = {"Administrators share folders."};
    const std::string by{fact.values["SubjectUserName"].empty() ? fact.values["Image"]
                                                                : fact.values["SubjectUserName"]};
    action->account = fact.values["SubjectUserName"];
    action->tell(fact,
                 "The share " + name + " was made" + at(fact.time) +
                     (by.empty() ? "" : " by " + by) +
                     (fact.values["ShareLocalPath"].empty()
                          ? "."
                          : " of " + text_of(fact.values["ShareLocalPath"]) + "."),
                 action->why.empty() ? 30 : 0, Family::content);
    if (vbs && action->why.size() == 1)
      action->tell(fact, "WMIEXEC.vbs makes a share of this name for what its commands print.", 50,
                   Family::name);
  }

  void registry(const Fact& fact) {
    constexpr std::string_view kKey = "\\LanmanServer\\Shares\\";
    if (fact.event_id != 13 || !contains_fold(fact.subject, kKey) ||
        contains_fold(fact.subject, "\\Shares\\Security\\"))
      return;
    new_share(fact, fact.subject);
  }

  /// The kernel writes files for other hosts (SMB) in its own name.
  void startup(const Fact& fact) {
    if (fact.event_id != 11 || !equals_fold(fact.values["Image"], "System") ||
        !contains_fold(fact.subject, "\\Programs\\Startup\\") ||
        ends_with_fold(fact.subject, "desktop.ini"))
      return;
    RemoteAction* action = action_of("startup " + fold_case(fact.subject), "startup_file",
                                     "Another host put a file into a Startup folder here");
    if (action == nullptr) return;
    action->name = fact.subject;
    action->attack = {"T1021.002", "T1547.001"};
    action->benign = {"Profiles that a server keeps are written so at logon."};
    action->tell(fact,
                 "The kernel wrote " + fact.subject + at(fact.time) +
                     ": that is how a file comes over a share.",
                 action->why.empty() ? 45 : 0, Family::location);
    connection(*action, fact.time);
  }

  /// Who it was is told only where no other came in these minutes.
  void connection(RemoteAction& action, FileTime time) const {
    std::map<std::string, const Fact*> sources;
    for (const Fact& one :
         book_.between(FactKind::network, lateral::earlier(time, lateral::kMinute),
                       lateral::later(time, lateral::kMinute)))
      if (one.values["DestinationPort"] == "445" && equals_fold(one.values["Initiated"], "false"))
        sources.emplace(text_of(lateral::plain_address(one.values["SourceIp"])), &one);
    for (const auto& [address, one] : sources) {
      const bool alone = sources.size() == 1;
      const std::string host{one->values["SourceHostname"]};
      const bool is_new = alone && action.address.empty();
      if (is_new) {
        action.address = address;
        action.host = host;
      }
      std::string sentence = alone ? "A connection to port 445 came from "
                                   : "One of several connections to port 445 came from ";
      sentence += address;
      sentence += " (" + host + ")" + at(one->time) + ".";
      action.tell(*one, std::move(sentence), is_new ? 15 : 0, Family::time);
    }
  }

  /// What was run here to act on another host.
  void command(const Fact& fact) {
    const std::string_view line = fact.values["CommandLine"];
    const auto known = remote_command(fact.subject, line);
    if (!known || !known->is_for_others(book_.names())) return;
    const std::string user{fact.values["User"].empty() ? fact.values["SubjectUserName"]
                                                       : fact.values["User"]};
    RemoteAction* action =
        action_of("used " + text_of(known->tool) + fold_case(user), "used_from_here",
                  "A tool of Windows was used against another host");
    if (action == nullptr) return;
    action->name = known->tool;
    action->account = user;
    if (action->command.empty()) action->command = line;
    const std::string technique{known->technique};
    if (std::find(action->attack.begin(), action->attack.end(), technique) == action->attack.end())
      action->attack.push_back(technique);
    action->benign = {"Administrators use it: is the account one of theirs?"};
    action->tell(fact, user + " ran" + at(fact.time) + ": " + text_of(line),
                 action->why.empty() ? known->weight : 0, Family::command_line);
  }

  const FactBook& book_;
  const ToldRecords& told_;
  std::map<std::string, RemoteAction> actions_;
};

}  // namespace

std::vector<RemoteAction> find_share_actions(const FactBook& book, const ToldRecords& told) {
  return Shares{book, told}.find();
}

}  // namespace hozen
