// What could not be read of the evidence, as records of their own: records/problems.jsonl.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/engine/bundle_feed.h"
#include "collector/source/source.h"

namespace hozen {

/// A problem for the summary.
struct NotedProblem {
  std::string from;  ///< module, or "source"
  std::string text;
};

class ProblemLog {
 public:
  /// Problems that came before are written now.
  void open(BundleFeed& feed);
  /// `from` is a module's name or "source". Problems of one origin are listed up to a cap and
  /// counted beyond it.
  void add(std::string_view from, std::optional<View> view, const Error& error);

  std::uint64_t count() const { return count_; }
  /// The first of them.
  const std::vector<NotedProblem>& first() const { return first_; }

 private:
  BundleFeed* feed_ = nullptr;
  std::vector<std::string> waiting_;
  std::map<std::string, std::uint64_t, std::less<>> by_origin_;
  std::uint64_t count_ = 0, written_ = 0;
  std::vector<NotedProblem> first_;
};

}  // namespace hozen
