#include "collector/formats/ntfs_volume.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs {
namespace {

using builders::encode_runs;
using builders::NtfsBuilder;
using builders::NtfsBytes;
using builders::NtfsRecordBuilder;
namespace type = attribute_type;

constexpr std::size_t kRecord = 1024;
constexpr std::uint64_t kCluster = NtfsBuilder::kClusterBytes;

template <class T>
void put(NtfsBytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

Result<std::shared_ptr<Volume>> open(NtfsBytes bytes) {
  return Volume::open(std::make_shared<MemorySource>(std::move(bytes)));
}

std::shared_ptr<Volume> opened(NtfsBytes bytes) {
  auto volume = open(std::move(bytes));
  EXPECT_TRUE(volume) << volume.error().text();
  return volume ? *volume : nullptr;
}

std::string content(Volume& volume, std::uint64_t number, std::string_view name = "") {
  auto source = volume.open_attribute(number, type::kData, name);
  if (!source) return "error: " + source.error().text();
  const auto bytes = read_all(**source, 1 << 20);
  return bytes ? std::string{Bytes{*bytes}.chars()} : "error: " + bytes.error().text();
}

std::string name_of(Volume& volume, std::uint64_t number) {
  const auto file = volume.read_file(number);
  if (!file) return "error: " + file.error().text();
  return file->best_name() != nullptr ? file->best_name()->name : "(none)";
}

std::string long_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + " ";
  text.resize(size);
  return text;
}

/// A file in one piece, one in many, one with a stream.
struct Sample {
  NtfsBuilder builder{64};
  std::uint64_t small, big, scattered;
  Sample() {
    small = builder.file(builder.root(), "small", "content").record;
    big = builder.file(builder.root(), "big", long_text(5000)).record;
    scattered = builder.fragmented(builder.root(), "scattered", long_text(6000)).record;
    builder.stream({small, 1}, "ads", "hidden").stream({small, 1}, "large", long_text(3000));
  }
};

/// Bytes that a test changes while they are read.
class ChangingSource final : public ByteSource {
 public:
  explicit ChangingSource(NtfsBytes content) : bytes{std::move(content)} {}
  std::uint64_t size() const override { return bytes.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    MemorySource now{bytes};
    return now.read_some(offset, out);
  }
  NtfsBytes bytes;
};

TEST(NtfsVolume, AFileIsAsLookedOnlyWhileItsRecordIs) {
  const Sample sample;
  const auto bytes = std::make_shared<ChangingSource>(sample.builder.volume());
  const auto volume = Volume::open(bytes);
  ASSERT_TRUE(volume);
  const auto look = [&](std::uint64_t number) {
    const Volume::Look one{**volume, number};
    EXPECT_TRUE((*volume)->read_file(number));
    return (*volume)->looks_in_turn();
  };
  const std::uint64_t turn = look(sample.small);
  EXPECT_TRUE((*volume)->is_as_looked(sample.small, turn));
  EXPECT_FALSE((*volume)->is_as_looked(sample.big, turn)) << "nobody looked at it";
  EXPECT_EQ(look(sample.small), turn);
  EXPECT_TRUE((*volume)->is_as_looked(sample.small, turn));

  const std::string content = "content";
  const auto found =
      std::search(bytes->bytes.begin(), bytes->bytes.end(), content.begin(), content.end(),
                  [](std::byte a, char b) { return a == static_cast<std::byte>(b); });
  ASSERT_NE(found, bytes->bytes.end());
  *found = std::byte{'C'};
  EXPECT_FALSE((*volume)->is_as_looked(sample.small, turn)) << "changed since";
  EXPECT_EQ(look(sample.small), turn);
  EXPECT_FALSE((*volume)->is_as_looked(sample.small, turn)) << "changed between two looks";
  look(sample.big);
  const std::uint64_t other = look(sample.small);
  EXPECT_FALSE((*volume)->is_as_looked(sample.small, turn)) << "another look came between";
  EXPECT_TRUE((*volume)->is_as_looked(sample.small, other));
}

TEST(NtfsVolume, ReadsFilesAndStreams) {
  const Sample sample;
  const auto volume = opened(sample.builder.volume());
  EXPECT_TRUE(volume->problems().empty());
  EXPECT_EQ(volume->record_count(), 32u);
  EXPECT_EQ(volume->boot().serial, 0x1122'3344'70EC'FA33u);
  EXPECT_EQ(name_of(*volume, 0), "$MFT");
  EXPECT_EQ(name_of(*volume, sample.small), "small");
  EXPECT_EQ(content(*volume, sample.small), "content");
  EXPECT_EQ(content(*volume, sample.small, "ads"), "hidden");
  EXPECT_EQ(content(*volume, sample.small, "large"), long_text(3000));
  EXPECT_EQ(content(*volume, sample.big), long_text(5000));
  EXPECT_EQ(content(*volume, sample.scattered), long_text(6000));
  const auto absent = volume->open_attribute(sample.small, type::kData, "ADS");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Errc::not_found);
  EXPECT_EQ(volume->read_file(30).error().code, Errc::not_found) << "an unused record";
  EXPECT_EQ(volume->read_file(32).error().code, Errc::not_found) << "behind the end";
  EXPECT_EQ(volume->read_file(~std::uint64_t{0}).error().code, Errc::not_found);
}

TEST(NtfsVolume, FindsItsTableInSeveralPieces) {
  Sample sample;
  sample.builder.split_table(25);
  const auto volume = opened(sample.builder.volume());
  EXPECT_TRUE(volume->problems().empty()) << volume->problems()[0].text();
  EXPECT_EQ(volume->mft_layout().runs.size(), 2u);
  EXPECT_EQ(content(*volume, sample.scattered), long_text(6000));
}

TEST(NtfsVolume, UsesTheCopyOfItsBootSector) {
  NtfsBytes bytes = Sample{}.builder.volume();
  std::fill_n(bytes.begin(), 512, std::byte{0});
  const auto volume = opened(bytes);
  ASSERT_EQ(volume->problems().size(), 1u);
  EXPECT_EQ(content(*volume, 24), "content");
  std::fill(bytes.end() - 512, bytes.end(), std::byte{0});
  EXPECT_EQ(open(bytes).error().code, Errc::malformed);
}

TEST(NtfsVolume, UsesTheMirrorOfItsFirstRecord) {
  const Sample sample;
  for (const std::size_t damaged : {0u, 510u, 22u}) {  // signature, fixup, flags
    NtfsBytes bytes = sample.builder.volume();
    bytes[sample.builder.mft_offset() + damaged] = std::byte{0};
    const auto volume = opened(bytes);
    ASSERT_EQ(volume->problems().size(), 1u);
    EXPECT_EQ(volume->problems()[0].detail, "the copy in $MFTMirr was used");
    EXPECT_EQ(content(*volume, sample.small), "content");
    bytes[NtfsBuilder::kMirrorLcn * kCluster + damaged] = std::byte{0};
    EXPECT_FALSE(open(bytes));
  }
}

/// The volume of `builder` with record 0 made of this $DATA, in the mirror too.
NtfsBytes with_table(const NtfsBuilder& builder, const NtfsRecordBuilder::NonResident& data,
                     const std::vector<NtfsRecordBuilder::Resident>& more = {}) {
  NtfsRecordBuilder first;
  first.name({5, 5}, "$MFT");
  for (const auto& attribute : more) first.resident(attribute);
  first.non_resident(data);
  NtfsBytes bytes = builder.volume();
  const NtfsBytes record = first.bytes(0);
  for (const std::uint64_t lcn : {NtfsBuilder::kMftLcn, NtfsBuilder::kMirrorLcn})
    std::copy(record.begin(), record.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(lcn * kCluster));
  return bytes;
}

TEST(NtfsVolume, TableThatClaimsMoreThanItHasIsCut) {
  const Sample sample;
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 60;
  const auto volume = opened(
      with_table(sample.builder,
                 {.runs = {{0, NtfsBuilder::kMftLcn, 32}}, .size = kHuge, .initialized = kHuge}));
  EXPECT_EQ(volume->record_count(), 32u);
  ASSERT_EQ(volume->problems().size(), 1u);
  EXPECT_EQ(volume->problems()[0].what, "ntfs $MFT larger than its clusters");
  EXPECT_EQ(content(*volume, sample.small), "content");
}

TEST(NtfsVolume, TableOnClustersThatTheImageLacksIsCut) {
  // The boot sector claims 2^50 clusters, and one run of the table takes most of them.
  const Sample sample;
  constexpr std::uint64_t kClusters = std::uint64_t{1} << 50;
  NtfsBytes bytes = with_table(sample.builder, {.runs = {{0, NtfsBuilder::kMftLcn, kClusters / 2}},
                                                .size = kClusters / 2 * kCluster,
                                                .initialized = kClusters / 2 * kCluster});
  put(bytes, 40, std::uint64_t{kClusters * 2});
  const std::size_t size = bytes.size();
  const auto volume = opened(std::move(bytes));
  EXPECT_LE(volume->record_count(), size / kRecord);
  EXPECT_EQ(content(*volume, sample.small), "content");
}

TEST(NtfsVolume, TellsThatItEndsEarly) {
  const Sample sample;
  NtfsBytes bytes = sample.builder.volume();
  bytes.resize(bytes.size() - 4 * kCluster);
  const auto volume = opened(bytes);
  ASSERT_EQ(volume->problems().size(), 1u);
  EXPECT_EQ(volume->problems()[0].code, Errc::truncated);
  EXPECT_EQ(volume->problems()[0].offset, bytes.size());
}

TEST(NtfsVolume, RunsThatLieOnEachOtherMakeNoLargeTable) {
  const Sample sample;
  std::vector<ntfs::Run> runs{{0, NtfsBuilder::kMftLcn, 32}};
  for (std::uint64_t i = 0; i < 200; ++i) runs.push_back({32 + 64 * i, 0, 64});
  const std::uint64_t size = (32 + 64 * 200) * kCluster;
  NtfsBytes bytes = with_table(sample.builder, {.runs = runs, .size = size, .initialized = size});
  const std::size_t image = bytes.size();
  EXPECT_LE(opened(std::move(bytes))->record_count(), image / kRecord);
}

TEST(NtfsVolume, TableThatIsSparseEndsAtItsHole) {
  const Sample sample;
  constexpr std::uint64_t kHole = std::uint64_t{1} << 61;
  const auto volume = opened(
      with_table(sample.builder, {.runs = {{0, NtfsBuilder::kMftLcn, 26}, {26, kSparseLcn, kHole}},
                                  .size = kHole,
                                  .initialized = kHole}));
  EXPECT_EQ(volume->record_count(), 26u);
  EXPECT_FALSE(volume->problems().empty());
  EXPECT_EQ(content(*volume, sample.big), long_text(5000));
  const auto all = opened(
      with_table(sample.builder, {.runs = {{0, kSparseLcn, 100}}, .size = 99, .initialized = 99}));
  EXPECT_EQ(all->record_count(), 0u);
}

TEST(NtfsVolume, TableWithoutRunsOrOutsideIsRefusedOrEmpty) {
  const NtfsBuilder builder{64};
  for (const std::vector<ntfs::Run>& runs :
       {std::vector<ntfs::Run>{}, std::vector<ntfs::Run>{{0, 1'000'000, 32}}}) {
    const auto volume =
        open(with_table(builder, {.runs = runs, .size = 32'768, .initialized = 32'768}));
    EXPECT_TRUE(!volume || (*volume)->record_count() == 0);
  }
  NtfsBytes bytes = builder.volume();
  put(bytes, 48, ~std::uint64_t{0});
  put(bytes, 56, ~std::uint64_t{0});
  // The copy of the boot sector at the end knows better, as long as it is there.
  const auto by_copy = open(bytes);
  ASSERT_TRUE(by_copy);
  EXPECT_FALSE((*by_copy)->problems().empty());
  std::fill(bytes.end() - 512, bytes.end(), std::byte{0});
  const auto without = open(bytes);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, Errc::malformed);
}

NtfsBytes list_of(const std::vector<std::pair<std::uint64_t, FileReference>>& entries,
                  std::uint32_t attribute = type::kData) {
  NtfsBytes list(entries.size() * 32);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    put(list, i * 32, attribute);
    put(list, i * 32 + 4, std::uint16_t{32});
    put(list, i * 32 + 7, std::uint8_t{26});
    put(list, i * 32 + 8, entries[i].first);
    put(list, i * 32 + 16, entries[i].second.to_u64());
  }
  return list;
}

TEST(NtfsVolume, TableWhoseListNamesItselfAndOthersIsRead) {
  const Sample sample;
  const NtfsBytes list =
      list_of({{0, {0, 1}}, {40, {0, 1}}, {50, {24, 1}}, {60, {1'000'000, 1}}, {70, {24, 1}}});
  const auto volume = opened(with_table(
      sample.builder,
      {.runs = {{0, NtfsBuilder::kMftLcn, 32}}, .size = 32 * kRecord, .initialized = 32 * kRecord},
      {{type::kAttributeList, "", list}}));
  EXPECT_EQ(volume->record_count(), 32u);
  EXPECT_EQ(volume->problems().size(), 2u) << "records 24 and 1,000,000 extend nothing";
}

/// Each piece of the table holds the record that tells the next one.
TEST(NtfsVolume, TableWhosePiecesTellOneAfterTheOtherIsFoundInTime) {
  constexpr std::uint64_t kPieces = 400;
  NtfsBuilder builder{2000};
  std::vector<std::pair<std::uint64_t, FileReference>> entries;
  for (std::uint64_t i = 0; i < kPieces; ++i) {
    const std::uint64_t vcn = 32 + i;
    entries.push_back({vcn, {vcn - 1, 1}});
  }
  NtfsRecordBuilder first;
  const std::string list_text{Bytes{list_of(entries)}.chars()};
  const auto list_runs = builder.store(list_text);
  first.name({5, 5}, "$MFT");
  first.non_resident({.type = type::kAttributeList,
                      .runs = list_runs,
                      .size = list_text.size(),
                      .initialized = list_text.size()});
  const std::uint64_t size = (32 + kPieces) * kRecord;
  first.non_resident({.runs = {{0, NtfsBuilder::kMftLcn, 32}}, .size = size, .initialized = size});
  NtfsBytes bytes = builder.volume();
  const auto place = [&](std::uint64_t number, const NtfsRecordBuilder& record) {
    const NtfsBytes made = record.bytes(number);
    std::copy(
        made.begin(), made.end(),
        bytes.begin() + static_cast<std::ptrdiff_t>((NtfsBuilder::kMftLcn + number) * kCluster));
  };
  place(0, first);
  for (std::uint64_t i = 0; i < kPieces; ++i) {
    const std::uint64_t vcn = 32 + i;
    NtfsRecordBuilder extension;
    extension.base({0, 1});
    extension.non_resident({.runs = {{vcn, NtfsBuilder::kMftLcn + vcn, 1}}, .first_vcn = vcn});
    place(vcn - 1, extension);
  }
  const auto volume = opened(std::move(bytes));
  EXPECT_EQ(volume->record_count(), 32 + kPieces);
  EXPECT_TRUE(volume->problems().empty());
}

TEST(NtfsVolume, JoinsTheRecordsThatTheListNames) {
  NtfsBuilder builder{64};
  NtfsRecordBuilder base;
  base.standard(FileTime{1}).name(builder.root(), "joined");
  const FileReference file = builder.add(base);
  NtfsRecordBuilder right, wrong_sequence, wrong_base;
  right.base(file).resident({type::kData, "right", {}});
  wrong_sequence.base({file.record, 9}).resident({type::kData, "stale", {}});
  wrong_base.base({5, 5}).resident({type::kData, "other", {}});
  const FileReference a = builder.add(right), b = builder.add(wrong_sequence),
                      c = builder.add(wrong_base);
  // Itself, each twice, one behind the end.
  const NtfsBytes list = list_of({{0, file}, {0, a}, {0, a}, {0, b}, {0, c}, {0, {1 << 20, 1}}});
  const auto runs = builder.store(std::string{Bytes{list}.chars()});
  builder.record(file).non_resident({.type = type::kAttributeList,
                                     .runs = runs,
                                     .size = list.size(),
                                     .initialized = list.size()});
  const auto volume = opened(builder.volume());
  const auto read = volume->read_file(file.record);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->streams.size(), 1u);
  EXPECT_EQ(read->streams[0].name, "right");
  EXPECT_EQ(read->problems.size(), 3u);
  EXPECT_TRUE(volume->open_attribute(file.record, type::kData, "right"));
  EXPECT_EQ(volume->read_file(a.record).error().code, Errc::malformed) << "it extends another";
}

TEST(NtfsVolume, ListOfMoreRecordsThanAFileCanHaveIsCut) {
  NtfsBuilder builder{64};
  NtfsRecordBuilder base;
  base.standard(FileTime{1}).name(builder.root(), "many");
  const FileReference file = builder.add(base);
  std::vector<std::pair<std::uint64_t, FileReference>> entries;
  NtfsBytes list;
  // 26 bytes each: 10,082 in 256 KiB.
  for (std::uint64_t i = 0; i < 10'050; ++i) {
    NtfsBytes entry = list_of({{0, {1000 + i, 1}}});
    entry.resize(26);
    put(entry, 4, std::uint16_t{26});
    list.insert(list.end(), entry.begin(), entry.end());
  }
  const auto runs = builder.store(std::string{Bytes{list}.chars()});
  builder.record(file).non_resident({.type = type::kAttributeList,
                                     .runs = runs,
                                     .size = list.size(),
                                     .initialized = list.size()});
  const auto read = opened(builder.volume())->read_file(file.record);
  ASSERT_TRUE(read);
  EXPECT_LE(read->problems.size(), 200u);
  EXPECT_EQ(read->problems[0].code, Errc::limit);
}

TEST(NtfsVolume, ListThatIsTooLongOrUnreadableIsAProblem) {
  const auto problems = [](const std::vector<ntfs::Run>& runs, std::uint64_t size) {
    NtfsBuilder builder{64};
    const FileReference file = builder.file(builder.root(), "f", "content");
    builder.record(file).non_resident(
        {.type = type::kAttributeList, .runs = runs, .size = size, .initialized = size});
    const auto volume = opened(builder.volume());
    EXPECT_EQ(content(*volume, file.record), "content") << "the base record is read all the same";
    return volume->read_file(file.record)->problems;
  };
  EXPECT_EQ(problems({{0, 20, 300}}, 1u << 19).at(0).code, Errc::limit);
  EXPECT_FALSE(problems({{0, kSparseLcn, 8}}, ~std::uint64_t{0}).empty());
  EXPECT_FALSE(problems({{0, 1'000'000, 8}}, 1000).empty());
  EXPECT_FALSE(problems({{7, 20, 1}}, 1000).empty());
}

TEST(NtfsVolume, TornRecordIsReadAndTold) {
  const Sample sample;
  NtfsBytes bytes = sample.builder.volume();
  bytes[sample.builder.mft_offset() + sample.small * kRecord + 1023] ^= std::byte{0xFF};
  const auto volume = opened(bytes);
  const auto file = volume->read_file(sample.small);
  ASSERT_TRUE(file);
  ASSERT_EQ(file->problems.size(), 1u);
  EXPECT_EQ(file->problems[0].offset, sample.small * kRecord);
  put(bytes, sample.builder.mft_offset() + sample.small * kRecord, std::uint32_t{0x44414142});
  EXPECT_EQ(opened(bytes)->read_file(sample.small).error().code, Errc::malformed);
}

void read_everything(Volume& volume) {
  for (std::uint64_t number = 0; number < volume.record_count(); ++number) {
    const auto file = volume.read_file(number);
    if (!file) continue;
    for (const FileStream& stream : file->streams) {
      const auto source = volume.open_attribute(number, stream.type, stream.name);
      std::byte part[4096];
      if (source) (void)(*source)->read_some(0, part);
    }
  }
}

TEST(NtfsVolume, EveryTruncationIsSurvived) {
  const Sample sample;
  const NtfsBytes whole = sample.builder.volume();
  for (std::size_t size = 0; size < whole.size(); size += size < 2048 ? 1 : 509) {
    const auto volume = open({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    if (!volume) continue;
    EXPECT_GE(size, NtfsBuilder::kMirrorLcn * kCluster + kRecord);
    EXPECT_LE((*volume)->record_count(), size / kRecord);
    read_everything(**volume);
  }
}

TEST(NtfsVolume, EveryFieldAtItsMaximumIsSurvived) {
  Sample sample;
  sample.builder.split_table(25);
  const NtfsBytes whole = sample.builder.volume();
  const std::size_t table = sample.builder.mft_offset();
  std::vector<std::size_t> offsets;
  for (std::size_t i = 0; i < 512; i += 2) offsets.push_back(i);
  for (const std::size_t record : {std::size_t{0}, std::size_t{15}, sample.scattered})
    for (std::size_t i = 0; i < 400; i += 2) offsets.push_back(table + record * kRecord + i);
  for (const std::size_t offset : offsets)
    for (const std::size_t width : {2u, 8u}) {
      NtfsBytes bytes = whole;
      std::memset(bytes.data() + offset, 0xFF, width);
      const auto volume = open(std::move(bytes));
      if (volume) read_everything(**volume);
    }
}

/// Counts reads of one place.
class CountingSource final : public ByteSource {
 public:
  CountingSource(NtfsBytes bytes, std::uint64_t place) : inner_{std::move(bytes)}, place_{place} {}
  std::uint64_t size() const override { return inner_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset <= place_ && place_ - offset < out.size()) ++reads;
    return inner_.read_some(offset, out);
  }
  int reads = 0;

 private:
  MemorySource inner_;
  const std::uint64_t place_;
};

TEST(NtfsVolume, ReadsTheRecordOnceWhileItIsLookedAt) {
  const Sample sample;
  const auto source = std::make_shared<CountingSource>(
      sample.builder.volume(), sample.builder.mft_offset() + sample.small * kRecord);
  const auto volume = Volume::open(source);
  ASSERT_TRUE(volume);
  const auto ask = [&] {
    EXPECT_EQ(name_of(**volume, sample.small), "small");
    EXPECT_EQ(content(**volume, sample.small, "ads"), "hidden");
    EXPECT_EQ(name_of(**volume, sample.big), "big");
    EXPECT_EQ(content(**volume, sample.small), "content");
  };
  source->reads = 0;
  ask();
  EXPECT_EQ(source->reads, 3);
  source->reads = 0;
  {
    const Volume::Look look{**volume, sample.small};
    const Volume::Look inner{**volume, sample.big};
    ask();
    EXPECT_EQ(source->reads, 1);
  }
  ask();
  EXPECT_EQ(source->reads, 4);
}

/// A file and records that extend it, with ten streams each: "0" and so on, of that content.
struct ManyStreams {
  ManyStreams(NtfsBuilder& builder, const std::string& name, int records) {
    file = builder.file(builder.root(), name, "main");
    for (int i = 0; i < records; ++i) {
      NtfsRecordBuilder extension;
      extension.base(file);
      for (; count < 10 * (i + 1); ++count) {
        const std::string text = std::to_string(count);
        const auto content = bytes_of(text).span();
        extension.resident({type::kData, text, {content.begin(), content.end()}});
      }
      extensions.push_back(builder.add(extension).record);
    }
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> known() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs;
    for (const std::uint64_t extension : extensions) pairs.emplace_back(file.record, extension);
    return pairs;
  }
  FileReference file{};
  std::vector<std::uint64_t> extensions;
  int count = 0;
};

TEST(NtfsVolume, ReadsTheRecordsOfAFileOnceWhateverIsAskedOfIt) {
  NtfsBuilder builder;
  const ManyStreams many{builder, "many", 40};
  const auto source = std::make_shared<CountingSource>(
      builder.volume(), builder.mft_offset() + many.extensions.back() * kRecord);
  const auto volume = Volume::open(source);
  ASSERT_TRUE(volume);
  const auto ask = [&] {
    const auto file = (*volume)->read_file(many.file.record);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->streams.size(), 401u);
    EXPECT_EQ(file->problems.size(), 1u) << "there is no list that names the records";
    for (int i = 0; i < many.count; ++i)
      EXPECT_EQ(content(**volume, many.file.record, std::to_string(i)), std::to_string(i));
    EXPECT_EQ(content(**volume, many.file.record), "main");
    EXPECT_EQ((*volume)->open_attribute(many.file.record, type::kData, "400").error().code,
              Errc::malformed)
        << "it may lie in a record that no list names";
    EXPECT_EQ((*volume)->open_attribute(many.file.record, type::kIndexRoot, "0").error().code,
              Errc::malformed);
    std::vector<Error> problems;
    EXPECT_TRUE((*volume)->open_attribute(many.file.record, type::kData, "7", &problems));
    EXPECT_EQ(problems.size(), 1u);
  };
  source->reads = 0;
  (*volume)->know_extensions(many.known());
  ask();
  ask();
  EXPECT_EQ(source->reads, 1);
  const auto shared = (*volume)->share_file(many.file.record);
  ASSERT_TRUE(shared);
  EXPECT_EQ(*shared, *(*volume)->share_file(many.file.record));
}

TEST(NtfsVolume, RecordsThatItIsToldOfAreReadOnceToo) {
  NtfsBuilder builder;
  const ManyStreams gone{builder, "gone", 5};
  builder.record({gone.file.record, 1}).flags(0);
  const ManyStreams other{builder, "other", 1};
  const auto source = std::make_shared<CountingSource>(
      builder.volume(), builder.mft_offset() + gone.extensions.back() * kRecord);
  const auto volume = Volume::open(source);
  ASSERT_TRUE(volume);
  (*volume)->know_extensions(other.known());
  source->reads = 0;
  for (int i = 0; i < gone.count; ++i) {
    const std::string name = std::to_string(i);
    EXPECT_FALSE((*volume)->open_attribute(gone.file.record, type::kData, name));
    (*volume)->also_look_at(gone.file.record, gone.extensions);
    EXPECT_EQ(content(**volume, gone.file.record, name), name);
    (*volume)->also_look_at(gone.file.record, {});
  }
  EXPECT_EQ(source->reads, 1);
  (*volume)->also_look_at(gone.file.record, {gone.extensions.front()});
  EXPECT_EQ(content(**volume, gone.file.record, "0"), "0");
  EXPECT_FALSE((*volume)->open_attribute(gone.file.record, type::kData, "49"))
      << "other records than before";
}

TEST(NtfsVolume, KeepsFilesThatTakeTurnsAndNotAllOfThem) {
  NtfsBuilder builder;
  std::vector<ManyStreams> files;
  for (std::size_t i = 0; i <= KeptFiles::kMaxFiles; ++i)
    files.emplace_back(builder, "f" + std::to_string(i), 1);
  const auto source = std::make_shared<CountingSource>(
      builder.volume(), builder.mft_offset() + files[0].extensions[0] * kRecord);
  const auto volume = Volume::open(source);
  ASSERT_TRUE(volume);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> known;
  for (const ManyStreams& file : files) known.push_back(file.known().front());
  (*volume)->know_extensions(known);
  const auto ask = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(content(**volume, files[i].file.record, "3"), "3");
    return source->reads;
  };
  source->reads = 0;
  ask(files.size() - 1);
  EXPECT_EQ(ask(files.size() - 1), 1);
  EXPECT_EQ(ask(files.size()), 1);
  EXPECT_EQ(ask(1), 2) << "the last took the place of the first";
}

}  // namespace
}  // namespace hozen::ntfs
