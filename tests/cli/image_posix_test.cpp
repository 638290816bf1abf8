// `hozen collect --image` as a user runs it, and against the same volume mounted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/builders/fake_windows.h"
#include "tests/builders/file_text.h"
#include "tests/builders/json.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Ended;
using test::Json;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

bool succeeds(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

class ImageTest : public testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  Ended run(const std::vector<std::string>& arguments) {
    return test::run_program(arguments, folder.text());
  }
  void write(const std::string& name, const std::string& content) {
    std::ofstream{folder.path() / name, std::ios::binary} << content;
  }
  std::string content(const std::string& name) { return test::file_text(folder.path() / name); }

  TempFolder folder;
};

TEST_F(ImageTest, SaysWhatIsWrongWithWhatItIsGiven) {
  write("E01", std::string{"EVF\x09\x0d\x0a\xff\x00", 8} + std::string(4096, 'x'));
  write("text", std::string(8192, 'x'));
  const Ended missing = run({"collect", "--image", "none.dd"});
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.error, HasSubstr("none.dd"));
  const Ended container = run({"collect", "--image", "E01"});
  EXPECT_EQ(container.exit_code, 4);
  EXPECT_THAT(container.error, HasSubstr("ewfexport"));
  const Ended nothing = run({"collect", "--image", "text"});
  EXPECT_EQ(nothing.exit_code, 4);
  EXPECT_THAT(nothing.error, HasSubstr("no volume"));
  EXPECT_EQ(run({"collect", "--image", "text", "--root", "."}).exit_code, 2);
  EXPECT_EQ(run({"collect", "--partition", "1", "--root", "."}).exit_code, 2);
  EXPECT_EQ(run({"collect", "--image", "text", "--raw", "always"}).exit_code, 2);
  EXPECT_EQ(run({"collect", "--image", "text", "--partition", "0"}).exit_code, 2);
  for (const auto& entry : fs::directory_iterator{folder.path()})
    EXPECT_NE(entry.path().extension(), ".zip") << "a failed run left " << entry.path();
}

/// A small Windows on a volume that mkntfs made and ntfs-3g filled.
class NtfsMountImageTest : public ImageTest {
 protected:
  void SetUp() override {
    ImageTest::SetUp();
    if (IsSkipped()) return;
    if (::geteuid() != 0 || ::access("/dev/fuse", R_OK | W_OK) != 0)
      GTEST_SKIP() << "mounting needs root and FUSE";
    const std::string image = folder.text() + "/disk.dd";
    ASSERT_TRUE(succeeds("truncate -s 64M " + image + " && mkntfs -F -Q " + image));
    fs::create_directories(folder.path() / "mount");
    if (!mount("")) GTEST_SKIP() << "ntfs-3g may not mount here";
    fake::FakeWindows windows;
    windows.user("alice");
    windows.program("C:\\Users\\alice\\AppData\\Local\\Temp\\evil.exe");
    windows.value("HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", "evil",
                  fake::sz("C:\\Users\\alice\\AppData\\Local\\Temp\\evil.exe"));
    windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "gone",
                  fake::sz("C:\\Users\\Public\\gone.exe"));
    ASSERT_TRUE(windows.write_to(mount_point()));
    unmount();
  }
  void TearDown() override { unmount(); }

  std::string mount_point() const { return folder.text() + "/mount"; }
  bool mount(const std::string& options) {
    return mounted_ = succeeds("ntfs-3g -o streams_interface=xattr" + options + " " +
                               folder.text() + "/disk.dd " + mount_point());
  }
  void unmount() {
    if (mounted_) mounted_ = !succeeds("umount " + mount_point());
  }

  /// Lines of the bundle's files that begin with `prefix`, without what numbers them and what only
  /// one of the two ways can tell.
  std::multiset<std::string> lines_of(const std::string& bundle, const std::string& prefix) {
    const std::string into = bundle + ".d";
    EXPECT_TRUE(succeeds("unzip -q -o '" + bundle + "' -d '" + into + "'"));
    std::multiset<std::string> lines;
    for (const auto& entry : fs::recursive_directory_iterator{into}) {
      const std::string name = entry.path().lexically_relative(into).generic_string();
      if (!name.starts_with(prefix) || name.find("steps") != std::string::npos) continue;
      std::ifstream file{entry.path()};
      for (std::string line; std::getline(file, line);) {
        Json json = Json::parse(line);
        forget(json);
        lines.insert(json.dump());
      }
    }
    return lines;
  }
  static void forget(Json& json) {
    if (json.is_object()) {
      for (const char* const key : {"record", "records", "id", "artifact"}) json.erase(key);
      for (auto& [key, value] : json.items()) forget(value);
    } else if (json.is_array()) {
      for (auto& value : json) forget(value);
    }
  }
  std::string collect(const std::vector<std::string>& from, const std::string& name) {
    std::vector<std::string> arguments{"collect",   "--output",    name,
                                       "--profile", "persistence", "--quiet"};
    arguments.insert(arguments.end(), from.begin(), from.end());
    const Ended ended = run(arguments);
    EXPECT_THAT(ended.exit_code, testing::AnyOf(0, 1)) << ended.error;
    return folder.text() + "/" + name;
  }

 private:
  bool mounted_ = false;
};

TEST_F(NtfsMountImageTest, GivesTheRecordsAndFindingsOfTheMountedVolume) {
  const std::string of_image = collect({"--image", "disk.dd"}, "image.zip");
  ASSERT_TRUE(mount(",ro"));
  const std::string of_mount = collect({"--root", mount_point()}, "mount.zip");
  for (const std::string prefix : {"findings", "records/run_keys", "records/autostarts"}) {
    const auto image = lines_of(of_image, prefix), mounted = lines_of(of_mount, prefix);
    EXPECT_FALSE(image.empty()) << prefix;
    EXPECT_EQ(image, mounted) << prefix;
  }
}

TEST_F(NtfsMountImageTest, TellsTheVolumeAndHowItWasRead) {
  const std::string bundle = collect({"--image", "disk.dd"}, "image.zip");
  EXPECT_TRUE(succeeds("unzip -q -o '" + bundle + "' manifest.json -d '" + folder.text() + "'"));
  std::ifstream file{folder.path() / "manifest.json"};
  const Json manifest = Json::parse(file);
  const Json& source = manifest.at("source");
  EXPECT_EQ(source.at("kind"), "image");
  EXPECT_EQ(source.at("given"), "disk.dd");
  const Json& volume = source.at("volumes").at(0);
  EXPECT_EQ(volume.at("name"), "C:");
  EXPECT_EQ(volume.at("file_system"), "NTFS");
  EXPECT_EQ(volume.at("size_bytes"), 64u << 20);
  bool found = false;
  for (const std::string& line : lines_of(bundle, "artifacts")) {
    const Json row = Json::parse(line);
    if (!row.at("path").get<std::string>().ends_with("\\config\\SOFTWARE")) continue;
    found = true;
    EXPECT_EQ(row.at("method"), "raw_ntfs");
    EXPECT_TRUE(row.contains("fn"));
    EXPECT_TRUE(row.contains("mft_record"));
  }
  EXPECT_TRUE(found);
}

TEST_F(NtfsMountImageTest, CopyOfTheVolumeReadsLikeTheOriginal) {
  // Something deleted, whose content stays in free clusters.
  ASSERT_TRUE(mount(""));
  write("mount/deleted.bin", std::string(100'000, 'd'));
  unmount();
  ASSERT_TRUE(mount(""));
  fs::remove(folder.path() / "mount" / "deleted.bin");
  unmount();
  const std::string original = folder.text() + "/disk.dd";
  for (const std::string profile : {"image", "image_all"}) {
    const std::string bundle = profile + ".zip";
    const Ended collected =
        run({"collect", "--image", "disk.dd", "--profile", profile, "--output", bundle, "--quiet"});
    EXPECT_THAT(collected.exit_code, testing::AnyOf(0, 1)) << collected.error;
    EXPECT_THAT(run({"report", bundle}).output, HasSubstr("Volumes   1 part of copies"));
    EXPECT_EQ(run({"verify", bundle}).exit_code, 0);
    const Ended extracted = run({"extract", "--only", "C:", bundle, profile});
    EXPECT_EQ(extracted.exit_code, 0) << extracted.error;
    EXPECT_THAT(extracted.output, HasSubstr("C.raw: image of volume C:, 64.0 MiB, 1 part"));
    EXPECT_THAT(extracted.output, HasSubstr("SHA-256 as recorded"));
  }
  const std::string used = folder.text() + "/image/C.raw", all = folder.text() + "/image_all/C.raw";
  EXPECT_TRUE(succeeds("cmp " + original + " " + all));
  EXPECT_FALSE(succeeds("cmp " + original + " " + used)) << "deleted content is in free clusters";
  EXPECT_TRUE(succeeds("test \"$(fls -r -p -l " + original + ")\" = \"$(fls -r -p -l " + used +
                       ")\" && test -n \"$(fls -r -p -l " + used + ")\""));
  // What $Bitmap calls used, as sleuthkit reads it, cluster by cluster.
  ASSERT_TRUE(succeeds("sh -c 'icat " + original + " 6 > " + folder.text() + "/bitmap'"));
  const std::string bitmap = content("bitmap"), before = content("disk.dd"),
                    after = content("image/C.raw");
  ASSERT_EQ(before.size(), after.size());
  constexpr std::size_t kCluster = 4096;
  std::size_t same = 0, emptied = 0;
  for (std::size_t i = 0; (i + 1) * kCluster <= before.size(); ++i) {
    const bool in_use = (static_cast<unsigned char>(bitmap.at(i / 8)) >> (i % 8) & 1) != 0;
    const std::string cluster = after.substr(i * kCluster, kCluster);
    if (in_use) {
      EXPECT_TRUE(before.compare(i * kCluster, kCluster, cluster) == 0) << i;
      ++same;
    } else {
      EXPECT_EQ(cluster.find_first_not_of('\0'), std::string::npos) << i;
      ++emptied;
    }
  }
  EXPECT_GT(same, 100u);
  EXPECT_GT(emptied, 1000u);
}

}  // namespace
}  // namespace hozen
