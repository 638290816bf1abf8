// The inventory in a hive: everything it says of its entries.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/amcache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto bytes = std::as_bytes(std::span{data, size});
  const auto hive = regf::Hive::open({bytes.begin(), bytes.end()});
  if (!hive) return 0;
  std::size_t text = 0;
  (void)each_amcache_entry(**hive, [&](const AmcacheEntry& entry) {
    const AmcacheFile file = amcache_file(entry);
    if (!is_wtf8(file.path) || !is_wtf8(file.publisher)) std::abort();
    if (!file.sha1.empty() && file.sha1.size() != 40) std::abort();
    file.linked.iso8601();
    for (const auto& [name, value] : entry.values) text += name.size() + value.size();
    return text < (64u << 20);
  });
  return 0;
}
