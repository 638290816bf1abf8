// The timeline of a bundle for other programs: as it stands in the bundle or, where it has none
// (recovered, or of an older version), made of its records.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/base/result.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/scratch.h"
#include "collector/module/module.h"

namespace hozen {

enum class TimelineForm : std::uint8_t {
  jsonl,  ///< the lines of timeline.jsonl
  csv,    ///< the same, a line of titles first
};

struct TimelineCounts {
  std::uint64_t unreadable = 0;  ///< lines that are no JSON
  std::vector<Error> damaged{};  ///< segments that are not those of the manifest
};

/// Hands out the lines, some at a time. A damaged segment is read as far as it goes. Fails when
/// `write` or the scratch file does, with its error. Memory: that of LineSorter, and a buffer.
Result<TimelineCounts> write_timeline(const BundleReader& bundle,
                                      std::span<const ModuleSpec* const> modules, TimelineForm form,
                                      ScratchFactory scratch,
                                      FunctionRef<Result<void>(std::string_view lines)> write);

/// The titles of timeline_csv().
std::string timeline_csv_titles();
/// One entry as a line of CSV (RFC 4180, but for its line feed); false when it is no JSON object.
/// All cells are quoted. What cannot be seen is \u{XXXX} (see printable()), so that an entry is one
/// line. A cell that begins with `=`, `+`, `-` or `@`, which spreadsheets would compute, gets an
/// apostrophe before it.
bool append_timeline_csv(std::string& out, std::string_view entry_json);

}  // namespace hozen
