#include <gtest/gtest.h>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "tests/builders/fake_context.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/ntfs_side_builder.h"

namespace hozen {
namespace modules {
extern const ModuleSpec usn_journal;
}  // namespace modules
namespace {

using builders::NtfsBuilder;
using builders::NtfsBytes;
using builders::UsnBuilder;

class UsnJournalTest : public testing::Test {
 protected:
  /// `head`: bytes at the journal's beginning that have no clusters.
  void add_journal(NtfsBytes journal, std::uint64_t head = 0) {
    source.add_volume({"C:", std::nullopt, "NTFS", {}});
    fake::Entry& entry = source.add_file(EvidencePath{"C:"} / "$Extend" / "$UsnJrnl", {});
    entry.facts.sparse_head_bytes = head;
    entry.streams["$J"] = std::move(journal);
  }
  /// What tells of the journal as a whole goes into `whole`.
  void run() {
    ASSERT_TRUE(modules::usn_journal.run(context));
    if (context.records.empty() || context.records.back().kind != "usn_journal") return;
    whole = context.records.back();
    context.records.pop_back();
  }

  fake::Record whole;
  fake::FakeSource source;
  fake::Context context{source, nullptr};
};

TEST_F(UsnJournalTest, WritesRecordsWithThePathsOfTheFileTable) {
  NtfsBuilder disk;
  const auto folder = disk.folder(disk.root(), "Temp");
  UsnBuilder::Spec spec;
  spec.name = u"gone.exe";
  spec.file = builders::ntfs_reference(40, 3);
  spec.parent = folder.to_u64();
  spec.reason = 0x8000'0200;
  add_journal(UsnBuilder{}.v2(spec).bytes());
  source.add_file(EvidencePath{"C:"} / "$MFT", disk.table());
  run();
  ASSERT_EQ(context.records.size(), 1u);
  const fake::Record& record = context.records[0];
  EXPECT_EQ(record.kind, "usn");
  EXPECT_EQ(record["name"], "gone.exe");
  EXPECT_EQ(record["path"], "C:\\Temp\\gone.exe");
  EXPECT_EQ(record["path_state"], "exact");
  EXPECT_EQ(record.json_of("reasons"), R"(["file_delete","close"])");
  EXPECT_EQ(record["mft_record"], "40");
  EXPECT_EQ(record["sequence"], "3");
  EXPECT_EQ(record["time"], builders::kNtfsTime.iso8601());
  ASSERT_EQ(record.timestamps.size(), 1u);
  EXPECT_EQ(record.timestamps[0].second, builders::kNtfsTime);
  EXPECT_EQ(record.artifact, std::optional<std::uint32_t>{0});
  EXPECT_TRUE(context.has_collected("C:\\$Extend\\$UsnJrnl:$J"));
  EXPECT_TRUE(context.notes.empty());
}

TEST_F(UsnJournalTest, StatesWhatBecameOfArchives) {
  NtfsBuilder disk;
  const auto folder = disk.folder(disk.root(), "PerfLogs");
  UsnBuilder journal;
  UsnBuilder::Spec spec;
  spec.name = u"1.part1.rar";
  spec.file = builders::ntfs_reference(40, 3);
  spec.parent = folder.to_u64();
  for (const std::uint32_t reason : {0x100U, 0x102U, 0x8000'0102U, 0x8000'0200U}) {
    spec.reason = reason;
    spec.time.ticks += kTicksPerSecond;
    journal.v2(spec);
  }
  add_journal(journal.bytes());
  source.add_file(EvidencePath{"C:"} / "$MFT", disk.table());
  run();
  context.stated.settle();
  const auto facts = context.stated.facts(FactKind::file_change);
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0].values["reason"], "created");
  EXPECT_EQ(facts[0].subject, "C:\\PerfLogs\\1.part1.rar");
  EXPECT_EQ(facts[0].record, context.records[0].id);
  EXPECT_EQ(facts[0].values["closed"], context.records[2]["time"]);
  EXPECT_EQ(facts[1].values["reason"], "deleted");
  EXPECT_EQ(facts[1].record, context.records[3].id);
  EXPECT_TRUE(context.notes.empty());
}

TEST_F(UsnJournalTest, EmitsOnlyWhatRulesJoinWhenAskedTo) {
  UsnBuilder journal;
  UsnBuilder::Spec spec;
  spec.name = u"1.part1.rar";
  spec.file = builders::ntfs_reference(40, 3);
  for (const std::uint32_t reason : {0x100U, 0x102U, 0x8000'0102U, 0x8000'0200U}) {
    spec.reason = reason;
    journal.v2(spec);
  }
  spec.name = u"letter.doc";
  spec.file = builders::ntfs_reference(41, 1);
  journal.v2(spec);
  add_journal(journal.bytes());
  context.options["records"] = "telling";
  run();
  context.stated.settle();
  ASSERT_EQ(context.records.size(), 2u);
  EXPECT_EQ(context.records[0]["name"], "1.part1.rar");
  EXPECT_EQ(context.records[1].json_of("reasons"), R"(["file_delete","close"])");
  EXPECT_EQ(whole["records"], "5");
  const auto facts = context.stated.facts(FactKind::file_change);
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0].record, context.records[0].id);
  EXPECT_EQ(facts[1].record, context.records[1].id);
}

TEST_F(UsnJournalTest, SaysNoPathWithoutATable) {
  add_journal(UsnBuilder{}.v2({}).bytes());
  run();
  ASSERT_EQ(context.records.size(), 1u);
  EXPECT_EQ(context.records[0].json_of("path"), "null");
  EXPECT_EQ(context.records[0]["name"], "a.txt");
}

TEST_F(UsnJournalTest, CountsOffsetsFromWhereTheArtifactBegins) {
  constexpr std::uint64_t kHead = 8192;
  NtfsBytes journal(kHead);
  const NtfsBytes records = UsnBuilder{kHead}.v2({}).v2({}).bytes();
  journal.insert(journal.end(), records.begin(), records.end());
  add_journal(std::move(journal), kHead);
  run();
  ASSERT_EQ(context.records.size(), 2u);
  EXPECT_EQ(context.records[0]["usn"], "8192");
  EXPECT_EQ(context.records[0]["offset"], "8192");
  EXPECT_EQ(context.records[0].offset, std::optional<std::uint64_t>{0});
  EXPECT_NE(context.records[1].offset, std::optional<std::uint64_t>{0});
}

TEST_F(UsnJournalTest, TellsOfTheJournalAsAWhole) {
  constexpr std::uint64_t kHead = 8192;
  NtfsBytes bytes(kHead);
  UsnBuilder::Spec later;
  later.time.ticks += 5;
  const NtfsBytes records = UsnBuilder{kHead}.v2({}).v2(later).v4({}, {{0, 1}}).bytes();
  bytes.insert(bytes.end(), records.begin(), records.end());
  const std::size_t size = bytes.size();
  add_journal(std::move(bytes), kHead);
  run();
  EXPECT_EQ(whole["size"], std::to_string(size));
  EXPECT_EQ(whole["sparse_head_bytes"], "8192");
  EXPECT_EQ(whole["records"], "3");
  EXPECT_EQ(whole["first_usn"], "8192");
  EXPECT_EQ(whole["last_usn"], context.records.back()["usn"]);
  EXPECT_EQ(whole["sha256"], to_hex(sha256(records)));
  ASSERT_EQ(whole.timestamps.size(), 2u);
  EXPECT_EQ(whole.timestamps[0].second.ticks + 5, whole.timestamps[1].second.ticks);
  EXPECT_EQ(whole.artifact, std::optional<std::uint32_t>{0});
}

TEST_F(UsnJournalTest, HasNoTimeAndNoNameInRangeRecords) {
  add_journal(UsnBuilder{}.v4({}, {{0, 4096}}).bytes());
  run();
  ASSERT_EQ(context.records.size(), 1u);
  EXPECT_EQ(context.records[0].json_of("name"), "null");
  EXPECT_EQ(context.records[0].json_of("extents"), R"([{"offset":0,"length":4096}])");
  EXPECT_TRUE(context.records[0].timestamps.empty());
}

TEST_F(UsnJournalTest, NotesDamageAndGoesOn) {
  add_journal(UsnBuilder{}.v2({}).raw(NtfsBytes(64, std::byte{0xFF})).v2({}).bytes());
  run();
  EXPECT_EQ(context.records.size(), 2u);
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_TRUE(context.notes[0].what.starts_with("C:\\$Extend\\$UsnJrnl:$J: "))
      << context.notes[0].what;
}

TEST_F(UsnJournalTest, IsSilentWithoutAJournal) {
  source.add_volume({"C:", std::nullopt, "NTFS", {}});
  source.add_folder(EvidencePath{"C:"} / "Windows");
  run();
  EXPECT_TRUE(context.records.empty());
  EXPECT_TRUE(context.notes.empty());
}

}  // namespace
}  // namespace hozen
