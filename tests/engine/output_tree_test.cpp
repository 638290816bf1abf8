#include "collector/engine/output_tree.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/builders/file_text.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;

class OutputTreeTest : public testing::Test {
 protected:
  std::unique_ptr<OutputFile> create(const std::vector<std::string>& components) {
    auto file = tree->create(components);
    EXPECT_TRUE(file) << file.error().text();
    return file ? *std::move(file) : nullptr;
  }
  void write(OutputFile& file, std::string_view text) {
    EXPECT_TRUE(file.write(std::as_bytes(std::span{text})));
  }

  TempFolder folder;
  std::unique_ptr<OutputTree> tree = *OutputTree::open(folder.text());
};

TEST_F(OutputTreeTest, FilesStayOnceTheyAreComplete) {
  {
    const auto kept = create({"a", "kept"});
    write(*kept, "abc");
    ASSERT_TRUE(kept->skip(2));
    write(*kept, "d");
    ASSERT_TRUE(kept->complete());
    const auto dropped = create({"a", "dropped"});
    write(*dropped, "abc");
  }
  EXPECT_EQ(test::file_text(folder.path() / "a" / "kept"), std::string("abc\0\0d", 6));
  EXPECT_FALSE(fs::exists(folder.path() / "a" / "dropped"));
}

TEST_F(OutputTreeTest, LeavesNothingBesideTheFiles) {
  for (const char* name : {"one", "two"}) ASSERT_TRUE(create({"a", name})->complete());
  static_cast<void>(create({"a", "three"}));
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder.path() / "a"})
    names.push_back(entry.path().filename().string());
  EXPECT_EQ(names.size(), 2u);
}

TEST_F(OutputTreeTest, RefusesWhatIsThereAlready) {
  folder.write("taken", "old");
  EXPECT_FALSE(tree->create({"taken"}));
  EXPECT_TRUE(create({"new"})->complete());
  EXPECT_FALSE(tree->create({"new"}));
  EXPECT_EQ(test::file_text(folder.path() / "taken"), "old");
}

#ifdef __linux__
TEST_F(OutputTreeTest, FilesHaveNoNameUntilTheyAreComplete) {
  const auto file = create({"a", "b"});
  write(*file, "abc");
  if (fs::exists(folder.path() / "a" / "b"))
    GTEST_SKIP() << "the file system of " << folder.text() << " keeps no files without a name";
  ASSERT_TRUE(file->complete());
  EXPECT_EQ(test::file_text(folder.path() / "a" / "b"), "abc");
}

TEST_F(OutputTreeTest, TellsWhenAnotherTookTheNameMeanwhile) {
  const auto file = create({"b"});
  if (fs::exists(folder.path() / "b"))
    GTEST_SKIP() << "the file system of " << folder.text() << " keeps no files without a name";
  folder.write("b", "another's");
  EXPECT_FALSE(file->complete());
  EXPECT_EQ(test::file_text(folder.path() / "b"), "another's");
}
#endif

}  // namespace
}  // namespace hozen
