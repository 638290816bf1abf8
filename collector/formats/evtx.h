// Event logs of Windows Vista and later (.evtx): file, chunks, and every record that can be found.
//
// Source: MS-EVEN6 and libyal/libevtx "Windows XML Event Log (EVTX)"; logs of Windows 7 to 11. A
// log that was copied while in use has headers that were not brought up to date: chunks are taken
// by what stands at their place, not by what the header counts, and checksums are told, not
// required. Not read: message texts (they are in the providers' libraries).
#pragma once

#include <cstdint>

#include "collector/base/byte_source.h"
#include "collector/formats/evtx_event.h"

namespace hozen::evtx {

constexpr std::size_t kFileHeaderBytes = 4096;
constexpr std::size_t kChunkBytes = 65536;
constexpr std::size_t kChunkHeaderBytes = 512;
constexpr std::size_t kMinRecordBytes = 28;     ///< header of 24, and the size again
constexpr std::size_t kMaxRecordBytes = 65024;  ///< what a chunk has behind its header

/// The first 128 bytes of a log.
struct FileHeader {
  bool present = false;  ///< false: the file begins with a chunk
  bool checksum_ok = false;
  std::uint64_t first_chunk = 0, last_chunk = 0, next_record_id = 0;
  std::uint16_t major = 0, minor = 0, chunks = 0;
  std::uint32_t flags = 0;
  bool is_dirty() const { return (flags & 1) != 0; }
  bool is_full() const { return (flags & 2) != 0; }
};

/// A chunk, and what was found in it.
struct ChunkInfo {
  std::uint64_t file_offset = 0;
  std::uint64_t first_number = 0, last_number = 0;  ///< of records in the file
  std::uint64_t first_id = 0, last_id = 0;
  std::uint32_t last_record_offset = 0, free_offset = 0, flags = 0;
  bool has_signature = true;
  bool counted = true;  ///< the header of the file counts it
  bool cut = false;     ///< the file ends in it
  bool header_checksum_ok = false, records_checksum_ok = false;
  std::uint64_t records = 0, recovered = 0;
};

struct Counts {
  std::uint64_t chunks = 0, uncounted_chunks = 0;
  std::uint64_t records = 0;    ///< live ones
  std::uint64_t recovered = 0;  ///< the others
};

/// What is called while a log is read. They must outlive the call.
struct Visitor {
  /// False ends the reading. The event is valid during the call.
  FunctionRef<bool(Event&)> event;
  /// After the events of each chunk.
  FunctionRef<void(const ChunkInfo&)> chunk;
  /// What is wrong with file and chunks; faults of records are in the events.
  FunctionRef<void(const Error&)> problem;
};

struct ReadOptions {
  bool recover = true;    ///< records that the chain of their chunk does not reach
  bool checksums = true;  ///< false: told as if right
};

class EventLog {
 public:
  /// Errc::malformed when the file begins neither with the header of a log nor with a chunk, and no
  /// chunk is where the first one would be. `file` must outlive the log.
  static Result<EventLog> open(ByteSource& file);

  const FileHeader& header() const { return header_; }
  /// Reads the log front to back, a chunk in memory at a time.
  Counts for_each_record(const Visitor& visitor, const ReadOptions& options = {});

 private:
  EventLog(ByteSource& file, const FileHeader& header) : file_{&file}, header_{header} {}
  ByteSource* file_;
  FileHeader header_;
};

/// Whether a file that begins so is an event log.
bool looks_like_event_log(Bytes head);

}  // namespace hozen::evtx
