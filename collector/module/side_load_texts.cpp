#include "collector/module/side_load_texts.h"

#include <algorithm>
#include <array>

namespace hozen::side_load {
namespace {

/// Of one word, and of all: code looks like words too.
constexpr std::size_t kShortest = 4, kLongest = 96, kMaxWords = std::size_t{1} << 20U;

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

void FileWords::take(Run& run, char letter) {
  if (letter == '\0') return end(run);
  if (run.text.size() < kLongest)
    run.text += letter;
  else
    run.is_long = true;
}

void FileWords::end(Run& run) {
  if (!run.is_long && run.text.size() >= kShortest) {
    std::string_view word = run.text;
    while (word.ends_with('.')) word.remove_suffix(1);
    add(word);
    if (word.ends_with(".dll")) add(word.substr(0, word.size() - 4));
  }
  run.text.clear();
  run.is_long = false;
}

void FileWords::add(std::string_view word) {
  if (word.size() >= kShortest && sums_.size() < kMaxWords) sums_.push_back(sum_of(word));
}

FileWords::FileWords(ByteSource& file, std::uint64_t cap_bytes) {
  std::vector<std::byte> block(std::size_t{1} << 18U);
  Run plain;
  std::array<Run, 2> wide;  // beginning at even and at odd places
  std::byte before{0};
  std::uint64_t at = 0;
  while (at < cap_bytes) {
    const auto got = file.read_some(at, block);
    if (!got || *got == 0) break;
    for (std::size_t i = 0; i < *got; ++i) {
      take(plain, letter_of(block[i]));
      take(wide[(at + i) & 1U], block[i] == std::byte{0} ? letter_of(before) : '\0');
      before = block[i];
    }
    at += *got;
  }
  end(plain);
  for (Run& run : wide) end(run);
  std::sort(sums_.begin(), sums_.end());
  sums_.erase(std::unique(sums_.begin(), sums_.end()), sums_.end());
}

bool FileWords::has(std::string_view lower_word) const {
  return std::binary_search(sums_.begin(), sums_.end(), sum_of(lower_word));
}

}  // namespace hozen::side_load
