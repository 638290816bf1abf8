#include "collector/module/remote_action.h"

#include <algorithm>

namespace hozen {
namespace {

constexpr std::size_t kMaxRecords = 20;

void add_record(Why& why, const std::string& record) {
  if (why.records.size() < kMaxRecords &&
      std::find(why.records.begin(), why.records.end(), record) == why.records.end())
    why.records.push_back(record);
}

}  // namespace

void RemoteAction::tell(const Fact& fact, std::string sentence, int weight, Family family) {
  if (why.empty()) first = fact.time;
  last = std::max(last, fact.time);
  const auto known =
      std::find_if(why.begin(), why.end(), [&](const Why& one) { return one.fact == sentence; });
  if (known != why.end()) return add_record(*known, fact.record);
  if (why.size() < kMaxWhy) why.push_back({std::move(sentence), weight, family, {fact.record}});
}

void add_told(ToldRecords& told, const std::vector<Why>& story) {
  for (const Why& why : story)
    if (why.family != Family::time) told.insert(why.records.begin(), why.records.end());
}

}  // namespace hozen
