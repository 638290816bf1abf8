#include "collector/formats/zip_form.h"

namespace hozen {
namespace {

constexpr std::uint16_t kZip64ExtraId = 0x0001;
constexpr std::uint16_t kZipFirstYear = 1980, kZipLastYear = 2107;
constexpr std::uint64_t kSecondsPerDay = 86'400;
/// Days from 1601-01-01 to 1980-01-01 and to 2108-01-01.
constexpr std::uint64_t kFirstDay = 138'426, kEndDay = 185'177;

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
}

std::uint32_t limited32(std::uint64_t value) {
  return value >= kZip32Limit ? kZip32Limit : static_cast<std::uint32_t>(value);
}

std::uint16_t limited16(std::uint64_t value) {
  return value >= kZip16Limit ? kZip16Limit : static_cast<std::uint16_t>(value);
}

std::uint16_t flags_of(const ZipItem& item) {
  return zip_is_streamed(item.method, item.size)
             ? static_cast<std::uint16_t>(kZipFlagUtf8 | kZipFlagDescriptor)
             : kZipFlagUtf8;
}

/// Version needed, flags, method, time and date: the same in both headers of an entry.
void put_common(std::string& out, const ZipItem& item) {
  const DosTime modified = to_dos_time(item.modified);
  put(out, kZipVersionNeeded);
  put(out, flags_of(item));
  put(out, item.method);
  put(out, modified.time);
  put(out, modified.date);
}

constexpr bool is_leap(unsigned year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr unsigned days_of_month(unsigned year, unsigned month) {
  constexpr unsigned char kDays[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month] + (month == 1 && is_leap(year) ? 1u : 0u);
}

}  // namespace

DosTime to_dos_time(FileTime time) {
  constexpr DosTime kEarliest{(1 << 5) | 1, 0};
  constexpr DosTime kLatest{((kZipLastYear - kZipFirstYear) << 9) | (12 << 5) | 31,
                            (23 << 11) | (59 << 5) | 29};
  if (!time.is_set()) return kEarliest;
  const std::uint64_t seconds = time.ticks / kTicksPerSecond;
  std::uint64_t day = seconds / kSecondsPerDay;
  if (day < kFirstDay) return kEarliest;
  if (day >= kEndDay) return kLatest;
  day -= kFirstDay;
  unsigned year = kZipFirstYear;
  for (;; ++year) {
    const unsigned days = is_leap(year) ? 366 : 365;
    if (day < days) break;
    day -= days;
  }
  unsigned month = 0;
  while (day >= days_of_month(year, month)) day -= days_of_month(year, month++);
  const std::uint64_t second = seconds % kSecondsPerDay;
  return {
      static_cast<std::uint16_t>((year - kZipFirstYear) << 9 | (month + 1) << 5 | (day + 1)),
      static_cast<std::uint16_t>(second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2)};
}

FileTime from_dos_time(DosTime time) {
  const unsigned year = kZipFirstYear + (time.date >> 9u), month = (time.date >> 5u & 15u) - 1u,
                 day = (time.date & 31u) - 1u;
  const unsigned hour = time.time >> 11u, minute = time.time >> 5u & 63u,
                 second = (time.time & 31u) * 2u;
  if (month > 11 || day >= days_of_month(year, month) || hour > 23 || minute > 59 || second > 59)
    return {};
  std::uint64_t days = kFirstDay + day;
  for (unsigned earlier = kZipFirstYear; earlier < year; ++earlier)
    days += is_leap(earlier) ? 366u : 365u;
  for (unsigned earlier = 0; earlier < month; ++earlier) days += days_of_month(year, earlier);
  const std::uint64_t seconds = days * kSecondsPerDay + hour * 3600u + minute * 60u + second;
  if (seconds == kFirstDay * kSecondsPerDay) return {};
  return {seconds * kTicksPerSecond};
}

void append_zip_local_header(std::string& out, const ZipItem& item) {
  const bool streamed = zip_is_streamed(item.method, item.size);
  put(out, kZipLocalSignature);
  put_common(out, item);
  put(out, streamed ? std::uint32_t{0} : item.crc);
  put(out, streamed ? kZip32Limit : limited32(item.stored_size));
  put(out, streamed ? kZip32Limit : limited32(item.size));
  put(out, limited16(item.name.size()));
  put(out, static_cast<std::uint16_t>(streamed ? kZip64LocalExtraBytes : 0));
  out += item.name;
  if (!streamed) return;
  put(out, kZip64ExtraId);
  put(out, std::uint16_t{16});
  put(out, std::uint64_t{0});  // sizes: in the descriptor, whose fields have 8 bytes by this field
  put(out, std::uint64_t{0});
}

void append_zip_descriptor(std::string& out, const ZipItem& item) {
  put(out, kZipDescriptorSignature);
  put(out, item.crc);
  put(out, item.stored_size);
  put(out, item.size);
}

void append_zip_central_header(std::string& out, const ZipItem& item) {
  // Info-ZIP's unzip spells a name in the user's character set only where there is an extra field,
  // and complains when the two headers of an entry then differ: both have one, or neither.
  const std::uint64_t limit = zip_is_streamed(item.method, item.size) ? 0 : kZip32Limit;
  std::string extra;
  for (const std::uint64_t value : {item.size, item.stored_size})
    if (value >= limit) put(extra, value);
  if (item.header_offset >= kZip32Limit) put(extra, item.header_offset);
  put(out, kZipCentralSignature);
  put(out, kZipVersionMadeBy);
  put_common(out, item);
  put(out, item.crc);
  put(out, item.stored_size >= limit ? kZip32Limit : limited32(item.stored_size));
  put(out, item.size >= limit ? kZip32Limit : limited32(item.size));
  put(out, limited16(item.name.size()));
  put(out, static_cast<std::uint16_t>(extra.empty() ? 0 : 4 + extra.size()));
  put(out, std::uint16_t{0});  // comment
  put(out, std::uint16_t{0});  // disk
  put(out, std::uint16_t{0});  // internal attributes
  put(out, kZipAttributes);
  put(out, limited32(item.header_offset));
  out += item.name;
  if (extra.empty()) return;
  put(out, kZip64ExtraId);
  put(out, static_cast<std::uint16_t>(extra.size()));
  out += extra;
}

void append_zip_end(std::string& out, std::uint64_t count, std::uint64_t offset,
                    std::uint64_t size) {
  if (count >= kZip16Limit || offset >= kZip32Limit || size >= kZip32Limit) {
    put(out, kZip64EndSignature);
    put(out, std::uint64_t{kZip64EndBytes - 12});  // bytes after this field
    put(out, kZipVersionMadeBy);
    put(out, kZipVersionNeeded);
    put(out, std::uint32_t{0});  // disk
    put(out, std::uint32_t{0});  // disk of the directory
    put(out, count);
    put(out, count);
    put(out, size);
    put(out, offset);
    put(out, kZip64LocatorSignature);
    put(out, std::uint32_t{0});  // disk of the ZIP64 end record
    put(out, offset + size);
    put(out, std::uint32_t{1});  // disks
  }
  put(out, kZipEndSignature);
  put(out, std::uint16_t{0});  // disk
  put(out, std::uint16_t{0});  // disk of the directory
  put(out, limited16(count));
  put(out, limited16(count));
  put(out, limited32(size));
  put(out, limited32(offset));
  put(out, std::uint16_t{0});  // comment
}

std::uint64_t zip_local_header_bytes(std::string_view name, std::uint16_t method,
                                     std::uint64_t size) {
  return kZipLocalBytes + name.size() + (zip_is_streamed(method, size) ? kZip64LocalExtraBytes : 0);
}

std::uint64_t zip_descriptor_bytes(std::uint16_t method, std::uint64_t size) {
  return zip_is_streamed(method, size) ? 24 : 0;
}

}  // namespace hozen
