// What the strings of the events of Windows 2000, XP and Server 2003 are, by their order.
//
// Such events have no names: a string is what stands at %1, %2, ... of a message in a library. For
// the events in this table Microsoft has published the messages, so that the order is known; a
// string is called as the event of Windows Vista and later that says the same calls it (528 and
// 540 became 4624, and so on). Versions of Windows differ in how many strings an event has, and
// new ones came behind the old: the count tells them apart.
//
// Source: Microsoft, "Windows 2000 Security Event Descriptions" (KB 299475, 301677); "Windows XP
// Professional Resource Kit", appendix E; Events and Errors Message Center, source Security,
// versions 5.0 and 5.2; Eric Fitzgerald (Microsoft), "Events 528 and 540", 2004.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hozen::evt {

/// Names of the strings of an event, as many as it has; empty when the order is not known for this
/// source (in any case), number and count. No two are equal.
std::span<const std::string_view> string_names(std::string_view source, std::uint16_t code,
                                               std::size_t count);

}  // namespace hozen::evt
