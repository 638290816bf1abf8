#include "collector/formats/wof.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/builders/compression_builder.h"
#include "tests/builders/reparse_builder.h"

namespace hozen {
namespace {

using namespace builders;

constexpr std::size_t kChunk = 4096;
constexpr WofAlgorithm kAlgorithms[] = {WofAlgorithm::xpress4k, WofAlgorithm::lzx,
                                        WofAlgorithm::xpress8k, WofAlgorithm::xpress16k};

std::unique_ptr<WofSource> open(const LzBytes& stream, std::uint64_t size, WofAlgorithm algorithm) {
  auto source = WofSource::open(std::make_unique<MemorySource>(stream), size, algorithm);
  EXPECT_TRUE(source);
  return source ? std::move(*source) : nullptr;
}

void put_u32(LzBytes& bytes, std::size_t offset, std::uint32_t value) {
  std::memcpy(&bytes.at(offset), &value, sizeof value);
}

/// Half text, half noise: compressed chunks and others.
LzBytes mixed(std::size_t size) {
  LzBytes data = lz_text(size / 2);
  const LzBytes noise = lz_noise(size - size / 2);
  data.insert(data.end(), noise.begin(), noise.end());
  return data;
}

TEST(WofReparsePoint, TellsTheAlgorithm) {
  for (const auto algorithm : kAlgorithms) {
    const auto parsed = parse_wof_reparse_point(
        Bytes{wof_reparse_point(1, 2, 1, static_cast<std::uint32_t>(algorithm))});
    ASSERT_TRUE(parsed) << parsed.error().text();
    EXPECT_EQ(*parsed, algorithm);
  }
  EXPECT_EQ(chunk_bytes(WofAlgorithm::xpress4k), 4096u);
  EXPECT_EQ(chunk_bytes(WofAlgorithm::xpress8k), 8192u);
  EXPECT_EQ(chunk_bytes(WofAlgorithm::xpress16k), 16384u);
  EXPECT_EQ(chunk_bytes(WofAlgorithm::lzx), 32768u);
}

TEST(WofReparsePoint, WhatIsNotReadSaysWhy) {
  const struct {
    LzBytes point;
    Errc code;
    std::string_view what;
    std::uint64_t offset;
  } cases[] = {
      {wof_reparse_point(2, 2, 1, 0), Errc::unsupported, "wof version", 8},
      {wof_reparse_point(1, 1, 1, 0), Errc::unsupported, "wof file that lies in a WIM image", 12},
      {wof_reparse_point(1, 3, 1, 0), Errc::unsupported, "wof provider", 12},
      {wof_reparse_point(1, 2, 0, 0), Errc::unsupported, "wof provider version", 16},
      {wof_reparse_point(1, 2, 1, 4), Errc::unsupported, "wof algorithm", 20},
      {wof_reparse_point(1, 2, 1, 0xFFFFFFFF), Errc::unsupported, "wof algorithm", 20},
      {reparse_point(0x80000018, LzBytes(16)), Errc::malformed, "reparse tag of a wof file", 0},
  };
  for (const auto& one : cases) {
    const auto parsed = parse_wof_reparse_point(Bytes{one.point});
    ASSERT_FALSE(parsed) << one.what;
    EXPECT_EQ(parsed.error().code, one.code) << one.what;
    EXPECT_EQ(parsed.error().what, one.what);
    EXPECT_EQ(parsed.error().offset, one.offset) << one.what;
  }
}

TEST(WofReparsePoint, TruncatedAtEveryLengthIsAnError) {
  const LzBytes whole = wof_reparse_point(1, 2, 1, 1);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parse_wof_reparse_point(Bytes{std::span{whole}.first(size)}).error().code,
              Errc::truncated);
  LzBytes shorter = whole;
  shorter[4] = std::byte{15};  // the data's length
  EXPECT_EQ(parse_wof_reparse_point(Bytes{shorter}).error().code, Errc::truncated);
}

TEST(WofSource, ReadsEveryAlgorithmWhole) {
  for (const auto algorithm : kAlgorithms)
    for (const std::size_t size : {1u, 11u, 4095u, 4096u, 4097u, 32768u, 32769u, 200'001u}) {
      const LzBytes data = mixed(size);
      const auto source = open(wof_stream(data, algorithm), size, algorithm);
      ASSERT_EQ(source->size(), size);
      const auto out = read_all(*source, size);
      ASSERT_TRUE(out) << out.error().text();
      ASSERT_TRUE(*out == data) << size << ' ' << static_cast<int>(algorithm);
    }
}

TEST(WofSource, ReadsAnyPart) {
  const LzBytes data = mixed(100'000);
  const auto source =
      open(wof_stream(data, WofAlgorithm::xpress8k), 100'000, WofAlgorithm::xpress8k);
  std::uint32_t state = 1;
  for (int i = 0; i < 500; ++i) {
    state = state * 1664525 + 1013904223;
    const std::size_t offset = state % 110'000;
    const std::size_t length = i % 3 == 0 ? state / 7 % 40'000 : state / 7 % 100;
    LzBytes out(length);
    const auto count = source->read_some(offset, out);
    ASSERT_TRUE(count);
    const std::size_t there =
        offset >= 100'000 ? 0 : std::min<std::size_t>(length, 100'000 - offset);
    ASSERT_EQ(*count, there) << offset << ' ' << length;
    ASSERT_TRUE(there == 0 || std::memcmp(out.data(), &data[offset], there) == 0) << offset;
  }
}

TEST(WofSource, AnEmptyFileHasNoTable) {
  const auto source = open({}, 0, WofAlgorithm::lzx);
  LzBytes out(10);
  EXPECT_EQ(*source->read_some(0, out), 0u);
}

TEST(WofSource, ADamagedChunkLeavesTheOthers) {
  constexpr std::size_t kSize = 5 * kChunk;
  const LzBytes data = lz_text(kSize);
  LzBytes stream = wof_stream(data, WofAlgorithm::xpress4k);
  const auto second = *Bytes{stream}.get<std::uint32_t>(0) + 16;  // behind four entries
  std::fill_n(stream.begin() + second, 256, std::byte{0x11});     // code lengths
  const auto source = open(stream, kSize, WofAlgorithm::xpress4k);
  LzBytes out(4096);
  for (std::uint64_t chunk : {0u, 2u, 3u, 4u, 0u}) {
    ASSERT_TRUE(source->read(chunk * kChunk, out)) << chunk;
    EXPECT_EQ(std::memcmp(out.data(), &data[chunk * kChunk], 4096), 0) << chunk;
  }
  for (const std::uint64_t offset : {4096u, 8191u}) {
    out.resize(offset == 4096 ? 4096 : 200);
    const auto count = source->read_some(offset, out);
    ASSERT_FALSE(count) << offset;
    EXPECT_EQ(count.error().code, Errc::malformed);
    EXPECT_EQ(count.error().offset, second);
    EXPECT_EQ(source->resumes_at(offset), 8192u);
  }
  EXPECT_EQ(*source->read_some(4000, out), 96u) << "what lies before it";
  EXPECT_EQ(source->resumes_at(4 * kChunk), source->size());
}

// The second chunk ends early, when most of it has been written where the fourth one was kept.
TEST(WofSource, WhatIsLeftOfADamagedChunkIsNotTakenForTheOneBefore) {
  constexpr std::size_t kSize = 5 * kChunk;
  const LzBytes data = lz_text(kSize);
  LzBytes stream = wof_stream(data, WofAlgorithm::xpress4k);
  put_u32(stream, 4, *Bytes{stream}.get<std::uint32_t>(4) - 20);
  const auto source = open(stream, kSize, WofAlgorithm::xpress4k);
  LzBytes out(100);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(source->read(3 * kChunk, out));
    EXPECT_EQ(std::memcmp(out.data(), &data[3 * kChunk], 100), 0);
    EXPECT_EQ(source->read_some(4096, out).error().code, Errc::truncated);
  }
}

TEST(WofSource, OffsetsThatAreWrongAreErrorsOfTheirChunks) {
  constexpr std::size_t kSize = 3 * kChunk;
  const LzBytes data = lz_text(kSize);
  const LzBytes good = wof_stream(data, WofAlgorithm::xpress4k);
  const auto first_end = *Bytes{good}.get<std::uint32_t>(0);
  const struct {
    std::uint32_t entry;  ///< of the first chunk's end
    Errc code;
  } cases[] = {{0, Errc::malformed},            // an empty chunk
               {4097, Errc::malformed},         // longer than what it gives
               {0xFFFFFFFF, Errc::truncated}};  // outside
  for (const auto& one : cases) {
    LzBytes stream = good;
    put_u32(stream, 0, one.entry);
    const auto source = open(stream, kSize, WofAlgorithm::xpress4k);
    LzBytes out(4096);
    const auto first = source->read(0, out);
    ASSERT_FALSE(first) << one.entry;
    EXPECT_EQ(first.error().code, one.code) << one.entry;
    EXPECT_EQ(first.error().offset, 0u);
    EXPECT_TRUE(source->read(8192, out)) << one.entry;
  }
  LzBytes stream = good;
  put_u32(stream, 4, first_end);  // the second chunk is empty
  const auto source = open(stream, kSize, WofAlgorithm::xpress4k);
  LzBytes out(4096);
  EXPECT_TRUE(source->read(0, out));
  EXPECT_EQ(source->read(4096, out).error().offset, 4u);
}

TEST(WofSource, TruncatedAtEveryLengthLosesTheLastChunksOnly) {
  constexpr std::size_t kSize = 3 * kChunk + 10;
  const LzBytes data = lz_text(kSize);
  const LzBytes whole = wof_stream(data, WofAlgorithm::xpress4k);
  const auto second_end = *Bytes{whole}.get<std::uint32_t>(4) + 12;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto source =
        WofSource::open(std::make_unique<MemorySource>(LzBytes{
                            whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}),
                        kSize, WofAlgorithm::xpress4k);
    if (size < 12) {
      ASSERT_EQ(source.error().code, Errc::truncated) << size;
      continue;
    }
    ASSERT_TRUE(source) << size;
    LzBytes out(kSize);
    ASSERT_FALSE((*source)->read(0, out)) << size;
    out.resize(8192);
    ASSERT_EQ((*source)->read(0, out).has_value(), size >= second_end) << size;
    if (size < second_end) continue;
    ASSERT_EQ(std::memcmp(out.data(), data.data(), 8192), 0) << size;
  }
}

TEST(WofSource, SizesThatTheStreamCannotHoldAreErrors) {
  for (const std::uint64_t size : {std::uint64_t{0xFFFFFFFF}, std::uint64_t{1} << 32,
                                   ~std::uint64_t{0}, ~std::uint64_t{0} - 4094}) {
    const auto source = WofSource::open(std::make_unique<MemorySource>(LzBytes(5000)), size,
                                        WofAlgorithm::xpress4k);
    ASSERT_FALSE(source) << size;
    EXPECT_EQ(source.error().code, Errc::truncated);
  }
}

/// The stream of a file of very many equal chunks, made as it is read.
class ManyChunks final : public ByteSource {
 public:
  ManyChunks(std::uint64_t size, LzBytes chunk, std::size_t entry_bytes, std::size_t* largest)
      : chunks_{(size + 4095) / 4096},
        chunk_{std::move(chunk)},
        entry_bytes_{entry_bytes},
        largest_{largest} {}
  std::uint64_t table() const { return (chunks_ - 1) * entry_bytes_; }
  std::uint64_t size() const override { return table() + chunks_ * chunk_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    *largest_ = std::max(*largest_, out.size());
    for (std::byte& byte : out) byte = at(offset++);
    return out.size();
  }

 private:
  std::byte at(std::uint64_t offset) const {
    if (offset >= table()) return chunk_[(offset - table()) % chunk_.size()];
    const std::uint64_t entry = (offset / entry_bytes_ + 1) * chunk_.size();
    return static_cast<std::byte>(entry >> (8 * (offset % entry_bytes_)) & 0xFF);
  }
  std::uint64_t chunks_;
  LzBytes chunk_;
  std::size_t entry_bytes_;
  std::size_t* largest_;
};

// From 4 GiB on, entries have 64 bits; the table of 2 TiB would have 4 GiB.
TEST(WofSource, ReadsAHugeTableInPieces) {
  const LzBytes data = lz_text(4096);
  for (const std::uint64_t size : {0xFFFFFFFFull, 0x100000000ull, 0x200'0000'0000ull}) {
    std::size_t largest = 0;
    auto source =
        WofSource::open(std::make_unique<ManyChunks>(size, wof_chunk(data, WofAlgorithm::xpress4k),
                                                     size < 0x100000000ull ? 4 : 8, &largest),
                        size, WofAlgorithm::xpress4k);
    ASSERT_TRUE(source);
    for (const std::uint64_t chunk : {size / 4096 - 1, std::uint64_t{0}, std::uint64_t{1023},
                                      std::uint64_t{1024}, std::uint64_t{1025}, size / 8192}) {
      LzBytes out(4096);
      const auto read = (*source)->read(chunk * kChunk, out);
      ASSERT_TRUE(read) << size << ' ' << chunk << ' ' << read.error().text();
      EXPECT_TRUE(out == data) << size << ' ' << chunk;
    }
    EXPECT_LE(largest, 4096u);
  }
}

}  // namespace
}  // namespace hozen
