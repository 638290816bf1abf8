#include "collector/engine/finding_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/engine/artifact_row.h"

namespace hozen {
namespace {

/// About 2 KiB each: 40 MiB at the most. An ordinary host has some hundred.
constexpr std::size_t kKept = 6'000;
constexpr std::size_t kMaxFindings = 8'000;
/// Records that one fact names; a thousand entries of the same kind need not all be listed.
constexpr std::size_t kMaxRecords = 100;

std::string key_of(const Finding& finding) {
  return finding.rule + '\n' + fold_case(finding.subject);
}

void unite(std::vector<std::string>& into, std::vector<std::string> more, std::size_t cap) {
  for (auto& text : more) {
    if (into.size() >= cap) return;
    if (std::find(into.begin(), into.end(), text) == into.end()) into.push_back(std::move(text));
  }
}

void rank(RankedFinding& ranked) {
  ranked.score = score_of(ranked.finding);
  ranked.severity = severity_of(ranked.finding);
}

void merge(RankedFinding& known, Finding more) {
  if (score_of(more) > known.score) std::swap(known.finding, more);
  Finding& finding = known.finding;
  for (auto& why : more.why) {
    const auto same = std::find_if(finding.why.begin(), finding.why.end(),
                                   [&](const Why& other) { return other.fact == why.fact; });
    if (same != finding.why.end()) {
      unite(same->records, std::move(why.records), kMaxRecords);
    } else if (finding.why.size() < kMaxRecords) {
      why.weight = 0;
      finding.why.push_back(std::move(why));
    }
  }
  unite(finding.attack, std::move(more.attack), kMaxRecords);
  unite(finding.not_checked, std::move(more.not_checked), kMaxRecords);
  unite(finding.benign, std::move(more.benign), kMaxRecords);
  unite(finding.next, std::move(more.next), kMaxRecords);
  finding.exact_indicator = finding.exact_indicator || more.exact_indicator;
  rank(known);
}

bool more_important(const RankedFinding& a, const RankedFinding& b) {
  const auto order = [](const RankedFinding& ranked) {
    return std::tuple<int, int, const std::string&, const std::string&>{
        -static_cast<int>(ranked.severity), -ranked.score, ranked.finding.rule,
        ranked.finding.subject};
  };
  return order(a) < order(b);
}

void append_list(std::string& json, std::string_view name, const std::vector<std::string>& texts) {
  json += ",\"";
  json += name;
  json += "\":[";
  for (const auto& text : texts) {
    if (json.back() != '[') json += ',';
    append_json_string(json, text);
  }
  json += ']';
}

void append_why(std::string& json, const Why& why) {
  json += "{\"fact\":";
  append_json_string(json, why.fact);
  json += ",\"weight\":";
  append_json_number(json, std::int64_t{why.weight});
  append_text_member(json, "family", to_text(why.family));
  append_list(json, "records", why.records);
  json += '}';
}

}  // namespace

void FindingStore::add(Finding finding) {
  make_printable(finding);
  const auto [known, is_new] = index_.try_emplace(key_of(finding), findings_.size());
  if (!is_new) return merge(findings_[known->second], std::move(finding));
  RankedFinding ranked;
  ranked.finding = std::move(finding);
  rank(ranked);
  findings_.push_back(std::move(ranked));
  if (findings_.size() > kMaxFindings) drop_least();
}

void FindingStore::drop_least() {
  std::sort(findings_.begin(), findings_.end(), more_important);
  dropped_ += findings_.size() - kKept;
  findings_.resize(kKept);
  index();
}

void FindingStore::index() {
  index_.clear();
  for (std::size_t i = 0; i < findings_.size(); ++i)
    index_.emplace(key_of(findings_[i].finding), i);
}

const std::vector<RankedFinding>& FindingStore::sorted() {
  index_.clear();
  std::sort(findings_.begin(), findings_.end(), more_important);
  for (std::size_t i = 0; i < findings_.size(); ++i)
    findings_[i].id = "finding-" + std::to_string(i + 1);
  return findings_;
}

std::array<std::uint64_t, 5> FindingStore::by_severity() const {
  std::array<std::uint64_t, 5> counts{};
  for (const auto& ranked : findings_) ++counts[static_cast<std::size_t>(ranked.severity)];
  return counts;
}

void append_finding(std::string& json, const RankedFinding& ranked) {
  const Finding& finding = ranked.finding;
  json += "{\"id\":";
  append_json_string(json, ranked.id);
  append_text_member(json, "rule", finding.rule);
  append_text_member(json, "title", finding.title);
  append_text_member(json, "severity", to_text(ranked.severity));
  json += ",\"score\":";
  append_json_number(json, std::int64_t{ranked.score});
  append_list(json, "attack", finding.attack);
  append_text_member(json, "subject", finding.subject);
  json += ",\"why\":[";
  for (const auto& why : finding.why) {
    if (json.back() != '[') json += ',';
    append_why(json, why);
  }
  json += ']';
  append_list(json, "not_checked", finding.not_checked);
  append_list(json, "benign", finding.benign);
  append_list(json, "next", finding.next);
  json += '}';
}

}  // namespace hozen
