// NTFS volumes that mkntfs made and ntfs-3g filled, against what the mounted volume shows and what
// fls, istat and icat (The Sleuth Kit) say.
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

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "collector/formats/ntfs_table.h"
#include "collector/source/ntfs_tree.h"
#include "tests/builders/file_text.h"
#include "tests/builders/reparse_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

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
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

std::string attribute(const fs::path& file, const std::string& name) {
  std::string value(65536, '\0');
  const auto size = ::lgetxattr(file.c_str(), name.c_str(), value.data(), value.size());
  value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return value;
}

void set_attribute(const fs::path& file, const std::string& name, std::string_view value) {
  ASSERT_EQ(::lsetxattr(file.c_str(), name.c_str(), value.data(), value.size(), 0), 0)
      << file << " " << name << ": " << std::strerror(errno);
}

std::string varied(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * i) + "\n";
  text.resize(size);
  return text;
}

void write(const fs::path& file, std::string_view text) {
  std::ofstream out{file, std::ios::binary};
  out << text;
  EXPECT_TRUE(out.good()) << file;
}

/// What the mounted volume shows of one entry, and what the tree says.
struct Facts {
  bool directory = false, link = false;
  std::uint64_t size = 0;
  std::string times, content;  ///< created, modified, accessed, changed: 32 bytes
  std::uint32_t attributes = 0, links = 0;
  std::uint64_t record = 0;
  std::map<std::string, std::string> streams{};
  friend bool operator==(const Facts&, const Facts&) = default;
};

std::string text(const Facts& facts) {
  std::string out = facts.directory ? "folder" : "file";
  if (facts.link) out += " link";
  out += " size " + std::to_string(facts.size) + " attributes " + std::to_string(facts.attributes);
  out += " links " + std::to_string(facts.links) + " record " + std::to_string(facts.record);
  out += " times " + to_hex(bytes_of(facts.times).span()) + " content of " +
         std::to_string(facts.content.size());
  for (const auto& [name, content] : facts.streams)
    out += " :" + name + " of " + std::to_string(content.size());
  return out;
}

class Mount {
 public:
  /// A volume of this many bytes and cluster size.
  Mount(std::uint64_t size, const std::string& options) {
    image_ = folder_.write("volume.dd", "");
    point_ = folder_.make_folder("mounted");
    fs::resize_file(image_, size);
    made_ = succeeds("mkntfs -F -Q " + options + " '" + image_.string() + "'");
  }
  ~Mount() { leave(); }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  bool enter(const std::string& options = "") {
    mounted_ = made_ && succeeds("ntfs-3g -o streams_interface=xattr,compression" + options + " '" +
                                 image_.string() + "' '" + point_.string() + "'");
    return mounted_;
  }
  void leave() {
    if (mounted_ && !succeeds("umount '" + point_.string() + "'"))
      (void)succeeds("fusermount -u '" + point_.string() + "'");
    mounted_ = false;
  }
  const fs::path& image() const { return image_; }
  fs::path operator/(const std::string& name) const { return point_ / name; }
  const fs::path& point() const { return point_; }

 private:
  TempFolder folder_;
  fs::path image_, point_;
  bool made_ = false, mounted_ = false;
};

#define NEED_MOUNT(mount)                                                   \
  if (!succeeds("command -v mkntfs") || !succeeds("command -v ntfs-3g"))    \
    GTEST_SKIP() << "mkntfs or ntfs-3g is not installed (package ntfs-3g)"; \
  if (::geteuid() != 0 || !fs::exists("/dev/fuse"))                         \
    GTEST_SKIP() << "mounting needs root and FUSE";                         \
  if (!(mount).enter()) GTEST_SKIP() << "ntfs-3g cannot mount here"

Facts mounted_facts(const fs::path& file) {
  Facts facts;
  struct stat info {};
  EXPECT_EQ(::lstat(file.c_str(), &info), 0) << file;
  facts.directory = S_ISDIR(info.st_mode);
  facts.link = S_ISLNK(info.st_mode);
  facts.record = info.st_ino;
  facts.times = attribute(file, "system.ntfs_times");
  const std::string bits = attribute(file, "system.ntfs_attrib");
  facts.attributes = bytes_of(bits).get<std::uint32_t>(0).value_or(0);
  if (facts.link) facts.directory = (facts.attributes & kAttributeDirectory) != 0;
  if (!facts.directory && !facts.link) {
    facts.size = static_cast<std::uint64_t>(info.st_size);
    facts.links = static_cast<std::uint32_t>(info.st_nlink);
    facts.content = test::file_text(file);
  }
  std::string names(65536, '\0');
  const auto size = ::llistxattr(file.c_str(), names.data(), names.size());
  names.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  std::istringstream list{names};
  for (std::string name; std::getline(list, name, '\0');)
    if (name.starts_with("user.")) facts.streams[name.substr(5)] = attribute(file, name);
  return facts;
}

std::string content(FileTree& tree, const EvidencePath& path) {
  const auto opened = tree.open(path);
  if (!opened) return "error: " + opened.error().text();
  const auto bytes = read_all(**opened, 64 << 20);
  return bytes ? std::string{Bytes{*bytes}.chars()} : "error: " + bytes.error().text();
}

Facts our_facts(FileTree& tree, const FileInfo& info) {
  Facts facts;
  facts.directory = info.is_directory;
  facts.link = info.is_link;
  for (const FileTime time :
       {info.si.created, info.si.modified, info.si.accessed, info.si.changed}) {
    std::array<char, 8> bytes;
    std::memcpy(bytes.data(), &time.ticks, bytes.size());
    facts.times.append(bytes.data(), bytes.size());
  }
  facts.attributes = info.attributes.value_or(0);
  facts.record = info.file_reference.value_or(0) & ntfs::FileReference::kRecordMask;
  if (!info.is_directory && !info.is_link) {
    facts.size = info.size;
    facts.links = info.link_count.value_or(0);
    facts.content = content(tree, info.path);
  }
  for (const std::string& stream : info.streams)
    facts.streams[stream] = content(tree, info.path.with_stream(stream));
  return facts;
}

std::unique_ptr<NtfsFileTree> open_tree(const fs::path& image) {
  const std::string bytes = test::file_text(image);
  const auto span = bytes_of(bytes).span();
  NtfsMount mount{"C:",
                  std::make_shared<MemorySource>(std::vector<std::byte>{span.begin(), span.end()})};
  auto volume = ntfs::Volume::open(mount.bytes);
  EXPECT_TRUE(volume) << volume.error().text();
  if (!volume) return nullptr;
  EXPECT_TRUE((*volume)->problems().empty());
  mount.ntfs = *std::move(volume);
  std::vector<NtfsMount> mounts;
  mounts.push_back(std::move(mount));
  return open_ntfs_tree(std::move(mounts));
}

using Entries = std::map<std::string, Facts>;

Entries our_entries(FileTree& tree) {
  Entries entries;
  const auto done = tree.walk(
      EvidencePath{"C:"},
      [&](const FileInfo& info) {
        std::string path = info.path.text().substr(3);
        std::replace(path.begin(), path.end(), '\\', '/');
        entries.emplace(std::move(path), our_facts(tree, info));
        return Visit::enter;
      },
      [](const EvidencePath& path, const Error& error) {
        ADD_FAILURE() << path.text() << ": " << error.text();
      });
  EXPECT_TRUE(done);
  for (const Error& error : tree.take_remarks()) ADD_FAILURE() << error.text();
  return entries;
}

Entries mounted_entries(const Mount& mount) {
  Entries entries;
  for (const auto& entry : fs::recursive_directory_iterator{mount.point()})
    entries.emplace(entry.path().lexically_relative(mount.point()).string(),
                    mounted_facts(entry.path()));
  return entries;
}

void expect_same(const Entries& ours, const Entries& theirs) {
  for (const auto& [path, facts] : theirs) {
    const auto found = ours.find(path);
    if (found == ours.end()) {
      ADD_FAILURE() << path << " is missing";
      continue;
    }
    EXPECT_TRUE(found->second == facts)
        << path << "\nours:   " << text(found->second) << "\ntheirs: " << text(facts);
  }
  for (const auto& [path, facts] : ours) EXPECT_TRUE(theirs.contains(path)) << path;
}

/// Files of every form that ntfs-3g writes.
void fill(const Mount& mount, bool compression) {
  const auto folder = [&](const std::string& name) { fs::create_directories(mount / name); };
  folder("plain/deep/deeper");
  write(mount / "plain/empty", "");
  write(mount / "plain/resident", varied(300));
  write(mount / "plain/one cluster", varied(4096));
  write(mount / "plain/large", varied(1'234'567));
  fs::create_hard_link(mount / "plain/large", mount / "plain/deep/deeper/second name");
  write(mount / "plain/\xF0\x9F\x98\x80 emoji \xE6\x97\xA5\xE6\x9C\xAC", "named by a pair");
  write(mount / ("plain/" + std::string(255, 'n')), "the longest name");
  set_attribute(mount / "plain/resident", "user.ads", "a stream");
  set_attribute(mount / "plain/large", "user.Zone.Identifier", "[ZoneTransfer]\r\nZoneId=3\r\n");
  set_attribute(mount / "plain/large", "user.big", varied(50'000));
  set_attribute(mount / "plain/deep", "user.of a folder", "hidden");
  set_attribute(mount / "plain/empty", "system.ntfs_attrib", std::string_view{"\x27\0\0\0", 4});
  std::string times(32, '\0');
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t ticks = 132'000'000'000'000'000 + i * 1'234'567'891;
    std::memcpy(times.data() + 8 * i, &ticks, 8);
  }
  set_attribute(mount / "plain/one cluster", "system.ntfs_times", times);
  // Pieces here and there: written by turns.
  {
    std::ofstream a{mount / "plain/turn a"}, b{mount / "plain/turn b"};
    for (int i = 0; i < 60; ++i) {
      a << varied(5000) << std::flush;
      b << varied(7001) << std::flush;
    }
  }
  write(mount / "sparse", "begin");
  fs::resize_file(mount / "sparse", 3'000'000);
  std::ofstream{mount / "sparse", std::ios::in | std::ios::out | std::ios::ate} << "the end";
  folder("many");
  for (int i = 0; i < 400; ++i) write(mount / ("many/" + std::to_string(i)), std::to_string(i));
  folder("deleted");
  for (int i = 0; i < 20; ++i) write(mount / ("deleted/" + std::to_string(i)), varied(2000));
  for (int i = 0; i < 20; i += 2) fs::remove(mount / ("deleted/" + std::to_string(i)));
  const auto junction = builders::junction("\\??\\C:\\plain");
  folder("junction");
  set_attribute(mount / "junction", "system.ntfs_reparse_data", Bytes{junction}.chars());
  if (!compression) return;
  folder("packed");
  set_attribute(mount / "packed", "system.ntfs_attrib", std::string_view{"\x10\x08\0\0", 4});
  write(mount / "packed/text", varied(700'000));
  write(mount / "packed/zeros", std::string(300'000, '\0') + "x");
  std::string noise(200'000, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i)
    noise[i] = static_cast<char>((i * i * 2'654'435'761u) >> 13);
  write(mount / "packed/noise", noise);
  write(mount / "packed/short", varied(5000));
}

class NtfsOracle : public testing::TestWithParam<const char*> {};

TEST_P(NtfsOracle, EverythingIsAsTheMountedVolumeShowsIt) {
  Mount mount{48 << 20, GetParam()};
  NEED_MOUNT(mount);
  const bool compression = std::string_view{GetParam()}.find("65536") == std::string_view::npos;
  fill(mount, compression);
  mount.leave();
  ASSERT_TRUE(mount.enter(",ro,norecover"));
  const Entries theirs = mounted_entries(mount);
  EXPECT_GT(theirs.size(), 400u);
  mount.leave();
  const auto tree = open_tree(mount.image());
  ASSERT_TRUE(tree);
  expect_same(our_entries(*tree), theirs);
}

INSTANTIATE_TEST_SUITE_P(Clusters, NtfsOracle,
                         testing::Values("-c 4096", "-c 512", "-c 65536", "-s 4096"),
                         [](const auto& cluster) {
                           std::string name = cluster.param;
                           std::erase_if(name, [](char c) { return c == '-' || c == ' '; });
                           return name;
                         });

TEST(NtfsSleuthkit, ListsTheSameFiles) {
  if (!succeeds("command -v fls")) GTEST_SKIP() << "fls is not installed (package sleuthkit)";
  Mount mount{48 << 20, "-c 4096"};
  NEED_MOUNT(mount);
  fill(mount, true);
  mount.leave();
  const std::string image = "'" + mount.image().string() + "'";
  const std::string bytes = test::file_text(mount.image());
  const auto span = bytes_of(bytes).span();
  const auto volume = ntfs::Volume::open(
      std::make_shared<MemorySource>(std::vector<std::byte>{span.begin(), span.end()}));
  ASSERT_TRUE(volume);

  // "C:"-less paths of ours, deleted ones marked as fls does.
  std::map<std::string, std::uint64_t> ours;
  std::map<std::uint64_t, ntfs::File> files;
  ntfs::FileTable table{(*volume)->mft(), (*volume)->boot().record_bytes};
  table.index([](const Error& error) { ADD_FAILURE() << error.text(); });
  table.each_file([&](const ntfs::File& file) {
    files[file.number] = file;
    for (const ntfs::FileName& name : file.names) {
      if (name.name_space == ntfs::NameSpace::dos) continue;
      std::string path;
      table.append_path(path, name);
      std::replace(path.begin(), path.end(), '\\', '/');
      if (!file.in_use()) path += " (deleted)";
      ours[path] = file.number;
    }
    return true;
  });
  std::istringstream lines{output_of("fls -r -m / " + image)};
  std::size_t compared = 0, deleted = 0;
  for (std::string line; std::getline(lines, line);) {
    // md5|name|inode|mode|uid|gid|size|atime|mtime|ctime|crtime
    std::vector<std::string> columns;
    std::istringstream row{line};
    for (std::string column; std::getline(row, column, '|');) columns.push_back(column);
    ASSERT_EQ(columns.size(), 11u) << line;
    const std::string& path = columns[1];
    if (path.find("$OrphanFiles") != std::string::npos || path.find("($FILE_NAME)") != path.npos ||
        path.find(':') != path.npos)
      continue;
    const std::uint64_t record = std::stoull(columns[2]);
    ASSERT_TRUE(ours.contains(path)) << line;
    EXPECT_EQ(ours.at(path), record) << line;
    const ntfs::File& file = files.at(record);
    ASSERT_TRUE(file.standard);
    // mkntfs leaves the times of $MFT unset, which sleuthkit wraps around 32 bits.
    if (!file.standard->created.is_set()) continue;
    const auto seconds = [](FileTime time) {
      return std::to_string(static_cast<std::int64_t>(time.ticks / kTicksPerSecond) -
                            kUnixEpochSeconds);
    };
    EXPECT_EQ(columns[7], seconds(file.standard->accessed)) << line;
    EXPECT_EQ(columns[8], seconds(file.standard->modified)) << line;
    EXPECT_EQ(columns[9], seconds(file.standard->changed)) << line;
    EXPECT_EQ(columns[10], seconds(file.standard->created)) << line;
    if (file.data() != nullptr && !file.is_directory()) {
      EXPECT_EQ(columns[6], std::to_string(file.data()->size_bytes)) << line;
    }
    ++compared;
    if (!file.in_use()) ++deleted;
  }
  EXPECT_GT(compared, 430u);
  EXPECT_GE(deleted, 5u);
  std::size_t read = 0;
  for (const auto& [number, file] : files) {
    if (file.is_directory() || !file.in_use() || ++read % 23 != 0) continue;
    for (const ntfs::FileStream& stream : file.streams) {
      if (stream.type != ntfs::attribute_type::kData || !stream.name.empty()) continue;
      const auto source = (*volume)->open_attribute(number, stream.type, stream.name);
      ASSERT_TRUE(source);
      const auto content = read_all(**source, 64 << 20);
      ASSERT_TRUE(content) << number;
      const std::string theirs = output_of("icat " + image + " " + std::to_string(number));
      EXPECT_TRUE(Bytes{*content}.chars() == theirs) << number;
    }
    // "Entry: 64        Sequence: 1", "Links: 2"
    const std::string facts = output_of("istat " + image + " " + std::to_string(number));
    EXPECT_NE(facts.find("Sequence: " + std::to_string(file.sequence) + "\n"), facts.npos) << facts;
    EXPECT_NE(facts.find("Links: " + std::to_string(file.links) + "\n"), facts.npos) << facts;
  }
}

}  // namespace
}  // namespace hozen
