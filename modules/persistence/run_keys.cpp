// Run keys and Startup folders: what starts when a user logs on, of every user, from both the
// 64-bit and the 32-bit view. An entry proves that it was set, and when its key was last written;
// not when the value was added, nor that the program ever ran. Whether Windows would start it is in
// `enabled`.
#include <array>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/asep_files.h"
#include "collector/module/asep_judge.h"
#include "collector/module/asep_reader.h"
#include "collector/module/shortcut.h"

namespace hozen::modules {
namespace {

using H = AsepHive;
using K = AsepKind;
using M = AsepModule;
constexpr AsepLocation kLocations[] = {
#include "modules/persistence/locations.inc"
};

constexpr auto kRunKeyColumns = columns_of(kAsepRegistryFields);
constexpr Kind kRunKey{"run_key", "One entry of a Run key or one of its relatives.", kRunKeyColumns,
                       "Run key {key_path}, {value_name}[ = {command_line|data}]"};
constexpr auto kStartupItemColumns = columns_of(kAsepFileFields);
constexpr Kind kStartupItem{"startup_item", "One file of a Startup folder.", kStartupItemColumns,
                            "Startup folder: {path}[ = {command_line}]"};
constexpr std::array kKinds{kRunKey, kStartupItem};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys",
    "https://github.com/ForensicArtifacts/artifacts/blob/main/artifacts/data/windows.yaml",
    "https://github.com/EricZimmerman/RECmd/blob/master/BatchExamples/RegistryASEPs.reb",
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-shllink"};

constexpr std::string_view kAttack[] = {
    "T1003.001", "T1014",     "T1027.009", "T1027.010", "T1027.011", "T1036.004", "T1036.005",
    "T1036.007", "T1036.008", "T1047",     "T1059.001", "T1059.005", "T1070.006", "T1098",
    "T1105",     "T1112",     "T1127.001", "T1136.001", "T1136.002", "T1140",     "T1197",
    "T1202",     "T1218",     "T1218.001", "T1218.002", "T1218.003", "T1218.004", "T1218.005",
    "T1218.007", "T1218.008", "T1218.009", "T1218.010", "T1218.011", "T1547.001", "T1547.009",
    "T1564",     "T1564.001", "T1564.004", "T1574.001", "T1574.009"};

/// A folder whose files start, as the registry or the table says.
struct StartupFolder {
  EvidencePath path;
  std::size_t installation = 0;
  const UserProfile* user = nullptr;  ///< nullptr: of all users
};

const AsepLocation& location_named(std::string_view id) {
  for (const auto& location : kLocations)
    if (location.id == id) return location;
  return kLocations[0];
}

/// Reads the files of the Startup folders.
class StartupItems {
 public:
  StartupItems(ModuleContext& context, AsepReader& reader) : context_{context}, reader_{reader} {}

  /// A folder that the registry names.
  void add_folder(const AsepEntry& entry) {
    if (entry.target() == nullptr || entry.deleted) return;
    const bool common = entry.value && glob_match_fold("Common*", entry.value->name);
    folders_.push_back({*entry.target(), entry.installation_index, common ? nullptr : entry.user});
  }

  void read(const AsepReader::OnEntry& on_entry) {
    const auto problem = [&](Error error) { context_.note(std::move(error)); };
    for (const auto& location : kLocations) {
      if (location.module != M::run_keys || location.hive != H::file) continue;
      for (const auto& pattern : split_patterns(location.key))
        each_place(pattern, [&](std::size_t installation, const UserProfile* user) {
          each_matching_file(
              context_.source(), pattern, reader_.evidence().environment(installation, user), user,
              [&](const FileInfo& file) { return take(file, installation, user, on_entry); },
              problem);
        });
    }
    for (const auto& folder : folders_)
      each_file_in(
          context_.source(), folder.path,
          [&](const FileInfo& file) {
            return take(file, folder.installation, folder.user, on_entry);
          },
          problem);
  }

 private:
  template <class Visit>
  void each_place(std::string_view pattern, Visit visit) {
    const Registry& registry = *context_.registry();
    if (is_user_pattern(pattern)) {
      for (const auto& user : registry.users())
        if (!user.folder.empty()) visit(reader_.installation_of(user), &user);
    } else {
      for (std::size_t i = 0; i < registry.installations().size(); ++i) visit(i, nullptr);
    }
  }

  bool take(const FileInfo& file, std::size_t installation, const UserProfile* user,
            const AsepReader::OnEntry& on_entry) {
    if (equals_fold(file.path.name(), "desktop.ini")) return true;
    if (!seen_.insert(context_.source().key(file.path)).second) return true;
    AsepEntry entry;
    entry.location =
        &location_named(user != nullptr ? "startup_folder_user" : "startup_folder_all_users");
    entry.installation_index = installation;
    entry.installation = context_.registry()->installations()[installation].label;
    entry.user = user;
    entry.file = file;
    if (file.is_link) {
      entry.text = file.link_target.value_or("");
      on_entry(entry, nullptr);
      return !context_.stop().stop_requested();
    }
    const auto artifact = context_.collect(
        file.path, "autostart " + std::string{entry.location->id} + ": " + file.path.text(),
        Priority::high);
    entry.artifact = artifact.row;
    if (const auto* approval = reader_.approval(
            installation, user, AsepReader::ApprovalList::startup_folder, file.path.name())) {
      entry.enabled = approval->enabled;
      entry.disabled_at = approval->disabled_at;
    }
    reader_.resolve(entry, element_of(file, artifact));
    on_entry(entry, nullptr);
    return !context_.stop().stop_requested();
  }

  /// What opening the file starts.
  AsepElement element_of(const FileInfo& file, ArtifactId artifact) {
    AsepElement element;
    element.text = file.path.text();
    element.resolution = AsepResolution::stored;
    if (!is_shortcut_name(file.path.name())) return element;
    element.shortcut = reader_.read_shortcut(file.path, artifact);
    if (!element.shortcut || element.shortcut->command.empty()) return element;
    element.text = element.shortcut->command;
    element.resolution = AsepResolution::command;
    return element;
  }

  ModuleContext& context_;
  AsepReader& reader_;
  std::vector<StartupFolder> folders_;
  std::set<std::string> seen_;  // folded paths
};

Result<void> run(ModuleContext& context) {
  AsepReader reader{context, kLocations, AsepModule::run_keys};
  StartupItems items{context, reader};
  const auto take = [&](AsepEntry& entry, const AsepHit*) {
    const std::string record =
        entry.file ? context.emit(kStartupItem, kAsepFileFields, entry, entry.envelope())
                   : context.emit(kRunKey, kAsepRegistryFields, entry, entry.envelope());
    report_entry(context, reader.evidence(), "run_keys", entry, record, {});
    if (entry.location->kind == K::folder) items.add_folder(entry);
  };
  HOZEN_CHECK(reader.read_registry(take));
  if (context.reads_files() && context.registry() != nullptr) items.read(take);
  return {};
}

}  // namespace

extern const ModuleSpec run_keys;
const ModuleSpec run_keys{"run_keys", "Programs started at logon by Run keys and Startup folders.",
                          kKinds,     kReferences,
                          kAttack,    run};

}  // namespace hozen::modules
