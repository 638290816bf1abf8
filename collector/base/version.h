// Which build of the program this is. One place sets each: project(VERSION) and the git checkout.
#pragma once

#include <string_view>

namespace hozen {

/// "MAJOR.MINOR.PATCH" as in CMakeLists.txt.
std::string_view version();

/// Full commit id of the checkout the program was built from, with "+modified" behind it when
/// tracked files differed from it; "unknown" when it was built outside a git checkout.
std::string_view git_revision();

}  // namespace hozen
