// Events of services that are installed from other hosts.
#pragma once

#include <string>
#include <vector>

#include "tests/modules/lateral_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec psexec, remote_tasks_and_wmi;
}  // namespace modules

/// Findings of this module, and with a '+' before them those of the module psexec.
inline std::vector<std::string> told(EventWorld& world) {
  std::vector<std::string> rules;
  for (const std::string& rule : rules_of(world.run(modules::remote_tasks_and_wmi)))
    rules.push_back(rule.substr(std::string_view{"remote_tasks_and_wmi."}.size()));
  for (const std::string& rule : rules_of(world.run(modules::psexec))) rules.push_back("+" + rule);
  return rules;
}

inline Texts logon(const std::string& type = "3", const std::string& id = "0x77",
                   const std::string& user = "eve", const std::string& address = "10.0.0.5") {
  return {{"TargetUserName", user},
          {"TargetDomainName", "CORP"},
          {"TargetLogonId", id},
          {"LogonType", type},
          {"IpAddress", address},
          {"WorkstationName", "PC1"},
          {"TargetUserSid", "S-1-5-21-1-2-3-1001"},
          {"AuthenticationPackageName", "NTLM"}};
}
inline Texts share(const std::string& name, const std::string& target,
                   const std::string& mask = "0x2", const std::string& id = "0x77",
                   const std::string& user = "eve",
                   const std::string& address = "::ffff:10.0.0.5") {
  return {{"SubjectUserName", user},
          {"SubjectDomainName", "CORP"},
          {"SubjectLogonId", id},
          {"ShareName", "\\\\*\\" + name},
          {"RelativeTargetName", target},
          {"IpAddress", address},
          {"AccessMask", mask}};
}
inline Texts service(const std::string& name, const std::string& image,
                     const std::string& start = "demand start") {
  return {{"ServiceName", name},
          {"ImagePath", image},
          {"ServiceType", "user mode service"},
          {"StartType", start},
          {"AccountName", "LocalSystem"}};
}
inline Texts audited(const std::string& name, const std::string& image,
                     const std::string& start = "3") {
  return {{"SubjectUserName", "eve"}, {"SubjectDomainName", "CORP"}, {"SubjectLogonId", "0x77"},
          {"ServiceName", name},      {"ServiceFileName", image},    {"ServiceStartType", start}};
}
inline const std::string kFile = "%systemroot%\\update.exe";

}  // namespace hozen
