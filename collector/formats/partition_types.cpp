#include <algorithm>
#include <array>
#include <cstdio>

#include "collector/formats/partition_table_impl.h"

namespace hozen::partition {
namespace {

struct MbrType {
  std::uint8_t id;
  std::string_view text;
  PartitionRole role = PartitionRole::volume;
};

constexpr std::array kMbrTypes{
    MbrType{0x00, "unused"},
    MbrType{0x01, "FAT12"},
    MbrType{0x04, "FAT16 (small)"},
    MbrType{0x05, "extended", PartitionRole::extended},
    MbrType{0x06, "FAT16"},
    MbrType{0x07, "NTFS, exFAT or ReFS"},
    MbrType{0x0B, "FAT32 (CHS)"},
    MbrType{0x0C, "FAT32"},
    MbrType{0x0E, "FAT16 (LBA)"},
    MbrType{0x0F, "extended (LBA)", PartitionRole::extended},
    MbrType{0x11, "hidden FAT12"},
    MbrType{0x12, "recovery or diagnostics of the maker"},
    MbrType{0x14, "hidden FAT16 (small)"},
    MbrType{0x16, "hidden FAT16"},
    MbrType{0x17, "hidden NTFS or exFAT"},
    MbrType{0x1B, "hidden FAT32 (CHS)"},
    MbrType{0x1C, "hidden FAT32"},
    MbrType{0x1E, "hidden FAT16 (LBA)"},
    MbrType{0x27, "Windows RE (hidden NTFS)", PartitionRole::recovery},
    MbrType{0x28, "Windows main system"},
    MbrType{0x42, "dynamic disk (LDM)", PartitionRole::dynamic},
    MbrType{0x82, "Linux swap"},
    MbrType{0x83, "Linux"},
    MbrType{0x84, "hibernation"},
    MbrType{0x85, "extended (Linux)", PartitionRole::extended},
    MbrType{0x8E, "Linux LVM"},
    MbrType{0xA5, "FreeBSD"},
    MbrType{0xA6, "OpenBSD"},
    MbrType{0xAF, "HFS or HFS+"},
    MbrType{0xD7, "Storage Spaces data", PartitionRole::storage_space},
    MbrType{0xDE, "Dell utilities"},
    MbrType{0xE7, "Storage Spaces", PartitionRole::storage_space},
    MbrType{kProtective, "GPT protective", PartitionRole::protective},
    MbrType{0xEF, "EFI system (ESP)", PartitionRole::efi_system},
    MbrType{0xFB, "VMware VMFS"},
    MbrType{0xFD, "Linux RAID"},
};

struct GptType {
  std::string_view guid, text;
  PartitionRole role = PartitionRole::volume;
};

constexpr std::array kGptTypes{
    GptType{"{EBD0A0A2-B9E5-4433-87C0-68B6B72699C7}", "basic data"},
    GptType{"{C12A7328-F81F-11D2-BA4B-00A0C93EC93B}", "EFI system (ESP)",
            PartitionRole::efi_system},
    GptType{"{E3C9E316-0B5C-4DB8-817D-F92DF00215AE}", "Microsoft reserved (MSR)",
            PartitionRole::reserved},
    GptType{"{DE94BBA4-06D1-4D40-A16A-BFD50179D6AC}", "Windows RE", PartitionRole::recovery},
    GptType{"{5808C8AA-7E8F-42E0-85D2-E1E90434CFB3}", "dynamic disk (LDM) metadata",
            PartitionRole::dynamic},
    GptType{"{AF9B60A0-1431-4F62-BC68-3311714A69AD}", "dynamic disk (LDM) data",
            PartitionRole::dynamic},
    GptType{"{E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D}", "Storage Spaces",
            PartitionRole::storage_space},
    GptType{"{E7ADDCB4-DC34-4539-9A76-EBBD07BE6F7E}", "Storage Spaces data",
            PartitionRole::storage_space},
    GptType{"{558D43C5-A1AC-43C0-AAC8-D1472B2923D1}", "Storage Replica", PartitionRole::reserved},
    GptType{"{DB97DBA9-0840-4BAE-97F0-FFB9A327C7E1}", "cluster metadata", PartitionRole::reserved},
    GptType{"{024DEE41-33E7-11D3-9D69-0008C781F39F}", "MBR partition scheme"},
    GptType{"{21686148-6449-6E6F-744E-656564454649}", "BIOS boot", PartitionRole::reserved},
    GptType{"{0FC63DAF-8483-4772-8E79-3D69D8477DE4}", "Linux"},
    GptType{"{4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709}", "Linux root (x86-64)"},
    GptType{"{0657FD6D-A4AB-43C4-84E5-0933C84B4F4F}", "Linux swap"},
    GptType{"{E6D6D379-F507-44C2-A23C-238F2A3DF928}", "Linux LVM"},
    GptType{"{A19D880F-05FC-4D3B-A006-743F0F84911E}", "Linux RAID"},
    GptType{"{CA7D7CCB-63ED-4C53-861C-1742536059CC}", "Linux LUKS"},
    GptType{"{48465300-0000-11AA-AA11-00306543ECAC}", "HFS+"},
    GptType{"{7C3457EF-0000-11AA-AA11-00306543ECAC}", "APFS"},
};

}  // namespace

Type mbr_type(std::uint8_t id) {
  const auto* const found = std::find_if(kMbrTypes.begin(), kMbrTypes.end(),
                                         [&](const MbrType& type) { return type.id == id; });
  return found == kMbrTypes.end() ? Type{} : Type{found->text, found->role};
}

Type gpt_type(std::string_view guid) {
  const auto* const found = std::find_if(kGptTypes.begin(), kGptTypes.end(),
                                         [&](const GptType& type) { return type.guid == guid; });
  return found == kGptTypes.end() ? Type{} : Type{found->text, found->role};
}

std::string hex_id(std::uint64_t value, int digits) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%0*llX", digits, static_cast<unsigned long long>(value));
  return text;
}

}  // namespace hozen::partition

namespace hozen {

std::string_view to_text(PartitionTableKind kind) {
  constexpr std::array<std::string_view, 3> kNames{"none", "mbr", "gpt"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_text(PartitionRole role) {
  constexpr std::array<std::string_view, 8> kNames{"volume",     "extended",     "protective",
                                                   "efi_system", "reserved",     "recovery",
                                                   "dynamic",    "storage_space"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string_view to_text(PartitionOrigin origin) {
  constexpr std::array<std::string_view, 4> kNames{"mbr", "logical", "gpt_primary", "gpt_backup"};
  return kNames[static_cast<std::size_t>(origin)];
}

std::string PartitionTable::disk_id() const {
  if (kind == PartitionTableKind::gpt && disk_guid) return disk_guid->text();
  constexpr int kDigits = 8;
  return disk_signature ? partition::hex_id(*disk_signature, kDigits) : std::string{};
}

}  // namespace hozen
