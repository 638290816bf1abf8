#include "collector/module/system_names.h"

#include <algorithm>
#include <array>
#include <vector>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// A Windows program and the folders it may lie in, below the Windows folder.
struct SystemProgram {
  std::string_view name;
  std::array<std::string_view, 3>
      folders;  // "" is the Windows folder itself; unused ones repeat the first
};

constexpr std::array<std::string_view, 3> kSystem32{"System32", "SysWOW64", "System32"};
constexpr std::array<std::string_view, 3> kWindowsOrSystem{"", "System32", "SysWOW64"};
constexpr std::array<std::string_view, 3> kPowershell{"System32\\WindowsPowerShell\\v1.0",
                                                      "SysWOW64\\WindowsPowerShell\\v1.0",
                                                      "System32\\WindowsPowerShell\\v1.0"};
constexpr std::array<std::string_view, 3> kWbem{"System32\\wbem", "SysWOW64\\wbem",
                                                "System32\\wbem"};

constexpr SystemProgram kPrograms[] = {
    {"svchost.exe", kSystem32},
    {"services.exe", kSystem32},
    {"lsass.exe", kSystem32},
    {"lsaiso.exe", kSystem32},
    {"smss.exe", kSystem32},
    {"csrss.exe", kSystem32},
    {"wininit.exe", kSystem32},
    {"winlogon.exe", kSystem32},
    {"logonui.exe", kSystem32},
    {"spoolsv.exe", kSystem32},
    {"taskhost.exe", kSystem32},
    {"taskhostw.exe", kSystem32},
    {"dwm.exe", kSystem32},
    {"conhost.exe", kSystem32},
    {"dllhost.exe", kSystem32},
    {"rundll32.exe", kSystem32},
    {"regsvr32.exe", kSystem32},
    {"cmd.exe", kSystem32},
    {"userinit.exe", kSystem32},
    {"fontdrvhost.exe", kSystem32},
    {"sihost.exe", kSystem32},
    {"ctfmon.exe", kSystem32},
    {"runtimebroker.exe", kSystem32},
    {"searchindexer.exe", kSystem32},
    {"wuauclt.exe", kSystem32},
    {"msiexec.exe", kSystem32},
    {"mshta.exe", kSystem32},
    {"wscript.exe", kSystem32},
    {"cscript.exe", kSystem32},
    {"net.exe", kSystem32},
    {"net1.exe", kSystem32},
    {"schtasks.exe", kSystem32},
    {"at.exe", kSystem32},
    {"sc.exe", kSystem32},
    {"reg.exe", kSystem32},
    {"tasklist.exe", kSystem32},
    {"certutil.exe", kSystem32},
    {"bitsadmin.exe", kSystem32},
    {"taskmgr.exe", kSystem32},
    {"mmc.exe", kSystem32},
    {"notepad.exe", kWindowsOrSystem},
    {"explorer.exe", {"", "SysWOW64", ""}},
    {"regedit.exe", {"", "SysWOW64", ""}},
    {"hh.exe", {"", "SysWOW64", ""}},
    {"powershell.exe", kPowershell},
    {"wmiprvse.exe", kWbem},
    {"tiworker.exe", {"servicing", "WinSxS", "servicing"}},
    {"trustedinstaller.exe", {"servicing", "WinSxS", "servicing"}},
};

/// Below the Windows folder: stores of system files where any of them may lie.
constexpr std::string_view kStores[] = {
    "WinSxS",       "servicing", "SoftwareDistribution", "System32\\dllcache", "ServicePackFiles",
    "Driver Cache", "$hf_mig$"};

/// Real programs that are one letter away from a system name.
constexpr std::string_view kNearButKnown[] = {"taskhostex", "service",   "iexplore", "wuauclt1",
                                              "spoolsvc64", "notepad++", "explore",  "searchindex"};

/// Shorter stems have too many neighbours that mean nothing.
constexpr std::size_t kMinImitatedStem = 5;

std::string_view stem_of(std::string_view name) { return name.substr(0, name.rfind('.')); }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

/// One form for all names that look the same.
std::string look_of(std::string_view name) {
  std::string look = to_lower_ascii(name);
  for (const auto& [from, to] : {std::pair<std::string_view, std::string_view>{"rn", "m"},
                                 {"vv", "w"},
                                 {"cl", "d"},
                                 {"0", "o"},
                                 {"1", "l"},
                                 {"i", "l"},
                                 {"|", "l"},
                                 {"5", "s"},
                                 {"$", "s"},
                                 // Cyrillic letters drawn as Latin ones: а с е о р х і ѕ
                                 {"\u0430", "a"},
                                 {"\u0441", "c"},
                                 {"\u0435", "e"},
                                 {"\u043E", "o"},
                                 {"\u0440", "p"},
                                 {"\u0445", "x"},
                                 {"\u0456", "l"},
                                 {"\u0455", "s"}})
    replace_all(look, from, to);
  return look;
}

/// Number of single-letter changes between the two, a swap of neighbours counted as one.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

const SystemProgram* find_program(std::string_view lower_name) {
  const auto* found = std::find_if(std::begin(kPrograms), std::end(kPrograms),
                                   [&](const auto& known) { return known.name == lower_name; });
  return found == std::end(kPrograms) ? nullptr : found;
}

}  // namespace

bool is_system_program_name(std::string_view file_name) {
  return find_program(to_lower_ascii(file_name)) != nullptr;
}

bool is_system_name_elsewhere(const EvidencePath& path, const EvidencePath& windows) {
  const SystemProgram* program = find_program(to_lower_ascii(path.name()));
  if (program == nullptr || windows.empty()) return false;
  const EvidencePath folder = path.parent();
  for (const auto& legal : program->folders)
    if (folder.folded() == (legal.empty() ? windows : windows / legal).folded()) return false;
  for (const auto& store : kStores)
    if (folder.is_below(windows / store)) return false;
  const auto& components = path.components();
  return !(equals_fold(path.volume(), windows.volume()) && components.size() > 1 &&
           (starts_with_fold(components[0], "Windows.old") ||
            equals_fold(components[0], "$WINDOWS.~BT")));
}

std::optional<std::string> imitated_system_name(std::string_view file_name) {
  const std::string lower = to_lower_ascii(file_name);
  const std::string_view stem = stem_of(lower);
  // Windows drops trailing dots and spaces, so "svchost .exe" is another matter (C14), not this
  // one.
  if (stem.size() + 1 < kMinImitatedStem || stem.size() > 64 || !lower.ends_with(".exe")) return {};
  if (find_program(lower) != nullptr) return {};
  if (std::find(std::begin(kNearButKnown), std::end(kNearButKnown), stem) !=
      std::end(kNearButKnown))
    return {};
  const std::string look = look_of(stem);
  for (const auto& known : kPrograms) {
    const std::string_view known_stem = stem_of(known.name);
    if (known_stem.size() < kMinImitatedStem) continue;
    if (look == look_of(known_stem) || edit_distance(stem, known_stem) == 1)
      return std::string{known.name};
  }
  return {};
}

}  // namespace hozen
