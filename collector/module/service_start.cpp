#include "collector/module/service_start.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/sysmon_registry.h"

namespace hozen {
namespace {

/// The same installation told by two logs.
constexpr std::uint64_t kSame = 3 * lateral::kSecond;

constexpr std::array<std::pair<std::string_view, ServiceStart>, 10> kStarts{{
    {"0", ServiceStart::automatic},
    {"1", ServiceStart::automatic},
    {"2", ServiceStart::automatic},
    {"3", ServiceStart::demand},
    {"4", ServiceStart::disabled},
    {"boot start", ServiceStart::automatic},
    {"system start", ServiceStart::automatic},
    {"auto start", ServiceStart::automatic},
    {"demand start", ServiceStart::demand},
    {"disabled", ServiceStart::disabled},
}};

/// What the value Start was set to by the write that is nearest to `time`, of those whose names
/// fit ("HKLM\\System\\CurrentControlSet\\Services\\NAME\\Start").
template <class Fits>
ServiceStart value_written(const FactBook& book, FileTime time, Fits&& fits) {
  const auto near =
      book.between(FactKind::registry, lateral::earlier(time, kSame), lateral::later(time, kSame));
  ServiceStart start = ServiceStart::unknown;
  std::uint64_t nearest = kSame + 1;
  for (const Fact& one : near) {
    const std::uint64_t apart = lateral::apart(one.time, time);
    if (one.event_id != 13 || apart >= nearest || !fits(one.subject)) continue;
    const auto value = sysmon_value("Start", one.values["Details"]);
    const auto number = value ? value->number() : std::nullopt;
    if (!number) continue;
    start = service_start(std::to_string(*number));
    nearest = apart;
  }
  return start;
}

/// 7045 tells the display name and 4697 that of the key: where they differ, that of the same
/// program, unless two of these say different things.
ServiceStart audited_start(const FactBook& book, const Fact& fact) {
  const auto near = book.between(FactKind::service, lateral::earlier(fact.time, kSame),
                                 lateral::later(fact.time, kSame));
  ServiceStart by_image = ServiceStart::unknown;
  bool agree = true;
  for (const Fact& one : near) {
    if (one.event_id != 4697 ||
        !equals_fold(one.values["ServiceFileName"], fact.values["ImagePath"]))
      continue;
    const ServiceStart start = service_start(one.values["ServiceStartType"]);
    if (equals_fold(one.values["ServiceName"], fact.values["ServiceName"])) return start;
    agree = agree && (by_image == ServiceStart::unknown || by_image == start);
    by_image = start;
  }
  return agree ? by_image : ServiceStart::unknown;
}

}  // namespace

ServiceStart service_start(std::string_view text) {
  for (const auto& [known, start] : kStarts)
    if (equals_fold(trim(text), known)) return start;
  return ServiceStart::unknown;
}

ServiceStart written_start(const FactBook& book, std::string_view key, FileTime time) {
  const std::string start = std::string{key} + "\\Start";
  return value_written(book, time,
                       [&](std::string_view subject) { return equals_fold(subject, start); });
}

ServiceStart start_of_install(const FactBook& book, const Fact& fact) {
  if (fact.event_id == 4697) return service_start(fact.values["ServiceStartType"]);
  ServiceStart start = service_start(fact.values["StartType"]);
  if (start == ServiceStart::unknown) start = audited_start(book, fact);
  if (start != ServiceStart::unknown) return start;
  const std::string value = "\\Services\\" + std::string{fact.values["ServiceName"]} + "\\Start";
  return value_written(book, fact.time,
                       [&](std::string_view subject) { return ends_with_fold(subject, value); });
}

}  // namespace hozen
