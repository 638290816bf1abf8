#include "collector/formats/xpress_huffman.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/builders/compression_builder.h"

namespace hozen {
namespace {

using namespace builders;

constexpr auto kGuard = std::byte{0xA5};
constexpr std::size_t kTable = 256;

Result<LzBytes> decompressed(std::span<const std::byte> in, std::size_t size) {
  LzBytes out(size + 16, kGuard);
  HOZEN_CHECK(decompress_xpress_huffman(Bytes{in, 0x100}, std::span{out}.first(size)));
  EXPECT_EQ(std::count(out.end() - 16, out.end(), kGuard), 16);
  out.resize(size);
  return out;
}

LzTokens text(std::string_view literals) { return lz_literals(bytes_of(literals).span()); }

TEST(XpressHuffman, ReadsTheExamplesOfTheSpecification) {
  // MS-XCA 3.2, first example: codes of 4 bits for w to z and the end of the data, of 5 for a to v.
  LzBytes in(kTable);
  in[0x60 / 2] = std::byte{0x50};
  std::fill_n(in.begin() + 0x62 / 2, 10, std::byte{0x55});
  in[0x76 / 2] = std::byte{0x45};
  in[0x78 / 2] = std::byte{0x44};
  in[0x7A / 2] = std::byte{0x04};
  in[0x100 / 2] = std::byte{0x04};
  const int data[] = {0xD8, 0x52, 0x3E, 0xD7, 0x94, 0x11, 0x5B, 0xE9, 0x19, 0x5F,
                      0xF9, 0xD6, 0x7C, 0xDF, 0x8D, 0x04, 0x00, 0x00, 0x00, 0x00};
  for (const int byte : data) in.push_back(static_cast<std::byte>(byte));
  const auto out = decompressed(in, 26);
  ASSERT_TRUE(out) << out.error().text();
  EXPECT_EQ(Bytes{*out}.chars(), "abcdefghijklmnopqrstuvwxyz");
}

TEST(XpressHuffman, ReadsLiteralsAndMatches) {
  for (const std::size_t size :
       {1u, 2u, 3u, 10u, 100u, 4096u, 16384u, 65535u, 65536u, 65537u, 131072u, 200'000u})
    for (const LzBytes& data : {lz_text(size), lz_noise(size), LzBytes(size, std::byte{'x'})})
      for (const LzTokens& tokens : {lz_literals(data), xpress_matches(data)}) {
        const auto out = decompressed(xpress_huffman(tokens), size);
        ASSERT_TRUE(out) << size << ' ' << out.error().text();
        ASSERT_TRUE(*out == data) << size;
      }
}

// 18 fits the symbol, 17 + 255 a byte behind it, 65538 two more; all of them at every bit position.
TEST(XpressHuffman, ReadsLengthsThatFollowInBytes) {
  for (const std::size_t length : {17u, 18u, 19u, 271u, 272u, 273u, 274u, 65538u, 65539u, 70000u})
    for (std::size_t literals = 1; literals < 40; ++literals) {
      LzTokens tokens = text(std::string(literals, 'a') + "bcdefgh");
      tokens.push_back({.length = length, .distance = 7});
      const LzTokens behind = text("xyz");
      tokens.insert(tokens.end(), behind.begin(), behind.end());
      const auto out = decompressed(xpress_huffman(tokens), literals + 7 + length + 3);
      ASSERT_TRUE(out) << length << ' ' << literals << ' ' << out.error().text();
      ASSERT_EQ(Bytes{*out}.chars().substr(literals, 14), "bcdefghbcdefgh");
      ASSERT_EQ(Bytes{*out}.chars().substr(out->size() - 3), "xyz");
    }
}

TEST(XpressHuffman, ALengthThatIsCutIsAnErrorThoughItIsZero) {
  int checked = 0;
  for (std::size_t literals = 8; literals < 40; ++literals) {
    LzTokens tokens = text(std::string(literals, 'a') + "bcdefgh");
    tokens.push_back({.length = 19, .distance = 8});
    LzBytes in = xpress_huffman(tokens);
    if (in.back() != std::byte{1}) continue;  // what exceeds 18 is not the last byte
    in.back() = std::byte{0};
    ASSERT_TRUE(decompressed(in, literals + 7 + 18));
    in.pop_back();
    const auto out = decompressed(in, literals + 7 + 18);
    ASSERT_FALSE(out) << literals;
    EXPECT_EQ(out.error().code, Errc::truncated);
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

TEST(XpressHuffman, MatchesReachIntoBlocksBefore) {
  LzTokens tokens = lz_literals(lz_noise(65536));
  tokens.push_back({.length = 5000, .distance = 65535});
  const auto out = decompressed(xpress_huffman(tokens), 65536 + 5000);
  ASSERT_TRUE(out) << out.error().text();
  EXPECT_TRUE(std::equal(out->end() - 5000, out->end(), out->begin() + 1));
}

TEST(XpressHuffman, ReadsEveryDistanceThatOverlaps) {
  for (std::size_t distance = 1; distance < 20; ++distance) {
    LzTokens tokens = lz_literals(lz_noise(20));
    tokens.push_back({.length = 100, .distance = distance});
    const auto out = decompressed(xpress_huffman(tokens), 120);
    ASSERT_TRUE(out);
    for (std::size_t i = 20; i < 120; ++i) ASSERT_EQ((*out)[i], (*out)[i - distance]) << distance;
  }
}

// Frequencies that double give codes of 15 bits, which are not in the table that is looked up.
TEST(XpressHuffman, ReadsTheLongestCodes) {
  LzBytes data;
  for (unsigned i = 0; i < 16; ++i) data.insert(data.end(), std::size_t{1} << i, std::byte(i * 3));
  const LzBytes in = xpress_huffman(lz_literals(std::span{data}.first(65535)));
  EXPECT_TRUE(std::ranges::any_of(std::span{in}.first(kTable), [](std::byte pair) {
    return (pair & std::byte{0x0F}) == std::byte{15} || (pair >> 4) == std::byte{15};
  }));
  const auto out = decompressed(in, 65535);
  ASSERT_TRUE(out) << out.error().text();
  EXPECT_TRUE(std::equal(out->begin(), out->end(), data.begin()));
}

TEST(XpressHuffman, TruncatedAtEveryLengthIsAnErrorOrTheSame) {
  const LzBytes data = lz_text(3000);
  const LzBytes in = xpress_huffman(xpress_matches(data));
  std::size_t errors = 0;
  for (std::size_t size = 0; size < in.size(); ++size) {
    const auto out = decompressed(std::span{in}.first(size), data.size());
    if (out) {  // only the end was cut that is read ahead and not used
      ASSERT_TRUE(*out == data) << size;
      continue;
    }
    ++errors;
    ASSERT_TRUE(out.error().code == Errc::truncated) << size << ' ' << out.error().text();
    ASSERT_TRUE(out.error().offset >= 0x100 && out.error().offset <= 0x100 + size) << size;
  }
  EXPECT_GE(errors, in.size() - 4);
}

TEST(XpressHuffman, TruncatedBehindABlockIsAnErrorAtTheEnd) {
  const LzBytes in = xpress_huffman(lz_literals(lz_text(65540)));
  const std::size_t first = xpress_huffman(lz_literals(lz_text(65536))).size();
  for (std::size_t size = first - 10; size < first + kTable + 2; ++size) {
    const auto out = decompressed(std::span{in}.first(size), 65540);
    ASSERT_FALSE(out) << size;
    EXPECT_EQ(out.error().code, Errc::truncated) << size;
    EXPECT_LE(out.error().offset, 0x100 + size);
  }
}

TEST(XpressHuffman, NothingIsReadForNoOutput) {
  EXPECT_TRUE(decompressed({}, 0));
  EXPECT_EQ(decompressed({}, 1).error().code, Errc::truncated);
}

TEST(XpressHuffman, TablesThatAreNoCodeAreMalformed) {
  const LzBytes good = xpress_huffman(text("hello hello"));
  for (const int lengths : {0x00, 0x11, 0x44, 0xFF}) {  // none, too many (twice), too few
    LzBytes in = good;
    std::fill_n(in.begin(), kTable, static_cast<std::byte>(lengths));
    const auto out = decompressed(in, 11);
    ASSERT_FALSE(out) << lengths;
    EXPECT_EQ(out.error().code, Errc::malformed) << lengths;
    EXPECT_EQ(out.error().offset, lengths == 0 ? 0x202u : 0x100u) << lengths;
  }
}

TEST(XpressHuffman, MatchesOutsideTheOutputAreMalformed) {
  LzTokens tokens = text("abc");
  tokens.push_back({.length = 5, .distance = 4});
  EXPECT_EQ(decompressed(xpress_huffman(tokens), 8).error().code, Errc::malformed);
  tokens.back().distance = 3;
  EXPECT_TRUE(decompressed(xpress_huffman(tokens), 8));
  EXPECT_EQ(decompressed(xpress_huffman(tokens), 7).error().code, Errc::malformed);
  tokens.back().length = 0xFFFFFFF0;
  EXPECT_EQ(decompressed(xpress_huffman(tokens), 4096).error().code, Errc::malformed);
}

}  // namespace
}  // namespace hozen
