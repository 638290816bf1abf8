#include "collector/module/side_load_machine.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "collector/base/text.h"
#include "collector/module/execution_registry.h"

namespace hozen::side_load {
namespace {

using Name = std::string_view;

constexpr std::uint8_t kSystem32 = 1, kSysWow64 = 2, kStore = 4;

/// Source: HijackLibs (entries of type Phantom) for the loaders; observed on Windows 10.
constexpr Phantom kPhantoms[] = {
    {"wlbsctrl.dll", "the service IKEEXT (svchost.exe)"},
    {"tsmsisrv.dll", "the service SessionEnv (svchost.exe)"},
    {"tsvipsrv.dll", "the service SessionEnv (svchost.exe)"},
    {"ualapi.dll", "the print spooler and Fax (spoolsv.exe, fxssvc.exe)"},
    {"wow64log.dll", "every process of 32 bits"},
    {"oci.dll", "the service MSDTC (msdtc.exe)"},
    {"sprintcsp.dll", "the service StorSvc (svchost.exe)"},
    {"edgegdi.dll", "programs that draw"},
    {"windowscoredeviceinfo.dll", "the update orchestrator (usoclient.exe)"},
    {"phoneinfo.dll", "error reporting (wermgr.exe)"},
    {"cdpsgshims.dll", "the service CDPSvc (svchost.exe)"},
    {"diagtrack_win.dll", "the service DiagTrack (svchost.exe)"},
    {"wptsextensions.dll", "the task scheduler (svchost.exe)"},
    {"shellchromeapi.dll", "the device enroller (deviceenroller.exe)"},
    {"prxernsp.dll", "the search indexer"},
    {"msfte.dll", "the search indexer (searchindexer.exe)"},
    {"msx3.dll", "the update of Windows"},
    {"fxsst.dll", "explorer.exe, from its own folder"},
    {"axeonoffhelper.dll", "the service of input"},
};

constexpr Name kRuntime[] = {
    "vcruntime*.dll", "msvcp*.dll", "msvcr*.dll", "concrt*.dll", "vccorlib*.dll", "vcomp*.dll",
    "vcamp*.dll", "mfc*.dll", "atl*.dll", "ucrtbase.dll", "api-ms-win-*.dll", "d3dcompiler_*.dll",
    "d3dx*.dll", "xinput*.dll", "xaudio2*.dll", "x3daudio*.dll", "dxil.dll", "dxcompiler.dll",
    "vulkan-1.dll", "opencl.dll", "openal32.dll", "libcrypto*.dll", "libssl*.dll", "libegl.dll",
    "libglesv2.dll", "sqlite3.dll", "zlib*.dll", "libcurl*.dll", "gdiplus.dll", "icu*.dll",
    "physx*.dll", "python*.dll", "webview2loader.dll", "microsoft.*.dll", "system.*.dll",
    "onnxruntime.dll", "directml.dll", "wixstdba.dll", "msdia*.dll", "wpcap.dll", "packet.dll",
    // Old Basic programs bring theirs; drawing that is done without the card's maker.
    "msvbvm*.dll", "olepro32.dll", "opengl32.dll", "glu32.dll", "ddraw.dll", "d3d8.dll",
    "d3d9.dll"};
constexpr Name kMicrosoftRuntime[] = {"vcruntime1*.dll", "msvcp1*.dll",    "msvcr1*.dll",
                                      "concrt1*.dll",    "vccorlib1*.dll", "vcomp1*.dll",
                                      "mfc1*.dll",       "ucrtbase.dll",   "d3dcompiler_4*.dll"};

/// Below Windows, with files of Windows alone. What users can write to is walked (rules.h).
constexpr Name kClosed[] = {"System32",
                            "SysWOW64",
                            "SysArm32",
                            "WinSxS",
                            "servicing",
                            "assembly",
                            "Microsoft.NET",
                            "SystemApps",
                            "SystemResources",
                            "SystemTemp",
                            "SoftwareDistribution",
                            "Installer",
                            "ImmersiveControlPanel",
                            "Boot",
                            "diagnostics",
                            "InboxApps",
                            "LiveKernelReports",
                            "WinStore",
                            "PolicyDefinitions",
                            "rescache",
                            "ShellExperiences",
                            "ShellComponents",
                            "UUS",
                            "CbsTemp"};
/// Of those, with very many files of Windows and of nobody else.
constexpr Name kSealed[] = {"WinSxS",   "servicing",       "assembly",
                            "rescache", "SystemResources", "PolicyDefinitions"};
/// Below System32: no programs load DLLs from there.
constexpr Name kNotListed[] = {"DriverStore", "CatRoot",   "CatRoot2", "config", "LogFiles",
                               "winevt",      "Tasks",     "spool",    "WDI",    "sru",
                               "downlevel",   "AppLocker", "drivers"};

template <class List>
bool lists(const List& list, Name name) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](Name one) { return equals_fold(one, name); });
}

template <class List>
bool matches(const List& list, Name lower_name) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](Name one) { return fits(one, lower_name); });
}

}  // namespace

bool fits(Name pattern, Name lower_name) {
  std::size_t at = 0, name_at = 0, star = Name::npos, resume = 0;
  while (name_at < lower_name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = name_at;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == lower_name[name_at])) {
      ++at;
      ++name_at;
    } else if (star == Name::npos) {
      return false;
    } else {
      at = star + 1;
      name_at = ++resume;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

const Phantom* phantom_of(Name lower_name) {
  const auto* const found =
      std::find_if(std::begin(kPhantoms), std::end(kPhantoms),
                   [&](const Phantom& one) { return one.name == lower_name; });
  return found == std::end(kPhantoms) ? nullptr : found;
}

bool is_runtime_name(Name lower_name) { return matches(kRuntime, lower_name); }
bool is_microsoft_runtime_name(Name lower_name) { return matches(kMicrosoftRuntime, lower_name); }

Machine::Machine(ModuleContext& context) {
  find_windows(context);
  for (const EvidencePath& windows : windows_) {
    list_system(context, windows / "System32", kSystem32);
    list_system(context, windows / "SysWOW64", kSysWow64);
    list_store(context, windows);
    list_root(context, windows);
  }
  read_known_dlls(context);
}

void Machine::find_windows(ModuleContext& context) {
  if (Registry* const registry = context.registry())
    for (const Installation& one : registry->installations())
      if (!one.windows.empty()) windows_.push_back(one.windows);
  if (!windows_.empty()) return;
  for (const VolumeInfo& volume : context.source().volumes())
    for (const Name name : {"Windows", "WINNT"}) {
      const auto info = context.source().stat(EvidencePath{volume.name} / name / "System32");
      if (info && info->is_directory) windows_.push_back(info->path.parent());
    }
}

const EvidencePath& Machine::windows_of(const EvidencePath& file) const {
  static const EvidencePath none;
  const auto found = std::find_if(windows_.begin(), windows_.end(), [&](const EvidencePath& one) {
    return equals_fold(one.volume(), file.volume());
  });
  if (found != windows_.end()) return *found;
  return windows_.empty() ? none : windows_.front();
}

void Machine::list_system(ModuleContext& context, const EvidencePath& folder, std::uint8_t where) {
  std::vector<EvidencePath> below;                               // DLLs in folders below
  std::map<std::string, std::vector<EvidencePath>> programs_at;  // by folder
  const std::size_t depth = folder.components().size();
  const auto visit = [&](const FileInfo& file) {
    if (context.stop().stop_requested()) return Visit::stop;
    const Name name = file.path.name();
    const bool is_top = file.path.components().size() == depth + 1;
    if (file.is_directory) return is_top && lists(kNotListed, name) ? Visit::skip : Visit::enter;
    std::string lower = to_lower_ascii(name);
    if (lower.ends_with(".dll")) {
      // The fax of Windows has its own here.
      if (phantom_of(lower) != nullptr && lower != "fxsst.dll") phantoms_.push_back(file.path);
      if (is_top && dlls_.size() < kMaxNames)
        dlls_[std::move(lower)] |= where;
      else if (!is_top && below.size() < kMaxNames)
        below.push_back(file.path);
    } else if (lower.ends_with(".exe") && programs_.size() < kMaxNames) {
      if (!is_top) programs_at[file.path.parent().folded()].push_back(file.path);
      programs_.insert(std::move(lower));
    }
    return Visit::enter;
  };
  if (const auto there = context.source().stat(folder); !there) return;
  const auto problem = [&](const EvidencePath&, Error error) { context.note(std::move(error)); };
  if (auto walked = context.source().walk(folder, visit, problem); !walked)
    context.note(std::move(walked).error());
  for (const EvidencePath& dll : below) {
    const auto programs = programs_at.find(dll.parent().folded());
    const auto own = dlls_.find(to_lower_ascii(dll.name()));
    if (programs != programs_at.end() && own != dlls_.end() && (own->second & where) != 0)
      inside_.push_back({dll, programs->second});
  }
}

void Machine::list_store(ModuleContext& context, const EvidencePath& windows) {
  const EvidencePath folder = windows / "WinSxS";
  if (!context.source().stat(folder)) return;
  const auto visit = [&](const FileInfo& file) {
    if (context.stop().stop_requested() || dlls_.size() >= kMaxNames) return Visit::stop;
    std::string lower = to_lower_ascii(file.path.name());
    // Parts of components that differ only from others' (.f, .r) have the same names.
    if (!file.is_directory && lower.ends_with(".dll")) dlls_[std::move(lower)] |= kStore;
    return Visit::enter;
  };
  const auto problem = [&](const EvidencePath&, Error error) { context.note(std::move(error)); };
  if (auto walked = context.source().walk(folder, visit, problem); !walked)
    context.note(std::move(walked).error());
}

void Machine::list_root(ModuleContext& context, const EvidencePath& windows) {
  const auto visit = [&](const FileInfo& file) {
    if (file.is_directory) return Visit::skip;
    std::string lower = to_lower_ascii(file.path.name());
    if (lower.ends_with(".dll") && phantom_of(lower) != nullptr) phantoms_.push_back(file.path);
    if (lower.ends_with(".exe")) programs_.insert(std::move(lower));
    return Visit::enter;
  };
  const auto problem = [&](const EvidencePath&, Error error) { context.note(std::move(error)); };
  if (auto walked = context.source().walk(windows, visit, problem); !walked)
    context.note(std::move(walked).error());
}

void Machine::read_known_dlls(ModuleContext& context) {
  (void)each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      if (!is_current) return;
      const auto key = set.open("Control\\Session Manager\\KnownDLLs");
      search_path(context, set);
      if (!key) return;
      each_value(context, **key, [&](const RegistryValue& value) {
        const auto text = value.text();
        if (text && ends_with_fold(*text, ".dll")) known_.insert(to_lower_ascii(*text));
      });
    });
  });
}

bool Machine::is_own_dll(Name lower_name) const {
  if (lower_name.starts_with("api-ms-") || lower_name.starts_with("ext-ms-")) return false;
  return dlls_.contains(std::string{lower_name}) && !is_known_dll(lower_name);
}
bool Machine::is_own_program(Name lower_name) const {
  return programs_.contains(std::string{lower_name});
}
bool Machine::is_known_dll(Name lower_name) const {
  // The first of all processes and what it is made of is never taken from elsewhere.
  return lower_name == "ntdll.dll" || lower_name == "kernel32.dll" ||
         lower_name == "kernelbase.dll" || known_.contains(std::string{lower_name});
}

std::optional<EvidencePath> Machine::own_copy(Name lower_name, const EvidencePath& beside,
                                              bool is_64) const {
  const auto found = dlls_.find(std::string{lower_name});
  const EvidencePath& windows = windows_of(beside);
  if (found == dlls_.end() || windows.empty()) return {};
  if (!is_64 && (found->second & kSysWow64) != 0) return windows / "SysWOW64" / lower_name;
  if ((found->second & kSystem32) != 0) return windows / "System32" / lower_name;
  return {};
}

bool Machine::is_closed_folder(const EvidencePath& folder) const {
  return std::any_of(windows_.begin(), windows_.end(), [&](const EvidencePath& windows) {
    const std::size_t depth = windows.components().size();
    return folder.is_below(windows) && folder.components().size() > depth &&
           lists(kClosed, folder.components()[depth]);
  });
}

bool Machine::is_sealed_folder(const EvidencePath& folder) const {
  return std::any_of(windows_.begin(), windows_.end(), [&](const EvidencePath& windows) {
    const std::size_t depth = windows.components().size();
    const auto& names = folder.components();
    if (!folder.is_below(windows) || names.size() <= depth) return false;
    if (lists(kSealed, names[depth])) return true;
    return names.size() > depth + 1 && is_system_folder(windows / names[depth]) &&
           lists(kNotListed, names[depth + 1]);
  });
}

bool Machine::is_system_folder(const EvidencePath& folder) const {
  const Name name = folder.name();
  return (equals_fold(name, "System32") || equals_fold(name, "SysWOW64")) &&
         std::any_of(windows_.begin(), windows_.end(), [&](const EvidencePath& windows) {
           return folder.is_below(windows) &&
                  folder.components().size() == windows.components().size() + 1;
         });
}

void Machine::search_path(ModuleContext& context, RegistryKey& set) {
  const auto key = set.open("Control\\Session Manager\\Environment");
  if (!key) return;
  std::string path;
  each_value(context, **key, [&](const RegistryValue& value) {
    const auto text = value.text();
    if (text && equals_fold(value.name, "Path")) path = *text;
  });
  constexpr std::size_t kMostFolders = 64;
  std::size_t left = kMostFolders;
  for (std::size_t at = 0; at < path.size() && left != 0; --left) {
    const std::size_t end = std::min(path.find(';', at), path.size());
    const auto folder = EvidencePath::parse(trim(Name{path}.substr(at, end - at)));
    at = end + 1;
    // What is written with a variable is Windows' own, whose folders are listed already.
    if (!folder || is_closed_folder(*folder) || lists_windows(*folder)) continue;
    for (const Phantom& one : kPhantoms) {
      // Oracle's clients have theirs here by right; the shell looks beside itself alone.
      if (one.name == "oci.dll" || one.name == "fxsst.dll") continue;
      if (const auto info = context.source().stat(*folder / one.name); info && !info->is_directory)
        phantoms_.push_back(info->path);
    }
  }
}

bool Machine::lists_windows(const EvidencePath& folder) const {
  return std::any_of(windows_.begin(), windows_.end(), [&](const EvidencePath& windows) {
    return windows.folded() == folder.folded();
  });
}

}  // namespace hozen::side_load
