// `hozen parse` of archives.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

/// An `archive_entry` record for each file and folder, then one of kind `archive`; nothing is
/// unpacked. Returns how many problems there were; Errc::not_found when there is no archive.
Result<std::uint64_t> print_archive(ByteSource& file, std::string_view source, LineBuffer& out);

}  // namespace hozen::cli
