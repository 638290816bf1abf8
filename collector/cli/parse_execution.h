// Traces of execution (prefetch files and the like) as JSON lines.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/bytes.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

// Each prints the records of one file (fields: docs/records.md) and one problem record for each
// problem, and returns how many problems there were; the Error when the file is none.

/// One `prefetch` record.
Result<std::uint64_t> print_prefetch(Bytes file, std::string_view source, LineBuffer& out);
/// A `jump_list_entry` record for each entry, of an automatic or a custom list.
Result<std::uint64_t> print_jump_list(Bytes file, std::string_view source, LineBuffer& out);
/// One `lnk` record.
Result<std::uint64_t> print_lnk(Bytes file, std::string_view source, LineBuffer& out);
/// A `recent_file_cache` record for each entry.
Result<std::uint64_t> print_recent_file_cache(Bytes file, std::string_view source, LineBuffer& out);

/// By the first bytes of a file.
bool looks_like_jump_list(Bytes head);
bool looks_like_lnk(Bytes head);

}  // namespace hozen::cli
