#include "collector/formats/partition_table.h"

#include <algorithm>
#include <array>

#include "collector/formats/gpt.h"
#include "collector/formats/partition_table_impl.h"
#include "collector/formats/volume_kind.h"

namespace hozen {
namespace partition {

std::vector<std::byte> read_up_to(ByteSource& disk, std::uint64_t offset, std::uint64_t size,
                                  std::string_view what, std::vector<Error>& problems) {
  const std::uint64_t there = disk.size() > offset ? disk.size() - offset : 0;
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(size, there)));
  auto count = disk.read_some(offset, bytes);
  if (!count) {
    Error error = std::move(count).error();
    error.what = std::string{what} + ": " + error.what;
    error.offset = offset;
    problems.push_back(std::move(error));
    return {};
  }
  bytes.resize(*count);
  return bytes;
}

void add(PartitionTable& table, Partition partition, std::uint64_t disk_bytes) {
  const std::uint64_t there =
      disk_bytes > partition.offset_bytes ? disk_bytes - partition.offset_bytes : 0;
  partition.available_bytes = std::min(partition.size_bytes, there);
  if (partition.is_cut())
    table.problems.push_back({Errc::truncated, "partition " + std::to_string(partition.number),
                              partition.entry_offset, "the image ends before it"});
  table.partitions.push_back(std::move(partition));
}

}  // namespace partition

namespace {

constexpr std::uint64_t kEntriesOffset = 446, kEntryBytes = 16, kBootSignatureOffset = 510;
constexpr std::uint16_t kBootSignature = 0xAA55;
constexpr std::uint8_t kActive = 0x80;
constexpr std::uint32_t kFirstLogicalNumber = 5;

struct Entry {
  std::uint8_t status = 0, type = 0;
  std::uint32_t first = 0, sectors = 0;
  std::uint64_t offset = 0;  ///< of the entry, bytes from the start of the disk

  bool is_used() const { return sectors != 0; }
  bool has_sane_status() const { return (status & ~kActive) == 0; }
  PartitionRole role() const { return partition::mbr_type(type).role; }
  bool is_extended() const { return is_used() && role() == PartitionRole::extended; }
};
using Entries = std::array<Entry, 4>;

/// The four entries of a master or extended boot record; nothing without its signature.
std::optional<Entries> read_entries(Bytes sector) {
  if (sector.get<std::uint16_t>(kBootSignatureOffset) != kBootSignature) return std::nullopt;
  Entries entries;
  std::uint64_t at = kEntriesOffset;
  for (Entry& entry : entries) {
    const auto bytes = sector.fixed<kEntryBytes>(at, "mbr entry");
    if (!bytes) return std::nullopt;
    entry = {bytes->u8<0>(), bytes->u8<4>(), bytes->u32<8>(), bytes->u32<12>(), sector.base() + at};
    at += kEntryBytes;
  }
  return entries;
}

/// A table that nobody would take for boot code: each entry is either empty or possible on a disk
/// of so many sectors.
bool is_convincing(const Entries& entries, std::uint64_t sectors) {
  std::size_t used = 0;
  for (const Entry& entry : entries) {
    const bool empty = entry.type == 0 && entry.first == 0 && entry.sectors == 0;
    const bool possible = entry.type != 0 && entry.first != 0 && entry.is_used() &&
                          std::uint64_t{entry.first} + entry.sectors <= sectors;
    if (!entry.has_sane_status() || (!empty && !possible)) return false;
    used += possible ? 1 : 0;
  }
  return used != 0;
}

class MbrReader {
 public:
  MbrReader(ByteSource& disk, PartitionTable& table) : disk_{disk}, table_{table} {}

  void read(const Entries& entries) {
    table_.kind = PartitionTableKind::mbr;
    table_.sector_bytes = sector_bytes(entries);
    for (std::size_t i = 0; i < entries.size(); ++i)
      add(entries[i], static_cast<std::uint32_t>(i + 1), 0, PartitionOrigin::mbr);
    for (const Entry& entry : entries)
      if (entry.is_extended()) read_chain(entry);
  }

  /// The entries of a disk whose GPT is in the table already (hybrid): what that does not list.
  void read_beside_gpt(const Entries& entries) {
    std::uint32_t number = 0;
    for (const Partition& partition : table_.partitions)
      number = std::max(number, partition.number);
    std::vector<const Entry*> chains;
    for (const Entry& entry : entries) {
      if (!entry.is_used() || entry.type == partition::kProtective) continue;
      if (const Partition* const known = find_listed(entry)) {
        if (known->size_bytes != std::uint64_t{entry.sectors} * table_.sector_bytes)
          fail(Errc::malformed, "protective mbr", entry.offset,
               "another size of partition " + std::to_string(known->number) + " than the GPT says");
        continue;
      }
      add(entry, ++number, 0, PartitionOrigin::mbr);
      fail(Errc::malformed, "protective mbr", entry.offset,
           "a partition that the GPT does not list (hybrid): partition " + std::to_string(number));
      if (entry.is_extended()) chains.push_back(&entry);
    }
    first_logical_ = number + 1;
    for (const Entry* const entry : chains) read_chain(*entry);
  }

 private:
  const Partition* find_listed(const Entry& entry) const {
    const std::uint64_t offset = std::uint64_t{entry.first} * table_.sector_bytes;
    const auto known =
        std::find_if(table_.partitions.begin(), table_.partitions.end(),
                     [&](const Partition& other) { return other.offset_bytes == offset; });
    return known == table_.partitions.end() ? nullptr : &*known;
  }

  void fail(Errc code, std::string_view what, std::uint64_t at, std::string_view detail) {
    table_.problems.push_back({code, std::string{what}, at, std::string{detail}});
  }

  /// True when one of the partitions begins like a volume, or an extended one with a boot record,
  /// if sectors have this size.
  bool leads_to_volume(const Entries& entries, std::uint32_t size) {
    for (const Entry& entry : entries) {
      if (!entry.is_used() || entry.first == 0) continue;
      const auto head = partition::read_up_to(disk_, std::uint64_t{entry.first} * size,
                                              kVolumeHeadBytes, "partition", table_.problems);
      if (entry.is_extended()) {
        const auto drives = read_entries(Bytes{head});
        if (drives && is_convincing(*drives, entry.sectors)) return true;
        continue;
      }
      const VolumeKind kind = volume_kind_of(Bytes{head});
      if (kind != VolumeKind::unknown && kind != VolumeKind::empty) return true;
    }
    return false;
  }

  std::uint32_t sector_bytes(const Entries& entries) {
    constexpr std::uint32_t kUsual = 512, kLarge = 4096;
    if (leads_to_volume(entries, kUsual)) return kUsual;
    return leads_to_volume(entries, kLarge) ? kLarge : kUsual;
  }

  /// `base`: the sector that the entry counts from.
  void add(const Entry& entry, std::uint32_t number, std::uint64_t base, PartitionOrigin origin) {
    if (!entry.is_used()) {
      if (entry.type != 0)
        fail(Errc::malformed, "mbr entry", entry.offset, "a partition without sectors");
      return;
    }
    if (!entry.has_sane_status())
      fail(Errc::malformed, "mbr entry", entry.offset, "neither active nor inactive");
    if (entry.type == 0)
      fail(Errc::malformed, "mbr entry", entry.offset, "marked as unused, but with sectors");
    constexpr int kDigits = 2;
    const partition::Type type = partition::mbr_type(entry.type);
    Partition partition;
    partition.number = number;
    partition.offset_bytes = (base + entry.first) * table_.sector_bytes;
    partition.size_bytes = std::uint64_t{entry.sectors} * table_.sector_bytes;
    partition.type = type.text;
    partition.type_id = partition::hex_id(entry.type, kDigits);
    partition.role = type.role;
    partition.attributes = entry.status;
    partition.origin = origin;
    partition.entry_offset = entry.offset;
    partition::add(table_, std::move(partition), disk_.size());
  }

  /// The logical drives of one extended partition: a chain of boot records, each with a drive
  /// (counted from that record) and the next record (counted from the extended partition).
  void read_chain(const Entry& extended) {
    std::uint64_t relative = 0;
    for (;;) {
      const std::uint64_t lba = std::uint64_t{extended.first} + relative;
      const std::uint64_t at = lba * table_.sector_bytes;
      if (visited_.size() >= kMaxLogicalDrives)
        return fail(Errc::limit, "extended boot record", at, "more than are followed");
      if (std::find(visited_.begin(), visited_.end(), lba) != visited_.end())
        return fail(Errc::malformed, "extended boot record", at, "was there before: a circle");
      visited_.push_back(lba);
      if (at >= disk_.size())
        return fail(Errc::truncated, "extended boot record", at, "behind the end of the image");
      const auto sector =
          partition::read_up_to(disk_, at, kMbrBytes, "extended boot record", table_.problems);
      const auto entries = read_entries(Bytes{sector, at});
      if (!entries) return fail(Errc::malformed, "extended boot record", at, "no signature");
      const auto next = read_record(*entries, lba, extended);
      if (!next) return;
      relative = *next;
    }
  }

  /// Adds the drive of one record and returns where the next one is. The record has two entries;
  /// Linux looks at four, and so would who hides a drive there.
  std::optional<std::uint64_t> read_record(const Entries& entries, std::uint64_t lba,
                                           const Entry& extended) {
    std::optional<std::uint64_t> next;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Entry& entry = entries[i];
      if (entry.is_extended() && !next) {
        next = entry.first;
        continue;
      }
      if (i >= 2 && entry.is_used())
        fail(Errc::malformed, "extended boot record", entry.offset, "more than two entries");
      const std::uint64_t end = lba + entry.first + entry.sectors;
      const bool inside = end <= std::uint64_t{extended.first} + extended.sectors;
      if (i >= 2 && !inside) continue;  // bytes of something else
      if (entry.is_used() && !inside)
        fail(Errc::malformed, "logical drive", entry.offset, "ends behind its extended partition");
      const bool fits = logical_ < kMaxLogicalDrives;
      if (entry.is_used() && !fits)
        fail(Errc::limit, "logical drive", entry.offset, "more than are listed");
      if (fits) add(entry, first_logical_ + logical_, lba, PartitionOrigin::logical);
      if (fits && entry.is_used()) ++logical_;
    }
    return next;
  }

  ByteSource& disk_;
  PartitionTable& table_;
  std::vector<std::uint64_t> visited_;  ///< sectors of the records; kMaxLogicalDrives at the most
  std::uint32_t first_logical_ = kFirstLogicalNumber, logical_ = 0;
};

/// Partitions that share bytes, but for the extended ones, which hold others.
void list_overlaps(PartitionTable& table) {
  std::vector<const Partition*> order;
  for (const Partition& partition : table.partitions)
    if (partition.role != PartitionRole::extended && partition.role != PartitionRole::protective)
      order.push_back(&partition);
  std::stable_sort(order.begin(), order.end(), [](const Partition* left, const Partition* right) {
    return left->offset_bytes < right->offset_bytes;
  });
  const Partition* furthest = nullptr;  // of those before, the one that ends last
  for (const Partition* const partition : order) {
    const std::uint64_t end = partition->offset_bytes + partition->size_bytes;
    const std::uint64_t furthest_end =
        furthest == nullptr ? 0 : furthest->offset_bytes + furthest->size_bytes;
    if (furthest != nullptr && partition->offset_bytes < furthest_end)
      table.problems.push_back({Errc::malformed, "partition " + std::to_string(partition->number),
                                partition->entry_offset,
                                "overlaps partition " + std::to_string(furthest->number)});
    if (furthest == nullptr || end > furthest_end) furthest = partition;
  }
}

/// What a first sector that belongs to a volume leaves open.
void doubt_bare_volume(ByteSource& disk, const std::optional<Entries>& entries,
                       PartitionTable& table) {
  if (entries && is_convincing(*entries, disk.size() / kMbrBytes))
    table.problems.push_back({Errc::malformed, "first sector", kEntriesOffset,
                              "a volume's boot sector that also holds a partition table"});
  if (gpt::has_primary(disk))
    table.problems.push_back(
        {Errc::malformed, "first sector", 0, "a volume's boot sector although a GPT follows"});
}

void read_with_mbr(ByteSource& disk, const Entries& entries, PartitionTable& table) {
  const auto count = [&](auto&& holds) {
    return std::count_if(entries.begin(), entries.end(), holds);
  };
  const auto used = count([](const Entry& entry) { return entry.is_used() && entry.type != 0; });
  // An entry whose type was wiped still leads to its volume.
  const std::uint64_t disk_sectors = disk.size() / kMbrBytes;
  const auto sane = count([&](const Entry& entry) {
    const bool fits =
        entry.first != 0 && std::uint64_t{entry.first} + entry.sectors <= disk_sectors;
    return entry.is_used() && entry.has_sane_status() && (entry.type != 0 || fits);
  });
  const auto* const protective = std::find_if(
      entries.begin(), entries.end(),
      [](const Entry& entry) { return entry.type == partition::kProtective && entry.is_used(); });
  const bool is_protected = protective != entries.end();
  if (is_protected || used == 0) {
    const std::uint64_t sectors =
        is_protected ? std::uint64_t{protective->first} + protective->sectors : 0;
    if (gpt::read_gpt(disk, sectors, table)) {
      if (!is_protected)
        table.problems.push_back({Errc::malformed, "protective mbr", kEntriesOffset, "not there"});
      if (used > 1 && is_protected) MbrReader{disk, table}.read_beside_gpt(entries);
      return;
    }
    if (is_protected)
      table.problems.push_back({Errc::malformed, "gpt header", kMbrBytes, "not there"});
  }
  if (sane == 0) {
    if (used != 0)
      table.problems.push_back({Errc::malformed, "mbr", kEntriesOffset, "no possible entry"});
    return;
  }
  MbrReader{disk, table}.read(entries);
  if (!is_protected && gpt::has_primary(disk))
    table.problems.push_back({Errc::malformed, "gpt header", kMbrBytes,
                              "a GPT behind an MBR that does not point to it; not listed"});
}

}  // namespace

PartitionTable read_partition_table(ByteSource& disk) {
  PartitionTable table;
  const auto head =
      partition::read_up_to(disk, 0, kVolumeHeadBytes, "first sector", table.problems);
  if (head.size() < kMbrBytes) {
    // A first sector that cannot be read does not hide what stands in the next ones.
    if (table.problems.empty())
      table.problems.push_back({Errc::truncated, "first sector", head.size()});
    else if (gpt::read_gpt(disk, 0, table))
      list_overlaps(table);
    return table;
  }
  const auto entries = read_entries(Bytes{head});
  if (has_boot_sector(volume_kind_of(Bytes{head}))) {
    doubt_bare_volume(disk, entries, table);
    return table;
  }
  if (entries) {
    table.disk_signature = Bytes{head}.get<std::uint32_t>(kEntriesOffset - 6);
    read_with_mbr(disk, *entries, table);
  } else if (gpt::read_gpt(disk, 0, table)) {
    table.problems.push_back(
        {Errc::malformed, "protective mbr", kBootSignatureOffset, "not there"});
  }
  if (table.kind == PartitionTableKind::none) table.disk_signature.reset();
  list_overlaps(table);
  return table;
}

}  // namespace hozen
