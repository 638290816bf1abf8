// What is in an archive of any kind that is known here, headers only: which files, how large, when,
// encrypted or not, which volume. Nothing is ever decompressed or decrypted; names are data, never
// paths to open.
//
// Source: archive_kind.h, and for RAR rar.h. ZIP: PKWARE APPNOTE 6.3.10, Info-ZIP's extra fields
// (proginfo/extrafld.txt), WinZip "AE-1/AE-2"; 7z: 7zFormat.txt; CAB: MS-CAB; ARJ: its technical
// information; LZH: header levels as lhasa and 7-Zip read them; tar: POSIX pax and GNU tar's
// manual; gzip: RFC 1952.
// Not read: names in 7z headers that are packed (7-Zip packs them unless told otherwise) or in
// encrypted ones, ZIP directories that are encrypted, entries of ACE, ISO and GCA, archives in
// compressed streams (tar.gz).
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
#include "collector/formats/archive_kind.h"
#include "collector/formats/rar.h"

namespace hozen::archive {

/// Entries after which the rest is left out.
constexpr std::uint64_t kMaxEntries = 1'000'000;
/// Longer names are cut: ZIP has 16 bits for a length, tar as many as it likes.
constexpr std::size_t kMaxNameBytes = 64u << 10;

/// How the bytes of a name were read. What begins with `assumed` the archive does not say.
enum class NameEncoding : std::uint8_t {
  unicode,
  ascii,
  assumed_cp932,
  assumed_cp437,
  assumed_windows1252,
  unknown
};
std::string_view to_text(NameEncoding encoding);

struct Entry {
  std::string name{};                   ///< with `/` between its parts; may hold anything, `..` too
  std::vector<std::byte> name_bytes{};  ///< as stored, where reading them is an assumption
  std::optional<std::uint64_t> size{};  ///< unpacked, where it is known
  /// In this volume; unknown for files of a stream that several share.
  std::optional<std::uint64_t> packed_size{};
  FileTime modified{}, created{}, accessed{};
  std::string blake2sp{};  ///< RAR 5; lower-case hex
  std::string link_target{};
  std::string user{}, group{};
  std::optional<std::uint64_t> uid{}, gid{};
  std::optional<std::uint64_t> file_version{};  ///< RAR: older versions of a file that are kept
  std::vector<rar::Stream> streams{};           ///< RAR: alternate data streams
  std::uint64_t offset = 0;                     ///< of the header, bytes from the start of the file
  std::optional<std::uint32_t> crc{};
  std::optional<std::uint32_t> attributes{};  ///< of Windows, or mode of Unix, as stored
  std::string method{};   ///< as the archive names or numbers it; "" where it does not tell
  std::string host_os{};  ///< system that packed it; "" where it is not told
  NameEncoding name_encoding = NameEncoding::unicode;
  rar::LinkKind link = rar::LinkKind::none;
  bool is_directory = false, is_encrypted = false;
  bool continues_before = false, continues_after = false;  ///< in the volume before, the next one
  bool checksum_ok = true;                                 ///< of the header, where it has one
  bool crc_is_keyed = false;     ///< RAR 5: changed with the password, not that of the file
  bool times_are_local = false;  ///< of an unknown zone, read as if UTC
};

/// Whether the names in an archive could be read.
enum class Names : std::uint8_t {
  read,
  encrypted,     ///< nothing can be listed without the password
  packed,        ///< they are compressed
  not_supported  ///< of this format no names are read, or it has none
};
std::string_view to_text(Names names);

struct Archive {
  Format format = Format::none;
  std::string version{};     ///< of the format; "" where it has none
  std::uint64_t offset = 0;  ///< where it begins: above 0 behind a program
  std::uint64_t end = 0;     ///< behind the last thing that was found of it
  Names names = Names::read;
  bool is_volume = false, headers_encrypted = false;
  bool any_encrypted = false;  ///< an entry that was listed
  bool is_solid = false, is_locked = false, has_recovery = false, is_signed = false;
  std::optional<bool> is_first_volume{}, has_next_volume{};
  std::optional<std::uint64_t> volume_number{};  ///< 0 for the first, where the archive says it
  std::optional<std::uint64_t> set_number{};     ///< CAB: the same for all cabinets of a set
  std::string previous_volume{}, next_volume{};  ///< CAB: their names
  bool has_comment = false;
  std::string comment{};  ///< "" when compressed or encrypted
  std::string original_name{};
  FileTime created{};
  std::uint64_t entries = 0;                      ///< listed
  std::optional<std::uint64_t> entries_stated{};  ///< as the archive says, where it says it
  std::uint64_t unpacked_bytes = 0;               ///< of the entries listed
  std::optional<bool> has_end{};                  ///< where the format marks its end
  std::optional<std::uint64_t> missing_bytes{};   ///< beyond the file's end, as its headers say
  std::vector<Error> problems{};
};

/// Takes an entry; false ends the reading.
using Visitor = FunctionRef<bool(const Entry&)>;

/// Where an archive lies in a file.
struct Found {
  Format format = Format::none;
  std::uint64_t offset = 0;
};
/// At the beginning, or behind a program: there in the first 64 KiB behind its last section, or,
/// where it is no program that Windows would load, in the first 4 MiB. The last volume of a ZIP is
/// known by its end. Format::none when there is none; Errc::io.
Result<Found> find(ByteSource& file);

/// Reads the headers of the archive at `found`. Errc::not_found where there is none,
/// Errc::unsupported for RAR before 1.5, Errc::io when the file cannot be read. Whatever is wrong
/// with an archive is among its problems; memory does not depend on its size, but for the header of
/// 7z, which lies in one piece and is read up to kMaxHeaderBytes.
Result<Archive> read(ByteSource& file, const Found& found, Visitor visit);
/// The same of what find() finds.
Result<Archive> read(ByteSource& file, Visitor visit);

constexpr std::uint64_t kMaxHeaderBytes = 64u << 20;

}  // namespace hozen::archive
