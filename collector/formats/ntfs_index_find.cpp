// One name of a directory index, found through the tree.
#include <algorithm>
#include <string>

#include "collector/base/text.h"
#include "collector/formats/ntfs_fixup.h"
#include "collector/formats/ntfs_index.h"
#include "collector/formats/ntfs_index_impl.h"

namespace hozen::ntfs {
namespace {

/// How a name stands to another one: names are in the order of their folded units, and those that
/// are equal then in the order of their units.
struct Order {
  int folded = 0, exact = 0;
};

int sign(int left, int right) { return left < right ? -1 : (left > right ? 1 : 0); }

Order compare(std::u16string_view wanted, Bytes units, const FoldUnit& fold) {
  Order order;
  const std::size_t length = units.size() / 2;
  for (std::size_t i = 0; i < std::min(wanted.size(), length); ++i) {
    const auto unit = static_cast<char16_t>(*units.get<std::uint16_t>(i * 2));
    if (unit == wanted[i]) continue;
    order.folded = sign(fold(wanted[i]), fold(unit));
    if (order.folded != 0) return order;
    if (order.exact == 0) order.exact = sign(wanted[i], unit);
  }
  if (wanted.size() != length) order.folded = wanted.size() < length ? -1 : 1;
  return order;
}

}  // namespace

struct DirectoryIndex::Search {
  std::u16string wanted;
  const FoldUnit& fold;
  std::optional<IndexEntry> folded{};  ///< differs in case only
  std::optional<IndexEntry> exact{};
  std::uint64_t subnode = 0;
  bool in_root = true;

  /// Keeps an entry that has the wanted name.
  void keep(const RawEntry& entry, bool is_exact) {
    std::optional<IndexEntry>& place = is_exact ? exact : folded;
    if (place) return;
    auto name = parse_file_name(entry.key);
    if (!name) return;
    place = IndexEntry{.file = entry.file,
                       .name = *std::move(name),
                       .in_root = in_root,
                       .offset = entry.bytes.base()};
  }
};

DirectoryIndex::Step DirectoryIndex::search_node(const Node& node, Search& search) {
  std::size_t at = node.first;
  while (true) {
    const auto entry = RawEntry::read(node, at);
    if (!entry) return Step::damaged;
    at += entry->length;
    bool before = entry->is_last;  // the wanted name stands before this entry, or is it
    if (!entry->is_last) {
      const std::size_t key_bytes = file_name_bytes(entry->key);
      const auto units = entry->key.slice(
          kFileNameHeaderBytes, std::max(key_bytes, kFileNameHeaderBytes) - kFileNameHeaderBytes,
          "ntfs index key");
      if (key_bytes == 0 || !units) return Step::damaged;
      const Order order = compare(search.wanted, *units, search.fold);
      if (order.folded == 0) search.keep(*entry, order.exact == 0);
      if (search.exact) return Step::found;
      before = order.folded < 0 || (order.folded == 0 && order.exact < 0);
    }
    if (!before) continue;
    if (!entry->subnode) return Step::stop;
    search.subnode = *entry->subnode;
    return Step::descend;
  }
}

/// The block that a sub-node's VCN leads to, whole and in its place; nothing when it is not.
std::optional<Bytes> DirectoryIndex::read_block_of(std::uint64_t vcn,
                                                   std::vector<std::byte>& block) {
  const std::uint64_t unit = parts_.root ? parts_.root->vcn_bytes : 0;
  if (block_bytes_ == 0 || unit == 0 || vcn > kMaxIndexBytes / unit) return std::nullopt;
  const std::uint64_t offset = vcn * unit;
  if (offset % block_bytes_ != 0 || offset + block_bytes_ > parts_.blocks->size() ||
      !is_used(offset / block_bytes_))
    return std::nullopt;
  block.resize(block_bytes_);
  if (!parts_.blocks->read(offset, block)) return std::nullopt;
  const Bytes bytes{block, offset};
  if (bytes.get<std::uint32_t>(0) != kBlockSignature || bytes.get<std::uint64_t>(16) != vcn ||
      apply_fixup(block) != Fixup::intact)
    return std::nullopt;
  return bytes;
}

/// False when damage was met: what was not found may be there.
bool DirectoryIndex::search_tree(Search& search) {
  if (!parts_.root) return false;
  std::vector<std::byte> block;
  Bytes bytes = parts_.root->node;
  const std::uint64_t problems_before = problems_.count();
  for (unsigned depth = 0; depth < kMaxIndexDepth; ++depth) {
    const auto node = read_node(bytes, depth > 0);
    if (!node || problems_.count() != problems_before) return false;
    const Step step = search_node(*node, search);
    if (step != Step::descend) return step != Step::damaged;
    const auto next = read_block_of(search.subnode, block);
    if (!next) return false;
    bytes = next->tail(kBlockNodeOffset);
    search.in_root = false;
  }
  return false;
}

std::optional<IndexEntry> DirectoryIndex::find_entry(std::string_view name, const FoldUnit& fold) {
  Search search{.wanted = utf16_from_wtf8(name), .fold = fold};
  if (search_tree(search)) return search.exact ? search.exact : search.folded;
  // The tree misleads: every entry, which takes as long as the directory is large.
  each_entry([&](const IndexEntry& entry) {
    const std::u16string other = utf16_from_wtf8(entry.name.name);
    const Bytes units{std::as_bytes(std::span{other})};
    const Order order = compare(search.wanted, units, fold);
    if (order.folded == 0 && order.exact == 0) search.exact = entry;
    if (order.folded == 0 && !search.folded) search.folded = entry;
    return !search.exact.has_value();
  });
  return search.exact ? search.exact : search.folded;
}

}  // namespace hozen::ntfs
