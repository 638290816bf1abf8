// The weights of the score of a pair (program, DLL): one table, side_load_weights.inc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/finding.h"

namespace hozen::side_load {

struct Weight {
  std::string_view id;
  char family = ' ';  ///< N name, P place, X content, S signature, T time, E execution, L list, C
  Family as = Family::content;
  int points = 0;
  std::string_view meaning;
};

std::span<const Weight> weights();
/// The row of that id, which there must be.
const Weight& weight_of(std::string_view id);

/// What was found of one pair.
struct Item {
  const Weight* weight = nullptr;
  int points = 0;    ///< the weight's, but for CAP
  std::string fact;  ///< a whole sentence with the values
  std::vector<std::string> records{};
};

class Items {
 public:
  /// Once for each id: what comes later adds its records only.
  void add(std::string_view id, std::string fact, std::vector<std::string> records = {});
  void cap(std::string fact, int most);
  bool has(std::string_view id) const;
  int sum() const;       ///< of all, not below 0, not above 100
  int families() const;  ///< with points above 0
  bool has_family(char family) const;
  void drop(std::string_view id);
  std::span<const Item> all() const { return items_; }

 private:
  std::vector<Item> items_;
};

}  // namespace hozen::side_load
