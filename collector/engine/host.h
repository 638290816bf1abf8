// The machine that runs us and this run on it: clock, privileges, process, interruption. No module
// sees any of it.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/result.h"

namespace hozen {

/// The system's clock, UTC.
FileTime utc_now();
/// 100 ns ticks of a clock that nobody can set; only differences mean something.
std::uint64_t monotonic_ticks();

/// What the process may do. Windows: elevation and the privileges of its token; elsewhere: the
/// effective user.
struct Privileges {
  bool elevated = false;  ///< administrator with a full token; root elsewhere
  std::vector<std::string>
      enabled;  ///< names of the privileges that are enabled: "SeBackupPrivilege"
  std::vector<std::string> refused;  ///< those that were asked for and are not held
};
/// Enables what reading evidence needs (Windows: SeBackupPrivilege and SeSecurityPrivilege;
/// SeDebugPrivilege is not among them) and says what is held. Changes the token of this process
/// only. May be called again.
Privileges enable_privileges();

/// Leaves processor, disk and memory to everything else that runs. Errc::io when the system refuses
/// all of it.
Result<void> lower_priority();

/// This process, so that an analyst can tell its traces from the intruder's.
struct ProcessFacts {
  std::uint32_t pid = 0;
  FileTime started{};
  std::string image;  ///< path of the running executable, WTF-8; "" when the system does not tell
  std::string user;   ///< account that runs it: "DOMAIN\\name", "root"
};
ProcessFacts this_process();

/// Name of the machine that runs us: names the bundle of a live host.
std::string machine_name();

/// Requests a stop of `source` when the operator presses Ctrl-C or the system ends the session; a
/// second Ctrl-C ends the process at once with exit code 130. Call once, before any thread is
/// started.
void stop_on_interrupt(std::stop_source source);
/// What is said when the second one ends the program at once.
constexpr std::string_view kEndedAtOnce{
    "\nhozen: ended at once; of an output file what was written lies in its .partial, which hozen "
    "recover makes a bundle of\n"};

/// Highest resident memory of this process so far, in bytes; 0 when the system does not tell.
std::uint64_t peak_memory_bytes();

}  // namespace hozen
