// Goes through the records of an event log (.evt). Not public.
#pragma once

#include "collector/formats/evt.h"
#include "collector/formats/evt_ring.h"

namespace hozen::evt {

/// Where the live records stand.
struct Bounds {
  std::uint64_t start = 0;             ///< of the oldest, in the file
  std::optional<std::uint64_t> end{};  ///< of the end record, in the file; nothing: not known
};

/// The next place from `position` on, before `limit`, where `bytes` stand in the file at a multiple
/// of 4; `limit` when there is none.
std::uint64_t find_in_ring(Ring& ring, std::uint64_t position, std::uint64_t limit,
                           std::string_view bytes);

/// Whether the end record stands at `position`, its own offset included.
std::optional<EndRecord> end_record_at(Ring& ring, std::uint64_t position);

/// What the fixed part of an end record is.
extern const std::string_view kEndSignature;

class LogWalk {
 public:
  LogWalk(Ring& ring, const Visitor& visitor) : ring_{ring}, visitor_{visitor} {}
  /// False when the visitor ended it.
  bool read_live(const Bounds& bounds);
  /// The same of what read_live() left.
  bool recover();
  const Counts& counts() const { return counts_; }

 private:
  /// A record that begins at a position, and how much of it is there.
  struct Found {
    RecordHead head;
    std::uint32_t bytes = 0;
    bool is_whole = false;  ///< its size stands at its end too
  };
  std::optional<Found> record_at(std::uint64_t position, std::uint64_t limit);
  std::uint64_t next_record(std::uint64_t position, std::uint64_t limit);
  std::uint64_t behind_padding(std::uint64_t position) const;
  bool is_followed(std::uint64_t position, std::uint64_t limit);
  bool is_filler(std::uint64_t position, std::uint64_t end);
  enum class Step : std::uint8_t { go_on, end, stopped };
  Step step_live(std::uint64_t limit);
  Step step_unbounded(std::uint64_t limit);
  Step take(const Found& found, RecordPlace place);
  bool scan(std::uint64_t position, std::uint64_t limit, RecordPlace place);
  bool visit(std::uint64_t position, Found found, RecordPlace place);

  Ring& ring_;
  const Visitor& visitor_;
  Counts counts_;
  Event event_;
  std::uint64_t at_ = 0;    // in the ring
  std::uint64_t rest_ = 0;  // where what the log does not count begins
  bool is_known_end_ = false;
  bool is_damaged_ = false;  // something live could not be read
  std::optional<std::uint32_t> last_number_;
};

}  // namespace hozen::evt
