// An evidence source that is a file tree and nothing else: a folder, an image.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/file_tree.h"
#include "collector/source/source.h"

namespace hozen {

/// What such a source says of itself (EvidenceSource::kind, describe, method).
struct TreeOrigin {
  std::string_view kind;  ///< a literal
  std::string given;
  std::string_view method;  ///< a literal
};

/// The bytes of volumes by their names; safe for several threads.
using VolumeBytes = std::map<std::string, std::shared_ptr<ByteSource>>;

/// `remarks`: what opening it met, told with those of the tree. `bytes`: what open_volume() gives.
std::unique_ptr<EvidenceSource> make_tree_source(TreeOrigin origin, std::unique_ptr<FileTree> tree,
                                                 std::vector<VolumeInfo> volumes,
                                                 std::vector<Error> remarks,
                                                 VolumeBytes bytes = {});

/// Whether `folder` of a tree holds folders that Windows makes in the root of the volume it is
/// installed on.
bool is_system_volume(FileTree& tree, const EvidencePath& folder);

}  // namespace hozen
