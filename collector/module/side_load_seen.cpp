// Pairs that were seen loaded: what the event, the running system, and places say; the files too
// where they are still there.
#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/rules.h"
#include "collector/module/side_load_loads.h"
#include "collector/module/side_load_pair.h"

namespace hozen::side_load {
namespace {

using Name = std::string_view;

/// Programs of Windows that load what they are told to, or what extends them: a DLL from anywhere
/// says little.
constexpr Name kLoaders[] = {"rundll32.exe",
                             "regsvr32.exe",
                             "explorer.exe",
                             "dllhost.exe",
                             "msiexec.exe",
                             "mmc.exe",
                             "powershell.exe",
                             "wmiprvse.exe",
                             "searchprotocolhost.exe",
                             "prevhost.exe",
                             "verclsid.exe",
                             "installutil.exe",
                             "regasm.exe",
                             "regsvcs.exe",
                             "wscript.exe",
                             "cscript.exe",
                             "mshta.exe",
                             "msbuild.exe",
                             "dfsvc.exe",
                             "iexplore.exe",
                             "backgroundtaskhost.exe",
                             "runtimebroker.exe",
                             "taskmgr.exe",
                             "audiodg.exe",
                             "drvinst.exe",
                             "pnputil.exe",
                             "conhost.exe",
                             "dwm.exe",
                             "applicationframehost.exe",
                             "w3wp.exe",
                             "sihost.exe",
                             "werfault.exe",
                             "wmplayer.exe"};
/// Below System32, with DLLs of others by right.
constexpr Name kShared[] = {"wbem", "spool", "drivers", "driverstore", "windowspowershell", "com"};

bool is_one_of(const Name* begin, const Name* end, Name name) {
  return std::any_of(begin, end, [&](Name one) { return equals_fold(one, name); });
}

/// What the path means where the evidence has no Windows of its own: a log alone.
EvidencePath windows_for(const Machine& machine, const EvidencePath& file) {
  const EvidencePath& known = machine.windows_of(file);
  return known.empty() ? EvidencePath{file.volume()} / "Windows" : known;
}

std::string when_text(const Load& load) {
  if (load.seen == "live") return "is running (process " + std::to_string(load.pid) + ") and has ";
  const std::string from = load.first.is_set() ? " at " + load.first.iso8601() : std::string{};
  return (load.seen == "prefetch" ? "had, when it was started" + from + " (prefetch), "
                                  : "loaded" + from + " ") +
         (load.count > 1 ? "(" + std::to_string(load.count) + " times) " : "");
}

}  // namespace

void Scorer::find_file(Side& side, const std::string& path) {
  side.path = path;
  if (!has_files_) return;
  const auto parsed = EvidencePath::parse(path);
  if (!parsed) return;
  auto info = context_.source().stat(*parsed);
  if (!info) {
    // Traces name the volume as the device that it was then.
    const EvidencePath& windows = machine_.windows_of(*parsed);
    if (windows.empty() || path == below_volume(path) || path.find(':') == 1) return;
    info = context_.source().stat(EvidencePath{windows.volume()} / below_volume(path));
  }
  if (!info || info->is_directory || is_placeholder(info->attributes.value_or(0))) return;
  Member member = member_of(*info);
  read_head(context_.source(), member);
  if (!member.pe) return;
  side.place = member.path;
  side.size = member.size;
  side.si = member.si;
  side.fn = member.fn;
  side.head = member.pe;
}

void Scorer::surround(Pair& pair) {
  const EvidencePath folder = pair.dll.place.parent();
  const auto [at, is_new] = folders_.try_emplace(folder.folded());
  if (is_new) at->second = look_at_folder(context_, folder);
  if (at->second) fill_around(pair, *at->second);
}

Pair Scorer::of_load(const Load& load) {
  Pair pair;
  pair.seen = load.seen;
  find_file(pair.host, load.host);
  find_file(pair.dll, load.dll);
  if (pair.host.is_here() && pair.dll.is_here()) {
    surround(pair);
    structure(pair);
  } else {
    names_and_places_told(pair);
  }
  loaded(pair, load);
  if (!pair.dll.is_here()) said_of_signatures(pair, load);
  if (!pair.dll.is_here() || !pair.host.is_here())
    pair.not_checked.push_back(
        std::string{pair.dll.is_here() ? "The program" : "The DLL"} +
        " itself: it is not in the evidence under that path. Hash, signature and content would "
        "tell.");
  return pair;
}

void Scorer::names_and_places_told(Pair& pair) {
  const std::string name = pair.dll.lower_name();
  const auto file = EvidencePath::parse(pair.dll.path);
  if (machine_.is_own_dll(name) && file &&
      !is_windows_folder(*file, windows_for(machine_, *file))) {
    const bool runtime = is_runtime_name(name);
    pair.items.add(runtime ? "N1R" : "N1", "Windows of this host has a '" + name +
                                               "' of its own, and this one lies elsewhere.");
  }
  if (!machine_.has_names())
    pair.not_checked.push_back(
        "Names of Windows' own DLLs: the evidence has no System32 to compare with.");
  if (file) place_of_file(pair, *file, windows_for(machine_, *file));
}

/// What a load adds: that it was, and from where to where.
void Scorer::loaded(Pair& pair, const Load& load) {
  const std::string host = pair.host.lower_name(), dll = pair.dll.lower_name();
  pair.items.add("E3", "'" + load.host + "' " + when_text(load) + "'" + load.dll + "'.",
                 load.records);
  if (const Phantom* const phantom = phantom_of(dll);
      phantom != nullptr && !machine_.is_own_dll(dll))
    pair.items.add("N2", "Windows looks for '" + dll + "' (" + std::string{phantom->loader} +
                             ") and does not have it.");
  if (remote_target(load.dll)) {
    pair.items.add("P9", "It lies on a share of another machine: " + load.dll + ".");
  }
  const auto program = EvidencePath::parse(load.host);
  const auto file = EvidencePath::parse(load.dll);
  const bool is_plain = load.dll_signed && !*load.dll_signed;
  const bool not_sound = pair.dll.is_here() ? !pair.dll.head->has_certificates : is_plain;
  if (!program || !not_sound) return;
  const EvidencePath windows = windows_for(machine_, *program);
  const bool by_windows = is_windows_folder(*program, windows);
  const bool is_loader = is_one_of(std::begin(kLoaders), std::end(kLoaders), host);
  const bool in_windows = file && file->is_below(windows);
  const bool in_programs = file && is_program_files(*file, windows);
  if (by_windows && !is_loader && !in_windows && !in_programs)
    pair.items.add("P7", "'" + host + "' is a program of Windows, and the DLL lies in " +
                             load.dll.substr(0, load.dll.find_last_of("\\/")) + ".");
  if (!file) return;
  const auto& names = file->components();
  const std::size_t depth = windows.components().size();
  const bool beside = file->parent().folded() == program->parent().folded();
  if (by_windows && beside && names.size() > depth + 2 && equals_fold(names[depth], "System32") &&
      !is_one_of(std::begin(kShared), std::end(kShared), names[depth + 1]))
    pair.items.add("P8", "It lies in " + file->parent().text() +
                             ", the folder of a program of Windows, where all is signed.");
  if (is_program_files(*program, windows) && !beside && !file->is_below(program->parent()))
    if (const auto because = writable_because(*file, windows))
      pair.items.add("P10", "'" + host + "' is installed in " + program->parent().text() +
                                ", and the DLL lies in " + *because + ".");
}

/// Only what the event says: the files are not there.
void Scorer::said_of_signatures(Pair& pair, const Load& load) {
  if (!load.dll_signed) return;
  const std::string event = "The event says that the DLL is ";
  if (!*load.dll_signed) {
    const std::string text = event + "not signed (status '" + load.dll_status + "')";
    if (load.host_signed.value_or(false))
      pair.items.add("S1", text + ", and that the program is signed by '" + load.host_signer + "'.",
                     load.records);
    else if (load.host_signed)
      pair.items.add("C6", text + ", and the program too.", load.records);
    else
      pair.items.add("S1H", text + "; it says nothing of the program's signature.", load.records);
    if (is_microsoft_runtime_name(pair.dll.lower_name()))
      pair.items.add("S4",
                     "Microsoft signs every '" + pair.dll.lower_name() +
                         "' that it gives away; this one is not signed, says the event.",
                     load.records);
  } else if (!load.dll_status.empty() && load.dll_status != "Valid") {
    pair.items.add(
        "S2", event + "signed by '" + load.dll_signer + "', with status '" + load.dll_status + "'.",
        load.records);
  } else if (load.host_signed.value_or(false) && equals_fold(load.host_signer, load.dll_signer)) {
    pair.items.add("C1", event + "signed by '" + load.dll_signer + "', as is the program.",
                   load.records);
  } else if (contains_fold(load.dll_signer, "Microsoft")) {
    pair.items.add("C3", event + "signed by '" + load.dll_signer + "'.", load.records);
  }
  const bool has_version = !load.dll_company.empty() || !load.dll_description.empty();
  if (load.tells_version && !has_version && !load.host_company.empty())
    pair.items.add(
        "X7", "The DLL has no version information; the program says '" + load.host_company + "'.",
        load.records);
}

}  // namespace hozen::side_load
