#include "collector/formats/usn_journal.h"

#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "tests/builders/ntfs_side_builder.h"

namespace hozen::ntfs {
namespace {

using namespace builders;
using Lines = std::vector<std::string>;

/// "offset name" of every record.
Lines lines_of(ByteSource& journal, Problems& problems, std::uint64_t start = 0) {
  Lines lines;
  each_usn_record(journal, start, problems, [&](const UsnRecord& record) {
    lines.push_back(std::to_string(record.offset) + " " + record.name);
    return true;
  });
  return lines;
}

Lines lines_of(const NtfsBytes& bytes, Problems& problems, std::uint64_t start = 0) {
  MemorySource journal{bytes};
  return lines_of(journal, problems, start);
}

TEST(UsnRecord, Version2) {
  const NtfsBytes bytes = UsnBuilder{0x1000}
                              .v2({.name = u"käse.txt",
                                   .file = ntfs_reference(40, 2),
                                   .parent = ntfs_reference(5, 6),
                                   .time = {77},
                                   .reason = 0x8000'2000,
                                   .source = 3,
                                   .security_id = 260,
                                   .attributes = 0x21})
                              .bytes();
  const auto record = parse_usn_record(Bytes{bytes, 500});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->major_version, 2);
  EXPECT_EQ(record->minor_version, 0);
  EXPECT_EQ(record->offset, 500u);
  EXPECT_EQ(record->length_bytes, bytes.size());
  EXPECT_EQ(record->file.reference(), (FileReference{40, 2}));
  EXPECT_EQ(record->parent.reference(), (FileReference{5, 6}));
  EXPECT_EQ(record->file.high, 0u);
  EXPECT_EQ(record->usn, 0x1000u);
  EXPECT_EQ(record->time.ticks, 77u);
  EXPECT_EQ(record->reason, 0x8000'2000u);
  EXPECT_EQ(record->source_info, 3u);
  EXPECT_EQ(record->security_id, 260u);
  EXPECT_EQ(record->attributes, 0x21u);
  EXPECT_EQ(record->name, "käse.txt");
}

TEST(UsnRecord, Version3) {
  const NtfsBytes bytes = UsnBuilder{8}
                              .v3({.name = u"b",
                                   .file = 1,
                                   .parent = 2,
                                   .file_high = 3,
                                   .parent_high = 4,
                                   .time = {5},
                                   .reason = 6,
                                   .source = 7,
                                   .security_id = 8,
                                   .attributes = 9})
                              .bytes();
  const auto record = parse_usn_record(Bytes{bytes});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->major_version, 3);
  EXPECT_EQ(record->file, (FileId{1, 3}));
  EXPECT_EQ(record->parent, (FileId{2, 4}));
  EXPECT_EQ(record->usn, 8u);
  EXPECT_EQ(record->time.ticks, 5u);
  EXPECT_EQ(record->reason, 6u);
  EXPECT_EQ(record->source_info, 7u);
  EXPECT_EQ(record->security_id, 8u);
  EXPECT_EQ(record->attributes, 9u);
  EXPECT_EQ(record->name, "b");
}

TEST(UsnRecord, Version4) {
  const NtfsBytes bytes =
      UsnBuilder{16}
          .v4({.file = 1, .parent = 2, .file_high = 3, .parent_high = 4, .reason = 6, .source = 7},
              {{0, 4096}, {65'536, -1}}, 9)
          .bytes();
  const auto record = parse_usn_record(Bytes{bytes});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->file, (FileId{1, 3}));
  EXPECT_EQ(record->parent, (FileId{2, 4}));
  EXPECT_EQ(record->usn, 16u);
  EXPECT_EQ(record->reason, 6u);
  EXPECT_EQ(record->source_info, 7u);
  EXPECT_EQ(record->remaining_extents, 9u);
  EXPECT_EQ(record->extents, (std::vector<UsnExtent>{{0, 4096}, {65'536, -1}}));
  EXPECT_EQ(record->name, "");
  EXPECT_FALSE(record->time.is_set());
}

TEST(UsnRecord, TruncatedAtEveryLengthIsAnError) {
  for (const NtfsBytes& whole : {UsnBuilder{}.v2({}).bytes(), UsnBuilder{}.v3({}).bytes(),
                                 UsnBuilder{}.v4({}, {{1, 2}}).bytes()})
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto record = parse_usn_record(Bytes{std::span{whole}.first(size)});
      ASSERT_FALSE(record);
      EXPECT_EQ(record.error().code, Errc::truncated);
    }
}

TEST(UsnRecord, ContradictionsAreErrors) {
  struct Case {
    std::size_t offset;
    std::uint16_t value;
    Errc code;
  };
  const auto check = [](const NtfsBytes& whole, const std::vector<Case>& cases) {
    for (const Case& test : cases) {
      NtfsBytes bytes = whole;
      bytes.resize(70'000);
      put_u16(bytes, test.offset, test.value);
      const auto record = parse_usn_record(Bytes{bytes});
      ASSERT_FALSE(record) << test.offset << " " << test.value;
      EXPECT_EQ(record.error().code, test.code) << test.offset << " " << test.value;
    }
  };
  using enum Errc;
  check(UsnBuilder{}.v2({}).bytes(), {{0, 0, malformed},
                                      {0, 56, malformed},
                                      {0, 71, malformed},
                                      {2, 0xFFFF, malformed},
                                      {4, 1, unsupported},
                                      {4, 5, unsupported},
                                      {56, 9, malformed},
                                      {56, 14, malformed},
                                      {56, 0xFFFE, malformed},
                                      {58, 58, malformed},
                                      {58, 0xFFFF, malformed}});
  check(UsnBuilder{}.v3({}).bytes(),
        {{0, 64, truncated}, {72, 0xFFFE, malformed}, {74, 60, malformed}});
  check(UsnBuilder{}.v4({}, {{1, 2}}).bytes(),
        {{60, 2, malformed}, {60, 0xFFFF, malformed}, {62, 8, malformed}, {62, 24, malformed}});
}

TEST(UsnRecord, LoneSurrogatesAreKept) {
  const std::u16string odd{0xDC00, u'x', 0xD800};
  const auto record = parse_usn_record(Bytes{UsnBuilder{}.v2({.name = odd}).bytes()});
  ASSERT_TRUE(record);
  EXPECT_EQ(utf16_from_wtf8(record->name), odd);
}

TEST(UsnJournal, VisitsRecordsBehindZerosAndAcrossPages) {
  UsnBuilder builder;
  builder.zeros(std::size_t{3} * 4096);
  std::size_t expected = 0;
  for (; expected < 500; ++expected) builder.v2({.name = u"some name"}).v3({.name = u"other"});
  builder.zeros(40).v4({}, {}).zeros(5);
  Problems problems;
  const Lines lines = lines_of(builder.bytes(), problems);
  ASSERT_EQ(lines.size(), expected * 2 + 1);
  EXPECT_EQ(lines[0], "12288 some name");
  EXPECT_EQ(problems.count(), 0u);
}

TEST(UsnJournal, RecordsAcrossWindowsAreReadOnce) {
  // More than two windows, with zeros of all lengths between.
  UsnBuilder builder;
  std::size_t expected = 0;
  for (; builder.size() < 2'500'000; ++expected)
    builder.v2({.name = std::u16string(1 + expected % 200, u'n')}).zeros(expected % 50 * 8);
  Problems problems;
  MemorySource journal{builder.bytes()};
  std::size_t count = 0;
  each_usn_record(journal, 0, problems, [&](const UsnRecord& record) {
    EXPECT_EQ(record.usn, record.offset);
    EXPECT_EQ(record.name.size(), 1 + count % 200);
    ++count;
    return true;
  });
  EXPECT_EQ(count, expected);
  EXPECT_EQ(problems.count(), 0u);
}

TEST(UsnJournal, StartsWhereItIsTold) {
  const NtfsBytes bytes = UsnBuilder{}.v2({.name = u"a"}).v2({.name = u"b"}).bytes();
  Problems problems;
  EXPECT_EQ(lines_of(bytes, problems, 64), (Lines{"64 b"}));
  EXPECT_TRUE(lines_of(bytes, problems, 128).empty());
  EXPECT_TRUE(lines_of(bytes, problems, ~0ULL - 7).empty());
  EXPECT_EQ(problems.count(), 0u);
}

TEST(UsnJournal, EndsWhenTheVisitorSaysSo) {
  MemorySource journal{UsnBuilder{}.v2({}).v2({}).v2({}).bytes()};
  Problems problems;
  int visits = 0;
  each_usn_record(journal, 0, problems, [&](const UsnRecord&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TEST(UsnJournal, ListsOfOneRecordDoNotStayForTheNext) {
  MemorySource journal{
      UsnBuilder{}.v4({}, {{1, 2}}).v2({.name = u"a"}).v4({}, {}).v3({.name = u"b"}).bytes()};
  Problems problems;
  Lines lines;
  each_usn_record(journal, 0, problems, [&](const UsnRecord& record) {
    lines.push_back(record.name + std::to_string(record.extents.size()));
    return true;
  });
  EXPECT_EQ(lines, (Lines{"1", "a0", "0", "b0"}));
}

TEST(UsnJournalDamage, NextRecordIsFoundAndTheStretchIsOneProblem) {
  NtfsBytes bytes = UsnBuilder{}
                        .v2({.name = u"a"})
                        .v2({.name = u"b"})
                        .raw(NtfsBytes(48, std::byte{0xEE}))
                        .v3({.name = u"c"})
                        .bytes();
  put_u32(bytes, 64, 0xFFFF'FFF8);  // the length of b
  Problems problems;
  EXPECT_EQ(lines_of(bytes, problems), (Lines{"0 a", "176 c"}));
  ASSERT_EQ(problems.count(), 1u);
  EXPECT_EQ(problems.kept()[0].offset, 64u);
  EXPECT_EQ(problems.kept()[0].detail, "112 bytes");
}

TEST(UsnJournalDamage, ZerosOfAPageEndAStretchAndThoseOfARecordDoNot) {
  NtfsBytes bytes = UsnBuilder{}.v3({.name = u"a"}).zeros(200).v3({.name = u"b"}).bytes();
  put_u32(bytes, 0, 1);
  put_u32(bytes, 280, 1);
  Problems problems;
  EXPECT_TRUE(lines_of(bytes, problems).empty());
  ASSERT_EQ(problems.count(), 2u);
  EXPECT_EQ(problems.kept()[0].detail, "80 bytes");
  EXPECT_EQ(problems.kept()[1].offset, 280u);
}

TEST(UsnJournalDamage, UnknownVersionIsNamed) {
  NtfsBytes bytes = UsnBuilder{}.v2({.name = u"aaaa"}).v2({.name = u"b"}).bytes();
  put_u16(bytes, 4, 9);
  Problems problems;
  EXPECT_EQ(lines_of(bytes, problems), (Lines{"72 b"}));
  ASSERT_GE(problems.count(), 1u);
  EXPECT_EQ(problems.kept()[0].code, Errc::unsupported);
  EXPECT_NE(problems.kept()[0].detail.find("9.0"), std::string::npos);
}

TEST(UsnJournalDamage, EveryLengthEndsInRecordsAndAtMostOneProblem) {
  const NtfsBytes whole =
      UsnBuilder{}.v2({.name = u"aaaa"}).v3({.name = u"bb"}).v4({}, {{1, 2}}).bytes();
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    Problems problems;
    const Lines lines =
        lines_of({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, problems);
    const std::size_t expected = size < 72 ? 0 : (size < 152 ? 1 : (size < 232 ? 2 : 3));
    EXPECT_EQ(lines.size(), expected) << size;
    const bool cut = size != 0 && size != 72 && size != 152 && size != 232;
    EXPECT_EQ(problems.count() > 0, cut) << size;
  }
}

/// Refuses a page; says that it is larger than it is.
class BadSource final : public ByteSource {
 public:
  BadSource(NtfsBytes bytes, std::uint64_t claimed, std::optional<std::uint64_t> bad)
      : source_{std::move(bytes)}, claimed_{claimed}, bad_{bad} {}
  std::uint64_t size() const override { return claimed_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (bad_ && *bad_ >= offset && *bad_ < offset + out.size()) return Error{Errc::io, "test"};
    return source_.read_some(offset, out.first(std::min<std::size_t>(out.size(), 10'000)));
  }

 private:
  MemorySource source_;
  std::uint64_t claimed_;
  std::optional<std::uint64_t> bad_;
};

TEST(UsnJournalDamage, PageThatCannotBeReadIsAProblemAndTheOthersAreRead) {
  UsnBuilder builder;
  for (int i = 0; i < 4 * 64; ++i) builder.v2({.name = u"a"});  // 64 records a page
  BadSource journal{builder.bytes(), builder.size(), 5000};
  Problems problems;
  EXPECT_EQ(lines_of(journal, problems).size(), 3u * 64);
  ASSERT_EQ(problems.count(), 1u);
  EXPECT_EQ(problems.kept()[0].code, Errc::io);
  EXPECT_EQ(problems.kept()[0].offset, 4096u);
}

/// Zeros without end that cannot be read from `bad` on.
class LostSource final : public ByteSource {
 public:
  LostSource(NtfsBytes bytes, std::uint64_t bad) : source_{std::move(bytes)}, bad_{bad} {}
  std::uint64_t size() const override { return std::uint64_t{1} << 40; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= bad_) return Error{Errc::io, "test"};
    return source_.read_some(
        offset,
        out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), bad_ - offset))));
  }

 private:
  MemorySource source_;
  std::uint64_t bad_;
};

TEST(UsnJournalDamage, TellsThatTheRestIsNotLookedAt) {
  NtfsBytes bytes = UsnBuilder{0}.v2({.name = u"a"}).bytes();
  bytes.resize(8192);
  LostSource journal{bytes, 8192};
  Problems problems;
  EXPECT_EQ(lines_of(journal, problems), Lines{"0 a"});
  ASSERT_EQ(problems.count(), 2u);
  EXPECT_EQ(problems.kept()[0].offset, 8192u);
  EXPECT_EQ(problems.kept()[0].detail, "268435456 bytes");
  EXPECT_EQ(problems.kept()[1].code, Errc::limit);
  EXPECT_EQ(problems.kept()[1].offset, 8192u + (256u << 20));
}

TEST(UsnJournalDamage, SizeThatIsNotTrueEndsWithTheBytes) {
  BadSource journal{UsnBuilder{}.v2({.name = u"a"}).bytes(), ~0ULL, std::nullopt};
  Problems problems;
  EXPECT_EQ(lines_of(journal, problems), (Lines{"0 a"}));
  BadSource grown{UsnBuilder{}.v2({.name = u"a"}).v2({.name = u"b"}).bytes(), 64, std::nullopt};
  EXPECT_GE(lines_of(grown, problems).size(), 1u);
  EXPECT_EQ(problems.count(), 0u);
}

TEST(UsnJournalDamage, GarbageIsQuickAndOneProblem) {
  NtfsBytes bytes(16 << 20);
  std::uint32_t state = 1;
  for (std::byte& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<std::byte>(state >> 24);
  }
  Problems problems;
  EXPECT_TRUE(lines_of(bytes, problems).empty());
  EXPECT_EQ(problems.count(), 1u);
}

TEST(UsnJournalDamage, BeginningsOfLongRecordsCostLittle) {
  // Every 64 bytes a version 4 record of 65,472 bytes whose USN cannot be one.
  const NtfsBytes start = [] {
    NtfsBytes bytes = UsnBuilder{}.v4({}, {}).bytes();
    put_u32(bytes, 0, 65'472);
    put_u64(bytes, 40, 3);
    put_u16(bytes, 60, 4000);
    return bytes;
  }();
  NtfsBytes bytes;
  while (bytes.size() < 16u << 20) bytes.insert(bytes.end(), start.begin(), start.end());
  bytes[0] = std::byte{1};
  Problems problems;
  EXPECT_TRUE(lines_of(bytes, problems).empty());
  EXPECT_EQ(problems.count(), 1u);
}

TEST(UsnNames, OfReasonsAndSources) {
  EXPECT_EQ(usn_reasons(0x8000'0102), (Lines{"data_extend", "file_create", "close"}));
  EXPECT_EQ(usn_reasons(0x0000'3000), (Lines{"rename_old_name", "rename_new_name"}));
  EXPECT_EQ(usn_reasons(0), Lines{});
  EXPECT_EQ(usn_reasons(0x0600'0001), (Lines{"data_overwrite", "0x06000000"}));
  EXPECT_EQ(usn_reasons(~0u).size(), 25u);
  EXPECT_EQ(usn_sources(0x0000'000A), (Lines{"auxiliary_data", "client_replication_management"}));
  EXPECT_EQ(usn_sources(0x10), (Lines{"0x00000010"}));
}

TEST(UsnMax, TellsTheJournalsLimits) {
  NtfsBytes bytes(32);
  put_u64(bytes, 0, 0x200'0000);
  put_u64(bytes, 8, 0x40'0000);
  put_u64(bytes, 16, 77);
  put_u64(bytes, 24, 88);
  const auto limits = parse_usn_max(Bytes{bytes});
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->max_bytes, 0x200'0000u);
  EXPECT_EQ(limits->allocation_delta, 0x40'0000u);
  EXPECT_EQ(limits->journal_id.ticks, 77u);
  EXPECT_EQ(limits->lowest_valid_usn, 88u);
  for (std::size_t size = 0; size < 32; ++size) {
    const auto cut = parse_usn_max(Bytes{bytes}.head(size));
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, Errc::truncated);
  }
}

}  // namespace
}  // namespace hozen::ntfs
