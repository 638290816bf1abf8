// The files of an NTFS file table as JSON lines: from a copy of $MFT or from a volume.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

/// Prints a `file` record for each file and folder of the table, deleted ones included, the
/// problems met and a `file_table_end` record (fields: docs/records.md). Returns how many problems
/// there were. `record_bytes`: of one record, see ntfs::table_record_bytes().
Result<std::uint64_t> print_file_table(ByteSource& table, std::uint32_t record_bytes,
                                       std::string_view source, LineBuffer& out);
/// The same of a whole volume. Errc::malformed when it has no file table.
Result<std::uint64_t> print_volume(const std::shared_ptr<ByteSource>& volume,
                                   std::string_view source, LineBuffer& out);

/// Of a disk: a `partition` record for each partition of its table, and behind that of an NTFS
/// volume the same as print_volume(), whose paths begin with `volume` and the partition's number.
/// Errc::malformed when it has no table.
Result<std::uint64_t> print_disk(const std::shared_ptr<ByteSource>& disk, std::string_view source,
                                 LineBuffer& out);

}  // namespace hozen::cli
