// A file that only this run sees and nobody finds afterwards: for what does not fit into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "collector/base/result.h"

namespace hozen {

/// Gone when it is closed, also when the program is killed.
class ScratchFile {
 public:
  virtual ~ScratchFile() = default;
  /// Errc::io with the system's words.
  virtual Result<void> append(std::span<const std::byte> bytes) = 0;
  /// Reads all of `out`; Errc::truncated where the file ends before.
  virtual Result<void> read(std::uint64_t offset, std::span<std::byte> out) = 0;
};

using ScratchFactory = std::function<Result<std::unique_ptr<ScratchFile>>()>;

}  // namespace hozen
