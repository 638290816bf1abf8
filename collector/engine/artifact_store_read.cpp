// Files that modules read: what they see is what is preserved.
#include <algorithm>
#include <utility>

#include "collector/engine/artifact_store.h"
#include "collector/engine/artifact_store_impl.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/span_source.h"

namespace hozen {
namespace {

constexpr std::size_t kHashStepBytes = 256 << 10;

Error changed(const EvidencePath& path) {
  return Error{
      Errc::io, path.text(), {}, "changed while reading: the bytes differ from those preserved"};
}

/// The bytes of a file whose beginning was read before: that part as it was then.
class ContinuedSource final : public ByteSource {
 public:
  /// Both must outlive it.
  ContinuedSource(std::span<const std::byte> beginning, ByteSource& file)
      : beginning_{beginning}, file_{file} {}
  std::uint64_t size() const override { return file_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= beginning_.size()) return file_.read_some(offset, out);
    return SpanSource{beginning_}.read_some(offset, out);
  }

 private:
  std::span<const std::byte> beginning_;
  ByteSource& file_;
};

/// Up to `most` bytes from the front.
Result<std::vector<std::byte>> read_front(ByteSource& file, std::uint64_t most) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(file.size(), most)));
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    HOZEN_TRY(const std::size_t count, file.read_some(filled, std::span{bytes}.subspan(filled)));
    if (count == 0) break;
    filled += count;
  }
  bytes.resize(filled);
  return bytes;
}

/// The digest of the first `most` bytes, whose beginning is known.
Result<Sha256Digest> digest_of(std::span<const std::byte> beginning, ByteSource& file,
                               std::uint64_t most) {
  Sha256 hash;
  ContinuedSource content{beginning, file};
  std::vector<std::byte> step(kHashStepBytes);
  for (std::uint64_t at = 0; at < most;) {
    const auto part = std::span{step}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(step.size(), most - at)));
    HOZEN_TRY(const std::size_t count, content.read_some(at, part));
    if (count == 0) break;
    hash.update(part.first(count));
    at += count;
  }
  return hash.finish();
}

}  // namespace

Result<PreservedFile> ArtifactStore::preserve(FileRequest request, std::uint64_t cap_bytes) {
  const ArtifactId id = this->request(std::move(request));
  HOZEN_TRY(std::vector<std::byte> bytes, read(id, cap_bytes));
  return PreservedFile{std::move(bytes), id.row};
}

Result<std::vector<std::byte>> ArtifactStore::read(ArtifactId id, std::uint64_t cap_bytes) {
  HOZEN_TRY(FileBeginning whole, read_part(id, cap_bytes, Extent::whole));
  return std::move(whole.bytes);
}

Result<FileBeginning> ArtifactStore::read_beginning(ArtifactId id, std::uint64_t max_bytes) {
  return read_part(id, max_bytes, Extent::beginning);
}

Result<FileBeginning> ArtifactStore::read_part(ArtifactId id, std::uint64_t max_bytes,
                                               Extent extent) {
  const auto named = named_.find(id.row);
  if (named == named_.end())
    return Error{Errc::not_found, "artifact " + std::to_string(id.row), {}, "never asked for"};
  if (named->second.collected || feed_ == nullptr)
    return read_beside(named->second, max_bytes, extent);
  const auto queued = std::find_if(queue_.begin(), queue_.end(),
                                   [&](const Queued& other) { return other.id == id.row; });
  if (queued == queue_.end())
    return Error{
        Errc::unsupported, named->second.path.text(), {}, "collected before it was asked for"};
  return read_queued(static_cast<std::size_t>(queued - queue_.begin()), max_bytes, extent);
}

Result<FileBeginning> ArtifactStore::read_from(ByteSource& file, std::uint64_t max_bytes,
                                               Extent extent) {
  FileBeginning part;
  if (extent == Extent::whole) {
    HOZEN_TRY(part.bytes, read_all(file, max_bytes));
    part.file_size = part.bytes.size();
  } else {
    HOZEN_TRY(part.bytes, read_front(file, max_bytes));
    part.file_size = std::max<std::uint64_t>(file.size(), part.bytes.size());
  }
  return part;
}

/// A file that is preserved already, or that the bundle cannot take yet: what was read of it first
/// must be what is read now, and what is preserved. Its digest stands for the bytes.
Result<FileBeginning> ArtifactStore::read_beside(Named& named, std::uint64_t max_bytes,
                                                 Extent extent) {
  if (named.collected && named.error) return *named.error;
  HOZEN_TRY(const auto content, open_content(named.path, named.deleted));
  WatchedSource watched{*content, named.path, *this};
  GapSource bridged{watched, [&] { return watched.stops(); }};
  HOZEN_TRY(FileBeginning part, read_from(bridged, max_bytes, extent));
  const std::uint64_t whole = extent == Extent::whole ? part.bytes.size() : ~0ull;
  if (named.collected && !named.sha256) return part;
  HOZEN_TRY(const Sha256Digest digest,
            digest_of(part.bytes, bridged, std::min(named.kept.value_or(whole), whole)));
  if (named.sha256 && digest != *named.sha256) return changed(named.path);
  named.sha256 = digest;
  return part;
}

/// Takes a file out of the queue and preserves what it read of it.
Result<FileBeginning> ArtifactStore::read_queued(std::size_t position, std::uint64_t max_bytes,
                                                 Extent extent) {
  const Queued queued = std::move(queue_[position]);
  queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(position));
  Unwritten file{queued, row_for(queued)};
  ArtifactRow& row = file.row;
  row.info = examine(queued, row);
  FileBeginning part;
  std::optional<Error> failure;
  if (row.info) {
    if (extent == Extent::whole && row.info->size > max_bytes) {
      queue_.push_back(queued);
      return Error{Errc::limit,
                   queued.request.path.text(),
                   {},
                   "larger than " + byte_size_text(max_bytes) + ", the most that is read of it"};
    }
    auto content = open_content(queued.request.path, queued.request.deleted);
    if (content) {
      WatchedSource watched{**content, queued.request.path, *this};
      GapSource bridged{watched, [&] { return watched.stops(); }};
      auto read = read_from(bridged, max_bytes, extent);
      if (read) {
        part = *std::move(read);
        SpanSource whole{part.bytes};
        ContinuedSource continued{part.bytes, bridged};
        store(file, extent == Extent::whole ? static_cast<ByteSource&>(whole) : continued, bridged);
      } else {
        // What can be read of it is preserved all the same.
        store(file, bridged, bridged);
        failure = std::move(read).error();
      }
    } else {
      row.stored.outcome = FileOutcome::failed;
      row.stored.error = std::move(content).error();
    }
  }
  write_later(std::move(file));
  write_all();
  const Named& named = named_.at(queued.id);
  if (named.error) return *named.error;
  if (failure) return *failure;
  return part;
}

}  // namespace hozen
