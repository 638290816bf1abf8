// Which kind of archive some first bytes are, whatever the file is called.
//
// Source: PKWARE APPNOTE 4.3; 7zFormat.txt (7-Zip, DOC); "RAR 5.0 archive format"; MS-CAB; RFC 1952
// (gzip) and 8878 (Zstandard); xz-file-format 1.1; ARJ technical information (arj.txt, 1993); POSIX
// pax (tar); ECMA-119 (ISO 9660); LHA header levels 0 to 2 and GCA's letters as free readers have
// them (lhasa, libarchive; GCA: its letters alone, no file was at hand).
// Not read: disk images other than ISO 9660, archives inside others.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"

namespace hozen::archive {

enum class Format : std::uint8_t {
  none,
  rar,
  old_rar,  ///< before RAR 1.5
  zip,
  seven_zip,
  cab,
  gzip,
  bzip2,
  xz,
  zstd,
  lzh,
  ace,
  arj,
  tar,
  iso,
  gca,
};
std::string_view to_text(Format format);     ///< "rar", "7z", ...; "" for none
Format format_named(std::string_view text);  ///< by that text; none for any other

/// What format_of() looks at: a block of tar and the longest check of the others.
constexpr std::size_t kKindBytes = 512;

/// By the first kKindBytes of a file, or all that it has. Signatures of two or three bytes are
/// believed only with the fields behind them; tar and ARJ only with their checksums. A program is
/// none, and ISO 9660 is not seen here.
Format format_of(Bytes head);

/// True for one stream of compressed bytes, without names: what compressors make, not archivers.
bool is_stream(Format format);

/// ISO 9660 says so 32 KiB into the file.
Result<bool> is_iso(ByteSource& file);

}  // namespace hozen::archive
