#include "collector/source/ntfs_tree.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "collector/base/text.h"
#include "collector/formats/reparse_point.h"
#include "collector/source/ntfs_deleted.h"
#include "collector/source/ntfs_volume_files.h"

namespace hozen {
namespace {

constexpr auto kRoot = static_cast<std::uint32_t>(ntfs::record_number::kRoot);

struct Mounted {
  std::string volume;
  std::shared_ptr<ntfs::Volume> ntfs;
  std::unique_ptr<NtfsVolumeFiles> files;
  std::vector<Error> problems{};  // of its file table, not yet told
  bool is_whole = true;           // every record of it could be read
  // Whether folders on the way are links, as they were when first passed: names are of one moment
  // too, and a folder is passed for every file below it.
  std::unordered_map<std::uint32_t, bool> links{};
};

/// Where a path leads.
struct Place {
  Mounted* mounted = nullptr;
  std::uint32_t record = kRoot;
  EvidencePath path{};                    // as stored
  std::optional<std::uint32_t> parent{};  // the folder's record; nothing for a root
  bool exact = true;  // spelled as asked wherever entries on the way differ in case only
  bool alone = true;  // there were no such entries on the way
};

/// A folder on the way that a path takes.
struct Step {
  Place place{};
  std::shared_ptr<const EvidencePath> path{};  // that is looked for: as asked, or behind a link
  std::size_t next = 0;                        // component that is looked for in it
  std::size_t fixed = 0;  // components of which only the one spelled as asked is looked at
  int hops = 0;           // links that may still be followed
  std::vector<std::uint32_t> entries{};  // not looked into yet, the last one first
  bool has_others = false;               // entries differ in case only
};

/// The search for what a path means.
struct Search {
  bool all = false;  // every spelling, not only the one that is meant
  std::vector<Place> found{};
  std::vector<Step> steps{};         // those with entries left, from the top down
  std::size_t left = kMaxSpellings;  // entries that differ in case only and may be looked into
  std::optional<Error> failed{};     // the first of what stood in the way

  bool is_over() const {
    if (found.size() >= kMaxSpellings) return true;
    return !all && !found.empty() && (found.front().exact || found.size() > 1);
  }
  void fail(Error error) {
    if (!failed) failed = std::move(error);
  }
};

Error not_found(const EvidencePath& path, std::string detail) {
  return Error{Errc::not_found, path.text(), std::nullopt, std::move(detail)};
}

/// Target of a link as a place in the evidence, `parent` being the folder it lies in.
Result<EvidencePath> target_of(const ReparsePoint& point, const EvidencePath& parent) {
  const auto refuse = [&](const char* why) {
    return Error{Errc::unsupported, point.target, std::nullopt, why};
  };
  if (point.target.empty()) return refuse("a link of a kind that is not followed");
  if (point.relative) {
    if (point.target.front() == '\\') return EvidencePath{parent.volume()} / point.target;
    return parent / point.target;
  }
  auto target = EvidencePath::parse(point.target);
  if (!target) return refuse("a link that leads out of the evidence");
  return target;
}

class NtfsTree final : public NtfsFileTree {
 public:
  explicit NtfsTree(std::vector<NtfsMount> mounts);

  Result<FileInfo> stat(const EvidencePath& path) override;
  bool is_untouched(const EvidencePath& path) override;
  Result<EvidencePath> real_folder(const EvidencePath& path) override;
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem) override;
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) override;
  std::vector<EvidencePath> spellings(const EvidencePath& path, std::size_t fixed) override;
  std::string key(const EvidencePath& path) override;
  std::vector<Error> take_remarks() override;
  bool reads_deleted(std::string_view volume) override;
  Result<DeletedContent> open_deleted(const DeletedFile& file) override;
  void rename_volume(std::string_view from, std::string to) override;
  VolumeInfo volume_info(const TreeMount& mount) override;

 private:
  struct Level {
    EvidencePath path;
    std::vector<std::uint32_t> entries;
    std::size_t next = 0;
  };

  void remark(Error error) {
    if (remarked_.size() < kMaxRemarks && remarked_.insert(error.text()).second)
      remarks_.push_back(std::move(error));
  }
  void tell_twice(const EvidencePath& path, const std::string& other) {
    remark({Errc::malformed, path.text(), std::nullopt,
            "several entries of its folder have this very name: others have the number of their "
            "file record in their paths, as in " +
                other});
  }
  Mounted* find_mounted(std::string_view volume);
  Result<Place> resolve(const EvidencePath& path);
  Result<Place> resolve_folder(const EvidencePath& path);
  Result<void> find(const EvidencePath& path, std::size_t fixed, Search& search);
  Result<void> begin(EvidencePath path, std::size_t fixed, int hops, bool exact, Search& search);
  Result<void> descend(Step step, Search& search);
  void go_on(Step step, Search& search);
  Result<void> enter(const Step& link, Search& search);
  Result<EvidencePath> link_target(const Place& link);
  static bool is_link(const Place& place, bool directory);
  Level open_level(const Mounted& mounted, std::uint32_t record, EvidencePath path);

  std::vector<Mounted> mounts_;
  std::optional<std::pair<EvidencePath, Place>> last_{};  // what resolve() found, and for what
  std::uint64_t stat_turn_ = 0;                           // looks_in_turn() after the last stat()
  std::vector<Error> remarks_;
  std::set<std::string> remarked_;
  std::mutex mutex_;  // guards everything
};

NtfsTree::NtfsTree(std::vector<NtfsMount> mounts) {
  for (NtfsMount& mount : mounts) {
    Mounted mounted{std::move(mount.volume), mount.ntfs,
                    std::make_unique<NtfsVolumeFiles>(mount.ntfs)};
    mounted.problems = mount.ntfs->problems();
    mounted.files->load([&](Error error) {
      if (mounted.problems.size() < kMaxRemarks) mounted.problems.push_back(std::move(error));
    });
    mounted.is_whole = mounted.problems.empty();
    mounts_.push_back(std::move(mounted));
  }
}

std::vector<Error> NtfsTree::take_remarks() {
  const std::lock_guard lock{mutex_};
  for (Mounted& mounted : mounts_)
    for (Error& error : std::exchange(mounted.problems, {})) {
      error.what = "volume " + mounted.volume + ": " + error.what;
      remark(std::move(error));
    }
  return std::exchange(remarks_, {});
}

void NtfsTree::rename_volume(std::string_view from, std::string to) {
  const std::lock_guard lock{mutex_};
  for (Mounted& mounted : mounts_)
    if (mounted.volume == from) {
      mounted.volume = std::move(to);
      last_.reset();
      return;
    }
}

bool NtfsTree::is_link(const Place& place, bool directory) {
  if (!directory) return false;
  const auto known = place.mounted->links.find(place.record);
  if (known != place.mounted->links.end()) return known->second;
  const auto info = place.mounted->files->info(place.record, place.path, place.parent);
  if (!info) return false;  // asked again: a read may fail once
  place.mounted->links.emplace(place.record, info->is_link);
  return info->is_link;
}

Result<EvidencePath> NtfsTree::link_target(const Place& link) {
  HOZEN_TRY(const ntfs::File file, link.mounted->ntfs->read_file(link.record));
  HOZEN_TRY(const auto bytes, link.mounted->files->reparse_point(file));
  HOZEN_TRY(const ReparsePoint point, parse_reparse_point(Bytes{bytes}));
  return target_of(point, link.path.parent());
}

/// Finds what `path` means; of its first `fixed` components only what is spelled as asked.
Result<void> NtfsTree::find(const EvidencePath& path, std::size_t fixed, Search& search) {
  HOZEN_CHECK(begin(path, fixed, kMaxLinkHops, true, search));
  while (!search.steps.empty() && !search.is_over()) {
    Step& last = search.steps.back();
    Step step{.path = last.path,
              .next = last.next,
              .fixed = last.fixed,
              .hops = last.hops,
              .entries = {last.entries.back()},
              .has_others = last.has_others};
    last.entries.pop_back();
    const bool is_last = last.entries.empty();
    step.place = is_last ? std::move(last.place) : last.place;
    if (is_last) search.steps.pop_back();
    if (step.has_others && search.left == 0) {
      if (!search.all && !search.found.empty()) return {};
      return Error{Errc::limit, path.text(), kMaxSpellings, "too many entries differ in case only"};
    }
    search.left -= step.has_others ? 1 : 0;
    go_on(std::move(step), search);
  }
  if (search.found.empty() && search.failed) return *search.failed;
  return {};
}

Mounted* NtfsTree::find_mounted(std::string_view volume) {
  const auto mounted = std::find_if(mounts_.begin(), mounts_.end(), [&](const Mounted& candidate) {
    return equals_fold(candidate.volume, volume);
  });
  return mounted == mounts_.end() ? nullptr : &*mounted;
}

Result<void> NtfsTree::begin(EvidencePath path, std::size_t fixed, int hops, bool exact,
                             Search& search) {
  if (path.components().size() > kMaxFolderDepth)
    return Error{Errc::limit, path.text(), kMaxFolderDepth, "too many folders"};
  Mounted* const mounted = find_mounted(path.volume());
  if (mounted == nullptr) return not_found(path, "the source has no such volume");
  Step step{.place = {mounted, kRoot, EvidencePath{mounted->volume}, std::nullopt, exact, true},
            .path = std::make_shared<const EvidencePath>(std::move(path)),
            .fixed = fixed,
            .hops = hops};
  return descend(std::move(step), search);
}

/// Looks up the next component in the folder of `step`.
Result<void> NtfsTree::descend(Step step, Search& search) {
  const std::vector<std::string>& names = step.path->components();
  if (step.next == names.size()) {
    search.found.push_back(std::move(step.place));
    return {};
  }
  NtfsNames& known = step.place.mounted->files->names();
  step.entries = known.find(step.place.record, names[step.next]);
  if (step.entries.empty() && step.next == 0 && step.place.record == kRoot) {
    // A file of NTFS itself whose record lost the name has its number all the same.
    const EvidencePath first = step.place.path.child(names[0]);
    if (const auto number = step.place.mounted->files->internal_record(first)) {
      step.place.parent = kRoot;
      step.place.record = *number;
      step.place.path = first;
      ++step.next;
      return descend(std::move(step), search);
    }
  }
  if (step.entries.empty()) {
    // A damaged table may have lost the record: then it is not true that there is no such file.
    if (!step.place.mounted->is_whole &&
        step.place.mounted->files->is_in_index(step.place.record, names[step.next]))
      return Error{Errc::malformed, step.path->text(), std::nullopt,
                   "its folder names it, and its file record cannot be read"};
    return not_found(*step.path, "no such entry");
  }
  const auto is_stored = [&](std::uint32_t index) {
    return known.name(known[index]) == names[step.next];
  };
  const auto others = std::stable_partition(step.entries.begin(), step.entries.end(), is_stored);
  if (others - step.entries.begin() > 1 && known.is_twin(step.entries[1]))
    tell_twice(step.place.path.child(names[step.next]), known.path_name(step.entries[1]));
  if (step.next < step.fixed && is_stored(step.entries.front())) step.entries.resize(1);
  step.has_others = step.entries.size() > 1;
  std::reverse(step.entries.begin(), step.entries.end());
  search.steps.push_back(std::move(step));
  return {};
}

/// Goes into the one entry of `step`.
void NtfsTree::go_on(Step step, Search& search) {
  NtfsNames& known = step.place.mounted->files->names();
  const NtfsNames::Entry entry = known[step.entries.front()];
  const std::string_view name = known.name(entry);
  Place& place = step.place;
  place.parent = place.record;
  place.record = entry.record;
  place.path.append(known.path_name(step.entries.front()));
  place.exact = place.exact && (!step.has_others || name == step.path->components()[step.next]);
  place.alone = place.alone && !step.has_others && !known.is_twin(step.entries.front());
  ++step.next;
  auto entered = Result<void>{};
  if (step.next == step.path->components().size())
    search.found.push_back(std::move(place));
  else if (is_link(place, entry.directory))
    entered = enter(step, search);
  else if (entry.directory)
    entered = descend(std::move(step), search);
  else
    entered = not_found(*step.path, "no such entry");
  if (!entered) search.fail(entered.error());
}

/// Goes on where the link leads at which `link` stands.
Result<void> NtfsTree::enter(const Step& link, Search& search) {
  if (link.hops == 0)
    return Error{Errc::limit, link.path->text(), std::nullopt, "too many links on the way"};
  HOZEN_TRY(EvidencePath target, link_target(link.place));
  for (std::size_t rest = link.next; rest < link.path->components().size(); ++rest)
    target = target.child(link.path->components()[rest]);
  return begin(target.with_stream(link.path->stream()), 0, link.hops - 1, link.place.exact, search);
}

/// Names were all read at the beginning: asked again for a path the answer is the same.
Result<Place> NtfsTree::resolve(const EvidencePath& path) {
  if (last_ && last_->first == path) return last_->second;
  Search search;
  HOZEN_CHECK(find(path, 0, search));
  if (search.found.empty()) return not_found(path, "no such entry");
  if (search.found.size() > 1)
    remark({Errc::unsupported, path.text(), std::nullopt,
            "entries differ in case only: " + search.found[0].path.text() + " is taken, not " +
                search.found[1].path.text()});
  last_.emplace(path, search.found.front());
  return std::move(search.found.front());
}

bool NtfsTree::is_untouched(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  if (!last_ || !(last_->first == path)) return false;
  const Place& place = last_->second;
  return place.mounted->ntfs->is_as_looked(place.record, stat_turn_);
}

Result<Place> NtfsTree::resolve_folder(const EvidencePath& path) {
  EvidencePath at = path.with_stream("");
  for (int hops = kMaxLinkHops; hops >= 0; --hops) {
    HOZEN_TRY(Place place, resolve(at));
    HOZEN_TRY(const FileInfo info,
              place.mounted->files->info(place.record, place.path, place.parent));
    if (!info.is_link) {
      if (info.is_directory) return place;
      return Error{Errc::unsupported, path.text(), std::nullopt, "not a folder"};
    }
    HOZEN_TRY(at, link_target(place));
  }
  return Error{Errc::limit, path.text(), std::nullopt, "too many links on the way"};
}

Result<FileInfo> NtfsTree::stat(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  HOZEN_TRY(const Place place, resolve(path));
  HOZEN_TRY(FileInfo info, place.mounted->files->info(place.record, place.path, place.parent));
  stat_turn_ = place.mounted->ntfs->looks_in_turn();
  if (path.stream().empty()) return info;
  HOZEN_TRY(const auto content,
            place.mounted->files->open(place.record, place.path.with_stream(path.stream())));
  auto stored = std::find(info.streams.begin(), info.streams.end(), path.stream());
  if (stored == info.streams.end())
    stored = std::find_if(info.streams.begin(), info.streams.end(), [&](const std::string& name) {
      return equals_fold(name, path.stream());
    });
  info.path = info.path.with_stream(stored == info.streams.end() ? path.stream() : *stored);
  info.size = content->size();
  info.sparse_head_bytes = place.mounted->files->sparse_head(info.path, *content);
  info.is_directory = false;
  return info;
}

Result<EvidencePath> NtfsTree::real_folder(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  HOZEN_TRY(Place place, resolve_folder(path));
  return std::move(place.path);
}

Result<std::unique_ptr<ByteSource>> NtfsTree::open(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  HOZEN_TRY(const Place place, resolve(path));
  NtfsVolumeFiles& files = *place.mounted->files;
  const EvidencePath stored = place.path.with_stream(path.stream());
  auto content = files.open(place.record, stored);
  if (content && !files.problems_of_last().empty()) {
    const Error& first = files.problems_of_last().front();
    remark({first.code, stored.text() + ": " + first.what, first.offset,
            "what was read may be incomplete or of different times"});
  }
  return content;
}

NtfsTree::Level NtfsTree::open_level(const Mounted& mounted, std::uint32_t record,
                                     EvidencePath path) {
  Level level{std::move(path), {}, 0};
  NtfsNames& names = mounted.files->names();
  for (const std::uint32_t index : names.folder(record).entries)
    if (!names[index].short_name && !names[index].internal) level.entries.push_back(index);
  return level;
}

Result<void> NtfsTree::walk(const EvidencePath& directory,
                            const std::function<Visit(const FileInfo&)>& visit,
                            const std::function<void(const EvidencePath&, Error)>& problem) {
  std::unique_lock lock{mutex_};
  HOZEN_TRY(const Place start, resolve_folder(directory));
  const Mounted& mounted = *start.mounted;
  std::vector<Level> levels;
  levels.push_back(open_level(mounted, start.record, start.path));
  // A folder has one name; only a table that lies lists it twice, or below itself.
  std::unordered_set<std::uint32_t> entered{start.record};
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.entries.size()) {
      levels.pop_back();
      continue;
    }
    const std::uint32_t index = level.entries[level.next++];
    const NtfsNames::Entry entry = mounted.files->names()[index];
    const EvidencePath path = level.path.child(mounted.files->names().path_name(index));
    const auto info = mounted.files->info(entry.record, path, entry.parent);
    lock.unlock();  // whoever is told may ask for more
    Visit answer = Visit::skip;
    if (info)
      answer = visit(*info);
    else
      problem(path, info.error());
    lock.lock();
    if (answer == Visit::stop) return {};
    if (answer == Visit::skip || !info->is_directory || info->is_link) continue;
    const char* const why = levels.size() >= kMaxFolderDepth ? "too many folders"
                            : !entered.insert(entry.record).second
                                ? "a folder that is listed in more than one place"
                                : nullptr;
    if (why != nullptr) {
      lock.unlock();
      problem(path, Error{Errc::limit, path.text(), std::nullopt, why});
      lock.lock();
      continue;
    }
    levels.push_back(open_level(mounted, entry.record, path));
  }
  return {};
}

std::vector<EvidencePath> NtfsTree::spellings(const EvidencePath& path, std::size_t fixed) {
  const std::lock_guard lock{mutex_};
  const std::vector<std::string>& names = path.components();
  EvidencePath whole{path.volume()};
  if (fixed > 0) {
    for (std::size_t i = 0; i < std::min(fixed, names.size()); ++i) whole = whole.child(names[i]);
    const auto base = resolve(whole);
    if (!base && base.error().code == Errc::not_found) return {};
    if (!base) return {path};
    whole = base->path;
  }
  Search search;
  search.all = true;
  const std::size_t clear = whole.components().size();
  for (std::size_t i = fixed; i < names.size(); ++i) whole = whole.child(names[i]);
  const auto found = find(whole, clear, search);
  if (!found && search.found.empty() && found.error().code != Errc::not_found) return {path};
  std::vector<EvidencePath> paths;
  for (const Place& place : search.found) paths.push_back(place.path.with_stream(path.stream()));
  return paths;
}

std::string NtfsTree::key(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  Search search;
  const auto found = find(path, 0, search);
  if (!found || search.found.empty()) return path.folded();
  const Place& place = search.found.front();
  const bool has_twins =
      !path.stream().empty() && place.mounted->files->has_stream_twins(place.record, path.stream());
  // A name with a colon, which other systems make, is no stream.
  const auto& names = place.path.components();
  const bool has_colon = std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.find(':') != std::string::npos;
  });
  if (place.alone && !has_twins && !has_colon) return path.folded();
  const EvidencePath file = place.path.with_stream("");
  std::string key = '=' + (place.alone ? file.folded() : file.text());
  if (path.stream().empty()) return key;
  key += '\0';
  return key + (has_twins ? std::string{path.stream()} : fold_case(path.stream()));
}

bool NtfsTree::reads_deleted(std::string_view volume) {
  const std::lock_guard lock{mutex_};
  return find_mounted(volume) != nullptr;
}

Result<DeletedContent> NtfsTree::open_deleted(const DeletedFile& file) {
  const std::lock_guard lock{mutex_};
  const Mounted* const mounted = find_mounted(file.path.volume());
  if (mounted == nullptr) return not_found(file.path, "the source has no such volume");
  return hozen::open_deleted(*mounted->files, file, VolumeUse::none);
}

VolumeInfo NtfsTree::volume_info(const TreeMount& mount) {
  VolumeInfo info{mount.volume, std::nullopt, "NTFS", std::nullopt};
  for (const Mounted& mounted : mounts_)
    if (equals_fold(mounted.volume, mount.volume)) {
      info.is_whole = mounted.is_whole;
      info.serial = volume_serial_text(mounted.ntfs->boot().serial);
    }
  return info;
}

}  // namespace

std::unique_ptr<NtfsFileTree> open_ntfs_tree(std::vector<NtfsMount> mounts) {
  return std::make_unique<NtfsTree>(std::move(mounts));
}

std::string volume_serial_text(std::uint64_t serial) {
  std::array<char, 10> text{};
  const auto low = static_cast<std::uint32_t>(serial);
  std::snprintf(text.data(), text.size(), "%04X-%04X", low >> 16, low & 0xFFFF);
  return text.data();
}

}  // namespace hozen
