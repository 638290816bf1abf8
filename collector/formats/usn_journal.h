// The change journal of NTFS: what was made, changed, renamed and deleted on a volume, and when
// ($Extend\$UsnJrnl, streams $J and $Max).
//
// Source: MS-FSCC 2.3.61 to 2.3.63 and winioctl.h (USN_RECORD_V2, V3, V4, USN_REASON_*,
// USN_SOURCE_*). Observed on volumes of Windows XP and 10: records begin at multiples of 8, none
// crosses 4096 bytes, zeros fill what is left; version 4 records follow one of version 3 and have
// neither time nor name.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/formats/ntfs_problems.h"
#include "collector/formats/ntfs_reference.h"

namespace hozen::ntfs {

/// A 128-bit file ID: NTFS uses the low half as file reference, ReFS both.
struct FileId {
  std::uint64_t low = 0, high = 0;

  FileReference reference() const { return FileReference::from_u64(low); }
  friend bool operator==(const FileId&, const FileId&) = default;
};

/// Bytes of a file that a version 4 record says were written.
struct UsnExtent {
  std::int64_t offset = 0, length = 0;

  friend bool operator==(const UsnExtent&, const UsnExtent&) = default;
};

struct UsnRecord {
  std::uint16_t major_version = 0, minor_version = 0;
  std::uint64_t offset = 0;        ///< bytes from the start of the source
  std::uint32_t length_bytes = 0;  ///< of the record
  FileId file{}, parent{};
  std::uint64_t usn = 0;                ///< the record's offset in the whole $J
  std::uint32_t reason = 0;             ///< usn_reasons()
  std::uint32_t source_info = 0;        ///< usn_sources()
  FileTime time{};                      ///< versions 2 and 3
  std::uint32_t security_id = 0;        ///< versions 2 and 3; 0 in most
  std::uint32_t attributes = 0;         ///< versions 2 and 3: FILE_ATTRIBUTE_*
  std::string name{};                   ///< versions 2 and 3: WTF-8, the last part of the path
  std::uint32_t remaining_extents = 0;  ///< version 4: in further records
  std::vector<UsnExtent> extents{};     ///< version 4
};

/// A record is no longer than this. Windows writes at most 4096 bytes, its page.
constexpr std::uint32_t kMaxUsnRecordBytes = 65'536;

/// Bytes of a journal that are read. Windows lets it grow to what its owner set: MBs, seldom GBs.
constexpr std::uint64_t kMaxUsnJournalBytes = std::uint64_t{64} << 30;

/// Reads the record at the start of `bytes`. Errc::truncated when it is not all there,
/// Errc::unsupported for a version that is not 2, 3 or 4, Errc::malformed when its lengths
/// contradict each other.
Result<UsnRecord> parse_usn_record(Bytes bytes);

using UsnVisit = std::function<bool(const UsnRecord&)>;  ///< false ends the visit

/// Visits the records of a $J in the order they lie, from `start` on (a multiple of 8: the first
/// allocated byte of the sparse stream). The record is overwritten by the next. Zeros are passed
/// over; damage is one problem for each stretch, with its length, until the next record at a
/// multiple of 8. Pages that cannot be read are problems and count as zeros.
/// Memory: 1 MiB at most, less for a shorter stream.
void each_usn_record(ByteSource& journal, std::uint64_t start, Problems& problems,
                     const UsnVisit& visit);

/// Names of the bits of a reason ("file_create", "close"); unknown ones as one number
/// ("0x04000000").
std::vector<std::string> usn_reasons(std::uint32_t reason);
/// Names of the bits of a source information, in the same way.
std::vector<std::string> usn_sources(std::uint32_t source_info);

/// The stream $Max.
struct UsnJournalLimits {
  std::uint64_t max_bytes = 0;         ///< the journal's size, about
  std::uint64_t allocation_delta = 0;  ///< bytes that are freed or added at once
  FileTime journal_id{};               ///< when the journal was made
  std::uint64_t lowest_valid_usn = 0;
};

/// Errc::truncated below 32 bytes.
Result<UsnJournalLimits> parse_usn_max(Bytes stream);

}  // namespace hozen::ntfs
