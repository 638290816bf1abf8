// What joins a use of remote_use_finder.h and never makes one, and how uses are kept.
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_use_finder.h"

namespace hozen::remote_use {
namespace {

constexpr std::size_t kMaxCommands = 16, kMaxWhy = 60, kMaxRecords = 20;

std::string text_of(std::string_view text) { return std::string{text}; }

bool holds(const std::vector<std::string>& texts, std::string_view text) {
  return !text.empty() && std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool is_client(const Fact& fact) {
  const std::string_view name = file_name(fact.subject);
  return psexec_part(fact.values["OriginalFileName"], fact.values["Description"]) ==
             PsExecPart::client ||
         (is_client_name(name) && starts_with_fold(name, "psexec"));
}

/// A command as it is compared: Windows puts quotes around programs, and PsExec a second space.
std::string plain_command(std::string_view command) {
  std::string plain;
  for (const char c : command)
    if (c != '"' && (c != ' ' || (!plain.empty() && plain.back() != ' '))) plain += c;
  return fold_case(trim(plain));
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
  address = lateral::plain_address(address);
  return address.empty() || address == "::1" || address.starts_with("127.") ||
         equals_fold(address, "LOCAL");
}
bool is_refused(const Fact& fact) { return fact.values["Audit"] == "failure"; }
bool is_pipe_share(const Fact& fact) { return ends_with_fold(fact.values["ShareName"], "\\IPC$"); }
bool is_admin_share(const Fact& fact) {
  return fact.event_id == 5145 && ends_with_fold(fact.values["ShareName"], "\\ADMIN$");
}

// ---- uses

void Draft::tell(std::string fact, int weight, Family family, const std::string& record) {
  use.records.insert(record);
  for (Why& known : use.why) {
    if (known.fact != fact) continue;
    if (known.records.size() < kMaxRecords && !holds(known.records, record))
      known.records.push_back(record);
    return;
  }
  if (use.why.size() < kMaxWhy)
    use.why.push_back({std::move(fact), weight, family, {record}});
  else
    ++untold;
}

void Draft::add_command(std::string_view command) {
  if (command.empty() || use.commands.size() >= kMaxCommands) return;
  const std::string plain = plain_command(command);
  for (const std::string& known : use.commands)
    if (plain_command(known) == plain) return;
  use.commands.emplace_back(command);
}

Who who_of(const Fact& fact) {
  Who who;
  // 0x3e7: the service manager itself, for whoever asked it.
  if (fact.values["SubjectLogonId"].empty() || fact.values["SubjectLogonId"] == "0x3e7") return who;
  who.account = account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
  if (fact.kind != FactKind::share) return who;
  // A service is asked for in another session than files where that goes by RPC over TCP.
  who.logon = fact.values["SubjectLogonId"];
  const std::string_view address = lateral::plain_address(fact.values["IpAddress"]);
  if (!is_local_address(address)) who.address = address;
  return who;
}

/// Numbers of sessions come again when Windows starts.
bool Draft::has_session(const Who& other) const {
  return holds(logon_ids, other.logon) &&
         (who.account.empty() || lateral::same_user(who.account, other.account));
}

bool Draft::differs(const Who& other) const {
  const auto other_than = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && !equals_fold(a, b);
  };
  const bool both = who.process != 0 && other.process != 0;
  if (both && who.process != other.process) return true;
  if (other_than(who.host, other.host)) return true;
  if (has_session(other)) return false;
  if (!who.account.empty() && !other.account.empty() &&
      !lateral::same_account(who.account, other.account))
    return true;
  return !both && other_than(who.logon, other.logon);
}

/// Of an event that tells who caused it, and of a share's from where.
void Draft::take_account(const Fact& fact) {
  const std::string_view id = fact.values["SubjectLogonId"];
  if (id.empty()) return;
  if (!holds(logon_ids, id)) logon_ids.emplace_back(id);
  const Who other = who_of(fact);
  // The service manager's own account gives way to that of a user.
  if (who.account.empty() && !other.account.empty()) use.account = other.account;
  if (who.account.empty()) who.account = other.account;
  if (who.logon.empty()) who.logon = other.logon;
  if (use.account.empty())
    use.account = account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
  if (use.source_address.empty()) use.source_address = other.address;
  use.is_remote = use.is_remote || !other.address.empty();
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

Draft* UseFinder::use_near(std::string_view stem, FileTime time, Join join, const Who& who) {
  constexpr std::size_t kMaxLooked = 256;
  const auto fits = [&](const Draft& draft) {
    return draft.use.stem == stem && !draft.differs(who);
  };
  const std::size_t next = first_after(time);
  // The last one, or the last of the same session where there is one.
  Draft* before = nullptr;
  for (std::size_t i = next; i-- > 0 && (before == nullptr || next - i <= kMaxLooked);) {
    Draft& draft = drafts_[i];
    if (apart(draft.use.started, time) > kAfter) break;
    if (!fits(draft)) continue;
    const bool same = draft.has_session(who);
    if (before == nullptr || same) before = &draft;
    if (same || who.logon.empty()) break;
  }
  Draft* after = nullptr;
  for (std::size_t i = next; i < drafts_.size() && after == nullptr; ++i) {
    if (apart(drafts_[i].use.started, time) > kBefore) break;
    if (fits(drafts_[i])) after = &drafts_[i];
  }
  if (join == Join::to_next && after != nullptr) return after;
  if (before != nullptr) return before;
  const bool is_jitter = after != nullptr && apart(after->use.started, time) <= kJitter;
  return is_jitter ? after : nullptr;
}

Draft& UseFinder::use_of(const RemoteTool* tool, const std::string& stem, FileTime time, Join join,
                         const Who& who) {
  Draft* draft = use_near(stem, time, join, who);
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
  add_shares(true);
  add_pipes();
  add_processes();
  add_files();
  add_shares(false);
  sort();
  index_uses();
  add_children();
  add_states();
  add_deleted_keys();
  add_connections();
  add_prefetch();
  add_clients();
  add_logons();
  add_service_pipes();
  std::vector<RemoteUse> uses;
  uses.reserve(drafts_.size());
  for (Draft& draft : drafts_) {
    weigh(draft);
    tell_own_host(draft.use);
    tell_missing(draft);
    uses.push_back(std::move(draft.use));
  }
  return uses;
}

// ---- what joins

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

/// The use that a client on this host asked for: the next one that nobody else did.
Draft* UseFinder::local_use(const Fact& fact, const std::string& account) {
  const std::string own =
      text_of(fact.values[fact.event_id == 4688 ? "NewProcessId" : "ProcessId"]);
  for (std::size_t i = first_after(earlier(fact.time, 1)); i < drafts_.size(); ++i) {
    Draft& draft = drafts_[i];
    if (apart(draft.use.started, fact.time) > kBefore) break;
    if (draft.use.stem != kPsExecStem || !draft.use.client.empty()) continue;
    const bool same_process = draft.who.process != 0 && number_of(own) == draft.who.process;
    if (draft.who.process != 0 && !same_process) continue;
    const bool other = draft.use.is_remote || (!draft.who.account.empty() &&
                                               !lateral::same_account(draft.who.account, account));
    if (same_process || !other) return &draft;
  }
  return nullptr;
}

/// PsExec without a host, or for "localhost", runs on this one.
void UseFinder::add_client(const Fact& fact) {
  const ClientCommand asked = client_command(fact.values["CommandLine"]);
  if (!asked.is_for_this_host(book_.names())) return;
  std::string account = text_of(fact.values["User"]);
  if (account.empty())
    account = account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
  Draft* draft = local_use(fact, account);
  if (draft == nullptr) return;
  RemoteUse& use = draft->use;
  use.client = fact.subject;
  draft->add_command(asked.command);
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

}  // namespace hozen::remote_use
