// Memory for large reads that begins where a page begins.
//
// The kernel copies into it with `rep movsb`, which AMD Zen 3 and later run at a third of its speed
// when the target lies up to 63 bytes behind the source within a page: where malloc puts every
// large block (16 bytes into a page), while what the system caches of a file begins with a page.
// Measured for blocks of 1 MiB: 1.7 instead of 4.7 GB/s.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace hozen {

template <class T>
struct PageAllocator {
  using value_type = T;  // NOLINT(readability-identifier-naming): what an allocator calls it
  static constexpr std::align_val_t kPage{4096};

  PageAllocator() = default;
  template <class U>
  explicit PageAllocator(const PageAllocator<U>& /*other*/) noexcept {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kPage));
  }
  void deallocate(T* memory, std::size_t /*count*/) noexcept { ::operator delete(memory, kPage); }
  friend bool operator==(const PageAllocator&, const PageAllocator&) noexcept { return true; }
};

using PageBuffer = std::vector<std::byte, PageAllocator<std::byte>>;

}  // namespace hozen
