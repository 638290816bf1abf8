#include "collector/formats/usn_journal.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string_view>

#include "collector/base/text.h"
#include "collector/formats/ntfs_zeros.h"

namespace hozen::ntfs {
namespace {

constexpr std::size_t kAlignment = 8;
constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::size_t kFillBytes = 64;    ///< zeros that are no part of a damaged record
constexpr std::size_t kPageBytes = 4096;  ///< given up at once where the journal cannot be read
constexpr std::size_t kMaxUnreadablePages = 65'536;  ///< 256 MiB: then the disk is gone
constexpr std::size_t kV2HeaderBytes = 60, kV3HeaderBytes = 76, kV4HeaderBytes = 64;
constexpr std::size_t kExtentBytes = 16;

struct BitName {
  std::uint32_t bit;
  std::string_view name;
};
constexpr auto kReasons = std::to_array<BitName>({
    {0x0000'0001, "data_overwrite"},
    {0x0000'0002, "data_extend"},
    {0x0000'0004, "data_truncation"},
    {0x0000'0010, "named_data_overwrite"},
    {0x0000'0020, "named_data_extend"},
    {0x0000'0040, "named_data_truncation"},
    {0x0000'0100, "file_create"},
    {0x0000'0200, "file_delete"},
    {0x0000'0400, "ea_change"},
    {0x0000'0800, "security_change"},
    {0x0000'1000, "rename_old_name"},
    {0x0000'2000, "rename_new_name"},
    {0x0000'4000, "indexable_change"},
    {0x0000'8000, "basic_info_change"},
    {0x0001'0000, "hard_link_change"},
    {0x0002'0000, "compression_change"},
    {0x0004'0000, "encryption_change"},
    {0x0008'0000, "object_id_change"},
    {0x0010'0000, "reparse_point_change"},
    {0x0020'0000, "stream_change"},
    {0x0040'0000, "transacted_change"},
    {0x0080'0000, "integrity_change"},
    {0x0100'0000, "desired_storage_class_change"},
    {0x8000'0000, "close"},
});
constexpr auto kSources = std::to_array<BitName>({
    {0x1, "data_management"},
    {0x2, "auxiliary_data"},
    {0x4, "replication_management"},
    {0x8, "client_replication_management"},
});

std::vector<std::string> names_of(std::uint32_t value, std::span<const BitName> names) {
  std::vector<std::string> out;
  for (const BitName& known : names) {
    if ((value & known.bit) == 0) continue;
    out.emplace_back(known.name);
    value &= ~known.bit;
  }
  if (value != 0) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%08X", value);
    out.emplace_back(text.data());
  }
  return out;
}

Error malformed(std::string_view what, Bytes record) {
  return {Errc::malformed, std::string{what}, record.base()};
}

Result<void> read_name(Bytes record, std::size_t header_bytes, std::uint16_t length,
                       std::uint16_t offset, UsnRecord& out) {
  if (length % 2 != 0 || offset < header_bytes || !record.contains(offset, length))
    return malformed("usn record name", record);
  append_wtf8_from_utf16le(out.name, record.tail(offset).head(length));
  return {};
}

Result<void> read_v2(Bytes record, UsnRecord& out) {
  HOZEN_TRY(const auto header, record.fixed<kV2HeaderBytes>(0, "usn record"));
  out.file = {header.u64<8>(), 0};
  out.parent = {header.u64<16>(), 0};
  out.usn = header.u64<24>();
  out.time = {header.u64<32>()};
  out.reason = header.u32<40>();
  out.source_info = header.u32<44>();
  out.security_id = header.u32<48>();
  out.attributes = header.u32<52>();
  return read_name(record, kV2HeaderBytes, header.u16<56>(), header.u16<58>(), out);
}

Result<void> read_v3(Bytes record, UsnRecord& out) {
  HOZEN_TRY(const auto header, record.fixed<kV3HeaderBytes>(0, "usn record"));
  out.file = {header.u64<8>(), header.u64<16>()};
  out.parent = {header.u64<24>(), header.u64<32>()};
  out.usn = header.u64<40>();
  out.time = {header.u64<48>()};
  out.reason = header.u32<56>();
  out.source_info = header.u32<60>();
  out.security_id = header.u32<64>();
  out.attributes = header.u32<68>();
  return read_name(record, kV3HeaderBytes, header.u16<72>(), header.u16<74>(), out);
}

Result<void> read_v4(Bytes record, UsnRecord& out) {
  HOZEN_TRY(const auto header, record.fixed<kV4HeaderBytes>(0, "usn record"));
  out.file = {header.u64<8>(), header.u64<16>()};
  out.parent = {header.u64<24>(), header.u64<32>()};
  out.usn = header.u64<40>();
  out.reason = header.u32<48>();
  out.source_info = header.u32<52>();
  out.remaining_extents = header.u32<56>();
  const std::size_t count = header.u16<60>(), size = header.u16<62>();
  if (count == 0) return {};
  if (size < kExtentBytes || !record.contains(kV4HeaderBytes, count * size))
    return malformed("usn record extents", record);
  for (std::size_t i = 0; i < count; ++i) {
    const auto extent = record.fixed<kExtentBytes>(kV4HeaderBytes + i * size, "usn record extent");
    if (!extent) return extent.error();
    out.extents.push_back(
        {static_cast<std::int64_t>(extent->u64<0>()), static_cast<std::int64_t>(extent->u64<8>())});
  }
  return {};
}

/// Whether an 8-byte word can be the first of a record: length, versions.
constexpr bool is_record_start(std::uint64_t word) {
  const std::uint64_t length = word & 0xFFFF'FFFF, major = (word >> 32) & 0xFFFF;
  return length >= kV2HeaderBytes && length % kAlignment == 0 && length <= kMaxUsnRecordBytes &&
         major >= 2 && major <= 4;
}

/// Behind damage more is asked of a record than that its lengths agree: no minor version, a USN
/// that can be one, a reason, and a time and a name where its version has them. Nothing is copied
/// before this holds, so that garbage made of beginnings of records costs no more than other
/// garbage.
bool is_trustworthy(Bytes record) {
  const auto header = record.fixed<kV2HeaderBytes>(0, "");
  if (!header || header->u16<6>() != 0) return false;
  if (header->u16<4>() == 2)
    return header->u64<24>() % kAlignment == 0 && header->u32<40>() != 0 &&
           FileTime{header->u64<32>()}.is_set() && header->u16<56>() != 0;
  if (header->u64<40>() % kAlignment != 0) return false;
  if (header->u16<4>() == 4) return header->u32<48>() != 0;
  return FileTime{header->u64<48>()}.is_set() && header->u32<56>() != 0 &&
         record.get<std::uint16_t>(72).value_or(0) != 0;
}

/// The length that the record says it has.
Result<std::uint32_t> record_length(Bytes bytes) {
  HOZEN_TRY(const auto header, bytes.fixed<8>(0, "usn record"));
  const std::uint32_t length = header.u32<0>();
  if (length < kV2HeaderBytes || length % kAlignment != 0 || length > kMaxUsnRecordBytes)
    return malformed("usn record length", bytes);
  if (header.u16<4>() < 2 || header.u16<4>() > 4)
    return Error{Errc::unsupported, "usn record version", bytes.base(),
                 std::to_string(header.u16<4>()) + "." + std::to_string(header.u16<6>())};
  return length;
}

/// Into `out`, whose text and list keep their memory.
Result<void> read_record(Bytes bytes, UsnRecord& out) {
  HOZEN_TRY(const std::uint32_t length, record_length(bytes));
  HOZEN_TRY(const Bytes record, bytes.slice(0, length, "usn record"));
  std::string name = std::move(out.name);
  std::vector<UsnExtent> extents = std::move(out.extents);
  name.clear();
  extents.clear();
  out = UsnRecord{.major_version = *record.get<std::uint16_t>(4),
                  .minor_version = *record.get<std::uint16_t>(6),
                  .offset = bytes.base(),
                  .length_bytes = length,
                  .name = std::move(name),
                  .extents = std::move(extents)};
  switch (out.major_version) {
    case 2:
      return read_v2(record, out);
    case 3:
      return read_v3(record, out);
    default:
      return read_v4(record, out);
  }
}

/// A window that moves over the journal.
class Reader {
 public:
  Reader(ByteSource& journal, std::uint64_t start, Problems& problems)
      : journal_{journal}, problems_{problems}, start_{start}, offset_{start} {
    const std::uint64_t size = journal.size();
    const std::uint64_t left = size > start ? size - start : 0;
    buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, left)));
  }

  void each(const UsnVisit& visit) {
    bool more = true;
    while (more) {
      more = fill();
      if (!each_in_window(visit, !more)) break;
    }
    end_damage();
    end_unreadable();
  }

 private:
  /// Moves what is left to the front and reads on; false at the end of the journal.
  bool fill() {
    const std::size_t kept = filled_ - at_;
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(at_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
    offset_ += at_;
    at_ = 0;
    filled_ = kept;
    if (filled_ == buffer_.size() || is_over_limit()) return false;
    while (filled_ < buffer_.size()) {
      const std::span rest = std::span{buffer_}.subspan(filled_);
      const auto count = journal_.read_some(offset_ + filled_, rest);
      if (!count) {
        if (unreadable_pages_ >= kMaxUnreadablePages) {
          end_unreadable();
          problems_.add_last({Errc::limit, "usn journal", offset_ + filled_,
                              "256 MiB before it could not be read: the rest is not looked at"});
          return false;
        }
        fill_page(rest.first(std::min(rest.size(), kPageBytes)));
        continue;
      }
      if (*count == 0) return false;
      filled_ += *count;
    }
    return !buffer_.empty();
  }

  bool is_over_limit() {
    const bool over = offset_ - start_ >= kMaxUsnJournalBytes;
    if (over) problems_.add({Errc::limit, "usn journal", offset_});
    return over;
  }

  /// A page by itself, where more could not be read at once; zeros when it cannot be read either.
  void fill_page(std::span<std::byte> page) {
    const std::uint64_t at = offset_ + filled_;
    if (auto read = journal_.read(at, page); !read) {
      if (unreadable_ && unreadable_end_ != at) end_unreadable();
      if (!unreadable_) {
        unreadable_ = std::move(read).error();
        unreadable_->offset = at;
      }
      unreadable_end_ = at + page.size();
      ++unreadable_pages_;
      std::fill(page.begin(), page.end(), std::byte{0});
    }
    filled_ += page.size();
  }

  void end_unreadable() { tell(unreadable_, unreadable_end_); }

  /// A stretch that ended, with its length.
  void tell(std::optional<Error>& stretch, std::uint64_t end) {
    if (!stretch) return;
    const std::string bytes = std::to_string(end - *stretch->offset) + " bytes";
    stretch->detail = stretch->detail.empty() ? bytes : stretch->detail + ", " + bytes;
    problems_.add(*std::move(stretch));
    stretch.reset();
  }

  /// Records of the window; those that could go on behind it wait, unless it is the last.
  bool each_in_window(const UsnVisit& visit, bool last) {
    const Bytes window{std::span{buffer_}.first(filled_), offset_};
    const std::size_t ahead = std::min<std::size_t>(kMaxUsnRecordBytes, buffer_.size());
    const std::size_t enough = last ? kAlignment : std::max(kAlignment, ahead);
    while (filled_ - at_ >= enough) {
      const std::uint64_t word = *window.get<std::uint64_t>(at_);
      if (word == 0) {
        const std::size_t zeros = zeros_at(window, at_);
        if (zeros >= kFillBytes) end_damage();
        at_ += zeros;
        continue;
      }
      if (damage_ && !(is_record_start(word) && is_trustworthy(window.tail(at_)))) {
        pass_word();
        continue;
      }
      const auto read = read_record(window.tail(at_), record_);
      if (!read) {
        if (!damage_) damage_ = read.error();
        pass_word();
        continue;
      }
      end_damage();
      at_ += record_.length_bytes;
      if (!visit(record_)) return false;
    }
    if (last && at_ < filled_ && !damage_ && filled_ - at_ < kAlignment) take_rest(window);
    return true;
  }

  /// Fewer than 8 bytes at the end.
  void take_rest(Bytes window) {
    const auto rest = window.tail(at_).span();
    if (std::any_of(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; }))
      damage_ = Error{Errc::truncated, "usn record", offset_ + at_};
    at_ = filled_;
    damage_end_ = offset_ + at_;
  }

  void pass_word() {
    at_ += kAlignment;
    damage_end_ = offset_ + at_;
  }

  void end_damage() { tell(damage_, damage_end_); }

  ByteSource& journal_;
  Problems& problems_;
  std::vector<std::byte> buffer_;
  std::uint64_t start_;
  std::uint64_t offset_;             ///< of the window in the journal
  std::size_t filled_ = 0, at_ = 0;  ///< in the window
  std::optional<Error> damage_{};    ///< the stretch that is being passed over
  std::optional<Error> unreadable_{};
  std::uint64_t unreadable_end_ = 0;
  std::uint64_t damage_end_ = 0;  ///< behind its last word that is not zero
  std::size_t unreadable_pages_ = 0;
  UsnRecord record_{};
};

}  // namespace

Result<UsnRecord> parse_usn_record(Bytes bytes) {
  UsnRecord record;
  HOZEN_CHECK(read_record(bytes, record));
  return record;
}

void each_usn_record(ByteSource& journal, std::uint64_t start, Problems& problems,
                     const UsnVisit& visit) {
  Reader{journal, start, problems}.each(visit);
}

std::vector<std::string> usn_reasons(std::uint32_t reason) { return names_of(reason, kReasons); }

std::vector<std::string> usn_sources(std::uint32_t source_info) {
  return names_of(source_info, kSources);
}

Result<UsnJournalLimits> parse_usn_max(Bytes stream) {
  HOZEN_TRY(const auto fields, stream.fixed<32>(0, "usn journal limits"));
  return UsnJournalLimits{fields.u64<0>(), fields.u64<8>(), FileTime{fields.u64<16>()},
                          fields.u64<24>()};
}

}  // namespace hozen::ntfs
