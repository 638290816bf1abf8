// What a portable executable says about its making and its guests: debug information, the Rich
// header, callbacks for threads, the certificate table, and .NET.
//
// Source: Microsoft "PE Format" (Debug Directory, TLS Directory, Attribute Certificate Table);
// CodeView: Microsoft microsoft-pdb; Rich header: D. Pistelli, "Microsoft's Rich Signature", hashed
// as pefile and saferwall do; CLR header: ECMA-335 II.25.3.3. Compared with pefile
// (tests/real/pe_test.cpp, tests/oracle/pe_posix_test.cpp).
// Not read: what signatures say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/guid.h"
#include "collector/base/hash.h"
#include "collector/formats/pe.h"

namespace hozen::pe {

constexpr std::size_t kMaxDebugEntries = 64, kMaxTlsCallbacks = 1024, kMaxCertificates = 64,
                      kMaxRichEntries = 1024;

struct DebugEntry {
  std::uint32_t type = 0;  ///< 2 CodeView, 16 reproducible build
  std::uint32_t timestamp = 0;
  std::uint32_t size_bytes = 0, file_offset = 0;
};

struct DebugInfo {
  std::vector<DebugEntry> entries{};
  std::string pdb_path{};      ///< as the linker wrote it; "" for none
  std::optional<Guid> guid{};  ///< of the PDB; nothing where it has a time instead (NB10)
  std::optional<std::uint32_t> age{};
  /// The build was to give the same bytes each time: the timestamps of the file are hashes, not
  /// times. So it is with Windows since version 10.
  bool is_reproducible = false;
  std::vector<Error> problems{};
};
DebugInfo read_debug(Image& image);

/// A tool of Microsoft that took part in the making.
struct RichEntry {
  std::uint16_t product = 0, build = 0;
  std::uint32_t count = 0;  ///< objects that it made
};

struct RichHeader {
  std::uint64_t file_offset = 0;
  std::uint32_t key = 0;
  Md5Digest hash{};  ///< of the decoded bytes, "DanS" to the one before "Rich"
  /// The key is the checksum of the DOS header and the entries: where it is not, somebody wrote or
  /// moved it.
  bool key_matches = false;
  std::vector<RichEntry> entries{};
};
/// Nothing where there is none.
std::optional<RichHeader> read_rich_header(Image& image);

/// Functions that run before the entry point. `problems` gets what could not be read; nothing
/// without a TLS directory.
std::optional<std::size_t> count_tls_callbacks(Image& image, std::vector<Error>& problems);

struct CertificateEntry {
  std::uint64_t file_offset = 0;
  std::uint32_t size_bytes = 0;  ///< with its header of eight bytes
  std::uint16_t revision = 0;    ///< 0x0200
  std::uint16_t type = 0;        ///< 2: PKCS #7 signature
};
struct CertificateTable {
  std::uint64_t file_offset = 0, size_bytes = 0;
  std::vector<CertificateEntry> entries{};
  std::vector<Error> problems{};
};
/// Nothing where there is none.
std::optional<CertificateTable> read_certificates(Image& image);

/// .NET.
struct ClrHeader {
  std::uint16_t runtime_major = 0, runtime_minor = 0;
  std::uint32_t flags = 0;         ///< 1: nothing but IL; 2: 32 bits only
  std::string metadata_version{};  ///< "v4.0.30319"; "" where there is no metadata ("BSJB")
};
/// Nothing where there is none, or none that can be read (`problems`).
std::optional<ClrHeader> read_clr_header(Image& image, std::vector<Error>& problems);

}  // namespace hozen::pe
