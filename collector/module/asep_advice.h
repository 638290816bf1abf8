// What explains a rule of autostart entries innocently, and what to look at next.
#pragma once

#include <string_view>

namespace hozen {

struct Advice {
  std::string_view benign;
  std::string_view next;
};

/// By the rule's name without the module; general words for a rule that has none of its own.
Advice advice_for(std::string_view rule);

}  // namespace hozen
