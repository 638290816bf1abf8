// One record of an event log of Windows NT to Server 2003 (.evt).
//
// Source: Microsoft, EVENTLOGRECORD (winnt.h); MS-EVEN 2.2.3.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"

namespace hozen::evt {

constexpr std::size_t kHeaderBytes = 48;  ///< of the file
constexpr std::size_t kEndRecordBytes = 40;
constexpr std::size_t kRecordHeadBytes = 56;  ///< never split by the end of the file
constexpr std::size_t kMinRecordBytes = 60;   ///< the head, and the size again
/// Windows writes records of less than 64 KiB.
constexpr std::size_t kMaxRecordBytes = 256u << 10;
constexpr std::string_view kSignature = "LfLe";

/// Where a record was found.
enum class RecordPlace : std::uint8_t {
  live,           ///< between the oldest and the newest, one behind the other
  behind_damage,  ///< among those, behind something damaged
  slack,          ///< in the rest of the file: what the log no longer counts
};
std::string_view to_text(RecordPlace place);

/// Text as it stands in a record: "error", "warning", "information", "success_audit",
/// "failure_audit", "success"; "" for other numbers.
std::string_view type_text(std::uint16_t type);

struct RecordHead {
  std::uint32_t record_number = 0;
  FileTime generated{}, written{};  ///< whole seconds; unset when 0
  std::uint32_t event_id = 0;       ///< all 32 bits
  std::uint16_t type = 0, category = 0;
  std::uint16_t strings = 0;  ///< that it says it has
  std::uint16_t reserved_flags = 0;
  std::uint32_t closing_record_number = 0;
  std::uint32_t string_offset = 0, sid_bytes = 0, sid_offset = 0, data_bytes = 0, data_offset = 0;
  std::uint64_t file_offset = 0;  ///< bytes from the start of the log
  std::uint32_t size = 0;         ///< bytes, as it says
  std::uint32_t before_wrap = 0;  ///< bytes of it before the end of the file; the others begin it
  RecordPlace place = RecordPlace::live;

  /// What the source calls its number (EventID).
  std::uint16_t code() const { return static_cast<std::uint16_t>(event_id & 0xFFFF); }
  /// Severity, and whose number it is (EventID/@Qualifiers).
  std::uint16_t qualifiers() const { return static_cast<std::uint16_t>(event_id >> 16); }
  bool wraps() const { return before_wrap < size; }
  /// Of the byte at `offset` of the record, from the start of the log.
  std::uint64_t offset_in_file(std::uint64_t offset) const {
    return offset < before_wrap ? file_offset + offset : kHeaderBytes + offset - before_wrap;
  }
};

/// A record with its texts. What is read is valid until the next one is loaded.
class Event {
 public:
  /// `bytes` are what is there of the record: less than its size when its end was overwritten.
  void load(const RecordHead& head, Bytes bytes);

  const RecordHead& head() const { return head_; }
  bool is_recovered() const { return head_.place != RecordPlace::live; }
  /// What was wrong first, its offset that of the file.
  const std::optional<Error>& fault() const { return fault_; }

  /// Name of the source (Provider/@Name), and of the computer.
  std::string_view source() const { return source_; }
  std::string_view computer() const { return computer_; }
  /// "S-1-5-...", "" when there is none or it is damaged.
  std::string_view sid() const { return sid_; }
  /// In their order: fewer than head().strings when not all are there.
  std::span<const std::string> strings() const { return {strings_.data(), string_count_}; }
  Bytes data() const { return data_; }

 private:
  std::size_t read_text(std::uint64_t offset, std::size_t end, std::string& out,
                        std::string_view what);
  void read_strings();
  void read_sid();
  void read_data();
  void add_fault(Errc code, std::string_view what, std::uint64_t offset);

  RecordHead head_;
  Bytes bytes_;
  std::size_t end_ = 0;  // of what may hold texts and data
  std::optional<Error> fault_;
  std::string source_, computer_, sid_;
  std::vector<std::string> strings_;  // the first `string_count_` are of this record
  std::size_t string_count_ = 0;
  Bytes data_;
};

/// The head of a record at the start of `bytes`; nothing when there are not kRecordHeadBytes, the
/// signature is another, or the size is none that a record can have. Its place in the file is not
/// set.
std::optional<RecordHead> read_head(Bytes bytes);

/// Whether the offsets of a head lie in the record and its type is one of Windows': what must hold
/// to believe one whose end is not there.
bool is_plausible(const RecordHead& head);

}  // namespace hozen::evt
