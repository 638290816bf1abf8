// The modules of one process of the running system.
#pragma once

#include <map>
#include <string>

#include "collector/source/device_paths.h"
#include "collector/source/live_state.h"

namespace hozen {

/// Lists modules of processes, one process after the other.
class LiveModuleLister {
 public:
  LiveModuleLister();
  /// Fills `modules` of the process and, where it is not known yet, `command_line`. Where one of
  /// the two lists cannot be had, `modules_whole` is false and `unreadable` says why.
  void list(LiveProcess& process);
  /// "C:\a\b.exe" of a path of the kernel.
  const DevicePaths& paths() const { return paths_; }
  /// Whether there is surely no file of that path on a drive of this host. Asked for once for each.
  bool is_gone(const std::string& path);

 private:
  DevicePaths paths_;
  std::map<std::string, bool> gone_;
};

}  // namespace hozen
