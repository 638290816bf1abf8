// Real evidence for the tests of this folder: $HOZEN_TESTDATA, default ../shared/testdata.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hozen::real {

inline std::filesystem::path folder() {
  const char* const set = std::getenv("HOZEN_TESTDATA");
  if (set != nullptr && *set != '\0') return set;
  const char* const source = std::getenv("HOZEN_SOURCE_DIR");
  return std::filesystem::path{source != nullptr ? source : "."} / "../shared/testdata";
}

/// Skips the test where there is no real evidence.
class RealEvidence : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(folder()))
      GTEST_SKIP() << "no real evidence at " << folder().string() << " (set HOZEN_TESTDATA)";
  }
};

inline std::vector<std::byte> read_plain(const std::filesystem::path& path) {
  std::ifstream stream{path, std::ios::binary};
  EXPECT_TRUE(stream) << path.string();
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

#ifdef _WIN32
constexpr bool kUnpacks = false;  // no xz there
inline std::vector<std::byte> unpack(const std::filesystem::path&) { return {}; }
#else
constexpr bool kUnpacks = true;
inline std::vector<std::byte> unpack(const std::filesystem::path& path) {
  std::vector<std::byte> bytes;
  FILE* const pipe = ::popen(("xz -dc '" + path.string() + "'").c_str(), "r");
  if (pipe == nullptr) return bytes;
  std::array<std::byte, 65536> part{};
  for (std::size_t count = 1; count != 0;) {
    count = std::fread(part.data(), 1, part.size(), pipe);
    bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
  }
  EXPECT_EQ(::pclose(pipe), 0) << path.string();
  return bytes;
}
#endif

/// The file `name` of the evidence; what ends in .xz is unpacked.
inline std::vector<std::byte> evidence(std::string_view name) {
  const std::filesystem::path path = folder() / std::filesystem::path{name};
  return name.ends_with(".xz") ? unpack(path) : read_plain(path);
}

using Row = std::vector<std::string>;

/// The rows of a table of facts below its heading.
inline std::vector<Row> facts(std::string_view name) {
  std::ifstream stream{folder() / "facts" / std::filesystem::path{name}, std::ios::binary};
  std::vector<Row> rows;
  std::string line;
  for (bool heading = true; std::getline(stream, line); heading = false) {
    if (heading) continue;
    Row row(1);
    for (const char c : line) {
      if (c == '\t')
        row.emplace_back();
      else
        row.back() += c;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace hozen::real
