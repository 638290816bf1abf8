#include "collector/source/deleted_file.h"

namespace hozen {

std::string_view to_text(DeletedState state) {
  switch (state) {
    case DeletedState::resident:
      return "resident";
    case DeletedState::free:
      return "free";
    case DeletedState::partly_overwritten:
      return "partly_overwritten";
    case DeletedState::overwritten:
      return "overwritten";
    case DeletedState::unclaimed:
      return "unclaimed";
    case DeletedState::place_unknown:
      return "place_unknown";
    case DeletedState::empty:
      return "empty";
  }
  return "empty";
}

}  // namespace hozen
