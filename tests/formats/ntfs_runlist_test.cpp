#include "collector/formats/ntfs_runlist.h"

#include <gtest/gtest.h>

#include <ostream>
#include <random>

#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs {
namespace {

using builders::encode_runs;
using builders::NtfsBytes;

constexpr std::uint64_t kVolume = std::uint64_t{1} << 32;

NtfsBytes hex(std::string_view text) {
  NtfsBytes bytes;
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits += c;
    if (digits.size() == 2) {
      bytes.push_back(static_cast<std::byte>(std::stoi(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return bytes;
}

struct Listing {
  std::vector<ntfs::Run> runs;
  std::optional<Error> error;
};

Listing list(const NtfsBytes& encoded, std::uint64_t first_vcn = 0,
             std::uint64_t volume = kVolume) {
  RunReader reader{Bytes{encoded, 0x100}, first_vcn, volume};
  Listing listing;
  while (const auto run = reader.next()) listing.runs.push_back(*run);
  EXPECT_FALSE(reader.next()) << "what has ended stays so";
  listing.error = reader.error();
  return listing;
}

std::string text(const std::vector<ntfs::Run>& runs) {
  std::string out;
  for (const ntfs::Run& run : runs) {
    out += std::to_string(run.vcn) + "+" + std::to_string(run.clusters) + "@";
    out += run.is_sparse() ? "-" : std::to_string(run.lcn);
    out += ' ';
  }
  return out;
}

TEST(NtfsRunlist, ReadsRunsThatGoForwardAndBack) {
  // 0x30 clusters at 0x60; 0x10 at 0x60 + 0x100; 0x20 at 0x160 - 0x20.
  const Listing listing = list(hex("11 30 60  21 10 00 01  11 20 E0  00"));
  EXPECT_FALSE(listing.error);
  EXPECT_EQ(text(listing.runs), "0+48@96 48+16@352 64+32@320 ");
}

TEST(NtfsRunlist, ReadsNumbersOfAnyWidth) {
  // 0x38 clusters at 0x342573; 0x114 at + 0x0211E5; 0x42 at + 0x0300AA.
  const Listing listing = list(hex("31 38 73 25 34  32 14 01 E5 11 02  31 42 AA 00 03  00"));
  EXPECT_FALSE(listing.error);
  EXPECT_EQ(text(listing.runs), "0+56@3417459 56+276@3553112 332+66@3749890 ");
  // Eight bytes each.
  const Listing wide = list(hex("88 01 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00"));
  EXPECT_EQ(text(wide.runs), "0+1@5 ");
}

TEST(NtfsRunlist, ReadsHolesAndContinuesBehindThem) {
  const Listing listing = list(hex("11 02 10  01 04  11 01 01  00 11 01 01"), 7);
  EXPECT_FALSE(listing.error);
  EXPECT_EQ(text(listing.runs), "7+2@16 9+4@- 13+1@17 ") << "nothing behind the end mark";
}

TEST(NtfsRunlist, EndsWhereTheListDoes) {
  EXPECT_EQ(text(list(hex("11 02 10")).runs), "0+2@16 ");
  EXPECT_FALSE(list(hex("11 02 10")).error);
  EXPECT_TRUE(list({}).runs.empty());
  EXPECT_FALSE(list({}).error);
}

struct Fault {
  const char* encoded;
  Errc code;
  std::uint64_t offset;  ///< of the run that is at fault
};
std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.encoded; }

class NtfsRunlistFault : public testing::TestWithParam<Fault> {};

TEST_P(NtfsRunlistFault, EndsTheListWithTheRunsBeforeIt) {
  const Listing listing = list(hex(std::string{"11 02 10 "} + GetParam().encoded));
  EXPECT_EQ(text(listing.runs), "0+2@16 ");
  ASSERT_TRUE(listing.error);
  EXPECT_EQ(listing.error->code, GetParam().code);
  EXPECT_EQ(listing.error->offset, 0x103 + GetParam().offset);
}

INSTANTIATE_TEST_SUITE_P(
    All, NtfsRunlistFault,
    testing::Values(Fault{"10 05", Errc::malformed, 0},     // no length at all
                    Fault{"11 00 05", Errc::malformed, 0},  // a length of nothing
                    Fault{"01 00", Errc::malformed, 0},     // a hole of nothing
                    Fault{"19 01 01 01 01 01 01 01 01 01 01", Errc::malformed, 0},
                    Fault{"91 01 01 01 01 01 01 01 01 01 01", Errc::malformed, 0},
                    Fault{"FF", Errc::malformed, 0}, Fault{"21 01 01", Errc::truncated, 0},
                    Fault{"11 01 EF", Errc::malformed, 0},  // 16 - 17: before the volume
                    Fault{"51 01 00 00 00 00 01", Errc::malformed, 0},  // behind it
                    Fault{"14 FF FF FF FF 01", Errc::malformed, 0},     // longer than it
                    // Lengths of 2^64 - 1 and of 2^62 + 1.
                    Fault{"08 FF FF FF FF FF FF FF FF", Errc::malformed, 0},
                    Fault{"08 01 00 00 00 00 00 00 40", Errc::malformed, 0},
                    // Offsets that wrap around 64 bits.
                    Fault{"81 01 FF FF FF FF FF FF FF 7F", Errc::malformed, 0},
                    Fault{"81 01 00 00 00 00 00 00 00 80", Errc::malformed, 0}));

TEST(NtfsRunlist, CannotCountPastItsLimit) {
  // 2^61 clusters three times: the third would end behind 2^62.
  const Listing listing =
      list(hex("08 00 00 00 00 00 00 00 20 08 00 00 00 00 00 00 00 20 08 00 00 00 00 00 00 00 20"));
  EXPECT_EQ(listing.runs.size(), 2u);
  ASSERT_TRUE(listing.error);
  EXPECT_EQ(list(hex("01 01"), ~std::uint64_t{0}).runs.size(), 0u);
  EXPECT_EQ(list(hex("01 01"), (std::uint64_t{1} << 62) - 1).runs.size(), 1u);
}

TEST(NtfsRunlist, ReadsWhatWasEncoded) {
  std::mt19937_64 random{1};
  for (int round = 0; round < 500; ++round) {
    std::vector<ntfs::Run> runs;
    std::uint64_t vcn = 0;
    for (std::uint64_t i = 0; i < 20; ++i) {
      ntfs::Run run{vcn, kSparseLcn, 1 + (random() & 0xFFFF) % (1u << (1 + i % 16))};
      if (random() % 4 != 0) run.lcn = random() % (kVolume >> (i % 3 * 12)) / 2;
      vcn += run.clusters;
      runs.push_back(run);
    }
    const Listing listing = list(encode_runs(runs));
    EXPECT_FALSE(listing.error);
    EXPECT_EQ(text(listing.runs), text(runs));
  }
}

TEST(NtfsRunlist, IsNeverLongerThanItsBytesAllow) {
  std::mt19937 random{2};
  for (int round = 0; round < 20'000; ++round) {
    NtfsBytes bytes(random() % 40);
    for (std::byte& b : bytes)
      b = static_cast<std::byte>(random() & (round % 2 != 0 ? 0x13 : 0xFF));
    const Listing listing = list(bytes, random() % 3, 1000);
    EXPECT_LE(listing.runs.size(), bytes.size() / 2);
    for (const ntfs::Run& run : listing.runs) {
      EXPECT_NE(run.clusters, 0u);
      EXPECT_TRUE(run.is_sparse() || run.lcn + run.clusters <= 1000);
    }
  }
}

}  // namespace
}  // namespace hozen::ntfs
