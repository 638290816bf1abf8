// Security identifiers as text.
#pragma once

#include <string>

#include "collector/base/bytes.h"

namespace hozen {

/// "S-1-5-21-…" from the binary form (MS-DTYP 2.4.2.2). Errc::truncated or Errc::malformed.
Result<std::string> parse_sid(Bytes sid);

}  // namespace hozen
