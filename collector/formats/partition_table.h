// The partitions of a disk: master boot record (MBR) with its logical drives, or GUID partition
// table (GPT, in gpt.h).
//
// Source: UEFI specification 2.10, chapter 5 (legacy MBR, protective MBR, GPT); logical drives:
// Andries Brouwer, "Partition types" and "Extended partitions"; types of Windows: winioctl.h
// (PARTITION_*), "CREATE_PARTITION_PARAMETERS", and the table of GUIDs of Microsoft's "PARTITION_
// INFORMATION_GPT structure". Compared with sfdisk and mmls (tests/oracle).
// Not read: the CHS fields; what dynamic disks (LDM) and Storage Spaces hold: their partitions are
// named and their volumes are not found; Apple, BSD, Atari and AIX tables.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/guid.h"

namespace hozen {

enum class PartitionTableKind : std::uint8_t { none, mbr, gpt };
std::string_view to_text(PartitionTableKind kind);

/// What a partition is for, as far as a reader of Windows must tell them apart.
enum class PartitionRole : std::uint8_t {
  volume,         ///< may hold a file system: look (volume_kind.h)
  extended,       ///< holds the logical drives, which stand in the list by themselves
  protective,     ///< covers a disk whose GPT was not found
  efi_system,     ///< ESP
  reserved,       ///< Microsoft reserved (MSR): without a file system
  recovery,       ///< Windows RE
  dynamic,        ///< of a dynamic disk (LDM): holds no volume by itself
  storage_space,  ///< of a pool (Storage Spaces): holds no volume by itself
};
std::string_view to_text(PartitionRole role);

/// Which structure of the disk names a partition.
enum class PartitionOrigin : std::uint8_t { mbr, logical, gpt_primary, gpt_backup };
std::string_view to_text(PartitionOrigin origin);

struct Partition {
  /// As Linux counts: place in the MBR or GPT from 1 on, logical drives from 5 on; what only the
  /// MBR of a disk with a GPT has, behind the last of the GPT.
  std::uint32_t number = 0;
  std::uint64_t offset_bytes = 0, size_bytes = 0;
  std::uint64_t available_bytes = 0;  ///< how many of them the image holds
  std::string_view type = "";         ///< in words; "unknown" when the id is not
  std::string type_id = "";           ///< "0x07" or "{EBD0A0A2-...}"
  PartitionRole role = PartitionRole::volume;
  std::string name = "";         ///< GPT only; text of the evidence
  std::optional<Guid> unique{};  ///< GPT only
  std::uint64_t attributes = 0;  ///< GPT: as stored. MBR: the status byte, 0x80 for active
  PartitionOrigin origin = PartitionOrigin::mbr;
  std::uint64_t entry_offset = 0;  ///< bytes from the start of the disk to what was read

  bool is_cut() const { return available_bytes < size_bytes; }  ///< the image ends before it
  bool may_hold_volume() const {
    return role == PartitionRole::volume || role == PartitionRole::efi_system ||
           role == PartitionRole::recovery;
  }
};

struct PartitionTable {
  PartitionTableKind kind = PartitionTableKind::none;
  std::uint32_t sector_bytes = 512;               ///< of the addresses in the table
  std::optional<std::uint32_t> disk_signature{};  ///< of an MBR, also of a protective one
  std::optional<Guid> disk_guid{};                ///< of a GPT
  std::vector<Partition> partitions{};            ///< by number
  std::vector<Error> problems{};                  ///< with offsets of the disk

  /// "0x4F1A23B0" or "{...}", "" when there is none.
  std::string disk_id() const;
};

constexpr std::size_t kMbrBytes = 512;
/// Logical drives of one disk: Linux stops at 60, fdisk and Windows' letters long before.
constexpr std::size_t kMaxLogicalDrives = 128;

/// Reads the table of `disk`. What cannot be read is listed in `problems`; the rest is kept.
///  - A first sector that is the boot sector of a volume (volume_kind.h) is no table: kind none.
///  - GPT when the MBR has an entry of type 0xEE, or when it has no entries and a GPT is there;
///  what
///    such an MBR has besides (hybrid) is listed too, and told, where the GPT does not have it.
///  - Partitions that end behind the image are kept (is_cut()) and listed, overlapping ones are
///    listed.
///  - The sectors of an MBR have 512 bytes, unless volumes, or the boot records of an extended
///    partition, begin only where 4096 lead to.
PartitionTable read_partition_table(ByteSource& disk);

}  // namespace hozen
