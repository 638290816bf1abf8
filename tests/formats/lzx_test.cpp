#include "collector/formats/lzx.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/builders/compression_builder.h"

namespace hozen {
namespace {

using namespace builders;

constexpr auto kGuard = std::byte{0xA5};

Result<LzBytes> decompressed(std::span<const std::byte> in, std::size_t size) {
  LzBytes out(size + 16, kGuard);
  HOZEN_CHECK(decompress_lzx(Bytes{in, 0x100}, std::span{out}.first(size)));
  EXPECT_EQ(std::count(out.end() - 16, out.end(), kGuard), 16);
  out.resize(size);
  return out;
}

LzTokens text(std::string_view literals) { return lz_literals(bytes_of(literals).span()); }

/// `data` in blocks of the kinds that `kinds` names: v, a, u.
LzBytes in_blocks(std::span<const std::byte> data, std::string_view kinds) {
  LzxBuilder builder;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const std::size_t size = i + 1 == kinds.size() ? data.size() : data.size() / 2;
    const auto part = data.first(size);
    data = data.subspan(size);
    if (kinds[i] == 'u') builder.uncompressed(part);
    if (kinds[i] == 'v') builder.verbatim(lzx_matches(part));
    if (kinds[i] == 'a') builder.aligned(lzx_matches(part));
  }
  return builder.bytes();
}

TEST(Lzx, ReadsEveryKindOfBlock) {
  for (const std::size_t size : {64u, 100u, 1001u, 4096u, 32767u, 32768u})
    for (const LzBytes& data : {lz_text(size), lz_noise(size), LzBytes(size, std::byte{'x'})}) {
      const LzBytes translated = lzx_translated(data);
      for (const char* kinds :
           {"v", "a", "u", "vv", "va", "av", "uv", "vu", "ua", "uu", "vavuva"}) {
        const auto out = decompressed(in_blocks(translated, kinds), size);
        ASSERT_TRUE(out) << size << ' ' << kinds << ' ' << out.error().text();
        ASSERT_TRUE(*out == data) << size << ' ' << kinds;
      }
    }
}

TEST(Lzx, ReadsLiteralsOnly) {
  const auto out = decompressed(LzxBuilder{}.verbatim(text("a single block")).bytes(), 14);
  ASSERT_TRUE(out) << out.error().text();
  EXPECT_EQ(Bytes{*out}.chars(), "a single block");
}

// 2 to 8 fit the main symbol; a length code stands behind it from 9 on.
TEST(Lzx, ReadsEveryLength) {
  for (std::size_t length = 2; length <= 257; ++length) {
    LzTokens tokens = text("abcdefghij");
    tokens.push_back({.length = length, .distance = 10});
    const auto out = decompressed(LzxBuilder{}.verbatim(tokens).bytes(), 10 + length);
    ASSERT_TRUE(out) << length << ' ' << out.error().text();
    for (std::size_t i = 10; i < out->size(); ++i) ASSERT_EQ((*out)[i], (*out)[i - 10]) << length;
  }
}

TEST(Lzx, ReadsDistancesOfEverySlot) {
  const LzBytes noise = lz_noise(32000);
  for (std::size_t distance = 1; distance <= 32000; distance += 1 + distance / 5)
    for (const bool aligned : {false, true}) {
      LzTokens tokens = lz_literals(noise);
      tokens.push_back({.length = 5, .distance = distance});
      LzxBuilder builder;
      const LzBytes in = (aligned ? builder.aligned(tokens) : builder.verbatim(tokens)).bytes();
      const auto out = decompressed(in, 32005);
      ASSERT_TRUE(out) << distance << ' ' << out.error().text();
      ASSERT_EQ((*out)[32000], (*out)[32000 - distance]) << distance;
    }
}

// The third one changes places with the first; the second stays where it is.
TEST(Lzx, RecentDistancesChangePlaces) {
  LzTokens tokens = lz_literals(lz_noise(300));
  LzBytes expected = lz_noise(300);
  for (const std::size_t distance :
       {100u, 200u, 50u, 100u, 50u, 200u, 100u, 1u, 200u, 50u, 100u, 1u}) {
    tokens.push_back({.length = 4, .distance = distance});
    for (int i = 0; i < 4; ++i) expected.push_back(expected[expected.size() - distance]);
  }
  const auto out = decompressed(LzxBuilder{}.verbatim(tokens).bytes(), expected.size());
  ASSERT_TRUE(out) << out.error().text();
  EXPECT_TRUE(*out == expected);
}

TEST(Lzx, AnUncompressedBlockSetsTheRecentDistances) {
  const LzBytes data = lz_noise(40);
  const LzBytes in = LzxBuilder{}
                         .recent({7, 9, 11})
                         .uncompressed(data)
                         .verbatim({{.length = 3, .distance = 11}, {.length = 3, .distance = 9}})
                         .bytes();
  const auto out = decompressed(in, 46);
  ASSERT_TRUE(out) << out.error().text();
  EXPECT_EQ((*out)[40], data[29]);
  EXPECT_EQ((*out)[43], (*out)[34]);
}

// Without the padding of up to 16 bits the block would begin two bytes early.
TEST(Lzx, AnUncompressedBlockBehindAWholeUnitSkipsAUnit) {
  for (std::size_t literals = 1; literals < 60; ++literals) {
    const LzBytes data = lz_text(literals + 21);
    const auto first = std::span{data}.first(literals);
    const LzBytes in = LzxBuilder{}
                           .verbatim(lz_literals(first))
                           .uncompressed(std::span{data}.subspan(literals))
                           .bytes();
    const auto out = decompressed(in, data.size());
    ASSERT_TRUE(out) << literals << ' ' << out.error().text();
    ASSERT_TRUE(*out == data) << literals;
  }
}

TEST(Lzx, RestoresTheTargetsOfCalls) {
  LzBytes data(64, std::byte{0x90});
  const auto call = [&](std::size_t at, std::int32_t target) {
    data[at] = std::byte{0xE8};
    std::memcpy(&data[at + 1], &target, sizeof target);
  };
  call(4, 1000);         // absolute: call to 996 bytes further
  call(20, -20);         // up to the position back: counted from the end of 12,000,000 bytes
  call(30, -31);         // further back than the start: left alone
  call(40, 12'000'000);  // outside: left alone
  call(54, 1000);        // in the last ten bytes: left alone
  call(53 - 5, 11'999'999);
  LzBytes expected = data;
  const auto expect = [&](std::size_t at, std::int32_t target) {
    std::memcpy(&expected[at + 1], &target, sizeof target);
  };
  expect(4, 996);
  expect(20, 12'000'000 - 20);
  expect(48, 11'999'999 - 48);
  const auto out = decompressed(LzxBuilder{}.verbatim(lz_literals(data)).bytes(), 64);
  ASSERT_TRUE(out) << out.error().text();
  EXPECT_TRUE(*out == expected);
  // Ten bytes are never translated.
  const auto small =
      decompressed(LzxBuilder{}.verbatim(lz_literals(std::span{data}.subspan(4, 10))).bytes(), 10);
  ASSERT_TRUE(small);
  EXPECT_TRUE(std::equal(small->begin(), small->end(), data.begin() + 4));
}

TEST(Lzx, TruncatedAtEveryLengthIsAnErrorOrTheSame) {
  const LzBytes data = lz_text(2000);
  for (const char* kinds : {"v", "a", "u", "vu", "uv"}) {
    const LzBytes in = in_blocks(lzx_translated(data), kinds);
    std::size_t errors = 0;
    for (std::size_t size = 0; size < in.size(); ++size) {
      const auto out = decompressed(std::span{in}.first(size), data.size());
      if (out) {
        ASSERT_TRUE(*out == data) << kinds << size;
        continue;
      }
      ++errors;
      ASSERT_EQ(out.error().code, Errc::truncated) << kinds << size << ' ' << out.error().text();
      ASSERT_TRUE(out.error().offset >= 0x100 && out.error().offset <= 0x100 + size);
    }
    EXPECT_GE(errors, in.size() - 2) << kinds;
  }
}

TEST(Lzx, MalformedBlocksAreErrors) {
  LzTokens outside = text("abc");
  outside.push_back({.length = 5, .distance = 4});
  LzTokens at_start = {{.length = 2, .distance = 1}};
  LzBytes zero_recent = LzxBuilder{}.recent({1, 0, 1}).uncompressed(lz_noise(8)).bytes();
  const struct {
    const char* why;
    LzBytes in;
    std::size_t size;
  } cases[] = {
      {"block type 0", LzxBuilder{}.bits(0, 3).bits(1, 1).bits(0, 16).bits(0, 16).bytes(), 32768},
      {"block type 7", LzxBuilder{}.bits(7, 3).bits(1, 1).bits(0, 16).bits(0, 16).bytes(), 32768},
      {"block of 0 bytes", LzxBuilder{}.bits(1, 3).bits(0, 17).bits(0, 16).bytes(), 8},
      {"block larger than the chunk", LzxBuilder{}.verbatim(text("abcdefgh")).bytes(), 7},
      {"whole block in a small chunk", LzxBuilder{}.bits(1, 4).bits(0, 16).bytes(), 100},
      {"distance before the start", LzxBuilder{}.verbatim(outside).bytes(), 8},
      {"match at the start", LzxBuilder{}.verbatim(at_start).bytes(), 2},
      {"recent distance 0", zero_recent, 8},
      {"code of code lengths too full",
       LzxBuilder{}
           .bits(1, 3)
           .bits(8, 17)
           .bits(0x1111, 16)
           .bits(0x1111, 16)
           .bits(0x1111, 16)
           .bits(0x1111, 16)
           .bits(0x1111, 16)
           .bits(0, 16)
           .bytes(),
       8},
      {"no code of code lengths",
       LzxBuilder{}
           .bits(1, 3)
           .bits(8, 17)
           .bits(0, 16)
           .bits(0, 16)
           .bits(0, 16)
           .bits(0, 16)
           .bits(0, 16)
           .bits(0, 16)
           .bits(0, 16)
           .bits(0, 16)
           .bytes(),
       8},
  };
  for (const auto& one : cases) {
    const auto out = decompressed(one.in, one.size);
    ASSERT_FALSE(out) << one.why;
    EXPECT_EQ(out.error().code, Errc::malformed) << one.why << ": " << out.error().text();
  }
}

TEST(Lzx, MatchesPastTheBlockAreMalformed) {
  LzTokens tokens = text("abc");
  tokens.push_back({.length = 5, .distance = 3});
  LzBytes in = LzxBuilder{}.verbatim(tokens).bytes();
  ASSERT_TRUE(decompressed(in, 8));
  in[1] = std::byte{0x20};  // the block's size: 7 of 8 bytes. Bits 001 0 0000'0000'0000'1000 before
  in[0] = std::byte{0x00};
  in[3] = (in[3] & std::byte{0x0F}) | std::byte{0x70};
  EXPECT_EQ(decompressed(in, 8).error().code, Errc::malformed);
}

TEST(Lzx, LargerChunksAreUnsupported) {
  LzBytes out(32769);
  EXPECT_EQ(decompress_lzx(Bytes{out}, out).error().code, Errc::unsupported);
  EXPECT_TRUE(decompressed({}, 0));
}

}  // namespace
}  // namespace hozen
