// RecentFileCache.bcf.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/recent_file_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto cache = parse_recent_file_cache(Bytes{std::as_bytes(std::span{data, size})});
  if (!cache) return 0;
  std::size_t text = 0;
  for (const RecentFileEntry& entry : cache->entries) {
    if (!is_wtf8(entry.path) || entry.offset >= size) std::abort();
    text += entry.path.size();
  }
  if (text > 2 * size) std::abort();
  return 0;
}
