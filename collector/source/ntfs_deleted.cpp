#include "collector/source/ntfs_deleted.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"
#include "collector/formats/ntfs_bitmap.h"
#include "collector/formats/wof.h"
#include "collector/source/ntfs_content.h"

namespace hozen {
namespace {

namespace type = ntfs::attribute_type;

Error of_file(const DeletedFile& file, Error error) {
  if (error.what == file.path.text()) return error;
  error.detail = error.what + (error.detail.empty() ? "" : ": " + error.detail);
  error.what = file.path.text();
  return error;
}

/// Clusters of the stream, counted from its beginning, that its content is read from.
std::uint64_t clusters_read(const ntfs::StreamLayout& layout, std::uint64_t cluster_bytes) {
  const std::uint64_t bytes = std::min(layout.size_bytes, layout.initialized_bytes);
  const std::uint64_t unit = std::max(layout.unit_clusters, 1u) * cluster_bytes;
  return (bytes / unit + (bytes % unit != 0 ? 1 : 0)) * std::max(layout.unit_clusters, 1u);
}

/// The clusters that hold content.
class Place {
 public:
  Place(const ntfs::StreamLayout& layout, std::uint64_t cluster_bytes)
      : layout_{layout}, needed_{clusters_read(layout, cluster_bytes)} {}

  /// Whether the runs tell the place of everything up to the end. The last compression unit need
  /// not be allocated to its end.
  bool is_known(std::uint64_t cluster_bytes) const {
    std::uint64_t vcn = 0;
    for (const ntfs::Run& run : layout_.runs) {
      if (run.vcn != vcn) return false;
      vcn = run.end_vcn();
    }
    const std::uint64_t bytes = std::min(layout_.size_bytes, layout_.initialized_bytes);
    return vcn >= needed_ || vcn >= bytes / cluster_bytes + (bytes % cluster_bytes != 0 ? 1 : 0);
  }

  Result<void> count(ntfs::ClusterBitmap& bitmap, DeletedContent& found) const {
    for (const ntfs::Run& run : layout_.runs) {
      if (run.vcn >= needed_) break;
      if (run.is_sparse()) continue;
      const std::uint64_t clusters = std::min(run.clusters, needed_ - run.vcn);
      HOZEN_TRY(const std::uint64_t used, bitmap.count_used(run.lcn, clusters));
      found.clusters += clusters;
      found.clusters_reused += used;
      if (found.ranges.size() < kMaxDeletedRanges) found.ranges.push_back({run.lcn, clusters});
    }
    return {};
  }

 private:
  const ntfs::StreamLayout& layout_;
  std::uint64_t needed_;
};

DeletedState state_of(const DeletedContent& found) {
  if (found.clusters_reused == 0) return DeletedState::free;
  return found.clusters_reused == found.clusters ? DeletedState::overwritten
                                                 : DeletedState::partly_overwritten;
}

/// The name of the stream that the content of `file` is read from.
std::string_view stored_stream(const DeletedFile& file, const FileInfo& info) {
  if (!file.path.stream().empty()) return file.path.stream();
  return info.reparse_tag == kReparseTagWof ? kWofStream : std::string_view{};
}

bool has_one_of(const std::vector<ntfs::ClusterRun>& used, const ClusterRange& range) {
  const auto run = std::lower_bound(used.begin(), used.end(), range.first,
                                    [](const ntfs::ClusterRun& candidate, std::uint64_t first) {
                                      return candidate.first + candidate.clusters <= first;
                                    });
  return run != used.end() && run->first < range.first + range.count;
}

/// $Bitmap says that others have clusters of the file: it may be damaged, or changed to hide that
/// the content is there.
void look_for_owners(NtfsVolumeFiles& files, DeletedContent& found) {
  const bool all_ranges = found.ranges.size() < kMaxDeletedRanges;
  if (!all_ranges || !files.used_clusters()) return;
  const ntfs::UsedClusters& used = *files.used_clusters();
  const bool is_used =
      std::any_of(found.ranges.begin(), found.ranges.end(),
                  [&](const ClusterRange& range) { return has_one_of(used.runs, range); });
  if (!is_used) found.state = DeletedState::unclaimed;
}

Error unclaimed(NtfsVolumeFiles& files, const DeletedFile& file) {
  Error error{Errc::malformed, file.path.text(), std::nullopt,
              "$Bitmap calls clusters of it used, and no file has them"};
  const auto& used = files.used_clusters();
  if (!used || !used->is_whole)
    error.detail += " whose record could be read: one that could not may have them";
  return error;
}

Result<void> look_at_clusters(NtfsVolumeFiles& files, VolumeUse use, const ntfs::RunSource& stream,
                              DeletedContent& found) {
  ntfs::Volume& volume = files.volume();
  const std::uint64_t cluster_bytes = volume.boot().cluster_bytes;
  const Place place{stream.layout(), cluster_bytes};
  HOZEN_TRY(auto bytes, volume.open_attribute(ntfs::record_number::kBitmap, type::kData, ""));
  ntfs::ClusterBitmap bitmap{std::move(bytes)};
  HOZEN_CHECK(place.count(bitmap, found));
  found.state = place.is_known(cluster_bytes) ? state_of(found) : DeletedState::place_unknown;
  const bool is_reused =
      found.state == DeletedState::overwritten || found.state == DeletedState::partly_overwritten;
  if (is_reused && use == VolumeUse::none) look_for_owners(files, found);
  return {};
}

Result<std::shared_ptr<const ntfs::File>> read_record(ntfs::Volume& volume,
                                                      const DeletedFile& file) {
  HOZEN_TRY(auto record, volume.share_file(file.record()));
  if (record->in_use() || record->sequence != file.sequence())
    return Error{Errc::malformed, file.path.text(), std::nullopt,
                 "the file record holds another file by now"};
  return record;
}

Result<DeletedContent> look_at(NtfsVolumeFiles& files, VolumeUse use, const DeletedFile& file) {
  ntfs::Volume& volume = files.volume();
  const auto number = static_cast<std::uint32_t>(file.record());
  HOZEN_TRY(const auto record, read_record(volume, file));
  DeletedContent found;
  HOZEN_TRY(found.info, files.info(number, file.path));
  HOZEN_TRY(found.content, files.open(number, file.path));
  if (!files.problems_of_last().empty()) found.problem = files.problems_of_last().front();
  const std::string_view name = stored_stream(file, found.info);
  const ntfs::FileStream* const stored = find_data_stream(*record, name);
  if (stored == nullptr) return Error{Errc::not_found, "ntfs attribute"};
  HOZEN_TRY(const auto stream, volume.open_attribute(number, type::kData, stored->name));
  const auto* const runs = dynamic_cast<const ntfs::RunSource*>(stream.get());
  if (found.content->size() == 0)
    found.state = DeletedState::empty;
  else if (runs == nullptr)
    found.state = DeletedState::resident;
  else
    HOZEN_CHECK(look_at_clusters(files, use, *runs, found));
  found.info.path = file.path;
  found.info.size = found.content->size();
  found.info.is_directory = found.info.is_directory && file.path.stream().empty();
  found.info.deleted = true;
  // Of a record that was half written over, what lies in it may be another's.
  const bool is_torn = record->state != ntfs::SlotState::record;
  found.info.possibly_overwritten = found.clusters != 0 || is_torn;
  if (is_torn && !found.problem)
    found.problem = Error{Errc::malformed, file.path.text(), std::nullopt,
                          "its file record is torn: part of it may be another file's"};
  if (found.state == DeletedState::unclaimed && !found.problem)
    found.problem = unclaimed(files, file);
  const bool is_there = found.state == DeletedState::resident ||
                        found.state == DeletedState::free || found.state == DeletedState::unclaimed;
  if (!is_there) found.content = nullptr;
  return found;
}

}  // namespace

Result<DeletedContent> open_deleted(NtfsVolumeFiles& files, const DeletedFile& file,
                                    VolumeUse use) {
  if (file.record() > 0xFFFF'FFFF)
    return Error{Errc::unsupported, file.path.text(), std::nullopt,
                 "its record has too high a number"};
  auto found = look_at(files, use, file);
  const bool is_whole = found && found->state != DeletedState::place_unknown;
  if (!is_whole && !file.extensions.empty()) {
    files.volume().also_look_at(file.record(), file.extensions);
    auto more = look_at(files, use, file);
    files.volume().also_look_at(file.record(), {});
    if (more && more->state != DeletedState::place_unknown) {
      more->problem = Error{Errc::malformed, file.path.text(), std::nullopt,
                            "its attribute list is not complete: records that name the file as "
                            "their base were used"};
      return more;
    }
  }
  if (!found) return of_file(file, std::move(found).error());
  return found;
}

}  // namespace hozen
