// Services installed from other hosts, for remote_action.h: joined by stages and not by names. The
// stages of PsExec and whatever works as it does: a logon over the network, a program written to
// ADMIN$, the pipe svcctl, a service (7045, 4697) whose program that is. The module psexec tells
// those that it knows by their names.
#include <algorithm>
#include <map>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/installed_file.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_action.h"
#include "collector/module/remote_service_stages.h"
#include "collector/module/remote_tools.h"

namespace hozen {
namespace {

using lateral::at;
using lateral::text_of;
using remote_services::Install;
using remote_services::StageFinder;
using remote_services::Stages;

/// What a finding tells of those that are alike, and how many of them stand in one sentence.
constexpr std::size_t kMaxAlike = 80, kInSentence = 10;

class Services {
 public:
  Services(const FactBook& book, const ToldRecords& told)
      : book_{book}, told_{told}, finder_{book} {}

  std::vector<RemoteAction> find() {
    for (const Install& install : finder_.installs())
      if (!is_told(install)) judge(install);
    std::vector<RemoteAction> found;
    found.reserve(groups_.size());
    for (Group& group : groups_) found.push_back(whole(std::move(group)));
    return found;
  }

 private:
  /// Installations that are alike, as the story of the first tells them.
  struct Group {
    RemoteAction action;
    struct Other {
      std::string time;
      std::vector<std::string> records{};
    };
    std::vector<Other> others{};  ///< those behind the first, at most kMaxAlike
  };

  bool is_told(const Install& install) const {
    return std::any_of(install.facts.begin(), install.facts.end(),
                       [&](const Fact* fact) { return told_.contains(fact->record); });
  }

  void judge(const Install& install) {
    const Stages stages = finder_.stages_of(install);
    const bool odd = install.is_odd(), shared = is_on_share(install.image);
    const bool written = !stages.writes.empty() || !stages.wrote_here.empty();
    const bool by_smb = written || shared || !stages.pipes.empty();
    const bool remote = by_smb || (stages.logon != nullptr && stages.by_audit);
    if (!remote && !odd) return;
    RemoteAction action{remote ? "service_from_afar" : "service_in_windows_folder",
                        title_of(install, by_smb, remote)};
    action.name = install.name;
    action.command = install.image;
    action.attack = {"T1569.002", "T1543.003"};
    if (remote) action.attack.emplace_back(by_smb ? "T1021.002" : "T1021");
    if (written) action.attack.emplace_back("T1570");
    action.benign = {
        "Tools that distribute software, manage hosts, back them up or look for weaknesses install "
        "their services so: are the account and the host it came from theirs?"};
    tell_install(action, install, odd, shared);
    tell_shares(action, install, stages);
    tell_logon(action, install, stages);
    const std::string ran = tell_processes(action, install);
    tell_missing(action, stages);
    action.first = first_of(install, stages);
    take(std::move(action), ran + stages_text(stages));
  }

  static std::string title_of(const Install& install, bool by_smb, bool remote) {
    if (!remote)
      return "A service was installed whose program lies in the folder of Windows itself";
    if (!by_smb) return "A service was installed in a logon session that came from another host";
    return install.is_change()
               ? "A service was set to a program that came from another host"
               : "A service was installed from another host, as PsExec and its like do";
  }

  /// Which stages are told, whatever they hold.
  static std::string stages_text(const Stages& stages) {
    std::string text;
    if (!stages.writes.empty()) text += "\nwrites";
    if (!stages.wrote_here.empty()) text += "\nwrote_here";
    if (!stages.pipes.empty()) text += "\npipes";
    if (stages.logon != nullptr) text += "\nlogon";
    return text;
  }

  /// The same service, program, account and source, joined by the same stages and running the same,
  /// is one action.
  void take(RemoteAction action, const std::string& did) {
    std::string key = action.rule;
    for (const std::string& part :
         {action.name, action.command, action.account, action.address, action.host, did})
      key += "\n" + fold_case(part);
    const auto [place, is_new] = places_.try_emplace(key, groups_.size());
    if (is_new && groups_.size() >= kMaxActions) return void(places_.erase(place));
    if (is_new) return groups_.push_back({std::move(action)});
    Group& group = groups_[place->second];
    ++group.action.times;
    group.action.last = std::max(group.action.last, action.last);
    std::vector<std::string> records;
    for (Why& why : action.why) {
      // What nothing but its time joins differs from one to the other.
      if (why.family != Family::time)
        records.insert(records.end(), why.records.begin(), why.records.end());
      else if (group.action.why.size() < kMaxWhy)
        group.action.why.push_back(std::move(why));
    }
    if (group.others.size() < kMaxAlike)
      group.others.push_back({action.first.iso8601(), std::move(records)});
  }

  static RemoteAction whole(Group group) {
    RemoteAction action = std::move(group.action);
    for (std::size_t i = 0; i < group.others.size(); i += kInSentence) {
      const std::size_t end = std::min(i + kInSentence, group.others.size());
      std::vector<std::string> times, records;
      for (std::size_t k = i; k < end; ++k) {
        times.push_back(group.others[k].time);
        records.insert(records.end(), group.others[k].records.begin(),
                       group.others[k].records.end());
      }
      action.why.push_back({(i == 0 ? "The same was done " + std::to_string(action.times) +
                                          " times, alike each time. After the first: "
                                    : "Further: ") +
                                lateral::listed(times, kInSentence) + ".",
                            0, Family::registry_state, std::move(records)});
    }
    if (const std::uint64_t more = action.times - 1 - group.others.size(); more != 0)
      action.missing.push_back("The times of " + std::to_string(more) +
                               " more that are alike: they are among the records.");
    return action;
  }

  static FileTime first_of(const Install& install, const Stages& stages) {
    FileTime first = install.time();
    for (const auto* facts : {&stages.writes, &stages.pipes, &stages.wrote_here})
      for (const Fact* fact : *facts) first = std::min(first, fact->time);
    return first;
  }

  static void tell_install(RemoteAction& action, const Install& install, bool odd, bool shared) {
    for (const Fact* fact : install.facts) {
      const std::string who =
          lateral::account_of(fact->values["SubjectDomainName"], fact->values["SubjectUserName"]);
      if (fact->event_id == 4697 && action.account.empty()) action.account = who;
      const bool set = fact->kind == FactKind::registry;
      const std::string did = set ? " was written by the service manager" : " was installed";
      action.tell(
          *fact,
          "The service '" + install.name + "' with the program " + install.image + did +
              at(fact->time) + (who.empty() ? "" : " by " + who) + " (event " +
              std::to_string(fact->event_id) +
              (install.start == ServiceStart::demand && !set ? ", started on demand)." : ")."),
          action.why.empty() ? 20 : 0, Family::registry_state);
    }
    const Fact& fact = *install.facts.front();
    if (odd)
      action.tell(
          fact,
          std::string{"Its program lies in the folder of Windows itself, where no service of "
                      "Windows has its own, and "} +
              (install.start == ServiceStart::demand
                   ? "is started on demand."
                   : "how it is started is not told, or in another language than English."),
          15, Family::location);
    if (shared)
      action.tell(fact, "Its program is started from an administrative share.", 50,
                  Family::location);
  }

  static void take_source(RemoteAction& action, const Fact& share) {
    if (action.account.empty())
      action.account =
          lateral::account_of(share.values["SubjectDomainName"], share.values["SubjectUserName"]);
    if (action.address.empty()) action.address = lateral::plain_address(share.values["IpAddress"]);
  }
  static std::string by_text(const Fact& share) {
    return " by " +
           lateral::account_of(share.values["SubjectDomainName"], share.values["SubjectUserName"]) +
           " from " + text_of(lateral::plain_address(share.values["IpAddress"])) + at(share.time) +
           ".";
  }

  static void tell_shares(RemoteAction& action, const Install& install, const Stages& stages) {
    int weight = 30;
    for (const Fact* fact : stages.writes) {
      take_source(action, *fact);
      const std::string_view share = lateral::file_name(fact->values["ShareName"]);
      const bool program = file_key_of_path("\\\\*\\" + text_of(share) + "\\" + fact->subject) ==
                           install.keys.front();
      action.tell(*fact,
                  (program ? "That program was written to the share "
                           : "A file that its command names was written to the share ") +
                      text_of(share) + " (" + fact->subject + ")" + by_text(*fact),
                  std::exchange(weight, 0), Family::location);
    }
    for (const Fact* fact : stages.wrote_here)
      action.tell(*fact,
                  "The kernel wrote " + fact->subject + at(fact->time) +
                      ": that is how a file comes over a share.",
                  std::exchange(weight, 0), Family::location);
    weight = 20;
    for (const Fact* fact : stages.pipes) {
      take_source(action, *fact);
      action.tell(*fact, "The pipe of the services (svcctl) was opened" + by_text(*fact),
                  std::exchange(weight, 0), Family::location);
    }
    for (const Fact* fact : stages.perhaps)
      action.tell(*fact,
                  "Perhaps of it, by the time alone: the pipe of the services (svcctl) was opened" +
                      by_text(*fact),
                  0, Family::time);
  }

  void tell_logon(RemoteAction& action, const Install& install, const Stages& stages) const {
    if (stages.logon != nullptr) {
      const FactValues& values = stages.logon->values;
      if (action.account.empty())
        action.account = lateral::account_of(values["TargetDomainName"], stages.logon->subject);
      if (action.address.empty()) action.address = lateral::plain_address(values["IpAddress"]);
      action.host = values["WorkstationName"];
      return action.tell(*stages.logon,
                         lateral::logon_text(*stages.logon) + ", the same logon session.", 20,
                         Family::location);
    }
    const auto logons = lateral::logons_before(book_, install.time());
    for (const Fact* logon : logons)
      action.tell(*logon, lateral::perhaps_text(logons), 0, Family::time);
  }

  /// Its program, and what that ran: the command lines.
  std::string tell_processes(RemoteAction& action, const Install& install) const {
    for (const Fact* fact : finder_.starts_of(install))
      action.tell(*fact, "Its program " + fact->subject + " was started" + at(fact->time) + ".", 0,
                  Family::content);
    int weight = 15;
    std::string ran;
    for (const Fact* fact : finder_.children_of(install)) {
      const std::string_view line = fact->values["CommandLine"];
      const std::string command = line.empty() ? fact->subject : text_of(line);
      ran += command + "\n";
      action.tell(*fact, "It ran" + at(fact->time) + ": " + command,
                  is_telling_child(fact->subject) ? std::exchange(weight, 0) : 0,
                  Family::command_line);
    }
    return ran;
  }

  void tell_missing(RemoteAction& action, const Stages& stages) const {
    if (stages.writes.empty() && stages.wrote_here.empty())
      action.missing.push_back(
          "Whether its program came over a share: no event tells of the file (Security 5145 and "
          "Sysmon 11 would, where they are on)." +
          lateral::not_kept(book_, {FactKind::share, FactKind::file}));
    if (stages.logon == nullptr)
      action.missing.push_back(
          "Who came, and from where: no logon (Security 4624) is joined to it by its session." +
          lateral::not_kept(book_, {FactKind::logon}));
  }

  const FactBook& book_;
  const ToldRecords& told_;
  StageFinder finder_;
  std::vector<Group> groups_;
  std::map<std::string, std::size_t> places_;  ///< of groups, by what is alike
};

}  // namespace

std::vector<RemoteAction> find_remote_services(const FactBook& book, const ToldRecords& told) {
  return Services{book, told}.find();
}

}  // namespace hozen
