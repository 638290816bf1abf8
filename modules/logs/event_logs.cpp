// Event logs of Windows Vista and later. Each log is preserved as it lies on the volume (never by a
// call that would make Windows write to it) and read as preserved by its owner: also records that
// a dirty or damaged log does not count any more. What matters of them (event_table.h) is a record
// each, its values typed and called as Windows calls them. An event proves what its provider wrote
// at that time; that there is none proves nothing where the log was cleared, overwritten or never
// written: event_log tells how far it reaches and what is missing in it.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/evtx.h"
#include "collector/module/cells.h"
#include "collector/module/event_fact.h"
#include "collector/module/event_table.h"
#include "collector/module/execution_files.h"
#include "collector/module/hashed_source.h"

namespace hozen::modules {
namespace {

constexpr std::string_view kPattern = "%SystemRoot%\\System32\\winevt\\Logs\\*.evtx";
/// Ranges of missing ids that one log tells.
constexpr std::size_t kMaxGaps = 32;
/// Problems of one log that are told one by one.
constexpr std::uint64_t kMaxNotes = 20;
/// What the values of one event may take in its record.
constexpr std::size_t kMaxDataText = 256u << 10;

struct EventRow {
  std::string_view log, channel, provider, computer, topic, place;
  std::uint64_t record_id = 0;
  std::uint32_t event_id = 0;
  std::string_view user_sid;
  std::optional<std::uint64_t> process_id;
  std::string_view data;
  bool data_cut = false;
};

using E = Field<EventRow>;
constexpr std::array kEventFields{
    E{{"log", "Path of the log."}, [](const EventRow& r, Cell& c) { c.text(r.log); }},
    E{{"channel", "Channel that it was written to."},
      [](const EventRow& r, Cell& c) { text_or_absent(c, r.channel); }},
    E{{"provider", "Provider that wrote it."},
      [](const EventRow& r, Cell& c) { text_or_absent(c, r.provider); }},
    E{{"event_id", "What it says happened, in the numbers of its provider."},
      [](const EventRow& r, Cell& c) { c.number(std::uint64_t{r.event_id}); }},
    E{{"record_id", "Number of the record in its log (EventRecordID)."},
      [](const EventRow& r, Cell& c) { c.number(r.record_id); }},
    E{{"topic", "What such events are about, as logon, service, task, process, share, log."},
      [](const EventRow& r, Cell& c) { c.text(r.topic); }},
    E{{"computer", "Computer that wrote it."},
      [](const EventRow& r, Cell& c) { text_or_absent(c, r.computer); }},
    E{{"user_sid", "Account of the provider's process or, for some, the one that caused it."},
      [](const EventRow& r, Cell& c) { text_or_absent(c, r.user_sid); }},
    E{{"process_id", "Process that wrote it."},
      [](const EventRow& r, Cell& c) { number_or_absent(c, r.process_id); }},
    E{{"place",
       "Where it was found: live (counted by the log), behind_damage, slack, damaged_chunk, "
       "hidden."},
      [](const EventRow& r, Cell& c) { c.text(r.place); }},
    E{{"data",
       "Values of EventData or UserData by their names; those without one as param1, param2 and so "
       "on."},
      [](const EventRow& r, Cell& c) { c.raw() += r.data; }},
    E{{"data_cut", "Whether values were too long to be told all."},
      [](const EventRow& r, Cell& c) { c.boolean(r.data_cut); }},
};
constexpr auto kEventColumns = columns_of(kEventFields);
constexpr Kind kEvent{"event", "One event that matters, as its provider wrote it.", kEventColumns,
                      "Event {event_id}[ of {provider}][ in {channel}][: {data}]"};

struct Gap {
  std::uint64_t first = 0, last = 0;  ///< ids that are not there
};

struct LogRow {
  std::string path, channel;
  bool dirty = false, checksum_ok = false;
  evtx::Counts counts{};
  std::uint64_t damaged_chunks = 0, damaged_recovered = 0, events_told = 0, problems = 0;
  std::optional<std::uint64_t> first_id{}, last_id{};
  FileTime first_time{}, last_time{};
  std::uint64_t missing_ids = 0, times_backwards = 0;
  std::vector<Gap> gaps{};
  std::optional<Sha256Digest> sha256{};
};

using L = Field<LogRow>;
constexpr std::array kLogFields{
    L{{"path", "Path of the log."}, [](const LogRow& r, Cell& c) { c.text(r.path); }},
    L{{"channel", "Channel of its first event."},
      [](const LogRow& r, Cell& c) { text_or_absent(c, r.channel); }},
    L{{"dirty", "Whether Windows had not finished writing it: usual for a log in use."},
      [](const LogRow& r, Cell& c) { c.boolean(r.dirty); }},
    L{{"checksum_ok", "Whether the checksum of its header is right."},
      [](const LogRow& r, Cell& c) { c.boolean(r.checksum_ok); }},
    L{{"records", "Records that it counts."},
      [](const LogRow& r, Cell& c) { c.number(r.counts.records); }},
    L{{"recovered", "Records beyond those: in slack, behind damage."},
      [](const LogRow& r, Cell& c) { c.number(r.counts.recovered); }},
    L{{"damaged_recovered", "How many of the recovered are not whole."},
      [](const LogRow& r, Cell& c) { c.number(r.damaged_recovered); }},
    L{{"chunks", "Chunks of 64 KiB that hold records."},
      [](const LogRow& r, Cell& c) { c.number(r.counts.chunks); }},
    L{{"damaged_chunks", "Chunks whose signature or checksum is wrong, or that are cut."},
      [](const LogRow& r, Cell& c) { c.number(r.damaged_chunks); }},
    L{{"first_record", "Lowest number of a record that it counts."},
      [](const LogRow& r, Cell& c) { number_or_absent(c, r.first_id); }},
    L{{"last_record", "Highest number of a record that it counts."},
      [](const LogRow& r, Cell& c) { number_or_absent(c, r.last_id); }},
    L{{"missing_records", "Numbers between those that no record has."},
      [](const LogRow& r, Cell& c) { c.number(r.missing_ids); }},
    L{{"gaps", "Where they are missing: first-last, the first of them."},
      [](const LogRow& r, Cell& c) {
        std::vector<std::string> texts;
        texts.reserve(r.gaps.size());
        for (const Gap& gap : r.gaps)
          texts.push_back(std::to_string(gap.first) + "-" + std::to_string(gap.last));
        c.texts(texts);
      }},
    L{{"times_backwards",
       "Records that are more than a minute older than one with a lower number."},
      [](const LogRow& r, Cell& c) { c.number(r.times_backwards); }},
    L{{"events_told", "Records of it that are told as `event`."},
      [](const LogRow& r, Cell& c) { c.number(r.events_told); }},
    L{{"problems", "Faults of the log and of its records."},
      [](const LogRow& r, Cell& c) { c.number(r.problems); }},
    L{{"sha256", "SHA-256 of the bytes that were read."},
      [](const LogRow& r, Cell& c) {
        r.sha256 ? c.bytes(*r.sha256) : c.absent(Absent::unreadable);
      }},
};
constexpr auto kLogColumns = columns_of(kLogFields);
constexpr Kind kLog{"event_log", "One event log: how far it reaches, and what is missing in it.",
                    kLogColumns, "Event log {path}"};
constexpr std::array kKinds{kEvent, kLog};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-even6",
    "https://jpcertcc.github.io/ToolAnalysisResultSheet/"};
constexpr std::string_view kAttack[] = {"T1070.001"};

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
      whole = used <= kMaxDataText;
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

/// Which numbers of records are there, as far as they come in order.
class Sequence {
 public:
  void add(std::uint64_t id, FileTime time) {
    ids_.push_back(id);
    if (time.is_set()) times_.emplace_back(id, time);
  }
  void tell(LogRow& row) {
    std::sort(ids_.begin(), ids_.end());
    if (ids_.empty()) return;
    row.first_id = ids_.front();
    row.last_id = ids_.back();
    for (std::size_t i = 1; i < ids_.size(); ++i) {
      if (ids_[i] <= ids_[i - 1] + 1) continue;
      row.missing_ids += ids_[i] - ids_[i - 1] - 1;
      if (row.gaps.size() < kMaxGaps) row.gaps.push_back({ids_[i - 1] + 1, ids_[i] - 1});
    }
    std::sort(times_.begin(), times_.end());
    constexpr std::uint64_t kMinute = 60 * kTicksPerSecond;
    FileTime latest{};
    for (const auto& [id, time] : times_) {
      if (time.ticks + kMinute < latest.ticks) ++row.times_backwards;
      latest = std::max(latest, time);
      if (!row.first_time.is_set() || time < row.first_time) row.first_time = time;
      row.last_time = std::max(row.last_time, time);
    }
  }

 private:
  std::vector<std::uint64_t> ids_;
  std::vector<std::pair<std::uint64_t, FileTime>> times_;
};

/// Of a log cleared: who, and which.
struct Cleared {
  std::string log, account, record;
  FileTime time{};
};

class LogReader {
 public:
  LogReader(ModuleContext& context, const FileInfo& file, std::uint32_t artifact)
      : context_{context}, artifact_{artifact} {
    row_.path = file.path.text();
  }

  void read(const EvidencePath& path) {
    auto bytes = context_.source().open(path);
    if (!bytes) return context_.note(bytes.error());
    HashedSource source{**bytes};
    auto log = evtx::EventLog::open(source);
    if (!log) return note(log.error());
    row_.dirty = log->header().is_dirty();
    row_.checksum_ok = log->header().checksum_ok;
    const auto event = [&](evtx::Event& one) { return look_at(one); };
    const auto chunk = [&](const evtx::ChunkInfo& one) {
      const bool sound =
          one.has_signature && one.header_checksum_ok && one.records_checksum_ok && !one.cut;
      row_.damaged_chunks += sound ? 0u : 1u;
    };
    const auto problem = [&](const Error& one) { note(one); };
    row_.counts = log->for_each_record({event, chunk, problem});
    sequence_.tell(row_);
    row_.sha256 = source.digest();
    tell_rest();
    const std::string record = emit();
    judge(record);
  }

 private:
  bool look_at(evtx::Event& event) {
    const evtx::RecordHead& head = event.head();
    if (!event.is_recovered()) sequence_.add(head.record_id, event.time_created());
    const auto id = event.event_id();
    // What is left of an overwritten record is seldom whole: that is no fault of the log.
    if (event.fault() && event.is_recovered()) ++row_.damaged_recovered;
    if (event.fault() && !event.is_recovered()) note(*event.fault());
    if (!id) return go_on();
    const std::string_view channel = event.channel();
    if (row_.channel.empty()) row_.channel = channel;
    const std::string_view topic = topic_of_event(channel, *id);
    if (!topic.empty()) tell(event, *id, topic);
    return go_on();
  }
  bool go_on() { return ++seen_ % 1024 != 0 || !context_.stop().stop_requested(); }

  void tell(evtx::Event& event, std::uint32_t id, std::string_view topic) {
    EventRow row;
    row.log = row_.path;
    row.channel = event.channel();
    row.provider = event.provider();
    row.computer = event.computer();
    row.topic = topic;
    row.place = evtx::to_text(event.head().place);
    row.record_id = event.head().record_id;
    row.event_id = id;
    row.user_sid = event.text(evtx::SystemField::user_id);
    row.process_id = event.system(evtx::SystemField::process_id).number();
    row.data_cut = !data_.write(event, data_text_);
    row.data = data_text_;
    Envelope envelope = envelope_of(event.head().file_offset);
    envelope.timestamps.emplace_back("event_time", event.time_created());
    const std::string record = context_.emit(kEvent, kEventFields, row, envelope);
    ++row_.events_told;
    remember_clearing(event, id, record);
    state_fact(event, id, record);
  }

  void state_fact(evtx::Event& event, std::uint32_t id, const std::string& record) {
    const auto value = [&](std::string_view name) -> std::optional<std::string> {
      const auto found = event.data(name);
      return found ? std::optional{found->text()} : std::nullopt;
    };
    auto fact = fact_of_event({event.channel(), event.text(evtx::SystemField::user_id), id,
                               event.time_created(), !event.is_recovered(), value});
    if (!fact) return;
    fact->record = record;
    context_.state(*std::move(fact));
  }

  /// Security 1102 and System 104: the first record of a log after it was cleared, or its notice.
  void remember_clearing(evtx::Event& event, std::uint32_t id, const std::string& record) {
    const bool security = id == 1102 && equals_fold(event.channel(), "Security");
    const bool other = id == 104 && equals_fold(event.channel(), "System");
    if (!security && !other) return;
    Cleared cleared;
    const auto text = [&](const char* name) {
      const auto value = event.data(name);
      return value ? value->text() : std::string{};
    };
    cleared.log = security ? "Security" : text("Channel");
    cleared.account = text("SubjectDomainName") + "\\" + text("SubjectUserName");
    cleared.record = record;
    cleared.time = event.time_created();
    cleared_.push_back(std::move(cleared));
  }

  Envelope envelope_of(std::optional<std::uint64_t> offset) const {
    Envelope envelope;
    // On a running system the preserved copy is read at another moment, and is another.
    if (context_.source().kind() != "live") envelope.origin.artifact = artifact_;
    envelope.origin.offset = offset;
    return envelope;
  }

  std::string emit() {
    Envelope envelope = envelope_of(std::nullopt);
    envelope.timestamps.emplace_back("first_event", row_.first_time);
    envelope.timestamps.emplace_back("last_event", row_.last_time);
    return context_.emit(kLog, kLogFields, row_, envelope);
  }

  void judge(const std::string& log_record) {
    report_cleared();
    // Of a damaged log nobody needs to have taken anything; a short one may be an export.
    if (row_.missing_ids == 0 || row_.damaged_chunks != 0 || row_.problems != 0) return;
    Finding finding;
    finding.rule = "event_logs.missing_records";
    finding.title = "Records are missing inside an event log";
    finding.subject = row_.path;
    finding.why.push_back(
        {std::to_string(row_.missing_ids) + " numbers of records between " +
             std::to_string(*row_.first_id) + " and " + std::to_string(*row_.last_id) +
             " are not there, the first are " + std::to_string(row_.gaps.front().first) + " to " +
             std::to_string(row_.gaps.front().last) + ", and no chunk of the log is damaged.",
         30,
         Family::content,
         {log_record}});
    finding.attack = {"T1070.001"};
    finding.benign = {"A log that was exported with a filter holds only what the filter let pass."};
    finding.next = {
        "Whether what happened around that time is in other logs, or in the slack of "
        "this one (records with another place than live)."};
    context_.report(std::move(finding));
  }

  void report_cleared() {
    for (const Cleared& cleared : cleared_) {
      Finding finding;
      finding.rule = "event_logs.cleared";
      finding.title = "An event log was cleared";
      finding.subject = cleared.log;
      finding.why.push_back({"The log " + (cleared.log.empty() ? "(not named)" : cleared.log) +
                                 " was cleared by " + cleared.account + " at " +
                                 cleared.time.iso8601() + ": what it held before is gone.",
                             is_important(cleared.log) ? 45 : 20,
                             Family::content,
                             {cleared.record}});
      finding.attack = {"T1070.001"};
      finding.benign = {
          "Administrators clear logs when they set up a machine or test it; some "
          "installers clear their own."};
      finding.not_checked = {
          "Copies of the log: shadow copies, a log collector, *.evtx files that "
          "were archived beside it."};
      finding.next = {"Who was logged on then (topic logon), and what else happened just before."};
      context_.report(std::move(finding));
    }
  }
  static bool is_important(std::string_view log) {
    constexpr std::string_view kLogs[] = {"Security",
                                          "System",
                                          "Application",
                                          "Windows PowerShell",
                                          "Microsoft-Windows-PowerShell/Operational",
                                          "Microsoft-Windows-Sysmon/Operational",
                                          "Microsoft-Windows-TaskScheduler/Operational",
                                          "Microsoft-Windows-Windows Defender/Operational"};
    return std::any_of(std::begin(kLogs), std::end(kLogs),
                       [&](std::string_view known) { return equals_fold(known, log); });
  }

  void note(const Error& error) {
    if (++row_.problems > kMaxNotes) return;
    Error told = error;
    told.what = row_.path + ": " + told.what;
    context_.note(std::move(told));
  }
  void tell_rest() {
    if (row_.problems > kMaxNotes)
      context_.note({Errc::limit, row_.path + ": " + std::to_string(row_.problems - kMaxNotes) +
                                      " further problems, not listed"});
  }

  ModuleContext& context_;
  std::uint32_t artifact_;
  LogRow row_;
  Sequence sequence_;
  DataText data_;
  std::string data_text_;
  std::vector<Cleared> cleared_;
  std::uint64_t seen_ = 0;
};

Result<void> run(ModuleContext& context) {
  each_trace_name(
      context, kPattern, [&](const FileInfo& file, const UserProfile* /*user*/, std::size_t) {
        const auto artifact = context.collect(file.path, "Event log", Priority::crown_jewels);
        LogReader{context, file, artifact.row}.read(file.path);
        return true;
      });
  return {};
}

}  // namespace

extern const ModuleSpec event_logs;
const ModuleSpec event_logs{"event_logs",
                            "Event logs: the events that matter, how far each log reaches, and "
                            "whether it was cleared.",
                            kKinds,
                            kReferences,
                            kAttack,
                            run};

}  // namespace hozen::modules
