// Volumes of NTFS, read by ourselves, as a file tree.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/formats/ntfs_volume.h"
#include "collector/source/file_tree.h"

namespace hozen {

/// One volume of an NtfsTree.
struct NtfsMount {
  std::string volume;                   ///< "C:"
  std::shared_ptr<ByteSource> bytes{};  ///< safe for several threads
  std::shared_ptr<ntfs::Volume> ntfs{};
};

/// A file tree of NTFS volumes, as FileTree says; besides, files of NTFS itself ($MFT,
/// $Extend\$UsnJrnl:$J) and short names are found when asked for by name, and not listed. Content
/// that Windows compressed is given as it was before; of files that lie elsewhere (deduplicated, in
/// a cloud, in a WIM image) nothing: Errc::unsupported with the reason. Files encrypted by EFS are
/// given as they are stored. Damage met while reading the file tables is in take_remarks(). Safe
/// for several threads; what open() returns for one at a time each.
class NtfsFileTree : public FileTree {
 public:
  /// Before it is used by others: what was looked into may say what the volumes are called.
  virtual void rename_volume(std::string_view from, std::string to) = 0;
};

std::unique_ptr<NtfsFileTree> open_ntfs_tree(std::vector<NtfsMount> mounts);

/// "70EC-FA33" of a volume's serial number, as Windows shows its lower half.
std::string volume_serial_text(std::uint64_t serial);

}  // namespace hozen
