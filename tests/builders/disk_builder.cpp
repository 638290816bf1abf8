#include "tests/builders/disk_builder.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "collector/base/text.h"

namespace hozen::builders {
namespace {

void put_bytes(DiskBytes& disk, std::size_t at, std::string_view text) {
  const auto bytes = bytes_of(text).span();
  if (at < disk.size())
    std::copy_n(bytes.begin(), std::min(bytes.size(), disk.size() - at),
                disk.begin() + static_cast<std::ptrdiff_t>(at));
}

template <class T>
void put_value(DiskBytes& disk, std::size_t at, T value) {
  char text[sizeof value];
  std::memcpy(text, &value, sizeof value);
  put_bytes(disk, at, {text, sizeof text});
}

void put_all(DiskBytes& disk, std::size_t at, const DiskBytes& bytes) {
  put_bytes(disk, at, Bytes{bytes}.chars());
}

template <class T>
DiskBytes value_bytes(T value) {
  DiskBytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::uint32_t crc_of(const DiskBytes& bytes) {
  const void* const data = bytes.data();
  return static_cast<std::uint32_t>(
      crc32_z(crc32_z(0, nullptr, 0), static_cast<const Bytef*>(data), bytes.size()));
}

}  // namespace

Guid guid_of(std::string_view text) {
  constexpr std::size_t kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string digits;
  for (const char c : text)
    if (c != '{' && c != '}' && c != '-') digits += c;
  Guid guid;
  for (std::size_t i = 0; i < guid.bytes.size(); ++i)
    guid.bytes[kOrder[i]] = static_cast<std::byte>(std::stoi(digits.substr(i * 2, 2), nullptr, 16));
  return guid;
}

DiskBuilder::DiskBuilder(std::size_t size_bytes, std::uint32_t sector_bytes)
    : size_{size_bytes}, sector_{sector_bytes}, gpt_sectors_{size_bytes / sector_bytes} {}

DiskBuilder& DiskBuilder::mbr(std::uint32_t signature) {
  has_mbr_ = true;
  signature_ = signature;
  return *this;
}

DiskBuilder& DiskBuilder::primary(std::size_t slot, std::uint8_t type, std::uint32_t first,
                                  std::uint32_t sectors, std::uint8_t status) {
  has_mbr_ = true;
  primary_[slot - 1] = {status, type, first, sectors, 0};
  return *this;
}

DiskBuilder& DiskBuilder::extended(std::size_t slot, std::uint32_t first, std::uint32_t sectors,
                                   std::uint8_t type) {
  extended_ = slot - 1;
  return primary(slot, type, first, sectors);
}

DiskBuilder& DiskBuilder::logical(std::uint8_t type, std::uint32_t first, std::uint32_t sectors,
                                  std::uint32_t gap) {
  logical_.push_back({0, type, first, sectors, gap});
  return *this;
}

DiskBuilder& DiskBuilder::gpt(const Guid& disk) {
  gpt_ = disk;
  const auto covered = static_cast<std::uint32_t>(std::min<std::uint64_t>(gpt_sectors_ - 1, ~0U));
  return primary(1, 0xEE, 1, covered);
}

DiskBuilder& DiskBuilder::entry(const GptEntry& entry) {
  entries_.push_back(entry);
  return *this;
}

DiskBuilder& DiskBuilder::entry_form(std::uint32_t count, std::uint32_t bytes) {
  entry_count_ = count;
  entry_bytes_ = bytes;
  return *this;
}

DiskBuilder& DiskBuilder::backup_entry(const GptEntry& entry) {
  backup_entries_.push_back(entry);
  return *this;
}

DiskBuilder& DiskBuilder::gpt_sectors(std::uint64_t sectors) {
  gpt_sectors_ = sectors;
  return *this;
}

DiskBuilder& DiskBuilder::put(std::size_t offset, const DiskBytes& bytes) {
  contents_.push_back({offset, bytes});
  return *this;
}

DiskBuilder& DiskBuilder::wipe(std::size_t offset, std::size_t size) {
  damage_.push_back({offset, DiskBytes(size)});
  return *this;
}
DiskBuilder& DiskBuilder::set_u8(std::size_t offset, std::uint8_t value) {
  damage_.push_back({offset, value_bytes(value)});
  return *this;
}
DiskBuilder& DiskBuilder::set_u32(std::size_t offset, std::uint32_t value) {
  damage_.push_back({offset, value_bytes(value)});
  return *this;
}
DiskBuilder& DiskBuilder::set_u64(std::size_t offset, std::uint64_t value) {
  damage_.push_back({offset, value_bytes(value)});
  return *this;
}

DiskBuilder& DiskBuilder::truncate_at(std::size_t size) {
  cut_ = size;
  return *this;
}

void DiskBuilder::write_entry(DiskBytes& disk, std::size_t at, const MbrEntry& entry) const {
  if (entry.sectors == 0) return;
  put_value(disk, at, entry.status);
  put_bytes(disk, at + 1, "\xFE\xFF\xFF");  // CHS that says: see the sector numbers
  put_value(disk, at + 4, entry.type);
  put_bytes(disk, at + 5, "\xFE\xFF\xFF");
  put_value(disk, at + 8, entry.first);
  put_value(disk, at + 12, entry.sectors);
}

void DiskBuilder::write_mbr(DiskBytes& disk) const {
  put_value(disk, 440, signature_);
  for (std::size_t i = 0; i < 4; ++i) write_entry(disk, 446 + i * 16, primary_[i]);
  put_bytes(disk, 510, "\x55\xAA");
}

void DiskBuilder::write_logical(DiskBytes& disk) const {
  if (!extended_) return;
  const std::uint32_t start = primary_[*extended_].first;
  std::uint32_t record = start;  // the first one begins the extended partition
  for (std::size_t i = 0; i < logical_.size(); ++i) {
    const std::size_t at = std::size_t{record} * sector_;
    MbrEntry drive = logical_[i];
    drive.first -= record;
    write_entry(disk, at + 446, drive);
    put_bytes(disk, at + 510, "\x55\xAA");
    if (i + 1 == logical_.size()) return;
    const MbrEntry& next = logical_[i + 1];
    record = next.first - next.gap;
    write_entry(disk, at + 462, {0, 0x05, record - start, next.sectors + next.gap, 0});
  }
}

std::uint64_t DiskBuilder::array_sectors() const {
  return (std::uint64_t{entry_count_} * entry_bytes_ + sector_ - 1) / sector_;
}

DiskBytes DiskBuilder::gpt_array(const std::vector<GptEntry>& entries) const {
  DiskBytes array(std::size_t{entry_count_} * entry_bytes_);
  std::size_t at = 0;
  for (const GptEntry& entry : entries) {
    if (entry.first != 0 || entry.last != 0) {
      const Guid type = guid_of(entry.type);
      put_all(array, at, {type.bytes.begin(), type.bytes.end()});
      put_all(array, at + 16, {entry.unique.bytes.begin(), entry.unique.bytes.end()});
      put_value(array, at + 32, entry.first);
      put_value(array, at + 40, entry.last);
      put_value(array, at + 48, entry.attributes);
      for (std::size_t i = 0; i < entry.name.size(); ++i)
        put_value(array, at + 56 + i * 2, entry.name[i]);
    }
    at += entry_bytes_;
  }
  return array;
}

DiskBytes DiskBuilder::gpt_header(std::uint64_t own, std::uint64_t other, std::uint64_t entries,
                                  const DiskBytes& array) const {
  constexpr std::uint32_t kHeaderBytes = 92, kRevision = 0x0001'0000;
  DiskBytes header(kHeaderBytes);
  put_bytes(header, 0, "EFI PART");
  put_value(header, 8, kRevision);
  put_value(header, 12, kHeaderBytes);
  put_value(header, 24, own);
  put_value(header, 32, other);
  put_value(header, 40, 2 + array_sectors());
  put_value(header, 48, gpt_sectors_ - 2 - array_sectors());
  put_all(header, 56, {gpt_->bytes.begin(), gpt_->bytes.end()});
  put_value(header, 72, entries);
  put_value(header, 80, entry_count_);
  put_value(header, 84, entry_bytes_);
  put_value(header, 88, crc_of(array));
  put_value(header, 16, crc_of(header));
  return header;
}

void DiskBuilder::write_gpt(DiskBytes& disk) const {
  if (!gpt_) return;
  const std::uint64_t last = gpt_sectors_ - 1, backup_array = last - array_sectors();
  const auto at = [&](std::uint64_t sector) { return static_cast<std::size_t>(sector * sector_); };
  const DiskBytes array = gpt_array(entries_);
  const DiskBytes backup = backup_entries_.empty() ? array : gpt_array(backup_entries_);
  put_all(disk, at(1), gpt_header(1, last, 2, array));
  put_all(disk, at(2), array);
  put_all(disk, at(backup_array), backup);
  put_all(disk, at(last), gpt_header(last, 1, backup_array, backup));
}

DiskBytes DiskBuilder::bytes() const {
  DiskBytes disk(size_);
  for (const Patch& part : contents_) put_all(disk, part.offset, part.bytes);
  if (has_mbr_) write_mbr(disk);
  write_logical(disk);
  write_gpt(disk);
  for (const Patch& part : damage_) put_all(disk, part.offset, part.bytes);
  if (cut_) disk.resize(std::min(*cut_, disk.size()));
  return disk;
}

}  // namespace hozen::builders
