// Folders of this machine seen as volumes of the evidence: what FolderSource and its two systems
// agree on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/result.h"
#include "collector/source/deleted_file.h"
#include "collector/source/source.h"

namespace hozen {

/// One volume of a tree and where it lies.
struct TreeMount {
  std::string volume;  ///< "C:"
  std::string
      folder{};  ///< name of the folder directly below the tree's root; "" for the root itself
  std::vector<std::string> below{};  ///< components of the evidence above that folder: {"Windows"}
                                     ///< for a copied Windows folder
};

/// Entries that differ in case only: so many are looked into for one path, and so many paths that
/// were not clear are told.
constexpr std::size_t kMaxSpellings = 256;
constexpr std::size_t kMaxRemarks = 1000;
/// Links on the way to something are followed while their target lies in the tree, at most this
/// often.
constexpr int kMaxLinkHops = 32;
/// Folders deeper than this are not entered (Errc::limit): no honest path comes near.
constexpr std::size_t kMaxFolderDepth = 4096;

/// stat, is_untouched, walk, open, spellings, key, take_remarks, reads_deleted and open_deleted as
/// EvidenceSource promises them.
class FileTree {
 public:
  virtual ~FileTree() = default;
  virtual Result<FileInfo> stat(const EvidencePath& path) = 0;
  virtual bool is_untouched(const EvidencePath& /*path*/) { return false; }
  virtual Result<EvidencePath> real_folder(const EvidencePath& path) = 0;
  virtual Result<void> walk(const EvidencePath& directory,
                            const std::function<Visit(const FileInfo&)>& visit,
                            const std::function<void(const EvidencePath&, Error)>& problem) = 0;
  virtual Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) = 0;
  virtual std::vector<EvidencePath> spellings(const EvidencePath& path, std::size_t /*fixed*/) {
    return only_spelling(path, stat(path));
  }
  virtual std::string key(const EvidencePath& path) { return path.folded(); }
  virtual std::vector<Error> take_remarks() { return {}; }
  virtual bool reads_deleted(std::string_view /*volume*/) { return false; }
  virtual Result<DeletedContent> open_deleted(const DeletedFile& file) {
    return Error{Errc::unsupported, file.path.text(), std::nullopt,
                 "this file tree does not read deleted files"};
  }
  /// Facts of the file system that holds a volume of the tree: name, serial and file system where
  /// known.
  virtual VolumeInfo volume_info(const TreeMount& mount) = 0;
};

/// A tree of `mounts` below the folder `root` of this machine. Errc::not_found or Errc::io when the
/// root or a mount's folder cannot be listed.
Result<std::unique_ptr<FileTree>> open_file_tree(std::string_view root,
                                                 std::vector<TreeMount> mounts);

}  // namespace hozen
