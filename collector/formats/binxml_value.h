// The typed values of BinXml, and their forms in JSON and XML.
//
// Source: MS-EVEN6 2.2.12 and 2.2.14; libyal/libevtx; what the Event Viewer of Windows shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/base/function_ref.h"
#include "collector/base/text_out.h"

namespace hozen::evtx {

namespace value_type {
constexpr std::uint8_t kNull = 0x00, kUtf16 = 0x01, kAnsi = 0x02, kInt8 = 0x03, kUint8 = 0x04,
                       kInt16 = 0x05, kUint16 = 0x06, kInt32 = 0x07, kUint32 = 0x08, kInt64 = 0x09,
                       kUint64 = 0x0A, kFloat32 = 0x0B, kFloat64 = 0x0C, kBool = 0x0D,
                       kBinary = 0x0E, kGuid = 0x0F, kSizeT = 0x10, kFileTime = 0x11,
                       kSystemTime = 0x12, kSid = 0x13, kHex32 = 0x14, kHex64 = 0x15,
                       kBinXml = 0x21, kArray = 0x80;
}  // namespace value_type

/// One value as it lies in the chunk, which must outlive it.
struct Value {
  std::uint8_t type = value_type::kNull;
  Bytes data{};

  bool is_null() const { return type == value_type::kNull; }
  bool is_array() const { return (type & value_type::kArray) != 0; }
  bool is_text() const { return type == value_type::kUtf16 || type == value_type::kAnsi; }
  bool is_binxml() const { return type == value_type::kBinXml; }
  /// An integer, hex or Boolean of the right size, or text that is a decimal or 0x number. Signed
  /// values are extended to 64 bits.
  std::optional<std::uint64_t> number() const;
  /// A FILETIME or SYSTEMTIME; text of the form of ISO 8601.
  std::optional<FileTime> time() const;
  /// As XML shows it, WTF-8; the items of an array separated by line feeds.
  std::string text() const;
  /// Whether text() is this ASCII text; nothing is converted for texts of UTF-16.
  bool equals(std::string_view ascii) const;
  /// Each item of an array; the value itself when it is none or cannot be cut into items.
  void each_item(FunctionRef<void(const Value&)> visit) const;
};

/// Appends the JSON form: numbers and Booleans as such, arrays as lists, null; everything else in
/// quotes. A value whose size is not that of its type is written as its bytes in hex. False when a
/// lone surrogate was replaced.
bool append_json(TextOut& out, const Value& value);

enum class XmlPlace : std::uint8_t { text, attribute };
/// Appends the XML form, escaped; what XML cannot hold becomes U+FFFD.
void append_xml(TextOut& out, const Value& value, XmlPlace place);
/// Appends WTF-8 text, escaped the same way.
void append_xml_text(TextOut& out, std::string_view wtf8, XmlPlace place);

}  // namespace hozen::evtx
