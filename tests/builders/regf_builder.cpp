#include "tests/builders/regf_builder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "collector/base/text.h"
#include "tests/builders/regf_layout.h"

namespace hozen::builders {

std::vector<std::byte> utf16le(std::string_view wtf8) {
  const std::u16string units = utf16_from_wtf8(wtf8);
  std::vector<std::byte> bytes(units.size() * 2);
  if (!bytes.empty()) std::memcpy(bytes.data(), units.data(), bytes.size());
  return bytes;
}

namespace {

RegData terminated(std::uint32_t type, std::string_view text) {
  RegData data{type, utf16le(text)};
  data.bytes.resize(data.bytes.size() + 2);
  return data;
}

template <class T>
RegData number(std::uint32_t type, T value) {
  RegData data{type, std::vector<std::byte>(sizeof value)};
  std::memcpy(data.bytes.data(), &value, sizeof value);
  return data;
}

}  // namespace

RegData sz(std::string_view text) { return terminated(1, text); }
RegData expand_sz(std::string_view text) { return terminated(2, text); }
RegData link(std::string_view target) { return {6, utf16le(target)}; }
RegData dword(std::uint32_t value) { return number(4, value); }
RegData qword(std::uint64_t value) { return number(11, value); }
RegData binary(std::vector<std::byte> bytes) { return {3, std::move(bytes)}; }
RegData none() { return {}; }
RegData raw_data(std::uint32_t type, std::vector<std::byte> bytes) {
  return {type, std::move(bytes)};
}

RegData dword_big_endian(std::uint32_t value) {
  RegData data = number(5, value);
  std::reverse(data.bytes.begin(), data.bytes.end());
  return data;
}

RegData multi_sz(const std::vector<std::string>& texts) {
  RegData data{7, {}};
  for (const std::string& text : texts) {
    const RegData one = sz(text);
    data.bytes.insert(data.bytes.end(), one.bytes.begin(), one.bytes.end());
  }
  data.bytes.resize(data.bytes.size() + 2);
  return data;
}

RegData binary(std::string_view hex) {
  RegData data{3, {}};
  const auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  };
  std::string digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    data.bytes.push_back(static_cast<std::byte>(digit(digits[i]) << 4 | digit(digits[i + 1])));
  return data;
}

struct RegfBuilder::State {
  HiveDescription hive;
  std::vector<std::size_t> current;  // child indices from the root
  std::vector<Damage> damage;

  KeyDescription& key() {
    KeyDescription* at = &hive.root;
    for (const std::size_t index : current) at = &at->subkeys[index];
    return *at;
  }
};

RegfBuilder::RegfBuilder() : self_{std::make_unique<State>()} {}
RegfBuilder::~RegfBuilder() = default;
RegfBuilder::RegfBuilder(const RegfBuilder& other) : self_{std::make_unique<State>(*other.self_)} {}
RegfBuilder& RegfBuilder::operator=(const RegfBuilder& other) {
  if (this != &other) self_ = std::make_unique<State>(*other.self_);
  return *this;
}
RegfBuilder::RegfBuilder(RegfBuilder&&) noexcept = default;
RegfBuilder& RegfBuilder::operator=(RegfBuilder&&) noexcept = default;

RegfBuilder& RegfBuilder::version(std::uint32_t major, std::uint32_t minor) {
  self_->hive.major = major;
  self_->hive.minor = minor;
  return *this;
}
RegfBuilder& RegfBuilder::sequences(std::uint32_t primary, std::uint32_t secondary) {
  self_->hive.sequence1 = primary;
  self_->hive.sequence2 = secondary;
  return *this;
}
RegfBuilder& RegfBuilder::hive_written_at(FileTime time) {
  self_->hive.written = time;
  return *this;
}
RegfBuilder& RegfBuilder::embedded_name(std::string_view name) {
  self_->hive.embedded_name = name;
  return *this;
}
RegfBuilder& RegfBuilder::root_name(std::string_view name) {
  self_->hive.root.name = name;
  return *this;
}
RegfBuilder& RegfBuilder::behind_the_bins(std::vector<std::byte> bytes) {
  self_->hive.behind_the_bins = std::move(bytes);
  return *this;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> components;
  while (!path.empty()) {
    const std::size_t end = path.find('\\');
    components.emplace_back(path.substr(0, end));
    path = end == std::string_view::npos ? "" : path.substr(end + 1);
  }
  return components;
}

RegfBuilder& RegfBuilder::key(std::string_view path) { return key_at(split_path(path)); }

RegfBuilder& RegfBuilder::key_at(const std::vector<std::string>& components) {
  self_->current.clear();
  for (const std::string& name : components) {
    KeyDescription& parent = self_->key();
    std::size_t index = 0;
    while (index < parent.subkeys.size() && !equals_fold(parent.subkeys[index].name, name)) ++index;
    if (index == parent.subkeys.size()) {
      parent.subkeys.emplace_back();
      parent.subkeys.back().name = name;
      parent.subkeys.back().written = self_->hive.written;
    }
    self_->current.push_back(index);
  }
  return *this;
}

RegfBuilder& RegfBuilder::written_at(FileTime time) {
  self_->key().written = time;
  return *this;
}
RegfBuilder& RegfBuilder::class_name(std::string_view name) {
  self_->key().class_name = name;
  return *this;
}
RegfBuilder& RegfBuilder::key_flags(std::uint16_t flags) {
  self_->key().flags |= flags;
  return *this;
}
RegfBuilder& RegfBuilder::symbolic_link(std::string_view target) {
  return key_flags(0x0010).value("SymbolicLinkValue", link(target));
}
RegfBuilder& RegfBuilder::security(std::vector<std::byte> descriptor) {
  self_->key().security = std::move(descriptor);
  return *this;
}
RegfBuilder& RegfBuilder::utf16_name() {
  self_->key().utf16_name = true;
  return *this;
}
RegfBuilder& RegfBuilder::subkey_list(SubkeyList kind, std::size_t keys_a_leaf) {
  self_->key().list = kind;
  self_->key().keys_a_leaf = keys_a_leaf;
  return *this;
}
RegfBuilder& RegfBuilder::deleted() {
  self_->key().fate = Fate::deleted;
  return *this;
}
RegfBuilder& RegfBuilder::unlisted() {
  self_->key().fate = Fate::unlisted;
  return *this;
}

RegfBuilder& RegfBuilder::value(std::string_view name, RegData data) {
  self_->key().values.push_back({std::string{name}, std::move(data), false, false});
  return *this;
}
RegfBuilder& RegfBuilder::value(std::string_view name, std::uint32_t type,
                                std::vector<std::byte> data) {
  return value(name, RegData{type, std::move(data)});
}
RegfBuilder& RegfBuilder::utf16_value_name() {
  self_->key().values.back().utf16_name = true;
  return *this;
}
RegfBuilder& RegfBuilder::deleted_value() {
  self_->key().values.back().deleted = true;
  return *this;
}

RegfBuilder& RegfBuilder::truncate_at(std::uint64_t size) {
  self_->damage.push_back({Damage::truncate, size, 0, 0, {}, {}});
  return *this;
}
RegfBuilder& RegfBuilder::set_u8(std::uint64_t file_offset, std::uint8_t value) {
  self_->damage.push_back({Damage::write, file_offset, value, 1, {}, {}});
  return *this;
}
RegfBuilder& RegfBuilder::set_u16(std::uint64_t file_offset, std::uint16_t value) {
  self_->damage.push_back({Damage::write, file_offset, value, 2, {}, {}});
  return *this;
}
RegfBuilder& RegfBuilder::set_u32(std::uint64_t file_offset, std::uint32_t value) {
  self_->damage.push_back({Damage::write, file_offset, value, 4, {}, {}});
  return *this;
}
RegfBuilder& RegfBuilder::cycle(std::string_view key, std::string_view listed) {
  self_->damage.push_back({Damage::cycle, 0, 0, 0, std::string{key}, std::string{listed}});
  return *this;
}
RegfBuilder& RegfBuilder::fix_checksum() {
  self_->damage.push_back({Damage::checksum, 0, 0, 0, {}, {}});
  return *this;
}

std::vector<std::byte> RegfBuilder::bytes() const {
  HiveImage image = lay_out(self_->hive);
  for (const Damage& damage : self_->damage) apply(damage, image);
  return std::move(image.bytes);
}

std::uint64_t RegfBuilder::offset_of_key(std::string_view path) const {
  return lay_out(self_->hive).places[folded_path(path)].key;
}
std::uint64_t RegfBuilder::offset_of_subkey_list(std::string_view path) const {
  return lay_out(self_->hive).places[folded_path(path)].subkey_list;
}
std::uint64_t RegfBuilder::offset_of_value_list(std::string_view path) const {
  return lay_out(self_->hive).places[folded_path(path)].value_list;
}
std::uint64_t RegfBuilder::offset_of_value(std::string_view path, std::string_view name) const {
  return lay_out(self_->hive).places[folded_path(path)].values[fold_case(name)];
}
std::uint64_t RegfBuilder::offset_of_data(std::string_view path, std::string_view name) const {
  return lay_out(self_->hive).places[folded_path(path)].data[fold_case(name)];
}

}  // namespace hozen::builders
