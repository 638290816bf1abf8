// Whose logon a use belongs to, and what is not told of it. A logon is joined for sure only where
// the use names its session; those that merely stand near are told as what they are.
#include <functional>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_use_finder.h"

namespace hozen::remote_use {
namespace {

constexpr std::size_t kMaxCandidateRecords = 20;
/// Logons near uses, all together.
constexpr std::uint64_t kMaxLooks = 5'000'000;

using LogonsById = std::map<std::string, std::vector<const Fact*>, std::less<>>;

/// In the order of their times.
LogonsById logons_by_id(const FactBook& book) {
  LogonsById found;
  for (const FactKind kind : {FactKind::logon, FactKind::machine_logon})
    for (const Fact& fact : book.facts(kind))
      if (fact.event_id == 4624) found[std::string{fact.values["TargetLogonId"]}].push_back(&fact);
  // Windows itself has the same at every start.
  for (const char* const id : {"", "0x0", "0x3e7"}) found.erase(id);
  return found;
}

/// The last logon of a session that the use names, nullptr when none is told. Numbers of sessions
/// come again after a start of Windows.
const Fact* own_logon(const LogonsById& logons, const Draft& draft) {
  const FileTime start = draft.use.started;
  const Fact* found = nullptr;
  for (const std::string& id : draft.logon_ids) {
    const auto known = logons.find(id);
    if (known == logons.end()) continue;
    for (const Fact* const fact : known->second)
      if ((draft.who.account.empty() || lateral::same_user(draft.who.account, fact->subject)) &&
          earlier(start, 60 * kBefore) <= fact->time && fact->time <= later(start, kJitter) &&
          (found == nullptr || found->time <= fact->time))
        found = fact;
  }
  return found;
}

bool is_other(std::string_view known, std::string_view told) {
  return !known.empty() && !told.empty() && !equals_fold(known, told);
}

/// A logon over the network that may be the one, by all that the use tells.
bool may_be(const Draft& draft, const Fact& fact) {
  const FactValues& values = fact.values;
  const std::string_view address = lateral::plain_address(values["IpAddress"]);
  if (fact.event_id != 4624 || values["LogonType"] != "3") return false;
  // Some name the host and no address.
  if (is_local_address(address) && (!address.empty() || values["WorkstationName"].empty()))
    return false;
  // Sessions without an account have no rights over services.
  if (values["TargetUserSid"] == "S-1-5-7" || equals_fold(fact.subject, "ANONYMOUS LOGON"))
    return false;
  const std::string account = account_of(values["TargetDomainName"], values["TargetUserName"]);
  return (draft.use.account.empty() || account.empty() ||
          lateral::same_account(draft.use.account, account)) &&
         !is_other(draft.use.source_address, address) &&
         !is_other(draft.use.source_host, values["WorkstationName"]);
}

/// One of each account and place, the last of it.
std::vector<const Fact*> candidates(const FactBook& book, const Draft& draft, FactKind kind) {
  std::map<std::string, const Fact*> found;
  const FileTime start = draft.use.started;
  for (const Fact& fact : book.between(kind, earlier(start, kBefore), later(start, kJitter)))
    if (may_be(draft, fact))
      found[fold_case(account_of(fact.values["TargetDomainName"], fact.subject)) + "\n" +
            std::string{lateral::plain_address(fact.values["IpAddress"])}] = &fact;
  std::vector<const Fact*> facts;
  facts.reserve(found.size());
  for (const auto& [key, fact] : found) facts.push_back(fact);
  std::sort(facts.begin(), facts.end(),
            [](const Fact* a, const Fact* b) { return b->time < a->time; });
  return facts;
}

std::string short_text(const Fact& logon) {
  const std::string_view host = logon.values["WorkstationName"];
  const std::string address{lateral::plain_address(logon.values["IpAddress"])};
  const std::string account =
      account_of(logon.values["TargetDomainName"], logon.values["TargetUserName"]);
  if (address.empty()) return account + " from " + std::string{host};
  return account + " from " + address +
         (host.empty() ? std::string{} : " (" + std::string{host} + ")");
}

void add_own_logon(Draft& draft, const Fact& logon) {
  const FactValues& values = logon.values;
  RemoteUse& use = draft.use;
  draft.logon = LogonFound::certain;
  use.logged_on = true;
  if (use.account.empty())
    use.account = account_of(values["TargetDomainName"], values["TargetUserName"]);
  const std::string_view address = lateral::plain_address(values["IpAddress"]);
  // A session at the desktop came from somewhere too; the use did not.
  if (values["LogonType"] == "3" && use.client.empty()) {
    if (use.source_address.empty() && !is_local_address(address)) use.source_address = address;
    if (use.source_host.empty()) use.source_host = values["WorkstationName"];
    use.is_remote = use.is_remote || !is_local_address(address);
  }
  draft.tell(lateral::logon_text(logon) + (address.empty() ? ", the address is not told" : "") +
                 ", in the same logon session.",
             15, Family::location, logon.record);
}

}  // namespace

void UseFinder::add_logons() {
  const LogonsById logons = logons_by_id(book_);
  for (Draft& draft : drafts_) {
    if (const Fact* const own = own_logon(logons, draft))
      add_own_logon(draft, *own);
    else if (draft.use.client.empty())
      add_candidates(draft);
  }
}

/// Nothing but the time links them.
void UseFinder::add_candidates(Draft& draft) {
  const FileTime start = draft.use.started;
  looked_at_ +=
      book_.between(FactKind::logon, earlier(start, kBefore), later(start, kJitter)).size() +
      book_.between(FactKind::machine_logon, earlier(start, kBefore), later(start, kJitter)).size();
  if (looked_at_ > kMaxLooks) return;
  std::vector<const Fact*> found = candidates(book_, draft, FactKind::logon);
  if (found.empty()) found = candidates(book_, draft, FactKind::machine_logon);
  if (found.empty()) return;
  draft.logon = LogonFound::candidates;
  if (found.size() == 1) {
    const bool all = not_kept(FactKind::logon, {}).empty();
    draft.tell("Perhaps the logon that it belongs to: " + lateral::logon_text(*found.front()) +
                   ". It is the only one over the network in the minute before it" +
                   (all ? "" : " that was kept") + "; nothing else links them.",
               5, Family::time, found.front()->record);
    return;
  }
  std::vector<std::string> texts;
  texts.reserve(found.size());
  for (const Fact* logon : found) texts.push_back(short_text(*logon));
  Why why{std::to_string(found.size()) +
              " logons over the network stand in the minute before it, and which of them it "
              "belongs to, if any, is not told: " +
              lateral::listed(texts) + ".",
          0,
          Family::time,
          {}};
  for (const Fact* logon : found)
    if (why.records.size() < kMaxCandidateRecords) why.records.push_back(logon->record);
  draft.use.why.push_back(std::move(why));
}

/// Through it a service is installed, started and removed.
void UseFinder::add_service_pipes() {
  for (const Fact& fact : book_.facts(FactKind::share)) {
    if (!is_pipe_share(fact) || is_refused(fact) || !equals_fold(fact.subject, "svcctl")) continue;
    Draft* const draft = use_of_control(fact);
    if (draft == nullptr) continue;
    draft->take_account(fact);
    draft->tell("The pipe of the services (svcctl) was opened by " +
                    account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]) +
                    " from " + std::string{lateral::plain_address(fact.values["IpAddress"])} +
                    at(fact.time) + ".",
                draft->once(Once::control, 10), Family::location, fact.record);
  }
}

/// The nearest use of that logon session, or of that account from that address.
Draft* UseFinder::use_of_control(const Fact& fact) {
  const Who who = who_of(fact);
  Draft* nearest = nullptr;
  const std::size_t next = first_after(later(fact.time, kBefore));
  for (std::size_t i = next; i-- > 0 && next - i <= kMaxAsked;) {
    Draft& draft = drafts_[i];
    const RemoteUse& use = draft.use;
    if (apart(use.started, fact.time) > kSameProcess) break;
    if (later(use.ended, kBefore) < fact.time) continue;
    const bool same_source = !who.address.empty() && use.source_address == who.address &&
                             lateral::same_account(use.account, who.account);
    if (!draft.has_session(who) && !same_source) continue;
    if (nearest == nullptr ||
        apart(use.started, fact.time) < apart(nearest->use.started, fact.time))
      nearest = &draft;
  }
  return nearest;
}

/// What was set up as others do too weighs as much as the rest once it came over the network.
void UseFinder::weigh(Draft& draft) const {
  constexpr int kCommand = 70;
  RemoteUse& use = draft.use;
  if (!use.is_ordinary || !use.is_remote || draft.install_why >= use.why.size()) return;
  use.is_ordinary = false;
  use.why[draft.install_why].weight = kCommand;
}

/// The client itself says what its host is called. Where an address is told that is not this
/// host's for sure, another one may be called so.
void UseFinder::tell_own_host(RemoteUse& use) const {
  if (use.source_host.empty() || !use.client.empty() ||
      !lateral::is_one_of_own(use.source_host, book_.names()))
    return;
  use.is_own = true;
  if (!use.source_address.empty()) {
    use.missing.push_back("Whether " + use.source_address +
                          " is an address of this host: the host that it came from is called " +
                          use.source_host + ", as this one is.");
    return;
  }
  // Nothing came from elsewhere.
  for (Why& why : use.why)
    if (why.family == Family::location) why.weight = 0;
}

std::string UseFinder::not_kept(FactKind kind, std::string_view what) const {
  const std::uint64_t dropped = book_.dropped(kind);
  if (dropped == 0) return {};
  return std::to_string(dropped) + " " + std::string{what} +
         " were not kept for joining, there were too many: whether one of them belongs to it was "
         "not looked at. They are among the records.";
}

void UseFinder::tell_missing_logon(const Draft& draft, RemoteUse& use) const {
  if (use.installed && use.client.empty() && !draft.brought_by && !draft.who.account.empty())
    use.missing.push_back("Whether " + use.account +
                          " is who installed its service: that they belong together is concluded "
                          "from its name and the time. Event 4697 would tell.");
  if (draft.logon == LogonFound::certain || !use.client.empty()) return;
  if (std::string lost = not_kept(FactKind::logon, "events of logons"); !lost.empty())
    use.missing.push_back(std::move(lost));
  else if (looked_at_ > kMaxLooks && draft.logon == LogonFound::none)
    use.missing.emplace_back(
        "Which logons over the network stand near it: there are too many uses and logons to look "
        "at "
        "all of them.");
  else if (draft.logon == LogonFound::candidates)
    use.missing.emplace_back(
        "Which logon it belongs to: events 4697 and 5145 would name the session.");
  else if (!use.account.empty())
    use.missing.push_back("The logon of " + use.account +
                          " that it belongs to is not told: the log Security may not reach back "
                          "so far.");
  else
    use.missing.emplace_back(
        "No logon over the network stands near it: who asked for it, and from where, must come "
        "from elsewhere (log Security of this host and of others).");
}

void UseFinder::tell_missing(Draft& draft) const {
  RemoteUse& use = draft.use;
  use.installed = use.installed && draft.is_new_service;
  if (!use.installed && !draft.was_there) {
    std::string lost = not_kept(FactKind::service, "events of services");
    use.missing.push_back(
        !lost.empty() ? std::move(lost)
                      : "No event tells of the installation of its service: the log System may "
                        "have been cleared or overwritten, or was not read, or the service was "
                        "there already.");
  }
  tell_missing_logon(draft, use);
  if (draft.untold != 0)
    use.missing.push_back(lateral::counted(draft.untold, "more sign") +
                          " of it, which would be too many to list: they are among the records.");
  if (use.tool->image != std::string_view{}) tell_missing_prefetch(use);
  if (!use.commands.empty()) return;
  std::string lost = not_kept(FactKind::process, "events of processes");
  use.missing.push_back(!lost.empty()
                            ? "What it ran is not told: " + lost
                            : "What it ran is not told: events 4688 with command lines, or Sysmon, "
                              "would tell.");
}

void UseFinder::tell_missing_prefetch(RemoteUse& use) const {
  if (use.prefetch_run.is_set()) return;
  const auto kept = kept_.find(use.stem);
  if (kept == kept_.end()) {
    std::string lost = not_kept(FactKind::execution, "traces of programs");
    use.missing.push_back(
        !lost.empty() ? std::move(lost)
                      : "No prefetch file of its program is there: servers keep none and old ones "
                        "are deleted, so that says nothing against the use.");
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
