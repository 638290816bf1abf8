#include "collector/module/installed_file.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

TEST(InstalledFile, IsTheSameHoweverItIsNamed) {
  for (const char* image :
       {"%SystemRoot%\\u v.exe", "%windir%\\u v.exe", "C:\\Windows\\u v.exe", "C:\\WINNT\\U V.EXE",
        "\\SystemRoot\\u v.exe", "\\??\\C:\\Windows\\u v.exe", "\\\\10.0.0.9\\ADMIN$\\u v.exe",
        "\\\\h\\C$\\Windows\\u v.exe", "\"C:\\Windows\\u v.exe\" -k x", "C:\\Windows\\u v.exe -k x",
        "  %SystemRoot%\\u v.exe ", "C:\\Windows\\.\\u v.exe", "C:\\\\Windows\\x\\..\\u v.exe",
        "C:/Windows/u v.exe", "\\\\h\\ADMIN$\\.\\x\\..\\u v.exe"})
    EXPECT_EQ(file_key(image), "<W>\\U V.EXE") << image;
  EXPECT_EQ(file_key("System32\\drivers\\a.sys"), "<W>\\SYSTEM32\\DRIVERS\\A.SYS");
  EXPECT_EQ(file_key("%SystemRoot%\\a"), "<W>\\A.EXE");
  EXPECT_EQ(file_key("\\\\h\\D$\\x\\a.exe"), "D:\\X\\A.EXE");
  EXPECT_EQ(file_key("C:\\a.exe.b\\c.exe -x"), "C:\\A.EXE.B\\C.EXE");
  EXPECT_EQ(file_key("C:\\..\\..\\x.exe"), "C:\\X.EXE");
  EXPECT_EQ(file_key_of_path("C:\\a b\\c"), "C:\\A B\\C.EXE");
}

TEST(InstalledFile, OfDamagedTexts) {
  for (const char* image : {"", "\"", "\"\"", "\\", "\\\\", "\\\\h", "\\\\h\\", "\\\\\\", "\\??\\",
                            "$", "\\\\h\\C$", "\\\\h\\C$\\", " ", ".exe"})
    EXPECT_NE(file_key(image), "<W>\\U.EXE") << image;
}

TEST(WriteMask, RightsThatWrite) {
  for (const char* mask :
       {"0x2", "0x4", "0x12019f", "0x1f01ff", "0x40000000", "", "%%4417", "0xzz"})
    EXPECT_TRUE(is_write_mask(mask)) << mask;
  for (const char* mask : {"0x1", "0x120089", "0x100081", "0x80", "0x10000"})
    EXPECT_FALSE(is_write_mask(mask)) << mask;
}

TEST(OnShare, AdministrativeSharesOfHosts) {
  for (const char* image : {"\\\\10.0.0.9\\ADMIN$\\a.exe", "\"\\\\h\\C$\\a b.exe\" x"})
    EXPECT_TRUE(is_on_share(image)) << image;
  for (const char* image :
       {"C:\\a$\\b.exe", "\\\\?\\C:\\u$\\a.exe", "\\\\.\\x$\\a", "\\\\srv\\tools\\a.exe", ""})
    EXPECT_FALSE(is_on_share(image)) << image;
}

}  // namespace
}  // namespace hozen
