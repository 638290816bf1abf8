// Reparse points: where a junction or symbolic link leads.
// Source: MS-FSCC 2.1.2 (REPARSE_DATA_BUFFER), 2.1.2.4 (symbolic links), 2.1.2.5 (mount points).
// Not read: the data of any other tag.
#pragma once

#include <cstdint>
#include <string>

#include "collector/base/bytes.h"

namespace hozen {

constexpr std::uint32_t kReparseTagMountPoint = 0xA0000003;
constexpr std::uint32_t kReparseTagSymbolicLink = 0xA000000C;

/// Bit 29: the entry stands for another name (junction, symbolic link, WSL link): a link to whoever
/// lists a folder. Compressed, deduplicated and cloud files do not have it.
constexpr bool is_name_surrogate(std::uint32_t reparse_tag) {
  return (reparse_tag & 0x2000'0000u) != 0;
}

/// Whether a reparse point with this tag is a file of a cloud: IO_REPARSE_TAG_CLOUD and its fifteen
/// forms (MS-FSCC 2.1.2.1).
constexpr bool is_cloud_tag(std::uint32_t tag) { return (tag & 0xFFFF'0FFF) == 0x9000'001A; }

struct ReparsePoint {
  std::uint32_t tag = 0;
  std::string target;     ///< substitute name ("\??\C:\Users", "..\x"); "" for other tags
  bool relative = false;  ///< symbolic link: to the folder it lies in
};

/// Errc::truncated when a length leaves the buffer.
Result<ReparsePoint> parse_reparse_point(Bytes data);

}  // namespace hozen
