#include "collector/source/source.h"

namespace hozen {

std::string_view to_text(View view) { return view == View::raw ? "raw" : "api"; }

}  // namespace hozen
