// Event logs of a fake machine, and modules that judge what they state.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/builders/evtx_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs;
}  // namespace modules

using Texts = std::vector<std::pair<std::string, std::string>>;

/// Events of several channels, in one log a channel; times count seconds.
class EventWorld {
 public:
  EventWorld& add(std::string_view channel, std::uint16_t id, double seconds, const Texts& texts,
                  bool refused = false) {
    builders::EvtxEvent event;
    if (refused) event.keywords = 0x8010000000000000;
    event.channel = channel;
    event.event_id = id;
    event.time = moment(seconds);
    for (const auto& [name, text] : texts) event.data.emplace_back(name, builders::evtx_text(text));
    logs_[std::string{channel}].event(event);
    return *this;
  }
  EventWorld& security(std::uint16_t id, double seconds, const Texts& texts) {
    return add("Security", id, seconds, texts);
  }
  /// An audit failure.
  EventWorld& refused(std::uint16_t id, double seconds, const Texts& texts) {
    return add("Security", id, seconds, texts, true);
  }
  EventWorld& sysmon(std::uint16_t id, double seconds, const Texts& texts) {
    return add("Microsoft-Windows-Sysmon/Operational", id, seconds, texts);
  }

  static FileTime moment(double seconds) {
    const auto ticks = static_cast<std::int64_t>(seconds * static_cast<double>(kTicksPerSecond));
    return FileTime{static_cast<std::uint64_t>(133'000'000'000'000'000 + ticks)};
  }

  /// The events and then `module` over a machine that has these logs.
  ModuleRun run(const ModuleSpec& module) {
    std::size_t number = 0;
    for (const auto& [channel, log] : logs_)
      windows.file("C:\\Windows\\System32\\winevt\\Logs\\" + std::to_string(number++) + ".evtx", "")
          .bytes = log.bytes();
    ModuleRun run = run_module(modules::event_logs, windows);
    judge(run, module);
    return run;
  }

  /// `module` over the evidence of a run, and what it states with it.
  static void judge(ModuleRun& run, const ModuleSpec& module) {
    run.context->findings.clear();
    const auto ran = module.run(*run.context);
    EXPECT_TRUE(ran) << (ran ? "" : ran.error().text());
    run.context->stated.settle();
    const auto judged = module.judge(*run.context);
    EXPECT_TRUE(judged) << (judged ? "" : judged.error().text());
  }

  fake::FakeWindows windows;

 private:
  std::map<std::string, builders::EvtxBuilder> logs_;
};

inline std::vector<std::string> rules_of(const ModuleRun& run) {
  std::vector<std::string> rules;
  for (const Finding& finding : run.context->findings)
    rules.push_back(finding.rule + " " + std::string{to_text(severity_of(finding))});
  return rules;
}

}  // namespace hozen
