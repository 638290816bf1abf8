#include "collector/source/folder_source.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/source/file_tree.h"
#include "collector/source/own_paths.h"
#include "collector/source/tree_source.h"

namespace hozen {
namespace {

constexpr std::string_view kFirstVolume = "C:";
constexpr std::string_view kUnknownVolume = "volume1";

/// The volume that a folder of this name stands for: `C`, `C:`, `C%3A` (Velociraptor), `volume1`.
std::optional<std::string> volume_of_folder(std::string_view name) {
  std::string volume{name.substr(0, 1)};
  const bool letter =
      !name.empty() && ((name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z'));
  const std::string_view rest = name.substr(std::min<std::size_t>(1, name.size()));
  if (letter && (rest.empty() || rest == ":" || equals_fold(rest, "%3A"))) {
    volume += ':';
    return EvidencePath{volume}.volume();
  }
  const auto numbered = EvidencePath::parse(name);
  if (numbered && numbered->is_root() && starts_with_fold(name, "volume") &&
      !equals_fold(name, kVolumeElsewhere))
    return to_lower_ascii(name);
  return std::nullopt;
}

/// The root of a source as one nameless volume, to look at before anything is decided.
class Prospect {
 public:
  Prospect(FileTree& tree, EvidencePath root) : tree_{tree}, root_{std::move(root)} {}

  bool has_folder(std::string_view relative) const {
    for (const EvidencePath& path : tree_.spellings(root_ / relative, 0))
      if (const auto info = tree_.stat(path); info && info->is_directory && !info->is_link)
        return true;
    return false;
  }
  bool is_windows_folder() const { return has_folder("System32"); }
  bool is_system_volume() const { return hozen::is_system_volume(tree_, root_); }
  bool is_empty() const {
    bool empty = true;
    const auto walked = tree_.walk(
        root_,
        [&](const FileInfo&) {
          empty = false;
          return Visit::stop;
        },
        [](const EvidencePath&, const Error&) {});
    return walked && empty;
  }
  /// Calls back with the exact name of each folder and link directly inside.
  Result<void> each_folder(const std::function<void(const FileInfo&)>& visit) const {
    const auto look = [&](const FileInfo& info) {
      if (info.is_directory || info.is_link) visit(info);
      return Visit::skip;
    };
    return tree_.walk(root_, look, [](const EvidencePath&, const Error&) {});
  }

 private:
  FileTree& tree_;
  EvidencePath root_;
};

/// "<record>-<sequence>"
bool is_record_folder(std::string_view name) {
  const std::size_t dash = name.find('-');
  return dash != std::string_view::npos && dash != 0 && dash + 1 != name.size() &&
         name.find_first_not_of("0123456789") == dash &&
         name.find_first_not_of("0123456789", dash + 1) == std::string_view::npos;
}

/// Whether the folder is where `hozen extract` puts deleted files: deleted/C/12-3/Windows/x. They
/// are not to be taken for files that are there.
bool holds_deleted_files(FileTree& tree, const FileInfo& folder) {
  if (folder.path.name() != "deleted" || folder.is_link) return false;
  bool only_those = true, any = false;
  const auto look_at_record = [&](const FileInfo& info) {
    any = true;
    if (info.is_link || !is_record_folder(info.path.name())) only_those = false;
  };
  const auto look_at_volume = [&](const FileInfo& info) {
    if (info.is_link || !volume_of_folder(info.path.name()) ||
        !Prospect{tree, info.path}.each_folder(look_at_record))
      only_those = false;
  };
  return Prospect{tree, folder.path}.each_folder(look_at_volume) && only_those && any;
}

/// What the root of a source holds.
struct Plan {
  std::vector<TreeMount> mounts;
  std::vector<Error> remarks;
  bool has_deleted = false;  ///< a folder of deleted files, which is left out
};

/// The folders that are volumes, when the root is a folder of volumes: it is no volume itself, and
/// each of its folders is named like a volume, or one of them holds Windows' folders.
Result<Plan> volume_folders(FileTree& tree, const EvidencePath& root) {
  Plan plan;
  std::vector<TreeMount>& mounts = plan.mounts;
  bool only_volumes = true;
  bool holds_windows = false;
  const auto look_at = [&](const FileInfo& info) {
    if (holds_deleted_files(tree, info)) {
      plan.has_deleted = true;
      plan.remarks.push_back({Errc::unsupported, std::string{info.path.name()}, std::nullopt,
                              "deleted files that hozen extract wrote: not read as files that are "
                              "there"});
      return;
    }
    const auto volume = volume_of_folder(info.path.name());
    if (info.is_link) {  // anything may stand behind it, this computer's own files too
      if (volume)
        plan.remarks.push_back({Errc::unsupported, "volume " + *volume, std::nullopt,
                                "the folder " + std::string{info.path.name()} +
                                    " is a link, which is not followed: mount the volume there"});
      return;
    }
    const bool taken = volume && std::any_of(mounts.begin(), mounts.end(), [&](const TreeMount& m) {
                         return equals_fold(m.volume, *volume);
                       });
    if (taken)
      plan.remarks.push_back(
          {Errc::unsupported, std::string{info.path.name()}, std::nullopt,
           "another folder of the root stands for " + *volume + " too: this one is not read"});
    if (!volume || taken || info.host_name_hex) {
      only_volumes = false;
      return;
    }
    mounts.push_back({*volume, std::string{info.path.name()}, {}});
    holds_windows = holds_windows || Prospect{tree, info.path}.is_system_volume();
  };
  const Prospect prospect{tree, root};
  HOZEN_CHECK(prospect.each_folder(look_at));
  if (prospect.is_system_volume() || (!only_volumes && !holds_windows)) return Plan{};
  return plan;
}

Result<Plan> plan_volumes(std::string_view root) {
  const std::string whole{kFirstVolume};
  HOZEN_TRY(const auto tree, open_file_tree(root, {TreeMount{whole, {}, {}}}));
  const EvidencePath path{whole};
  const Prospect prospect{*tree, path};
  if (prospect.is_empty())
    return Error{Errc::not_found, std::string{root}, std::nullopt,
                 "the folder is empty: is the volume mounted there?"};
  if (prospect.is_windows_folder() && !prospect.has_folder("Windows"))
    return Plan{{TreeMount{whole, {}, {"Windows"}}}, {}, false};
  HOZEN_TRY(Plan plan, volume_folders(*tree, path));
  if (!plan.mounts.empty()) return plan;
  if (plan.has_deleted)
    return Error{Errc::not_found, std::string{root}, std::nullopt,
                 "it holds only deleted files that hozen extract wrote"};
  if (prospect.is_system_volume())
    HOZEN_CHECK(prospect.each_folder([&](const FileInfo& info) {
      const auto volume = volume_of_folder(info.path.name());
      if (!info.is_link && volume && Prospect{*tree, info.path}.is_system_volume())
        plan.remarks.push_back({Errc::unsupported, std::string{info.path.name()}, std::nullopt,
                                "holds a Windows as the root itself does: it is read as a folder "
                                "of that volume, not as a volume; collect from it by itself"});
    }));
  const std::string_view name = prospect.is_system_volume() ? kFirstVolume : kUnknownVolume;
  return Plan{{TreeMount{std::string{name}, {}, {}}}, std::move(plan.remarks), false};
}

/// A volume that cannot be entered is told among the volumes; it is an error only when there is no
/// other.
Result<void> leave_out_unreadable(std::string_view root, Plan& plan,
                                  std::vector<VolumeInfo>& volumes) {
  std::vector<TreeMount> readable;
  for (TreeMount& mount : plan.mounts) {
    auto alone = open_file_tree(root, {mount});
    if (alone) {
      readable.push_back(std::move(mount));
      continue;
    }
    Error error = std::move(alone).error();
    error.what = "volume " + mount.volume + " (folder " + mount.folder + ")";
    if (plan.mounts.size() == 1) return error;
    volumes.push_back({mount.volume, std::nullopt, "", std::move(error)});
  }
  if (readable.empty()) return *volumes.front().unreadable;
  plan.mounts = std::move(readable);
  return {};
}

}  // namespace

Result<std::unique_ptr<EvidenceSource>> make_folder_source(std::string_view root) {
  HOZEN_TRY(Plan plan, plan_volumes(root));
  std::vector<VolumeInfo> volumes;
  HOZEN_CHECK(leave_out_unreadable(root, plan, volumes));
  HOZEN_TRY(auto tree, open_file_tree(root, plan.mounts));
  for (const TreeMount& mount : plan.mounts) volumes.push_back(tree->volume_info(mount));
  return make_tree_source({"folder", std::string{root}, "file_api"}, std::move(tree),
                          std::move(volumes), std::move(plan.remarks));
}

}  // namespace hozen
