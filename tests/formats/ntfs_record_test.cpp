#include "collector/formats/ntfs_record.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "collector/base/text.h"
#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs {
namespace {

using builders::NtfsBytes;
using builders::NtfsRecordBuilder;
namespace type = attribute_type;

constexpr std::uint64_t kOffset = 0x7000;

NtfsBytes text_bytes(std::string_view text) {
  const auto span = bytes_of(text).span();
  return {span.begin(), span.end()};
}

template <class T>
void put(NtfsBytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

struct Reading {
  std::vector<Attribute> attributes;
  std::vector<Error> problems;
};

Reading read(const FileRecord& record) {
  Reading reading;
  record.each_attribute([&](const Attribute& a) { reading.attributes.push_back(a); },
                        [&](Error problem) { reading.problems.push_back(std::move(problem)); });
  for (const Attribute& attribute : reading.attributes)
    EXPECT_TRUE(record.may_hold(attribute.type)) << attribute.type;
  return reading;
}

NtfsRecordBuilder sample() {
  NtfsRecordBuilder record;
  record.sequence(7).flags(FileRecord::kInUse | FileRecord::kDirectory);
  record.standard(FileTime{10});
  record.name({5, 5}, "long name");
  record.resident({type::kData, "stream", text_bytes("content"), kAttributeEncrypted, 9});
  record.non_resident({.type = type::kData,
                       .name = "",
                       .runs = {{0, 100, 4}, {4, kSparseLcn, 12}},
                       .size = 60'000,
                       .initialized = 50'000,
                       .allocated = 65'536,
                       .flags = 1,
                       .unit_log2 = 4,
                       .id = 3});
  return record;
}

/// Where the attribute number `index` of `sample()` lies.
std::size_t offset_of(std::size_t index) {
  NtfsBytes bytes = sample().bytes(40);
  return read(read_slot(bytes, 0).record).attributes.at(index).offset;
}

TEST(NtfsRecord, ReadsHeaderAndAttributes) {
  NtfsBytes bytes = sample().bytes(40);
  const Slot slot = read_slot(bytes, kOffset);
  ASSERT_EQ(to_text(slot.state), "record");
  const FileRecord& record = slot.record;
  EXPECT_EQ(record.sequence(), 7u);
  EXPECT_EQ(record.links(), 1u);
  EXPECT_EQ(record.lsn(), 0x1028u);
  EXPECT_TRUE(record.in_use());
  EXPECT_TRUE(record.is_directory());
  EXPECT_FALSE(record.may_hold(type::kAttributeList));
  EXPECT_FALSE(record.is_extension());
  EXPECT_EQ(record.stored_number(), 40u);
  const Reading reading = read(record);
  EXPECT_TRUE(reading.problems.empty());
  ASSERT_EQ(reading.attributes.size(), 4u);
  const Attribute& stream = reading.attributes[2];
  EXPECT_EQ(stream.type, type::kData);
  EXPECT_EQ(wtf8_from_utf16le(stream.name), "stream");
  EXPECT_EQ(stream.value.chars(), "content");
  EXPECT_EQ(stream.flags, kAttributeEncrypted);
  EXPECT_EQ(stream.id, 9u);
  EXPECT_EQ(stream.value.base(), kOffset + stream.offset + 24 + 16) << "offsets are of $MFT";
  const Attribute& data = reading.attributes[3];
  EXPECT_FALSE(data.resident);
  EXPECT_TRUE(data.name.empty());
  EXPECT_TRUE(data.is_compressed());
  EXPECT_EQ(data.first_vcn, 0u);
  EXPECT_EQ(data.last_vcn, 15u);
  EXPECT_EQ(data.size_bytes, 60'000u);
  EXPECT_EQ(data.initialized_bytes, 50'000u);
  EXPECT_EQ(data.allocated_bytes, 65'536u);
  EXPECT_EQ(data.unit_log2, 4u);
}

TEST(NtfsRecord, OfAnExtensionNamesItsBase) {
  const FileReference base{0x1234'5678'9ABC, 0xFEDC};
  NtfsRecordBuilder extension;
  extension.resident({attribute_type::kData, "", {std::byte{1}}}).base(base);
  NtfsBytes bytes = extension.bytes(40);
  const Slot slot = read_slot(bytes, 0);
  EXPECT_TRUE(slot.record.is_extension());
  EXPECT_EQ(slot.record.base(), base);
  // $STANDARD_INFORMATION never leaves the base record: the reference is wrong.
  NtfsBytes other = sample().base(base).bytes(40);
  const Slot damaged = read_slot(other, 0);
  EXPECT_FALSE(damaged.record.is_extension());
  EXPECT_TRUE(damaged.record.names_base());
}

TEST(NtfsRecord, OfWindows2000HasNoNumber) {
  NtfsBytes bytes = sample().bytes(40);
  (void)read_slot(bytes, 0);
  put(bytes, 4, std::uint16_t{42});  // where the fixup array began then
  const auto record = FileRecord::read(Bytes{bytes});
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->stored_number());
}

TEST(NtfsRecord, StatesOfASlot) {
  const auto state = [](NtfsBytes bytes) { return to_text(read_slot(bytes, 0).state); };
  NtfsBytes good = sample().bytes(40);
  EXPECT_EQ(state(good), "record");
  NtfsBytes torn = good;
  torn[1022] ^= std::byte{1};
  EXPECT_EQ(state(torn), "torn");
  EXPECT_EQ(read(read_slot(torn, 0).record).attributes.size(), 4u) << "it is read all the same";
  NtfsBytes bad = good;
  put(bad, 0, std::uint32_t{0x44414142});  // BAAD
  EXPECT_EQ(state(bad), "bad");
  EXPECT_EQ(state(NtfsBytes(1024)), "unused");
  NtfsBytes almost(1024);
  almost[1023] = std::byte{1};
  EXPECT_EQ(state(almost), "malformed");
  NtfsBytes fixup = good;
  put(fixup, 6, std::uint16_t{2});  // covers one of two strides
  EXPECT_EQ(state(fixup), "malformed");
  NtfsBytes indx = good;
  put(indx, 0, std::uint32_t{0x58444E49});
  EXPECT_EQ(state(indx), "malformed");
}

/// What reading says when the attribute of sample() is changed.
Reading changed(const std::function<void(NtfsBytes&)>& change) {
  NtfsBytes bytes = sample().bytes(40);
  (void)read_slot(bytes, kOffset);
  change(bytes);
  const auto record = FileRecord::read(Bytes{bytes, kOffset});
  EXPECT_TRUE(record);
  Reading reading = read(*record);
  for (Attribute& a : reading.attributes) a.name = a.value = a.runs = Bytes{};  // bytes are gone
  return reading;
}

TEST(NtfsRecord, LengthThatCannotBeEndsTheVisitWithWhatCameBefore) {
  const std::size_t third = offset_of(2);
  for (const std::uint32_t length : {0u, 8u, 16u, 25u, 28u, 0x10000u, 0xFFFFFFF8u}) {
    const Reading reading = changed([&](NtfsBytes& bytes) { put(bytes, third + 4, length); });
    EXPECT_EQ(reading.attributes.size(), 2u) << length;
    ASSERT_EQ(reading.problems.size(), 1u) << length;
    EXPECT_EQ(reading.problems[0].code, Errc::malformed);
    EXPECT_EQ(reading.problems[0].offset, kOffset + third + 4);
  }
}

TEST(NtfsRecord, ContentThatCannotBeIsPassedOver) {
  const std::size_t third = offset_of(2), fourth = offset_of(3);
  const auto passes = [&](std::size_t offset, auto value) {
    const Reading reading = changed([&](NtfsBytes& bytes) { put(bytes, offset, value); });
    EXPECT_EQ(reading.problems.size(), 1u) << offset;
    EXPECT_EQ(reading.attributes.size(), 3u) << offset;
  };
  passes(third + 16, std::uint32_t{0xFFFFFFFF});  // value's length
  passes(third + 20, std::uint16_t{0xFFFF});      // its offset
  passes(third + 9, std::uint8_t{0xFF});          // name's length
  passes(third + 10, std::uint16_t{0xFFFF});      // its offset
  passes(fourth + 32, std::uint16_t{0xFFFF});     // runlist's offset
  passes(fourth + 32, std::uint16_t{63});
  passes(fourth + 34, std::uint16_t{9});  // 2^9 clusters in a compression unit
}

TEST(NtfsRecord, HeaderThatCannotBe) {
  const auto problem = [](std::size_t offset, auto value) {
    const Reading reading = changed([&](NtfsBytes& bytes) { put(bytes, offset, value); });
    return reading.problems.empty() ? std::string{"none"} : reading.problems[0].what;
  };
  for (const int first : {0, 41, 43, 0xFFFF})
    EXPECT_EQ(problem(20, static_cast<std::uint16_t>(first)), "ntfs first attribute offset");
  EXPECT_EQ(problem(20, std::uint16_t{0xFFFC}), "ntfs attributes without end");
  EXPECT_EQ(problem(24, std::uint32_t{0xFFFFFFFF}), "ntfs file record used size");
  EXPECT_EQ(problem(24, std::uint32_t{0}), "ntfs attributes without end");
  // Used size too large: the attributes are read all the same.
  EXPECT_EQ(changed([](NtfsBytes& b) { put(b, 24, std::uint32_t{0xFFFFFFFF}); }).attributes.size(),
            4u);
}

TEST(NtfsRecord, EveryTruncationEndsInAProblem) {
  NtfsBytes bytes = sample().bytes(40);
  (void)read_slot(bytes, 0);
  std::uint32_t used = 0;
  std::memcpy(&used, bytes.data() + 24, sizeof used);
  for (std::size_t size = 0; size < used; ++size) {
    const auto record = FileRecord::read(Bytes{bytes}.head(size));
    if (size < FileRecord::kHeaderBytes) {
      EXPECT_FALSE(record) << size;
      continue;
    }
    ASSERT_TRUE(record) << size;
    const Reading reading = read(*record);
    EXPECT_FALSE(reading.problems.empty()) << size;
    EXPECT_LE(reading.attributes.size(), 4u);
  }
}

TEST(NtfsRecord, EveryFieldAtItsMaximumIsSurvived) {
  NtfsBytes good = sample().bytes(40);
  (void)read_slot(good, 0);
  for (std::size_t offset = 4; offset + 8 <= 700; ++offset)
    for (const std::size_t width : {1u, 2u, 4u, 8u}) {
      NtfsBytes bytes = good;
      std::memset(bytes.data() + offset, 0xFF, width);
      const auto record = FileRecord::read(Bytes{bytes});
      ASSERT_TRUE(record);
      const Reading reading = read(*record);
      EXPECT_LE(reading.attributes.size() + reading.problems.size(), bytes.size() / 24 + 2);
    }
}

TEST(NtfsRecord, OfNothingButAttributesIsBounded) {
  // The smallest attribute has 24 bytes.
  NtfsRecordBuilder record;
  for (int i = 0; i < 2700; ++i) record.resident({});
  NtfsBytes bytes = record.bytes(40, 65'536);
  const Slot slot = read_slot(bytes, 0);
  ASSERT_EQ(slot.state, SlotState::record);
  EXPECT_EQ(read(slot.record).attributes.size(), 2700u);
}

TEST(NtfsStandardInformation, HasTwoForms) {
  NtfsBytes value(72);
  for (std::uint64_t i = 0; i < 4; ++i) put(value, i * 8, i + 1);
  put(value, 32, std::uint32_t{0x21});
  put(value, 52, std::uint32_t{300});
  put(value, 64, std::uint64_t{1} << 40);
  const auto full = parse_standard_information(Bytes{value});
  ASSERT_TRUE(full);
  EXPECT_EQ(full->created.ticks, 1u);
  EXPECT_EQ(full->modified.ticks, 2u);
  EXPECT_EQ(full->changed.ticks, 3u);
  EXPECT_EQ(full->accessed.ticks, 4u);
  EXPECT_EQ(full->attributes, 0x21u);
  EXPECT_EQ(full->security_id, 300u);
  EXPECT_EQ(full->usn, std::uint64_t{1} << 40);
  const auto nt4 = parse_standard_information(Bytes{value}.head(48));
  ASSERT_TRUE(nt4);
  EXPECT_FALSE(nt4->security_id);
  EXPECT_FALSE(nt4->usn);
  for (std::size_t size = 0; size < 48; ++size)
    EXPECT_FALSE(parse_standard_information(Bytes{value}.head(size))) << size;
}

class List {
 public:
  List& entry(std::uint32_t attribute, std::uint64_t vcn, FileReference record,
              std::u16string_view name = {}) {
    const std::size_t start = bytes_.size();
    bytes_.resize((start + 26 + 2 * name.size() + 7) / 8 * 8);
    put(bytes_, start, attribute);
    put(bytes_, start + 4, static_cast<std::uint16_t>(bytes_.size() - start));
    put(bytes_, start + 6, static_cast<std::uint8_t>(name.size()));
    put(bytes_, start + 7, std::uint8_t{26});
    put(bytes_, start + 8, vcn);
    put(bytes_, start + 16, record.to_u64());
    put(bytes_, start + 24, std::uint16_t{4});
    for (std::size_t i = 0; i < name.size(); ++i)
      put(bytes_, start + 26 + 2 * i, static_cast<std::uint16_t>(name[i]));
    return *this;
  }
  NtfsBytes bytes_;
};

std::string listed(Bytes list, bool* ended_well = nullptr) {
  std::string text;
  const auto read = each_attribute_list_entry(list, [&](const AttributeListEntry& entry) {
    text += std::to_string(entry.type) + "," + std::to_string(entry.first_vcn) + "," +
            std::to_string(entry.record.record) + "," + std::to_string(entry.id) + "," +
            wtf8_from_utf16le(entry.name) + " ";
  });
  if (ended_well != nullptr) *ended_well = static_cast<bool>(read);
  return text;
}

TEST(NtfsAttributeList, ListsItsEntries) {
  List list;
  list.entry(0x10, 0, {30, 1}).entry(0x80, 0, {31, 2}, u"ads").entry(0x80, 77, {32, 2}, u"ads");
  EXPECT_EQ(listed(Bytes{list.bytes_}), "16,0,30,4, 128,0,31,4,ads 128,77,32,4,ads ");
  list.bytes_.resize(list.bytes_.size() + 40);
  bool well = false;
  EXPECT_EQ(listed(Bytes{list.bytes_}, &well).size(), 42u) << "zeros fill it up";
  EXPECT_TRUE(well);
}

TEST(NtfsAttributeList, EndsAtAnEntryThatCannotBe) {
  for (const int length : {0, 8, 25, 33, 0xFFFF}) {
    List list;
    list.entry(0x10, 0, {30, 1}).entry(0x80, 0, {31, 2});
    put(list.bytes_, 32 + 4, static_cast<std::uint16_t>(length));
    bool well = true;
    EXPECT_EQ(listed(Bytes{list.bytes_}, &well), "16,0,30,4, ") << length;
    EXPECT_FALSE(well) << length;
  }
  List name;
  name.entry(0x80, 0, {31, 2}, u"ads");
  put(name.bytes_, 6, std::uint8_t{0xFF});
  bool well = true;
  EXPECT_EQ(listed(Bytes{name.bytes_}, &well), "");
  EXPECT_FALSE(well);
}

TEST(NtfsAttributeList, IsSafeAtEveryTruncation) {
  List list;
  list.entry(0x10, 0, {30, 1}).entry(0x80, 0, {31, 2}, u"ads");
  for (std::size_t size = 0; size < list.bytes_.size(); ++size) {
    bool well = true;
    const std::string text = listed(Bytes{list.bytes_}.head(size), &well);
    EXPECT_EQ(text.empty(), size < 32) << size;
    EXPECT_EQ(well, size == 0 || size == 32) << size;
  }
}

TEST(NtfsAttributeList, ZerosEndAListAndAreNoEntry) {
  const auto read = [](std::vector<std::byte> list) {
    std::size_t entries = 0;
    const auto done =
        each_attribute_list_entry(Bytes{list}, [&](const AttributeListEntry&) { ++entries; });
    return std::pair{done.has_value(), entries};
  };
  std::vector<std::byte> list(96);
  EXPECT_EQ(read(list), (std::pair{false, std::size_t{0}})) << "the first entry is always there";
  list[0] = std::byte{0x10};
  list[4] = std::byte{32};
  EXPECT_EQ(read(list), (std::pair{true, std::size_t{1}}));
  list[64] = std::byte{0x80};
  list[68] = std::byte{32};
  EXPECT_EQ(read(list), (std::pair{false, std::size_t{1}}));
}

}  // namespace
}  // namespace hozen::ntfs
