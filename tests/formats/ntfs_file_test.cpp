#include "collector/formats/ntfs_file.h"

#include <gtest/gtest.h>

#include "tests/builders/ntfs_builder.h"
#include "tests/builders/ntfs_side_builder.h"

namespace hozen::ntfs {
namespace {

using builders::NtfsBytes;
using builders::NtfsRecordBuilder;
namespace type = attribute_type;

/// The records in turn, the first one the base.
File joined(const std::vector<NtfsRecordBuilder>& records, std::uint32_t record_bytes = 1024) {
  File file;
  file.number = 40;
  for (const NtfsRecordBuilder& record : records) {
    NtfsBytes bytes = record.bytes(40, record_bytes);
    file.add(read_slot(bytes, 0).record);
  }
  return file;
}

LayoutCollector collected(const std::vector<NtfsRecordBuilder>& records, std::string name = "",
                          std::uint32_t record_bytes = 1024) {
  LayoutCollector layout{type::kData, std::move(name), 1000};
  for (const NtfsRecordBuilder& record : records) {
    NtfsBytes bytes = record.bytes(40, record_bytes);
    layout.add(read_slot(bytes, 0).record);
  }
  return layout;
}

NtfsRecordBuilder extension() { return NtfsRecordBuilder{}.base({40, 1}); }

NtfsRecordBuilder::NonResident piece(std::vector<ntfs::Run> runs, std::uint64_t size = 0) {
  const std::uint64_t first = runs.front().vcn;
  return {.type = type::kData,
          .runs = std::move(runs),
          .size = size,
          .initialized = size,
          .allocated = size,
          .first_vcn = first};
}

NtfsBytes text_bytes(std::string_view text) {
  const auto span = bytes_of(text).span();
  return {span.begin(), span.end()};
}

std::string text(const StreamLayout& layout) {
  std::string out;
  for (const ntfs::Run& run : layout.runs)
    out += std::to_string(run.vcn) + "+" + std::to_string(run.clusters) + "@" +
           (run.is_sparse() ? "-" : std::to_string(run.lcn)) + " ";
  return out;
}

TEST(NtfsFile, JoinsWhatItsRecordsSay) {
  NtfsRecordBuilder base;
  base.sequence(3).standard(FileTime{5}, 0x20, 700);
  base.resident({type::kAttributeList, "", NtfsBytes(8)});
  base.name({5, 5}, "LONGNA~1", NameSpace::dos);
  base.non_resident(piece({{0, 9, 4}}, 9000));
  NtfsRecordBuilder more = extension();
  more.sequence(9).flags(0).name({5, 5}, "long name", NameSpace::win32);
  more.non_resident(piece({{4, 90, 5}}));
  more.resident({type::kData, "ads", text_bytes("abc")});
  const File file = joined({base, more});
  EXPECT_EQ(file.reference(), (FileReference{40, 3})) << "of the base record";
  EXPECT_TRUE(file.in_use());
  EXPECT_TRUE(file.has_attribute_list);
  EXPECT_EQ(file.standard->security_id, 700u);
  ASSERT_NE(file.best_name(), nullptr);
  EXPECT_EQ(file.best_name()->name, "long name");
  ASSERT_EQ(file.streams.size(), 2u);
  EXPECT_EQ(file.data()->size_bytes, 9000u);
  EXPECT_EQ(file.data()->first_lcn, 9u);
  EXPECT_TRUE(file.find_stream(type::kData, "ads")->resident);
  EXPECT_TRUE(file.problems.empty());
}

TEST(NtfsFile, IsCalledByTheBestOfItsNames) {
  const auto best = [](std::vector<NameSpace> spaces) {
    NtfsRecordBuilder record;
    for (const NameSpace space : spaces)
      record.name({5, 5}, std::to_string(static_cast<int>(space)), space);
    const File file = joined({record});
    return file.best_name() == nullptr ? "" : file.best_name()->name;
  };
  using enum NameSpace;
  EXPECT_EQ(best({}), "");
  EXPECT_EQ(best({dos, win32}), "1");
  EXPECT_EQ(best({dos, posix}), "0");
  EXPECT_EQ(best({posix, win32_and_dos}), "3");
  EXPECT_EQ(best({static_cast<NameSpace>(7), dos}), "2");
  EXPECT_EQ(best({static_cast<NameSpace>(7)}), "7");
}

TEST(NtfsFile, OfTwoAttributesThatSayTheSameTheFirstIsMeant) {
  NtfsRecordBuilder record;
  record.resident({type::kData, "", text_bytes("first")});
  record.non_resident(piece({{0, 9, 4}}, 4000));
  record.resident({type::kData, "", text_bytes("third one")});
  const File file = joined({record});
  EXPECT_EQ(file.data()->size_bytes, 5u);
  EXPECT_TRUE(file.data()->resident);
  EXPECT_EQ(file.problems.size(), 2u);
  auto layout = collected({record});
  ASSERT_TRUE(layout.value());
  EXPECT_EQ(Bytes{*layout.value()}.chars(), "first");
  EXPECT_TRUE(layout.take_layout().runs.empty());

  NtfsRecordBuilder other;
  other.non_resident(piece({{0, 9, 4}}, 4000));
  other.resident({type::kData, "", text_bytes("second")});
  EXPECT_EQ(joined({other}).data()->size_bytes, 4000u);
  auto runs = collected({other});
  EXPECT_FALSE(runs.value());
  EXPECT_EQ(text(runs.take_layout()), "0+4@9 ");
  other.flags(0);
  EXPECT_TRUE(joined({other}).problems.empty()) << "a deleted file: leftovers are to be expected";
}

TEST(NtfsFile, TellsWhichStreamsLackTheirBeginning) {
  const File file = joined({NtfsRecordBuilder{}.non_resident(piece({{4, 9, 4}}, 4000))});
  ASSERT_NE(file.data(), nullptr);
  EXPECT_FALSE(file.data()->has_start);
  EXPECT_EQ(file.data()->size_bytes, 0u);
}

TEST(NtfsFile, KeepsItsReparsePointAndExtendedAttributes) {
  NtfsRecordBuilder record;
  record.resident({type::kReparsePoint, "", text_bytes("\x17\0\0\x80more")});
  NtfsBytes ea(8);
  ea[4] = std::byte{77};
  record.resident({type::kEaInformation, "", ea});
  record.resident({type::kReparsePoint, "", {}});
  File file = joined({record});
  EXPECT_EQ(file.ea_bytes, 77u);
  file.clear();
  EXPECT_TRUE(file.reparse_data.empty());
  EXPECT_FALSE(file.ea_bytes);
}

TEST(NtfsFile, CompressedAndSparseStreamsTakeWhatTheyHaveOfClusters) {
  const File file = joined(
      {NtfsRecordBuilder{}
           .non_resident({.runs = {{0, kSparseLcn, 4}},
                          .size = 4096,
                          .allocated = 4096,
                          .flags = kAttributeSparse,
                          .total = 0})
           .non_resident({.name = "s",
                          .runs = {{0, 9, 2}, {2, kSparseLcn, 14}},
                          .size = 16'000,
                          .allocated = 16'384,
                          .flags = 1,
                          .unit_log2 = 4,
                          .total = 2048})
           .non_resident({.name = "plain", .runs = {{0, 40, 4}}, .size = 4096, .allocated = 4096})
           .non_resident({.name = "without the field",
                          .runs = {{0, kSparseLcn, 4}},
                          .size = 4096,
                          .allocated = 4096,
                          .flags = kAttributeSparse})});
  EXPECT_EQ(file.data()->allocated_bytes, 0u);
  EXPECT_EQ(file.find_stream(type::kData, "s")->allocated_bytes, 2048u);
  EXPECT_EQ(file.find_stream(type::kData, "plain")->allocated_bytes, 4096u);
  EXPECT_EQ(file.find_stream(type::kData, "without the field")->allocated_bytes, 4096u);
}

TEST(NtfsFile, KnowsTheTagOfAReparsePointThatLiesOutsideFromAName) {
  NtfsBytes name(66 + 2);
  builders::put_u32(name, 56, 0x400);
  builders::put_u32(name, 60, 0xA000'000C);
  name[64] = std::byte{1};
  name[66] = std::byte{'l'};
  NtfsRecordBuilder record;
  record.resident({type::kFileName, "", name});
  EXPECT_FALSE(joined({record}).known_reparse_tag()) << "the file has none";
  record.non_resident({.type = type::kReparsePoint, .runs = {{0, 9, 1}}, .size = 900});
  EXPECT_EQ(joined({record}).known_reparse_tag(), 0xA000'000Cu);
}

TEST(NtfsFile, KeepsTheObjectIdAndWhereExtendedAttributesLie) {
  NtfsBytes id(64, std::byte{0x11});
  const File file = joined({NtfsRecordBuilder{}
                                .resident({type::kObjectId, "", id})
                                .resident({type::kEa, "", NtfsBytes(20)})});
  ASSERT_TRUE(file.object_id);
  EXPECT_EQ(file.object_id->text(), "{11111111-1111-1111-1111-111111111111}");
  EXPECT_EQ(file.ea_stored, 20u);
  EXPECT_EQ(file.ea_data.size(), 20u);
  const File outside =
      joined({NtfsRecordBuilder{}
                  .non_resident({.type = type::kEa, .runs = {{0, 9, 1}}, .size = 900})
                  .resident({type::kObjectId, "", NtfsBytes(15)})});
  EXPECT_EQ(outside.ea_stored, 900u);
  EXPECT_TRUE(outside.ea_data.empty());
  EXPECT_FALSE(outside.object_id);
  EXPECT_EQ(outside.problems.size(), 1u) << "too short for an object id";
}

TEST(NtfsFile, NamesAndStreamsAreCapped) {
  File file;
  NtfsRecordBuilder names, streams;
  for (int i = 0; i < 500; ++i) names.name({5, 5}, "n");
  for (int record = 0; record < 10; ++record) {
    NtfsBytes bytes = names.bytes(40, 65'536);
    file.add(read_slot(bytes, 0).record);
    NtfsRecordBuilder more;
    for (int i = 0; i < 500; ++i)
      more.resident({type::kData, std::to_string(record * 500 + i), {}});
    bytes = more.bytes(40, 65'536);
    file.add(read_slot(bytes, 0).record);
  }
  EXPECT_EQ(file.names.size(), kMaxNames);
  EXPECT_EQ(file.streams.size(), kMaxStreams);
  EXPECT_EQ(file.problems.size(), 32u) << "and so are problems";
  EXPECT_EQ(file.problems[0].code, Errc::limit);
}

TEST(NtfsFile, FindsEachOfItsStreamsByName) {
  File file;
  for (int round = 0; round < 2; ++round) {  // the second tells the same again
    for (int record = 0; record < 4; ++record) {
      NtfsRecordBuilder more;
      for (int i = 0; i < 500; ++i) {
        const int number = (record * 500 + i) * 7 % 2000;  // not in order
        const NtfsBytes value(static_cast<std::size_t>(number % 5));
        more.resident({type::kData, "s" + std::to_string(number), value});
      }
      NtfsBytes bytes = more.bytes(40, 65'536);
      file.add(read_slot(bytes, 0).record);
    }
    ASSERT_EQ(file.streams.size(), 2000u);
  }
  EXPECT_EQ(file.data(), nullptr);
  EXPECT_EQ(file.find_stream(type::kIndexAllocation, "s7"), nullptr);
  for (int number = 0; number < 2000; ++number) {
    const FileStream* const stream = file.find_stream(type::kData, "s" + std::to_string(number));
    ASSERT_NE(stream, nullptr) << number;
    EXPECT_EQ(stream->name, "s" + std::to_string(number));
    EXPECT_EQ(stream->size_bytes, static_cast<std::uint64_t>(number % 5));
  }
  EXPECT_EQ(file.streams[1].name, "s7") << "in the order in which they came";
  file.clear();
  EXPECT_EQ(file.find_stream(type::kData, "s7"), nullptr);
}

TEST(NtfsFile, NameThatIsCutOrNotResidentIsAProblem) {
  NtfsRecordBuilder record;
  record.resident({type::kFileName, "", NtfsBytes(65)});
  NtfsBytes cut(66);
  cut[64] = std::byte{255};
  record.resident({type::kFileName, "", cut});
  NtfsRecordBuilder::NonResident away = piece({{0, 3, 1}}, 100);
  away.type = type::kFileName;
  record.non_resident(away);
  record.resident({type::kStandardInformation, "", NtfsBytes(47)});
  const File file = joined({record});
  EXPECT_TRUE(file.names.empty());
  EXPECT_FALSE(file.standard);
  EXPECT_EQ(file.problems.size(), 4u);
}

TEST(NtfsLayout, PutsPiecesInOrder) {
  const NtfsRecordBuilder base = NtfsRecordBuilder{}.non_resident(piece({{0, 9, 4}}, 9000));
  const NtfsRecordBuilder second = extension().non_resident(piece({{4, 90, 2}, {6, 50, 1}}));
  const NtfsRecordBuilder third = extension().non_resident(piece({{7, kSparseLcn, 2}}));
  auto layout = collected({base, third, second});
  EXPECT_TRUE(layout.found());
  const StreamLayout made = layout.take_layout();
  EXPECT_EQ(text(made), "0+4@9 4+2@90 6+1@50 7+2@- ");
  EXPECT_EQ(made.size_bytes, 9000u);
  EXPECT_EQ(made.unit_clusters, 0u);
  EXPECT_TRUE(layout.problems().empty());
  EXPECT_FALSE(collected({base}, "other").found());
}

TEST(NtfsLayout, OverlapAndGapAreToldAndTheFirstWins) {
  auto overlap = collected({NtfsRecordBuilder{}.non_resident(piece({{0, 9, 4}}, 9000)),
                            extension().non_resident(piece({{2, 90, 5}})),
                            extension().non_resident(piece({{4, 50, 5}})),
                            extension().non_resident(piece({{12, 60, 1}}))});
  EXPECT_EQ(text(overlap.take_layout()), "0+4@9 4+5@50 12+1@60 ");
  ASSERT_EQ(overlap.problems().size(), 2u);
  EXPECT_EQ(overlap.problems()[0].what, "ntfs runs that overlap");
  EXPECT_EQ(overlap.problems()[1].what, "ntfs runs with a gap");
}

TEST(NtfsLayout, OnlyCompressedStreamsHaveUnits) {
  auto unit = [](std::uint16_t flags, std::uint16_t log2) {
    auto attribute = piece({{0, 9, 16}}, 9000);
    attribute.flags = flags;
    attribute.unit_log2 = log2;
    return collected({NtfsRecordBuilder{}.non_resident(attribute)}).take_layout().unit_clusters;
  };
  EXPECT_EQ(unit(1, 4), 16u);
  EXPECT_EQ(unit(kAttributeSparse, 4), 0u);
  EXPECT_EQ(unit(0, 4), 0u);
  EXPECT_EQ(unit(1, 0), 0u);
}

TEST(NtfsLayout, OfNothingButFaultsTellsAFew) {
  // Each of 6,000 pieces begins where the first one does.
  std::vector<NtfsRecordBuilder> records{NtfsRecordBuilder{}.non_resident(piece({{0, 9, 4}}, 9))};
  NtfsRecordBuilder many = extension();
  for (int i = 0; i < 600; ++i) many.non_resident(piece({{1, 90, 1}, {2, 80, 1}}));
  for (int i = 0; i < 10; ++i) records.push_back(many);
  auto layout = collected(records, "", 65'536);
  EXPECT_EQ(text(layout.take_layout()), "0+4@9 ");
  EXPECT_LE(layout.problems().size(), 100u);
}

TEST(NtfsLayout, RunlistOfAnotherLengthThanItSays) {
  auto attribute = piece({{0, 9, 4}}, 4096);
  NtfsBytes bytes = NtfsRecordBuilder{}.non_resident(attribute).bytes(40);
  Slot slot = read_slot(bytes, 0);
  std::size_t at = 0;
  slot.record.each_attribute([&](const Attribute& a) { at = a.offset; }, [](const Error&) {});
  bytes[at + 24] = std::byte{9};
  LayoutCollector layout{type::kData, "", 1000};
  layout.add(slot.record);
  ASSERT_EQ(layout.problems().size(), 1u);
  EXPECT_EQ(text(layout.take_layout()), "0+4@9 ");
}

}  // namespace
}  // namespace hozen::ntfs
