// Paths as the kernel has them ("\Device\HarddiskVolume3\a.dll"), as those that programs use.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hozen {

/// The drive letters of one host. Paths on a share need none.
class DevicePaths {
 public:
  /// `device` as QueryDosDevice tells it for `letter` ("C:"). That of a substituted folder is a
  /// path with a letter itself and is not added: files are told where they are.
  void add(std::string device, std::string letter);

  /// "C:\a\b.dll" or "\\host\share\b.dll". A path on a device without a letter stays as it is, as
  /// does one that is none of the kernel's. `\??\` and `\\?\` are taken away.
  std::string windows_path(std::string_view native) const;

 private:
  std::vector<std::pair<std::string, std::string>> devices_;  // without a final backslash; letter
};

}  // namespace hozen
