// An NTFS volume mounted with ntfs-3g: times, attributes, streams and reparse points through its
// extended attributes.
#include <gtest/gtest.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "collector/base/bytes.h"
#include "collector/formats/reparse_point.h"
#include "collector/source/folder_source.h"
#include "tests/builders/fake_source.h"
#include "tests/builders/reparse_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

EvidencePath path(std::string_view text) { return *EvidencePath::parse(text); }

bool run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

class NtfsMount : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || ::access("/dev/fuse", R_OK | W_OK) != 0)
      GTEST_SKIP() << "mounting needs root and FUSE";
    if (!run("command -v mkntfs && command -v ntfs-3g"))
      GTEST_SKIP() << "mkntfs and ntfs-3g are not installed";
    const std::string image = folder_.text() + "/image";
    ASSERT_TRUE(run("truncate -s 16M " + image + " && mkntfs -F -Q " + image));
    folder_.make_folder("mount");
    mount_ = folder_.text() + "/mount";
    if (!run("ntfs-3g -o streams_interface=xattr " + image + " " + mount_)) {
      mount_.clear();
      GTEST_SKIP() << "ntfs-3g may not mount here";
    }
    folder_.write("mount/Windows/System32/config/SYSTEM", "s");
    folder_.write("mount/Users/alice/a.txt", "alice");
  }
  void TearDown() override {
    if (!mount_.empty()) run("fusermount -u " + mount_ + " || umount " + mount_);
  }

  void set_attribute(const std::string& file, const char* name,
                     const std::vector<std::byte>& value) const {
    ASSERT_EQ(::lsetxattr((mount_ + file).c_str(), name, value.data(), value.size(), 0), 0)
        << name << ": " << std::strerror(errno);
  }
  std::unique_ptr<EvidenceSource> source() const { return *make_folder_source(mount_); }

  TempFolder folder_;
  std::string mount_;
};

std::vector<std::byte> ticks(std::initializer_list<std::uint64_t> values) {
  std::vector<std::byte> bytes(values.size() * 8);
  std::memcpy(bytes.data(), std::data(values), bytes.size());
  return bytes;
}

TEST_F(NtfsMount, TimesAttributesAndOwnerAreThoseOfNtfs) {
  // As ntfs-3g orders them: created, modified, accessed, changed (the last is set by the driver).
  set_attribute("/Users/alice/a.txt", "system.ntfs_times",
                ticks({0x01D0000000000001, 0x01D1000000000002, 0x01D2000000000003, 0}));
  set_attribute("/Users/alice/a.txt", "system.ntfs_attrib", {std::byte{0x26}, {}, {}, {}});
  const auto evidence = source();
  ASSERT_EQ(evidence->volumes()[0].file_system, "NTFS");
  const auto info = evidence->stat(path("C:\\Users\\alice\\a.txt"));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->si.created.ticks, 0x01D0000000000001u);
  EXPECT_EQ(info->si.modified.ticks, 0x01D1000000000002u);
  EXPECT_EQ(info->si.accessed.ticks, 0x01D2000000000003u);
  EXPECT_TRUE(info->si.changed.is_set());
  EXPECT_EQ(info->attributes, 0x26u);
  EXPECT_EQ(info->link_count, 1u);
  EXPECT_TRUE(info->owner_sid.has_value() && info->owner_sid->starts_with("S-1-"))
      << info->owner_sid.value_or("none");
  EXPECT_EQ(*evidence->stat(path("C:\\Users"))->attributes & kAttributeDirectory,
            kAttributeDirectory);
}

TEST_F(NtfsMount, StreamsAreListedAndRead) {
  set_attribute("/Users/alice/a.txt", "user.Zone.Identifier", fake::bytes_from("[ZoneTransfer]"));
  const auto evidence = source();
  EXPECT_EQ(evidence->stat(path("C:\\Users\\alice\\a.txt"))->streams,
            std::vector<std::string>{"Zone.Identifier"});
  const auto stream = path("C:\\Users\\alice\\a.txt:zone.identifier");
  const auto opened = evidence->open(stream);
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  EXPECT_EQ(read_all(**opened, 100)->size(), 14u);
  EXPECT_EQ(evidence->stat(stream)->size, 14u);
  EXPECT_EQ(evidence->stat(stream)->path.stream(), "Zone.Identifier");
  EXPECT_EQ(evidence->open(path("C:\\Users\\alice\\a.txt:none")).error().code, Errc::not_found);
}

TEST_F(NtfsMount, JunctionsAreLinksAndLeadWhereWindowsWouldGo) {
  folder_.make_folder("mount/Documents and Settings");
  folder_.make_folder("mount/out");
  folder_.make_folder("mount/loop");
  set_attribute("/Documents and Settings", "system.ntfs_reparse_data",
                builders::junction("\\??\\C:\\Users"));
  set_attribute("/out", "system.ntfs_reparse_data",
                builders::junction("\\??\\Volume{1b1b1b1b-0000-0000-0000-100000000000}\\x"));
  set_attribute("/loop", "system.ntfs_reparse_data", builders::junction("\\??\\C:\\loop\\x"));
  const auto evidence = source();
  const auto junction = evidence->stat(path("C:\\Documents and Settings"));
  ASSERT_TRUE(junction.has_value());
  EXPECT_TRUE(junction->is_link);
  EXPECT_TRUE(junction->is_directory);
  EXPECT_EQ(junction->reparse_tag, kReparseTagMountPoint);
  EXPECT_EQ(junction->link_target, "\\??\\C:\\Users");
  const auto info = evidence->stat(path("C:\\Documents and Settings\\alice\\A.txt"));
  ASSERT_TRUE(info.has_value()) << info.error().text();
  EXPECT_EQ(info->path.text(), "C:\\Users\\alice\\a.txt");
  EXPECT_EQ(evidence->stat(path("C:\\out\\x")).error().code, Errc::unsupported);
  EXPECT_EQ(evidence->stat(path("C:\\loop\\x")).error().code, Errc::limit);
}

}  // namespace
}  // namespace hozen
