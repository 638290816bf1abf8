// Cabinets, ARJ, LZH, tar, gzip.
#include <algorithm>
#include <string>
#include <utility>

#include "tests/builders/archive_builder_part.h"

namespace hozen::builders {

// ---- CAB

CabArchive& CabArchive::file(const ArchivedFile& file) {
  parts_.push_back({file, file.name, true});
  return *this;
}
CabArchive& CabArchive::raw_name(std::string_view bytes) {
  parts_.back().stored_name = bytes;
  parts_.back().is_utf8 = false;
  return *this;
}
CabArchive& CabArchive::volume(std::uint16_t number, std::string_view previous,
                               std::string_view next) {
  number_ = number;
  previous_ = previous;
  next_ = next;
  return *this;
}
CabArchive& CabArchive::reserve() {
  reserve_ = true;
  return *this;
}

ArchiveBytes CabArchive::bytes() const {
  constexpr std::uint64_t kBlockBytes = 0x8000;
  ArchiveBytes names, files;
  const auto put_text = [](ArchiveBytes& out, std::string_view text) {
    put(out, text);
    put(out, 0, 1);
  };
  if (reserve_) {
    put(names, 8, 2);  // in the header
    put(names, 4, 1);  // in each folder
    put(names, 2, 1);  // in each block of data
    put_zeros(names, 8);
  }
  for (const std::string* name : {&previous_, &next_})
    if (!name->empty()) {
      put_text(names, *name);
      put_text(names, "disk");
    }
  std::uint64_t total = 0;
  for (const Part& part : parts_) {
    const bool is_first = &part == &parts_.front(), is_last = &part == &parts_.back();
    const bool before = is_first && !previous_.empty(), after = is_last && !next_.empty();
    put(files, part.file.size, 4);
    put(files, total, 4);
    put(files, before && after ? 0xFFFF : before ? 0xFFFD : after ? 0xFFFE : 0, 2);
    const std::uint32_t time = dos_time(part.file.modified);
    put(files, time >> 16, 2);
    put(files, time & 0xFFFF, 2);
    put(files, part.is_utf8 ? 0xA0 : 0x20, 2);
    put_text(files, part.stored_name);
    total += part.file.size;
  }
  ArchiveBytes data;
  std::uint64_t blocks = 0;
  for (std::uint64_t left = total; left > 0; ++blocks) {
    const std::uint64_t bytes = std::min(left, kBlockBytes);
    put(data, 0, 4);  // no checksum
    put(data, bytes, 2);
    put(data, bytes, 2);
    put_zeros(data, bytes + (reserve_ ? 2 : 0));
    left -= bytes;
  }
  const std::uint64_t folder_at = 36 + names.size();
  const std::uint64_t files_at = folder_at + 8 + (reserve_ ? 4 : 0);
  const std::uint64_t data_at = files_at + files.size();
  ArchiveBytes out;
  put(out, "MSCF");
  put(out, 0, 4);
  put(out, data_at + data.size(), 4);
  put(out, 0, 4);
  put(out, files_at, 4);
  put(out, 0, 4);
  put(out, 0x0103, 2);
  put(out, 1, 2);
  put(out, parts_.size(), 2);
  put(out, (previous_.empty() ? 0u : 1u) | (next_.empty() ? 0u : 2u) | (reserve_ ? 4u : 0u), 2);
  put(out, 4711, 2);
  put(out, number_, 2);
  put(out, names);
  put(out, data_at, 4);
  put(out, blocks, 2);
  put(out, 0, 2);
  if (reserve_) put_zeros(out, 4);
  put(out, files);
  put(out, data);
  return out;
}

// ---- ARJ

ArjArchive& ArjArchive::file(const ArchivedFile& file) {
  files_.push_back(file);
  return *this;
}
ArjArchive& ArjArchive::comment(std::string_view text) {
  comment_ = text;
  return *this;
}
ArjArchive& ArjArchive::more_volumes() {
  more_ = true;
  return *this;
}
ArjArchive& ArjArchive::continued() {
  continued_ = true;
  return *this;
}

ArchiveBytes ArjArchive::bytes() const {
  constexpr std::uint8_t kWindows = 11;
  ArchiveBytes out;
  const auto put_header = [&](std::uint8_t flags, std::uint8_t type, const ArchiveBytes& fields,
                              std::string_view name, std::string_view comment) {
    ArchiveBytes header;
    put(header, 30, 1);
    put(header, 11, 1);
    put(header, 1, 1);
    put(header, kWindows, 1);
    put(header, flags, 1);
    put(header, 0, 1);  // stored
    put(header, type, 1);
    put(header, 0, 1);
    put(header, fields);
    for (const std::string_view text : {name, comment}) {
      put(header, text);
      put(header, 0, 1);
    }
    put(out, 0xEA60, 2);
    put(out, header.size(), 2);
    put(out, header);
    put(out, crc_of(header), 4);
    put(out, 0, 2);
  };
  ArchiveBytes fields;
  const FileTime time = files_.empty() ? FileTime{} : files_.front().modified;
  put(fields, dos_time(time), 4);
  put(fields, dos_time(time), 4);
  put_zeros(fields, 4 + 4 + 2 + 2 + 2);
  put_header(static_cast<std::uint8_t>(0x10 | (more_ ? 4 : 0)), 2, fields, "made.arj", comment_);
  for (const ArchivedFile& file : files_) {
    const bool before = continued_ && &file == &files_.front();
    const bool after = more_ && &file == &files_.back();
    fields.clear();
    put(fields, dos_time(file.modified), 4);
    put(fields, file.size, 4);
    put(fields, file.size, 4);
    put(fields, crc_of_zeros(file.size), 4);
    put(fields, 0, 2);
    put(fields, file.directory ? 0x10 : 0x20, 2);
    put(fields, 0, 2);
    put_header(static_cast<std::uint8_t>(0x10 | (file.encrypted ? 1 : 0) | (after ? 4 : 0) |
                                         (before ? 8 : 0)),
               file.directory ? 3 : 0, fields, file.name, "");
    put_zeros(out, file.size);
  }
  put(out, 0xEA60, 2);
  put(out, 0, 2);
  return out;
}

// ---- LZH

LzhArchive& LzhArchive::file(const ArchivedFile& file) {
  files_.push_back(file);
  return *this;
}
LzhArchive& LzhArchive::raw_name(std::string_view bytes) {
  files_.back().name = bytes;
  return *this;
}

namespace {

std::uint16_t crc16(const ArchiveBytes& bytes) {
  unsigned crc = 0;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<unsigned>(byte);
    for (int i = 0; i < 8; ++i) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001u : crc >> 1;
  }
  return static_cast<std::uint16_t>(crc);
}

/// "docs/a.txt" as folder and name, with `separator` for slashes.
std::pair<std::string, std::string> lzh_parts(const ArchivedFile& file, char separator) {
  const std::string whole = file.directory ? file.name + '/' : file.name;
  const std::size_t slash = whole.rfind('/') + 1;  // 0 where there is none
  std::string folder = whole.substr(0, slash);
  std::replace(folder.begin(), folder.end(), '/', separator);
  return {folder, whole.substr(slash)};
}

}  // namespace

ArchiveBytes LzhArchive::header(const ArchivedFile& file) const {
  const auto [folder, name] = lzh_parts(file, level_ == 0 ? '\\' : '\xFF');
  const int word = level_ == 3 ? 4 : 2;
  ArchiveBytes extended;  // the size of the first one stands in front of all
  const auto extend = [&](std::uint8_t type, std::string_view data) {
    put(extended, data.size() + 1 + static_cast<std::size_t>(word), word);
    put(extended, type, 1);
    put(extended, data);
  };
  if (level_ != 0) {
    if (!name.empty()) extend(0x01, name);
    if (!folder.empty()) extend(0x02, folder);
  }
  put(extended, 0, word);
  const std::uint64_t size = file.directory ? 0 : file.size;
  const std::uint16_t crc = crc16(ArchiveBytes(static_cast<std::size_t>(size)));
  ArchiveBytes out;
  put(out, file.directory ? "-lhd-" : "-lh0-");
  put(out, size + (level_ == 1 ? extended.size() - 2 : 0), 4);
  put(out, size, 4);
  put(out,
      level_ < 2 ? dos_time(file.modified)
                 : static_cast<std::uint64_t>(unix_seconds(file.modified)),
      4);
  put(out, 0x20, 1);
  put(out, level_, 1);
  if (level_ < 2) {
    const std::string old = level_ == 0 ? folder + name : "";
    put(out, old.size(), 1);
    put(out, old);
  }
  put(out, crc, 2);
  if (level_ != 0) put(out, 'M', 1);
  ArchiveBytes whole;
  if (level_ >= 2) {
    const std::uint64_t fixed = level_ == 2 ? 24 : 28;
    put(whole, level_ == 2 ? fixed + extended.size() : 4, 2);
    put(whole, out);
    if (level_ == 3) put(whole, fixed + extended.size(), 4);
    put(whole, extended);
    return whole;
  }
  if (level_ == 1) {
    put(out, ArchiveBytes{extended.begin(), extended.begin() + 2});
    extended.erase(extended.begin(), extended.begin() + 2);
  }
  unsigned sum = 0;
  for (const std::byte byte : out) sum += std::to_integer<unsigned>(byte);
  put(whole, out.size(), 1);
  put(whole, sum & 0xFF, 1);
  put(whole, out);
  if (level_ == 1) put(whole, extended);
  return whole;
}

ArchiveBytes LzhArchive::bytes() const {
  ArchiveBytes out;
  for (const ArchivedFile& file : files_) {
    put(out, header(file));
    put_zeros(out, file.directory ? 0 : file.size);
  }
  put(out, 0, 1);
  return out;
}

// ---- tar

TarArchive& TarArchive::file(const ArchivedFile& file) {
  files_.push_back(file);
  return *this;
}
TarArchive& TarArchive::without_end() {
  end_ = false;
  return *this;
}

namespace {

void put_field(std::string& header, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
}

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i > 0; --i, value >>= 3)
    text[i - 1] = static_cast<char>('0' + (value & 7));
  return text;
}

void put_tar(ArchiveBytes& out, TarArchive::Kind kind, std::string_view name, char type,
             std::uint64_t size, std::int64_t seconds, std::string_view link) {
  std::string header(512, '\0');
  std::string_view prefix;
  constexpr std::size_t kNameBytes = 100;
  if (name.size() > kNameBytes && kind == TarArchive::Kind::ustar) {
    const std::size_t slash = name.rfind('/', 154);
    prefix = name.substr(0, slash);
    name = name.substr(slash + 1);
  }
  put_field(header, 0, name.substr(0, kNameBytes));
  put_field(header, 100, "0000644");
  put_field(header, 108, octal(1000, 7));
  put_field(header, 116, octal(1000, 7));
  put_field(header, 124, octal(size, 11));
  put_field(header, 136, octal(static_cast<std::uint64_t>(seconds), 11));
  put_field(header, 148, "        ");
  header[156] = type;
  put_field(header, 157, link.substr(0, kNameBytes));
  put_field(header, 257,
            kind == TarArchive::Kind::gnu ? std::string_view{"ustar  \0", 8}
                                          : std::string_view{"ustar\0"
                                                             "00",
                                                             8});
  put_field(header, 265, "alice");
  put_field(header, 297, "users");
  put_field(header, 345, prefix);
  std::uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_field(header, 148, octal(sum, 6) + std::string{"\0 ", 2});
  put(out, header);
}

void put_padded(ArchiveBytes& out, std::string_view text) {
  put(out, text);
  put_zeros(out, (512 - text.size() % 512) % 512);
}

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) ++length;
  return std::to_string(length) + " " + std::string{key} + "=" + std::string{value} + "\n";
}

}  // namespace

ArchiveBytes TarArchive::bytes() const {
  ArchiveBytes out;
  for (const ArchivedFile& file : files_) {
    const std::string name = file.directory ? file.name + "/" : file.name;
    const std::int64_t seconds = unix_seconds(file.modified);
    if (kind_ == Kind::pax) {
      std::string decimals = std::to_string(file.modified.ticks % kTicksPerSecond);
      decimals.insert(0, 7 - decimals.size(), '0');
      const std::string text =
          pax_record("path", name) + pax_record("mtime", std::to_string(seconds) + "." + decimals);
      put_tar(out, kind_, "PaxHeaders/x", 'x', text.size(), 0, "");
      put_padded(out, text);
    } else if (kind_ == Kind::gnu && name.size() > 100) {
      put_tar(out, kind_, "././@LongLink", 'L', name.size() + 1, 0, "");
      put_padded(out, name + '\0');
    }
    const char type = !file.link.empty() ? '2' : file.directory ? '5' : '0';
    const std::uint64_t size = type == '0' ? file.size : 0;
    put_tar(out, kind_, name, type, size, seconds, file.link);
    put_zeros(out, (size + 511) / 512 * 512);
  }
  if (end_) put_zeros(out, 1024);
  return out;
}

ArchiveBytes gzip_archive(std::string_view name, FileTime modified) {
  ArchiveBytes out;
  put(out, 0x088B1F, 3);
  put(out, name.empty() ? 0 : 8, 1);
  put(out, static_cast<std::uint64_t>(unix_seconds(modified)), 4);
  put(out, 0, 1);
  put(out, 3, 1);
  put(out, name);
  if (!name.empty()) put(out, 0, 1);
  put(out, 0x0003, 2);  // an empty deflate stream
  put_zeros(out, 8);
  return out;
}

}  // namespace hozen::builders
