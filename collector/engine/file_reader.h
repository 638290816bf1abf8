// Reads a file of the evidence block by block and tells how it ended.
#pragma once

#include <cstdint>
#include <optional>

#include "collector/base/byte_source.h"
#include "collector/engine/block_pool.h"
#include "collector/engine/bundle.h"

namespace hozen {

class FileReader {
 public:
  /// Reads at most `max_bytes` of `content`, which must outlive it.
  FileReader(ByteSource& content, std::uint64_t max_bytes)
      : content_{content}, max_bytes_{max_bytes} {}

  /// Fills the block as far as the file, the limit and errors allow.
  void fill(Block& block);
  /// Nothing more will come.
  bool done() const { return ended_; }
  std::uint64_t bytes_read() const { return offset_; }
  const std::optional<Error>& error() const { return error_; }
  /// After done(): what that means for the file. At the limit, looks whether there was more.
  FileOutcome outcome();

 private:
  ByteSource& content_;
  const std::uint64_t max_bytes_;
  std::uint64_t offset_ = 0;
  bool ended_ = false, at_limit_ = false;
  std::optional<Error> error_;
};

}  // namespace hozen
