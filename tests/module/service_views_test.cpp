#include "collector/module/service_views.h"

#include <gtest/gtest.h>

#include <string>

#include "collector/module/service_rules.h"
#include "collector/source/environment.h"

namespace hozen {
namespace {

std::string image(std::string_view text, bool driver = false) {
  Environment environment;
  environment.set("SystemRoot", "C:\\Windows");
  environment.set("ProgramFiles", "C:\\Program Files");
  return comparable_image(text, driver, &environment, EvidencePath{"C:"} / "Windows");
}

TEST(ServiceViews, SpellingsOfTheSameProgramAreTheSame) {
  const std::string expected = image("C:\\Windows\\System32\\svchost.exe -k netsvcs");
  for (const std::string_view text : {"%SystemRoot%\\system32\\svchost.exe -k netsvcs",
                                      "\"%systemroot%\\System32\\svchost.exe\" -k netsvcs",
                                      "\\??\\C:\\Windows\\system32\\svchost.exe -k netsvcs ",
                                      "\\SystemRoot\\system32\\svchost.exe -k netsvcs"})
    EXPECT_EQ(image(text), expected) << text;
  EXPECT_EQ(image(std::string_view{"C:\\a.exe\0", 9}), image("c:\\A.EXE"));
  EXPECT_EQ(image("System32\\drivers\\a.sys", true),
            image("\\SystemRoot\\System32\\Drivers\\A.sys", true));
}

TEST(ServiceViews, OtherProgramsAndArgumentsAreNot) {
  const std::string expected = image("C:\\Windows\\System32\\svchost.exe -k netsvcs");
  for (const std::string_view text :
       {"D:\\Windows\\System32\\svchost.exe -k netsvcs", "C:\\Windows\\System32\\svchost.exe",
        "C:\\Windows\\SysWOW64\\svchost.exe -k netsvcs",
        "C:\\Windows\\System32\\svchost.exe -k netsvcs -p", "svchost.exe -k netsvcs", ""})
    EXPECT_NE(image(text), expected) << text;
  // Of a service this is relative to some other folder.
  EXPECT_NE(image("System32\\a.exe"), image("C:\\Windows\\System32\\a.exe"));
}

TEST(ServiceViews, SpellingsOfTheSameAccountAreTheSame) {
  const auto account = [](std::string_view text) { return comparable_account(text, "HOST"); };
  for (const std::string_view text : {"", "LocalSystem", ".\\LocalSystem", "NT AUTHORITY\\SYSTEM",
                                      "nt authority\\localsystem", "S-1-5-18"})
    EXPECT_EQ(account(text), "S-1-5-18") << text;
  for (const std::string_view text :
       {"NT AUTHORITY\\LocalService", "NT AUTHORITY\\LOCAL SERVICE", "LocalService"})
    EXPECT_EQ(account(text), "S-1-5-19") << text;
  EXPECT_EQ(account(".\\alice"), account("host\\Alice"));
  EXPECT_NE(account("DOMAIN\\alice"), account(".\\alice"));
  EXPECT_NE(account(".\\alice"), account(".\\bob"));
}

}  // namespace
}  // namespace hozen
