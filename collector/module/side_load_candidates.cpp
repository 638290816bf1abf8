// Which pairs of a folder are looked at, and how far: each DLL with the program that speaks most
// for it, and DLLs of Windows' own folders.
#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/side_load_pair.h"

namespace hozen::side_load {
namespace {

using Name = std::string_view;

/// Hosts of one DLL that are weighed.
constexpr std::size_t kMaxHosts = 8;
constexpr std::size_t kMaxRest = 64;

Side side_of(const Member& member) {
  Side side;
  side.path = member.path.text();
  side.place = member.path;
  side.size = member.size;
  side.si = member.si;
  side.fn = member.fn;
  side.head = member.pe;
  return side;
}

/// What is the same for all pairs of a folder.
Around around_all(const Folder& folder) {
  Around around;
  around.files = folder.files;
  around.folders = folder.folders;
  around.dlls = folder.dlls;
  around.below = folder.below.size();
  around.programs = folder.programs;
  around.signed_dlls = folder.signed_dlls;
  around.signs = folder.signs;
  around.is_whole_program = folder.is_whole_program();
  return around;
}

void add_rest(Around& around, const Folder& folder, const EvidencePath& dll) {
  around.others = folder.others;
  const auto add = [&](const Member& member) {
    if (member.path == dll) return;
    if (around.rest.size() < kMaxRest) around.rest.push_back(member.path);
  };
  for (const Member& member : folder.executables) add(member);
  for (const Member& member : folder.others) add(member);
}

FileTime newest_beside(const Folder& folder, const EvidencePath& dll) {
  FileTime newest;
  for (const Member& member : folder.executables)
    if (member.path != dll) newest = std::max(newest, arrival(member.si));
  for (const Member& member : folder.others)
    if (member.path != dll) newest = std::max(newest, arrival(member.si));
  return newest;
}

}  // namespace

Scorer::Scorer(ModuleContext& context, const Machine& machine, bool has_files)
    : context_{context}, machine_{machine}, has_files_{has_files} {
  for (const FactKind kind : {FactKind::autostart, FactKind::execution})
    for (const Fact& fact : context.facts().facts(kind)) {
      std::string program = fold_case(below_volume(fact.subject));
      if (kind == FactKind::autostart && fact.values["enabled"] != "no") starting_.insert(program);
      used_.insert(std::move(program));
    }
}

bool Scorer::starts(const Pair& pair) const {
  return starting_.contains(fold_case(below_volume(pair.host.path)));
}

bool Scorer::stands_out(const Pair& pair) const {
  if (!pair.items.has("X1")) return false;
  const bool is_signed =
      pair.host.head->has_certificates || machine_.is_own_program(pair.host.lower_name());
  return is_signed && (pair.items.has("N1") || pair.items.has("S6") || came_late(pair));
}

int Scorer::worth(const Pair& pair) const {
  constexpr Name kGameItems[] = {"C7", "C7M"}, kCounts[] = {"C4", "C5", "C12"};
  const bool is_out = stands_out(pair);
  int points = foreseen(pair);
  for (const Item& item : pair.items.all()) {
    const auto is_it = [&](Name id) { return item.weight->id == id; };
    if (std::any_of(std::begin(kGameItems), std::end(kGameItems), is_it)) continue;
    if (is_out && std::any_of(std::begin(kCounts), std::end(kCounts), is_it)) continue;
    points += item.points;
  }
  if (came_late(pair) && !pair.items.has("T1")) points += weight_of("T1").points;
  return points;
}

int Scorer::foreseen(const Pair& pair) const {
  return used_.contains(fold_case(below_volume(pair.host.path))) ? weight_of("E2").points : 0;
}

void Scorer::fill_around(Pair& pair, const Folder& folder) {
  pair.around = around_all(folder);
  pair.around.newest = newest_beside(folder, pair.dll.place);
  add_rest(pair.around, folder, pair.dll.place);
}

bool Scorer::may_load(const Folder& folder, const Member& program, const Member& dll) {
  constexpr std::size_t kFewPrograms = 3;
  const std::string name = to_lower_ascii(dll.path.name());
  if (program.pe->imports(name)) return true;
  const bool is_odd_pair = program.pe->has_certificates && !dll.pe->has_certificates;
  if (!dll.is_below && machine_.is_own_dll(name)) return true;
  if (folder.is_whole_program()) return false;
  if (!dll.is_below && folder.programs <= kFewPrograms) return true;
  return is_odd_pair && is_named_in(program.path, dll.path, dll.is_below);
}

std::optional<Pair> Scorer::best_pair(const Folder& folder, const Member& dll, const Around& all,
                                      std::span<const Redirection> redirections) {
  std::optional<Pair> best;
  std::vector<std::string> importers;
  std::size_t hosts = 0;
  const std::string name = to_lower_ascii(dll.path.name());
  const FileTime newest = newest_beside(folder, dll.path);
  for (const Member& program : folder.executables) {
    if (program.pe->is_dll || program.path == dll.path || hosts >= kMaxHosts) continue;
    const std::string host = to_lower_ascii(program.path.name());
    const bool is_redirected =
        std::any_of(redirections.begin(), redirections.end(), [&](const Redirection& one) {
          return one.program == host && (one.dll == name || (one.dll.empty() && dll.pe->is_dll));
        });
    if (!is_redirected && (!dll.pe->is_dll || !may_load(folder, program, dll))) continue;
    ++hosts;
    if (program.pe->imports(name)) importers.push_back(std::string{program.path.name()});
    Pair pair;
    pair.host = side_of(program);
    pair.dll = side_of(dll);
    pair.is_below = dll.is_below;
    pair.seen = "folder";
    pair.around = all;
    pair.around.newest = newest;
    structure(pair, redirections);
    if (!best || worth(pair) > worth(*best)) best = std::move(pair);
  }
  if (best) best->also_imported_by = std::move(importers);
  return best;
}

std::vector<Pair> Scorer::of_folder(Folder& folder) {
  std::vector<Pair> pairs;
  const std::vector<Redirection> redirections = redirections_of(context_, folder);
  const Around all = around_all(folder);
  const auto weigh = [&](const Member& dll) {
    auto best = best_pair(folder, dll, all, redirections);
    if (!best || worth(*best) < kWorthReading) return;
    add_rest(best->around, folder, dll.path);
    pairs.push_back(*std::move(best));
  };
  for (const Member& member : folder.executables) weigh(member);
  for (const Member& member : folder.below) weigh(member);
  return pairs;
}

std::optional<Pair> Scorer::of_inside(const Machine::Inside& inside) {
  std::optional<Pair> best;
  for (const EvidencePath& program : inside.programs) {
    Pair pair;
    pair.seen = "system_folder";
    find_file(pair.host, program.text());
    find_file(pair.dll, inside.dll.text());
    if (!pair.host.is_here() || !pair.dll.is_here()) continue;
    structure(pair);
    if (!best || pair.score() > best->score()) best = std::move(pair);
  }
  if (!best) return best;
  bodies(*best);
  const bool says_microsoft = best->dll.body && contains_fold(best->dll.body->company, "Microsoft");
  // Without catalogs every file of Windows would seem to be a stranger.
  if (!context_.signatures().has_catalogs() && says_microsoft) return {};
  sign(*best);
  const SignatureStatus status = best->dll.signature->status;
  if (status == SignatureStatus::not_signed || status == SignatureStatus::digest_mismatch)
    best->items.add("P8", "It lies in " + best->dll.place.parent().text() +
                              ", the folder of a program of Windows, where all is signed.");
  listed(*best);
  return best;
}

std::optional<Pair> Scorer::of_phantom(const EvidencePath& dll) {
  Pair pair;
  pair.seen = "phantom";
  find_file(pair.dll, dll.text());
  const Phantom* const phantom = phantom_of(pair.dll.lower_name());
  if (!pair.dll.is_here() || phantom == nullptr) return {};
  pair.host.path = std::string{phantom->loader};
  pair.dll.signature = signature_of(pair.dll.place);
  const FileSignature& signature = *pair.dll.signature;
  if (is_sound(signature.status) && signature.is_microsoft) return {};
  if (const auto file = context_.source().open(dll))
    if (auto body = read_pe_body(**file, false)) pair.dll.body = *std::move(body);
  const bool catalogs = context_.signatures().has_catalogs();
  if (!catalogs && pair.dll.body && contains_fold(pair.dll.body->company, "Microsoft")) return {};
  pair.items.add("N2", "Windows looks for '" + pair.dll.lower_name() + "' (" +
                           std::string{phantom->loader} + ") and does not bring it.");
  if (signature.status == SignatureStatus::digest_mismatch)
    pair.items.add("S2", signature_text(pair.dll) + ".");
  else if (!is_sound(signature.status))
    pair.items.add("S1", signature_text(pair.dll) + "; all of Windows is.");
  listed(pair);
  return pair;
}

}  // namespace hozen::side_load
