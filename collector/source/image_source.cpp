#include "collector/source/image_source.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "collector/formats/partition_table.h"
#include "collector/formats/volume_kind.h"
#include "collector/source/image_file.h"
#include "collector/source/image_letters.h"
#include "collector/source/ntfs_tree.h"
#include "collector/source/section_source.h"
#include "collector/source/tree_source.h"

namespace hozen {
namespace {

/// Lets several threads read what only one at a time may.
class SharedSource final : public ByteSource {
 public:
  explicit SharedSource(std::unique_ptr<ByteSource> source) : source_{std::move(source)} {}
  std::uint64_t size() const override { return source_->size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    const std::lock_guard lock{mutex_};
    return source_->read_some(offset, out);
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::mutex mutex_;
};

/// The volumes of an image, on their way to a tree.
class ImageVolumes {
 public:
  explicit ImageVolumes(std::shared_ptr<ByteSource> disk) : disk_{std::move(disk)} {}

  Result<void> find(std::optional<std::uint32_t> wanted) {
    table_ = read_partition_table(*disk_);
    remarks_ = std::move(table_.problems);
    if (table_.kind == PartitionTableKind::none) {
      if (wanted)
        return Error{Errc::not_found, "partition " + std::to_string(*wanted), std::nullopt,
                     "the image has no partition table: leave --partition out"};
      add(disk_, nullptr);
      return {};
    }
    bool found = false;
    for (const Partition& partition : table_.partitions) {
      if (wanted && partition.number != *wanted) {
        add_witness(partition);
        continue;
      }
      found = true;
      add_partition(partition);
    }
    if (wanted && !found)
      return Error{Errc::not_found, "partition " + std::to_string(*wanted), std::nullopt,
                   "the image has " + partition_list()};
    return {};
  }

  Result<std::unique_ptr<EvidenceSource>> open(std::string given, bool bytes_are_enough) {
    if (mounts_.empty() && !(bytes_are_enough && !bytes_.empty())) return nothing_readable();
    auto tree = open_ntfs_tree(mounts_);
    const std::vector<std::string> names = find_names(*tree);
    std::vector<VolumeInfo> volumes;
    for (std::size_t i = 0; i < names.size(); ++i) {
      tree->rename_volume(named_[i].name, names[i]);
      bytes_[names[i]] = mounts_[i].bytes;
      VolumeInfo info = tree->volume_info({names[i]});
      describe_place(info, named_[i].partition);
      volumes.push_back(std::move(info));
    }
    for (VolumeInfo& info : unreadable_) volumes.push_back(std::move(info));
    return make_tree_source({"image", std::move(given), "raw_ntfs"}, std::move(tree),
                            std::move(volumes), std::move(remarks_), std::move(bytes_));
  }

 private:
  /// Of the volumes in mounts_; those that are not wanted are opened for what they know and closed.
  std::vector<std::string> find_names(FileTree& tree) {
    if (witnesses_.empty()) return choose_names(tree, table_, named_, remarks_);
    std::vector<NtfsMount> mounts = mounts_;
    std::vector<NamedVolume> named = named_;
    for (auto& [mount, name] : std::exchange(witnesses_, {})) {
      mounts.push_back(std::move(mount));
      named.push_back(name);
    }
    const auto all = open_ntfs_tree(std::move(mounts));
    std::vector<std::string> names = choose_names(*all, table_, named, remarks_);
    names.resize(mounts_.size());
    return names;
  }
  /// A partition that is not wanted: the Windows on it may say how the wanted ones are called.
  void add_witness(const Partition& partition) {
    if (!partition.may_hold_volume() || partition.available_bytes == 0) return;
    auto bytes =
        std::make_shared<SectionSource>(disk_, partition.offset_bytes, partition.size_bytes);
    const auto head = read_volume_kind(*bytes);
    if (!head || head->kind != VolumeKind::ntfs) return;
    auto volume = ntfs::Volume::open(bytes);
    if (!volume) return;
    const std::string name = name_of(&partition);
    witnesses_.emplace_back(NtfsMount{name, std::move(bytes), *std::move(volume)},
                            NamedVolume{name, &partition});
  }

  static std::string name_of(const Partition* partition) {
    return "volume" + std::to_string(partition != nullptr ? partition->number : 1);
  }
  static std::string label(const Partition& partition) {
    std::string text = "partition " + std::to_string(partition.number) + " (";
    text += partition.type;
    return text += ')';
  }
  void describe_place(VolumeInfo& info, const Partition* partition) const {
    info.size_bytes = partition != nullptr ? partition->size_bytes : disk_->size();
    if (partition == nullptr) return;
    info.partition = partition->number;
    info.offset_bytes = partition->offset_bytes;
  }
  void leave_out(const Partition* partition, std::string file_system, Error why) {
    VolumeInfo info{name_of(partition), std::nullopt, std::move(file_system), std::nullopt};
    std::string what = partition != nullptr ? label(*partition) : "volume";
    if (!why.what.empty()) what += ": " + why.what;
    why.what = std::move(what);
    info.unreadable = std::move(why);
    describe_place(info, partition);
    unreadable_.push_back(std::move(info));
  }

  void add_partition(const Partition& partition) {
    if (partition.may_hold_volume())
      return add(
          std::make_shared<SectionSource>(disk_, partition.offset_bytes, partition.size_bytes),
          &partition);
    if (partition.role == PartitionRole::dynamic || partition.role == PartitionRole::storage_space)
      leave_out(&partition, "",
                {Errc::unsupported, "", partition.offset_bytes,
                 "part of a set of disks, which is not put together here: image its volumes on a "
                 "system that has the set"});
  }

  void add(std::shared_ptr<ByteSource> bytes, const Partition* partition) {
    const std::uint64_t offset = partition != nullptr ? partition->offset_bytes : 0;
    bytes_[name_of(partition)] = bytes;
    if (partition != nullptr && partition->available_bytes == 0)
      return leave_out(partition, "",
                       {Errc::truncated, "", offset, "it lies behind the end of the image"});
    const auto head = read_volume_kind(*bytes);
    if (!head) return leave_out(partition, "", head.error());
    if (head->kind != VolumeKind::ntfs)
      return leave_out(partition, std::string{to_text(head->kind)},
                       {Errc::unsupported, "", offset, std::string{describe(head->kind)}});
    auto volume = ntfs::Volume::open(bytes);
    if (!volume) return leave_out(partition, "NTFS", volume.error());
    NtfsMount mount{name_of(partition), std::move(bytes), *std::move(volume)};
    bytes_.erase(mount.volume);  // it gets the name that Windows gives it
    named_.push_back({mount.volume, partition});
    mounts_.push_back(std::move(mount));
  }

  std::string partition_list() const {
    std::string list;
    for (const Partition& partition : table_.partitions) {
      if (!list.empty()) list += ", ";
      list += label(partition);
    }
    return list.empty() ? "no partitions" : list;
  }
  /// With all that was met on the way, as there is no bundle to tell it in.
  Error nothing_readable() const {
    constexpr std::size_t kMostRemarks = 10;
    Error error{Errc::unsupported, "image", std::nullopt, "it holds no volume"};
    if (!unreadable_.empty()) error.detail += " that can be read: ";
    for (const VolumeInfo& info : unreadable_) {
      if (&info != &unreadable_.front()) error.detail += "; ";
      const Error& why = *info.unreadable;
      error.detail += why.detail.empty() ? why.text() : why.what + ": " + why.detail;
    }
    for (std::size_t i = 0; i < std::min(remarks_.size(), kMostRemarks); ++i)
      error.detail += (i == 0 && unreadable_.empty() ? ": " : "; ") + remarks_[i].text();
    if (remarks_.size() > kMostRemarks)
      error.detail += "; and " + std::to_string(remarks_.size() - kMostRemarks) + " more";
    return error;
  }

  std::shared_ptr<ByteSource> disk_;
  PartitionTable table_;
  std::vector<NtfsMount> mounts_;
  std::vector<NamedVolume> named_;  // beside mounts_
  std::vector<std::pair<NtfsMount, NamedVolume>> witnesses_;
  VolumeBytes bytes_;  // of all that may hold a volume
  std::vector<VolumeInfo> unreadable_;
  std::vector<Error> remarks_;
};

}  // namespace

Result<std::unique_ptr<EvidenceSource>> make_image_source(const ImageChoice& choice) {
  HOZEN_TRY(auto file, open_image_file(choice.file));
  ImageVolumes volumes{std::make_shared<SharedSource>(std::move(file))};
  HOZEN_CHECK(volumes.find(choice.partition));
  auto source = volumes.open(choice.file, choice.bytes_are_enough);
  if (!source) {
    Error error = source.error();
    if (error.what == "image") error.what = choice.file;
    return error;
  }
  return source;
}

}  // namespace hozen
