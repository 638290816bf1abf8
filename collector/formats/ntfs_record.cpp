#include "collector/formats/ntfs_record.h"

#include <algorithm>
#include <utility>

namespace hozen::ntfs {
namespace {

constexpr std::size_t kResidentHeader = 24, kNonResidentHeader = 64, kCommonHeader = 16;
constexpr std::string_view kFileSignature = "FILE", kBadSignature = "BAAD";

Error malformed(const char* what, std::uint64_t offset) { return {Errc::malformed, what, offset}; }

/// Read what stands behind the common header, into an attribute that may hold what an earlier one
/// said. `part`: the attribute's bytes.
Result<void> read_resident(Bytes part, Attribute& attribute) {
  attribute.resident = true;
  attribute.first_vcn = attribute.last_vcn = 0;
  attribute.allocated_bytes = attribute.size_bytes = attribute.initialized_bytes = 0;
  attribute.unit_log2 = 0;
  attribute.runs = {};
  HOZEN_TRY(const auto fields, part.fixed<kResidentHeader>(0, "ntfs resident attribute"));
  const std::uint16_t offset = fields.u16<20>();
  const std::uint32_t length = fields.u32<16>();
  if (!part.contains(offset, length))
    return Error{Errc::truncated, "ntfs resident attribute value", part.base() + offset};
  attribute.value = Bytes{part.span().subspan(offset, length), part.base() + offset};
  return {};
}

Result<void> read_non_resident(Bytes part, Attribute& attribute) {
  HOZEN_TRY(const auto fields, part.fixed<kNonResidentHeader>(0, "ntfs non-resident attribute"));
  attribute.resident = false;
  attribute.value = {};
  attribute.first_vcn = fields.u64<16>();
  attribute.last_vcn = fields.u64<24>();
  const std::uint16_t runs = fields.u16<32>();
  attribute.unit_log2 = fields.u16<34>();
  attribute.allocated_bytes = fields.u64<40>();
  attribute.size_bytes = fields.u64<48>();
  attribute.initialized_bytes = fields.u64<56>();
  constexpr std::uint16_t kMaxUnitLog2 = 8;
  if (attribute.unit_log2 > kMaxUnitLog2)
    return malformed("ntfs compression unit", part.base() + 34);
  if (runs < kNonResidentHeader || runs > part.size())
    return malformed("ntfs runlist offset", part.base() + 32);
  attribute.runs = part.tail(runs);
  // How much a compressed or sparse attribute takes; the field at 40 counts its holes too.
  const bool has_holes = (attribute.flags & (kAttributeCompressionMask | kAttributeSparse)) != 0;
  const bool has_name = part.get<std::uint8_t>(9).value_or(0) != 0;
  const std::uint16_t name = has_name ? part.get<std::uint16_t>(10).value_or(0) : runs;
  if (has_holes && attribute.first_vcn == 0 && std::min(runs, name) >= kNonResidentHeader + 8)
    attribute.allocated_bytes = part.get<std::uint64_t>(kNonResidentHeader).value_or(0);
  return {};
}

/// Into one and the same attribute: there are millions of them.
Result<void> read_attribute(Bytes part, std::size_t offset, Attribute& attribute) {
  HOZEN_TRY(const auto fields, part.fixed<kCommonHeader>(0, "ntfs attribute"));
  attribute.type = fields.u32<0>();
  attribute.flags = fields.u16<12>();
  attribute.id = fields.u16<14>();
  attribute.offset = offset;
  attribute.name = {};
  HOZEN_CHECK(fields.u8<8>() == 0 ? read_resident(part, attribute)
                                  : read_non_resident(part, attribute));
  if (const std::size_t units = fields.u8<9>(); units != 0) {
    HOZEN_TRY(attribute.name, part.slice(fields.u16<10>(), 2 * units, "ntfs attribute name"));
  }
  return {};
}

}  // namespace

Result<StandardInformation> parse_standard_information(Bytes value) {
  constexpr std::size_t kShortForm = 48, kLongForm = 72;
  HOZEN_TRY(const auto fields, value.fixed<kShortForm>(0, "ntfs standard information"));
  StandardInformation info{{fields.u64<0>()},
                           {fields.u64<8>()},
                           {fields.u64<16>()},
                           {fields.u64<24>()},
                           fields.u32<32>(),
                           {},
                           {}};
  if (value.size() >= kLongForm) {
    info.security_id = value.get<std::uint32_t>(52);
    info.usn = value.get<std::uint64_t>(64);
  }
  return info;
}

Result<void> each_attribute_list_entry(Bytes list,
                                       FunctionRef<void(const AttributeListEntry&)> visit) {
  constexpr std::size_t kEntryHeader = 26;
  for (std::uint64_t at = 0; at < list.size();) {
    const Bytes rest = list.tail(at);
    // Zeros fill a list up to its end; the first entry is always there.
    if (rest.get<std::uint32_t>(0).value_or(0) == 0) {
      const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
      if (at != 0 && std::all_of(rest.span().begin(), rest.span().end(), is_zero)) return {};
      return malformed("ntfs attribute list with zeros for an entry", rest.base());
    }
    HOZEN_TRY(const auto fields, rest.fixed<kEntryHeader>(0, "ntfs attribute list entry"));
    const std::uint16_t length = fields.u16<4>();
    if (length < kEntryHeader || length > rest.size())
      return malformed("ntfs attribute list entry length", rest.base() + 4);
    AttributeListEntry entry{fields.u32<0>(),
                             fields.u64<8>(),
                             FileReference::from_u64(fields.u64<16>()),
                             fields.u16<24>(),
                             {}};
    if (const std::size_t units = fields.u8<6>(); units != 0) {
      HOZEN_TRY(entry.name,
                rest.head(length).slice(fields.u8<7>(), 2 * units, "ntfs attribute list name"));
    }
    visit(entry);
    at += length;
  }
  return {};
}

Result<FileRecord> FileRecord::read(Bytes bytes) {
  if (bytes.head(4).chars() != kFileSignature)
    return malformed("ntfs file record signature", bytes.base());
  HOZEN_TRY(const auto fields, bytes.fixed<kHeaderBytes>(0, "ntfs file record"));
  FileRecord record;
  record.bytes_ = bytes;
  record.lsn_ = fields.u64<8>();
  record.sequence_ = fields.u16<16>();
  record.links_ = fields.u16<18>();
  record.first_attribute_ = fields.u16<20>();
  record.flags_ = fields.u16<22>();
  record.used_ = fields.u32<24>();
  record.base_ = FileReference::from_u64(fields.u64<32>());
  record.has_standard_ =
      record.names_base() && record.may_hold(attribute_type::kStandardInformation);
  // Before Windows XP the fixup began where the number now stands.
  constexpr std::uint16_t kNumberEnd = 48;
  if (fields.u16<4>() >= kNumberEnd) record.number_ = bytes.get<std::uint32_t>(44);
  return record;
}

void FileRecord::each_attribute(FunctionRef<void(const Attribute&)> visit,
                                FunctionRef<void(Error)> problem) const {
  const Bytes used = bytes_.head(used_);
  if (used_ > bytes_.size()) problem(malformed("ntfs file record used size", bytes_.base() + 24));
  std::size_t at = first_attribute_;
  Attribute attribute;
  if (at < kHeaderBytes || at % 4 != 0)
    return problem(malformed("ntfs first attribute offset", bytes_.base() + 20));
  while (true) {
    const auto type = used.get<std::uint32_t>(at);
    if (!type)
      return problem(Error{Errc::truncated, "ntfs attributes without end", used.base() + at});
    if (*type == attribute_type::kEnd) return;
    const std::uint32_t length = used.get<std::uint32_t>(at + 4).value_or(0);
    if (length < kResidentHeader || length % 8 != 0 || !used.contains(at, length))
      return problem(malformed("ntfs attribute length", used.base() + at + 4));
    auto read =
        read_attribute(Bytes{used.span().subspan(at, length), used.base() + at}, at, attribute);
    if (read)
      visit(attribute);
    else
      problem(std::move(read).error());
    at += length;
  }
}

bool FileRecord::may_hold(std::uint32_t type) const {
  const Bytes used = bytes_.head(used_);
  std::size_t at = first_attribute_;
  if (at < kHeaderBytes || at % 4 != 0) return false;
  while (const auto found = used.get<std::uint32_t>(at)) {
    if (*found == type || *found == attribute_type::kEnd) return *found == type;
    const std::uint32_t length = used.get<std::uint32_t>(at + 4).value_or(0);
    if (length < kResidentHeader || length % 8 != 0 || !used.contains(at, length)) return false;
    at += length;
  }
  return false;
}

std::string_view to_text(SlotState state) {
  switch (state) {
    case SlotState::record:
      return "record";
    case SlotState::torn:
      return "torn";
    case SlotState::bad:
      return "bad";
    case SlotState::unused:
      return "unused";
    case SlotState::malformed:
      return "malformed";
  }
  return "malformed";
}

Slot read_slot(std::span<std::byte> bytes, std::uint64_t file_offset) {
  const Bytes view{bytes, file_offset};
  const std::string_view signature = view.head(4).chars();
  if (signature == kBadSignature) return {SlotState::bad, {}};
  if (signature != kFileSignature) {
    const bool zero =
        std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
    return {zero ? SlotState::unused : SlotState::malformed, {}};
  }
  const Fixup fixup = apply_fixup(bytes);
  auto record = FileRecord::read(view);
  if (!record || fixup == Fixup::malformed) return {SlotState::malformed, {}};
  return {fixup == Fixup::torn ? SlotState::torn : SlotState::record, *std::move(record)};
}

}  // namespace hozen::ntfs
