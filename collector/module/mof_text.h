// Instances in the text form of WMI (Managed Object Format), as event 5861 writes them.
// Source: DMTF DSP0004, "Common Information Model Infrastructure"; events of Windows 7 to 11.
// Not read: classes, qualifiers, aliases, arrays other than as text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hozen {

struct MofInstance {
  std::string class_name;
  std::vector<std::pair<std::string, std::string>> values;  ///< strings without their escapes

  /// In any case; "" when there is none of that name.
  std::string_view operator[](std::string_view name) const;
};

/// All "instance of X { Name = value; }" of a text, in their order, at most kMaxMofInstances. What
/// stands in strings is no structure. A text that is cut off ends its last value.
std::vector<MofInstance> parse_mof_instances(std::string_view text);
inline constexpr std::size_t kMaxMofInstances = 16;

}  // namespace hozen
