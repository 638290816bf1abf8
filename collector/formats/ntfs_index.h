// Directories of NTFS: the index $I30 of the names in a folder, and what is left of deleted ones.
//
// Source: libyal/libfsntfs, "New Technologies File System (NTFS)", "The index"; the documentation
// of the Linux NTFS project, "Concept - Directory" and "Concept - Index record". Observed on
// directories of Windows: when the last entry of a node goes, the 16 bytes that end the list are
// written over that entry's header, so its key stays but not its file reference.
// Not read: indexes of anything else than names ($SII, $SDH, $O, $Q, $R).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/formats/ntfs_file_name.h"
#include "collector/formats/ntfs_problems.h"

namespace hozen::ntfs {

constexpr std::uint32_t kMinIndexBlockBytes = 512;
constexpr std::uint32_t kMaxIndexBlockBytes = 65'536;  ///< 4096 is usual

/// The value of $INDEX_ROOT: the first node of the tree and how large the others are.
struct IndexRoot {
  std::uint32_t collation = 0;    ///< 1: by name
  std::uint32_t block_bytes = 0;  ///< as it stands; only is_index_block_size() is of use
  std::uint32_t vcn_bytes = 0;    ///< that one VCN of a sub-node stands for; 0 when not known
  bool has_blocks = false;        ///< some nodes lie in $INDEX_ALLOCATION
  Bytes node{};                   ///< node header, entries and what follows in the value
};

/// Errc::truncated when the headers are not there, Errc::unsupported for an index of another
/// attribute than $FILE_NAME. The view keeps pointing into `value`.
Result<IndexRoot> parse_index_root(Bytes value);

/// A power of two from 512 to 65,536.
bool is_index_block_size(std::uint64_t bytes);

/// The block size of a file that holds an extracted $INDEX_ALLOCATION, from its first block with a
/// signature (looked for in the first 64 KiB); nothing when there is none.
std::optional<std::uint32_t> detect_index_block_size(ByteSource& blocks);

/// Where an entry was found.
enum class EntryState : std::uint8_t {
  in_use,        ///< in the list of a node
  slack,         ///< behind the end of a node's list: was deleted or moved to another node
  unused_block,  ///< in a block that is free in $BITMAP: from before the directory shrank
  damaged,       ///< in a block without a signature, or behind damage in a node's list
};

/// "in_use", "slack", "unused_block", "damaged".
std::string_view to_text(EntryState state);

struct IndexEntry {
  /// Nothing when only the key is left of the entry.
  std::optional<FileReference> file{};
  FileName name{};
  EntryState state = EntryState::in_use;
  bool in_root = false;
  /// Of the entry, or of the key when `file` is nothing: bytes from the start of $INDEX_ALLOCATION,
  /// or of the root's named source.
  std::uint64_t offset = 0;
};

using EntryVisit = std::function<bool(const IndexEntry&)>;  ///< false ends the visit

/// Looks for entries in bytes that belong to no list (slack of a block, of a file record), at every
/// multiple of 8 from the start of `area`, and visits them with state `slack`. Taken for an entry:
/// a key with a name of 1 to 255 characters without control characters and separators, a known name
/// space, known flags, plausible sizes, and a parent that can be a directory; and either an entry
/// header that fits it or four times between 1970 and 2170. Returns false when a visit did.
bool carve_index_entries(Bytes area, const EntryVisit& visit);

/// One UTF-16 unit as the volume's $UpCase folds it.
using FoldUnit = std::function<char16_t(char16_t)>;

/// What there is of a directory. Views and sources must outlive the reader.
struct IndexParts {
  std::optional<IndexRoot> root{};
  ByteSource* blocks = nullptr;   ///< $INDEX_ALLOCATION, if any
  std::uint32_t block_bytes = 0;  ///< 0: as the root says, else detected
  std::optional<Bytes> bitmap{};  ///< $BITMAP; nothing: every block is taken for used
};

/// $INDEX_ALLOCATION is read up to here: ten million names take an eighth of it.
constexpr std::uint64_t kMaxIndexBytes = std::uint64_t{16} << 30;
/// A tree with blocks of 512 bytes and one long name in each reaches this with 2^32 names.
constexpr unsigned kMaxIndexDepth = 32;

class DirectoryIndex {
 public:
  /// Errc::malformed when there are blocks but no size that they could have.
  static Result<DirectoryIndex> open(const IndexParts& parts);

  /// Entries in use: those of the root, then block by block in the order they lie (not by name).
  void each_entry(const EntryVisit& visit) { scan(visit, false); }
  /// The same with what is deleted or damaged, each behind the entries of its node.
  void each_entry_with_deleted(const EntryVisit& visit) { scan(visit, true); }

  /// The entry in use with this name (WTF-8): the one that is equal to the letter, else one that is
  /// equal when folded, else nothing. Descends the tree; where that is damaged every entry is
  /// looked at. `fold` must be the volume's own for the tree to be in order.
  std::optional<IndexEntry> find_entry(std::string_view name, const FoldUnit& fold);

  std::uint32_t block_bytes() const { return block_bytes_; }  ///< 0 without blocks
  /// What could not be read so far; offsets as in IndexEntry.
  const Problems& problems() const { return problems_; }

 private:
  struct Node;
  struct RawEntry;
  struct Search;
  enum class Step : std::uint8_t { stop, found, descend, damaged };

  DirectoryIndex() = default;
  void scan(const EntryVisit& visit, bool deleted);
  bool scan_block(std::span<std::byte> block, std::uint64_t offset, bool deleted,
                  const EntryVisit& visit);
  bool scan_block_of(std::span<std::byte> block, std::uint64_t offset, bool used, bool deleted,
                     const EntryVisit& visit);
  bool scan_group(std::span<std::byte> group, std::uint64_t offset, bool deleted,
                  const EntryVisit& visit);
  bool scan_node(const Node& node, EntryState state, bool in_root, bool deleted,
                 const EntryVisit& visit);
  bool carve(Bytes area, EntryState state, bool in_root, const EntryVisit& visit);
  void note(Error problem);
  bool is_used(std::uint64_t block) const;
  std::uint64_t blocks_end();
  std::optional<Node> read_node(Bytes bytes, bool is_block);
  Step search_node(const Node& node, Search& search);
  bool search_tree(Search& search);
  std::optional<Bytes> read_block_of(std::uint64_t vcn, std::vector<std::byte>& block);

  IndexParts parts_;
  std::uint32_t block_bytes_ = 0;
  Problems problems_;
  bool quiet_ = false;
};

}  // namespace hozen::ntfs
