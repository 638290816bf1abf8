// From an autostart entry and the rules that held to a finding.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/asep_evidence.h"
#include "collector/module/finding.h"
#include "collector/module/rules.h"

namespace hozen {

struct AsepCase {
  std::string_view module;  ///< first part of the finding's rule
  const AsepEntry* entry = nullptr;
  std::string record;  ///< id of the entry's record
  EvidencePath windows{};
  FileTime reference_time{};
  const FileInfo* file = nullptr;                      ///< of the target, nullptr when not known
  std::vector<std::optional<FileInfo>> other_files{};  ///< of the further commands of the line
};

/// What holds for an entry of any location: a place that is unusual by itself, hidden names and
/// data, a name borrowed from Windows, a script kept in the registry, a library outside the
/// system's folders.
std::vector<RuleHit> assess_entry(const AsepCase& one);

/// What a shortcut's own form says, whatever it starts.
void judge_shortcuts(const AsepEntry& entry, std::vector<RuleHit>& hits);

/// One finding for one entry: `own` (rules of the module), assess_entry and the shared rules
/// together. Nothing when nothing scores, for Windows' own defaults (unless `own` or hidden data
/// say otherwise). In a control set that Windows neither runs from nor starts from next, what the
/// current one lacks is at most low; what it says too, and deleted values, are nothing.
std::optional<Finding> judge_entry(const AsepCase& one, std::vector<RuleHit> own);

/// Judges and reports.
void report_entry(ModuleContext& context, AsepEvidence& evidence, std::string_view module,
                  const AsepEntry& entry, const std::string& record, std::vector<RuleHit> own);

}  // namespace hozen
