// Files of the Windows machine we run on, opened component by component relative to their folder,
// so that no reparse point is followed unless the caller decides so. Shared by every source that
// reads through the Windows file API.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "collector/base/native_win32.h"
#include "collector/source/source.h"

namespace hozen {

/// A link met on the way to a path: where it says the rest lies. Nothing beyond it was opened.
struct LinkMet {
  EvidencePath link;      ///< the link itself
  std::string target;     ///< as stored in the reparse point: "\??\C:\Users", "..\x"; "" unknown
  bool relative = false;  ///< `target` starts at the link's folder
  std::vector<std::string> rest;  ///< components behind the link that were still to be opened
};

template <class T>
using OrLink = std::variant<T, LinkMet>;

/// A volume's root or any other folder as the root of a tree. Everything is opened for backup, for
/// reading and with full sharing. Not safe for use by two threads at once.
class HostTree {
 public:
  /// `nt_root`: native path of the folder, with a backslash at its end ("\??\C:\",
  /// "\??\Volume{…}\", "\??\D:\case\C\"). `base`: the evidence path it stands for; all paths given
  /// must lie below it. With `keep_access_times` each file is opened so that the system leaves its
  /// time of last access alone; that needs the right to write attributes, and nothing is written.
  HostTree(std::wstring nt_root, EvidencePath base, bool keep_access_times);
  ~HostTree();
  HostTree(HostTree&&) noexcept;
  HostTree& operator=(HostTree&&) noexcept;

  /// Everything that handles of this file tell, owner and alternate streams included. The last
  /// component is never followed: a link is described as itself.
  Result<OrLink<FileInfo>> stat(const EvidencePath& path);
  /// Path of a folder as stored, and nothing more of it. A link as the last component is a LinkMet
  /// without `rest`.
  Result<OrLink<FileInfo>> folder(const EvidencePath& path);
  /// Opens a file's data. A link as the last component is a LinkMet without `rest`.
  /// Errc::unsupported for a cloud placeholder (detail says which attribute): opening it would
  /// download it.
  Result<OrLink<std::unique_ptr<ByteSource>>> open(const EvidencePath& path);
  /// Calls back for each entry of a folder, without owner and streams, until it returns false.
  /// Errors of single entries go to `problem`.
  Result<OrLink<std::monostate>> list(
      const EvidencePath& directory, const std::function<bool(FileInfo)>& visit,
      const std::function<void(const EvidencePath&, Error)>& problem);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hozen
