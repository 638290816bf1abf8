// Writes one JSON object, member by member.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/filetime.h"

namespace hozen {

/// The object is closed when it goes out of scope. What is empty or unset is left out.
class JsonObject {
 public:
  /// `out` must outlive the object.
  explicit JsonObject(std::string& out) : out_{out} { out_ += '{'; }
  ~JsonObject() { out_ += '}'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  /// With the exact form as `<name>_utf16` where the text is not UTF-8.
  void text(std::string_view name, std::string_view wtf8);
  void number(std::string_view name, const std::optional<std::uint64_t>& value);
  void boolean(std::string_view name, const std::optional<bool>& value);
  void time(std::string_view name, FileTime value);
  void bytes(std::string_view name, std::span<const std::byte> value);  ///< lower-case hex
  void texts(std::string_view name, std::span<const std::string> values);
  /// `write` appends the JSON of one item.
  template <class Items, class Write>
  void list(std::string_view name, const Items& items, Write write) {
    if (std::empty(items)) return;
    std::string& out = key(name);
    out += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!first) out += ',';
      first = false;
      write(item);
    }
    out += ']';
  }
  /// For a value that the caller appends to what is returned.
  std::string& key(std::string_view name);
  /// For whole members, one at least, that the caller appends to what is returned.
  std::string& raw_members() {
    if (!first_) out_ += ',';
    first_ = false;
    return out_;
  }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace hozen
