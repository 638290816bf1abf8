// Reads the autostart locations of one module from every hive of the evidence.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collector/module/asep_elements.h"
#include "collector/module/asep_evidence.h"

namespace hozen {

/// A folder that an entry names: each file in it is loaded or opened.
struct AsepFolder {
  const AsepLocation* location = nullptr;
  EvidencePath path;
  std::size_t installation = 0;
  const UserProfile* user = nullptr;
};

/// Folders that entries of one module name after which the rest is left out.
constexpr std::size_t kMaxFolders = 1'000;

class AsepReader {
 public:
  /// `hit` is the place in the open hive; nullptr for files and for values recovered from free
  /// cells.
  using OnEntry = std::function<void(AsepEntry&, const AsepHit* hit)>;

  /// Reads the rows of `table` that belong to `module`. The table must outlive the reader.
  AsepReader(ModuleContext& context, std::span<const AsepLocation> table, AsepModule module);

  /// Every user, control set and 32-bit copy, and what was recovered from free cells. Targets are
  /// queued for the bundle before `on_entry` sees the entry. Errc::cancelled when the run is
  /// stopped.
  Result<void> read_registry(const OnEntry& on_entry);
  /// The file rows and the files of the folders that entries named, but for `module`s that look for
  /// their files themselves (run_keys).
  Result<void> read_files(const OnEntry& on_entry);

  /// Fills in what follows from `entry.text` (or `resolved` instead of it): command, default,
  /// target.
  void resolve(AsepEntry& entry, const AsepElement& element);
  /// What a queued shortcut or address file says; a problem is noted.
  std::optional<Shortcut> read_shortcut(const EvidencePath& file, ArtifactId artifact);
  AsepEvidence& evidence() { return evidence_; }
  /// Of the hive in which a user was met; the first when none was.
  std::size_t installation_of(const UserProfile& user) const;

  /// Explorer's switch of a startup entry (StartupApproved), if there is one.
  struct Approval {
    bool enabled = true;
    FileTime disabled_at{};
  };
  enum class ApprovalList : std::uint8_t { run, run32, startup_folder };
  const Approval* approval(std::size_t installation, const UserProfile* user, ApprovalList list,
                           std::string_view name) const;

 private:
  using ApprovalKey = std::pair<std::pair<std::size_t, const UserProfile*>, ApprovalList>;

  Result<void> read_hives(const std::vector<HiveRole>& roles, const OnEntry& on_entry);
  void read_hive(RegistryHive& hive, const OnEntry& on_entry);
  void read_recovered(RegistryHive& hive, const OnEntry& on_entry);
  void read_datum(AsepEntry entry, const AsepDatum& datum, const AsepHit* hit,
                  const OnEntry& on_entry);
  void read_pattern(const AsepLocation& location, const std::string& pattern,
                    const OnEntry& on_entry);
  void read_file(const AsepLocation& location, const FileInfo& file, std::size_t installation,
                 const UserProfile* user, const OnEntry& on_entry);
  /// What the same place says in the control set that Windows runs from.
  std::vector<std::string> in_current_set(const AsepDatum& datum, const ClassLookup& classes);
  void remember_folder(const AsepEntry& entry);
  void read_folders(const OnEntry& on_entry);
  void compare_with_machine(AsepEntry& entry);
  void compare_targets(Shortcut& shortcut,
                       const std::function<ResolvedCommand(const std::string&)>& resolve,
                       ResolvedCommand& command);
  void follow_shortcuts(AsepEntry& entry);
  bool is_entry(const AsepHit& hit);
  void gather_approvals(RegistryHive& hive);
  bool needs_classes() const;
  bool stopped() const { return context_.stop().stop_requested(); }

  ModuleContext& context_;
  AsepModule module_;
  std::vector<const AsepLocation*> locations_;
  AsepEvidence evidence_;
  std::map<const UserProfile*, std::size_t> user_installations_;
  std::vector<AsepFolder> folders_;                                   // that entries named
  std::set<std::string> seen_files_;                                  // location and folded path
  std::map<ApprovalKey, std::map<std::string, Approval>> approvals_;  // by folded name
};

/// How far the entry is what Windows itself writes at its location (AsepLocation::defaults).
AsepDefault default_of(const AsepEntry& entry, const ResolverContext& context,
                       const EvidencePath& windows);
/// True when `pattern` is well formed: every `<…>` in it is one that AsepLocation::defaults knows.
bool is_default_pattern(std::string_view pattern);

}  // namespace hozen
