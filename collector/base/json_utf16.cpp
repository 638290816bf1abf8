#include <array>

#include "collector/base/json_text.h"
#include "collector/base/wtf8_decode.h"

namespace hozen {
namespace {

constexpr std::uint64_t kLanes = 0x0001'0001'0001'0001u;

/// Four UTF-16 units that all stand in a JSON string as one byte each: printable ASCII without
/// quote and backslash.
constexpr bool four_plain(std::uint64_t word) {
  if ((word & 0xFF80 * kLanes) != 0) return false;
  // Every lane is below 0x80: a lane's high bit says whether the subtraction went below zero.
  const std::uint64_t control = word - 0x20 * kLanes;
  const std::uint64_t quote = (word ^ '"' * kLanes) - kLanes;
  const std::uint64_t backslash = (word ^ '\\' * kLanes) - kLanes;
  return ((control | quote | backslash) & 0x8000 * kLanes) == 0;
}

/// Pieces of a string in a buffer of their own, so that `out` need not grow by the worst case.
class Piece {
 public:
  explicit Piece(std::string& out) : out_{out} {}
  ~Piece() { out_.append(buffer_.data(), size_); }
  void make_room() {
    constexpr std::size_t kMostAtOnce = 8;
    if (size_ + kMostAtOnce <= buffer_.size()) return;
    out_.append(buffer_.data(), size_);
    size_ = 0;
  }
  void put_four(std::uint64_t word) {
    word = (word | (word >> 8)) & 0x0000'FFFF'0000'FFFFu;
    const auto packed = static_cast<std::uint32_t>(word | (word >> 16));
    std::memcpy(buffer_.data() + size_, &packed, sizeof packed);
    size_ += sizeof packed;
  }
  void put_ascii(char c) {
    std::string escaped;
    if (c >= 0x20 && c != '"' && c != '\\') {
      buffer_[size_++] = c;
    } else if (c == '\\' || c == '"') {
      buffer_[size_++] = '\\';
      buffer_[size_++] = c;
    } else {
      append_json_string(escaped, {&c, 1});
      for (const char part : std::string_view{escaped}.substr(1, escaped.size() - 2))
        buffer_[size_++] = part;
    }
  }
  void put(char32_t code_point) {
    size_ =
        static_cast<std::size_t>(encode_wtf8(buffer_.data() + size_, code_point) - buffer_.data());
  }

 private:
  std::string& out_;
  std::array<char, 256> buffer_;
  std::size_t size_ = 0;
};

char* write_escaped(char* out, char c) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  constexpr std::string_view kShort = "\b\t\n\f\r\"\\", kLetters = "btnfr\"\\";
  *out++ = '\\';
  if (const auto found = kShort.find(c); found != kShort.npos) {
    *out++ = kLetters[found];
    return out;
  }
  for (const char part : {'u', '0', '0'}) *out++ = part;
  *out++ = kHexDigits[static_cast<std::uint8_t>(c) >> 4];
  *out++ = kHexDigits[static_cast<std::uint8_t>(c) & 15];
  return out;
}

/// The units from `at` on that stand in JSON as one byte each, four at a time; returns how many.
inline std::size_t write_plain(char* out, Bytes text, std::size_t at, std::size_t units) {
  const std::size_t from = at;
  const std::byte* const data = text.span().data();
  for (; units - at >= 4; at += 4) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + 2 * at, sizeof word);
    if (!four_plain(word)) break;
    word = (word | (word >> 8)) & 0x0000'FFFF'0000'FFFFu;
    const auto packed = static_cast<std::uint32_t>(word | (word >> 16));
    std::memcpy(out + (at - from), &packed, sizeof packed);
  }
  return at - from;
}

}  // namespace

char* write_json_utf16le(char* out, Bytes text, bool& exact) {
  const std::size_t units = text.size() / 2;
  const auto unit_at = [&](std::size_t at) -> char32_t {
    std::uint16_t unit = 0;
    std::memcpy(&unit, text.span().data() + 2 * at, sizeof unit);
    return unit;
  };
  *out++ = '"';
  for (std::size_t at = 0; at < units;) {
    const std::size_t plain = write_plain(out, text, at, units);
    out += plain;
    at += plain;
    if (at == units) break;
    const char32_t unit = unit_at(at++);
    if (unit < 0x80) {
      if (unit >= 0x20 && unit != '"' && unit != '\\')
        *out++ = static_cast<char>(unit);
      else
        out = write_escaped(out, static_cast<char>(unit));
    } else if (!is_surrogate(unit)) {
      out = encode_wtf8(out, unit);
    } else {
      const char32_t low = at < units ? unit_at(at) : 0;
      const bool pair = is_high_surrogate(unit) && is_low_surrogate(low);
      out = encode_wtf8(out,
                        pair ? 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) : kReplacement);
      at += pair ? 1 : 0;
      exact = exact && pair;
    }
  }
  *out++ = '"';
  return out;
}

JsonUtf16 append_json_utf16le(std::string& out, Bytes text, bool until_nul) {
  const std::size_t units = text.size() / 2;
  JsonUtf16 result;
  out += '"';
  {
    Piece piece{out};
    std::size_t at = 0;
    while (at < units) {
      piece.make_room();
      if (units - at >= 4) {
        const std::uint64_t word = *text.get<std::uint64_t>(2 * at);
        if (four_plain(word)) {
          piece.put_four(word);
          at += 4;
          continue;
        }
      }
      const char32_t unit = *text.get<std::uint16_t>(2 * at);
      if (unit == 0 && until_nul) break;
      ++at;
      if (unit < 0x80) {
        piece.put_ascii(static_cast<char>(unit));
      } else if (!is_surrogate(unit)) {
        piece.put(unit);
      } else {
        const char32_t low = at < units ? *text.get<std::uint16_t>(2 * at) : 0;
        const bool pair = is_high_surrogate(unit) && is_low_surrogate(low);
        piece.put(pair ? 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) : kReplacement);
        at += pair ? 1 : 0;
        result.exact = result.exact && pair;
      }
    }
    result.units = at;
  }
  out += '"';
  return result;
}

}  // namespace hozen
