#include "collector/module/side_load_texts.h"

#include <algorithm>
#include <array>

namespace hozen::side_load {
namespace {

/// Of one word, and of all: code looks like words too.
constexpr std::size_t kShortest = 4, kLongest = 96, kMaxWords = std::size_t{1} << 18U;

/// The letter in lower case, 0 for what ends a word.
char letter_of(std::byte byte) {
  const char c = static_cast<char>(byte);
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  const bool is_part = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                       c == '.' || c == '+';
  return is_part ? c : '\0';
}

/// FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo).
std::uint64_t sum_of(std::string_view word) {
  std::uint64_t sum = 0xCBF2'9CE4'8422'2325U;
  for (const char c : word) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3U;
  return sum;
}

}  // namespace

void FileWords::take(Run& run, std::byte byte) {
  const char letter = letter_of(byte);
  if (letter == '\0') {
    const char c = static_cast<char>(byte);
    return end(run, c == '\0' || c == '\\' || c == '/');
  }
  if (run.text.size() < kLongest)
    run.text += letter;
  else
    run.is_long = true;
}

void FileWords::end(Run& run, bool is_whole) {
  if (!run.is_long && run.text.size() >= kShortest) {
    std::string_view word = run.text;
    while (word.ends_with('.')) word.remove_suffix(1);
    const bool is_library = word.ends_with(".dll");
    if (is_whole || is_library) add(word);
    if (is_library) add(word.substr(0, word.size() - 4));
  }
  run.text.clear();
  run.is_long = false;
}

void FileWords::add(std::string_view word) {
  if (word.size() < kShortest) return;
  if (is_full_) return;
  if (sums_.size() >= kMaxWords) {
    settle();
    // Not again and again for a few that are left.
    is_full_ = sums_.size() > kMaxWords / 4 * 3;
  }
  if (!is_full_) sums_.push_back(sum_of(word));
}

void FileWords::settle() {
  std::sort(sums_.begin(), sums_.end());
  sums_.erase(std::unique(sums_.begin(), sums_.end()), sums_.end());
}

FileWords::FileWords(ByteSource& file, std::uint64_t cap_bytes) {
  constexpr std::byte kNone{0xFF};
  std::vector<std::byte> block(std::size_t{1} << 18U);
  Run plain;
  std::array<Run, 2> wide;  // beginning at even and at odd places
  std::byte before = kNone;
  std::uint64_t at = 0;
  while (at < cap_bytes) {
    const auto got = file.read_some(at, block);
    if (!got || *got == 0) break;
    for (std::size_t i = 0; i < *got; ++i) {
      take(plain, block[i]);
      take(wide[(at + i) & 1U], block[i] == std::byte{0} ? before : kNone);
      before = block[i];
    }
    at += *got;
  }
  end(plain, true);
  for (Run& run : wide) end(run, true);
  settle();
  sums_.shrink_to_fit();
}

bool FileWords::has(std::string_view lower_word) const {
  return std::binary_search(sums_.begin(), sums_.end(), sum_of(lower_word));
}

}  // namespace hozen::side_load
