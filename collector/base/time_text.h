// Times as text of XML that Windows rendered.
#pragma once

#include <optional>
#include <string_view>

#include "collector/base/filetime.h"

namespace hozen {

/// parse_iso8601(), also of the nine decimals that rendered events have ("…44.822225600Z"); what is
/// below 100 ns is lost.
std::optional<FileTime> parse_rendered_time(std::string_view text);

}  // namespace hozen
