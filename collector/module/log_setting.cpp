#include "collector/module/log_setting.h"

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

/// EVT_CHANNEL_TYPE.
void write_type(const LogSetting& row, Cell& cell) {
  constexpr std::array<std::string_view, 4> kTypes{"admin", "operational", "analytic", "debug"};
  if (!row.type) return cell.absent(Absent::not_present);
  cell.text(*row.type < kTypes.size() ? std::string{kTypes.at(*row.type)}
                                      : std::to_string(*row.type));
}

void write_disabled(const LogSession& row, Cell& cell) {
  std::vector<std::string> guids;
  guids.reserve(row.disabled.size());
  for (const LogSession::Provider& provider : row.disabled) guids.push_back(provider.guid);
  optional_texts(guids, cell);
}

}  // namespace log_fields
}  // namespace hozen
