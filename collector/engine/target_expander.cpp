#include "collector/engine/target_expander.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

EvidencePath append(EvidencePath base, const std::vector<std::string>& components,
                    std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) base = base / components[i];
  return base;
}

/// Links on the way to a file.
constexpr int kMaxLinks = 8;
/// Streams of a file, each taken by each of the file's names: Windows allows 1,024 names, and none
/// of its own files has many of both.
constexpr std::uint64_t kMaxStreamsByNames = 1024;

FileRequest request_for(const FileTarget& target, EvidencePath path, bool expected) {
  FileRequest request;
  request.path = std::move(path);
  request.category = target.category;
  request.reason = target.reason;
  request.priority = target.priority;
  request.max_bytes = target.max_file_bytes;
  request.expected = expected;
  return request;
}

}  // namespace

TargetExpander::TargetExpander(EvidenceSource& source, std::vector<const Registry*> registries,
                               std::function<void(Error)> problem)
    : source_{source}, registries_{std::move(registries)}, problem_{std::move(problem)} {
  find_bases();
}

std::optional<EvidencePath> TargetExpander::real_folder(const EvidencePath& path) {
  auto info = source_.stat(path);
  if (info && !info->is_directory && !info->is_link) return std::nullopt;
  auto real = source_.real_folder(path);
  if (real) return *std::move(real);
  const bool is_link_to_file = info && info->is_link && real.error().detail == kNotAFolder;
  if (real.error().code != Errc::not_found && !is_link_to_file) tell(path, std::move(real).error());
  return std::nullopt;
}

void TargetExpander::tell(const EvidencePath& folder, Error error) {
  if (error.what != folder.text()) error.what = "folder " + folder.text() + ": " + error.what;
  if (told_.insert(error.text()).second) problem_(std::move(error));
}

void TargetExpander::add(PatternRoot root, const EvidencePath& folder) {
  const std::string key = source_.key(folder);
  const auto known = std::any_of(bases_.begin(), bases_.end(), [&](const auto& other) {
    return other.first == root && source_.key(other.second) == key;
  });
  if (!known) bases_.emplace_back(root, folder);
}

void TargetExpander::add_existing(PatternRoot root, const EvidencePath& folder, std::size_t fixed) {
  for (const EvidencePath& spelling : source_.spellings(folder, fixed))
    if (const auto real = real_folder(spelling)) add(root, *real);
}

void TargetExpander::find_bases() {
  for (const auto& volume : source_.volumes())
    if (!volume.unreadable) add(PatternRoot::every_volume, EvidencePath{volume.name});
  for (const Registry* registry : registries_) find_bases_of(*registry);
}

void TargetExpander::find_bases_of(const Registry& registry) {
  for (std::size_t i = 0; i < registry.installations().size(); ++i) {
    // C:\ of C:\Windows; C:\Windows.old of an installation that was moved there whole.
    const EvidencePath& windows = registry.installations()[i].windows;
    const EvidencePath drive = windows.parent();
    const std::size_t fixed = drive.components().size();
    add(PatternRoot::system_root, windows);
    add(PatternRoot::system_drive, drive);
    usual_.emplace_back(PatternRoot::program_data, drive / "ProgramData");
    usual_.emplace_back(PatternRoot::program_files, drive / "Program Files");
    usual_.emplace_back(PatternRoot::program_files_x86, drive / "Program Files (x86)");
    add_existing(PatternRoot::program_data, drive / "ProgramData", fixed);
    add_existing(PatternRoot::program_data,
                 drive / "Documents and Settings\\All Users\\Application Data", fixed);
    add_existing(PatternRoot::program_files, drive / "Program Files", fixed);
    add_existing(PatternRoot::program_files_x86, drive / "Program Files (x86)", fixed);
    const Environment& environment = registry.environment(i, nullptr);
    const auto add_variable = [&](PatternRoot root, std::string_view name) {
      const auto path = EvidencePath::parse(environment.expand(environment.get(name).value_or("")));
      if (path) add_existing(root, *path, 0);
    };
    add_variable(PatternRoot::program_data, "ProgramData");
    add_variable(PatternRoot::program_files, "ProgramFiles");
    add_variable(PatternRoot::program_files_x86, "ProgramFiles(x86)");
  }
  for (const auto& user : registry.users())
    if (!user.folder.empty()) add_user(user.folder);
}

/// Both layouts: since Vista, and before. Where one is a junction to the other, both are the same
/// folder.
void TargetExpander::add_user(const EvidencePath& folder) {
  const auto real = real_folder(folder);
  if (!real) return;
  const EvidencePath& profile = *real;
  const std::size_t fixed = profile.components().size();
  add(PatternRoot::user_profile, profile);
  add_existing(PatternRoot::app_data, profile / "AppData\\Roaming", fixed);
  add_existing(PatternRoot::app_data, profile / "Application Data", fixed);
  add_existing(PatternRoot::local_app_data, profile / "AppData\\Local", fixed);
  add_existing(PatternRoot::local_app_data, profile / "Local Settings\\Application Data", fixed);
}

std::vector<EvidencePath> TargetExpander::bases(const PathPattern& pattern) const {
  if (pattern.root == PatternRoot::volume) {
    for (const auto& volume : source_.volumes())
      if (equals_fold(volume.name, pattern.volume) && !volume.unreadable)
        return {EvidencePath{volume.name}};
    // Asked for all the same: its row says that there is no such volume, or why it is not read.
    return {EvidencePath{pattern.volume}};
  }
  std::vector<EvidencePath> found;
  for (const auto& [root, folder] : bases_)
    if (root == pattern.root) found.push_back(folder);
  // A folder that is not there holds nothing, but what was expected in it is missing.
  if (found.empty())
    for (const auto& [root, folder] : usual_)
      if (root == pattern.root) return {folder};
  return found;
}

void TargetExpander::expand(const FileTarget& target, ArtifactStore& store,
                            const std::stop_token& stop) {
  for (const auto& base : bases(target.pattern)) {
    if (stop.stop_requested()) return;
    if (target.pattern.has_wildcard() ||
        target.pattern.stream.find_first_of("*?") != std::string::npos) {
      expand_pattern(target, base, store, stop);
    } else {
      expand_literal(target, base, store, stop);
    }
  }
}

void TargetExpander::expand_literal(const FileTarget& target, const EvidencePath& base,
                                    ArtifactStore& store, const std::stop_token& stop) {
  const PathPattern& pattern = target.pattern;
  EvidencePath path = append(base, pattern.components, pattern.components.size());
  if (!pattern.stream.empty()) path = path.with_stream(pattern.stream);
  const auto spellings = source_.spellings(path, base.components().size());
  for (const EvidencePath& spelling : spellings) {
    if (stop.stop_requested()) return;
    const auto info = source_.stat(spelling);
    // A link or folder of that name is asked for too: its row says why it is not there.
    if (info && pattern.stream.empty() && !info->is_directory && !info->is_link)
      request(target, *info, store, stop);
    else
      store.request(request_for(target, spelling, true));
  }
  if (spellings.empty()) store.request(request_for(target, std::move(path), true));
}

void TargetExpander::expand_pattern(const FileTarget& target, const EvidencePath& base,
                                    ArtifactStore& store, const std::stop_token& stop) {
  const PathPattern& pattern = target.pattern;
  const std::size_t literal = std::min(pattern.literal_prefix(), pattern.components.size() - 1);
  const EvidencePath start = append(base, pattern.components, literal);
  for (const EvidencePath& folder : source_.spellings(start, base.components().size()))
    if (const auto real = real_folder(folder)) {
      Walk walk{target, store, stop, {}};
      const auto names = pattern.components.begin();
      follow(walk, *real, {names, names + static_cast<std::ptrdiff_t>(literal)}, kMaxLinks);
    }
}

/// Takes what matches below `start`, which stands for the pattern's components `names`, and goes on
/// where links lead to: an intruder may have moved what lies there, and Windows finds it all the
/// same.
void TargetExpander::follow(Walk& walk, const EvidencePath& start,
                            const std::vector<std::string>& names, int links) {
  const PathPattern& pattern = walk.target.pattern;
  std::vector<std::pair<EvidencePath, std::vector<std::string>>> met;
  const auto visit = [&](const FileInfo& info) {
    if (walk.stop.stop_requested()) return Visit::stop;
    const auto& all = info.path.components();
    std::vector<std::string> here = names;
    here.insert(here.end(), all.begin() + static_cast<std::ptrdiff_t>(start.components().size()),
                all.end());
    const bool below = pattern_may_match_below(pattern, here);
    if (info.is_link && below) met.emplace_back(info.path, here);
    if (pattern_matches(pattern, here)) request(walk.target, info, walk.store, walk.stop);
    return info.is_directory && below && !info.is_link ? Visit::enter : Visit::skip;
  };
  auto walked = source_.walk(start, visit, [&](const EvidencePath& folder, Error error) {
    tell(folder, std::move(error));
  });
  if (!walked && walked.error().code != Errc::not_found) tell(start, std::move(walked).error());
  for (const auto& [link, below] : met) {
    if (walk.stop.stop_requested()) return;
    const auto real = real_folder(link);
    // Windows' own links for old programs lead upwards, or to what this walk visits anyway.
    if (!real || *real == start || start.is_below(*real) || real->is_below(start)) continue;
    if (!walk.followed.insert(source_.key(*real)).second) continue;
    if (links == 0)
      tell(link, Error{Errc::limit, link.text(), {}, "too many links inside each other"});
    else
      follow(walk, *real, below, links - 1);
  }
}

/// Streams belong to a file, whatever it is called: of one that has many of both they are taken by
/// the first of its names, else its rows would be as many as both multiplied.
bool TargetExpander::are_streams_taken(const FileTarget& target, const FileInfo& info) {
  const std::uint64_t links = info.link_count.value_or(1);
  if (!info.file_reference || links < 2 || links * info.streams.size() <= kMaxStreamsByNames)
    return false;
  const bool is_first = taken_streams_
                            .insert(target.pattern.stream + '\0' + info.path.volume() + '\0' +
                                    std::to_string(*info.file_reference))
                            .second;
  if (is_first)
    tell(info.path,
         Error{Errc::limit,
               info.path.text(),
               {},
               "its " + std::to_string(info.streams.size()) +
                   " alternate data streams are taken by this name, not by each of its " +
                   std::to_string(links) + " names"});
  return !is_first;
}

void TargetExpander::request(const FileTarget& target, const FileInfo& info, ArtifactStore& store,
                             const std::stop_token& stop) {
  const auto ask = [&](EvidencePath path) {
    FileRequest request = request_for(target, std::move(path), true);
    request.disk_offset = info.disk_offset;
    store.request(std::move(request));
  };
  const std::string& stream = target.pattern.stream;
  if (stream.empty() && !info.is_directory) ask(info.path);
  if ((stream.empty() && !target.streams) || are_streams_taken(target, info)) return;
  for (const auto& name : info.streams) {
    if (stop.stop_requested()) return;
    if (stream.empty() || glob_match_fold(stream, name)) ask(info.path.with_stream(name));
  }
}

}  // namespace hozen
