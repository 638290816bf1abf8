// Entries of directory indexes in bytes that belong to no list any more.
#include "collector/formats/ntfs_index.h"
#include "collector/formats/ntfs_index_impl.h"

namespace hozen::ntfs {
namespace {

constexpr std::uint64_t kTicksPerDay = 864'000'000'000;
constexpr FileTime kEarliest{134'774 * kTicksPerDay};  ///< 1970-01-01
constexpr FileTime kLatest{207'823 * kTicksPerDay};    ///< 2170-01-01
constexpr std::uint64_t kRootDirectory = 5;            ///< the first record that holds one
constexpr std::uint64_t kMaxPlausibleBytes = std::uint64_t{1} << 56;
/// FILE_ATTRIBUTE_* of MS-FSCC 2.6, the recall and pin bits, and NTFS's own two.
constexpr std::uint32_t kKnownFlags = 0x307F'FFFF;

bool is_plausible(FileTime time) { return time >= kEarliest && time < kLatest; }

/// A character that can stand in a name: POSIX names may hold control characters too, but those are
/// far rarer than garbage.
bool is_name_unit(std::uint16_t unit) { return unit >= 0x20 && unit != '/' && unit != '\\'; }

bool has_plausible_key(Bytes key) {
  const auto header = key.fixed<kFileNameHeaderBytes>(0, "");
  if (!header) return false;
  const std::size_t units = header->u8<64>();
  const FileReference parent = FileReference::from_u64(header->u64<0>());
  if (units == 0 || header->u8<65>() > kMaxNameSpace || parent.sequence == 0 ||
      parent.record < kRootDirectory || header->u64<40>() % 8 != 0 ||
      header->u64<40>() > kMaxPlausibleBytes || header->u64<48>() > kMaxPlausibleBytes ||
      (header->u32<56>() & ~kKnownFlags) != 0)
    return false;
  for (std::size_t i = 0; i < units; ++i) {
    const auto unit = key.get<std::uint16_t>(kFileNameHeaderBytes + i * 2);
    if (!unit || !is_name_unit(*unit)) return false;
  }
  return true;
}

bool has_plausible_times(Bytes key) {
  const auto times = key.fixed<40>(0, "");
  return times && is_plausible({times->u64<8>()}) && is_plausible({times->u64<16>()}) &&
         is_plausible({times->u64<24>()}) && is_plausible({times->u64<32>()});
}

/// The reference of the entry header at `offset` when it goes with a key of `key_bytes`.
std::optional<FileReference> reference_at(Bytes area, std::size_t offset, std::size_t key_bytes) {
  const auto header = area.fixed<kEntryHeaderBytes>(offset, "");
  if (!header) return std::nullopt;
  const std::size_t bare = (kEntryHeaderBytes + key_bytes + 7) / 8 * 8;
  const std::uint32_t flags = header->u32<12>();
  const std::size_t length = bare + (flags == kEntryHasSubnode ? sizeof(std::uint64_t) : 0);
  const FileReference file = FileReference::from_u64(header->u64<0>());
  if (header->u16<10>() != key_bytes || header->u16<8>() != length || flags > kEntryHasSubnode ||
      file.sequence == 0)
    return std::nullopt;
  return file;
}

}  // namespace

bool carve_index_entries(Bytes area, const EntryVisit& visit) {
  std::size_t at = 0;
  while (area.contains(at, kFileNameHeaderBytes)) {
    const Bytes key = area.tail(at);
    at += 8;
    if (!has_plausible_key(key)) continue;
    const std::size_t start = at - 8, key_bytes = file_name_bytes(key);
    IndexEntry entry{.state = EntryState::slack, .offset = key.base()};
    if (start >= kEntryHeaderBytes)
      entry.file = reference_at(area, start - kEntryHeaderBytes, key_bytes);
    if (!entry.file && !has_plausible_times(key)) continue;
    auto name = parse_file_name(key);
    if (!name) continue;
    if (entry.file) entry.offset -= kEntryHeaderBytes;
    entry.name = *std::move(name);
    if (!visit(entry)) return false;
    at = start + (key_bytes + 7) / 8 * 8;
  }
  return true;
}

}  // namespace hozen::ntfs
