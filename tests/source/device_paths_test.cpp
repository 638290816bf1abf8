#include "collector/source/device_paths.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

DevicePaths paths() {
  DevicePaths paths;
  paths.add("\\Device\\HarddiskVolume3", "C:");
  paths.add("\\Device\\HarddiskVolume33\\", "D:");
  paths.add("\\??\\C:\\folder", "S:");  // subst
  return paths;
}

TEST(DevicePaths, AreTheOnesThatProgramsUse) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"(\Device\HarddiskVolume3\Windows\a.dll)", R"(C:\Windows\a.dll)"},
      {R"(\DEVICE\harddiskvolume3\a.dll)", R"(C:\a.dll)"},
      {R"(\Device\HarddiskVolume33\a.dll)", R"(D:\a.dll)"},
      {R"(\Device\Mup\server\share\a.dll)", R"(\\server\share\a.dll)"},
      {R"(\Device\Mup\;LanmanRedirector\;Z:00000000000a1b2c\server\share\a.dll)",
       R"(\\server\share\a.dll)"},
      {R"(\Device\LanmanRedirector\;Z:0000\server\share\a.dll)", R"(\\server\share\a.dll)"},
      {R"(\??\C:\証拠\a.dll)", R"(C:\証拠\a.dll)"},
      {R"(\\?\C:\a.dll)", R"(C:\a.dll)"},
      {R"(\??\UNC\server\share\a.dll)", R"(\\server\share\a.dll)"},
      {R"(C:\a.dll)", R"(C:\a.dll)"},
      {R"(\\server\share\a.dll)", R"(\\server\share\a.dll)"},
      {"", ""},
  };
  for (const auto& [native, expected] : cases)
    EXPECT_EQ(paths().windows_path(native), expected) << native;
}

TEST(DevicePaths, StayAsTheyAreWithoutALetter) {
  for (const std::string_view native :
       {R"(\Device\HarddiskVolume4\a.dll)", R"(\Device\HarddiskVolume3x\a.dll)",
        R"(\??\Volume{01234567-0000-0000-0000-000000000000}\a.dll)", R"(\??\UNCLE\a.dll)",
        R"(\SystemRoot\a.dll)", R"(\Device\MupX\a.dll)"})
    EXPECT_EQ(paths().windows_path(native), native);
}

}  // namespace
}  // namespace hozen
