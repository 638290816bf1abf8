#include "collector/source/host_name.h"

#include <cstdint>
#include <optional>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kSurrogateSize = 3;  // bytes of U+D800..U+DFFF in WTF-8

bool needs_escape(unsigned char byte) { return byte >= 0x80 || byte == '\\' || byte == ':'; }

/// The byte that the escape at the front of `text` stands for; nothing when it is none.
std::optional<unsigned char> escaped_byte(std::string_view text) {
  if (text.size() < kSurrogateSize || text[0] != '\xED') return std::nullopt;
  const auto second = static_cast<unsigned char>(text[1]);
  const auto third = static_cast<unsigned char>(text[2]);
  if (second < 0xB0 || second > 0xB3) return std::nullopt;  // U+DC00..U+DCFF
  const unsigned value = (second & 0x3Fu) << 6 | (third & 0x3Fu);
  const unsigned low = value - 0xC00u;
  if (low > 0xFF || !needs_escape(static_cast<unsigned char>(low))) return std::nullopt;
  return static_cast<unsigned char>(low);
}

bool holds_escape(std::string_view text) {
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos;
       at = text.find('\xED', at + 1))
    if (escaped_byte(text.substr(at))) return true;
  return false;
}

void append_escape(std::string& out, unsigned char byte) {
  out += '\xED';
  out += static_cast<char>(0xB0 | byte >> 6);
  out += static_cast<char>(0x80 | (byte & 0x3F));
}

/// Bytes of the valid UTF-8 sequence at the front of `text` (1 to 4), 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (is_utf8(text.substr(0, length))) return length;
  return 0;
}

}  // namespace

HostName name_from_host(std::string_view bytes) {
  const bool plain = bytes.find_first_of("\\:") == std::string_view::npos && is_wtf8(bytes) &&
                     !holds_escape(bytes);
  if (plain) return {std::string{bytes}, false};
  HostName name{{}, true};
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    const bool keep = length != 0 && bytes[0] != '\\' && bytes[0] != ':';
    if (keep) {
      name.text += bytes.substr(0, length);
      bytes.remove_prefix(length);
    } else {
      append_escape(name.text, static_cast<unsigned char>(bytes[0]));
      bytes.remove_prefix(1);
    }
  }
  return name;
}

std::string host_from_name(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (const auto byte = escaped_byte(text)) {
      bytes += static_cast<char>(*byte);
      text.remove_prefix(kSurrogateSize);
    } else {
      bytes += text[0];
      text.remove_prefix(1);
    }
  }
  return bytes;
}

}  // namespace hozen
