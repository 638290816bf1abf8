// Which events of which logs say what happened on a host: logons, services, tasks, programs that
// ran, remote access, changes of accounts and of the logs themselves.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hozen {

/// Events of one channel that are about one thing.
struct EventTopic {
  std::string_view channel;  ///< as in System/Channel, in any case
  std::string_view topic;    ///< "logon", "service", ...
  std::span<const std::uint32_t> ids;
  /// Who writes them, in any case, where other providers use the same numbers for other things:
  /// numbers are a provider's own. "": whoever writes to the channel.
  std::string_view provider{};
};

std::span<const EventTopic> event_topics();

/// What an event of this channel is about; "" when it is none of them. A provider that could not
/// be read ("") may be any.
std::string_view topic_of_event(std::string_view channel, std::string_view provider,
                                std::uint32_t id);
bool is_provider(std::string_view wanted, std::string_view provider);

/// The same of logs of Windows XP and before (.evt), whose numbers in Security and System other
/// providers use for other things today.
std::span<const EventTopic> old_event_topics();
std::string_view topic_of_old_event(std::string_view channel, std::string_view provider,
                                    std::uint32_t code);

}  // namespace hozen
