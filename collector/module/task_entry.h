// One scheduled task as it is recorded: what its file, the registry's tree and the registry's cache
// say of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/security_descriptor.h"
#include "collector/formats/task_cache.h"
#include "collector/formats/task_xml.h"
#include "collector/module/module.h"
#include "collector/source/command_line.h"

namespace hozen {

/// TaskCache\Tree\<path>: what the Task Scheduler lists.
struct TaskTreeEntry {
  std::string key_path;
  bool incomplete = false;                   ///< not all of its values could be read
  std::optional<std::string> link_target{};  ///< the key is a symbolic link: it has no other values
  FileTime written{};
  std::optional<std::uint64_t> offset{};  ///< of the nk cell
  std::string id;                         ///< "{GUID}" as written
  std::optional<std::uint64_t> index{};   ///< absent: no such value, or no number
  bool has_descriptor = false;            ///< value SD with at least one byte
  std::optional<SecurityDescriptor> descriptor{};
};

/// TaskCache\Tasks\{GUID}: what the scheduler runs.
struct TaskCacheEntry {
  std::string key_path, guid;
  bool incomplete = false;                   ///< not all of its values could be read
  std::optional<std::string> link_target{};  ///< the key is a symbolic link: it has no other values
  FileTime written{};
  std::optional<std::uint64_t> offset{};  ///< of the nk cell
  std::string path, uri, author, date, description, source, security_descriptor;
  std::vector<std::byte> hash;
  std::optional<CachedActions> actions{};
  std::optional<CachedTriggers> triggers{};
  std::optional<TaskDynamicInfo> info{};
  std::vector<std::string> groups;  ///< "Plain", "Boot", "Logon", "Maintenance"
  bool is_remnant = false;          ///< only the groups name it: it has no key below Tasks
};

/// A file below System32\Tasks.
struct TaskFile {
  FileInfo file;
  std::optional<std::uint32_t> artifact{};
  std::optional<TaskXml> xml{};  ///< nothing: it could not be read as a definition
  std::string sha256;            ///< as the registry keeps it, in hex; "" when not read
  std::uint32_t crc32 = 0;
};

/// What one action leads to.
struct TaskTarget {
  std::string text;  ///< the action in one line
  ResolvedCommand command{};
  std::optional<ArtifactId> artifact{};
  bool from_file = false;  ///< stands in the file only: the registry says something else

  /// The action is a class: `command` is its server, without an image where no hive has it.
  bool is_class() const { return text.starts_with('{'); }
};

/// Which views of an installation's tasks could be read, and how far they can be compared.
struct TaskViews {
  bool registry = false;           ///< TaskCache was there
  bool registry_whole = false;     ///< and its hive neither damaged nor without its log
  bool tree_whole = true;          ///< no key of Tree was left out: a limit, a list that failed
  bool tasks_whole = true;         ///< no key of Tasks was
  bool files = false;              ///< System32\Tasks was there
  bool files_whole = false;        ///< and every folder below could be listed
  bool keeps_descriptors = false;  ///< some key of Tree has SD: this Windows writes it
  bool keeps_indexes = false;      ///< some key of Tree has Index
  bool scheduler = false;          ///< the running Task Scheduler gave its whole list
};

/// How far a task is what Windows, or a well-known program, sets up by itself.
enum class TaskDefault : std::uint8_t {
  no,
  usual,  ///< leads where tasks of that folder lead
  exact,  ///< the very action that Windows gives the task of this path
};

struct ScheduledTask {
  std::size_t installation_index = 0;
  std::string installation;  ///< Windows folder, for all installations but the first
  std::string path;          ///< "\Folder\Name"
  std::optional<std::uint32_t> hive_artifact{};
  std::optional<TaskTreeEntry> tree{};
  std::optional<TaskCacheEntry> cache{};
  std::optional<TaskFile> file{};
  const UserProfile* user = nullptr;  ///< whose environment counts
  /// The profile was taken by its name, of an account of a domain: a person is not told by it.
  bool user_is_assumed = false;
  std::vector<TaskTarget> targets;
  TaskDefault known = TaskDefault::no;
  bool inbox_path = false;       ///< Windows brings a task of this path along
  bool file_taken = false;       ///< the file of its path goes with another task of the registry
  std::optional<bool> listed{};  ///< by the running Task Scheduler; nothing: not asked
  bool path_registered = false;  ///< file_only: the registry has a task of this path, with another
                                 ///< file

  const TaskXml* xml() const { return file && file->xml ? &*file->xml : nullptr; }
  /// What the scheduler runs: the registry's actions as far as they could be read, the file's where
  /// there are none.
  const std::vector<TaskAction>& actions() const;
  /// Of the file, where the registry has others or could not be read whole; nullptr otherwise.
  const std::vector<TaskAction>* other_actions() const;
  const std::vector<TaskTrigger>& triggers() const;
  std::string author() const;
  std::string uri() const;
  // As the registry says, which is what Windows goes by; as the file says where that says nothing.
  std::string run_level() const, logon_type() const, principal_user() const,
      principal_group() const;
  bool hidden() const;
  bool enabled() const;
  std::string_view name() const;  ///< last component of the path

  bool is_linked() const;  ///< one of its keys is a symbolic link
  /// "linked" (one of its keys is a symbolic link: what it says lies elsewhere) | "visible" |
  /// "hidden" (no SD, or Index 0 or missing, where this Windows keeps them) | "ghost"
  /// (in Tree, but its Tasks key is missing) | "orphaned" (in Tasks, but in no place of Tree) |
  /// "remnant" (only in a group, with neither of the two) | "file_only" | "unknown" (one of the two
  /// keys was not met, but not all keys could be looked at).
  std::string_view state(const TaskViews& views) const;
  bool lacks_descriptor(const TaskViews& views) const;
  bool lacks_index(const TaskViews& views) const;

  /// Whether the digest in Hash, a SHA-256 or a CRC-32, is that of the file; nothing when one of
  /// them is not there, or the digest is of a kind that is not compared.
  std::optional<bool> hash_matches() const;
  std::optional<bool> crc_matches() const;
  /// Whether file and registry have the same actions; nothing unless both were read completely, but
  /// for actions of the registry that were read and are none of the file's.
  std::optional<bool> actions_match() const;
  /// Whether they name the same account and run level; nothing unless both say in a form that can
  /// be compared: SIDs, and the names of SYSTEM, LOCAL SERVICE and NETWORK SERVICE.
  std::optional<bool> principal_matches() const;
  std::optional<bool> account_matches() const;  ///< the account alone
  std::string registered_account() const;       ///< SID or name in the registry; "" for none
  /// Whether the task is switched on in both or off in both.
  std::optional<bool> enabled_matches() const;

  /// Comparisons that could not be made, by name: "file", "registry", "hash", "crc", "actions",
  /// "principal", "enabled".
  std::vector<std::string> not_compared(const TaskViews& views) const;

  Envelope envelope() const;
};

struct TaskRow {
  const ScheduledTask* task = nullptr;
  const TaskViews* views = nullptr;
};

namespace task_fields {

using F = Field<TaskRow>;

void write_views(const TaskRow& row, Cell& cell);
void write_triggers(const TaskRow& row, Cell& cell);
void write_actions(const TaskRow& row, Cell& cell);
void write_file_actions(const TaskRow& row, Cell& cell);
void write_file_principal(const TaskRow& row, Cell& cell);
void write_targets(const TaskRow& row, Cell& cell);
void write_target_existence(const TaskRow& row, Cell& cell);
void write_target_artifacts(const TaskRow& row, Cell& cell);
void write_flags(const TaskRow& row, Cell& cell);
void write_decoded(const TaskRow& row, Cell& cell);
void write_linked_keys(const TaskRow& row, Cell& cell);
void write_sddl(const TaskRow& row, Cell& cell);
void write_text(Cell& cell, std::string_view text);
void write_match(Cell& cell, std::optional<bool> match);
/// A member of the tree's or cache's entry, absent without the entry.
void write_tree_text(const TaskRow& row, Cell& cell, std::string TaskTreeEntry::*member);
void write_cache_text(const TaskRow& row, Cell& cell, std::string TaskCacheEntry::*member);

}  // namespace task_fields

inline constexpr std::array kTaskFields{
    task_fields::F{{"task_path", "Path of the task, as the Task Scheduler shows it."},
                   [](const TaskRow& r, Cell& c) { c.text(r.task->path); }},
    task_fields::F{{"guid", "Identifier under which the registry keeps the task."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_text(c, r.task->cache  ? r.task->cache->guid
                                                : r.task->tree ? r.task->tree->id
                                                               : std::string{});
                   }},
    task_fields::F{{"installation",
                    "Windows folder of the task's installation where the source holds several and "
                    "this is not the first."},
                   [](const TaskRow& r, Cell& c) {
                     r.task->installation.empty() ? c.absent(Absent::not_applicable)
                                                  : c.text(r.task->installation);
                   }},
    task_fields::F{{"source_views",
                    "Where the task was found: xml (its file), tree and tasks (the two keys of the "
                    "registry's cache)."},
                   task_fields::write_views},
    task_fields::F{
        {"state",
         "What the views say together: linked (one of its keys is a symbolic link: what it says "
         "lies elsewhere), visible, hidden (the Task Scheduler does not list "
         "it: no SD, or Index 0 or missing), ghost (listed, but its key with the "
         "actions is missing), orphaned (it has actions, but is listed nowhere), remnant "
         "(only a group names it: its other keys are gone), file_only, or unknown (one of its keys "
         "was not met, but not all keys could be looked at)."},
        [](const TaskRow& r, Cell& c) { c.text(r.task->state(*r.views)); }},
    task_fields::F{{"not_compared",
                    "Comparisons that could not be made because a view is not there or not whole: "
                    "file, registry, hash, crc, actions, principal, enabled."},
                   [](const TaskRow& r, Cell& c) { c.texts(r.task->not_compared(*r.views)); }},
    task_fields::F{{"uri", "Path that the definition gives itself."},
                   [](const TaskRow& r, Cell& c) { task_fields::write_text(c, r.task->uri()); }},
    task_fields::F{{"author", "Who made the task, as the definition says."},
                   [](const TaskRow& r, Cell& c) { task_fields::write_text(c, r.task->author()); }},
    task_fields::F{{"registration_date",
                    "When it was made or changed, as the definition says; local time without Z."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_text(c, r.task->xml() != nullptr ? r.task->xml()->date
                                                : r.task->cache          ? r.task->cache->date
                                                                         : std::string{});
                   }},
    task_fields::F{{"description", "Description of the definition."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_text(c, r.task->xml() != nullptr
                                                    ? r.task->xml()->description
                                                : r.task->cache ? r.task->cache->description
                                                                : std::string{});
                   }},
    task_fields::F{
        {"principal_user",
         "Account that the task runs as, SID or name; from the registry, which is what Windows "
         "goes "
         "by, where that says."},
        [](const TaskRow& r, Cell& c) { task_fields::write_text(c, r.task->principal_user()); }},
    task_fields::F{
        {"principal_group", "Group whose members it runs as."},
        [](const TaskRow& r, Cell& c) { task_fields::write_text(c, r.task->principal_group()); }},
    task_fields::F{
        {"logon_type", "How it logs on: S4U, Password, InteractiveToken and so on."},
        [](const TaskRow& r, Cell& c) { task_fields::write_text(c, r.task->logon_type()); }},
    task_fields::F{
        {"run_level", "LeastPrivilege, or HighestAvailable for elevated rights."},
        [](const TaskRow& r, Cell& c) { task_fields::write_text(c, r.task->run_level()); }},
    task_fields::F{
        {"file_principal",
         "Account and run level that the file names, where the registry says otherwise."},
        task_fields::write_file_principal},
    task_fields::F{{"triggers",
                    "When it starts, a list; from the registry where that could be read, else from "
                    "the file."},
                   task_fields::write_triggers},
    task_fields::F{{"actions",
                    "What it does, a list; from the registry, which is what Windows "
                    "runs, where that could be read, else from the file."},
                   task_fields::write_actions},
    task_fields::F{{"file_actions",
                    "What the file says it does, where the registry says otherwise or could not be "
                    "read whole."},
                   task_fields::write_file_actions},
    task_fields::F{{"hidden", "Whether its definition asks to be hidden in the Task Scheduler."},
                   [](const TaskRow& r, Cell& c) { c.boolean(r.task->hidden()); }},
    task_fields::F{
        {"listed", "Whether the running Task Scheduler lists it; absent where it was not asked."},
        [](const TaskRow& r, Cell& c) { task_fields::write_match(c, r.task->listed); }},
    task_fields::F{{"enabled", "Whether it is switched on."},
                   [](const TaskRow& r, Cell& c) { c.boolean(r.task->enabled()); }},
    task_fields::F{{"last_error", "Result of its last run, 0 for success."},
                   [](const TaskRow& r, Cell& c) {
                     r.task->cache&& r.task->cache->info ? c.number(r.task->cache->info->last_error)
                                                         : c.absent(Absent::not_present);
                   }},
    task_fields::F{{"targets",
                    "Files that its actions lead to; the text of an action that leads to "
                    "none."},
                   task_fields::write_targets},
    task_fields::F{{"target_existence", "Whether each of them exists: exists, missing or unknown."},
                   task_fields::write_target_existence},
    task_fields::F{
        {"target_artifacts", "Identifiers of their preserved copies in artifacts.jsonl."},
        task_fields::write_target_artifacts},
    task_fields::F{{"flags",
                    "What stands out in its command lines, such as unc_path or "
                    "encoded_powershell."},
                   task_fields::write_flags},
    task_fields::F{{"decoded", "Texts of encoded PowerShell commands."},
                   task_fields::write_decoded},
    task_fields::F{
        {"default_value",
         "Whether it has the very action that Windows itself gives the task of this "
         "path."},
        [](const TaskRow& r, Cell& c) { c.boolean(r.task->known == TaskDefault::exact); }},
    task_fields::F{{"usual_value",
                    "Whether it has, or leads where tasks of Windows or of a well-known program of "
                    "this path lead."},
                   [](const TaskRow& r, Cell& c) { c.boolean(r.task->known != TaskDefault::no); }},
    task_fields::F{{"xml_path", "File that holds the definition."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_text(
                         c, r.task->file ? r.task->file->file.path.text() : std::string{});
                   }},
    task_fields::F{{"xml_artifact", "Identifier of its preserved copy in artifacts.jsonl."},
                   [](const TaskRow& r, Cell& c) {
                     r.task->file&& r.task->file->artifact ? c.number(*r.task->file->artifact)
                                                           : c.absent(Absent::not_present);
                   }},
    task_fields::F{{"xml_sha256", "SHA-256 of the file without its byte order mark."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_text(c,
                                             r.task->file ? r.task->file->sha256 : std::string{});
                   }},
    task_fields::F{
        {"hash_registry",
         "Digest of the file that the registry keeps: SHA-256, or CRC-32 from early Windows 7."},
        [](const TaskRow& r, Cell& c) {
          r.task->cache && !r.task->cache->hash.empty() ? c.bytes(r.task->cache->hash)
                                                        : c.absent(Absent::not_present);
        }},
    task_fields::F{
        {"hash_match", "Whether it is that of the file."},
        [](const TaskRow& r, Cell& c) { task_fields::write_match(c, r.task->hash_matches()); }},
    task_fields::F{
        {"crc_match", "Whether the CRC of the file that the registry keeps is right."},
        [](const TaskRow& r, Cell& c) { task_fields::write_match(c, r.task->crc_matches()); }},
    task_fields::F{
        {"actions_match", "Whether file and registry name the same actions."},
        [](const TaskRow& r, Cell& c) { task_fields::write_match(c, r.task->actions_match()); }},
    task_fields::F{
        {"principal_match", "Whether file and registry name the same account and run level."},
        [](const TaskRow& r, Cell& c) {
          task_fields::write_match(c, r.task->principal_matches());
        }},
    task_fields::F{
        {"enabled_match", "Whether the task is switched on in both or off in both."},
        [](const TaskRow& r, Cell& c) { task_fields::write_match(c, r.task->enabled_matches()); }},
    task_fields::F{{"sd_sddl",
                    "Security descriptor of the task in the registry, as text; without "
                    "one the Task Scheduler does not list it."},
                   task_fields::write_sddl},
    task_fields::F{{"index",
                    "Kind of task in the registry: 1 boot, 2 logon, 3 plain, 4 maintenance; "
                    "0 hides it."},
                   [](const TaskRow& r, Cell& c) {
                     r.task->tree&& r.task->tree->index ? c.number(*r.task->tree->index)
                                                        : c.absent(Absent::not_present);
                   }},
    task_fields::F{{"groups", "Keys of the cache that list it: Boot, Logon, Plain, Maintenance."},
                   [](const TaskRow& r, Cell& c) {
                     r.task->cache ? c.texts(r.task->cache->groups) : c.absent(Absent::not_present);
                   }},
    task_fields::F{{"tree_key", "Its key below TaskCache\\Tree."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_tree_text(r, c, &TaskTreeEntry::key_path);
                   }},
    task_fields::F{{"tasks_key", "Its key below TaskCache\\Tasks."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_cache_text(r, c, &TaskCacheEntry::key_path);
                   }},
    task_fields::F{{"linked_keys",
                    "Those of its keys that are symbolic links, which are not followed; a key "
                    "below Tree may be a folder of tasks."},
                   task_fields::write_linked_keys},
    task_fields::F{{"tasks_path", "Path that this key gives the task."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_cache_text(r, c, &TaskCacheEntry::path);
                   }},
    task_fields::F{{"data", "Free text of the definition, which programs may use as they like."},
                   [](const TaskRow& r, Cell& c) {
                     task_fields::write_text(
                         c, r.task->xml() != nullptr ? r.task->xml()->data : std::string{});
                   }},
};

/// The SID that an account's text ("SYSTEM", "NT AUTHORITY\\LocalService", "S-1-5-18") is or stands
/// for; "" for other names, those of other domains among them.
std::string sid_of_account(std::string_view account);

}  // namespace hozen
