// File references of NTFS: which file record, and which of the files that it held.
//
// Source: libyal/libfsntfs, "New Technologies File System (NTFS)", "File reference"; MS-FSCC 2.1.9
// (64-bit file ID).
#pragma once

#include <cstdint>

namespace hozen::ntfs {

/// A record's number and the sequence number that the record had when the reference was made: when
/// the record now has another, its file is not the one meant.
struct FileReference {
  std::uint64_t record = 0;    ///< 48 bits
  std::uint16_t sequence = 0;  ///< counts the files that the record held; 0 matches any

  static constexpr FileReference from_u64(std::uint64_t value) {
    return {value & kRecordMask, static_cast<std::uint16_t>(value >> kRecordBits)};
  }
  constexpr std::uint64_t to_u64() const {
    return (record & kRecordMask) | std::uint64_t{sequence} << kRecordBits;
  }
  /// The sequence number that a record has after `sequence`: 0 is left out.
  static constexpr std::uint16_t next_sequence(std::uint16_t sequence) {
    return sequence == 0xFFFF ? std::uint16_t{1} : static_cast<std::uint16_t>(sequence + 1);
  }
  friend constexpr bool operator==(const FileReference&, const FileReference&) = default;

  static constexpr unsigned kRecordBits = 48;
  static constexpr std::uint64_t kRecordMask = (std::uint64_t{1} << kRecordBits) - 1;
};

}  // namespace hozen::ntfs
