#include "collector/module/rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/rule_commands.h"
#include "collector/module/signature_answers.h"
#include "collector/module/system_names.h"

namespace hozen {
namespace {

constexpr std::uint64_t kTicksPerDay = kTicksPerSecond * 86'400;

/// Programs of Windows that run what others wrote, with the technique of each.
constexpr std::pair<std::string_view, std::string_view> kHosts[] = {
    {"rundll32.exe", "T1218.011"},
    {"regsvr32.exe", "T1218.010"},
    {"mshta.exe", "T1218.005"},
    {"wscript.exe", "T1059.005"},
    {"cscript.exe", "T1059.005"},
    {"powershell.exe", "T1059.001"},
    {"pwsh.exe", "T1059.001"},
    {"msbuild.exe", "T1127.001"},
    {"installutil.exe", "T1218.004"},
    {"regasm.exe", "T1218.009"},
    {"regsvcs.exe", "T1218.009"},
    {"certutil.exe", "T1140"},
    {"bitsadmin.exe", "T1197"},
    {"forfiles.exe", "T1202"},
    {"pcalua.exe", "T1202"},
    {"conhost.exe", "T1202"},
    {"odbcconf.exe", "T1218.008"},
    {"msiexec.exe", "T1218.007"},
    {"cmstp.exe", "T1218.003"},
    {"hh.exe", "T1218.001"},
    {"control.exe", "T1218.002"},
    {"presentationhost.exe", "T1218"},
    {"syncappvpublishingserver.exe", "T1218"},
    {"workfolders.exe", "T1218"},
    {"wmic.exe", "T1047"},
};

/// Programs that run a script or library whatever its extension says.
constexpr std::string_view kInterpreters[] = {
    "rundll32.exe", "regsvr32.exe", "mshta.exe", "wscript.exe", "cscript.exe", "powershell.exe",
    "pwsh.exe",     "cmd.exe",      "java.exe",  "javaw.exe",   "python.exe",  "pythonw.exe",
    "node.exe",     "msbuild.exe",  "perl.exe",  "php.exe",     "autoit3.exe"};

constexpr std::string_view kDataExtensions[] = {"dat", "log", "tmp", "jpg", "jpeg", "png",
                                                "gif", "txt", "ini", "bin", "db",   "bmp"};
template <class List>
bool lists(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

std::string quote(std::string_view text) { return "'" + std::string{text} + "'"; }

std::string_view last_component(std::string_view path) {
  const auto at = path.find_last_of("\\/");
  return at == std::string_view::npos ? path : path.substr(at + 1);
}

std::string extension_of(std::string_view name) {
  const auto at = name.rfind('.');
  return at == std::string_view::npos ? "" : to_lower_ascii(name.substr(at + 1));
}

struct NamedFile {
  std::string path;
  bool exists = false;
};

/// Every file the command names: program, hosts, payload.
std::vector<NamedFile> named_files(const ResolvedCommand& command) {
  std::vector<NamedFile> files;
  const auto add = [&](const std::string& path, Existence existence) {
    const bool known = std::any_of(files.begin(), files.end(),
                                   [&](const NamedFile& file) { return file.path == path; });
    if (!path.empty() && !known) files.push_back({path, existence == Existence::exists});
  };
  add(command.image_path ? command.image_path->text() : command.image, command.image_existence);
  for (const auto& host : command.hosts)
    add(host.path.empty() ? host.name : host.path, host.existence);
  if (command.payload_path) add(command.payload_path->text(), command.payload_existence);
  return files;
}

/// The technique of the host if `command` starts one of kHosts with something to run; the host's
/// name in `name`.
std::string_view host_technique(const ResolvedCommand& command, std::string& name) {
  const auto technique = [&](std::string_view program) -> std::string_view {
    const std::string lower = to_lower_ascii(last_component(program));
    for (const auto& [host, id] : kHosts)
      if (lower == host || lower + ".exe" == host) {
        name = host;
        return id;
      }
    return {};
  };
  for (auto host = command.hosts.rbegin(); host != command.hosts.rend(); ++host)
    if (const auto id = technique(host->name); !id.empty()) return id;
  if (command.arguments.empty()) return {};
  return technique(command.image);
}

void judge_location(const RuleInput& input, std::vector<RuleHit>& hits) {
  const auto& target = input.command->target_path();
  if (!target) return;
  if (const auto reason = writable_because(*target, input.windows))
    hits.push_back({"writable_location",
                    "Program started from a folder that users can write to",
                    {quote(target->text()) + " lies in " + *reason + ".", 15, Family::location, {}},
                    "T1036.005",
                    true});
  if (!target->stream().empty() || input.command->has_flag(command_flag::kAlternateDataStream))
    hits.push_back(
        {"alternate_stream",
         "Program started from an alternate data stream",
         {quote(target->text()) + " is an alternate data stream of a file.", 40, Family::path, {}},
         "T1564.004"});
}

/// What can be said of a target only by its kind: a folder, or a volume without a known drive.
void judge_unreachable(const RuleInput& input, std::vector<RuleHit>& hits) {
  const ResolvedCommand& command = *input.command;
  const auto& target = command.target_path();
  if (target && command.target_existence() == Existence::folder)
    hits.push_back({"folder_target",
                    "Entry whose program is a folder",
                    {quote(target->text()) + " is a folder, not a file.", 10, Family::path, {}},
                    "",
                    true});
  if (!target && command.has_flag(command_flag::kDevicePath))
    hits.push_back({"device_path",
                    "Program named by a device instead of a drive",
                    {quote(command.payload.empty() ? command.image : command.payload) +
                         " names a device or volume whose drive the evidence does not say.",
                     20,
                     Family::path,
                     {}},
                    ""});
}

void judge_missing(const RuleInput& input, std::vector<RuleHit>& hits) {
  const auto& target = input.command->target_path();
  if (!target || input.command->target_existence() != Existence::missing) return;
  const bool recent = is_recent(input.written, input.reference_time);
  std::string fact = quote(target->text()) + " does not exist";
  if (recent) fact += ", and the key was last written on " + input.written.iso8601();
  hits.push_back({"missing_target",
                  "Entry whose program does not exist",
                  {fact + ".", recent ? 25 : 10, Family::path, {}},
                  "",
                  true});
}

/// True when the whole path, maybe but for its volume and its extension, stands in the command
/// line, not only a name that led to it.
bool is_spelled_out(std::string_view path, const ResolvedCommand& command) {
  std::string line = fold_case(command.expanded);
  std::replace(line.begin(), line.end(), '/', '\\');
  // The evidence may call the volume otherwise.
  path.remove_prefix(std::min(path.find('\\'), path.size()));
  const std::size_t dot = path.rfind('.');
  if (dot != std::string_view::npos && path.find('\\', dot) == std::string_view::npos)
    path = path.substr(0, dot);
  return line.find(fold_case(path)) != std::string::npos;
}

void judge_names(const RuleInput& input, std::vector<RuleHit>& hits) {
  for (const auto& [file, exists] : named_files(*input.command)) {
    const std::string_view name = last_component(file);
    const auto path = EvidencePath::parse(file);
    // Where a file lies can be said of one that is there, or whose place the entry itself names:
    // any other path may be put together from where Windows would look first.
    if (path && (exists || is_spelled_out(file, *input.command)) &&
        is_system_name_elsewhere(*path, input.windows))
      hits.push_back({"system_name_elsewhere",
                      "Program named like one of Windows in another folder",
                      {quote(file) + " has the name of a Windows program but does not lie where "
                                     "Windows keeps it.",
                       40,
                       Family::name,
                       {}},
                      "T1036.005"});
    if (const auto imitated = imitated_system_name(name))
      hits.push_back({"lookalike_name",
                      "Program whose name imitates one of Windows",
                      {quote(name) + " looks like " + quote(*imitated) + ".", 35, Family::name, {}},
                      "T1036.005"});
    if (const auto reason = deceptive_name(name))
      hits.push_back({"deceptive_name",
                      "Program with a deceptive name",
                      {quote(printable(name)) + " " + *reason + ".", 35, Family::name, {}},
                      "T1036.007"});
  }
}

void judge_host(const RuleInput& input, std::vector<RuleHit>& hits) {
  const ResolvedCommand& command = *input.command;
  std::string host;
  const std::string_view technique = host_technique(command, host);
  if (technique.empty()) return;
  // Windows and drivers start their own libraries this way, and an installer package is the
  // everyday use of msiexec: only what comes from elsewhere says something.
  const auto& target = command.payload_path;
  if (target && is_windows_folder(*target, input.windows)) return;
  if (host == "msiexec.exe" && !remote_target(command.expanded) && !foreign_share(command)) return;
  if (command.payload.empty() && command.arguments.empty()) return;
  if (host == "control.exe" && !target) return;
  const std::string what = command.payload.empty() ? command.arguments : command.payload;
  // The arguments are those of the program of the line, whatever that starts in turn.
  if (command.payload.empty() && !command.hosts.empty() && !command.image.empty())
    host = to_lower_ascii(last_component(command.image));
  hits.push_back(
      {"proxy_execution",
       "Windows program used to run something else",
       {quote(host) + " is told to run " + quote(what) + ".", 20, Family::command_line, {}},
       std::string{technique}});
}

void judge_powershell(const RuleInput& input, std::vector<RuleHit>& hits) {
  constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
      {command_flag::kEncodedPowershell, "an encoded command"},
      {command_flag::kHiddenWindow, "a hidden window"},
      {command_flag::kNoProfile, "no profile"},
      {command_flag::kInvokeExpression, "text run as a command"},
      {command_flag::kDownload, "a download"},
      {command_flag::kBase64InScript, "decoding of base64"},
      {command_flag::kExecutionPolicyBypass, "the execution policy switched off"},
      {command_flag::kPowershellVersion2, "the old version that logs nothing"},
      {command_flag::kObfuscated, "obfuscation"}};
  std::string host;
  host_technique(*input.command, host);
  if (host != "powershell.exe" && host != "pwsh.exe") return;
  std::string found;
  int groups = 0;
  for (const auto& [flag, words] : kSigns) {
    if (!input.command->has_flag(flag)) continue;
    found += (groups == 0 ? "" : ", ") + std::string{words};
    ++groups;
  }
  if (groups == 0) return;
  constexpr int kFirst = 30, kEach = 5, kMost = 45;
  hits.push_back({"powershell_evasion",
                  "PowerShell command that hides what it does",
                  {"The command line asks for " + found + ".",
                   std::min(kMost, kFirst + kEach * (groups - 1)),
                   Family::command_line,
                   {}},
                  "T1059.001"});
}

/// A script file of Program Files or Windows, which only administrators can change, is how software
/// and administrators start PowerShell without a window.
void judge_protected_script(const RuleInput& input, std::vector<RuleHit>& hits) {
  constexpr std::string_view kHiding[] = {
      command_flag::kEncodedPowershell,  command_flag::kInvokeExpression,
      command_flag::kDownload,           command_flag::kBase64InScript,
      command_flag::kPowershellVersion2, command_flag::kObfuscated};
  const ResolvedCommand& command = *input.command;
  const auto& script = command.payload_path;
  std::string host;
  host_technique(command, host);
  if ((host != "powershell.exe" && host != "pwsh.exe") || !script ||
      command.payload_kind != "script" || !script->stream().empty())
    return;
  if (!is_program_files(*script, input.windows) && !is_windows_folder(*script, input.windows))
    return;
  if (std::any_of(std::begin(kHiding), std::end(kHiding),
                  [&](std::string_view flag) { return command.has_flag(flag); }))
    return;
  int sum = 0;
  for (const auto& hit : hits)
    if (hit.rule == "powershell_evasion" || hit.rule == "proxy_execution") sum += hit.why.weight;
  constexpr int kMost = 35;  // below medium
  if (sum <= kMost) return;
  hits.push_back({"protected_script",
                  "",
                  {quote(script->text()) +
                       " lies in a folder that only administrators can write to, as scripts of "
                       "installed software do.",
                   kMost - sum,
                   Family::location,
                   {}},
                  "",
                  true});
}

void judge_remote(const RuleInput& input, std::vector<RuleHit>& hits) {
  auto remote = remote_target(input.command->expanded);
  if (!remote) remote = foreign_share(*input.command);
  if (!remote) remote = remote_target(input.command->decoded);
  if (!remote) return;
  hits.push_back({"remote_target",
                  "Entry that reaches out to another machine",
                  {"The command line names " + quote(*remote) + ".", 25, Family::content, {}},
                  "T1105"});
}

void judge_memory_dump(const RuleInput& input, std::vector<RuleHit>& hits) {
  if (!input.command->has_flag(command_flag::kMemoryDump)) return;
  hits.push_back({"memory_dump",
                  "Entry that dumps the memory of a process",
                  {"The command line calls comsvcs.dll to dump the memory of a process.",
                   45,
                   Family::content,
                   {}},
                  "T1003.001"});
}

void judge_nesting(const RuleInput& input, std::vector<RuleHit>& hits) {
  if (!input.command->has_flag(command_flag::kNestingLimit)) return;
  hits.push_back({"nested_commands",
                  "Program hidden behind many shells or commands",
                  {"The command line starts programs that start programs, or holds more commands, "
                   "than honest lines do: what it runs in the end is hard to see.",
                   45,
                   Family::command_line,
                   {}},
                  "T1027.010"});
}

void judge_data_extension(const RuleInput& input, std::vector<RuleHit>& hits) {
  const ResolvedCommand& command = *input.command;
  // A command of the shell itself may end in the name of a file that it writes or deletes.
  if (command.hosts.empty() || command.payload.empty() || command.payload_kind == "inline") return;
  const std::string& host = command.hosts.back().name;
  const std::string extension =
      extension_of(command.payload_path ? command.payload_path->name() : command.payload);
  if (!lists(kInterpreters, to_lower_ascii(host)) || !lists(kDataExtensions, extension)) return;
  hits.push_back({"data_file_executed",
                  "Interpreter that runs a file with a data extension",
                  {quote(host) + " runs " + quote(command.payload) + ", a name of a data file.",
                   25,
                   Family::command_line,
                   {}},
                  "T1036.008"});
}

void judge_earlier_candidates(const RuleInput& input, std::vector<RuleHit>& hits) {
  for (const auto& candidate : input.command->earlier_candidates) {
    if (candidate.existence != Existence::exists) continue;
    hits.push_back({"unquoted_path_taken",
                    "Unquoted path taken over by another program",
                    {"The unquoted path makes Windows start " + quote(candidate.path) + " first.",
                     60,
                     Family::path,
                     {}},
                    "T1574.009"});
    return;
  }
}

void judge_file(const RuleInput& input, std::vector<RuleHit>& hits) {
  if (input.file == nullptr) return;
  const FileInfo& file = *input.file;
  constexpr std::uint32_t kBoth = kAttributeHidden | kAttributeSystem;
  if (file.attributes && (*file.attributes & kBoth) == kBoth &&
      writable_because(file.path, input.windows))
    hits.push_back({"hidden_file",
                    "Hidden system file started",
                    {quote(file.path.text()) + " carries the attributes hidden and system.",
                     15,
                     Family::content,
                     {}},
                    "T1564.001",
                    true});
  if (file.fn && file.si.created.is_set() && file.fn->created.is_set() &&
      file.si.created.ticks % kTicksPerSecond == 0 &&
      file.si.created.ticks + kTicksPerDay < file.fn->created.ticks)
    hits.push_back(
        {"time_stomped",
         "File whose creation time was set back",
         {quote(file.path.text()) + " claims to be created on " + file.si.created.iso8601() +
              ", its name on " + file.fn->created.iso8601() + ".",
          20,
          Family::time,
          {}},
         "T1070.006"});
}

}  // namespace

Assessment assess_command(const RuleInput& input) {
  Assessment result;
  judge_location(input, result.hits);
  judge_missing(input, result.hits);
  judge_unreachable(input, result.hits);
  judge_names(input, result.hits);
  judge_host(input, result.hits);
  judge_powershell(input, result.hits);
  judge_protected_script(input, result.hits);
  judge_remote(input, result.hits);
  judge_memory_dump(input, result.hits);
  judge_nesting(input, result.hits);
  judge_obfuscation(*input.command, result.hits);
  judge_accounts(*input.command, result.hits);
  judge_data_extension(input, result.hits);
  judge_earlier_candidates(input, result.hits);
  judge_file(input, result.hits);
  if (const auto& target = input.command->target_path()) {
    result.not_checked.push_back(unchecked_signature(target->text()));
    result.not_checked.push_back(
        "Version information of the file: an original name other than its own would raise the "
        "score.");
  }
  return result;
}

}  // namespace hozen
