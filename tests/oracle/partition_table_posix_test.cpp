// Independent readers and writers of partition tables: sfdisk writes what we read; sfdisk, parted
// and mmls (The Sleuth Kit) read what the builder writes, and say what we say.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "collector/base/bytes.h"
#include "collector/formats/partition_table.h"
#include "collector/formats/volume_kind.h"
#include "tests/builders/disk_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using builders::boot_sector;
using builders::DiskBuilder;
using builders::guid_of;
using Lines = std::vector<std::string>;

constexpr std::size_t kMiB = 1 << 20;

/// Where the administrator's programs are is often not in the path of a user.
std::string with_path(const std::string& command) {
  return "PATH=\"$PATH:/usr/sbin:/sbin\" " + command;
}

bool is_installed(const std::string& program) {
  const std::string probe = "command -v " + program + " >/dev/null 2>&1";
  return std::system(("PATH=\"$PATH:/usr/sbin:/sbin\"; " + probe).c_str()) == 0;
}

#define NEED_PROGRAM(name, package) \
  if (!is_installed(name)) GTEST_SKIP() << name " is not installed (package " package ")"

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((with_path(command) + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << text.substr(0, 500);
  return text;
}

PartitionTable read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  const auto bytes = bytes_of(text.view()).span();
  MemorySource disk{{bytes.begin(), bytes.end()}};
  return read_partition_table(disk);
}

/// A disk of zeros in `folder` that sfdisk partitions as `script` says.
std::filesystem::path partitioned(const TempFolder& folder, std::uint64_t size,
                                  const std::string& script) {
  auto disk = folder.write("disk.dd", "");
  std::filesystem::resize_file(disk, size);
  const auto input = folder.write("script", script);
  output_of("sfdisk --quiet '" + disk.string() + "' < '" + input.string() + "'");
  return disk;
}

std::string number_text(std::uint64_t value) { return std::to_string(value); }

/// "5 6144+2048 0x07".
Lines our_lines(const PartitionTable& table) {
  Lines lines;
  for (const Partition& part : table.partitions) {
    std::string line = number_text(part.number) + " ";
    line += number_text(part.offset_bytes / table.sector_bytes) + "+";
    line += number_text(part.size_bytes / table.sector_bytes) + " ";
    lines.push_back(line + part.type_id);
  }
  return lines;
}

/// The number behind `key=` in a line of a dump ("start=        2048, size=...").
std::string field(const std::string& line, const std::string& key) {
  const std::size_t at = line.find(key + "=");
  if (at == std::string::npos) return "";
  std::string value = line.substr(at + key.size() + 1);
  value = value.substr(0, value.find_first_of(",\n"));
  value.erase(
      std::remove_if(value.begin(), value.end(), [](char c) { return c == ' ' || c == '"'; }),
      value.end());
  return value;
}

/// What `sfdisk --dump` says, in the form of our_lines(); the lines behind `path` are partitions.
Lines sfdisk_lines(const std::filesystem::path& path) {
  std::istringstream dump{output_of("sfdisk --dump '" + path.string() + "'")};
  Lines lines;
  for (std::string line; std::getline(dump, line);) {
    if (!line.starts_with(path.string())) continue;
    std::string text = line.substr(path.string().size());
    text = text.substr(0, text.find(' ')) + " " + field(line, "start") + "+" + field(line, "size");
    const std::string type = field(line, "type");
    if (type.size() > 2) {
      text += " {";
      text += type;
      lines.push_back(text + "}");
      continue;
    }
    char id[8];
    std::snprintf(id, sizeof id, "0x%02lX", std::strtoul(type.c_str(), nullptr, 16));
    lines.push_back(text + " " + id);
  }
  return lines;
}

/// Places that mmls gives for partitions (not for tables and gaps): "2048+4096".
Lines mmls_places(const std::filesystem::path& path, const std::string& options) {
  std::istringstream list{output_of("mmls -a " + options + " '" + path.string() + "'")};
  Lines places;
  for (std::string line; std::getline(list, line);) {
    std::istringstream words{line};
    std::string index, slot, start, end, length;
    words >> index >> slot >> start >> end >> length;
    if (index.ends_with(":") && slot != "Meta" && !slot.starts_with("-"))
      places.push_back(number_text(std::stoull(start)) + "+" + number_text(std::stoull(length)));
  }
  return places;
}

/// Those of ours that hold something, in the order of the disk, as mmls lists them.
Lines our_places(const PartitionTable& table) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
  for (const Partition& part : table.partitions)
    if (part.role != PartitionRole::extended)
      places.emplace_back(part.offset_bytes / table.sector_bytes,
                          part.size_bytes / table.sector_bytes);
  std::sort(places.begin(), places.end());
  Lines lines;
  for (const auto& [start, length] : places)
    lines.push_back(number_text(start) + "+" + number_text(length));
  return lines;
}

std::filesystem::path save(const TempFolder& folder, const DiskBuilder& disk) {
  const auto bytes = disk.bytes();
  return folder.write("disk.dd", Bytes{bytes}.chars());
}

TEST(PartitionTableOracle, ReadsWhatSfdiskWritesIntoAnMbr) {
  NEED_PROGRAM("sfdisk", "fdisk");
  const TempFolder folder;
  const auto disk = partitioned(folder, 64 * kMiB,
                                "label: dos\nlabel-id: 0x4f1a23b0\n"
                                "start=2048, size=20480, type=7, bootable\n"
                                "start=22528, size=4096, type=27\n"
                                "start=26624, type=f\n"
                                "size=10240, type=7\nsize=8192, type=83\nsize=6144, type=c\n"
                                "size=4096, type=42\n");
  const auto table = read_file(disk);
  EXPECT_EQ(table.disk_id(), "0x4F1A23B0");
  EXPECT_EQ(table.problems.size(), 0u);
  EXPECT_EQ(table.partitions.size(), 7u);
  EXPECT_EQ(our_lines(table), sfdisk_lines(disk));
  EXPECT_EQ(table.partitions[0].attributes, 0x80u);
}

TEST(PartitionTableOracle, ReadsWhatSfdiskWritesIntoAGpt) {
  NEED_PROGRAM("sfdisk", "fdisk");
  const TempFolder folder;
  const auto disk = partitioned(
      folder, 64 * kMiB,
      "label: gpt\nlabel-id: 6F1C4A5B-0102-0304-0506-0708090A0B0C\n"
      "size=20480, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=\"EFI system partition\"\n"
      "size=4096, type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE\n"
      "size=40960, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, "
      "uuid=11111111-2222-3333-4444-555555555555, attrs=\"GUID:63\"\n"
      "type=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC, attrs=\"RequiredPartition\"\n");
  const auto table = read_file(disk);
  EXPECT_EQ(table.disk_id(), "{6F1C4A5B-0102-0304-0506-0708090A0B0C}");
  EXPECT_EQ(table.problems.size(), 0u);
  ASSERT_EQ(table.partitions.size(), 4u);
  EXPECT_EQ(our_lines(table), sfdisk_lines(disk));
  EXPECT_EQ(table.partitions[0].name, "EFI system partition");
  EXPECT_EQ(table.partitions[2].unique->text(), "{11111111-2222-3333-4444-555555555555}");
  EXPECT_EQ(table.partitions[2].attributes, std::uint64_t{1} << 63);
  EXPECT_EQ(table.partitions[3].attributes, 1u);
  EXPECT_EQ(table.partitions[3].role, PartitionRole::recovery);
}

DiskBuilder built_mbr() {
  return DiskBuilder{16 * kMiB}
      .mbr(0x1234ABCD)
      .primary(1, 0x07, 2048, 4096, 0x80)
      .extended(2, 8192, 16384)
      .primary(4, 0x27, 26624, 2048)
      .logical(0x07, 8255, 2000, 63)
      .logical(0x83, 12288, 4096, 2048)
      .logical(0x0C, 18432, 6144, 63);
}

DiskBuilder built_gpt(std::size_t size = 16 * kMiB, std::uint32_t sector = 512) {
  return DiskBuilder{size, sector}
      .gpt(guid_of("{6F1C4A5B-0102-0304-0506-0708090A0B0C}"))
      .entry({.type = builders::kEfiSystem,
              .unique = guid_of("{11111111-2222-3333-4444-555555555555}"),
              .first = 256,
              .last = 767,
              .name = u"EFI system partition"})
      .entry({})
      .entry({.unique = guid_of("{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}"),
              .first = 1024,
              .last = 2047,
              .name = u"Basic data partition"});
}

TEST(PartitionTableOracle, SfdiskReadsWhatTheBuilderWrites) {
  NEED_PROGRAM("sfdisk", "fdisk");
  for (const DiskBuilder& built : {built_mbr(), built_gpt()}) {
    const TempFolder folder;
    const auto disk = save(folder, built);
    const auto table = read_file(disk);
    EXPECT_GE(table.partitions.size(), 2u);
    EXPECT_EQ(our_lines(table), sfdisk_lines(disk));
    // It also looks at checksums, at the second copy, and for partitions that overlap.
    output_of("sfdisk --verify '" + disk.string() + "' | grep -q 'No errors'");
  }
}

TEST(PartitionTableOracle, SfdiskReadsTheBackupCopyToo) {
  NEED_PROGRAM("sfdisk", "fdisk");
  const TempFolder folder;
  const auto disk = save(folder, built_gpt().wipe(512, 512));
  const auto table = read_file(disk);
  EXPECT_EQ(to_text(table.partitions.at(0).origin), "gpt_backup");
  EXPECT_EQ(our_lines(table), sfdisk_lines(disk));
}

TEST(PartitionTableOracle, MmlsReadsWhatTheBuilderWrites) {
  NEED_PROGRAM("mmls", "sleuthkit");
  const TempFolder folder;
  auto disk = save(folder, built_mbr());
  EXPECT_EQ(our_places(read_file(disk)), mmls_places(disk, "-t dos"));
  disk = save(folder, built_gpt());
  EXPECT_EQ(our_places(read_file(disk)), mmls_places(disk, "-t gpt"));
  disk = save(folder, built_gpt(32 * kMiB, 4096));
  const auto large = read_file(disk);
  EXPECT_EQ(large.sector_bytes, 4096u);
  EXPECT_EQ(our_places(large), mmls_places(disk, "-t gpt -b 4096"));
}

TEST(PartitionTableOracle, PartedReadsWhatTheBuilderWrites) {
  NEED_PROGRAM("parted", "parted");
  for (const DiskBuilder& built : {built_mbr(), built_gpt()}) {
    const TempFolder folder;
    const auto disk = save(folder, built);
    std::istringstream list{output_of("parted -sm '" + disk.string() + "' unit s print")};
    Lines theirs;
    for (std::string line; std::getline(list, line);) {
      std::array<std::string, 4> part;  // number:start:end:length
      std::istringstream fields{line};
      for (std::string& text : part) std::getline(fields, text, ':');
      if (part[0].find_first_not_of("0123456789") != std::string::npos || part[3].empty()) continue;
      theirs.push_back(part[0] + " " + number_text(std::stoull(part[1])) + "+" +
                       number_text(std::stoull(part[3])));
    }
    Lines ours = our_lines(read_file(disk));
    for (std::string& line : ours) line.resize(line.rfind(' '));
    // Parted lists the order of the disk, we that of the numbers.
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    EXPECT_EQ(ours, theirs);
  }
}

struct Formatter {
  std::string_view kind, program, package, command;  ///< the file follows the command
};
class VolumeKindOracle : public testing::TestWithParam<Formatter> {};

TEST_P(VolumeKindOracle, IsNamed) {
  const auto& [kind, program, package, command] = GetParam();
  if (!is_installed(std::string{program}))
    GTEST_SKIP() << program << " is not installed (package " << package << ")";
  const TempFolder folder;
  const auto path = folder.write("volume.dd", "");
  std::filesystem::resize_file(path, 80 * kMiB);
  output_of(std::string{command} + " '" + path.string() + "'");
  std::ifstream file{path, std::ios::binary};
  std::vector<char> text(80 * kMiB);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto bytes = bytes_of({text.data(), text.size()}).span();
  MemorySource volume{{bytes.begin(), bytes.end()}};
  const auto head = read_volume_kind(volume);
  ASSERT_TRUE(head);
  EXPECT_EQ(to_text(head->kind), kind);
  EXPECT_EQ(to_text(read_partition_table(volume).kind), "none");
}

INSTANTIATE_TEST_SUITE_P(
    Formatters, VolumeKindOracle,
    testing::Values(Formatter{"ntfs", "mkntfs", "ntfs-3g", "mkntfs -F -Q"},
                    Formatter{"ntfs", "mkntfs", "ntfs-3g", "mkntfs -F -Q -s 4096 -c 2097152"},
                    Formatter{"fat12", "mkfs.fat", "dosfstools", "mkfs.fat -F 12 -s 64"},
                    Formatter{"fat16", "mkfs.fat", "dosfstools", "mkfs.fat -F 16"},
                    Formatter{"fat32", "mkfs.fat", "dosfstools", "mkfs.fat -F 32 -s 1"},
                    Formatter{"exfat", "mkfs.exfat", "exfatprogs", "mkfs.exfat"},
                    Formatter{"ext", "mke2fs", "e2fsprogs", "mke2fs -q -F -t ext4"},
                    Formatter{"swap", "mkswap", "util-linux", "mkswap"}),
    [](const auto& formatter) {
      return std::string{formatter.param.kind} + std::to_string(formatter.index);
    });

}  // namespace
}  // namespace hozen
