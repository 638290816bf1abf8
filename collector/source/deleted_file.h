// Deleted files of NTFS: what their records, not yet used again, and the volume's free clusters
// still hold.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/source.h"

namespace hozen {

/// A deleted file, or a stream of one, by its record.
struct DeletedFile {
  EvidencePath path{};  ///< that it had, as far as it is known; its stream is the one meant
  std::uint64_t file_reference = 0;  ///< of the freed record, as FileInfo has it
  /// Records that name it as their base: asked where its attribute list does not tell them all.
  std::vector<std::uint64_t> extensions{};

  std::uint64_t record() const { return file_reference & 0xFFFF'FFFF'FFFF; }
  std::uint64_t sequence() const { return file_reference >> 48; }
};

struct ClusterRange {
  std::uint64_t first = 0, count = 0;
};

/// What became of the place where a deleted file's content lay.
enum class DeletedState : std::uint8_t {
  resident,            ///< it lies in the record itself, and is as old as that
  free,                ///< no file has its clusters now
  partly_overwritten,  ///< other files have some of them
  overwritten,         ///< other files have all of them
  unclaimed,           ///< $Bitmap calls some of them used, and no file known has any of them
  place_unknown,       ///< the record does not tell the place of all of it any more
  empty,               ///< its size is 0
};
std::string_view to_text(DeletedState state);

struct DeletedContent {
  DeletedState state = DeletedState::empty;
  FileInfo info{};  ///< `size` is that of the stream; `deleted` is set
  std::uint64_t clusters = 0, clusters_reused = 0;  ///< that hold content; called used
  std::vector<ClusterRange> ranges{};               ///< where it lies, kMaxDeletedRanges at most
  std::optional<Error> problem{};                   ///< with its record: content may be incomplete
  std::unique_ptr<ByteSource> content{};            ///< for `resident`, `free` and `unclaimed` only
};

/// Ranges that DeletedContent tells: enough for any file but the most scattered.
constexpr std::size_t kMaxDeletedRanges = 65'536;

}  // namespace hozen
