#include "collector/module/task_entry.h"

#include <algorithm>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/module/task_json.h"

namespace hozen {
namespace {

constexpr std::size_t kSha256Bytes = sizeof(Sha256Digest);
/// Windows 7 before KB2305420 kept a CRC-32 in Hash, little-endian; whether inverted, as in
/// Triggers, is not documented: both are taken.
constexpr std::size_t kCrcBytes = 4;

/// Text of `member` in the file's definition, else in the registry's.
std::string text_of(const ScheduledTask& task, std::string TaskXml::*xml,
                    std::string TaskCacheEntry::*cache) {
  if (task.xml() != nullptr && !((*task.xml()).*xml).empty()) return (*task.xml()).*xml;
  return task.cache ? (*task.cache).*cache : std::string{};
}

const TaskPrincipal* principal_of(const ScheduledTask& task) {
  return task.xml() != nullptr ? task.xml()->principal() : nullptr;
}

const CachedActions* cached_actions(const ScheduledTask& task) {
  return task.cache && task.cache->actions ? &*task.cache->actions : nullptr;
}

const CachedTriggers* cached_triggers(const ScheduledTask& task) {
  return task.cache && task.cache->triggers ? &*task.cache->triggers : nullptr;
}

std::string_view run_level_of(const CachedTriggers& cached) {
  return cached.has(task_flag::kHighestRunLevel) ? "HighestAvailable" : "LeastPrivilege";
}

/// "S-1-5-18, HighestAvailable".
std::string principal_text(const TaskPrincipal& principal) {
  const std::string& account = principal.user.empty() ? principal.group : principal.user;
  return account + ", " + (principal.run_level.empty() ? "LeastPrivilege" : principal.run_level);
}

/// Nothing where one of the two is not said as a SID.
std::optional<bool> same_account(const TaskPrincipal& file, const CachedTriggers& cached) {
  const std::string sid = sid_of_account(file.user.empty() ? file.group : file.user);
  const std::string registered =
      cached.user_sid.empty() ? sid_of_account(cached.user_name) : cached.user_sid;
  if (sid.empty() || registered.empty()) return {};
  return equals_fold(sid, registered);
}

/// The texts that decide what runs; what only one of the two forms keeps is left aside.
bool same_action(const TaskAction& a, const TaskAction& b) {
  const auto same = [](std::string_view x, std::string_view y) { return trim(x) == trim(y); };
  return a.kind == b.kind && equals_fold(trim(a.command), trim(b.command)) &&
         same(a.arguments, b.arguments) &&
         equals_fold(trim(a.working_directory), trim(b.working_directory)) &&
         equals_fold(a.class_id, b.class_id) && same(a.data, b.data) && same(a.title, b.title) &&
         same(a.body, b.body);
}

}  // namespace

std::string sid_of_account(std::string_view account) {
  if (starts_with_fold(account, "S-1-")) return std::string{account};
  constexpr std::string_view kWindows = "NT AUTHORITY\\";
  const std::string_view name =
      starts_with_fold(account, kWindows) ? account.substr(kWindows.size()) : account;
  for (const auto& [known, sid] :
       {std::pair{"SYSTEM", "S-1-5-18"}, std::pair{"LocalSystem", "S-1-5-18"},
        std::pair{"LOCAL SERVICE", "S-1-5-19"}, std::pair{"LocalService", "S-1-5-19"},
        std::pair{"NETWORK SERVICE", "S-1-5-20"}, std::pair{"NetworkService", "S-1-5-20"}})
    if (equals_fold(name, known)) return sid;
  return {};
}

const std::vector<TaskAction>& ScheduledTask::actions() const {
  static const std::vector<TaskAction> none;
  if (const CachedActions* cached = cached_actions(*this);
      cached != nullptr && (cached->complete || !cached->actions.empty() || xml() == nullptr))
    return cached->actions;
  return xml() != nullptr ? xml()->actions : none;
}

const std::vector<TaskAction>* ScheduledTask::other_actions() const {
  if (xml() == nullptr || &actions() == &xml()->actions) return nullptr;
  const bool whole = cached_actions(*this)->complete;
  return whole && actions_match().value_or(true) ? nullptr : &xml()->actions;
}

const std::vector<TaskTrigger>& ScheduledTask::triggers() const {
  static const std::vector<TaskTrigger> none;
  const CachedTriggers* cached = cached_triggers(*this);
  if (cached != nullptr && (cached->complete || xml() == nullptr)) return cached->triggers;
  return xml() != nullptr ? xml()->triggers : none;
}

std::string ScheduledTask::author() const {
  return text_of(*this, &TaskXml::author, &TaskCacheEntry::author);
}

std::string ScheduledTask::uri() const {
  return text_of(*this, &TaskXml::uri, &TaskCacheEntry::uri);
}

std::string ScheduledTask::run_level() const {
  if (const CachedTriggers* cached = cached_triggers(*this))
    return std::string{run_level_of(*cached)};
  const auto* principal = principal_of(*this);
  return principal != nullptr ? principal->run_level : std::string{};
}

std::string ScheduledTask::logon_type() const {
  if (const CachedTriggers* cached = cached_triggers(*this);
      cached != nullptr && !cached->logon_type().empty())
    return std::string{cached->logon_type()};
  const auto* principal = principal_of(*this);
  return principal != nullptr ? principal->logon_type : std::string{};
}

std::string ScheduledTask::principal_user() const {
  const auto* principal = principal_of(*this);
  const std::string registered = registered_account();
  // Of one account the file's form may tell more: a name, a group.
  const bool same = account_matches().value_or(false);
  if (registered.empty() || same) return principal != nullptr ? principal->user : std::string{};
  return registered;
}

std::string ScheduledTask::principal_group() const {
  const auto* principal = principal_of(*this);
  return principal != nullptr ? principal->group : std::string{};
}

bool ScheduledTask::hidden() const {
  const CachedTriggers* cached = cached_triggers(*this);
  return (xml() != nullptr && xml()->hidden.value_or(false)) ||
         (cached != nullptr && cached->has(task_flag::kHidden));
}

bool ScheduledTask::enabled() const {
  if (const CachedTriggers* cached = cached_triggers(*this))
    return cached->has(task_flag::kEnabled);
  return xml() == nullptr || xml()->enabled.value_or(true);
}

std::string_view ScheduledTask::name() const {
  const auto at = path.rfind('\\');
  return at == std::string::npos ? std::string_view{path} : std::string_view{path}.substr(at + 1);
}

bool ScheduledTask::lacks_descriptor(const TaskViews& views) const {
  return tree && !tree->link_target && !tree->has_descriptor && views.keeps_descriptors;
}

bool ScheduledTask::lacks_index(const TaskViews& views) const {
  return tree && !tree->link_target && tree->index.value_or(0) == 0 && views.keeps_indexes;
}

bool ScheduledTask::is_linked() const {
  return (tree && tree->link_target) || (cache && cache->link_target);
}

std::string_view ScheduledTask::state(const TaskViews& views) const {
  if (!tree && !cache) return "file_only";
  if (is_linked()) return "linked";
  if (!tree && cache->is_remnant) return views.tasks_whole ? "remnant" : "unknown";
  if (!tree) return views.tree_whole ? "orphaned" : "unknown";
  if (!cache) return views.tasks_whole ? "ghost" : "unknown";
  return lacks_descriptor(views) || lacks_index(views) ? "hidden" : "visible";
}

std::optional<bool> ScheduledTask::hash_matches() const {
  if (!cache || !file || file->sha256.empty()) return {};
  if (const auto crc = Bytes{cache->hash}.fixed<kCrcBytes>(0, "task hash");
      crc && cache->hash.size() == kCrcBytes)
    return crc->u32<0>() == file->crc32 || crc->u32<0>() == ~file->crc32;
  if (cache->hash.size() != kSha256Bytes) return {};
  return to_hex(cache->hash) == file->sha256;
}

std::optional<bool> ScheduledTask::crc_matches() const {
  const CachedTriggers* cached = cached_triggers(*this);
  if (cached == nullptr || !file || file->sha256.empty()) return {};
  return cached->crc32 == file->crc32;
}

std::optional<bool> ScheduledTask::actions_match() const {
  const CachedActions* cached = cached_actions(*this);
  if (cached == nullptr || xml() == nullptr) return {};
  const auto& mine = cached->actions;
  const auto& other = xml()->actions;
  if (cached->complete)
    return std::equal(mine.begin(), mine.end(), other.begin(), other.end(), same_action);
  const bool begins_so = mine.size() <= other.size() &&
                         std::equal(mine.begin(), mine.end(), other.begin(), same_action);
  return begins_so ? std::nullopt : std::optional{false};
}

std::optional<bool> ScheduledTask::principal_matches() const {
  const CachedTriggers* cached = cached_triggers(*this);
  const TaskPrincipal* principal = principal_of(*this);
  if (cached == nullptr || principal == nullptr) return {};
  const std::string_view level =
      principal->run_level.empty() ? "LeastPrivilege" : std::string_view{principal->run_level};
  if (!equals_fold(level, run_level_of(*cached))) return false;
  return same_account(*principal, *cached);
}

std::optional<bool> ScheduledTask::account_matches() const {
  const CachedTriggers* cached = cached_triggers(*this);
  const TaskPrincipal* principal = principal_of(*this);
  if (cached == nullptr || principal == nullptr) return {};
  return same_account(*principal, *cached);
}

std::string ScheduledTask::registered_account() const {
  const CachedTriggers* cached = cached_triggers(*this);
  if (cached == nullptr) return {};
  return cached->user_sid.empty() ? cached->user_name : cached->user_sid;
}

std::optional<bool> ScheduledTask::enabled_matches() const {
  const CachedTriggers* cached = cached_triggers(*this);
  if (cached == nullptr || xml() == nullptr) return {};
  return cached->has(task_flag::kEnabled) == xml()->enabled.value_or(true);
}

std::vector<std::string> ScheduledTask::not_compared(const TaskViews& views) const {
  std::vector<std::string> names;
  if (!file && !views.files_whole) names.emplace_back("file");
  if (!tree && !cache && !views.registry_whole) names.emplace_back("registry");
  if (!hash_matches()) names.emplace_back("hash");
  if (!crc_matches()) names.emplace_back("crc");
  if (!actions_match()) names.emplace_back("actions");
  if (!principal_matches()) names.emplace_back("principal");
  if (!enabled_matches()) names.emplace_back("enabled");
  return names;
}

Envelope ScheduledTask::envelope() const {
  Envelope envelope;
  if (tree || cache) {
    envelope.origin = {hive_artifact, cache ? cache->key_path : tree->key_path,
                       cache ? cache->offset : tree->offset};
  } else if (file) {
    envelope.origin.artifact = file->artifact;
  }
  if (file) {
    envelope.timestamps.emplace_back("xml_created", file->file.si.created);
    envelope.timestamps.emplace_back("xml_modified", file->file.si.modified);
    if (file->file.fn) {
      envelope.timestamps.emplace_back("xml_name_created", file->file.fn->created);
      envelope.timestamps.emplace_back("xml_name_modified", file->file.fn->modified);
    }
  }
  if (tree) envelope.timestamps.emplace_back("tree_key_last_written", tree->written);
  if (cache) envelope.timestamps.emplace_back("tasks_key_last_written", cache->written);
  if (cache && cache->info) {
    envelope.timestamps.emplace_back("registered", cache->info->registered);
    envelope.timestamps.emplace_back("last_run", cache->info->last_run);
    if (cache->info->last_success)
      envelope.timestamps.emplace_back("last_success", *cache->info->last_success);
  }
  if (user != nullptr && !user_is_assumed) {
    envelope.user_sid = user->sid;
    envelope.user_name = user->name;
  }
  return envelope;
}

namespace task_fields {

void write_text(Cell& cell, std::string_view text) {
  if (text.empty()) {
    cell.absent(Absent::not_present);
  } else {
    cell.text(text);
  }
}

void write_match(Cell& cell, std::optional<bool> match) {
  if (match) {
    cell.boolean(*match);
  } else {
    cell.absent(Absent::not_applicable);
  }
}

void write_tree_text(const TaskRow& row, Cell& cell, std::string TaskTreeEntry::*member) {
  write_text(cell, row.task->tree ? (*row.task->tree).*member : std::string{});
}

void write_cache_text(const TaskRow& row, Cell& cell, std::string TaskCacheEntry::*member) {
  write_text(cell, row.task->cache ? (*row.task->cache).*member : std::string{});
}

void write_views(const TaskRow& row, Cell& cell) {
  std::vector<std::string> views;
  if (row.task->file) views.emplace_back("xml");
  if (row.task->tree) views.emplace_back("tree");
  if (row.task->cache) views.emplace_back("tasks");
  cell.texts(views);
}

void write_triggers(const TaskRow& row, Cell& cell) {
  append_task_triggers(cell.raw(), row.task->triggers());
}

void write_actions(const TaskRow& row, Cell& cell) {
  append_task_actions(cell.raw(), row.task->actions());
}

void write_file_actions(const TaskRow& row, Cell& cell) {
  const auto* actions = row.task->other_actions();
  if (actions == nullptr) return cell.absent(Absent::not_applicable);
  append_task_actions(cell.raw(), *actions);
}

void write_file_principal(const TaskRow& row, Cell& cell) {
  if (row.task->principal_matches().value_or(true)) return cell.absent(Absent::not_applicable);
  cell.text(principal_text(*principal_of(*row.task)));
}

void write_targets(const TaskRow& row, Cell& cell) {
  std::vector<std::string> targets;
  for (const auto& target : row.task->targets) {
    const auto& path = target.command.target_path();
    targets.push_back(path ? path->text() : target.text);
  }
  cell.texts(targets);
}

void write_target_existence(const TaskRow& row, Cell& cell) {
  std::vector<std::string> existence;
  for (const auto& target : row.task->targets)
    existence.emplace_back(to_text(target.command.target_existence()));
  cell.texts(existence);
}

void write_target_artifacts(const TaskRow& row, Cell& cell) {
  std::string& json = cell.raw();
  json += '[';
  for (const auto& target : row.task->targets) {
    if (!target.artifact) continue;
    if (json.back() != '[') json += ',';
    append_json_number(json, std::uint64_t{target.artifact->row});
  }
  json += ']';
}

void write_flags(const TaskRow& row, Cell& cell) {
  std::vector<std::string> flags;
  const auto add = [&](const ResolvedCommand& command) {
    for (const auto& flag : command.flags)
      if (std::find(flags.begin(), flags.end(), flag) == flags.end()) flags.push_back(flag);
  };
  for (const auto& target : row.task->targets) {
    add(target.command);
    for (const auto& other : target.command.others) add(other);
  }
  cell.texts(flags);
}

void write_decoded(const TaskRow& row, Cell& cell) {
  std::vector<std::string> texts;
  for (const auto& target : row.task->targets)
    if (!target.command.decoded.empty()) texts.push_back(target.command.decoded);
  cell.texts(texts);
}

void write_linked_keys(const TaskRow& row, Cell& cell) {
  std::vector<std::string> keys;
  const auto& tree = row.task->tree;
  const auto& cache = row.task->cache;
  if (tree && tree->link_target) keys.push_back(tree->key_path);
  if (cache && cache->link_target) keys.push_back(cache->key_path);
  cell.texts(keys);
}

void write_sddl(const TaskRow& row, Cell& cell) {
  const auto& tree = row.task->tree;
  if (tree && tree->descriptor) {
    cell.text(tree->descriptor->sddl());
  } else if (tree && tree->has_descriptor) {
    cell.absent(Absent::unparsable);
  } else {
    cell.absent(Absent::not_present);
  }
}

}  // namespace task_fields
}  // namespace hozen
