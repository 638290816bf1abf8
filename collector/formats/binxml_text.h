// The text of values that are not text themselves.
#pragma once

#include "collector/formats/binxml_value.h"

namespace hozen::evtx {

enum class HexCase : std::uint8_t { lower, upper };

/// Room that write_plain needs.
std::size_t plain_bytes(const Value& value);
/// Writes a value that is no text, array or null as ASCII without anything to escape; returns the
/// end. A size that the type does not have, and a type that is not known: the bytes in hex.
char* write_plain(char* out, const Value& value, HexCase hex);
/// Whether the plain form is a JSON number or word.
bool is_bare_json(const Value& value);

/// Without the NULs that it ends with; `unit`: bytes of a character.
Bytes strip_nuls(Bytes text, std::size_t unit);
inline Bytes without_nuls(Bytes text, std::size_t unit) {
  const std::size_t size = text.size();
  const bool ends_with_character =
      unit == 2 && size >= 2 && size % 2 == 0 && *text.get<std::uint16_t>(size - 2) != 0;
  return ends_with_character ? text : strip_nuls(text, unit);
}
/// Whether it is an array whose items can be told apart.
bool can_be_cut(const Value& value);

}  // namespace hozen::evtx
