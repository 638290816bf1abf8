#include <sys/mman.h>

#include <cstdint>
#include <memory>

#include "collector/cli/large_pages.h"

namespace hozen::cli {

void prefer_large_pages(std::span<std::byte> memory) {
#ifdef MADV_HUGEPAGE
  constexpr std::size_t kPage = 4096;
  void* begin = memory.data();
  std::size_t length = memory.size();
  if (std::align(kPage, kPage, begin, length) == nullptr) return;
  (void)::madvise(begin, length / kPage * kPage, MADV_HUGEPAGE);
#else
  (void)memory;
#endif
}

}  // namespace hozen::cli
