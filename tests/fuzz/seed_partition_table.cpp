// Seeds of fuzz_partition_table: small disks of each form, one volume of each kind.
#include <fstream>
#include <string>

#include "collector/base/bytes.h"
#include "tests/builders/disk_builder.h"

namespace {

using namespace hozen;
using builders::DiskBuilder;

bool write(const std::string& folder, const std::string& name, const DiskBuilder& disk) {
  const auto bytes = disk.bytes();
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file << Bytes{bytes}.chars();
  return static_cast<bool>(file);
}

DiskBuilder gpt(std::size_t size, std::uint32_t sector) {
  return DiskBuilder{size, sector}
      .gpt(builders::guid_of("{6F1C4A5B-0102-0304-0506-0708090A0B0C}"))
      .entry_form(4, 128)
      .entry({.type = builders::kEfiSystem, .first = 4, .last = 5, .name = u"EFI"})
      .entry({.first = 6, .last = 8, .name = u"data"});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  bool done = write(folder, "mbr",
                    DiskBuilder{16384}
                        .mbr(0x12345678)
                        .primary(1, 0x07, 2, 4, 0x80)
                        .extended(2, 8, 20)
                        .logical(0x07, 9, 3)
                        .logical(0x83, 14, 3, 2)
                        .logical(0x0C, 20, 100));
  done &= write(folder, "mbr_4096",
                DiskBuilder{65536, 4096}
                    .primary(1, 0x07, 2, 4)
                    .put(8192, builders::boot_sector(VolumeKind::ntfs)));
  done &= write(folder, "gpt", gpt(8192, 512));
  done &= write(folder, "gpt_backup", gpt(8192, 512).wipe(512, 512));
  done &= write(folder, "gpt_hybrid", gpt(8192, 512).primary(2, 0x07, 6, 3));
  done &= write(folder, "gpt_4096", gpt(65536, 4096));
  done &= write(folder, "vhd", DiskBuilder{4608}.put(4096, builders::vhd_footer(4096)));
  for (int i = 0; i <= static_cast<int>(VolumeKind::apfs); ++i) {
    const auto kind = static_cast<VolumeKind>(i);
    done &= write(folder, std::string{to_text(kind)},
                  DiskBuilder{4096}.put(0, builders::boot_sector(kind)));
  }
  return done ? 0 : 1;
}
