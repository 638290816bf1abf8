// Nodes of a directory index, for the files that read them.
#pragma once

#include <optional>

#include "collector/formats/ntfs_index.h"

namespace hozen::ntfs {

constexpr std::uint32_t kBlockSignature = 0x58444E49;  ///< "INDX"
constexpr std::size_t kNodeHeaderBytes = 16;
constexpr std::size_t kEntryHeaderBytes = 16;
constexpr std::size_t kBlockNodeOffset = 24;  ///< of the node header in a block
constexpr std::uint32_t kEntryHasSubnode = 1, kEntryIsLast = 2;

/// A list of entries; offsets are from the node header.
struct DirectoryIndex::Node {
  Bytes bytes{};  ///< from the node header to the end of the value or block
  std::size_t first = 0, end = 0;
};

struct DirectoryIndex::RawEntry {
  FileReference file{};
  std::size_t length = 0;
  Bytes bytes{}, key{};
  bool is_last = false;
  std::optional<std::uint64_t> subnode{};  ///< VCN

  /// The entry at `offset` of the node's list.
  static Result<RawEntry> read(const Node& node, std::size_t offset);
};

}  // namespace hozen::ntfs
