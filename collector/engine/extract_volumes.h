// Makes raw images of the copies of volumes in a bundle.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/engine/bundle_reader.h"
#include "collector/engine/output_tree.h"

namespace hozen {

/// A copy of a volume that was unpacked.
struct RestoredVolume {
  std::string volume;                    ///< "C:"
  std::string written;                   ///< name of the image in the folder: "C.raw"
  std::uint64_t size = 0, parts = 0;     ///< bytes of the image; entries it was made of
  std::optional<Sha256Digest> sha256{};  ///< of the image; not computed where nothing tells what it
                                         ///< should be
  bool damaged = false;         ///< some bytes are not those that the bundle's manifest lists
  std::vector<Error> problems;  ///< what of the volume is not in the image
};

/// Writes each volume whose name `wanted` accepts into `tree` as a sparse image: parts at their
/// places, zeros where nothing was copied. A part that the bundle holds damaged is written as far
/// as it can be read, and told. Fails only when the folder can take no more.
Result<std::vector<RestoredVolume>> extract_volumes(
    const BundleReader& bundle, OutputTree& tree,
    const std::function<bool(const std::string& volume)>& wanted);

}  // namespace hozen
