// A large volume that needs little memory: zeros, but for what is put into it, and places that
// cannot be read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/byte_source.h"

namespace hozen::test {

struct SparseVolume {
  static constexpr std::uint64_t kPageBytes = 4096;

  std::uint64_t size = 0;
  std::map<std::uint64_t, std::vector<std::byte>> pages{};  ///< by number
  std::map<std::uint64_t, std::uint64_t> bad{};             ///< offset: end
  bool fails_whole = false;  ///< a read with a bad place in it gives nothing at all
  std::uint64_t bytes_read = 0;

  /// `bytes` must not cross a page.
  void put(std::uint64_t offset, std::span<const std::byte> bytes) {
    auto& page = pages[offset / kPageBytes];
    page.resize(kPageBytes);
    std::copy(bytes.begin(), bytes.end(),
              page.begin() + static_cast<std::ptrdiff_t>(offset % kPageBytes));
  }
  void fill(std::uint64_t offset, std::byte value) {
    put(offset, std::vector<std::byte>(kPageBytes, value));
  }
};

/// Reads a SparseVolume, which must outlive it.
class SparseSource final : public ByteSource {
 public:
  explicit SparseSource(SparseVolume& volume) : volume_{volume} {}
  std::uint64_t size() const override { return volume_.size; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= volume_.size) return std::size_t{0};
    std::uint64_t end = std::min<std::uint64_t>(volume_.size, offset + out.size());
    for (const auto& [begin, bad_end] : volume_.bad) {
      if (offset >= begin && offset < bad_end)
        return Error{Errc::io, "read", offset, "pread: Input/output error"};
      if (begin > offset && begin < end && volume_.fails_whole)
        return Error{Errc::io, "read", offset, "pread: Input/output error"};
      if (begin > offset) end = std::min(end, begin);
    }
    const auto count = static_cast<std::size_t>(end - offset);
    std::fill_n(out.begin(), count, std::byte{0});
    for (auto page = volume_.pages.lower_bound(offset / SparseVolume::kPageBytes);
         page != volume_.pages.end() && page->first * SparseVolume::kPageBytes < end; ++page)
      copy(page->first * SparseVolume::kPageBytes, page->second, offset, out.first(count));
    volume_.bytes_read += count;
    return count;
  }

 private:
  static void copy(std::uint64_t page_offset, const std::vector<std::byte>& page,
                   std::uint64_t offset, std::span<std::byte> out) {
    const std::uint64_t begin = std::max(page_offset, offset);
    const std::uint64_t end = std::min(page_offset + page.size(), offset + out.size());
    std::copy_n(page.begin() + static_cast<std::ptrdiff_t>(begin - page_offset), end - begin,
                out.begin() + static_cast<std::ptrdiff_t>(begin - offset));
  }

  SparseVolume& volume_;
};

}  // namespace hozen::test
