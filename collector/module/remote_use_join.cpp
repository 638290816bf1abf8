// What joins a use of remote_use_finder.h and never makes one, and how uses are kept.
#include <utility>

#include "collector/base/text.h"
#include "collector/module/remote_use_finder.h"

namespace hozen::remote_use {
namespace {

constexpr std::size_t kMaxCommands = 16, kMaxWhy = 60, kMaxRecords = 20;

std::string text_of(std::string_view text) { return std::string{text}; }

std::string state_text(const Fact& fact) {
  switch (fact.event_id) {
    case 7036:
      return "The service said '" + text_of(fact.values["param2"]) + "'" + at(fact.time) + ".";
    case 7000:
    case 7009:
      return "The service did not answer" + at(fact.time) +
             ": usual where its program is a command and no service.";
    case 4674:
      return "The service was opened" + at(fact.time) + " with the rights " +
             text_of(fact.values["AccessMask"]) + ".";
    default:
      return "Event " + std::to_string(fact.event_id) + " of the service" + at(fact.time) + ".";
  }
}

bool holds(const std::vector<std::string>& texts, std::string_view text) {
  return !text.empty() && std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool is_client(const Fact& fact) {
  return psexec_part(fact.values["OriginalFileName"], fact.values["Description"]) ==
             PsExecPart::client ||
         starts_with_fold(file_name(fact.subject), "psexec");
}

/// The logon that the use names itself; else the last one over the network before it.
struct FoundLogon {
  const Fact* fact = nullptr;
  bool certain = false;
};
FoundLogon logon_of(const FactBook& book, const Draft& draft) {
  FoundLogon found;
  const FileTime start = draft.use.started;
  for (const Fact& fact :
       book.between(FactKind::logon, earlier(start, 60 * kBefore), later(start, kJitter))) {
    if (fact.event_id != 4624) continue;
    const bool same = holds(draft.logon_ids, fact.values["TargetLogonId"]);
    const bool network = fact.values["LogonType"] == "3" &&
                         !is_local_address(fact.values["IpAddress"]) &&
                         apart(fact.time, start) <= kBefore;
    if (!same && (found.certain || !network)) continue;
    found = {&fact, found.certain || same};
  }
  return found;
}

void add_logon(Draft& draft, const FoundLogon& found) {
  const FactValues& values = found.fact->values;
  RemoteUse& use = draft.use;
  const std::string account = account_of(values["TargetDomainName"], values["TargetUserName"]);
  const std::string_view address = values["IpAddress"];
  if (use.account.empty()) use.account = account;
  if (use.source_address.empty() && !is_local_address(address)) use.source_address = address;
  if (use.source_host.empty()) use.source_host = values["WorkstationName"];
  use.logged_on = true;
  draft.tell(account + " was logged on (type " + text_of(values["LogonType"]) + ", " +
                 text_of(values["AuthenticationPackageName"]) + ") from " +
                 (address.empty() ? std::string{"an address that is not told"} : text_of(address)) +
                 at(found.fact->time) +
                 (found.certain ? ", in the same logon session."
                                : ": the last logon over the network in the minute before it."),
             15, Family::location, found.fact->record);
}

}  // namespace

std::uint64_t apart(FileTime a, FileTime b) {
  return a.ticks < b.ticks ? b.ticks - a.ticks : a.ticks - b.ticks;
}
FileTime earlier(FileTime time, std::uint64_t ticks) {
  return FileTime{time.ticks > ticks ? time.ticks - ticks : 0};
}
FileTime later(FileTime time, std::uint64_t ticks) { return FileTime{time.ticks + ticks}; }
std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.find_last_of("\\/");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}
std::string at(FileTime time) { return time.is_set() ? " at " + time.iso8601() : std::string{}; }
std::string account_of(std::string_view domain, std::string_view user) {
  return user.empty() || domain.empty() ? text_of(user) : text_of(domain) + "\\" + text_of(user);
}
bool is_local_address(std::string_view address) {
  return address.empty() || address == "::1" || address.starts_with("127.") ||
         equals_fold(address, "LOCAL");
}

// ---- uses

void Draft::tell(std::string fact, int weight, Family family, const std::string& record) {
  for (Why& known : use.why) {
    if (known.fact != fact) continue;
    if (known.records.size() < kMaxRecords && !holds(known.records, record))
      known.records.push_back(record);
    return;
  }
  if (use.why.size() < kMaxWhy) use.why.push_back({std::move(fact), weight, family, {record}});
}

void Draft::add_command(std::string_view command) {
  if (!command.empty() && use.commands.size() < kMaxCommands && !holds(use.commands, command))
    use.commands.emplace_back(command);
}

/// Of an event that tells who caused it, and of a share's from where.
void Draft::take_account(const Fact& fact) {
  const std::string_view id = fact.values["SubjectLogonId"];
  if (id.empty()) return;
  if (!holds(logon_ids, id)) logon_ids.emplace_back(id);
  if (use.account.empty())
    use.account = account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
  const std::string_view address = fact.values["IpAddress"];
  if (use.source_address.empty() && !is_local_address(address)) use.source_address = address;
}

Draft& UseFinder::begin(const RemoteTool* tool, std::string stem, FileTime time) {
  Draft draft;
  draft.use.tool = tool;
  draft.use.service = stem;
  draft.use.stem = std::move(stem);
  draft.use.started = draft.use.ended = time;
  if (drafts_.size() >= kMaxRemoteUses) return spare_ = std::move(draft);
  sorted_ = sorted_ && (drafts_.empty() || !(time < drafts_.back().use.started));
  return drafts_.emplace_back(std::move(draft));
}

void UseFinder::extend(Draft& draft, FileTime time) {
  if (!time.is_set()) return;
  draft.use.ended = std::max(draft.use.ended, time);
  if (!(time < draft.use.started)) return;
  draft.use.started = time;
  sorted_ = false;
}

void UseFinder::sort() {
  if (sorted_) return;
  std::stable_sort(drafts_.begin(), drafts_.end(),
                   [](const Draft& a, const Draft& b) { return a.use.started < b.use.started; });
  sorted_ = true;
}

/// Index of the first use that began after `time`.
std::size_t UseFinder::first_after(FileTime time) {
  sort();
  const auto next = std::partition_point(drafts_.begin(), drafts_.end(), [&](const Draft& draft) {
    return draft.use.started <= time;
  });
  return static_cast<std::size_t>(next - drafts_.begin());
}

Draft* UseFinder::near(std::string_view stem, FileTime time, Join join) {
  const std::size_t next = first_after(time);
  Draft* before = nullptr;
  for (std::size_t i = next; i-- > 0 && before == nullptr;) {
    if (apart(drafts_[i].use.started, time) > kAfter) break;
    if (drafts_[i].use.stem == stem) before = &drafts_[i];
  }
  Draft* after = nullptr;
  for (std::size_t i = next; i < drafts_.size() && after == nullptr; ++i) {
    if (apart(drafts_[i].use.started, time) > kBefore) break;
    if (drafts_[i].use.stem == stem) after = &drafts_[i];
  }
  if (join == Join::to_next && after != nullptr) return after;
  if (before != nullptr) return before;
  const bool is_jitter = after != nullptr && apart(after->use.started, time) <= kJitter;
  return is_jitter ? after : nullptr;
}

Draft& UseFinder::use_of(const RemoteTool* tool, const std::string& stem, FileTime time,
                         Join join) {
  Draft* draft = near(stem, time, join);
  return draft != nullptr ? *draft : begin(tool, stem, time);
}

/// The same event stands twice in a log that keeps old copies of its records.
bool UseFinder::is_new(const Fact& fact) {
  return seen_
      .emplace(fact.kind, fact.event_id, fact.time.ticks, fact.subject,
               text_of(fact.values["ProcessId"]) + text_of(fact.values["CommandLine"]))
      .second;
}

std::vector<RemoteUse> UseFinder::find() {
  learn_names();
  add_installs();
  add_pipes();
  add_processes();
  add_shares();
  add_files();
  sort();
  add_children();
  add_states();
  add_prefetch();
  add_clients();
  add_logons();
  std::vector<RemoteUse> uses;
  uses.reserve(drafts_.size());
  for (Draft& draft : drafts_) {
    tell_missing(draft);
    uses.push_back(std::move(draft.use));
  }
  return uses;
}

// ---- what joins

void UseFinder::add_children() {
  for (const Fact& fact : book_.facts(FactKind::process)) {
    std::string_view parent = fact.values["ParentImage"];
    if (parent.empty()) parent = fact.values["ParentProcessName"];
    if (parent.empty() || !known_image(parent)) continue;
    Draft* draft = parent_use(fact, image_stem(parent));
    if (draft == nullptr) continue;
    const std::string_view line = fact.values["CommandLine"];
    const std::string command = line.empty() ? fact.subject : text_of(line);
    draft->add_command(command);
    draft->use.ended = std::max(draft->use.ended, fact.time);
    draft->tell("It ran: " + command + at(fact.time) + ".",
                is_telling_child(fact.subject) ? draft->once(Once::child, 15) : 0,
                Family::command_line, fact.record);
  }
}

/// The number of the parent's process decides where several uses are near.
Draft* UseFinder::parent_use(const Fact& fact, const std::string& stem) {
  const std::string_view parent =
      fact.values[fact.event_id == 4688 ? "ProcessId" : "ParentProcessId"];
  for (std::size_t i = first_after(later(fact.time, kJitter)); i-- > 0;) {
    if (apart(drafts_[i].use.started, fact.time) > kAfter) break;
    if (drafts_[i].use.stem == stem && holds(drafts_[i].process_ids, parent)) return &drafts_[i];
  }
  return near(stem, fact.time, Join::to_last);
}

/// 7036 and 7009 tell the display name, 7040 and 4674 the key's.
void UseFinder::add_states() {
  for (const Fact& fact : book_.facts(FactKind::service_state)) {
    const std::string name = fold_case(fact.subject);
    for (std::size_t i = first_after(later(fact.time, kJitter)); i-- > 0;) {
      RemoteUse& use = drafts_[i].use;
      if (apart(use.started, fact.time) > kAfter) break;
      if (name != use.stem && name != fold_case(use.service)) continue;
      use.ended = std::max(use.ended, fact.time);
      drafts_[i].tell(state_text(fact), drafts_[i].once(Once::state, 15), Family::registry_state,
                      fact.record);
      break;
    }
  }
}

/// Each run joins the use that is nearest; each use has one at most.
void UseFinder::add_prefetch() {
  struct Pair {
    std::uint64_t apart = 0;
    const Fact* run = nullptr;
    Draft* draft = nullptr;
  };
  std::vector<Pair> pairs;
  for (const Fact& fact : book_.facts(FactKind::execution)) {
    if (fact.values["source"] != "prefetch" || !known_image(fact.subject)) continue;
    const std::string stem = image_stem(fact.subject);
    kept_[stem] = {text_of(fact.values["run_count"]), text_of(fact.values["runs_kept"])};
    if (!fact.time.is_set()) continue;
    for (std::size_t i = first_after(later(fact.time, kPrefetchApart)); i-- > 0;) {
      Draft& draft = drafts_[i];
      // A use may go on for hours, its program started near its beginning.
      if (apart(draft.use.started, fact.time) > kPrefetchApart) break;
      if (draft.use.stem == stem)
        pairs.push_back({apart(draft.use.started, fact.time), &fact, &draft});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.apart < b.apart; });
  std::set<std::pair<std::string, std::uint64_t>> taken;
  for (const Pair& pair : pairs) {
    RemoteUse& use = pair.draft->use;
    if (use.prefetch_run.is_set() || !taken.emplace(use.stem, pair.run->time.ticks).second)
      continue;
    use.prefetch_run = pair.run->time;
    pair.draft->tell("The prefetch file of " + pair.run->subject + " holds a run" +
                         at(pair.run->time) + ", " + std::to_string(pair.apart / (kSecond / 1000)) +
                         " ms from it.",
                     15, Family::time, pair.run->record);
  }
}

void UseFinder::add_clients() {
  for (const Fact& fact : book_.facts(FactKind::process))
    if (is_client(fact) && !known_image(fact.subject)) add_client(fact);
}

/// PsExec without a host runs on this one.
void UseFinder::add_client(const Fact& fact) {
  const ClientCommand asked = client_command(fact.values["CommandLine"]);
  Draft* draft = near("PSEXESVC", fact.time, Join::to_next);
  if (!asked.target.empty() || draft == nullptr || draft->use.started < fact.time) return;
  RemoteUse& use = draft->use;
  if (!use.client.empty()) return;
  use.client = fact.subject;
  draft->add_command(asked.command);
  std::string account = text_of(fact.values["User"]);
  if (account.empty())
    account = account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
  if (use.account.empty()) use.account = account;
  const bool renamed = !starts_with_fold(file_name(fact.subject), "psexec");
  draft->tell("It was asked for on this host itself: " + fact.subject +
                  (renamed ? ", which is PsExec by its version resource," : "") + " was started" +
                  at(fact.time) + (account.empty() ? std::string{} : " by " + account) +
                  (asked.as_system ? ", to run as SYSTEM." : "."),
              renamed           ? 25
              : asked.as_system ? 10
                                : 0,
              Family::name, fact.record);
}

void UseFinder::add_logons() {
  for (Draft& draft : drafts_)
    if (const FoundLogon found = logon_of(book_, draft); found.fact != nullptr)
      add_logon(draft, found);
}

void UseFinder::tell_missing(Draft& draft) const {
  RemoteUse& use = draft.use;
  if (!use.installed)
    use.missing.emplace_back(
        "No event tells of the installation of its service: the log System may have been cleared "
        "or overwritten, or was not read.");
  if (!use.logged_on && use.client.empty())
    use.missing.emplace_back(
        "No logon over the network stands near it: who asked for it, and from where, must come "
        "from elsewhere (log Security of this host and of others).");
  if (draft.use.tool->image != std::string_view{}) tell_missing_prefetch(use);
  if (use.commands.empty())
    use.missing.emplace_back(
        "What it ran is not told: events 4688 with command lines, or Sysmon, would tell.");
}

void UseFinder::tell_missing_prefetch(RemoteUse& use) const {
  if (use.prefetch_run.is_set()) return;
  const auto kept = kept_.find(use.stem);
  if (kept == kept_.end()) {
    use.missing.emplace_back(
        "No prefetch file of its program is there: servers keep none and old ones are deleted, so "
        "that says nothing against the use.");
    return;
  }
  const bool lost = kept->second.counted != kept->second.kept;
  use.missing.emplace_back(
      "No run in the prefetch file of its program is near it: the file counts " +
      kept->second.counted + " runs and keeps the times of " +
      (lost ? "the last " + kept->second.kept + " only, earlier ones are gone."
            : "all of them, so this use was not one of them."));
}

}  // namespace hozen::remote_use
