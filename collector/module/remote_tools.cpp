#include "collector/module/remote_tools.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// What comes before "-1234-stdin", and the number; nothing for pipes that are called otherwise.
struct StreamName {
  std::string_view rest;
  std::uint32_t process = 0;
};
std::optional<StreamName> stream_name(std::string_view pipe) {
  const std::size_t end = pipe.rfind('-');
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const std::string_view stream = pipe.substr(end + 1);
  if (!equals_fold(stream, "stdin") && !equals_fold(stream, "stdout") &&
      !equals_fold(stream, "stderr"))
    return std::nullopt;
  const std::size_t number = pipe.rfind('-', end - 1);
  if (number == std::string_view::npos || number == 0) return std::nullopt;
  const std::string_view digits = pipe.substr(number + 1, end - number - 1);
  StreamName found{pipe.substr(0, number)};
  const auto [last, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), found.process);
  if (digits.empty() || digits.size() > 7 || error != std::errc{} ||
      last != digits.data() + digits.size())
    return std::nullopt;
  return found;
}

/// The path of the program in an ImagePath without its arguments, where ".exe" tells its end.
std::string_view without_arguments(std::string_view image_path) {
  std::string_view path = trim(image_path);
  if (path.starts_with('"')) {
    path.remove_prefix(1);
    return path.substr(0, path.find('"'));
  }
  constexpr std::string_view kEnd = ".exe";
  for (std::size_t i = 0; i + kEnd.size() < path.size(); ++i) {
    const char next = path[i + kEnd.size()];
    if ((next == ' ' || next == '\t' || next == '"') &&
        equals_fold(path.substr(i, kEnd.size()), kEnd))
      return path.substr(0, i + kEnd.size());
  }
  return path;
}

}  // namespace

std::vector<SessionPipe> session_pipes(std::string_view pipe) {
  constexpr std::size_t kMaxHost = 63, kUsualHost = 15, kMaxPipe = 256;
  while (pipe.starts_with('\\')) pipe.remove_prefix(1);
  std::vector<SessionPipe> found;
  const auto name = stream_name(pipe.substr(0, kMaxPipe + 1));
  if (!name || pipe.size() > kMaxPipe) return found;
  const std::string_view rest = name->rest;
  bool usual = false;
  for (std::size_t dash = rest.find('-'); dash != std::string_view::npos;
       dash = rest.find('-', dash + 1)) {
    const std::string_view host = rest.substr(dash + 1);
    if (dash == 0 || host.empty() || host.size() > kMaxHost) continue;
    usual = usual || host.size() <= kUsualHost;
    found.push_back({std::string{rest.substr(0, dash)}, std::string{host}, name->process});
  }
  // GetComputerName gives at most 15 characters.
  if (usual)
    std::erase_if(found,
                  [](const SessionPipe& one) { return one.source_host.size() > kUsualHost; });
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

bool is_client_name(std::string_view file_name) {
  constexpr std::size_t kName = 6;
  if (!starts_with_fold(file_name, "psexec") && !starts_with_fold(file_name, "paexec"))
    return false;
  const std::string stem = image_stem(file_name);
  return stem.size() >= kName &&
         stem.find_first_not_of("0123456789._-()V ", kName) == std::string::npos;
}

std::string image_stem(std::string_view image_path) {
  const std::string_view path = without_arguments(image_path);
  const std::size_t slash = path.find_last_of("\\/");
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::string folded = fold_case(name);
  const std::size_t end = folded.find(".EXE");
  if (end != std::string::npos) return folded.substr(0, end);
  return folded.find(' ') == std::string::npos ? folded : std::string{};
}

bool is_in_windows_root(std::string_view image_path) {
  std::string path = fold_case(without_arguments(image_path));
  const std::size_t slash = path.find_last_of("\\/");
  if (slash == std::string::npos || slash == 0) return false;
  const std::string folder = path.substr(0, slash);
  return folder == "%SYSTEMROOT%" || folder == "%WINDIR%" || folder == "\\SYSTEMROOT" ||
         folder.ends_with("\\WINDOWS") || folder.ends_with("\\WINNT");
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
