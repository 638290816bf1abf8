// $Volume (record 3): what an NTFS volume is called and in which state it was left.
//
// Source: Linux NTFS documentation ("$VOLUME_NAME", "$VOLUME_INFORMATION"); compared with ntfsinfo.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "collector/formats/ntfs_record.h"

namespace hozen::ntfs {

struct VolumeRecord {
  std::optional<std::string> label{};
  std::optional<std::uint8_t> major_version{}, minor_version{};  ///< 3.1 since Windows XP
  std::uint16_t flags = 0;
  FileTime created{};  ///< of the record: when the volume was made

  static constexpr std::uint16_t kDirty = 0x1;  ///< was not taken down in order
  bool is_dirty() const { return (flags & kDirty) != 0; }
};

/// `record`: number 3 of the file table. Attributes that are damaged are told to `problem`.
VolumeRecord read_volume_record(const FileRecord& record, FunctionRef<void(Error)> problem);

}  // namespace hozen::ntfs
