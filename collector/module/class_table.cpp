#include "collector/module/class_table.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kGuidDigits = 36;  // 8-4-4-4-12 with its dashes

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// The GUID whose first digit is text[0]; nothing when the form is not 8-4-4-4-12.
std::optional<Guid> parse_digits(std::string_view text) {
  if (text.size() < kGuidDigits) return {};
  std::array<std::byte, 16> shown{};  // in the order of the text
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kGuidDigits; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return {};
    if (dash) continue;
    const int digit = hex_digit(text[i]);
    if (digit < 0) return {};
    shown[digits / 2] = shown[digits / 2] << 4 | static_cast<std::byte>(digit);
    ++digits;
  }
  // Stored, the first three parts are little-endian integers.
  std::reverse(shown.begin(), shown.begin() + 4);
  std::reverse(shown.begin() + 4, shown.begin() + 6);
  std::reverse(shown.begin() + 6, shown.begin() + 8);
  return Guid{shown};
}

std::uint64_t hash_of(std::string_view program_id) {
  // FNV-1a: a table of ten thousand names in 64 bits has no accidental collisions worth a string
  // each.
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325u;
  for (const char c : fold_case(program_id)) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x0000'0100'0000'01B3u;
  }
  return hash;
}

std::string default_text(RegistryKey& parent, std::string_view subkey) {
  auto key = parent.open(subkey);
  if (!key) return {};
  const auto value = (*key)->value("");
  return value ? value->text().value_or("") : std::string{};
}

/// The code base of a .NET class served by mscoree.dll, "" when there is none.
std::string code_base(RegistryKey& class_key) {
  auto server = class_key.open("InprocServer32");
  if (!server) return {};
  const auto value = (*server)->value("CodeBase");
  std::string text = value ? value->text().value_or("") : std::string{};
  constexpr std::string_view kScheme = "file:///";
  if (!starts_with_fold(text, kScheme)) return text;
  text.erase(0, kScheme.size());
  std::replace(text.begin(), text.end(), '/', '\\');
  return text;
}

}  // namespace

std::optional<Guid> find_guid(std::string_view text) {
  text = trim(text);
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const auto guid = parse_digits(text.substr(at + 1));
    if (guid && text.size() > at + kGuidDigits + 1 && text[at + kGuidDigits + 1] == '}')
      return guid;
  }
  return text.size() == kGuidDigits ? parse_digits(text) : std::nullopt;
}

std::optional<ClassServer> server_of(RegistryKey& class_key) {
  std::string dll = default_text(class_key, "InprocServer32");
  if (ends_with_fold(dll, "mscoree.dll")) {
    const std::string managed = code_base(class_key);
    if (!managed.empty()) dll = managed;
  }
  if (!dll.empty()) return ClassServer{ServerKind::dll, std::move(dll)};
  std::string program = default_text(class_key, "LocalServer32");
  if (!program.empty()) return ClassServer{ServerKind::program, std::move(program)};
  return {};
}

void ClassTable::add_classes(RegistryKey& classes) {
  auto clsids = classes.open("CLSID");
  if (!clsids || (*clsids)->is_symbolic_link()) return;
  const auto listed = (*clsids)->each_subkey([&](RegistryKey& key) {
    const auto guid = find_guid(key.name());
    if (!guid) return true;
    if (classes_.size() >= kMaxClasses) return complete_ = false;
    if (auto server = server_of(key))
      classes_.push_back({*guid, keep(std::move(server->text)), server->kind});
    return true;
  });
  if (!listed) complete_ = false;
}

void ClassTable::add_program_ids(RegistryKey& classes) {
  const auto listed = classes.each_subkey([&](RegistryKey& key) {
    if (program_ids_.size() >= kMaxClasses) return complete_ = false;
    const std::string name = key.name();
    if (name.find('.') == std::string::npos || name.front() == '.') return true;
    if (const auto guid = find_guid(default_text(key, "CLSID")))
      program_ids_.push_back({hash_of(name), *guid});
    return true;
  });
  if (!listed) complete_ = false;
}

void ClassTable::finish() {
  text_index_ = {};
  std::stable_sort(classes_.begin(), classes_.end(),
                   [](const auto& a, const auto& b) { return a.guid.bytes < b.guid.bytes; });
  std::stable_sort(program_ids_.begin(), program_ids_.end(),
                   [](const auto& a, const auto& b) { return a.hash < b.hash; });
}

std::optional<ClassServer> ClassTable::find(const Guid& guid) const {
  const auto at =
      std::lower_bound(classes_.begin(), classes_.end(), guid,
                       [](const Class& a, const Guid& b) { return a.guid.bytes < b.bytes; });
  if (at == classes_.end() || at->guid != guid) return {};
  return ClassServer{at->kind, texts_[at->text]};
}

std::optional<Guid> ClassTable::class_of_program_id(std::string_view program_id) const {
  const std::uint64_t hash = hash_of(program_id);
  const auto at = std::lower_bound(program_ids_.begin(), program_ids_.end(), hash,
                                   [](const ProgramId& a, std::uint64_t b) { return a.hash < b; });
  if (at == program_ids_.end() || at->hash != hash) return {};
  return at->guid;
}

std::uint32_t ClassTable::keep(std::string text) {
  if (text.size() > kMaxServerBytes) text.resize(kMaxServerBytes);
  const auto next = static_cast<std::uint32_t>(texts_.size());
  const auto [at, added] = text_index_.try_emplace(text, next);
  if (added) texts_.push_back(std::move(text));
  return at->second;
}

}  // namespace hozen
