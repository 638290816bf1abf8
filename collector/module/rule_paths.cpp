// What a path, a name or a text says by itself: the parts of the shared rules that need no command.
#include <algorithm>
#include <span>

#include "collector/base/text.h"
#include "collector/module/rules.h"

namespace hozen {
namespace {

constexpr std::uint64_t kTicksPerDay = kTicksPerSecond * 86'400;
constexpr std::uint64_t kRecentDays = 30;
/// ProgramData itself and two levels below it are open to every user.
constexpr std::size_t kProgramDataDepth = 2;

/// Top-level folders that Windows or its setup makes, and that users cannot write to.
constexpr std::string_view kWindowsRoots[] = {
    "Windows", "WINNT", "Program Files", "Program Files (x86)", "Program Files (Arm)",
    "ProgramData", "Users", "Documents and Settings", "Recovery", "System Volume Information",
    "Windows.old", "$WinREAgent", "$WINDOWS.~BT", "$Windows.~WS", "Boot", "EFI", "MSOCache",
    "inetpub",
    // Short names of the above.
    "PROGRA~1", "PROGRA~2", "PROGRA~3"};

/// Below the Windows folder, yet writable by ordinary users.
constexpr std::string_view kWritableInWindows[] = {"Temp",
                                                   "Tasks",
                                                   "Debug",
                                                   "Fonts",
                                                   "Help",
                                                   "IME",
                                                   "Media",
                                                   "tracing",
                                                   "addins",
                                                   "Registration\\CRMLog",
                                                   "System32\\spool\\drivers\\color",
                                                   "System32\\Microsoft\\Crypto\\RSA\\MachineKeys",
                                                   "System32\\Tasks",
                                                   "SysWOW64\\Tasks"};

constexpr std::string_view kDocumentExtensions[] = {
    "pdf",  "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "rtf", "jpg",
    "jpeg", "png", "gif",  "mp3", "mp4",  "avi", "zip",  "csv", "htm", "html"};
constexpr std::string_view kProgramExtensions[] = {"exe", "scr", "com", "pif", "bat", "cmd",
                                                   "js",  "jse", "vbs", "vbe", "wsf", "hta",
                                                   "ps1", "dll", "cpl", "lnk", "msi"};

template <class List>
bool lists(const List& list, std::string_view text) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view listed) { return equals_fold(listed, text); });
}

std::string_view extension_of(std::string_view name) {
  const auto at = name.rfind('.');
  return at == std::string_view::npos ? std::string_view{} : name.substr(at + 1);
}

using Names = std::span<const std::string>;

bool is_below_any_program_data(Names c) {
  if (c.size() >= 2 && equals_fold(c[0], "ProgramData")) return c.size() <= kProgramDataDepth + 1;
  return c.size() >= 4 && equals_fold(c[0], "Documents and Settings") &&
         equals_fold(c[1], "All Users") && c.size() <= kProgramDataDepth + 3;
}

/// True when the name of a machine may begin at `at`.
bool begins_host(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  const char c = text[at];
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// True when the machine that `text` begins with ("host\\share", "host@SSL@443\\share") is the
/// evidence itself.
bool leads_to_this_host(std::string_view text) {
  const std::size_t end = text.starts_with('[') ? text.find(']') : text.find_first_of("\\/?#:@");
  return is_this_host(text.substr(0, text.starts_with('[') && end < text.size() ? end + 1 : end));
}

/// The same of an address behind its scheme, whose name may stand in front ("name:word@host:80/").
bool address_leads_to_this_host(std::string_view text) {
  text = text.substr(0, text.find_first_of("\\/?#"));
  text.remove_prefix(std::min(text.rfind('@') + 1, text.size()));
  return leads_to_this_host(text);
}

}  // namespace

std::optional<std::span<const std::string>> names_below_root(const EvidencePath& file,
                                                             const EvidencePath& windows) {
  if (!windows.empty() && !equals_fold(file.volume(), windows.volume())) return {};
  const Names names{file.components()};
  const EvidencePath around = windows.parent();
  return !around.is_root() && file.is_below(around) ? names.subspan(around.components().size())
                                                    : names;
}

std::optional<std::string> writable_because(const EvidencePath& file, const EvidencePath& windows) {
  if (file.empty() || file.is_root()) return {};
  if (!windows.empty() && file.is_below(windows)) {
    for (const auto& folder : kWritableInWindows)
      if (file.is_below(windows / folder))
        return "'" + (windows / folder).text() + "', which ordinary users can write to";
    return {};
  }
  const auto own = names_below_root(file, windows);
  const Names c = own ? *own : Names{file.components()};
  if (c.size() <= 1) return "the root of the volume";
  if (starts_with_fold(c[0], "$Recycle") || starts_with_fold(c[0], "Recycle"))
    return "a recycle bin";
  const bool profiles = equals_fold(c[0], "Users") || equals_fold(c[0], "Documents and Settings");
  if (is_below_any_program_data(c)) return "the upper levels of the data folder of all users";
  if (profiles && c.size() >= 3 && !equals_fold(c[1], "All Users"))
    return "the profile folder of '" + c[1] + "'";
  if (equals_fold(c[0], "PerfLogs"))
    return "'" + file.volume() + "\\PerfLogs', which users can write to";
  if (!own)
    return "'" + file.volume() + "\\" + c[0] +
           "', a folder of a volume on which this Windows does not lie";
  if (profiles || lists(kWindowsRoots, c[0])) return {};
  return "'" + file.volume() + "\\" + c[0] + "', a top-level folder that Windows does not make";
}

bool is_windows_folder(const EvidencePath& file, const EvidencePath& windows) {
  return !windows.empty() && file.is_below(windows) && !writable_because(file, windows);
}

bool is_program_files(const EvidencePath& file, const EvidencePath& windows) {
  const auto c = names_below_root(file, windows);
  if (!c || c->size() < 2) return false;
  const std::string& name = c->front();
  return equals_fold(name, "Program Files") || equals_fold(name, "Program Files (x86)") ||
         equals_fold(name, "Program Files (Arm)") ||
         // Their short names; where they are another folder's, the resolver has found it.
         equals_fold(name, "PROGRA~1") || equals_fold(name, "PROGRA~2");
}

bool is_recent(FileTime written, FileTime reference_time) {
  if (!written.is_set() || !reference_time.is_set()) return false;
  return written.ticks + kRecentDays * kTicksPerDay >= reference_time.ticks;
}

std::optional<std::string> deceptive_name(std::string_view file_name) {
  constexpr std::string_view kBidi[] = {"\u202A", "\u202B", "\u202C", "\u202D", "\u202E",
                                        "\u2066", "\u2067", "\u2068", "\u2069"};
  constexpr std::string_view kInvisible[] = {"\u200B", "\u200C", "\u200D", "\u2060", "\uFEFF"};
  for (const auto& mark : kBidi)
    if (file_name.find(mark) != std::string_view::npos)
      return "holds a character that turns the direction of writing";
  for (const auto& mark : kInvisible)
    if (file_name.find(mark) != std::string_view::npos) return "holds an invisible character";
  if (file_name.size() > 1 && (file_name.back() == ' ' || file_name.back() == '.'))
    return "ends with a space or a dot";
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos || !lists(kProgramExtensions, extension_of(file_name)))
    return {};
  std::string_view stem = file_name.substr(0, dot);
  while (!stem.empty() && stem.back() == ' ') stem.remove_suffix(1);
  if (stem.rfind('.') != std::string_view::npos && lists(kDocumentExtensions, extension_of(stem)))
    return "carries a document's extension before the program's";
  return {};
}

std::optional<std::string> remote_target(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  const auto cut = [&](std::size_t from) {
    const auto end = std::min(text.find_first_of(" \t\"'<>|,;)", from), text.size());
    return std::string{text.substr(from, end - from)};
  };
  for (const std::string_view scheme : {"http://", "https://", "ftp://", "ftps://"})
    for (auto at = lower.find(scheme); at != std::string::npos; at = lower.find(scheme, at + 1))
      if (!address_leads_to_this_host(cut(at + scheme.size()))) return cut(at);
  for (const std::string_view form :
       {"\\\\?\\unc\\", "\\\\.\\unc\\", "\\??\\unc\\", "\\device\\mup\\"})
    for (auto at = lower.find(form); at != std::string::npos; at = lower.find(form, at + 1))
      if (begins_host(text, at + form.size()) && !leads_to_this_host(cut(at + form.size())))
        return "\\\\" + cut(at + form.size());
  for (std::size_t at = text.find("\\\\"); at != std::string_view::npos;
       at = text.find("\\\\", at + 2)) {
    // \\?\, \\.\ and doubled separators inside a local path stay on the host.
    const bool starts =
        at == 0 || std::string_view{" \t\"'=,(;"}.find(text[at - 1]) != std::string_view::npos;
    if (starts && begins_host(text, at + 2) && !leads_to_this_host(cut(at + 2))) return cut(at);
  }
  return {};
}

std::optional<std::string> remote_share(const ResolvedCommand& command) {
  if (!command.has_flag(command_flag::kUncPath)) return {};
  for (const std::string* path : {&command.payload, &command.image})
    if (path->starts_with("\\\\")) return *path;
  return {};
}

std::optional<std::string> foreign_share(const ResolvedCommand& command) {
  auto share = remote_share(command);
  return share && leads_to_this_host(std::string_view{*share}.substr(2)) ? std::nullopt : share;
}

}  // namespace hozen
