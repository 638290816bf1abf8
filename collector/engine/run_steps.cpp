#include "collector/engine/run_steps.h"

#include "collector/base/json_text.h"
#include "collector/engine/artifact_row.h"
#include "collector/engine/json_read.h"

namespace hozen {

void append_run_step(std::string& json, const RunStep& step) {
  json += "{\"record\":\"steps-";
  append_json_number(json, step.number);
  json += "\",\"kind\":\"run_step\"";
  append_text_member(json, "step", step.kind);
  append_text_member(json, "name", step.name);
  append_text_member(json, "outcome", step.outcome);
  json += ",\"count\":";
  append_json_number(json, step.count);
  json += ",\"elapsed_ticks\":";
  append_json_number(json, step.elapsed_ticks);
  json += '}';
}

std::optional<RunStep> parse_run_step(std::string_view line) {
  const Json row = parse_json(line);
  if (!row.is_object()) return std::nullopt;
  RunStep step;
  step.kind = json_text(row, "step");
  step.name = json_text(row, "name");
  step.outcome = json_text(row, "outcome");
  if (step.kind.empty() || step.name.empty()) return std::nullopt;
  return step;
}

}  // namespace hozen
