#include "collector/module/asep_evidence.h"

#include <algorithm>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/rules.h"

namespace hozen {
namespace {

/// Answers kept; when there are more, the collection starts anew.
constexpr std::size_t kMaxKnownFiles = 20'000;
/// App Paths of one hive: more are not made by software.
constexpr std::size_t kMaxAppPaths = 5'000;
/// Files of one command line that are preserved besides its targets.
constexpr std::size_t kMaxNamedFiles = 8;
/// Times that the evidence is asked whether such a file exists, for one entry.
constexpr std::size_t kMaxNamedLookups = 64;
/// Values of MountedDevices: a machine has some hundred.
constexpr std::size_t kMaxVolumes = 5'000;
constexpr std::string_view kAppPaths = "Microsoft\\Windows\\CurrentVersion\\App Paths";

/// Locations that list what is installed rather than what starts: a program of Program Files is not
/// preserved for standing there.
constexpr std::string_view kInstalledPrograms[] = {"app_paths", "start_menu_internet",
                                                   "file_association_machine"};

bool lists_installed_programs(const AsepLocation& location) {
  return std::find(std::begin(kInstalledPrograms), std::end(kInstalledPrograms), location.id) !=
         std::end(kInstalledPrograms);
}

std::map<std::string, std::string> read_app_paths(RegistryKey& root, const std::string& path) {
  std::map<std::string, std::string> paths;
  auto key = root.open(path);
  if (!key) return paths;
  const auto listed = (*key)->each_subkey([&](RegistryKey& app) {
    const auto value = app.value("");
    if (auto text = value ? value->text() : std::nullopt; text && !text->empty())
      paths.emplace(fold_case(app.name()), *std::move(text));
    return paths.size() < kMaxAppPaths;
  });
  static_cast<void>(listed);  // what could not be listed is among the hive's own problems
  return paths;
}

void add_classes(RegistryKey& root, const std::string& path, ClassTable& table) {
  if (path.empty()) {
    table.add_classes(root);
    table.add_program_ids(root);
    return;
  }
  auto classes = root.open(path);
  if (!classes || (*classes)->is_symbolic_link()) return;
  table.add_classes(**classes);
  table.add_program_ids(**classes);
}

}  // namespace

const Installation& AsepEvidence::installation(std::size_t index) const {
  static const Installation usual{EvidencePath{"C:"} / "Windows", "", {}};
  const Registry* registry = context_.registry();
  const bool known = registry != nullptr && index < registry->installations().size();
  return known ? registry->installations()[index] : usual;
}

EvidencePath AsepEvidence::windows(std::size_t installation) const {
  return this->installation(installation).windows;
}

const Environment& AsepEvidence::environment(std::size_t installation,
                                             const UserProfile* user) const {
  static const Environment empty;
  const Registry* registry = context_.registry();
  return registry != nullptr ? registry->environment(installation, user) : empty;
}

ResolverContext AsepEvidence::resolver(std::size_t installation, const UserProfile* user,
                                       bool wow64, bool shell_execute) {
  ResolverContext resolver;
  resolver.environment = &environment(installation, user);
  resolver.own_paths = &own_paths(installation);
  resolver.file_exists = [this](const EvidencePath& path) { return existence(path); };
  resolver.app_path = [this, installation, user](std::string_view name) {
    const std::string folded = fold_case(name);
    const auto find = [&](const AppPaths& paths) -> std::optional<std::string> {
      for (const auto& candidate : {folded, folded + fold_case(".exe")})
        if (const auto at = paths.find(candidate); at != paths.end()) return at->second;
      return {};
    };
    if (user != nullptr && user == app_paths_user_)
      if (auto path = find(user_app_paths_)) return path;
    const auto machine = machine_app_paths_.find(installation);
    return machine != machine_app_paths_.end() ? find(machine->second) : std::nullopt;
  };
  resolver.wow64 = wow64;
  resolver.shell_execute = shell_execute;
  return resolver;
}

Existence AsepEvidence::existence(const EvidencePath& path) {
  if (existence_.size() >= kMaxKnownFiles) existence_.clear();
  const auto [at, added] = existence_.try_emplace(context_.source().key(path), Existence::unknown);
  if (added) at->second = look_for(path, false);
  return at->second;
}

Existence AsepEvidence::folder_existence(const EvidencePath& path) { return look_for(path, true); }

std::optional<FileInfo> AsepEvidence::look_at(const EvidencePath& path) {
  auto info = context_.source().stat(path.stream().empty() ? path : path.with_stream(""));
  if (!info) return {};
  return *std::move(info);
}

Existence AsepEvidence::look_for(const EvidencePath& path, bool folder) {
  const auto& volumes = context_.source().volumes();
  const auto volume = std::find_if(volumes.begin(), volumes.end(), [&](const VolumeInfo& known) {
    return equals_fold(known.name, path.volume());
  });
  if (volume == volumes.end() || volume->unreadable) return Existence::unknown;
  const auto info = context_.source().stat(path.stream().empty() ? path : path.with_stream(""));
  if (info) {
    if (info->is_directory != folder) return folder ? Existence::missing : Existence::folder;
    if (path.stream().empty()) return Existence::exists;
    const auto same = [&](const std::string& name) { return equals_fold(name, path.stream()); };
    return std::any_of(info->streams.begin(), info->streams.end(), same) ? Existence::exists
                                                                         : Existence::unknown;
  }
  if (info.error().code != Errc::not_found) return Existence::unknown;
  if (volume->is_whole || context_.source().kind() == "live") return Existence::missing;
  // A copied tree may hold the hives and nothing else: what it lacks was perhaps never copied.
  return holds_files(path.parent()) || holds_whole_volume(path) ? Existence::missing
                                                                : Existence::unknown;
}

bool AsepEvidence::holds_files(const EvidencePath& folder) {
  if (folder.is_root()) return false;
  if (holds_files_.size() >= kMaxKnownFiles) holds_files_.clear();
  const auto [at, added] = holds_files_.try_emplace(context_.source().key(folder), false);
  if (!added) return at->second;
  bool& found = at->second;
  const auto walked = context_.source().walk(
      folder,
      [&](const FileInfo& entry) {
        found = !entry.is_directory;
        return found ? Visit::stop : Visit::skip;
      },
      [](const EvidencePath&, const Error&) {});
  found = walked && found;
  return found;
}

bool AsepEvidence::holds_whole_volume(const EvidencePath& path) {
  const auto [at, added] = whole_volumes_.try_emplace(fold_case(path.volume()), false);
  if (!added) return at->second;
  const Registry* registry = context_.registry();
  if (registry == nullptr) return false;
  for (const auto& installation : registry->installations())
    if (equals_fold(installation.windows.volume(), path.volume()) &&
        context_.source().stat(installation.windows / "System32\\ntdll.dll"))
      at->second = true;
  return at->second;
}

void AsepEvidence::gather_app_paths(RegistryHive& hive) {
  if (hive.root == nullptr) return;
  if (hive.role == HiveRole::software) {
    machine_app_paths_[hive.installation] = read_app_paths(*hive.root, std::string{kAppPaths});
  } else if (hive.role == HiveRole::user || hive.role == HiveRole::default_user) {
    user_app_paths_ = read_app_paths(*hive.root, "Software\\" + std::string{kAppPaths});
    app_paths_user_ = hive.user;
  }
}

void AsepEvidence::gather_classes(RegistryHive& hive) {
  if (hive.root == nullptr) return;
  const bool machine = hive.role == HiveRole::software;
  if (!machine && (hive.role != HiveRole::user_classes || hive.user == nullptr)) return;
  ClassTables& tables =
      machine ? machine_classes_[hive.installation] : user_classes_[{hive.installation, hive.user}];
  add_classes(*hive.root, machine ? "Classes" : "", tables.native);
  add_classes(*hive.root, machine ? "Classes\\WOW6432Node" : "WOW6432Node", tables.wow64);
  if (machine) add_classes(*hive.root, "WOW6432Node\\Classes", tables.wow64);
  tables.native.finish();
  tables.wow64.finish();
  if (!tables.native.complete() || !tables.wow64.complete())
    context_.note(Error{Errc::limit, "COM classes", {}, "not all of " + hive.mount + " are known"});
}

std::optional<ClassServer> AsepEvidence::find_class(const Guid& guid, std::size_t installation,
                                                    const UserProfile* user, bool wow64) const {
  if (user != nullptr)
    if (const auto at = user_classes_.find({installation, user}); at != user_classes_.end())
      if (auto server = at->second.of(wow64).find(guid)) return server;
  return machine_class(guid, installation, wow64);
}

std::optional<ClassServer> AsepEvidence::machine_class(const Guid& guid, std::size_t installation,
                                                       bool wow64) const {
  const auto at = machine_classes_.find(installation);
  return at != machine_classes_.end() ? at->second.of(wow64).find(guid) : std::nullopt;
}

std::optional<Guid> AsepEvidence::class_of_program_id(std::string_view program_id,
                                                      std::size_t installation,
                                                      const UserProfile* user) const {
  if (user != nullptr)
    if (const auto at = user_classes_.find({installation, user}); at != user_classes_.end())
      if (const auto guid = at->second.native.class_of_program_id(program_id)) return guid;
  const auto at = machine_classes_.find(installation);
  if (at == machine_classes_.end()) return {};
  if (const auto guid = at->second.native.class_of_program_id(program_id)) return guid;
  return at->second.wow64.class_of_program_id(program_id);
}

void AsepEvidence::preserve_target(AsepEntry& entry) {
  const EvidencePath windows_folder = windows(entry.installation_index);
  if (entry.is_default() || !entry.command || entry.location->kind == AsepKind::folder) return;
  entry.named_files = named_files(entry);
  const ResolvedCommand& command = *entry.command;
  const std::string reason = "autostart " + std::string{entry.location->id} + ": " + entry.place();
  const auto collect = [&](const EvidencePath& path) {
    if (!path.stream().empty()) context_.collect(path.with_stream(""), reason, Priority::high);
    return context_.collect(path, reason, Priority::high);
  };
  const auto collect_image = [&](const ResolvedCommand& one) {
    if (one.payload_path && one.image_path && one.image_existence == Existence::exists &&
        !is_windows_folder(*one.image_path, windows_folder))
      collect(*one.image_path);
    // A host's own twin is Windows' cmd.exe or rundll32.exe again.
    if (one.wow64_path && one.target_path() &&
        equals_fold(one.wow64_path->name(), one.target_path()->name()))
      collect(*one.wow64_path);
  };
  for (const auto& other : command.others) {
    if (other.target_path() && other.target_existence() == Existence::exists)
      collect(*other.target_path());
    collect_image(other);
  }
  for (const auto& file : entry.named_files) collect(file);
  if (lists_installed_programs(*entry.location) && entry.target() != nullptr &&
      is_program_files(*entry.target(), windows_folder))
    return;
  if (const auto& target = command.target_path()) {
    if (command.target_existence() == Existence::exists) {
      entry.target_artifact = collect(*target);
    } else if (!target->stream().empty() &&
               existence(target->with_stream("")) == Existence::exists) {
      // The source does not list the stream: the file that would hold it is there.
      entry.target_artifact = collect(target->with_stream(""));
    }
  }
  collect_image(command);
}

std::vector<EvidencePath> AsepEvidence::named_files(const AsepEntry& entry) {
  const ResolvedCommand& command = *entry.command;
  const EvidencePath windows_folder = windows(entry.installation_index);
  std::vector<EvidencePath> files;
  std::size_t lookups = 0;
  const auto is_known = [&](const EvidencePath& path) {
    const auto same = [&](const EvidencePath& known) { return known.folded() == path.folded(); };
    const auto targets = entry.targets();
    return (command.image_path && same(*command.image_path)) ||
           std::any_of(targets.begin(), targets.end(),
                       [&](const auto* one) { return same(*one); }) ||
           std::any_of(files.begin(), files.end(), same);
  };
  // Bytes from `at` on that are a file, 0 when none: the longest that exists.
  const auto file_at = [&](std::string_view text, std::size_t at) -> std::size_t {
    constexpr std::string_view kNever = "\"<>|*?\r\n\t", kPerhaps = " ,;&()'`=^";
    std::size_t end = std::min(text.find_first_of(kNever, at), text.size());
    while (end > at + 3 && lookups < kMaxNamedLookups) {
      const auto path = EvidencePath::parse(trim(text.substr(at, end - at)));
      ++lookups;
      if (path && existence(*path) == Existence::exists) {
        if (!is_windows_folder(*path, windows_folder) && !is_known(*path)) files.push_back(*path);
        return end - at;
      }
      const std::size_t next = text.substr(0, end).find_last_of(kPerhaps);
      if (next == std::string_view::npos || next <= at + 3) return 0;
      end = next;
    }
    return 0;
  };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const OwnPaths& own = own_paths(entry.installation_index);
  const std::string decoded = own.folders(own.letters(command.decoded));
  for (const std::string_view text :
       {std::string_view{command.expanded}, std::string_view{decoded}})
    for (std::size_t at = 0; at + 3 < text.size() && files.size() < kMaxNamedFiles; ++at) {
      if (at > 0 && is_letter(text[at - 1])) continue;
      const bool drive = is_letter(text[at]) && text[at + 1] == ':' &&
                         (text[at + 2] == '\\' || text[at + 2] == '/');
      const bool numbered = !windows_folder.volume().ends_with(':') &&
                            starts_with_fold(text.substr(at), windows_folder.volume() + "\\");
      if (drive || numbered) at += file_at(text, at);
    }
  return files;
}

void AsepEvidence::gather_volumes(RegistryHive& hive) {
  if (hive.root == nullptr || hive.role != HiveRole::system) return;
  auto key = hive.root->open("MountedDevices");
  if (!key) return;
  std::map<std::vector<std::byte>, std::string> drives;
  std::vector<std::pair<std::string, std::vector<std::byte>>> volumes;
  constexpr std::string_view kDrive = "\\DosDevices\\", kVolume = "\\??\\Volume";
  const auto listed = (*key)->each_value([&](const RegistryValue& value) {
    if (starts_with_fold(value.name, kDrive)) drives[value.data] = value.name.substr(kDrive.size());
    if (starts_with_fold(value.name, kVolume))
      volumes.emplace_back(fold_case(value.name.substr(kVolume.size())), value.data);
    return volumes.size() < kMaxVolumes && drives.size() < kMaxVolumes;
  });
  if (!listed) context_.note(listed.error());
  for (const auto& [guid, device] : volumes)
    if (const auto drive = drives.find(device); drive != drives.end())
      volumes_[hive.installation][guid] = drive->second;
}

std::string AsepEvidence::with_drive(std::string text, std::size_t installation) const {
  const auto known = volumes_.find(installation);
  if (known == volumes_.end()) return text;
  constexpr std::size_t kGuid = 38;  // with its braces
  const std::size_t begin = text.starts_with('"') ? 1 : 0;
  for (const std::string_view prefix : {"\\\\?\\Volume", "\\??\\Volume", "\\\\.\\Volume"}) {
    if (!starts_with_fold(std::string_view{text}.substr(begin), prefix)) continue;
    if (text.size() < begin + prefix.size() + kGuid) continue;
    const auto drive = known->second.find(fold_case(text.substr(begin + prefix.size(), kGuid)));
    if (drive != known->second.end()) text.replace(begin, prefix.size() + kGuid, drive->second);
    break;
  }
  return text;
}

}  // namespace hozen
