#include "collector/formats/security_descriptor.h"

#include <gtest/gtest.h>

#include "tests/builders/security_builder.h"

namespace hozen {
namespace {

using builders::SecurityBuilder;
using builders::SecurityBytes;

constexpr const char* kSystem = "S-1-5-18";
constexpr const char* kAdministrators = "S-1-5-32-544";
constexpr const char* kInteractive = "S-1-5-4";

SecurityBuilder typical() {
  return SecurityBuilder{}
      .owner(kSystem)
      .group(kSystem)
      .control(0x1400)
      .deny(kInteractive, 0x20)
      .allow(kAdministrators, 0xF01FF)
      .audit("S-1-1-0", 0xF01FF, 0x80);
}

TEST(SecurityDescriptor, ReadsOwnerGroupAndBothLists) {
  const auto bytes = typical().bytes();
  const auto descriptor = parse_security_descriptor(Bytes{bytes, 1000});
  ASSERT_TRUE(descriptor.has_value());
  EXPECT_TRUE(descriptor->problems.empty());
  EXPECT_EQ(descriptor->owner, kSystem);
  EXPECT_EQ(descriptor->group, kSystem);
  ASSERT_TRUE(descriptor->dacl && descriptor->sacl);
  ASSERT_EQ(descriptor->dacl->size(), 2u);
  const AccessEntry& deny = (*descriptor->dacl)[0];
  EXPECT_TRUE(deny.denies());
  EXPECT_FALSE(deny.allows());
  EXPECT_EQ(deny.sid, kInteractive);
  EXPECT_EQ(deny.mask, 0x20u);
  EXPECT_GT(deny.offset, 1000u);
  EXPECT_TRUE((*descriptor->dacl)[1].allows());
  ASSERT_EQ(descriptor->sacl->size(), 1u);
  EXPECT_EQ((*descriptor->sacl)[0].flags, 0x80);
}

TEST(SecurityDescriptor, IsPrintedAsWindowsDoes) {
  EXPECT_EQ(parse_security_descriptor(Bytes{typical().bytes()})->sddl(),
            "O:SYG:SYD:PAI(D;;WP;;;IU)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)"
            "S:(AU;FA;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;WD)");
}

struct EntryCase {
  SecurityBytes bytes;
  const char* sddl;
};

const Guid kGuid = [] {
  Guid guid;
  for (std::size_t i = 0; i < 16; ++i) guid.bytes[i] = static_cast<std::byte>(i + 1);
  return guid;
}();

TEST(SecurityDescriptor, PrintsEveryFormOfEntry) {
  const EntryCase cases[] = {
      {SecurityBuilder{}.allow("S-1-1-0", 0x1F01FF, 0x0B).bytes(), "D:(A;OICIIO;FA;;;WD)"},
      {SecurityBuilder{}.allow("S-1-5-11", 0x120089).bytes(), "D:(A;;FR;;;AU)"},
      {SecurityBuilder{}.allow(kSystem, 0x10000000).bytes(), "D:(A;;GA;;;SY)"},
      {SecurityBuilder{}.allow("S-1-5-21-1-2-3-1001", 0x200).bytes(),
       "D:(A;;0x200;;;S-1-5-21-1-2-3-1001)"},
      {SecurityBuilder{}.object_entry(5, kSystem, 0x100, kGuid, {}).bytes(),
       "D:(OA;;CR;04030201-0605-0807-090a-0b0c0d0e0f10;;SY)"},
      {SecurityBuilder{}.object_entry(6, kSystem, 0x10, {}, kGuid).bytes(),
       "D:(OD;;RP;;04030201-0605-0807-090a-0b0c0d0e0f10;SY)"},
      {SecurityBuilder{}.entry(9, kSystem, 0x4, 0, SecurityBytes(4, std::byte{0x61})).bytes(),
       "D:(XA;;LC;;;SY;0x61616161)"},
      {SecurityBuilder{}.label("S-1-16-12288", 1).bytes(), "S:(ML;;NW;;;HI)"},
      {SecurityBuilder{}.null_dacl().bytes(), "D:NO_ACCESS_CONTROL"},
      {SecurityBuilder{}.empty_dacl().bytes(), "D:"},
      {SecurityBuilder{}.bytes(), ""},
  };
  for (const auto& one : cases) {
    const auto descriptor = parse_security_descriptor(Bytes{one.bytes});
    ASSERT_TRUE(descriptor.has_value()) << one.sddl;
    EXPECT_TRUE(descriptor->problems.empty()) << one.sddl;
    EXPECT_EQ(descriptor->sddl(), one.sddl);
  }
}

TEST(SecurityDescriptor, TellsNoListFromAnEmptyOne) {
  EXPECT_FALSE(parse_security_descriptor(Bytes{SecurityBuilder{}.bytes()})->dacl.has_value());
  EXPECT_TRUE(parse_security_descriptor(Bytes{SecurityBuilder{}.null_dacl().bytes()})->null_dacl);
  const auto empty = parse_security_descriptor(Bytes{SecurityBuilder{}.empty_dacl().bytes()});
  ASSERT_TRUE(empty->dacl.has_value());
  EXPECT_TRUE(empty->dacl->empty());
}

TEST(SecurityDescriptor, EntriesForChildrenOnlyDoNotConcernTheObject) {
  const auto descriptor =
      parse_security_descriptor(Bytes{SecurityBuilder{}.deny(kSystem, 1, kAceInheritOnly).bytes()});
  EXPECT_FALSE((*descriptor->dacl)[0].denies());
}

TEST(SecurityDescriptor, KeepsEntriesOfUnknownTypesWithoutSid) {
  const auto descriptor =
      parse_security_descriptor(Bytes{SecurityBuilder{}.entry(0x40, kSystem, 1).bytes()});
  ASSERT_EQ(descriptor->dacl->size(), 1u);
  EXPECT_EQ((*descriptor->dacl)[0].sid, "");
  EXPECT_EQ(descriptor->sddl(), "D:(0x40;;CC;;;;0x010100000000000512000000)");
}

TEST(SecurityDescriptor, TruncatedAtEveryLengthIsAnErrorOrAProblem) {
  const auto whole = typical().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto descriptor = parse_security_descriptor(Bytes{std::span{whole}.first(size)});
    if (size < 20) {
      ASSERT_FALSE(descriptor.has_value()) << size;
      EXPECT_EQ(descriptor.error().code, Errc::truncated);
    } else {
      ASSERT_TRUE(descriptor.has_value()) << size;
      EXPECT_FALSE(descriptor->problems.empty()) << size;
    }
  }
}

TEST(SecurityDescriptor, AnyByteChangedDoesNotBreakTheReader) {
  const auto whole = typical().bytes();
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      auto bytes = whole;
      bytes[at] = static_cast<std::byte>(value);
      if (const auto descriptor = parse_security_descriptor(Bytes{bytes})) {
        EXPECT_LE(descriptor->sddl().size(), 4096u);
      }
    }
}

TEST(SecurityDescriptor, OtherRevisionsAndPointersAreMalformed) {
  auto bytes = typical().bytes();
  bytes[0] = std::byte{2};
  EXPECT_EQ(parse_security_descriptor(Bytes{bytes}).error().code, Errc::malformed);
  bytes = typical().bytes();
  bytes[3] = std::byte{0x14};  // SE_SELF_RELATIVE taken away
  EXPECT_EQ(parse_security_descriptor(Bytes{bytes}).error().code, Errc::malformed);
}

TEST(SecurityDescriptor, ACountBeyondTheListKeepsWhatIsThere) {
  auto bytes = SecurityBuilder{}.allow(kSystem, 1).bytes();
  bytes[20 + 4] = bytes[20 + 5] = std::byte{0xFF};
  const auto descriptor = parse_security_descriptor(Bytes{bytes});
  EXPECT_EQ(descriptor->dacl->size(), 1u);
  ASSERT_EQ(descriptor->problems.size(), 1u);
  EXPECT_EQ(descriptor->problems[0].offset, bytes.size());
}

TEST(SecurityDescriptor, AnEntryWithABrokenSidDoesNotHideTheNext) {
  auto bytes = SecurityBuilder{}.allow(kSystem, 1).allow(kAdministrators, 2).bytes();
  bytes[20 + 8 + 8] = std::byte{9};  // revision of the first SID
  const auto descriptor = parse_security_descriptor(Bytes{bytes});
  ASSERT_EQ(descriptor->dacl->size(), 1u);
  EXPECT_EQ((*descriptor->dacl)[0].sid, kAdministrators);
  EXPECT_EQ(descriptor->problems.size(), 1u);
}

TEST(SecurityDescriptor, AnEntryOfSizeZeroEndsTheList) {
  auto bytes = SecurityBuilder{}.allow(kSystem, 1).bytes();
  bytes[20 + 8 + 2] = std::byte{0};
  const auto descriptor = parse_security_descriptor(Bytes{bytes});
  EXPECT_TRUE(descriptor->dacl->empty());
  EXPECT_EQ(descriptor->problems.size(), 1u);
}

}  // namespace
}  // namespace hozen
