#include "collector/module/staging_place.h"

#include <algorithm>
#include <string>

#include "collector/module/archive_name.h"

namespace hozen {
namespace {

/// Where Windows, its updates and what manages it keep archives of their own.
constexpr std::string_view kOfWindows[] = {"SOFTWAREDISTRIBUTION",
                                           "INSTALLER",
                                           "LOGS",
                                           "WINSXS",
                                           "SERVICING",
                                           "CCMCACHE",
                                           "CCM",
                                           "CCMSETUP",
                                           "ASSEMBLY",
                                           "PANTHER",
                                           "CBSTEMP"};

/// Folders that every Windows has, and in which nobody keeps files of his own.
constexpr std::string_view kFixed[] = {"ADDINS",
                                       "APPCOMPAT",
                                       "APPPATCH",
                                       "BOOT",
                                       "BRANDING",
                                       "CURSORS",
                                       "DEBUG",
                                       "DIAGNOSTICS",
                                       "DOWNLOADED PROGRAM FILES",
                                       "EN-US",
                                       "FONTS",
                                       "GLOBALIZATION",
                                       "HELP",
                                       "IME",
                                       "IMMERSIVECONTROLPANEL",
                                       "INF",
                                       "INPUTMETHOD",
                                       "JA-JP",
                                       "L2SCHEMAS",
                                       "MEDIA",
                                       "MICROSOFT.NET",
                                       "OFFLINE WEB PAGES",
                                       "PLA",
                                       "POLICYDEFINITIONS",
                                       "PREFETCH",
                                       "PROVISIONING",
                                       "REGISTRATION",
                                       "RESOURCES",
                                       "SCHEMAS",
                                       "SECURITY",
                                       "SERVICEPROFILES",
                                       "SERVICESTATE",
                                       "SPEECH",
                                       "SYSTEM",
                                       "SYSTEM32",
                                       "SYSTEMRESOURCES",
                                       "SYSWOW64",
                                       "TAPI",
                                       "TASKS",
                                       "TRACING",
                                       "TWAIN_32",
                                       "VSS",
                                       "WEB",
                                       "WINDOWSUPDATE"};

/// The names of these folders are ASCII.
std::string upper_ascii(std::string_view text) {
  std::string upper{text};
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

std::string_view first_part(std::string_view& rest) {
  while (rest.starts_with('\\')) rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find('\\'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end);
  return part;
}

bool is_file_directly_in(std::string_view rest) {
  return rest.find('\\', 1) == std::string_view::npos;
}

std::optional<StagingPlace> in_recycle_bin(std::string_view rest) {
  // Explorer calls what it moved there $R and $I with six letters, or (Windows XP) Dc1.txt.
  const auto is_xp_name = [](std::string_view name) {
    return name.size() > 2 && name.starts_with('D') && name[2] >= '0' && name[2] <= '9';
  };
  std::string_view left = rest;
  std::string_view part = first_part(left);
  if (part.starts_with("S-1-")) part = first_part(left);
  if (part.starts_with("$R") || part.starts_with("$I") || is_xp_name(part)) return {};
  return StagingPlace{StagingKind::hidden, false, "the Recycle Bin's own folder"};
}

std::optional<StagingPlace> in_windows(std::string_view rest) {
  std::string_view left = rest;
  if (is_file_directly_in(rest))
    return StagingPlace{StagingKind::hidden, true, "the folder of Windows"};
  const std::string_view part = first_part(left);
  if (part == "TEMP")
    return StagingPlace{StagingKind::temporary, false, "Windows' temporary folder"};
  if (std::find(std::begin(kOfWindows), std::end(kOfWindows), part) != std::end(kOfWindows))
    return {};
  // Agents that roll software out unpack it in folders that they make there.
  if (std::find(std::begin(kFixed), std::end(kFixed), part) == std::end(kFixed))
    return StagingPlace{StagingKind::shared, false,
                        "a folder below Windows that Windows does not make"};
  return StagingPlace{StagingKind::hidden, true, "a folder of Windows"};
}

}  // namespace

std::optional<StagingPlace> staging_place(std::string_view path) {
  const std::string folded = upper_ascii(below_volume(path));
  std::string_view rest = folded;
  const std::string_view top = first_part(rest);
  if (rest.empty()) return {};
  if (top == "$RECYCLE.BIN" || top == "RECYCLER" || top == "RECYCLED") return in_recycle_bin(rest);
  if (top == "PERFLOGS") return StagingPlace{StagingKind::hidden, false, "PerfLogs"};
  if (top == "SYSTEM VOLUME INFORMATION")
    return StagingPlace{StagingKind::hidden, false, "System Volume Information"};
  if (top == "WINDOWS" || top == "WINNT") return in_windows(rest);
  if (top == "PROGRAMDATA" && is_file_directly_in(rest))
    return StagingPlace{StagingKind::hidden, false, "the top of ProgramData"};
  // What partners fetch and bring by FTP.
  if (top == "INETPUB" && rest.starts_with("\\FTPROOT\\")) return {};
  if (top == "INETPUB" || top == "XAMPP" || top == "WWWROOT")
    return StagingPlace{StagingKind::web, false, "a folder of a web server"};
  if (folded.starts_with("\\USERS\\PUBLIC\\"))
    return StagingPlace{StagingKind::shared, false, "the public profile"};
  for (const std::string_view temp : {"\\TEMP\\", "\\TMP\\"})
    if (folded.find(temp) != std::string::npos)
      return StagingPlace{StagingKind::temporary, false, "a folder for temporary files"};
  return {};
}

}  // namespace hozen
