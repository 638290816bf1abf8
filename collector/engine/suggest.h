// "Did you mean …?" for names that a person mistyped.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hozen {

/// The candidate nearest to `word` by edit distance (insert, delete, replace, swap neighbours;
/// ASCII case does not count); "" when none is near.
std::string closest(std::string_view word, std::span<const std::string> candidates);

/// " (did you mean "x"?)", or "" when nothing is near.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

}  // namespace hozen
