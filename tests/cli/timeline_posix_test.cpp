// The body file of a volume that mkntfs made and ntfs-3g filled, against `fls -r -m` and mactime of
// The Sleuth Kit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;
using Lines = std::set<std::string>;

bool succeeds(const std::string& command) {
  return std::system(("PATH=\"$PATH:/usr/sbin:/sbin\"; " + command + " >/dev/null 2>&1").c_str()) ==
         0;
}

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

void write(const fs::path& file, std::string_view text) {
  std::ofstream{file, std::ios::binary} << text;
  EXPECT_TRUE(fs::exists(file)) << file;
}

void set_attribute(const fs::path& file, const char* name, std::string_view value) {
  ASSERT_EQ(::lsetxattr(file.c_str(), name, value.data(), value.size(), 0), 0) << file << name;
}

class BodyfileOracle : public testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    if (!succeeds("command -v fls") || !succeeds("command -v mactime"))
      GTEST_SKIP() << "fls or mactime is not installed (package sleuthkit)";
    if (::geteuid() != 0 || ::access("/dev/fuse", R_OK | W_OK) != 0)
      GTEST_SKIP() << "mounting needs root and FUSE";
    image = folder.text() + "/disk.dd";
    ASSERT_TRUE(succeeds("truncate -s 32M " + image + " && mkntfs -F -Q " + image));
    fs::create_directories(point());
    if (!succeeds("ntfs-3g -o streams_interface=xattr " + image + " " + point().string()))
      GTEST_SKIP() << "ntfs-3g may not mount here";
    fill();
    ASSERT_TRUE(succeeds("umount " + point().string()));
  }

  fs::path point() const { return folder.path() / "mount"; }

  void fill() {
    fs::create_directories(point() / "Windows/System32/config");  // so that it is C:
    write(point() / "Windows/System32/config/SOFTWARE", "");
    fs::create_directories(point() / "many/deep");
    for (std::size_t i = 0; i < 200; ++i)
      write(point() / ("many/" + std::to_string(i) + ".txt"), std::string(i * 20, 'x'));
    write(point() / "a stream", "x");
    set_attribute(point() / "a stream", "user.ads", "hidden");
    set_attribute(point() / "many/deep", "user.of a folder", "hidden");
    write(point() / "read only", "x");
    set_attribute(point() / "read only", "system.ntfs_attrib", std::string_view{"\x21\0\0\0", 4});
    // Created, modified, accessed, changed.
    std::string times(32, '\0');
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint64_t ticks = 132'000'000'000'000'000 + i * 1'234'567'891;
      std::memcpy(times.data() + 8 * i, &ticks, 8);
    }
    write(point() / "old", "x");
    set_attribute(point() / "old", "system.ntfs_times", times);
    write(point() / "\xF0\x9F\x98\x80 100%41 \xE6\x97\xA5", "x");
    write(point() / "linked", "x");
    fs::create_hard_link(point() / "linked", point() / "many/link");
    fs::create_directories(point() / "gone");
    for (int i = 0; i < 30; ++i) write(point() / ("gone/" + std::to_string(i)), "x");
    for (int i = 0; i < 30; i += 2) fs::remove(point() / ("gone/" + std::to_string(i)));
  }

  std::string body_file() {
    const test::Ended collected = test::run_program(
        {"collect", "--image", "disk.dd", "--module", "file_table", "--output", "b.zip", "--quiet"},
        folder.text());
    EXPECT_LE(collected.exit_code, 1) << collected.error;  // 1: its SOFTWARE is empty
    const test::Ended ended = test::run_program(
        {"timeline", "--format", "bodyfile", "--output", "body.txt", "b.zip"}, folder.text());
    EXPECT_EQ(ended.exit_code, 0) << ended.error;
    return folder.text() + "/body.txt";
  }

  TempFolder folder;
  std::string image;
};

std::vector<std::string> columns_of_line(const std::string& line) {
  std::vector<std::string> columns;
  std::istringstream row{line};
  for (std::string column; std::getline(row, column, '|');) columns.push_back(column);
  return columns;
}

/// name|record|type|size|times of a line, in one form for both; "" where the two differ by design.
std::string comparable(const std::string& line) {
  std::vector<std::string> column = columns_of_line(line);
  if (column.size() != 11) return "not 11 columns: " + line;
  std::string& name = column[1];
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  // fls shows a folder that is not there; both call records without a name by their number, ours
  // without the volume, also the reserved ones that are in use and have no name.
  if (has("$Orphan")) return {};
  // Times that are unset wrap around 32 bits in fls: mkntfs leaves those of $MFT unset.
  if (name == "C:/$MFT") return {};
  // fls lists what a folder's index holds: not the root itself. A folder's streams twice, once as
  // "folder/.:stream".
  if (name.starts_with("C:/ ") || name == "C:/" || has("/.:")) return {};
  // Indexes of NTFS itself ($O, $Q, $R, $SDH, $SII) are no streams, and files that have nothing
  // else have a line of ours for the file itself.
  const bool in_extend = name.starts_with("C:/$Extend/");
  if ((in_extend || has("$Secure")) && !has("FILE_NAME") && !has(":$SDS")) return {};
  // Of further hard links we have $FILE_NAME's times once only; fls shows one set at each name.
  if (has("link") && has("FILE_NAME")) return {};
  // fls does not escape what mactime would read back.
  if (const auto at = name.find("%25"); at != std::string::npos) name.replace(at, 3, "%");
  // fls: record-type-id. The access rights, user and group of fls stand for no fact of NTFS.
  const std::string record = column[2].substr(0, column[2].find('-'));
  const std::string type = column[3].substr(0, 3);
  // fls: the bytes of $FILE_NAME itself, and of a folder's index.
  const bool sized = !has("FILE_NAME") && (type != "d/d" || has(":of"));
  std::string text = name + "|" + record + "|" + type + "|" + (sized ? column[6] : "");
  for (std::size_t i = 7; i < 11; ++i) text += "|" + column[i];
  return text;
}

Lines comparable_lines(const std::string& text) {
  Lines lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);)
    if (std::string key = comparable(line); !key.empty()) lines.insert(std::move(key));
  return lines;
}

TEST_F(BodyfileOracle, SaysWhatFlsSays) {
  const Lines ours = comparable_lines(output_of("cat " + body_file()));
  const Lines theirs = comparable_lines(output_of("fls -r -m C: " + image));
  EXPECT_GT(theirs.size(), 500u);
  for (const std::string& line : theirs) EXPECT_TRUE(ours.contains(line)) << "missing: " << line;
  for (const std::string& line : ours) EXPECT_TRUE(theirs.contains(line)) << "more: " << line;
  const auto count = [&](std::string_view part) {
    return std::count_if(ours.begin(), ours.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  };
  EXPECT_GE(count("(deleted)"), 20);
  EXPECT_EQ(count(":ads|"), 1);
  EXPECT_EQ(count(":of a folder|"), 1);
  EXPECT_EQ(count("link"), 2) << "each hard link";
}

TEST_F(BodyfileOracle, MactimeReadsEveryLine) {
  const std::string body = body_file();
  // An event of mactime: a name and record at a time, whichever of the four times that is.
  Lines events;
  std::istringstream lines{output_of("cat " + body)};
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> column = columns_of_line(line);
    ASSERT_EQ(column.size(), 11u) << line;
    const bool any = std::any_of(column.begin() + 7, column.end(),
                                 [](const std::string& time) { return time != "0"; });
    for (std::size_t i = 7; i < 11 && any; ++i)
      events.insert(column[i] + "|" + column[1] + "|" + column[2]);
  }
  const std::string read = output_of("mactime -b " + body + " -d -y -z UTC");
  const auto got = std::count(read.begin(), read.end(), '\n');
  EXPECT_EQ(static_cast<std::size_t>(got), events.size() + 1) << "and a head line";
  EXPECT_NE(read.find("100%41"), std::string::npos) << "the name as it is";
}

}  // namespace
}  // namespace hozen
