// Compares ZIP structures with what they must be, and names the field that differs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/byte_source.h"

namespace hozen {

enum class ZipStructure : std::uint8_t { local_header, descriptor, central_header, end_records };

struct ZipDifference {
  std::string field;
  std::uint64_t offset = 0, length = 0;  ///< of the field, from the start of the structure
};

/// The first field in which `actual` differs from `expected`; nothing when they are equal. A field
/// that `actual` does not reach differs.
std::optional<ZipDifference> find_zip_difference(ZipStructure structure, std::string_view expected,
                                                 std::string_view actual);

}  // namespace hozen
