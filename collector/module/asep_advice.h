// What explains a rule of autostart entries innocently, and what to look at next.
#pragma once

#include <string>
#include <string_view>

#include "collector/module/asep_entry.h"

namespace hozen {

struct Advice {
  std::string_view benign;
  std::string_view next;
};

/// By the rule's name without the module; general words for a rule that has none of its own.
Advice advice_for(std::string_view rule);

/// What to look at next for a finding that rests on `rule`; an advice to look at the copy of the
/// target is none where no copy was made.
std::string next_step(const AsepEntry& entry, std::string_view rule);

}  // namespace hozen
