// How a service is started, where events of its installation tell it.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/module/fact.h"

namespace hozen {

/// `unknown`: nothing tells it, or only words of a language other than English.
enum class ServiceStart : std::uint8_t { unknown, automatic, demand, disabled };

/// Of a number as the registry and event 4697 have it ("0" to "4"; 0 and 1 are drivers that Windows
/// starts), or of the words of an English Windows in 7045 and 7040 ("demand start"), which are in
/// the language of Windows.
ServiceStart service_start(std::string_view text);

/// Of 7045 or 4697. Where the words of 7045 are of another language: as 4697 of the same
/// installation, or the value Start that Sysmon saw written at that time, tells it.
ServiceStart start_of_install(const FactBook& book, const Fact& fact);

/// As the value Start of the service's key `key` was written within three seconds of `time`, by the
/// write that is nearest to it (Sysmon 13).
ServiceStart written_start(const FactBook& book, std::string_view key, FileTime time);

}  // namespace hozen
