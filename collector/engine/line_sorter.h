// Sorts lines by a number with bounded memory: an external merge sort.
//
// What fits into one run is sorted in place. Otherwise runs are compressed, kept in memory up to a
// limit and behind it in a scratch file, and merged at the end; many runs are merged in between, so
// that few are open at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/base/result.h"
#include "collector/engine/deflater.h"
#include "collector/engine/scratch.h"

namespace hozen {

struct SortLimits {
  std::size_t run_bytes = 4u << 20;   ///< lines that wait to be sorted at once
  std::size_t kept_bytes = 6u << 20;  ///< compressed runs in memory; what is behind goes to a file
  std::size_t block_bytes = 48u << 10;  ///< lines that are compressed at once
  std::size_t runs = 32;                ///< runs of about one size that are merged into one
};

/// Blocks of bytes, compressed, in memory or in a scratch file.
class BlockStore {
 public:
  struct Block {
    std::vector<std::byte> kept{};          ///< as stored; empty when in the file
    std::optional<std::uint64_t> offset{};  ///< in the file
    std::size_t stored_size = 0, size = 0;  ///< equal: not compressed
  };

  BlockStore(std::size_t kept_bytes, ScratchFactory open);
  ~BlockStore();
  /// Errc::io when the scratch file cannot be had or written.
  Result<Block> put(std::string_view content);
  /// The content of a block, which is given up.
  Result<void> take(Block& block, std::string& content);
  std::uint64_t file_bytes() const { return file_bytes_; }  ///< written to the file so far

 private:
  std::size_t limit_, kept_ = 0;
  ScratchFactory open_;
  std::unique_ptr<ScratchFile> file_;
  std::uint64_t file_bytes_ = 0;
  std::unique_ptr<Deflater> deflater_;
  std::vector<std::byte> packed_;
};

class LineSorter {
 public:
  using Output = FunctionRef<void(std::string_view line)>;

  explicit LineSorter(ScratchFactory scratch, const SortLimits& limits = {});
  /// Errc::io of the scratch file.
  Result<void> add(std::uint64_t key, std::string_view line);
  /// Hands out all lines by their keys, those of one key in the order in which they came. Nothing
  /// can be added afterwards.
  Result<void> finish(Output output);
  std::uint64_t scratch_bytes() const { return store_.file_bytes(); }

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t offset = 0, size = 0;  ///< of its line in text_
  };
  struct Run {
    std::vector<BlockStore::Block> blocks;
    unsigned level = 0;  ///< how often what is in it was merged
  };
  class RunWriter;
  class RunReader;

  void sort_entries();
  Result<void> end_run();
  Result<void> merge_level();
  Result<void> merge(std::vector<Run>& runs,
                     FunctionRef<Result<void>(std::uint64_t key, std::string_view line)> output);

  SortLimits limits_;
  BlockStore store_;
  std::string text_;
  std::vector<Entry> entries_;
  std::vector<Run> runs_;  ///< the oldest first
};

}  // namespace hozen
