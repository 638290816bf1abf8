#include "tests/builders/archive_builder.h"

#include "collector/base/bytes.h"
#include "tests/builders/archive_builder_part.h"

namespace hozen::builders {
namespace {

void put_le(std::string& out, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace

// ---- ZIP

ZipArchive& ZipArchive::file(const ArchivedFile& file) {
  Part part;
  part.file = file;
  part.stored_name = file.directory ? file.name + "/" : file.name;
  parts_.push_back(std::move(part));
  return *this;
}
ZipArchive& ZipArchive::raw_name(std::string_view bytes) {
  parts_.back().stored_name = bytes;
  parts_.back().is_utf8 = false;
  return *this;
}
ZipArchive& ZipArchive::aes() {
  parts_.back().aes = parts_.back().file.encrypted = true;
  return *this;
}
ZipArchive& ZipArchive::strong() {
  parts_.back().strong = parts_.back().file.encrypted = true;
  return *this;
}
ZipArchive& ZipArchive::ntfs_times(FileTime created) {
  parts_.back().created = created;
  return *this;
}
ZipArchive& ZipArchive::unix_time() {
  parts_.back().unix_time = true;
  return *this;
}
ZipArchive& ZipArchive::unicode_path(std::string_view utf8) {
  parts_.back().unicode_path = utf8;
  return *this;
}
ZipArchive& ZipArchive::zip64() {
  zip64_ = true;
  return *this;
}
ZipArchive& ZipArchive::comment(std::string_view text) {
  comment_ = text;
  return *this;
}
ZipArchive& ZipArchive::last_of_volumes(std::uint16_t number) {
  elsewhere_ = true;
  return states_volume(number);
}
ZipArchive& ZipArchive::states_volume(std::uint16_t number) {
  volume_ = number;
  return *this;
}
ZipArchive& ZipArchive::first_of_volumes() {
  first_ = true;
  return *this;
}
ZipArchive& ZipArchive::encrypted_directory() {
  encrypted_ = zip64_ = true;
  return *this;
}
ZipArchive& ZipArchive::made_on_unix() {
  unix_ = true;
  return *this;
}
ZipArchive& ZipArchive::behind(const ArchiveBytes& program) {
  program_ = program;
  return *this;
}

std::string ZipArchive::extra(const Part& part, std::uint64_t offset, bool is_central) const {
  std::string out;
  if (zip64_) {
    put_le(out, 0x0001, 2);
    put_le(out, is_central ? 24 : 16, 2);
    put_le(out, part.file.size, 8);
    put_le(out, part.file.size, 8);
    if (is_central) put_le(out, offset, 8);
  }
  if (part.created.is_set()) {
    put_le(out, 0x000A, 2);
    put_le(out, 32, 2);
    put_le(out, 0, 4);
    put_le(out, 1, 2);
    put_le(out, 24, 2);
    put_le(out, part.file.modified.ticks, 8);
    put_le(out, part.file.modified.ticks, 8);  // of access
    put_le(out, part.created.ticks, 8);
  }
  if (part.unix_time) {
    put_le(out, 0x5455, 2);
    put_le(out, 5, 2);
    put_le(out, 1, 1);
    put_le(out, static_cast<std::uint64_t>(unix_seconds(part.file.modified)), 4);
  }
  if (!part.unicode_path.empty()) {
    put_le(out, 0x7075, 2);
    put_le(out, 5 + part.unicode_path.size(), 2);
    put_le(out, 1, 1);
    put_le(out, crc32_of(bytes_of(part.stored_name).span()), 4);
    out += part.unicode_path;
  }
  if (part.aes) {
    put_le(out, 0x9901, 2);
    put_le(out, 7, 2);
    put_le(out, 2, 2);  // AE-2
    out += "AE";
    put_le(out, 3, 1);  // 256 bits
    put_le(out, kZipStored, 2);
  }
  return out;
}

ArchiveBytes ZipArchive::bytes() const {
  constexpr std::uint16_t kAes = 99, kEncrypted = 1, kStrong = 0x40;
  ArchiveBytes out, directory;
  if (first_) put(out, kZipDescriptorSignature, 4);
  for (const Part& part : parts_) {
    const std::uint64_t offset = out.size();
    ArchiveBytes common;  // from the flags on, as both headers have it
    put(common,
        static_cast<std::uint64_t>((part.is_utf8 ? kZipFlagUtf8 : 0) |
                                   (part.file.encrypted ? kEncrypted : 0) |
                                   (part.strong ? kStrong : 0)),
        2);
    put(common, part.aes ? kAes : kZipStored, 2);
    put(common, dos_time(part.file.modified), 4);
    put(common, crc_of_zeros(part.file.size), 4);
    put(common, zip64_ ? kZip32Limit : part.file.size, 4);
    put(common, zip64_ ? kZip32Limit : part.file.size, 4);
    put(common, part.stored_name.size(), 2);
    const std::uint16_t needed = zip64_ ? 45 : 20;
    const std::string local = extra(part, offset, false), central = extra(part, offset, true);
    put(out, kZipLocalSignature, 4);
    put(out, needed, 2);
    put(out, common);
    put(out, local.size(), 2);
    put(out, part.stored_name);
    put(out, local);
    put_zeros(out, part.file.size);
    put(directory, kZipCentralSignature, 4);
    put(directory, unix_ ? 0x032Du : 0x002Du, 2);
    put(directory, needed, 2);
    put(directory, common);
    put(directory, central.size(), 2);
    put_zeros(directory, 2 + 2 + 2);  // comment, disk, internal attributes
    constexpr std::uint64_t kUnixFolder = 0x41ED'0010, kUnixFile = 0x81A4'0000, kDosFolder = 0x10;
    put(directory,
        part.file.directory ? (unix_ ? kUnixFolder : kDosFolder) : (unix_ ? kUnixFile : 0x20), 4);
    constexpr std::uint64_t kMark = 4;  // in front of the first volume
    put(directory, zip64_ ? kZip32Limit : offset + (elsewhere_ ? kMark : 0), 4);
    put(directory, part.stored_name);
    put(directory, central);
  }
  ArchiveBytes whole = program_;
  put(whole, out);
  if (first_) return whole;
  const std::uint64_t begin = out.size(), end = begin + directory.size();
  put(whole, directory);
  if (zip64_) {
    constexpr std::uint64_t kVersion2Bytes = 28;  // to the algorithm and its flags
    put(whole, kZip64EndSignature, 4);
    put(whole, kZip64EndBytes - 12 + (encrypted_ ? kVersion2Bytes : 0), 8);
    put(whole, 45, 2);
    put(whole, 45, 2);
    put(whole, volume_.value_or(0), 4);
    put(whole, volume_.value_or(0), 4);
    put(whole, parts_.size(), 8);
    put(whole, parts_.size(), 8);
    put(whole, directory.size(), 8);
    put(whole, begin, 8);
    if (encrypted_) {
      put(whole, kZipStored, 2);
      put(whole, directory.size(), 8);
      put(whole, directory.size(), 8);
      put(whole, 0x6610, 2);  // AES 256
      put(whole, 256, 2);
      put(whole, 1, 2);
      put(whole, 0, 4);
    }
    put(whole, kZip64LocatorSignature, 4);
    put(whole, volume_.value_or(0), 4);
    put(whole, end, 8);
    put(whole, 1, 4);
  }
  put(whole, kZipEndSignature, 4);
  put(whole, volume_.value_or(0), 2);
  put(whole, volume_.value_or(0), 2);
  put(whole, zip64_ ? kZip16Limit : parts_.size(), 2);
  put(whole, zip64_ ? kZip16Limit : parts_.size(), 2);
  put(whole, directory.size(), 4);
  put(whole, zip64_ ? kZip32Limit : begin, 4);
  put(whole, comment_.size(), 2);
  put(whole, comment_);
  return whole;
}

}  // namespace hozen::builders
