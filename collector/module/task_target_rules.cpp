#include "collector/module/task_target_rules.h"

#include <algorithm>
#include <iterator>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint64_t kShortInterval = 600;  ///< seconds

std::string quote(std::string_view text) { return "'" + printable(text) + "'"; }

/// Variables that are a folder of the user, or lie in one.
constexpr std::string_view kUserFolders[] = {"APPDATA", "LOCALAPPDATA", "USERPROFILE", "TEMP",
                                             "TMP",     "HOMEPATH",     "OneDrive"};
/// Windows' own, which are not known without the hives that say whether it is a 64-bit one.
constexpr std::string_view kProgramFolders[] = {"ProgramFiles", "CommonProgramFiles",
                                                "ProgramW6432", "CommonProgramW6432"};

/// The file that decides, as text, where it begins with a variable that nobody has; else "".
std::string_view unresolved_file(const ResolvedCommand& command) {
  if (command.target_path()) return {};
  const std::string_view file = command.payload.empty() ? command.image : command.payload;
  return file.starts_with('%') && file.find('%', 1) != std::string_view::npos ? file
                                                                              : std::string_view{};
}

std::string_view variable_in_front(std::string_view file) {
  return file.empty() ? file : file.substr(1, file.find('%', 1) - 1);
}

/// The folder of a user whose profile is not in the evidence: its place is not known, but that the
/// user can write there is.
bool is_in_user_folder(std::string_view file) {
  const std::string_view variable = variable_in_front(file);
  return std::any_of(std::begin(kUserFolders), std::end(kUserFolders),
                     [&](std::string_view one) { return equals_fold(one, variable); });
}

/// The first target that ordinary users could replace; "" for none.
std::string writable_target(const TaskCase& one) {
  for (const auto& target : one.task->targets) {
    const auto& path = target.command.target_path();
    if (path && writable_because(*path, one.windows)) return path->text();
    if (const auto file = unresolved_file(target.command); is_in_user_folder(file))
      return std::string{file};
  }
  return {};
}

/// %APPDATA%\<folder>\<name>.exe: spelled out, or with the variable where the user's profile is not
/// in the evidence.
bool is_program_in_roaming(const ResolvedCommand& command) {
  constexpr std::string_view kSpelledOut = "*\\AppData\\Roaming\\*.exe";
  if (const auto& path = command.target_path())  // C:\Users\<name>\AppData\Roaming\<…>\<…>
    return path->components().size() == 6 && glob_match_fold(kSpelledOut, path->text());
  const std::string_view file = unresolved_file(command);
  const auto depth = std::count(file.begin(), file.end(), '\\');
  return (depth == 2 && glob_match_fold("%APPDATA%\\*.exe", file)) ||
         (depth == 4 && glob_match_fold("%USERPROFILE%\\AppData\\Roaming\\*.exe", file));
}

/// A share, device, address or unset variable, or for a class any name that is found nowhere: what
/// runs is no file that Windows has.
bool leads_nowhere_known(const TaskTarget& target) {
  const ResolvedCommand& command = target.command;
  if (command.target_path() || command.image.empty()) return false;
  return target.is_class() || is_in_user_folder(unresolved_file(command)) ||
         command.has_flag(command_flag::kUncPath) || command.has_flag(command_flag::kDevicePath) ||
         command.has_flag(command_flag::kUrl);
}

}  // namespace

void judge_variable(const TaskCase& one, std::vector<RuleHit>& hits) {
  for (const auto& target : one.task->targets) {
    const std::string_view file = unresolved_file(target.command);
    const std::string_view variable = variable_in_front(file);
    const bool of_user = is_in_user_folder(file);
    // Without the registry the variables of Windows' own folders are not known either.
    if (variable.empty() || (!of_user && !one.views->registry) ||
        std::any_of(std::begin(kProgramFolders), std::end(kProgramFolders),
                    [&](std::string_view folder) { return starts_with_fold(variable, folder); }))
      continue;
    hits.push_back(
        {"unknown_variable",
         of_user ? "Task that starts a program of a user's folder"
                 : "Task whose program depends on a variable that is not set",
         {of_user
              ? quote(file) + " lies in a folder of the user that the task runs as, whose "
                              "profile is not in the evidence: the file could not be looked at."
              : "What " + quote(file) + " leads to is not known: no environment has the variable " +
                    quote(variable) + ".",
          15,
          of_user ? Family::location : Family::path,
          {}},
         of_user ? "T1036.005" : "T1574.007",
         true});
    return;
  }
}

void judge_repetition(const TaskCase& one, std::vector<RuleHit>& hits) {
  const std::string target = writable_target(one);
  const auto& triggers = one.task->triggers();
  const auto found = std::find_if(triggers.begin(), triggers.end(), [](const TaskTrigger& trigger) {
    return trigger.enabled.value_or(true) && trigger.repeats_within(kShortInterval);
  });
  if (target.empty() || found == triggers.end()) return;
  hits.push_back(
      {"short_repetition",
       "Task that starts a user's program every few minutes",
       {"Every " + std::to_string(*found->repetition_interval_s) +
            " seconds without end the task starts " + quote(target) + ", which users can replace.",
        20,
        Family::time,
        {}},
       "T1053.005"});
}

void judge_elevated_logon(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  const auto& triggers = task.triggers();
  const bool at_logon = std::any_of(triggers.begin(), triggers.end(), [](const auto& trigger) {
    return trigger.kind == "LogonTrigger";
  });
  if (!at_logon || task.run_level() != "HighestAvailable") return;
  for (const auto& target : task.targets) {
    if (!is_program_in_roaming(target.command)) continue;
    const auto& path = target.command.target_path();
    const std::string file = path ? path->text() : std::string{unresolved_file(target.command)};
    hits.push_back({"elevated_at_logon",
                    "Task that starts a program of a user's folder elevated at logon",
                    {"At logon the task starts " + quote(file) +
                         " with the highest rights, as Quasar and its kin set themselves up.",
                     30,
                     Family::location,
                     {}},
                    "T1053.005"});
    return;
  }
}

void judge_borrowed_folder(const TaskCase& one, std::vector<RuleHit>& hits) {
  const ScheduledTask& task = *one.task;
  if (!starts_with_fold(task.path, "\\Microsoft\\Windows\\")) return;
  for (const auto& target : task.targets) {
    const ResolvedCommand& command = target.command;
    const auto& path = command.target_path();
    const bool foreign =
        path ? !is_windows_folder(*path, one.windows) && !is_program_files(*path, one.windows)
             : leads_nowhere_known(target);
    if (!foreign) continue;
    const std::string& file = command.payload.empty() ? command.image : command.payload;
    // Windows has libraries that its classes name without a folder; where its folders are not in
    // the evidence, this may be one.
    const bool unsure = !path && command.image_existence == Existence::unknown &&
                        file.find_first_of("\\/%") == std::string::npos;
    hits.push_back({"borrowed_folder",
                    "Task among those of Windows that starts a foreign program",
                    {quote(task.path) + " stands among the tasks of Windows, but starts " +
                         quote(path ? path->text() : file) +
                         (unsure ? ", a name that may stand for anything."
                                 : ", which is no program of Windows."),
                     unsure ? 15 : 25,
                     Family::name,
                     {}},
                    "T1036.004",
                    unsure});
    return;
  }
}

}  // namespace hozen
