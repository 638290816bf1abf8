// Event logs of Windows NT, 2000, XP and Server 2003 (.evt): a ring of records behind a header.
//
// Source: Microsoft, "Event Log File Format", ELF_LOGFILE_HEADER, EVENTLOGRECORD, ELF_EOF_RECORD
// (learn.microsoft.com, eventlog); libyal/libevt, "Windows Event Viewer Log (EVT) format", also for
// damage seen in real logs; ReactOS, sdk/lib/evtlib, for how records wrap. The header is written
// when the log is closed: of a log that was in use the record at the end of all records
// (ELF_EOF_RECORD) tells where they begin and end, so it is looked for and believed first. Not
// read: message texts (they are in the libraries of the sources).
#pragma once

#include <cstdint>
#include <optional>

#include "collector/base/byte_source.h"
#include "collector/base/function_ref.h"
#include "collector/formats/evt_event.h"

namespace hozen::evt {

/// The first 48 bytes of a log.
struct FileHeader {
  bool present = false;  ///< false: damaged, nothing in it is believed
  std::uint32_t major = 0, minor = 0;
  std::uint32_t start_offset = 0, end_offset = 0;    ///< of the oldest record, of the end record
  std::uint32_t next_record = 0, oldest_record = 0;  ///< numbers; oldest 0 when there is none
  std::uint32_t max_bytes = 0;  ///< what it may grow to, as set when it was made
  std::uint32_t flags = 0;
  std::uint32_t retention_s = 0;  ///< how long records are kept
  bool is_dirty() const { return (flags & 1) != 0; }
  bool is_wrapped() const { return (flags & 2) != 0; }
  bool is_full() const { return (flags & 4) != 0; }  ///< the last record had no room
};

/// The record behind the newest one.
struct EndRecord {
  std::uint64_t file_offset = 0;
  std::uint32_t start_offset = 0, end_offset = 0;
  std::uint32_t next_record = 0, oldest_record = 0;
};

struct Counts {
  std::uint64_t records = 0;        ///< live ones
  std::uint64_t recovered = 0;      ///< the others
  std::uint64_t damaged_areas = 0;  ///< places between the live records where there is none
};

/// What is called while a log is read. They must outlive the call.
struct Visitor {
  /// False ends the reading. The event is valid during the call.
  FunctionRef<bool(Event&)> event;
  /// What is wrong with the file; faults of records are in the events.
  FunctionRef<void(const Error&)> problem;
};

struct ReadOptions {
  bool recover = true;  ///< records beyond those that the log counts
};

class EventLog {
 public:
  /// Looks for the end record, which may take reading all of the file. Errc::malformed when the
  /// file begins neither with the header of a log nor with a damaged one that a record follows.
  /// `file` must outlive the log.
  static Result<EventLog> open(ByteSource& file);

  const FileHeader& header() const { return header_; }
  /// Nothing when there is none whose fields agree with its place.
  const std::optional<EndRecord>& end_record() const { return end_; }
  /// Reads the log from its oldest record to the newest, then what is left in the rest of it, in
  /// the order of the ring. Takes at most kWindowBytes of memory, and no more than the file has.
  Counts for_each_record(const Visitor& visitor, const ReadOptions& options = {});

 private:
  EventLog(ByteSource& file, const FileHeader& header) : file_{&file}, header_{header} {}
  ByteSource* file_;
  FileHeader header_;
  std::optional<EndRecord> end_;
};

/// Whether a file that begins so is such a log; needs kHeaderBytes + 8 bytes to know one whose
/// header is damaged.
bool looks_like_event_log(Bytes head);

}  // namespace hozen::evt
