#include "collector/formats/deflate_cut.h"

#include <gtest/gtest.h>

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
    const auto cut = find_deflate_cut(source, 4, kCap);
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
    const auto cut = find_deflate_cut(source, 0, kCap);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->stored_size, 10u);
  }
  MemorySource source{bytes_from(stored("first"))};
  EXPECT_EQ(find_deflate_cut(source, 0, 4).error().code, Errc::limit);
  EXPECT_EQ(find_deflate_cut(source, 100, kCap)->size, 0u);
}

}  // namespace
}  // namespace hozen
