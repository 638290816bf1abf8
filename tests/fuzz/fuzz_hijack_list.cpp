// The operator's lists in the format of HijackLibs: bounded, texts as they were.
#include <cstdlib>

#include "collector/base/bytes.h"
#include "collector/formats/hijack_list.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  const auto list = parse_hijack_list(bytes.chars());
  if (!list) return 0;
  std::size_t texts = 0;
  for (const HijackListEntry& entry : list->entries) {
    require(!entry.name.empty() && entry.ways.size() <= kMaxHijackWays);
    require(entry.expected_locations.size() <= kMaxHijackTexts);
    require(entry.expected_signers.size() <= kMaxHijackTexts);
    texts += entry.name.size() + entry.vendor.size();
    for (const HijackListWay& way : entry.ways) texts += way.path.size() + way.type.size();
  }
  require(texts <= size && list->entries.size() <= kMaxHijackEntries);
  return 0;
}
