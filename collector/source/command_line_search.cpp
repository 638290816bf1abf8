// Names without a folder: search order, PATHEXT, App Paths.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {
namespace {

/// Folders of PATH that are looked at; a machine has 10 to 40.
constexpr std::size_t kMaxSearchFolders = 64;
/// Extensions of PATHEXT that are looked at; Windows sets 11.
constexpr std::size_t kMaxExtensions = 16;
/// Bytes: a longer name is not looked for in every folder; a component has at most 255 UTF-16
/// units.
constexpr std::size_t kMaxSearchedName = 1024;
constexpr std::string_view kDefaultPathExtensions =
    ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC";

/// The next element of a list separated by `;`, without quotes.
std::string_view next_element(std::string_view& list) { return unquote(take_until(list, ";")); }

}  // namespace

std::vector<std::string> Resolution::extensions_for(std::string_view name, Lookup lookup) const {
  const bool has_dot = file_name_of(name).find('.') != std::string_view::npos;
  if (lookup == Lookup::exact || has_dot) return {""};
  if (lookup == Lookup::dll) return {".dll"};
  if (!context_.shell_execute) return {"", ".exe"};
  std::vector<std::string> extensions{"", ".exe"};
  const std::string stored = variable("PATHEXT");
  std::string_view list = stored.empty() ? kDefaultPathExtensions : std::string_view{stored};
  while (!list.empty() && extensions.size() < kMaxExtensions) {
    const std::string_view extension = next_element(list);
    if (extension.starts_with('.') && !equals_fold(extension, ".exe"))
      extensions.emplace_back(to_lower_ascii(extension));
  }
  return extensions;
}

/// The loader looks through Windows' folders before the current one, everybody else behind it.
std::vector<EvidencePath> Resolution::search_folders(Lookup lookup) {
  const auto add = [](std::vector<EvidencePath>& folders, std::string_view text) {
    const auto folder = EvidencePath::parse(text);
    if (!folder) return;
    const auto same = [&](const EvidencePath& known) {
      return known.components().size() == folder->components().size() && known.is_below(*folder);
    };
    if (std::none_of(folders.begin(), folders.end(), same)) folders.push_back(*folder);
  };
  if (!fixed_folders_) {
    fixed_folders_.emplace();
    if (const std::string& root = system_root(); !root.empty()) {
      add(*fixed_folders_, root + "\\System32");
      add(*fixed_folders_, root + "\\System");
      add(*fixed_folders_, root);
    }
    system_folders_ = fixed_folders_->size();
    const std::string path = variable("PATH");
    for (std::string_view list = path; !list.empty() && fixed_folders_->size() < kMaxSearchFolders;)
      add(*fixed_folders_, with_backslashes(next_element(list)));
  }
  const auto system_end = fixed_folders_->begin() +
                          static_cast<std::ptrdiff_t>(lookup == Lookup::dll ? system_folders_ : 0);
  std::vector<EvidencePath> folders{fixed_folders_->begin(), system_end};
  if (!current_directory.empty()) add(folders, current_directory);
  folders.insert(folders.end(), system_end, fixed_folders_->end());
  return folders;
}

FoundFile Resolution::find_by_search(const std::string& name, Lookup lookup) {
  if (name.size() > kMaxSearchedName) {
    step("longer than the name of any file");
    return {name, std::nullopt, Existence::unknown};
  }
  const auto folders = search_folders(lookup);
  const auto extensions = extensions_for(name, lookup);
  const bool has_stream = name.find(':') != std::string::npos;
  bool all_known = !folders.empty();
  for (const EvidencePath& folder : folders) {
    for (const std::string& extension : extensions) {
      FoundFile file = has_stream ? probe(folder.text() + '\\' + name + extension)
                                  : probe(folder / (name + extension));
      if (file.exists()) {
        step("found in the search path: " + file.text);
        return file;
      }
      if (file.existence == Existence::unknown) all_known = false;
    }
  }
  if (lookup == Lookup::program && context_.shell_execute) {
    FoundFile file = find_app_path(name);
    if (file.path) return file;
  }
  if (outermost_ && current_directory.empty() && !working_directory_.empty()) {
    FoundFile file = find_in_working_directory(name, lookup);
    if (file.exists()) return file;
  }
  const bool relative = name.find('\\') != std::string::npos;
  if (!current_directory.empty() && (lookup == Lookup::exact || relative)) {
    FoundFile file = probe(current_directory + '\\' + name);
    if (file.path) {
      step("not found; it would stand in the current folder: " + file.text);
      return file;
    }
  }
  step("not found in " + std::to_string(folders.size()) + " folders of the search path: " + name);
  return {name, std::nullopt, all_known ? Existence::missing : Existence::unknown};
}

FoundFile Resolution::find_in_working_directory(const std::string& name, Lookup lookup) {
  for (const std::string& extension : extensions_for(name, lookup)) {
    FoundFile file = probe(working_directory_ + '\\' + name + extension);
    if (!file.exists()) continue;
    step("found nowhere in the search path, but in the working directory: " + file.text);
    return file;
  }
  return {};
}

FoundFile Resolution::find_app_path(std::string_view name) {
  if (!context_.app_path || name.find('\\') != std::string_view::npos) return {};
  std::string key{name};
  if (name.find('.') == std::string_view::npos) key += ".exe";
  const auto value = context_.app_path(key);
  if (!value || trim(*value).empty()) return {};
  const std::string path = here(unquote(*value));
  step("App Paths\\" + key + " says " + path);
  const NormalPath normal = normalise(path);
  if (normal.kind != NormalPath::Kind::absolute) return {};
  return find_absolute(normal.text, Lookup::exact);
}

}  // namespace hozen::resolver
