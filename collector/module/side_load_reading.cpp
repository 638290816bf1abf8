// What the files of a pair hold: version information, exports, times, files beside them. Only for
// pairs that are worth reading them.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/rules.h"
#include "collector/module/side_load_pair.h"

namespace hozen::side_load {
namespace {

using Name = std::string_view;

constexpr std::uint64_t kDay = 86'400 * kTicksPerSecond;
/// Of a program that is searched for the name of the DLL.
constexpr std::uint64_t kMaxSearched = std::uint64_t{32} << 20U;
constexpr std::uint64_t kSwollen = std::uint64_t{50} << 20U;
constexpr std::size_t kManyFunctions = 20;

/// "NvSmart" of "NvSmart.exe.mui", folded.
std::string stem_of(Name name) {
  std::string lower = fold_case(name);
  if (lower.ends_with(".MUI")) lower.resize(lower.size() - 4);
  const std::size_t dot = lower.rfind('.');
  return dot == std::string::npos ? lower : lower.substr(0, dot);
}

bool is_other_name(Name original, Name name) {
  const std::string a = stem_of(original), b = stem_of(name);
  if (a.empty() || b.empty()) return false;
  return a.find(b) == std::string::npos && b.find(a) == std::string::npos;
}

/// Times of linkers: not before Windows 95, not after now.
bool is_plausible(std::uint32_t timestamp, FileTime now) {
  constexpr std::uint32_t kFirst = 800'000'000;
  return timestamp >= kFirst && (!now.is_set() || filetime_from_unix(timestamp, 0) <= now);
}

std::string date_text(std::uint32_t timestamp) {
  return filetime_from_unix(timestamp, 0).iso8601().substr(0, 10);
}

std::uint64_t apart(FileTime a, FileTime b) {
  return std::max(a.ticks, b.ticks) - std::min(a.ticks, b.ticks);
}

}  // namespace

bool is_given_other_name(const Side& side) {
  return side.body && is_other_name(side.body->original_name, side.lower_name());
}

bool is_odd_place(const Pair& pair) { return pair.items.has("P4") || pair.items.has("P5"); }

const PeBody* Scorer::body_of(const EvidencePath& path, bool with_exports) {
  const auto [at, is_new] = bodies_.try_emplace(path.folded() + (with_exports ? "*" : ""));
  if (is_new)
    if (auto file = context_.source().open(path))
      if (auto body = read_pe_body(**file, with_exports)) at->second = *std::move(body);
  return at->second ? &*at->second : nullptr;
}

void Scorer::look_closer(Pair& pair) {
  if (!pair.host.is_here() || !pair.dll.is_here()) return;
  // What the files say of themselves may be a lie: it keeps nobody from asking who signed them.
  const bool is_worth = worth(pair) >= kWorthReading;
  bodies(pair);
  times(pair);
  if (!is_worth && worth(pair) < kWorthReading) return;
  sign(pair);
  listed(pair);
  if (worth(pair) - foreseen(pair) >= kLowScore - 5) {
    text_in_host(pair);
    payload(pair);
  }
  // No game explains these; but of a game's own data that looks encrypted says nothing.
  if (pair.items.has("S2") || pair.items.has("S5") || (pair.items.has("X5") && starts(pair)))
    not_of_a_game(pair);
  if (pair.items.has("C7")) pair.items.drop("X5");
}

void Scorer::not_of_a_game(Pair& pair) {
  for (const std::string_view id : {"C7", "C7M"}) pair.items.drop(id);
}

void Scorer::bodies(Pair& pair) {
  if (const PeBody* const host = body_of(pair.host.place, false)) pair.host.body = *host;
  if (auto file = context_.source().open(pair.dll.place))
    if (auto body = read_pe_body(**file, true)) pair.dll.body = *std::move(body);
  if (pair.dll.head && pair.dll.head->overlay_bytes >= kSwollen)
    pair.items.add("X9", std::to_string(pair.dll.head->overlay_bytes >> 20U) +
                             " MiB lie behind the sections of the DLL.");
  if (!pair.dll.body) return;
  names_inside(pair);
  exports_of(pair);
}

void Scorer::names_inside(Pair& pair) {
  const PeBody& dll = *pair.dll.body;
  const Name name = pair.dll.place.name();
  if (dll.has_version && is_other_name(dll.original_name, name))
    pair.items.add("X6", "Its version information calls it '" + dll.original_name + "'.");
  if (dll.has_version && !is_other_name(dll.original_name, name) &&
      is_runtime_name(pair.dll.lower_name()))
    pair.items.add("C11", "Many programs bring a '" + std::string{name} +
                              "', and its version information says the same name.");
  if (!pair.host.body) return;
  const PeBody& host = *pair.host.body;
  if (!dll.has_version && host.has_version)
    pair.items.add("X7", "The DLL has no version information; the program has ('" + host.company +
                             "', '" + host.product + "').");
  if (!host.company.empty() && equals_fold(host.company, dll.company) &&
      !contains_fold(host.company, "Microsoft"))
    pair.items.add("C9", "The version information of both names '" + host.company +
                             "', which anybody can write into a file.");
  const EvidencePath& windows = machine_.windows_of(pair.host.place);
  const bool is_outside = windows.empty() || !pair.host.place.is_below(windows);
  const std::string original = to_lower_ascii(host.original_name);
  const bool is_own_name = machine_.is_own_program(pair.host.lower_name()) ||
                           (!original.empty() && machine_.is_own_program(original));
  if (is_outside && is_own_name && contains_fold(host.company, "Microsoft") &&
      !is_program_files(pair.host.place, windows))
    pair.items.add("P1", "The program says to be '" + host.original_name + "' of '" + host.company +
                             "', which this host has in its Windows; here it lies in " +
                             pair.host.place.parent().text() + ".");
  if (pair.items.has("P1")) not_of_a_game(pair);
}

void Scorer::exports_of(Pair& pair) {
  const PeBody& dll = *pair.dll.body;
  const std::string name = pair.dll.lower_name();
  constexpr std::size_t kFew = 3;
  if (dll.exports >= 2 && dll.forwarded * 2 >= dll.exports)
    pair.items.add("X2", std::to_string(dll.forwarded) + " of its " + std::to_string(dll.exports) +
                             " functions are handed on to '" + dll.forwarded_to + "'.");
  const std::size_t own = dll.exports - dll.forwarded;
  if (own >= kFew && dll.addresses == 1)
    pair.items.add(
        "X3", "All " + std::to_string(own) + " functions that it has itself are one and the same.");
  if (!pair.items.has("N1") && !pair.items.has("N1R")) return;
  const auto copy = machine_.own_copy(name, pair.dll.place, pair.dll.head->is_64);
  const PeBody* const real = copy ? body_of(*copy, true) : nullptr;
  if (real != nullptr && real->exports >= kManyFunctions && dll.exports * 2 < real->exports)
    pair.items.add("X4", "It has " + std::to_string(dll.exports) + " functions; " + copy->text() +
                             " has " + std::to_string(real->exports) + ".");
}

bool came_late(const Pair& pair) {
  constexpr std::uint64_t kMonth = 30 * kDay;
  const FileTime came = arrival(pair.dll.si), newest = pair.around.newest;
  return came.is_set() && newest.is_set() && came > newest && apart(came, newest) > kMonth;
}

void Scorer::times(Pair& pair) {
  constexpr std::uint64_t kTwoMinutes = 120 * kTicksPerSecond;
  constexpr std::uint32_t kTwoYears = 2 * 365 * 86'400, kWeek = 7 * 86'400;
  if (came_late(pair))
    pair.items.add("T1", "It came at " + arrival(pair.dll.si).iso8601() +
                             ", the last of the other files at " + pair.around.newest.iso8601() +
                             ".");
  const auto& fn = pair.dll.fn;
  if (fn && fn->created.is_set() && pair.dll.si.created.is_set() &&
      pair.dll.si.created < fn->created && apart(pair.dll.si.created, fn->created) > kDay &&
      pair.dll.si.created.ticks % kTicksPerSecond == 0)
    pair.items.add("T2", "It says to have been made at " + pair.dll.si.created.iso8601() +
                             ", in whole seconds; its name was made at " + fn->created.iso8601() +
                             ".");
  const FileTime came = arrival(pair.dll.si), host_came = arrival(pair.host.si);
  if (pair.items.has("P4") && pair.items.has("P3") && pair.host.si.created.is_set() &&
      pair.dll.si.created.is_set() && apart(came, host_came) <= kTwoMinutes)
    pair.items.add(
        "T4", "Program and DLL came at " + host_came.iso8601() + " and " + came.iso8601() + ".");
  const std::uint32_t host = pair.host.head->timestamp, dll = pair.dll.head->timestamp;
  const FileTime now = context_.reference_time();
  if (!is_plausible(host, now) || !is_plausible(dll, now)) return;
  if (dll > host && dll - host >= kTwoYears)
    pair.items.add("T3", "The DLL was built on " + date_text(dll) + ", the program on " +
                             date_text(host) + ".");
  if (std::max(host, dll) - std::min(host, dll) <= kWeek)
    built_together(pair, "Program and DLL were built on " + date_text(host) + " and " +
                             date_text(dll) + ", as the files say");
}

/// A time of building can be written into a DLL by anybody; one maker's files of one week are
/// linked by the same linker as well.
void Scorer::built_together(Pair& pair, const std::string& when) {
  const auto& host = pair.host.body;
  const auto& dll = pair.dll.body;
  const bool is_told = host && dll && !pair.host.head->is_il && !pair.dll.head->is_il;
  if (is_told && host->tools != dll->tools)
    return pair.items.add("C8T", when + ", but with different linkers: " + host->tools.text() +
                                     " and " + dll->tools.text() + ".");
  pair.items.add("C8", when + ".");
}

/// The words of programs of one folder are asked for again and again.
const FileWords& Scorer::words_of(const EvidencePath& host) {
  constexpr std::size_t kMostKept = 16;
  constexpr std::uint64_t kMostRead = std::uint64_t{4} << 30U;  // in one run
  const std::string key = host.folded();
  if (const auto known = words_.find(key); known != words_.end()) return known->second;
  if (words_.size() >= kMostKept) words_.clear();
  FileWords& words = words_[key];
  auto file = context_.source().open(host);
  if (!file) return words;
  const std::uint64_t size = std::min((*file)->size(), kMaxSearched);
  if (searched_ < kMostRead && searched_ + size >= kMostRead)
    context_.note(Error{Errc::limit, "programs searched for the names of DLLs", searched_,
                        host.text() + " and those behind it are not"});
  searched_ += size;
  if (searched_ < kMostRead) words = FileWords{**file, kMaxSearched};
  return words;
}

bool Scorer::is_named_in(const EvidencePath& host, const EvidencePath& dll, bool is_below) {
  const FileWords& words = words_of(host);
  const std::string name = to_lower_ascii(dll.name());
  Name stem = name;
  if (stem.ends_with(".dll")) stem.remove_suffix(4);
  return (words.has(name) || words.has(stem)) &&
         (!is_below || words.has(to_lower_ascii(dll.parent().name())));
}

void Scorer::text_in_host(Pair& pair) {
  if (pair.items.has("X1") || !is_named_in(pair.host.place, pair.dll.place, pair.is_below)) return;
  pair.items.add("X1S", "The program holds the text '" + pair.dll.lower_name() +
                            "', or that without its ending.");
}

}  // namespace hozen::side_load
