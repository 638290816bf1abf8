// Helpers for tests of rules about stolen credentials.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec credential_theft, event_logs, powershell_history;
}  // namespace modules

using EventValues = std::vector<std::pair<std::string, std::string>>;

class CredentialTest : public testing::Test {
 protected:
  static constexpr const char* kSysmon = "Microsoft-Windows-Sysmon/Operational";

  void event(const std::string& channel, std::uint16_t id, double seconds, EventValues values,
             std::string provider = {}) {
    log_.event(text_event(channel, id, seconds, values, std::move(provider)));
  }
  void opened(const std::string& image, const std::string& mask, double seconds = 0,
              const std::string& trace = "C:\\Windows\\SYSTEM32\\ntdll.dll+9f844") {
    event(kSysmon, 10, seconds,
          {{"SourceProcessId", "4711"},
           {"SourceImage", image},
           {"TargetProcessId", "600"},
           {"TargetImage", "C:\\Windows\\system32\\lsass.exe"},
           {"GrantedAccess", mask},
           {"CallTrace", trace}});
  }
  void process(const std::string& image, const std::string& line, double seconds = 0,
               EventValues more = {}) {
    EventValues values{{"Image", image},
                       {"CommandLine", line},
                       {"ProcessId", "4711"},
                       {"ParentImage", "C:\\Windows\\System32\\cmd.exe"},
                       {"User", "PC\\eve"}};
    values.insert(values.end(), more.begin(), more.end());
    event(kSysmon, 1, seconds, values);
  }
  void script(const std::string& text, const std::string& path = "C:\\x.ps1") {
    event(
        "Microsoft-Windows-PowerShell/Operational", 4104, 0,
        {{"MessageNumber", "1"}, {"MessageTotal", "1"}, {"ScriptBlockText", text}, {"Path", path}});
  }
  void wrote(const std::string& image, const std::string& path, double seconds = 0) {
    event(kSysmon, 11, seconds, {{"Image", image}, {"TargetFilename", path}});
  }
  const ModuleRun& judge() {
    windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log_.bytes();
    run_.emplace(run_and_judge({&modules::event_logs, &modules::credential_theft}, windows));
    return *run_;
  }
  /// "rule severity" of each finding.
  std::vector<std::string> found() {
    std::vector<std::string> all;
    for (const Finding& finding : judge().context->findings)
      all.push_back(finding.rule.substr(finding.rule.find('.') + 1) + " " +
                    std::string{to_text(severity_of(finding))});
    return all;
  }
  const Finding& only() {
    const auto& findings = judge().context->findings;
    EXPECT_EQ(findings.size(), 1u) << fake::summary_of(findings);
    static const Finding kNone;
    return findings.empty() ? kNone : findings[0];
  }

  fake::FakeWindows windows;

 private:
  builders::EvtxBuilder log_;
  std::optional<ModuleRun> run_;
};

}  // namespace hozen
