// What tasks of Windows and of well-known programs are: so that nobody has to look at two hundred
// ordinary ones.
#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/rules.h"
#include "collector/module/task_json.h"
#include "collector/module/task_reader.h"

namespace hozen {
namespace {

/// Tasks of programs that set themselves up, and where their programs lie: component by component,
/// `*` within one, `**` for any folders, `<programs>` for the Program Files folders, `?:` for any
/// volume. In a path of a task `*` is any text.
struct VendorTask {
  std::string_view path, target;
};
constexpr VendorTask kVendorTasks[] = {
    {"\\GoogleUpdateTask*", "?:\\<programs>\\Google\\Update\\GoogleUpdate.exe"},
    {"\\GoogleUpdateTask*", "?:\\Users\\*\\AppData\\Local\\Google\\Update\\GoogleUpdate.exe"},
    {"\\GoogleSystem\\GoogleUpdater\\*", "?:\\<programs>\\Google\\GoogleUpdater\\*\\updater.exe"},
    {"\\GoogleUpdaterTask*", "?:\\<programs>\\Google\\GoogleUpdater\\*\\updater.exe"},
    {"\\MicrosoftEdgeUpdateTask*",
     "?:\\<programs>\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe"},
    {"\\OneDrive *", "?:\\Users\\*\\AppData\\Local\\Microsoft\\OneDrive\\**\\*.exe"},
    {"\\OneDrive *", "?:\\<programs>\\Microsoft OneDrive\\**\\*.exe"},
    {"\\OneDrive *", "%localappdata%\\Microsoft\\OneDrive\\**\\*.exe"},
    {"\\Adobe Acrobat Update Task", "?:\\<programs>\\Common Files\\Adobe\\ARM\\**\\*.exe"},
    {"\\Adobe Flash Player *", "?:\\Windows\\System32\\Macromed\\Flash\\*.exe"},
    {"\\Adobe Flash Player *", "?:\\Windows\\SysWOW64\\Macromed\\Flash\\*.exe"},
    {"\\AdobeGCInvoker*", "?:\\<programs>\\Common Files\\Adobe\\**\\*.exe"},
    {"\\Microsoft\\Office\\*", "?:\\<programs>\\Microsoft Office*\\**\\*.exe"},
    {"\\Microsoft\\Office\\*", "?:\\<programs>\\Common Files\\Microsoft Shared\\**\\*.exe"},
    {"\\Mozilla\\Firefox *", "?:\\<programs>\\Mozilla Firefox\\**\\*.exe"},
};

/// Folders of Program Files whose programs tasks of \Microsoft\Windows start.
constexpr std::string_view kWindowsPrograms[] = {
    "?:\\<programs>\\Windows Defender\\**\\*", "?:\\<programs>\\Windows Media Player\\**\\*",
    "?:\\<programs>\\Windows Mail\\**\\*", "?:\\<programs>\\RUXIM\\**\\*",
    "?:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\**\\MpCmdRun.exe"};

constexpr std::string_view kProgramFolders[] = {"Program Files", "Program Files (x86)",
                                                "Program Files (Arm)"};

/// Programs of Windows that change it as they are told: their arguments are nothing usual.
constexpr std::string_view kTools[] = {
    "net.exe",      "net1.exe",     "reg.exe",      "netsh.exe",    "wevtutil.exe", "bcdedit.exe",
    "curl.exe",     "tar.exe",      "xcopy.exe",    "robocopy.exe", "vssadmin.exe", "wbadmin.exe",
    "takeown.exe",  "icacls.exe",   "cacls.exe",    "fsutil.exe",   "attrib.exe",   "cipher.exe",
    "diskpart.exe", "ftp.exe",      "ntdsutil.exe", "esentutl.exe", "sc.exe",       "mavinject.exe",
    "certreq.exe",  "expand.exe",   "extrac32.exe", "makecab.exe",  "wusa.exe",     "msdt.exe",
    "cmdkey.exe",   "cleanmgr.exe", "shutdown.exe"};

template <class List>
bool lists(const List& list, std::string_view text) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view one) { return equals_fold(one, text); });
}

std::string_view take_component(std::string_view& path) {
  const std::size_t end = std::min(path.find('\\'), path.size());
  const std::string_view component = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return component;
}

/// One path against a pattern of the tables above; at most one `**` in each.
bool matches_path(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_component(pattern);
    if (wanted == "**") {
      const auto below = std::count(pattern.begin(), pattern.end(), '\\');
      while (std::count(path.begin(), path.end(), '\\') > below) take_component(path);
      continue;
    }
    const std::string_view name = take_component(path);
    if (wanted == "?:") continue;
    if (wanted == "<programs>" ? !lists(kProgramFolders, name) : !glob_match_fold(wanted, name))
      return false;
  }
  return pattern.empty() && path.empty();
}

/// Both spellings of the Windows folder become one; case and quotes do not count.
std::string normal_form(std::string_view action, const EvidencePath& windows) {
  std::string text = to_lower_ascii(trim(action));
  std::erase(text, '"');
  const std::string folder = to_lower_ascii(windows.text());
  for (const std::string_view spelling :
       {std::string_view{"%systemroot%"}, std::string_view{folder}})
    if (!spelling.empty() && text.starts_with(spelling))
      text = "%windir%" + text.substr(spelling.size());
  return text;
}

/// `path` as if its Windows lay on the root of the volume; "" for another volume.
std::string text_from_root(const EvidencePath& path, const EvidencePath& windows) {
  const auto names = names_below_root(path, windows);
  if (!names) return {};
  EvidencePath moved{path.volume()};
  for (const std::string& name : *names) moved = moved.child(name);
  return moved.with_stream(path.stream()).text();
}

std::string target_text(const TaskTarget& target, const EvidencePath& windows) {
  const auto& path = target.command.target_path();
  if (path) {
    std::string text = text_from_root(*path, windows);
    return text.empty() ? path->text() : text;
  }
  return target.command.image.empty() ? target.text : target.command.image;
}

bool is_program_of_windows(const EvidencePath& path, const EvidencePath& windows) {
  if (is_windows_folder(path, windows)) return true;
  const std::string text = text_from_root(path, windows);
  return !text.empty() &&
         std::any_of(std::begin(kWindowsPrograms), std::end(kWindowsPrograms),
                     [&](std::string_view known) { return matches_path(known, text); });
}

/// The command starts one program and nothing through it.
bool is_direct(const ResolvedCommand& command) {
  return command.hosts.empty() && !command.payload_path && command.other_commands.empty();
}

/// What Windows' own tasks have: one program that takes no orders, whatever its arguments;
/// rundll32.exe with a library of Windows; cmd.exe with a script of Windows; `sc.exe start`.
bool is_usual_command(const ResolvedCommand& command, const EvidencePath& windows) {
  const auto& image = command.image_path;
  if (!image || !is_program_of_windows(*image, windows)) return false;
  const std::string_view name = image->name();
  if (is_direct(command)) {
    if (equals_fold(name, "sc.exe") && starts_with_fold(command.arguments, "start ")) return true;
    return command.arguments.empty() || (!is_host_program(name) && !lists(kTools, name));
  }
  if (command.hosts.size() != 1 || !command.other_commands.empty() || !command.payload_path ||
      !is_windows_folder(*command.payload_path, windows))
    return false;
  const std::string& host = command.hosts.front().name;
  return (host == "rundll32.exe" && command.payload_kind == "dll") ||
         (host == "cmd.exe" && command.payload_kind == "script");
}

/// The action as it is written, and no variable or class that leads it out of Windows' folders.
/// What a class is handed as data starts nothing; a class that has a server leads somewhere, even
/// where that is no file of the evidence: a share, a device, a name that is found nowhere.
bool is_exact(const ScheduledTask& task, std::span<const InboxTask> inbox,
              const EvidencePath& windows) {
  const InboxTask* found = find_inbox(task.path, inbox);
  if (found == nullptr || task.targets.empty()) return false;
  const std::string wanted = normal_form(found->action, windows);
  return std::all_of(task.targets.begin(), task.targets.end(), [&](const TaskTarget& target) {
    const std::string text = normal_form(target.text, windows);
    const bool same = text == wanted || (wanted.starts_with('{') && text.starts_with(wanted + ' '));
    const auto& path = target.command.target_path();
    if (!same) return false;
    if (path) return is_program_of_windows(*path, windows);
    return !target.is_class() || target.command.image.empty();
  });
}

bool is_vendor_task(const ScheduledTask& task, const EvidencePath& windows) {
  return std::all_of(task.targets.begin(), task.targets.end(), [&](const TaskTarget& target) {
    if (!is_direct(target.command)) return false;
    const std::string text = target_text(target, windows);
    const auto& path = target.command.target_path();
    const bool in_windows = path && is_windows_folder(*path, windows);
    return std::any_of(std::begin(kVendorTasks), std::end(kVendorTasks), [&](const auto& one) {
      return glob_match_fold(one.path, task.path) && matches_path(one.target, text) &&
             (in_windows || !one.target.starts_with("?:\\Windows\\"));
    });
  });
}

/// A server of a class: a library or program of Windows.
bool is_usual_class(const ResolvedCommand& command, const EvidencePath& path,
                    const EvidencePath& windows) {
  return is_direct(command) ? is_program_of_windows(path, windows)
                            : is_usual_command(command, windows);
}

/// In no view, as far as they were read, does it lack what the Task Scheduler writes there.
bool is_set_up_wholly(const ScheduledTask& task, const TaskViews& views) {
  const bool lacks_file = !task.file && views.files_whole;
  const bool lacks_tree = task.cache && !task.tree;
  return !lacks_file && !lacks_tree && !task.lacks_descriptor(views) && !task.lacks_index(views);
}

/// The program, or the library that it is to load, that Windows' own task of this path starts.
bool starts_what_inbox_does(const ResolvedCommand& command, const InboxTask* inbox) {
  const auto& path = command.target_path();
  return inbox != nullptr && path &&
         to_lower_ascii(inbox->action).find(to_lower_ascii(path->name())) != std::string::npos;
}

/// A task of \Microsoft\ that starts a program of Windows as its own tasks do, or a class whose
/// server is one or not known. Anybody may have put a program into the Windows folder: of a task
/// that is hidden or went around the Task Scheduler it must be that of Windows' own task.
bool stays_in_windows(const ScheduledTask& task, const TaskViews& views,
                      std::span<const InboxTask> inbox, const EvidencePath& windows) {
  if (!starts_with_fold(task.path, "\\Microsoft\\")) return false;
  const bool whole = is_set_up_wholly(task, views);
  const InboxTask* own = find_inbox(task.path, inbox);
  return std::all_of(task.targets.begin(), task.targets.end(), [&](const TaskTarget& target) {
    const auto& path = target.command.target_path();
    if (target.is_class())
      return path ? is_usual_class(target.command, *path, windows) : target.command.image.empty();
    return is_usual_command(target.command, windows) &&
           (whole || starts_what_inbox_does(target.command, own));
  });
}

}  // namespace

const InboxTask* find_inbox(std::string_view path, std::span<const InboxTask> inbox) {
  const auto found = std::find_if(inbox.begin(), inbox.end(), [&](const InboxTask& one) {
    return equals_fold(one.path, path);
  });
  return found == inbox.end() ? nullptr : &*found;
}

TaskDefault default_of(const ScheduledTask& task, const TaskViews& views,
                       std::span<const InboxTask> inbox, const EvidencePath& windows) {
  if (is_exact(task, inbox, windows)) return TaskDefault::exact;
  if (task.targets.empty()) return TaskDefault::no;
  return is_vendor_task(task, windows) || stays_in_windows(task, views, inbox, windows)
             ? TaskDefault::usual
             : TaskDefault::no;
}

}  // namespace hozen
