// RAR archives, headers only: which files, how large, when, encrypted or not, which volume. Nothing
// is ever decompressed or decrypted; names are data, never paths to open.
//
// Source: "RAR 5.0 archive format" (rarlab.com, technote), "RAR version 4.11 - Technical
// information" (technote.txt of RAR 4), and for encoded names, extended times and the sub-blocks of
// RAR 3 the field order that free readers agree on (libarchive, rarfile).
// Not read: archives older than RAR 1.5 (unsupported), compressed comments (RAR 1.5 to 4 mostly),
// quick-open copies of headers, recovery data, authenticity information.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/ansi_text.h"
#include "collector/base/byte_source.h"
#include "collector/base/filetime.h"
#include "collector/base/function_ref.h"

namespace hozen::rar {

enum class Version : std::uint8_t { rar4, rar5 };  ///< rar4: RAR 1.5 to 4
std::string_view to_text(Version version);         ///< "1.5-4", "5-7"

/// Blocks after which the rest is left out.
constexpr std::uint32_t kMaxBlocks = 1'000'000;
/// The most of a file before the signature, where it follows a program (self-extracting archive).
constexpr std::uint64_t kMaxStubBytes = 4u << 20;

enum class LinkKind : std::uint8_t { none, unix_link, windows_link, junction, hard_link, copy };
std::string_view to_text(LinkKind kind);  ///< "symbolic_link", "windows_symbolic_link", ...

/// An alternate data stream that was packed with the entry before it.
struct Stream {
  std::string name{};  ///< with its colon, as stored; "" where the archive does not say
  std::uint64_t size = 0;
};

struct Entry {
  std::string name{};  ///< with `/` between its parts; may hold anything, `..` too
  /// The bytes of the name where reading them is an assumption (RAR 1.5 to 4 store them in the code
  /// page of the system), see name_encoding.
  std::vector<std::byte> name_bytes{};
  std::optional<std::uint64_t> size{};  ///< unpacked; unknown for pipes
  std::uint64_t packed_size = 0;        ///< in this volume
  FileTime modified{}, created{}, accessed{};
  std::string blake2sp{};  ///< lower-case hex
  std::string link_target{};
  std::string user{}, group{};
  std::optional<std::uint64_t> uid{}, gid{};
  std::optional<std::uint64_t> file_version{};  ///< older versions of a file kept in the archive
  std::vector<Stream> streams{};
  std::uint64_t offset = 0;  ///< of the header, bytes from the start of the file
  /// CRC-32 of the unpacked file, or of its part in this volume where it continues.
  std::optional<std::uint32_t> crc{};
  std::uint32_t attributes = 0;
  TextEncoding name_encoding = TextEncoding::utf16;
  Version version = Version::rar5;  ///< of its archive
  LinkKind link = LinkKind::none;
  std::uint8_t host_os = 0;  ///< as stored; see host_os_text()
  std::uint8_t method = 0;   ///< 0 stored to 5 best
  bool is_directory = false, is_encrypted = false, is_solid = false;
  bool continues_before = false, continues_after = false;  ///< in the volume before, the next one
  bool checksum_ok = true;                                 ///< of the header
  bool crc_is_keyed = false;  ///< RAR 5: changed with the password, not that of the file
  /// RAR 1.5 to 4 store the local time of the machine that packed, of unknown zone: read as if UTC.
  bool times_are_local = false;
};

/// "windows", "unix", "dos", ...; "unknown" for other numbers.
std::string_view host_os_text(Version version, std::uint8_t host_os);

struct Archive {
  Version version = Version::rar5;
  std::uint64_t offset = 0;  ///< of the signature: above 0 in a self-extracting archive
  bool is_volume = false, is_solid = false, is_locked = false, has_recovery = false;
  bool headers_encrypted = false;  ///< no entry can be listed
  bool is_signed = false;          ///< RAR 1.5 to 4: has authenticity information
  std::optional<bool> is_first_volume{};
  std::optional<std::uint64_t> volume_number{};  ///< 0 for the first, where the archive says it
  std::optional<bool> has_next_volume{};         ///< as the end block says; unset without one
  bool has_comment = false;
  std::string comment{};        ///< "" when compressed or encrypted
  std::string original_name{};  ///< RAR 7: the name that the archive was made with
  FileTime created{};           ///< RAR 7
  std::uint64_t entries = 0;
  bool has_end = false;   ///< an end block was found
  std::uint64_t end = 0;  ///< behind the last block and its data, bytes from the start of the file
  std::vector<Error> problems{};
};

/// Takes an entry; false ends the reading.
using Visitor = FunctionRef<bool(const Entry&)>;

/// Reads the headers of the archive in `file`, also behind a program. Errc::not_found when there is
/// none, Errc::unsupported for one older than RAR 1.5, Errc::io when the file cannot be read.
/// Whatever is wrong with an archive is among its problems; memory does not depend on its size.
Result<Archive> read(ByteSource& file, Visitor visit);

}  // namespace hozen::rar
