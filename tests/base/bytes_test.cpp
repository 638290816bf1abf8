#include "collector/base/bytes.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace hozen {
namespace {

std::vector<std::byte> counting(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 37 + 11);
  return bytes;
}

/// Little-endian value byte by byte, nothing when not all of it is there; in 128-bit arithmetic, so
/// that the model cannot wrap.
template <class T>
std::optional<T> naive_get(const std::vector<std::byte>& bytes, std::uint64_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    if (offset > bytes.size() || i >= bytes.size() - offset) return std::nullopt;
    value |= static_cast<std::uint64_t>(bytes[static_cast<std::size_t>(offset) + i]) << (8 * i);
  }
  return static_cast<T>(value);
}

std::uint64_t any_offset(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return ~std::uint64_t{0} - random() % 20;
    case 1:
      return random();
    default:
      return random() % 30;
  }
}

TEST(Bytes, AgreesWithANaiveModel) {
  std::mt19937_64 random{5};
  constexpr std::uint64_t kBase = 0x1000;
  for (int i = 0; i < 200'000; ++i) {
    const auto data = counting(random() % 24);
    const Bytes bytes{data, kBase};
    const std::uint64_t offset = any_offset(random), length = any_offset(random);
    ASSERT_EQ(bytes.get<std::uint8_t>(offset), naive_get<std::uint8_t>(data, offset));
    ASSERT_EQ(bytes.get<std::uint16_t>(offset), naive_get<std::uint16_t>(data, offset));
    ASSERT_EQ(bytes.get<std::uint32_t>(offset), naive_get<std::uint32_t>(data, offset));
    ASSERT_EQ(bytes.get<std::uint64_t>(offset), naive_get<std::uint64_t>(data, offset));

    const bool inside = offset <= data.size() && length <= data.size() - offset;
    ASSERT_EQ(bytes.contains(offset, length), inside);
    const auto part = bytes.slice(offset, length, "part");
    ASSERT_EQ(part.has_value(), inside);
    if (inside) {
      ASSERT_EQ(part->size(), length);
      ASSERT_EQ(part->base(), kBase + offset);
      ASSERT_EQ(part->span().data(), data.data() + offset);
    } else {
      ASSERT_EQ(part.error().code, Errc::truncated);
    }
    ASSERT_EQ(bytes.tail(offset).size(), offset >= data.size() ? 0 : data.size() - offset);
    ASSERT_EQ(bytes.head(length).size(), std::min<std::uint64_t>(length, data.size()));
  }
}

TEST(Cursor, AgreesWithANaiveModel) {
  std::mt19937_64 random{6};
  for (int i = 0; i < 50'000; ++i) {
    const auto data = counting(random() % 40);
    Cursor cursor{Bytes{data, 7}};
    std::uint64_t at = 0;
    for (int step = 0; step < 8; ++step) {
      const std::uint64_t length = any_offset(random);
      bool done = false, expected = false;
      switch (random() % 5) {
        case 0: {
          const auto value = cursor.u16("u16");
          expected = naive_get<std::uint16_t>(data, at).has_value();
          done = value.has_value();
          if (done) {
            ASSERT_EQ(*value, naive_get<std::uint16_t>(data, at));
          }
          if (expected) at += 2;
          break;
        }
        case 1: {
          const auto value = cursor.u64("u64");
          expected = naive_get<std::uint64_t>(data, at).has_value();
          done = value.has_value();
          if (done) {
            ASSERT_EQ(*value, naive_get<std::uint64_t>(data, at));
          }
          if (expected) at += 8;
          break;
        }
        case 2: {
          const auto part = cursor.take(length, "part");
          expected = length <= data.size() - at;
          done = part.has_value();
          if (done) {
            ASSERT_EQ(part->base(), 7 + at);
          }
          if (expected) at += length;
          break;
        }
        case 3:
          done = cursor.seek(length, "seek").has_value();
          expected = length <= data.size();
          if (expected) at = length;
          break;
        default:
          done = cursor.u8("u8").has_value();
          expected = at < data.size();
          if (expected) ++at;
      }
      ASSERT_EQ(done, expected);
      ASSERT_EQ(cursor.position(), at);
      ASSERT_EQ(cursor.remaining(), data.size() - at);
    }
  }
}

TEST(Bytes, ErrorsCarryFileOffsets) {
  const auto data = counting(4);
  const Bytes bytes{data, 0x200};
  const auto missing = bytes.fixed<4>(2, "header");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().offset, 0x202u);
  EXPECT_EQ(missing.error().text(), "header: truncated at offset 0x202");
  Cursor cursor{bytes};
  ASSERT_TRUE(cursor.u8("skip"));
  EXPECT_EQ(cursor.u32("count").error().offset, 0x201u);
}

TEST(Fixed, ReadsLittleEndianFields) {
  const auto data = bytes_of(std::string_view{"\x01\x02\x03\x04\xFF\xFF\xFF\xFF", 8});
  const auto fixed = data.fixed<8>(0, "structure");
  ASSERT_TRUE(fixed);
  EXPECT_EQ(fixed->u8<0>(), 1u);
  EXPECT_EQ(fixed->u16<1>(), 0x0302u);
  EXPECT_EQ(fixed->u32<0>(), 0x04030201u);
  EXPECT_EQ(fixed->u64<0>(), 0xFFFFFFFF04030201u);
  EXPECT_EQ(fixed->i32<4>(), -1);
  EXPECT_EQ((fixed->raw<2, 2>()[0]), std::byte{3});
}

TEST(Bytes, AnEmptyViewHasNothing) {
  EXPECT_TRUE(Bytes{}.empty());
  EXPECT_TRUE(Bytes{}.slice(0, 0, "nothing"));
  EXPECT_FALSE(Bytes{}.slice(0, 1, "one"));
  EXPECT_FALSE(Bytes{}.get<std::uint8_t>(0));
}

}  // namespace
}  // namespace hozen
