#include "collector/formats/ntfs_index.h"

#include <algorithm>
#include <array>

#include "collector/formats/ntfs_fixup.h"
#include "collector/formats/ntfs_index_impl.h"
#include "collector/formats/ntfs_zeros.h"

namespace hozen::ntfs {
namespace {

constexpr std::uint32_t kFileNameType = 0x30;
constexpr std::size_t kRootHeaderBytes = 16;
constexpr std::size_t kBlockHeaderBytes = kBlockNodeOffset + kNodeHeaderBytes;
/// Blocks are read in groups of this size: fewer calls to a disk, and still little memory.
constexpr std::size_t kGroupBytes = 65'536;
constexpr std::uint64_t kDetectBytes = 65'536;  ///< searched for a first block

/// The size that a block's own header tells: its node's allocated bytes and its header. It has to
/// cover as many strides as its update sequence array.
std::optional<std::uint32_t> size_told_by(Bytes block) {
  const auto header = block.fixed<kBlockHeaderBytes>(0, "ntfs index block");
  if (!header || header->u32<0>() != kBlockSignature) return std::nullopt;
  const std::uint64_t size = std::uint64_t{header->u32<32>()} + kBlockNodeOffset;
  if (!is_index_block_size(size) || size / kFixupStride + 1 != header->u16<6>())
    return std::nullopt;
  return static_cast<std::uint32_t>(size);
}

}  // namespace

std::string_view to_text(EntryState state) {
  switch (state) {
    case EntryState::in_use:
      return "in_use";
    case EntryState::slack:
      return "slack";
    case EntryState::unused_block:
      return "unused_block";
    case EntryState::damaged:
      return "damaged";
  }
  return "";
}

bool is_index_block_size(std::uint64_t bytes) {
  return bytes >= kMinIndexBlockBytes && bytes <= kMaxIndexBlockBytes && std::has_single_bit(bytes);
}

Result<IndexRoot> parse_index_root(Bytes value) {
  HOZEN_TRY(const auto header, value.fixed<kRootHeaderBytes>(0, "ntfs index root"));
  if (header.u32<0>() != kFileNameType)
    return Error{Errc::unsupported, "ntfs index root", value.base()};
  HOZEN_TRY(const auto node, value.fixed<kNodeHeaderBytes>(kRootHeaderBytes, "ntfs index node"));
  IndexRoot root;
  root.collation = header.u32<4>();
  root.block_bytes = header.u32<8>();
  // Clusters in a block; when clusters are larger than blocks, units of 512 bytes.
  const std::uint32_t units = header.u8<12>();
  if (is_index_block_size(root.block_bytes) && std::has_single_bit(units) &&
      units <= root.block_bytes / kMinIndexBlockBytes)
    root.vcn_bytes = root.block_bytes / units;
  root.has_blocks = (node.u32<12>() & 1) != 0;
  root.node = value.tail(kRootHeaderBytes);
  return root;
}

std::optional<std::uint32_t> detect_index_block_size(ByteSource& blocks) {
  std::array<std::byte, kBlockHeaderBytes> header{};
  for (std::uint64_t offset = 0; offset < kDetectBytes; offset += kMinIndexBlockBytes) {
    if (!blocks.read(offset, header)) return std::nullopt;
    if (const auto size = size_told_by(Bytes{header})) return size;
  }
  return std::nullopt;
}

Result<DirectoryIndex> DirectoryIndex::open(const IndexParts& parts) {
  DirectoryIndex index;
  index.parts_ = parts;
  if (parts.blocks == nullptr || parts.blocks->size() == 0) return index;
  if (is_index_block_size(parts.block_bytes)) {
    index.block_bytes_ = parts.block_bytes;
  } else if (parts.root && is_index_block_size(parts.root->block_bytes)) {
    index.block_bytes_ = parts.root->block_bytes;
  } else {
    const auto detected = detect_index_block_size(*parts.blocks);
    if (!detected) return Error{Errc::malformed, "ntfs index block size"};
    index.block_bytes_ = *detected;
  }
  return index;
}

void DirectoryIndex::note(Error problem) {
  if (!quiet_) problems_.add(std::move(problem));
}

bool DirectoryIndex::is_used(std::uint64_t block) const {
  if (!parts_.bitmap) return true;
  const auto bits = parts_.bitmap->get<std::uint8_t>(block / 8);
  return bits && ((*bits >> (block % 8)) & 1) != 0;
}

Result<DirectoryIndex::RawEntry> DirectoryIndex::RawEntry::read(const Node& node,
                                                                std::size_t offset) {
  const Bytes list = node.bytes.head(node.end);
  HOZEN_TRY(const auto header, list.fixed<kEntryHeaderBytes>(offset, "ntfs index entry"));
  RawEntry entry;
  entry.file = FileReference::from_u64(header.u64<0>());
  entry.length = header.u16<8>();
  const std::size_t key_length = header.u16<10>();
  const std::uint32_t flags = header.u32<12>();
  entry.is_last = (flags & kEntryIsLast) != 0;
  const std::size_t subnode_bytes = (flags & kEntryHasSubnode) != 0 ? sizeof(std::uint64_t) : 0;
  if (entry.length % 8 != 0 || entry.length < kEntryHeaderBytes + subnode_bytes ||
      (!entry.is_last && key_length > entry.length - kEntryHeaderBytes - subnode_bytes))
    return Error{Errc::malformed, "ntfs index entry", list.base() + offset};
  HOZEN_TRY(entry.bytes, list.slice(offset, entry.length, "ntfs index entry"));
  if (!entry.is_last) {
    HOZEN_TRY(entry.key, entry.bytes.slice(kEntryHeaderBytes, key_length, "ntfs index key"));
  }
  if (subnode_bytes != 0)
    entry.subnode = entry.bytes.get<std::uint64_t>(entry.length - subnode_bytes);
  return entry;
}

/// `bytes` from the node header on. A list that leaves them ends where they do, and is a problem.
std::optional<DirectoryIndex::Node> DirectoryIndex::read_node(Bytes bytes, bool is_block) {
  const auto header = bytes.fixed<kNodeHeaderBytes>(0, "ntfs index node");
  if (!header) {
    note(header.error());
    return std::nullopt;
  }
  Node node{bytes, header->u32<0>(), header->u32<4>()};
  if (node.first < kNodeHeaderBytes || node.first % 8 != 0 || node.first >= bytes.size()) {
    note({Errc::malformed, "ntfs index node", bytes.base()});
    return std::nullopt;
  }
  if (node.end > bytes.size() || node.end < node.first) {
    note({Errc::malformed, "ntfs index node end", bytes.base() + 4});
    node.end = bytes.size();
  }
  if (is_block && header->u32<8>() + std::uint64_t{kBlockNodeOffset} != block_bytes_)
    note({Errc::malformed, "ntfs index node size", bytes.base() + 8});
  return node;
}

bool DirectoryIndex::carve(Bytes area, EntryState state, bool in_root, const EntryVisit& visit) {
  IndexEntry copy;
  return carve_index_entries(area, [&](const IndexEntry& found) {
    copy = found;
    copy.state = state;
    copy.in_root = in_root;
    return visit(copy);
  });
}

bool DirectoryIndex::scan_node(const Node& node, EntryState state, bool in_root, bool deleted,
                               const EntryVisit& visit) {
  IndexEntry out{.state = state, .in_root = in_root};
  std::size_t at = node.first;
  bool complete = false;
  while (!complete) {
    const auto entry = RawEntry::read(node, at);
    if (!entry) {
      note(entry.error());
      break;
    }
    at += entry->length;
    complete = entry->is_last;
    if (complete) break;
    auto name = parse_file_name(entry->key);
    if (!name) {
      note(name.error());
      continue;
    }
    out.file = entry->file;
    out.name = *std::move(name);
    out.offset = entry->bytes.base();
    if (!visit(out)) return false;
  }
  if (!deleted) return true;
  const bool used = state == EntryState::in_use;
  if (!complete && !carve(node.bytes.head(node.end).tail(at), used ? EntryState::damaged : state,
                          in_root, visit))
    return false;
  const EntryState behind = used ? EntryState::slack : state;
  const std::size_t end = (std::max(node.end, at) + 7) / 8 * 8;
  return carve(node.bytes.tail(complete ? at : end), behind, in_root, visit);
}

bool DirectoryIndex::scan_block(std::span<std::byte> block, std::uint64_t offset, bool deleted,
                                const EntryVisit& visit) {
  const bool used = is_used(offset / block_bytes_);
  if (!used && !deleted) return true;
  quiet_ = !used;  // what is broken in remains is no loss
  const bool more = scan_block_of(block, offset, used, deleted, visit);
  quiet_ = false;
  return more;
}

bool DirectoryIndex::scan_block_of(std::span<std::byte> block, std::uint64_t offset, bool used,
                                   bool deleted, const EntryVisit& visit) {
  const Bytes bytes{block, offset};
  const EntryState state = used ? EntryState::in_use : EntryState::unused_block;
  if (bytes.get<std::uint32_t>(0) != kBlockSignature) {
    const bool empty = is_zero(block);
    if (!empty || parts_.bitmap) note({Errc::malformed, "ntfs index block signature", offset});
    if (empty || !deleted) return true;
    return carve(bytes, used ? EntryState::damaged : state, false, visit);
  }
  const Fixup fixup = apply_fixup(block);
  if (fixup != Fixup::intact)
    note({Errc::malformed,
          fixup == Fixup::torn ? "ntfs index block torn" : "ntfs index block fixup", offset});
  const auto node = read_node(bytes.tail(kBlockNodeOffset), true);
  if (node) return scan_node(*node, state, false, deleted, visit);
  return !deleted || carve(bytes, used ? EntryState::damaged : state, false, visit);
}

std::uint64_t DirectoryIndex::blocks_end() {
  if (block_bytes_ == 0) return 0;
  const std::uint64_t size = parts_.blocks->size();
  if (size > kMaxIndexBytes) note({Errc::limit, "ntfs index blocks", kMaxIndexBytes});
  return std::min(size, kMaxIndexBytes);
}

/// Blocks that lie one behind the other in `group`. Returns false when the visit is over.
bool DirectoryIndex::scan_group(std::span<std::byte> group, std::uint64_t offset, bool deleted,
                                const EntryVisit& visit) {
  const bool whole = parts_.blocks->read(offset, group).has_value();
  for (std::size_t at = 0; at < group.size(); at += block_bytes_) {
    const std::span block = group.subspan(at, block_bytes_);
    if (!whole) {
      if (auto read = parts_.blocks->read(offset + at, block); !read) {
        Error problem = std::move(read).error();
        problem.offset = offset + at;
        note(problem);
        if (problem.code == Errc::truncated) return false;  // the source ended
        continue;
      }
    }
    if (!scan_block(block, offset + at, deleted, visit)) return false;
  }
  return true;
}

void DirectoryIndex::scan(const EntryVisit& visit, bool deleted) {
  if (parts_.root) {
    const auto node = read_node(parts_.root->node, false);
    if (node && !scan_node(*node, EntryState::in_use, true, deleted, visit)) return;
  }
  const std::uint64_t end = blocks_end();
  const std::uint64_t whole = end == 0 ? 0 : end / block_bytes_ * block_bytes_;
  if (whole != end) note({Errc::truncated, "ntfs index block", whole});
  std::vector<std::byte> group(
      static_cast<std::size_t>(std::min<std::uint64_t>(kGroupBytes, whole)));
  for (std::uint64_t offset = 0; offset < whole; offset += group.size()) {
    const auto bytes = std::min<std::uint64_t>(group.size(), whole - offset);
    const std::span part = std::span{group}.first(static_cast<std::size_t>(bytes));
    if (!scan_group(part, offset, deleted, visit)) return;
  }
}

}  // namespace hozen::ntfs
