#include "collector/formats/ntfs_bitmap_check.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "collector/formats/ntfs_bitmap.h"
#include "collector/formats/ntfs_runlist.h"
#include "collector/formats/ntfs_table.h"

namespace hozen::ntfs {
namespace {

std::vector<ClusterRun> merged(std::vector<ClusterRun> runs) {
  std::sort(runs.begin(), runs.end(),
            [](const ClusterRun& a, const ClusterRun& b) { return a.first < b.first; });
  std::vector<ClusterRun> merged;
  for (const ClusterRun& run : runs) {
    if (merged.empty() || run.first > merged.back().first + merged.back().clusters) {
      merged.push_back(run);
      continue;
    }
    ClusterRun& last = merged.back();
    last.clusters = std::max(last.first + last.clusters, run.first + run.clusters) - last.first;
  }
  return merged;
}

class BitmapCheck {
 public:
  BitmapCheck(std::unique_ptr<ByteSource> bitmap, std::uint64_t total_clusters)
      : bitmap_{std::move(bitmap)},
        total_{total_clusters},
        left_{total_ > ~std::uint64_t{0} / kMostTimesTheVolume ? total_
                                                               : total_ * kMostTimesTheVolume} {}

  Result<UnmarkedClusters> run(ByteSource& table, std::uint32_t record_bytes) {
    scan_table(
        table, record_bytes,
        [&](std::uint64_t number, Slot& slot) {
          const bool is_read = slot.state == SlotState::record || slot.state == SlotState::torn;
          if (is_read && slot.record.in_use()) look_at(slot.record);
          // What such a record had may be what $Bitmap calls free.
          if (!is_read && slot.state != SlotState::unused && !failed_)
            failed_ = Error{Errc::malformed, "ntfs file record", number * record_bytes};
          return !is_over_ && !failed_;
        },
        [&](const Error& error) {
          // Why the record that ended the visit cannot be read.
          if (!failed_ || failed_->offset == error.offset) failed_ = error;
        });
    if (failed_) return *std::move(failed_);
    if (is_over_) return Error{Errc::limit, "ntfs clusters of files that $Bitmap calls free"};
    found_.runs = merged(std::move(found_.runs));
    for (const ClusterRun& run : found_.runs) {
      const auto used = bitmap_.count_used(run.first, run.clusters);
      found_.clusters += run.clusters - (used ? *used : 0);
    }
    return std::move(found_);
  }

 private:
  void look_at(const FileRecord& record) {
    record.each_attribute(
        [&](const Attribute& attribute) {
          if (attribute.resident) return;
          RunReader runs{attribute.runs, attribute.first_vcn, total_};
          while (const auto run = runs.next())
            if (!run->is_sparse() && !is_over_) look_at(*run);
          if (!failed_) failed_ = runs.error();
        },
        [&](const Error& error) {
          if (!failed_) failed_ = error;
        });
  }
  void look_at(const Run& run) {
    is_over_ = run.clusters > left_ || found_.runs.size() >= kMaxUnmarkedRuns;
    if (is_over_) return;
    left_ -= run.clusters;
    const auto used = bitmap_.count_used(run.lcn, run.clusters);
    if (used && *used == run.clusters) return;
    found_.runs.push_back({run.lcn, run.clusters});
  }

  ClusterBitmap bitmap_;
  std::uint64_t total_, left_;
  bool is_over_ = false;
  std::optional<Error> failed_;  // the first thing of the table that cannot be read
  UnmarkedClusters found_;
};

}  // namespace

Result<UsedClusters> list_used_clusters(ByteSource& table, std::uint32_t record_bytes,
                                        std::uint64_t total_clusters) {
  UsedClusters used;
  const auto is_missed = [&](const Error&) { used.is_whole = false; };
  const auto look_at = [&](const Attribute& attribute) {
    if (attribute.resident) return;
    RunReader runs{attribute.runs, attribute.first_vcn, total_clusters};
    while (const auto run = used.runs.size() <= kMaxUsedRuns ? runs.next() : std::nullopt)
      if (!run->is_sparse()) used.runs.push_back({run->lcn, run->clusters});
    if (runs.error()) used.is_whole = false;
  };
  scan_table(
      table, record_bytes,
      [&](std::uint64_t, Slot& slot) {
        const bool is_read = slot.state == SlotState::record || slot.state == SlotState::torn;
        if (is_read && slot.record.in_use()) slot.record.each_attribute(look_at, is_missed);
        const bool has_all = slot.state == SlotState::record || slot.state == SlotState::unused ||
                             (is_read && !slot.record.in_use());
        used.is_whole = used.is_whole && has_all;
        return used.runs.size() <= kMaxUsedRuns;
      },
      is_missed);
  if (used.runs.size() > kMaxUsedRuns) return Error{Errc::limit, "ntfs runs of a volume"};
  used.runs = merged(std::move(used.runs));
  return used;
}

Result<UnmarkedClusters> find_unmarked_clusters(ByteSource& table, std::uint32_t record_bytes,
                                                std::unique_ptr<ByteSource> bitmap,
                                                std::uint64_t total_clusters) {
  return BitmapCheck{std::move(bitmap), total_clusters}.run(table, record_bytes);
}

}  // namespace hozen::ntfs
