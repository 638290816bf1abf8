#include "collector/formats/archive.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/formats/archive_impl.h"
#include "collector/formats/pe.h"
#include "collector/formats/zip_form.h"

namespace hozen::archive {
namespace {

/// What stands between a program and its archive: a configuration of 7-Zip, alignment.
constexpr std::uint64_t kMaxGapBytes = 64u << 10;
/// A file from some offset on.
class Part final : public ByteSource {
 public:
  Part(ByteSource& file, std::uint64_t begin) : file_{file}, begin_{std::min(begin, file.size())} {}
  std::uint64_t size() const override { return file_.size() - begin_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset > size()) return std::size_t{0};
    return file_.read_some(begin_ + offset, out);
  }

 private:
  ByteSource& file_;
  std::uint64_t begin_;
};

/// Up to `length` bytes at `offset`.
Result<std::vector<std::byte>> read_up_to(ByteSource& file, std::uint64_t offset,
                                          std::uint64_t length) {
  const std::uint64_t left = file.size() - std::min(file.size(), offset);
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(length, left)));
  std::size_t size = 0;
  while (size < bytes.size()) {
    HOZEN_TRY(const std::size_t count,
              file.read_some(offset + size, std::span{bytes}.subspan(size)));
    if (count == 0) break;
    size += count;
  }
  bytes.resize(size);
  return bytes;
}

/// Programs hold these signatures as data too: believed where headers follow.
Result<bool> begins_archive(ByteSource& file, const Found& found) {
  if (found.format == Format::zip || found.format == Format::cab) return true;
  Part part{file, found.offset};
  if (found.format == Format::rar) {
    const auto archive = rar::read(part, [](const rar::Entry&) { return false; });
    if (!archive) return std::move(archive).error();
    return archive->problems.empty() || archive->entries != 0 || archive->headers_encrypted;
  }
  HOZEN_TRY(const auto head, read_up_to(part, 0, kKindBytes));
  return is_seven_zip_header(Bytes{head});
}

/// The first archive of those whose signatures stand in what lies at `offset`.
Result<Found> search(ByteSource& file, std::uint64_t offset, std::uint64_t length) {
  constexpr std::array<std::string_view, 4> kSignatures{"Rar!\x1A\x07", "7z\xBC\xAF\x27\x1C",
                                                        "PK\x03\x04", "MSCF"};
  constexpr int kMaxTries = 64;
  HOZEN_TRY(const auto bytes, read_up_to(file, offset, length + kKindBytes));
  const Bytes all{bytes, offset};
  int tries = 0;
  for (std::size_t at = 0; at < all.size() && at <= length; ++at) {
    at = all.chars().find_first_of("R7PM", at);
    if (at == std::string_view::npos) break;
    const std::string_view text = all.tail(at).chars();
    if (std::none_of(kSignatures.begin(), kSignatures.end(),
                     [&](std::string_view signature) { return text.starts_with(signature); }))
      continue;
    const Found found{format_of(all.tail(at).head(kKindBytes)), offset + at};
    if (found.format == Format::none) continue;
    HOZEN_TRY(const bool is, begins_archive(file, found));
    if (is) return found;
    if (++tries == kMaxTries) break;
  }
  return Found{};
}

Result<Found> find_behind_program(ByteSource& file) {
  auto image = pe::Image::open(file);
  if (!image && image.error().code == Errc::io) return std::move(image).error();
  if (!image) return search(file, 2, rar::kMaxStubBytes);
  const auto overlay = image->overlay();
  if (!overlay || overlay->data_bytes == 0) return Found{};
  return search(file, overlay->offset, std::min(overlay->data_bytes, kMaxGapBytes));
}

/// The last volume of a ZIP begins in the middle of a file: its end record says that it is one.
Result<bool> is_last_zip_volume(ByteSource& file) {
  const std::uint64_t size = file.size();
  if (size < kZipEndBytes) return false;
  HOZEN_TRY(const auto bytes, read_up_to(file, size - kZipEndBytes, kZipEndBytes));
  const auto record = Bytes{bytes}.fixed<kZipEndBytes>(0, "ZIP end record");
  if (!record || record->u32<0>() != kZipEndSignature) return false;
  const std::uint16_t disk = record->u16<4>(), comment = record->u16<20>();
  return disk != 0 && record->u16<6>() <= disk && comment == 0;
}

// ---- RAR, which has its own reader

NameEncoding encoding_of(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::utf16:
      return NameEncoding::unicode;
    case TextEncoding::ascii:
      return NameEncoding::ascii;
    case TextEncoding::assumed_cp932:
      return NameEncoding::assumed_cp932;
    case TextEncoding::assumed_windows1252:
      return NameEncoding::assumed_windows1252;
    case TextEncoding::unknown:
      break;
  }
  return NameEncoding::unknown;
}

Entry entry_of(const rar::Entry& from, std::uint64_t begin) {
  Entry entry;
  entry.name = from.name;
  entry.name_bytes = from.name_bytes;
  entry.name_encoding = encoding_of(from.name_encoding);
  entry.size = from.size;
  entry.packed_size = from.packed_size;
  entry.modified = from.modified;
  entry.created = from.created;
  entry.accessed = from.accessed;
  entry.blake2sp = from.blake2sp;
  entry.link_target = from.link_target;
  entry.user = from.user;
  entry.group = from.group;
  entry.uid = from.uid;
  entry.gid = from.gid;
  entry.file_version = from.file_version;
  entry.streams = from.streams;
  entry.offset = begin + from.offset;
  entry.crc = from.crc;
  entry.attributes = from.attributes;
  entry.method = std::to_string(from.method);
  entry.host_os = rar::host_os_text(from.version, from.host_os);
  entry.link = from.link;
  entry.is_directory = from.is_directory;
  entry.is_encrypted = from.is_encrypted;
  entry.continues_before = from.continues_before;
  entry.continues_after = from.continues_after;
  entry.checksum_ok = from.checksum_ok;
  entry.crc_is_keyed = from.crc_is_keyed;
  entry.times_are_local = from.times_are_local;
  return entry;
}

Result<void> read_rar(ByteSource& file, Reader& reader) {
  Part part{file, reader.begin()};
  HOZEN_TRY(rar::Archive from, rar::read(part, [&](const rar::Entry& entry) {
              return reader.give(entry_of(entry, reader.begin()));
            }));
  Archive& archive = reader.archive();
  archive.version = to_text(from.version);
  archive.end = reader.begin() + from.end;
  archive.names = from.headers_encrypted ? Names::encrypted : Names::read;
  archive.headers_encrypted = from.headers_encrypted;
  archive.is_volume = from.is_volume;
  archive.is_solid = from.is_solid;
  archive.is_locked = from.is_locked;
  archive.has_recovery = from.has_recovery;
  archive.is_signed = from.is_signed;
  archive.is_first_volume = from.is_first_volume;
  archive.has_next_volume = from.has_next_volume;
  archive.volume_number = from.volume_number;
  archive.has_comment = from.has_comment;
  archive.comment = std::move(from.comment);
  archive.original_name = std::move(from.original_name);
  archive.created = from.created;
  archive.has_end = from.has_end;
  archive.problems = std::move(from.problems);
  for (Error& problem : archive.problems)
    if (problem.offset) *problem.offset += reader.begin();
  return {};
}

Result<void> read_format(ByteSource& file, Reader& reader, Format format) {
  switch (format) {
    case Format::rar:
      return read_rar(file, reader);
    case Format::zip:
      return read_zip(reader);
    case Format::seven_zip:
      return read_seven_zip(reader);
    case Format::cab:
      return read_cab(reader);
    case Format::arj:
      return read_arj(reader);
    case Format::lzh:
      return read_lzh(reader);
    case Format::tar:
      return read_tar(reader);
    case Format::gzip:
      return read_gzip(reader);
    case Format::old_rar:
      return Error{Errc::unsupported, "rar archive older than RAR 1.5", reader.begin()};
    case Format::none:
      return Error{Errc::not_found, "signature of an archive", reader.begin()};
    default:
      reader.archive().names = Names::not_supported;
      reader.archive().end = reader.size();
      return {};
  }
}

// Code page 437, 0x80 to 0xFF: what PKZIP and the shell of western systems write.
constexpr std::u16string_view kCp437 =
    u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
    u"└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";
static_assert(kCp437.size() == 128);

std::string decode_cp437(std::string_view bytes) {
  std::u16string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x80 ? static_cast<char16_t>(byte) : kCp437[byte - 0x80u];
  }
  return wtf8_from_utf16(text);
}

}  // namespace

std::string_view to_text(NameEncoding encoding) {
  constexpr std::array<std::string_view, 6> kNames{
      "unicode", "ascii", "assumed_cp932", "assumed_cp437", "assumed_windows1252", "unknown"};
  return kNames[static_cast<std::size_t>(encoding)];
}

std::string_view to_text(Names names) {
  constexpr std::array<std::string_view, 4> kNames{"read", "encrypted", "packed", "not_supported"};
  return kNames[static_cast<std::size_t>(names)];
}

Result<Bytes> Reader::at(std::uint64_t offset, std::uint64_t length) {
  // Directories are read on and on, headers between files one at a time.
  constexpr std::size_t kWindowBytes = 64u << 10, kFarWindowBytes = 4u << 10;
  const std::uint64_t end = buffer_begin_ + buffer_.size();
  const std::uint64_t window =
      offset < buffer_begin_ || offset > end ? kFarWindowBytes : kWindowBytes;
  if (offset < buffer_begin_ || offset > end || length > end - offset) {
    HOZEN_TRY(buffer_, read_up_to(file_, offset, std::max(length, window)));
    buffer_begin_ = offset;
  }
  return Bytes{buffer_, buffer_begin_}.tail(offset - buffer_begin_).head(length);
}

std::nullopt_t Reader::problem(Errc code, std::string_view what, std::uint64_t offset,
                               std::string_view detail) {
  if (archive_.problems.size() < kMaxProblems)
    archive_.problems.push_back({code, std::string{what}, offset, std::string{detail}});
  return std::nullopt;
}

bool Reader::give(const Entry& entry) {
  if (archive_.entries == kMaxEntries) {
    problem(Errc::limit, "entries of an archive", entry.offset);
    return false;
  }
  ++archive_.entries;
  archive_.any_encrypted = archive_.any_encrypted || entry.is_encrypted;
  const std::uint64_t size = entry.size.value_or(0);
  archive_.unpacked_bytes += std::min(size, UINT64_MAX - archive_.unpacked_bytes);
  return visit_(entry);
}

std::optional<std::uint64_t> Reader::behind(std::uint64_t offset, std::uint64_t bytes) {
  if (offset > size() || bytes > size() - offset) {
    const std::uint64_t before = offset - std::min(size(), offset);
    const std::uint64_t left = size() - std::min(size(), offset);
    archive_.missing_bytes = before + std::min(bytes - std::min(bytes, left), UINT64_MAX - before);
    return std::nullopt;
  }
  archive_.end = std::max(archive_.end, offset + bytes);
  return offset + bytes;
}

void set_name(Entry& entry, Bytes name, bool is_utf8_said, bool from_unix, NameEncoding western) {
  if (name.size() > kMaxNameBytes) name = name.head(kMaxNameBytes);
  if ((is_utf8_said || from_unix) && is_utf8(name.chars())) {
    entry.name = name.chars();
    entry.name_encoding = NameEncoding::unicode;
    return;
  }
  DecodedText text = decode_ansi(name, false);
  entry.name = std::move(text.text);
  entry.name_encoding = encoding_of(text.encoding);
  entry.name_bytes = std::move(text.bytes);
  const bool is_guess = entry.name_encoding == NameEncoding::assumed_windows1252 ||
                        entry.name_encoding == NameEncoding::unknown;
  if (!is_guess || western != NameEncoding::assumed_cp437) return;
  entry.name = decode_cp437(name.chars());
  entry.name_encoding = western;
}

void use_slashes(std::string& name) { std::replace(name.begin(), name.end(), '\\', '/'); }

void drop_last_slash(std::string& name) {
  if (name.size() > 1 && name.ends_with('/')) name.pop_back();
}

FileTime dos_time(std::uint32_t date_time) {
  return filetime_from_fat(static_cast<std::uint16_t>(date_time >> 16),
                           static_cast<std::uint16_t>(date_time & 0xFFFF))
      .value_or(FileTime{});
}

Result<Found> find(ByteSource& file) {
  HOZEN_TRY(const auto head, read_up_to(file, 0, kKindBytes));
  const Bytes bytes{head};
  if (const Format format = format_of(bytes); format != Format::none) return Found{format, 0};
  if (bytes.chars().starts_with("MZ")) return find_behind_program(file);
  HOZEN_TRY(const bool is_volume, is_last_zip_volume(file));
  if (is_volume) return Found{Format::zip, 0};
  HOZEN_TRY(const bool iso, is_iso(file));
  return Found{iso ? Format::iso : Format::none, 0};
}

Result<Archive> read(ByteSource& file, const Found& found, Visitor visit) {
  Archive archive;
  archive.format = found.format;
  archive.offset = archive.end = found.offset;
  Reader reader{file, found.offset, archive, visit};
  HOZEN_CHECK(read_format(file, reader, found.format));
  return archive;
}

Result<Archive> read(ByteSource& file, Visitor visit) {
  HOZEN_TRY(const Found found, find(file));
  return read(file, found, visit);
}

}  // namespace hozen::archive
