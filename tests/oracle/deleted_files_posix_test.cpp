// Deleted files of a volume that mkntfs made and ntfs-3g filled: what `hozen collect` recovers
// against what was written, and against icat and fls (The Sleuth Kit).
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "tests/builders/file_text.h"
#include "tests/builders/json.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;
using test::Json;

std::string with_path(const std::string& command) {
  return "PATH=\"$PATH:/usr/sbin:/sbin\"; " + command;
}

bool succeeds(const std::string& command) {
  return std::system(with_path(command + " >/dev/null 2>&1").c_str()) == 0;
}

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen(with_path(command + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  ::pclose(pipe);
  return text;
}

std::string varied(std::size_t size, unsigned seed) {
  std::string text;
  for (std::size_t i = seed; text.size() < size; ++i)
    text += "line " + std::to_string(i * i * (seed + 1)) + "\n";
  text.resize(size);
  return text;
}

std::string digest(std::string_view text) { return to_hex(sha256(bytes_of(text).span())); }

/// What a file held before it was deleted.
struct Gone {
  std::string content;
  std::uint64_t record = 0;
};

constexpr unsigned kHoles = 350;

class DeletedFilesOracle : public testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    if (!succeeds("command -v mkntfs") || !succeeds("command -v ntfs-3g"))
      GTEST_SKIP() << "mkntfs or ntfs-3g is not installed (package ntfs-3g)";
    if (::geteuid() != 0 || !fs::exists("/dev/fuse"))
      GTEST_SKIP() << "mounting needs root and FUSE";
    image = folder.write("volume.dd", "");
    point = folder.make_folder("mounted");
    fs::resize_file(image, 48 << 20);
    ASSERT_TRUE(succeeds("mkntfs -F -Q -c 4096 '" + image.string() + "'"));
    if (!mount()) GTEST_SKIP() << "ntfs-3g cannot mount here";
  }
  void TearDown() override { leave(); }

  bool mount() {
    return mounted_ = succeeds("ntfs-3g -o streams_interface=xattr,compression '" + image.string() +
                               "' '" + point.string() + "'");
  }
  void leave() {
    if (mounted_) (void)succeeds("umount '" + point.string() + "'");
    mounted_ = false;
  }
  void write(const std::string& name, std::string_view text) {
    fs::create_directories((point / name).parent_path());
    std::ofstream out{point / name, std::ios::binary};
    out << text;
    EXPECT_TRUE(out.good()) << name;
  }
  void set_attribute(const std::string& name, const char* attribute, std::string_view value) {
    ASSERT_EQ(::lsetxattr((point / name).c_str(), attribute, value.data(), value.size(), 0), 0)
        << name << " " << std::strerror(errno);
  }
  /// Writes until the volume is full, or so much.
  void append(const std::string& name, std::size_t most = ~std::size_t{0}) {
    std::FILE* const file = std::fopen((point / name).c_str(), "ab");
    ASSERT_NE(file, nullptr);
    const std::string block = varied(4096, 99);
    for (std::size_t done = 0; done < most; done += block.size())
      if (std::fwrite(block.data(), 1, block.size(), file) != block.size() ||
          std::fflush(file) != 0)
        break;
    std::fclose(file);
  }
  void remember(const std::string& name) {
    struct stat info {};
    ASSERT_EQ(::stat((point / name).c_str(), &info), 0) << name;
    gone[windows_path(name)] = {test::file_text(point / name), info.st_ino};
  }
  void remember_stream(const std::string& name, const std::string& stream,
                       const std::string& content) {
    gone[windows_path(name) + ":" + stream] = {content, gone.at(windows_path(name)).record};
  }
  void make_files();
  void scatter();
  void overwrite_some();
  void collect();
  void expect_true(const std::string& path, const Gone& file, const Json& record);
  void compare_with_sleuthkit();
  std::pair<int, int> allocated_clusters_of(std::uint64_t record);

  static std::string windows_path(std::string name) {
    std::replace(name.begin(), name.end(), '/', '\\');
    return "\\" + name;
  }
  /// Without the volume.
  static std::string path_of(const Json& row) {
    const std::string path = row.at("path").get<std::string>();
    return path.substr(path.find('\\'));
  }

  TempFolder folder;
  fs::path image, point;
  std::map<std::string, Gone> gone;
  std::map<std::string, Json> records, rows;  // by path
  bool mounted_ = false;
};

/// Files of every form; remembered, and then deleted.
void DeletedFilesOracle::make_files() {
  write("kept.txt", varied(3000, 1));
  write("small.txt", varied(300, 2));
  write("large.bin", varied(1'234'567, 3));
  write("empty", "");
  write("folder/in it.txt", varied(9000, 4));
  write("with.exe", varied(20'000, 5));
  set_attribute("with.exe", "user.Zone.Identifier", "[ZoneTransfer]\r\nZoneId=3\r\n");
  set_attribute("with.exe", "user.big", varied(50'000, 6));
  fs::create_directories(point / "packed");
  set_attribute("packed", "system.ntfs_attrib", std::string_view{"\x10\x08\0\0", 4});
  write("packed/text", varied(700'000, 7));
  write("packed/zeros", std::string(300'000, '\0') + "x");
  write("sparse", "begin");
  fs::resize_file(point / "sparse", 3'000'000);
  std::ofstream{point / "sparse", std::ios::in | std::ios::out | std::ios::ate} << "the end";
  for (unsigned i = 0; i < kHoles * 2; ++i)
    write("holes/" + std::to_string(i), varied(4096, i + 10));
  write("victim", varied(400'000, 8));
  write("second victim", varied(100'000, 9));
  write("thief", "");
  write("filler", "");
  append("filler");
}

/// A file in pieces, where small files were.
void DeletedFilesOracle::scatter() {
  for (unsigned i = 0; i < kHoles * 2; i += 2) fs::remove(point / ("holes/" + std::to_string(i)));
  write("scattered", "");
  append("scattered");
}

/// Nothing is free: who writes now gets what was just freed.
void DeletedFilesOracle::overwrite_some() {
  remember("victim");
  fs::remove(point / "victim");
  append("thief", 200'000);
  append("thief");  // the rest too, or what the volume gives
  remember("second victim");
  fs::remove(point / "second victim");
  append("thief", 20'000);
}

void DeletedFilesOracle::collect() {
  folder.write("all.xml", R"(<?xml version="1.0" encoding="UTF-8"?>
<profile version="1" summary="Deleted files">
  <module name="deleted_files"/>
  <target category="all" reason="Everything" streams="true"><path>%EveryVolume%\**</path></target>
</profile>)");
  fs::create_directories(folder.path() / "out");
  const auto ended = test::run_program({"collect", "--image", "volume.dd", "--profile", "all.xml",
                                        "--output", "out", "--case", "1", "--operator", "x"},
                                       folder.text());
  ASSERT_LE(ended.exit_code, 1) << ended.error << ended.output;
  const std::string out = "'" + folder.text() + "/out'";
  ASSERT_TRUE(succeeds("cd " + out + " && unzip -q *.zip -d bundle"));
  const auto read = [&](const std::string& prefix, const auto& visit) {
    for (const auto& entry : fs::recursive_directory_iterator{folder.path() / "out/bundle"}) {
      const std::string name =
          entry.path().lexically_relative(folder.path() / "out/bundle").generic_string();
      if (!name.starts_with(prefix)) continue;
      for (const Json& row : test::parse_json_lines(test::file_text(entry.path()))) visit(row);
    }
  };
  read("records/deleted_files", [&](const Json& row) { records[path_of(row)] = row; });
  read("artifacts", [&](const Json& row) {
    if (row.value("deleted", false)) rows[path_of(row)] = row;
  });
}

/// Clusters that istat lists, and how many of them are allocated as blkstat says.
std::pair<int, int> DeletedFilesOracle::allocated_clusters_of(std::uint64_t record) {
  const std::string text = output_of("istat '" + image.string() + "' " + std::to_string(record));
  const std::size_t data = text.find("Type: $DATA");
  if (data == text.npos) return {};
  std::istringstream numbers{text.substr(text.find('\n', data))};
  int clusters = 0, allocated = 0;
  for (std::uint64_t cluster = 0; numbers >> cluster; ++clusters) {
    const std::string state =
        output_of("blkstat '" + image.string() + "' " + std::to_string(cluster));
    if (state.find("\nAllocated") != state.npos) ++allocated;
  }
  return {clusters, allocated};
}

constexpr std::array kDeletedLater{"small.txt",        "large.bin", "empty",
                                   "folder/in it.txt", "with.exe",  "packed/text",
                                   "packed/zeros",     "sparse",    "scattered"};

/// What is preserved is what was written; what is not is told as gone.
void DeletedFilesOracle::expect_true(const std::string& path, const Gone& file,
                                     const Json& record) {
  EXPECT_EQ(record.at("mft_record"), file.record) << path;
  EXPECT_EQ(record.at("size"), file.content.size()) << path;
  const std::string state = record.at("state");
  const bool is_there = state == "resident" || state == "free";
  ASSERT_EQ(rows.contains(path), is_there) << path << " " << state;
  if (!is_there) return;
  const Json& row = rows.at(path);
  EXPECT_EQ(row.at("outcome"), "complete") << path;
  EXPECT_EQ(row.at("sha256"), digest(file.content)) << path;
  EXPECT_EQ(row.at("possibly_overwritten"), state == "free") << path;
  const std::string entry = row.at("entry");
  EXPECT_TRUE(entry.starts_with("deleted/volume1/" + std::to_string(file.record) + "-")) << entry;
  EXPECT_TRUE(test::file_text(folder.path() / "out/bundle" / entry) == file.content) << path;
}

/// As many files and streams, and of each the same bytes.
void DeletedFilesOracle::compare_with_sleuthkit() {
  if (!succeeds("command -v fls")) GTEST_SKIP() << "fls is not installed (package sleuthkit)";
  std::map<std::string, std::string> theirs;  // record and stream: address
  std::istringstream lines{output_of("fls -r -d -p '" + image.string() + "'")};
  for (std::string line; std::getline(lines, line);) {
    // "r/r * 70-128-5:<tab>with.exe:big"
    const std::size_t star = line.find("* "), tab = line.find(":\t");
    ASSERT_TRUE(star != line.npos && tab != line.npos) << line;
    const std::string address = line.substr(star + 2, tab - star - 2);
    const std::string name = line.substr(tab + 2);
    if (address.find("-128-") == address.npos) continue;  // folders, and records never used
    const std::size_t colon = name.rfind(':');
    const std::string stream = colon == name.npos ? "" : name.substr(colon);
    theirs[address.substr(0, address.find('-')) + stream] = address;
  }
  EXPECT_EQ(theirs.size(), records.size());
  for (const auto& [path, record] : records) {
    const std::size_t colon = path.rfind(':');
    const std::string key = std::to_string(record.at("mft_record").get<std::uint64_t>()) +
                            (colon == path.npos ? "" : path.substr(colon));
    ASSERT_TRUE(theirs.contains(key)) << path;
    if (!rows.contains(path)) continue;
    const std::string content = output_of("icat '" + image.string() + "' " + theirs.at(key));
    EXPECT_EQ(digest(content), rows.at(path).at("sha256")) << path;
  }
}

TEST_F(DeletedFilesOracle, RecoversWhatWasWrittenAndSaysWhatWasOverwritten) {
  make_files();
  scatter();
  overwrite_some();
  for (const char* const name : kDeletedLater) remember(name);
  remember_stream("with.exe", "Zone.Identifier", "[ZoneTransfer]\r\nZoneId=3\r\n");
  remember_stream("with.exe", "big", varied(50'000, 6));
  for (const char* const name : kDeletedLater) fs::remove(point / name);
  fs::remove(point / "folder");
  leave();
  collect();
  for (const auto& [path, file] : gone) {
    ASSERT_TRUE(records.contains(path)) << path;
    expect_true(path, file, records.at(path));
  }
  std::size_t holes = 0;
  for (const auto& [path, record] : records) {
    if (!path.starts_with("\\holes\\")) continue;
    ++holes;
    // Another file was there, and went too: what is free is not what they held.
    EXPECT_EQ(record.at("state"), "free") << path;
    EXPECT_EQ(record.at("also_claimed_by"), Json::array({gone.at("\\scattered").record})) << path;
  }
  EXPECT_EQ(records.size(), gone.size() + holes);
  EXPECT_GE(holes, kHoles - 2);  // the record of one or two was used again
  EXPECT_EQ(records.at("\\small.txt").at("state"), "resident");
  EXPECT_EQ(records.at("\\empty").at("state"), "empty");
  EXPECT_EQ(records.at("\\victim").at("state"), "overwritten");
  EXPECT_EQ(records.at("\\second victim").at("state"), "partly_overwritten");
  EXPECT_EQ(records.at("\\second victim").at("clusters"), 25);
  EXPECT_EQ(records.at("\\second victim").at("clusters_reused"), 5);
  EXPECT_EQ(records.at("\\folder\\in it.txt").at("path_state"), "deleted_parent");
  for (const char* const free : {"large.bin", "folder\\in it.txt", "with.exe", "with.exe:big",
                                 "packed\\text", "packed\\zeros", "sparse", "scattered"})
    EXPECT_EQ(records.at(std::string{"\\"} + free).at("state"), "free") << free;
  compare_with_sleuthkit();
  EXPECT_EQ(allocated_clusters_of(gone.at("\\second victim").record), (std::pair{25, 5}));
}

}  // namespace
}  // namespace hozen
