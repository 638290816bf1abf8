// What only a running system can tell, as plain values: filled in by live sources, built by hand in
// tests, absent on a folder or image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/result.h"
#include "collector/source/live_tasks.h"

namespace hozen {

/// One service or driver as the service manager lists it.
struct LiveService {
  std::string name, display_name;
  std::uint32_t type = 0;   ///< SERVICE_*, as in the registry
  std::uint32_t state = 0;  ///< 1 stopped, 2 starting, 3 stopping, 4 running, 5 to 7 paused
  std::uint32_t pid = 0;    ///< 0 when it has no process
  std::optional<std::uint32_t> start{};  ///< of its configuration, like the next two
  std::string image_path, account;
  std::optional<Error> unreadable{};  ///< why the configuration could not be read
};

/// Services after which the rest is left out; a full Windows has under 2,000 with its drivers.
constexpr std::size_t kMaxLiveServices = 20'000;

struct LiveState {
  std::vector<LiveService> services;
  /// False: kMaxLiveServices left some out, so that what is not here may be listed all the same.
  bool services_whole = true;
  std::optional<Error> services_failed{};  ///< why they could not be listed
  LiveTasks tasks;
  std::optional<Error> tasks_failed{};  ///< why they could not be listed

  /// False when there is no room for it: the list is not whole then.
  bool add(LiveService service) {
    services_whole = services_whole && services.size() < kMaxLiveServices;
    if (services_whole) services.push_back(std::move(service));
    return services_whole;
  }
};

}  // namespace hozen
