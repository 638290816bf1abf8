#include "collector/cli/parse_event_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "collector/base/json_object.h"
#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/cli/event_log_text.h"
#include "collector/formats/evtx.h"
#include "collector/formats/evtx_print.h"

namespace hozen::cli {
namespace {

constexpr std::size_t kPieceBytes = 128u << 10;
/// What the events of one chunk may take; real chunks take some hundreds of KiB. Of events behind
/// it only the headers are printed.
constexpr std::size_t kMaxChunkText = 32u << 20;

/// What both forms of output share.
class LogPrinter {
 public:
  LogPrinter(std::string_view source, LineBuffer& lines)
      : source_{source}, lines_{lines}, out_{2 * kPieceBytes} {}

 protected:
  bool end_line() {
    out_.put('\n');
    return out_.size() < kPieceBytes || hand_on();
  }
  bool hand_on() {
    chunk_text_ += out_.size();
    const bool done = lines_.hand_on(out_.text());
    out_.clear();
    return done;
  }
  /// What the next event may take.
  std::size_t event_limit() const {
    const std::size_t taken = chunk_text_ + out_.size();
    return taken >= kMaxChunkText ? 0 : std::min(evtx::kMaxRecordText, kMaxChunkText - taken);
  }
  void begin_chunk() { chunk_text_ = 0; }
  bool is_listed() { return ++problems_ <= kMaxListedProblems; }

  std::string_view source_;
  LineBuffer& lines_;
  TextOut out_;
  std::uint64_t problems_ = 0;

 private:
  std::size_t chunk_text_ = 0;
};

class JsonPrinter : private LogPrinter {
 public:
  JsonPrinter(std::string_view source, LineBuffer& lines) : LogPrinter{source, lines} {
    std::string text;
    append_json_string(text, source);
    event_prefix_ = "{\"kind\":\"event\",\"source\":" + text + ",\"record_id\":";
  }

  std::uint64_t run(evtx::EventLog& log) {
    print_head(log.header());
    const auto event = [&](evtx::Event& one) { return print_event(one); };
    const auto chunk = [&](const evtx::ChunkInfo& one) { print_chunk(one); };
    const auto problem = [&](const Error& one) { print(one); };
    const evtx::Counts counts = log.for_each_record({event, chunk, problem});
    if (problems_ > kMaxListedProblems)
      print_line({Errc::limit, further_problems(problems_), std::nullopt});
    print_end(counts);
    hand_on();
    return problems_;
  }

 private:
  /// A record of the kind whose members `write` adds.
  template <class Write>
  void line(std::string_view kind, Write write) {
    std::string text;
    {
      JsonObject object{text};
      object.text("kind", kind);
      append_json_string(object.key("source"), source_);
      write(object);
    }
    out_.append(text);
    end_line();
  }

  void print_head(const evtx::FileHeader& header) {
    line("event_log", [&](JsonObject& object) {
      object.text("format", "evtx");
      object.text("version", std::to_string(header.major) + "." + std::to_string(header.minor));
      object.number("chunks", header.chunks);
      object.number("next_record_id", header.next_record_id);
      object.number("flags", header.flags);
      object.boolean("dirty", header.is_dirty());
      object.boolean("full", header.is_full());
      object.boolean("checksum_ok", header.checksum_ok);
    });
  }

  void print_chunk(const evtx::ChunkInfo& chunk) {
    line("event_log_chunk", [&](JsonObject& object) {
      object.number("first_record", chunk.first_id);
      object.number("last_record", chunk.last_id);
      object.number("flags", chunk.flags);
      object.boolean("signature_ok", chunk.has_signature);
      object.boolean("counted", chunk.counted);
      object.boolean("cut", chunk.cut);
      object.boolean("header_checksum_ok", chunk.header_checksum_ok);
      object.boolean("records_checksum_ok", chunk.records_checksum_ok);
      object.number("records", chunk.records);
      object.number("recovered", chunk.recovered);
      object.number("offset", chunk.file_offset);
    });
    begin_chunk();
  }

  void print_end(const evtx::Counts& counts) {
    line("event_log_end", [&](JsonObject& object) {
      object.number("records", counts.records);
      object.number("recovered", counts.recovered);
      object.number("chunks", counts.chunks);
      object.number("uncounted_chunks", counts.uncounted_chunks);
      object.number("problems", problems_);
    });
  }

  void print(const Error& problem) {
    if (is_listed()) print_line(problem);
  }

  void print_line(const Error& problem) {
    line("problem", [&](JsonObject& object) {
      object.text("what", problem.what);
      object.text("reason", to_text(problem.code));
      object.number("offset", problem.offset);
    });
  }

  void number(std::uint64_t value) {
    char* const at = out_.room(24);
    out_.commit(std::to_chars(at, at + 24, value).ptr);
  }

  void time(FileTime value) {
    if (!value.is_set()) return out_.append("null");
    if (value != last_time_) {
      last_time_ = value;
      last_time_text_[0] = '"';
      char* const end = value.write_iso8601(last_time_text_.data() + 1);
      *end = '"';
      last_time_bytes_ = static_cast<std::size_t>(end + 1 - last_time_text_.data());
    }
    out_.append({last_time_text_.data(), last_time_bytes_});
  }

  void text(std::string_view name, evtx::Event& event, evtx::SystemField field) {
    out_.append(name);
    const evtx::Value value = event.system(field);
    evtx::append_json(out_, value);
  }

  bool print_event(evtx::Event& event) {
    const evtx::RecordHead& head = event.head();
    out_.append(event_prefix_);
    number(head.record_id);
    out_.append(",\"time_created\":");
    time(event.time_created());
    out_.append(",\"written\":");
    time(head.written);
    text(",\"provider\":", event, evtx::SystemField::provider);
    out_.append(",\"event_id\":");
    if (const auto id = event.event_id())
      number(*id);
    else
      out_.append("null");
    text(",\"channel\":", event, evtx::SystemField::channel);
    text(",\"computer\":", event, evtx::SystemField::computer);
    out_.append(event.is_recovered() ? ",\"recovered\":true" : ",\"recovered\":false");
    if (event.is_recovered()) print_place(head);
    out_.append(",\"offset\":");
    number(head.file_offset);
    out_.put(',');
    evtx::append_event_json(out_, event, event_limit());
    if (event.fault()) print_fault(*event.fault());
    out_.put('}');
    const bool go_on = end_line();
    if (event.fault() && !event.is_recovered()) print(*event.fault());
    return go_on && !lines_.failed();
  }

  /// What is left of an old record is often not whole: that is no damage of the log.
  void print_fault(const Error& fault) {
    out_.append(",\"damaged\":true,\"fault\":");
    std::string text;
    append_json_string(text, fault.what);
    out_.append(text);
    if (!fault.offset) return;
    out_.append(",\"fault_offset\":");
    number(*fault.offset);
  }

  void print_place(const evtx::RecordHead& head) {
    out_.append(",\"place\":\"");
    out_.append(to_text(head.place));
    out_.put('"');
    if (head.place != evtx::RecordPlace::hidden) return;
    out_.append(",\"hidden_in\":");
    number(head.hidden_in);
  }

  std::string event_prefix_;
  FileTime last_time_{};
  std::array<char, 2 + FileTime::kIsoBytes> last_time_text_{};
  std::size_t last_time_bytes_ = 0;
};

class XmlPrinter : private LogPrinter {
 public:
  using LogPrinter::LogPrinter;

  std::uint64_t run(evtx::EventLog& log) {
    comment("log " + quoted(source_));
    const auto event = [&](evtx::Event& one) { return print_event(one); };
    const auto chunk = [&](const evtx::ChunkInfo&) { begin_chunk(); };
    const auto problem = [&](const Error& one) { print(one); };
    log.for_each_record({event, chunk, problem});
    if (problems_ > kMaxListedProblems) comment("problem: " + further_problems(problems_));
    hand_on();
    return problems_;
  }

 private:
  void comment(std::string_view text) {
    append_xml_comment(out_, text);
    end_line();
  }

  void print(const Error& problem) {
    if (is_listed()) comment("problem: " + problem.text());
  }

  bool print_event(evtx::Event& event) {
    const evtx::RecordHead& head = event.head();
    const std::string place = "record " + std::to_string(head.record_id) + " at offset " +
                              std::to_string(head.file_offset);
    if (event.is_recovered())
      comment("recovered (" + std::string{to_text(head.place)} + "): " + place);
    bool go_on = true;
    if (evtx::append_event_xml(out_, event, event_limit()))
      go_on = end_line();
    else
      comment("no content could be read: " + place + ", written " + head.written.iso8601());
    if (event.fault() && event.is_recovered()) comment("fault: " + event.fault()->text());
    if (event.fault() && !event.is_recovered()) print(*event.fault());
    return go_on && !lines_.failed();
  }
};

}  // namespace

Result<std::uint64_t> print_event_log(ByteSource& file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(auto log, evtx::EventLog::open(file));
  return JsonPrinter{source, out}.run(log);
}

Result<std::uint64_t> print_event_log_xml(ByteSource& file, std::string_view source,
                                          LineBuffer& out) {
  HOZEN_TRY(auto log, evtx::EventLog::open(file));
  return XmlPrinter{source, out}.run(log);
}

}  // namespace hozen::cli
