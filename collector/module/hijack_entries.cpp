#include "collector/module/hijack_entries.h"

#include <utility>

namespace hozen {

void take_hijack_list(std::string name, HijackList list, OperatorLists& lists) {
  lists.hijack_list_name = std::move(name);
  for (HijackListEntry& from : list.entries) {
    HijackEntry& entry = lists.hijack_entries.emplace_back();
    entry.name = std::move(from.name);
    entry.vendor = std::move(from.vendor);
    entry.expected_locations = std::move(from.expected_locations);
    entry.expected_signers = std::move(from.expected_signers);
    for (HijackListWay& way : from.ways)
      entry.ways.push_back({std::move(way.path), std::move(way.type), std::move(way.variable),
                            std::move(way.sha256)});
  }
}

}  // namespace hozen
