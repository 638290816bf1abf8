// How the parts of a split image are named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hozen {

/// A name as dd, FTK Imager, dc3dd or split gives it: `disk.001`, `disk.aa`.
struct PartName {
  std::string stem;          ///< "disk."
  std::size_t width = 0;     ///< characters of the ending
  bool letters = false;      ///< `aa`, `ab`, ... instead of digits
  std::uint64_t number = 0;  ///< 0 for `aa` and `000`

  /// The name of part `number`: `disk.999` is followed by `disk.1000`. Nothing behind the last one
  /// that letters of this width can count.
  std::optional<std::string> at(std::uint64_t part_number) const;
};

/// Nothing when the name cannot be that of a part: its ending is neither two to nine digits nor two
/// or three small letters.
std::optional<PartName> parse_part_name(std::string_view name);

}  // namespace hozen
