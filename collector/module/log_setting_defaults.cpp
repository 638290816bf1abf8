// What is known of logs and channels, of which log_setting_rules.h names the sources.
#include <algorithm>
#include <array>

#include "collector/base/text.h"
#include "collector/module/log_setting_rules.h"

namespace hozen {
namespace {

constexpr std::uint32_t kWindows7 = 7600, kWindows10 = 10240;

constexpr std::array kChannels{
    DefaultChannel{"Microsoft-Windows-PowerShell/Operational", kWindows10, 40,
                   "scripts and commands of PowerShell"},
    DefaultChannel{"Microsoft-Windows-Windows Defender/Operational", kWindows10, 40,
                   "what Defender found, and changes of its settings"},
    DefaultChannel{"Microsoft-Windows-Sysmon/Operational", 0, 40, "everything Sysmon tells"},
    DefaultChannel{"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", kWindows7,
                   40, "sessions of remote desktop with their addresses"},
    DefaultChannel{"Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
                   kWindows7, 40, "who came in by remote desktop"},
    DefaultChannel{"Microsoft-Windows-WMI-Activity/Operational", kWindows10, 25,
                   "permanent subscriptions of WMI"},
    DefaultChannel{"Microsoft-Windows-Bits-Client/Operational", kWindows10, 25,
                   "downloads by BITS"},
    DefaultChannel{"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", kWindows10,
                   25, "changes of the firewall's rules"},
    DefaultChannel{"Microsoft-Windows-CodeIntegrity/Operational", kWindows10, 25,
                   "drivers and libraries that Windows refused"},
    DefaultChannel{"Microsoft-Windows-WinRM/Operational", kWindows10, 25,
                   "sessions of remote PowerShell"},
    DefaultChannel{"Microsoft-Windows-SmbClient/Security", kWindows10, 25,
                   "refused logons at shares"},
    DefaultChannel{"Microsoft-Windows-Shell-Core/Operational", kWindows10, 25,
                   "programs that Run keys started"},
};

/// Logs of the service itself, of which Windows writes no Enabled.
constexpr std::array<std::string_view, 5> kClassicLogs{"Security", "System", "Application", "Setup",
                                                       "Windows PowerShell"};

struct Provider {
  std::string_view guid, name;
};
constexpr std::array kProviders{
    Provider{"{54849625-5478-4994-a5ba-3e3b0328c30d}", "Microsoft-Windows-Security-Auditing"},
    Provider{"{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", "Microsoft-Windows-Sysmon"},
    Provider{"{a0c1853b-5c40-4b15-8766-3cf1c58f985a}", "Microsoft-Windows-PowerShell"},
    Provider{"{11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78}", "Microsoft-Windows-Windows Defender"},
};

}  // namespace

std::span<const DefaultChannel> default_channels() { return kChannels; }

const DefaultChannel* default_channel(std::string_view log) {
  const auto found = std::ranges::find_if(
      kChannels, [&](const DefaultChannel& one) { return equals_fold(one.name, log); });
  return found != kChannels.end() ? &*found : nullptr;
}

bool is_classic_log(std::string_view log) {
  return std::ranges::any_of(kClassicLogs,
                             [&](std::string_view one) { return equals_fold(one, log); });
}

bool is_judged_log(std::string_view log) {
  return is_classic_log(log) || default_channel(log) != nullptr;
}

std::string_view judged_provider(std::string_view guid) {
  const auto found = std::ranges::find_if(
      kProviders, [&](const Provider& one) { return equals_fold(one.guid, guid); });
  return found != kProviders.end() ? found->name : std::string_view{};
}

}  // namespace hozen
