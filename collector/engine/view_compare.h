// The raw view of the registry against that of the API: one comparison for every kind of record.
// What only one of them shows, or shows otherwise, is a finding: a rootkit hides from the API, not
// from the hive file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/module/finding.h"
#include "collector/module/module.h"

namespace hozen {

/// Facts of one view, bytes of their texts, and differences of a module; beyond them nothing is
/// compared. A full Windows has some 20,000 facts with 5 MiB.
constexpr std::size_t kMaxViewFacts = 300'000, kMaxViewBytes = 128u << 20;
constexpr std::size_t kMaxViewDifferences = 2'000;

/// The facts of one module over both views. The raw view is read first and kept; of the API's only
/// what differs.
class ViewCompare {
 public:
  /// `module`: of the findings' rules; `reference`: "now".
  ViewCompare(std::string_view module, FileTime reference)
      : module_{module}, reference_{reference} {}

  void add(View view, ViewFact fact);
  /// All facts of `kind` below the key `place` have been stated, unless the run was stopped.
  void whole(View view, std::string_view kind, std::string_view place);
  /// Once both views were read: what differs, where both were whole. Errc::limit when there was too
  /// much to compare.
  Result<void> report(const std::function<void(Finding)>& sink);

 private:
  struct Side {
    FileTime written{};
    std::string record;
    std::vector<std::pair<std::string_view, std::string>> values;
  };
  struct Raw {
    std::string_view kind;
    std::string key, name;  // as stored
    Side side;
    bool partial = false;
    bool seen = false;  // by the API, too
  };
  /// What the API shows and the hive does not, or otherwise.
  struct Difference {
    std::string_view kind;
    std::string key, name;
    std::optional<Side> raw;
    Side api;
  };

  bool covers(View view, std::string_view kind, std::string_view key) const;
  bool may_lag(FileTime raw, FileTime api) const;
  bool fits(const ViewFact& fact);
  void add_raw(std::string place, ViewFact fact);
  void add_api(const std::string& place, ViewFact fact);
  Finding differing(const Difference& difference) const;
  Finding only_raw(const Raw& raw) const;
  Finding only_api(const Difference& difference) const;
  Finding finding(std::string_view rule, std::string_view title, const std::string& key,
                  const std::string& name) const;

  std::string module_;
  FileTime reference_{};
  std::unordered_map<std::string, Raw> raw_;               // by folded kind, key and name
  std::unordered_map<std::string, FileTime> api_written_;  // of keys, folded
  std::vector<Difference> differences_;
  std::set<std::string> whole_[2];  // by View: kind and folded place
  std::size_t facts_[2] = {}, bytes_ = 0;
  bool overflow_ = false;
};

}  // namespace hozen
