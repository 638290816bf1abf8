#include "collector/cli/parse_evt.h"

#include <string>

#include "collector/base/json_object.h"
#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/cli/event_log_text.h"
#include "collector/formats/evt.h"
#include "collector/formats/evt_print.h"

namespace hozen::cli {
namespace {

class JsonPrinter {
 public:
  JsonPrinter(std::string_view source, LineBuffer& lines) : source_{source}, lines_{lines} {}

  std::uint64_t run(evt::EventLog& log) {
    print_head(log);
    const auto event = [&](evt::Event& one) { return print_event(one); };
    const auto problem = [&](const Error& one) { print(one); };
    const evt::Counts counts = log.for_each_record({event, problem});
    if (problems_ > kMaxListedProblems)
      print_line({Errc::limit, further_problems(problems_), std::nullopt});
    line("event_log_end", [&](JsonObject& object) {
      object.number("records", counts.records);
      object.number("recovered", counts.recovered);
      object.number("damaged_areas", counts.damaged_areas);
      object.number("problems", problems_);
    });
    return problems_;
  }

 private:
  template <class Write>
  void line(std::string_view kind, Write write) {
    {
      JsonObject object{lines_.text()};
      object.text("kind", kind);
      append_json_string(object.key("source"), source_);
      write(object);
    }
    lines_.end_line();
  }

  void print_head(const evt::EventLog& log) {
    const evt::FileHeader& header = log.header();
    line("event_log", [&](JsonObject& object) {
      object.text("format", "evt");
      object.text("version", std::to_string(header.major) + "." + std::to_string(header.minor));
      object.boolean("header_ok", header.present);
      object.number("oldest_record_id", header.oldest_record);
      object.number("next_record_id", header.next_record);
      object.number("start_offset", header.start_offset);
      object.number("end_offset", header.end_offset);
      object.number("max_size", header.max_bytes);
      object.number("retention_seconds", header.retention_s);
      object.number("flags", header.flags);
      object.boolean("dirty", header.is_dirty());
      object.boolean("wrapped", header.is_wrapped());
      object.boolean("full", header.is_full());
      object.boolean("end_record_found", log.end_record().has_value());
      if (const auto& end = log.end_record()) {
        object.number("end_record_offset", end->file_offset);
        object.number("end_record_oldest_record_id", end->oldest_record);
        object.number("end_record_next_record_id", end->next_record);
      }
    });
  }

  bool print_event(const evt::Event& event) {
    const evt::RecordHead& head = event.head();
    line("event", [&](JsonObject& object) {
      object.number("record_id", head.record_number);
      append_json_time(object.key("time_created"), head.generated);
      append_json_time(object.key("written"), head.written);
      append_json_string(object.key("provider"), event.source());
      object.number("event_id", head.code());
      object.key("channel") += "null";  // only the name of the file tells it
      append_json_string(object.key("computer"), event.computer());
      object.boolean("recovered", event.is_recovered());
      if (event.is_recovered()) object.text("place", to_text(head.place));
      object.number("offset", head.file_offset);
      object.boolean("wraps", head.wraps());
      object.number("qualifiers", head.qualifiers());
      object.text("type", evt::type_text(head.type));
      object.number("type_number", head.type);
      object.number("category", head.category);
      object.text("user_sid", event.sid());
      evt::append_event_json(object.raw_members(), event);
      if (event.fault()) {
        object.boolean("damaged", true);
        object.text("fault", event.fault()->what);
        object.number("fault_offset", event.fault()->offset);
      }
    });
    if (event.fault() && !event.is_recovered()) print(*event.fault());
    return !lines_.failed();
  }

  void print(const Error& problem) {
    if (++problems_ <= kMaxListedProblems) print_line(problem);
  }
  void print_line(const Error& problem) {
    line("problem", [&](JsonObject& object) {
      object.text("what", problem.what);
      object.text("reason", to_text(problem.code));
      object.number("offset", problem.offset);
    });
  }

  std::string_view source_;
  LineBuffer& lines_;
  std::uint64_t problems_ = 0;
};

class XmlPrinter {
 public:
  XmlPrinter(std::string_view source, LineBuffer& lines) : source_{source}, lines_{lines} {}

  std::uint64_t run(evt::EventLog& log) {
    comment("log " + quoted(source_));
    const auto event = [&](evt::Event& one) { return print_event(one); };
    const auto problem = [&](const Error& one) { print(one); };
    log.for_each_record({event, problem});
    if (problems_ > kMaxListedProblems) comment("problem: " + further_problems(problems_));
    return problems_;
  }

 private:
  bool print_event(const evt::Event& event) {
    const evt::RecordHead& head = event.head();
    if (event.is_recovered())
      comment("recovered (" + std::string{to_text(head.place)} + "): record " +
              std::to_string(head.record_number) + " at offset " +
              std::to_string(head.file_offset));
    evt::append_event_xml(out_, event);
    end_line();
    if (event.fault() && event.is_recovered()) comment("fault: " + event.fault()->text());
    if (event.fault() && !event.is_recovered()) print(*event.fault());
    return !lines_.failed();
  }

  void comment(std::string_view text) {
    append_xml_comment(out_, text);
    end_line();
  }
  void end_line() {
    lines_.text() += out_.text();
    out_.clear();
    lines_.end_line();
  }
  void print(const Error& problem) {
    if (++problems_ <= kMaxListedProblems) comment("problem: " + problem.text());
  }

  std::string_view source_;
  LineBuffer& lines_;
  TextOut out_;
  std::uint64_t problems_ = 0;
};

}  // namespace

Result<std::uint64_t> print_evt(ByteSource& file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(auto log, evt::EventLog::open(file));
  return JsonPrinter{source, out}.run(log);
}

Result<std::uint64_t> print_evt_xml(ByteSource& file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(auto log, evt::EventLog::open(file));
  return XmlPrinter{source, out}.run(log);
}

}  // namespace hozen::cli
