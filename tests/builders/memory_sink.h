// Sinks for tests: one that keeps what it is given, and fails on demand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "collector/engine/bundle.h"

namespace hozen::test {

class MemorySink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte> more) override {
    ++writes;
    if (bytes.size() + more.size() > fail_at)
      return Error{Errc::io, "write bundle", std::nullopt, "no space left"};
    bytes.insert(bytes.end(), more.begin(), more.end());
    return {};
  }
  Result<void> flush() override {
    ++flushes;
    return {};
  }

  std::vector<std::byte> bytes;
  std::uint64_t fail_at = ~std::uint64_t{0};  ///< a write that would pass this size fails
  unsigned writes = 0, flushes = 0;
};

}  // namespace hozen::test
