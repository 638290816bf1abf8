// What places, names and imports say of a pair: from the heads of files alone.
#include <algorithm>
#include <bit>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/rules.h"
#include "collector/module/side_load_pair.h"

namespace hozen::side_load {
namespace {

using Name = std::string_view;

constexpr std::size_t kSparseFiles = 6, kSparseDlls = 2;

constexpr Name kLibraryEndings[] = {".dll", ".ocx", ".cpl", ".ax",   ".drv", ".pyd", ".bpl",
                                    ".acm", ".tsp", ".asi", ".node", ".sys", ".mui"};
/// Parts of Chromium and of what is made of it, of Qt and of Python.
constexpr Name kParts[] = {"ffmpeg.dll",
                           "libegl.dll",
                           "libglesv2.dll",
                           "vulkan-1.dll",
                           "vk_swiftshader.dll",
                           "chrome_elf.dll",
                           "d3dcompiler_47.dll",
                           "dxcompiler.dll",
                           "dxil.dll",
                           "qt5*.dll",
                           "qt6*.dll",
                           "python*.dll",
                           "libcrypto*.dll",
                           "libssl*.dll",
                           "sqlite3.dll",
                           "icu*.dll",
                           "jvm.dll",
                           "libcef.dll",
                           "hostfxr.dll",
                           "hostpolicy.dll",
                           "coreclr.dll",
                           "clrjit.dll",
                           "system.*.dll",
                           "microsoft.*.dll",
                           "api-ms-win-*.dll",
                           "ucrtbase.dll",
                           "msvcp*.dll",
                           "vcruntime*.dll",
                           "webview2loader.dll",
                           "libffi*.dll",
                           "zlib*.dll"};

template <class List>
bool matches(const List& list, Name lower_name) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](Name one) { return fits(one, lower_name); });
}

bool ends_as_library(Name lower_name) {
  return std::any_of(std::begin(kLibraryEndings), std::end(kLibraryEndings),
                     [&](Name ending) { return lower_name.ends_with(ending); });
}

/// "C:\Windows \System32": Win32 takes the space away where it looks who is asking, and keeps it
/// where the file is opened.
bool is_mock_windows(const EvidencePath& file) {
  const auto& names = file.components();
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.size() > 1 && name.back() == ' ' &&
           (equals_fold(trim(name), "Windows") || equals_fold(trim(name), "System32") ||
            equals_fold(trim(name), "Program Files") ||
            equals_fold(trim(name), "Program Files (x86)"));
  });
}

/// Where no program is kept.
std::string rare_place(const EvidencePath& file, const EvidencePath& windows) {
  const EvidencePath folder = file.parent();
  if (!windows.empty() && file.is_below(windows)) {
    for (const Name name : {"Temp", "Tasks", "debug", "Fonts", "INF", "Help", "Media", "tracing",
                            "addins", "Cursors", "Web", "Registration", "Logs", "AppPatch"})
      if (file.is_below(windows / name)) return (windows / name).text();
    return folder == windows ? windows.text() : "";
  }
  const auto& names = folder.components();
  if (names.empty()) return file.volume() + "\\";
  const Name first = names[0];
  if (starts_with_fold(first, "$Recycle") || equals_fold(first, "RECYCLER") ||
      equals_fold(first, "PerfLogs") || equals_fold(first, "System Volume Information") ||
      equals_fold(first, "Intel") || equals_fold(first, "Recovery"))
    return file.volume() + "\\" + names[0];
  if (equals_fold(first, "ProgramData") && names.size() <= 1) return folder.text();
  if (!equals_fold(first, "Users") || names.size() < 2) return {};
  if (equals_fold(names[1], "Public") || equals_fold(names[1], "Default"))
    return file.volume() + "\\Users\\" + names[1];
  const Name last = names.back();
  const bool is_root = (equals_fold(last, "Roaming") || equals_fold(last, "Local") ||
                        equals_fold(last, "LocalLow")) &&
                       names.size() == 4;
  const bool is_media =
      names.size() >= 3 && (equals_fold(names[2], "Music") || equals_fold(names[2], "Pictures") ||
                            equals_fold(names[2], "Videos") || equals_fold(names[2], "Favorites") ||
                            equals_fold(names[2], "Links"));
  return is_root || is_media || names.size() == 2 ? folder.text() : std::string{};
}

/// Where files of all kinds lie together.
bool is_gathering_place(const EvidencePath& folder) {
  constexpr Name kNames[] = {"Downloads", "Desktop", "Documents", "Temp",  "tmp", "My Documents",
                             "Public",    "Roaming", "Local",     "Tools", "bin"};
  const Name name = folder.name();
  return folder.is_root() || std::any_of(std::begin(kNames), std::end(kNames),
                                         [&](Name one) { return equals_fold(one, name); });
}

bool is_below_program_data(const EvidencePath& file) {
  return file.components().size() > 1 && equals_fold(file.components().front(), "ProgramData");
}

/// What is compiled when it is loaded fits every processor; of ARM64 there are libraries that
/// programs for x64 load (Microsoft, "Arm64X PE files").
bool cannot_load(const PeHead& host, const PeHead& dll) {
  constexpr std::uint16_t kX64 = 0x8664, kArm64 = 0xAA64;
  const auto is_either = [](std::uint16_t machine) { return machine == kX64 || machine == kArm64; };
  return host.machine != dll.machine && !host.is_il && !dll.is_il &&
         !(is_either(host.machine) && is_either(dll.machine));
}

}  // namespace

FileTime arrival(const Times& times) {
  return times.created.is_set() ? times.created : times.modified;
}

std::string Side::lower_name() const {
  if (is_here()) return to_lower_ascii(place.name());
  const std::size_t at = path.find_last_of("\\/");
  return to_lower_ascii(at == std::string::npos ? path : path.substr(at + 1));
}

std::string Pair::key() const { return fold_case(host.path) + "|" + fold_case(dll.path); }

void Scorer::redirected(Pair& pair, std::span<const Redirection> redirections) const {
  const std::string dll = pair.dll.lower_name(), host = pair.host.lower_name();
  for (const Redirection& one : redirections)
    // What redirects every DLL changes nothing for those that lie beside the program anyway.
    if (one.program == host &&
        (one.dll == dll ||
         (one.dll.empty() && (machine_.is_own_dll(dll) || machine_.is_known_dll(dll)))))
      pair.items.add(one.is_strong ? "X11" : "X11M", one.fact);
}

void Scorer::structure(Pair& pair, std::span<const Redirection> redirections) {
  const std::string name = pair.dll.lower_name();
  const PeHead& host = *pair.host.head;
  const PeHead& dll = *pair.dll.head;
  const bool imported = host.imports(name);
  redirected(pair, redirections);
  const std::string quoted_dll = "'" + std::string{pair.dll.place.name()} + "'";
  const std::string quoted_host = "'" + std::string{pair.host.place.name()} + "'";
  if (imported)
    pair.items.add("X1",
                   quoted_host + " imports " + quoted_dll +
                       " by its name; the folder of the program is searched before System32.");
  const bool is_known = pair.items.has("X11") && machine_.is_known_dll(name);
  if (machine_.is_own_dll(name) || is_known) {
    const bool runtime = is_runtime_name(name);
    pair.items.add(runtime ? "N1R" : "N1",
                   runtime ? "Windows of this host has a " + quoted_dll +
                                 " too; it is a library that many programs bring along."
                           : "Windows of this host has a " + quoted_dll +
                                 " of its own, and this one lies elsewhere: " +
                                 pair.dll.place.parent().text() + ".");
  }
  if (cannot_load(host, dll))
    pair.items.add("C10", quoted_host + " is for " + pe::machine_text(host.machine) + " and " +
                              quoted_dll + " for " + pe::machine_text(dll.machine) +
                              ": the one cannot load the other.");
  if (dll.is_dll && !ends_as_library(name) && (imported || !pair.around.is_whole_program))
    pair.items.add("X10", quoted_dll + " is a program library by its content.");
  place(pair);
}

void Scorer::place_of_file(Pair& pair, const EvidencePath& file, const EvidencePath& windows) {
  if (is_mock_windows(file))
    pair.items.add("P6", "The folder " + file.parent().text() +
                             " has a space behind a name of Windows: programs that look at the "
                             "path take it for the real one.");
  if (const auto because = writable_because(file, windows))
    pair.items.add("P3", "It lies in " + *because + ".");
  else if (is_below_program_data(file))
    pair.items.add("P3",
                   "It lies below ProgramData, where users can make files unless the maker of "
                   "the folder forbade it.");
  if (const std::string rare = rare_place(file, windows); !rare.empty())
    pair.items.add("P5", "Programs are not kept in " + rare + ".");
}

void Scorer::place(Pair& pair) {
  const EvidencePath& file = pair.dll.place;
  const EvidencePath& windows = machine_.windows_of(file);
  const Around& around = pair.around;
  const bool installed = is_program_files(file, windows);
  place_of_file(pair, file, windows);
  const std::size_t dlls = pair.is_below ? around.below : around.dlls;
  if (!installed && around.files <= kSparseFiles && around.programs == 1 && dlls > 0 &&
      dlls <= kSparseDlls)
    pair.items.add("P4", "The folder of the program holds " + std::to_string(around.files) +
                             " files, one program among them, with " + std::to_string(dlls) +
                             (dlls == 1 ? " DLL" : " DLLs") +
                             (pair.is_below ? " in folders below." : "."));
  if (pair.seen == "folder" && machine_.is_closed_folder(file.parent()) &&
      !machine_.is_sealed_folder(file.parent()))
    pair.items.add(
        "P5", "Programs that are not Windows' own are not kept in " + file.parent().text() + ".");
  if (around.is_whole_program && !pair.items.has("P5") && !is_gathering_place(file.parent()))
    pair.items.add("C4", "The folder holds a whole program: " + std::to_string(around.files) +
                             " files and " + std::to_string(around.folders) + " folders.");
  signs_around(pair);
  game_around(pair);
  const int runtime = std::popcount(around.signs.runtime);
  if (runtime >= 2 && matches(kParts, pair.dll.lower_name()))
    pair.items.add("C11", "The name is that of a part of the runtime that lies here (" +
                              std::to_string(runtime) + " signs of it).");
  if (is_installer_folder(to_lower_ascii(file.parent().name())))
    pair.items.add("C12", "An installer unpacks such files into a folder of that name.");
}

void Scorer::signs_around(Pair& pair) {
  if (pair.dll.head->has_certificates) return;
  const Around& around = pair.around;
  constexpr std::size_t kFewDlls = 3, kOneOf = 8;
  const std::size_t plain = around.dlls - std::min(around.dlls, around.signed_dlls);
  const std::string all = " of the " + std::to_string(around.dlls) + " DLLs here have ";
  if (around.dlls > kFewDlls && plain * 2 > around.dlls) {
    pair.items.add("C5", std::to_string(plain) + all + "no signature.");
    return;
  }
  // Of a name that Windows does not have, the others must be nearly all.
  const bool is_alone = !pair.is_below && around.dlls > kFewDlls && plain * kOneOf <= around.dlls;
  if (around.signed_dlls >= 2 && (pair.items.has("N1") || is_alone))
    pair.items.add("S6",
                   std::to_string(around.signed_dlls) + all + "a signature, this one has none.");
}

void Scorer::game_around(Pair& pair) {
  // A game is no program of Windows, and does not start with it.
  if (starts(pair) || pair.items.has("P1")) return;
  const int game = std::popcount(pair.around.signs.game);
  const int additions = std::popcount(pair.around.signs.additions);
  if (game == 0 || game + additions < 2 || pair.around.files < kSparseFiles) return;
  pair.items.add("C7", "The folder is a game's (" + std::to_string(game) + " signs of an engine, " +
                           std::to_string(additions) +
                           " of additions, each looked into): mods are loaded by DLLs of such "
                           "names.");
  if (game >= 2 && additions > 0)
    pair.items.add("C7M", "Settings or folders of what loads additions into a game lie beside it.");
}

}  // namespace hozen::side_load
