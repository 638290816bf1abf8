// Whether an autostart entry is what Windows itself writes.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/asep_reader.h"
#include "collector/module/rules.h"

namespace hozen {
namespace {

constexpr std::string_view kInWindows = "<windows>";
constexpr std::string_view kInProgramFiles = "<program files>";
constexpr std::string_view kEmptyText = "<empty>";
constexpr std::string_view kSystemRoot = "%systemroot%";

void replace_fold(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (std::size_t at = 0; at + from.size() <= text.size(); ++at)
    if (starts_with_fold(std::string_view{text}.substr(at), from)) {
      text.replace(at, from.size(), to);
      at += to.size() - 1;
    }
}

/// `X:\Windows\` of any drive becomes %systemroot%\: a volume may have another letter in the
/// evidence than its own registry gives it.
void replace_windows_folder(std::string& text, const EvidencePath& windows) {
  const std::string below = windows.text().substr(windows.volume().size()) + "\\";
  for (std::size_t at = 0; at + 2 + below.size() <= text.size(); ++at) {
    const bool drive =
        text[at + 1] == ':' && (at == 0 || text[at - 1] == ' ' || text[at - 1] == ',');
    if (!drive || !starts_with_fold(std::string_view{text}.substr(at + 2), below)) continue;
    text.replace(at, 2 + below.size(), std::string{kSystemRoot} + "\\");
  }
}

/// One spelling for all ways to write the same: no quotes, variables filled in, the Windows folder
/// as %systemroot%.
std::string normal_form(std::string_view text, const Environment& environment,
                        const EvidencePath& windows) {
  std::string form = environment.expand(trim(text));
  form.erase(std::remove(form.begin(), form.end(), '"'), form.end());
  replace_fold(form, windows.text() + "\\", std::string{kSystemRoot} + "\\");
  replace_windows_folder(form, windows);
  replace_fold(form, "%windir%\\", std::string{kSystemRoot} + "\\");
  replace_fold(form, "\\SystemRoot\\", std::string{kSystemRoot} + "\\");
  return std::string{trim(form)};
}

struct Default {
  std::string_view name, pattern;
};

std::vector<Default> defaults_of(std::string_view row) {
  std::vector<Default> defaults;
  while (!row.empty()) {
    const std::size_t end = std::min(row.find('|'), row.size());
    const std::string_view one = row.substr(0, end);
    row.remove_prefix(std::min(end + 1, row.size()));
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos)
      defaults.push_back({one.substr(0, equals), one.substr(equals + 1)});
  }
  return defaults;
}

bool names(std::string_view pattern, const AsepEntry& entry) {
  const std::string_view name = !entry.line.empty() ? std::string_view{entry.line}
                                : entry.value       ? std::string_view{entry.value->name}
                                                    : "";
  return pattern == "@" ? name.empty() : glob_match_fold(pattern, name);
}

}  // namespace

bool is_default_value(const AsepEntry& entry, const Environment& environment,
                      const EvidencePath& windows) {
  if (entry.is_link) return false;
  const std::string form = normal_form(entry.text, environment, windows);
  for (const auto& [name, pattern] : defaults_of(entry.location->defaults)) {
    if (!names(name, entry)) continue;
    if (pattern == kEmptyText) {
      if (form.empty()) return true;
    } else if (pattern == kInWindows) {
      if (entry.target() != nullptr && is_windows_folder(*entry.target(), windows)) return true;
    } else if (pattern == kInProgramFiles) {
      if (entry.target() != nullptr && is_program_files(*entry.target())) return true;
    } else if (glob_match_fold(pattern, entry.text) ||
               glob_match_fold(normal_form(pattern, environment, windows), form) ||
               (!entry.clsid.empty() && equals_fold(pattern, entry.clsid))) {
      return true;
    }
  }
  return false;
}

}  // namespace hozen
