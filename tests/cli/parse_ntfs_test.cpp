// What hozen parse prints of NTFS volumes and of copies of $MFT.
#include "collector/cli/parse_ntfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "collector/formats/ntfs_table.h"
#include "tests/builders/disk_builder.h"
#include "tests/builders/json.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/program.h"
#include "tests/builders/reparse_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen::cli {
namespace {

using builders::NtfsBuilder;
using builders::NtfsBytes;
using builders::NtfsRecordBuilder;
using ntfs::NameSpace;
using test::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace type = ntfs::attribute_type;

constexpr std::uint32_t kRecord = 1024;

struct Printed {
  std::vector<Json> records;
  Result<std::uint64_t> problems = std::uint64_t{0};

  std::vector<Json> of_kind(std::string_view kind) const {
    std::vector<Json> found;
    for (const Json& record : records)
      if (record.at("kind") == kind) found.push_back(record);
    return found;
  }
  Json file(std::uint64_t number) const {
    for (const Json& record : of_kind("file"))
      if (record.at("mft_record") == number) return record;
    return {};
  }
};

template <class Print>
Printed printed(Print print) {
  std::string text;
  const auto keep = [&](std::string_view part) {
    text += part;
    return true;
  };
  Printed result;
  LineBuffer lines{keep};
  result.problems = print(lines);
  EXPECT_TRUE(lines.flush());
  result.records = test::parse_json_lines(text);
  return result;
}

Printed print_table(NtfsBytes bytes) {
  MemorySource table{std::move(bytes)};
  return printed(
      [&](LineBuffer& lines) { return print_file_table(table, kRecord, "the $MFT", lines); });
}

Printed print_whole(NtfsBytes bytes) {
  return printed([&](LineBuffer& lines) {
    return print_volume(std::make_shared<MemorySource>(std::move(bytes)), "volume", lines);
  });
}

TEST(ParseNtfs, PrintsAFileWithAllItsFacts) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "folder");
  NtfsRecordBuilder record;
  record.sequence(3).standard(FileTime{132'000'000'000'000'000}, 0x21, 300);
  record.name(folder, "LONGNA~1", NameSpace::dos);
  record.name(folder, "long name", NameSpace::win32, FileTime{132'000'000'010'000'000});
  record.name(builder.root(), "second", NameSpace::posix);
  const auto file = builder.add(record);
  builder.stream(file, "", std::string(3000, 'x')).stream(file, "ads", "hidden");
  const Printed out = print_whole(builder.volume());
  EXPECT_EQ(*out.problems, 0u);
  const Json row = out.file(file.record);
  EXPECT_EQ(row.at("source"), "volume");
  EXPECT_EQ(row.at("path"), "\\folder\\long name");
  EXPECT_EQ(row.at("path_state"), "exact");
  EXPECT_THAT(row.at("other_paths"), ElementsAre("\\second"));
  EXPECT_EQ(row.at("short_name"), "LONGNA~1");
  EXPECT_EQ(row.at("sequence"), 3);
  EXPECT_EQ(row.at("record_state"), "record");
  EXPECT_EQ(row.at("allocated"), true);
  EXPECT_EQ(row.at("directory"), false);
  EXPECT_EQ(row.at("size"), 3000);
  EXPECT_EQ(row.at("allocated_size"), 3072);
  EXPECT_EQ(row.at("data_flags"), Json::array());
  EXPECT_EQ(row.at("first_cluster"), 16 + 256);
  EXPECT_EQ(row.at("si").at("changed"), "2019-04-17T18:40:00.0000000Z");
  EXPECT_EQ(row.at("fn").at("created"), "2019-04-17T18:40:01.0000000Z");
  EXPECT_EQ(row.at("attributes"), 0x21);
  EXPECT_EQ(row.at("links"), 3);
  EXPECT_EQ(row.at("streams").size(), 1u);
  EXPECT_EQ(row.at("streams").at(0).at("name"), "ads");
  EXPECT_EQ(row.at("streams").at(0).at("size"), 6);
  EXPECT_THAT(row.at("streams").at(0).at("flags"), ElementsAre("resident"));
  EXPECT_EQ(row.at("security_id"), 300);
  EXPECT_EQ(row.at("lsn"), 0x1000 + file.record);
  EXPECT_EQ(row.at("offset"), file.record * kRecord);
  EXPECT_EQ(row.at("reparse_tag"), nullptr);
  EXPECT_EQ(out.file(5).at("path"), "\\");
  const Json& end = out.records.back();
  EXPECT_EQ(end.at("kind"), "file_table_end");
  EXPECT_EQ(end.at("files"), 14);
  EXPECT_EQ(end.at("slots"), 32);
  EXPECT_EQ(end.at("problems"), 0);
}

TEST(ParseNtfs, PrintsDeletedFilesAndOrphans) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "gone");
  const auto file = builder.file(folder, "f", "");
  const auto orphan = builder.file({900, 4}, "o", "");
  builder.remove(file).remove(folder);
  const auto nameless = builder.add(NtfsRecordBuilder{}.flags(0));
  const Printed out = print_table(builder.table());
  EXPECT_EQ(out.file(file.record).at("path"), "\\gone\\f");
  EXPECT_EQ(out.file(file.record).at("path_state"), "deleted_parent");
  EXPECT_EQ(out.file(file.record).at("allocated"), false);
  EXPECT_EQ(out.file(orphan.record).at("path"), "\\$Orphan\\o");
  EXPECT_EQ(out.file(orphan.record).at("path_state"), "orphan");
  EXPECT_EQ(out.file(nameless.record).at("path"), nullptr);
  EXPECT_EQ(out.file(nameless.record).at("path_state_absent"), "not_applicable");
  // What is deleted is no damage; a file in use without its folder is.
  EXPECT_EQ(*out.problems, 1u);
}

TEST(ParseNtfs, TellsWhatIsDamaged) {
  NtfsBuilder builder;
  const auto torn = builder.file(builder.root(), "torn", "");
  const auto bad = builder.file(builder.root(), "bad", "");
  const auto cut = builder.file(builder.root(), "cut", "");
  NtfsBytes bytes = builder.table();
  bytes[torn.record * kRecord + 1022] ^= std::byte{1};
  std::memcpy(&bytes[bad.record * kRecord], "BAAD", 4);
  bytes[cut.record * kRecord + 24] = std::byte{0x80};  // size in use: ends within an attribute
  bytes[cut.record * kRecord + 25] = std::byte{0};
  bytes.resize(bytes.size() - 100);
  const Printed out = print_table(bytes);
  EXPECT_EQ(out.file(torn.record).at("record_state"), "torn");
  EXPECT_EQ(out.file(torn.record).at("path"), "\\torn");
  EXPECT_TRUE(out.file(bad.record).is_null());
  const auto problems = out.of_kind("problem");
  ASSERT_EQ(problems.size(), 5u);
  EXPECT_EQ(*out.problems, 5u);
  EXPECT_EQ(problems[0].at("reason"), "truncated") << "ends within a record";
  EXPECT_EQ(problems[1].at("offset"), torn.record * kRecord);
  EXPECT_EQ(problems[2].at("what"), "ntfs attribute length");
  EXPECT_EQ(problems[3].at("what"), "ntfs file in use without a name");
  EXPECT_THAT(problems[4].at("what").get<std::string>(), HasSubstr("1 ntfs file records"));
  const Json& end = out.records.back();
  EXPECT_EQ(end.at("torn_records"), 1);
  EXPECT_EQ(end.at("bad_records"), 1);
  EXPECT_EQ(end.at("problems"), 5);
}

TEST(ParseNtfs, ListsAThousandProblemsAndCountsTheRest) {
  NtfsBuilder builder;
  NtfsBytes bytes = builder.table();
  NtfsBytes torn = NtfsRecordBuilder{}.name({5, 5}, "f").bytes(40);
  torn[1022] ^= std::byte{1};
  for (int i = 0; i < 1200; ++i) bytes.insert(bytes.end(), torn.begin(), torn.end());
  const Printed out = print_table(std::move(bytes));
  EXPECT_EQ(*out.problems, 1201u);  // and that all say the number 40
  const auto problems = out.of_kind("problem");
  ASSERT_EQ(problems.size(), 1001u);
  EXPECT_EQ(problems.back().at("what"), "201 further problems, not listed");
  EXPECT_EQ(out.of_kind("file").size(), 1212u);
}

TEST(ParseNtfs, LosesNothingOfNamesThatAreNoText) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "a\xED\xA0\x80", "");
  builder.stream(file, "s\xED\xA0\x80", "x");
  builder.hard_link(file, builder.root(), "b\xED\xA0\x80");
  const Json row = print_table(builder.table()).file(file.record);
  EXPECT_EQ(row.at("path"), "\\a\uFFFD");
  EXPECT_EQ(row.at("path_utf16"), "5c00610000d8");
  EXPECT_EQ(row.at("streams").at(0).at("name_utf16"), "730000d8");
}

/// Folders of 255 characters that JSON writes in six, 255 deep, with files of many hard links.
NtfsBytes table_of_long_paths(std::uint64_t files) {
  NtfsBuilder builder;
  auto folder = builder.root();
  for (int level = 0; level < 255; ++level)
    folder = builder.folder(folder, std::string(255, '\x01'));
  for (std::uint64_t i = 0; i < files; ++i) {
    NtfsRecordBuilder record;
    for (int name = 0; name < 9; ++name) record.name(folder, "f");
    builder.add(record);
  }
  return builder.table();
}

TEST(ParseNtfs, WorstTableIsPrintedWithinBounds) {
  constexpr std::uint64_t kFiles = 60;
  MemorySource table{table_of_long_paths(kFiles)};
  std::uint64_t bytes = 0, lines_seen = 0;
  const auto count = [&](std::string_view part) {
    bytes += part.size();
    lines_seen += static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n'));
    return true;
  };
  LineBuffer lines{count};
  const auto problems = print_file_table(table, kRecord, "t", lines);
  EXPECT_TRUE(lines.flush());
  EXPECT_GT(bytes, table.size() * 100) << "a table that is hostile indeed";
  EXPECT_LT(bytes, table.size() * 1000);
  EXPECT_GE(lines_seen, 255 + 12 + kFiles) << "no file is left out";
  EXPECT_GT(*problems, 0u) << "but hard links are";
  EXPECT_LT(*problems, kFiles);
}

TEST(ParseNtfs, FileOfManyLongHardLinksIsCutAndToldSo) {
  NtfsBuilder builder;
  auto folder = builder.root();
  for (int level = 0; level < 255; ++level) folder = builder.folder(folder, std::string(255, 'x'));
  NtfsRecordBuilder record;
  record.name(folder, "f");
  const auto file = builder.add(record);
  for (int i = 0; i < 300; ++i) {
    NtfsRecordBuilder extension;
    extension.base(file);
    for (int name = 0; name < 9; ++name) extension.name(folder, "link");
    builder.add(extension);
  }
  const Printed out = print_table(builder.table());
  std::size_t bytes = 0;
  const Json row = out.file(file.record);
  for (const Json& path : row.at("other_paths")) bytes += path.get_ref<const std::string&>().size();
  EXPECT_LE(bytes, 8u << 20);
  EXPECT_GT(bytes, 7u << 20);
  ASSERT_EQ(out.of_kind("problem").size(), 1u);
  EXPECT_EQ(out.of_kind("problem")[0].at("reason"), "limit");
}

TEST(ParseNtfs, RecognizesATableAndItsRecords) {
  EXPECT_EQ(ntfs::table_record_bytes(Bytes{NtfsBuilder{}.table()}), 1024u);
  for (const std::uint32_t size : {512u, 4096u, 65'536u})
    EXPECT_EQ(
        size == 65'536 ? size : ntfs::table_record_bytes(Bytes{NtfsRecordBuilder{}.bytes(0, size)}),
        size);
  EXPECT_EQ(ntfs::table_record_bytes(Bytes{}), 0u);
  NtfsBytes odd = NtfsRecordBuilder{}.bytes(0);
  odd[28] = std::byte{1};
  EXPECT_EQ(ntfs::table_record_bytes(Bytes{odd}), 0u);
}

/// The fields that docs/records.md lists for a kind of `hozen parse`.
std::set<std::string> documented_fields(const std::string& kind) {
  const char* const source = std::getenv("HOZEN_SOURCE_DIR");
  const std::filesystem::path root = source != nullptr ? source : ".";
  std::ifstream page{root / "docs" / "records.md"};
  std::set<std::string> fields{"kind", "source"};
  bool parse = false, inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) parse = line == "## What `hozen parse` prints";
    if (line.starts_with("#")) inside = parse && line == "### `" + kind + "`";
    if (!inside || !line.starts_with("| `")) continue;
    const std::string names = line.substr(0, line.find('|', 1));
    for (std::size_t at = names.find('`'); at != std::string::npos; at = names.find('`', at)) {
      const std::size_t end = names.find('`', at + 1);
      fields.insert(names.substr(at + 1, end - at - 1));
      at = end + 1;
    }
  }
  return fields;
}

/// Two volumes of NTFS, one of them damaged, and one of FAT.
NtfsBytes disk_of_three() {
  NtfsBuilder builder{64};
  builder.file(builder.root(), "first", "1");
  const NtfsBytes volume = builder.volume();
  NtfsBytes damaged = volume;
  std::fill(damaged.begin() + 8192, damaged.end(), std::byte{0});
  const auto sectors = static_cast<std::uint32_t>(volume.size() / 512);
  return builders::DiskBuilder{4 << 20}
      .gpt({})
      .entry({.unique = {}, .first = 64, .last = 64 + sectors - 1, .name = u"Basic \u4FDD\u5168"})
      .entry({.first = 2048, .last = 2048 + sectors - 1})
      .entry({.type = builders::kEfiSystem, .first = 4096, .last = 4200})
      .put(std::size_t{64} * 512, volume)
      .put(std::size_t{2048} * 512, damaged)
      .put(std::size_t{4096} * 512, builders::boot_sector(VolumeKind::fat32))
      .bytes();
}

TEST(ParseNtfs, PrintsEveryVolumeOfADisk) {
  const Printed out = printed([&](LineBuffer& lines) {
    return print_disk(std::make_shared<MemorySource>(disk_of_three()), "disk", lines);
  });
  const auto partitions = out.of_kind("partition");
  ASSERT_EQ(partitions.size(), 3u);
  EXPECT_EQ(partitions[0].at("number"), 1);
  EXPECT_EQ(partitions[0].at("offset_bytes"), 64 * 512);
  EXPECT_EQ(partitions[0].at("name"), "Basic \u4FDD\u5168");
  EXPECT_EQ(partitions[0].at("file_system"), "ntfs");
  EXPECT_EQ(partitions[0].at("origin"), "gpt_primary");
  EXPECT_EQ(partitions[2].at("role"), "efi_system");
  EXPECT_EQ(partitions[2].at("file_system"), "fat32");
  bool found = false;
  for (const Json& file : out.of_kind("file")) {
    EXPECT_TRUE(file.at("path").get<std::string>().starts_with("volume1\\")) << file.at("path");
    found = found || file.at("path") == "volume1\\first";
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(out.of_kind("file_table_end").size(), 1u);
  EXPECT_GT(*out.problems, 0u) << "the second volume has no file table";
  std::set<std::string> fields;
  for (const Json& partition : partitions)
    for (const auto& [field, content] : partition.items()) fields.insert(field);
  EXPECT_EQ(fields, documented_fields("partition"));
}

TEST(ParseNtfs, EveryFieldIsDocumentedAndEveryDocumentedFieldExists) {
  const Printed out = print_table(NtfsBuilder{}.table());
  for (const std::string kind : {"file", "file_table_end"}) {
    std::set<std::string> fields;
    for (const Json& record : out.of_kind(kind))
      for (const auto& [field, content] : record.items())
        if (!field.ends_with("_absent")) fields.insert(field);
    EXPECT_EQ(fields, documented_fields(kind)) << kind;
  }
}

class ParseNtfsProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  test::Ended parse(const NtfsBytes& bytes, std::vector<std::string> options = {}) {
    std::ofstream{folder.path() / "evidence", std::ios::binary} << Bytes{bytes}.chars();
    options.insert(options.begin(), "parse");
    options.emplace_back("evidence");
    test::Ended ended = test::run_program(options, folder.text());
    records = test::parse_json_lines(ended.output);
    return ended;
  }
  TempFolder folder;
  std::vector<Json> records;
};

TEST_F(ParseNtfsProgram, TellsADiskByItsPartitionTable) {
  EXPECT_EQ(parse(disk_of_three()).exit_code, 1);
  EXPECT_EQ(std::count_if(records.begin(), records.end(),
                          [](const Json& record) { return record.at("kind") == "partition"; }),
            3);
}

TEST_F(ParseNtfsProgram, TellsVolumesAndTablesByTheirContent) {
  NtfsBuilder builder;
  builder.file(builder.root(), "f", "");
  for (const NtfsBytes& bytes : {builder.volume(), builder.table()}) {
    const auto ended = parse(bytes);
    EXPECT_EQ(ended.exit_code, 0) << ended.error;
    EXPECT_THAT(ended.error, IsEmpty());
    ASSERT_EQ(records.size(), 14u);
    EXPECT_EQ(records[12].at("path"), "\\f");
    EXPECT_EQ(records[13].at("kind"), "file_table_end");
  }
}

TEST_F(ParseNtfsProgram, EndsWithOneWhenSomethingIsDamaged) {
  NtfsBytes bytes = NtfsBuilder{}.table();
  std::memcpy(&bytes[0], "BAAD", 4);
  EXPECT_EQ(parse(bytes).exit_code, 1) << "a file table by the records that follow";
  EXPECT_EQ(records.size(), 13u);
  std::fill(bytes.begin(), bytes.end() - 1024, std::byte{0});
  const auto unknown = parse(bytes);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.error, HasSubstr("say with --format what it is"));
  NtfsBytes volume = NtfsBuilder{}.volume();
  std::fill(volume.begin() + 4096, volume.end(), std::byte{0});
  const auto ended = parse(volume);
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.error, HasSubstr("$MFT"));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("kind"), "problem");
}

TEST_F(ParseNtfsProgram, ReadsAllPartsOfASplitImageAndAVolumeWithoutItsBootSector) {
  NtfsBuilder builder;
  builder.file(builder.root(), "f", "x");
  NtfsBytes volume = builder.volume();
  const auto boot = volume;
  volume.resize((volume.size() + 511) / 512 * 512);
  parse(volume);
  const std::size_t files = records.size();
  const auto write = [&](const char* name, Bytes part) {
    std::ofstream{folder.path() / name, std::ios::binary} << part.chars();
  };
  const std::size_t part = volume.size() / 2;
  write("image.001", Bytes{volume}.head(part));
  write("image.002", Bytes{volume}.tail(part));
  auto ended = test::run_program({"parse", "image.001"}, folder.text());
  records = test::parse_json_lines(ended.output);
  EXPECT_EQ(records.size(), files) << ended.error;
  std::filesystem::remove(folder.path() / "image.002");
  write("image.003", Bytes{volume}.tail(part));
  ended = test::run_program({"parse", "image.001"}, folder.text());
  EXPECT_EQ(ended.exit_code, 4) << ended.output << ended.error;
  EXPECT_THAT(ended.error, HasSubstr("image.002"));

  volume.insert(volume.end(), boot.begin(), boot.begin() + 512);
  std::fill_n(volume.begin(), 512, std::byte{0});
  parse(volume);
  EXPECT_EQ(records.size(), files + 1);
  const auto told = std::find_if(records.begin(), records.end(),
                                 [](const Json& record) { return record.at("kind") == "problem"; });
  ASSERT_NE(told, records.end());
  EXPECT_THAT(told->at("detail").get<std::string>(),
              HasSubstr("the copy of the boot sector at byte"));
}

}  // namespace
}  // namespace hozen::cli
