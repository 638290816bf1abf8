// What the readers of both forms of event logs share: records, facts, gaps, clearings, findings.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "collector/module/event_fact.h"
#include "collector/module/event_log_rows.h"
#include "collector/module/module.h"
#include "collector/module/share_use.h"

namespace hozen {

/// What the values of one event may take in its record.
inline constexpr std::size_t kMaxEventDataText = 256u << 10;

/// Which numbers of records are there, as far as they come in order.
class EventSequence {
 public:
  void add(std::uint64_t id, FileTime time) {
    ids_.push_back(id);
    if (time.is_set()) times_.emplace_back(id, time);
  }
  /// Sets what a row says of numbers and times.
  void tell(EventLogRow& row);

 private:
  std::vector<std::uint64_t> ids_;
  std::vector<std::pair<std::uint64_t, FileTime>> times_;
};

/// Tells one log: while it is read its events, at the end the log itself and what is wrong with it.
class EventLogTeller {
 public:
  /// `artifact`: row of the log's copy.
  EventLogTeller(ModuleContext& context, const FileInfo& file, std::uint32_t artifact);

  EventLogRow& row() { return row_; }
  ModuleContext& context() { return context_; }
  void add_number(std::uint64_t id, FileTime time) { sequence_.add(id, time); }
  /// Counts it where it tells of a share or an audited file.
  void count_share(const EventView& event) { shares_.add(event); }
  /// Emits the event, its log and number of the record set; returns the record's id.
  std::string tell(EventRow& event, FileTime time, std::uint64_t offset);
  /// States a fact that this record shows; nothing is none.
  void state(std::optional<Fact> fact, const std::string& record, const FactOrigin& origin);
  /// The log of this channel of the Windows whose folder it lies in, where it has the name of that
  /// log or of what Windows puts aside of it when it is full. Else "": it is a copy, or holds what
  /// other computers forwarded.
  std::string own_log(std::string_view channel) const;
  /// A fault of the log or of a live record: the first ones are told one by one.
  void note(const Error& error);
  /// False from time to time when the run is to stop.
  bool go_on() { return ++seen_ % 1024 != 0 || !context_.stop().stop_requested(); }
  /// Emits the log and reports what it shows.
  void finish();

 private:
  Envelope envelope_of(std::optional<std::uint64_t> offset) const;
  void tell_rest();
  void judge(const std::string& log_record);

  ModuleContext& context_;
  std::uint32_t artifact_;
  EventLogRow row_;
  EventSequence sequence_;
  ShareUseCounter shares_;
  std::uint64_t seen_ = 0;
};

/// What the facts of one host say of logs that were cleared.
void report_cleared_logs(ModuleContext& context);

/// Reads a log of Windows Vista and later. What is none is noted.
void tell_evtx_log(EventLogTeller& teller, ByteSource& bytes);
/// The same of Windows XP and before; `channel` is the name of the log, "" when it is not known.
void tell_evt_log(EventLogTeller& teller, ByteSource& bytes, std::string_view channel);

}  // namespace hozen
