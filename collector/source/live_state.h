// What only a running system can tell, as plain values: filled in by live sources, built by hand in
// tests, absent on a folder or image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/result.h"
#include "collector/source/live_tasks.h"
#include "collector/source/system_trust.h"

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

/// A file that is mapped as an image into a process.
struct LiveModule {
  std::string path{};         ///< as a path of Windows: "C:\\a\\b.dll", "\\\\host\\share\\b.dll"
  std::string loader_path{};  ///< what the loader's list says, where that differs
  std::uint64_t base = 0, size_bytes = 0;
  bool in_loader_list = false;  ///< of the process itself, which it can change
  bool is_mapped = false;       ///< the memory manager has it mapped as an image
  bool is_deleted = false;      ///< there is no file of that path any more
  /// Of what is mapped but in no list: whether its imports lead to functions, as those of a library
  /// that was loaded to run do, and not those of one that is open for its texts and icons.
  std::optional<bool> has_bound_imports{};
};

struct LiveConnection {
  std::string protocol{};  ///< "tcp", "tcp6", "udp", "udp6"
  std::string local_address{}, remote_address{};
  std::uint16_t local_port = 0, remote_port = 0;
  std::string state{};  ///< "established", "listen", ...; "" for udp
  std::uint32_t pid = 0;
};

struct LiveProcess {
  std::uint32_t pid = 0, parent_pid = 0, session = 0;
  std::string name{};          ///< as the kernel lists it
  std::string path{};          ///< of its image, as the kernel has it; "" when not known
  std::string command_line{};  ///< the process can change what it says here
  std::string user_sid{};
  FileTime started{};
  bool is_wow64 = false;
  bool is_deleted = false;  ///< there is no file of `path` any more
  /// "" for most; else which list of the system lacks it that should have it: "process_list"
  /// (NtQuerySystemInformation), "snapshot" (Toolhelp).
  std::string missing_in{};
  std::vector<LiveModule> modules{};
  /// False: modules were left out or one of the two lists could not be had (`unreadable`).
  bool modules_whole = true;
  std::optional<Error> unreadable{};  ///< why something of it is not known
};
/// Processes after which the rest is left out, and modules of each of them: browsers have under
/// 500.
constexpr std::size_t kMaxLiveProcesses = 65'536, kMaxLiveModules = 16'384;
/// Connections of each protocol after which the rest is left out: ports are no more.
constexpr std::size_t kMaxLiveConnections = 65'536;

struct LiveState {
  std::vector<LiveProcess> processes{};
  std::optional<Error> processes_failed{};  ///< why they could not be listed
  std::uint32_t own_pid = 0;                ///< of the process that lists them, 0 when not known
  std::vector<LiveConnection> connections{};
  std::optional<Error> connections_failed{};  ///< why some or all could not be listed
  std::vector<LiveService> services{};
  /// False: kMaxLiveServices left some out, so that what is not here may be listed all the same.
  bool services_whole = true;
  std::optional<Error> services_failed{};  ///< why they could not be listed
  LiveTasks tasks{};
  std::optional<Error> tasks_failed{};  ///< why they could not be listed
  SystemTrust system_trust{};  ///< what the system says of signatures; empty when not to be asked

  /// False when there is no room for it: the list is not whole then.
  bool add(LiveService service) {
    services_whole = services_whole && services.size() < kMaxLiveServices;
    if (services_whole) services.push_back(std::move(service));
    return services_whole;
  }
};

}  // namespace hozen
