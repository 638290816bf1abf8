#include <algorithm>
#include <iterator>
#include <regex>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/remote_tools.h"

namespace hozen {
namespace {

// Names: JPCERT/CC, "Detecting Lateral Movement through Tracking Event Logs"; the sources of
// RemCom, PAExec and Impacket; rules of the Sigma project.
constexpr RemoteTool kPsExec{"PsExec", "PSEXESVC", "PSEXESVC", "PSEXESVC", true};
constexpr RemoteTool kTools[] = {
    {"RemCom", "RemComSvc", "RemComSvc", "RemCom_*", false},
    {"PAExec", "PAExec*", "PAExec*", "PAExec*", true},
    {"CSExec", "csexecsvc", "csexecsvc", "csexec*", false},
    {"xCmd", "xcmdsvc", "xcmdsvc", "xcmd*", false},
    {"Winexe", "winexesvc", "winexesvc", "ahexec*", false},
};
constexpr RemoteTool kSmbExec{"Impacket smbexec", "", "", "", false};
constexpr RemoteTool kCobaltStrike{"Cobalt Strike psexec", "", "", "MSSE-*-server", false};
constexpr RemoteTool kMetasploit{"Metasploit psexec with PowerShell", "", "", "", false};
constexpr RemoteTool kRandom{"Metasploit or Impacket psexec", "", "", "", false};
constexpr RemoteTool kGetSystem{"getsystem of Metasploit or Cobalt Strike", "", "", "", false};
constexpr RemoteTool kShell{"a shell as a service", "", "", "", false};
constexpr RemoteTool kProgram{"a program as a service", "", "", "", false};
constexpr const RemoteTool* kPipeTools[] = {&kCobaltStrike};
constexpr std::string_view kCobaltPipes[] = {"MSSE-*-server", "status_??", "msagent_??",
                                             "postex_????", "postex_ssh_????"};

/// Longer texts are not looked at with regular expressions, which recurse.
constexpr std::size_t kMaxMatched = 400;

bool matches(std::string_view text, const char* pattern) {
  if (text.size() > kMaxMatched) return false;
  const std::regex expression{pattern, std::regex::ECMAScript | std::regex::icase};
  return std::regex_match(text.begin(), text.end(), expression);
}

/// Whether the program itself is cmd.exe; one that is called FooCmd.exe is not.
bool is_command_shell(std::string_view image) {
  image = trim(image);
  if (image_stem(image) == "CMD") return true;
  const std::vector<std::string> words = command_words(image.substr(0, kMaxMatched));
  if (words.empty()) return false;
  const std::string_view first{words.front()};
  const std::size_t slash = first.find_last_of("\\/");
  return equals_fold(first, "%comspec%") ||
         equals_fold(slash == std::string_view::npos ? first : first.substr(slash + 1), "cmd");
}

std::string_view without_slash(std::string_view pipe) {
  while (pipe.starts_with('\\')) pipe.remove_prefix(1);
  return pipe;
}

/// smbexec writes each command into a batch file, and its output into a share.
bool is_smbexec(std::string_view image) {
  return is_command_shell(image) && contains_fold(image, "echo") &&
         (contains_fold(image, "\\__output") || contains_fold(image, "del %systemroot%\\") ||
          (contains_fold(image, ".bat") && contains_fold(image, "& del ")));
}

bool is_getsystem(std::string_view image) {
  return contains_fold(image, "echo ") && contains_fold(image, "\\\\.\\pipe\\");
}

bool is_hidden_powershell(std::string_view image) {
  return contains_fold(image, "powershell") &&
         (contains_fold(image, "-nop") || contains_fold(image, "-enc") ||
          contains_fold(image, "-w hidden") || contains_fold(image, "frombase64string"));
}

/// "calc.exe": installers write paths.
bool is_bare_program(std::string_view image) {
  image = trim(image);
  return ends_with_fold(image, ".exe") && image.find_first_of("\\/%\" ") == std::string_view::npos;
}

/// A shell that runs one batch file which lies somewhere, as servers are started.
bool runs_batch_file(std::string_view image) {
  return (contains_fold(image, ".bat") || contains_fold(image, ".cmd")) &&
         contains_fold(image, ":\\") && image.find_first_of("&|<>^") == std::string_view::npos;
}

/// Programs of Windows that are no services, as somebody names them to try something out.
bool is_no_service_of_windows(std::string_view image) {
  constexpr std::string_view kStems[] = {"CALC", "NOTEPAD", "MSPAINT", "WRITE", "EXPLORER"};
  const std::string stem = image_stem(image);
  return is_telling_child(image) ||
         std::find(std::begin(kStems), std::end(kStems), stem) != std::end(kStems);
}

/// What software that is set up has, as far as is told: somebody who tries something out starts it
/// by hand.
bool may_start_itself(ServiceStart start) {
  return start == ServiceStart::automatic || start == ServiceStart::unknown;
}

std::string_view start_text(ServiceStart start) {
  switch (start) {
    case ServiceStart::demand:
      return "it is started by hand";
    case ServiceStart::disabled:
      return "it was set up disabled";
    case ServiceStart::automatic:
      return "Windows starts it";
    case ServiceStart::unknown:
      break;
  }
  return "how it is started is not told, or in another language than English";
}

std::optional<RemoteService> by_command(std::string_view image, ServiceStart start) {
  RemoteService found;
  found.command = std::string{image};
  if (is_smbexec(image)) {
    found.tool = &kSmbExec;
    found.because = "its program is a shell that writes its output to a share";
  } else if (is_getsystem(image)) {
    found.tool = &kGetSystem;
    found.because = "its program is a shell that writes to a named pipe";
  } else if (is_hidden_powershell(image)) {
    found.tool = is_command_shell(image) ? &kMetasploit : &kCobaltStrike;
    found.because = "its program is PowerShell with hidden or encoded commands";
  } else if (is_command_shell(image)) {
    found.tool = &kShell;
    found.because = "its program is a command shell, which no service needs";
    found.is_ordinary = may_start_itself(start) && runs_batch_file(image);
  } else if (is_bare_program(image)) {
    found.tool = &kProgram;
    found.because = "its program is named without a folder, as someone types it";
    found.is_ordinary = may_start_itself(start) && !is_no_service_of_windows(image);
  } else {
    return std::nullopt;
  }
  return found;
}

/// PAExec calls its service "PAExec-1234-SOURCE".
std::string source_in_paexec(std::string_view service) {
  const std::size_t first = service.find('-');
  const std::size_t second = first == std::string_view::npos ? first : service.find('-', first + 1);
  return second == std::string_view::npos ? std::string{} : std::string{service.substr(second + 1)};
}

std::optional<RemoteService> by_name(std::string_view name, std::string_view stem) {
  const auto named = [&](const RemoteTool& tool) -> std::optional<RemoteService> {
    const bool service = glob_match_fold(tool.service, name);
    if (!service && !glob_match_fold(tool.image, stem)) return std::nullopt;
    RemoteService found;
    found.tool = &tool;
    found.because = service ? "its service is called '" + std::string{name} + "'"
                            : "its program is called '" + std::string{stem} + "'";
    if (tool.name == "PAExec") found.source_host = source_in_paexec(name);
    return found;
  };
  if (auto found = named(kPsExec)) return found;
  for (const RemoteTool& tool : kTools)
    if (auto found = named(tool)) return found;
  return std::nullopt;
}

/// Letters drawn by lot are of both cases: of eight, 127 times in 128.
bool has_both_cases(std::string_view text) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return std::any_of(text.begin(), text.end(), is_upper) &&
         std::any_of(text.begin(), text.end(), is_lower);
}

/// "xQwErTyU" of `%systemroot%\xQwErTyU.exe`.
std::string_view name_in(std::string_view image) {
  const std::string_view name = image.substr(image.find_last_of('\\') + 1);
  return name.substr(0, name.find('.'));
}

/// Names made of random letters, as Metasploit, Impacket and Cobalt Strike make them.
std::optional<RemoteService> by_form(std::string_view name, std::string_view image,
                                     ServiceStart start) {
  RemoteService found;
  found.is_random = true;
  if (matches(image, R"re(\\\\[^\\]+\\ADMIN\$\\[0-9a-f]{7}\.exe)re") ||
      matches(image, R"re(\\\\127\.0\.0\.1\\ADMIN\$\\[0-9A-Za-z]{4,16}\.exe)re")) {
    found.tool = &kCobaltStrike;
    found.because = "its program is started from an administrative share";
    return found;
  }
  const bool random_file = matches(image, R"re("?(%systemroot%|C:\\Windows)\\[a-z]{8}\.exe"?)re");
  if (start == ServiceStart::automatic || !random_file || !matches(name, "[a-z]{4,16}"))
    return std::nullopt;
  // Products write their names in one case, or call service and program alike.
  const std::string_view file = name_in(image);
  if (!has_both_cases(file) || equals_fold(file, name)) return std::nullopt;
  found.tool = &kRandom;
  found.because =
      "its program has a name of eight letters in the folder of Windows, its name is '" +
      std::string{name} + "', and " + std::string{start_text(start)};
  found.is_start_known = start != ServiceStart::unknown;
  return found;
}

}  // namespace

std::optional<RemoteService> remote_service(std::string_view name, std::string_view image_path,
                                            ServiceStart start) {
  if (auto found = by_name(name, image_stem(image_path))) return found;
  // A command of PsExec's kind, before that of a shell: both may be in one line.
  if (auto found = by_command(image_path, start)) return found;
  return by_form(name, trim(image_path), start);
}

const RemoteTool* tool_of_pipe(std::string_view pipe) {
  pipe = without_slash(pipe);
  if (glob_match_fold("PSEXESVC*", pipe)) return &kPsExec;
  for (const RemoteTool& tool : kTools)
    if (glob_match_fold(tool.pipe, pipe)) return &tool;
  for (const std::string_view pattern : kCobaltPipes)
    if (glob_match_fold(pattern, pipe)) return kPipeTools[0];
  return nullptr;
}

}  // namespace hozen
