// Disks with a partition table, written from a description.
//
//   DiskBuilder{8 << 20}.mbr(0x12345678).primary(1, 0x07, 2048, 4096).logical(0x07, 8192, 2048)
//       .put(2048 * 512, boot_sector(VolumeKind::ntfs)).bytes();
//   DiskBuilder{8 << 20, 4096}.gpt(filled(1)).entry({.first = 256, .last = 511}).bytes();
//
// Damage verbs are applied to the finished disk, in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/guid.h"
#include "collector/formats/volume_kind.h"

namespace hozen::builders {

using DiskBytes = std::vector<std::byte>;

constexpr std::string_view kBasicData = "{EBD0A0A2-B9E5-4433-87C0-68B6B72699C7}";
constexpr std::string_view kEfiSystem = "{C12A7328-F81F-11D2-BA4B-00A0C93EC93B}";

/// The GUID that the registry's spelling means.
Guid guid_of(std::string_view text);

struct GptEntry {
  std::string_view type = kBasicData;
  Guid unique{};
  std::uint64_t first = 0, last = 0;  ///< sectors
  std::uint64_t attributes = 0;
  std::u16string name{};
};

class DiskBuilder {
 public:
  /// A disk of zeros.
  explicit DiskBuilder(std::size_t size_bytes, std::uint32_t sector_bytes = 512);

  // Master boot record. Sectors count from the start of the disk, in logical drives too.
  DiskBuilder& mbr(std::uint32_t signature);
  DiskBuilder& primary(std::size_t slot, std::uint8_t type, std::uint32_t first,
                       std::uint32_t sectors, std::uint8_t status = 0);
  /// In slot `slot`: holds what `logical()` adds.
  DiskBuilder& extended(std::size_t slot, std::uint32_t first, std::uint32_t sectors,
                        std::uint8_t type = 0x0F);
  /// Its boot record lies `gap` sectors before it.
  DiskBuilder& logical(std::uint8_t type, std::uint32_t first, std::uint32_t sectors,
                       std::uint32_t gap = 1);

  // GPT, with a protective MBR.
  DiskBuilder& gpt(const Guid& disk);
  DiskBuilder& entry(const GptEntry& entry);
  DiskBuilder& entry_form(std::uint32_t count, std::uint32_t bytes);
  /// The backup copy is made of these instead: a disk that somebody changed.
  DiskBuilder& backup_entry(const GptEntry& entry);
  /// Sectors that GPT takes the disk to have: it was made larger since.
  DiskBuilder& gpt_sectors(std::uint64_t sectors);

  DiskBuilder& put(std::size_t offset, const DiskBytes& bytes);

  // Damage.
  DiskBuilder& wipe(std::size_t offset, std::size_t size);
  DiskBuilder& set_u8(std::size_t offset, std::uint8_t value);
  DiskBuilder& set_u32(std::size_t offset, std::uint32_t value);
  DiskBuilder& set_u64(std::size_t offset, std::uint64_t value);
  DiskBuilder& truncate_at(std::size_t size);

  DiskBytes bytes() const;

 private:
  struct MbrEntry {
    std::uint8_t status = 0, type = 0;
    std::uint32_t first = 0, sectors = 0, gap = 0;
  };
  struct Patch {
    std::size_t offset;
    DiskBytes bytes;
  };
  void write_entry(DiskBytes& disk, std::size_t at, const MbrEntry& entry) const;
  void write_mbr(DiskBytes& disk) const;
  void write_logical(DiskBytes& disk) const;
  void write_gpt(DiskBytes& disk) const;
  DiskBytes gpt_array(const std::vector<GptEntry>& entries) const;
  DiskBytes gpt_header(std::uint64_t own, std::uint64_t other, std::uint64_t entries,
                       const DiskBytes& array) const;
  std::uint64_t array_sectors() const;

  std::size_t size_;
  std::uint32_t sector_;
  bool has_mbr_ = false;
  std::uint32_t signature_ = 0;
  MbrEntry primary_[4];
  std::optional<std::size_t> extended_;
  std::vector<MbrEntry> logical_;
  std::optional<Guid> gpt_;
  std::uint64_t gpt_sectors_;
  std::vector<GptEntry> entries_, backup_entries_;
  std::uint32_t entry_count_ = 128, entry_bytes_ = 128;
  std::vector<Patch> contents_, damage_;
  std::optional<std::size_t> cut_;
};

/// The first bytes of a volume of this kind, kVolumeHeadBytes of them.
DiskBytes boot_sector(VolumeKind kind);
/// 512 bytes that end a VHD of fixed size which holds `disk_bytes`.
DiskBytes vhd_footer(std::uint64_t disk_bytes);

}  // namespace hozen::builders
