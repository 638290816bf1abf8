// The application compatibility cache in each of its forms.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/shimcache.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto cache = parse_shimcache(Bytes{std::as_bytes(std::span{data, size})});
  if (!cache) return 0;
  require(!to_text(cache->form).empty());
  std::size_t text = 0;
  for (const ShimCacheEntry& entry : cache->entries) {
    require(is_wtf8(entry.path) && is_wtf8(entry.package));
    require(entry.offset < size);
    text += entry.path.size() + entry.package.size();
    (void)entry.executed();
  }
  require(cache->entries.size() <= size);
  if (cache->form != ShimCacheForm::windows_xp) require(text <= 2 * size);
  return 0;
}
