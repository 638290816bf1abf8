// From the path of a file that may not exist to the file target that names it: the reverse of
// TargetExpander.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "collector/engine/profile.h"
#include "collector/engine/target_expander.h"

namespace hozen {

class TargetMatcher {
 public:
  /// Folders are those that `expander` looks into, and each folder beside those of the users: one
  /// that was deleted was a user's too. `targets` must outlive the matcher.
  TargetMatcher(std::span<const FileTarget> targets, const TargetExpander& expander);

  /// As ModuleContext::target_for(). Links are not followed: the path is the one on the volume.
  std::optional<TargetMatch> find(const EvidencePath& path, KnownPath known) const;

 private:
  /// A pattern as it applies below a folder.
  struct Place {
    PathPattern pattern;
    const FileTarget* target = nullptr;
  };
  void add(const EvidencePath& folder, const FileTarget& target, PathPattern pattern);
  void add_users(const FileTarget& target);

  std::span<const FileTarget> targets_;
  std::vector<EvidencePath> user_parents_;
  std::unordered_map<std::string, std::vector<Place>> places_;  // by the folded folder
};

}  // namespace hozen
