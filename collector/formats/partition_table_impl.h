// The inside of the reader of partition tables: what its parts share.
#pragma once

#include <vector>

#include "collector/base/bytes.h"
#include "collector/formats/partition_table.h"

namespace hozen::partition {

/// Up to `size` bytes at `offset`; fewer at the end of the disk, none and a problem when the system
/// refuses.
std::vector<std::byte> read_up_to(ByteSource& disk, std::uint64_t offset, std::uint64_t size,
                                  std::string_view what, std::vector<Error>& problems);

/// What an id of a type means.
struct Type {
  std::string_view text = "unknown";
  PartitionRole role = PartitionRole::volume;
};
Type mbr_type(std::uint8_t id);
Type gpt_type(std::string_view guid);
std::string hex_id(std::uint64_t value, int digits);  ///< "0x07"

constexpr std::uint8_t kProtective = 0xEE;

/// Appends a partition of `size_bytes` at `offset_bytes`, both in `partition` already, and says
/// how much of it a disk of `disk_bytes` has.
void add(PartitionTable& table, Partition partition, std::uint64_t disk_bytes);

}  // namespace hozen::partition
