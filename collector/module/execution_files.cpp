#include "collector/module/execution_files.h"

#include <set>
#include <string>

#include "collector/module/asep_files.h"

namespace hozen {
namespace {

std::size_t installation_of(const Registry& registry, const UserProfile& user) {
  const auto& all = registry.installations();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!all[i].windows.empty() && all[i].windows.volume() == user.folder.volume()) return i;
  return 0;
}

Error in_file(const EvidencePath& file, Error error) {
  if (error.what != file.text()) error.what = file.text() + ": " + error.what;
  return error;
}

}  // namespace

Envelope TraceFile::envelope(std::optional<std::uint64_t> offset) const {
  Envelope envelope;
  envelope.origin = {artifact, {}, offset};
  if (user != nullptr) {
    envelope.user_sid = user->sid;
    envelope.user_name = user->name;
  }
  if (info.si.created.is_set()) envelope.timestamps.emplace_back("trace_created", info.si.created);
  if (info.si.modified.is_set())
    envelope.timestamps.emplace_back("trace_modified", info.si.modified);
  return envelope;
}

void each_trace_name(
    ModuleContext& context, std::string_view pattern,
    const std::function<bool(const FileInfo&, const UserProfile*, std::size_t)>& visit) {
  const Registry* registry = context.registry();
  if (!context.reads_files() || registry == nullptr) return;
  std::set<std::string> seen;  // several profiles or patterns may lead to one file
  const auto look = [&](std::size_t installation, const UserProfile* user) {
    bool more = true;
    each_matching_file(
        context.source(), pattern, registry->environment(installation, user), user,
        [&](const FileInfo& file) {
          if (file.is_link || !seen.insert(context.source().key(file.path)).second) return more;
          return more = visit(file, user, installation) && !context.stop().stop_requested();
        },
        [&](Error error) { context.note(std::move(error)); });
    return more;
  };
  if (is_user_pattern(pattern)) {
    for (const UserProfile& user : registry->users())
      if (!user.folder.empty() && !look(installation_of(*registry, user), &user)) return;
    return;
  }
  for (std::size_t i = 0; i < registry->installations().size(); ++i)
    if (!look(i, nullptr)) return;
}

void each_trace_file(
    ModuleContext& context, const TraceFilePattern& pattern, std::uint64_t cap_bytes,
    const std::function<bool(const TraceFile&, std::span<const std::byte>)>& visit) {
  each_trace_name(context, pattern.pattern,
                  [&](const FileInfo& file, const UserProfile* user, std::size_t installation) {
                    const auto artifact =
                        context.collect(file.path, pattern.reason, pattern.priority);
                    const auto content = context.read(artifact, cap_bytes);
                    if (content) return visit({file, user, installation, artifact.row}, *content);
                    context.note(in_file(file.path, content.error()));
                    return true;
                  });
}

void note_problems(ModuleContext& context, const EvidencePath& file,
                   const std::vector<Error>& problems) {
  for (const Error& problem : problems) context.note(in_file(file, problem));
}

}  // namespace hozen
