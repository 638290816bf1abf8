// A volume: opened, every file and the beginning of every stream read; then as a tree, walked and
// looked into as a collection does, deleted files too. (fuzz_ntfs_record reads the table as such.)
#include <cstddef>
#include <cstdint>
#include <memory>

#include "collector/formats/ntfs_claims.h"
#include "collector/formats/ntfs_volume.h"
#include "collector/source/deleted_file.h"
#include "collector/source/ntfs_tree.h"
#include "tests/fuzz/ntfs_reading.h"

namespace {

using namespace hozen;

/// The input, not copied.
class InputSource final : public ByteSource {
 public:
  explicit InputSource(std::span<const std::byte> bytes) : bytes_{bytes} {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    const Bytes part = Bytes{bytes_}.tail(offset).head(out.size());
    std::copy(part.span().begin(), part.span().end(), out.begin());
    return part.size();
  }

 private:
  std::span<const std::byte> bytes_;
};

/// The beginning and the end, no more than the reader is asked for at a time.
void read_ends(ByteSource& content) {
  std::array<std::byte, 4096> part;
  const std::uint64_t size = content.size();
  const auto first = content.read_some(0, part);
  ntfs::require(!first || *first <= std::min<std::uint64_t>(size, part.size()));
  ntfs::require(!first || *first != 0 || size == 0);
  (void)content.read_some(size / 2, part);
  (void)content.read_some(size - std::min<std::uint64_t>(size, 10), part);
  const auto behind = content.read_some(size, part);
  ntfs::require(!behind || *behind == 0);
}

/// Streams that a run may open: each can have two buffers of its compression unit.
constexpr int kMaxOpened = 40;

void read_files(ntfs::Volume& volume) {
  int opened = 0;
  for (std::uint64_t number = 0; number < volume.record_count(); ++number) {
    const auto file = volume.read_file(number);
    if (!file) continue;
    ntfs::check(*file);
    for (const ntfs::FileStream& stream : file->streams) {
      if (++opened > kMaxOpened) break;
      std::vector<Error> problems;
      const auto content = volume.open_attribute(number, stream.type, stream.name, &problems);
      if (content) read_ends(**content);
    }
  }
}

void read_tree(NtfsFileTree& tree, std::size_t size) {
  int opened = 0;
  std::size_t entries = 0;
  const auto visit = [&](const FileInfo& info) {
    ++entries;
    if (++opened > kMaxOpened) return Visit::enter;
    const auto again = tree.stat(info.path);
    ntfs::require(!again || !again->path.empty());
    if (const auto content = tree.open(info.path)) read_ends(**content);
    for (const std::string& stream : info.streams) (void)tree.stat(info.path.with_stream(stream));
    (void)tree.key(info.path);
    ntfs::require(tree.spellings(info.path, opened % 2 != 0).size() <= kMaxSpellings);
    if (info.is_link) (void)tree.real_folder(info.path);
    return Visit::enter;
  };
  (void)tree.walk(EvidencePath{"C:"}, visit, [](const EvidencePath&, const Error&) {});
  // A name takes at least 24 and 66 bytes of a record.
  ntfs::require(entries <= size / 90 + 1);
  ntfs::require(tree.take_remarks().size() <= kMaxRemarks);
}

/// Of every deleted file each stream, by a path that need not be its own.
void read_deleted(NtfsFileTree& tree, ntfs::Volume& volume) {
  int opened = 0;
  std::vector<ntfs::ClusterClaim> claims;
  for (std::uint64_t number = 0; number < volume.record_count(); ++number) {
    const auto file = volume.read_file(number);
    if (!file || file->in_use()) continue;
    for (const ntfs::FileStream& stream : file->streams) {
      if (++opened > kMaxOpened) break;
      const auto left = tree.open_deleted({EvidencePath{"C:"}.child("x").with_stream(stream.name),
                                           file->reference().to_u64(), file->extensions});
      if (!left) continue;
      const bool is_there = left->state == DeletedState::resident ||
                            left->state == DeletedState::free ||
                            left->state == DeletedState::unclaimed;
      ntfs::require(is_there || left->content == nullptr);
      ntfs::require(left->clusters_reused <= left->clusters);
      ntfs::require(left->ranges.size() <= kMaxDeletedRanges);
      for (const ClusterRange& range : left->ranges)
        claims.push_back({range.first, range.count, number, number});
      if (left->content != nullptr) read_ends(*left->content);
    }
  }
  (void)ntfs::find_shared_clusters(
      volume.mft(), volume.boot().record_bytes, std::move(claims),
      [](const ntfs::SharedClusters& shared) { ntfs::require(shared.id != shared.other); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::make_shared<InputSource>(std::as_bytes(std::span{data, size}));
  auto volume = ntfs::Volume::open(bytes);
  if (!volume) return 0;
  ntfs::require((*volume)->record_count() * (*volume)->boot().record_bytes <= size);
  read_files(**volume);
  std::vector<NtfsMount> mounts;
  mounts.push_back({"C:", bytes, *volume});
  const auto tree = open_ntfs_tree(std::move(mounts));
  read_tree(*tree, size);
  read_deleted(*tree, **volume);
  return 0;
}
