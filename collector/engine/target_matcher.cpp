#include "collector/engine/target_matcher.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Where users' folders lie on the drive of a Windows, since Vista and before.
constexpr std::string_view kUserFolders[] = {"Users", "Documents and Settings"};

PathPattern pattern_of(PatternRoot root) {
  PathPattern pattern;
  pattern.root = root;
  return pattern;
}

/// Folders of a user that a root stands for, below the user's own.
std::vector<std::vector<std::string>> folders_of_user(PatternRoot root) {
  switch (root) {
    case PatternRoot::user_profile:
      return {{}};
    case PatternRoot::app_data:
      return {{"AppData", "Roaming"}, {"Application Data"}};
    case PatternRoot::local_app_data:
      return {{"AppData", "Local"}, {"Local Settings", "Application Data"}};
    default:
      return {};
  }
}

bool takes_stream(const FileTarget& target, const std::string& stream) {
  const std::string& wanted = target.pattern.stream;
  if (stream.empty()) return wanted.empty();
  return wanted.empty() ? target.streams : glob_match_fold(wanted, stream);
}

bool is_only_wildcards(std::string_view component) {
  return component.find_first_not_of("*?.") == std::string_view::npos;
}

/// `%EveryVolume%\**`, which is read as `**\*`: every file, wherever it lay.
bool takes_everything(const PathPattern& pattern) {
  return pattern.components.size() == 2 && pattern.components.front() == "**" &&
         pattern.components.back() == "*";
}

void join(std::optional<TargetMatch>& match, const FileTarget& target) {
  const auto cap = [](std::uint64_t bytes) { return bytes == 0 ? ~std::uint64_t{0} : bytes; };
  const TargetMatch other{target.category, target.reason, target.priority, target.max_file_bytes};
  if (!match) {
    match = other;
    return;
  }
  const std::uint64_t most = cap(other.max_file_bytes) > cap(match->max_file_bytes)
                                 ? other.max_file_bytes
                                 : match->max_file_bytes;
  if (other.priority < match->priority) match = other;
  match->max_file_bytes = most;
}

}  // namespace

TargetMatcher::TargetMatcher(std::span<const FileTarget> targets, const TargetExpander& expander)
    : targets_{targets} {
  const auto add_parent = [&](EvidencePath folder) {
    if (std::find(user_parents_.begin(), user_parents_.end(), folder) == user_parents_.end())
      user_parents_.push_back(std::move(folder));
  };
  for (const EvidencePath& drive : expander.bases(pattern_of(PatternRoot::system_drive)))
    for (const std::string_view name : kUserFolders) add_parent(drive / name);
  const auto windows = expander.bases(pattern_of(PatternRoot::system_root));
  for (const EvidencePath& user : expander.bases(pattern_of(PatternRoot::user_profile))) {
    // Services have theirs among Windows' own folders.
    const bool is_service = std::any_of(windows.begin(), windows.end(),
                                        [&](const auto& folder) { return user.is_below(folder); });
    if (!is_service && !user.is_root()) add_parent(user.parent());
  }
  for (const FileTarget& target : targets_) {
    for (const EvidencePath& base : expander.bases(target.pattern))
      add(base, target, target.pattern);
    add_users(target);
  }
}

void TargetMatcher::add(const EvidencePath& folder, const FileTarget& target, PathPattern pattern) {
  places_[folder.folded()].push_back({std::move(pattern), &target});
}

void TargetMatcher::add_users(const FileTarget& target) {
  for (const std::vector<std::string>& below : folders_of_user(target.pattern.root)) {
    PathPattern pattern = target.pattern;
    std::vector<std::string> components{"*"};
    components.insert(components.end(), below.begin(), below.end());
    components.insert(components.end(), pattern.components.begin(), pattern.components.end());
    pattern.components = std::move(components);
    for (const EvidencePath& parent : user_parents_) add(parent, target, pattern);
  }
}

std::optional<TargetMatch> TargetMatcher::find(const EvidencePath& path, KnownPath known) const {
  std::optional<TargetMatch> match;
  const auto& names = path.components();
  if (names.empty()) return match;
  if (known == KnownPath::name) {
    for (const FileTarget& target : targets_) {
      const PathPattern& pattern = target.pattern;
      const bool elsewhere =
          pattern.root == PatternRoot::volume && !equals_fold(pattern.volume, path.volume());
      if (!elsewhere && takes_stream(target, path.stream()) &&
          !is_only_wildcards(pattern.components.back()) &&
          glob_match_fold(pattern.components.back(), names.back()))
        join(match, target);
    }
    if (const auto root = places_.find(EvidencePath{path.volume()}.folded()); root != places_.end())
      for (const Place& place : root->second)
        if (takes_everything(place.pattern) && takes_stream(*place.target, path.stream()))
          join(match, *place.target);
    return match;
  }
  EvidencePath folder{path.volume()};
  for (std::size_t depth = 0; depth < names.size(); ++depth) {
    if (depth != 0) folder = folder.child(names[depth - 1]);
    const auto found = places_.find(folder.folded());
    if (found == places_.end()) continue;
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(depth);
    const std::vector<std::string> below{first, names.end()};
    for (const Place& place : found->second)
      if (takes_stream(*place.target, path.stream()) &&
          glob_match_fold(place.pattern.components.back(), names.back()) &&
          pattern_matches(place.pattern, below))
        join(match, *place.target);
  }
  return match;
}

}  // namespace hozen
