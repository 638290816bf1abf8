#include "collector/module/remote_tools.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>
#include <vector>

#include "collector/base/text.h"

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

bool is_command_shell(std::string_view image) {
  return contains_fold(image, "%comspec%") || contains_fold(image, "cmd.exe") ||
         starts_with_fold(trim(image), "cmd ");
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

std::optional<RemoteService> by_command(std::string_view image) {
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
  } else if (is_bare_program(image)) {
    found.tool = &kProgram;
    found.because = "its program is named without a folder, as someone types it";
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

/// Names made of random letters, as Metasploit, Impacket and Cobalt Strike make them.
std::optional<RemoteService> by_form(std::string_view name, std::string_view image,
                                     bool demand_start) {
  RemoteService found;
  found.is_random = true;
  if (matches(image, R"re(\\\\[^\\]+\\ADMIN\$\\[0-9a-f]{7}\.exe)re") ||
      matches(image, R"re(\\\\127\.0\.0\.1\\ADMIN\$\\[0-9A-Za-z]{4,16}\.exe)re")) {
    found.tool = &kCobaltStrike;
    found.because = "its program is started from an administrative share";
    return found;
  }
  const bool random_file = matches(image, R"re("?(%systemroot%|C:\\Windows)\\[a-z]{8}\.exe"?)re");
  if (!demand_start || !random_file || !matches(name, "[a-z]{4,16}")) return std::nullopt;
  found.tool = &kRandom;
  found.because =
      "its program has a name of eight letters in the folder of Windows, its name is '" +
      std::string{name} + "', and it is started by hand";
  return found;
}

std::string upper(std::string_view text) { return fold_case(text); }

/// Each word, without the quotes around it, and where it begins.
template <class Visit>
void each_word(std::string_view line, const Visit& visit) {
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    const bool quoted = line[at] == '"';
    const std::size_t begin = quoted ? at + 1 : at;
    const std::size_t end = std::min(line.find_first_of(quoted ? "\"" : " \t", begin), line.size());
    visit(line.substr(begin, end - begin), at);
    at = quoted ? end + 1 : end;
  }
}

}  // namespace

std::optional<RemoteService> remote_service(std::string_view name, std::string_view image_path,
                                            bool demand_start) {
  if (auto found = by_name(name, image_stem(image_path))) return found;
  // A command of PsExec's kind, before that of a shell: both may be in one line.
  if (auto found = by_command(image_path)) return found;
  return by_form(name, trim(image_path), demand_start);
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

std::optional<SessionPipe> session_pipe(std::string_view pipe) {
  pipe = without_slash(pipe);
  const std::size_t end = pipe.rfind('-');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view stream = pipe.substr(end + 1);
  if (!equals_fold(stream, "stdin") && !equals_fold(stream, "stdout") &&
      !equals_fold(stream, "stderr"))
    return std::nullopt;
  const std::size_t number = end == 0 ? std::string_view::npos : pipe.rfind('-', end - 1);
  if (number == std::string_view::npos || number == 0) return std::nullopt;
  const std::string_view digits = pipe.substr(number + 1, end - number - 1);
  SessionPipe found;
  const auto [last, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), found.source_process);
  if (digits.empty() || digits.size() > 7 || error != std::errc{} ||
      last != digits.data() + digits.size())
    return std::nullopt;
  // Names of hosts have at most 15 characters and may have '-' in them, names of services too: the
  // service of PsExec itself is known, of another the first part is taken.
  const std::string_view rest = pipe.substr(0, number);
  const std::size_t dash = rest.find('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  found.service = std::string{rest.substr(0, dash)};
  found.source_host = std::string{rest.substr(dash + 1)};
  if (found.source_host.empty() || found.source_host.size() > 63) return std::nullopt;
  return found;
}

std::optional<std::string> host_of_key_file(std::string_view file_name) {
  constexpr std::string_view kStart = "PSEXEC-", kEnd = ".key";
  constexpr std::size_t kNumber = 8;
  if (!starts_with_fold(file_name, kStart) || !ends_with_fold(file_name, kEnd)) return std::nullopt;
  std::string_view middle = file_name.substr(kStart.size());
  middle.remove_suffix(kEnd.size());
  if (middle.size() < kNumber + 2 || middle[middle.size() - kNumber - 1] != '-')
    return std::nullopt;
  return std::string{middle.substr(0, middle.size() - kNumber - 1)};
}

PsExecPart psexec_part(std::string_view original_file_name, std::string_view description) {
  if (equals_fold(original_file_name, "psexec.c") ||
      equals_fold(description, "Execute processes remotely"))
    return PsExecPart::client;
  if (equals_fold(original_file_name, "psexesvc.exe") || equals_fold(description, "PsExec Service"))
    return PsExecPart::service;
  return PsExecPart::none;
}

std::string image_stem(std::string_view image_path) {
  std::string_view path = trim(image_path);
  if (path.starts_with('"')) {
    path.remove_prefix(1);
    path = path.substr(0, path.find('"'));
  }
  const std::size_t slash = path.find_last_of("\\/");
  std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::string folded = fold_case(name);
  const std::size_t end = folded.find(".EXE");
  if (end != std::string::npos) return folded.substr(0, end);
  return folded.find(' ') == std::string::npos ? folded : std::string{};
}

bool is_in_windows_root(std::string_view image_path) {
  std::string path = upper(trim(image_path));
  if (path.starts_with('"')) path.erase(0, 1);
  const std::size_t slash = path.find_last_of("\\/");
  if (slash == std::string::npos || slash == 0) return false;
  const std::string folder = path.substr(0, slash);
  return folder == "%SYSTEMROOT%" || folder == "%WINDIR%" || folder == "\\SYSTEMROOT" ||
         folder.ends_with("\\WINDOWS") || folder.ends_with("\\WINNT");
}

std::vector<std::string> command_words(std::string_view command_line) {
  std::vector<std::string> words;
  each_word(command_line, [&](std::string_view word, std::size_t) { words.emplace_back(word); });
  return words;
}

ClientCommand client_command(std::string_view command_line) {
  std::vector<std::string_view> words;
  std::vector<std::size_t> places;
  each_word(command_line, [&](std::string_view word, std::size_t place) {
    words.push_back(word);
    places.push_back(place);
  });
  constexpr std::string_view kWithValue[] = {"u", "p", "n", "w", "r", "a", "g"};
  ClientCommand found;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word.starts_with("\\\\") && found.target.empty()) {
      found.target = std::string{word.substr(2)};
    } else if (word.size() > 1 && (word[0] == '-' || word[0] == '/')) {
      const std::string flag = to_lower_ascii(word.substr(1));
      if (flag == "s") found.as_system = true;
      const bool has_value =
          std::find(std::begin(kWithValue), std::end(kWithValue), flag) != std::end(kWithValue);
      if (flag == "u" && i + 1 < words.size()) found.account = std::string{words[i + 1]};
      i += has_value ? 1u : 0u;
    } else {
      found.command = std::string{command_line.substr(places[i])};
      break;
    }
  }
  return found;
}

bool is_telling_child(std::string_view image) {
  constexpr std::string_view kStems[] = {
      "CMD",    "POWERSHELL", "PWSH",     "RUNDLL32", "REGSVR32", "MSHTA",    "WSCRIPT", "CSCRIPT",
      "NET",    "NET1",       "NLTEST",   "NTDSUTIL", "VSSADMIN", "RAR",      "WMIC",    "REG",
      "WHOAMI", "QUSER",      "SCHTASKS", "SC",       "AT",       "PROCDUMP", "WEVTUTIL"};
  const std::string stem = image_stem(image);
  return std::find(std::begin(kStems), std::end(kStems), stem) != std::end(kStems);
}

}  // namespace hozen
