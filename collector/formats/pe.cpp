#include "collector/formats/pe.h"

#include <algorithm>
#include <cmath>

#include "collector/base/text.h"

namespace hozen::pe {
namespace {

constexpr std::uint64_t kDosPeOffset = 0x3C;
constexpr std::size_t kCoffBytes = 24;  ///< "PE\0\0" and the file header
constexpr std::size_t kDirectoryBytes = 8, kSectionBytes = 40;
constexpr std::size_t kOptional32 = 96, kOptional64 = 112;  ///< bytes before the directories
/// What must be there of it: up to the subsystem.
constexpr std::size_t kLeastOptional = 70;
constexpr std::size_t kHeaderBytes = kCoffBytes + kOptional64 + kDirectories * kDirectoryBytes;
constexpr std::uint16_t kMagic32 = 0x10B, kMagic64 = 0x20B, kMagicRom = 0x107;
constexpr std::uint32_t kPageBytes = 4096;
/// The loader counts in sectors, whatever the file says.
constexpr std::uint32_t kSectorBytes = 512;

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// What else begins with MZ: by the two letters where the new header is to be.
Error other_executable(std::string_view signature, std::uint64_t offset) {
  for (const std::string_view known : {"NE", "LE", "LX"})
    if (signature.starts_with(known))
      return {Errc::unsupported, "executable", offset, std::string{known}};
  return {Errc::malformed, "PE signature", offset};
}

std::string hex_text(std::uint16_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[(number >> shift) & 0xFu];
  return text;
}

void read_numbers(Fixed<kHeaderBytes> header, Headers& out) {
  constexpr std::size_t kOptional = kCoffBytes;
  out.machine = header.u16<4>();
  out.stated_sections = header.u16<6>();
  out.timestamp = header.u32<8>();
  out.characteristics = header.u16<22>();
  out.linker_major = header.u8<kOptional + 2>();
  out.linker_minor = header.u8<kOptional + 3>();
  out.entry_point = header.u32<kOptional + 16>();
  out.image_base = out.is_64 ? header.u64<kOptional + 24>() : header.u32<kOptional + 28>();
  out.section_alignment = header.u32<kOptional + 32>();
  out.file_alignment = header.u32<kOptional + 36>();
  out.subsystem_major = header.u16<kOptional + 48>();
  out.subsystem_minor = header.u16<kOptional + 50>();
  out.image_size = header.u32<kOptional + 56>();
  out.header_size = header.u32<kOptional + 60>();
  out.checksum = header.u32<kOptional + 64>();
  out.subsystem = header.u16<kOptional + 68>();
  out.dll_characteristics = header.u16<kOptional + 70>();
}

}  // namespace

FileTime Headers::compiled() const {
  return timestamp == 0 ? FileTime{} : filetime_from_unix(timestamp, 0);
}

std::string machine_text(std::uint16_t machine) {
  switch (machine) {
    case 0x014C:
      return "i386";
    case 0x8664:
      return "amd64";
    case 0xAA64:
      return "arm64";
    case 0x01C0:
    case 0x01C4:
      return "arm";
    case 0x0200:
      return "ia64";
    case 0x0EBC:
      return "efi_bytecode";
    default:
      return hex_text(machine);
  }
}

std::string subsystem_text(std::uint16_t subsystem) {
  switch (subsystem) {
    case 1:
      return "native";
    case 2:
      return "windows_gui";
    case 3:
      return "windows_console";
    case 7:
      return "posix";
    case 9:
      return "windows_ce";
    case 10:
      return "efi_application";
    case 11:
      return "efi_boot_driver";
    case 12:
      return "efi_runtime_driver";
    case 13:
      return "efi_rom";
    case 16:
      return "boot_application";
    default:
      return hex_text(subsystem);
  }
}

Result<Image> Image::open(ByteSource& file) {
  Image image{file};
  HOZEN_CHECK(image.read_headers());
  return image;
}

Result<void> Image::read_headers() {
  std::array<std::byte, kDosPeOffset + 4> dos{};
  HOZEN_TRY(const std::size_t dos_bytes, reader_.read_some(0, dos));
  const Bytes start{std::span<const std::byte>{dos}.first(dos_bytes)};
  if (start.head(2).chars() != "MZ") return Error{Errc::malformed, "DOS header", 0};
  const auto pe_offset = start.get<std::uint32_t>(kDosPeOffset);
  if (!pe_offset) return Error{Errc::truncated, "DOS header", dos_bytes};
  headers_.pe_offset = *pe_offset;

  // A tiny file may end within the headers: the loader has zeros behind it.
  std::array<std::byte, kHeaderBytes> bytes{};
  HOZEN_TRY(const std::size_t size, reader_.read_some(*pe_offset, bytes));
  const Fixed<kHeaderBytes> header{bytes};
  const Bytes view{bytes, *pe_offset};
  if (size == 0) return Error{Errc::truncated, "PE header", *pe_offset};
  if (view.head(std::min<std::size_t>(size, 4)).chars() != std::string_view{"PE\0\0", 4})
    return other_executable(view.head(2).chars(), *pe_offset);
  if (size < kCoffBytes + kLeastOptional)
    return Error{Errc::truncated, "PE header", *pe_offset + size};
  const std::uint16_t magic = header.u16<kCoffBytes>();
  if (magic == kMagicRom) return Error{Errc::unsupported, "executable", *pe_offset, "ROM image"};
  if (magic != kMagic32 && magic != kMagic64)
    return Error{Errc::malformed, "optional header", *pe_offset + kCoffBytes};
  headers_.is_64 = magic == kMagic64;
  read_numbers(header, headers_);

  const std::size_t directories = kCoffBytes + (headers_.is_64 ? kOptional64 : kOptional32);
  headers_.stated_directories = view.get<std::uint32_t>(directories - 4).value_or(0);
  for (std::size_t i = 0; i < std::min<std::size_t>(headers_.stated_directories, kDirectories); ++i)
    headers_.directories[i] = {view.get<std::uint32_t>(directories + i * 8).value_or(0),
                               view.get<std::uint32_t>(directories + i * 8 + 4).value_or(0)};
  read_sections(std::uint64_t{*pe_offset} + kCoffBytes + header.u16<20>());
  return {};
}

void Image::read_sections(std::uint64_t offset) {
  const std::size_t count = std::min<std::size_t>(headers_.stated_sections, kMaxSections);
  if (count < headers_.stated_sections)
    problems_.push_back({Errc::limit, "PE section table", offset + count * kSectionBytes});
  for (std::size_t i = 0; i < count; ++i, offset += kSectionBytes) {
    std::array<std::byte, kSectionBytes> bytes{};
    if (auto read = reader_.read(offset, bytes, "PE section header"); !read)
      return problems_.push_back(std::move(read).error());
    const Fixed<kSectionBytes> header{bytes};
    Section section;
    std::string_view name = Bytes{bytes}.head(8).chars();
    name = name.substr(0, name.find_last_not_of('\0') + 1);
    append_wtf8_from_latin1(section.name, bytes_of(name));
    section.virtual_size = header.u32<8>();
    section.rva = header.u32<12>();
    section.raw_size = header.u32<16>();
    section.raw_offset = header.u32<20>();
    section.characteristics = header.u32<36>();
    if (section.raw_size != 0 && section.raw_offset != 0 &&
        std::uint64_t{section.raw_offset} + section.raw_size > reader_.size())
      add_problem(problems_, {Errc::truncated, "PE section " + name_text(name), reader_.size()});
    sections_.push_back(std::move(section));
  }
}

/// Below a page for the alignment the loader maps the file as it is.
bool Image::is_flat() const { return headers_.section_alignment < kPageBytes; }

Place Image::place_in(const Section& section, std::uint32_t delta) const {
  const std::uint64_t begin =
      is_flat() ? section.raw_offset : section.raw_offset / kSectorBytes * kSectorBytes;
  const std::uint64_t stated = section.virtual_size != 0 ? section.virtual_size : section.raw_size;
  const std::uint64_t total = round_up(stated, kPageBytes);
  // Without an offset there is nothing in the file, whatever the size says.
  const std::uint64_t raw =
      section.raw_offset == 0 ? 0 : std::min<std::uint64_t>(section.raw_size, total);
  return {begin + delta, delta < raw ? raw - delta : 0, total > delta ? total - delta : 0};
}

std::optional<Place> Image::locate(std::uint32_t rva) const {
  const auto in = [&](std::size_t i) -> std::optional<Place> {
    const Section& section = sections_[i];
    if (rva < section.rva) return std::nullopt;
    const Place place = place_in(section, rva - section.rva);
    if (place.total_bytes == 0) return std::nullopt;
    last_section_ = i;
    return place;
  };
  if (last_section_ < sections_.size())
    if (const auto place = in(last_section_)) return place;
  for (std::size_t i = 0; i < sections_.size(); ++i)
    if (const auto place = in(i)) return place;
  const std::uint64_t headers =
      is_flat() ? reader_.size() : round_up(headers_.header_size, kSectorBytes);
  if (rva >= headers) return std::nullopt;
  return Place{rva, headers - rva, headers - rva};
}

std::optional<std::uint32_t> Image::rva_of(std::uint64_t address) const {
  if (address < headers_.image_base || address - headers_.image_base > UINT32_MAX)
    return std::nullopt;
  return static_cast<std::uint32_t>(address - headers_.image_base);
}

Result<void> Image::read(std::uint32_t rva, std::span<std::byte> out, std::string_view what) {
  const auto place = locate(rva);
  if (!place) return Error{Errc::truncated, std::string{what}, std::nullopt, "address outside"};
  if (out.size() > place->total_bytes)
    return Error{Errc::truncated, std::string{what}, place->file_offset + place->file_bytes};
  const auto stored =
      static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), place->file_bytes));
  HOZEN_CHECK(reader_.read(place->file_offset, out.first(stored), what));
  std::ranges::fill(out.subspan(stored), std::byte{0});
  return {};
}

Result<std::string> Image::read_name(std::uint32_t rva, std::string_view what) {
  const auto place = locate(rva);
  if (!place) return Error{Errc::truncated, std::string{what}, std::nullopt, "address outside"};
  std::string name;
  for (std::uint64_t at = 0; at < place->file_bytes; at = name.size()) {
    HOZEN_TRY(const Bytes part, reader_.view(place->file_offset + at));
    if (part.empty()) return Error{Errc::truncated, std::string{what}, place->file_offset + at};
    const std::string_view text = part.head(place->file_bytes - at).chars();
    const std::size_t end = text.find('\0');
    name += text.substr(0, std::min(end, kMaxNameBytes + 1 - name.size()));
    if (name.size() > kMaxNameBytes)
      return Error{Errc::limit, std::string{what}, place->file_offset};
    if (end != text.npos) return name;
  }
  // Zeros behind what is stored end a name, too.
  if (place->total_bytes > place->file_bytes) return name;
  return Error{Errc::truncated, std::string{what}, place->file_offset + name.size()};
}

std::optional<Overlay> Image::overlay() const {
  std::uint64_t end = headers_.header_size;
  for (const Section& section : sections_)
    if (section.raw_size != 0 && section.raw_offset != 0)
      end = std::max(end, std::uint64_t{section.raw_offset} + section.raw_size);
  const std::uint64_t size = reader_.size();
  if (end >= size) return std::nullopt;
  Overlay overlay{end, size - end, size - end};
  const DataDirectory certificates = directory(Directory::certificates);
  const std::uint64_t from = std::clamp<std::uint64_t>(certificates.rva, end, size);
  const std::uint64_t to = std::clamp<std::uint64_t>(
      std::uint64_t{certificates.rva} + certificates.size_bytes, end, size);
  if (certificates.is_set()) overlay.data_bytes -= to - from;
  return overlay;
}

void add_problem(std::vector<Error>& problems, Error problem) {
  if (problems.size() < kMaxProblems) problems.push_back(std::move(problem));
}

std::string name_text(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string{bytes};
  std::string text;
  append_wtf8_from_latin1(text, bytes_of(bytes));
  return text;
}

bool looks_like_pe(Bytes head) {
  if (head.head(2).chars() != "MZ") return false;
  const auto offset = head.get<std::uint32_t>(kDosPeOffset);
  if (!offset) return false;
  return *offset >= head.size() ||
         head.tail(*offset).head(4).chars() == std::string_view{"PE\0\0", 4};
}

Result<std::optional<double>> section_entropy(Image& image, const Section& section) {
  std::array<std::uint64_t, 256> counts{};
  std::uint64_t total = 0;
  while (section.raw_offset != 0 && total < section.raw_size) {
    HOZEN_TRY(const Bytes part, image.reader().view(section.raw_offset + total));
    if (part.empty()) break;
    const Bytes piece = part.head(section.raw_size - total);
    for (const std::byte byte : piece.span()) ++counts[std::to_integer<std::size_t>(byte)];
    total += piece.size();
  }
  if (total == 0) return std::optional<double>{};
  double bits = 0;
  for (const std::uint64_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(total);
    bits -= share * std::log2(share);
  }
  return std::optional{bits};
}

}  // namespace hozen::pe
