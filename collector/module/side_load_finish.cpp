// What the whole run knows of a pair at its end: who else is signed by whom, the operator's list,
// and what the score may come to at most.
#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/hijack_entries.h"
#include "collector/module/side_load_pair.h"

namespace hozen::side_load {
namespace {

constexpr std::uint64_t kDay = 86'400 * kTicksPerSecond;
/// Certificates for code are of one to three years.
constexpr std::uint64_t kShortLife = 60 * kDay;

/// A folder of the list as a pattern for a folder below a volume, in lower case.
std::string pattern_of(std::string_view location) {
  struct Variable {
    std::string_view name, pattern;
  };
  constexpr Variable kVariables[] = {{"%system32%", "\\windows\\system32"},
                                     {"%syswow64%", "\\windows\\syswow64"},
                                     {"%programfiles%", "\\program files*"},
                                     {"%programdata%", "\\programdata"},
                                     {"%windir%", "\\windows"},
                                     {"%appdata%", "\\users\\*\\appdata\\roaming"},
                                     {"%localappdata%", "\\users\\*\\appdata\\local"},
                                     {"%version%", "*"}};
  std::string pattern = to_lower_ascii(location);
  for (const Variable& one : kVariables)
    for (std::size_t at = pattern.find(one.name); at != std::string::npos;
         at = pattern.find(one.name, at + one.pattern.size()))
      pattern.replace(at, one.name.size(), one.pattern);
  while (pattern.ends_with('\\')) pattern.pop_back();
  return pattern.starts_with('\\') ? pattern : std::string{below_volume(pattern)};
}

bool is_expected(const HijackEntry& entry, std::string_view file) {
  const std::string lower = to_lower_ascii(below_volume(file));
  const std::string folder = lower.substr(0, lower.find_last_of('\\'));
  return std::any_of(
      entry.expected_locations.begin(), entry.expected_locations.end(),
      [&](const std::string& location) { return fits(pattern_of(location), folder); });
}

std::string_view file_name_of(std::string_view path) {
  const std::size_t at = path.find_last_of("\\/");
  return at == std::string_view::npos ? path : path.substr(at + 1);
}

bool is_abused(const HijackWay& way, const Side& host) {
  const std::string_view name = file_name_of(way.executable);
  if (equals_fold(name, host.lower_name())) return true;
  if (host.body && equals_fold(name, host.body->original_name)) return true;
  if (host.signature == nullptr) return false;
  const std::string hash = to_hex(host.signature->sha256);
  return std::find(way.sha256.begin(), way.sha256.end(), hash) != way.sha256.end();
}

std::string publisher_of(const FileSignature& signature) {
  return signature.organization.empty() ? signature.signer : signature.organization;
}

/// The first word of a company's name tells it: "Valve" of "Valve Corporation".
bool shares_word(std::string_view company, std::string_view signer) {
  const std::string_view first = company.substr(0, company.find_first_of(" ,."));
  return first.size() > 2 && starts_with_fold(signer, first);
}

/// Whether there is anything that honest software seldom has. Signed programs with DLLs that are
/// not signed, which they import and which start with Windows, are everywhere.
bool has_reason(const Pair& pair) {
  constexpr std::string_view kReasons[] = {"N1", "N2", "P1",  "P6", "P7", "P8", "P9", "P10", "X2",
                                           "X3", "X4", "X11", "S2", "S3", "S4", "S5", "S7",  "T1"};
  const auto has = [&](std::string_view id) { return pair.items.has(id); };
  if (std::any_of(std::begin(kReasons), std::end(kReasons), has)) return true;
  // Of an event there is not more to be had.
  if (!pair.dll.is_here() && (has("S1") || has("S1H"))) return true;
  // Portable tools lie so too, with a DLL of the same time; business software keeps such data.
  if (has("X5")) return is_odd_place(pair) || has("T3");
  return is_odd_place(pair) && !has("C6") &&
         (has("T3") || has("P2") || has("X1S") || has("X10") || pair.is_below);
}

/// Whether there is anything that a maker's own files hardly have: that a DLL which is not signed
/// came later than the signed program is what every second update leaves behind.
bool is_seldom_honest(const Pair& pair) {
  constexpr std::string_view kSeldom[] = {"N1", "N2", "P1",  "P2", "P6", "P7", "P8", "P9", "P10",
                                          "X2", "X3", "X11", "S2", "S4", "S5", "S7", "L2"};
  const auto has = [&](std::string_view id) { return pair.items.has(id); };
  if (std::any_of(std::begin(kSeldom), std::end(kSeldom), has)) return true;
  // Business software has such data beside it as well.
  const bool is_odd = has("E1") || has("P5");
  return (has("X5") && !has("C9") && is_odd) || (!pair.dll.is_here() && (has("S1") || has("S1H")));
}

/// "'a.dat', 'b.log' and 3 more" of the files that came with the DLL; "" for none.
std::string born_with(const Pair& pair) {
  constexpr std::uint64_t kTogether = 600 * kTicksPerSecond;
  constexpr std::size_t kMostNamed = 6;
  std::string names;
  std::size_t count = 0;
  const FileTime dll = arrival(pair.dll.si);
  if (!dll.is_set()) return names;
  for (const Member& other : pair.around.others) {
    const FileTime came = arrival(other.si);
    if (!came.is_set() || std::max(came, dll).ticks - std::min(came, dll).ticks > kTogether)
      continue;
    if (++count <= kMostNamed)
      (names += names.empty() ? "'" : ", '") += std::string{other.path.name()} + "'";
  }
  if (count > kMostNamed) names += " and " + std::to_string(count - kMostNamed) + " more";
  return names;
}

/// What the times of the files say, where no log told it.
void tell_arrival(Pair& pair) {
  if (!pair.dll.is_here() || !pair.host.is_here()) return;
  const auto tell = [&](std::string text) {
    pair.story.push_back(std::move(text));
    pair.story_records.emplace_back();
  };
  const FileTime dll = arrival(pair.dll.si), host = arrival(pair.host.si);
  if (dll.is_set() && host.is_set())
    tell("By the times of the files the DLL came at " + dll.iso8601() + ", the program at " +
         host.iso8601() + ".");
  if (const std::string names = born_with(pair); !names.empty())
    tell("Within ten minutes of the DLL also came, in the same folder: " + names + ".");
}

}  // namespace

/// Of a Windows that is not the one whose registry and catalogs are read: one that was replaced, an
/// image that is mounted. Its folders are where its files belong.
bool Scorer::is_in_another_windows(const Pair& pair) const {
  if (!pair.dll.is_here()) return false;
  for (EvidencePath folder = pair.dll.place.parent(); !folder.empty(); folder = folder.parent()) {
    const EvidencePath above = folder.parent();
    if (above == folder || above.empty()) return false;
    const bool is_system = equals_fold(folder.name(), "System32") ||
                           equals_fold(folder.name(), "SysWOW64") ||
                           equals_fold(folder.name(), "WinSxS");
    if (!is_system || !equals_fold(above.name(), "Windows")) continue;
    const auto& own = machine_.windows();
    if (std::find(own.begin(), own.end(), above) != own.end()) return false;
    return context_.source().stat(above / "System32" / "kernel32.dll").has_value() &&
           context_.source().stat(above / "System32" / "ntdll.dll").has_value();
  }
  return false;
}

void Scorer::of_another_windows(Pair& pair) {
  for (const std::string_view id : {"N1", "N1R", "P1", "X4", "X8"}) pair.items.drop(id);
  pair.not_checked.push_back("Catalogs of the other Windows in whose folders it lies.");
}

void Scorer::listed(Pair& pair) {
  const OperatorLists& lists = context_.operator_lists();
  const std::string name = pair.dll.lower_name();
  for (const HijackEntry& entry : lists.hijack_entries) {
    if (entry.name != name || is_expected(entry, pair.dll.path) ||
        (pair.dll.signature != nullptr && is_of_expected_signer(entry, *pair.dll.signature)))
      continue;
    std::string places;
    for (const std::string& location : entry.expected_locations)
      (places += places.empty() ? "" : ", ") += location;
    pair.items.add("L1", "'" + lists.hijack_list_name + "' has '" + name + "' (" + entry.vendor +
                             "), and for it " + (places.empty() ? "no place" : places) + ".");
    const auto way = std::find_if(entry.ways.begin(), entry.ways.end(), [&](const HijackWay& one) {
      return is_loaded_from_beside(one) && is_abused(one, pair.host);
    });
    if (way != entry.ways.end())
      pair.items.add("L2", "'" + lists.hijack_list_name + "' names '" + way->executable +
                               "' as a program that loads it so (" + way->type + ").");
  }
}

/// Who signed both, where nothing else said it.
void Scorer::tell_signatures(Pair& pair) {
  constexpr std::string_view kSaid[] = {"S1", "S1H", "S2", "S3", "S5", "C1", "C1U", "C3", "C6"};
  const auto has = [&](std::string_view id) { return pair.items.has(id); };
  if (pair.host.signature == nullptr || pair.dll.signature == nullptr ||
      std::any_of(std::begin(kSaid), std::end(kSaid), has))
    return;
  pair.items.add("S0", signature_text(pair.host) + ", " + signature_text(pair.dll) + ".");
}

void Scorer::finish(Pair& pair) {
  const FileSignature* const host = pair.host.signature;
  const FileSignature* const dll = pair.dll.signature;
  if (host != nullptr && dll != nullptr && !pair.items.has("C1") && !pair.items.has("C1U") &&
      !pair.items.has("C3")) {
    const bool good = is_sound(dll->status);
    const bool expired = dll->status == SignatureStatus::valid_expired_untimestamped;
    const bool is_other = is_signed_program(*host) && !same_publisher(*host, *dll);
    const std::size_t files = signed_by_[fold_case(publisher_of(*dll))].size();
    const bool is_short = dll->not_after.ticks > dll->not_before.ticks &&
                          dll->not_after.ticks - dll->not_before.ticks < kShortLife;
    const bool names_signer =
        pair.dll.body && shares_word(pair.dll.body->company, publisher_of(*dll));
    if (is_other && (expired || (good && !names_signer && (files <= 1 || is_short))))
      pair.items.add("S3",
                     signature_text(pair.host) + ", " + signature_text(pair.dll) +
                         (files <= 1 ? "; of the files that were looked at no other is signed "
                                       "by that publisher."
                                     : "."));
  }
  if (host != nullptr && is_sound(host->status) && pair.host.body &&
      !pair.around.is_whole_program && is_given_other_name(pair.host))
    pair.items.add("P2", signature_text(pair.host) + "; its maker called it '" +
                             pair.host.body->original_name + "'.");
  if (dll != nullptr && pair.dll.body && contains_fold(pair.dll.body->company, "Microsoft") &&
      dll->status == SignatureStatus::not_signed && context_.signatures().has_catalogs())
    pair.items.add("X8", "Its version information says '" + pair.dll.body->company +
                             "', and Microsoft has not signed it.");
  if (is_in_another_windows(pair)) of_another_windows(pair);
  tell_signatures(pair);
  tell_arrival(pair);
  if (pair.items.has("C7M"))  // additions come later than the game, and their maker signs nothing
    for (const std::string_view id : {"T1", "S6"}) pair.items.drop(id);
  if (pair.items.has("E3")) pair.items.drop("E2");  // what has loaded a DLL was run
  // A maker's tool of two files has its firmware beside it; but what a DLL says of its own time is
  // no excuse for a program that was made to start by itself.
  if (pair.items.has("C8") && !pair.items.has("E1")) pair.items.drop("X5");
  if (!has_reason(pair))
    pair.items.cap(
        "Nothing speaks for it but that honest software is so too: a DLL that its maker "
        "did not sign, imported, in use.",
        kMediumScore - 1);
  else if (!is_seldom_honest(pair))
    pair.items.cap(
        "A maker that does not sign its DLLs leaves the same behind when it renews one: without "
        "anything else such a pair stays below high.",
        kHighScore - 1);
  const bool runs = pair.items.has_family('E');
  const bool tells = pair.items.has("X2") || pair.items.has("S2") || pair.items.has("S5");
  if (!runs && !tells)
    pair.items.cap(
        "Nothing shows that the program ever ran or starts by itself: without that such "
        "a pair stays below high.",
        kHighScore - 1);
}

}  // namespace hozen::side_load
