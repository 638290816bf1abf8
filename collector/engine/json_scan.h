// Walks through JSON text without building it: what a line by the million is made of.
#pragma once

#include <cstddef>
#include <string_view>

namespace hozen {

/// The members of an object in their order, as views into its text. For lines of this program: text
/// that is no JSON ends the walk somewhere, never outside of it, and is not found out.
class JsonMembers {
 public:
  /// `object` must outlive the walk; anything but an object has no members.
  explicit JsonMembers(std::string_view object);
  /// Goes to the next member; false behind the last one.
  bool next();
  std::string_view name() const { return name_; }    ///< between its quotes, escapes as they are
  std::string_view value() const { return value_; }  ///< text with its quotes, number, object, ...

 private:
  std::string_view text_, name_, value_;
  std::size_t at_ = 0;
};

/// What stands between the quotes of a string, escapes as they are; "" for anything else.
std::string_view json_string_content(std::string_view value);

/// Behind the string that begins at `at`, which is its opening quote.
std::size_t skip_json_string(std::string_view text, std::size_t at);

}  // namespace hozen
