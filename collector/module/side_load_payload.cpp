// Files beside a pair that may be what the DLL decrypts: of no known format, with the bytes of an
// encrypted file; an executable under a key that repeats; what hangs behind a picture.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/rules.h"
#include "collector/module/side_load_pair.h"

namespace hozen::side_load {
namespace {

using Name = std::string_view;

constexpr std::uint64_t kDay = 86'400 * kTicksPerSecond;
/// Their sizes, how many are looked at, how much of each, and the entropy from which on they look
/// encrypted.
constexpr std::uint64_t kLeastPayload = 2'048, kMostPayload = std::uint64_t{64} << 20U;
constexpr std::size_t kMaxLooked = 16, kEntropyBytes = std::size_t{1} << 20U;
constexpr std::size_t kHeadBytes = 4'096;
constexpr double kEncrypted = 7.2;

constexpr Name kPng{"\x89PNG\r\n\x1A\n"};

/// Compressed by their format: their entropy says nothing.
bool is_known_format(Name head) {
  constexpr Name kMarks[] = {"PK\x03\x04",
                             "7z\xBC\xAF",
                             "Rar!",
                             "\x1F\x8B",
                             kPng,
                             "\xFF\xD8\xFF",
                             "GIF8",
                             "OggS",
                             "ID3",
                             "RIFF",
                             "MSCF",
                             "%PDF",
                             "BZh",
                             "\3757zXZ",
                             "wOFF",
                             "wOF2",
                             "\x28\xB5\x2F\xFD",
                             "UnityFS",
                             "fLaC",
                             "SQLite",
                             "MDMP",
                             "ITSF",
                             "\xD0\xCF\x11\xE0",
                             "OTTO",
                             "II*",
                             "\x1A\x45\xDF\xA3",
                             "MZ",
                             "BM",
                             "\xCA\xFE\xBA\xBE",
                             "ISc(",
                             "icudt"};
  return head.substr(std::min<std::size_t>(head.size(), 4)).starts_with("ftyp") ||
         std::any_of(std::begin(kMarks), std::end(kMarks),
                     [&](Name mark) { return head.starts_with(mark); });
}

std::string entropy_text(double bits) {
  std::array<char, 16> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.2f", bits);
  return std::string{text.data(), static_cast<std::size_t>(std::max(length, 0))};
}

std::uint64_t apart(FileTime a, FileTime b) {
  return std::max(a.ticks, b.ticks) - std::min(a.ticks, b.ticks);
}

std::uint8_t byte_at(Name text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
}

/// How many bytes the key has under which the beginning is that of an executable; 0 for none. The
/// words of an MS-DOS header from 0x1C to 0x3B are zeros, so the key stands there in the open.
std::size_t key_of_executable(Name head) {
  constexpr std::size_t kZeros = 0x1C, kHeaderAt = 0x3C, kLongestKey = kHeaderAt - kZeros;
  if (head.size() < kHeaderAt + 4) return 0;
  for (std::size_t length = 1; length <= kLongestKey; ++length) {
    // The byte of the key for a place: that of the first zero of the same rest.
    const auto plain = [&](std::size_t at) {
      const std::size_t zero = kZeros + (at + length - kZeros % length) % length;
      return static_cast<std::uint8_t>(byte_at(head, at) ^ byte_at(head, zero));
    };
    if (plain(0) != 'M' || plain(1) != 'Z') continue;
    bool repeats = true;
    for (std::size_t at = kZeros; at < kHeaderAt && repeats; ++at) repeats = plain(at) == 0;
    std::size_t header = 0;
    for (std::size_t i = 4; i-- > 0;) header = (header << 8U) | plain(kHeaderAt + i);
    if (!repeats || header + 4 > head.size()) continue;
    if (plain(header) == 'P' && plain(header + 1) == 'E' && plain(header + 2) == 0 &&
        plain(header + 3) == 0)
      return byte_at(head, 0) == 'M' ? 0 : length;
  }
  return 0;
}

/// Where a PNG ends: behind its chunk IEND (ISO/IEC 15948, 5.3); 0 where that is not found.
std::uint64_t end_of_png(ByteSource& file) {
  constexpr std::size_t kMaxChunks = 65'536;
  std::uint64_t at = kPng.size();
  std::array<std::byte, 8> chunk{};
  for (std::size_t i = 0; i < kMaxChunks; ++i) {
    if (!file.read(at, chunk)) return 0;
    const Bytes bytes{chunk};
    std::uint64_t length = 0;
    for (std::size_t k = 0; k < 4; ++k) length = (length << 8U) | byte_at(bytes.chars(), k);
    at += 12 + length;
    if (bytes.chars().substr(4) == "IEND") return at;
  }
  return 0;
}

/// What makes the file look like a payload, as the end of a sentence that begins with its name; ""
/// for nothing.
std::string looks_hidden(ByteSource& file, std::uint64_t size) {
  std::array<std::byte, kHeadBytes> block{};
  const auto got = file.read_some(0, block);
  if (!got) return {};
  const Name head = Bytes{std::span<const std::byte>{block}.first(*got)}.chars();
  if (const std::size_t key = key_of_executable(head); key != 0)
    return "is an executable under a key of " + std::to_string(key) +
           (key == 1 ? " byte." : " bytes that repeats.");
  std::uint64_t begin = 0;
  if (head.starts_with(kPng)) {
    begin = end_of_png(file);
    if (begin == 0 || begin >= size || size - begin < kLeastPayload) return {};
  } else if (is_known_format(head)) {
    return {};
  }
  const auto bits = entropy_of(file, kEntropyBytes, begin);
  // Of few bytes the entropy cannot be high.
  const double most = std::min(8.0, std::log2(static_cast<double>(size - begin)));
  if (!bits || *bits < std::min(kEncrypted, most - 0.5)) return {};
  return (begin == 0 ? std::string{"is of no format that is known here and looks encrypted: "}
                     : "has " + std::to_string(size - begin) +
                           " bytes behind its picture that look encrypted: ") +
         entropy_text(*bits) + " bits in a byte.";
}

}  // namespace

void Scorer::payload(Pair& pair) {
  if (pair.items.has("C8") && !is_odd_place(pair)) return;
  constexpr std::uint64_t kBornTogether = 600 * kTicksPerSecond;
  constexpr std::size_t kFewFiles = 8;
  std::size_t looked = 0;
  // What an installation brings came with the program.
  const bool is_installed = pair.around.is_whole_program ||
                            is_program_files(pair.host.place, machine_.windows_of(pair.host.place));
  const FileTime dll = arrival(pair.dll.si), host = arrival(pair.host.si);
  for (const Member& other : pair.around.others) {
    if (other.size < kLeastPayload || other.size > kMostPayload) continue;
    const FileTime came = arrival(other.si);
    const bool together = came.is_set() && dll.is_set() && apart(came, dll) <= kBornTogether;
    if (!together && pair.around.files > kFewFiles) continue;
    if (is_installed && (!together || came <= host || apart(came, host) < kDay)) continue;
    if (++looked > kMaxLooked) return;
    auto file = context_.source().open(other.path);
    if (!file) continue;
    const std::string hidden = looks_hidden(**file, other.size);
    if (hidden.empty()) continue;
    pair.payloads.push_back(other.path);
    pair.items.add("X5", "'" + std::string{other.path.name()} + "' (" + std::to_string(other.size) +
                             " bytes) beside them " + hidden);
  }
}

}  // namespace hozen::side_load
