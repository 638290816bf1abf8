// Prefetch files (.pf): that a program ran, how often, when, and what it loaded in its first ten
// seconds.
//
// Source: libyal/libscca, "Windows Prefetch File (PF) format" (versions 17, 23, 26, 30); version 31
// observed on Windows 11 24H2: as version 30 since Windows 10 1903. Packed files (MAM): MS-XCA, and
// F. Picasso's w10pfdecomp for the checksum. Hash functions: the same document; which of them a
// version uses was decided by real files (tests/real/prefetch_test.cpp).
// Not read: trace chains (which pages were loaded in which order), flags of single files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"

namespace hozen {

/// A packed file says its size; Windows traces no more than some hundred KiB.
constexpr std::uint32_t kMaxPrefetchBytes = 64u << 20;

/// A file that the program had open.
struct PrefetchedFile {
  Bytes path;  ///< UTF-16LE, without its NUL
  /// MFT record (48 bits) and sequence (16 bits); 0 where the version or the file system has none.
  std::uint64_t reference = 0;
};

struct PrefetchVolume {
  std::string device_path{};  ///< \DEVICE\HARDDISKVOLUME2, or \VOLUME{time-serial}
  FileTime created{};         ///< when the volume was formatted
  std::uint32_t serial = 0;
  std::uint32_t file_references = 0;  ///< MFT records that are read ahead
  std::vector<Bytes> directories{};   ///< UTF-16LE, without NUL
};

/// Whether the path of the program gives the hash in the file.
enum class PrefetchHash : std::uint8_t {
  matches,       ///< it does: this is the program that ran
  hosting,       ///< of programs that run other things the command line goes into the hash too
  package,       ///< an app of the store: its package goes into the hash
  differs,       ///< it does not: another version ran since, or the file was changed
  path_unknown,  ///< the program is not among the files
};
std::string_view to_text(PrefetchHash check);

struct Prefetch {
  std::uint32_t version = 0;
  bool is_packed = false;
  std::uint32_t size = 0;        ///< bytes, unpacked, as the header says
  std::string executable{};      ///< at most 29 characters
  std::uint32_t hash = 0;        ///< of the program's path, and of its command line for some
  bool is_boot = false;          ///< traces the start of Windows, not of a program
  std::uint32_t run_count = 0;   ///< above 8 runs there are times of the last 8 only
  std::vector<FileTime> runs{};  ///< last ones, newest first, at most 8 (1 before Windows 8)
  std::vector<PrefetchedFile> files{};
  std::vector<PrefetchVolume> volumes{};
  /// Version 30 and 31: the path that was started, or the full name of the package that it
  /// belongs to. (Observed: of 434 files of a Windows 11 the path gives the hash of all but those
  /// of hosts and packages.)
  std::string hash_text{};

  /// The program's path: as `hash_text` has it, else among the files the one that gives the hash,
  /// else the first of its name.
  std::string executable_path{};
  PrefetchHash hash_check = PrefetchHash::path_unknown;
  /// /prefetch:N, with which browsers start their processes: N is added to the hash. 0 for none.
  std::uint32_t prefetch_switch = 0;
  /// Where the path begins with \VOLUME{…}: the device that gives the hash,
  /// \DEVICE\HARDDISKVOLUME3.
  std::string hash_device{};

  std::vector<Error> problems{};  ///< what could not be read; the rest was
};

/// True for what begins as a prefetch file does, packed or not.
bool looks_like_prefetch(Bytes head);

/// Reads a prefetch file. What is packed is unpacked into `unpacked`; the views of the result lie
/// there or in `file`, and both must outlive it. Problems of an unpacked file have offsets in that.
/// Errc::truncated or Errc::malformed when header or run times cannot be read, Errc::unsupported
/// for another version or packing, Errc::limit when more than kMaxPrefetchBytes are packed.
Result<Prefetch> parse_prefetch(Bytes file, std::vector<std::byte>& unpacked);

/// The hash of a path in upper case, as versions 17 and 23 and later make it.
std::uint32_t prefetch_hash_xp(std::u16string_view path);
std::uint32_t prefetch_hash_vista(std::u16string_view path);
std::uint32_t prefetch_hash_2008(std::u16string_view path);

}  // namespace hozen
