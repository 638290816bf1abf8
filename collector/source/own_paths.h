// How the paths that one Windows wrote down are to be read in the evidence, where its volume may
// have another letter and an upgrade may have moved its folders aside.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/environment.h"
#include "collector/source/evidence_path.h"

namespace hozen {

/// Stands for a volume of which the evidence does not say which one it is: the letter that a
/// Windows knew it by is that of another volume here.
constexpr std::string_view kVolumeElsewhere = "volume0";

/// By default every path is meant as it stands, as on a running system.
class OwnPaths {
 public:
  OwnPaths() = default;
  /// `own`: the Windows folder as its registry names it; `windows`: where it lies here. Other
  /// letters stay, but for the one that `windows` has here and its registry does not mean.
  /// `moved`: folders that lie in the folder around `windows` instead of on the root of the volume,
  /// as they lie here.
  OwnPaths(const EvidencePath& own, const EvidencePath& windows,
           const std::vector<EvidencePath>& moved);

  /// The drive letter in front of every path of `text` as the evidence calls that volume. To be
  /// done once, before variables are filled in: those hold paths of the evidence.
  std::string letters(std::string_view text) const;
  /// Every path of `text` into a folder that was moved as it lies here. Doing it again changes
  /// nothing.
  std::string folders(std::string_view text) const;
  /// Both, and the variables of `environment` (which are paths of the evidence) filled in.
  std::string expand(std::string_view text, const Environment& environment,
                     std::vector<std::string>* unknown = nullptr) const;
  /// A file that was put together from a path that folders() changed, and lies in no moved folder:
  /// C:\Program.exe, not C:\Windows.old\Program.exe.
  EvidencePath unmoved(const EvidencePath& file) const;

  const std::string& own_drive() const { return drive_; }
  bool has_other_letters() const { return drive_ != volume_; }
  /// "C: is D: here", for the steps of a resolution.
  std::string letters_in_words() const;

 private:
  const std::string* moved_to(std::string_view first, std::string_view second) const;

  std::string drive_, volume_;  // "C:" of the registry, and what it is called here
  EvidencePath around_;         // the folder around Windows; empty when it lies on the root
  std::map<std::string, std::string> moved_;  // by folded path below the volume, one or two names
};

}  // namespace hozen
