#include "collector/formats/deflate_cut.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/base/bytes.h"
#include "collector/formats/zip.h"

namespace hozen {
namespace {

std::vector<std::byte> bytes_from(std::string_view text) {
  const auto span = bytes_of(text).span();
  return {span.begin(), span.end()};
}

/// A stored block of this text.
std::string stored(std::string_view text) {
  const auto size = static_cast<char>(text.size());
  return std::string{'\0', size, '\0', static_cast<char>(~size), '\xFF'} + std::string{text};
}

constexpr std::uint64_t kCap = 1000;

TEST(DeflateCut, IsBehindTheLastWholeBlock) {
  const std::string stream = "head" + stored("first") + stored("second") + stored("third");
  for (std::size_t size = 4; size <= stream.size(); ++size) {
    MemorySource source{bytes_from(stream.substr(0, size))};
    const auto cut = find_deflate_cut(source, 4, {kCap});
    ASSERT_TRUE(cut);
    const std::uint64_t kept = size < 14 ? 0 : size < 25 ? 5 : size < 35 ? 11 : 16;
    EXPECT_EQ(cut->size, kept) << size;
    EXPECT_EQ(cut->stored_size, kept == 0 ? 0 : kept == 5 ? 10 : kept == 11 ? 21 : 31) << size;
    if (kept == 0) continue;
    EndedDeflate ended{source, 4 + cut->stored_size};
    std::string content;
    const auto data = read_zip_data(ended, 4, kZipDeflated, std::nullopt, kCap, {},
                                    [&](std::span<const std::byte> piece) -> Result<void> {
                                      content += Bytes{piece}.chars();
                                      return {};
                                    });
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ(content, std::string_view{"firstsecondthird"}.substr(0, kept));
    EXPECT_EQ(4 + data->stored_size, ended.size());
  }
}

TEST(DeflateCut, IsNotInsideABlockNorBehindWhatIsNone) {
  // A block of fixed codes that ends inside a byte, a block of no kind, the end of a stream.
  for (const std::string_view more :
       {std::string_view{"\x4A\x04\x00", 3}, std::string_view{"\x07"}, kDeflateEnd}) {
    MemorySource source{bytes_from(stored("first") + std::string{more})};
    const auto cut = find_deflate_cut(source, 0, {kCap});
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->stored_size, 10u);
  }
  MemorySource source{bytes_from(stored("first"))};
  EXPECT_EQ(find_deflate_cut(source, 0, {4}).error().code, Errc::limit);
  EXPECT_EQ(find_deflate_cut(source, 100, {kCap})->size, 0u);
}

/// Stored blocks of `size` bytes of `filler` altogether.
std::string stored_unit(std::size_t size, char filler) {
  std::string unit;
  for (constexpr std::size_t kMost = 0xFFFF; size != 0;) {
    const std::size_t part = std::min(size, kMost);
    const auto low = static_cast<char>(part & 0xFF), high = static_cast<char>(part >> 8);
    unit += {'\0', low, high, static_cast<char>(~low), static_cast<char>(~high)};
    unit.append(part, filler);
    size -= part;
  }
  return unit;
}

TEST(DeflateCut, OfADamagedStreamIsBehindAUnitThatIsSureToBeWhole) {
  constexpr std::uint64_t kUnit = 100'000;
  const DeflateCutLimits limits{10 * kUnit, ~std::uint64_t{0}, kUnit};
  const std::string unit = stored_unit(kUnit, 'u');
  const std::string flush{"\x00\x00\x00\xFF\xFF", 5};
  struct Case {
    std::string stream;
    std::uint64_t units;
  };
  const std::string garbage = "\xFF\xFF garbage";
  for (const Case& one : {
           // What follows may be the rest of a block that the damage made up.
           Case{unit + unit + garbage, 1},
           Case{unit + unit + unit.substr(0, 65'540) + garbage, 2},
           Case{unit + flush + garbage, 1},
           Case{unit + stored("text") + garbage, 0},
           Case{unit + unit + stored("text") + unit + garbage, 2},
           // A block of fixed codes that does not end, and one that does.
           Case{unit + unit + "\x4A\x4A", 1},
           Case{unit + unit + std::string{"\x4A\x04\x00", 3} + garbage, 1},
           Case{unit + unit + std::string{kDeflateEnd}, 1},
       }) {
    MemorySource source{bytes_from(one.stream)};
    const auto cut = find_deflate_cut(source, 0, limits);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->size, one.units * kUnit);
    EXPECT_EQ(cut->ended, one.stream.ends_with(kDeflateEnd) ? one.stream.size() : 0);
  }
}

TEST(DeflateCut, TakesNoBlockThatATailOfZerosFills) {
  const std::string block = stored_unit(1000, 'b');
  const std::string stream = block + block.substr(0, 500) + std::string(100'000, '\0');
  MemorySource source{bytes_from(stream)};
  EXPECT_EQ(find_deflate_cut(source, 0, {kCap * 100})->size, 2000u) << "what the zeros make of it";
  EXPECT_EQ(find_deflate_cut(source, 0, {kCap * 100, block.size() + 500})->size, 1000u);
}

}  // namespace
}  // namespace hozen
