#include "collector/base/hash.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/hash_kernel.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

struct Vector {
  std::string text;
  const char *sha256, *sha1, *md5;
};
class KnownDigest : public testing::TestWithParam<Vector> {};

TEST_P(KnownDigest, OfOnePassAndAlone) {
  const auto data = bytes_of(GetParam().text).span();
  for (const auto kind : {MultiHash::Kind::fastest, MultiHash::Kind::library}) {
    MultiHash all{kind};
    all.update(data);
    const Digests digests = all.finish();
    EXPECT_EQ(to_hex(digests.sha256), GetParam().sha256);
    EXPECT_EQ(to_hex(digests.sha1), GetParam().sha1);
    EXPECT_EQ(to_hex(digests.md5), GetParam().md5);
  }
  EXPECT_EQ(to_hex(sha256(data)), GetParam().sha256);
}

// FIPS 180-4 and RFC 1321 examples.
INSTANTIATE_TEST_SUITE_P(
    , KnownDigest,
    testing::Values(
        Vector{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
               "da39a3ee5e6b4b0d3255bfef95601890afd80709", "d41d8cd98f00b204e9800998ecf8427e"},
        Vector{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
               "a9993e364706816aba3e25717850c26c9cd0d89d", "900150983cd24fb0d6963f7d28e17f72"},
        Vector{std::string(1'000'000, 'a'),
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
               "34aa973cd4c4daa4f61eeb2bdbad27316534016f", "7707d6ae4e027c70eea2a935c2296f21"}));

TEST(MultiHash, PartsGiveTheDigestOfTheWhole) {
  std::mt19937 random{8};
  std::vector<std::byte> data(200'000);
  for (std::byte& b : data) b = static_cast<std::byte>(random());
  MultiHash whole, parts;
  whole.update(data);
  for (std::span<const std::byte> left = data; !left.empty();) {
    const std::size_t count = std::min<std::size_t>(left.size(), random() % 40'000);
    parts.update(left.first(count));
    left = left.subspan(count);
  }
  const Digests a = whole.finish(), b = parts.finish();
  EXPECT_EQ(a.sha256, b.sha256);
  EXPECT_EQ(a.sha1, b.sha1);
  EXPECT_EQ(a.md5, b.md5);
}

TEST(MultiHash, UsesTheShaInstructionsWhereThereAreAny) {
  EXPECT_EQ(MultiHash::is_interleaved(), has_hash_kernel());
}

TEST(MultiHash, InterleavedIsTheLibrarysAtEveryLengthAndCut) {
  std::mt19937 random{9};
  std::vector<std::byte> data(5 * kDigestBlockBytes);
  for (std::byte& b : data) b = static_cast<std::byte>(random());
  MultiHash fastest, library{MultiHash::Kind::library};
  for (std::size_t size = 0; size <= data.size(); ++size) {
    const auto whole = std::span{std::as_const(data)}.first(size);
    library.update(whole);
    const Digests expected = library.finish();
    for (const std::size_t cut : {std::size_t{0}, size / 3, size - size / 5}) {
      fastest.update(whole.first(cut));
      fastest.update(whole.subspan(cut));
      const Digests got = fastest.finish();
      ASSERT_EQ(got.sha256, expected.sha256) << size << " cut at " << cut;
      ASSERT_EQ(got.sha1, expected.sha1) << size << " cut at " << cut;
      ASSERT_EQ(got.md5, expected.md5) << size << " cut at " << cut;
    }
  }
}

TEST(MultiHash, InterleavedIsTheLibrarysOverManyBlocks) {
  // Words of all ones and of all zeros exercise the carries.
  std::vector<std::byte> data(3 << 20);
  std::mt19937_64 random{10};
  for (std::size_t i = 0; i < data.size(); ++i)
    data[i] = i < 1 << 20 ? std::byte{0xFF} : i < 2 << 20 ? std::byte{} : std::byte(random());
  MultiHash fastest, library{MultiHash::Kind::library};
  for (int pass = 0; pass < 2; ++pass) {
    fastest.update(data);
    library.update(data);
  }
  const Digests got = fastest.finish(), expected = library.finish();
  EXPECT_EQ(got.sha256, expected.sha256);
  EXPECT_EQ(got.sha1, expected.sha1);
  EXPECT_EQ(got.md5, expected.md5);
}

TEST(MultiHash, StartsAnewAfterFinish) {
  MultiHash hash;
  hash.update(bytes_of("first").span());
  hash.finish();
  hash.update(bytes_of("abc").span());
  EXPECT_EQ(to_hex(hash.finish().md5), "900150983cd24fb0d6963f7d28e17f72");
  Sha256 single;
  single.update(bytes_of("first").span());
  single.finish();
  EXPECT_EQ(single.finish(), sha256({}));
}

TEST(MultiHash, CanBeMoved) {
  MultiHash first;
  first.update(bytes_of("ab").span());
  MultiHash second = std::move(first);
  second.update(bytes_of("c").span());
  EXPECT_EQ(to_hex(second.finish().md5), "900150983cd24fb0d6963f7d28e17f72");
}

}  // namespace
}  // namespace hozen
