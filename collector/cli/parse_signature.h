// Signatures and catalogs as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/cli/parse_hive.h"
#include "collector/formats/authenticode.h"
#include "collector/formats/authenticode_pages.h"

namespace hozen::cli {

/// Appends one object; `digests` and `pages` (nullptr: unknown) are of the file that is signed.
void append_signature(std::string& json, const authenticode::Signature& signature,
                      const authenticode::FileDigests* digests,
                      const authenticode::PageHashes* pages = nullptr);

/// Prints a `catalog` record, a `catalog_member` record for each member and a problem record for
/// each problem (fields: docs/records.md), and returns how many problems there were.
Result<std::uint64_t> print_catalog(Bytes file, std::string_view source, LineBuffer& out);

}  // namespace hozen::cli
