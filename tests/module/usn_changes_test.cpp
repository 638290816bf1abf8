#include "collector/module/usn_changes.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t kCreate = 0x100, kExtend = 0x2, kDelete = 0x200, kOld = 0x1000,
                        kNew = 0x2000, kClose = 0x8000'0000;
constexpr std::uint64_t kStart = 133'000'000'000'000'000;

FileTime at_second(std::uint64_t seconds) { return FileTime{kStart + seconds * kTicksPerSecond}; }

class UsnChangesTest : public testing::Test {
 protected:
  void add(std::uint64_t file, std::uint32_t reason, std::uint64_t seconds,
           const std::string& path) {
    ntfs::UsnRecord record;
    record.major_version = 2;
    record.file.low = file;
    record.parent.low = std::hash<std::string>{}(path.substr(0, path.rfind('\\')));
    record.reason = reason;
    record.time = at_second(seconds);
    record.attributes = attributes;
    record.name = path.substr(path.rfind('\\') + 1);
    ++count;
    changes.add(record, path, [&] { return "usn-" + std::to_string(count); });
  }
  /// "reason subject", in the order of their times.
  std::vector<std::string> finish() {
    changes.finish([&](Fact fact) { facts.push_back(std::move(fact)); });
    std::stable_sort(facts.begin(), facts.end(),
                     [](const Fact& a, const Fact& b) { return a.time < b.time; });
    std::vector<std::string> texts;
    for (const Fact& fact : facts) {
      EXPECT_EQ(fact.kind, FactKind::file_change);
      EXPECT_FALSE(fact.record.empty());
      texts.push_back(std::string{fact.values["reason"]} + " " + fact.subject);
    }
    return texts;
  }

  UsnChanges changes;
  std::vector<Fact> facts;
  std::uint32_t attributes = 0x20;
  int count = 0;
};

TEST_F(UsnChangesTest, OneFactForEachAct) {
  const std::string path = "C:\\PerfLogs\\1.part1.rar";
  add(40, kCreate, 0, path);
  add(40, kCreate | kExtend, 1, path);
  add(40, kCreate | kExtend | kClose, 60, path);
  add(40, kDelete, 900, path);
  add(40, kDelete | kClose, 900, path);
  EXPECT_THAT(finish(), ElementsAre("created " + path, "deleted " + path));
  EXPECT_EQ(facts[0].time, at_second(0));
  EXPECT_EQ(facts[0].record, "usn-1");
  EXPECT_EQ(facts[0].values["closed"], at_second(60).iso8601());
  EXPECT_EQ(facts[1].time, at_second(900));
  EXPECT_EQ(facts[1].values["created"], at_second(0).iso8601());
}

TEST_F(UsnChangesTest, RenamesFromAndToTheNameOfAnArchive) {
  add(40, kCreate | kExtend | kClose, 0, "C:\\T\\x.tmp");
  add(40, kOld, 5, "C:\\T\\x.tmp");
  add(40, kNew, 5, "C:\\T\\x.rar");
  add(40, kNew | kClose, 5, "C:\\T\\x.rar");
  add(40, kOld, 9, "C:\\T\\x.rar");
  add(40, kNew | kClose, 9, "C:\\T\\x.jpg");
  add(40, kDelete | kClose, 20, "C:\\T\\x.jpg");
  EXPECT_THAT(finish(),
              ElementsAre("renamed C:\\T\\x.rar", "renamed C:\\T\\x.jpg", "deleted C:\\T\\x.jpg"));
  EXPECT_EQ(facts[0].values["from"], "C:\\T\\x.tmp");
  EXPECT_EQ(facts[1].values["from"], "C:\\T\\x.rar");
}

TEST_F(UsnChangesTest, AnArchiveThatIsRenamedWasMadeUnderItsFirstName) {
  add(40, kCreate | kClose, 0, "C:\\T\\a.rar");
  add(40, kOld, 5, "C:\\T\\a.rar");
  add(40, kNew | kClose, 5, "C:\\T\\b.rar");
  EXPECT_THAT(finish(), ElementsAre("created C:\\T\\a.rar", "renamed C:\\T\\b.rar"));
}

TEST_F(UsnChangesTest, AnArchiverThatIsRenamedIsToldOnce) {
  add(1, kOld, 1, "C:\\T\\rar.exe");
  add(1, kNew, 1, "C:\\T\\svch.exe");
  add(1, kNew | kClose, 1, "C:\\T\\svch.exe");
  add(2, kOld, 2, "C:\\T\\rar.exe");
  add(2, kNew, 2, "C:\\U\\rar.exe");
  add(3, kOld, 3, "C:\\T\\a.exe");
  add(3, kNew, 3, "C:\\T\\b.exe");
  EXPECT_THAT(finish(), ElementsAre("renamed C:\\T\\svch.exe"));
  EXPECT_EQ(facts[0].values["from"], "C:\\T\\rar.exe");
}

TEST_F(UsnChangesTest, OtherFilesFoldersAndWhatWindowsPacksAreNone) {
  add(40, kCreate | kClose, 0, "C:\\T\\a.txt");
  add(41, kExtend | kClose, 0, "C:\\T\\old.rar");  // was there before
  add(42, kCreate | kClose, 0, "C:\\Windows\\Logs\\CBS\\x.cab");
  add(44, kOld, 0, "C:\\T\\a.doc");
  add(44, kNew, 0, "C:\\T\\b.doc");
  attributes = 0x10;
  add(43, kCreate | kClose, 0, "C:\\T\\folder.rar");
  EXPECT_THAT(finish(), IsEmpty());
}

TEST_F(UsnChangesTest, BurstsOfCopiesWhereNobodyWorks) {
  for (std::uint64_t i = 0; i < 12; ++i)
    add(100 + i, kCreate | kExtend | kClose, i * 10,
        "C:\\PerfLogs\\d" + std::to_string(i) + ".docx");
  for (std::uint64_t i = 0; i < 9; ++i)  // too few, later
    add(200 + i, kCreate | kClose, 5000 + i, "C:\\PerfLogs\\e" + std::to_string(i) + ".docx");
  EXPECT_THAT(finish(), ElementsAre("burst C:\\PerfLogs"));
  EXPECT_EQ(facts[0].values["count"], "12");
  EXPECT_EQ(facts[0].values["documents"], "12");
  EXPECT_EQ(facts[0].values["last"], at_second(110).iso8601());
  EXPECT_EQ(facts[0].values["names"], "d0.docx\nd1.docx\nd2.docx\nd3.docx\nd4.docx");
}

TEST_F(UsnChangesTest, WhatExplorerDeletesAndUsersCopyIsNoBurst) {
  for (std::uint64_t i = 0; i < 30; ++i)
    add(100 + i, kCreate | kClose, i,
        "C:\\$Recycle.Bin\\S-1-5-21-1\\$I" + std::to_string(i) + ".docx");
  for (std::uint64_t i = 0; i < 30; ++i)
    add(200 + i, kCreate | kClose, i, "C:\\Windows\\Temp\\" + std::to_string(i) + ".docx");
  EXPECT_THAT(finish(), IsEmpty());
}

TEST_F(UsnChangesTest, WhatUsersCopyIsNoBurst) {
  for (std::uint64_t i = 0; i < 30; ++i)
    add(100 + i, kCreate | kClose, i, "C:\\Users\\eve\\Documents\\" + std::to_string(i) + ".docx");
  EXPECT_THAT(finish(), IsEmpty());
}

TEST_F(UsnChangesTest, KeepsTheNewestAndCountsTheRest) {
  const std::uint64_t many = UsnChanges::kMaxFacts + 5;
  for (std::uint64_t i = 0; i < many; ++i)
    add(1000 + i, kDelete | kClose, i, "C:\\T\\" + std::to_string(i) + ".rar");
  EXPECT_EQ(finish().size(), UsnChanges::kMaxFacts);
  EXPECT_EQ(changes.left_out(), 5U);
  EXPECT_EQ(facts.front().subject, "C:\\T\\5.rar");
}

}  // namespace
}  // namespace hozen
