#include "tests/builders/ntfs_builder.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "collector/base/text.h"

namespace hozen::builders {
namespace {

using ntfs::FileReference;
using ntfs::Run;
namespace type = ntfs::attribute_type;

constexpr std::uint32_t kRecordBytes = 1024;

template <class T>
void append(NtfsBytes& out, T value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

template <class T>
void put(NtfsBytes& out, std::size_t offset, T value) {
  std::memcpy(out.data() + offset, &value, sizeof value);
}

void append_text(NtfsBytes& out, const std::string& text) {
  for (const char16_t unit : utf16_from_wtf8(text)) append(out, static_cast<std::uint16_t>(unit));
}

void align(NtfsBytes& out) { out.resize((out.size() + 7) / 8 * 8); }

NtfsBytes bytes_from(std::string_view text) {
  const auto span = bytes_of(text).span();
  return {span.begin(), span.end()};
}

void append_number(NtfsBytes& out, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

std::size_t bytes_for_unsigned(std::uint64_t value) {
  std::size_t count = 1;
  while (count < 8 && value >> (8 * count) != 0) ++count;
  return count;
}

std::size_t bytes_for_signed(std::int64_t value) {
  std::size_t count = 1;
  while (count < 8 && (value >> (8 * count - 1)) != 0 && (value >> (8 * count - 1)) != -1) ++count;
  return count;
}

/// The common header of an attribute; its length at 4 is put in by finish().
std::size_t begin_attribute(NtfsBytes& out, std::uint32_t kind, bool resident,
                            const std::string& name, std::size_t header, std::uint16_t flags,
                            std::uint16_t id) {
  const std::size_t start = out.size();
  append(out, kind);
  append(out, std::uint32_t{0});
  append(out, static_cast<std::uint8_t>(resident ? 0 : 1));
  append(out, static_cast<std::uint8_t>(utf16_length(name)));
  append(out, static_cast<std::uint16_t>(name.empty() ? 0 : header));
  append(out, flags);
  append(out, id);
  return start;
}

void finish_attribute(NtfsBytes& out, std::size_t start) {
  align(out);
  put(out, start + 4, static_cast<std::uint32_t>(out.size() - start));
}

}  // namespace

NtfsBytes encode_runs(const std::vector<Run>& runs) {
  NtfsBytes out;
  std::uint64_t previous = 0;
  for (const Run& run : runs) {
    const std::size_t length = bytes_for_unsigned(run.clusters);
    const auto delta = static_cast<std::int64_t>(run.lcn - previous);
    const std::size_t offset = run.is_sparse() ? 0 : bytes_for_signed(delta);
    out.push_back(static_cast<std::byte>(offset << 4 | length));
    append_number(out, run.clusters, length);
    append_number(out, static_cast<std::uint64_t>(delta), offset);
    if (!run.is_sparse()) previous = run.lcn;
  }
  out.push_back(std::byte{0});
  return out;
}

NtfsRecordBuilder& NtfsRecordBuilder::standard(FileTime time, std::uint32_t attributes,
                                               std::uint32_t security_id) {
  return standard(Times{time, time, time, time}, attributes, security_id);
}

NtfsRecordBuilder& NtfsRecordBuilder::standard(const Times& times, std::uint32_t attributes,
                                               std::uint32_t security_id) {
  NtfsBytes value;
  for (const FileTime time : {times.created, times.modified, times.changed, times.accessed})
    append(value, time.ticks);
  append(value, attributes);
  value.resize(52);
  append(value, security_id);
  value.resize(72);
  return resident({type::kStandardInformation, "", value});
}

NtfsRecordBuilder& NtfsRecordBuilder::name(FileReference parent, const std::string& name,
                                           ntfs::NameSpace name_space, FileTime time) {
  NtfsBytes value;
  append(value, parent.to_u64());
  for (int i = 0; i < 4; ++i) append(value, time.ticks);
  value.resize(56);
  append(value,
         std::uint32_t{(flags_ & ntfs::FileRecord::kDirectory) != 0 ? ntfs::FileName::kFlagDirectory
                                                                    : 0});
  append(value, std::uint32_t{0});
  append(value, static_cast<std::uint8_t>(utf16_length(name)));
  append(value, static_cast<std::uint8_t>(name_space));
  append_text(value, name);
  ++links_;
  return resident({type::kFileName, "", value});
}

NtfsRecordBuilder& NtfsRecordBuilder::resident(const Resident& attribute) {
  constexpr std::size_t kHeader = 24;
  const std::size_t start = begin_attribute(attributes_, attribute.type, true, attribute.name,
                                            kHeader, attribute.flags, attribute.id);
  append(attributes_, static_cast<std::uint32_t>(attribute.value.size()));
  const std::size_t offset_at = attributes_.size();
  append(attributes_, std::uint32_t{0});
  append_text(attributes_, attribute.name);
  align(attributes_);
  put(attributes_, offset_at, static_cast<std::uint16_t>(attributes_.size() - start));
  attributes_.insert(attributes_.end(), attribute.value.begin(), attribute.value.end());
  finish_attribute(attributes_, start);
  return *this;
}

NtfsRecordBuilder& NtfsRecordBuilder::non_resident(const NonResident& attribute) {
  const std::size_t header = attribute.total ? 72 : 64;
  std::uint64_t end = attribute.first_vcn;
  for (const Run& run : attribute.runs) end += run.clusters;
  const std::size_t start = begin_attribute(attributes_, attribute.type, false, attribute.name,
                                            header, attribute.flags, attribute.id);
  append(attributes_, attribute.first_vcn);
  append(attributes_, end - 1);
  const std::size_t runs_at = attributes_.size();
  append(attributes_, std::uint16_t{0});
  append(attributes_, attribute.unit_log2);
  append(attributes_, std::uint32_t{0});
  append(attributes_, attribute.allocated);
  append(attributes_, attribute.size);
  append(attributes_, attribute.initialized);
  if (attribute.total) append(attributes_, *attribute.total);
  append_text(attributes_, attribute.name);
  align(attributes_);
  put(attributes_, runs_at, static_cast<std::uint16_t>(attributes_.size() - start));
  const NtfsBytes runs = encode_runs(attribute.runs);
  attributes_.insert(attributes_.end(), runs.begin(), runs.end());
  finish_attribute(attributes_, start);
  return *this;
}

NtfsBytes NtfsRecordBuilder::bytes(std::uint64_t number, std::uint32_t record_bytes) const {
  constexpr std::uint16_t kFixupOffset = 48, kFixupNumber = 0x1234;
  const auto strides = static_cast<std::uint16_t>(record_bytes / ntfs::kFixupStride);
  const std::size_t first = (kFixupOffset + std::size_t{2} * (strides + 1u) + 7) / 8 * 8;
  NtfsBytes out;
  for (const char c : std::string_view{"FILE"}) out.push_back(static_cast<std::byte>(c));
  append(out, kFixupOffset);
  append(out, static_cast<std::uint16_t>(strides + 1));
  append(out, std::uint64_t{0x1000} + number);  // LSN
  append(out, sequence_);
  append(out, links_);
  append(out, static_cast<std::uint16_t>(first));
  append(out, flags_);
  append(out, static_cast<std::uint32_t>(first + attributes_.size() + 8));
  append(out, record_bytes);
  append(out, base_.to_u64());
  append(out, std::uint16_t{0});
  append(out, std::uint16_t{0});
  append(out, static_cast<std::uint32_t>(number));
  out.resize(first);
  out.insert(out.end(), attributes_.begin(), attributes_.end());
  append(out, type::kEnd);
  out.resize(std::max<std::size_t>(out.size(), record_bytes));
  put(out, kFixupOffset, kFixupNumber);
  for (std::size_t stride = 0; stride < strides; ++stride) {
    const std::size_t last = (stride + 1) * ntfs::kFixupStride - 2;
    std::memcpy(out.data() + kFixupOffset + 2 + 2 * stride, out.data() + last, 2);
    put(out, last, kFixupNumber);
  }
  return out;
}

NtfsBuilder::NtfsBuilder(std::uint64_t table_records) : first_data_lcn_{kMftLcn + table_records} {
  constexpr const char* kNames[] = {"$MFT",     "$MFTMirr", "$LogFile", "$Volume",
                                    "$AttrDef", ".",        "$Bitmap",  "$Boot",
                                    "$BadClus", "$Secure",  "$UpCase",  "$Extend"};
  for (std::uint64_t number = 0; number < std::size(kNames); ++number)
    reserve(number, kNames[number]);
}

void NtfsBuilder::reserve(std::uint64_t number, const std::string& name) {
  NtfsRecordBuilder record;
  record.sequence(static_cast<std::uint16_t>(number == 0 ? 1 : number));
  const bool folder = number == ntfs::record_number::kRoot || name == "$Extend";
  if (folder) record.flags(ntfs::FileRecord::kInUse | ntfs::FileRecord::kDirectory);
  record.standard(FileTime{116'444'736'000'000'000}, 6);
  record.name(root(), name);
  records_[number] = std::move(record);
}

std::uint64_t NtfsBuilder::record_count() const {
  const std::uint64_t last = records_.rbegin()->first;
  return std::max<std::uint64_t>(last + 1, 32);
}

FileReference NtfsBuilder::add(NtfsRecordBuilder record) {
  const std::uint64_t number =
      std::max(ntfs::record_number::kFirstUserRecord, records_.rbegin()->first + 1);
  const FileReference made{number, record.sequence()};
  records_[number] = std::move(record);
  return made;
}

FileReference NtfsBuilder::folder(FileReference parent, const std::string& name) {
  NtfsRecordBuilder record;
  record.flags(ntfs::FileRecord::kInUse | ntfs::FileRecord::kDirectory);
  record.standard(FileTime{116'444'736'000'000'000}, 0).name(parent, name);
  return add(std::move(record));
}

FileReference NtfsBuilder::file(FileReference parent, const std::string& name,
                                std::string_view content) {
  NtfsRecordBuilder record;
  record.standard(FileTime{116'444'736'000'000'000}).name(parent, name);
  const FileReference made = add(std::move(record));
  return stream(made, "", content), made;
}

FileReference NtfsBuilder::fragmented(FileReference parent, const std::string& name,
                                      std::string_view content) {
  NtfsRecordBuilder record;
  record.standard(FileTime{116'444'736'000'000'000}).name(parent, name);
  const auto runs = store(content, true);
  record.non_resident({type::kData, "", runs, content.size(), content.size(),
                       (content.size() + kClusterBytes - 1) / kClusterBytes * kClusterBytes});
  return add(std::move(record));
}

NtfsBuilder& NtfsBuilder::stream(FileReference file, const std::string& name,
                                 std::string_view content) {
  constexpr std::size_t kResidentBytes = 500;
  NtfsRecordBuilder& record = records_.at(file.record);
  if (content.size() <= kResidentBytes) {
    record.resident({type::kData, name, bytes_from(content)});
    return *this;
  }
  const auto runs = store(content);
  record.non_resident({type::kData, name, runs, content.size(), content.size(),
                       runs.back().end_vcn() * kClusterBytes});
  return *this;
}

NtfsBuilder& NtfsBuilder::hard_link(FileReference file, FileReference parent,
                                    const std::string& name, ntfs::NameSpace name_space) {
  records_.at(file.record).name(parent, name, name_space);
  return *this;
}

FileReference NtfsBuilder::link(FileReference parent, const std::string& name,
                                const NtfsBytes& reparse_point, bool directory) {
  constexpr std::uint32_t kReparsePoint = 0x400;
  NtfsRecordBuilder record;
  if (directory) record.flags(ntfs::FileRecord::kInUse | ntfs::FileRecord::kDirectory);
  record.standard(FileTime{116'444'736'000'000'000}, kReparsePoint).name(parent, name);
  record.resident({type::kReparsePoint, "", reparse_point});
  return add(std::move(record));
}

NtfsBuilder& NtfsBuilder::remove(FileReference file) {
  NtfsRecordBuilder& record = records_.at(file.record);
  record.flags(static_cast<std::uint16_t>(record.flags() & ~ntfs::FileRecord::kInUse));
  record.sequence(static_cast<std::uint16_t>(record.sequence() + 1));
  return *this;
}

std::vector<Run> NtfsBuilder::store(std::string_view content, bool scattered) {
  std::vector<Run> runs;
  const std::uint64_t clusters = (content.size() + kClusterBytes - 1) / kClusterBytes;
  const std::uint64_t lcn = first_data_lcn_ + data_.size() / kClusterBytes;
  const NtfsBytes bytes = bytes_from(content);
  if (!scattered) {
    data_.insert(data_.end(), bytes.begin(), bytes.end());
    data_.resize((data_.size() + kClusterBytes - 1) / kClusterBytes * kClusterBytes);
    return {{0, lcn, clusters}};
  }
  // Backwards, with a gap between any two.
  data_.resize(data_.size() + 2 * clusters * kClusterBytes);
  for (std::uint64_t i = 0; i < clusters; ++i) {
    const std::uint64_t place = lcn + 2 * (clusters - 1 - i);
    const std::size_t from = static_cast<std::size_t>(i * kClusterBytes);
    const std::size_t size = std::min<std::size_t>(kClusterBytes, bytes.size() - from);
    std::copy_n(
        bytes.begin() + static_cast<std::ptrdiff_t>(from), size,
        data_.begin() + static_cast<std::ptrdiff_t>((place - first_data_lcn_) * kClusterBytes));
    runs.push_back({i, place, 1});
  }
  return runs;
}

NtfsBuilder& NtfsBuilder::split_table(std::uint64_t first) {
  split_ = first;
  return *this;
}

NtfsBuilder& NtfsBuilder::bitmap(const std::vector<Run>& in_use) {
  NtfsBytes bits(500);
  for (const Run& run : in_use)
    for (std::uint64_t lcn = run.lcn; lcn < run.lcn + run.clusters; ++lcn)
      bits.at(static_cast<std::size_t>(lcn / 8)) |= std::byte{1} << (lcn % 8);
  constexpr std::uint64_t kBitmap = ntfs::record_number::kBitmap;
  return stream({kBitmap, kBitmap}, "", Bytes{bits}.chars());
}

NtfsBytes NtfsBuilder::table() const {
  const std::uint64_t count = record_count();
  NtfsBytes table(static_cast<std::size_t>(count * kRecordBytes));
  const auto place = [&](std::uint64_t number, const NtfsRecordBuilder& record) {
    const NtfsBytes bytes = record.bytes(number, kRecordBytes);
    if (bytes.size() > kRecordBytes) throw std::length_error("attributes that no record can hold");
    std::copy(bytes.begin(), bytes.end(),
              table.begin() + static_cast<std::ptrdiff_t>(number * kRecordBytes));
  };
  for (const auto& [number, record] : records_) place(number, record);
  const std::uint64_t bytes = count * kRecordBytes;
  NtfsRecordBuilder first = records_.at(0);
  constexpr std::uint64_t kExtension = 15;  // reserved, and in the first part
  const std::uint64_t known = split_.value_or(count);
  if (split_) {
    NtfsBytes list;
    const auto entry = [&](std::uint64_t vcn, FileReference record) {
      append(list, type::kData);
      append(list, std::uint16_t{32});
      append(list, std::uint16_t{0x1A00});
      append(list, vcn);
      append(list, record.to_u64());
      list.resize((list.size() + 31) / 32 * 32);
    };
    entry(0, {0, 1});
    entry(known, {kExtension, 1});
    first.resident({type::kAttributeList, "", list});
    NtfsRecordBuilder extension;
    extension.base({0, 1});
    NtfsRecordBuilder::NonResident rest{type::kData, "", {{known, kMftLcn + known, count - known}}};
    rest.first_vcn = known;
    extension.non_resident(rest);
    place(kExtension, extension);
  }
  first.non_resident({type::kData, "", {{0, kMftLcn, known}}, bytes, bytes, bytes});
  place(0, first);
  return table;
}

NtfsBytes NtfsBuilder::volume() const {
  const NtfsBytes mft = table();
  NtfsBytes volume(static_cast<std::size_t>(first_data_lcn_ * kClusterBytes) + data_.size() +
                   kSectorBytes);
  const std::uint64_t sectors = (volume.size() - kSectorBytes) / kSectorBytes;
  const auto write_boot = [&](std::size_t at) {
    const NtfsBytes signature = bytes_from("NTFS    ");
    std::copy(signature.begin(), signature.end(),
              volume.begin() + static_cast<std::ptrdiff_t>(at + 3));
    put(volume, at + 11, static_cast<std::uint16_t>(kSectorBytes));
    put(volume, at + 13, static_cast<std::uint8_t>(kClusterBytes / kSectorBytes));
    put(volume, at + 40, sectors);
    put(volume, at + 48, kMftLcn);
    put(volume, at + 56, kMirrorLcn);
    put(volume, at + 64, std::uint8_t{0xF6});  // records of 2^10 bytes
    put(volume, at + 68, std::uint8_t{0xF4});  // index blocks of 2^12
    put(volume, at + 72, std::uint64_t{0x1122'3344'70EC'FA33});
    put(volume, at + 510, std::uint16_t{0xAA55});
  };
  write_boot(0);
  write_boot(volume.size() - kSectorBytes);
  std::copy(mft.begin(), mft.end(), volume.begin() + static_cast<std::ptrdiff_t>(mft_offset()));
  std::copy_n(mft.begin(), 4 * kRecordBytes,
              volume.begin() + static_cast<std::ptrdiff_t>(kMirrorLcn * kClusterBytes));
  std::copy(data_.begin(), data_.end(),
            volume.begin() + static_cast<std::ptrdiff_t>(first_data_lcn_ * kClusterBytes));
  return volume;
}

}  // namespace hozen::builders
