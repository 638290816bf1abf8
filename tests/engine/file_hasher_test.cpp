#include "collector/engine/file_hasher.h"

#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <vector>

namespace hozen {
namespace {

std::vector<std::byte> varied(std::size_t size, std::uint32_t seed) {
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) {
    seed = seed * 1'664'525 + 1'013'904'223;
    byte = static_cast<std::byte>(seed >> 24);
  }
  return bytes;
}

BlockRef block_of(std::span<const std::byte> bytes) {
  auto block = std::make_shared<Block>();
  block->buffer.assign(bytes.begin(), bytes.end());
  block->size = bytes.size();
  return block;
}

Digests expected(std::span<const std::byte> bytes) {
  MultiHash library{MultiHash::Kind::library};
  library.update(bytes);
  return library.finish();
}

void expect_same(const Digests& digests, const Digests& other, const std::string& what) {
  EXPECT_EQ(digests.sha256, other.sha256) << what;
  EXPECT_EQ(digests.sha1, other.sha1) << what;
  EXPECT_EQ(digests.md5, other.md5) << what;
}

/// Files of all lengths, blocks of them by turns, so that they meet in pairs of every kind.
void expect_right_digests(unsigned threads, MultiHash::Kind kind) {
  const auto pool = WorkerPool::start(threads, {});
  ASSERT_TRUE(pool);
  constexpr std::size_t kFiles = 60, kBlocks = 5;
  std::vector<std::vector<std::byte>> files;
  std::deque<FileHasher> hashers;
  std::vector<std::promise<Digests>> found(kFiles);
  for (std::size_t i = 0; i < kFiles; ++i) {
    files.push_back(varied(i * i * 37 % 5000 + i % 3, static_cast<std::uint32_t>(i)));
    hashers.emplace_back(**pool, kind);
  }
  for (std::size_t part = 0; part < kBlocks; ++part)
    for (std::size_t i = 0; i < kFiles; ++i) {
      const std::span<const std::byte> all{files[i]};
      const std::size_t begin = all.size() * part / kBlocks;
      const std::size_t end = all.size() * (part + 1) / kBlocks;
      hashers[i].add(block_of(all.subspan(begin, end - begin)));
    }
  for (std::size_t i = 0; i < kFiles; ++i)
    hashers[i].end([&found, i](const Digests& digests) { found[i].set_value(digests); });
  for (std::size_t i = 0; i < kFiles; ++i)
    expect_same(found[i].get_future().get(), expected(files[i]), std::to_string(i));
}

TEST(FileHasher, GivesTheDigestsOfEachOfManyFiles) {
  for (const unsigned threads : {1u, 2u, 4u})
    expect_right_digests(threads, MultiHash::Kind::fastest);
}

TEST(FileHasher, DoesSoWithTheLibraryToo) { expect_right_digests(2, MultiHash::Kind::library); }

TEST(FileHasher, StepsThatWaitAreDroppedWithThePool) {
  if (!hashes_are_interleaved(MultiHash::Kind::fastest))
    GTEST_SKIP() << "this processor has no SHA instructions";
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  auto pool = WorkerPool::start(1, {});
  ASSERT_TRUE(pool);
  (*pool)->submit([gone](Worker&) { gone.wait(); });
  {
    FileHasher hasher{**pool};
    hasher.add(block_of(varied(1000, 1)));
    hasher.end([](const Digests&) {});
  }
  go.set_value();
  pool->reset();
}

}  // namespace
}  // namespace hozen
