// Files that have, or had, the same clusters as a deleted one: at most one of them left its content
// there.
//
// Source: the runlists of a freed record stay as they were (Linux NTFS documentation, "$MFT");
// checked with files of ntfs-3g that took the clusters of earlier ones.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/function_ref.h"

namespace hozen::ntfs {

/// Clusters that a deleted record says were its own.
struct ClusterClaim {
  std::uint64_t first = 0, clusters = 0;
  std::uint64_t record = 0;  ///< number of the base record: what that has is no other file's
  std::size_t id = 0;        ///< whatever tells the caller whose claim it is
};

/// Comparisons of a run with a claim: an honest table needs a few for each of its runs.
constexpr std::uint64_t kMaxClaimSteps = 20'000'000;

/// Another file on clusters of a claim.
struct SharedClusters {
  std::size_t id = 0;       ///< the claim's
  std::uint64_t other = 0;  ///< number of the other file's base record
  bool in_use = false;      ///< of the other: a file that is there, and not deleted
};

/// Calls `found` for each run in a record of `table` that shares clusters with a claim of another
/// file: of any attribute where the record is in use, of $DATA where it is deleted. The same may
/// come more than once. `record_bytes` as table_record_bytes() says; `claims` in any order. What
/// cannot be read of the table is passed over: whoever read it before was told. False when it gave
/// up after kMaxClaimSteps. One pass over the table; memory: one buffer of 1 MiB and the claims.
bool find_shared_clusters(ByteSource& table, std::uint32_t record_bytes,
                          std::vector<ClusterClaim> claims,
                          FunctionRef<void(const SharedClusters&)> found);

}  // namespace hozen::ntfs
