// 7z.
#include <algorithm>

#include "collector/base/text.h"
#include "tests/builders/archive_builder_part.h"

namespace hozen::builders {

SevenZipArchive& SevenZipArchive::file(const ArchivedFile& file) {
  files_.push_back(file);
  return *this;
}
SevenZipArchive& SevenZipArchive::encrypt() {
  encrypted_ = true;
  return *this;
}
SevenZipArchive& SevenZipArchive::packed_header() {
  packed_header_ = true;
  return *this;
}
SevenZipArchive& SevenZipArchive::encrypted_header() {
  encrypted_header_ = packed_header_ = true;
  return *this;
}
SevenZipArchive& SevenZipArchive::file_count(std::uint64_t count) {
  count_ = count;
  return *this;
}

namespace {

/// As short as it can be.
void put_number(ArchiveBytes& out, std::uint64_t value) {
  int bytes = 0;
  while (bytes < 8 && value >> (7 * (bytes + 1)) != 0) ++bytes;
  const unsigned mask = bytes == 8 ? 0xFF : 0xFF00u >> bytes & 0xFF;
  const std::uint64_t high = bytes >= 7 ? 0 : value >> (8 * bytes);
  put(out, mask | high, 1);
  put(out, value, bytes);
}

void put_bits(ArchiveBytes& out, const std::vector<bool>& bits) {
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    unsigned byte = 0;
    for (std::size_t j = i; j < std::min(bits.size(), i + 8); ++j)
      if (bits[j]) byte |= 0x80u >> (j - i);
    put(out, byte, 1);
  }
}

void put_property(ArchiveBytes& out, std::uint8_t id, const ArchiveBytes& data) {
  put(out, id, 1);
  put_number(out, data.size());
  put(out, data);
}

/// One coder of copy, with AES in front of it where it is encrypted.
void put_coders(ArchiveBytes& out, bool encrypted, bool lzma) {
  put_number(out, encrypted && lzma ? 2 : 1);
  if (encrypted) {
    put(out, 0x24, 1);
    put(out, std::string_view{"\x06\xF1\x07\x01", 4});
    put_number(out, 2);
    put(out, 0x0013, 2);  // 2^19 rounds, no salt
  }
  if (lzma) {
    put(out, 0x23, 1);
    put(out, std::string_view{"\x03\x01\x01", 3});
    put_number(out, 5);
    put(out, 0x1000'00005D, 5);
  } else if (!encrypted) {
    put(out, 0x01, 1);
    put(out, 0x00, 1);
  }
  if (encrypted && lzma) {  // the output of AES goes into LZMA
    put_number(out, 1);
    put_number(out, 0);
  }
}

/// Streams of one folder.
void put_streams(ArchiveBytes& out, std::uint64_t packed_at, std::uint64_t packed,
                 const std::vector<std::uint64_t>& sizes, bool encrypted, bool lzma) {
  std::uint64_t total = 0;
  for (const std::uint64_t size : sizes) total += size;
  put(out, 0x06, 1);
  put_number(out, packed_at);
  put_number(out, 1);
  put(out, 0x09, 1);
  put_number(out, packed);
  put(out, 0x00, 1);
  put(out, 0x07, 1);
  put(out, 0x0B, 1);
  put_number(out, 1);
  put(out, 0, 1);
  put_coders(out, encrypted, lzma);
  put(out, 0x0C, 1);
  if (encrypted && lzma) put_number(out, packed);
  put_number(out, total);
  put(out, 0x00, 1);
}

}  // namespace

ArchiveBytes SevenZipArchive::header() const {
  ArchiveBytes out;
  std::vector<std::uint64_t> sizes;
  std::vector<bool> no_stream, empty_file;
  std::uint64_t total = 0;
  for (const ArchivedFile& file : files_) {
    no_stream.push_back(file.directory || file.size == 0);
    if (no_stream.back())
      empty_file.push_back(!file.directory);
    else
      sizes.push_back(file.size);
    total += file.size;
  }
  put(out, 0x01, 1);
  if (!sizes.empty()) {
    put(out, 0x04, 1);
    put_streams(out, 0, encrypted_ ? (total + 15) / 16 * 16 : total, sizes, encrypted_, false);
    put(out, 0x08, 1);
    put(out, 0x0D, 1);
    put_number(out, sizes.size());
    if (sizes.size() > 1) put(out, 0x09, 1);
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) put_number(out, sizes[i]);
    put(out, 0x0A, 1);
    put(out, 1, 1);
    for (const std::uint64_t size : sizes) put(out, crc_of_zeros(size), 4);
    put(out, 0x00, 1);
    put(out, 0x00, 1);
  }
  put(out, 0x05, 1);
  put_number(out, count_.value_or(files_.size()));
  ArchiveBytes data;
  put_bits(data, no_stream);
  if (!empty_file.empty()) {
    put_property(out, 0x0E, data);
    data.clear();
    put_bits(data, empty_file);
    put_property(out, 0x0F, data);
  }
  data.assign(1, std::byte{0});
  for (const ArchivedFile& file : files_) {
    for (const char16_t unit : utf16_from_wtf8(file.name)) put(data, unit, 2);
    put(data, 0, 2);
  }
  put_property(out, 0x11, data);
  data.clear();
  put(data, 1, 1);  // all have one
  put(data, 0, 1);  // here
  for (const ArchivedFile& file : files_) put(data, file.modified.ticks, 8);
  put_property(out, 0x14, data);
  data.resize(2);
  for (const ArchivedFile& file : files_) put(data, file.directory ? 0x10 : 0x20, 4);
  put_property(out, 0x15, data);
  put(out, 0x00, 1);  // of the files
  put(out, 0x00, 1);  // of the header
  return out;
}

ArchiveBytes SevenZipArchive::bytes() const {
  std::uint64_t total = 0;
  for (const ArchivedFile& file : files_) total += file.size;
  if (encrypted_) total = (total + 15) / 16 * 16;
  ArchiveBytes data, end = header();
  put_zeros(data, total);
  if (packed_header_) {
    // What is packed is not read by anybody: zeros.
    const std::uint64_t at = data.size(), packed = 64;
    put_zeros(data, packed);
    ArchiveBytes encoded;
    put(encoded, 0x17, 1);
    put_streams(encoded, at, packed, {end.size()}, encrypted_header_, true);
    put(encoded, 0x00, 1);
    end = encoded;
  }
  ArchiveBytes start;
  put(start, data.size(), 8);
  put(start, end.size(), 8);
  put(start, crc_of(end), 4);
  ArchiveBytes out;
  put(out, std::string_view{"7z\xBC\xAF\x27\x1C\x00\x04", 8});
  put(out, crc_of(start), 4);
  put(out, start);
  put(out, data);
  put(out, end);
  return out;
}

}  // namespace hozen::builders
