// Values as JSON and XML text.
#include "collector/base/ansi_text.h"
#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/base/wtf8_decode.h"
#include "collector/formats/binxml_text.h"

namespace hozen::evtx {
namespace {

using namespace value_type;

void append_json_text(TextOut& out, std::string_view wtf8) {
  std::string json;
  append_json_string(json, wtf8);
  out.append(json);
}

void append_json_plain(TextOut& out, const Value& value) {
  char* at = out.room(plain_bytes(value));
  const bool bare = is_bare_json(value);
  if (!bare) *at++ = '"';
  at = write_plain(at, value, HexCase::lower);
  if (!bare) *at++ = '"';
  out.commit(at);
}

bool append_json_array(TextOut& out, const Value& value) {
  bool exact = true;
  bool first = true;
  out.put('[');
  value.each_item([&](const Value& item) {
    if (!first) out.put(',');
    first = false;
    exact = append_json(out, item) && exact;
  });
  out.put(']');
  return exact;
}

constexpr bool is_xml_character(char32_t c) {
  return c >= 0x20 ? !is_surrogate(c) && c != 0xFFFE && c != 0xFFFF
                   : c == '\t' || c == '\n' || c == '\r';
}

/// What stands for an ASCII character; "" for itself.
constexpr std::string_view xml_escape(char32_t c, XmlPlace place) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\r':
      return "&#13;";
    case '"':
      return place == XmlPlace::attribute ? "&quot;" : "";
    case '\t':
      return place == XmlPlace::attribute ? "&#9;" : "";
    case '\n':
      return place == XmlPlace::attribute ? "&#10;" : "";
    default:
      return "";
  }
}

constexpr std::size_t kMostXmlBytes = 6;  ///< that one unit or byte becomes

char* write_xml_character(char* out, char32_t c, XmlPlace place) {
  if (c < 0x80) {
    const std::string_view escape = xml_escape(c, place);
    if (!escape.empty()) return out + escape.copy(out, escape.size());
  }
  return encode_wtf8(out, is_xml_character(c) ? c : kReplacement);
}

void append_xml_units(TextOut& out, Bytes units, XmlPlace place) {
  char* at = out.room(kMostXmlBytes * units.size() / 2 + kMostXmlBytes);
  const std::size_t count = units.size() / 2;
  for (std::size_t i = 0; i < count; ++i) {
    char32_t c = *units.get<std::uint16_t>(2 * i);
    if (c >= '?' && c < 0x80) {  // letters: nothing to escape
      *at++ = static_cast<char>(c);
      continue;
    }
    if (is_high_surrogate(c) && i + 1 < count) {
      const char32_t low = *units.get<std::uint16_t>(2 * i + 2);
      if (is_low_surrogate(low)) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        ++i;
      }
    }
    at = write_xml_character(at, c, place);
  }
  out.commit(at);
}

}  // namespace

bool append_json(TextOut& out, const Value& value) {
  if (value.type == kUtf16) {
    const Bytes units = without_nuls(value.data, 2);
    bool exact = true;
    out.commit(write_json_utf16le(out.room(json_utf16_bytes(units.size() / 2)), units, exact));
    return exact;
  }
  if (value.type != kAnsi && !value.is_null() && !value.is_array()) {
    append_json_plain(out, value);
    return true;
  }
  if (can_be_cut(value)) return append_json_array(out, value);
  if (value.is_null())
    out.append("null");
  else if (value.type == kAnsi)
    append_json_text(out, decode_ansi(without_nuls(value.data, 1), false).text);
  else
    append_json_plain(out, value);
  return true;
}

void append_xml_text(TextOut& out, std::string_view wtf8, XmlPlace place) {
  char* to = out.room(kMostXmlBytes * wtf8.size());
  for (std::size_t at = 0; at < wtf8.size();) {
    const Decoded c = decode_wtf8(wtf8, at);
    to = write_xml_character(to, c.code_point, place);
    at += c.length;
  }
  out.commit(to);
}

void append_xml(TextOut& out, const Value& value, XmlPlace place) {
  if (value.type == kUtf16) return append_xml_units(out, without_nuls(value.data, 2), place);
  if (value.is_null()) return;
  if (value.type == kAnsi || can_be_cut(value)) return append_xml_text(out, value.text(), place);
  char* const at = out.room(plain_bytes(value));
  out.commit(write_plain(at, value, HexCase::upper));
}

}  // namespace hozen::evtx
