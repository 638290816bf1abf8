#include "collector/base/native_path.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

#ifdef _WIN32
TEST(NativePath, IsAbsoluteWithTheLongPrefix) {
  EXPECT_EQ(native_path("C:\\a\\..\\b/c").native(), LR"(\\?\C:\b\c)");
  EXPECT_EQ(native_path("\\\\server\\share\\x").native(), LR"(\\?\UNC\server\share\x)");
  EXPECT_EQ(native_path("\\\\?\\C:\\x.").native(), LR"(\\?\C:\x.)");
  EXPECT_EQ(native_path("C:\\日本\\\xED\xA0\x80").native(),
            std::wstring{L"\\\\?\\C:\\日本\\"} + wchar_t{0xD800});
  EXPECT_TRUE(native_path("x.zip").native().starts_with(LR"(\\?\)"));
  EXPECT_TRUE(native_path("").empty());
}

TEST(NativePath, TextHasNoPrefix) {
  EXPECT_EQ(native_text(native_path("C:\\日本\\a")), "C:\\日本\\a");
  EXPECT_EQ(native_text(native_path("\\\\server\\share\\x")), "\\\\server\\share\\x");
  EXPECT_EQ(native_text(NativePath{LR"(\\?\Volume{1}\x)"}), "\\\\?\\Volume{1}\\x");
}

TEST(NativePath, ChildIsOneComponent) {
  EXPECT_EQ(native_child(native_path("C:\\a"), "b.").native(), LR"(\\?\C:\a\b.)");
  EXPECT_EQ(native_child(native_path("C:\\"), "b").native(), LR"(\\?\C:\b)");
}
#else
TEST(NativePath, KeepsTheBytes) {
  EXPECT_EQ(native_path("/a/\xFF/日本").native(), "/a/\xFF/日本");
  EXPECT_EQ(native_text(native_path("/a/\xFF/日本")), "/a/\uFFFD/日本");
  EXPECT_TRUE(native_path("").empty());
}

TEST(NativePath, ChildIsBelowItsParent) {
  EXPECT_EQ(native_child(native_path("/a"), "b\\c").native(), "/a/b\\c");
  EXPECT_EQ(native_child(native_path("/"), "b").native(), "/b");
  EXPECT_EQ(native_child(native_path(""), "b").native(), "b");
}
#endif

}  // namespace
}  // namespace hozen
