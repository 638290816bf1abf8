#include "collector/formats/ntfs_fixup.h"

#include <cstring>

namespace hozen::ntfs {
namespace {

constexpr std::size_t kHeaderBytes = 8;  ///< signature, offset and count of the array

std::uint16_t load(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint16_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

Fixup apply_fixup(std::span<std::byte> block) {
  const std::size_t strides = block.size() / kFixupStride;
  if (strides == 0 || block.size() % kFixupStride != 0) return Fixup::malformed;
  const std::size_t array = load(block, 4);
  const std::size_t count = load(block, 6);
  // The array must lie before the first bytes that it guards.
  if (count != strides + 1 || array < kHeaderBytes || array % 2 != 0 ||
      array + count * 2 > kFixupStride - 2)
    return Fixup::malformed;
  const std::uint16_t number = load(block, array);
  Fixup result = Fixup::intact;
  for (std::size_t stride = 0; stride < strides; ++stride) {
    const std::size_t last = (stride + 1) * kFixupStride - 2;
    if (load(block, last) != number) {
      result = Fixup::torn;
      continue;
    }
    std::memcpy(block.data() + last, block.data() + array + 2 + stride * 2, 2);
  }
  return result;
}

}  // namespace hozen::ntfs
