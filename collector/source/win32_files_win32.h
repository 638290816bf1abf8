// Files and folders of Windows, read-only, as trees of evidence: what the live source and
// `collect --root` on Windows stand on. Only *_win32.cpp files include this.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/source/source.h"

namespace hozen::win32 {

/// Where a volume of the evidence lies on this machine.
struct Mount {
  std::string volume;                  ///< "C:"
  std::wstring root;                   ///< native_path of the folder that is the volume's root
  std::vector<std::string> below{};    ///< components of the evidence that lie above `root`
                                       ///< ({"Windows"} for a copied Windows folder)
  std::vector<std::string> aliases{};  ///< how links may name it besides `volume`:
                                       ///< "\??\Volume{…}", without a final backslash
};

/// stat, walk and open of EvidenceSource over mounts. Files are opened for backup, with full
/// sharing. Links on the way are followed only while they stay within the mounts, a bounded number
/// of times; the last component never is, except the folder where a walk starts.
///
/// stat() tells all four times, owner, alternate streams (where the system can list them), file
/// reference and place on the disk; walk() what a listing tells: no owner, no streams. open()
/// answers Errc::unsupported for folders, links and placeholders whose data would be downloaded,
/// Errc::io with call and status in `detail` for a file that somebody holds without sharing.
class Tree {
 public:
  /// With `keep_access_times`, files are opened so that the system leaves their time of last access
  /// alone: that needs the right to write attributes, which is asked for and not used for writing.
  Tree(std::vector<Mount> mounts, bool keep_access_times);
  ~Tree();
  Result<FileInfo> stat(const EvidencePath& path);
  Result<EvidencePath> real_folder(const EvidencePath& path);
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem);
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path);

 private:
  struct State;
  std::unique_ptr<State> self_;
};

}  // namespace hozen::win32
