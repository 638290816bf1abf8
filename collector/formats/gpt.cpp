#include "collector/formats/gpt.h"

#include <algorithm>
#include <limits>

#include "collector/base/crc32.h"
#include "collector/base/text.h"
#include "collector/formats/partition_table_impl.h"

namespace hozen::gpt {
namespace {

constexpr std::uint32_t kSectorSizes[] = {512, 4096};
constexpr std::uint64_t kSignature = 0x5452415020494645;  ///< "EFI PART"

/// How far a copy can be believed, in rising order.
enum class Standing : std::uint8_t { absent, damaged, array_damaged, intact };

/// One of the two copies.
struct Copy {
  Standing standing = Standing::absent;
  bool backup = false;
  std::uint32_t sector_bytes = 0;
  std::uint64_t offset = 0;  ///< of the header, bytes from the start of the disk
  std::uint64_t alternate_lba = 0, first_usable = 0, last_usable = 0, entries_offset = 0;
  std::uint32_t entry_count = 0, entry_bytes = 0, array_crc = 0;
  Guid disk{};
  std::vector<std::byte> entries{};
  std::vector<Error> problems{};

  void fail(Errc code, std::string_view what, std::uint64_t at, std::string_view detail = "") {
    problems.push_back({code, std::string{what}, at, std::string{detail}});
  }
};

bool header_crc_holds(Bytes sector, std::uint32_t header_bytes, std::uint32_t stored) {
  constexpr std::size_t kCrcOffset = 16, kCrcBytes = 4;
  if (header_bytes < kHeaderBytes || header_bytes > sector.size()) return false;
  const auto part = sector.head(header_bytes).span();
  std::vector<std::byte> header{part.begin(), part.end()};
  std::fill_n(header.begin() + kCrcOffset, kCrcBytes, std::byte{0});
  return crc32_of(header) == stored;
}

void read_entries(ByteSource& disk, Copy& copy) {
  const bool capped = copy.entry_count > kMaxEntries;
  if (capped) {
    copy.fail(Errc::limit, "gpt entries", copy.offset + 80, "more than are looked at");
    copy.entry_count = kMaxEntries;
  }
  const std::uint64_t size = std::uint64_t{copy.entry_count} * copy.entry_bytes;
  copy.entries =
      partition::read_up_to(disk, copy.entries_offset, size, "gpt entries", copy.problems);
  if (copy.entries.size() < size) {
    copy.fail(Errc::truncated, "gpt entries", copy.entries_offset);
    copy.standing = std::min(copy.standing, Standing::array_damaged);
  } else if (!capped && crc32_of(copy.entries) != copy.array_crc) {
    copy.fail(Errc::malformed, "gpt entries", copy.entries_offset, "wrong checksum");
    copy.standing = std::min(copy.standing, Standing::array_damaged);
  }
}

/// Fields of a header whose signature is right; Standing::absent when they cannot be followed.
void read_header(Bytes sector, Fixed<kHeaderBytes> header, std::uint64_t lba, Copy& copy) {
  copy.standing = Standing::intact;
  if (!header_crc_holds(sector, header.u32<12>(), header.u32<16>())) {
    copy.fail(Errc::malformed, "gpt header", copy.offset, "wrong checksum");
    copy.standing = Standing::damaged;
  } else if (header.u64<24>() != lba) {
    copy.fail(Errc::malformed, "gpt header", copy.offset + 24, "made for another sector");
    copy.standing = Standing::damaged;
  }
  copy.alternate_lba = header.u64<32>();
  copy.first_usable = header.u64<40>();
  copy.last_usable = header.u64<48>();
  copy.disk = Guid::from(header.raw<56, 16>());
  copy.entry_count = header.u32<80>();
  copy.entry_bytes = header.u32<84>();
  copy.array_crc = header.u32<88>();
  const std::uint64_t entries_lba = header.u64<72>();
  if (copy.entry_bytes < kMinEntryBytes || copy.entry_bytes > kMaxEntryBytes ||
      entries_lba > std::numeric_limits<std::uint64_t>::max() / copy.sector_bytes) {
    copy.fail(Errc::malformed, "gpt header", copy.offset + 72, "size or place of the entries");
    copy.standing = Standing::absent;
    return;
  }
  copy.entries_offset = entries_lba * copy.sector_bytes;
}

Copy read_copy(ByteSource& disk, std::uint32_t sector_bytes, std::uint64_t lba, bool backup) {
  Copy copy;
  copy.backup = backup;
  copy.sector_bytes = sector_bytes;
  if (lba == 0 || lba >= disk.size() / sector_bytes) return copy;
  copy.offset = lba * sector_bytes;
  const auto sector =
      partition::read_up_to(disk, copy.offset, sector_bytes, "gpt header", copy.problems);
  const auto header = Bytes{sector}.fixed<kHeaderBytes>(0, "gpt header");
  if (!header || header->u64<0>() != kSignature) return copy;
  read_header(Bytes{sector}, *header, lba, copy);
  if (copy.standing != Standing::absent) read_entries(disk, copy);
  return copy;
}

/// Tries places until one holds an intact copy; the best so far stays, and what all of them had to
/// say.
class Search {
 public:
  explicit Search(ByteSource& disk, bool backup) : disk_{disk}, backup_{backup} {}

  void look_at(std::uint32_t sector_bytes, std::uint64_t lba) {
    if (best_.standing == Standing::intact) return;
    Copy copy = read_copy(disk_, sector_bytes, lba, backup_);
    if (std::find(seen_.begin(), seen_.end(), copy.offset) != seen_.end()) return;
    seen_.push_back(copy.offset);
    problems_.insert(problems_.end(), copy.problems.begin(), copy.problems.end());
    if (copy.standing > best_.standing) best_ = std::move(copy);
  }
  Copy take() {
    best_.problems = std::move(problems_);
    return std::move(best_);
  }

 private:
  ByteSource& disk_;
  bool backup_;
  Copy best_;
  std::vector<std::uint64_t> seen_;  ///< offsets: a handful
  std::vector<Error> problems_;
};

Copy find_primary(ByteSource& disk) {
  Search search{disk, false};
  for (const std::uint32_t sector_bytes : kSectorSizes) search.look_at(sector_bytes, 1);
  return search.take();
}

Copy find_backup(ByteSource& disk, const Copy& primary, std::uint64_t protected_sectors) {
  Search search{disk, true};
  const bool known = primary.standing != Standing::absent;
  if (known) search.look_at(primary.sector_bytes, primary.alternate_lba);
  for (const std::uint32_t sector_bytes : kSectorSizes) {
    if (known && sector_bytes != primary.sector_bytes) continue;
    search.look_at(sector_bytes, disk.size() / sector_bytes - 1);
    if (protected_sectors > 1) search.look_at(sector_bytes, protected_sectors - 1);
  }
  return search.take();
}

/// Says what is wrong with the copy that is not used.
void compare(const Copy& primary, const Copy& backup, std::uint64_t disk_bytes,
             PartitionTable& table) {
  const auto add = [&](Errc code, std::string_view what, std::uint64_t at,
                       std::string_view detail) {
    table.problems.push_back({code, std::string{what}, at, std::string{detail}});
  };
  if (primary.standing == Standing::absent)
    return add(Errc::malformed, "gpt primary header", backup.sector_bytes, "not there");
  if (backup.standing == Standing::absent) {
    const std::uint64_t sectors = disk_bytes / primary.sector_bytes;
    if (primary.alternate_lba >= sectors)
      return add(Errc::truncated, "gpt backup header", disk_bytes, "behind the end of the image");
    return add(Errc::malformed, "gpt backup header", primary.alternate_lba * primary.sector_bytes,
               "not there");
  }
  if (primary.standing != Standing::intact || backup.standing != Standing::intact) return;
  if (primary.disk != backup.disk || primary.entries != backup.entries)
    add(Errc::malformed, "gpt backup", backup.offset, "differs from the primary copy");
}

void add_entry(const Copy& copy, std::uint32_t index, std::uint64_t disk_bytes,
               PartitionTable& table) {
  const std::uint64_t at = std::uint64_t{index} * copy.entry_bytes;
  const auto entry = Bytes{copy.entries}.fixed<kMinEntryBytes>(at, "gpt entry");
  if (!entry) return;
  const Guid type = Guid::from(entry->raw<0, 16>());
  if (type.is_null()) return;
  const std::uint64_t offset = copy.entries_offset + at;
  const std::uint64_t first = entry->u64<32>(), last = entry->u64<40>();
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / copy.sector_bytes - 1;
  if (first > last || last > most) {
    table.problems.push_back({Errc::malformed, "gpt entry", offset, "place of the partition"});
    return;
  }
  if (first < copy.first_usable || last > copy.last_usable)
    table.problems.push_back(
        {Errc::malformed, "gpt entry", offset, "outside of what the header calls usable"});
  Partition partition;
  partition.number = index + 1;
  partition.offset_bytes = first * copy.sector_bytes;
  partition.size_bytes = (last - first + 1) * copy.sector_bytes;
  partition.type_id = type.text();
  const partition::Type known = partition::gpt_type(partition.type_id);
  partition.type = known.text;
  partition.role = known.role;
  partition.unique = Guid::from(entry->raw<16, 16>());
  partition.attributes = entry->u64<48>();
  partition.name = wtf8_from_utf16le(Bytes{entry->raw<56, 72>()}, true);
  partition.origin = copy.backup ? PartitionOrigin::gpt_backup : PartitionOrigin::gpt_primary;
  partition.entry_offset = offset;
  partition::add(table, std::move(partition), disk_bytes);
}

void append(std::vector<Error>& problems, const std::vector<Error>& more) {
  problems.insert(problems.end(), more.begin(), more.end());
}

}  // namespace

bool read_gpt(ByteSource& disk, std::uint64_t protected_sectors, PartitionTable& table) {
  const Copy primary = find_primary(disk);
  const Copy backup = find_backup(disk, primary, protected_sectors);
  append(table.problems, primary.problems);
  append(table.problems, backup.problems);
  if (primary.standing == Standing::absent && backup.standing == Standing::absent) return false;
  compare(primary, backup, disk.size(), table);
  const Copy& best = backup.standing > primary.standing ? backup : primary;
  table.kind = PartitionTableKind::gpt;
  table.sector_bytes = best.sector_bytes;
  table.disk_guid = best.disk;
  for (std::uint32_t index = 0; index < best.entry_count; ++index)
    add_entry(best, index, disk.size(), table);
  return true;
}

bool has_primary(ByteSource& disk) { return find_primary(disk).standing > Standing::damaged; }

}  // namespace hozen::gpt
