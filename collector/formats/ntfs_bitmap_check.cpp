#include "collector/formats/ntfs_bitmap_check.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "collector/formats/ntfs_bitmap.h"
#include "collector/formats/ntfs_runlist.h"
#include "collector/formats/ntfs_table.h"

namespace hozen::ntfs {
namespace {

/// Runs that are collected before they are looked up in order: each piece of $Bitmap, which may be
/// compressed, is read once for all of them.
constexpr std::size_t kBatchRuns = 512u << 10;
/// Between so many runs or records somebody may ask to stop.
constexpr std::uint64_t kStopSteps = 16u << 10;

void sort_runs(std::vector<ClusterRun>& runs) {
  std::sort(runs.begin(), runs.end(), [](const ClusterRun& a, const ClusterRun& b) {
    return a.first != b.first ? a.first < b.first : a.clusters < b.clusters;
  });
}

/// In place: there may be very many.
void merge(std::vector<ClusterRun>& runs) {
  sort_runs(runs);
  std::size_t merged = 0;
  for (const ClusterRun& run : runs) {
    if (merged == 0 || run.first > runs[merged - 1].first + runs[merged - 1].clusters) {
      runs[merged++] = run;
      continue;
    }
    ClusterRun& last = runs[merged - 1];
    last.clusters = std::max(last.first + last.clusters, run.first + run.clusters) - last.first;
  }
  runs.resize(merged);
}

class BitmapCheck {
 public:
  BitmapCheck(std::unique_ptr<ByteSource> bitmap, std::uint64_t total_clusters,
              FunctionRef<bool()> is_stopped)
      : bitmap_{std::move(bitmap)},
        is_stopped_{is_stopped},
        total_{total_clusters},
        left_{total_ > ~std::uint64_t{0} / kMostTimesTheVolume ? total_
                                                               : total_ * kMostTimesTheVolume} {}

  Result<UnmarkedClusters> run(ByteSource& table, std::uint32_t record_bytes) {
    scan_table(
        table, record_bytes,
        [&](std::uint64_t number, Slot& slot) {
          look_for_stop(number);
          const bool is_read = slot.state == SlotState::record || slot.state == SlotState::torn;
          if (is_read && slot.record.in_use()) look_at(slot.record);
          // What such a record had, or has in the part that is of another time, may be what $Bitmap
          // calls free.
          const bool has_all = slot.state == SlotState::record || slot.state == SlotState::unused ||
                               (is_read && !slot.record.in_use());
          if (!has_all && !failed_)
            failed_ = Error{Errc::malformed, "ntfs file record", number * record_bytes};
          return !is_over_ && !failed_;
        },
        [&](const Error& error) {
          // Why the record that ended the visit cannot be read.
          if (!failed_ || failed_->offset == error.offset) failed_ = error;
        });
    if (!failed_) look_up();
    if (failed_) return *std::move(failed_);
    if (is_over_) return Error{Errc::limit, "ntfs clusters of files that $Bitmap calls free"};
    merge(found_.runs);
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
    is_over_ = is_over_ || run.clusters > left_;
    if (is_over_) return;
    left_ -= run.clusters;
    const std::uint64_t known = bitmap_.clusters();
    if (run.lcn >= known) return;
    batch_.push_back({run.lcn, std::min(run.clusters, known - run.lcn)});
    if (batch_.size() >= kBatchRuns) look_up();
  }
  void look_for_stop(std::uint64_t step) {
    if (step % kStopSteps == 0 && !failed_ && is_stopped_())
      failed_ = Error{Errc::cancelled, "ntfs $Bitmap held against the file table"};
  }
  /// What was collected, in the order of $Bitmap.
  void look_up() {
    sort_runs(batch_);
    std::uint64_t asked = 0;
    ClusterRun last;
    for (const ClusterRun& run : batch_) {
      look_for_stop(asked++);
      if (is_over_ || failed_) break;
      if (run.first == last.first && run.clusters == last.clusters) continue;
      last = run;
      const auto used = bitmap_.count_used(run.first, run.clusters);
      if (used && *used == run.clusters) continue;
      is_over_ = found_.runs.size() >= kMaxUnmarkedRuns;
      if (!is_over_) found_.runs.push_back(run);
    }
    batch_.clear();
  }

  ClusterBitmap bitmap_;
  FunctionRef<bool()> is_stopped_;
  std::vector<ClusterRun> batch_;
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
  merge(used.runs);
  return used;
}

Result<UnmarkedClusters> find_unmarked_clusters(ByteSource& table, std::uint32_t record_bytes,
                                                std::unique_ptr<ByteSource> bitmap,
                                                std::uint64_t total_clusters,
                                                FunctionRef<bool()> is_stopped) {
  return BitmapCheck{std::move(bitmap), total_clusters, is_stopped}.run(table, record_bytes);
}

}  // namespace hozen::ntfs
