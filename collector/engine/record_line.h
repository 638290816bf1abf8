// What every line of records/ begins with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/module/record.h"
#include "collector/source/source.h"

namespace hozen {

/// Replaces `line` with {"record":…,"kind":…,"source":{…},"view":…,"timestamps":{…},"user":{…}: the
/// kind's fields and } follow.
void begin_record_line(std::string& line, std::string_view record_id, std::string_view kind,
                       View view, const Envelope& envelope);

}  // namespace hozen
