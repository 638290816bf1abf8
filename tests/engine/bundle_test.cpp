#include "collector/engine/bundle.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/builders/memory_sink.h"

namespace hozen {
namespace {

using test::MemorySink;

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
constexpr FileTime kModified{133'000'000'000'000'000};

EvidencePath path_of(std::string_view text) { return *EvidencePath::parse(text); }

MemorySource text_file(std::size_t size, unsigned seed) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>((i * seed / 1000) ^ (i % 13) ^ seed);
  return MemorySource{std::move(bytes)};
}

class BundleWriterTest : public testing::Test {
 protected:
  BundleWriterTest() { writer = *BundleWriter::create(sink, {2, DeflateEncoder::fastest}); }

  StoredFile add(std::string_view path, ByteSource& content, std::uint64_t max_bytes = kNoLimit) {
    auto file = writer->add_file(path_of(path), content, kModified, max_bytes);
    EXPECT_TRUE(file);
    return file ? *file : StoredFile{};
  }

  MemorySink sink;
  std::unique_ptr<BundleWriter> writer;
};

TEST_F(BundleWriterTest, StoresContentOnce) {
  for (const std::size_t size : {std::size_t{5}, std::size_t{300'000}, std::size_t{3'000'000}}) {
    const std::string name = "C:\\" + std::to_string(size);
    MemorySource first = text_file(size, 7), same = text_file(size, 7), other = text_file(size, 9);
    const StoredFile stored = add(name + "a", first), again = add(name + "b", same),
                     different = add(name + "c", other);
    EXPECT_FALSE(stored.duplicate);
    EXPECT_TRUE(again.duplicate) << size;
    EXPECT_EQ(again.entry, stored.entry);
    EXPECT_EQ(again.digests->md5, stored.digests->md5);
    EXPECT_EQ(again.size, size);
    EXPECT_FALSE(different.duplicate);
    EXPECT_NE(different.entry, stored.entry);
  }
}

TEST_F(BundleWriterTest, ReturnsTheSinksErrorFromEveryCall) {
  sink.fail_at = 1000;
  MemorySource big = text_file(20'000'000, 3);
  const auto file = writer->add_file(path_of("C:\\big"), big, kModified, kNoLimit);
  const auto settled = writer->settle();
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().detail, "no space left");
  EXPECT_FALSE(writer->append_lines("log", "{}\n", kModified));
  EXPECT_FALSE(writer->finish({}, kModified));
}

}  // namespace
}  // namespace hozen
