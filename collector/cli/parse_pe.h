// A portable executable as a JSON line.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

/// Prints one `pe` record and a problem record for each problem (fields: docs/records.md), and
/// returns how many problems there were; the Error when the file is none. The file is read
/// whole.
Result<std::uint64_t> print_pe(ByteSource& file, std::string_view source, LineBuffer& out);
/// The same without digests, entropy and page hashes: headers, directories and signatures are read.
Result<std::uint64_t> print_pe_headers(ByteSource& file, std::string_view source, LineBuffer& out);

}  // namespace hozen::cli
