// Reads of a file through a few blocks kept in memory: what an executable says about itself lies in
// a few places close together, and the file is never read whole.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"

namespace hozen::pe {

class BlockReader {
 public:
  /// `file` must outlive the reader.
  explicit BlockReader(ByteSource& file) : file_{&file}, size_{file.size()} {}

  std::uint64_t size() const { return size_; }  ///< bytes, as known when the file was opened

  /// What lies at `offset` up to the end of its block: empty at or past the end of the file. Valid
  /// until the next call of anything here. Errc::io.
  Result<Bytes> view(std::uint64_t offset);
  /// Fills `out` as far as the file goes and returns how many bytes that were. Errc::io.
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out);
  /// Fills `out` whole; Errc::truncated, named `what`, where the file ends before.
  Result<void> read(std::uint64_t offset, std::span<std::byte> out, std::string_view what);

 private:
  /// Of kernel32.dll, with more than a thousand exports, 12 blocks are looked at.
  static constexpr std::size_t kBlockBytes = 16384, kBlocks = 16;
  struct Block {
    std::uint64_t number = UINT64_MAX;
    std::size_t size = 0;  ///< bytes that are of the file
    std::vector<std::byte> bytes{};
  };
  ByteSource* file_;
  std::uint64_t size_;
  std::array<Block, kBlocks> blocks_{};
};

}  // namespace hozen::pe
