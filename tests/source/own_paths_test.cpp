// Paths that a Windows wrote down, read where its volume and folders lie in the evidence.
#include "collector/source/own_paths.h"

#include <gtest/gtest.h>

#include "tests/source/resolver_machine.h"

namespace hozen {
namespace {

EvidencePath path(std::string_view text) { return *EvidencePath::parse(text); }

OwnPaths on_volume(std::string_view volume) {
  return {path("C:\\Windows"), path(std::string{volume} + "\\Windows"), {}};
}

OwnPaths windows_old() {
  return {path("C:\\Windows"),
          path("C:\\Windows.old\\Windows"),
          {path("C:\\Windows.old\\Program Files"), path("C:\\Windows.old\\Program Files (x86)"),
           path("C:\\Windows.old\\Users\\bob")}};
}

struct TextCase {
  const char *text, *here;
};

TEST(OwnPaths, LettersAreThoseOfTheEvidence) {
  const OwnPaths own = on_volume("D:");
  for (const TextCase& one : std::initializer_list<TextCase>{
           {"C:\\Windows\\x.exe", "D:\\Windows\\x.exe"},
           {"\"c:/Windows/x.exe\" C:\\a C:\\b", "\"D:/Windows/x.exe\" D:\\a D:\\b"},
           {"\\??\\C:\\x.sys", "\\??\\D:\\x.sys"},
           {"file:///C:/x.url", "file:///D:/x.url"},
           {"%SystemRoot%\\a;C:\\b;C:", "%SystemRoot%\\a;D:\\b;D:"},
           {"C:x.exe", "D:x.exe"},
           // The D: that this Windows means is not the D: it lies on here.
           {"D:\\Windows\\x.exe", "volume0\\Windows\\x.exe"},
           {"E:\\Windows\\x.exe", "E:\\Windows\\x.exe"},
           {"HKLM:\\Software\\x abc:\\y", "HKLM:\\Software\\x abc:\\y"},
           {"findstr /c:word", "findstr /c:word"},
           {"", ""}})
    EXPECT_EQ(own.letters(one.text), one.here) << one.text;
  EXPECT_EQ(on_volume("volume1").letters("C:\\x C:\\y"), "volume1\\x volume1\\y");
  for (const char* same : {"C:\\Windows\\x", "D:\\Windows\\x"}) {
    EXPECT_EQ(on_volume("C:").letters(same), same);
    EXPECT_EQ(OwnPaths{}.letters(same), same);
  }
}

TEST(OwnPaths, FoldersThatAnUpgradeMovedAreReadWhereTheyLie) {
  const OwnPaths own = windows_old();
  for (const TextCase& one : std::initializer_list<TextCase>{
           {"C:\\Windows", "C:\\Windows.old\\Windows"},
           {"c:/windows/system32/x.exe", "C:\\Windows.old\\Windows/system32/x.exe"},
           {"\"C:\\Program Files\\a b\\x.exe\" C:\\Windows\\y",
            "\"C:\\Windows.old\\Program Files\\a b\\x.exe\" C:\\Windows.old\\Windows\\y"},
           {"C:\\Program Files (x86)\\x.exe", "C:\\Windows.old\\Program Files (x86)\\x.exe"},
           {"cd /d C:\\Users\\bob & x", "cd /d C:\\Windows.old\\Users\\bob & x"},
           // Whoever has gone to the new Windows.
           {"C:\\Users\\ann\\x.exe", "C:\\Users\\ann\\x.exe"},
           {"C:\\ProgramData\\x.exe", "C:\\ProgramData\\x.exe"},
           {"C:\\Tools\\Windows\\x.exe", "C:\\Tools\\Windows\\x.exe"},
           {"D:\\Windows\\x.exe", "D:\\Windows\\x.exe"},
           {"C:\\Windows2\\x.exe", "C:\\Windows2\\x.exe"},
           {"C:\\", "C:\\"}}) {
    EXPECT_EQ(own.folders(one.text), one.here) << one.text;
    EXPECT_EQ(own.folders(own.folders(one.text)), one.here) << one.text;
    EXPECT_EQ(OwnPaths{}.folders(one.text), one.text);
  }
}

TEST(OwnPaths, AreSteppedThroughByTheResolver) {
  const OwnPaths own = on_volume("D:");
  Environment environment;
  environment.set("SystemRoot", "D:\\Windows");
  environment.set("Path", "%SystemRoot%\\System32");
  ResolverContext context;
  context.environment = &environment;
  context.own_paths = &own;
  context.file_exists = [](const EvidencePath& file) {
    if (file.volume() == kVolumeElsewhere) return Existence::unknown;
    return file.volume() == "D:" ? Existence::exists : Existence::missing;
  };
  const auto literal = resolve_command_line("C:\\Windows\\System32\\a.exe -x", context);
  EXPECT_EQ(literal.image, "D:\\Windows\\System32\\a.exe");
  EXPECT_EQ(literal.image_existence, Existence::exists);
  ASSERT_FALSE(literal.steps.empty());
  EXPECT_EQ(literal.steps[0], "C: of this Windows is D: here: D:\\Windows\\System32\\a.exe -x");
  // A variable is the evidence's already, and is not read a second time.
  EXPECT_EQ(resolve_command_line("%SystemRoot%\\a.exe", context).image, "D:\\Windows\\a.exe");
  const auto other = resolve_command_line("D:\\Windows\\explorer.exe", context);
  EXPECT_EQ(other.image, "volume0\\Windows\\explorer.exe");
  EXPECT_EQ(other.image_existence, Existence::unknown);
  EXPECT_EQ(resolve_command_line("\\\\localhost\\C$\\a.exe", context).image, "D:\\a.exe");
  context.app_path = [](std::string_view name) {
    return name == "a.exe" ? std::optional<std::string>{"C:\\App\\a.exe"} : std::nullopt;
  };
  context.file_exists = [](const EvidencePath& file) {
    return file.text() == "D:\\App\\a.exe" ? Existence::exists : Existence::missing;
  };
  EXPECT_EQ(resolve_command_line("a.exe", context).image, "D:\\App\\a.exe");
  context.working_directory = "C:\\App";
  const auto in_cmd = resolve_command_line("cmd.exe /c a.exe", context);
  EXPECT_EQ(in_cmd.payload, "D:\\App\\a.exe") << testing::PrintToString(in_cmd.steps);
}

TEST(OwnPaths, AFileBesideAMovedFolderIsNotLookedForInThere) {
  const OwnPaths own = windows_old();
  EXPECT_EQ(own.unmoved(path("C:\\Windows.old\\Program.exe")).text(), "C:\\Program.exe");
  EXPECT_EQ(own.unmoved(path("C:\\Windows.old\\Program Files\\A.exe")).text(),
            "C:\\Windows.old\\Program Files\\A.exe");
  EXPECT_EQ(own.unmoved(path("C:\\Windows.old\\Users\\bob\\A.exe")).text(),
            "C:\\Windows.old\\Users\\bob\\A.exe");
  EXPECT_EQ(OwnPaths{}.unmoved(path("C:\\Windows.old\\x")).text(), "C:\\Windows.old\\x");
}

}  // namespace
}  // namespace hozen
