// The profiles shipped inside the executable: every profiles/*.xml at build time.
#pragma once

#include <span>
#include <string_view>

namespace hozen {

struct EmbeddedProfile {
  std::string_view name;  ///< file name without ".xml"
  std::string_view xml;   ///< the file, byte for byte
};

/// All embedded profiles, ordered by name.
std::span<const EmbeddedProfile> embedded_profiles();

}  // namespace hozen
