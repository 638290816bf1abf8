// From the file targets of a profile to files of the source: every installation, every user, every
// volume.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "collector/engine/artifact_store.h"
#include "collector/engine/profile.h"
#include "collector/source/registry.h"

namespace hozen {

class TargetExpander {
 public:
  /// Installations and users are those of all `registries` together: the files of a running system
  /// show profiles that its API does not know. `problem` hears of folders that could not be looked
  /// into, each once. All references must outlive the expander.
  TargetExpander(EvidenceSource& source, std::vector<const Registry*> registries,
                 std::function<void(Error)> problem);

  /// Asks `store` for each file of the target: those that match its pattern, and one without
  /// wildcards also when it does not exist. Ends early when `stop` is requested.
  void expand(const FileTarget& target, ArtifactStore& store, const std::stop_token& stop);
  /// Folders that a pattern's root stands for, each once; where there is none, the one in which it
  /// would be looked for.
  std::vector<EvidencePath> bases(const PathPattern& pattern) const;

 private:
  void find_bases();
  void find_bases_of(const Registry& registry);
  void add(PatternRoot root, const EvidencePath& folder);
  /// Every spelling of the folder, its first `fixed` components as they are.
  void add_existing(PatternRoot root, const EvidencePath& folder, std::size_t fixed);
  void add_user(const EvidencePath& folder);
  void expand_literal(const FileTarget& target, const EvidencePath& base, ArtifactStore& store,
                      const std::stop_token& stop);
  void expand_pattern(const FileTarget& target, const EvidencePath& base, ArtifactStore& store,
                      const std::stop_token& stop);
  /// One expansion of a pattern.
  struct Walk {
    const FileTarget& target;
    ArtifactStore& store;
    const std::stop_token& stop;
    std::set<std::string> followed;  ///< folders that links led to, by their keys
  };
  void follow(Walk& walk, const EvidencePath& start, const std::vector<std::string>& names,
              int links);
  /// A file may have thousands of streams: ends early when `stop` is requested.
  void request(const FileTarget& target, const FileInfo& info, ArtifactStore& store,
               const std::stop_token& stop);
  /// The folder as stored, links followed within the evidence. Nothing for what is no folder; what
  /// keeps from finding out, or a link that leads out, is told.
  std::optional<EvidencePath> real_folder(const EvidencePath& path);
  void tell(const EvidencePath& folder, Error error);
  bool are_streams_taken(const FileTarget& target, const FileInfo& info);

  EvidenceSource& source_;
  std::vector<const Registry*> registries_;
  std::function<void(Error)> problem_;
  std::vector<std::pair<PatternRoot, EvidencePath>> bases_;
  std::vector<std::pair<PatternRoot, EvidencePath>> usual_;  // whether they exist or not
  std::set<std::string> told_;
  std::set<std::string> taken_streams_;  // of files with many names: patterns of streams and files
};

}  // namespace hozen
