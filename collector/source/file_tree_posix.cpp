#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "collector/base/text.h"
#include "collector/source/file_tree.h"
#include "collector/source/host_name.h"
#include "collector/source/posix_folder.h"
#include "collector/source/posix_folder_cache.h"
#include "collector/source/posix_walk.h"

namespace hozen {
namespace {

using posix::Capabilities;
using posix::Descriptor;
using posix::Folder;
using posix::FolderPtr;
using posix::Mount;

/// Where a path leads: an entry of an open folder, or a folder that exists only as part of the
/// plan.
struct Place {
  FolderPtr folder;   // the folder that holds the entry; for a mount's root the root itself
  std::string host;   // "" for a mount's root
  EvidencePath path;  // as stored
  const Mount* only_planned = nullptr;
  bool exact = true;  // spelled as asked wherever entries on the way differ in case only
  bool alone = true;  // there were no such entries on the way
};

/// The search for what a path means.
struct Search {
  bool all = false;       // every spelling, not only the one that is meant
  std::size_t clear = 0;  // components of which only the one spelled as asked is looked at
  std::size_t left = kMaxSpellings;
  std::vector<Place> found;
  std::vector<Error> refused;  // with `all`: spellings that could not be looked into

  bool is_over() const {
    // A second one shows that the first is not the only one.
    return !all && !found.empty() && (found.front().exact || found.size() > 1);
  }
};

Error not_found(const EvidencePath& path, std::string detail) {
  return Error{Errc::not_found, path.text(), std::nullopt, std::move(detail)};
}

FileInfo planned_folder(const EvidencePath& path) {
  FileInfo info;
  info.path = path;
  info.is_directory = true;
  return info;
}

class PosixTree final : public FileTree {
 public:
  explicit PosixTree(std::vector<Mount> mounts) : mounts_{std::move(mounts)} {}

  Result<FileInfo> stat(const EvidencePath& path) override {
    HOZEN_TRY(const Place place, resolve(path));
    if (place.only_planned != nullptr) return planned_folder(place.path);
    HOZEN_TRY(FileInfo info, facts(place));
    if (path.stream().empty()) return info;
    HOZEN_TRY(const auto content, open_stream(place, path));
    const auto stored =
        std::find_if(info.streams.begin(), info.streams.end(),
                     [&](const std::string& name) { return equals_fold(name, path.stream()); });
    info.path = info.path.with_stream(stored == info.streams.end() ? path.stream() : *stored);
    info.size = content->size();
    info.is_directory = false;
    return info;
  }

  Result<EvidencePath> real_folder(const EvidencePath& path) override {
    HOZEN_TRY(Place place, resolve_folder(path));
    return std::move(place.path);
  }
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) override {
    HOZEN_TRY(const Place place, resolve(path));
    if (place.only_planned != nullptr || place.host.empty())
      return Error{Errc::unsupported, path.text(), std::nullopt, "a folder"};
    if (!path.stream().empty()) return open_stream(place, path);
    return posix::open_file(place.folder->fd.get(), place.host, place.path);
  }

  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem) override;

  std::vector<EvidencePath> spellings(const EvidencePath& path, std::size_t fixed) override;
  std::string key(const EvidencePath& path) override;
  std::vector<Error> take_remarks() override {
    const std::lock_guard lock{mutex_};
    return std::exchange(remarks_, {});
  }

  VolumeInfo volume_info(const TreeMount& plan) override {
    VolumeInfo info{plan.volume, std::nullopt, "", std::nullopt};
    for (const Mount& mount : mounts_)
      if (equals_fold(mount.plan.volume, plan.volume)) {
        info.file_system = posix::file_system_name(mount.root.get(), mount.can);
        info.is_whole = info.file_system == "NTFS" && mount.plan.below.empty() &&
                        posix::is_ntfs_root(mount.root.get());
      }
    return info;
  }

 private:
  Result<Place> resolve(const EvidencePath& path);
  /// The place that a path means, and in `search` what else was found.
  Result<Place> resolve(const EvidencePath& path, Search& search);
  Result<void> find(const EvidencePath& path, const Place& so_far, int hops, Search& search);
  Result<void> descend(Place place, const EvidencePath& path, std::size_t next, int hops,
                       Search& search);
  Result<void> choose(const Place& place, const EvidencePath& path, std::size_t next, int hops,
                      std::pair<std::size_t, std::size_t> entries, Search& search);
  Result<void> follow(Place place, const std::string& host, const EvidencePath& path,
                      std::size_t next, int hops, Search& search);
  void remark(Error error);
  Result<Place> start_of(const EvidencePath& path, std::size_t& next);
  Result<EvidencePath> redirect(const EvidencePath& path, std::size_t at, const Folder& folder,
                                const std::string& host, Error refused);
  Result<Place> resolve_folder(const EvidencePath& directory);
  Result<Place> enter_planned(Place place, const std::function<Visit(const FileInfo&)>& visit);

  static Result<FileInfo> facts(const Place& place) {
    return posix::read_facts(place.folder->fd.get(), place.host, place.path,
                             place.folder->mount->can);
  }
  static Result<std::unique_ptr<ByteSource>> open_stream(const Place& place,
                                                         const EvidencePath& path) {
    return posix::open_stream(place.folder->fd.get(), place.host,
                              place.path.with_stream(path.stream()), place.folder->mount->can);
  }

  std::vector<Mount> mounts_;
  posix::FolderCache cache_;
  std::vector<Error> remarks_;
  std::set<std::string> remarked_;
  std::mutex mutex_;  // guards what is above
};

/// The volume's root, or what the plan has above it; `next` is the first component below that.
Result<Place> PosixTree::start_of(const EvidencePath& path, std::size_t& next) {
  const auto mount = std::find_if(mounts_.begin(), mounts_.end(), [&](const Mount& candidate) {
    return equals_fold(candidate.plan.volume, path.volume());
  });
  if (mount == mounts_.end()) return not_found(path, "the source has no such volume");
  const std::vector<std::string>& names = path.components();
  if (names.size() > kMaxFolderDepth)
    return Error{Errc::limit, path.text(), kMaxFolderDepth, "too many folders"};
  EvidencePath stored{mount->plan.volume};
  for (const std::string& planned : mount->plan.below) {
    if (next == names.size()) return Place{nullptr, "", stored, &*mount};
    if (!equals_fold(names[next++], planned)) return not_found(path, "no such entry");
    stored = stored.child(planned);
  }
  HOZEN_TRY(FolderPtr root, cache_.root_of(*mount, stored));
  return Place{std::move(root), "", std::move(stored), nullptr};
}

/// Where component `at` of `path`, which `folder` holds and which cannot be entered, leads as a
/// link: the path to go on with. `refused` is why it cannot be entered, and the answer when it is
/// no link.
Result<EvidencePath> PosixTree::redirect(const EvidencePath& path, std::size_t at,
                                         const Folder& folder, const std::string& host,
                                         Error refused) {
  const Capabilities& can = folder.mount->can;
  HOZEN_TRY(
      const FileInfo facts,
      posix::read_facts(folder.fd.get(), host, folder.path.child(name_from_host(host).text), can));
  if (!facts.is_link) {
    // Whoever asks may take the answer for "not there"; that nobody could look is told anyway.
    refused.what = "folder " + facts.path.text();
    if (refused.code != Errc::not_found) remark(refused);
    refused.what = path.text();
    return refused;
  }
  HOZEN_TRY(EvidencePath target, posix::read_link(folder.fd.get(), host, folder.path, can));
  for (std::size_t rest = at + 1; rest < path.components().size(); ++rest)
    target = target.child(path.components()[rest]);
  return target.with_stream(path.stream());
}

/// Goes on behind the entry `host` of the place's folder, which component `next` of `path` means.
Result<void> PosixTree::follow(Place place, const std::string& host, const EvidencePath& path,
                               std::size_t next, int hops, Search& search) {
  const FolderPtr folder = place.folder;
  if (next + 1 == path.components().size()) {
    place.host = host;
    place.path = folder->path.child(name_from_host(host).text);
    search.found.push_back(std::move(place));
    return {};
  }
  auto below = cache_.enter(folder, host);
  if (below) {
    place.folder = *std::move(below);
    return descend(std::move(place), path, next + 1, hops, search);
  }
  HOZEN_TRY(const EvidencePath target,
            redirect(path, next, *folder, host, std::move(below).error()));
  if (hops == 0) return Error{Errc::limit, path.text(), std::nullopt, "too many links on the way"};
  const std::size_t clear = std::exchange(search.clear, 0);  // the target has other components
  auto found = find(target, place, hops - 1, search);
  search.clear = clear;
  return found;
}

/// Several entries have the name of component `next`: the one spelled as asked comes first.
Result<void> PosixTree::choose(const Place& place, const EvidencePath& path, std::size_t next,
                               int hops, std::pair<std::size_t, std::size_t> entries,
                               Search& search) {
  std::vector<std::string> hosts;
  std::size_t exact = 0;
  for (std::size_t i = 0; i < entries.second; ++i) {
    std::string host{place.folder->names[entries.first + i].host};
    const bool same = name_from_host(host).text == path.components()[next];
    hosts.insert(same ? hosts.begin() : hosts.end(), std::move(host));
    exact += same ? 1 : 0;
  }
  if (next < search.clear && exact > 0) hosts.resize(exact);
  for (std::size_t i = 0; i < hosts.size() && !search.is_over(); ++i) {
    if (search.left == 0 && !search.all && !search.found.empty()) return {};
    if (search.left == 0)
      return Error{Errc::limit, path.text(), kMaxSpellings, "too many entries differ in case only"};
    --search.left;
    Place through = place;
    through.alone = false;
    through.exact = place.exact && i < exact;
    auto followed = follow(std::move(through), hosts[i], path, next, hops, search);
    if (followed || followed.error().code == Errc::not_found) continue;
    if (search.all)
      search.refused.push_back(std::move(followed).error());
    else if (search.found.empty())
      return followed;
  }
  if (search.found.empty()) return not_found(path, "no such entry");
  return {};
}

/// Component by component while there is one entry for each.
Result<void> PosixTree::descend(Place place, const EvidencePath& path, std::size_t next, int hops,
                                Search& search) {
  const std::vector<std::string>& names = path.components();
  for (; place.only_planned == nullptr && next < names.size(); ++next) {
    const auto entries = place.folder->names.find(names[next]);
    if (entries.second == 0) return not_found(path, "no such entry");
    if (entries.second > 1) return choose(place, path, next, hops, entries, search);
    const std::string host{place.folder->names[entries.first].host};
    auto below = next + 1 == names.size() ? Result<FolderPtr>{FolderPtr{}}
                                          : cache_.enter(place.folder, host);
    if (!below || *below == nullptr)
      return follow(std::move(place), host, path, next, hops, search);
    place.folder = *std::move(below);
  }
  search.found.push_back(std::move(place));
  return {};
}

/// `so_far` tells how clear the way was that led to this path.
Result<void> PosixTree::find(const EvidencePath& path, const Place& so_far, int hops,
                             Search& search) {
  std::size_t next = 0;
  HOZEN_TRY(Place place, start_of(path, next));
  place.exact = so_far.exact;
  place.alone = so_far.alone;
  return descend(std::move(place), path, next, hops, search);
}

void PosixTree::remark(Error error) {
  if (remarked_.size() < kMaxRemarks && remarked_.insert(error.text()).second)
    remarks_.push_back(std::move(error));
}

Result<Place> PosixTree::resolve(const EvidencePath& path, Search& search) {
  cache_.begin_lookup();
  HOZEN_CHECK(find(path, Place{}, kMaxLinkHops, search));
  if (search.found.empty()) return not_found(path, "no such entry");
  return search.found.front();
}

Result<Place> PosixTree::resolve(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  Search search;
  HOZEN_TRY(Place place, resolve(path, search));
  if (search.found.size() > 1)
    remark({Errc::unsupported, path.text(), std::nullopt,
            "entries differ in case only: " + place.path.text() + " is taken, not " +
                search.found[1].path.text()});
  return place;
}

std::vector<EvidencePath> PosixTree::spellings(const EvidencePath& path, std::size_t fixed) {
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
  search.clear = whole.components().size();
  for (std::size_t i = fixed; i < names.size(); ++i) whole = whole.child(names[i]);
  const std::lock_guard lock{mutex_};
  cache_.begin_lookup();
  auto found = find(whole, Place{}, kMaxLinkHops, search);
  if (!found && search.found.empty() && found.error().code != Errc::not_found) return {path};
  if (!found && !search.found.empty()) remark(std::move(found).error());
  for (Error& error : search.refused) remark(std::move(error));
  std::vector<EvidencePath> paths;
  for (const Place& place : search.found) paths.push_back(place.path.with_stream(path.stream()));
  return paths;
}

std::string PosixTree::key(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  Search search;
  const auto place = resolve(path, search);
  if (!place || place->alone) return path.folded();
  std::string key = '=' + place->path.text();
  if (!path.stream().empty()) key += ':' + fold_case(path.stream());
  return key;
}

/// As resolve(), with links as the last component followed too. Errc::unsupported for a file.
Result<Place> PosixTree::resolve_folder(const EvidencePath& directory) {
  EvidencePath path = directory;
  for (int hops = 0; hops <= kMaxLinkHops; ++hops) {
    HOZEN_TRY(Place place, resolve(path));
    if (place.only_planned != nullptr) return place;
    HOZEN_TRY(const FileInfo info, facts(place));
    if (!info.is_link) {
      if (info.is_directory) return place;
      return Error{Errc::unsupported, directory.text(), std::nullopt, std::string{kNotAFolder}};
    }
    HOZEN_TRY(path, posix::read_link(place.folder->fd.get(), place.host, place.folder->path,
                                     place.folder->mount->can));
  }
  return Error{Errc::limit, directory.text(), std::nullopt, "too many links on the way"};
}

/// Visits the one folder that each folder of the plan holds, down to a real one; still a planned
/// one when `visit` does not enter.
Result<Place> PosixTree::enter_planned(Place place,
                                       const std::function<Visit(const FileInfo&)>& visit) {
  while (place.only_planned != nullptr) {
    const std::vector<std::string>& below = place.only_planned->plan.below;
    Place next;
    HOZEN_TRY(next, resolve(place.path.child(below[place.path.components().size()])));
    HOZEN_TRY(const FileInfo info, next.only_planned != nullptr
                                       ? Result<FileInfo>{planned_folder(next.path)}
                                       : facts(next));
    if (visit(info) != Visit::enter) return place;
    place = std::move(next);
  }
  return place;
}

Result<void> PosixTree::walk(const EvidencePath& directory,
                             const std::function<Visit(const FileInfo&)>& visit,
                             const std::function<void(const EvidencePath&, Error)>& problem) {
  HOZEN_TRY(Place start, resolve_folder(directory));
  HOZEN_TRY(const Place place, enter_planned(std::move(start), visit));
  if (place.only_planned != nullptr) return {};
  HOZEN_TRY(Descriptor fd,
            posix::open_folder(place.folder->fd.get(), place.host.empty() ? "." : place.host));
  return posix::walk_folder(std::move(fd), place.path, place.folder->mount->can, visit, problem);
}

}  // namespace

Result<std::unique_ptr<FileTree>> open_file_tree(std::string_view root,
                                                 std::vector<TreeMount> plans) {
  HOZEN_TRY(const Descriptor base, posix::open_root(std::string{root}));
  std::vector<Mount> mounts;
  for (TreeMount& plan : plans) {
    HOZEN_TRY(Descriptor fd,
              posix::open_folder(base.get(), plan.folder.empty() ? "." : plan.folder));
    const Capabilities can = posix::probe_capabilities(fd.get());
    mounts.push_back({std::move(plan), std::move(fd), can});
  }
  return std::unique_ptr<FileTree>{std::make_unique<PosixTree>(std::move(mounts))};
}

}  // namespace hozen
