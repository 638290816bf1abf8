// Rules over the files that a service runs or loads.
#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/service_rules.h"

namespace hozen {
namespace {

/// Programs that are no service programs: they run what they are told, and Windows gives them up
/// after half a minute.
constexpr std::string_view kShells[] = {
    "cmd.exe",      "powershell.exe", "pwsh.exe",    "mshta.exe",   "rundll32.exe",
    "regsvr32.exe", "wscript.exe",    "cscript.exe", "msbuild.exe", "installutil.exe"};

std::string quote(std::string_view text) { return "'" + printable(text) + "'"; }

bool is_shell(std::string_view program) {
  const std::string_view name = program.substr(program.find_last_of("\\/") + 1);
  return std::any_of(std::begin(kShells), std::end(kShells), [&](std::string_view shell) {
    return equals_fold(shell, name) || equals_fold(shell, std::string{name} + ".exe");
  });
}

void add(std::vector<RuleHit>& hits, RuleHit hit) {
  const bool known = std::any_of(hits.begin(), hits.end(), [&](const RuleHit& other) {
    return other.rule == hit.rule && other.why.fact == hit.why.fact;
  });
  if (!known) hits.push_back(std::move(hit));
}

void judge_shell(const ServiceEntry& entry, std::vector<RuleHit>& hits) {
  const ResolvedCommand& command = *entry.image.command;
  if (entry.is_driver() || !is_shell(command.image) || trim(command.arguments).empty()) return;
  add(hits, {"shell_as_service",
             "Service that runs a command",
             {"The program of the service is " + quote(command.image) + ", told to run " +
                  quote(command.arguments) + ".",
              45,
              Family::command_line,
              {}},
             "T1569.002"});
}

/// True for a share of the own machine, also one that was made a path of a drive.
bool is_own_share(const ResolvedCommand& command) {
  return command.hosts.empty() && command.has_flag(command_flag::kUncPath) &&
         (command.image_path || glob_match_fold("\\\\127.0.0.1\\*", command.image) ||
          glob_match_fold("\\\\localhost\\*", command.image));
}

/// The part of a path or command that only services for one remote command have.
void judge_folder(const ServiceEntry& entry, std::vector<RuleHit>& hits) {
  if (entry.is_driver()) return;  // judge_driver says it
  const std::string& text = entry.image.command->expanded;
  constexpr std::string_view kParts[] = {"*\\AppData\\*", "*\\\\127.0.0.1\\*", "*\\\\localhost\\*"};
  const bool named = std::any_of(std::begin(kParts), std::end(kParts), [&](std::string_view part) {
    return glob_match_fold(part, text);
  });
  const bool own_share = is_own_share(*entry.image.command);
  if (!named && !own_share) return;
  add(hits, {"service_folder",
             "Service whose program lies where services do not",
             {"The command of the service is " + quote(text) +
                  ": programs of services lie neither in a user's profile nor behind a share of "
                  "the own machine.",
              own_share ? 75 : 50,  // how a program is sent to a host and run there
              Family::path,
              {}},
             "T1569.002"});
}

void judge_unquoted(const ServiceCase& one, const ResolvedCommand& command,
                    std::vector<RuleHit>& hits) {
  for (const auto& candidate : command.earlier_candidates) {
    const auto path = EvidencePath::parse(candidate.path);
    // Ordinary users cannot make files in the root of a volume that Windows formatted.
    if (!path || path->components().size() < 2) continue;
    const auto why = writable_because(*path, one.windows);
    if (!why) continue;
    add(hits, {"unquoted_writable_path",
               "Unquoted path that users can take over",
               {"The unquoted path makes Windows look for " + quote(candidate.path) +
                    " first, which lies in " + *why + ".",
                15,
                Family::path,
                {}},
               "T1574.009",
               true});
    return;
  }
}

void judge_driver(const ServiceCase& one, std::vector<RuleHit>& hits) {
  const auto* target = one.entry->image.target();
  if (!one.entry->is_driver()) return;
  if (const auto share = remote_share(*one.entry->image.command))
    add(hits, {"driver_elsewhere",
               "Driver on a share of another machine",
               {"The driver lies on another machine: " + quote(*share) + ".", 50, Family::path, {}},
               "T1014"});
  if (target == nullptr) return;
  if (auto hit = driver_elsewhere(*target, one.windows)) add(hits, *std::move(hit));
}

void judge_library(const ServiceCase& one, const ServiceFile& file, const char* rule,
                   const char* title, std::vector<RuleHit>& hits) {
  const auto* target = file.target();
  const auto share = remote_share(*file.command);
  if (!share && (target == nullptr || is_windows_folder(*target, one.windows) ||
                 is_program_files(*target, one.windows)))
    return;
  add(hits, {rule,
             title,
             {quote(share ? *share : target->text()) +
                  " lies neither in Windows' folders nor in Program Files.",
              20,
              Family::path,
              {}},
             "T1574.001"});
}

/// A second library, one key deletion away from being the one that is loaded.
void judge_unused_library(const ServiceEntry& entry, std::vector<RuleHit>& hits) {
  if (!entry.has_other_library()) return;
  const auto path_of = [](const ServiceFile& file) {
    return quote(file.target() != nullptr ? file.target()->text() : file.text);
  };
  add(hits, {"second_service_dll",
             "Service whose key names a second library",
             {"ServiceDll of the service's own key is " + path_of(entry.unused_library) +
                  "; Windows uses that of Parameters, " + path_of(entry.library) +
                  ", as long as it is there.",
              20,
              Family::registry_state,
              {}},
             "T1543.003",
             true});
}

/// What runs cannot be told: a variable that is set for a moment leads anywhere.
void judge_variable(const ServiceCase& one, const ServiceFile& file, std::vector<RuleHit>& hits) {
  // Without SOFTWARE the variables of Windows' own folders are not known either.
  if (!one.host->read || file.target() != nullptr || file.command->unknown_variables.empty() ||
      file.command->image.find('%') == std::string::npos)
    return;
  add(hits,
      {"unknown_variable",
       "Service whose file depends on a variable that is not set",
       {"What " + quote(file.text) + " leads to is not known: no environment has the variable " +
            quote(file.command->unknown_variables.front()) + ".",
        15,
        Family::path,
        {}},
       "T1574.007",
       true});
}

/// Monitoring products do this; theirs lie in Program Files.
void judge_environment(const ServiceEntry& entry, const EvidencePath& windows,
                       std::vector<RuleHit>& hits) {
  std::string usual, unusual;
  for (const auto& file : entry.environment_libraries) {
    const auto* target = file.target();
    std::string& list = target != nullptr && is_program_files(*target, windows) ? usual : unusual;
    list += (list.empty() ? "" : ", ") + quote(target != nullptr ? target->text() : file.text);
  }
  if (usual.empty() && unusual.empty()) return;
  add(hits, {"environment_library",
             "Library loaded into a service through its environment",
             {"The Environment of the service has .NET load " +
                  (unusual.empty() ? usual : unusual) + " into its process.",
              unusual.empty() ? 15 : 35,
              Family::registry_state,
              {}},
             "T1574.012",
             unusual.empty()});
}

/// True for a shared rule whose fact a rule of services has said already.
bool is_said(const RuleHit& hit, const std::vector<RuleHit>& hits) {
  const std::string_view by = hit.rule == "proxy_execution"     ? "shell_as_service"
                              : hit.rule == "writable_location" ? "driver_elsewhere"
                                                                : "";
  return std::any_of(hits.begin(), hits.end(),
                     [&](const RuleHit& other) { return other.rule == by; });
}

/// Windows lists drivers for hardware that is not there, without their files: of those in its own
/// folders only the ones that it would load at the start are missed.
bool counts(const RuleHit& hit, const ServiceCase& one) {
  const ServiceEntry& entry = *one.entry;
  if (hit.rule != "missing_target" || !entry.is_driver()) return true;
  if (entry.image_is_default) return false;
  return entry.start.value_or(0) < kStartOnDemand || entry.image.target() == nullptr ||
         !is_windows_folder(*entry.image.target(), one.windows);
}

void judge_shared(const ServiceCase& one, const ServiceFile& file, FileTime written,
                  std::vector<RuleHit>& hits, std::vector<std::string>& not_checked) {
  const auto judge = [&](const ResolvedCommand& command, const FileInfo* info) {
    RuleInput input;
    input.command = &command;
    input.file = info;
    input.windows = one.windows;
    input.reference_time = one.reference_time;
    input.written = written;
    Assessment shared = assess_command(input);
    for (auto& hit : shared.hits) {
      if (!is_said(hit, hits) && counts(hit, one)) add(hits, std::move(hit));
    }
    for (auto& text : shared.not_checked)
      if (std::find(not_checked.begin(), not_checked.end(), text) == not_checked.end())
        not_checked.push_back(std::move(text));
  };
  judge(*file.command, file.info ? &*file.info : nullptr);
  for (const auto& other : file.command->others) judge(other, nullptr);
}

}  // namespace

std::optional<RuleHit> driver_elsewhere(const EvidencePath& target, const EvidencePath& windows) {
  for (const std::string_view folder : {"System32\\drivers", "System32\\DriverStore"})
    if (target.is_below(windows / folder)) return std::nullopt;
  const auto writable = writable_because(target, windows);
  const std::string where =
      writable ? *writable : "neither of the folders in which Windows keeps drivers";
  return RuleHit{"driver_elsewhere",
                 writable ? "Driver in a folder that users can write to"
                          : "Driver outside of the folders for drivers",
                 {"The driver " + quote(target.text()) + " lies in " + where + ".",
                  writable ? 50 : 15,
                  Family::path,
                  {}},
                 "T1014",
                 !writable};
}

std::vector<RuleHit> assess_service_files(const ServiceCase& one,
                                          std::vector<std::string>& not_checked) {
  const ServiceEntry& entry = *one.entry;
  const std::uint32_t build = one.host->build;
  std::vector<RuleHit> hits;
  const auto usual = [&](const InboxMatch& match) { return match.state == InboxState::usual; };
  if (entry.image.command && !usual(one.baseline->image(entry, one.windows, build))) {
    judge_shell(entry, hits);
    judge_folder(entry, hits);
    judge_driver(one, hits);
    judge_shared(one, entry.image, entry.written, hits, not_checked);
  }
  if (entry.image.command) judge_unquoted(one, *entry.image.command, hits);
  for (const ServiceFile* file : {&entry.image, &entry.library})
    if (file->command) judge_variable(one, *file, hits);
  if (entry.library.command && !usual(one.baseline->library(entry, one.windows, build))) {
    // Of a service of Windows it is said already that the library is another.
    if (one.baseline->library(entry, one.windows, build).state == InboxState::unknown)
      judge_library(one, entry.library, "service_dll_elsewhere",
                    "Library of a service in an unusual folder", hits);
    judge_shared(one, entry.library, entry.parameters_written, hits, not_checked);
  }
  judge_unused_library(entry, hits);
  if (entry.failure.command && entry.failure_actions && entry.failure_actions->runs_command() &&
      !one.baseline->is_usual_failure_command(entry, one.windows))
    judge_shared(one, entry.failure, entry.written, hits, not_checked);
  if (entry.performance.command) {
    judge_library(one, entry.performance, "performance_library_elsewhere",
                  "Performance library in an unusual folder", hits);
    const auto* target = entry.performance.target();
    if (target != nullptr ? !is_windows_folder(*target, one.windows)
                          : remote_share(*entry.performance.command).has_value())
      judge_shared(one, entry.performance, entry.performance_written, hits, not_checked);
  }
  judge_environment(entry, one.windows, hits);
  // One of them stands for all: a list of them does not make it worse.
  const auto& libraries = entry.environment_libraries;
  const auto there = std::find_if(libraries.begin(), libraries.end(),
                                  [](const ServiceFile& file) { return file.info.has_value(); });
  if (!libraries.empty()) {
    const ServiceFile& first = there != libraries.end() ? *there : libraries.front();
    if (first.command) judge_shared(one, first, entry.written, hits, not_checked);
  }
  return hits;
}

}  // namespace hozen
