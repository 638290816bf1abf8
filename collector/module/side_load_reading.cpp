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
constexpr std::uint64_t kMaxSearched = std::uint64_t{16} << 20U;
constexpr std::uint64_t kSwollen = std::uint64_t{50} << 20U;
/// Files beside a pair that may be what the DLL decrypts: their sizes, how many are looked at, how
/// much of each, and the entropy from which on they look encrypted.
constexpr std::uint64_t kLeastPayload = 2'048, kMostPayload = std::uint64_t{64} << 20U;
constexpr std::size_t kMaxLooked = 16, kEntropyBytes = std::size_t{1} << 20U;
constexpr double kEncrypted = 7.2;
constexpr std::size_t kManyFunctions = 20;

/// Compressed by their format: their entropy says nothing.
bool is_known_format(Bytes head) {
  constexpr Name kMarks[] = {"PK\x03\x04",
                             "7z\xBC\xAF",
                             "Rar!",
                             "\x1F\x8B",
                             "\x89PNG",
                             "\xFF\xD8\xFF",
                             "GIF8",
                             "OggS",
                             "ID3",
                             "RIFF",
                             "MSCF",
                             "%PDF",
                             "BZh",
                             "\xFD"
                             "7zXZ",
                             "wOFF",
                             "wOF2",
                             "\x28\xB5\x2F\xFD",
                             "UnityFS",
                             "fLaC",
                             "SQLite",
                             "MDMP",
                             "ITSF",
                             "\xD0\xCF\x11\xE0",
                             "OTTO",
                             "II*",
                             "\x1A\x45\xDF\xA3",
                             "MZ",
                             "BM",
                             "\xCA\xFE\xBA\xBE",
                             "ISc(",
                             "icudt"};
  const auto begins = [&](std::size_t at, Name mark) {
    if (head.size() < at + mark.size()) return false;
    for (std::size_t i = 0; i < mark.size(); ++i)
      if (head.get<std::uint8_t>(at + i).value_or(0) != static_cast<std::uint8_t>(mark[i]))
        return false;
    return true;
  };
  return begins(4, "ftyp") || std::any_of(std::begin(kMarks), std::end(kMarks),
                                          [&](Name mark) { return begins(0, mark); });
}

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

std::string entropy_text(double bits) {
  std::array<char, 16> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.2f", bits);
  return std::string{text.data(), static_cast<std::size_t>(std::max(length, 0))};
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
  const bool is_worth = pair.score() + foreseen(pair) >= kWorthReading;
  bodies(pair);
  times(pair);
  if (!is_worth && pair.score() < kWorthReading) return;
  sign(pair);
  listed(pair);
  if (pair.score() < kLowScore - 5) return;
  text_in_host(pair);
  payload(pair);
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

void Scorer::times(Pair& pair) {
  constexpr std::uint64_t kMonth = 30 * kDay, kTwoMinutes = 120 * kTicksPerSecond;
  constexpr std::uint32_t kTwoYears = 2 * 365 * 86'400, kWeek = 7 * 86'400;
  const FileTime came = arrival(pair.dll.si);
  const FileTime newest = pair.around.newest;
  if (came.is_set() && newest.is_set() && came > newest && apart(came, newest) > kMonth)
    pair.items.add("T1", "It came at " + came.iso8601() + ", the last of the other files at " +
                             newest.iso8601() + ".");
  const auto& fn = pair.dll.fn;
  if (fn && fn->created.is_set() && pair.dll.si.created.is_set() &&
      pair.dll.si.created < fn->created && apart(pair.dll.si.created, fn->created) > kDay &&
      pair.dll.si.created.ticks % kTicksPerSecond == 0)
    pair.items.add("T2", "It says to have been made at " + pair.dll.si.created.iso8601() +
                             ", in whole seconds; its name was made at " + fn->created.iso8601() +
                             ".");
  const FileTime host_came = arrival(pair.host.si);
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

void Scorer::text_in_host(Pair& pair) {
  if (pair.items.has("X1") || pair.host.size > kMaxSearched) return;
  auto file = context_.source().open(pair.host.place);
  if (!file) return;
  const auto all = read_all(**file, kMaxSearched);
  if (!all) return;
  std::string name = pair.dll.lower_name();
  if (name.ends_with(".dll")) name.resize(name.size() - 4);
  constexpr std::size_t kShortest = 4;
  if (name.size() < kShortest) return;
  const auto lower = [](std::byte byte) {
    const char c = static_cast<char>(byte);
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  const auto found = [&](std::size_t step) {
    const std::size_t length = name.size() * step;
    if (all->size() < length) return false;
    for (std::size_t at = 0; at + length <= all->size(); ++at) {
      std::size_t i = 0;
      while (i < name.size() && lower((*all)[at + i * step]) == name[i] &&
             (step == 1 || (*all)[at + i * step + 1] == std::byte{0}))
        ++i;
      if (i == name.size()) return true;
    }
    return false;
  };
  if (found(1) || found(2)) pair.items.add("X1S", "The program holds the text '" + name + "'.");
}

void Scorer::payload(Pair& pair) {
  if (pair.around.is_whole_program || pair.items.has("C7")) return;
  if (pair.items.has("C8") && !is_odd_place(pair)) return;
  constexpr std::uint64_t kBornTogether = 600 * kTicksPerSecond;
  constexpr std::size_t kFewFiles = 8;
  std::size_t looked = 0;
  const bool installed = is_program_files(pair.host.place, machine_.windows_of(pair.host.place));
  for (const Member& other : pair.around.others) {
    if (other.size < kLeastPayload || other.size > kMostPayload || ++looked > kMaxLooked) continue;
    const FileTime came = arrival(other.si), dll = arrival(pair.dll.si);
    const bool together = came.is_set() && dll.is_set() && apart(came, dll) <= kBornTogether;
    if (!together && pair.around.files > kFewFiles) continue;
    // What an installation brings came with the program.
    const FileTime host = arrival(pair.host.si);
    if (installed && (!together || came <= host || apart(came, host) < kDay)) continue;
    auto file = context_.source().open(other.path);
    if (!file) continue;
    std::array<std::byte, 16> head{};
    const auto got = (*file)->read_some(0, head);
    if (!got || is_known_format(Bytes{std::span<const std::byte>{head}.first(*got)})) continue;
    const auto bits = entropy_of(**file, kEntropyBytes);
    // Of few bytes the entropy cannot be high.
    const double most = std::min(8.0, std::log2(static_cast<double>(other.size)));
    if (!bits || *bits < std::min(kEncrypted, most - 0.5)) continue;
    pair.payloads.push_back(other.path);
    pair.items.add("X5", "'" + std::string{other.path.name()} + "' (" + std::to_string(other.size) +
                             " bytes) beside them is of no format that "
                             "is known here and looks encrypted: " +
                             entropy_text(*bits) + " bits in a byte.");
  }
}

}  // namespace hozen::side_load
