#include "collector/formats/lznt1.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/base/text.h"
#include "tests/builders/compression_builder.h"

namespace hozen {
namespace {

using namespace builders;

constexpr auto kGuard = std::byte{0xA5};

LzBytes hex(std::initializer_list<int> values) {
  LzBytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

/// What comes out where there is room for `room` bytes.
Result<LzBytes> decompressed(const LzBytes& in, std::size_t room) {
  LzBytes out(room, kGuard);
  HOZEN_TRY(const std::size_t produced, decompress_lznt1(Bytes{in, 0x100}, out));
  EXPECT_LE(produced, room);
  out.resize(produced);
  return out;
}

std::string text_of(const Result<LzBytes>& result) {
  return result ? std::string{Bytes{*result}.chars()} : result.error().text();
}

// The example of MS-XCA 3.3: a chunk of 59 bytes, with literals and matches.
TEST(Lznt1, ReadsATextWithItsMatches) {
  const LzBytes in =
      hex({0x38, 0xB0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xA2, 0x47,
           0x01, 0xA0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xC0, 0x45, 0x20,
           0x05, 0x24, 0x13, 0x88, 0x05, 0xB4, 0x02, 0x4A, 0x44, 0xEF, 0x03, 0x58, 0x02, 0x8C, 0x09,
           0x16, 0x01, 0x48, 0x45, 0x00, 0xBE, 0x00, 0x9E, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00});
  EXPECT_EQ(text_of(decompressed(in, 4096)).substr(0, 24), "F# F# G A A G F# E D D E");
}

TEST(Lznt1, ReadsWhatEveryFormOfChunkHolds) {
  for (const std::size_t size :
       {1u, 7u, 8u, 9u, 15u, 16u, 17u, 18u, 100u, 4095u, 4096u, 4097u, 8192u, 65536u, 70000u})
    for (const auto chunks : {Lznt1Chunks::stored, Lznt1Chunks::literals, Lznt1Chunks::matches})
      for (const LzBytes& data : {lz_text(size), lz_noise(size), LzBytes(size, std::byte{'x'})}) {
        const auto out = decompressed(lznt1(data, chunks), size);
        ASSERT_TRUE(out) << out.error().text();
        ASSERT_TRUE(*out == data) << size << ' ' << static_cast<int>(chunks);
      }
}

TEST(Lznt1, ShiftsTheDivisionOfATokenBehindEachPowerOfTwo) {
  // At each position a match that goes the whole way back.
  const LzBytes noise = lz_noise(4096);
  for (std::size_t position = 3; position <= 4093; ++position) {
    LzBytes data{noise.begin(), noise.begin() + static_cast<std::ptrdiff_t>(position)};
    data.insert(data.end(), noise.begin(), noise.begin() + 3);
    const auto out = decompressed(lznt1(data, Lznt1Chunks::matches), data.size());
    ASSERT_TRUE(out && *out == data) << position;
  }
}

TEST(Lznt1, EndsAtAHeaderOfZeroOrTheEndOfTheData) {
  LzBytes in = lznt1(lz_text(5000), Lznt1Chunks::matches);
  EXPECT_EQ(decompressed(in, 65536)->size(), 5000u);
  in.resize(in.size() + 2);  // u16 0
  const LzBytes more = lz_noise(100);
  in.insert(in.end(), more.begin(), more.end());
  EXPECT_EQ(*decompressed(in, 65536), lz_text(5000));
  EXPECT_EQ(decompressed({}, 4096)->size(), 0u);
  EXPECT_EQ(decompressed(hex({0, 0}), 4096)->size(), 0u);
}

TEST(Lznt1, AShortChunkBeforeAnotherOneStandsFor4096Bytes) {
  LzBytes in = hex({0x02, 0xB0, 0x00, 'a', 'b'});  // compressed, 3 bytes: two literals
  const LzBytes second = hex({0x00, 0x30, 'c'});   // stored, 1 byte
  in.insert(in.end(), second.begin(), second.end());
  const auto out = decompressed(in, 65536);
  ASSERT_TRUE(out);
  LzBytes expected(4097);
  expected[0] = std::byte{'a'};
  expected[1] = std::byte{'b'};
  expected[4096] = std::byte{'c'};
  EXPECT_TRUE(*out == expected);
}

TEST(Lznt1, FillsAShorterOutputAndNoMore) {
  const LzBytes data = lz_text(10000);
  for (const auto chunks : {Lznt1Chunks::stored, Lznt1Chunks::matches}) {
    const LzBytes in = lznt1(data, chunks);
    for (std::size_t room = 0; room < 9000; room += room < 300 ? 1 : 97) {
      LzBytes out(room + 16, kGuard);
      const auto produced = decompress_lznt1(Bytes{in}, std::span{out}.first(room));
      ASSERT_TRUE(produced) << room << ' ' << produced.error().text();
      ASSERT_EQ(*produced, room);
      ASSERT_TRUE(
          std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(room), data.begin()));
      ASSERT_EQ(std::count(out.end() - 16, out.end(), kGuard), 16);
    }
  }
}

TEST(Lznt1, TruncatedAtEveryLengthIsAnErrorOrLess) {
  const LzBytes data = lz_text(9000);
  for (const auto chunks : {Lznt1Chunks::stored, Lznt1Chunks::matches}) {
    const LzBytes in = lznt1(data, chunks);
    for (std::size_t size = 0; size < in.size(); ++size) {
      const auto out =
          decompressed({in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size)}, 9000);
      if (!out) {
        ASSERT_EQ(out.error().code, Errc::truncated) << size;
        ASSERT_TRUE(out.error().offset >= 0x100 && out.error().offset <= 0x100 + size) << size;
        continue;
      }
      // Cut between two chunks: what there is, is right.
      ASSERT_TRUE(out->size() % 4096 == 0 && out->size() < 9000) << size;
      ASSERT_TRUE(std::equal(out->begin(), out->end(), data.begin())) << size;
    }
  }
}

/// Three chunks of two literals each, the second one with a match before its start.
LzBytes with_a_bad_chunk(std::uint8_t size_of_second) {
  return hex({0x02, 0xB0, 0x00, 'a', 'b', size_of_second, 0xB0, 0x02, 'c', 0x00, 0x10,  //
              0x02, 0xB0, 0x00, 'd', 'e'});
}

TEST(Lznt1, ABadChunkLeavesTheOthers) {
  LzBytes out(3 * kLznt1ChunkBytes, kGuard);
  std::string told;
  const Lznt1End end = decompress_lznt1(Bytes{with_a_bad_chunk(0x03)}, out,
                                        [&](std::size_t first, const Error& why) {
                                          told += std::to_string(first) + ": " + why.text();
                                        });
  EXPECT_FALSE(end.lost);
  EXPECT_EQ(end.produced, 2 * kLznt1ChunkBytes + 2);
  EXPECT_NE(told.find("4096: lznt1 back reference"), std::string::npos) << told;
  LzBytes expected(2 * kLznt1ChunkBytes + 2);
  expected[0] = std::byte{'a'};
  expected[1] = std::byte{'b'};
  expected[8192] = std::byte{'d'};
  expected[8193] = std::byte{'e'};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out.begin()));
}

TEST(Lznt1, BehindABadChunkOfAnotherSizeNothingIsMadeUp) {
  LzBytes out(3 * kLznt1ChunkBytes, kGuard);
  int told = 0;
  const Lznt1End end = decompress_lznt1(Bytes{with_a_bad_chunk(0x04)}, out,
                                        [&](std::size_t, const Error&) { ++told; });
  ASSERT_TRUE(end.lost);
  EXPECT_EQ(end.produced, 4096u) << "the first chunk, as far as it reaches";
  EXPECT_EQ(told, 0);
}

TEST(Lznt1, MalformedChunksSayWhere) {
  struct Case {
    const char* why;
    LzBytes in;
    Errc code;
    std::uint64_t offset;
  };
  const Case cases[] = {
      {"signature 2", hex({0x00, 0x20, 'a'}), Errc::malformed, 0x100},
      {"match at the start", hex({0x02, 0xB0, 0x01, 0x00, 0x00}), Errc::malformed, 0x103},
      {"before the start", hex({0x03, 0xB0, 0x02, 'a', 0x00, 0x10}), Errc::malformed, 0x104},
      {"token cut", hex({0x02, 0xB0, 0x02, 'a', 0x00}), Errc::truncated, 0x104},
      {"past 4096", hex({0x03, 0xB0, 0x02, 'a', 0xFD, 0x0F}), Errc::malformed, 0x104},
      {"chunk past the end", hex({0x05, 0xB0, 0x00}), Errc::truncated, 0x102},
      {"header cut", hex({0x05}), Errc::truncated, 0x100},
      {"stored, short, and not the last", hex({0x01, 0x30, 'a', 'b', 0x00, 0x30, 'c'}),
       Errc::malformed, 0x102},
  };
  for (const Case& one : cases) {
    const auto out = decompressed(one.in, 65536);
    ASSERT_FALSE(out) << one.why;
    EXPECT_EQ(out.error().code, one.code) << one.why;
    EXPECT_EQ(out.error().offset, one.offset) << one.why;
  }
}

}  // namespace
}  // namespace hozen
