// Files and pipes of PsExec and tools like it that were asked for over the network and refused:
// somebody tried, nothing was run by it.
#include <map>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_use.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxAttempts = 1'000, kMaxAttemptRecords = 20;

/// The tool that needs this file or pipe, nullptr for others.
const RemoteTool* tool_wanting(const Fact& fact) {
  const RemoteTool* const psexec = remote_use::psexec();
  if (remote_use::is_pipe_share(fact)) {
    const RemoteTool* const tool = tool_of_pipe(fact.subject);
    return tool == nullptr && !session_pipes(fact.subject).empty() ? psexec : tool;
  }
  if (!remote_use::is_admin_share(fact)) return nullptr;
  if (host_of_key_file(fact.subject)) return psexec;
  if (!ends_with_fold(fact.subject, ".exe")) return nullptr;
  const auto service =
      remote_service({}, image_stem(fact.subject) + ".EXE", ServiceStart::automatic);
  return service && !service->is_random && service->command.empty() ? service->tool : nullptr;
}

}  // namespace

std::vector<RemoteAttempt> find_remote_attempts(const FactBook& book) {
  std::map<std::string, std::size_t> places;
  std::vector<RemoteAttempt> found;
  for (const Fact& fact : book.facts(FactKind::share)) {
    if (!remote_use::is_refused(fact)) continue;
    const RemoteTool* const tool = tool_wanting(fact);
    if (tool == nullptr) continue;
    const remote_use::Who who = remote_use::who_of(fact);
    const std::string key =
        std::string{tool->name} + "\n" + fold_case(who.account) + "\n" + who.address;
    if (!places.contains(key) && found.size() >= kMaxAttempts) continue;
    const auto [place, is_new] = places.emplace(key, found.size());
    if (is_new) found.push_back({tool, who.account, who.address, {}, fact.time, fact.time, 0, {}});
    RemoteAttempt& attempt = found[place->second];
    ++attempt.count;
    attempt.last = fact.time;
    if (attempt.names.size() < kMaxAttemptNames) attempt.names.insert(fact.subject);
    if (attempt.records.size() < kMaxAttemptRecords) attempt.records.push_back(fact.record);
  }
  return found;
}

}  // namespace hozen
