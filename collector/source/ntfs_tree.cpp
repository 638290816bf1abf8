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
#include "collector/source/ntfs_path_finder.h"
#include "collector/source/ntfs_volume_files.h"

namespace hozen {
namespace {

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
    std::string text = error.text();
    remark_once(std::move(text), std::move(error));
  }
  /// `key`: what was told once is not told again.
  void remark_once(std::string key, Error error) {
    if (remarked_.size() < kMaxRemarks && remarked_.insert(std::move(key)).second)
      remarks_.push_back(std::move(error));
  }
  Result<NtfsPlace> resolve(const EvidencePath& path);
  Result<NtfsPlace> resolve_folder(const EvidencePath& path);
  Level open_level(const NtfsMounted& mounted, std::uint32_t record, EvidencePath path);

  std::vector<NtfsMounted> mounts_;
  NtfsPathFinder finder_{mounts_, [this](Error error) { remark(std::move(error)); }};
  std::optional<std::pair<EvidencePath, NtfsPlace>> last_{};  // what resolve() found, and for what
  std::uint64_t stat_turn_ = 0;  // looks_in_turn() after the last stat()
  std::vector<Error> remarks_;
  std::set<std::string> remarked_;
  std::mutex mutex_;  // guards everything
};

NtfsTree::NtfsTree(std::vector<NtfsMount> mounts) {
  for (NtfsMount& mount : mounts) {
    NtfsMounted mounted{std::move(mount.volume), mount.ntfs,
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
  for (NtfsMounted& mounted : mounts_)
    for (Error& error : std::exchange(mounted.problems, {})) {
      error.what = "volume " + mounted.volume + ": " + error.what;
      remark(std::move(error));
    }
  return std::exchange(remarks_, {});
}

void NtfsTree::rename_volume(std::string_view from, std::string to) {
  const std::lock_guard lock{mutex_};
  for (NtfsMounted& mounted : mounts_)
    if (mounted.volume == from) {
      mounted.volume = std::move(to);
      last_.reset();
      return;
    }
}

/// Names were all read at the beginning: asked again for a path the answer is the same.
Result<NtfsPlace> NtfsTree::resolve(const EvidencePath& path) {
  if (last_ && last_->first == path) return last_->second;
  NtfsSearch search;
  HOZEN_CHECK(finder_.find(path, 0, search));
  if (search.found.empty()) return no_such_path(path, "no such entry");
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
  const NtfsPlace& place = last_->second;
  return place.mounted->ntfs->is_as_looked(place.record, stat_turn_);
}

Result<NtfsPlace> NtfsTree::resolve_folder(const EvidencePath& path) {
  EvidencePath at = path.with_stream("");
  for (int hops = kMaxLinkHops; hops >= 0; --hops) {
    HOZEN_TRY(NtfsPlace place, resolve(at));
    HOZEN_TRY(const FileInfo info,
              place.mounted->files->info(place.record, place.path, place.parent));
    if (!info.is_link) {
      if (info.is_directory) return place;
      return Error{Errc::unsupported, path.text(), std::nullopt, std::string{kNotAFolder}};
    }
    HOZEN_TRY(at, NtfsPathFinder::link_target(place));
  }
  return Error{Errc::limit, path.text(), std::nullopt, "too many links on the way"};
}

Result<FileInfo> NtfsTree::stat(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  HOZEN_TRY(const NtfsPlace place, resolve(path));
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
  HOZEN_TRY(NtfsPlace place, resolve_folder(path));
  return std::move(place.path);
}

Result<std::unique_ptr<ByteSource>> NtfsTree::open(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  HOZEN_TRY(const NtfsPlace place, resolve(path));
  NtfsVolumeFiles& files = *place.mounted->files;
  const EvidencePath stored = place.path.with_stream(path.stream());
  auto content = files.open(place.record, stored);
  if (content && !files.problems_of_last().empty()) {
    const Error& first = files.problems_of_last().front();
    // Of a file, not of each name and stream that it has.
    std::string key = place.mounted->volume + '\0' + std::to_string(place.record) + first.text();
    remark_once(std::move(key), {first.code, stored.text() + ": " + first.what, first.offset,
                                 "what was read may be incomplete or of different times"});
  }
  return content;
}

NtfsTree::Level NtfsTree::open_level(const NtfsMounted& mounted, std::uint32_t record,
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
  HOZEN_TRY(const NtfsPlace start, resolve_folder(directory));
  const NtfsMounted& mounted = *start.mounted;
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
  NtfsSearch search;
  search.all = true;
  const std::size_t clear = whole.components().size();
  for (std::size_t i = fixed; i < names.size(); ++i) whole = whole.child(names[i]);
  const auto found = finder_.find(whole, clear, search);
  if (!found && search.found.empty() && found.error().code != Errc::not_found) return {path};
  std::vector<EvidencePath> paths;
  for (const NtfsPlace& place : search.found)
    paths.push_back(place.path.with_stream(path.stream()));
  return paths;
}

std::string NtfsTree::key(const EvidencePath& path) {
  const std::lock_guard lock{mutex_};
  NtfsSearch search;
  const auto found = finder_.find(path, 0, search);
  if (!found || search.found.empty()) return path.folded();
  const NtfsPlace& place = search.found.front();
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
  return finder_.find_mounted(volume) != nullptr;
}

Result<DeletedContent> NtfsTree::open_deleted(const DeletedFile& file) {
  const std::lock_guard lock{mutex_};
  const NtfsMounted* const mounted = finder_.find_mounted(file.path.volume());
  if (mounted == nullptr) return no_such_path(file.path, "the source has no such volume");
  return hozen::open_deleted(*mounted->files, file, VolumeUse::none);
}

VolumeInfo NtfsTree::volume_info(const TreeMount& mount) {
  VolumeInfo info{mount.volume, std::nullopt, "NTFS", std::nullopt};
  for (const NtfsMounted& mounted : mounts_)
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
