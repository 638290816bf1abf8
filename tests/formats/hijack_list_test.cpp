// Lists of DLLs in the format of HijackLibs. The entries are made up.
#include "collector/formats/hijack_list.h"

#include <gmock/gmock.h>

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kTwo[] = R"(---
Name: Example.dll
Author: Somebody
Vendor: Example Co
ExpectedLocations:
- '%SYSTEM32%'
  # a remark
- '%PROGRAMFILES%\Example: Suite'
ExpectedSignatureInformation:
- Subject: CN=Example, O=Example Co
  Issuer: CN=Some CA
  Type: Authenticode
VulnerableExecutables:
- Path: '%PROGRAMFILES%\Example\run.exe'
  Type: Sideloading
  SHA256:
  - ABCDEF0123456789
  - "0011"
  ExpectedSignatureInformation:
  - Subject: CN=Other, O=Other Co
    Type: Authenticode
  Condition: version 1.0: and before
- Path: '%SYSTEM32%\tool.exe'   # the one of Windows
  Type: 'Environment Variable'
  Variable: SYSTEMROOT
Resources:
- https://example.org/a
Acknowledgements:
- Name: Somebody Else
---
Name: a''b.dll
ExpectedLocations:
  - '%APPDATA%\It''s'
VulnerableExecutables:
  - Path: c:\x.exe
    Type: Phantom
)";

TEST(HijackListTest, ReadsSeveralDocumentsOfOneFile) {
  const auto list = parse_hijack_list(kTwo);
  ASSERT_TRUE(list);
  EXPECT_THAT(list->problems, IsEmpty());
  ASSERT_EQ(list->entries.size(), 2u);
  const HijackListEntry& quoted = list->entries[0];
  EXPECT_EQ(quoted.name, "a''b.dll");  // quotes within a plain text are its own
  EXPECT_THAT(quoted.expected_locations, ElementsAre("%APPDATA%\\It's"));
  ASSERT_EQ(quoted.ways.size(), 1u);
  EXPECT_EQ(quoted.ways[0].path, "c:\\x.exe");
  const HijackListEntry& one = list->entries[1];
  EXPECT_EQ(one.name, "example.dll");
  EXPECT_EQ(one.vendor, "Example Co");
  EXPECT_THAT(one.expected_locations, ElementsAre("%SYSTEM32%", "%PROGRAMFILES%\\Example: Suite"));
  EXPECT_THAT(one.expected_signers, ElementsAre("CN=Example, O=Example Co"));
  ASSERT_EQ(one.ways.size(), 2u);
  EXPECT_EQ(one.ways[0].path, "%PROGRAMFILES%\\Example\\run.exe");
  EXPECT_EQ(one.ways[0].type, "Sideloading");
  EXPECT_THAT(one.ways[0].sha256, ElementsAre("abcdef0123456789", "0011"));
  EXPECT_EQ(one.ways[1].path, "%SYSTEM32%\\tool.exe");
  EXPECT_EQ(one.ways[1].type, "Environment Variable");
  EXPECT_EQ(one.ways[1].variable, "SYSTEMROOT");
}

TEST(HijackListTest, DocumentsWithoutMarksBetweenThemAndOtherLineEnds) {
  const auto list =
      parse_hijack_list("\xEF\xBB\xBFName: a.dll\r\nVendor: A\r\nName: b.dll\r\nVendor: 'B'\r\n");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->entries.size(), 2u);
  EXPECT_EQ(list->entries[0].name, "a.dll");
  EXPECT_EQ(list->entries[1].vendor, "B");
}

TEST(HijackListTest, WhatIsNoListIsRefused) {
  for (const char* const text : {"", "hello", "- a\n- b\n", "{\"a\": 1}", "Vendor: x\n"}) {
    const auto list = parse_hijack_list(text);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().code, Errc::malformed);
  }
}

TEST(HijackListTest, DamageCostsTheDocumentAlone) {
  std::string deep = "Name: c.dll\nExpectedLocations:\n- c:\\c\n";
  for (int i = 0; i < 40; ++i)
    deep += std::string(static_cast<std::size_t>(i) * 2, ' ') + "key" + std::to_string(i) + ":\n";
  const auto list = parse_hijack_list("---\nVulnerableExecutables:\n- Path: x.exe\n---\n" + deep +
                                      "---\nName: d.dll\nExpectedLocations:\n- c:\\d\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->entries.size(), 2u);
  ASSERT_GE(list->problems.size(), 2u);
  EXPECT_THAT(list->problems.front().text(), HasSubstr("without a Name"));
  EXPECT_THAT(list->problems.back().text(), HasSubstr("too many levels"));
}

TEST(HijackListTest, WhatIsNotReadIsAProblemAndNothingElse) {
  const auto problems_of = [](const std::string& lines) {
    const auto list = parse_hijack_list("Name: a.dll\n" + lines);
    EXPECT_TRUE(list);
    std::string texts;
    if (list)
      for (const Error& one : list->problems) texts += one.text() + "\n";
    return texts;
  };
  const std::string places = "ExpectedLocations:\n- c:\\a\n";
  EXPECT_EQ(problems_of(places), "");
  for (const char* const text :
       {"ExpectedLocations: ['c:\\a', 'c:\\b']\n", "ExpectedLocations: &all\n- c:\\a\n",
        "ExpectedLocations:\n- *all\n", "VulnerableExecutables:\n- {Path: c:\\x.exe}\n",
        "<<: *a\n"})
    EXPECT_THAT(problems_of(text), HasSubstr("it is not read")) << text;
  // Fields that say nothing to us, texts in quotes, and a list that is empty.
  EXPECT_EQ(problems_of(places + "Resources: [https://a, https://b]\nTags:\n- *all\n"), "");
  EXPECT_EQ(problems_of("ExpectedLocations:\n- '[c:\\a]'\n"), "");
  EXPECT_THAT(problems_of("Vendor: A\n"), HasSubstr("'a.dll' has no ExpectedLocations"));
  EXPECT_THAT(problems_of("ExpectedLocations: []\n"), Not(HasSubstr("not read")));
  // What no Windows brings has no place.
  EXPECT_EQ(problems_of("VulnerableExecutables:\n- Path: c:\\x.exe\n  Type: Phantom\n"), "");
}

}  // namespace
}  // namespace hozen
