// Scheduled tasks from every side: their XML files, the registry's tree and cache, .job files of
// Windows XP and at.exe. Windows runs what the registry says; the Task Scheduler shows what Tree
// lists; the file is what an administrator would look at. Where the three differ, somebody went
// around the Task Scheduler, or an upgrade did. A record proves that the task was set up, and by
// DynamicInfo when it ran last; not what its program did.
#include <array>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/job_file.h"
#include "collector/module/asep_files.h"
#include "collector/module/autostart_fact.h"
#include "collector/module/task_json.h"
#include "collector/module/task_reader.h"
#include "collector/module/task_rules.h"
#include "collector/module/task_views.h"

namespace hozen::modules {
namespace {

constexpr InboxTask kInboxTasks[] = {
#include "modules/persistence/inbox_tasks.inc"
};

/// Below it are the keys of all tasks.
constexpr std::string_view kCacheKey =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache";
/// A .job file is a few KiB.
constexpr std::uint64_t kMaxJobBytes = 1u << 20;

struct JobRow {
  FileInfo file;
  std::string installation;
  std::uint32_t artifact = 0;
  JobFile job;
  ScheduledTask task;  // the same, for the rules

  Envelope envelope() const {
    Envelope envelope;
    envelope.origin.artifact = artifact;
    envelope.timestamps.emplace_back("created", file.si.created);
    envelope.timestamps.emplace_back("modified", file.si.modified);
    return envelope;
  }
};

using F = Field<JobRow>;
constexpr std::array kJobFields{
    F{{"path", "The .job file."}, [](const JobRow& r, Cell& c) { c.text(r.file.path.text()); }},
    F{{"installation_folder",
       "Windows folder of the job's installation where the source holds several and this is not "
       "the first."},
      [](const JobRow& r, Cell& c) {
        r.installation.empty() ? c.absent(Absent::not_applicable) : c.text(r.installation);
      }},
    F{{"guid", "Identifier of the job."},
      [](const JobRow& r, Cell& c) { c.text(r.job.id.text()); }},
    F{{"product_version", "Version of the Windows that wrote it, 1281 for XP."},
      [](const JobRow& r, Cell& c) { c.number(r.job.product_version); }},
    F{{"author", "Account that made it; NetScheduleJobAdd for at.exe, also from another host."},
      [](const JobRow& r, Cell& c) { task_fields::write_text(c, r.job.author); }},
    F{{"comment", "Its comment."},
      [](const JobRow& r, Cell& c) { task_fields::write_text(c, r.job.comment); }},
    F{{"command_line", "Application and parameters that it starts."},
      [](const JobRow& r, Cell& c) { c.text(r.task.targets.front().text); }},
    F{{"working_directory", "Folder that it starts them in."},
      [](const JobRow& r, Cell& c) { task_fields::write_text(c, r.job.working_directory); }},
    F{{"triggers", "When it starts, a list, in local time."},
      [](const JobRow& r, Cell& c) { append_task_triggers(c.raw(), r.job.triggers); }},
    F{{"hidden", "Whether it asks to be hidden."},
      [](const JobRow& r, Cell& c) { c.boolean(r.job.has(job_flag::kHidden)); }},
    F{{"enabled", "Whether it is switched on."},
      [](const JobRow& r, Cell& c) { c.boolean(!r.job.has(job_flag::kDisabled)); }},
    F{{"last_run_local", "When it ran last, in the local time of the machine."},
      [](const JobRow& r, Cell& c) { task_fields::write_text(c, r.job.last_run); }},
    F{{"status", "State as Windows numbers it, 267008 (0x41300) for ready."},
      [](const JobRow& r, Cell& c) { c.number(r.job.status); }},
    F{{"exit_code", "Result of the last run."},
      [](const JobRow& r, Cell& c) { c.number(r.job.exit_code); }},
    F{{"target", "File that it leads to."},
      [](const JobRow& r, Cell& c) {
        const auto& path = r.task.targets.front().command.target_path();
        path ? c.text(path->text()) : c.absent(Absent::not_applicable);
      }},
    F{{"target_existence", "Whether that exists: exists, missing or unknown."},
      [](const JobRow& r, Cell& c) {
        c.text(to_text(r.task.targets.front().command.target_existence()));
      }},
};

constexpr auto kTaskColumns = columns_of(kTaskFields);
constexpr Kind kTask{"scheduled_task",
                     "One scheduled task, put together from its file and its registry keys.",
                     kTaskColumns, "Scheduled task {task_path}[ by {author}][, runs {targets}]"};
constexpr auto kJobColumns = columns_of(kJobFields);
constexpr Kind kJob{"legacy_task", "One .job file of Windows XP or at.exe.", kJobColumns,
                    "Task file {path}[, runs {command_line}]"};

using L = Field<LiveTask>;
constexpr std::array kLiveFields{
    L{{"task_path", "Path of the task, as the Task Scheduler shows it."},
      [](const LiveTask& t, Cell& c) { c.text(t.path); }},
    L{{"enabled", "Whether it is switched on."},
      [](const LiveTask& t, Cell& c) {
        t.enabled ? c.boolean(*t.enabled) : c.absent(Absent::unreadable);
      }},
    L{{"state", "What it does: 1 disabled, 2 queued, 3 ready, 4 running."},
      [](const LiveTask& t, Cell& c) { c.number(t.state); }},
};
constexpr auto kLiveColumns = columns_of(kLiveFields);
constexpr Kind kLive{"unregistered_task",
                     "One task that the running Task Scheduler lists and the registry does not "
                     "hold, as when its keys were deleted while it stays loaded.",
                     kLiveColumns, "Task {task_path}, which the registry does not hold"};
constexpr std::array kKinds{kTask, kJob, kLive};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-tsch",
    "https://github.com/libyal/winreg-kb/blob/main/docs/sources/windows-registry",
    "https://github.com/GDATAAdvancedAnalytics/winreg-tasks",
    "https://github.com/netero1010/GhostTask",
    "https://github.com/libyal/dtformats/tree/main/documentation"};

constexpr std::string_view kAttack[] = {
    "T1003",     "T1014",     "T1027.010", "T1036.004", "T1036.005", "T1036.007", "T1036.008",
    "T1047",     "T1053.002", "T1053.005", "T1059.001", "T1059.005", "T1070.006", "T1098",
    "T1105",     "T1112",     "T1127.001", "T1136.001", "T1136.002", "T1140",     "T1197",
    "T1202",     "T1218",     "T1218.001", "T1218.002", "T1218.003", "T1218.004", "T1218.005",
    "T1218.007", "T1218.008", "T1218.009", "T1218.010", "T1218.011", "T1564",     "T1564.001",
    "T1564.004", "T1574.007", "T1574.009"};

void judge(ModuleContext& context, AsepEvidence& evidence, const ScheduledTask& task,
           const TaskViews& views, const std::string& record) {
  TaskCase one{
      &task, &views, record, evidence.windows(task.installation_index), context.reference_time(),
      {}};
  if (task.known != TaskDefault::exact)
    for (const auto& target : task.targets) {
      const auto& command = target.command;
      one.files.push_back(command.target_path() && command.target_existence() == Existence::exists
                              ? evidence.look_at(*command.target_path())
                              : std::nullopt);
    }
  if (auto finding = judge_task(one)) context.report(*std::move(finding));
}

class Jobs {
 public:
  Jobs(ModuleContext& context, AsepEvidence& evidence) : context_{context}, evidence_{evidence} {}

  void read(std::size_t installation) {
    each(installation, "%SystemRoot%\\Tasks\\*.job",
         [&](const FileInfo& file) { read_job(installation, file); });
    // Its log is evidence for the examiner; what it says stands in no record.
    for (const std::string_view log :
         {"%SystemRoot%\\SchedLgU.txt", "%SystemRoot%\\Tasks\\SchedLgU.txt"})
      each(installation, log, [&](const FileInfo& file) {
        context_.collect(file.path, "log of scheduled tasks", Priority::high);
      });
  }

 private:
  template <class Visit>
  void each(std::size_t installation, std::string_view pattern, Visit visit) {
    each_matching_file(
        context_.source(), pattern, evidence_.environment(installation, nullptr), nullptr,
        [&](const FileInfo& file) {
          visit(file);
          return !context_.stop().stop_requested();
        },
        [&](Error error) { context_.note(std::move(error)); });
  }

  void read_job(std::size_t installation, const FileInfo& file) {
    if (file.is_link) return note(file, Error{Errc::unsupported, "a link, not followed"});
    JobRow row;
    row.file = file;
    row.installation = context_.registry()->installations()[installation].label;
    const auto artifact =
        context_.collect(file.path, "scheduled task " + file.path.text(), Priority::crown_jewels);
    row.artifact = artifact.row;
    const auto content = context_.read(artifact, kMaxJobBytes);
    if (!content) return note(file, content.error());
    auto job = parse_job_file(Bytes{*content});
    if (!job) return note(file, job.error());
    for (const Error& problem : job->problems) note(file, problem);
    row.job = *std::move(job);
    row.task.installation_index = installation;
    row.task.installation = row.installation;
    row.task.path = file.path.text();
    row.task.file = definition_of(row.job, file);
    row.task.path_registered = true;  // the file is the registration
    row.task.targets.push_back(target_of(row.job, installation));
    const auto& command = row.task.targets.front().command;
    if (command.target_path() && command.target_existence() == Existence::exists)
      context_.collect(*command.target_path(), "target of scheduled task " + file.path.text(),
                       Priority::high);
    const std::string record = context_.emit(kJob, kJobFields, row, row.envelope());
    state_autostart(context_, kJob.name, row.task, evidence_.windows(installation), record);
    judge_job(row, record);
  }

  /// The job in the form that the rules know.
  static TaskFile definition_of(const JobFile& job, const FileInfo& file) {
    TaskXml xml;
    xml.author = job.author;
    xml.hidden = job.has(job_flag::kHidden);
    xml.enabled = !job.has(job_flag::kDisabled);
    xml.triggers = job.triggers;
    if (job.made_by_at()) {  // such jobs run as nobody else
      TaskPrincipal principal;
      principal.user = "S-1-5-18";
      principal.run_level = "HighestAvailable";
      xml.principals.push_back(std::move(principal));
    }
    TaskFile definition;
    definition.file = file;
    definition.xml = std::move(xml);
    return definition;
  }

  TaskTarget target_of(const JobFile& job, std::size_t installation) {
    TaskTarget target;
    target.text = job.parameters.empty() ? job.application : job.application + ' ' + job.parameters;
    const std::string quoted = job.application.find('"') == std::string::npos
                                   ? '"' + job.application + '"'
                                   : job.application;
    auto resolver = evidence_.resolver(installation, nullptr, false, true);
    resolver.working_directory = job.working_directory;
    target.command = resolve_command_line(
        job.parameters.empty() ? quoted : quoted + ' ' + job.parameters, resolver);
    return target;
  }

  void judge_job(const JobRow& row, const std::string& record) {
    // The file is the only view of such a job: there is nothing to compare it with.
    constexpr TaskViews kOnlyView{true, true, true, true, false, false, true};
    judge(context_, evidence_, row.task, kOnlyView, record);
  }

  void note(const FileInfo& file, const Error& error) {
    context_.note(Error{error.code, "scheduled task " + file.path.text() + ": " + error.what,
                        error.offset, error.detail});
  }

  ModuleContext& context_;
  AsepEvidence& evidence_;
};

/// Definitions of PowerShell's scheduled jobs: the task starts PowerShell, the job says what for.
void preserve_powershell_jobs(ModuleContext& context, AsepEvidence& evidence) {
  for (const auto& user : context.registry()->users()) {
    if (user.folder.empty()) continue;
    each_matching_file(
        context.source(), "%LOCALAPPDATA%\\Microsoft\\Windows\\PowerShell\\ScheduledJobs\\**",
        evidence.environment(0, &user), &user,
        [&](const FileInfo& file) {
          context.collect(file.path, "scheduled job of PowerShell", Priority::high);
          return !context.stop().stop_requested();
        },
        [&](Error error) { context.note(std::move(error)); });
  }
}

/// Its keys were deleted while the scheduler keeps it, or it was made between the two questions.
void report_unregistered(ModuleContext& context, const LiveTask& task) {
  const std::string record = context.emit(kLive, kLiveFields, task, Envelope{});
  Finding finding;
  finding.rule = "scheduled_tasks.unregistered";
  finding.title = "Task that runs without its registry keys";
  finding.subject = printable(task.path);
  finding.why.push_back({"The running Task Scheduler lists '" + printable(task.path) +
                             "', for which there is no key below TaskCache\\Tree.",
                         25,
                         Family::registry_state,
                         {record}});
  finding.attack = {"T1564", "T1053.005"};
  finding.innocent_explanation_unchecked = true;
  finding.not_checked.emplace_back(
      "Whether the task was registered between the two questions: its last run and its file would "
      "tell.");
  finding.benign.emplace_back("A task that was registered between the two questions.");
  finding.next.emplace_back(
      "Deleted keys below TaskCache in the preserved hive; the task's file; task events of that "
      "path.");
  context.report(std::move(finding));
}

Result<void> run(ModuleContext& context) {
  TaskReader reader{context, kInboxTasks};
  HOZEN_CHECK(reader.read([&](ScheduledTask& task, const TaskViews& views) {
    const std::string record =
        context.emit(kTask, kTaskFields, TaskRow{&task, &views}, task.envelope());
    state_task(context, task, kTask.name, record);
    state_autostart(context, kTask.name, task, reader.evidence().windows(task.installation_index),
                    record);
    judge(context, reader.evidence(), task, views, record);
  }));
  if (reader.views().registry_whole) context.stated_all(kTask.name, kCacheKey);
  for (const LiveTask& task : reader.unregistered()) report_unregistered(context, task);
  if (context.registry() == nullptr || !context.reads_files()) return {};
  Jobs jobs{context, reader.evidence()};
  for (std::size_t i = 0; i < context.registry()->installations().size(); ++i) jobs.read(i);
  preserve_powershell_jobs(context, reader.evidence());
  return {};
}

}  // namespace

extern const ModuleSpec scheduled_tasks;
const ModuleSpec scheduled_tasks{
    "scheduled_tasks",
    "Scheduled tasks, compared across their files and the registry: hidden, orphaned, altered.",
    kKinds,
    kReferences,
    kAttack,
    run};

}  // namespace hozen::modules
