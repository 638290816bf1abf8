#include "collector/module/asep_files.h"

#include <algorithm>
#include <map>

#include "collector/base/text.h"
#include "collector/formats/xml_attributes.h"
#include "collector/module/asep.h"
#include "collector/module/asep_elements.h"
#include "collector/module/asep_reader.h"

namespace hozen {
namespace {

/// Files that are read for lines in them: an INI or IIS configuration is far smaller.
constexpr std::uint64_t kMaxConfigBytes = 8u << 20;

constexpr std::string_view kUserVariables[] = {"%APPDATA%", "%LOCALAPPDATA%", "%USERPROFILE%"};

bool has_wildcard(std::string_view component) {
  return component.find_first_of("*?{") != std::string_view::npos;
}

/// Components of `folder` that belong to the profile of `user`.
std::size_t profile_depth(const EvidencePath& folder, const UserProfile* user) {
  const bool inside = user != nullptr && !user->folder.empty() && folder.is_below(user->folder);
  return inside ? user->folder.components().size() : 0;
}

/// The search for one pattern; a class so that the recursion carries one pointer.
class Search {
 public:
  Search(EvidenceSource& source, const std::function<bool(const FileInfo&)>& visit,
         const std::function<void(Error)>& problem)
      : source_{source}, visit_{visit}, problem_{problem} {}

  /// `components` are still to be found below `folder`, whose first `fixed` components are taken as
  /// they are spelled. False when the search is over.
  bool find(const EvidencePath& folder, std::size_t fixed,
            std::span<const std::string> components) {
    if (components.empty()) return true;
    const std::string& first = components.front();
    if (first == "**" || has_wildcard(first)) {
      for (const EvidencePath& spelling : source_.spellings(folder, fixed))
        if (!(first == "**" ? list(spelling, "*", {}, Visit::enter)
                            : list(spelling, first, components.subspan(1), Visit::skip)))
          return false;
      return true;
    }
    const EvidencePath next = folder / first;
    if (components.size() > 1) return find(next, fixed, components.subspan(1));
    for (const EvidencePath& spelling : source_.spellings(next, fixed)) {
      const auto info = source_.stat(spelling);
      if (!info) report(spelling, info.error());
      const bool is_folder = info && info->is_directory && !info->is_link;
      if (info && !is_folder && !found(*info)) return false;
    }
    return true;
  }

 private:
  bool list(const EvidencePath& folder, const std::string& pattern,
            std::span<const std::string> rest, Visit below) {
    bool more = true;
    const auto walked = source_.walk(
        folder,
        [&](const FileInfo& info) {
          if (matches_component(pattern, info.path.name())) more = take(info, rest, below);
          return more ? below : Visit::stop;
        },
        [&](const EvidencePath& where, Error error) { report(where, std::move(error)); });
    if (!walked) report(folder, walked.error());
    return more;
  }

  bool take(const FileInfo& info, std::span<const std::string> rest, Visit below) {
    if (info.is_link && !rest.empty()) {
      const auto real = source_.real_folder(info.path);
      return real ? find(*real, real->components().size(), rest) : true;
    }
    if (info.is_link) return found_link(info);
    if (rest.empty()) return info.is_directory ? true : found(info);
    return !info.is_directory || below == Visit::enter
               ? true
               : find(info.path, info.path.components().size(), rest);
  }

  /// A listing need not say where a link leads.
  bool found_link(const FileInfo& listed) {
    const auto info = source_.stat(listed.path);
    return found(info && info->is_link ? *info : listed);
  }

  bool found(const FileInfo& info) {
    if (++count_ <= kMaxFilesPerPattern) return visit_(info);
    problem_(Error{Errc::limit, "files of an autostart location", {}, info.path.parent().text()});
    return false;
  }

  void report(const EvidencePath& where, Error error) {
    if (error.code == Errc::not_found) return;
    if (error.what != where.text()) error.what = where.text() + ": " + error.what;
    problem_(std::move(error));
  }

  EvidenceSource& source_;
  const std::function<bool(const FileInfo&)>& visit_;
  const std::function<void(Error)>& problem_;
  std::uint32_t count_ = 0;
};

/// Where the folder of a variable lies unless somebody gave the variable another value: what lies
/// there is looked for all the same.
std::optional<EvidencePath> usual_folder(std::string_view variable, const Environment& environment,
                                         const UserProfile* user) {
  if (equals_fold(variable, "%ProgramData%")) {
    auto folder = EvidencePath::parse(environment.expand("%SystemDrive%\\ProgramData"));
    return folder ? std::optional{*std::move(folder)} : std::nullopt;
  }
  if (user == nullptr || user->folder.empty()) return {};
  const bool xp = equals_fold(user->folder.parent().name(), "Documents and Settings");
  if (equals_fold(variable, "%USERPROFILE%")) return user->folder;
  if (equals_fold(variable, "%APPDATA%"))
    return user->folder / (xp ? "Application Data" : "AppData\\Roaming");
  if (equals_fold(variable, "%LOCALAPPDATA%"))
    return user->folder / (xp ? "Local Settings\\Application Data" : "AppData\\Local");
  return {};
}

std::string text_of(std::span<const std::byte> content) {
  const Bytes bytes{content};
  constexpr std::uint16_t kByteOrderMark = 0xFEFF;
  if (bytes.get<std::uint16_t>(0) == kByteOrderMark) return wtf8_from_utf16le(bytes.tail(2));
  if (bytes.chars().starts_with("\xEF\xBB\xBF")) content = content.subspan(3);  // UTF-8's mark
  std::string text(content.size(), '\0');
  std::transform(content.begin(), content.end(), text.begin(),
                 [](std::byte byte) { return static_cast<char>(byte); });
  return to_wtf8_lossy(text);
}

using Settings = std::vector<IniSetting>;

/// One of `names` ("name" or "[section]name") fits.
bool matches_setting(const std::vector<std::string>& names, std::string_view section,
                     std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view pattern) {
    const std::size_t end = pattern.starts_with('[') ? pattern.find(']') : std::string_view::npos;
    if (end == std::string_view::npos) return matches_value(pattern, name);
    return matches_component(pattern.substr(1, end - 1), section) &&
           matches_component(pattern.substr(end + 1), name);
  });
}

/// Scripts.ini: "0CmdLine=script" and "0Parameters=arguments" of the same section are one command
/// line, in whichever order they stand.
Settings with_parameters(const Settings& settings) {
  constexpr std::string_view kParameters = "Parameters", kCommand = "CmdLine";
  std::map<std::string, std::string> arguments;  // by folded section and name of the command
  const auto key = [](const IniSetting& setting, std::string_view name) {
    return fold_case(setting.section) + '\n' + fold_case(name);
  };
  for (const auto& setting : settings) {
    if (!ends_with_fold(setting.name, kParameters)) continue;
    const std::string number = setting.name.substr(0, setting.name.size() - kParameters.size());
    arguments.emplace(key(setting, number + std::string{kCommand}), setting.text);
  }
  Settings merged;
  for (const auto& setting : settings) {
    if (ends_with_fold(setting.name, kParameters)) continue;
    merged.push_back(setting);
    const auto at = arguments.find(key(setting, setting.name));
    if (at != arguments.end()) merged.back().arguments = at->second;
  }
  return merged;
}

/// A script that Scripts.ini names without a folder lies beside it, in the folder of its section,
/// or is found by its name.
void look_beside(const EvidencePath& ini, const IniSetting& setting, AsepElement& element) {
  const bool bare = !setting.section.empty() && !setting.text.empty() &&
                    !is_whole_path(setting.text) && setting.text.find('"') == std::string::npos;
  if (!bare) return;
  const std::string arguments = setting.arguments.empty() ? "" : ' ' + setting.arguments;
  element.otherwise = '"' + setting.text + '"' + arguments;
  element.resolved =
      '"' + ini.parent().text() + "\\" + setting.section + "\\" + setting.text + '"' + arguments;
}

}  // namespace

bool is_user_pattern(std::string_view pattern) {
  return std::any_of(
      std::begin(kUserVariables), std::end(kUserVariables),
      [&](std::string_view variable) { return starts_with_fold(pattern, variable); });
}

void each_matching_file(EvidenceSource& source, std::string_view pattern,
                        const Environment& environment, const UserProfile* user,
                        const std::function<bool(const FileInfo&)>& visit,
                        const std::function<void(Error)>& problem) {
  // Only the variable in front is filled in: a pattern's own braces and stars are no part of a
  // path.
  const std::size_t end = pattern.starts_with('%') ? pattern.find('%', 1) : std::string_view::npos;
  if (end == std::string_view::npos) return;
  const std::string_view variable = pattern.substr(0, end + 1);
  const auto base = EvidencePath::parse(environment.expand(variable) + "\\");
  const auto usual = usual_folder(variable, environment, user);
  std::vector<EvidencePath> bases;
  if (base) bases.push_back(*base);
  if (usual && (!base || usual->folded() != base->folded())) bases.push_back(*usual);
  for (const auto& whole : split_patterns(pattern.substr(end + 2))) {
    std::vector<std::string> components;
    for (std::size_t begin = 0; begin <= whole.size();) {
      const std::size_t next = std::min(whole.find('\\', begin), whole.size());
      components.push_back(whole.substr(begin, next - begin));
      begin = next + 1;
    }
    for (const EvidencePath& folder : bases)
      if (!Search{source, visit, problem}.find(folder, profile_depth(folder, user), components))
        return;
  }
}

void each_file_in(EvidenceSource& source, const EvidencePath& folder,
                  const std::function<bool(const FileInfo&)>& visit,
                  const std::function<void(Error)>& problem) {
  const std::string all[] = {"*"};
  static_cast<void>(Search{source, visit, problem}.find(folder, 0, all));
}

std::vector<IniSetting> ini_settings(std::span<const std::byte> content, std::string_view names) {
  std::vector<IniSetting> settings;
  const std::vector<std::string> patterns = split_patterns(names);
  std::string section;
  const std::string text = text_of(content);
  for (std::size_t begin = 0; begin < text.size() && settings.size() < kMaxElements;) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    const std::string_view line = trim(std::string_view{text}.substr(begin, end - begin));
    begin = end + 1;
    const std::size_t equals = line.find('=');
    if (line.starts_with('['))
      section = trim(line.substr(1, std::min(line.find(']'), line.size()) - 1));
    if (equals == std::string_view::npos || line.starts_with(';')) continue;
    const std::string_view name = trim(line.substr(0, equals));
    if (matches_setting(patterns, section, name))
      settings.push_back({section, std::string{name}, std::string{trim(line.substr(equals + 1))}});
  }
  return settings;
}

Result<void> AsepReader::read_files(const OnEntry& on_entry) {
  if (context_.registry() == nullptr) return {};
  for (const auto* location : locations_) {
    if (location->hive != AsepHive::file || location->module == AsepModule::run_keys) continue;
    for (const auto& pattern : split_patterns(location->key))
      read_pattern(*location, pattern, on_entry);
    if (stopped()) return Error{Errc::cancelled, "autostart files"};
  }
  read_folders(on_entry);
  if (stopped()) return Error{Errc::cancelled, "autostart files"};
  return {};
}

void AsepReader::read_folders(const OnEntry& on_entry) {
  for (const AsepFolder& folder : folders_) {
    each_file_in(
        context_.source(), folder.path,
        [&](const FileInfo& file) {
          read_file(*folder.location, file, folder.installation, folder.user, on_entry);
          return !stopped();
        },
        [&](Error error) { context_.note(std::move(error)); });
    if (stopped()) return;
  }
}

void AsepReader::read_pattern(const AsepLocation& location, const std::string& pattern,
                              const OnEntry& on_entry) {
  const Registry& registry = *context_.registry();
  for (std::size_t installation = 0; installation < registry.installations().size();
       ++installation) {
    const auto search = [&](std::size_t at, const UserProfile* user) {
      each_matching_file(
          context_.source(), pattern, evidence_.environment(at, user), user,
          [&](const FileInfo& file) {
            read_file(location, file, at, user, on_entry);
            return !stopped();
          },
          [&](Error error) { context_.note(std::move(error)); });
    };
    if (!is_user_pattern(pattern)) {
      search(installation, nullptr);
    } else if (installation == 0) {
      for (const auto& user : registry.users())
        if (!user.folder.empty()) search(installation_of(user), &user);
    }
  }
}

void AsepReader::read_file(const AsepLocation& location, const FileInfo& file,
                           std::size_t installation, const UserProfile* user,
                           const OnEntry& on_entry) {
  if (!seen_files_.insert(std::string{location.id} + "|" + context_.source().key(file.path)).second)
    return;
  AsepEntry entry;
  entry.location = &location;
  entry.installation_index = installation;
  entry.installation = context_.registry()->installations()[installation].label;
  entry.user = user;
  entry.file = file;
  if (file.is_link) {
    entry.text = file.link_target.value_or("");
    return on_entry(entry, nullptr);
  }
  const auto artifact = context_.collect(
      file.path, "autostart " + std::string{location.id} + ": " + file.path.text(), Priority::high);
  entry.artifact = artifact.row;
  AsepEntry whole = entry;
  whole.text = file.path.text();
  whole.target_artifact = artifact;
  on_entry(whole, nullptr);
  const bool ini = location.kind == AsepKind::ini_file;
  if (!ini && location.kind != AsepKind::web_config_file) return;

  const auto content = context_.read(artifact, kMaxConfigBytes);
  if (!content)
    return context_.note(Error{
        content.error().code, "autostart file " + file.path.text(), {}, content.error().text()});
  Settings settings;
  if (ini) {
    settings = ini_settings(*content, location.values);
  } else {
    auto images = xml_attributes(*content, "globalModules", "add", location.values, kMaxElements);
    if (images.problem) {
      images.problem->what = "autostart file " + file.path.text() + ": " + images.problem->what;
      context_.note(*std::move(images.problem));
    }
    for (auto& image : images.values)
      settings.push_back({"", std::string{location.values}, std::move(image)});
  }
  for (const auto& setting : with_parameters(settings)) {
    AsepEntry line = entry;
    line.line = setting.name;
    line.section = setting.section;
    AsepElement element;
    element.text = setting.text;
    if (!setting.arguments.empty()) element.text += " " + setting.arguments;
    if (location.id == "group_policy_script_files") look_beside(file.path, setting, element);
    element.resolution = element.text.empty() ? AsepResolution::none
                         : ini                ? AsepResolution::command
                                              : AsepResolution::dll;
    resolve(line, element);
    on_entry(line, nullptr);
  }
}

}  // namespace hozen
