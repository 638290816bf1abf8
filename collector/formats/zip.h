// Reads the ZIP files that bundles are: headers, directory and data, none of them trusted.
//
// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 (records), 4.4 (fields), 4.5.3 (ZIP64); RFC 1951.
// Not read: encryption, spanning, methods other than stored and deflate.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "collector/base/byte_source.h"
#include "collector/formats/zip_form.h"

namespace hozen {

/// A local header as it stands in the file.
struct ZipLocal {
  std::string name;
  std::uint16_t version_needed = 0, flags = 0, method = 0;
  std::uint32_t crc = 0;
  std::uint64_t stored_size = 0, size = 0;  ///< of the ZIP64 field where there is one
  bool zip64 = false;
  DosTime modified{};
  std::uint64_t header_offset = 0, data_offset = 0;  ///< bytes from the start of the source

  bool streamed() const { return (flags & kZipFlagDescriptor) != 0; }
};

/// A header of the directory as it stands in the file.
struct ZipCentral {
  std::string name;
  std::uint16_t flags = 0, method = 0;
  std::uint32_t crc = 0;
  std::uint64_t stored_size = 0, size = 0, header_offset = 0;
};

/// Where the end records say that the directory lies.
struct ZipEnd {
  std::uint64_t offset = 0;  ///< of the first end record (ZIP64 where there is one)
  std::uint64_t end = 0;     ///< behind the last one
  std::uint64_t count = 0, directory_offset = 0, directory_size = 0;
};

/// What an entry's data turned out to be.
struct ZipData {
  std::uint64_t stored_size = 0, size = 0;
  std::uint32_t crc = 0;  ///< CRC-32 of the uncompressed bytes
};

/// An entry found by walking: its header, its data and where the next thing begins.
struct ZipWalked {
  ZipLocal local;
  ZipData data;
  std::uint64_t next_offset = 0;
};

/// Takes a piece of bytes; an Error of it ends the reading and is passed on.
using ZipOutput = std::function<Result<void>(std::span<const std::byte>)>;

/// The local header at `offset`. Errc::malformed when there is none or it contradicts itself.
Result<ZipLocal> read_zip_local(ByteSource& source, std::uint64_t offset);

/// The end record that lies last, within the 64 KiB that a comment could have.
/// Errc::not_found when there is none.
Result<ZipEnd> find_zip_end(ByteSource& source);

/// Calls `visit` for each header of the directory until it returns false.
Result<void> each_zip_central(ByteSource& source, const ZipEnd& end,
                              const std::function<bool(const ZipCentral&)>& visit);

/// Reads and inflates the data at `offset`. Without `stored_size` a deflate stream is read to its
/// own end; with it, it must end exactly there. Errc::limit past `size_cap` uncompressed bytes,
/// Errc::malformed for a damaged stream, Errc::unsupported for another method.
/// `stored` gets the bytes as they lie, `content` the uncompressed ones; each may be empty.
Result<ZipData> read_zip_data(ByteSource& source, std::uint64_t offset, std::uint16_t method,
                              std::optional<std::uint64_t> stored_size, std::uint64_t size_cap,
                              const ZipOutput& stored, const ZipOutput& content);

/// The entry at `offset` with no help from a directory: a streamed one is inflated to find its end,
/// and its data descriptor must agree. Costs a read of the data for streamed entries only.
Result<ZipWalked> walk_zip_entry(ByteSource& source, std::uint64_t offset, std::uint64_t size_cap);

}  // namespace hozen
