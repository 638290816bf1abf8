// Events of Windows 2000, XP and Server 2003 that matter. Source: Microsoft, "Windows 2000 Security
// Event Descriptions" (KB 299475, 301677); "Windows XP Professional Resource Kit", appendix E;
// "Windows Server 2003 Security Guide" and "Threats and Countermeasures", audit policy. Numbers of
// System are those of the Service Control Manager, EventLog, USER32, W32Time and Netlogon.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/event_table.h"

namespace hozen {
namespace {

using Id = std::uint32_t;

constexpr Id kLogon[] = {528, 529, 530, 531, 532, 533, 534, 535, 536, 537,
                         538, 539, 540, 551, 552, 576, 680, 681, 682, 683};
constexpr Id kKerberos[] = {672, 673, 674, 675, 676, 677};
constexpr Id kProcess[] = {592, 593, 600};
constexpr Id kService[] = {601};
constexpr Id kTask[] = {602};
constexpr Id kAccount[] = {624, 626, 627, 628, 629, 630, 631, 632, 633, 634,
                           635, 636, 637, 638, 639, 641, 642, 644, 645, 646,
                           647, 658, 659, 660, 661, 662, 668, 671, 685};
constexpr Id kObject[] = {560, 563, 564, 567};
constexpr Id kDirectory[] = {565, 566};
constexpr Id kPolicy[] = {608, 609, 610, 611, 612, 617, 618, 620, 621, 622, 643};
// Service Pack 2 of Windows XP.
constexpr Id kFirewall[] = {848, 849, 850, 851, 852, 853, 854, 855, 856, 857, 858, 859, 860, 861};
constexpr Id kLog[] = {516, 517, 521};
constexpr Id kStart[] = {512, 513};
constexpr Id kClock[] = {520};

constexpr Id kSystemService[] = {7000, 7001, 7009, 7011, 7022, 7023, 7024, 7026,
                                 7030, 7031, 7032, 7034, 7035, 7036, 7040, 7045};
constexpr Id kSystemLog[] = {6005, 6006};
constexpr Id kShutDown[] = {1074, 1076};
constexpr Id kSystemStart[] = {6008, 6009, 6013};
constexpr Id kNetlogon[] = {5719, 5720, 5721, 5722, 5723, 5805};
constexpr Id kSystemClock[] = {35, 37};

constexpr EventTopic kTopics[] = {
    {"Security", "logon", kLogon},
    {"Security", "kerberos", kKerberos},
    {"Security", "process", kProcess},
    {"Security", "service", kService},
    {"Security", "task", kTask},
    {"Security", "account", kAccount},
    {"Security", "object", kObject},
    {"Security", "directory", kDirectory},
    {"Security", "policy", kPolicy},
    {"Security", "firewall", kFirewall},
    {"Security", "log", kLog},
    {"Security", "start", kStart},
    {"Security", "clock", kClock},
    {"System", "service", kSystemService, "Service Control Manager"},
    {"System", "log", kSystemLog, "EventLog"},
    {"System", "start", kShutDown, "USER32"},
    {"System", "start", kSystemStart, "EventLog"},
    {"System", "netlogon", kNetlogon, "NETLOGON"},
    {"System", "clock", kSystemClock, "W32Time"},
};

}  // namespace

std::span<const EventTopic> old_event_topics() { return kTopics; }

std::string_view topic_of_old_event(std::string_view channel, std::string_view provider,
                                    std::uint32_t code) {
  for (const EventTopic& topic : kTopics)
    if (std::find(topic.ids.begin(), topic.ids.end(), code) != topic.ids.end() &&
        equals_fold(topic.channel, channel) && is_provider(topic.provider, provider))
      return topic.topic;
  if (equals_fold(channel, "Security") || equals_fold(channel, "System")) return {};
  return topic_of_event(channel, provider, code);
}

}  // namespace hozen
