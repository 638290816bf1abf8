// Files in which Windows keeps traces of execution: found by pattern, preserved, read.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "collector/module/module.h"

namespace hozen {

/// A file that a pattern means, preserved.
struct TraceFile {
  const FileInfo& info;
  const UserProfile* user = nullptr;  ///< whose profile it lies in; nullptr for the machine
  std::size_t installation = 0;
  std::uint32_t artifact = 0;

  /// Origin, and the account; its own times as `trace_created` and `trace_modified`.
  Envelope envelope(std::optional<std::uint64_t> offset = {}) const;
};

struct TraceFilePattern {
  std::string_view pattern;  ///< with variables; of a user's folders: looked for in each profile
  std::string_view reason;   ///< why it is preserved
  Priority priority = Priority::high;
};

/// Calls `visit` with each file that the pattern means in any installation or profile, and its
/// content: at most `cap_bytes`, what is larger or cannot be read is noted and left out. False from
/// `visit` ends it. Nothing where the context does not read files or there is no registry to tell
/// where Windows lies.
void each_trace_file(
    ModuleContext& context, const TraceFilePattern& pattern, std::uint64_t cap_bytes,
    const std::function<bool(const TraceFile&, std::span<const std::byte>)>& visit);

/// The same by what is found: files are neither preserved nor read.
void each_trace_name(
    ModuleContext& context, std::string_view pattern,
    const std::function<bool(const FileInfo&, const UserProfile*, std::size_t)>& visit);

/// Notes each problem of a file, its path in front.
void note_problems(ModuleContext& context, const EvidencePath& file,
                   const std::vector<Error>& problems);

}  // namespace hozen
