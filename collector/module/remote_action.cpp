#include "collector/module/remote_action.h"

#include <algorithm>

#include "collector/module/lateral.h"

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

std::vector<ToldService> told_services(const std::vector<RemoteUse>& uses,
                                       const std::vector<RemoteAction>& services) {
  std::vector<ToldService> told;
  told.reserve(uses.size() + services.size());
  // What was asked for on this host itself opens no pipe from another.
  for (const RemoteUse& use : uses)
    if (use.client.empty())
      told.push_back({use.started, use.ended, use.account,
                      std::string{lateral::plain_address(use.source_address)}});
  for (const RemoteAction& one : services)
    told.push_back({one.first, one.last, one.account, one.address});
  return told;
}

}  // namespace hozen
