// What every line of records/ begins with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/module/record.h"
#include "collector/source/source.h"

namespace hozen {

/// Replaces `line` with {"record":…,"kind":…,"source":{…},"view":…,"timestamps":{…},"user":{…}: the
/// kind's fields and } follow. `other_host`: "" for what is of the host that the evidence is of,
/// else "other_host":… stands before "user".
void begin_record_line(std::string& line, std::string_view record_id, std::string_view kind,
                       View view, const Envelope& envelope, std::string_view other_host = {});

}  // namespace hozen
