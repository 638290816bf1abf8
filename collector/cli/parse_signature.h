// Signatures and catalogs as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/cli/parse_hive.h"
#include "collector/formats/authenticode.h"

namespace hozen::cli {

/// Appends one object; `digests` (nullptr: unknown) are those of the file that is signed.
void append_signature(std::string& json, const authenticode::Signature& signature,
                      const authenticode::FileDigests* digests);

/// Prints a `catalog` record, a `catalog_member` record for each member and a problem record for
/// each problem (fields: docs/records.md), and returns how many problems there were.
Result<std::uint64_t> print_catalog(Bytes file, std::string_view source, LineBuffer& out);

}  // namespace hozen::cli
