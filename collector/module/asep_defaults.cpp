// Whether an autostart entry is what Windows itself writes.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/asep_reader.h"
#include "collector/module/rules.h"
#include "collector/module/system_names.h"

namespace hozen {
namespace {

constexpr std::string_view kInWindows = "<windows>";
constexpr std::string_view kInProgramFiles = "<program files>";
constexpr std::string_view kEmptyText = "<empty>";
constexpr std::string_view kUser = "<user>";
constexpr std::string_view kSystemRoot = "%systemroot%";

void replace_fold(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (std::size_t at = 0; at + from.size() <= text.size(); ++at)
    if (starts_with_fold(std::string_view{text}.substr(at), from)) {
      text.replace(at, from.size(), to);
      at += to.size() - 1;
    }
}

/// One spelling for all ways to write the same: no quotes, variables filled in, the Windows folder
/// as %systemroot%, its 32-bit System32 as System32. Paths are those of the evidence.
std::string normal_form(std::string_view text, const ResolverContext& context,
                        const EvidencePath& windows) {
  const std::string root = std::string{kSystemRoot} + "\\";
  std::string form = context.environment->expand(trim(text));
  if (context.own_paths != nullptr) form = context.own_paths->folders(form);
  form.erase(std::remove(form.begin(), form.end(), '"'), form.end());
  replace_fold(form, windows.text() + "\\", root);
  replace_fold(form, "%windir%\\", root);
  replace_fold(form, "\\SystemRoot\\", root);
  replace_fold(form, root + "SysWOW64\\", root + "System32\\");
  return std::string{trim(form)};
}

/// A default in the same spelling. Its Windows folder is the machine's, whatever the variables of a
/// user say, and its drive that of Windows.
std::string normal_pattern(std::string_view pattern, const AsepEntry& entry,
                           const ResolverContext& context, const EvidencePath& windows) {
  std::string text{pattern};
  replace_fold(text, kSystemRoot, windows.text());
  replace_fold(text, "<drive>\\", windows.volume() + "\\");
  if (entry.user != nullptr && !entry.user->folder.empty())
    replace_fold(text, kUser, entry.user->folder.name());
  return normal_form(text, context, windows);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Bytes at the front of `text` whose characters all pass.
template <class Test>
std::size_t run_of(std::string_view text, Test passes) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), passes) -
                                  text.begin());
}

std::size_t take_drive(std::string_view text) {
  constexpr std::string_view kNumbered = "volume";
  if (starts_with_fold(text, kNumbered)) {
    const std::size_t digits = run_of(text.substr(kNumbered.size()), is_digit);
    return digits > 0 ? kNumbered.size() + digits : 0;
  }
  return text.size() > 1 && is_letter(text[0]) && text[1] == ':' ? 2 : 0;
}
std::size_t take_letter(std::string_view text) { return !text.empty() && is_letter(text[0]); }
std::size_t take_number(std::string_view text) { return run_of(text, is_digit); }
std::size_t take_version(std::string_view text) {
  return run_of(text, [](char c) { return is_digit(c) || c == '.' || c == '-'; });
}
std::size_t take_word(std::string_view text) {
  return run_of(text, [](char c) { return is_digit(c) || is_letter(c) || c == '_'; });
}
/// "en" or "zh-Hant-TW".
std::size_t take_language(std::string_view text) {
  std::size_t end = run_of(text, is_letter);
  const bool region = end < text.size() && text[end] == '-';
  if (end < 2 || end > (region ? 3u : 2u)) return 0;
  while (end < text.size() && text[end] == '-') {
    const std::size_t more =
        run_of(text.substr(end + 1), [](char c) { return is_digit(c) || is_letter(c); });
    if (more == 0 || more > 8) return 0;
    end += 1 + more;
  }
  return end;
}

/// What may be left open in a default: how many bytes it takes from the front, 0 for none.
constexpr std::pair<std::string_view, std::size_t (*)(std::string_view)> kOpenParts[] = {
    {"<drive>", take_drive},     {"<letter>", take_letter}, {"<number>", take_number},
    {"<version>", take_version}, {"<word>", take_word},     {"<language>", take_language}};

/// The whole of `text` against a default without wildcards: literal but for its open parts.
bool matches(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    const auto* open =
        std::find_if(std::begin(kOpenParts), std::end(kOpenParts),
                     [&](const auto& part) { return pattern.starts_with(part.first); });
    if (open != std::end(kOpenParts)) {
      const std::size_t taken = open->second(text);
      if (taken == 0) return false;
      text.remove_prefix(taken);
      pattern.remove_prefix(open->first.size());
      continue;
    }
    const std::string_view literal =
        pattern.substr(0, std::max<std::size_t>(pattern.find('<', 1), 1));
    if (!starts_with_fold(text, literal)) return false;
    text.remove_prefix(literal.size());
    pattern.remove_prefix(literal.size());
  }
  return text.empty();
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

/// The entry is one file, known by path, that passes, and nothing else: whatever arguments say is
/// usual only where the whole text is known. A shell or another program that runs what it is told
/// is no such file by itself.
template <class Test>
bool leads_only_into(const ResolvedCommand& command, Test passes) {
  const auto& image = command.image_path;
  return image && passes(*image) && command.arguments.empty() && command.hosts.empty() &&
         !command.payload_path && command.other_commands.empty() && !is_host_program(image->name());
}

/// True when a file that an exact default leads to lies elsewhere than Windows keeps it: a bare
/// name may be found through the search path or App Paths.
bool lies_elsewhere(const AsepEntry& entry, const EvidencePath& windows) {
  if (!entry.command || entry.location->kind == AsepKind::folder) return false;
  const ResolvedCommand& command = *entry.command;
  const auto is_away = [&](const std::optional<EvidencePath>& file, Existence existence) {
    if (!file || existence != Existence::exists) return false;
    return (!is_windows_folder(*file, windows) && !is_program_files(*file, windows)) ||
           is_system_name_elsewhere(*file, windows);
  };
  return is_away(command.target_path(), command.target_existence()) ||
         is_away(command.image_path, command.image_existence);
}

}  // namespace

bool is_default_pattern(std::string_view pattern) {
  if (pattern == kInWindows || pattern == kInProgramFiles || pattern == kEmptyText) return true;
  for (std::size_t at = pattern.find('<'); at != std::string_view::npos;
       at = pattern.find('<', at + 1)) {
    const std::string_view rest = pattern.substr(at);
    const bool known = rest.starts_with(kUser) ||
                       std::any_of(std::begin(kOpenParts), std::end(kOpenParts),
                                   [&](const auto& part) { return rest.starts_with(part.first); });
    if (!known) return false;
  }
  return true;
}

AsepDefault default_of(const AsepEntry& entry, const ResolverContext& context,
                       const EvidencePath& windows) {
  if (entry.is_link) return AsepDefault::no;
  const std::string text =
      context.own_paths != nullptr ? context.own_paths->letters(entry.text) : entry.text;
  const std::string form = normal_form(text, context, windows);
  const auto in_windows = [&](const EvidencePath& path) {
    return is_windows_folder(path, windows);
  };
  AsepDefault known = AsepDefault::no;
  for (const auto& [name, pattern] : defaults_of(entry.location->defaults)) {
    if (!names(name, entry)) continue;
    if (pattern == kEmptyText) {
      if (form.empty()) return AsepDefault::exact;
    } else if (pattern == kInWindows) {
      if (entry.command && leads_only_into(*entry.command, in_windows)) known = AsepDefault::usual;
    } else if (pattern == kInProgramFiles) {
      if (entry.command && leads_only_into(*entry.command, [&](const EvidencePath& path) {
            return is_program_files(path, windows);
          }))
        known = AsepDefault::usual;
    } else if (matches(normal_pattern(pattern, entry, context, windows), form)) {
      const bool hijacked =
          entry.command && entry.command->has_flag(command_flag::kUnquotedPathHijack);
      if (!hijacked && !lies_elsewhere(entry, windows)) return AsepDefault::exact;
      known = AsepDefault::usual;
    }
  }
  return known;
}

}  // namespace hozen
