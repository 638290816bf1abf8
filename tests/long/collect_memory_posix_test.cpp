// Peak memory of `hozen collect`: 64 MiB + 400 bytes a file + the largest open hive, whatever is
// collected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "tests/builders/fake_windows.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Ended;
using test::run_program;
namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kFixedBytes = 64 * kMiB;
constexpr std::uint64_t kBytesPerFile = 400;

class CollectMemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    fs::create_directories(folder.path() / "root");
    folder.write("p.xml",
                 "<profile version=\"1\" summary=\"s\">"
                 "<limits max-file-size=\"1 TiB\" max-total-size=\"4 TiB\" max-files=\"10000000\"/>"
                 "<module name=\"run_keys\"/><module name=\"autostarts\"/>"
                 "<target category=\"a\" reason=\"b\"><path>%SystemDrive%\\Data\\**</path></target>"
                 "</profile>");
  }
  fs::path data(const std::string& name) {
    const fs::path path = folder.path() / "root/Data" / name;
    fs::create_directories(path.parent_path());
    return path;
  }
  /// Runs and compares the peak with the budget.
  void expect_within(const std::string& what, std::uint64_t files, std::uint64_t hive_bytes) {
    const Ended ended = run_program({"collect", "--root", "root", "--profile", "p.xml", "--output",
                                     "out.zip", "--progress", "none"},
                                    folder.text());
    EXPECT_THAT(ended.exit_code, ::testing::AnyOf(0, 1)) << ended.error << ended.output;
    const std::uint64_t budget = kFixedBytes + kBytesPerFile * files + hive_bytes;
    std::cout << what << ": peak " << ended.peak_bytes / 1024 << " KiB of " << budget / 1024
              << " KiB\n";
    EXPECT_LE(ended.peak_bytes, budget) << what;
  }

  TempFolder folder;
};

TEST_F(CollectMemoryTest, TenGigabytesOfFiles) {
  fake::FakeWindows windows;
  windows.user("alice");
  ASSERT_TRUE(windows.write_to(folder.text() + "/root"));
  // Eight files of 1.25 GiB: text that packs well, noise that does not, and holes.
  std::mt19937_64 random{1};
  std::string noise(kMiB, '\0'), text;
  for (std::size_t i = 0; i + 8 <= noise.size(); i += 8) {
    const std::uint64_t value = random();
    std::copy_n(static_cast<const char*>(static_cast<const void*>(&value)), 8,
                noise.begin() + static_cast<std::ptrdiff_t>(i));
  }
  while (text.size() < kMiB)
    text += "2026-03-01 12:00:00 GET /index.html 200 " + std::to_string(random());
  for (int i = 0; i < 8; ++i) {
    const fs::path path = data("big" + std::to_string(i));
    std::ofstream file{path, std::ios::binary};
    if (i < 2)
      for (int block = 0; block < 1280; ++block) file << (block % 2 == i ? noise : text);
    file << i;
    file.close();
    fs::resize_file(path, 1280 * kMiB);
  }
  expect_within("10 GiB in 8 files", 8, 0);
}

TEST_F(CollectMemoryTest, SeventyThousandFiles) {
  fake::FakeWindows windows;
  windows.user("alice");
  ASSERT_TRUE(windows.write_to(folder.text() + "/root"));
  constexpr std::uint64_t kFiles = 70'000;
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    const std::string name = "folder " + std::to_string(i / 500) +
                             "/a file with a name of ordinary length " + std::to_string(i) + ".txt";
    std::ofstream{data(name)} << "content of file " << i;
  }
  expect_within("70,000 files", kFiles, 0);
}

/// A machine whose SOFTWARE hive is filled with values.
void write_large_hive(const std::string& root) {
  fake::FakeWindows windows;
  windows.user("alice");
  constexpr std::size_t kValueBytes = 16'000;
  std::mt19937 random{2};
  for (int i = 0; i < 9'800; ++i) {
    std::vector<std::byte> bytes(kValueBytes);
    for (auto& value : bytes) value = static_cast<std::byte>(random());
    windows.value("HKLM\\SOFTWARE\\Filler\\" + std::to_string(i / 50), "v" + std::to_string(i),
                  fake::binary(std::move(bytes)));
  }
  ASSERT_TRUE(windows.write_to(root));
}

TEST_F(CollectMemoryTest, AHiveOf150Megabytes) {
  write_large_hive(folder.text() + "/root");
  // The system counts the memory of the process that starts another as that one's until it begins.
  ::malloc_trim(0);
  const auto hive = fs::file_size(folder.path() / "root/Windows/System32/config/SOFTWARE");
  EXPECT_GT(hive, 150'000'000u);
  data("one");
  expect_within("a hive of " + std::to_string(hive / kMiB) + " MiB", 0, hive);
}

}  // namespace
}  // namespace hozen
