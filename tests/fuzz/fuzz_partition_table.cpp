// Partition tables (MBR, GPT) and the kinds of volumes and containers. The input is a disk; as is,
// and with the checksums of its GPT made right, so that what stands behind them is reached.
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "collector/base/text.h"
#include "collector/formats/gpt.h"
#include "collector/formats/partition_table.h"
#include "collector/formats/volume_kind.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Partition& part, std::uint64_t disk_bytes) {
  require(part.size_bytes != 0 && part.number != 0);
  require(part.offset_bytes + part.size_bytes > part.offset_bytes);
  require(part.available_bytes <= part.size_bytes);
  require(part.available_bytes == 0 || part.offset_bytes + part.available_bytes <= disk_bytes);
  require(!part.type.empty() && !part.type_id.empty());
  require(is_wtf8(part.name));
  require(!to_text(part.role).empty() && !to_text(part.origin).empty());
  require(part.entry_offset < disk_bytes);
}

void read(std::vector<std::byte> bytes) {
  MemorySource disk{std::move(bytes)};
  const PartitionTable table = read_partition_table(disk);
  const bool is_gpt = table.kind == PartitionTableKind::gpt;
  require(table.partitions.size() <= (is_gpt ? gpt::kMaxEntries : 4 + kMaxLogicalDrives));
  require(table.kind != PartitionTableKind::none || table.partitions.empty());
  require(table.sector_bytes == 512 || table.sector_bytes == 4096);
  require(table.disk_id().empty() == (table.kind == PartitionTableKind::none) || is_gpt);
  for (const Partition& part : table.partitions) check(part, disk.size());
  for (const Error& problem : table.problems) {
    require(problem.offset.has_value());
    require(!problem.text().empty());
  }
  const auto head = read_volume_kind(disk);
  require(head.has_value() && !to_text(head->kind).empty() && !describe(head->kind).empty());
  require(!head->from_backup || head->kind == VolumeKind::ntfs);
  const auto container = read_image_container(disk);
  require(container.has_value());
  if (*container) require(!describe(**container).empty());
}

std::uint32_t crc_of(std::span<const std::byte> data) {
  const void* const bytes = data.data();
  return static_cast<std::uint32_t>(
      crc32_z(crc32_z(0, nullptr, 0), static_cast<const Bytef*>(bytes), data.size()));
}

void store(std::span<std::byte> disk, std::size_t at, std::uint32_t value) {
  std::memcpy(disk.data() + at, &value, sizeof value);
}

/// Makes the checksums right of a header at `at`, if there is one.
void mend(std::span<std::byte> disk, std::size_t at, std::uint32_t sector_bytes) {
  constexpr std::size_t kHeaderBytes = 92;
  if (at > disk.size() || disk.size() - at < kHeaderBytes) return;
  const Bytes header = Bytes{disk}.tail(at).head(kHeaderBytes);
  if (!header.chars().starts_with("EFI PART")) return;
  const auto entries = header.get<std::uint64_t>(72).value_or(0);
  const std::uint64_t size = std::uint64_t{header.get<std::uint32_t>(80).value_or(0)} *
                             header.get<std::uint32_t>(84).value_or(0);
  if (entries <= disk.size() / sector_bytes && Bytes{disk}.contains(entries * sector_bytes, size)) {
    const auto array = disk.subspan(static_cast<std::size_t>(entries) * sector_bytes,
                                    static_cast<std::size_t>(size));
    store(disk, at + 88, crc_of(array));
  }
  store(disk, at + 12, kHeaderBytes);
  store(disk, at + 16, 0);
  store(disk, at + 16, crc_of(disk.subspan(at, kHeaderBytes)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span{data, size});
  std::vector<std::byte> bytes{input.begin(), input.end()};
  read(bytes);
  for (const std::uint32_t sector_bytes : {512U, 4096U}) {
    mend(bytes, sector_bytes, sector_bytes);
    if (size >= sector_bytes) mend(bytes, (size / sector_bytes - 1) * sector_bytes, sector_bytes);
  }
  read(std::move(bytes));
  return 0;
}
