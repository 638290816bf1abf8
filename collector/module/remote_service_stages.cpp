#include "collector/module/remote_service_stages.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/installed_file.h"
#include "collector/module/remote_tools.h"
#include "collector/module/sysmon_registry.h"

namespace hozen::remote_services {
namespace {

using lateral::text_of;

/// The same installation told by two logs.
constexpr std::uint64_t kSame = 3 * lateral::kSecond;
constexpr std::uint64_t kJitter = 2 * lateral::kSecond;
/// What of one stage is told, and how many pipes are looked at for one service.
constexpr std::size_t kMaxOfStage = 10, kMaxPipes = 1'000;

bool is_of_registry(const Fact& fact) { return fact.kind == FactKind::registry; }

/// The service manager wrote the program of a service.
bool is_image_path(const Fact& fact) {
  return fact.event_id == 13 && contains_fold(fact.subject, "\\Services\\") &&
         ends_with_fold(fact.subject, "\\ImagePath") &&
         ends_with_fold(fact.values["Image"], "\\services.exe");
}

Install install_in(const FactBook& book, const Fact& fact) {
  Install install;
  install.facts = {&fact};
  if (is_of_registry(fact)) {
    const auto key = std::string_view{fact.subject}.substr(0, fact.subject.find_last_of('\\'));
    install.name = lateral::file_name(key);
    install.start = written_start(book, key, fact.time);
    install.image = single_percents(fact.values["Details"]);
  } else {
    const bool audit = fact.event_id == 4697;
    install.name = fact.values["ServiceName"];
    install.image = fact.values[audit ? "ServiceFileName" : "ImagePath"];
    install.start = start_of_install(book, fact);
  }
  install.keys = file_keys(install.image);
  return install;
}

/// The registry has the name of the key, 7045 the one that is shown.
Install* same(std::vector<Install>& installs, const Install& install) {
  for (std::size_t i = installs.size(); i-- > 0;) {
    Install& known = installs[i];
    if (lateral::apart(known.time(), install.time()) > kSame) break;
    const bool named =
        equals_fold(known.name, install.name) || known.is_change() != install.is_change();
    if (named && known.keys.front() == install.keys.front()) return &known;
  }
  return nullptr;
}

bool is_from_afar(const Fact& share) {
  return !lateral::is_refused(share) &&
         !lateral::is_local_address(lateral::plain_address(share.values["IpAddress"]));
}

/// "" of Windows itself, which works for whoever asked.
std::string_view session_of(const Fact& fact) {
  const std::string_view id = fact.values["SubjectLogonId"];
  return id == "0x3e7" || id == "0x0" ? std::string_view{} : id;
}

std::string account_in(const Fact& fact) {
  return lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
}

}  // namespace

bool Install::is_change() const {
  return std::all_of(facts.begin(), facts.end(),
                     [](const Fact* fact) { return is_of_registry(*fact); });
}

bool Install::is_odd() const {
  const std::string& key = keys.front();
  // What is not told of the start of a new service hides none.
  const bool by_hand =
      start == ServiceStart::demand || (start == ServiceStart::unknown && !is_change());
  return by_hand && !is_on_share(image) && key.starts_with("<W>\\") && key.ends_with(".EXE") &&
         key.find('\\', 4) == std::string::npos;
}

std::vector<Install> StageFinder::installs() {
  Facts told;
  for (const Fact& fact : book_.facts(FactKind::service)) told.push_back(&fact);
  for (const Fact& fact : book_.facts(FactKind::registry))
    if (is_image_path(fact)) told.push_back(&fact);
  std::stable_sort(told.begin(), told.end(),
                   [](const Fact* a, const Fact* b) { return a->time < b->time; });
  std::vector<Install> found;
  for (const Fact* fact : told) {
    Install install = install_in(book_, *fact);
    Install* const known = same(found, install);
    if (known == nullptr) {
      found.push_back(std::move(install));
      continue;
    }
    if (known->is_change()) known->name = install.name;
    if (known->start == ServiceStart::unknown) known->start = install.start;
    known->facts.push_back(fact);
  }
  if (!found.empty()) index();
  return found;
}

/// Everything by what it is joined with: logs may hold thousands of each.
void StageFinder::index() {
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
  for (const Fact& fact : book_.facts(FactKind::process)) {
    std::string_view parent = fact.values["ParentImage"];
    if (parent.empty()) parent = fact.values["ParentProcessName"];
    started_[file_key_of_path(fact.subject)].push_back(&fact);
    if (!parent.empty()) children_[file_key_of_path(parent)].push_back(&fact);
  }
  index_logons();
}

/// Of users and of computers, which manage others too.
void StageFinder::index_logons() {
  for (const FactKind kind : {FactKind::logon, FactKind::machine_logon})
    for (const Fact& fact : book_.facts(kind))
      if (fact.event_id == 4624 && fact.values["LogonType"] == "3" &&
          !lateral::is_local_address(lateral::plain_address(fact.values["IpAddress"])))
        logons_[text_of(fact.values["TargetLogonId"])].push_back(&fact);
  for (auto& [id, logons] : logons_)
    std::stable_sort(logons.begin(), logons.end(),
                     [](const Fact* a, const Fact* b) { return a->time < b->time; });
}

/// Those of its files within these times, in their order.
Facts StageFinder::within(const Index& index, const Install& install, FileTime first,
                          FileTime last) {
  Facts found;
  for (const std::string& key : install.keys) {
    const auto all = index.find(key);
    if (all == index.end()) continue;
    auto one = std::partition_point(all->second.begin(), all->second.end(),
                                    [&](const Fact* fact) { return fact->time < first; });
    for (; one != all->second.end() && (*one)->time <= last && found.size() < kMaxOfStage; ++one)
      found.push_back(*one);
  }
  return found;
}

Stages StageFinder::stages_of(const Install& install) const {
  Stages stages;
  const FileTime time = install.time();
  const FileTime first = lateral::earlier(time, kBefore), last = lateral::later(time, kJitter);
  Sessions sessions;
  for (const Fact* fact : install.facts)
    if (const std::string_view id = session_of(*fact); !id.empty())
      sessions.ids.emplace(id, fact->values["SubjectUserName"]);
  stages.by_audit = !sessions.ids.empty();
  stages.writes = within(writes_, install, first, last);
  for (const Fact* fact : stages.writes) {
    if (const std::string_view id = session_of(*fact); !id.empty())
      sessions.ids.emplace(id, fact->values["SubjectUserName"]);
    sessions.sources.push_back(
        {account_in(*fact), text_of(lateral::plain_address(fact->values["IpAddress"]))});
  }
  stages.wrote_here = within(wrote_here_, install, first, last);
  stages.logon = logon_in(sessions, time, last);
  if (stages.logon != nullptr) {
    const FactValues& values = stages.logon->values;
    sessions.sources.push_back(
        {lateral::account_of(values["TargetDomainName"], stages.logon->subject),
         text_of(lateral::plain_address(values["IpAddress"]))});
  }
  add_pipes(stages, sessions, install);
  return stages;
}

/// The last one of these sessions since Windows started.
const Fact* StageFinder::logon_in(const Sessions& sessions, FileTime time, FileTime last) const {
  const FileTime start = lateral::last_start(book_, time);
  const Fact* found = nullptr;
  for (const auto& [session, user] : sessions.ids) {
    const auto known = logons_.find(session);
    if (known == logons_.end()) continue;
    for (const Fact* const logon : known->second)
      if (start <= logon->time && logon->time <= last && lateral::same_user(user, logon->subject) &&
          (found == nullptr || found->time <= logon->time))
        found = logon;
  }
  return found;
}

/// Of the same session, or of the same account from the same address.
void StageFinder::add_pipes(Stages& stages, const Sessions& sessions,
                            const Install& install) const {
  const FileTime time = install.time();
  const FileTime first = lateral::earlier(time, kBefore), last = lateral::later(time, kJitter);
  auto one = std::partition_point(pipes_.begin(), pipes_.end(),
                                  [&](const Fact* fact) { return fact->time <= last; });
  for (std::size_t looked = 0; one != pipes_.begin() && looked < kMaxPipes; ++looked) {
    const Fact& fact = **--one;
    if (fact.time < first || stages.pipes.size() >= kMaxOfStage) break;
    const std::string account = account_in(fact);
    const std::string_view address = lateral::plain_address(fact.values["IpAddress"]);
    const bool is_its =
        sessions.ids.contains(session_of(fact)) ||
        std::any_of(sessions.sources.begin(), sessions.sources.end(), [&](const Source& source) {
          return source.address == address && lateral::same_account(source.account, account);
        });
    if (is_its)
      stages.pipes.insert(stages.pipes.begin(), &fact);
    else if (sessions.ids.empty() && install.is_odd() && stages.perhaps.size() < kMaxOfStage &&
             lateral::apart(fact.time, time) <= lateral::kMinute)
      stages.perhaps.insert(stages.perhaps.begin(), &fact);
  }
}

Facts StageFinder::starts_of(const Install& install) const {
  Install program;
  program.keys = {install.keys.front()};
  return within(started_, program, lateral::earlier(install.time(), kJitter),
                lateral::later(install.time(), kAfter));
}

Facts StageFinder::children_of(const Install& install) const {
  Install program;
  program.keys = {install.keys.front()};
  return within(children_, program, lateral::earlier(install.time(), kJitter),
                lateral::later(install.time(), kAfter));
}

}  // namespace hozen::remote_services
