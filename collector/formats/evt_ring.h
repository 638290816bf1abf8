// The ring in which an event log (.evt) keeps its records, read in windows. Not public.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"
#include "collector/formats/evt_event.h"

namespace hozen::evt {

/// What is in memory at a time, and no more than the file has.
constexpr std::size_t kWindowBytes = 1u << 20;
static_assert(kWindowBytes >= 2 * kMaxRecordBytes);

/// All of the file behind its header as one ring of whole 4-byte units. Positions are bytes from a
/// chosen origin, round the end of the file: 0 is the origin, size() the same place again.
class Ring {
 public:
  /// `file` must outlive it. The file ends with its last whole unit.
  explicit Ring(ByteSource& file);

  std::uint64_t size() const { return size_; }
  /// Begins at this offset in the file, which must be contains()ed.
  void set_origin(std::uint64_t file_offset);
  /// Whether a record may begin at this offset in the file.
  bool contains(std::uint64_t file_offset) const {
    return file_offset >= kHeaderBytes && file_offset < kHeaderBytes + size_ &&
           file_offset % 4 == 0;
  }
  std::uint64_t offset_in_file(std::uint64_t position) const;
  /// How many bytes stand between `position` and the end of the file, more than 0.
  std::uint64_t before_wrap(std::uint64_t position) const {
    return kHeaderBytes + size_ - offset_in_file(position);
  }
  /// The position of an offset that is contains()ed.
  std::uint64_t position_of(std::uint64_t file_offset) const;

  /// The `wanted` bytes at `position`, at most kMaxRecordBytes; their base is the position. Fewer
  /// at the end (kEndRecordBytes behind size(), so that an end record may stand anywhere), and when
  /// the file could not be read: see error().
  Bytes at(std::uint64_t position, std::uint64_t wanted);
  /// All that is in memory from `position` on: at least what at() would give for kMaxRecordBytes.
  Bytes window_at(std::uint64_t position);
  /// Why the file could not be read, with its offset there.
  const std::optional<Error>& error() const { return error_; }

 private:
  void load(std::uint64_t position);

  ByteSource& file_;
  std::uint64_t size_ = 0, extent_ = 0;
  std::uint64_t origin_ = 0;  // in the ring
  std::vector<std::byte> window_;
  std::uint64_t window_at_ = 0;
  std::size_t window_size_ = 0;
  std::optional<Error> error_;
};

}  // namespace hozen::evt
