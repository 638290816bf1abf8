#include "collector/source/offline_discovery.h"

#include <algorithm>
#include <array>
#include <set>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Folders of one volume's root, or profiles of one folder, that are looked into.
constexpr std::size_t kMaxFolders = 20'000;
constexpr std::array<std::string_view, 2> kUsualWindows{"Windows", "WINNT"};
constexpr std::string_view kMovedAway = "Windows.old";  // also Windows.old.000, …
constexpr std::array<std::string_view, 2> kProfileFolders{"Users", "Documents and Settings"};
/// Besides Windows itself and the profiles, what an upgrade moves into Windows.old.
constexpr std::array<std::string_view, 4> kMovedFolders{"Program Files", "Program Files (x86)",
                                                        "Program Files (Arm)", "ProgramData"};
constexpr std::string_view kUsualDrive = "C:";  // as Windows names its volume when it is set up
constexpr std::array<std::string_view, 2> kUserHives{"NTUSER.DAT", "NTUSER.MAN"};

bool is_folder(EvidenceSource& source, const EvidencePath& path) {
  const auto info = source.stat(path);
  return info && info->is_directory;
}

/// The entry as stored; nothing when it is no file.
std::optional<EvidencePath> find_file(EvidenceSource& source, const EvidencePath& path) {
  auto info = source.stat(path);
  if (!info || info->is_directory) return std::nullopt;
  return std::move(info->path);
}

/// Every spelling of `relative` below `folder`.
std::vector<EvidencePath> spellings_below(EvidenceSource& source, const EvidencePath& folder,
                                          std::string_view relative) {
  return source.spellings(folder / relative, folder.components().size());
}

/// Files of this name below `folder` itself: not where another spelling of the folder leads.
std::vector<EvidencePath> find_files_below(EvidenceSource& source, const EvidencePath& folder,
                                           std::string_view relative) {
  std::vector<EvidencePath> files;
  for (const EvidencePath& path : spellings_below(source, folder, relative))
    if (auto file = find_file(source, path)) files.push_back(*std::move(file));
  return files;
}

/// One folder inside another, or a link there that leads to a folder of the evidence.
struct ListedFolder {
  EvidencePath listed, real;
};

/// Folders directly inside `folder`. A folder that is not there has none.
std::vector<ListedFolder> list_folders(EvidenceSource& source, const EvidencePath& folder,
                                       const ProblemSink& problem) {
  std::vector<ListedFolder> folders;
  std::vector<EvidencePath> links;
  bool too_many = false;
  const auto visit = [&](const FileInfo& info) {
    if (!info.is_directory && !info.is_link) return Visit::skip;
    too_many = folders.size() + links.size() == kMaxFolders;
    if (too_many) return Visit::stop;
    if (info.is_link)
      links.push_back(info.path);
    else
      folders.push_back({info.path, info.path});
    return Visit::skip;
  };
  const auto walked = source.walk(
      folder, visit, [&](const EvidencePath&, Error error) { problem(std::move(error)); });
  if (!walked && walked.error().code != Errc::not_found) problem(walked.error());
  if (too_many)
    problem(Error{Errc::limit, folder.text(), kMaxFolders, "not all folders were looked into"});
  for (EvidencePath& link : links)
    if (auto real = source.real_folder(link))
      folders.push_back({std::move(link), *std::move(real)});
  return folders;
}

bool holds_system_hives(EvidenceSource& source, const EvidencePath& windows) {
  return !find_files_below(source, windows, "System32\\config\\SYSTEM").empty() ||
         !find_files_below(source, windows, "System32\\config\\SOFTWARE").empty();
}

bool is_profile(EvidenceSource& source, const EvidencePath& folder) {
  const auto has_folder = [&](std::string_view name) {
    const auto spellings = spellings_below(source, folder, name);
    return std::any_of(spellings.begin(), spellings.end(),
                       [&](const EvidencePath& path) { return is_folder(source, path); });
  };
  return std::any_of(kUserHives.begin(), kUserHives.end(),
                     [&](std::string_view name) {
                       return !find_files_below(source, folder, name).empty();
                     }) ||
         has_folder("AppData") || has_folder("Application Data");
}

/// Folders in the folders of profiles beside a Windows (`root`), whatever their spelling.
std::vector<ListedFolder> list_profiles(EvidenceSource& source, const EvidencePath& root,
                                        const ProblemSink& problem) {
  std::vector<ListedFolder> profiles;
  for (const std::string_view name : kProfileFolders)
    for (const EvidencePath& folder : spellings_below(source, root, name))
      for (ListedFolder& profile : list_folders(source, folder, problem))
        profiles.push_back(std::move(profile));
  return profiles;
}

/// Folders beside profiles that belong to nobody.
bool is_shared_profile(std::string_view name) {
  return equals_fold(name, "Public") || equals_fold(name, "All Users");
}

bool is_default_profile(std::string_view name) {
  return equals_fold(name, "Default") || equals_fold(name, "Default User");
}

class UnlistedProfiles {
 public:
  UnlistedProfiles(EvidenceSource& source, const std::vector<UserProfile>& known,
                   const ProblemSink& problem)
      : source_{source}, problem_{problem} {
    for (const UserProfile& profile : known) {
      claimed_.insert(source.key(profile.folder));
      if (const auto real = source.real_folder(profile.folder)) claimed_.insert(source.key(*real));
    }
  }

  void add_services(const EvidencePath& windows) {
    for (const EvidencePath& services : spellings_below(source_, windows, "ServiceProfiles"))
      for (const ListedFolder& folder : list_folders(source_, services, problem_)) {
        std::string sid;
        if (equals_fold(folder.listed.name(), "LocalService")) sid = "S-1-5-19";
        if (equals_fold(folder.listed.name(), "NetworkService")) sid = "S-1-5-20";
        add(sid, folder.real, ProfileKind::service);
      }
    const EvidencePath wow64 = windows / "SysWOW64\\config\\systemprofile";
    if (is_folder(source_, wow64)) add(kLocalSystemSid, wow64, ProfileKind::service);
  }

  /// Beside a Windows every folder is somebody's, whatever is left in it. `looks_like_one`: only
  /// those that hold what a profile holds; a data volume may have a folder Users, too.
  void add_beside(const EvidencePath& root, bool looks_like_one) {
    for (const ListedFolder& folder : list_profiles(source_, root, problem_)) {
      const std::string_view name = folder.listed.name();
      if (is_shared_profile(name) || (looks_like_one && !is_profile(source_, folder.real)))
        continue;
      const bool is_default = is_default_profile(name);
      add("", folder.real, is_default ? ProfileKind::default_user : ProfileKind::orphaned);
    }
  }

  std::vector<UserProfile> take() { return std::move(found_); }

 private:
  void add(std::string_view sid, const EvidencePath& folder, ProfileKind kind) {
    if (!claimed_.insert(source_.key(folder)).second) return;
    UserProfile profile;
    profile.sid = sid;
    profile.name = well_known_account(sid);
    if (profile.name.empty()) profile.name = folder.name();
    profile.folder = folder;
    profile.kind = kind;
    found_.push_back(std::move(profile));
  }

  EvidenceSource& source_;
  const ProblemSink& problem_;
  std::set<std::string> claimed_;
  std::vector<UserProfile> found_;
};

/// Installations in the order in which they are met, each once.
class FoundInstallations {
 public:
  FoundInstallations(EvidenceSource& source, const ProblemSink& problem)
      : source_{source}, problem_{problem} {}

  /// The Windows that runs us, whether its hive files can be seen or not.
  void add_running(const Registry& running) {
    for (const Installation& own : running.installations()) {
      const auto stored = source_.stat(own.windows);
      add_once(stored ? stored->path : own.windows);
    }
  }

  void add_volume(const EvidencePath& root) {
    for (const std::string_view name : kUsualWindows) {
      add(root / name);
      if (is_folder(source_, root / name / "System32\\config"))
        without_hives_.push_back(root / name);
    }
    const std::vector<ListedFolder> folders = list_folders(source_, root, problem_);
    for (const ListedFolder& folder : folders) add(folder.real);
    for (const ListedFolder& folder : folders)
      if (starts_with_fold(folder.listed.name(), kMovedAway)) add_moved_away(folder.real);
  }

  std::vector<Installation> take() {
    for (const EvidencePath& windows : without_hives_)
      if (const auto stored = source_.stat(windows); stored && !stored->is_link)
        add_once(stored->path);
    return std::move(found_);
  }

 private:
  void add_moved_away(const EvidencePath& folder) {
    for (const std::string_view name : kUsualWindows)
      for (const EvidencePath& windows : spellings_below(source_, folder, name)) add(windows);
  }
  void add(const EvidencePath& windows) {
    const auto stored = source_.stat(windows);
    if (stored && !stored->is_link && holds_system_hives(source_, windows)) add_once(stored->path);
  }
  void add_once(const EvidencePath& windows) {
    if (seen_.insert(source_.key(windows)).second)
      found_.push_back({windows, found_.empty() ? "" : windows.text(), {}});
  }

  EvidenceSource& source_;
  const ProblemSink& problem_;
  std::set<std::string> seen_;
  /// A copy of a running Windows lacks the files that it holds locked.
  std::vector<EvidencePath> without_hives_;
  std::vector<Installation> found_;
};

}  // namespace

std::vector<Installation> find_installations(EvidenceSource& source, const ProblemSink& problem) {
  FoundInstallations found{source, problem};
  if (const Registry* running = source.api_registry()) found.add_running(*running);
  for (const VolumeInfo& volume : source.volumes())
    if (!volume.unreadable) found.add_volume(EvidencePath{volume.name});
  return found.take();
}

std::vector<Installation> assume_installations(EvidenceSource& source, const ProblemSink& problem) {
  std::vector<Installation> assumed;
  for (const VolumeInfo& volume : source.volumes()) {
    if (volume.unreadable) continue;
    const EvidencePath root{volume.name};
    bool has_profiles = false;
    for (const ListedFolder& folder : list_profiles(source, root, problem))
      has_profiles = has_profiles || is_profile(source, folder.real);
    if (!has_profiles) continue;
    const EvidencePath windows = root / "Windows";
    assumed.push_back({windows, assumed.empty() ? "" : windows.text(),
                       find_own_paths(source, {}, windows, problem)});
    problem(Error{Errc::not_found, windows.text(), std::nullopt,
                  "no system hives here: the profiles of this volume are read alone"});
  }
  return assumed;
}

EvidencePath read_own_windows(RegistryKey& software, const EvidencePath& windows) {
  const auto path_at = [&](std::string_view key, std::string_view name) -> EvidencePath {
    const auto opened = software.open(key);
    const auto value = opened ? (*opened)->value(name) : Error{Errc::not_found, std::string{key}};
    const auto path = EvidencePath::parse(value ? value->text().value_or("") : "");
    return path && path->volume().ends_with(':') ? *path : EvidencePath{};
  };
  for (const std::string_view name : {"SystemRoot", "PathName"})
    if (auto path = path_at("Microsoft\\Windows NT\\CurrentVersion", name); !path.empty())
      return path;
  // On the same volume, which is what matters most.
  const EvidencePath programs = path_at("Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir");
  return programs.empty() ? programs : EvidencePath{programs.volume()} / windows.name();
}

OwnPaths find_own_paths(EvidenceSource& source, const EvidencePath& own,
                        const EvidencePath& windows, const ProblemSink& problem) {
  std::vector<EvidencePath> moved;
  const EvidencePath around = windows.parent();
  if (!around.is_root()) {
    for (const std::string_view name : kMovedFolders)
      if (is_folder(source, around / name)) moved.push_back(around / name);
    // Profiles move one by one: most go to the new Windows.
    for (const std::string_view name : kProfileFolders)
      for (const ListedFolder& folder : list_folders(source, around / name, problem))
        moved.push_back(around / name / folder.listed.name());
  }
  if (!own.empty()) return {own, windows, moved};
  const bool has_letter = windows.volume().ends_with(':');
  const EvidencePath drive{has_letter ? windows.volume() : std::string{kUsualDrive}};
  return {drive / windows.name(), windows, moved};
}

void locate_profile(EvidenceSource& source, const Installation& installation, UserProfile& profile,
                    const ProblemSink& problem) {
  if (profile.folder.empty()) return;
  const auto moved_below = [&](EvidencePath root) {
    for (const std::string& component : profile.folder.components()) root = root.child(component);
    return root;
  };
  const EvidencePath beside = installation.windows.parent();
  if (!beside.is_root() && !profile.folder.is_below(beside)) {
    const EvidencePath moved = moved_below(beside);
    if (is_folder(source, moved)) {
      profile.folder = moved;
      return;
    }
  }
  const auto& volumes = source.volumes();
  const bool has_volume = std::any_of(
      volumes.begin(), volumes.end(),
      [&](const VolumeInfo& volume) { return equals_fold(volume.name, profile.folder.volume()); });
  if (has_volume) return;
  const EvidencePath moved = moved_below(EvidencePath{installation.windows.volume()});
  if (!is_folder(source, moved)) {
    problem(Error{Errc::not_found, "profile of " + profile.sid, std::nullopt,
                  profile.folder.text() + " is on a volume that is not in the source"});
    return;
  }
  problem(Error{Errc::not_found, "profile of " + profile.sid, std::nullopt,
                profile.folder.text() + " is on a volume that is not in the source; " +
                    moved.text() + " is taken for it"});
  profile.folder = moved;
}

std::vector<UserProfile> find_unlisted_profiles(EvidenceSource& source,
                                                const Installation& installation,
                                                const std::vector<UserProfile>& known,
                                                bool all_volumes, const ProblemSink& problem) {
  UnlistedProfiles profiles{source, known, problem};
  profiles.add_services(installation.windows);
  profiles.add_beside(installation.windows.parent(), false);
  if (all_volumes)
    for (const VolumeInfo& volume : source.volumes())
      if (!volume.unreadable) profiles.add_beside(EvidencePath{volume.name}, true);
  return profiles.take();
}

std::vector<HivePlan> plan_machine_hives(std::size_t installation, const EvidencePath& windows,
                                         std::size_t local_system) {
  const EvidencePath config = windows / "System32\\config";
  std::vector<HivePlan> plans;
  const auto add = [&](HiveRole role, std::string_view name, bool expected) {
    plans.push_back({role, installation, "HKLM\\" + std::string{name}, config / name,
                     HivePlan::kNoUser, expected});
  };
  add(HiveRole::system, "SYSTEM", true);
  add(HiveRole::software, "SOFTWARE", true);
  add(HiveRole::sam, "SAM", true);
  add(HiveRole::security, "SECURITY", true);
  plans.push_back({HiveRole::default_user, installation, "HKU\\.DEFAULT", config / "DEFAULT",
                   local_system, true});
  add(HiveRole::components, "COMPONENTS", false);
  return plans;
}

std::vector<HivePlan> plan_user_hives(EvidenceSource& source, std::size_t installation,
                                      const UserProfile& profile, std::size_t user,
                                      bool set_aside) {
  std::vector<HivePlan> plans;
  if (profile.folder.empty()) return plans;
  std::string mount = "HKU\\" + (profile.sid.empty() ? profile.name : profile.sid);
  if (set_aside) mount += ".bak";
  const auto add = [&](HiveRole role, std::string mounted, EvidencePath file, bool expected) {
    const bool known = std::any_of(plans.begin(), plans.end(), [&](const HivePlan& plan) {
      return source.key(plan.file) == source.key(file);
    });
    if (!known)
      plans.push_back({role, installation, std::move(mounted), std::move(file), user, expected});
  };
  // A mandatory profile's hive stands in for NTUSER.DAT; in anybody else's folder it hides there.
  for (const EvidencePath& file : find_files_below(source, profile.folder, "NTUSER.MAN"))
    add(HiveRole::user, mount, file, true);
  const auto hives = find_files_below(source, profile.folder, "NTUSER.DAT");
  const bool listed = !profile.sid.empty() && profile.sid != kLocalSystemSid;
  for (const EvidencePath& file : hives) add(HiveRole::user, mount, file, true);
  if (hives.empty() && listed) add(HiveRole::user, mount, profile.folder / "NTUSER.DAT", true);
  for (const std::string_view classes :
       {"AppData\\Local\\Microsoft\\Windows\\UsrClass.dat",
        "Local Settings\\Application Data\\Microsoft\\Windows\\UsrClass.dat"})
    for (const EvidencePath& file : find_files_below(source, profile.folder, classes))
      add(HiveRole::user_classes, mount + "_Classes", file, true);
  return plans;
}

}  // namespace hozen
