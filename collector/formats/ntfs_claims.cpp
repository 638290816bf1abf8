#include "collector/formats/ntfs_claims.h"

#include <algorithm>
#include <span>

#include "collector/formats/ntfs_runlist.h"
#include "collector/formats/ntfs_table.h"

namespace hozen::ntfs {
namespace {

/// Claims by their first cluster, each with the end of the longest reach up to it.
class Claims {
 public:
  explicit Claims(std::vector<ClusterClaim> claims) : claims_{std::move(claims)} {
    std::sort(claims_.begin(), claims_.end(),
              [](const ClusterClaim& a, const ClusterClaim& b) { return a.first < b.first; });
    std::uint64_t reach = 0;
    for (const ClusterClaim& claim : claims_) {
      reach = std::max(reach, claim.first + claim.clusters);
      reach_.push_back(reach);
    }
  }

  /// Calls `found` with the ids of claims of other records than `record` that share clusters with
  /// `run`; false when the steps are used up.
  bool each_shared(const Run& run, std::uint64_t record, FunctionRef<void(std::size_t)> found) {
    const auto behind = std::lower_bound(
        claims_.begin(), claims_.end(), run.lcn + run.clusters,
        [](const ClusterClaim& claim, std::uint64_t end) { return claim.first < end; });
    for (auto at = static_cast<std::size_t>(behind - claims_.begin()); at-- > 0;) {
      if (reach_[at] <= run.lcn) break;
      if (steps_left_-- == 0) return false;
      const ClusterClaim& claim = claims_[at];
      if (claim.first + claim.clusters > run.lcn && claim.record != record) found(claim.id);
    }
    return true;
  }

 private:
  std::vector<ClusterClaim> claims_;
  std::vector<std::uint64_t> reach_;
  std::uint64_t steps_left_ = kMaxClaimSteps;
};

}  // namespace

bool find_shared_clusters(ByteSource& table, std::uint32_t record_bytes,
                          std::vector<ClusterClaim> claims,
                          FunctionRef<void(const SharedClusters&)> found) {
  if (claims.empty()) return true;
  Claims known{std::move(claims)};
  bool go_on = true;
  const auto look_at = [&](const Attribute& attribute, std::uint64_t other, bool in_use) {
    if (attribute.resident || (!in_use && attribute.type != attribute_type::kData)) return;
    constexpr std::uint64_t kAnyClusters = std::uint64_t{1} << 62;  // the claims bound them
    RunReader runs{attribute.runs, attribute.first_vcn, kAnyClusters};
    while (const auto run = go_on ? runs.next() : std::nullopt)
      if (!run->is_sparse())
        go_on = known.each_shared(*run, other, [&](std::size_t id) { found({id, other, in_use}); });
  };
  scan_table(
      table, record_bytes,
      [&](std::uint64_t number, Slot& slot) {
        if (slot.state != SlotState::record && slot.state != SlotState::torn) return go_on;
        const std::uint64_t record =
            slot.record.is_extension() ? slot.record.base().record : number;
        slot.record.each_attribute(
            [&](const Attribute& a) { look_at(a, record, slot.record.in_use()); },
            [](const Error&) {});
        return go_on;
      },
      [](const Error&) {});
  return go_on;
}

}  // namespace hozen::ntfs
