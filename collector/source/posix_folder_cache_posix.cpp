#include "collector/source/host_name.h"
#include "collector/source/posix_folder_cache.h"

namespace hozen::posix {

Result<FolderPtr> FolderCache::root_of(const Mount& mount, const EvidencePath& path) {
  Key key{0, mount.plan.volume};
  if (FolderPtr known = find(key)) return known;
  auto folder = std::make_shared<Folder>();
  folder->mount = &mount;
  folder->path = path;
  HOZEN_TRY(folder->fd, open_folder(mount.root.get(), "."));
  HOZEN_TRY(folder->names, Listing::read(folder->fd.get()));
  insert(std::move(key), folder);
  return folder;
}

Result<FolderPtr> FolderCache::enter(const FolderPtr& parent, const std::string& host) {
  Key key{parent->id, host};
  if (FolderPtr known = find(key)) return known;
  auto folder = std::make_shared<Folder>();
  folder->mount = parent->mount;
  folder->path = parent->path.child(name_from_host(host).text);
  HOZEN_TRY(folder->fd, open_folder(parent->fd.get(), host));
  HOZEN_TRY(folder->names, Listing::read(folder->fd.get()));
  insert(std::move(key), folder);
  return folder;
}

FolderPtr FolderCache::find(const Key& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  found->second->lookup = lookup_;
  return found->second->folder;
}

bool FolderCache::is_full() const {
  if (order_.size() > kCachedFolders) return true;
  return bytes_ > max_bytes_ && order_.back().lookup != lookup_;
}

void FolderCache::insert(Key key, const FolderPtr& folder) {
  folder->id = ++last_id_;
  order_.push_front({std::move(key), folder, lookup_});
  by_key_[order_.front().key] = order_.begin();
  bytes_ += folder->names.memory_bytes();
  while (order_.size() > 1 && is_full()) {
    bytes_ -= order_.back().folder->names.memory_bytes();
    by_key_.erase(order_.back().key);
    order_.pop_back();
  }
}

}  // namespace hozen::posix
