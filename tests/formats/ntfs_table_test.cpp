#include "collector/formats/ntfs_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "collector/base/text.h"
#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs {
namespace {

using builders::NtfsBuilder;
using builders::NtfsBytes;
using builders::NtfsRecordBuilder;
namespace type = attribute_type;

constexpr std::uint32_t kRecord = 1024;

struct Row {
  std::string path, state;
  bool in_use = false;
  std::size_t streams = 0;
};

/// Every file of a table by its record.
struct Listing {
  std::map<std::uint64_t, Row> rows;
  std::vector<std::string> names;  ///< of further paths
  TableCounts counts;
  std::vector<Error> problems;

  explicit Listing(NtfsBytes bytes) {
    MemorySource source{std::move(bytes)};
    FileTable table{source, kRecord};
    table.index([&](Error problem) { problems.push_back(std::move(problem)); });
    table.each_file([&](const File& file) {
      Row row{"", "", file.in_use(), file.streams.size()};
      if (const FileName* const best = file.best_name()) {
        row.state = to_text(table.append_path(row.path, *best));
        for (const FileName& name : file.names)
          if (&name != best) table.append_path(names.emplace_back(), name);
      }
      rows[file.number] = std::move(row);
      return true;
    });
    counts = table.counts();
  }
  std::string path(FileReference file) const {
    const auto found = rows.find(file.record);
    return found == rows.end() ? "(none)" : found->second.state + " " + found->second.path;
  }
};

NtfsRecordBuilder named_folder(FileReference parent, const std::string& name) {
  NtfsRecordBuilder record;
  record.flags(FileRecord::kInUse | FileRecord::kDirectory).name(parent, name);
  return record;
}

TEST(NtfsTable, PutsPathsTogether) {
  NtfsBuilder builder;
  const auto a = builder.folder(builder.root(), "a");
  const auto b = builder.folder(a, "b");
  const auto file = builder.file(b, "f.txt", "x");
  builder.hard_link(file, a, "second.txt");
  builder.hard_link(file, b, "F~1.TXT", NameSpace::dos);
  const Listing listing{builder.table()};
  EXPECT_TRUE(listing.problems.empty());
  EXPECT_EQ(listing.path(file), "exact \\a\\b\\f.txt");
  const std::vector<std::string> others{"\\a\\second.txt", "\\a\\b\\F~1.TXT"};
  EXPECT_EQ(listing.names, others);
  EXPECT_EQ(listing.path({0, 1}), "exact \\$MFT");
  EXPECT_EQ(listing.counts.slots, 32u);
  EXPECT_EQ(listing.counts.records, 15u);
  EXPECT_EQ(listing.counts.in_use, 15u);
  EXPECT_EQ(listing.counts.directories, 4u);
}

TEST(NtfsTable, TellsWhatBecameOfTheFoldersOfAPath) {
  NtfsBuilder builder;
  const auto gone = builder.folder(builder.root(), "gone");
  const auto inside = builder.folder(gone, "inside");
  const auto file = builder.file(inside, "f", "x");
  const auto reused = builder.folder(builder.root(), "old");
  const auto lost = builder.file(reused, "lost", "x");
  const auto alive = builder.file(builder.root(), "deleted", "x");
  const auto nowhere = builder.file({5000, 1}, "nowhere", "x");
  builder.remove(file).remove(inside).remove(gone).remove(lost).remove(alive);
  // Another folder took the record since.
  builder.record(reused) = named_folder(builder.root(), "new").sequence(3);
  const Listing listing{builder.table()};
  EXPECT_EQ(listing.path(file), "deleted_parent \\gone\\inside\\f");
  EXPECT_FALSE(listing.rows.at(file.record).in_use);
  EXPECT_EQ(listing.path(lost), "orphan \\$Orphan\\lost");
  EXPECT_EQ(listing.path(alive), "exact \\deleted");
  EXPECT_EQ(listing.path(nowhere), "orphan \\$Orphan\\nowhere");
  EXPECT_EQ(listing.path(reused), "exact \\new");
}

TEST(NtfsTable, SequenceNumbersLeaveZeroOut) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "folder");
  builder.record(folder).sequence(0xFFFF);
  const auto file = builder.file({folder.record, 0xFFFF}, "f", "x");
  builder.record(folder).flags(FileRecord::kDirectory).sequence(1);
  const Listing listing{builder.table()};
  EXPECT_EQ(listing.path(file), "deleted_parent \\folder\\f");
}

TEST(NtfsTable, CountsWhatTheSlotsHold) {
  NtfsBuilder builder;
  const auto torn = builder.file(builder.root(), "torn", "x");
  const auto bad = builder.file(builder.root(), "bad", "x");
  const auto odd = builder.file(builder.root(), "odd", "x");
  NtfsBytes bytes = builder.table();
  bytes[torn.record * kRecord + 1022] ^= std::byte{1};
  std::memcpy(&bytes[bad.record * kRecord], "BAAD", 4);
  std::memcpy(&bytes[odd.record * kRecord], "ODD!", 4);
  const Listing listing{bytes};
  EXPECT_EQ(listing.counts.torn, 1u);
  EXPECT_EQ(listing.counts.bad, 1u);
  EXPECT_EQ(listing.counts.malformed, 1u);
  EXPECT_EQ(listing.path(torn), "exact \\torn");
  EXPECT_EQ(listing.path(bad), "(none)");
}

TEST(NtfsTable, JoinsRecordsThatExtendOthers) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "f", "x");
  const auto extend = [&](FileReference base, const std::string& stream) {
    NtfsRecordBuilder record;
    return builder.add(record.base(base).resident({type::kData, stream, {}}));
  };
  extend(file, "mine");
  extend({file.record, 7}, "of another");
  const auto freed = extend(file, "freed");
  builder.record(freed).flags(0);
  extend({3000, 1}, "of nothing");
  extend({5, 5}, "of the root");
  const Listing listing{builder.table()};
  EXPECT_EQ(listing.rows.at(file.record).streams, 2u);
  EXPECT_EQ(listing.counts.extensions, 5u);
  EXPECT_EQ(listing.counts.files_in_use, 13u);
  EXPECT_EQ(listing.counts.folders_in_use, 2u);
  EXPECT_EQ(listing.counts.unclaimed_problem()->what.substr(0, 23), "2 ntfs file records ext");
  EXPECT_EQ(listing.rows.at(5).streams, 1u);
}

TEST(NtfsTable, FindsNamesOfFoldersThatLieInOtherRecords) {
  NtfsBuilder builder;
  NtfsRecordBuilder bare, shorter;
  bare.flags(FileRecord::kInUse | FileRecord::kDirectory);
  shorter.flags(FileRecord::kInUse | FileRecord::kDirectory)
      .name(builder.root(), "SHORT~1", NameSpace::dos);
  const auto folder = builder.add(bare), other = builder.add(shorter), gone = builder.add(bare);
  const auto name = [&](FileReference base, const std::string& text) {
    NtfsRecordBuilder record;
    return builder.add(record.base(base).name(builder.root(), text, NameSpace::win32));
  };
  name(folder, "folder");
  name(other, "short and long");
  builder.remove(name(gone, "gone"));
  const auto f = builder.file(folder, "f", ""), g = builder.file(other, "g", ""),
             h = builder.file(gone, "h", "");
  builder.remove(h).remove(gone);
  builder.folder(builder.root(), "in use, the last one");
  const Listing listing{builder.table()};
  EXPECT_EQ(listing.path(f), "exact \\folder\\f");
  EXPECT_EQ(listing.path(g), "exact \\short and long\\g");
  EXPECT_EQ(listing.path(h), "deleted_parent \\gone\\h");
}

TEST(NtfsTable, FoldersThatFormALoopAreALimit) {
  NtfsBuilder builder;
  const auto a = builder.folder({25, 1}, "a");
  const auto b = builder.folder(a, "b");
  ASSERT_EQ(b.record, 25u);
  const auto file = builder.file(b, "f", "");
  const auto self = builder.folder({27, 1}, "self");
  ASSERT_EQ(self.record, 27u);
  const Listing listing{builder.table()};
  EXPECT_TRUE(listing.path(file).starts_with("limit \\$Orphan\\a\\b\\a\\b\\"))
      << listing.path(file);
  EXPECT_TRUE(listing.path(file).ends_with("\\b\\f"));
  EXPECT_TRUE(listing.path(self).starts_with("limit \\$Orphan\\self\\self"));
}

TEST(NtfsTable, OfManyLevelsIsReadUpToItsLimit) {
  NtfsBuilder builder;
  auto folder = builder.root();
  std::vector<FileReference> files;
  for (int level = 0; level < 300; ++level) {
    files.push_back(builder.file(folder, "f", ""));
    folder = builder.folder(folder, std::to_string(level));
  }
  const Listing listing{builder.table()};
  EXPECT_TRUE(listing.path(files[256]).starts_with("exact \\0\\1\\2")) << listing.path(files[256]);
  EXPECT_TRUE(listing.path(files[257]).starts_with("limit \\$Orphan\\1\\2"));
  EXPECT_TRUE(listing.path(files[299]).ends_with("\\297\\298\\f"));
}

TEST(NtfsTable, PathsAreNeverLongerThanWindowsAllows) {
  NtfsBuilder builder;
  std::string wide;
  for (int i = 0; i < 255; ++i) wide += "日";
  auto folder = builder.root();
  for (int level = 0; level < 200; ++level) folder = builder.folder(folder, wide);
  const auto file = builder.file(folder, "f", "");
  const Listing listing{builder.table()};
  EXPECT_TRUE(listing.path(file).starts_with("limit "));
  EXPECT_LE(listing.rows.at(file.record).path.size(), kMaxPathBytes + kMaxNameUnits * 3 + 16);
}

/// More text of paths than is kept: each is found again, whatever was asked for in between.
TEST(NtfsTable, PathsOfAllFoldersTogetherMayBeLong) {
  NtfsBuilder builder;
  std::vector<FileReference> folders;
  std::vector<std::pair<FileReference, std::string>> files;
  for (const char branch : {'a', 'b'}) {
    const std::string name(200, branch);
    auto folder = builder.root();
    std::string path = "exact \\";
    for (int level = 0; level < 250; ++level) {
      folder = builder.folder(folder, name);
      folders.push_back(folder);
      path += name + '\\';
      files.emplace_back(builder.file(folder, "f", ""), path + "f");
    }
  }
  const auto deepest_last = files;
  for (std::size_t i = deepest_last.size(); i-- != 0;) {
    const auto& [file, path] = deepest_last[i];
    files.emplace_back(builder.file(folders[i], "g", ""), path.substr(0, path.size() - 1) + "g");
  }
  const Listing listing{builder.table()};
  for (const auto& [file, path] : files) ASSERT_EQ(listing.path(file), path);
}

TEST(NtfsTable, VisitsFilesInOrderAndNoneBehindTheOneThatEndsTheVisit) {
  NtfsBuilder builder;
  for (int i = 0; i < 10; ++i) builder.file(builder.root(), "f" + std::to_string(i), "");
  MemorySource source{builder.table()};
  FileTable table{source, kRecord};
  table.index([](const Error&) {});
  std::vector<std::uint64_t> all;
  table.each_file([&](const File& file) {
    all.push_back(file.number);
    return true;
  });
  ASSERT_GT(all.size(), 10u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  for (std::size_t wanted = 1; wanted <= all.size(); ++wanted) {
    std::vector<std::uint64_t> some;
    table.each_file([&](const File& file) {
      some.push_back(file.number);
      return some.size() < wanted;
    });
    EXPECT_EQ(some, std::vector(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted)));
    EXPECT_EQ(table.counts().unclaimed_problem(), std::nullopt);
  }
}

TEST(NtfsTable, KeepsNamesThatAreNoText) {
  NtfsBuilder builder;
  const std::string lone = "a\xED\xA0\x80";  // U+D800
  const auto folder = builder.folder(builder.root(), lone);
  const auto file = builder.file(folder, std::string{"x\0y", 3}, "");
  const Listing listing{builder.table()};
  EXPECT_EQ(listing.rows.at(file.record).path, "\\" + lone + "\\" + (std::string{"x\0y", 3}));
  EXPECT_TRUE(is_wtf8(listing.rows.at(file.record).path));
}

TEST(NtfsTable, RootIsAlwaysThereForWhatNamesIt) {
  NtfsBuilder builder;
  const auto file = builder.file(builder.root(), "f", "");
  NtfsBytes bytes = builder.table();
  std::memcpy(&bytes[std::size_t{5} * kRecord], "BAAD", 4);
  MemorySource source{bytes};
  FileTable table{source, kRecord};
  table.index([](const Error&) {});
  EXPECT_TRUE(table.has_folder(builder.root()));
  EXPECT_FALSE(table.has_folder(file));
  EXPECT_FALSE(table.has_folder({1'000'000, 1}));
  EXPECT_EQ(Listing{bytes}.path(file), "exact \\f");
}

TEST(NtfsTable, EveryTruncationGivesWhatIsBeforeIt) {
  NtfsBuilder builder;
  const auto folder = builder.folder(builder.root(), "folder");
  for (int i = 0; i < 5; ++i) builder.file(folder, std::to_string(i), "");
  const NtfsBytes whole = builder.table();
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    NtfsBytes part = whole;
    part.resize(size);
    const Listing listing{std::move(part)};
    EXPECT_EQ(listing.counts.slots, size / kRecord);
    EXPECT_LE(listing.rows.size(), size / kRecord);
  }
}

/// A table whose second half cannot be read.
class HalfSource final : public ByteSource {
 public:
  explicit HalfSource(NtfsBytes bytes) : inner_{std::move(bytes)} {}
  std::uint64_t size() const override { return inner_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset + out.size() > size() / 2 && offset < size() * 3 / 4)
      return Error{Errc::io, "sector", offset};
    return inner_.read_some(offset, out);
  }

 private:
  MemorySource inner_;
};

TEST(NtfsTable, WhatCannotBeReadIsToldAndTheRestIsRead) {
  HalfSource source{NtfsBuilder{}.table()};
  std::vector<Error> problems;
  std::uint64_t slots = 0;
  scan_table(
      source, kRecord, [&](std::uint64_t, Slot&) { return ++slots != 0; },
      [&](Error problem) { problems.push_back(std::move(problem)); });
  EXPECT_EQ(slots, 32u);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].what, "ntfs file records 16 to 23: sector");
  EXPECT_EQ(problems[0].offset, 16u * kRecord);
  EXPECT_EQ(problems[0].code, Errc::io);
}

TEST(NtfsTable, FindsTheSizeOfItsRecordsBehindDamagedOnes) {
  std::vector<std::byte> bytes = NtfsBuilder{}.table();
  std::fill_n(bytes.begin(), 3 * 1024, std::byte{0});
  MemorySource source{bytes};
  EXPECT_EQ(table_record_bytes(source), 1024u);
  // What does not lie where a record can is none.
  bytes.insert(bytes.begin(), 512, std::byte{0});
  MemorySource shifted{bytes};
  EXPECT_EQ(table_record_bytes(shifted), 0u);
  MemorySource empty{std::vector<std::byte>(4 << 20)};
  EXPECT_EQ(table_record_bytes(empty), 0u);
}

TEST(NtfsTable, TellsThatItsBeginningIsMissing) {
  NtfsBuilder disk;
  disk.file(disk.root(), "a", "x");
  std::vector<std::byte> bytes = disk.table();
  for (const bool is_cut : {false, true}) {
    if (is_cut) bytes.erase(bytes.begin(), bytes.begin() + std::ptrdiff_t{3} * 1024);
    MemorySource source{bytes};
    FileTable table{source, 1024};
    table.index([](const Error&) {});
    EXPECT_EQ(table.counts().misplaced, is_cut ? table.counts().records : 0u);
    EXPECT_EQ(table.counts().misplaced_problem().has_value(), is_cut);
  }
}

}  // namespace
}  // namespace hozen::ntfs
