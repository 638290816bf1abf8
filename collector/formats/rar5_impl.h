// Headers of RAR 5 to 7: what is read of each block.
#pragma once

#include <string>

#include "collector/formats/rar_impl.h"

namespace hozen::rar {

enum class Block : std::uint8_t { main = 1, file, service, encryption, end };

/// A block's header: what all have, then its own fields, then its extra records.
struct Header {
  std::uint64_t offset = 0, end = 0;  ///< bytes from the start of the file
  std::uint64_t type = 0, flags = 0, data_bytes = 0;
  bool checksum_ok = true;
  Bytes fields{}, extra{};
  bool is(Block block) const { return type == static_cast<std::uint64_t>(block); }
};

/// Seven bits a byte, the lowest first; the top bit says that more follow. Errc::malformed past
/// 64 bits.
Result<std::uint64_t> read_vint(Cursor& bytes, std::string_view what);
/// Its length, then UTF-8; bytes that are none become U+FFFD.
Result<std::string> read_text(Cursor& cursor, std::string_view what);
FileTime unix_time(std::uint64_t seconds, std::uint32_t nanoseconds = 0);

/// Calls `visit` with the type and the content of each extra record.
Result<void> each_extra(Bytes extra, FunctionRef<Result<void>(std::uint64_t, Bytes)> visit);

/// Fields of a file or service block, before its extra records.
Result<void> read_fields(const Header& header, Entry& entry);
/// One extra record of such a block; those of other types change nothing.
Result<void> read_file_extra(std::uint64_t type, Bytes content, Entry& entry);

}  // namespace hozen::rar
