#include "collector/formats/minidump.h"

#include <gtest/gtest.h>

#include "tests/builders/minidump_builder.h"

namespace hozen {
namespace {

const std::vector<std::string> kModules{"C:\\Windows\\System32\\lsass.exe",
                                        "C:\\Windows\\System32\\lsasrv.dll", "C:\\日本\\a.dll"};

Result<Minidump> read(std::vector<std::byte> bytes) {
  MemorySource file{std::move(bytes)};
  return read_minidump(file);
}

void set_u32(std::vector<std::byte>& bytes, std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i)
    bytes.at(offset + i) = static_cast<std::byte>((value >> (8 * i)) & 0xFFU);
}

TEST(Minidump, TellsModulesAndTime) {
  const auto dump = read(builders::minidump(kModules, 1'577'836'800));
  ASSERT_TRUE(dump);
  EXPECT_EQ(dump->modules, kModules);
  EXPECT_EQ(dump->written.iso8601(), "2020-01-01T00:00:00.0000000Z");
  EXPECT_TRUE(dump->problems.empty());
}

TEST(Minidump, HasNoTimeWhereNoneIsSet) {
  EXPECT_FALSE(read(builders::minidump(kModules, 0))->written.is_set());
}

TEST(Minidump, RejectsOtherFiles) {
  auto bytes = builders::minidump(kModules);
  EXPECT_TRUE(looks_like_minidump(Bytes{bytes}));
  bytes[0] = std::byte{'m'};
  EXPECT_FALSE(looks_like_minidump(Bytes{bytes}));
  EXPECT_EQ(read(bytes).error().code, Errc::malformed);
}

TEST(Minidump, EveryShorterFileIsAnErrorOrAProblem) {
  const auto whole = builders::minidump(kModules);
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    const auto dump = read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
    EXPECT_TRUE(!dump || !dump->problems.empty()) << length;
  }
}

TEST(Minidump, CountsThatTheFileDoesNotHoldEnd) {
  auto bytes = builders::minidump(kModules);
  set_u32(bytes, 56, 0xFFFF'FFFF);  // modules
  const auto dump = read(bytes);
  ASSERT_TRUE(dump);
  EXPECT_FALSE(dump->problems.empty());
  bytes = builders::minidump({});
  set_u32(bytes, 8, 0xFFFF'FFFF);  // streams
  set_u32(bytes, 44, 9);           // the list of modules is another stream
  EXPECT_FALSE(read(bytes));
}

TEST(Minidump, ALongNameIsAProblem) {
  auto bytes = builders::minidump({"a.dll"});
  set_u32(bytes, 60 + 20, 0xFFFF'FFF0);  // where its name lies
  EXPECT_EQ(read(bytes)->problems.size(), 1u);
  bytes = builders::minidump({"a.dll"});
  set_u32(bytes, 60 + 108, 0xFFFF'FFFF);  // how long it is
  EXPECT_EQ(read(bytes)->problems.at(0).code, Errc::malformed);
}

}  // namespace
}  // namespace hozen
