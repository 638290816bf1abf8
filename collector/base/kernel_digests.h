// The three digests of a message by the interleaved code, where the processor has what it needs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "collector/base/hash.h"
#include "collector/base/hash_kernel.h"

namespace hozen {

/// Only where MultiHash::is_interleaved() (or to find out whether it is).
class KernelDigests {
 public:
  void update(std::span<const std::byte> data);
  /// The digests of all that was fed; the object starts anew.
  Digests finish();

  /// Feeds two messages at once, faster than one after the other: most where both get as much.
  static void update_two(KernelDigests& first, std::span<const std::byte> first_data,
                         KernelDigests& second, std::span<const std::byte> second_data);

 private:
  std::span<const std::byte> complete_block(std::span<const std::byte> data);

  HashState state_;
  std::array<std::byte, kDigestBlockBytes> rest_{};
  std::size_t waiting_ = 0;  ///< bytes in rest_
  std::uint64_t size_ = 0;
};

}  // namespace hozen
