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
/// applied. Errc::not_found when there is no such hive, else why it cannot be read: Errc::limit
/// when it is larger than any real one (a crafted image must not fill the memory before a run
/// begins).
Result<MountedDevices> read_mounted_devices(FileTree& tree, const std::string& volume);

/// A volume of the image that is to be called something.
struct NamedVolume {
  std::string name;                      ///< as the tree calls it
  const Partition* partition = nullptr;  ///< nullptr when the image is a bare volume
};

/// The names that `volumes` should have, one each, none twice: letters, or the name they have. That
/// letters are guessed, since no hive tells them, is told in `remarks` with the reason.
std::vector<std::string> choose_names(FileTree& tree, const PartitionTable& table,
                                      const std::vector<NamedVolume>& volumes,
                                      std::vector<Error>& remarks);

}  // namespace hozen
