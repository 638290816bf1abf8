// Facts and contents of the files of one NTFS volume.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/formats/ntfs_bitmap_check.h"
#include "collector/formats/ntfs_secure.h"
#include "collector/formats/ntfs_volume.h"
#include "collector/source/ntfs_names.h"
#include "collector/source/source.h"

namespace hozen {

/// True for the files that NTFS itself keeps in the root of a volume, and what lies below
/// `$Extend`: $MFT, $Extend\$UsnJrnl. Other names with a dollar are ordinary ones.
bool is_ntfs_internal(const EvidencePath& path);

/// Not safe for two threads at once, what open() returns aside.
class NtfsVolumeFiles {
 public:
  explicit NtfsVolumeFiles(std::shared_ptr<ntfs::Volume> volume)
      : volume_{std::move(volume)}, index_budget_{kMaxIndexBytes} {}

  /// Of all indexes that is_in_index() reads together: a damaged size must not make each lookup
  /// read for minutes.
  static constexpr std::uint64_t kMaxIndexBytes = 256u << 20;

  /// Reads the file table; what is damaged is told to `problem`.
  void load(FunctionRef<void(Error)> problem);
  NtfsNames& names() { return names_; }
  ntfs::Volume& volume() { return *volume_; }

  /// What the source tells of the file in `record`. `path` ends with one of its names, the one that
  /// it has in the folder `parent` where that is known. Errc::io, Errc::malformed when its record
  /// cannot be read.
  Result<FileInfo> info(std::uint32_t record, const EvidencePath& path,
                        std::optional<std::uint32_t> parent = std::nullopt);
  /// Whether the file has streams that differ from this one in case only.
  bool has_stream_twins(std::uint32_t record, std::string_view stream);
  /// The unnamed stream, or the one that `path` names, as find_data_stream() finds it: its content
  /// as programs on Windows see it. A stream of a name like `$O:$INDEX_ROOT` or `:$EA` is that
  /// attribute of the file (attribute_part()).
  Result<std::unique_ptr<ByteSource>> open(std::uint32_t record, const EvidencePath& path);
  /// The record of a file of NTFS itself ($MFT, $Extend\$UsnJrnl), without the names of the volume
  /// being loaded. Errc::not_found for any other path.
  Result<std::uint32_t> internal_record(const EvidencePath& path);
  /// Bytes at the beginning of a stream that have no clusters, where the stream is the change
  /// journal ($UsnJrnl:$J); 0 for any other.
  std::uint64_t sparse_head(const EvidencePath& path, const ByteSource& content) const;
  /// What was wrong with the file that was opened last: its content may be of several times.
  const std::vector<Error>& problems_of_last() const { return last_problems_; }
  /// Whether the folder's own index has an entry of this name: asked where the file table is
  /// damaged and knows none.
  bool is_in_index(std::uint32_t folder, std::string_view name);
  /// The clusters that files in use have, as they were when first asked for: of a volume that
  /// changes it soon is not true any more.
  const Result<ntfs::UsedClusters>& used_clusters();

 private:
  Result<std::shared_ptr<const ntfs::File>> read_file(std::uint32_t record,
                                                      const EvidencePath& path);
  Result<void> each_in_index(std::uint64_t folder, std::uint64_t max_bytes,
                             FunctionRef<bool(std::uint64_t record, std::string_view name)> visit);
  Result<std::uint32_t> find_in_folder(std::uint32_t folder, std::string_view name);
  std::optional<std::string> owner_of(const ntfs::File& file);
  std::optional<std::string> owner_of_id(std::uint32_t security_id);

  std::shared_ptr<ntfs::Volume> volume_;
  NtfsNames names_;
  std::vector<Error> last_problems_;
  // How many streams of the file asked for last have this name but for case.
  std::shared_ptr<const ntfs::File> counted_file_;
  std::unordered_map<std::string, std::size_t> counted_streams_;
  // Folded names in the indexes of folders asked for, and how much of indexes may still be read.
  std::unordered_map<std::uint32_t, std::unordered_set<std::string>> index_names_;
  std::uint64_t index_budget_;
  std::optional<Result<ntfs::UsedClusters>> used_clusters_{};
  // $Secure, read when an owner is asked for.
  bool has_looked_for_owners_ = false;
  std::unique_ptr<ByteSource> descriptors_;
  ntfs::SecurityTable security_;
  std::unordered_map<std::uint32_t, std::optional<std::string>> owners_;
};

}  // namespace hozen
