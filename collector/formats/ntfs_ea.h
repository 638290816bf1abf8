// Extended attributes of a file of NTFS ($EA): names with values, made for OS/2, used by WSL, the
// kernel's own caches, and whoever wants to keep bytes where no listing shows them.
//
// Source: MS-FSCC 2.4.15 (FILE_FULL_EA_INFORMATION), Linux NTFS documentation ("$EA"); compared
// with what ntfs-3g writes and reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/bytes.h"

namespace hozen::ntfs {

/// Windows counts what a file has of them in 16 bits.
constexpr std::uint64_t kMaxEaBytes = 64u << 10;

struct ExtendedAttribute {
  std::string name{};      ///< bytes as Latin-1: Windows allows what an 8.3 name may hold
  std::uint8_t flags = 0;  ///< 0x80: who does not understand it must not open the file
  std::uint64_t value_bytes = 0;
  std::uint64_t value_offset = 0;  ///< in the attribute
};

struct ExtendedAttributes {
  std::vector<ExtendedAttribute> entries{};
  std::optional<Error> problem{};  ///< why it ends before the data does
};

/// The entries front to back, as far as they can be read; no more than one for each 12 bytes.
ExtendedAttributes parse_extended_attributes(Bytes data);

}  // namespace hozen::ntfs
