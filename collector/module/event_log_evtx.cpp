// Event logs of Windows Vista and later, told.
#include <algorithm>
#include <utility>

#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/formats/evtx.h"
#include "collector/module/event_log_teller.h"
#include "collector/module/event_table.h"
#include "collector/module/hashed_source.h"

namespace hozen {
namespace {

/// The values of an event as a JSON object; a name that repeats has a list.
class DataText {
 public:
  /// False when not all had room.
  bool write(evtx::Event& event, std::string& out) {
    names_.clear();
    values_.clear();
    std::size_t used = 0;
    bool whole = true;
    event.each_data([&](std::string_view name, const evtx::Value& value) {
      if (value.is_binxml()) return true;  // its elements follow
      text_.clear();
      if (!evtx::append_json(text_, value) && value.is_text()) is_exact_ = false;
      used += text_.size() + name.size();
      whole = used <= kMaxEventDataText;
      if (whole) add(name);
      return whole;
    });
    out = '{';
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i != 0) out += ',';
      append_json_string(out, names_[i]);
      out += ':';
      const bool many = values_[i].size() > 1;
      if (many) out += '[';
      for (std::size_t j = 0; j < values_[i].size(); ++j) {
        if (j != 0) out += ',';
        out += values_[i][j];
      }
      if (many) out += ']';
    }
    out += '}';
    return whole && std::exchange(is_exact_, true);
  }

 private:
  void add(std::string_view name) {
    const auto known = std::find(names_.begin(), names_.end(), name);
    const auto index = static_cast<std::size_t>(known - names_.begin());
    if (known == names_.end()) {
      names_.emplace_back(name);
      values_.emplace_back();
    }
    values_[index].emplace_back(text_.text());
  }

  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> values_;
  TextOut text_;
  bool is_exact_ = true;
};

/// System/Keywords (winmeta.h): how an audit ended.
std::string_view audit_of(evtx::Event& event) {
  constexpr std::uint64_t kFailure = std::uint64_t{1} << 52, kSuccess = std::uint64_t{1} << 53;
  const std::uint64_t keywords = event.system(evtx::SystemField::keywords).number().value_or(0);
  return (keywords & kFailure) != 0 ? "failure" : (keywords & kSuccess) != 0 ? "success" : "";
}

class EvtxTeller {
 public:
  explicit EvtxTeller(EventLogTeller& teller) : teller_{teller}, row_{teller.row()} {}

  void read(ByteSource& bytes) {
    HashedSource source{bytes};
    auto log = evtx::EventLog::open(source);
    if (!log) return teller_.note(log.error());
    row_.format = "evtx";
    row_.dirty = log->header().is_dirty();
    row_.checksum_ok = log->header().checksum_ok;
    std::uint64_t damaged = 0;
    const auto event = [&](evtx::Event& one) { return look_at(one); };
    const auto chunk = [&](const evtx::ChunkInfo& one) {
      const bool sound =
          one.has_signature && one.header_checksum_ok && one.records_checksum_ok && !one.cut;
      damaged += sound ? 0u : 1u;
    };
    const auto problem = [&](const Error& one) { teller_.note(one); };
    const evtx::Counts counts = log->for_each_record({event, chunk, problem});
    row_.records = counts.records;
    row_.recovered = counts.recovered;
    row_.chunks = counts.chunks;
    row_.damaged_chunks = damaged;
    row_.sha256 = source.digest();
    teller_.finish();
  }

 private:
  bool look_at(evtx::Event& event) {
    const evtx::RecordHead& head = event.head();
    if (!event.is_recovered()) teller_.add_number(head.record_id, event.time_created());
    const auto id = event.event_id();
    // What is left of an overwritten record is seldom whole: that is no fault of the log.
    if (event.fault() && event.is_recovered()) ++row_.damaged_recovered;
    if (event.fault() && !event.is_recovered()) teller_.note(*event.fault());
    if (!id) return teller_.go_on();
    const std::string_view channel = event.channel();
    if (row_.channel.empty()) row_.channel = channel;
    const std::string_view topic = topic_of_event(channel, event.provider(), *id);
    if (!topic.empty()) tell(event, *id, topic);
    return teller_.go_on();
  }

  void tell(evtx::Event& event, std::uint32_t id, std::string_view topic) {
    EventRow row;
    row.channel = event.channel();
    row.provider = event.provider();
    row.computer = event.computer();
    row.topic = topic;
    row.place = evtx::to_text(event.head().place);
    row.record_id = event.head().record_id;
    row.event_id = id;
    row.user_sid = event.text(evtx::SystemField::user_id);
    row.process_id = event.system(evtx::SystemField::process_id).number();
    row.audit = audit_of(event);
    row.data_cut = !data_.write(event, data_text_);
    row.data = data_text_;
    const std::string record = teller_.tell(row, event.time_created(), event.head().file_offset);
    state_fact(event, id, record);
  }

  void state_fact(evtx::Event& event, std::uint32_t id, const std::string& record) {
    const auto value = [&](std::string_view name) -> std::optional<std::string> {
      const auto found = event.data(name);
      return found ? std::optional{found->text()} : std::nullopt;
    };
    EventView view{event.channel(),
                   event.text(evtx::SystemField::user_id),
                   id,
                   event.time_created(),
                   !event.is_recovered(),
                   value};
    view.is_failure = audit_of(event) == "failure";
    view.computer = event.computer();
    view.provider = event.provider();
    teller_.count_share(view);
    // A log that collects events of others has numbers of its own.
    const std::uint64_t number =
        event.system(evtx::SystemField::record_id).number().value_or(event.head().record_id);
    teller_.state(fact_of_event(view), record,
                  {view.computer, own_log(view.channel), number, event.is_recovered()});
  }

  /// Asked once for events of one channel that follow each other.
  std::string_view own_log(std::string_view channel) {
    if (channel != judged_channel_) {
      judged_channel_ = channel;
      own_log_ = teller_.own_log(channel);
    }
    return own_log_;
  }

  EventLogTeller& teller_;
  EventLogRow& row_;
  DataText data_;
  std::string data_text_;
  std::string judged_channel_;
  std::string own_log_;
};

}  // namespace

void tell_evtx_log(EventLogTeller& teller, ByteSource& bytes) { EvtxTeller{teller}.read(bytes); }

}  // namespace hozen
