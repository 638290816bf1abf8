// An NTFS volume that mkntfs makes and ntfs-3g mounts, for tests that need another file system than
// that of the machine, or another program's volume.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/builders/temp_folder.h"

namespace hozen::test {

class MountedNtfs {
 public:
  /// `size` as truncate takes it, `options` of ntfs-3g.
  explicit MountedNtfs(const std::string& size, const std::string& options = "") {
    std::filesystem::create_directory(point());
    made_ = succeeds("truncate -s " + size + " " + image() + " && mkntfs -F -Q " + image());
    mounted_ = made_ && succeeds("ntfs-3g " + (options.empty() ? "" : "-o " + options + " ") +
                                 image() + " " + point());
  }
  MountedNtfs(const MountedNtfs&) = delete;
  MountedNtfs& operator=(const MountedNtfs&) = delete;
  ~MountedNtfs() {
    if (mounted_) static_cast<void>(succeeds("umount " + point()));
  }

  /// "" when it is mounted, else what a test that is skipped says.
  std::string why_not() const {
    if (mounted_) return "";
    return made_ ? "ntfs-3g cannot mount here (needs root and FUSE)"
                 : "mkntfs is not installed (package ntfs-3g)";
  }
  std::string point() const { return folder_.text() + "/mounted"; }
  std::string image() const { return folder_.text() + "/volume.dd"; }

 private:
  static bool succeeds(const std::string& command) {
    return std::system(("( " + command + " ) >/dev/null 2>&1").c_str()) == 0;
  }
  TempFolder folder_;
  bool made_ = false, mounted_ = false;
};

}  // namespace hozen::test
