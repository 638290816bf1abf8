// Values of one attribute in an XML file that programs configure themselves by.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/result.h"

namespace hozen {

struct XmlAttributes {
  std::vector<std::string> values;  ///< in the order of the file, entities replaced
  std::optional<Error> problem{};   ///< the file ends or breaks early; what stands before was read
};

/// The values of `attribute` of every `child` directly below an element `parent`, wherever that
/// stands: `<parent><child attribute="…"/></parent>`. Names are compared exactly, as XML does. The
/// encoding is found out from the file; at most `cap` values; empty ones are left out.
XmlAttributes xml_attributes(std::span<const std::byte> file, std::string_view parent,
                             std::string_view child, std::string_view attribute, std::size_t cap);

}  // namespace hozen
