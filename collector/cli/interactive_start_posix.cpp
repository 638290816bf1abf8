#include "collector/cli/interactive_start.h"

namespace hozen::cli {

std::optional<int> start_by_double_click(
    const std::vector<std::string>&, const std::function<int(const std::vector<std::string>&)>&) {
  return std::nullopt;
}

}  // namespace hozen::cli
