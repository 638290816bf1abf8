// Helpers for tests of rules that join what several modules state.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/builders/evtx_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {

/// Runs the modules in turn over one fake machine, then judges with the last one. Findings and
/// records of all of them are in the context.
inline ModuleRun run_and_judge(const std::vector<const ModuleSpec*>& modules,
                               const fake::FakeWindows& windows) {
  ModuleRun run{windows.machine(), nullptr};
  run.context = std::make_unique<fake::Context>(run.machine);
  for (const ModuleSpec* module : modules)
    if (const auto result = module->run(*run.context); !result)
      run.context->notes.push_back(result.error());
  run.context->stated.settle();
  if (const auto result = modules.back()->judge(*run.context); !result)
    run.context->notes.push_back(result.error());
  return run;
}

inline std::vector<const Finding*> findings_of(const ModuleRun& run, std::string_view rule) {
  std::vector<const Finding*> found;
  for (const Finding& finding : run.context->findings)
    if (finding.rule == rule) found.push_back(&finding);
  return found;
}

/// All sentences of a finding.
inline std::string story_of(const Finding& finding) {
  std::string story;
  for (const Why& why : finding.why) story += why.fact + "\n";
  return story;
}

/// An event with texts as its values, `seconds` after a fixed start.
inline builders::EvtxEvent text_event(std::string channel, std::uint16_t id, double seconds,
                                      const std::vector<std::pair<std::string, std::string>>& data,
                                      std::string provider = {}) {
  constexpr std::uint64_t kStart = 133'000'000'000'000'000;
  builders::EvtxEvent event;
  event.provider = std::move(provider);
  event.event_id = id;
  event.channel = std::move(channel);
  const auto ticks = static_cast<std::int64_t>(seconds * kTicksPerSecond);  // may be negative
  event.time = FileTime{kStart + static_cast<std::uint64_t>(ticks)};
  for (const auto& [name, text] : data) event.data.emplace_back(name, builders::evtx_text(text));
  return event;
}

}  // namespace hozen
