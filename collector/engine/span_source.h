// Bytes of the caller as a source.
#pragma once

#include <algorithm>
#include <span>

#include "collector/base/byte_source.h"

namespace hozen {

class SpanSource final : public ByteSource {
 public:
  /// The bytes must outlive it.
  explicit SpanSource(std::span<const std::byte> bytes) : bytes_{bytes} {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    const auto rest = bytes_.subspan(static_cast<std::size_t>(std::min(offset, size())));
    const std::size_t count = std::min(rest.size(), out.size());
    std::copy_n(rest.begin(), count, out.begin());
    return count;
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace hozen
