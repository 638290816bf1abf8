// Helpers for tests of what was packed and sent away.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/module/fact.h"
#include "tests/modules/judge_cases.h"

namespace hozen {

inline constexpr std::int64_t kDaySeconds = 86'400;

using FactTexts = std::vector<std::pair<std::string_view, std::string>>;

inline Fact hand_made(FactKind kind, FileTime time, std::string subject, std::string record,
                      const FactTexts& values) {
  Fact fact;
  fact.kind = kind;
  fact.time = time;
  fact.subject = std::move(subject);
  fact.record = std::move(record);
  for (const auto& [name, value] : values) fact.values.add(name, value);
  return fact;
}

/// As the module usn_journal states it.
inline Fact usn_fact(std::string_view reason, FileTime time, const std::string& path,
                     FactTexts more = {}) {
  more.emplace_back("source", "usn");
  more.emplace_back("reason", reason);
  return hand_made(FactKind::file_change, time, path, "usn-" + path, more);
}

/// As the module archives states it.
inline Fact archive_fact(FileTime created, const std::string& path, std::uint64_t size,
                         FactTexts more = {}) {
  more.emplace_back("format", "rar");
  more.emplace_back("size", std::to_string(size));
  more.emplace_back("created", created.iso8601());
  return hand_made(FactKind::archive, created, path, "archive-" + path, more);
}

inline Fact process_fact(FileTime time, const std::string& image, const std::string& line,
                         FactTexts more = {}) {
  more.emplace_back("CommandLine", line);
  more.emplace_back("User", "PC\\eve");
  return hand_made(FactKind::process, time, image, "process-" + time.iso8601(), more);
}

/// Judges with `module` over these facts alone.
inline ModuleRun judge_facts(const ModuleSpec& module, std::vector<Fact> facts) {
  ModuleRun run{fake::FakeWindows{}.machine(), nullptr};
  run.context = std::make_unique<fake::Context>(run.machine);
  for (Fact& fact : facts) run.context->stated.add(std::move(fact));
  run.context->stated.settle();
  if (const auto result = module.judge(*run.context); !result)
    run.context->notes.push_back(result.error());
  return run;
}

/// Of all findings; info where there is none.
inline Severity highest(const ModuleRun& run) {
  Severity highest = Severity::info;
  for (const Finding& finding : run.context->findings)
    highest = std::max(highest, severity_of(finding));
  return highest;
}

/// Text of all there is of a finding.
inline std::string all_of(const Finding& finding) {
  std::string text = finding.title + "\n" + finding.subject + "\n" + story_of(finding);
  for (const auto* list : {&finding.not_checked, &finding.benign, &finding.next})
    for (const std::string& one : *list) text += one + "\n";
  return text;
}

}  // namespace hozen
