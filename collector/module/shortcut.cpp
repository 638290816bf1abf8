#include "collector/module/shortcut.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"
#include "collector/module/asep_files.h"

namespace hozen {
namespace {

/// Addresses of one file; Windows reads the first.
constexpr std::size_t kMaxAddresses = 8;

std::string text_of(const std::optional<DecodedText>& text) { return text ? text->text : ""; }

void add_target(Shortcut& shortcut, std::string_view source, std::string path, bool is_path) {
  if (!path.empty()) shortcut.targets.push_back({source, std::move(path), is_path});
}

void add_list(Shortcut& shortcut, std::string_view source,
              const std::optional<ShellItemList>& list) {
  // A list that was cut to the drive names nothing that could start.
  constexpr std::size_t kRoot = 3;
  if (list)
    add_target(shortcut, source, list->path, list->is_file_path && list->path.size() > kRoot);
}

/// The environment's path goes first where the link says so, then the ID list; the link information
/// serves to find a target again that is gone.
void add_targets(const Link& link, Shortcut& shortcut) {
  const std::string environment = text_of(link.environment_target);
  const bool first =
      (link.flags & (link_flag::kHasExpString | link_flag::kPreferEnvironmentPath)) != 0;
  if (first) add_target(shortcut, "environment", environment, true);
  add_list(shortcut, "id_list", link.id_list);
  if (link.info) {
    add_target(shortcut, "link_info", text_of(link.info->local_path()), true);
    add_target(shortcut, "network", text_of(link.info->network_path()), true);
    if (link.info->share) shortcut.mapped_drive = link.info->share->device_name.text;
  }
  if (!first) add_target(shortcut, "environment", environment, true);
  add_list(shortcut, "vista_id_list", link.vista_id_list);
  add_target(shortcut, "relative", text_of(link.relative_path), false);
  add_target(shortcut, "installer", text_of(link.installer_id), false);
}

Result<void> read_link(Bytes beginning, Shortcut& shortcut) {
  HOZEN_TRY(Link link, parse_lnk(beginning));
  const std::string arguments = text_of(link.arguments);
  if (!arguments.empty()) shortcut.arguments = ' ' + arguments;
  if (const LinkTarget target = target_of(link); !target.path.empty())
    shortcut.command = '"' + target.path + '"' + shortcut.arguments;
  add_targets(link, shortcut);
  shortcut.problems = std::move(link.problems);
  if (link.trailing_offset != 0) shortcut.trailing_bytes = shortcut.size - link.trailing_offset;
  return {};
}

/// An address without what a code page may hold or not.
std::string plain_part(std::string_view text) {
  std::string out = to_lower_ascii(text);
  std::erase_if(out, [](char c) { return c == '?' || static_cast<unsigned char>(c) >= 0x80; });
  return out;
}

/// UTF-7 (RFC 2152), in which Windows writes what its code page cannot hold.
std::string from_utf7(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '+') {
      out += text[at++];
      continue;
    }
    std::u16string units;
    std::uint32_t bits = 0;
    int count = 0;
    const std::size_t begin = ++at;
    for (; at < text.size(); ++at) {
      const std::size_t digit = kDigits.find(text[at]);
      if (digit == std::string_view::npos) break;
      bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0x3F'FFFF;
      count += 6;
      if (count < 16) continue;
      count -= 16;
      units += static_cast<char16_t>(bits >> count & 0xFFFF);
    }
    if (at < text.size() && text[at] == '-') ++at;
    out += at - begin <= 1 && units.empty() ? "+" : wtf8_from_utf16(units);
  }
  return out;
}

/// Windows reads the address from one section only, whatever stands in others; of the same section
/// twice it reads the first.
void read_address(Bytes beginning, Shortcut& shortcut) {
  constexpr std::string_view kSection = "InternetShortcut", kWide = "InternetShortcut.W";
  for (const auto& setting : ini_settings(beginning.span(), "URL")) {
    const bool wide = equals_fold(setting.section, kWide);
    if ((!wide && !equals_fold(setting.section, kSection)) || setting.text.empty()) continue;
    const std::string address = wide ? from_utf7(setting.text) : setting.text;
    const bool known =
        std::any_of(shortcut.targets.begin(), shortcut.targets.end(),
                    [&](const ShortcutTarget& other) { return other.path == address; });
    if (!known && shortcut.targets.size() < kMaxAddresses)
      add_target(shortcut, "url", address, true);
    if (!wide && shortcut.command.empty()) shortcut.command = address;
  }
  if (shortcut.command.empty() && !shortcut.targets.empty())
    shortcut.command = shortcut.targets.front().path;
}

/// Behind the drive or the share, with its separator; "" for other paths.
std::string_view behind_root(std::string_view path) {
  if (path.size() > 2 && path[1] == ':' && path[2] == '\\') return path.substr(2);
  if (!path.starts_with("\\\\")) return {};
  const std::size_t share = path.find('\\', 2);
  const std::size_t end = share == std::string_view::npos ? share : path.find('\\', share + 1);
  return end == std::string_view::npos ? std::string_view{} : path.substr(end);
}

/// `PROGRA~1` for `Program Files`: the beginning of the name without blanks and dots, a number.
bool is_short_form(std::string_view short_name, std::string_view name) {
  const std::size_t mark = short_name.find('~');
  if (mark == std::string_view::npos || mark == 0 || mark + 1 >= short_name.size()) return false;
  if (short_name[mark + 1] < '0' || short_name[mark + 1] > '9') return false;
  std::string whole{name};
  std::erase_if(whole, [](char c) { return c == ' ' || c == '.'; });
  const std::string_view stem = short_name.substr(0, mark);
  if (starts_with_fold(whole, stem)) return true;
  // Of many names that begin alike, all but the first get two letters and a checksum.
  constexpr std::size_t kStem = 6, kLetters = 2;
  return stem.size() == kStem && starts_with_fold(whole, stem.substr(0, kLetters)) &&
         stem.find_first_not_of("0123456789ABCDEFabcdef", kLetters) == std::string_view::npos;
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('\\', begin), path.size());
    if (end > begin) parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_same_component(std::string_view a, std::string_view b) {
  constexpr std::array<std::string_view, 3> kSystem = {"System32", "SysWOW64", "Sysnative"};
  const auto is_system = [&](std::string_view name) {
    return std::any_of(kSystem.begin(), kSystem.end(),
                       [&](std::string_view one) { return equals_fold(one, name); });
  };
  return equals_fold(a, b) || is_short_form(a, b) || is_short_form(b, a) ||
         (is_system(a) && is_system(b));
}

bool is_same_path(std::string_view a, std::string_view b) {
  const auto left = components(a), right = components(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), is_same_component);
}

/// `%Unknown%\a\b` for any path that ends so.
bool ends_like(std::string_view path, std::string_view with_variable) {
  const std::size_t end = with_variable.find('%', 1);
  if (!with_variable.starts_with('%') || end == std::string_view::npos) return false;
  const auto tail = components(with_variable.substr(end + 1)), whole = components(path);
  return !tail.empty() && tail.size() < whole.size() &&
         std::equal(tail.rbegin(), tail.rend(), whole.rbegin(), is_same_component);
}

bool is_on_mapped_drive(const Shortcut& shortcut, std::string_view drive_path,
                        std::string_view share_path) {
  return !shortcut.mapped_drive.empty() && share_path.starts_with("\\\\") &&
         starts_with_fold(drive_path, shortcut.mapped_drive) &&
         is_same_path(behind_root(drive_path), behind_root(share_path));
}

}  // namespace

std::string Shortcut::command_for(const ShortcutTarget& target) const {
  return target.source == "url" ? target.path : '"' + target.path + '"' + arguments;
}

bool is_shortcut_name(std::string_view file_name) {
  return ends_with_fold(file_name, ".lnk") || ends_with_fold(file_name, ".url");
}

Result<Shortcut> read_shortcut(const EvidencePath& file, Bytes beginning, std::uint64_t size) {
  Shortcut shortcut;
  shortcut.file = file;
  shortcut.size = size;
  if (ends_with_fold(file.name(), ".url")) {
    read_address(beginning, shortcut);
  } else {
    HOZEN_CHECK(read_link(beginning, shortcut));
  }
  return shortcut;
}

bool is_same_target(const Shortcut& shortcut, std::string_view a, std::string_view b) {
  if (ends_with_fold(shortcut.file.name(), ".url")) return plain_part(a) == plain_part(b);
  return is_same_path(a, b) || ends_like(a, b) || ends_like(b, a) ||
         is_on_mapped_drive(shortcut, a, b) || is_on_mapped_drive(shortcut, b, a);
}

}  // namespace hozen
