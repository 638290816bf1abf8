#include "collector/cli/source_choice.h"
#include "collector/source/folder_source.h"

namespace hozen::cli {

bool has_live_source() { return false; }

Result<std::unique_ptr<EvidenceSource>> open_source(const std::optional<std::string>& root) {
  if (!root) return Error{Errc::unsupported, "this system is not Windows"};
  return make_folder_source(*root);
}

}  // namespace hozen::cli
