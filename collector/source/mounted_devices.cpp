#include "collector/source/mounted_devices.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kMbrForm = 12, kGptForm = 24;
constexpr std::string_view kGptMark = "DMIO:ID:";

/// The letter of `\DosDevices\C:`; 0 for any other name.
char letter_of(std::string_view name) {
  constexpr std::string_view kPrefix = "\\DosDevices\\";
  if (name.size() != kPrefix.size() + 2 || !starts_with_fold(name, kPrefix) || name.back() != ':')
    return '\0';
  const char letter = name[kPrefix.size()];
  if (letter >= 'A' && letter <= 'Z') return letter;
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : '\0';
}

MountedDevice parse_device(const MountedValue& value) {
  MountedDevice device;
  device.name = value.name;
  device.letter = letter_of(value.name);
  if (value.data.size() == kMbrForm) {
    device.disk_signature = value.data.get<std::uint32_t>(0);
    device.offset_bytes = value.data.get<std::uint64_t>(4).value_or(0);
  } else if (value.data.size() == kGptForm && value.data.chars().starts_with(kGptMark)) {
    if (const auto form = value.data.fixed<kGptForm>(0, "mounted device"))
      device.partition = Guid::from(form->raw<8, 16>());
  }
  return device;
}

bool means(const MountedDevice& device, const PartitionTable& table, const Partition& partition) {
  if (device.partition) return partition.unique == device.partition;
  return table.kind == PartitionTableKind::mbr && device.disk_signature &&
         table.disk_signature == device.disk_signature &&
         partition.offset_bytes == device.offset_bytes;
}

}  // namespace

MountedDevices parse_mounted_devices(std::span<const MountedValue> values) {
  MountedDevices mounted;
  const std::size_t taken = std::min(values.size(), kMaxMountedDevices);
  mounted.left_out = values.size() - taken;
  for (const MountedValue& value : values.first(taken))
    mounted.devices.push_back(parse_device(value));
  return mounted;
}

std::string letters_of(const MountedDevices& mounted, const PartitionTable& table,
                       const Partition& partition) {
  std::string letters;
  for (const MountedDevice& device : mounted.devices)
    if (device.letter != '\0' && means(device, table, partition)) letters += device.letter;
  std::sort(letters.begin(), letters.end());
  letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
  return letters;
}

}  // namespace hozen
