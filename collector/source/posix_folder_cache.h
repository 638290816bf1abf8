// Folders of a tree on a POSIX file system, kept open with their names between lookups. Only
// *_posix.cpp files include this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "collector/source/file_tree.h"
#include "collector/source/posix_folder.h"

namespace hozen::posix {

/// Folders kept open: bounds descriptors.
constexpr std::size_t kCachedFolders = 64;
/// Names kept beside those of the folders on the way of the lookup at hand: bounds memory. About
/// 250,000 names.
constexpr std::size_t kCachedBytes = std::size_t{16} << 20;

/// A volume of the tree, open.
struct Mount {
  TreeMount plan;
  Descriptor root;
  Capabilities can;
};

/// An open folder with its names, as they were when it was opened.
struct Folder {
  const Mount* mount = nullptr;
  EvidencePath path;  // as stored
  Descriptor fd;
  Listing names;
  std::uint64_t id = 0;
};
using FolderPtr = std::shared_ptr<Folder>;

/// The folders used last, by parent and exact name (folders equal but for case are two). What the
/// lookup at hand went through stays, however large: were it read again for the next name, lookups
/// in a large folder would cost its size each.
class FolderCache {
 public:
  explicit FolderCache(std::size_t max_bytes = kCachedBytes) : max_bytes_{max_bytes} {}

  /// From here to the next call folders belong to one lookup.
  void begin_lookup() { ++lookup_; }
  /// The root of a volume, whose path as stored is `path`.
  Result<FolderPtr> root_of(const Mount& mount, const EvidencePath& path);
  /// The folder `host` of `parent`.
  Result<FolderPtr> enter(const FolderPtr& parent, const std::string& host);
  std::size_t memory_bytes() const { return bytes_; }

 private:
  using Key = std::pair<std::uint64_t, std::string>;
  struct Held {
    Key key;
    FolderPtr folder;
    std::uint64_t lookup = 0;
  };

  FolderPtr find(const Key& key);
  void insert(Key key, const FolderPtr& folder);
  bool is_full() const;

  std::list<Held> order_;  // the one used last in front
  std::map<Key, std::list<Held>::iterator> by_key_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t lookup_ = 0;
};

}  // namespace hozen::posix
