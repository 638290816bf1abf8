// Single structures of NTFS, copied out of a volume, as JSON lines: a change journal, the index of
// a directory, the security descriptors.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

// Each prints its records and the problems met (fields: docs/records.md) and returns how many
// problems there were.

/// $UsnJrnl:$J, with or without the empty beginning: `usn` records.
Result<std::uint64_t> print_usn_journal(ByteSource& journal, std::string_view source,
                                        LineBuffer& out);
/// $INDEX_ALLOCATION of a directory ($I30): `index_entry` records, deleted ones included.
/// Errc::malformed when there is no block in it.
Result<std::uint64_t> print_index(ByteSource& blocks, std::string_view source, LineBuffer& out);
/// $Secure:$SDS: `security_descriptor` records.
Result<std::uint64_t> print_security_stream(ByteSource& sds, std::string_view source,
                                            LineBuffer& out);

// By the first bytes of a file.
bool looks_like_usn_journal(Bytes head);
bool looks_like_index(Bytes head);
bool looks_like_security_stream(Bytes head);

}  // namespace hozen::cli
