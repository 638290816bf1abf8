#include "collector/engine/record_line.h"

#include "collector/base/json_text.h"
#include "collector/engine/artifact_row.h"

namespace hozen {
namespace {

/// Begins a member of an object that may be empty yet.
void append_name(std::string& json, std::string_view name) {
  if (json.back() != '{') json += ',';
  json += '"';
  json += name;
  json += "\":";
}

void append_text(std::string& json, std::string_view name, std::string_view wtf8) {
  append_name(json, name);
  if (append_json_string(json, wtf8)) return;
  append_name(json, std::string{name} + "_utf16");
  append_json_utf16_hex(json, wtf8);
}

void append_source(std::string& line, const Origin& origin) {
  line += ",\"source\":{";
  if (origin.artifact) {
    append_name(line, "artifact");
    append_json_number(line, std::uint64_t{*origin.artifact});
  }
  if (!origin.key.empty()) append_text(line, "key", origin.key);
  if (origin.offset) {
    append_name(line, "offset");
    append_json_number(line, *origin.offset);
  }
  line += '}';
}

void append_timestamps(std::string& line, const Envelope& envelope) {
  line += ",\"timestamps\":{";
  for (const auto& [name, time] : envelope.timestamps) {
    append_name(line, name);
    append_json_time(line, time);
  }
  line += '}';
}

}  // namespace

void begin_record_line(std::string& line, std::string_view record_id, std::string_view kind,
                       View view, const Envelope& envelope, std::string_view other_host) {
  line = "{\"record\":";
  append_json_string(line, record_id);
  append_text_member(line, "kind", kind);
  append_source(line, envelope.origin);
  append_text_member(line, "view", to_text(view));
  append_timestamps(line, envelope);
  if (!other_host.empty()) append_text(line, "other_host", other_host);
  if (envelope.user_sid.empty() && envelope.user_name.empty()) return;
  line += ",\"user\":{";
  if (!envelope.user_sid.empty()) append_text(line, "sid", envelope.user_sid);
  if (!envelope.user_name.empty()) append_text(line, "name", envelope.user_name);
  line += '}';
}

}  // namespace hozen
