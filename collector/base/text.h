// Text inside the program: WTF-8 (UTF-8 in which a lone UTF-16 surrogate is kept as its three-byte
// form).
#pragma once

#include <string>
#include <string_view>

#include "collector/base/bytes.h"

namespace hozen {

/// UTF-16LE bytes to WTF-8: pairs become one code point, a lone surrogate becomes its 3-byte form.
/// An odd last byte is dropped. Stops before the first NUL when `until_nul`. Never fails.
std::string wtf8_from_utf16le(Bytes text, bool until_nul = false);
/// Appends instead of allocating.
void append_wtf8_from_utf16le(std::string& out, Bytes text, bool until_nul = false);
std::string wtf8_from_utf16(std::u16string_view text);
/// Latin-1 bytes (compressed registry names) to WTF-8.
void append_wtf8_from_latin1(std::string& out, Bytes text);
/// The exact inverse of wtf8_from_utf16; a byte that is not WTF-8 becomes U+FFFD.
std::u16string utf16_from_wtf8(std::string_view text);
/// Units of the same text in UTF-16, which is how Windows counts characters.
std::uint64_t utf16_length(std::string_view wtf8);
/// True when the text is well-formed UTF-8 (so: no lone surrogate).
bool is_utf8(std::string_view text);
/// True when the text is well-formed WTF-8: UTF-8 or lone surrogates in three-byte form.
bool is_wtf8(std::string_view text);
/// Bytes of a file name that may be in no encoding (Linux): what is not WTF-8 becomes U+FFFD.
std::string to_wtf8_lossy(std::string_view bytes);

/// Simple case folding as Windows compares names: each UTF-16 unit is upper-cased by itself
/// (one-to-one mappings of the Basic Multilingual Plane; U+0131, U+017F and the like keep their own
/// form, as in $UpCase).
std::string fold_case(std::string_view wtf8);
bool equals_fold(std::string_view a, std::string_view b);
/// Three-way comparison of the folded UTF-16 units: <0, 0, >0.
int compare_fold(std::string_view a, std::string_view b);
bool starts_with_fold(std::string_view text, std::string_view prefix);
bool ends_with_fold(std::string_view text, std::string_view suffix);
bool contains_fold(std::string_view text, std::string_view part);
/// ASCII lower case; other characters stay.
std::string to_lower_ascii(std::string_view text);
/// Without leading and trailing ASCII white space and NULs.
std::string_view trim(std::string_view text);
std::string to_hex(std::span<const std::byte> bytes);  ///< lower case
/// Matches `*` and `?` within `text` (no separators are special), case-insensitively.
bool glob_match_fold(std::string_view pattern, std::string_view text);

/// Text from evidence for a terminal or a log line: control characters, bidi and zero-width marks
/// and lone surrogates written as \u{XXXX}, quotes and backslashes kept.
std::string printable(std::string_view wtf8);
/// printable() between double quotes, with inner quotes escaped: for log messages (no forged
/// lines).
std::string quoted(std::string_view wtf8);

}  // namespace hozen
