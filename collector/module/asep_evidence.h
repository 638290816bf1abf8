// What the evidence answers while autostart entries are resolved: which files exist, where a bare
// program name leads, which file a COM class is.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "collector/module/asep_entry.h"
#include "collector/module/class_table.h"
#include "collector/module/module.h"
#include "collector/source/command_line.h"

namespace hozen {

/// Classes of the machine or of one user, for native and for 32-bit programs.
struct ClassTables {
  ClassTable native, wow64;
  const ClassTable& of(bool is_wow64) const { return is_wow64 ? wow64 : native; }
};

class AsepEvidence {
 public:
  explicit AsepEvidence(ModuleContext& context) : context_{context} {}

  const Installation& installation(std::size_t index) const;
  /// Windows folder of an installation; C:\Windows when the registry does not say.
  EvidencePath windows(std::size_t installation) const;
  const Environment& environment(std::size_t installation, const UserProfile* user) const;
  /// How the paths that an installation wrote down are to be read.
  const OwnPaths& own_paths(std::size_t installation) const {
    return this->installation(installation).paths;
  }
  /// `text` as an installation wrote it, with its variables filled in, as the evidence calls it.
  std::string expand(std::string_view text, std::size_t installation,
                     const UserProfile* user) const {
    return own_paths(installation).expand(text, environment(installation, user));
  }
  /// For resolve_command_line and resolve_dll; valid while this object lives.
  ResolverContext resolver(std::size_t installation, const UserProfile* user, bool wow64,
                           bool shell_execute);
  using Resolve = std::function<ResolvedCommand(const ResolverContext&)>;
  /// `text` of the machine that names a folder of whoever logs on (%APPDATA%, %TEMP% …), resolved
  /// as the machine and as each user; any other text, as the machine alone. The answer is the first
  /// that leads to a file that exists, the further ones that do stand in `others`. Where none does:
  /// that of a user when `by_users` (it runs as them for certain), else the machine's.
  ResolvedCommand resolve_for_all(std::string_view text, std::size_t installation, bool wow64,
                                  bool shell_execute, bool by_users, const Resolve& resolve);
  /// Whether a file exists; `unknown` when the source does not hold its volume, or holds only parts
  /// of it and not its folder.
  Existence existence(const EvidencePath& path);
  /// The same of a folder.
  Existence folder_existence(const EvidencePath& path);
  std::optional<FileInfo> look_at(const EvidencePath& path);

  /// Remembers App Paths of a SOFTWARE hive, or of the user whose hive is open now.
  void gather_app_paths(RegistryHive& hive);
  /// Remembers the classes of a SOFTWARE or UsrClass.dat hive.
  void gather_classes(RegistryHive& hive);
  /// The class as programs of `user` that are not elevated find it: the user's own, then the
  /// machine's.
  std::optional<ClassServer> find_class(const Guid& guid, std::size_t installation,
                                        const UserProfile* user, bool wow64) const;
  std::optional<ClassServer> machine_class(const Guid& guid, std::size_t installation,
                                           bool wow64) const;
  std::optional<Guid> class_of_program_id(std::string_view program_id, std::size_t installation,
                                          const UserProfile* user) const;

  /// Queues the file that an entry leads to, its SysWOW64 twin that a 32-bit program would get
  /// instead, and its image when that lies outside Windows.
  void preserve_target(AsepEntry& entry);

  /// Remembers the drive letters of a SYSTEM hive (MountedDevices).
  void gather_volumes(RegistryHive& hive);
  /// `text` with `\\?\Volume{GUID}\` in front as the drive that the registry gives that volume.
  std::string with_drive(std::string text, std::size_t installation) const;
  /// Whether the profile lies beside this Windows.
  bool belongs_to(const UserProfile& user, std::size_t installation) const;

 private:
  /// Existing files outside the Windows folder that the command line names anywhere: an argument, a
  /// variable that a shell sets, a redirection.
  std::vector<EvidencePath> named_files(const AsepEntry& entry);
  bool holds_files(const EvidencePath& folder);
  bool holds_whole_volume(const EvidencePath& path);
  Existence look_for(const EvidencePath& path, bool folder);

  using AppPaths = std::map<std::string, std::string>;  // by folded name
  using UserKey = std::pair<std::size_t, const UserProfile*>;

  ModuleContext& context_;
  std::unordered_map<std::string, Existence> existence_;  // by folded path
  std::map<std::string, bool> whole_volumes_;
  std::unordered_map<std::string, bool> holds_files_;                  // by folded path
  std::map<std::size_t, std::map<std::string, std::string>> volumes_;  // folded GUID to "C:"
  std::map<std::size_t, AppPaths> machine_app_paths_;
  AppPaths user_app_paths_;
  const UserProfile* app_paths_user_ = nullptr;
  std::map<std::size_t, ClassTables> machine_classes_;
  std::map<UserKey, ClassTables> user_classes_;
};

}  // namespace hozen
