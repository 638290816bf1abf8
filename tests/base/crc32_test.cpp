#include "collector/base/crc32.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace hozen {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

/// Check value of the catalogue of parametrised CRC algorithms (CRC-32/ISO-HDLC).
TEST(Crc32, HasTheCheckValueOfItsAlgorithm) {
  EXPECT_EQ(crc32_of(bytes_of("123456789")), 0xCBF43926u);
  EXPECT_EQ(crc32_of({}), 0u);
  EXPECT_EQ(crc32_of({}, 0xCBF43926u), 0xCBF43926u);
}

TEST(Crc32, GoesOnFromWhatStoodBeforeAtEveryLength) {
  std::vector<std::byte> data(300);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 7 + i / 256);
  const std::span<const std::byte> all{data};
  const std::uint32_t whole = crc32_of(all);
  EXPECT_EQ(whole, crc32_z(0, static_cast<const Bytef*>(static_cast<const void*>(data.data())),
                           data.size()));
  for (std::size_t at = 0; at <= data.size(); ++at) {
    const std::uint32_t first = crc32_of(all.first(at));
    EXPECT_EQ(crc32_of(all.subspan(at), first), whole) << at;
    EXPECT_EQ(combine_crc32(first, crc32_of(all.subspan(at)), data.size() - at), whole) << at;
  }
}

}  // namespace
}  // namespace hozen
