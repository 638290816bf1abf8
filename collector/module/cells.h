// Values that may be missing, as cells of a record.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>

#include "collector/module/record.h"

namespace hozen {

/// "" as a value that is not there.
inline void text_or_absent(Cell& cell, std::string_view text, Absent reason = Absent::not_present) {
  text.empty() ? cell.absent(reason) : cell.text(text);
}

template <std::unsigned_integral Number>
void number_or_absent(Cell& cell, const std::optional<Number>& number,
                      Absent reason = Absent::not_present) {
  number ? cell.number(*number) : cell.absent(reason);
}

inline void flag_or_absent(Cell& cell, const std::optional<bool>& flag,
                           Absent reason = Absent::not_present) {
  flag ? cell.boolean(*flag) : cell.absent(reason);
}

inline void time_or_absent(Cell& cell, FileTime time, Absent reason = Absent::not_present) {
  time.is_set() ? cell.time(time) : cell.absent(reason);
}

}  // namespace hozen
