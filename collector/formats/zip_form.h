// The one form in which a bundle's ZIP structures are written: every byte follows from the entries.
//
// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 (records), 4.4 (fields), 4.5.3 (ZIP64).
// Not written: comments, encryption, spanning, extra fields other than ZIP64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/base/filetime.h"

namespace hozen {

constexpr std::uint16_t kZipStored = 0;    ///< method: the bytes as they are
constexpr std::uint16_t kZipDeflated = 8;  ///< method: a raw deflate stream (RFC 1951)

constexpr std::uint32_t kZipLocalSignature = 0x04034b50;
constexpr std::uint32_t kZipDescriptorSignature = 0x08074b50;
constexpr std::uint32_t kZipCentralSignature = 0x02014b50;
constexpr std::uint32_t kZipEndSignature = 0x06054b50;
constexpr std::uint32_t kZip64EndSignature = 0x06064b50;
constexpr std::uint32_t kZip64LocatorSignature = 0x07064b50;

constexpr std::size_t kZipLocalBytes = 30;      ///< local header without name and extra fields
constexpr std::size_t kZipCentralBytes = 46;    ///< directory header without name and extra fields
constexpr std::size_t kZipEndBytes = 22;        ///< end record without comment
constexpr std::size_t kZip64EndBytes = 56;      ///< ZIP64 end record
constexpr std::size_t kZip64LocatorBytes = 20;  ///< ZIP64 end record locator
constexpr std::size_t kZip64LocalExtraBytes = 20;
constexpr std::size_t kZipLocalCrcOffset = 14, kZipCentralCrcOffset = 16;

/// A deflated entry up to this many bytes (uncompressed) is written at once, with its sizes in the
/// local header; a larger one is streamed, its sizes follow in a data descriptor.
constexpr std::uint64_t kZipBufferedBytes = 1 << 20;
constexpr std::uint32_t kZip32Limit = 0xFFFF'FFFFu;  ///< in a 32-bit field: look in the ZIP64 field
constexpr std::uint16_t kZip16Limit = 0xFFFFu;

constexpr std::uint16_t kZipFlagDescriptor = 0x0008;
constexpr std::uint16_t kZipFlagUtf8 = 0x0800;
constexpr std::uint16_t kZipVersionNeeded = 45;      ///< 4.5: ZIP64
constexpr std::uint16_t kZipVersionMadeBy = 0x032D;  ///< Unix, 4.5
constexpr std::uint32_t kZipAttributes =
    0x8180'0000;  ///< Unix mode 0100600: a plain file, not executable

/// All that an entry's headers are made of.
struct ZipItem {
  std::string_view name{};
  std::uint16_t method = kZipDeflated;
  FileTime modified{};
  std::uint32_t crc = 0;  ///< CRC-32 of the uncompressed bytes
  std::uint64_t size = 0, stored_size = 0;
  std::uint64_t header_offset = 0;  ///< of the local header, bytes from the start of the bundle
};

/// True when sizes and CRC follow the data in a data descriptor.
constexpr bool zip_is_streamed(std::uint16_t method, std::uint64_t size) {
  return method == kZipDeflated && size > kZipBufferedBytes;
}

struct DosTime {
  std::uint16_t date = 0, time = 0;
};
/// UTC, rounded down to two seconds; 1980-01-01 when unset or earlier, 2107-12-31 23:59:58 when
/// later.
DosTime to_dos_time(FileTime time);

/// The time of which to_dos_time() makes this; unset for 1980-01-01 00:00:00 and for what is no
/// date.
FileTime from_dos_time(DosTime time);

/// Appends the local header. A streamed one does not depend on crc, size (beyond being streamed)
/// and stored_size.
void append_zip_local_header(std::string& out, const ZipItem& item);
/// Appends what follows the data of a streamed entry.
void append_zip_descriptor(std::string& out, const ZipItem& item);
void append_zip_central_header(std::string& out, const ZipItem& item);
/// Appends the end records; the directory of `count` headers lies at `offset` and has `size` bytes.
void append_zip_end(std::string& out, std::uint64_t count, std::uint64_t offset,
                    std::uint64_t size);

/// Bytes of the local header of such an entry.
std::uint64_t zip_local_header_bytes(std::string_view name, std::uint16_t method,
                                     std::uint64_t size);
/// Bytes of its data descriptor; 0 when it has none.
std::uint64_t zip_descriptor_bytes(std::uint16_t method, std::uint64_t size);

}  // namespace hozen
