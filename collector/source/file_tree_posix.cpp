#include <sys/stat.h>

#include <algorithm>
#include <list>
#include <map>
#include <mutex>

#include "collector/base/text.h"
#include "collector/source/file_tree.h"
#include "collector/source/host_name.h"
#include "collector/source/posix_folder.h"

namespace hozen {
namespace {

using posix::Capabilities;
using posix::Descriptor;
using posix::Listing;

/// Folders kept open with their names for lookups: bounds descriptors and memory.
constexpr std::size_t kCachedFolders = 64;
constexpr std::size_t kCachedBytes = 8 * 1024 * 1024;
/// Folders on the way down that a walk keeps open; those further up are reopened through "..".
constexpr std::size_t kOpenWalkFolders = 64;

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

/// One attempt; a link on the way gives the path to go on with in `redirected`.
Result<Place> PosixTree::resolve_once(const EvidencePath& path,
                                      std::optional<EvidencePath>& redirected) {
  const Mount* mount = nullptr;
  for (const Mount& candidate : mounts_)
    if (equals_fold(candidate.plan.volume, path.volume())) mount = &candidate;
  if (mount == nullptr) return not_found(path, "the source has no such volume");
  const std::vector<std::string>& names = path.components();
  if (names.size() > kMaxFolderDepth)
    return Error{Errc::limit, path.text(), kMaxFolderDepth, "too many folders"};
  EvidencePath stored{mount->plan.volume};
  std::size_t next = 0;
  for (const std::string& planned : mount->plan.below) {
    if (next == names.size()) return Place{nullptr, "", stored, mount};
    if (!equals_fold(names[next++], planned)) return not_found(path, "no such entry");
    stored = stored.child(planned);
  }
  HOZEN_TRY(FolderPtr folder, root_of(*mount, stored));
  if (next == names.size()) return Place{folder, "", stored, nullptr};
  for (;; ++next) {
    const auto entry = folder->names.find(names[next]);
    if (!entry) return not_found(path, "no such entry");
    const std::string host{entry->host};
    if (next + 1 == names.size())
      return Place{folder, host, folder->path.child(name_from_host(host).text), nullptr};
    auto below = enter(folder, host);
    if (below) {
      folder = *std::move(below);
      continue;
    }
    HOZEN_TRY(const FileInfo facts,
              posix::read_facts(folder->fd.get(), host,
                                folder->path.child(name_from_host(host).text), mount->can));
    if (!facts.is_link) {
      Error error = std::move(below).error();
      error.what = path.text();
      return error;
    }
    HOZEN_TRY(EvidencePath target,
              posix::read_link(folder->fd.get(), host, folder->path, mount->can));
    for (std::size_t rest = next + 1; rest < names.size(); ++rest)
      target = target.child(names[rest]);
    redirected = target.with_stream(path.stream());
    return Place{};
  }
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

/// One folder on the way down of a walk.
struct Level {
  EvidencePath path;
  Descriptor fd;
  Listing names;
  std::size_t next = 0;
  dev_t device = 0;
  ino_t inode = 0;
};

/// Depth-first, with an explicit stack: the depth of a hostile tree costs no stack of ours.
class Walker {
 public:
  Walker(const Mount& mount, const std::function<Visit(const FileInfo&)>& visit,
         const std::function<void(const EvidencePath&, Error)>& problem)
      : mount_{mount}, visit_{visit}, problem_{problem} {}

  Result<void> start(Descriptor fd, const EvidencePath& path) { return push(std::move(fd), path); }

  void run() {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.next == level.names.size()) {
        pop();
      } else if (!visit_entry(level, level.next++)) {
        return;
      }
    }
  }

 private:
  /// False when the walk is to stop.
  bool visit_entry(Level& level, std::size_t index) {
    const std::string host{level.names[index].host};
    const EvidencePath path = level.path.child(name_from_host(host).text);
    const auto info = posix::read_facts(level.fd.get(), host, path, mount_.can);
    if (!info) {
      problem_(path, info.error());
      return true;
    }
    const Visit answer = visit_(*info);
    if (answer == Visit::stop) return false;
    if (answer == Visit::skip || !info->is_directory || info->is_link) return true;
    auto fd = posix::open_folder(level.fd.get(), host);
    if (!fd) {
      problem_(path, std::move(fd).error());
    } else if (auto entered = push(*std::move(fd), path); !entered) {
      problem_(path, std::move(entered).error());
    }
    return true;
  }

  Result<void> push(Descriptor fd, const EvidencePath& path) {
    if (levels_.size() >= kMaxFolderDepth)
      return Error{Errc::limit, path.text(), kMaxFolderDepth, "too many folders inside each other"};
    Level level;
    struct ::stat facts {};
    if (::fstat(fd.get(), &facts) != 0) return posix::system_error(path.text(), "fstat", errno);
    level.device = facts.st_dev;
    level.inode = facts.st_ino;
    HOZEN_TRY(level.names, Listing::read(fd.get()));
    level.fd = std::move(fd);
    level.path = path;
    levels_.push_back(std::move(level));
    if (levels_.size() > kOpenWalkFolders)
      levels_[levels_.size() - 1 - kOpenWalkFolders].fd.close();
    return {};
  }

  void pop() {
    const Descriptor below = std::move(levels_.back().fd);
    levels_.pop_back();
    if (levels_.empty() || levels_.back().fd.is_open()) return;
    Level& level = levels_.back();
    auto fd = posix::open_folder(below.get(), "..");
    struct ::stat facts {};
    const bool same = fd && ::fstat(fd->get(), &facts) == 0 && facts.st_dev == level.device &&
                      facts.st_ino == level.inode;
    if (same) {
      level.fd = *std::move(fd);
      return;
    }
    problem_(level.path, Error{Errc::io, level.path.text(), std::nullopt,
                               "the folder was moved while it was read"});
    levels_.clear();
  }

  const Mount& mount_;
  const std::function<Visit(const FileInfo&)>& visit_;
  const std::function<void(const EvidencePath&, Error)>& problem_;
  std::vector<Level> levels_;
};

Result<void> PosixTree::walk(const EvidencePath& directory,
                             const std::function<Visit(const FileInfo&)>& visit,
                             const std::function<void(const EvidencePath&, Error)>& problem) {
  HOZEN_TRY(Place place, resolve(directory));
  // Folders that exist only in the plan hold one folder each.
  while (place.only_planned != nullptr) {
    const Mount& mount = *place.only_planned;
    const std::size_t depth = place.path.components().size();
    const EvidencePath below = place.path.child(mount.plan.below[depth]);
    HOZEN_TRY(place, resolve(below));
    HOZEN_TRY(const FileInfo info, place.only_planned != nullptr
                                       ? Result<FileInfo>{planned_folder(place.path)}
                                       : facts(place));
    if (visit(info) != Visit::enter) return {};
  }
  HOZEN_TRY(FileInfo info, facts(place));
  for (int hops = 0; info.is_link && hops < kMaxLinkHops; ++hops) {
    HOZEN_TRY(const EvidencePath target,
              posix::read_link(place.folder->fd.get(), place.host, place.folder->path,
                               place.folder->mount->can));
    HOZEN_TRY(place, resolve(target));
    if (place.only_planned != nullptr) return walk(place.path, visit, problem);
    HOZEN_TRY(info, facts(place));
  }
  if (info.is_link)
    return Error{Errc::limit, directory.text(), std::nullopt, "too many links on the way"};
  if (!info.is_directory)
    return Error{Errc::unsupported, directory.text(), std::nullopt, "not a folder"};
  HOZEN_TRY(Descriptor fd,
            posix::open_folder(place.folder->fd.get(), place.host.empty() ? "." : place.host));
  Walker walker{*place.folder->mount, visit, problem};
  HOZEN_CHECK(walker.start(std::move(fd), place.path));
  walker.run();
  return {};
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
