// DLLs that were seen in a process: by events (Sysmon 7), in the processes of a running system, and
// in what prefetch files tell. Each is a candidate for a pair, whether its files are still there or
// not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/module/fact.h"
#include "collector/source/live_state.h"

namespace hozen::side_load {

/// Different pairs that are kept; a busy host with Sysmon has some 10,000.
constexpr std::size_t kMaxLoads = 50'000;

struct Load {
  std::string host{}, dll{};  ///< paths as told
  std::string seen{};         ///< "event", "live", "prefetch"
  std::uint64_t count = 0;
  FileTime first{}, last{};
  std::vector<std::string> records{};  ///< the first of them
  std::uint32_t pid = 0;
  // What the event says of the DLL, and of the program where an event says something of it. Nothing
  // of it was checked by us.
  std::optional<bool> dll_signed{}, host_signed{};
  std::string dll_signer{}, dll_status{}, host_signer{}, host_company{};
  std::string dll_company{}, dll_original{}, dll_description{};
  bool tells_version = false;  ///< the event has places for version information
};

struct AllLoads {
  std::map<std::string, Load> by_pair{};  ///< host and DLL, folded
  std::uint64_t left_out = 0;             ///< loads of further pairs, beyond kMaxLoads
};

/// Sound DLLs in folders of Windows are not among them.
AllLoads loads_of(const FactBook& book, const LiveState* live);

}  // namespace hozen::side_load
