// A file table ($MFT) by itself: every record, every attribute, every path, printed as hozen parse
// does; and the bytes as a runlist, an attribute list and extended attributes.
#include <cstddef>
#include <cstdint>

#include "collector/cli/parse_ntfs.h"
#include "collector/formats/ntfs_ea.h"
#include "collector/formats/ntfs_table.h"
#include "tests/fuzz/ntfs_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto input = std::as_bytes(std::span{data, size});
  const Bytes bytes{input};
  ntfs::read_runs(bytes, 1000);
  ntfs::read_runs(bytes, ~std::uint64_t{0});
  (void)ntfs::each_attribute_list_entry(bytes, [](const ntfs::AttributeListEntry&) {});
  if (const auto record = ntfs::FileRecord::read(bytes)) ntfs::read_record(*record, size);
  const auto attributes = ntfs::parse_extended_attributes(bytes);
  ntfs::require(attributes.entries.size() <= size / 12 + 1);
  for (const auto& one : attributes.entries)
    ntfs::require(bytes.contains(one.value_offset, one.value_bytes));
  std::uint32_t record_bytes = ntfs::table_record_bytes(bytes);
  if (record_bytes == 0) record_bytes = 512;
  MemorySource table{{input.begin(), input.end()}};
  ntfs::read_table(table, record_bytes);
  std::uint64_t printed = 0;
  const auto count = [&](std::string_view text) {
    printed += text.size();
    return true;
  };
  cli::LineBuffer lines{count};
  if (!cli::print_file_table(table, record_bytes, "table", lines) || !lines.flush()) std::abort();
  // What the paths and names may take, escaped, and some 1,500 bytes for each record of 512.
  ntfs::require(printed <= (std::uint64_t{size} + 4096) * 1500);
  return 0;
}
