#include "collector/module/remote_use.h"

#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/installed_file.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_use_finder.h"
#include "collector/module/sysmon_registry.h"

namespace hozen {
namespace remote_use {
namespace {

int install_weight(const Draft& draft, std::string_view image) {
  constexpr int kOrdinary = 25, kStartUnknown = 40;
  const std::string_view name = draft.use.tool->name;
  if (draft.use.is_ordinary) return kOrdinary;
  if (draft.is_random && !draft.is_start_known) return kStartUnknown;
  if (draft.use.renamed || draft.is_random) return 60;
  if (name == "PsExec") return is_in_windows_root(image) ? 25 : 65;
  if (draft.use.tool->is_dual_use) return 40;
  return 70;
}

std::string what_happened(const Fact& fact) {
  const std::string_view what = fact.values["what"];
  if (!what.empty()) return std::string{what};
  return fact.event_id == 11 ? "written" : "deleted";
}

}  // namespace

bool is_in_windows_folder(std::string_view path) {
  constexpr std::string_view kFolders[] = {":\\Windows\\", ":\\WINNT\\"};
  const std::size_t end = path.rfind('\\');
  if (end == std::string_view::npos || path.empty()) return false;
  const std::string_view folder = path.substr(0, end + 1).substr(1);
  return std::any_of(std::begin(kFolders), std::end(kFolders),
                     [&](std::string_view known) { return equals_fold(folder, known); });
}

const RemoteTool* psexec() { return tool_of_pipe(kPsExecStem); }

// ---- which programs are meant

/// Ordinary names count in the folder of Windows only, where no program of Windows is called so.
std::optional<UseFinder::Known> UseFinder::known_image(std::string_view path) const {
  const std::string stem = image_stem(path);
  if (stem.empty()) return std::nullopt;
  if (renamed_.contains(stem) && is_in_windows_root(path)) return Known{psexec(), true};
  const auto service = remote_service({}, stem + ".EXE", ServiceStart::automatic);
  if (!service || service->is_random || !service->command.empty()) return std::nullopt;
  // PAExec's client and its service are one file; on another host it is called PAExec-1234-SOURCE.
  if (service->tool->name == "PAExec" && stem.find('-') == std::string::npos &&
      !is_in_windows_root(path))
    return std::nullopt;
  return Known{service->tool, false};
}

// ---- services installed

void UseFinder::add_installs() {
  for (const Fact& fact : book_.facts(FactKind::service)) add_install(fact);
  for (const Fact& fact : book_.facts(FactKind::registry))
    if (contains_fold(fact.subject, "\\Services\\") && ends_with_fold(fact.subject, "\\ImagePath"))
      add_registry_install(fact);
}

void UseFinder::add_install(const Fact& fact) {
  const bool is_audit = fact.event_id == 4697;
  const std::string_view image = fact.values[is_audit ? "ServiceFileName" : "ImagePath"];
  Draft* draft = install(fact, fact.values["ServiceName"], image, start_of_install(book_, fact));
  if (draft == nullptr || !is_audit) return;
  draft->take_account(fact);
  draft->brought_by = draft->brought_by || !draft->who.account.empty();
}

void UseFinder::add_registry_install(const Fact& fact) {
  std::string_view key = fact.subject;
  key.remove_suffix(std::string_view{"\\ImagePath"}.size());
  const std::string_view name = file_name(key);
  Draft* const draft = install(fact, name, single_percents(fact.values["Details"]),
                               written_start(book_, key, fact.time));
  if (draft != nullptr && !draft->is_new_service) tell_installed_before(*draft, name, fact.time);
}

/// A service that was there before has been given another program.
void UseFinder::tell_installed_before(Draft& draft, std::string_view name, FileTime time) const {
  const Fact* last = nullptr;
  for (const Fact& fact : book_.between(FactKind::service, {}, earlier(time, kSameInstall)))
    if (equals_fold(fact.values["ServiceName"], name)) last = &fact;
  if (last == nullptr) return;
  draft.was_there = true;
  const std::string_view image =
      last->values[last->event_id == 4697 ? "ServiceFileName" : "ImagePath"];
  draft.tell("That service was there before: it was installed" + at(last->time) +
                 " with the program " + std::string{image} + ".",
             0, Family::registry_state, last->record);
}

/// The use that an installed service begins, or that another log began with it; nullptr for others.
Draft* UseFinder::install(const Fact& fact, std::string_view name, std::string_view image,
                          ServiceStart start) {
  auto service = remote_service(name, image, start);
  std::string stem = image_stem(image);
  const bool renamed = renamed_.contains(stem) && is_in_windows_root(image);
  if (renamed)
    service = RemoteService{.tool = psexec(),
                            .because =
                                "the pipes of its sessions, or its version resource, are those of "
                                "PsExec"};
  if (!service || !is_new(fact)) return nullptr;
  if (!service->command.empty()) stem = fold_case(name);
  Draft* draft = same_install(fact, stem);
  const bool first = draft == nullptr;
  if (first) draft = &begin(service->tool, stem, fact.time);
  RemoteUse& use = draft->use;
  use.ended = std::max(use.ended, fact.time);
  use.installed = true;
  use.renamed = renamed;
  use.image = std::string{image};
  use.service = std::string{name};
  use.is_ordinary = service->is_ordinary && (first || use.is_ordinary);
  draft->is_random = service->is_random;
  draft->is_start_known = service->is_start_known;
  if (first) draft->install_why = use.why.size();
  draft->install_events.insert(fact.event_id);
  draft->is_new_service = draft->is_new_service || fact.kind != FactKind::registry;
  if (use.source_host.empty()) use.source_host = service->source_host;
  draft->add_command(service->command);
  if (!service->command.empty()) draft->files = file_keys(service->command);
  has_files_ = has_files_ || !draft->files.empty();
  // Sysmon tells that the program of a service was set, also of one that was there before.
  const std::string known = "The service '" + std::string{name} + "'";
  const std::string told =
      fact.kind == FactKind::registry
          ? known + " was set to the program " + std::string{image}
          : known + " with the program " + std::string{image} + " was installed";
  draft->tell(told + at(fact.time) + ". It is taken for " + std::string{service->tool->name} +
                  ", because " + service->because + ".",
              first ? install_weight(*draft, image) : 0, Family::registry_state, fact.record);
  return draft;
}

Draft* UseFinder::same_install(const Fact& fact, std::string_view stem) {
  for (std::size_t i = first_after(later(fact.time, kSameInstall)); i-- > 0;) {
    Draft& draft = drafts_[i];
    if (apart(draft.use.started, fact.time) > kSameInstall) break;
    if (draft.use.stem == stem && !draft.install_events.contains(fact.event_id)) return &draft;
  }
  return nullptr;
}

// ---- programs and files of the service

void UseFinder::add_processes() {
  for (const Fact& fact : book_.facts(FactKind::process)) {
    const auto known = known_image(fact.subject);
    if (!known || !is_new(fact)) continue;
    Draft& draft = use_of(known->tool, image_stem(fact.subject), fact.time, Join::to_last);
    draft.use.renamed = draft.use.renamed || known->renamed;
    if (draft.use.image.empty()) draft.use.image = fact.subject;
    draft.process_ids.push_back(
        number_of(fact.values[fact.event_id == 4688 ? "NewProcessId" : "ProcessId"]));
    const int weight = draft.use.installed ? 5 : known->renamed ? 60 : 30;
    draft.tell("Its program " + fact.subject + " was started" + at(fact.time) + ".",
               draft.once(Once::process, weight), Family::content, fact.record);
    extend(draft, fact.time);
  }
}

void UseFinder::add_files() {
  for (const Fact& fact : book_.facts(FactKind::file)) {
    if (const auto host = host_of_key_file(file_name(fact.subject))) {
      add_key_file(fact, *host);
    } else if (known_image(fact.subject) && fact.time.is_set() && is_new(fact)) {
      // A file alone is no use: it may lie there since the last one.
      const std::string stem = image_stem(fact.subject);
      if (Draft* const draft = what_happened(fact) == "deleted"
                                   ? ended_use(fact, stem, {})
                                   : use_near(stem, fact.time, Join::to_next))
        draft->tell(
            "Its file " + fact.subject + " was " + what_happened(fact) + at(fact.time) + ".", 5,
            Family::content, fact.record);
    }
  }
}

/// The last use from that host that had begun by then; else the last one of PsExec since Windows
/// started of which no host is told.
Draft* UseFinder::last_of(std::string_view host, FileTime until) {
  const FileTime start = lateral::last_start(book_, until);
  Draft* last = nullptr;
  bool named = false;
  for (Draft& draft : drafts_) {
    const RemoteUse& use = draft.use;
    const bool same = equals_fold(use.source_host, host);
    const bool open = use.tool == psexec() && use.source_host.empty() && start <= use.started;
    if ((!same && (named || !open)) || until < use.started) continue;
    if (last == nullptr || (same && !named) || last->use.started <= use.started) last = &draft;
    named = named || same;
  }
  return last;
}

void UseFinder::add_key_file(const Fact& fact, const std::string& host) {
  // Elsewhere anybody can write a file of that name; and deleting one is no second use. Without a
  // time it tells of one use among those from that host, or is left over.
  if (!fact.time.is_set() || !is_in_windows_folder(fact.subject) || !is_new(fact)) return;
  Who who;
  who.host = host;
  const bool deleted = what_happened(fact) == "deleted";
  const std::string stem{kPsExecStem};
  Draft* const ended = deleted ? last_of(host, fact.time) : nullptr;
  Draft& draft = ended != nullptr ? *ended
                 : deleted        ? begin(psexec(), stem, fact.time)
                                  : use_of(psexec(), stem, fact.time, Join::to_next, who);
  if (draft.use.source_host.empty()) draft.use.source_host = host;
  if (draft.who.host.empty()) draft.who.host = host;
  draft.tell("The key file " + fact.subject + " (" + what_happened(fact) + at(fact.time) +
                 ") names the host it came from: " + host + ".",
             draft.use.installed ? 15 : 30, Family::name, fact.record);
}

/// 5145: the program is copied to ADMIN$ before its service is installed, and deleted there when
/// the use ends. What is only `written` begins uses, so it is looked at before the rest.
void UseFinder::add_shares(bool written) {
  for (const Fact& fact : book_.facts(FactKind::share)) {
    if (fact.event_id != 5145 || is_refused(fact)) continue;
    if (is_write_mask(fact.values["AccessMask"]) != written) continue;
    if (is_admin_share(fact) &&
        (ends_with_fold(fact.subject, ".exe") || host_of_key_file(fact.subject)))
      add_share(fact);
    if (written && has_files_ && !is_pipe_share(fact)) add_named_file(fact);
  }
}

/// A file that the command of a service names, written before it is installed.
void UseFinder::add_named_file(const Fact& fact) {
  const std::string share{file_name(fact.values["ShareName"])};
  const std::string key = file_key_of_path("\\\\*\\" + share + "\\" + fact.subject);
  const Who who = who_of(fact);
  for (std::size_t i = first_after(earlier(fact.time, kJitter)); i < drafts_.size(); ++i) {
    Draft& draft = drafts_[i];
    if (later(fact.time, kBefore) < draft.use.started) break;
    if (std::find(draft.files.begin(), draft.files.end(), key) == draft.files.end() ||
        draft.differs(who))
      continue;
    draft.take_account(fact);
    draft.brought_by = true;
    draft.tell("A file that its command names was written to the share " + share + " (" +
                   fact.subject + ") from " +
                   std::string{lateral::plain_address(fact.values["IpAddress"])} + " by " +
                   account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]) +
                   at(fact.time) + ".",
               draft.once(Once::share, 20), Family::location, fact.record);
    return;
  }
}

/// How surely a use is the one that ended when somebody opened its file: 0 is not.
int UseFinder::end_rank(const Draft& draft, FileTime time, const Who& who) {
  if (draft.has_session(who)) return 3;
  if (who.account.empty() && who.host.empty()) return 1;
  Who other = who;
  other.logon.clear();
  if (draft.differs(other)) return 0;
  const bool same_host = !who.host.empty() && equals_fold(draft.use.source_host, who.host);
  const bool same_source = !who.address.empty() && draft.use.source_address == who.address &&
                           lateral::same_account(draft.who.account, who.account);
  if (same_host || same_source) return 2;
  return apart(draft.use.started, time) <= kAfter && !draft.differs(who) ? 1 : 0;
}

/// The use whose file was opened without the right to write, as for deleting it: the last one of
/// the same session since Windows started, however long ago it began; else of the same account and
/// address, or of the host that a key file names; else the last one near, or the last one where
/// nothing is told of who did it. Never one that began later.
Draft* UseFinder::ended_use(const Fact& fact, std::string_view stem, const Who& who) {
  const FileTime start = lateral::last_start(book_, fact.time);
  Draft* found = nullptr;
  int best = 0;
  const std::size_t next = first_after(fact.time);
  for (std::size_t i = next; i-- > 0 && next - i <= kMaxAsked && best < 3;) {
    Draft& draft = drafts_[i];
    if (draft.use.started < start) break;
    const bool fits = who.host.empty() ? draft.use.stem == stem : draft.use.tool == psexec();
    const int rank = fits ? end_rank(draft, fact.time, who) : 0;
    if (rank > best) found = &draft;
    best = std::max(best, rank);
  }
  return found;
}

void UseFinder::add_share(const Fact& fact) {
  const auto key = host_of_key_file(fact.subject);
  const auto known = known_image("C:\\Windows\\" + fact.subject);
  const std::string stem = key ? std::string{kPsExecStem} : image_stem(fact.subject);
  Who who = who_of(fact);
  if (key) who.host = *key;
  // It is written before the service is there; what cannot write begins no use.
  const bool written = is_write_mask(fact.values["AccessMask"]);
  Draft* draft =
      written ? use_near(stem, fact.time, Join::to_next, who) : ended_use(fact, stem, who);
  if ((draft == nullptr && (!written || (!known && !key))) || !is_new(fact)) return;
  if (draft == nullptr) draft = &begin(key ? psexec() : known->tool, stem, fact.time);
  draft->take_account(fact);
  draft->brought_by = draft->brought_by || written;
  if (key && draft->use.source_host.empty()) draft->use.source_host = *key;
  if (key && draft->who.host.empty()) draft->who.host = *key;
  draft->tell(
      "The file " + fact.subject + " of the share ADMIN$ was opened from " +
          std::string{lateral::plain_address(fact.values["IpAddress"])} + " by " +
          account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]) + ".",
      draft->once(Once::share, draft->use.installed ? 20 : 30), Family::location, fact.record);
  extend(*draft, fact.time);
}

}  // namespace remote_use

std::vector<RemoteUse> find_remote_uses(const FactBook& book) {
  return remote_use::UseFinder{book}.find();
}

}  // namespace hozen
