// How the volumes of an image are called: what a Windows on it remembers of its drive letters.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/formats/partition_table.h"
#include "collector/source/file_tree.h"
#include "collector/source/mounted_devices.h"

namespace hozen {

/// MountedDevices of the SYSTEM hive of a Windows on `volume` of the tree, its transaction logs
/// applied; nothing when there is none that can be read.
std::optional<MountedDevices> read_mounted_devices(FileTree& tree, const std::string& volume);

/// A volume of the image that is to be called something.
struct NamedVolume {
  std::string name;                      ///< as the tree calls it
  const Partition* partition = nullptr;  ///< nullptr when the image is a bare volume
};

/// The names that `volumes` should have, one each, none twice: letters, or the name they have.
std::vector<std::string> choose_names(FileTree& tree, const PartitionTable& table,
                                      const std::vector<NamedVolume>& volumes);

}  // namespace hozen
