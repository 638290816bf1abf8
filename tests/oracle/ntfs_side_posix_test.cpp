// Volumes that mkntfs and ntfs-3g write, read by us: directories compared with ntfsls, security
// descriptors with ntfssecaudit.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "collector/base/text.h"
#include "collector/formats/ntfs_secure.h"
#include "collector/formats/security_descriptor.h"
#include "tests/builders/ntfs_side_builder.h"
#include "tests/builders/temp_folder.h"
#include "tests/formats/ntfs_index_walk.h"

namespace hozen::ntfs {
namespace {

using Rows = std::multiset<std::string>;

bool runs(const std::string& command) {
  return std::system(("( " + command + " ) >/dev/null 2>&1").c_str()) == 0;
}

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << text.substr(0, 500);
  return text;
}

/// A volume of ntfs-3g, mounted while files are made.
class NtfsVolume : public testing::Test {
 protected:
  void SetUp() override {
    if (!runs("command -v mkntfs && command -v ntfscat && command -v ntfssecaudit"))
      GTEST_SKIP() << "ntfs-3g is not installed (package ntfs-3g)";
    std::filesystem::create_directory(mounted_);
    ASSERT_TRUE(runs("truncate -s 24M " + image_));
    ASSERT_TRUE(runs("mkntfs -q -F -c " + std::to_string(cluster_bytes_) + " " + image_));
    if (!mount()) GTEST_SKIP() << "a volume cannot be mounted here (needs root and FUSE)";
  }
  void TearDown() override { unmount(); }

  bool mount() {
    is_mounted_ = runs("ntfs-3g -o permissions " + image_ + " " + mounted_);
    return is_mounted_;
  }
  void unmount() {
    if (!is_mounted_) return;
    EXPECT_TRUE(runs("umount " + mounted_));
    is_mounted_ = false;
  }
  void make(const std::string& name) const { std::ofstream{mounted_ + "/" + name} << name; }

  std::vector<std::byte> attribute(const std::string& type, const std::string& name,
                                   const std::string& path) const {
    const std::string text =
        output_of("ntfscat -a " + type + " -n '" + name + "' " + image_ + " '" + path + "'");
    const Bytes bytes = bytes_of(text);
    return {bytes.span().begin(), bytes.span().end()};
  }
  std::vector<std::byte> index_blocks(const std::string& path) const {
    auto blocks = attribute("0xA0", "$I30", path);
    builders::ntfs_protect(blocks, 4096);  // ntfscat took the fixup out
    return blocks;
  }
  /// "record name" of each file, as ntfsls tells.
  Rows listed(const std::string& path) const {
    std::istringstream in{
        output_of("LC_ALL=C.UTF-8 ntfsls -a -i " + image_ + " -p '" + path + "'")};
    Rows rows;
    for (std::string line; std::getline(in, line);) {
      std::istringstream fields{line};
      std::string record, name;
      fields >> record >> std::ws;
      std::getline(fields, name);
      if (name == "." || name == "..") continue;
      record += " ";
      record += name;
      rows.insert(std::move(record));
    }
    return rows;
  }
  static Rows ours(DirectoryIndex& index) {
    Rows rows;
    index.each_entry([&](const IndexEntry& entry) {
      rows.insert(std::to_string(entry.file->record) + " " + entry.name.name);
      return true;
    });
    return rows;
  }

  TempFolder folder_;
  std::string image_ = folder_.text() + "/volume.ntfs", mounted_ = folder_.text() + "/mounted";
  unsigned cluster_bytes_ = 4096;
  bool is_mounted_ = false;
};

std::string file_name(int number) {
  return "d/file " + std::to_string(number) + (number % 3 == 0 ? " größer.txt" : ".txt");
}

void compare_directory(const Rows& theirs, DirectoryIndex& index, CountingSource& blocks,
                       const FoldUnit& fold) {
  std::vector<std::string> names;
  index.each_entry([&](const IndexEntry& entry) {
    names.push_back(entry.name.name);
    return true;
  });
  EXPECT_EQ(names.size(), theirs.size());
  blocks.bytes_read = 0;
  for (const std::string& name : names) {
    const auto entry = index.find_entry(name, fold);
    ASSERT_TRUE(entry) << name;
    EXPECT_EQ(entry->name.name, name);
  }
  EXPECT_FALSE(index.find_entry("not there", fold));
  EXPECT_LE(blocks.bytes_read, (names.size() + 1) * 4 * 4096) << "the tree was not descended";
}

class NtfsDirectory : public NtfsVolume, public testing::WithParamInterface<unsigned> {
 protected:
  NtfsDirectory() { cluster_bytes_ = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Clusters, NtfsDirectory, testing::Values(512u, 4096u, 65'536u));

TEST_P(NtfsDirectory, IsWhatNtfslsTells) {
  std::filesystem::create_directory(mounted_ + "/d");
  constexpr int kFiles = 700;
  for (int i = 0; i < kFiles; ++i) make(file_name(i));
  make("d/case");
  make("d/CASE");
  make("d/日本語.txt");
  for (int i = 0; i < kFiles; i += 7) std::filesystem::remove(mounted_ + "/" + file_name(i));
  unmount();

  const auto root_bytes = attribute("0x90", "$I30", "/d"), bitmap = attribute("0xB0", "$I30", "/d");
  const auto upcase = attribute("0x80", "", "/$UpCase");
  ASSERT_EQ(upcase.size(), 131'072u);
  CountingSource blocks{index_blocks("/d")};
  const auto root = parse_index_root(Bytes{root_bytes});
  ASSERT_TRUE(root);
  auto index = DirectoryIndex::open({.root = *root, .blocks = &blocks, .bitmap = Bytes{bitmap}});
  ASSERT_TRUE(index);
  const Rows theirs = listed("/d");
  EXPECT_EQ(theirs.size(), 700u - 100 + 3);
  EXPECT_EQ(ours(*index), theirs);
  const FoldUnit fold = [&](char16_t unit) {
    return static_cast<char16_t>(*Bytes{upcase}.get<std::uint16_t>(std::size_t{unit} * 2));
  };
  compare_directory(theirs, *index, blocks, fold);
  const auto upper = index->find_entry("FILE 3 GRÖSSER.TXT", fold);
  EXPECT_FALSE(upper);  // ß has no simple upper case
  const auto folded = index->find_entry("FILE 3 GRÖßER.TXT", fold);
  ASSERT_TRUE(folded);
  EXPECT_EQ(folded->name.name, "file 3 größer.txt");
  EXPECT_EQ(index->problems().count(), 0u);

  // What is carved was there once; some of what was deleted is among it.
  std::set<std::string> once{"case", "CASE", "日本語.txt"};
  for (int i = 0; i < kFiles; ++i) once.insert(file_name(i).substr(2));
  std::size_t carved = 0, deleted = 0;
  index->each_entry_with_deleted([&](const IndexEntry& entry) {
    if (entry.state == EntryState::in_use) return true;
    ++carved;
    EXPECT_TRUE(once.contains(entry.name.name)) << printable(entry.name.name);
    deleted += !index->find_entry(entry.name.name, fold).has_value();
    return true;
  });
  EXPECT_GT(carved, 0u);
  EXPECT_GT(deleted, 0u);
}

TEST_F(NtfsVolume, SmallDirectoryLiesInTheRoot) {
  std::filesystem::create_directory(mounted_ + "/small");
  make("small/a");
  make("small/b");
  unmount();
  const auto root_bytes = attribute("0x90", "$I30", "/small");
  const auto root = parse_index_root(Bytes{root_bytes});
  ASSERT_TRUE(root);
  EXPECT_FALSE(root->has_blocks);
  auto index = DirectoryIndex::open({.root = *root});
  ASSERT_TRUE(index);
  EXPECT_EQ(ours(*index), listed("/small"));
  EXPECT_EQ(index->problems().count(), 0u);
}

/// "offset id" of each entry of the first copies, as ntfssecaudit tells.
Rows audited(const std::string& image) {
  std::istringstream in{output_of("ntfssecaudit -a " + image)};
  Rows rows;
  bool first = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("Auditing")) first = line.ends_with("$SDS-1");
    unsigned long offset = 0;
    unsigned id = 0;
    if (first && std::sscanf(line.c_str(), "Valid entry at %lx for key %x", &offset, &id) == 2)
      rows.insert(std::to_string(offset) + " " + std::to_string(id));
  }
  return rows;
}

TEST_F(NtfsVolume, SecurityDescriptorsAreWhatNtfssecauditTells) {
  // Linux owners and modes become descriptors when the volume maps users.
  std::filesystem::create_directory(mounted_ + "/.NTFS-3G");
  std::ofstream{mounted_ + "/.NTFS-3G/UserMapping"} << "::S-1-5-21-1-2-3-10000\n";
  unmount();
  ASSERT_TRUE(mount());
  std::filesystem::create_directory(mounted_ + "/d");
  // Enough for more than one part of 256 KiB.
  constexpr unsigned kFiles = 1500;
  for (unsigned i = 0; i < kFiles; ++i) {
    make(file_name(static_cast<int>(i)));
    const std::string path = mounted_ + "/" + file_name(static_cast<int>(i));
    ASSERT_EQ(::chown(path.c_str(), 1000 + i, 2000 + i), 0);
    ASSERT_EQ(::chmod(path.c_str(), 0400 + i % 0377), 0);
  }
  unmount();

  const Rows theirs = audited(image_);
  EXPECT_GT(theirs.size(), std::size_t{kFiles});
  MemorySource sds{attribute("0x80", "$SDS", "/$Secure")};
  Problems problems;
  Rows ours;
  each_security_entry(sds, problems, [&](const SecurityEntry& entry) {
    ours.insert(std::to_string(entry.offset) + " " + std::to_string(entry.id));
    EXPECT_EQ(entry.copy, SecurityCopy::first);
    EXPECT_TRUE(parse_security_descriptor(entry.descriptor)) << entry.id;
    return true;
  });
  EXPECT_EQ(ours, theirs);
  EXPECT_GT(sds.size(), 2 * kSecurityPartBytes);
  EXPECT_EQ(problems.count(), 0u);
}

}  // namespace
}  // namespace hozen::ntfs
