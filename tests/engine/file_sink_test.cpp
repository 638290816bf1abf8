#include "collector/engine/file_sink.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "collector/base/bytes.h"
#include "tests/builders/file_text.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;

class FileSinkTest : public testing::Test {
 protected:
  std::string path() const { return folder_.text() + "/out.zip"; }
  fs::path file() const { return folder_.path() / "out.zip"; }
  fs::path partial() const { return folder_.path() / "out.zip.partial"; }
  TempFolder folder_;
};

TEST_F(FileSinkTest, TakesItsNameOnlyWhenComplete) {
  auto sink = create_output_file(path());
  ASSERT_TRUE(sink) << sink.error().text();
  EXPECT_EQ((*sink)->path(), path() + ".partial");
  ASSERT_TRUE((*sink)->write(bytes_of("hello ").span()));
  ASSERT_TRUE((*sink)->flush());
  ASSERT_TRUE((*sink)->write(bytes_of("world\r\n").span()));
  EXPECT_FALSE(fs::exists(file()));
  ASSERT_TRUE((*sink)->complete());
  EXPECT_EQ((*sink)->path(), path());
  EXPECT_EQ(test::file_text(file()), "hello world\r\n");
  EXPECT_FALSE(fs::exists(partial()));
}

TEST_F(FileSinkTest, StaysPartialWhenItIsNotCompleted) {
  {
    auto sink = create_output_file(path());
    ASSERT_TRUE(sink);
    ASSERT_TRUE((*sink)->write(bytes_of("half").span()));
  }
  EXPECT_EQ(test::file_text(partial()), "half");
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(FileSinkTest, OverwritesNothing) {
  folder_.write("out.zip", "old");
  EXPECT_FALSE(create_output_file(path()));
  EXPECT_FALSE(fs::exists(partial()));
  fs::remove(file());
  folder_.write("out.zip.partial", "old");
  EXPECT_FALSE(create_output_file(path()));
  EXPECT_EQ(test::file_text(partial()), "old");
}

TEST_F(FileSinkTest, DoesNotReplaceWhatAppearedMeanwhile) {
  auto sink = create_output_file(path());
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write(bytes_of("new").span()));
  folder_.write("out.zip", "old");
  EXPECT_FALSE((*sink)->complete());
  EXPECT_EQ(test::file_text(file()), "old");
  EXPECT_EQ(test::file_text(partial()), "new");
}

TEST_F(FileSinkTest, RemovesOnlyWhatItWroteWhenItIsDiscarded) {
  auto sink = create_output_file(path());
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write(bytes_of("new").span()));
  (*sink)->discard();
  EXPECT_FALSE(fs::exists(partial()));
  sink = create_output_file(path());
  ASSERT_TRUE(sink);
  folder_.write("out.zip", "old");
  EXPECT_FALSE((*sink)->complete());
  (*sink)->discard();
  EXPECT_FALSE(fs::exists(partial()));
  EXPECT_EQ(test::file_text(file()), "old");
  fs::remove(file());
  sink = create_output_file(path());
  ASSERT_TRUE(sink && (*sink)->complete());
  (*sink)->discard();
  EXPECT_TRUE(fs::exists(file()));
}

TEST_F(FileSinkTest, SaysWhyItCannotBeCreated) {
  const auto sink = create_output_file(folder_.text() + "/none/out.zip");
  ASSERT_FALSE(sink);
  EXPECT_NE(sink.error().text().find("out.zip"), std::string::npos);
}

#ifndef _WIN32  // there the permissions of std::filesystem say nothing about access lists
TEST_F(FileSinkTest, IsForItsOwnerOnly) {
  auto sink = create_output_file(path());
  ASSERT_TRUE(sink);
  EXPECT_EQ(fs::status(partial()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}
#endif

}  // namespace
}  // namespace hozen
