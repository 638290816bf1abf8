#include "collector/base/crc32.h"

#include <zlib.h>

#ifdef HOZEN_WITH_ISAL
#include <isa-l/crc.h>

#include "collector/base/kept_registers.h"
#endif

namespace hozen {
namespace {

const unsigned char* octets(std::span<const std::byte> data) {
  return static_cast<const unsigned char*>(static_cast<const void*>(data.data()));
}

#ifdef HOZEN_WITH_ISAL

[[gnu::noinline]] std::uint32_t isal_crc32_safely(std::span<const std::byte> data,
                                                  std::uint32_t before) {
  const std::uint32_t crc = crc32_gzip_refl(before, octets(data), data.size());
  forget_kept_registers();
  return crc;
}

#endif

}  // namespace

std::uint32_t crc32_of(std::span<const std::byte> data, std::uint32_t before) {
  if (data.empty()) return before;  // zlib begins anew when there is no pointer
#ifdef HOZEN_WITH_ISAL
  return isal_crc32_safely(data, before);
#else
  return static_cast<std::uint32_t>(crc32_z(before, octets(data), data.size()));
#endif
}

std::uint32_t combine_crc32(std::uint32_t first, std::uint32_t second, std::uint64_t second_size) {
  // The type of the length may have 32 bits (Windows); blocks are far smaller.
  return static_cast<std::uint32_t>(
      crc32_combine(first, second, static_cast<z_off_t>(second_size)));
}

}  // namespace hozen
