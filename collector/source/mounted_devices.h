// Which partition had which drive letter: what the evidence's own registry remembers.
//
// Source: the values of HKLM\SYSTEM\MountedDevices; their forms: Microsoft, "Mount manager" (naming
// of volumes), libyal/winreg-kb "Mounted devices", observed in hives of Windows XP to 11. On a disk
// with an MBR a value holds the disk's signature and the offset of the partition, on one with a GPT
// `DMIO:ID:` and the partition's unique GUID.
// Not read: values with the device path of a removable drive, a CD-ROM or a virtual disk (UTF-16
// text), and those of volumes of dynamic disks, whose GUID is in no partition table: listed only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/formats/partition_table.h"

namespace hozen {

/// One value of the key. Neither is owned.
struct MountedValue {
  std::string_view name;
  Bytes data;
};

/// A name of a volume and the partition that it means.
struct MountedDevice {
  std::string name = "";  ///< of the value: `\DosDevices\C:`, `\??\Volume{...}`
  char letter = '\0';     ///< 'A' to 'Z'; 0 for other names
  /// Of an MBR: signature of the disk and bytes from its start; of a GPT: the partition's GUID.
  /// Neither for what is not read.
  std::optional<std::uint32_t> disk_signature{};
  std::uint64_t offset_bytes = 0;
  std::optional<Guid> partition{};

  bool is_partition() const { return disk_signature.has_value() || partition.has_value(); }
};

struct MountedDevices {
  std::vector<MountedDevice> devices{};  ///< all values in their order
  std::size_t left_out = 0;              ///< behind kMaxMountedDevices
};

/// A machine has some hundred; its key is as large as its hive at the most.
constexpr std::size_t kMaxMountedDevices = 65'536;

MountedDevices parse_mounted_devices(std::span<const MountedValue> values);

/// Letters of `partition` of the disk that `table` is of, in alphabetic order without doubles ("C",
/// mostly one or none).
std::string letters_of(const MountedDevices& mounted, const PartitionTable& table,
                       const Partition& partition);

}  // namespace hozen
