// Event logs of Windows XP and before, told.
#include <algorithm>
#include <vector>

#include "collector/base/json_object.h"
#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/formats/evt.h"
#include "collector/formats/evt_print.h"
#include "collector/module/event_log_teller.h"
#include "collector/module/event_table.h"
#include "collector/module/hashed_source.h"

namespace hozen {
namespace {

/// A log is not read front to back: its hash is made before.
Result<void> read_through(ByteSource& file) {
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (std::uint64_t at = 0;;) {
    HOZEN_TRY(const std::size_t count, file.read_some(at, piece));
    if (count == 0) return {};
    at += count;
  }
}

std::string_view audit_of(std::uint16_t type) {
  return type == 8 ? "success" : type == 16 ? "failure" : "";
}

class EvtTeller {
 public:
  EvtTeller(EventLogTeller& teller, std::string_view channel)
      : teller_{teller}, row_{teller.row()}, channel_{channel} {}

  void read(ByteSource& bytes) {
    HashedSource source{bytes};
    auto log = evt::EventLog::open(source);
    if (!log) return teller_.note(log.error());
    source.restart();
    if (const auto read = read_through(source); !read) teller_.note(read.error());
    row_.sha256 = source.digest();
    row_.format = "evt";
    row_.channel = channel_;
    row_.dirty = log->header().is_dirty();
    const auto event = [&](evt::Event& one) { return look_at(one); };
    const auto problem = [&](const Error& one) { teller_.note(one); };
    const evt::Counts counts = log->for_each_record({event, problem});
    row_.records = counts.records;
    row_.recovered = counts.recovered;
    row_.damaged_areas = counts.damaged_areas;
    teller_.finish();
  }

 private:
  bool look_at(const evt::Event& event) {
    const evt::RecordHead& head = event.head();
    if (!event.is_recovered()) teller_.add_number(head.record_number, head.generated);
    if (event.fault() && event.is_recovered()) ++row_.damaged_recovered;
    if (event.fault() && !event.is_recovered()) teller_.note(*event.fault());
    const std::string_view topic = topic_of_old_event(channel_, event.source(), head.code());
    if (!topic.empty()) tell(event, topic);
    return teller_.go_on();
  }

  void tell(const evt::Event& event, std::string_view topic) {
    const evt::RecordHead& head = event.head();
    EventRow row;
    row.channel = channel_;
    row.provider = event.source();
    row.computer = event.computer();
    row.topic = topic;
    row.place = evt::to_text(head.place);
    row.record_id = head.record_number;
    row.event_id = head.code();
    row.user_sid = event.sid();
    row.audit = audit_of(head.type);
    row.data_cut = !write_data(event);
    row.data = data_;
    const std::string record = teller_.tell(row, head.generated, head.file_offset);
    state_fact(event, row, record);
  }

  /// False when not all had room or could be written.
  bool write_data(const evt::Event& event) {
    data_.clear();
    std::size_t used = 0;
    bool whole = true;
    JsonObject object{data_};
    evt::each_named_string(event, [&](std::string_view name, std::string_view text) {
      used += name.size() + text.size();
      if (used > kMaxEventDataText) whole = false;
      if (used <= kMaxEventDataText && !append_json_string(object.key(name), text)) whole = false;
    });
    used += 2 * event.data().size();
    if (used > kMaxEventDataText) return false;
    object.bytes("Binary", event.data().span());
    return whole;
  }

  static std::optional<std::string> string_of(const evt::Event& event, std::string_view wanted) {
    std::optional<std::string> found;
    evt::each_named_string(event, [&](std::string_view name, std::string_view text) {
      if (name == wanted) found = text;
    });
    return found;
  }

  void state_fact(const evt::Event& event, const EventRow& row, const std::string& record) {
    const auto value = [&](std::string_view name) { return string_of(event, name); };
    EventView view{
        channel_, event.sid(), event.head().code(), event.head().generated, !event.is_recovered(),
        value};
    view.is_old = true;
    view.is_failure = row.audit == "failure";
    view.computer = event.computer();
    view.provider = event.source();
    // The name of the channel is that of the log: what Windows XP forwards to nobody is its own.
    teller_.state(fact_of_event(view), record,
                  {view.computer, channel_, event.head().record_number, event.is_recovered()});
  }

  EventLogTeller& teller_;
  EventLogRow& row_;
  std::string channel_;
  std::string data_;
};

}  // namespace

void tell_evt_log(EventLogTeller& teller, ByteSource& bytes, std::string_view channel) {
  EvtTeller{teller, channel}.read(bytes);
}

}  // namespace hozen
