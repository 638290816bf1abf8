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

/// Tasks of programs that set themselves up, and where their programs lie. `*` is any text.
struct VendorTask {
  std::string_view path, target;
};
constexpr VendorTask kVendorTasks[] = {
    {"\\GoogleUpdateTask*", "?:\\Program Files*\\Google\\Update\\GoogleUpdate.exe"},
    {"\\GoogleUpdateTask*", "?:\\Users\\*\\AppData\\Local\\Google\\Update\\GoogleUpdate.exe"},
    {"\\GoogleSystem\\GoogleUpdater\\*",
     "?:\\Program Files*\\Google\\GoogleUpdater\\*\\updater.exe"},
    {"\\GoogleUpdaterTask*", "?:\\Program Files*\\Google\\GoogleUpdater\\*\\updater.exe"},
    {"\\MicrosoftEdgeUpdateTask*",
     "?:\\Program Files*\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe"},
    {"\\OneDrive *", "?:\\Users\\*\\AppData\\Local\\Microsoft\\OneDrive\\*.exe"},
    {"\\OneDrive *", "?:\\Program Files*\\Microsoft OneDrive\\*.exe"},
    {"\\OneDrive *", "%localappdata%\\Microsoft\\OneDrive\\*.exe"},
    {"\\Adobe Acrobat Update Task", "?:\\Program Files*\\Common Files\\Adobe\\ARM\\*.exe"},
    {"\\Adobe Flash Player *", "?:\\Windows\\S*\\Macromed\\Flash\\*.exe"},
    {"\\AdobeGCInvoker*", "?:\\Program Files*\\Common Files\\Adobe\\*.exe"},
    {"\\Microsoft\\Office\\*", "?:\\Program Files*\\Microsoft Office*\\*.exe"},
    {"\\Microsoft\\Office\\*", "?:\\Program Files*\\Common Files\\Microsoft Shared\\*.exe"},
    {"\\Mozilla\\Firefox *", "?:\\Program Files*\\Mozilla Firefox\\*.exe"},
};

/// Folders of Program Files whose programs tasks of \Microsoft\Windows start.
constexpr std::string_view kWindowsPrograms[] = {
    "?:\\Program Files*\\Windows Defender\\*", "?:\\Program Files*\\Windows Media Player\\*",
    "?:\\Program Files*\\Windows Mail\\*", "?:\\Program Files*\\RUXIM\\*",
    "?:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\*\\MpCmdRun.exe"};

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

std::string target_text(const TaskTarget& target) {
  const auto& path = target.command.target_path();
  return path ? path->text() : target.command.image.empty() ? target.text : target.command.image;
}

bool is_program_of_windows(const EvidencePath& path, const EvidencePath& windows) {
  const std::string text = path.text();
  return is_windows_folder(path, windows) ||
         std::any_of(std::begin(kWindowsPrograms), std::end(kWindowsPrograms),
                     [&](std::string_view known) { return glob_match_fold(known, text); });
}

/// The action as it is written, and no variable or class that leads it out of Windows' folders.
/// What a class is handed as data starts nothing.
bool is_exact(const ScheduledTask& task, std::span<const InboxTask> inbox,
              const EvidencePath& windows) {
  const auto found = std::find_if(inbox.begin(), inbox.end(), [&](const InboxTask& one) {
    return equals_fold(one.path, task.path);
  });
  if (found == inbox.end() || task.targets.empty()) return false;
  const std::string wanted = normal_form(found->action, windows);
  return std::all_of(task.targets.begin(), task.targets.end(), [&](const TaskTarget& target) {
    const std::string text = normal_form(target.text, windows);
    const bool same = text == wanted || (wanted.starts_with('{') && text.starts_with(wanted + ' '));
    const auto& path = target.command.target_path();
    return same && (!path || is_program_of_windows(*path, windows));
  });
}

bool is_vendor_task(const ScheduledTask& task) {
  return std::all_of(task.targets.begin(), task.targets.end(), [&](const TaskTarget& target) {
    const std::string text = target_text(target);
    return std::any_of(std::begin(kVendorTasks), std::end(kVendorTasks), [&](const auto& one) {
      return glob_match_fold(one.path, task.path) && glob_match_fold(one.target, text);
    });
  });
}

/// A task of \Microsoft\ that leads into the folders of Windows, or to a class whose server does or
/// is not known.
bool stays_in_windows(const ScheduledTask& task, const EvidencePath& windows) {
  if (!starts_with_fold(task.path, "\\Microsoft\\")) return false;
  return std::all_of(task.targets.begin(), task.targets.end(), [&](const TaskTarget& target) {
    const auto& path = target.command.target_path();
    if (!path) return target.command.image.empty() && target.text.starts_with('{');
    return is_program_of_windows(*path, windows);
  });
}

}  // namespace

TaskDefault default_of(const ScheduledTask& task, std::span<const InboxTask> inbox,
                       const EvidencePath& windows) {
  if (is_exact(task, inbox, windows)) return TaskDefault::exact;
  if (task.targets.empty()) return TaskDefault::no;
  return is_vendor_task(task) || stays_in_windows(task, windows) ? TaskDefault::usual
                                                                 : TaskDefault::no;
}

}  // namespace hozen
