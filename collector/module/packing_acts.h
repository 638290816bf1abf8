// Acts of packing: sets that belong together, the programs that ran for them, and what was sent
// away afterwards.
#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/packing.h"

namespace hozen::packing {

/// Points of signs that say something alone from which a set is looked at as staging, and an act is
/// told.
inline constexpr int kSeed = 25;

/// Of more, those first in time.
inline constexpr std::size_t kMaxActs = 500;

struct Act {
  std::vector<const PackedSet*> sets{};
  std::vector<Sign> signs{};
  FileTime first{}, last{};
  std::set<std::string> users{}, folders{};  ///< folded
  std::set<std::string> transfers{};         ///< records of those told

  bool has(std::string_view rule) const;
};

/// All of one host. The book must outlive it.
class Story {
 public:
  /// Ends early, with what is known then, when `stop` asks for it.
  explicit Story(const FactBook& book, std::stop_token stop = {})
      : book_{book}, stop_{std::move(stop)}, evidence_{gather(book)} {}

  /// In the order of their times. To be asked once.
  std::vector<Act> acts();
  /// Archivers under other names that no act tells of; after acts().
  std::vector<const VersionSign*> other_programs() const;
  const Evidence& evidence() const { return evidence_; }

 private:
  void programs(Act& act);
  void tell_program(Act& act, const std::string& path, const VersionSign& sign, bool weighs);
  static void tell_rename(Act& act, const Fact& fact);
  void sent(std::vector<Act>& acts) const;
  static void tell_transfer(Act& act, const Transfer& transfer, bool named);
  void clients(Act& act) const;

  const FactBook& book_;
  std::stop_token stop_;
  Evidence evidence_;
  std::set<std::string> told_programs_{};
};

}  // namespace hozen::packing
