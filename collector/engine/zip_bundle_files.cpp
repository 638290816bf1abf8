// How files of the evidence get into the bundle.
#include <algorithm>
#include <utility>

#include "collector/base/crc32.h"
#include "collector/engine/file_hasher.h"
#include "collector/engine/zip_bundle_writer.h"

namespace hozen {

Beginning ZipBundleWriter::read_beginning(FileReader& reader) {
  Beginning beginning{blocks_.acquire(), nullptr};
  reader.fill(*beginning.first);
  if (reader.done()) return beginning;
  beginning.second = blocks_.acquire();
  reader.fill(*beginning.second);
  if (beginning.second->size == 0) beginning.second = nullptr;
  return beginning;
}

/// True when a file of this size and first block may be in the bundle already. Remembers both.
bool ZipBundleWriter::may_be_stored(std::uint64_t size, const Block& first) {
  const std::uint64_t key = size * 0x9E37'79B9'7F4A'7C15u + crc32_of(first.bytes());
  const bool seen = seen_files_.contains(key);
  if (!seen) seen_files_.insert(key);
  return seen;
}

/// For a file that workers hash: until they have, it cannot be found as an earlier one.
PendingDigests ZipBundleWriter::expect_digests() {
  std::erase_if(unfinished_, [](const PendingDigests& earlier) { return earlier.is_set(); });
  return unfinished_.emplace_back();
}

void ZipBundleWriter::await_digests() {
  for (const PendingDigests& earlier : unfinished_) earlier.get();
  unfinished_.clear();
}

/// Hashes a whole file; the answer when its content is in the bundle already.
Result<std::optional<StoredFile>> ZipBundleWriter::find_large_duplicate(ByteSource& content,
                                                                        std::uint64_t max_bytes) {
  std::optional<StoredFile> nothing;
  FileReader reader{content, max_bytes};
  FileHasher hasher{*pool_, options_.hashes};
  while (!reader.done()) {
    HOZEN_CHECK(pipe_.failure());
    const BlockRef block = blocks_.acquire();
    reader.fill(*block);
    hasher.add(block);
  }
  const PendingDigests digests;
  hasher.end([digests](const Digests& computed) { digests.set(computed); });
  StoredFile file;
  file.digests = digests.get();
  file.size = reader.bytes_read();
  await_digests();
  auto earlier = table_.find_content(file.digests->sha256, file.size);
  if (reader.error() || !earlier) return nothing;
  file.entry = *std::move(earlier);
  file.duplicate = true;
  file.outcome = reader.outcome();
  return std::optional{std::move(file)};
}

Result<StartedFile> ZipBundleWriter::start_file(const EntryPath& path, ByteSource& content,
                                                FileTime modified, std::uint64_t max_bytes) {
  HOZEN_CHECK(ready());
  StartedFile started;
  StoredFile& file = started.file;
  std::optional<FileReader> reader{std::in_place, content, max_bytes};
  Beginning beginning = read_beginning(*reader);
  if (beginning.second != nullptr &&
      may_be_stored(std::min(content.size(), max_bytes), *beginning.first)) {
    beginning = {};
    HOZEN_TRY(auto duplicate, find_large_duplicate(content, max_bytes));
    if (duplicate) {
      file = *std::move(duplicate);
      return started;
    }
    // From the start: it may have become another file while it was hashed.
    reader.emplace(content, max_bytes);
    beginning = read_beginning(*reader);
  }
  if (reader->error() && reader->bytes_read() == 0) {
    file.outcome = FileOutcome::failed;
    file.error = reader->error();
    return started;
  }
  if (beginning.second == nullptr) {
    store_small_file(started, path, modified, beginning.first);
  } else {
    HOZEN_CHECK(store_large_file(started, path, modified, *reader, std::move(beginning)));
  }
  file.size = reader->bytes_read();
  file.outcome = reader->outcome();
  file.error = reader->error();
  HOZEN_CHECK(pipe_.failure());
  return started;
}

void ZipBundleWriter::store_small_file(StartedFile& started, const EntryPath& path,
                                       FileTime modified, const BlockRef& block) {
  StoredFile& file = started.file;
  Sha256Digest digest{};
  if (block->size <= kInlineBytes) {
    own_worker_.hash.update(block->bytes());
    file.digests = own_worker_.hash.finish();
    digest = file.digests->sha256;
  } else if (!may_be_stored(block->size, *block)) {
    file.entry = names_.claim(path);
    started.pending = expect_digests();
    store_new(file.entry, modified, block, *started.pending);
    return;
  } else {
    // It tells whether the content is new; the others can wait.
    await_digests();
    digest = sha256(block->bytes());
    started.pending.emplace();
  }
  auto earlier = table_.find_content(digest, block->size);
  file.duplicate = earlier.has_value();
  file.entry = earlier ? *std::move(earlier) : names_.claim(path);
  if (!file.duplicate) {
    table_.index_content(store_small(file.entry, modified, block, digest, started.pending));
  } else if (started.pending) {
    submit(nullptr, block, true, started.pending);
  }
}

/// A file of one block that is surely none of the earlier ones: a worker does all that is left.
void ZipBundleWriter::store_new(const std::string& name, FileTime modified, const BlockRef& block,
                                const PendingDigests& digests) {
  auto entry = std::make_shared<PipedEntry>();
  entry->name = name;
  entry->modified = modified;
  entry->size = block->size;
  const PieceRef piece = entry->pieces.emplace_back(std::make_shared<Piece>());
  piece->size = block->size;
  pipe_.enqueue(entry, false);
  pool_->submit([this, entry, piece, held = block, digests](Worker& worker) {
    compress_into(*piece, held, true, worker);
    worker.hash.update(held->bytes());
    const Digests computed = worker.hash.finish();
    pipe_.seal(entry, computed.sha256, held->size);
    table_.index_content(entry->row);
    pipe_.complete(*piece);
    digests.set(computed);
  });
}

Result<void> ZipBundleWriter::store_large_file(StartedFile& started, const EntryPath& path,
                                               FileTime modified, FileReader& reader,
                                               Beginning beginning) {
  started.file.entry = names_.claim(path);
  FileHasher hasher{*pool_, options_.hashes};
  HOZEN_TRY(const EntryRef entry,
            store_large(started.file.entry, modified, reader, std::move(beginning),
                        [&hasher](const BlockRef& block) { hasher.add(block); }));
  const PendingDigests pending = expect_digests();
  started.pending = pending;
  hasher.end([this, entry, pending, size = reader.bytes_read()](const Digests& digests) {
    pipe_.seal(entry, digests.sha256, size);
    table_.index_content(entry->row);
    pending.set(digests);
  });
  return {};
}

}  // namespace hozen
