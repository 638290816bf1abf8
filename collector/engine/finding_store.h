// Findings of a run: one for each rule and subject, the most important first.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/module/finding.h"

namespace hozen {

/// A finding with what was worked out from it.
struct RankedFinding {
  std::string id;  ///< "finding-1", given by sorted()
  Finding finding;
  Severity severity = Severity::info;
  int score = 0;
};

class FindingStore {
 public:
  /// The same rule about the same subject (case-folded) is one finding, whichever view or hive
  /// showed it: facts are united, and a fact that the other view words differently is listed with
  /// no weight of its own, so that nothing counts twice.
  void add(Finding finding);
  /// Orders by severity, score, rule, subject; gives the ids. Nothing may be added afterwards.
  const std::vector<RankedFinding>& sorted();
  std::size_t size() const { return findings_.size(); }
  /// Least important findings that were dropped because evidence made to flood us would fill the
  /// memory otherwise.
  std::uint64_t dropped() const { return dropped_; }
  /// Number of findings by severity, indexed by Severity.
  std::array<std::uint64_t, 5> by_severity() const;

 private:
  void drop_least();
  void index();

  std::vector<RankedFinding> findings_;
  std::unordered_map<std::string, std::size_t> index_;  // rule and folded subject -> position
  std::uint64_t dropped_ = 0;
};

/// Appends a line of findings.jsonl (bundle.md, "findings").
void append_finding(std::string& json, const RankedFinding& finding);

}  // namespace hozen
