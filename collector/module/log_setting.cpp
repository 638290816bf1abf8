#include "collector/module/log_setting.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {

std::string_view to_text(LogPlace place) {
  switch (place) {
    case LogPlace::channel:
      return "channel";
    case LogPlace::classic:
      return "classic";
    case LogPlace::policy:
      return "policy";
  }
  return "channel";
}

namespace log_fields {

/// They begin with their names: "Enabled (REG_SZ): no", "AutoBackupLogFiles (REG_NONE): ".
Absent why_absent(const std::vector<std::string>& odd_values, std::string_view name) {
  const bool is_odd = std::ranges::any_of(
      odd_values, [&](const std::string& one) { return starts_with_fold(one, name); });
  return is_odd ? Absent::unparsable : Absent::not_present;
}

/// EVT_CHANNEL_TYPE.
void write_type(const LogSetting& row, Cell& cell) {
  constexpr std::array<std::string_view, 4> kTypes{"admin", "operational", "analytic", "debug"};
  if (!row.type) return cell.absent(why_absent(row.odd_values, "Type"));
  cell.text(*row.type < kTypes.size() ? std::string{kTypes.at(*row.type)}
                                      : std::to_string(*row.type));
}

void write_access(const LogSetting& row, Cell& cell) {
  const Absent access = why_absent(row.odd_values, "ChannelAccess");
  text_or_absent(cell, row.channel_access,
                 access == Absent::unparsable ? access : why_absent(row.odd_values, "CustomSD"));
}

void write_disabled(const LogSession& row, Cell& cell) {
  std::vector<std::string> guids;
  guids.reserve(row.disabled.size());
  for (const LogSession::Provider& provider : row.disabled) guids.push_back(provider.guid);
  optional_texts(guids, cell);
}

}  // namespace log_fields
}  // namespace hozen
