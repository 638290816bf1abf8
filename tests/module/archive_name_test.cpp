#include "collector/module/archive_name.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

struct NameCase {
  std::string_view path, form, stem;
  std::uint32_t volume = 0;  // 0: none
  bool is_everyday = false;
};

class ArchiveNames : public testing::TestWithParam<NameCase> {};

TEST_P(ArchiveNames, AreTakenApart) {
  const NameCase& one = GetParam();
  const auto name = archive_name(one.path);
  ASSERT_TRUE(name.has_value()) << one.path;
  EXPECT_EQ(name->form, one.form);
  EXPECT_EQ(name->stem, one.stem);
  EXPECT_EQ(name->volume.value_or(0), one.volume);
  EXPECT_EQ(name->is_everyday, one.is_everyday);
}

INSTANTIATE_TEST_SUITE_P(
    All, ArchiveNames,
    testing::Values(NameCase{"C:\\T\\out.rar", "rar", "out"},
                    NameCase{"C:\\T\\out.PART02.RAR", "rar", "out", 2},
                    NameCase{"out.part00001.rar", "rar", "out", 1},
                    NameCase{"out.r00", "rar", "out", 2}, NameCase{"out.R17", "rar", "out", 19},
                    NameCase{"out.s00", "rar", "out", 102}, NameCase{"out.7z.001", "7z", "out", 1},
                    NameCase{"out.zip.003", "zip", "out", 3}, NameCase{"out.z01", "zip", "out", 1},
                    NameCase{"out.003", "split", "out", 3, true},
                    NameCase{"out.zip", "zip", "out", 0, true},
                    NameCase{"a.tar.gz", "gz", "a", 0, true},
                    NameCase{"\xE8\xB3\x87\xE6\x96\x99.lzh", "lzh", "\xE8\xB3\x87\xE6\x96\x99"},
                    // No number of a volume.
                    NameCase{"report.part.rar", "rar", "report.part"},
                    NameCase{".part1.rar", "rar", ".part1"}));

TEST(ArchiveName, OtherFilesAreNone) {
  for (const std::string_view path : {"a.txt", "rar", ".rar", "C:\\x.rar\\a.doc", "a.rar.txt",
                                      "a.000", "a.p00", "a.1000", "", "a."})
    EXPECT_FALSE(archive_name(path)) << path;
}

TEST(ArchiveName, VolumesOfOneArchiveHaveOneKeyHoweverTheVolumeIsCalled) {
  const std::string key = archive_set_key("C:\\PerfLogs\\1.part1.rar");
  EXPECT_EQ("C:" + archive_set_key("\\DEVICE\\HARDDISKVOLUME2\\PERFLOGS\\1.PART7.RAR"), key);
  EXPECT_EQ("C:" + archive_set_key("\\VOLUME{01d5-aa}\\PerfLogs\\1.rar"), key);
  EXPECT_EQ(archive_set_key("C:\\PerfLogs\\1.r00"), key);
  EXPECT_NE(archive_set_key("D:\\PerfLogs\\1.rar"), key);
  EXPECT_NE(archive_set_key("C:\\PerfLogs\\1.7z"), key);
  EXPECT_EQ(archive_set_key("\\\\?\\C:\\PerfLogs\\1.rar"), key);
  EXPECT_NE(archive_set_key("C:\\Other\\1.rar"), key);
  EXPECT_NE(archive_set_key("\\\\srv\\PerfLogs\\1.rar"), key);
  EXPECT_EQ(archive_set_key("x.rar"), "\\X*RAR");
  EXPECT_EQ(archive_set_key("C:\\a\\x.jpg"), "C:\\A\\X.JPG");
}

}  // namespace
}  // namespace hozen
