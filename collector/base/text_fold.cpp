// Case folding, and what compares by it.
#include <array>
#include <optional>
#include <utility>

#include "collector/base/text.h"
#include "collector/base/wtf8_decode.h"

namespace hozen {
namespace {

struct Range {
  std::uint16_t first, last, step;
  std::int32_t delta;
};
constexpr Range kUpcaseRanges[] = {
#include "collector/base/upcase_ranges.inc"
};

constexpr std::size_t kPageUnits = 256;

constexpr std::size_t count_pages() {
  std::array<bool, 256> used{};
  for (const Range& range : kUpcaseRanges)
    for (std::size_t page = range.first / kPageUnits; page <= range.last / kPageUnits; ++page)
      used[page] = true;
  std::size_t count = 1;
  for (const bool is_used : used) count += is_used ? 1 : 0;
  return count;
}

/// What to add to a unit (modulo 65,536), by pages; page 0 is all zero and shared by all units
/// without an upper case.
struct UpcaseTable {
  std::array<std::uint8_t, 256> page_of{};
  std::array<std::array<std::uint16_t, kPageUnits>, count_pages()> deltas{};
};

constexpr UpcaseTable make_upcase_table() {
  UpcaseTable table{};
  std::uint8_t pages = 1;
  for (const Range& range : kUpcaseRanges) {
    for (std::uint32_t unit = range.first; unit <= range.last; unit += range.step) {
      std::uint8_t& page = table.page_of[unit / kPageUnits];
      if (page == 0) page = pages++;
      table.deltas[page][unit % kPageUnits] = static_cast<std::uint16_t>(range.delta);
    }
  }
  return table;
}

constexpr UpcaseTable kUpcase = make_upcase_table();

char32_t upcase(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
  if (c > 0xFFFF) return c;
  return (c + kUpcase.deltas[kUpcase.page_of[c / kPageUnits]][c % kPageUnits]) & 0xFFFF;
}

/// Bytes that are not WTF-8 stand behind all characters and differ from each other.
constexpr char32_t kBadByte = 0x110000;

/// The folded character at `at`, which moves behind it.
char32_t next_folded(std::string_view text, std::size_t& at) {
  const Decoded c = decode_wtf8(text, at);
  const char32_t folded =
      c.well_formed ? upcase(c.code_point) : kBadByte + static_cast<std::uint8_t>(text[at]);
  at += c.length;
  return folded;
}

/// Gives the folded UTF-16 units of a text one by one.
class FoldedUnits {
 public:
  explicit FoldedUnits(std::string_view text) : text_{text} {}
  bool done() const { return at_ == text_.size() && low_ == 0; }
  char32_t next() {
    if (low_ != 0) return std::exchange(low_, 0);
    const char32_t c = next_folded(text_, at_);
    if (c < 0x10000 || c >= kBadByte) return c;
    low_ = 0xDC00 + ((c - 0x10000) & 0x3FF);
    return 0xD800 + ((c - 0x10000) >> 10);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  char32_t low_ = 0;
};

/// Length in bytes of the start of `text` that folds to `prefix`, nothing when it does not.
std::optional<std::size_t> match_prefix(std::string_view text, std::string_view prefix) {
  std::size_t at = 0, in_prefix = 0;
  while (in_prefix < prefix.size()) {
    if (at == text.size()) return std::nullopt;
    if (next_folded(text, at) != next_folded(prefix, in_prefix)) return std::nullopt;
  }
  return at;
}

}  // namespace

std::string fold_case(std::string_view wtf8) {
  std::string out{wtf8};
  const std::size_t ascii = ascii_prefix(wtf8);
  for (std::size_t i = 0; i < ascii; ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    out[i] = static_cast<char>(c - (static_cast<unsigned>(c - 'a') < 26u ? 0x20 : 0));
  }
  if (ascii == wtf8.size()) return out;
  out.resize(ascii);
  for (std::size_t at = ascii; at < wtf8.size();) {
    const Decoded c = decode_wtf8(wtf8, at);
    if (c.well_formed) {
      append_wtf8(out, upcase(c.code_point));
    } else {
      out += wtf8[at];
    }
    at += c.length;
  }
  return out;
}

bool equals_fold(std::string_view a, std::string_view b) {
  const auto length = match_prefix(a, b);
  return length && *length == a.size();
}

int compare_fold(std::string_view a, std::string_view b) {
  FoldedUnits left{a}, right{b};
  while (!left.done() && !right.done()) {
    const char32_t l = left.next(), r = right.next();
    if (l != r) return l < r ? -1 : 1;
  }
  return static_cast<int>(right.done()) - static_cast<int>(left.done());
}

bool starts_with_fold(std::string_view text, std::string_view prefix) {
  return match_prefix(text, prefix).has_value();
}

bool ends_with_fold(std::string_view text, std::string_view suffix) {
  // No character outside ASCII folds to ASCII, so the lengths of ASCII texts agree.
  if (ascii_prefix(suffix) == suffix.size()) {
    return text.size() >= suffix.size() &&
           equals_fold(text.substr(text.size() - suffix.size()), suffix);
  }
  return fold_case(text).ends_with(fold_case(suffix));
}

bool contains_fold(std::string_view text, std::string_view part) {
  return part.empty() || fold_case(text).find(fold_case(part)) != std::string::npos;
}

bool glob_match_fold(std::string_view pattern, std::string_view text) {
  std::size_t in_pattern = 0, at = 0;
  // Where to go on when a literal part does not fit: behind the last `*`, one character further on.
  std::optional<std::size_t> behind_star;
  std::size_t star_at = 0;
  while (at < text.size() || in_pattern < pattern.size()) {
    if (in_pattern < pattern.size()) {
      if (pattern[in_pattern] == '*') {
        behind_star = ++in_pattern;
        star_at = at;
        continue;
      }
      if (at < text.size()) {
        std::size_t next_pattern = in_pattern, next_at = at;
        const char32_t wanted = next_folded(pattern, next_pattern);
        const char32_t found = next_folded(text, next_at);
        if (wanted == U'?' || wanted == found) {
          in_pattern = next_pattern;
          at = next_at;
          continue;
        }
      }
    }
    if (!behind_star || star_at == text.size()) return false;
    next_folded(text, star_at);
    at = star_at;
    in_pattern = *behind_star;
  }
  return true;
}

}  // namespace hozen
