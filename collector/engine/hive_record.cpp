#include "collector/engine/hive_record.h"

#include "collector/base/json_text.h"
#include "collector/engine/artifact_row.h"

namespace hozen {
namespace {

void append_count(std::string& json, std::string_view name, std::uint64_t number) {
  json.append(",\"").append(name).append("\":");
  append_json_number(json, number);
}

}  // namespace

void append_hive_record(std::string& json, std::size_t number, const HiveRead& hive) {
  json += "{\"record\":\"registry_hives-";
  append_json_number(json, number);
  json += "\",\"kind\":\"registry_hive\",\"source\":{\"artifact\":";
  append_json_number(json, std::uint64_t{hive.artifact});
  json += "},\"view\":\"raw\"";
  append_text_member(json, "file", hive.file.text());
  append_text_member(json, "role", to_text(hive.role));
  append_text_member(json, "state", to_text(hive.state));
  append_text_member(json, "version", hive.version);
  append_count(json, "sequence1", hive.sequence1);
  append_count(json, "sequence2", hive.sequence2);
  append_text_member(json, "embedded_name", hive.embedded_name);
  if (hive.last_written.is_set())
    append_text_member(json, "last_written", hive.last_written.iso8601());
  if (hive.replay) {
    json += ",\"replay\":{\"entries\":";
    append_json_number(json, std::uint64_t{hive.replay->entries_applied});
    append_count(json, "pages", hive.replay->pages_applied);
    append_count(json, "logs", hive.replay->logs_used);
    append_count(json, "last_sequence", hive.replay->last_sequence);
    json += '}';
  }
  append_count(json, "problems", hive.problems);
  json += '}';
}

}  // namespace hozen
