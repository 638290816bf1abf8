// What the module psexec reports: findings of uses, of what is left of others, of attempts, starts
// and licences.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/module/fact.h"
#include "collector/module/finding.h"
#include "collector/module/remote_use.h"

namespace hozen {

/// `record`: the record of the use or start itself.
Finding finding_of_use(const RemoteUse& use, const std::string& record);
Finding finding_of_start(const RemoteStart& start, const std::string& record);
Finding finding_of_leftover(const RemoteLeftover& left);
Finding finding_of_attempt(const RemoteAttempt& attempt);

/// How many of `sorted` lie within a second of `time`.
std::uint64_t licences_at_once(const std::vector<FileTime>& sorted, FileTime time);
/// More licences at once than somebody accepts who starts tools: a script or a policy set them.
bool is_set_beforehand(std::uint64_t at_once);
/// Of licences of tools of Sysinternals, in the registry and as Sysmon saw them written.
std::vector<Finding> licence_findings(const FactBook& book);

}  // namespace hozen
