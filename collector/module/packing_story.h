// What was packed to be taken away, told as findings: one for each act, however many programs,
// volumes and logs tell of it.
#pragma once

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "collector/module/module.h"

namespace hozen {

/// Reports the acts of packing that look like staging, and archivers under other names that belong
/// to none of them.
void report_packing(ModuleContext& context);

/// Records of what a finding of report_packing() tells: another need not tell them.
struct ToldPacking {
  std::set<std::string> transfers{}, files{};
};
ToldPacking told_packing(const FactBook& book, const std::stop_token& stop = {});

/// A setting of WinRAR or 7-Zip as the registry has it.
struct ArchiverSetting {
  std::string_view program;
  std::string_view key, name;
  const std::optional<std::string>& value;
  bool is_secret = false;
};
/// Reports a program that WinRAR would start and that lies where it should not.
void judge_archiver_setting(ModuleContext& context, const ArchiverSetting& setting,
                            std::string_view user, const std::string& record);

}  // namespace hozen
