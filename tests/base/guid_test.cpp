#include "collector/base/guid.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

Guid guid_of(const std::uint8_t (&bytes)[16]) {
  return Guid::from(std::as_bytes(std::span{bytes}));
}

TEST(Guid, PrintsAsTheRegistryDoes) {
  EXPECT_EQ(guid_of({0xE0, 0x4F, 0xD0, 0x20, 0xEA, 0x3A, 0x69, 0x10, 0xA2, 0xD8, 0x08, 0x00, 0x2B,
                     0x30, 0x30, 0x9D})
                .text(),
            "{20D04FE0-3AEA-1069-A2D8-08002B30309D}");
  EXPECT_EQ(Guid{}.text(), "{00000000-0000-0000-0000-000000000000}");
  EXPECT_TRUE(Guid{}.is_null());
}

TEST(Guid, NamesTheNetworkCardOfVersion1Only) {
  // 958705b5-0d19-11df-9fe4-705ab616a5f3
  EXPECT_EQ(guid_of({0xB5, 0x05, 0x87, 0x95, 0x19, 0x0D, 0xDF, 0x11, 0x9F, 0xE4, 0x70, 0x5A, 0xB6,
                     0x16, 0xA5, 0xF3})
                .mac_address(),
            "70:5a:b6:16:a5:f3");
  // Version 4.
  EXPECT_EQ(guid_of({0xB5, 0x05, 0x87, 0x95, 0x19, 0x0D, 0xDF, 0x41, 0x9F, 0xE4, 0x70, 0x5A, 0xB6,
                     0x16, 0xA5, 0xF3})
                .mac_address(),
            std::nullopt);
  // Version 1 with a node made up at random.
  EXPECT_EQ(guid_of({0xB5, 0x05, 0x87, 0x95, 0x19, 0x0D, 0xDF, 0x11, 0x9F, 0xE4, 0x71, 0x5A, 0xB6,
                     0x16, 0xA5, 0xF3})
                .mac_address(),
            std::nullopt);
}

}  // namespace
}  // namespace hozen
