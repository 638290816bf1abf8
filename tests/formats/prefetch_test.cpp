#include "collector/formats/prefetch.h"

#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "tests/builders/prefetch_builder.h"

namespace hozen {
namespace {

using builders::PrefetchBuilder;
using builders::PrefetchBytes;

constexpr FileTime kNewest{132'000'000'000'000'002}, kBefore{132'000'000'000'000'001},
    kFormatted{131'000'000'000'000'000};
constexpr std::string_view kDevice = "\\DEVICE\\HARDDISKVOLUME2";
constexpr std::string_view kPath = "\\DEVICE\\HARDDISKVOLUME2\\WINDOWS\\A.EXE";

/// A result with the bytes that it shows.
struct Parsed {
  explicit Parsed(PrefetchBytes bytes) : file{std::move(bytes)} {}
  explicit Parsed(const PrefetchBuilder& builder) : Parsed{builder.bytes()} {}
  PrefetchBytes file;
  std::vector<std::byte> unpacked{};
  Result<Prefetch> result = parse_prefetch(Bytes{file}, unpacked);

  const Prefetch& operator*() const { return *result; }
  const Prefetch* operator->() const { return &*result; }
  explicit operator bool() const { return result.has_value(); }
};

PrefetchBuilder sample(std::uint32_t version, bool first_form = false) {
  return PrefetchBuilder{version, first_form}
      .program(kPath, "A.EXE")
      .run(kNewest)
      .run(kBefore)
      .run_count(9)
      .file("\\DEVICE\\HARDDISKVOLUME2\\WINDOWS\\日本.DLL", 0x0003'0000'0000'0011)
      .volume(kDevice, kFormatted, 0x1A484CB6, {"\\DEVICE\\HARDDISKVOLUME2\\WINDOWS"});
}

class EachPrefetchVersion : public testing::TestWithParam<std::pair<std::uint32_t, bool>> {};

TEST_P(EachPrefetchVersion, IsRead) {
  const auto [version, first_form] = GetParam();
  const Parsed parsed{sample(version, first_form)};
  ASSERT_TRUE(parsed) << parsed.result.error().text();
  EXPECT_EQ(parsed->version, version);
  EXPECT_FALSE(parsed->is_packed);
  EXPECT_EQ(parsed->executable, "A.EXE");
  EXPECT_EQ(parsed->run_count, 9u);
  ASSERT_EQ(parsed->runs.size(), version < 26 ? 1u : 2u);
  EXPECT_EQ(parsed->runs[0], kNewest);
  ASSERT_EQ(parsed->files.size(), 2u);
  EXPECT_EQ(wtf8_from_utf16le(parsed->files[1].path),
            "\\DEVICE\\HARDDISKVOLUME2\\WINDOWS\\日本.DLL");
  EXPECT_EQ(parsed->files[1].reference, version == 17 ? 0u : 0x0003'0000'0000'0011u);
  ASSERT_EQ(parsed->volumes.size(), 1u);
  const PrefetchVolume& volume = parsed->volumes[0];
  EXPECT_EQ(volume.device_path, kDevice);
  EXPECT_EQ(volume.created, kFormatted);
  EXPECT_EQ(volume.serial, 0x1A484CB6u);
  EXPECT_EQ(volume.file_references, 2u);
  ASSERT_EQ(volume.directories.size(), 1u);
  EXPECT_EQ(wtf8_from_utf16le(volume.directories[0]), "\\DEVICE\\HARDDISKVOLUME2\\WINDOWS");
  EXPECT_EQ(parsed->executable_path, kPath);
  EXPECT_EQ(parsed->hash_check, PrefetchHash::matches);
  EXPECT_EQ(parsed->size, parsed.file.size());
  EXPECT_TRUE(parsed->problems.empty());
}

INSTANTIATE_TEST_SUITE_P(Prefetch, EachPrefetchVersion,
                         testing::Values(std::pair{17u, false}, std::pair{23u, false},
                                         std::pair{26u, false}, std::pair{30u, true},
                                         std::pair{30u, false}, std::pair{31u, false}));

TEST(PrefetchFile, IsUnpacked) {
  for (const bool checksum : {false, true}) {
    const Parsed parsed{sample(30).packed(checksum)};
    ASSERT_TRUE(parsed) << parsed.result.error().text();
    EXPECT_TRUE(parsed->is_packed);
    EXPECT_EQ(parsed->files.size(), 2u);
    EXPECT_EQ(parsed->size, parsed.unpacked.size());
    EXPECT_TRUE(parsed->problems.empty());
  }
}

TEST(PrefetchFile, WithAWrongChecksumIsReadAndSaysSo) {
  PrefetchBytes bytes = sample(30).packed(true).bytes();
  bytes[8] ^= std::byte{1};
  const Parsed parsed{std::move(bytes)};
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->problems.size(), 1u);
  EXPECT_EQ(parsed->problems[0].what, "checksum of a packed prefetch file");
}

TEST(PrefetchFile, OfAnotherPackingIsUnsupported) {
  PrefetchBytes bytes = sample(30).packed().bytes();
  bytes[3] = std::byte{3};
  EXPECT_EQ(Parsed{std::move(bytes)}.result.error().code, Errc::unsupported);
  EXPECT_EQ(Parsed{sample(99)}.result.error().code, Errc::unsupported);
  // The list of files begins elsewhere than it does in that version.
  const Parsed moved{sample(26).set_u32(PrefetchBuilder::kInfoOffset, 0x128)};
  EXPECT_EQ(moved.result.error().what, "prefetch file information");
}

TEST(PrefetchFile, CannotClaimMoreThanItsBlocksHold) {
  PrefetchBytes bytes = sample(30).packed().bytes();
  const std::uint32_t most = static_cast<std::uint32_t>(bytes.size() / 256 + 1) * 65536 + 1;
  std::memcpy(bytes.data() + 4, &most, sizeof most);
  const Parsed parsed{std::move(bytes)};
  EXPECT_EQ(parsed.result.error().code, Errc::malformed);
  EXPECT_TRUE(parsed.unpacked.empty());
}

TEST(PrefetchFile, IsAnErrorOrHasProblemsOneByteShort) {
  for (const std::uint32_t version : {17u, 23u, 26u, 30u}) {
    const PrefetchBytes whole = sample(version).bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Parsed parsed{
          PrefetchBytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))};
      EXPECT_TRUE(!parsed || !parsed->problems.empty()) << version << ' ' << size;
    }
  }
}

TEST(PrefetchFile, IsAnErrorWithoutItsSignatureOrAnEndOfTheName) {
  EXPECT_EQ(Parsed{sample(23).set_u32(4, 0)}.result.error().code, Errc::malformed);
  const PrefetchBuilder long_name =
      PrefetchBuilder{23}.program(kPath, "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234");
  EXPECT_EQ(Parsed{long_name}.result.error().what, "prefetch program name");
  EXPECT_EQ(Parsed{PrefetchBytes{}}.result.error().code, Errc::truncated);
}

TEST(PrefetchFile, KeepsWhatItCanWhenCountsLie) {
  constexpr std::size_t kInfo = PrefetchBuilder::kInfoOffset;
  for (const std::size_t field : {4u, 20u, 28u, 32u}) {
    const Parsed parsed{sample(30).set_u32(kInfo + field, 0xFFFF'FFFF)};
    ASSERT_TRUE(parsed) << field;
    EXPECT_FALSE(parsed->problems.empty()) << field;
    EXPECT_EQ(parsed->run_count, 9u);
  }
  const Parsed nowhere{sample(30).set_u32(kInfo + 16, 0xFFFF'FFF0)};
  ASSERT_TRUE(nowhere);
  EXPECT_TRUE(nowhere->files.empty());
  EXPECT_EQ(nowhere->hash_check, PrefetchHash::path_unknown);
}

// Each entry names the whole text: what comes out may not grow with the square of what went in.
TEST(PrefetchFile, NamesThatOverlapAreCapped) {
  PrefetchBuilder builder = sample(30);
  for (int i = 0; i < 200; ++i) builder.file("\\X");
  const Parsed whole{builder};
  const std::uint32_t strings =
      Bytes{whole.file}.get<std::uint32_t>(PrefetchBuilder::kInfoOffset + 20).value_or(0);
  const std::uint32_t list =
      Bytes{whole.file}.get<std::uint32_t>(PrefetchBuilder::kInfoOffset).value_or(0);
  for (std::uint32_t i = 0; i < 202; ++i)
    builder.set_u32(list + i * 32 + 12, 0).set_u32(list + i * 32 + 16, strings / 2);
  const Parsed parsed{builder};
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->files.size(), 2u);
  EXPECT_FALSE(parsed->problems.empty());
}

TEST(PrefetchFile, FindsTheDeviceThatStandsForAVolume) {
  const Parsed parsed{PrefetchBuilder{30}.program("\\VOLUME{01d834b54842fb73-1a484cb6}\\A.EXE",
                                                  "A.EXE", "\\DEVICE\\HARDDISKVOLUME4\\A.EXE")};
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->hash_check, PrefetchHash::matches);
  EXPECT_EQ(parsed->hash_device, "\\DEVICE\\HARDDISKVOLUME4");
}

TEST(PrefetchFile, TellsWhichPathTheHashIsOf) {
  const Parsed second{PrefetchBuilder{23}
                          .file("\\DEVICE\\HARDDISKVOLUME1\\OTHER\\A.EXE")
                          .program("\\DEVICE\\HARDDISKVOLUME1\\TEMP\\A.EXE", "A.EXE")};
  ASSERT_TRUE(second);
  EXPECT_EQ(second->executable_path, "\\DEVICE\\HARDDISKVOLUME1\\TEMP\\A.EXE");
  const Parsed changed{
      PrefetchBuilder{23}.program("\\DEVICE\\HARDDISKVOLUME1\\A.EXE", "A.EXE").hash(7)};
  EXPECT_EQ(changed->hash_check, PrefetchHash::differs);
  const Parsed hosting{
      PrefetchBuilder{23}.program("\\DEVICE\\HARDDISKVOLUME1\\SVCHOST.EXE", "SVCHOST.EXE").hash(7)};
  EXPECT_EQ(hosting->hash_check, PrefetchHash::hosting);
}

TEST(PrefetchFile, TellsTheSwitchThatBrowsersStartWith) {
  PrefetchBuilder builder = sample(30);
  const std::uint32_t hash = Parsed { builder } -> hash;
  const Parsed parsed{builder.hash(hash + 5)};
  EXPECT_EQ(parsed->hash_check, PrefetchHash::matches);
  EXPECT_EQ(parsed->prefetch_switch, 5u);
  EXPECT_EQ(
      Parsed { builder.hash(hash + 17) } -> hash_check, PrefetchHash::differs);
}

// The path that was started, or the package, is kept since Windows 10.
TEST(PrefetchFile, TellsThePathThatWasStarted) {
  const Parsed link{
      PrefetchBuilder{31}
          .program("\\VOLUME{01}\\REAL\\A.EXE", "A.EXE", "\\DEVICE\\HARDDISKVOLUME5\\LINK\\A.EXE")
          .hash_text("\\DEVICE\\HARDDISKVOLUME5\\LINK\\A.EXE")};
  EXPECT_EQ(link->executable_path, "\\DEVICE\\HARDDISKVOLUME5\\LINK\\A.EXE");
  EXPECT_EQ(link->hash_check, PrefetchHash::matches);
  const Parsed app{sample(31).hash(7).hash_text("Microsoft.App_1.0_x64__abc")};
  EXPECT_EQ(app->hash_check, PrefetchHash::package);
  EXPECT_EQ(app->executable_path, kPath);
}

TEST(PrefetchFile, ReadsHashTextBootFlagAndUnsetTimes) {
  const Parsed parsed{sample(31).hash_text("Microsoft.App").boot().run(FileTime{})};
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->hash_text, "Microsoft.App");
  EXPECT_TRUE(parsed->is_boot);
  EXPECT_EQ(parsed->runs.size(), 2u);
}

TEST(PrefetchFile, KeepsLoneSurrogates) {
  PrefetchBuilder builder = sample(30);
  builder.file("\\X\xED\xA0\x80");
  const Parsed parsed{builder};
  ASSERT_TRUE(parsed);
  EXPECT_EQ(wtf8_from_utf16le(parsed->files[2].path), "\\X\xED\xA0\x80");
}

}  // namespace
}  // namespace hozen
