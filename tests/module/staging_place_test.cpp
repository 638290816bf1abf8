#include "collector/module/staging_place.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

std::optional<StagingKind> kind_of(std::string_view path) {
  const auto place = staging_place(path);
  return place ? std::optional{place->kind} : std::nullopt;
}

TEST(StagingPlace, FoldersWhereNobodyWorks) {
  for (const std::string_view path :
       {"C:\\$Recycle.Bin\\1.rar", "C:\\$Recycle.Bin\\S-1-5-18\\1.rar",
        "C:\\PerfLogs\\Admin\\a.rar", "C:\\Windows\\a.rar", "c:\\windows\\debug\\a.rar",
        "C:\\Windows\\System32\\a.rar", "C:\\ProgramData\\a.rar", "C:\\RECYCLER\\a.rar",
        "\\DEVICE\\HARDDISKVOLUME2\\PERFLOGS\\A.RAR", "C:\\$Recycle.Bin\\dc.rar"})
    EXPECT_EQ(kind_of(path), StagingKind::hidden) << path;
  EXPECT_EQ(kind_of("C:\\Users\\Public\\a.rar"), StagingKind::shared);
  EXPECT_EQ(kind_of("C:\\Windows\\AdminArsenal\\Runner\\a.7z.001"), StagingKind::shared);
  EXPECT_EQ(kind_of("C:\\inetpub\\wwwroot\\a.rar"), StagingKind::web);
  EXPECT_EQ(kind_of("C:\\Windows\\Temp\\a.rar"), StagingKind::temporary);
  EXPECT_EQ(kind_of("C:\\Users\\eve\\AppData\\Local\\Temp\\a.rar"), StagingKind::temporary);
}

TEST(StagingPlace, FoldersOfPeopleProgramsAndUpdates) {
  for (const std::string_view path :
       {"C:\\Users\\eve\\Documents\\a.rar", "D:\\Backup\\a.7z", "C:\\Program Files\\x\\a.7z",
        "C:\\ProgramData\\Vendor\\a.zip", "C:\\Windows\\SoftwareDistribution\\a.cab",
        "C:\\Windows\\Installer\\a.cab", "C:\\$Recycle.Bin\\S-1-5-21-1\\$RABCDEF.rar",
        "C:\\$Recycle.Bin\\S-1-5-21-1\\$IABCDEF.rar", "C:\\RECYCLER\\S-1-5-21-1\\Dc1.rar", "a.rar",
        "C:\\a.rar", "", "\\\\srv\\share\\a.rar"})
    EXPECT_EQ(kind_of(path), std::nullopt) << path;
}

}  // namespace
}  // namespace hozen
