// Directory indexes: root, bitmap and blocks; every entry, deleted ones, and names looked up.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/ntfs_index.h"
#include "tests/fuzz/ntfs_fuzz_index.h"

namespace {

using namespace hozen;
using namespace hozen::ntfs;

constexpr std::size_t kLookups = 4;  ///< each may read the whole index

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const IndexEntry& entry, std::size_t size) {
  require(is_wtf8(entry.name.name));
  require(utf16_length(entry.name.name) <= kMaxNameUnits);
  require(entry.offset < size);
  require(entry.state == EntryState::in_use || utf16_length(entry.name.name) <= kMaxNameUnits);
  require(entry.state != EntryState::in_use || entry.file.has_value());
  require(!to_text(entry.state).empty());
}

/// Upper case of ASCII letters.
char16_t fold(char16_t unit) {
  return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 32) : unit;
}

void read_index(DirectoryIndex& index, std::size_t size) {
  std::vector<std::string> names;
  std::size_t in_use = 0, all_in_use = 0;
  index.each_entry([&](const IndexEntry& entry) {
    check(entry, size);
    require(entry.state == EntryState::in_use);
    if (names.size() < kLookups) names.push_back(entry.name.name);
    return ++in_use > 0;
  });
  index.each_entry_with_deleted([&](const IndexEntry& entry) {
    check(entry, size);
    all_in_use += entry.state == EntryState::in_use;
    return true;
  });
  require(in_use == all_in_use);
  for (const std::string& name : names) {
    const auto found = index.find_entry(name, fold);
    if (!found) continue;
    check(*found, size);
    require(utf16_length(found->name.name) == utf16_length(name));
  }
  require(index.problems().kept().size() <= kMaxProblemsKept);
  for (const Error& problem : index.problems().kept()) require(problem.offset.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  const auto header = bytes.fixed<fuzz::kHeaderBytes>(0, "");
  if (!header) return 0;
  const Bytes rest = bytes.tail(fuzz::kHeaderBytes);
  const Bytes root_bytes = rest.head(header->u16<0>());
  const Bytes bitmap = rest.tail(root_bytes.size()).head(header->u16<2>());
  const auto blocks_bytes = rest.tail(root_bytes.size() + bitmap.size()).span();
  MemorySource blocks{{blocks_bytes.begin(), blocks_bytes.end()}};

  IndexParts parts{.blocks = &blocks};
  if (header->u8<4>() != 0) parts.block_bytes = 1u << (header->u8<4>() % 20);
  if ((header->u8<5>() & fuzz::kHasBitmap) != 0) parts.bitmap = bitmap;
  if ((header->u8<5>() & fuzz::kHasRoot) != 0)
    if (const auto root = parse_index_root(root_bytes)) parts.root = *root;
  auto index = DirectoryIndex::open(parts);
  if (index) read_index(*index, size);
  carve_index_entries(bytes, [&](const IndexEntry& entry) {
    check(entry, size);
    return true;
  });
  return 0;
}
