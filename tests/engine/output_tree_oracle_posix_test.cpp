// Files that are unpacked onto a file system that keeps no files without a name: NTFS by ntfs-3g.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>
#include <span>

#include "collector/engine/output_tree.h"
#include "tests/builders/file_text.h"
#include "tests/builders/mounted_ntfs_posix.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::StartsWith;

class OutputTreeOnNtfs : public testing::Test {
 protected:
  void SetUp() override {
    if (!volume.why_not().empty()) GTEST_SKIP() << volume.why_not();
    tree = *OutputTree::open(volume.point() + "/out");
  }
  std::unique_ptr<OutputFile> create(const std::vector<std::string>& components) {
    auto file = tree->create(components);
    EXPECT_TRUE(file) << file.error().text();
    return file ? *std::move(file) : nullptr;
  }
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator{volume.point() + "/out/a"})
      names.insert(entry.path().filename().string());
    return names;
  }

  test::MountedNtfs volume{"16M"};
  std::unique_ptr<OutputTree> tree;
};

TEST_F(OutputTreeOnNtfs, FilesGetTheirNamesWhenTheyAreComplete) {
  const std::string text = "content";
  auto file = create({"a", "b"});
  ASSERT_TRUE(file->write(std::as_bytes(std::span{text})));
  ASSERT_TRUE(file->skip(100'000));
  ASSERT_TRUE(file->write(std::as_bytes(std::span{text})));
  EXPECT_THAT(names(), ElementsAre(StartsWith("hozen-unfinished-")));
  ASSERT_TRUE(file->set_times({}));
  ASSERT_TRUE(file->complete());
  EXPECT_THAT(names(), ElementsAre("b"));
  EXPECT_EQ(test::file_text(fs::path{volume.point()} / "out/a/b"),
            text + std::string(100'000, '\0') + text);
  file = create({"a", "c"});
  file.reset();
  EXPECT_THAT(names(), ElementsAre("b"));
}

TEST_F(OutputTreeOnNtfs, OverwritesNothing) {
  auto file = create({"a", "b"});
  auto same = create({"a", "b"});
  ASSERT_TRUE(file->complete());
  EXPECT_FALSE(same->complete());
  EXPECT_FALSE(tree->create({"a", "b"}));
  same.reset();
  EXPECT_THAT(names(), ElementsAre("b"));
}

}  // namespace
}  // namespace hozen
