#include <gtest/gtest.h>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "tests/builders/fake_context.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/ntfs_side_builder.h"
#include "tests/builders/reparse_builder.h"

namespace hozen {
namespace modules {
extern const ModuleSpec file_table;
}  // namespace modules
namespace {

using builders::NtfsBuilder;
using builders::NtfsBytes;

/// A source of one volume with this file table, and what the module makes of it.
class FileTableTest : public testing::Test {
 protected:
  void run(NtfsBytes table) {
    source.add_volume({"C:", std::nullopt, "NTFS", {}});
    source.add_file(EvidencePath{"C:"} / "$MFT", std::move(table));
    ASSERT_TRUE(modules::file_table.run(context));
  }
  const fake::Record& of_path(std::string_view path) {
    static const fake::Record none;
    const fake::Record* const found = context.record({{"path", path}});
    EXPECT_NE(found, nullptr) << path;
    return found != nullptr ? *found : none;
  }

  fake::FakeSource source;
  fake::Context context{source, nullptr};
};

TEST_F(FileTableTest, WritesEveryFileWithItsPath) {
  NtfsBuilder disk;
  const auto users = disk.folder(disk.root(), "Users");
  const auto file = disk.file(users, "report.docx", "content");
  disk.stream(file, "Zone.Identifier", "[ZoneTransfer]");
  disk.hard_link(file, disk.root(), "second.docx");
  run(disk.table());
  const fake::Record& record = of_path("C:\\Users\\report.docx");
  EXPECT_EQ(record.kind, "file");
  EXPECT_EQ(record["size"], "7");
  EXPECT_EQ(record["allocated"], "true");
  EXPECT_EQ(record["directory"], "false");
  EXPECT_EQ(record.json_of("other_paths"), R"(["C:\\second.docx"])");
  EXPECT_EQ(record.json_of("streams"),
            R"([{"name":"Zone.Identifier","size":14,"allocated_size":14,"flags":["resident"]}])");
  EXPECT_EQ(record["mft_record"], std::to_string(file.record));
  EXPECT_EQ(of_path("C:\\Users")["directory"], "true");
  EXPECT_EQ(of_path("C:\\")["mft_record"], "5");
  EXPECT_TRUE(context.notes.empty());
}

TEST_F(FileTableTest, NamesTheCopyOfTheTableThatRecordsComeFrom) {
  NtfsBuilder disk;
  const auto file = disk.file(disk.root(), "a.txt", "x");
  run(disk.table());
  ASSERT_EQ(context.artifacts.size(), 1u);
  EXPECT_EQ(context.artifacts[0].path.text(), "C:\\$MFT");
  const fake::Record& record = of_path("C:\\a.txt");
  EXPECT_EQ(record.artifact, std::optional<std::uint32_t>{0});
  EXPECT_EQ(record["offset"], std::to_string(file.record * 1024));
  ASSERT_EQ(record.timestamps.size(), 4u);
  EXPECT_EQ(record.timestamps[0].first, "created");
  EXPECT_EQ(record.timestamps[0].second.iso8601(), "1970-01-01T00:00:00.0000000Z");
}

TEST_F(FileTableTest, TellsExtendedAttributesLinksAndObjectIds) {
  NtfsBuilder disk;
  const auto file = disk.file(disk.root(), "a.exe", "x");
  disk.record(file)
      .resident({ntfs::attribute_type::kObjectId, "", NtfsBytes(16, std::byte{0x22})})
      .resident({ntfs::attribute_type::kEa, "", builders::extended_attribute("LX", 4)});
  disk.link(disk.root(), "link", builders::junction("\\??\\D:\\secret"));
  run(disk.table());
  const fake::Record& record = of_path("C:\\a.exe");
  EXPECT_EQ(record.json_of("extended_attributes"), R"([{"name":"LX","size":4}])");
  EXPECT_EQ(record["object_id"], "{22222222-2222-2222-2222-222222222222}");
  EXPECT_EQ(of_path("C:\\link")["link_target"], "\\??\\D:\\secret");
  EXPECT_EQ(of_path("C:\\link").json_of("extended_attributes"), "[]");
  EXPECT_EQ(context.artifacts.size(), 1u) << "small ones are not preserved";
  EXPECT_TRUE(context.notes.empty());
}

TEST_F(FileTableTest, PreservesLargeExtendedAttributes) {
  NtfsBuilder disk{2048};
  const auto add = [&](const std::string& name, std::uint64_t size) {
    const auto file = disk.file(disk.root(), name, "x");
    disk.record(file).non_resident({.type = ntfs::attribute_type::kEa,
                                    .runs = {{0, 3000, 1}},
                                    .size = size,
                                    .initialized = size});
    return file;
  };
  add("evil.exe", 60'016);
  disk.remove(add("gone.exe", 60'016));
  source.add_file(EvidencePath{"C:"} / "evil.exe", {}).streams[":$EA"] =
      builders::extended_attribute("PAYLOAD", 60'000);
  run(disk.table());
  EXPECT_EQ(of_path("C:\\evil.exe").json_of("extended_attributes"),
            R"([{"name":"PAYLOAD","size":60000}])");
  EXPECT_EQ(of_path("C:\\gone.exe").json_of("extended_attributes"), "null")
      << "its clusters may hold anything";
  EXPECT_TRUE(context.has_collected("C:\\evil.exe::$EA"));
  EXPECT_FALSE(context.has_collected("C:\\gone.exe::$EA"));
  EXPECT_TRUE(context.notes.empty());
}

TEST_F(FileTableTest, ReadsLinksThatLieOutsideOfTheRecord) {
  NtfsBuilder disk;
  const auto add = [&](const std::string& name) {
    disk.record(disk.file(disk.root(), name, "x"))
        .non_resident(
            {.type = ntfs::attribute_type::kReparsePoint, .runs = {{0, 3000, 1}}, .size = 800});
  };
  add("link");
  add("not shown");
  source.add_file(EvidencePath{"C:"} / "link", {}).streams[":$REPARSE_POINT"] =
      builders::symbolic_link("C:\\far", false);
  run(disk.table());
  EXPECT_EQ(of_path("C:\\link")["link_target"], "C:\\far");
  EXPECT_EQ(of_path("C:\\link")["reparse_tag"], std::to_string(0xA000'000Cu));
  EXPECT_EQ(of_path("C:\\not shown").json_of("reparse_tag"), "null");
  EXPECT_EQ(context.notes.size(), 1u);
}

TEST_F(FileTableTest, PreservesNotMoreThanSoManyExtendedAttributes) {
  NtfsBuilder disk{2048};
  for (int i = 0; i < 1003; ++i) {
    const auto file = disk.file(disk.root(), "f" + std::to_string(i), "x");
    disk.record(file).non_resident(
        {.type = ntfs::attribute_type::kEa, .runs = {{0, 3000, 1}}, .size = 1025});
    source.add_file(EvidencePath{"C:"} / ("f" + std::to_string(i)), {}).streams[":$EA"] =
        builders::extended_attribute("PAYLOAD", 1000);
  }
  disk.record(disk.file(disk.root(), "not shown", "x"))
      .non_resident({.type = ntfs::attribute_type::kEa, .runs = {{0, 3000, 1}}, .size = 1025});
  run(disk.table());
  EXPECT_EQ(context.artifacts.size(), 1001u);
  ASSERT_EQ(context.notes.size(), 3u);
  EXPECT_EQ(context.notes[1].what,
            "C:\\$MFT: 3 further files with large extended attributes, which are not preserved");
  EXPECT_EQ(context.notes[2].what,
            "C:\\$MFT: 1 files with large extended attributes that the source does not show");
}

TEST_F(FileTableTest, TellsDeletedFilesAndFoldersApartFromLostOnes) {
  NtfsBuilder disk;
  const auto folder = disk.folder(disk.root(), "gone");
  const auto inside = disk.file(folder, "in.txt", "x");
  disk.remove(inside).remove(folder);
  NtfsBuilder other = disk;
  const auto lost = other.file({folder.record, 77}, "lost.txt", "x");
  run(other.table());
  const fake::Record& deleted = of_path("C:\\gone\\in.txt");
  EXPECT_EQ(deleted["allocated"], "false");
  EXPECT_EQ(deleted["path_state"], "deleted_parent");
  const fake::Record& orphan = of_path("C:\\$Orphan\\lost.txt");
  EXPECT_EQ(orphan["path_state"], "orphan");
  EXPECT_EQ(orphan["mft_record"], std::to_string(lost.record));
}

TEST_F(FileTableTest, NotesDamageAndGoesOn) {
  NtfsBuilder disk;
  const auto torn = disk.file(disk.root(), "torn.txt", "x");
  disk.file(disk.root(), "whole.txt", "x");
  NtfsBytes table = disk.table();
  table[torn.record * 1024 + 510] ^= std::byte{1};
  run(std::move(table));
  EXPECT_EQ(of_path("C:\\torn.txt")["record_state"], "torn");
  EXPECT_EQ(of_path("C:\\whole.txt")["record_state"], "record");
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_EQ(context.notes[0].what, "C:\\$MFT: 1 damaged file records");
}

TEST_F(FileTableTest, NotesAFileThatIsNoTable) {
  run(NtfsBytes(4096));
  EXPECT_TRUE(context.records.empty());
  ASSERT_EQ(context.notes.size(), 1u);
  EXPECT_EQ(context.notes[0].what, "C:\\$MFT: no file table");
}

TEST_F(FileTableTest, IsSilentWhereTheTableCannotBeSeen) {
  source.add_volume({"C:", std::nullopt, "NTFS", {}});
  source.add_folder(EvidencePath{"C:"} / "Windows");
  ASSERT_TRUE(modules::file_table.run(context));
  EXPECT_TRUE(context.records.empty());
  EXPECT_TRUE(context.notes.empty());
  EXPECT_TRUE(context.artifacts.empty());
}

TEST_F(FileTableTest, EndsWhenItIsStopped) {
  NtfsBuilder disk;
  for (int i = 0; i < 20; ++i) disk.file(disk.root(), "f" + std::to_string(i), "x");
  context.stopper.request_stop();
  run(disk.table());
  ASSERT_LE(context.records.size(), 2u);
  EXPECT_EQ(context.records.back().kind, "file_table");
  EXPECT_EQ(context.records.back().json_of("sha256"), "null");
}

TEST_F(FileTableTest, TellsOfTheTableAsAWhole) {
  NtfsBuilder disk;
  const auto gone = disk.file(disk.root(), "gone", "x");
  disk.remove(gone);
  const NtfsBytes table = disk.table();
  run(table);
  const fake::Record& whole = context.records.back();
  EXPECT_EQ(whole.kind, "file_table");
  EXPECT_EQ(whole["size"], std::to_string(table.size()));
  EXPECT_EQ(whole["record_bytes"], "1024");
  EXPECT_EQ(whole["deleted"], "1");
  EXPECT_EQ(whole["damaged_records"], "0");
  EXPECT_EQ(whole["sha256"], to_hex(sha256(table)));
  EXPECT_EQ(whole.artifact, std::optional<std::uint32_t>{0});
}

}  // namespace
}  // namespace hozen
