#include "collector/engine/host.h"

#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint64_t kTickNanoseconds = 100;
constexpr int kExitInterrupted = 130;

FileTime filetime_of(const timespec& time) {
  return filetime_from_unix(time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec));
}

std::string user_name() {
  if (const passwd* entry = ::getpwuid(::geteuid()); entry != nullptr)
    return to_wtf8_lossy(entry->pw_name);
  return std::to_string(::geteuid());
}

}  // namespace

FileTime utc_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return filetime_of(now);
}

std::uint64_t monotonic_ticks() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kTicksPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec) / kTickNanoseconds;
}

Privileges enable_privileges() {
  Privileges privileges;
  privileges.elevated = ::geteuid() == 0;
  return privileges;
}

Result<void> lower_priority() {
  constexpr int kLowest = 19;
  constexpr int kOfProcess = 1, kIdleClass = 3 << 13;  // IOPRIO_WHO_PROCESS, IOPRIO_CLASS_IDLE
  const bool disk = ::syscall(SYS_ioprio_set, kOfProcess, 0, kIdleClass) == 0;
  const bool processor = ::setpriority(PRIO_PROCESS, 0, kLowest) == 0;
  if (disk || processor) return {};
  return Error{Errc::io, "priority", {}, "setpriority: " + std::to_string(errno)};
}

ProcessFacts this_process() {
  ProcessFacts facts;
  facts.pid = static_cast<std::uint32_t>(::getpid());
  // The folder of the process in procfs is as old as the process.
  struct stat self {};
  if (::stat("/proc/self", &self) == 0) facts.started = filetime_of(self.st_mtim);
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length > 0) facts.image = to_wtf8_lossy({path.data(), static_cast<std::size_t>(length)});
  facts.user = user_name();
  return facts;
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return to_wtf8_lossy(name.data());
}

void stop_on_interrupt(std::stop_source source) {
  // A signal handler may not request a stop; a thread that waits for the signals may. Threads
  // started later inherit the mask.
  sigset_t signals{};
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // What whoever started us wants ignored (nohup) stays ignored.
    struct sigaction action {};
    const bool ignored = ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
    if (!ignored) ::sigaddset(&signals, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread{[signals, source]() mutable {
    int received = 0;
    ::sigwait(&signals, &received);
    source.request_stop();
    ::sigwait(&signals, &received);
    static_cast<void>(!::write(STDERR_FILENO, kEndedAtOnce.data(), kEndedAtOnce.size()));
    std::_Exit(kExitInterrupted);
  }}.detach();
}

std::uint64_t peak_memory_bytes() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace hozen
