#include "tests/builders/rar_builder.h"

#include <zlib.h>

#include <span>

#include "collector/base/text.h"
#include "collector/formats/zip_form.h"

namespace hozen::builders {
namespace {

void put(RarBytes& out, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}

void put(RarBytes& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
}

void put(RarBytes& out, const RarBytes& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_vint(RarBytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::byte>((value & 0x7F) | 0x80));
  out.push_back(static_cast<std::byte>(value));
}

std::uint32_t crc(std::span<const std::byte> data) {
  const auto* const octets = static_cast<const Bytef*>(static_cast<const void*>(data.data()));
  return static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), octets, data.size()));
}

// RAR 1.5 to 4.

RarBytes block4(std::uint8_t type, std::uint16_t flags, const RarBytes& fields) {
  RarBytes block;
  put(block, 0, 2);
  put(block, type, 1);
  put(block, flags, 2);
  put(block, 7 + fields.size(), 2);
  put(block, fields);
  const std::uint32_t sum = crc(std::span{block}.subspan(2));
  block[0] = static_cast<std::byte>(sum & 0xFF);
  block[1] = static_cast<std::byte>(sum >> 8 & 0xFF);
  return block;
}

std::uint32_t dos_time(FileTime time) {
  const DosTime dos = to_dos_time(time);
  return std::uint32_t{dos.date} << 16 | dos.time;
}

/// What is left of a time below its two seconds: the form of four bits and the bytes behind it.
void put_time_rest(RarBytes& out, std::uint16_t& forms, int index, FileTime time) {
  if (!time.is_set()) return;
  const std::uint64_t seconds = time.ticks / kTicksPerSecond, rest = time.ticks % kTicksPerSecond;
  const auto form = static_cast<std::uint16_t>(8 | 3 | (seconds % 2 != 0 ? 4 : 0));
  forms = static_cast<std::uint16_t>(forms | form << (12 - 4 * index));
  if (index != 0) put(out, dos_time(time), 4);
  put(out, rest, 3);
}

struct Block4 {
  std::uint8_t type = 0x74;
  std::uint16_t flags = 0x8000;
  std::string stream{};  ///< UTF-16 name behind the fields
};

/// Name of letters beyond ASCII: once with '?', then as UTF-16 by the form of two bytes each.
std::string name4(std::string_view name, bool& unicode) {
  std::string text{name};
  for (char& c : text)
    if (c == '/') c = '\\';
  const std::u16string units = utf16_from_wtf8(text);
  unicode = units.size() != text.size();
  if (!unicode) return text;
  std::string out;
  for (const char16_t unit : units) out += unit < 0x80 ? static_cast<char>(unit) : '?';
  out += '\0';
  out += '\0';  // the common high byte
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (i % 4 == 0) out += static_cast<char>(0xAA);
    out += static_cast<char>(units[i] & 0xFF);
    out += static_cast<char>(units[i] >> 8);
  }
  return out;
}

RarBytes file4(const RarFile& file, const Block4& block) {
  bool unicode = false;
  const std::string name = name4(file.name, unicode);
  const bool large = file.size > 0xFFFF'FFFE || file.packed > 0xFFFF'FFFF;
  auto flags = static_cast<unsigned>(block.flags);
  flags |= file.before ? 0x01u : 0u;
  flags |= file.after ? 0x02u : 0u;
  flags |= file.encrypted ? 0x04u | 0x0400u : 0u;
  flags |= file.directory ? 0xE0u : 0u;
  flags |= large ? 0x0100u : 0u;
  flags |= unicode ? 0x0200u : 0u;
  RarBytes times;
  std::uint16_t forms = 0;
  put_time_rest(times, forms, 0, file.modified);
  put_time_rest(times, forms, 1, file.created);
  put_time_rest(times, forms, 2, file.accessed);
  flags |= forms != 0 ? 0x1000u : 0u;
  RarBytes fields;
  put(fields, file.packed, 4);
  put(fields, file.size, 4);
  put(fields, 2, 1);  // Windows
  put(fields, file.crc, 4);
  put(fields, dos_time(file.modified), 4);
  put(fields, 29, 1);
  put(fields, '0' + file.method, 1);
  put(fields, name.size(), 2);
  put(fields, file.directory ? 0x10 : 0x20, 4);
  if (large) {
    put(fields, file.packed >> 32, 4);
    put(fields, file.size >> 32, 4);
  }
  put(fields, name);
  if (file.encrypted) put(fields, 0x1122334455667788, 8);
  if (forms != 0) {
    put(fields, forms, 2);
    put(fields, times);
  }
  for (const char16_t unit : utf16_from_wtf8(block.stream)) put(fields, unit, 2);
  return block4(block.type, static_cast<std::uint16_t>(flags), fields);
}

// RAR 5 to 7.

RarBytes block5(std::uint64_t type, std::uint64_t flags, const RarBytes& fields,
                const RarBytes& extra, std::optional<std::uint64_t> data = std::nullopt) {
  RarBytes inside;
  put_vint(inside, type);
  put_vint(inside, flags | (extra.empty() ? 0u : 1u) | (data ? 2u : 0u));
  if (!extra.empty()) put_vint(inside, extra.size());
  if (data) put_vint(inside, *data);
  put(inside, fields);
  put(inside, extra);
  RarBytes sized;
  put_vint(sized, inside.size());
  put(sized, inside);
  RarBytes block;
  put(block, crc(sized), 4);
  put(block, sized);
  return block;
}

void put_record(RarBytes& extra, std::uint64_t type, const RarBytes& content) {
  RarBytes record;
  put_vint(record, type);
  put(record, content);
  put_vint(extra, record.size());
  put(extra, record);
}

void put_text(RarBytes& out, std::string_view text) {
  put_vint(out, text.size());
  put(out, text);
}

RarBytes times5(const RarFile& file) {
  RarBytes content;
  const std::uint64_t flags = (file.modified.is_set() ? 2u : 0u) |
                              (file.created.is_set() ? 4u : 0u) |
                              (file.accessed.is_set() ? 8u : 0u);
  put_vint(content, flags);
  for (const FileTime time : {file.modified, file.created, file.accessed})
    if (time.is_set()) put(content, time.ticks, 8);
  return content;
}

RarBytes extra5(const RarFile& file) {
  RarBytes extra;
  if (file.encrypted) {
    RarBytes content;
    put_vint(content, 0);
    put_vint(content, 2);  // keyed checksums
    put(content, 15, 1);
    content.resize(content.size() + 32);
    put_record(extra, 1, content);
  }
  if (file.modified.is_set() || file.created.is_set()) put_record(extra, 3, times5(file));
  if (!file.link.empty()) {
    RarBytes content;
    put_vint(content, 2);
    put_vint(content, 0);
    put_text(content, file.link);
    put_record(extra, 5, content);
  }
  if (!file.user.empty()) {
    RarBytes content;
    put_vint(content, 1);
    put_text(content, file.user);
    put_record(extra, 6, content);
  }
  return extra;
}

RarBytes fields5(std::string_view name, const RarFile& file) {
  RarBytes fields;
  put_vint(fields, (file.directory ? 1u : 0u) | 4u);
  put_vint(fields, file.size);
  put_vint(fields, file.directory ? 0x10 : 0x20);
  put(fields, file.crc, 4);
  put_vint(fields, std::uint64_t{file.method} << 7);
  put_vint(fields, 0);  // Windows
  put_text(fields, name);
  return fields;
}

}  // namespace

RarBuilder& RarBuilder::volume(std::uint64_t number, bool more) {
  volume_ = number;
  more_ = more;
  return *this;
}
RarBuilder& RarBuilder::encrypt_headers() {
  headers_encrypted_ = true;
  return *this;
}
RarBuilder& RarBuilder::comment(std::string_view text) {
  comment_ = text;
  return *this;
}
RarBuilder& RarBuilder::made_as(std::string_view name, FileTime created) {
  made_as_ = name;
  made_ = created;
  return *this;
}
RarBuilder& RarBuilder::file(const RarFile& file) {
  files_.push_back(file);
  return *this;
}
RarBuilder& RarBuilder::without_end() {
  end_ = false;
  return *this;
}
RarBuilder& RarBuilder::behind(const RarBytes& program) {
  program_ = program;
  return *this;
}

RarBytes RarBuilder::bytes() const {
  RarBytes out = program_;
  put(out, generation_ == Generation::rar4 ? bytes4() : bytes5());
  return out;
}

RarBytes RarBuilder::bytes4() const {
  RarBytes out;
  put(out, std::string_view{"Rar!\x1A\x07\x00", 7});
  const unsigned flags = (volume_ ? 0x0011u | (*volume_ == 0 ? 0x0100u : 0u) : 0u) |
                         (headers_encrypted_ ? 0x0080u : 0u);
  put(out, block4(0x73, static_cast<std::uint16_t>(flags), RarBytes(6)));
  if (headers_encrypted_) {
    out.resize(out.size() + 200, std::byte{0x5A});
    return out;
  }
  if (!comment_.empty()) {
    RarFile service;
    service.name = "CMT";
    service.size = service.packed = comment_.size();
    service.method = 0;
    put(out, file4(service, {.type = 0x7A}));
    put(out, comment_);
  }
  for (const RarFile& file : files_) {
    put(out, file4(file, {}));
    out.resize(out.size() + static_cast<std::size_t>(file.packed));
    for (const std::string& stream : file.streams) {
      RarFile service;
      service.name = "STM";
      service.size = service.packed = 5;
      put(out, file4(service, {.type = 0x7A, .stream = stream}));
      out.resize(out.size() + 5);
    }
  }
  if (!end_) return out;
  RarBytes fields;
  if (volume_) put(fields, *volume_, 2);
  put(out,
      block4(0x7B, static_cast<std::uint16_t>(0x4000u | (more_ ? 1u : 0u) | (volume_ ? 8u : 0u)),
             fields));
  return out;
}

RarBytes RarBuilder::bytes5() const {
  RarBytes out;
  put(out, std::string_view{"Rar!\x1A\x07\x01\x00", 8});
  if (headers_encrypted_) {
    RarBytes fields;
    put_vint(fields, 0);
    put_vint(fields, 0);
    put(fields, 15, 1);
    fields.resize(fields.size() + 16);
    put(out, block5(4, 0, fields, {}));
    out.resize(out.size() + 200, std::byte{0x5A});
    return out;
  }
  RarBytes main, main_extra;
  const bool numbered = volume_.value_or(0) != 0;
  put_vint(main, (volume_ ? 1u : 0u) | (numbered ? 2u : 0u));
  if (numbered) put_vint(main, *volume_);
  if (!made_as_.empty()) {
    RarBytes content;
    put_vint(content, 3);
    put_text(content, made_as_);
    put(content, made_.ticks, 8);
    put_record(main_extra, 2, content);
  }
  put(out, block5(1, 0, main, main_extra));
  if (!comment_.empty()) {
    RarFile service;
    service.size = comment_.size();
    service.method = 0;
    put(out, block5(3, 0, fields5("CMT", service), {}, comment_.size()));
    put(out, comment_);
  }
  for (const RarFile& file : files_) {
    put(out, block5(2, (file.before ? 8u : 0u) | (file.after ? 16u : 0u), fields5(file.name, file),
                    extra5(file), file.packed));
    out.resize(out.size() + static_cast<std::size_t>(file.packed));
    for (const std::string& stream : file.streams) {
      RarFile service;
      service.size = 5;
      RarBytes extra, name;
      put(name, stream);
      put_record(extra, 7, name);
      put(out, block5(3, 0, fields5("STM", service), extra, 5));
      out.resize(out.size() + 5);
    }
  }
  RarBytes end;
  put_vint(end, more_ ? 1 : 0);
  if (end_) put(out, block5(5, 0, end, {}));
  return out;
}

}  // namespace hozen::builders
