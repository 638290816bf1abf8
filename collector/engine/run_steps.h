// records/steps.jsonl: what of its plan a run has finished. Each row is written when its step ends,
// in a segment of its own, so that an interrupted run tells how far it came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hozen {

constexpr std::string_view kStepsStream = "records/steps";
constexpr std::string_view kModuleStep = "module", kJudgeStep = "judge", kFindingsStep = "findings",
                           kFilesStep = "files";
constexpr std::string_view kAllFindings = "all";
constexpr std::string_view kStepComplete = "complete", kStepFailed = "failed",
                           kStepInterrupted = "interrupted";

struct RunStep {
  std::string kind;  ///< kModuleStep, kJudgeStep, kFindingsStep, kFilesStep
  std::string name;  ///< of the module; "all" findings; the priority of the files
  std::string
      outcome;  ///< kStepComplete; kStepFailed: see records/problems.jsonl; kStepInterrupted
  std::uint64_t number = 0;         ///< from 1, in the order of their ends
  std::uint64_t count = 0;          ///< records the module emitted; findings; files read so far
  std::uint64_t elapsed_ticks = 0;  ///< 100 ns
};

/// Appends the row as one JSON object.
void append_run_step(std::string& json, const RunStep& step);
/// Nothing when the line is not such a row.
std::optional<RunStep> parse_run_step(std::string_view line);

}  // namespace hozen
