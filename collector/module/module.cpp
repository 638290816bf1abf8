#include "collector/module/module.h"

namespace hozen {

std::string_view to_text(Priority priority) {
  switch (priority) {
    case Priority::volatile_state:
      return "volatile_state";
    case Priority::crown_jewels:
      return "crown_jewels";
    case Priority::high:
      return "high";
    case Priority::normal:
      return "normal";
    case Priority::bulk:
      return "bulk";
  }
  return "normal";
}

}  // namespace hozen
