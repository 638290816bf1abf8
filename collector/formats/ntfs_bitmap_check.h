// $Bitmap of an NTFS volume held against its file table: clusters of files that it calls free,
// where it is damaged, or was changed to hide something.
//
// Source: every cluster of an attribute in a record in use is marked in $Bitmap (Linux NTFS
// documentation, "$Bitmap"); holds for the volumes of Windows and ntfs-3g among the test data.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/function_ref.h"

namespace hozen::ntfs {

struct ClusterRun {
  std::uint64_t first = 0, clusters = 0;
};

struct UnmarkedClusters {
  std::uint64_t clusters = 0;
  /// Runs in which they are, in order, none touching the next; other clusters of these are marked.
  std::vector<ClusterRun> runs{};
};

/// Runs that are remembered.
constexpr std::size_t kMaxUnmarkedRuns = 200'000;
/// Together an honest table has each cluster once; what is damaged must not take for ever.
constexpr std::uint64_t kMostTimesTheVolume = 4;

/// Runs that list_used_clusters() keeps: 64 MiB of memory.
constexpr std::size_t kMaxUsedRuns = 4u << 20;

struct UsedClusters {
  std::vector<ClusterRun> runs{};  ///< in order, none touching the next
  bool is_whole = true;  ///< false: a record or a runlist could not be read, and may have others
};

/// The clusters that records in use have. Errc::limit for more runs. One pass over the table.
Result<UsedClusters> list_used_clusters(ByteSource& table, std::uint32_t record_bytes,
                                        std::uint64_t total_clusters);

/// `table`: $MFT, of records of `record_bytes`; `bitmap`: the content of $Bitmap. Clusters that
/// cannot be read of `bitmap` count as unmarked; of those behind its end it says nothing, and they
/// are not looked at. Errc::malformed or Errc::io when not all of the table could be read, a single
/// record or runlist included: of what that had nothing is known. Errc::limit beyond the limits
/// above. Errc::cancelled once `is_stopped`, which is asked now and then, says so. One pass over
/// the table; memory: one buffer of 1 MiB and the runs, with 8 MiB of those that are not looked up
/// yet.
Result<UnmarkedClusters> find_unmarked_clusters(
    ByteSource& table, std::uint32_t record_bytes, std::unique_ptr<ByteSource> bitmap,
    std::uint64_t total_clusters, FunctionRef<bool()> is_stopped = [] { return false; });

}  // namespace hozen::ntfs
