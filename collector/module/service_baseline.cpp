#include "collector/module/service_baseline.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/asep.h"
#include "collector/module/rules.h"

namespace hozen {
namespace {

constexpr std::string_view kProgramFiles = "%ProgramFiles%\\", kProgramData = "%ProgramData%\\";
constexpr std::string_view kDrivers = "System32\\drivers\\";
constexpr std::string_view kDriverStore = "System32\\DriverStore\\FileRepository\\";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

using Components = std::span<const std::string>;

bool begins_with(Components path, std::initializer_list<std::string_view> names) {
  return path.size() > names.size() &&
         std::equal(names.begin(), names.end(), path.begin(), equals_fold);
}

/// What is left of `path` behind the folder that `pattern` begins with, which is taken off it;
/// nothing when the path lies elsewhere. What Windows brings along lies on its own volume.
std::optional<Components> below_start(std::string_view& pattern, const EvidencePath& file,
                                      const EvidencePath& windows) {
  const auto below_root = names_below_root(file, windows);
  if (!below_root) return {};
  const Components path = *below_root;
  if (starts_with_fold(pattern, kProgramFiles)) {
    pattern.remove_prefix(kProgramFiles.size());
    if (!begins_with(path, {"Program Files"}) && !begins_with(path, {"Program Files (x86)"}))
      return {};
    return path.subspan(1);
  }
  if (starts_with_fold(pattern, kProgramData)) {
    pattern.remove_prefix(kProgramData.size());
    if (begins_with(path, {"ProgramData"})) return path.subspan(1);
    if (begins_with(path, {"Documents and Settings", "All Users", "Application Data"}))
      return path.subspan(3);
    return {};
  }
  const Components whole{file.components()};
  const std::size_t depth = windows.components().size();
  if (whole.size() <= depth || !file.is_below(windows)) return {};
  return whole.subspan(depth);
}

bool matches_name(std::string_view pattern, std::string_view name) {
  return matches_component(pattern, name) ||
         (ends_with_fold(pattern, ".exe") && name.find('.') == std::string_view::npos &&
          matches_component(pattern, std::string{name} + ".exe"));
}

std::string_view last_component(std::string_view path) { return path.substr(path.rfind('\\') + 1); }

/// A driver of Windows that an update put elsewhere: same name, below the folders for drivers.
bool is_moved_driver(std::string_view pattern, const EvidencePath& file,
                     const EvidencePath& windows) {
  if (!starts_with_fold(pattern, kDrivers) ||
      !matches_component(last_component(pattern), file.name()))
    return false;
  for (std::string_view folder : {kDrivers, kDriverStore}) {
    std::string_view rest = "";
    const auto path = below_start(rest, file, windows);
    const auto names = split(folder, '\\');
    if (path && path->size() > names.size() &&
        std::equal(names.begin(), names.end(), path->begin(), equals_fold))
      return true;
  }
  return false;
}

/// The file as the resolver left it when it knows no folder for it: a bare name.
bool is_bare_name_of(std::string_view pattern, std::string_view image) {
  return image.find('\\') == std::string_view::npos && matches_name(last_component(pattern), image);
}

bool matches_file(std::string_view pattern, const ServiceFile& file, const EvidencePath& windows) {
  if (!file.command) return false;
  const auto& path = file.command->image_path;
  if (!path) return is_bare_name_of(pattern, file.command->image);
  return path->stream().empty() &&
         (matches_inbox_path(pattern, *path, windows) || is_moved_driver(pattern, *path, windows));
}

bool covers(const InboxService& row, std::uint32_t build) {
  return build == 0 || (row.first_build <= build && build <= row.last_build);
}

/// "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}".
bool is_guid(std::string_view text) {
  constexpr std::string_view kForm = "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}";
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  return text.size() == kForm.size() &&
         std::equal(text.begin(), text.end(), kForm.begin(), [&](char c, char form) {
           return form == 'X' ? kDigits.find(c) != std::string_view::npos : c == form;
         });
}

/// Without arguments such a program does nothing.
bool matches_arguments(const InboxService& row, const ServiceFile& file, std::uint32_t build) {
  constexpr std::string_view kGuid = "<guid>";
  const std::string_view given = trim(file.command->arguments);
  if (given.empty()) return true;
  if (!covers(row, build)) return false;
  if (!row.arguments.ends_with(kGuid)) return equals_fold(row.arguments, given);
  const std::string_view before = row.arguments.substr(0, row.arguments.size() - kGuid.size());
  return starts_with_fold(given, before) && is_guid(given.substr(before.size()));
}

void add_expected(std::string_view alternatives, std::string_view arguments,
                  const EvidencePath& windows, std::vector<std::string>& expected) {
  for (const auto& one : split(alternatives, '|')) {
    std::string text =
        one.starts_with('%') ? std::string{one} : windows.text() + '\\' + std::string{one};
    if (!arguments.empty()) (text += ' ') += arguments;
    if (std::find(expected.begin(), expected.end(), text) == expected.end())
      expected.push_back(text);
  }
}

}  // namespace

bool matches_inbox_path(std::string_view pattern, const EvidencePath& file,
                        const EvidencePath& windows) {
  const auto path = below_start(pattern, file, windows);
  if (!path) return false;
  const auto names = split(pattern, '\\');
  return names.size() == path->size() &&
         std::equal(names.begin(), names.end(), path->begin(), matches_name);
}

ServiceBaseline::ServiceBaseline(std::span<const InboxService> rows) { add(rows); }

void ServiceBaseline::add(std::span<const InboxService> rows) {
  for (const auto& row : rows) {
    (row.name.find('*') == std::string_view::npos ? by_name_[fold_case(row.name)] : patterns_)
        .push_back(&row);
    for (const auto& library : split(row.library, '|'))
      libraries_.insert(fold_case(last_component(library)));
  }
}

bool ServiceBaseline::names_library(const EvidencePath& file) const {
  return libraries_.contains(fold_case(file.name()));
}

ServiceBaseline::Rows ServiceBaseline::rows_named(std::string_view name) const {
  Rows rows;
  if (const auto at = by_name_.find(fold_case(name)); at != by_name_.end()) rows = at->second;
  for (const auto* row : patterns_)
    if (matches_component(row->name, name)) rows.push_back(row);
  return rows;
}

ServiceBaseline::Rows ServiceBaseline::rows_of(const ServiceEntry& entry) const {
  const std::string of_template = entry.template_name();
  return rows_named(of_template.empty() ? entry.name : of_template);
}

bool ServiceBaseline::knows(std::string_view name) const { return !rows_named(name).empty(); }

InboxMatch ServiceBaseline::compare(const ServiceEntry& entry, const ServiceFile& file,
                                    std::string_view InboxService::*part,
                                    const EvidencePath& windows, std::uint32_t build) const {
  InboxMatch match;
  std::vector<std::string> of_any_version;
  bool covered = false;
  for (const auto* row : rows_of(entry)) {
    const std::string_view alternatives = row->*part;
    const std::string_view arguments = part == &InboxService::image ? row->arguments : "";
    covered = covered || covers(*row, build);
    if (alternatives.empty()) continue;
    for (const auto& one : split(alternatives, '|')) {
      if (!matches_file(one, file, windows)) continue;
      if (arguments.empty() || matches_arguments(*row, file, build)) {
        InboxMatch usual;
        usual.state = InboxState::usual;
        return usual;
      }
      match.told_otherwise = true;
    }
    match.state = InboxState::differs;
    if (covers(*row, build)) add_expected(alternatives, arguments, windows, match.expected);
    add_expected(alternatives, arguments, windows, of_any_version);
  }
  match.version_known = covered && !match.expected.empty();
  if (match.expected.empty()) match.expected = std::move(of_any_version);
  return match;
}

InboxMatch ServiceBaseline::image(const ServiceEntry& entry, const EvidencePath& windows,
                                  std::uint32_t build) const {
  if (!entry.image.command) return {};
  return compare(entry, entry.image, &InboxService::image, windows, build);
}

InboxMatch ServiceBaseline::library(const ServiceEntry& entry, const EvidencePath& windows,
                                    std::uint32_t build) const {
  if (entry.library.text.empty()) return {};
  return compare(entry, entry.library, &InboxService::library, windows, build);
}

bool ServiceBaseline::expects_library(const ServiceEntry& entry, std::uint32_t build) const {
  Rows rows = rows_of(entry);
  std::erase_if(rows, [&](const InboxService* row) { return !covers(*row, build); });
  return !rows.empty() && std::all_of(rows.begin(), rows.end(), [](const InboxService* row) {
    return !row->library.empty();
  });
}

bool ServiceBaseline::is_usual_failure_command(const ServiceEntry& entry,
                                               const EvidencePath& windows) const {
  for (const auto* row : rows_of(entry)) {
    if (row->failure_command.empty()) continue;
    if (equals_fold(row->failure_command, entry.failure.text)) return true;
    const bool is_path = row->failure_command.find('\\') != std::string_view::npos;
    if (is_path && entry.failure.command && entry.failure.command->hosts.empty() &&
        entry.failure.command->other_commands.empty() &&
        matches_file(row->failure_command, entry.failure, windows))
      return true;
  }
  return false;
}

}  // namespace hozen
