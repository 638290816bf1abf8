// How copies of volumes get into the bundle.
#include <algorithm>
#include <utility>

#include "collector/engine/file_hasher.h"
#include "collector/engine/zip_bundle_writer.h"

namespace hozen {
namespace {

/// What stands for a gap in the hash of the whole: large, because it is queued again and again.
constexpr std::size_t kGapBytes = 8u << 20;

BlockRef zeros(std::size_t size) {
  auto block = std::make_shared<Block>();
  block->buffer.assign(size, std::byte{0});
  block->size = size;
  return block;
}

}  // namespace

/// Parts are hashed and compressed by the workers, and never looked for among earlier entries:
/// their names alone tell where they belong.
class ZipBundleWriter::ZipVolumeWriter final : public VolumeWriter {
 public:
  ZipVolumeWriter(ZipBundleWriter& writer, std::string volume)
      : writer_{writer},
        volume_{std::move(volume)},
        whole_{*writer.pool_, MultiHash::Kind::fastest, FileHasher::Wanted::sha256} {}

  Result<StoredPart> add(std::uint64_t offset, ByteSource& part, FileTime modified) override {
    HOZEN_CHECK(writer_.ready());
    StoredPart stored;
    stored.entry = volume_part_name(volume_, offset);
    if (offset < position_ || !writer_.claim(stored.entry))
      return Error{Errc::malformed, "add entry " + stored.entry, std::nullopt,
                   "the part was added already"};
    FileReader reader{part, ~std::uint64_t{0}};
    Beginning beginning = writer_.read_beginning(reader);
    if (reader.error() && reader.bytes_read() == 0) {
      stored.entry.clear();
      stored.error = reader.error();
      return stored;
    }
    add_gap(offset);
    if (beginning.second == nullptr) {
      const BlockRef block = beginning.first;
      stored.sha256 = sha256(block->bytes());
      whole_.add(block);
      writer_.store_small(stored.entry, modified, block, stored.sha256, std::nullopt);
    } else {
      HOZEN_TRY(stored.sha256,
                store_streamed(stored.entry, modified, reader, std::move(beginning)));
    }
    stored.size = reader.bytes_read();
    stored.error = reader.error();
    position_ = offset + stored.size;
    HOZEN_CHECK(writer_.pipe_.failure());
    return stored;
  }

  Result<Sha256Digest> finish(std::uint64_t size) override {
    add_gap(size);
    const PendingDigests digests;
    whole_.end([digests](const Digests& computed) { digests.set(computed); });
    const Sha256Digest digest = digests.get().sha256;
    HOZEN_CHECK(writer_.pipe_.failure());
    return digest;
  }

 private:
  Result<Sha256Digest> store_streamed(const std::string& entry_name, FileTime modified,
                                      FileReader& reader, Beginning beginning) {
    FileHasher hasher{*writer_.pool_, MultiHash::Kind::fastest, FileHasher::Wanted::sha256};
    HOZEN_TRY(const EntryRef entry,
              writer_.store_large(entry_name, modified, reader, std::move(beginning),
                                  [&](const BlockRef& block) {
                                    hasher.add(block);
                                    whole_.add(block);
                                  }));
    const PendingDigests digests;
    hasher.end([digests](const Digests& computed) { digests.set(computed); });
    const Sha256Digest digest = digests.get().sha256;
    writer_.pipe_.seal(entry, digest, reader.bytes_read());
    return digest;
  }

  /// What lies before `offset` and was not added.
  void add_gap(std::uint64_t offset) {
    while (position_ < offset) {
      if (zeros_ == nullptr) zeros_ = zeros(kGapBytes);
      const std::uint64_t gap = std::min<std::uint64_t>(offset - position_, kGapBytes);
      whole_.add(gap == kGapBytes ? zeros_ : zeros(static_cast<std::size_t>(gap)));
      position_ += gap;
    }
  }

  ZipBundleWriter& writer_;
  const std::string volume_;
  FileHasher whole_;
  std::uint64_t position_ = 0;
  BlockRef zeros_;
};

Result<std::unique_ptr<VolumeWriter>> ZipBundleWriter::start_volume(const std::string& volume) {
  HOZEN_CHECK(ready());
  return std::unique_ptr<VolumeWriter>{std::make_unique<ZipVolumeWriter>(*this, volume)};
}

}  // namespace hozen
