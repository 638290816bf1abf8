// Pipes of PsExec and tools like it, for remote_use_finder.h: what is PsExec under another name,
// and the uses that pipes make or join.
#include <algorithm>
#include <iterator>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_use_finder.h"

namespace hozen::remote_use {
namespace {

std::string_view without_slash(std::string_view pipe) {
  while (pipe.starts_with('\\')) pipe.remove_prefix(1);
  return pipe;
}

constexpr unsigned kAllStreams = 7;
/// Of the three that a session has.
unsigned stream_bit(std::string_view pipe) {
  return ends_with_fold(pipe, "-stdin") ? 1u : ends_with_fold(pipe, "-stdout") ? 2u : 4u;
}

/// PsExec's service makes its pipes itself (Sysmon 17), and lies in the folder of Windows.
bool is_made_elsewhere(const Fact& fact) {
  const std::string_view image = fact.values["Image"];
  return fact.event_id == 17 && !image.empty() && !equals_fold(image, "System") &&
         !is_in_windows_root(image);
}

}  // namespace

// ---- which programs are meant

/// Names of services, of programs in the folder of Windows, and of hosts: where a pipe's name can
/// be parted in several ways they tell which is right.
void UseFinder::learn_parts() {
  const auto learn_image = [&](std::string_view path) {
    if (is_in_windows_root(path)) programs_.insert(image_stem(path));
  };
  for (const Fact& fact : book_.facts(FactKind::service)) {
    names_.insert(fold_case(fact.values["ServiceName"]));
    learn_image(fact.values["ImagePath"]);
    learn_image(fact.values["ServiceFileName"]);
  }
  for (const Fact& fact : book_.facts(FactKind::service_entry))
    names_.insert(fold_case(fact.subject));
  for (const FactKind kind : {FactKind::process, FactKind::execution, FactKind::file})
    for (const Fact& fact : book_.facts(kind)) learn_image(fact.subject);
  for (const Fact& fact : book_.facts(FactKind::pipe)) {
    names_.insert(fold_case(without_slash(fact.subject)));
    if (fact.event_id == 17) learn_image(fact.values["Image"]);
  }
  for (const Fact& fact : book_.facts(FactKind::share)) {
    if (is_pipe_share(fact)) names_.insert(fold_case(without_slash(fact.subject)));
    if (is_admin_share(fact)) learn_image("C:\\Windows\\" + fact.subject);
  }
  for (const Fact& fact : book_.facts(FactKind::logon))
    hosts_.insert(fold_case(fact.values["WorkstationName"]));
  names_.insert(programs_.begin(), programs_.end());
  names_.erase(std::string{});
  hosts_.erase(std::string{});
}

/// The parts of a session's pipe: those whose service is known, else those whose host is.
std::optional<UseFinder::Session> UseFinder::session_of(std::string_view pipe) const {
  std::vector<SessionPipe> ways = session_pipes(pipe);
  if (ways.empty()) return std::nullopt;
  if (ways.size() == 1 || equals_fold(ways.front().service, kPsExecStem))
    return Session{std::move(ways.front())};
  const auto service = std::find_if(ways.rbegin(), ways.rend(), [&](const SessionPipe& way) {
    return names_.contains(fold_case(way.service));
  });
  if (service != ways.rend()) return Session{std::move(*service)};
  const auto has_host = [&](const SessionPipe& way) {
    return hosts_.contains(fold_case(way.source_host));
  };
  if (std::count_if(ways.begin(), ways.end(), has_host) == 1)
    return Session{std::move(*std::find_if(ways.begin(), ways.end(), has_host))};
  SessionPipe whole = std::move(ways.front());
  whole.service += "-" + whole.source_host;
  whole.source_host.clear();
  return Session{std::move(whole), false};
}

/// Of each service that a session's pipes would be of.
void UseFinder::learn_signs() {
  std::map<std::string, Signs> all;
  const auto signs_of = [&](std::string_view pipe) -> Signs* {
    const auto session = session_of(pipe);
    if (!session) return nullptr;
    Signs& signs = all[fold_case(session->pipe.service)];
    signs.streams[{fold_case(session->pipe.source_host), session->pipe.source_process}] |=
        stream_bit(pipe);
    return &signs;
  };
  for (const Fact& fact : book_.facts(FactKind::share))
    if (!is_refused(fact))
      if (Signs* const signs = signs_of(fact.subject))
        signs->from_afar = signs->from_afar || !is_local_address(fact.values["IpAddress"]);
  for (const Fact& fact : book_.facts(FactKind::pipe))
    if (Signs* const signs = signs_of(fact.subject))
      signs->by_other = signs->by_other || is_made_elsewhere(fact);
  for (const auto& [service, signs] : all) {
    if (signs.from_afar || programs_.contains(service)) continue;
    if (signs.by_other)
      others_.insert(service);
    else if (std::none_of(signs.streams.begin(), signs.streams.end(),
                          [](const auto& one) { return one.second == kAllStreams; }))
      doubtful_.insert(service);
  }
}

/// PsExec under another name is known by the pipes of its sessions and by its version resource.
void UseFinder::learn_names() {
  const auto of_both = [&](const auto& look) {
    for (const Fact& fact : book_.facts(FactKind::pipe)) look(fact.subject);
    for (const Fact& fact : book_.facts(FactKind::share))
      if (!is_refused(fact)) look(fact.subject);
  };
  bool has_renamed = false;
  of_both([&](std::string_view pipe) {
    has_renamed = has_renamed || (!starts_with_fold(without_slash(pipe), "PSEXESVC-") &&
                                  !session_pipes(pipe).empty());
  });
  if (has_renamed) {
    learn_parts();
    learn_signs();
  }
  of_both([&](std::string_view pipe) {
    const auto session = session_of(pipe);
    if (!session || !session->is_certain || tool_of_pipe(pipe) != nullptr) return;
    const std::string service = fold_case(session->pipe.service);
    if (!doubtful_.contains(service) && !others_.contains(service)) renamed_.insert(service);
  });
  for (const Fact& fact : book_.facts(FactKind::process))
    if (psexec_part(fact.values["OriginalFileName"], fact.values["Description"]) ==
        PsExecPart::service)
      renamed_.insert(image_stem(fact.subject));
  renamed_.erase(std::string{kPsExecStem});
}

// ---- pipes

void UseFinder::add_pipes() {
  for (const Fact& fact : book_.facts(FactKind::pipe))
    add_pipe(fact, without_slash(fact.subject), fact.values["Image"]);
  for (const Fact& fact : book_.facts(FactKind::share))
    if (is_pipe_share(fact) && !is_refused(fact)) add_pipe(fact, without_slash(fact.subject), {});
}

void UseFinder::add_pipe(const Fact& fact, std::string_view pipe, std::string_view image) {
  const RemoteTool* tool = tool_of_pipe(pipe);
  if (const auto session = session_of(pipe); session && (tool == nullptr || tool == psexec()))
    return add_session(fact, *session);
  const bool renamed = renamed_.contains(fold_case(pipe));
  if ((tool == nullptr && !renamed) || !is_new(fact)) return;
  if (renamed) tool = psexec();
  std::string stem = fold_case(tool == psexec() ? pipe : tool->image);
  stem.resize(std::min(stem.size(), stem.find('*')));
  Draft& draft = use_of(tool, stem, fact.time, Join::to_last, who_of(fact));
  draft.use.renamed = draft.use.renamed || renamed;
  draft.take_account(fact);
  // Its service makes the pipe; another program that does waits for the service to come to it.
  const bool is_trap = fact.event_id == 17 && tool == psexec() && !renamed &&
                       fold_case(pipe) == kPsExecStem && !image.empty() && !known_image(image);
  const int weight = is_trap ? 45 : draft.use.installed ? 15 : tool->is_dual_use ? 25 : 60;
  if (is_trap)
    draft.tell("The pipe of its service, " + std::string{pipe} + ", was made by another program, " +
                   std::string{image} + at(fact.time) +
                   ": so a user makes PsExec's service, which runs as SYSTEM, come to him.",
               weight, Family::name, fact.record);
  else
    draft.tell("The pipe " + std::string{pipe} + " was used" +
                   (image.empty() ? std::string{} : " by " + std::string{image}) + at(fact.time) +
                   ".",
               draft.once(Once::pipe, weight), Family::name, fact.record);
  extend(draft, fact.time);
}

/// The same process of the client is the same use, however long it goes on.
Draft& UseFinder::use_of_session(const Fact& fact, const Session& session) {
  const std::string stem = fold_case(session.pipe.service);
  Who who = who_of(fact);
  who.host = session.pipe.source_host;
  who.process = session.pipe.source_process;
  const std::size_t next = first_after(fact.time);
  for (std::size_t i = next; i-- > 0 && next - i <= kMaxAsked && !who.host.empty();) {
    Draft& draft = drafts_[i];
    if (apart(draft.use.started, fact.time) > kSameProcess) break;
    if (draft.who.process == who.process && draft.use.stem == stem && !draft.differs(who))
      return draft;
  }
  Draft& draft = use_of(psexec(), stem, fact.time, Join::to_last, who);
  if (!who.host.empty()) draft.who.host = who.host;
  draft.who.process = who.process;
  return draft;
}

void UseFinder::add_session(const Fact& fact, const Session& session) {
  const SessionPipe& pipe = session.pipe;
  const std::string stem = fold_case(pipe.service);
  if (others_.contains(stem) && !renamed_.contains(stem)) return;
  if (!is_new(fact)) return;
  const bool doubtful = doubtful_.contains(stem) && !renamed_.contains(stem);
  Draft& draft = use_of_session(fact, session);
  RemoteUse& use = draft.use;
  use.renamed = stem != kPsExecStem && !doubtful;
  use.is_doubtful = doubtful;
  if (use.source_host.empty() && !doubtful) use.source_host = pipe.source_host;
  draft.take_account(fact);
  const std::string number = std::to_string(pipe.source_process);
  std::string told = "The pipes of its session name the host it came from, " + pipe.source_host +
                     ", and the process there, " + number;
  if (doubtful)
    told = "The pipe " + fact.subject +
           " is called as PsExec calls those of its sessions, with its service, the host it came "
           "from and the process there in its name. Others may call theirs so: nothing else tells "
           "that it is PsExec's";
  else if (!session.is_certain)
    told =
        "The pipes of its session name its service, the host it came from and the process "
        "there, " +
        number + "; in " + pipe.service +
        " it is not told where the service's name ends and the host's begins";
  if (!use.renamed)
    told += ".";
  else
    told += "; only PsExec calls pipes so, and its service had another name" +
            (session.is_certain ? ", '" + pipe.service + "'." : std::string{"."});
  const int weight = doubtful ? 25 : use.renamed && !use.installed ? 60 : 20;
  draft.tell(std::move(told), draft.once(Once::session, weight), Family::content, fact.record);
  extend(draft, fact.time);
}

}  // namespace hozen::remote_use
