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

}  // namespace

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
