#include "collector/module/service_baseline.h"

#include <gtest/gtest.h>

#include <set>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr InboxService kTable[] = {
#include "modules/persistence/service_baseline.inc"
};

struct PathCase {
  const char* pattern;
  const char* file;
  bool matches;
};

TEST(ServiceBaseline, PathsMatchByComponent) {
  const EvidencePath windows = EvidencePath{"C:"} / "Windows";
  const PathCase cases[] = {
      {"System32\\a.dll", "C:\\Windows\\System32\\a.dll", true},
      {"System32\\a.dll", "C:\\WINDOWS\\system32\\A.DLL", true},
      {"System32\\a.dll", "D:\\Windows\\System32\\a.dll", false},
      {"System32\\a.dll", "C:\\Windows\\System32\\b\\a.dll", false},
      {"System32\\a.dll", "C:\\Windows\\SysWOW64\\a.dll", false},
      {"System32\\a.dll", "C:\\Windows.old\\System32\\a.dll", false},
      {"System32\\a.dll", "C:\\a.dll", false},
      {"System32\\a.exe", "C:\\Windows\\System32\\a", true},
      {"System32\\a.dll", "C:\\Windows\\System32\\a", false},
      {"%ProgramFiles%\\V\\a.exe", "C:\\Program Files\\V\\a.exe", true},
      {"%ProgramFiles%\\V\\a.exe", "C:\\Program Files (x86)\\V\\a.exe", true},
      {"%ProgramFiles%\\V\\a.exe", "C:\\Program Files\\W\\V\\a.exe", false},
      {"%ProgramFiles%\\V\\a.exe", "D:\\Program Files\\V\\a.exe", false},
      {"%ProgramData%\\V\\*\\a.exe", "C:\\ProgramData\\V\\4.1-0\\a.exe", true},
      {"%ProgramData%\\V\\*\\a.exe", "D:\\ProgramData\\V\\4.1-0\\a.exe", false},
      {"%ProgramData%\\V\\*\\a.exe", "C:\\ProgramData\\V\\4.1-0\\x\\a.exe", false},
      {"%ProgramData%\\V\\a*.sys",
       "C:\\Documents and Settings\\All Users\\Application "
       "Data\\V\\a1.sys",
       true},
  };
  for (const auto& one : cases)
    EXPECT_EQ(matches_inbox_path(one.pattern, *EvidencePath::parse(one.file), windows), one.matches)
        << one.pattern << " " << one.file;
}

TEST(ServiceBaseline, RowsAreWellFormed) {
  std::set<std::string> rows;
  for (const auto& row : kTable) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_FALSE(row.image.empty()) << row.name;
    EXPECT_LT(row.first_build, row.last_build) << row.name;
    for (const auto part : {row.image, row.library}) {
      const bool rooted = part.empty() || part.find('\\') != std::string_view::npos;
      EXPECT_TRUE(rooted && part.find(':') == std::string_view::npos && !part.starts_with('\\'))
          << row.name << ": " << part;
    }
    // A library is loaded by a host: svchost.exe, lsass.exe.
    EXPECT_TRUE(row.library.empty() || row.image.ends_with("svchost.exe") ||
                row.image.ends_with("lsass.exe"))
        << row.name;
    // What a program that does as it is told is told; svchost.exe's groups are rules of their own.
    const auto name = row.image.substr(row.image.rfind('\\') + 1);
    EXPECT_EQ(row.arguments.empty(), !is_host_program(name) || name == "svchost.exe") << row.name;
    EXPECT_TRUE(rows.insert(fold_case(row.name) + " " + fold_case(row.image) + " " +
                            fold_case(row.library) + " " + std::to_string(row.first_build))
                    .second)
        << row.name << " stands twice";
  }
}

TEST(ServiceBaseline, KnowsNamesInAnyCaseAndMadeUpOnes) {
  const ServiceBaseline baseline{kTable};
  EXPECT_TRUE(baseline.knows("WUAUSERV"));
  EXPECT_TRUE(baseline.knows("MpKsl01234567"));
  EXPECT_FALSE(baseline.knows("wuauserv2"));
  EXPECT_FALSE(baseline.knows(""));
}

}  // namespace
}  // namespace hozen
