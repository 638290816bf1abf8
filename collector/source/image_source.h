// A raw image of a disk or a volume as evidence.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "collector/base/result.h"
#include "collector/source/source.h"

namespace hozen {

struct ImageChoice {
  std::string file;                          ///< as the operator wrote it
  std::optional<std::uint32_t> partition{};  ///< only this one of the disk
  /// Volumes of which nothing but their bytes can be had (encrypted, of another file system) are
  /// worth it: copies of volumes are wanted.
  bool bytes_are_enough = false;
};

/// Opens every NTFS volume of the image (image_file.h says what is one). Volumes are called as the
/// Windows on the image calls them (MountedDevices of the first one that has a readable SYSTEM
/// hive); without that the first volume with a Windows is `C:`, and others are `volume` with the
/// number of the partition. Volumes that cannot be read (encrypted, other file systems) are among
/// volumes() with the reason.
///
/// Errc::not_found or Errc::io when the file cannot be opened, Errc::unsupported when it is not a
/// raw image or holds no volume that can be read, Errc::not_found when there is no partition of
/// that number.
Result<std::unique_ptr<EvidenceSource>> make_image_source(const ImageChoice& choice);

}  // namespace hozen
