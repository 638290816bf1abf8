// JSON line streams of a bundle: lines are compressed as they come, and become an entry when their
// segment is closed. An open segment holds compressed bytes and less than one chunk of lines.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "collector/engine/entry_pipe.h"
#include "collector/engine/worker_pool.h"

namespace hozen {

/// Compresses a piece of an entry; the first argument stays untouched until it is complete.
using CompressPiece = std::function<PieceRef(BlockRef block, bool last)>;

class LineStreams {
 public:
  /// `claim` takes an entry name when it is free; `compress` hands a block to the workers.
  LineStreams(EntryPipe& pipe, BlockPool& blocks, std::function<bool(std::string_view)> claim,
              CompressPiece compress)
      : pipe_{pipe}, blocks_{blocks}, claim_{std::move(claim)}, compress_{std::move(compress)} {}

  Result<void> append(std::string_view stream, std::string_view lines, FileTime now);
  void close(std::string_view stream, FileTime now);
  void close_all(FileTime now);

 private:
  struct Stream {
    unsigned segments = 0;  ///< begun so far
    EntryRef entry;         ///< the open segment, nullptr when there is none
    std::string chunk;      ///< lines not handed over yet
    Sha256 hash;
    std::uint64_t size = 0;  ///< of the open segment
  };
  void hand_over(Stream& stream, bool last);
  void close(Stream& stream, FileTime now);

  EntryPipe& pipe_;
  BlockPool& blocks_;
  std::function<bool(std::string_view)> claim_;
  CompressPiece compress_;
  std::map<std::string, Stream, std::less<>> streams_;
};

}  // namespace hozen
