// Text in the code page of a Windows that the bytes do not name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"

namespace hozen {

/// How the bytes of a text were read. All but `utf16` and `ascii` are assumptions.
enum class TextEncoding : std::uint8_t {
  utf16,
  ascii,
  assumed_cp932,
  assumed_windows1252,
  unknown
};
std::string_view to_text(TextEncoding encoding);

struct DecodedText {
  std::string text;
  TextEncoding encoding = TextEncoding::ascii;
  /// The bytes themselves where the encoding is an assumption; empty otherwise.
  std::vector<std::byte> bytes{};
};

/// Bytes of the code page of the system that wrote them, up to the first NUL when `until_nul`.
/// Below 0x80 only: ASCII. Else code page 932 (Japanese) when the bytes are valid in it and more
/// than a letter with an accent; else Windows-1252 when they are valid in it; else unknown, and the
/// text holds U+0080..U+00FF for the bytes.
DecodedText decode_ansi(Bytes text, bool until_nul);
/// UTF-16LE, up to the first NUL when `until_nul`.
DecodedText decode_utf16(Bytes text, bool until_nul);

}  // namespace hozen
