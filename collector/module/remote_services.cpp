// Services installed from other hosts, for remote_action.h: joined by stages and not by names. The
// stages of PsExec and whatever works as it does: a logon over the network, a program written to
// ADMIN$, the pipe svcctl, a service (7045, 4697) whose program that is. The module psexec tells
// those that it knows by their names.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/installed_file.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_action.h"
#include "collector/module/remote_tools.h"

namespace hozen {
namespace {

using lateral::at;
using lateral::kMinute;
using lateral::text_of;

/// From the first stage to the service, and from there to what it ran.
constexpr std::uint64_t kBefore = 5 * kMinute, kAfter = 5 * kMinute;
/// The same installation told by two logs.
constexpr std::uint64_t kSame = 3 * lateral::kSecond;
constexpr std::uint64_t kJitter = 2 * lateral::kSecond;
/// What of one stage is told, and how many pipes are looked at for one service.
constexpr std::size_t kMaxOfStage = 10, kMaxPipes = 1'000;

struct Install {
  std::vector<const Fact*> facts{};  ///< 7045, 4697
  std::string name{}, image{}, key{};
  bool demand = false;
};

class Services {
 public:
  Services(const FactBook& book, const std::vector<RemoteUse>& told) : book_{book}, told_{told} {}

  std::vector<RemoteAction> find() {
    gather();
    if (!installs_.empty()) index();
    for (const Install& install : installs_) {
      if (found_.size() >= kMaxActions) break;
      if (!is_told(install)) judge(install);
    }
    return std::move(found_);
  }

 private:
  void gather() {
    for (const Fact& fact : book_.facts(FactKind::service)) {
      const bool audit = fact.event_id == 4697;
      const std::string_view start = fact.values[audit ? "ServiceStartType" : "StartType"];
      Install install;
      install.name = fact.values["ServiceName"];
      install.image = fact.values[audit ? "ServiceFileName" : "ImagePath"];
      install.key = file_key(install.image);
      install.demand = audit ? start == "3" : contains_fold(start, "demand") || start == "3";
      Install* known = same(install, fact.time);
      if (known == nullptr) known = &installs_.emplace_back(std::move(install));
      known->facts.push_back(&fact);
    }
  }
  Install* same(const Install& install, FileTime time) {
    for (std::size_t i = installs_.size(); i-- > 0;) {
      Install& known = installs_[i];
      if (lateral::apart(known.facts.front()->time, time) > kSame) break;
      if (known.key == install.key && equals_fold(known.name, install.name)) return &known;
    }
    return nullptr;
  }

  bool is_told(const Install& install) const {
    const FileTime time = install.facts.front()->time;
    const std::string stem = image_stem(install.image);
    return std::any_of(told_.begin(), told_.end(), [&](const RemoteUse& use) {
      return lateral::earlier(use.started, kSame) <= time &&
             time <= lateral::later(use.ended, kSame) &&
             (equals_fold(use.service, install.name) || (!stem.empty() && use.stem == stem));
    });
  }

  /// What belongs to one installation.
  struct Stages {
    std::vector<const Fact*> writes{}, pipes{}, wrote_here{};
    std::set<std::string_view> sessions{}, accounts{};
    const Fact* logon = nullptr;
    bool by_audit = false;  ///< the logon is the session that installed it
  };

  using Facts = std::vector<const Fact*>;
  using Index = std::map<std::string, Facts, std::less<>>;

  /// Everything by what it is joined with: logs may hold thousands of each.
  void index() {
    for (const Fact& fact : book_.facts(FactKind::share)) {
      if (fact.event_id != 5145 || !is_from_afar(fact)) continue;
      if (equals_fold(fact.subject, "svcctl")) pipes_.push_back(&fact);
      if (!is_write_mask(fact.values["AccessMask"])) continue;
      const std::string_view share = lateral::file_name(fact.values["ShareName"]);
      writes_[file_key_of_path("\\\\*\\" + text_of(share) + "\\" + fact.subject)].push_back(&fact);
    }
    // The kernel writes files for other hosts (SMB) in its own name.
    for (const Fact& fact : book_.facts(FactKind::file))
      if (fact.event_id == 11 && equals_fold(fact.values["Image"], "System"))
        wrote_here_[file_key_of_path(fact.subject)].push_back(&fact);
    for (const Fact& fact : book_.facts(FactKind::logon))
      if (fact.event_id == 4624 && fact.values["LogonType"] == "3" &&
          !lateral::is_local_address(lateral::plain_address(fact.values["IpAddress"])))
        logons_[text_of(fact.values["TargetLogonId"])].push_back(&fact);
    for (const Fact& fact : book_.facts(FactKind::process)) {
      std::string_view parent = fact.values["ParentImage"];
      if (parent.empty()) parent = fact.values["ParentProcessName"];
      started_[file_key_of_path(fact.subject)].push_back(&fact);
      if (!parent.empty()) children_[file_key_of_path(parent)].push_back(&fact);
    }
  }

  /// Those of `key` within these times, in their order.
  static Facts within(const Index& index, std::string_view key, FileTime first, FileTime last) {
    Facts found;
    const auto all = index.find(key);
    if (all == index.end()) return found;
    auto one = std::partition_point(all->second.begin(), all->second.end(),
                                    [&](const Fact* fact) { return fact->time < first; });
    for (; one != all->second.end() && (*one)->time <= last && found.size() < kMaxOfStage; ++one)
      found.push_back(*one);
    return found;
  }

  Stages stages_of(const Install& install) const {
    Stages stages;
    const FileTime time = install.facts.front()->time;
    const FileTime first = lateral::earlier(time, kBefore), last = lateral::later(time, kJitter);
    for (const Fact* fact : install.facts) take_session(stages, *fact);
    stages.by_audit = !stages.sessions.empty();
    stages.writes = within(writes_, install.key, first, last);
    for (const Fact* fact : stages.writes) take_session(stages, *fact);
    stages.wrote_here = within(wrote_here_, install.key, first, last);
    add_pipes(stages, install, first, last);
    for (const std::string_view session : stages.sessions) {
      const auto known = logons_.find(session);
      if (known == logons_.end()) continue;
      const auto next =
          std::partition_point(known->second.begin(), known->second.end(),
                               [&](const Fact* logon) { return logon->time <= last; });
      if (next != known->second.begin() &&
          lateral::last_start(book_, time) <= (*std::prev(next))->time)
        stages.logon = *std::prev(next);
    }
    return stages;
  }

  void add_pipes(Stages& stages, const Install& install, FileTime first, FileTime last) const {
    auto one = std::partition_point(pipes_.begin(), pipes_.end(),
                                    [&](const Fact* fact) { return fact->time <= last; });
    for (std::size_t looked = 0; one != pipes_.begin() && looked < kMaxPipes; ++looked) {
      const Fact& fact = **--one;
      if (fact.time < first || stages.pipes.size() >= kMaxOfStage) break;
      if (is_pipe(stages, install, fact)) stages.pipes.insert(stages.pipes.begin(), &fact);
    }
  }

  static void take_session(Stages& stages, const Fact& fact) {
    const std::string_view id = fact.values["SubjectLogonId"];
    if (id.empty() || id == "0x3e7" || id == "0x0") return;
    stages.sessions.insert(id);
    if (const std::string_view user = fact.values["SubjectUserName"]; !user.empty())
      stages.accounts.insert(user);
  }

  static bool is_from_afar(const Fact& share) {
    return !lateral::is_refused(share) &&
           !lateral::is_local_address(lateral::plain_address(share.values["IpAddress"]));
  }
  /// Of the same session or account; where none is known, in the minute before.
  static bool is_pipe(const Stages& stages, const Install& install, const Fact& fact) {
    if (stages.sessions.contains(fact.values["SubjectLogonId"]) ||
        stages.accounts.contains(fact.values["SubjectUserName"]))
      return true;
    return stages.sessions.empty() && is_odd(install) &&
           lateral::apart(fact.time, install.facts.front()->time) <= kMinute;
  }

  /// No service of Windows has its program there, and what installers set up starts by itself or
  /// lies in a folder of its own.
  static bool is_odd(const Install& install) {
    return install.demand && !is_on_share(install.image) && install.key.starts_with("<W>\\") &&
           install.key.ends_with(".EXE") && install.key.find('\\', 4) == std::string::npos;
  }

  void judge(const Install& install) {
    const Stages stages = stages_of(install);
    const bool odd = is_odd(install), shared = is_on_share(install.image);
    const bool written = !stages.writes.empty() || !stages.wrote_here.empty();
    const bool remote =
        written || shared || !stages.pipes.empty() || (stages.logon != nullptr && stages.by_audit);
    if (!remote && !odd) return;
    RemoteAction action{
        remote ? "service_from_afar" : "service_in_windows_folder",
        remote ? "A service was installed from another host, as PsExec and its like do"
               : "A service was installed whose program lies in the folder of Windows itself"};
    action.name = install.name;
    action.command = install.image;
    action.attack = {"T1569.002", "T1543.003"};
    if (remote) action.attack.emplace_back("T1021.002");
    if (written) action.attack.emplace_back("T1570");
    action.benign = {
        "Tools that distribute software, manage hosts, back them up or look for weaknesses install "
        "their services so: are the account and the host it came from theirs?"};
    tell_install(action, install, odd, shared);
    tell_shares(action, stages);
    tell_logon(action, install, stages);
    tell_processes(action, install);
    tell_missing(action, stages);
    action.first = first_of(install, stages);
    found_.push_back(std::move(action));
  }

  static FileTime first_of(const Install& install, const Stages& stages) {
    FileTime first = install.facts.front()->time;
    for (const auto* facts : {&stages.writes, &stages.pipes, &stages.wrote_here})
      for (const Fact* fact : *facts) first = std::min(first, fact->time);
    return first;
  }

  static void tell_install(RemoteAction& action, const Install& install, bool odd, bool shared) {
    for (const Fact* fact : install.facts) {
      const std::string who =
          lateral::account_of(fact->values["SubjectDomainName"], fact->values["SubjectUserName"]);
      if (fact->event_id == 4697 && action.account.empty()) action.account = who;
      action.tell(*fact,
                  "The service '" + install.name + "' with the program " + install.image +
                      " was installed" + at(fact->time) + (who.empty() ? "" : " by " + who) +
                      " (event " + std::to_string(fact->event_id) +
                      (install.demand ? ", started on demand)." : ")."),
                  action.why.empty() ? 20 : 0, Family::registry_state);
    }
    const Fact& fact = *install.facts.front();
    if (odd)
      action.tell(
          fact,
          "Its program lies in the folder of Windows itself, where no service of Windows has "
          "its own, and is started on demand.",
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

  static void tell_shares(RemoteAction& action, const Stages& stages) {
    int weight = 30;
    for (const Fact* fact : stages.writes) {
      take_source(action, *fact);
      action.tell(*fact,
                  "That program was written to the share " +
                      text_of(lateral::file_name(fact->values["ShareName"])) + " (" +
                      fact->subject + ")" + by_text(*fact),
                  std::exchange(weight, 0), Family::location);
    }
    for (const Fact* fact : stages.wrote_here)
      action.tell(*fact,
                  "The kernel wrote " + fact->subject + at(fact->time) +
                      ": that is how a file comes over a share.",
                  std::exchange(weight, 0), Family::location);
    weight = 20;
    for (const Fact* fact : stages.pipes) {
      const bool same = stages.sessions.contains(fact->values["SubjectLogonId"]) ||
                        stages.accounts.contains(fact->values["SubjectUserName"]);
      if (same) take_source(action, *fact);
      action.tell(*fact,
                  "The pipe of the services (svcctl) was opened" + by_text(*fact) +
                      (same ? "" : " That it belongs to it is concluded from the time."),
                  std::exchange(weight, 0), Family::location);
    }
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
    const auto logons = lateral::logons_before(book_, install.facts.front()->time);
    for (const Fact* logon : logons)
      action.tell(*logon, lateral::perhaps_text(logons), 0, Family::location);
  }

  /// Its program, and what that ran.
  void tell_processes(RemoteAction& action, const Install& install) const {
    const FileTime time = install.facts.front()->time;
    const FileTime first = lateral::earlier(time, kJitter), last = lateral::later(time, kAfter);
    for (const Fact* fact : within(started_, install.key, first, last))
      action.tell(*fact, "Its program " + fact->subject + " was started" + at(fact->time) + ".", 0,
                  Family::content);
    int weight = 15;
    for (const Fact* fact : within(children_, install.key, first, last)) {
      const std::string_view line = fact->values["CommandLine"];
      action.tell(
          *fact, "It ran" + at(fact->time) + ": " + (line.empty() ? fact->subject : text_of(line)),
          is_telling_child(fact->subject) ? std::exchange(weight, 0) : 0, Family::command_line);
    }
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
  const std::vector<RemoteUse>& told_;
  std::vector<Install> installs_;
  Facts pipes_;
  Index writes_, wrote_here_, logons_, started_, children_;  ///< logons by session, others by file
  std::vector<RemoteAction> found_;
};

}  // namespace

std::vector<RemoteAction> find_remote_services(const FactBook& book,
                                               const std::vector<RemoteUse>& told) {
  return Services{book, told}.find();
}

}  // namespace hozen
