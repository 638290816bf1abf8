// The GUID partition table: two copies of header and entries, at both ends of the disk.
//
// Source: UEFI specification 2.10, 5.3 (GPT disk layout, header, entries). Where it leaves open
// what a reader does with two copies that differ: the primary one is believed, as Windows and Linux
// do, and the difference is listed. Not read: entries beyond kMaxEntries; more of an entry than its
// first 128 bytes.
#pragma once

#include "collector/formats/partition_table.h"

namespace hozen::gpt {

/// Windows and sfdisk make 128; gdisk lets a person choose more.
constexpr std::uint32_t kMaxEntries = 1024;
/// What the specification allows is 128 times a power of two; none larger is known.
constexpr std::uint32_t kMinEntryBytes = 128, kMaxEntryBytes = 4096;
constexpr std::uint64_t kHeaderBytes = 92;  ///< the fields of revision 1.0

/// Reads the partitions of a GPT into `table`: sectors of 512, then of 4096 bytes; the primary
/// copy, the backup where that one says, in the last sector of the disk, or before
/// `protected_sectors` (where the protective MBR says that the disk ends; 0: no such hint). A copy
/// whose checksums are wrong is taken only when there is no better one, and listed. False, and
/// nothing but problems added, when there is no copy at all.
bool read_gpt(ByteSource& disk, std::uint64_t protected_sectors, PartitionTable& table);

/// True when the header of a primary copy with a right checksum is there.
bool has_primary(ByteSource& disk);

}  // namespace hozen::gpt
