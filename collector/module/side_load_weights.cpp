#include "collector/module/side_load_weights.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace hozen::side_load {
namespace {

constexpr Weight kWeights[] = {
#include "collector/module/side_load_weights.inc"
};
constexpr int kMost = 100;
/// Records that one item names.
constexpr std::size_t kMaxRecords = 10;

}  // namespace

std::span<const Weight> weights() { return kWeights; }

const Weight& weight_of(std::string_view id) {
  const auto* const found = std::find_if(std::begin(kWeights), std::end(kWeights),
                                         [&](const Weight& one) { return one.id == id; });
  return found == std::end(kWeights) ? kWeights[0] : *found;
}

void Items::add(std::string_view id, std::string fact, std::vector<std::string> records) {
  const auto same = std::find_if(items_.begin(), items_.end(),
                                 [&](const Item& item) { return item.weight->id == id; });
  if (same == items_.end()) {
    const Weight& weight = weight_of(id);
    items_.push_back({&weight, weight.points, std::move(fact), std::move(records)});
    return;
  }
  for (std::string& record : records)
    if (same->records.size() < kMaxRecords &&
        std::find(same->records.begin(), same->records.end(), record) == same->records.end())
      same->records.push_back(std::move(record));
}

void Items::cap(std::string fact, int most) {
  int over = -most;
  for (const Item& item : items_) over += item.points;
  if (over > 0) items_.push_back({&weight_of("CAP"), -over, std::move(fact), {}});
}

bool Items::has(std::string_view id) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const Item& item) { return item.weight->id == id; });
}

int Items::sum() const {
  int sum = 0;
  for (const Item& item : items_) sum += item.points;
  return std::clamp(sum, 0, kMost);
}

int Items::families() const {
  std::set<char> families;
  for (const Item& item : items_)
    if (item.points > 0) families.insert(item.weight->family);
  return static_cast<int>(families.size());
}

bool Items::has_family(char family) const {
  return std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
    return item.weight->family == family && item.points > 0;
  });
}

void Items::drop(std::string_view id) {
  std::erase_if(items_, [&](const Item& item) { return item.weight->id == id; });
}

}  // namespace hozen::side_load
