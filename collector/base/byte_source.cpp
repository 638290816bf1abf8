#include "collector/base/byte_source.h"

#include <algorithm>
#include <string>

namespace hozen {

Result<void> ByteSource::read(std::uint64_t offset, std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    HOZEN_TRY(const std::size_t count, read_some(offset + done, out.subspan(done)));
    if (count == 0) return Error{Errc::truncated, "read past the end", offset + done};
    done += count;
  }
  return {};
}

Result<std::size_t> MemorySource::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= bytes_.size()) return std::size_t{0};
  const std::size_t count =
      std::min<std::size_t>(out.size(), bytes_.size() - static_cast<std::size_t>(offset));
  if (count != 0) std::memcpy(out.data(), bytes_.data() + offset, count);
  return count;
}

Result<std::vector<std::byte>> read_all(ByteSource& source, std::uint64_t cap_bytes) {
  constexpr std::size_t kStep = 1 << 20;
  std::vector<std::byte> bytes;
  const std::uint64_t expected = std::min(source.size(), cap_bytes);
  bytes.resize(static_cast<std::size_t>(expected));
  std::size_t filled = 0;
  for (;;) {
    if (filled == bytes.size()) {
      std::byte probe{};
      HOZEN_TRY(const std::size_t more, source.read_some(filled, {&probe, 1}));
      if (more == 0) break;
      if (filled >= cap_bytes) return Error{Errc::limit, "file larger than the cap", cap_bytes};
      bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(cap_bytes, filled + kStep)));
    }
    HOZEN_TRY(const std::size_t count, source.read_some(filled, std::span{bytes}.subspan(filled)));
    if (count == 0) break;
    filled += count;
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace hozen
