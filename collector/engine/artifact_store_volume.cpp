// Copies of volumes: within the limits of the run, and ended when it is to stop.
#include <utility>

#include "collector/engine/artifact_store.h"
#include "collector/engine/artifact_store_impl.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/host.h"

namespace hozen {

class ArtifactStore::WatchedCopy final : public VolumeCopy {
 public:
  WatchedCopy(ArtifactStore& store, const std::string& volume, std::unique_ptr<VolumeWriter> writer)
      : store_{store}, path_{volume}, writer_{std::move(writer)} {}

  Result<PreservedPart> add(std::uint64_t offset, ByteSource& part,
                            std::uint64_t used_bytes) override {
    if (store_.stop_.stop_requested()) return store_.stop_.error();
    const std::uint64_t limit = store_.limits_.max_total_bytes;
    const std::uint64_t read = store_.counts_.bytes_read + store_.unwritten_bytes_;
    if (read >= limit || used_bytes > limit - read)
      return Error{Errc::limit,
                   "max-total-size",
                   {},
                   "of " + byte_size_text(limit) +
                       " altogether: the next part, which is taken whole or not at all, "
                       "has " +
                       byte_size_text(used_bytes)};
    WatchedSource watched{part, path_, store_};
    auto stored = store_.feed_->kept(writer_->add(offset, watched, utc_now()));
    if (!stored) return *store_.feed_->failure();
    store_.counts_.bytes_read += used_bytes;
    store_.counts_.volume_parts += stored->entry.empty() ? 0u : 1u;
    store_.counts_.volume_bytes += stored->size;
    return PreservedPart{std::move(stored->entry), stored->size, stored->sha256,
                         std::move(stored->error)};
  }

  Result<Sha256Digest> finish(std::uint64_t size) override {
    if (const auto digest = store_.feed_->kept(writer_->finish(size))) return *digest;
    return *store_.feed_->failure();
  }

 private:
  ArtifactStore& store_;
  const EvidencePath path_;
  std::unique_ptr<VolumeWriter> writer_;
};

Result<std::unique_ptr<VolumeCopy>> ArtifactStore::copy_volume(const std::string& volume) {
  auto writer = feed_->volume(volume);
  if (writer == nullptr) return *feed_->failure();
  return std::unique_ptr<VolumeCopy>{
      std::make_unique<WatchedCopy>(*this, volume, std::move(writer))};
}

}  // namespace hozen
