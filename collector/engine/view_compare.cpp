#include "collector/engine/view_compare.h"

#include <map>
#include <span>
#include <utility>

#include "collector/base/hash.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

/// A longer value is kept as its beginning and its hash.
constexpr std::size_t kMaxKept = 512, kShown = 200;
/// Windows writes a hive to its file, or to its log, within minutes, at the latest in an hour.
constexpr std::uint64_t kWriteBackTicks = 3'600ull * kTicksPerSecond;

std::size_t index_of(View view) { return view == View::raw ? 0 : 1; }

std::string place_of(std::string_view kind, std::string_view key, std::string_view name) {
  // Key and name may hold any character: the length says where one ends.
  const std::string folded = fold_case(key);
  return std::string{kind} + '\n' + std::to_string(folded.size()) + '\n' + folded + fold_case(name);
}

/// `text` cut to at most `size` bytes, never inside a character.
std::string beginning(std::string_view text, std::size_t size) {
  if (text.size() <= size) return std::string{text};
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string{text.substr(0, size)};
}

std::string compact(std::string value) {
  if (value.size() <= kMaxKept) return value;
  const auto digest = sha256(std::as_bytes(std::span{value.data(), value.size()}));
  return beginning(value, kShown) + "… (" + std::to_string(value.size()) + " bytes, SHA-256 " +
         to_hex(digest) + ")";
}

std::string quote(std::string_view text) {
  return text.empty() ? "nothing" : "'" + printable(text) + "'";
}

std::string subject_of(const std::string& key, const std::string& name) {
  return printable(name.empty() ? key : key + "\\" + name);
}

}  // namespace

bool ViewCompare::fits(const ViewFact& fact) {
  bytes_ += fact.key.size() * 2 + fact.name.size() * 2 + fact.record.size();
  for (const auto& [name, value] : fact.values) bytes_ += value.size();
  overflow_ = overflow_ || bytes_ > kMaxViewBytes;
  return !overflow_;
}

void ViewCompare::add(View view, ViewFact fact) {
  if (overflow_) return;
  for (auto& [name, value] : fact.values) value = compact(std::move(value));
  if (++facts_[index_of(view)] > kMaxViewFacts) overflow_ = true;
  if (overflow_) return;
  std::string place = place_of(fact.kind, fact.key, fact.name);
  view == View::raw ? add_raw(std::move(place), std::move(fact)) : add_api(place, std::move(fact));
}

void ViewCompare::add_raw(std::string place, ViewFact fact) {
  if (!fits(fact)) return;
  Raw raw{fact.kind,
          std::move(fact.key),
          std::move(fact.name),
          {fact.written, std::move(fact.record), std::move(fact.values)},
          fact.partial};
  raw_.try_emplace(std::move(place), std::move(raw));  // of two the first, as in the other view
}

void ViewCompare::add_api(const std::string& place, ViewFact fact) {
  // Without a raw view, the usual case on a running Windows, there is nothing to say.
  if (!covers(View::raw, fact.kind, fact.key)) return;
  std::string folded = fold_case(fact.key);
  bytes_ += folded.size();
  api_written_.insert_or_assign(std::move(folded), fact.written);
  const auto at = raw_.find(place);
  if (at != raw_.end()) {
    Raw& raw = at->second;
    if (std::exchange(raw.seen, true) || raw.partial || fact.partial ||
        raw.side.values == fact.values)
      return;
  }
  if (differences_.size() >= kMaxViewDifferences) overflow_ = true;
  if (overflow_ || !fits(fact)) return;
  differences_.push_back({fact.kind,
                          std::move(fact.key),
                          std::move(fact.name),
                          at != raw_.end() ? std::optional{at->second.side} : std::nullopt,
                          {fact.written, std::move(fact.record), std::move(fact.values)}});
}

void ViewCompare::whole(View view, std::string_view kind, std::string_view place) {
  whole_[index_of(view)].insert(place_of(kind, place, ""));
}

bool ViewCompare::covers(View view, std::string_view kind, std::string_view key) const {
  const auto& places = whole_[index_of(view)];
  for (std::size_t end = key.size(); !places.empty() && end != std::string_view::npos && end > 0;
       end = key.rfind('\\', end - 1))
    if (places.contains(place_of(kind, key.substr(0, end), ""))) return true;
  return false;
}

/// The key was written in the API's view a short while ago, and the hive's is an older state.
bool ViewCompare::may_lag(FileTime raw, FileTime api) const {
  return raw < api && api.ticks + kWriteBackTicks > reference_.ticks;
}

Finding ViewCompare::finding(std::string_view rule, std::string_view title, const std::string& key,
                             const std::string& name) const {
  Finding finding;
  finding.rule = module_ + "." + std::string{rule};
  finding.title = title;
  finding.subject = subject_of(key, name);
  finding.attack = {"T1014"};
  return finding;
}

Finding ViewCompare::differing(const Difference& difference) const {
  Finding found = finding("hive_differs", "Registry that tells something else than its hive",
                          difference.key, difference.name);
  const Side& raw = *difference.raw;
  for (std::size_t i = 0; i < difference.api.values.size(); ++i) {
    const auto& [column, api_value] = difference.api.values[i];
    const std::string raw_value = i < raw.values.size() ? raw.values[i].second : std::string{};
    if (raw_value == api_value) continue;
    found.why.push_back({std::string{column} + " of " + quote(found.subject) + " is " +
                             quote(raw_value) + " in the hive, " + quote(api_value) +
                             " by the API of the running system.",
                         found.why.empty() ? 50 : 0,
                         Family::registry_state,
                         {raw.record, difference.api.record}});
  }
  found.innocent_explanation_unchecked = may_lag(raw.written, difference.api.written);
  found.benign.emplace_back("The value was changed while the hive was being read.");
  if (found.innocent_explanation_unchecked)
    found.benign.emplace_back("The key was written a short while ago, on " +
                              difference.api.written.iso8601() +
                              ": the change may not have reached the hive file yet.");
  found.next.emplace_back(
      "The key in the preserved hive; drivers and processes of the running system that may filter "
      "the registry; what the value of the hive leads to.");
  return found;
}

Finding ViewCompare::only_raw(const Raw& raw) const {
  Finding found = finding("hidden_from_api", "Registry entry that the running system does not show",
                          raw.key, raw.name);
  found.why.push_back({"The hive holds " + quote(found.subject) +
                           ", which the API of the running system does not show.",
                       50,
                       Family::registry_state,
                       {raw.side.record}});
  const auto key = api_written_.find(fold_case(raw.key));
  found.innocent_explanation_unchecked =
      key != api_written_.end() && may_lag(raw.side.written, key->second);
  found.benign.emplace_back(
      found.innocent_explanation_unchecked
          ? "The key was written a short while ago, on " + key->second.iso8601() +
                ": the value may have been deleted since the hive file was written."
          : "It was deleted while the hive was being read, or just before.");
  found.next.emplace_back(
      "The key in the preserved hive and what it leads to; drivers and processes of the running "
      "system that may filter the registry.");
  return found;
}

Finding ViewCompare::only_api(const Difference& difference) const {
  Finding found = finding("not_in_hive", "Registry entry that its hive does not hold",
                          difference.key, difference.name);
  found.why.push_back({"The API of the running system shows " + quote(found.subject) +
                           ", which the hive does not hold.",
                       50,
                       Family::registry_state,
                       {difference.api.record}});
  found.innocent_explanation_unchecked = true;
  found.not_checked.emplace_back(
      "Whether the key is volatile: such a key exists in memory only, by the will of whoever made "
      "it.");
  found.benign.emplace_back(
      "A volatile key, or one that was made since the hive file was written.");
  found.next.emplace_back("What the entry leads to; when its key was written.");
  return found;
}

Result<void> ViewCompare::report(const std::function<void(Finding)>& sink) {
  if (overflow_)
    return Error{Errc::limit, "comparison of the hives with the registry of the running system"};
  for (const auto& difference : differences_) {
    if (!covers(View::api, difference.kind, difference.key)) continue;
    sink(difference.raw ? differing(difference) : only_api(difference));
  }
  std::map<std::string, const Raw*> missing;  // in an order that is the same in every run
  for (const auto& [place, raw] : raw_)
    if (!raw.seen && covers(View::raw, raw.kind, raw.key) && covers(View::api, raw.kind, raw.key) &&
        missing.size() < kMaxViewDifferences)
      missing.emplace(place, &raw);
  for (const auto& [place, raw] : missing) sink(only_raw(*raw));
  return {};
}

}  // namespace hozen
