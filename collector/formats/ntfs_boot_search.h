// The copy that NTFS keeps of its boot sector, behind the last sector that it counts.
//
// Source: Linux NTFS documentation ("$Boot"), libyal/libfsntfs "The volume header"; checked with
// volumes of mkntfs of all sector sizes.
#pragma once

#include <cstdint>

#include "collector/base/byte_source.h"
#include "collector/base/function_ref.h"
#include "collector/formats/ntfs_boot.h"

namespace hozen::ntfs {

/// How far before the end of a volume the copy is looked for: a partition may be longer than the
/// volume in it, as one that was resized.
constexpr std::uint64_t kBootSearchBytes = 64u << 20;

/// The boot sector at `offset`.
Result<BootSector> read_boot_at(ByteSource& volume, std::uint64_t offset);

/// Visits what may be the copy, until `visit` says false: first in the last sector of `volume`, of
/// any size that sectors can have; then, from the end backwards, each that lies where it says that
/// its volume ends. What cannot be read is passed over. Memory: 1 MiB.
void each_boot_copy(ByteSource& volume,
                    FunctionRef<bool(const BootSector& copy, std::uint64_t offset)> visit);

}  // namespace hozen::ntfs
