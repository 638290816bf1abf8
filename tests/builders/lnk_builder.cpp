#include "tests/builders/lnk_builder.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "collector/base/text.h"
#include "tests/builders/regf_builder.h"  // utf16le

namespace hozen::builders {
namespace {

template <class T>
void put(LnkBytes& out, T value) {
  const auto bytes = std::as_bytes(std::span{&value, 1});
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_all(LnkBytes& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_chars(LnkBytes& out, std::string_view text, bool terminated = true) {
  put_all(out, std::as_bytes(std::span{text.data(), text.size()}));
  if (terminated) put<std::uint8_t>(out, 0);
}

void put_wide(LnkBytes& out, std::string_view text, bool terminated = true) {
  put_all(out, utf16le(text));
  if (terminated) put<std::uint16_t>(out, 0);
}

template <class T>
void set(LnkBytes& out, std::size_t offset, T value) {
  std::memcpy(out.data() + offset, &value, sizeof value);
}

/// The extension block with the long name, as its version has it.
LnkBytes file_extension(const LnkBuilder::FileEntry& entry) {
  LnkBytes out;
  put<std::uint16_t>(out, 0);  // size, set below
  put(out, entry.version);
  put<std::uint32_t>(out, 0xBEEF0004);
  for (int i = 0; i < 2; ++i) put(out, entry.date), put(out, entry.time);
  put<std::uint16_t>(out, 0x2E);
  if (entry.version >= 7) {
    put<std::uint16_t>(out, 0);
    put(out, entry.reference);
    put<std::uint64_t>(out, 0);
  }
  put<std::uint16_t>(out, 0);  // size of the localised name
  if (entry.version >= 9) put<std::uint32_t>(out, 0);
  if (entry.version >= 8) put<std::uint32_t>(out, 0);
  put_wide(out, entry.long_name);
  put<std::uint16_t>(out, 0);  // offset of this block, set by the caller
  set(out, 0, static_cast<std::uint16_t>(out.size()));
  return out;
}

}  // namespace

Guid filled_guid(std::uint8_t value) {
  Guid guid;
  guid.bytes.fill(static_cast<std::byte>(value));
  return guid;
}

LnkBuilder& LnkBuilder::ansi() { return ansi_ = true, *this; }
LnkBuilder& LnkBuilder::flags(std::uint32_t set_flags) { return flags_ |= set_flags, *this; }
LnkBuilder& LnkBuilder::target_times(FileTime created, FileTime accessed, FileTime modified) {
  created_ = created;
  accessed_ = accessed;
  modified_ = modified;
  return *this;
}
LnkBuilder& LnkBuilder::target_size(std::uint32_t bytes) { return size_ = bytes, *this; }
LnkBuilder& LnkBuilder::attributes(std::uint32_t value) { return attributes_ = value, *this; }
LnkBuilder& LnkBuilder::icon_index(std::int32_t index) { return icon_index_ = index, *this; }
LnkBuilder& LnkBuilder::show_command(std::uint32_t command) { return show_ = command, *this; }
LnkBuilder& LnkBuilder::hot_key(std::uint16_t key) { return hot_key_ = key, *this; }

LnkBuilder& LnkBuilder::item(const LnkBytes& data) {
  LnkBytes out;
  put(out, static_cast<std::uint16_t>(data.size() + 2));
  put_all(out, data);
  items_.push_back(std::move(out));
  has_list_ = true;
  return *this;
}

LnkBuilder& LnkBuilder::root(const Guid& folder) {
  LnkBytes data{std::byte{0x1F}, std::byte{0x50}};
  put_all(data, folder.bytes);
  return item(data);
}

LnkBuilder& LnkBuilder::computer() {
  constexpr std::uint8_t kId[] = {0xE0, 0x4F, 0xD0, 0x20, 0xEA, 0x3A, 0x69, 0x10,
                                  0xA2, 0xD8, 0x08, 0x00, 0x2B, 0x30, 0x30, 0x9D};
  return root(Guid::from(std::as_bytes(std::span{kId})));
}

LnkBuilder& LnkBuilder::drive(std::string_view text) {
  LnkBytes data{std::byte{0x2F}};
  put_chars(data, text, false);
  data.resize(23);
  return item(data);
}

LnkBuilder& LnkBuilder::network(std::string_view text) {
  LnkBytes data{std::byte{0xC3}, std::byte{1}, std::byte{0xC5}};
  put_chars(data, text);
  put_chars(data, "Microsoft Network");
  put<std::uint16_t>(data, 2);
  return item(data);
}

LnkBuilder& LnkBuilder::file(const FileEntry& entry) {
  LnkBytes data;
  if (entry.delegate) {
    put<std::uint8_t>(data, 0x74);
    put<std::uint8_t>(data, 0);
    put<std::uint16_t>(data, 0);
    put_chars(data, "CFSF", false);
    put<std::uint16_t>(data, 0);
  }
  put(data, static_cast<std::uint8_t>((entry.directory ? 0x31 : 0x32) | (entry.unicode ? 4 : 0)));
  put<std::uint8_t>(data, 0);
  put(data, entry.size);
  put(data, entry.date);
  put(data, entry.time);
  put<std::uint16_t>(data, entry.directory ? 0x10 : 0x20);
  if (entry.unicode) {
    put_wide(data, entry.short_name);
  } else {
    put_chars(data, entry.short_name);
  }
  if (data.size() % 2 != 0) put<std::uint8_t>(data, 0);
  if (entry.delegate) data.resize(data.size() + 32);  // two class identifiers
  if (!entry.long_name.empty()) {
    LnkBytes extension = file_extension(entry);
    // The item's size field stands in front of `data`.
    set(extension, extension.size() - 2, static_cast<std::uint16_t>(data.size() + 2));
    put_all(data, extension);
  }
  return item(data);
}

LnkBuilder& LnkBuilder::without_list_terminator() { return list_terminator_ = false, *this; }

LnkBuilder& LnkBuilder::local_path(std::string_view path, std::string_view suffix) {
  local_path_ = Text{std::string{path}};
  suffix_.ansi = suffix;
  return *this;
}
LnkBuilder& LnkBuilder::unicode_info(std::string_view path, std::string_view suffix) {
  if (local_path_) local_path_->wide = std::string{path};
  suffix_.wide = std::string{suffix};
  return *this;
}
LnkBuilder& LnkBuilder::volume(std::uint32_t type, std::uint32_t serial, std::string_view label) {
  drive_type_ = type;
  serial_ = serial;
  label_.ansi = label;
  return *this;
}
LnkBuilder& LnkBuilder::unicode_label(std::string_view label) {
  return label_.wide = std::string{label}, *this;
}
LnkBuilder& LnkBuilder::share(std::string_view name, std::string_view device,
                              std::string_view suffix) {
  share_name_ = Text{std::string{name}};
  device_.ansi = device;
  suffix_.ansi = suffix;
  return *this;
}
LnkBuilder& LnkBuilder::unicode_share(std::string_view name, std::string_view device) {
  if (share_name_) share_name_->wide = std::string{name};
  device_.wide = std::string{device};
  return *this;
}

LnkBuilder& LnkBuilder::name(std::string_view text) { return strings_[0] = text, *this; }
LnkBuilder& LnkBuilder::relative_path(std::string_view text) { return strings_[1] = text, *this; }
LnkBuilder& LnkBuilder::working_directory(std::string_view text) {
  return strings_[2] = text, *this;
}
LnkBuilder& LnkBuilder::arguments(std::string_view text) { return strings_[3] = text, *this; }
LnkBuilder& LnkBuilder::icon_location(std::string_view text) { return strings_[4] = text, *this; }

LnkBuilder& LnkBuilder::block(std::uint32_t signature, const LnkBytes& content) {
  put(extra_, static_cast<std::uint32_t>(content.size() + 8));
  put(extra_, signature);
  put_all(extra_, content);
  return *this;
}

LnkBuilder& LnkBuilder::text_block(std::uint32_t signature, std::string_view narrow,
                                   std::string_view wide) {
  LnkBytes content;
  put_chars(content, narrow);
  content.resize(260);
  put_wide(content, wide);
  content.resize(780);
  return block(signature, content);
}

LnkBuilder& LnkBuilder::tracker(std::string_view machine, const std::array<Guid, 4>& droids) {
  LnkBytes content;
  put<std::uint32_t>(content, 0x58);
  put<std::uint32_t>(content, 0);
  put_chars(content, machine, false);
  content.resize(24);
  for (const Guid& droid : droids) put_all(content, droid.bytes);
  return block(0xA0000003, content);
}

LnkBuilder& LnkBuilder::list_block() {
  const LnkBytes list = id_list();
  return block(0xA000000C, {list.begin() + 2, list.end()});
}

LnkBuilder& LnkBuilder::without_terminal() { return terminal_ = false, *this; }
LnkBuilder& LnkBuilder::trailing(std::string_view bytes) { return trailing_ = bytes, *this; }
LnkBuilder& LnkBuilder::truncate_at(std::size_t size) { return truncate_at_ = size, *this; }
LnkBuilder& LnkBuilder::set_u16(std::size_t offset, std::uint16_t value) {
  return patches_.push_back({offset, {2, value}}), *this;
}
LnkBuilder& LnkBuilder::set_u32(std::size_t offset, std::uint32_t value) {
  return patches_.push_back({offset, {4, value}}), *this;
}

LnkBytes LnkBuilder::id_list() const {
  LnkBytes out;
  if (!has_list_) return out;
  put<std::uint16_t>(out, 0);
  for (const LnkBytes& item : items_) put_all(out, item);
  if (list_terminator_) put<std::uint16_t>(out, 0);
  set(out, 0, static_cast<std::uint16_t>(out.size() - 2));
  return out;
}

LnkBytes LnkBuilder::volume_id() const {
  LnkBytes out(16);
  set(out, 4, drive_type_);
  set(out, 8, serial_);
  set<std::uint32_t>(out, 12, label_.wide ? 0x14 : 0x10);
  if (label_.wide)
    put<std::uint32_t>(out, 0x14), put_wide(out, *label_.wide);
  else
    put_chars(out, label_.ansi);
  set(out, 0, static_cast<std::uint32_t>(out.size()));
  return out;
}

LnkBytes LnkBuilder::share_block() const {
  const bool wide = share_name_->wide.has_value();
  LnkBytes out(wide ? 28 : 20);
  set<std::uint32_t>(out, 4, device_.ansi.empty() && !device_.wide ? 2 : 3);
  set<std::uint32_t>(out, 16, 0x00020000);  // WNNC_NET_LANMAN
  const auto add = [&](std::size_t field, std::string_view text, bool is_wide) {
    set(out, field, static_cast<std::uint32_t>(out.size()));
    if (is_wide)
      put_wide(out, text);
    else
      put_chars(out, text);
  };
  add(8, share_name_->ansi, false);
  if (!device_.ansi.empty() || device_.wide) add(12, device_.ansi, false);
  if (wide) add(20, *share_name_->wide, true);
  if (wide && device_.wide) add(24, *device_.wide, true);
  set(out, 0, static_cast<std::uint32_t>(out.size()));
  return out;
}

LnkBytes LnkBuilder::link_info() const {
  if (!local_path_ && !share_name_) return {};
  const bool wide = (local_path_ && local_path_->wide) || suffix_.wide;
  const std::uint32_t header_bytes = wide ? 0x24 : 0x1C;
  LnkBytes out(header_bytes);
  set(out, 4, header_bytes);
  set<std::uint32_t>(out, 8, (local_path_ ? 1u : 0u) | (share_name_ ? 2u : 0u));
  const auto here = [&] { return static_cast<std::uint32_t>(out.size()); };
  if (local_path_) {
    set(out, 12, here());
    put_all(out, volume_id());
    set(out, 16, here());
    put_chars(out, local_path_->ansi);
  }
  if (share_name_) {
    set(out, 20, here());
    put_all(out, share_block());
  }
  set(out, 24, here());
  put_chars(out, suffix_.ansi);
  if (local_path_ && local_path_->wide) {
    set(out, 0x1C, here());
    put_wide(out, *local_path_->wide);
  }
  if (suffix_.wide) {
    set(out, 0x20, here());
    put_wide(out, *suffix_.wide);
  }
  set(out, 0, here());
  return out;
}

LnkBytes LnkBuilder::strings() const {
  LnkBytes out;
  for (const auto& text : strings_) {
    if (!text) continue;
    LnkBytes chars;
    if (ansi_)
      put_chars(chars, *text, false);
    else
      put_wide(chars, *text, false);
    put(out, static_cast<std::uint16_t>(chars.size() / (ansi_ ? 1 : 2)));
    put_all(out, chars);
  }
  return out;
}

LnkBytes LnkBuilder::header() const {
  constexpr std::uint8_t kClass[] = {1, 0x14, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
  std::uint32_t flags = flags_ | (ansi_ ? 0u : 0x80u);
  if (has_list_) flags |= 1;
  if (local_path_ || share_name_) flags |= 2;
  for (std::size_t i = 0; i < strings_.size(); ++i)
    if (strings_[i]) flags |= 4u << i;
  LnkBytes out;
  put<std::uint32_t>(out, 0x4C);
  put_all(out, std::as_bytes(std::span{kClass}));
  put(out, flags);
  put(out, attributes_);
  put(out, created_.ticks);
  put(out, accessed_.ticks);
  put(out, modified_.ticks);
  put(out, size_);
  put(out, icon_index_);
  put(out, show_);
  put(out, hot_key_);
  out.resize(0x4C);
  return out;
}

std::size_t LnkBuilder::link_info_offset() const { return 0x4C + id_list().size(); }
std::size_t LnkBuilder::strings_offset() const { return link_info_offset() + link_info().size(); }
std::size_t LnkBuilder::extra_offset() const { return strings_offset() + strings().size(); }

LnkBytes LnkBuilder::bytes() const {
  LnkBytes out = header();
  put_all(out, id_list());
  put_all(out, link_info());
  put_all(out, strings());
  put_all(out, extra_);
  if (terminal_) put<std::uint32_t>(out, 0);
  put_chars(out, trailing_, false);
  for (const auto& [offset, patch] : patches_) {
    const auto& [length, value] = patch;
    if (offset + length <= out.size()) std::memcpy(out.data() + offset, &value, length);
  }
  if (truncate_at_) out.resize(std::min(*truncate_at_, out.size()));
  return out;
}

}  // namespace hozen::builders
