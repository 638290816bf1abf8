#include "collector/base/native_file.h"

#include <gtest/gtest.h>

#include <fstream>

namespace hozen {
namespace {

TEST(NativeFile, ReadsAnywhereAndEndsAtItsEnd) {
  const std::string path = testing::TempDir() + "hozen_native_file";
  std::ofstream{path, std::ios::binary} << "0123456789";
  auto file = open_native_file(path);
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ((*file)->size(), 10u);
  std::byte out[4];
  ASSERT_TRUE((*file)->read(5, out));
  EXPECT_EQ(out[0], std::byte{'5'});
  EXPECT_EQ(*(*file)->read_some(8, out), 2u);
  EXPECT_EQ(*(*file)->read_some(10, out), 0u);
  EXPECT_EQ(*(*file)->read_some(1000, out), 0u);
}

TEST(NativeFile, SaysWhyItCannotBeOpened) {
  const auto missing = open_native_file(testing::TempDir() + "hozen_no_such_file");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  const auto folder = open_native_file(testing::TempDir());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, Errc::io);
}

}  // namespace
}  // namespace hozen
