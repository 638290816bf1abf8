#include "collector/module/task_reader.h"

#include <algorithm>
#include <utility>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/module/asep_elements.h"
#include "collector/module/asep_files.h"
#include "collector/module/rules.h"
#include "collector/module/task_json.h"
#include "collector/source/live_state.h"

namespace hozen {
namespace {

/// The account that a task runs as, where the evidence holds its profile.
struct FoundUser {
  const UserProfile* profile = nullptr;
  bool is_assumed = false;  ///< by the name alone, which accounts of several domains may share
};

FoundUser find_user(const Registry& registry, std::size_t installation, std::string_view account) {
  if (account.empty()) return {};
  const auto at = account.rfind('\\');
  const std::string_view domain = at == std::string_view::npos ? "" : account.substr(0, at);
  const auto host = registry.environment(installation, nullptr).get("COMPUTERNAME");
  const bool is_local = domain.empty() || domain == "." || (host && equals_fold(domain, *host));
  const std::string_view name = at == std::string_view::npos ? account : account.substr(at + 1);
  FoundUser found;
  for (const auto& user : registry.users()) {
    if (equals_fold(user.sid, account)) return {&user, false};
    if (user.name.empty() || !equals_fold(user.name, name)) continue;
    found = {found.profile != nullptr ? found.profile : &user,
             !is_local || found.profile != nullptr};
  }
  return found;
}

/// Command and arguments stand apart: blanks in the command end nothing.
std::string command_line_of(const TaskAction& action) {
  const std::string_view command = trim(action.command);
  std::string line{command};
  if (command.find('"') == std::string_view::npos) line = '"' + line + '"';
  if (!action.arguments.empty()) line += ' ' + action.arguments;
  return line;
}

}  // namespace

Result<void> TaskReader::read(const OnTask& on_task) {
  if (context_.registry() == nullptr) return {};
  HOZEN_CHECK(read_hives());
  ask_scheduler();
  for (std::size_t i = 0; i < context_.registry()->installations().size(); ++i) {
    if (context_.reads_files()) read_files(i, on_task);
    Machine& machine = machines_[i];
    for (auto& task : machine.tasks) {
      if (stopped()) return Error{Errc::cancelled, "scheduled tasks"};
      if (!task.file) hand_out(task, machine.views, on_task);
    }
  }
  return {};
}

/// Both views are asked after: a task that the API hides is in the hive alone. What the scheduler
/// has and a hive lacks says nothing, as hive files may be behind; nor does one that is not whole.
void TaskReader::ask_scheduler() {
  const LiveState* state = context_.source().live_state();
  if (state == nullptr) return;
  const bool is_hive = !context_.reads_files();  // files are read with the registry of the API
  Machine& machine = machines_[0];
  if (!machine.views.registry) return;  // nothing to compare with
  if (is_hive && (state->tasks_failed || !machine.views.registry_whole)) return;
  if (state->tasks_failed) return context_.note(*state->tasks_failed);
  if (state->tasks.cut && !is_hive)
    context_.note(Error{Errc::limit, "tasks of the Task Scheduler"});
  machine.views.scheduler = state->tasks.whole;
  std::set<std::string> listed;
  for (const LiveTask& task : state->tasks.tasks) {
    const std::string folded = fold_case(task.path);
    if (!is_hive && !machine.paths.contains(folded)) unregistered_.push_back(task);
    listed.insert(folded);
  }
  for (auto& task : machine.tasks) {
    const bool found = listed.contains(fold_case(task.path));
    if (found || state->tasks.whole) task.listed = found;
  }
}

Result<void> TaskReader::read_hives() {
  HOZEN_CHECK(context_.registry()->each_hive(
      {HiveRole::software, HiveRole::user_classes},
      [&](RegistryHive& hive) {
        evidence_.gather_app_paths(hive);
        evidence_.gather_classes(hive);
        if (hive.role == HiveRole::software && hive.root != nullptr) read_cache(hive);
        return !stopped();
      },
      [&](const EvidencePath& file, HiveRole role, const Error& error) {
        if (error.code == Errc::not_found) return;  // an answer, not a problem
        note(std::string{to_text(role)} + " hive " + file.text(), error);
      }));
  if (stopped()) return Error{Errc::cancelled, "scheduled tasks"};
  return {};
}

/// The Task Scheduler keeps its files in System32 alone: what lies in SysWOW64 is no file of a
/// registered task, whatever its name.
void TaskReader::read_files(std::size_t installation, const OnTask& on_task) {
  const EvidencePath windows = evidence_.windows(installation);
  TaskViews& views = machines_[installation].views;
  for (const std::string_view folder : {"System32\\Tasks", "SysWOW64\\Tasks"}) {
    const auto root = context_.source().real_folder(windows / folder);
    if (!root) {
      if (root.error().code != Errc::not_found) context_.note(root.error());
      continue;
    }
    const bool own = folder.starts_with("System32");
    if (own) views.files = views.files_whole = true;
    each_matching_file(
        context_.source(), "%SystemRoot%\\" + std::string{folder} + "\\**",
        evidence_.environment(installation, nullptr), nullptr,
        [&](const FileInfo& file) {
          read_file(installation, *root, file, own, on_task);
          return !stopped();
        },
        [&](Error error) {
          if (own) views.files_whole = false;
          context_.note(std::move(error));
        });
  }
}

void TaskReader::read_file(std::size_t installation, const EvidencePath& root, const FileInfo& file,
                           bool registered, const OnTask& on_task) {
  std::string path;
  const auto& components = file.path.components();
  for (std::size_t i = root.components().size(); i < components.size(); ++i)
    path += "\\" + components[i];
  Machine& machine = machines_[installation];
  const std::string folded = fold_case(path);
  ScheduledTask alone;
  ScheduledTask* task = &alone;
  const auto at = registered ? machine.by_path.find(folded) : machine.by_path.end();
  if (at != machine.by_path.end()) {
    task = &machine.tasks[at->second.front()];  // the one that the tree lists, if any
    for (const std::size_t other : at->second) machine.tasks[other].file_taken = true;
    task->file_taken = false;
    machine.by_path.erase(at);
  } else {
    alone.installation_index = installation;
    alone.installation = context_.registry()->installations()[installation].label;
    alone.path = path;
    alone.path_registered = machine.paths.contains(folded);
  }
  task->file = load(file, path);
  hand_out(*task, machine.views, on_task);
  task->file->xml.reset();  // files are read one after another, not all kept
}

TaskFile TaskReader::load(const FileInfo& file, const std::string& path) {
  TaskFile result;
  result.file = file;
  if (file.is_link) {
    note("scheduled task " + path, Error{Errc::unsupported, "a link, not followed"});
    return result;
  }
  const auto artifact =
      context_.collect(file.path, "scheduled task " + path, Priority::crown_jewels);
  result.artifact = artifact.row;
  const auto content = context_.read(artifact, kMaxTaskXmlBytes);
  if (!content) {
    note("scheduled task " + path, content.error());
    return result;
  }
  const Bytes bytes{*content};
  result.sha256 = to_hex(sha256(hashed_part(bytes).span()));
  result.crc32 = task_crc32(bytes);
  auto xml = parse_task_xml(bytes);
  if (!xml) {
    note("scheduled task " + path, xml.error());
    return result;
  }
  for (const Error& problem : xml->problems) note("scheduled task " + path, problem);
  result.xml = *std::move(xml);
  return result;
}

void TaskReader::hand_out(ScheduledTask& task, const TaskViews& views, const OnTask& on_task) {
  resolve(task);
  task.inbox_path = find_inbox(task.path, inbox_) != nullptr;
  task.known = default_of(task, views, inbox_, evidence_.windows(task.installation_index));
  preserve(task);
  on_task(task, views);
  task.targets.clear();
}

void TaskReader::resolve(ScheduledTask& task) {
  const FoundUser found =
      find_user(*context_.registry(), task.installation_index, task.principal_user());
  task.user = found.profile;
  task.user_is_assumed = found.is_assumed;
  for (const auto& action : task.actions()) task.targets.push_back(target_of(task, action));
  const auto* others = task.other_actions();
  if (others == nullptr) return;
  for (const auto& action : *others) {
    task.targets.push_back(target_of(task, action));
    task.targets.back().from_file = true;
  }
}

TaskTarget TaskReader::target_of(const ScheduledTask& task, const TaskAction& action) {
  TaskTarget target;
  target.text = task_action_text(action);
  auto resolver = evidence_.resolver(task.installation_index, task.user, false, true);
  resolver.working_directory = action.working_directory;
  if (action.kind == TaskActionKind::exec) {
    target.command = resolve_command_line(command_line_of(action), resolver);
  } else if (action.kind == TaskActionKind::com_handler) {
    const auto guid = find_guid(action.class_id);
    const auto server = guid
                            ? evidence_.find_class(*guid, task.installation_index, task.user, false)
                            : std::nullopt;
    if (server)
      target.command = server->kind == ServerKind::dll
                           ? resolve_dll(server->text, resolver)
                           : resolve_command_line(server->text, resolver);
  }
  return target;
}

void TaskReader::preserve(ScheduledTask& task) {
  const EvidencePath windows = evidence_.windows(task.installation_index);
  const auto collect = [&](const EvidencePath& path) {
    const std::string reason = "target of scheduled task " + task.path;
    if (!path.stream().empty()) context_.collect(path.with_stream(""), reason, Priority::high);
    return context_.collect(path, reason, Priority::high);
  };
  const auto is_known = [&](const EvidencePath& path) {
    return task.known == TaskDefault::exact && is_windows_folder(path, windows);
  };
  const auto preserve_one = [&](const ResolvedCommand& command) -> std::optional<ArtifactId> {
    std::optional<ArtifactId> artifact;
    if (command.target_path() && command.target_existence() == Existence::exists &&
        !is_known(*command.target_path()))
      artifact = collect(*command.target_path());
    if (command.payload_path && command.image_path &&
        command.image_existence == Existence::exists &&
        !is_windows_folder(*command.image_path, windows))
      collect(*command.image_path);
    return artifact;
  };
  for (auto& target : task.targets) {
    target.artifact = preserve_one(target.command);
    for (const auto& other : target.command.others) preserve_one(other);
  }
}

void TaskReader::note(std::string what, const Error& error) {
  context_.note(Error{error.code, std::move(what) + ": " + error.what, error.offset, error.detail});
}

}  // namespace hozen
