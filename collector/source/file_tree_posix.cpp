#include <algorithm>
#include <list>
#include <map>
#include <mutex>

#include "collector/base/text.h"
#include "collector/source/file_tree.h"
#include "collector/source/host_name.h"
#include "collector/source/posix_folder.h"
#include "collector/source/posix_walk.h"

namespace hozen {
namespace {

using posix::Capabilities;
using posix::Descriptor;
using posix::Listing;

/// Folders kept open with their names for lookups: bounds descriptors and memory.
constexpr std::size_t kCachedFolders = 64;
constexpr std::size_t kCachedBytes = std::size_t{8} << 20;
struct Mount {
  TreeMount plan;
  Descriptor root;
  Capabilities can;
};

/// An open folder with its names.
struct Folder {
  const Mount* mount = nullptr;
  EvidencePath path;  // as stored
  Descriptor fd;
  Listing names;
  std::uint64_t id = 0;
};
using FolderPtr = std::shared_ptr<Folder>;

/// Least recently used folders, by parent and exact name (folders equal but for case are two).
class FolderCache {
 public:
  using Key = std::pair<std::uint64_t, std::string>;

  FolderPtr find(const Key& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }
  void insert(const Key& key, const FolderPtr& folder) {
    folder->id = ++last_id_;
    order_.emplace_front(key, folder);
    by_key_[key] = order_.begin();
    bytes_ += folder->names.memory_bytes();
    // The newest stays, however large: the next lookup asks for it.
    while (order_.size() > 1 && (order_.size() > kCachedFolders || bytes_ > kCachedBytes)) {
      bytes_ -= order_.back().second->names.memory_bytes();
      by_key_.erase(order_.back().first);
      order_.pop_back();
    }
  }

 private:
  std::list<std::pair<Key, FolderPtr>> order_;
  std::map<Key, std::list<std::pair<Key, FolderPtr>>::iterator> by_key_;
  std::size_t bytes_ = 0;
  std::uint64_t last_id_ = 0;
};

/// Where a path leads: an entry of an open folder, or a folder that exists only as part of the
/// plan.
struct Place {
  FolderPtr folder;   // the folder that holds the entry; for a mount's root the root itself
  std::string host;   // "" for a mount's root
  EvidencePath path;  // as stored
  const Mount* only_planned = nullptr;
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

  VolumeInfo volume_info(const TreeMount& plan) override {
    VolumeInfo info{plan.volume, std::nullopt, "", std::nullopt};
    for (const Mount& mount : mounts_)
      if (equals_fold(mount.plan.volume, plan.volume))
        info.file_system = posix::file_system_name(mount.root.get(), mount.can);
    return info;
  }

 private:
  Result<Place> resolve(const EvidencePath& path);
  Result<Place> resolve_once(const EvidencePath& path, std::optional<EvidencePath>& redirected);
  Result<Place> start_of(const EvidencePath& path, std::size_t& next);
  static Result<EvidencePath> redirect(const EvidencePath& path, std::size_t at,
                                       const Folder& folder, const std::string& host,
                                       Error refused);
  Result<Place> resolve_folder(const EvidencePath& directory);
  Result<Place> enter_planned(Place place, const std::function<Visit(const FileInfo&)>& visit);
  Result<FolderPtr> enter(const FolderPtr& parent, const std::string& host);
  Result<FolderPtr> root_of(const Mount& mount, const EvidencePath& path);

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
  FolderCache cache_;
  std::mutex mutex_;  // guards cache_
};

Result<FolderPtr> PosixTree::root_of(const Mount& mount, const EvidencePath& path) {
  const FolderCache::Key key{0, mount.plan.volume};
  if (FolderPtr known = cache_.find(key)) return known;
  auto folder = std::make_shared<Folder>();
  folder->mount = &mount;
  folder->path = path;
  HOZEN_TRY(folder->fd, posix::open_folder(mount.root.get(), "."));
  HOZEN_TRY(folder->names, Listing::read(folder->fd.get()));
  cache_.insert(key, folder);
  return folder;
}

Result<FolderPtr> PosixTree::enter(const FolderPtr& parent, const std::string& host) {
  const FolderCache::Key key{parent->id, host};
  if (FolderPtr known = cache_.find(key)) return known;
  auto folder = std::make_shared<Folder>();
  folder->mount = parent->mount;
  folder->path = parent->path.child(name_from_host(host).text);
  HOZEN_TRY(folder->fd, posix::open_folder(parent->fd.get(), host));
  HOZEN_TRY(folder->names, Listing::read(folder->fd.get()));
  cache_.insert(key, folder);
  return folder;
}

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
  HOZEN_TRY(FolderPtr root, root_of(*mount, stored));
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
    refused.what = path.text();
    return refused;
  }
  HOZEN_TRY(EvidencePath target, posix::read_link(folder.fd.get(), host, folder.path, can));
  for (std::size_t rest = at + 1; rest < path.components().size(); ++rest)
    target = target.child(path.components()[rest]);
  return target.with_stream(path.stream());
}

/// One attempt; a link on the way gives the path to go on with in `redirected`.
Result<Place> PosixTree::resolve_once(const EvidencePath& path,
                                      std::optional<EvidencePath>& redirected) {
  const std::vector<std::string>& names = path.components();
  std::size_t next = 0;
  HOZEN_TRY(Place place, start_of(path, next));
  for (; place.only_planned == nullptr && next < names.size(); ++next) {
    const FolderPtr folder = place.folder;
    const auto entry = folder->names.find(names[next]);
    if (!entry) return not_found(path, "no such entry");
    const std::string host{entry->host};
    if (next + 1 == names.size())
      return Place{folder, host, folder->path.child(name_from_host(host).text), nullptr};
    if (auto below = enter(folder, host)) {
      place.folder = *std::move(below);
    } else {
      HOZEN_TRY(redirected, redirect(path, next, *folder, host, std::move(below).error()));
      return Place{};
    }
  }
  return place;
}

Result<Place> PosixTree::resolve(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  EvidencePath current = path;
  for (int hops = 0; hops <= kMaxLinkHops; ++hops) {
    std::optional<EvidencePath> redirected;
    HOZEN_TRY(Place place, resolve_once(current, redirected));
    if (!redirected) return place;
    current = *std::move(redirected);
  }
  return Error{Errc::limit, path.text(), std::nullopt, "too many links on the way"};
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
      return Error{Errc::unsupported, directory.text(), std::nullopt, "not a folder"};
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
