#include "collector/module/jump_list_row.h"

#include <algorithm>
#include <iterator>

#include "collector/base/text.h"

namespace hozen {
namespace {

struct Known {
  std::string_view app_id, program;
};
/// E. Zimmerman, AppIDs.txt of JLECmd.
constexpr Known kKnown[] = {
    {"1b4dd67f29cb1962", "Windows Explorer (Windows 7)"},
    {"290532160612e071", "WinRAR"},
    {"5f7b5f1e01b83767", "Quick Access"},
    {"7e4dca80246863e3", "Control Panel (Windows 8 and later)"},
    {"f01b4d95cf55d32a", "Windows Explorer (Windows 8 and later)"},
};

}  // namespace

std::string_view jump_list_program(std::string_view app_id) {
  const auto* found = std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& known) {
    return equals_fold(known.app_id, app_id);
  });
  return found != std::end(kKnown) ? found->program : std::string_view{};
}

JumpListRow jump_list_row(const JumpListEntry& entry, const JumpList& list,
                          std::string_view file_name) {
  return {entry, list, file_name.substr(0, file_name.find('.')),
          entry.link ? &*entry.link : nullptr};
}

}  // namespace hozen
