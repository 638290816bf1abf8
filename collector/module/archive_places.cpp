#include "collector/module/archive_places.h"

#include <algorithm>
#include <array>
#include <string>

#include "collector/base/text.h"

namespace hozen {
namespace {

using P = ArchivePlace;

struct Below {
  std::string_view path;
  P place;
  std::size_t depth;
};

/// Below the folder of Windows.
constexpr Below kInWindows[] = {
    {"Temp", P::windows_temp, 3},
    {"Debug", P::windows, 2},
    {"tracing", P::windows, 2},
    {"Help", P::windows, 1},
    {"Fonts", P::windows, 1},
    {"Media", P::windows, 1},
    {"IME", P::windows, 1},
    {"Cursors", P::windows, 1},
    {"Web", P::windows, 1},
    {"Tasks", P::windows, 1},
    {"System32\\Tasks", P::windows, 1},
    {"System32\\spool\\PRINTERS", P::windows, 1},
    {"System32\\spool\\drivers\\color", P::windows, 1},
    {"System32", P::windows, 1},
    {"SysWOW64", P::windows, 1},
    {"", P::windows, 1},
};
/// Below the root of the volume of Windows, or the folder it was moved to.
constexpr Below kBesideWindows[] = {
    {"PerfLogs", P::perf_logs, 3},
    {"Users\\Public", P::public_folder, 4},
    {"Documents and Settings\\All Users\\Documents", P::public_folder, 3},
    {"ProgramData", P::program_data, 3},
    {"Documents and Settings\\All Users\\Application Data", P::program_data, 3},
    {"inetpub\\ftproot", P::program_data, 4},
    {"inetpub", P::web_root, 4},
    {"xampp\\htdocs", P::web_root, 4},
    {"wamp64\\www", P::web_root, 4},
    {"Apache24\\htdocs", P::web_root, 4},
    {"nginx\\html", P::web_root, 4},
    // Mail servers are reached from everywhere, and data is fetched from there.
    {"Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy", P::web_root, 4},
    {"Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess", P::web_root, 4},
};
/// Below a user's folder.
constexpr Below kInProfile[] = {
    {"AppData\\Local\\Temp", P::temp, 3},
    {"Local Settings\\Temp", P::temp, 3},
    {"Downloads", P::personal, 3},
    {"Desktop", P::personal, 3},
    {"Documents", P::personal, 3},
    {"My Documents", P::personal, 3},
    {"AppData\\Roaming", P::app_data, 3},
    {"AppData\\Local", P::app_data, 3},
    {"AppData\\LocalLow", P::app_data, 3},
    {"Application Data", P::app_data, 3},
    {"Music", P::personal, 1},
    {"Pictures", P::personal, 1},
    {"Videos", P::personal, 1},
    {"", P::personal, 1},
};
/// Below the root of any volume.
constexpr Below kInVolume[] = {
    {"$Recycle.Bin", P::recycle_bin, 3},
    {"RECYCLER", P::recycle_bin, 3},
    {"", P::volume_root, 2},
};

/// Folders in the root that are looked at by themselves, or are nobody's staging place.
constexpr std::string_view kOwnRoots[] = {"Windows",
                                          "WINNT",
                                          "Program Files",
                                          "Program Files (x86)",
                                          "Program Files (Arm)",
                                          "ProgramData",
                                          "Users",
                                          "Documents and Settings",
                                          "Recovery",
                                          "System Volume Information",
                                          "$Recycle.Bin",
                                          "RECYCLER",
                                          "PerfLogs",
                                          "inetpub",
                                          "MSOCache",
                                          "Boot",
                                          "EFI",
                                          "$Extend",
                                          "$WinREAgent",
                                          "$WINDOWS.~BT",
                                          "$Windows.~WS"};

/// Below ProgramData or a user's data: the ends of their paths.
constexpr std::string_view kLeftOut[] = {
    "Microsoft\\Windows Defender",  "ProgramData\\Package Cache",
    "Microsoft\\Windows\\WER",      "Microsoft\\Windows\\Caches",
    "Symantec Endpoint Protection", "Quarantine",
    "Microsoft\\ClickToRun",        "Windows\\Installer"};

void add(std::vector<StagingFolder>& folders, const EvidencePath& base, std::span<const Below> list,
         const UserProfile* user) {
  for (const Below& below : list)
    folders.push_back(
        {below.path.empty() ? base : base / below.path, below.place, below.depth, user});
}

}  // namespace

std::string_view to_text(ArchivePlace place) {
  constexpr std::array<std::string_view, 12> kNames{
      "windows",       "perf_logs",         "web_root",    "recycle_bin",
      "public_folder", "program_data_root", "volume_root", "windows_temp",
      "temp",          "personal",          "app_data",    "program_data"};
  return kNames[static_cast<std::size_t>(place)];
}

ArchivePlace archive_place_of(std::string_view text) {
  for (auto place = P::windows; place != P::program_data;
       place = static_cast<P>(static_cast<std::uint8_t>(place) + 1))
    if (to_text(place) == text) return place;
  return P::program_data;
}

bool is_odd_place(ArchivePlace place) {
  return place == P::windows || place == P::perf_logs || place == P::web_root ||
         place == P::recycle_bin || place == P::program_data_root;
}

std::vector<StagingFolder> staging_folders(ModuleContext& context) {
  std::vector<StagingFolder> folders;
  if (const Registry* registry = context.registry(); registry != nullptr) {
    for (const Installation& installation : registry->installations()) {
      if (installation.windows.empty()) continue;
      add(folders, installation.windows, kInWindows, nullptr);
      add(folders, installation.windows.parent(), kBesideWindows, nullptr);
    }
    for (const UserProfile& user : registry->users())
      if (!user.folder.empty()) add(folders, user.folder, kInProfile, &user);
  }
  for (const VolumeInfo& volume : context.source().volumes())
    if (!volume.unreadable) add(folders, EvidencePath{volume.name}, kInVolume, nullptr);
  return folders;
}

bool is_left_out(const EvidencePath& folder) {
  if (folder.components().size() == 1)
    return std::any_of(std::begin(kOwnRoots), std::end(kOwnRoots),
                       [&](std::string_view name) { return equals_fold(folder.name(), name); });
  const std::string path = folder.text();
  return std::any_of(std::begin(kLeftOut), std::end(kLeftOut), [&](std::string_view end) {
    return ends_with_fold(path, "\\" + std::string{end});
  });
}

}  // namespace hozen
