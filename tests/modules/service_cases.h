// Services as installers make them, and how their tests look at what the module did with them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/modules/persistence_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec services;
}  // namespace modules

inline constexpr std::string_view kServices = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\";
inline constexpr std::string_view kSvchostKey =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Svchost";
inline constexpr std::string_view kNetsvcs = "%SystemRoot%\\system32\\svchost.exe -k netsvcs -p";
/// A failure command is the second action.
inline constexpr std::string_view kCommandAfterRestart =
    "80 51 01 00 00 00 00 00 01 00 00 00 02 00 00 00 14 00 00 00 "
    "01 00 00 00 60 ea 00 00 03 00 00 00 00 00 00 00";

inline std::string key_of(std::string_view name, std::string_view below = "") {
  return std::string{kServices} + std::string{name} + std::string{below};
}

/// A service as installers make it.
inline fake::FakeWindows& add(fake::FakeWindows& windows, std::string_view name,
                              std::string_view image, std::uint32_t type = 0x10,
                              std::uint32_t start = 2) {
  if (!image.empty()) windows.value(key_of(name), "ImagePath", fake::expand_sz(image));
  return windows.value(key_of(name), "Type", fake::dword(type))
      .value(key_of(name), "Start", fake::dword(start))
      .value(key_of(name), "ErrorControl", fake::dword(1))
      .value(key_of(name), "ObjectName", fake::sz("LocalSystem"));
}

/// A service of svchost.exe, listed in its group.
inline fake::FakeWindows& add_shared(fake::FakeWindows& windows, std::string_view name,
                                     std::string_view library) {
  add(windows, name, kNetsvcs, 0x20);
  return windows.value(key_of(name, "\\Parameters"), "ServiceDll", fake::expand_sz(library))
      .value(kSvchostKey, "netsvcs", fake::multi_sz({std::string{name}, "Ias", "Nla"}));
}

inline const fake::Record& record_of(const ModuleRun& run, std::string_view name) {
  const auto* record = run.context->record({{"name", name}});
  EXPECT_NE(record, nullptr) << name;
  static const fake::Record none;
  return record != nullptr ? *record : none;
}

inline ModuleRun run_services(const fake::FakeWindows& windows) {
  return run_module(modules::services, windows);
}

/// Rule and severity of the only finding, "" when there is none.
inline std::string only_finding(const ModuleRun& run) {
  if (run.context->findings.empty()) return "";
  if (run.context->findings.size() > 1) return fake::summary_of(run.context->findings);
  const Finding& finding = run.context->findings[0];
  return finding.rule + " " + std::string{to_text(severity_of(finding))};
}

inline bool has_rule_text(const Finding& finding, std::string_view text) {
  return std::any_of(finding.why.begin(), finding.why.end(),
                     [&](const Why& why) { return why.fact.find(text) != std::string::npos; });
}

}  // namespace hozen
