#include "collector/engine/bundle.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "collector/engine/bundle_reader.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/entry_pipe.h"
#include "collector/engine/file_hasher.h"
#include "collector/engine/file_reader.h"
#include "collector/engine/line_streams.h"

namespace hozen {
namespace {

/// Each worker needs about 1.7 MiB; more than this many never had work at once.
constexpr unsigned kMaxThreads = 12;
/// Blocks beyond one for each worker: read, waiting for a hash, waiting for their turn.
constexpr unsigned kSpareBlocks = 6;
/// A file up to this size is compressed where it was read: a worker would cost more than it saves.
constexpr std::size_t kInlineBytes = 16 << 10;
/// The directory is written in pieces of this size.
constexpr std::size_t kDirectoryPiece = 256 << 10;

unsigned workers_for(unsigned asked) {
  const unsigned wanted = asked != 0 ? asked : std::thread::hardware_concurrency();
  return std::clamp(wanted, 1u, kMaxThreads);
}

/// Bytes of the caller as a source.
class SpanSource final : public ByteSource {
 public:
  explicit SpanSource(std::span<const std::byte> bytes) : bytes_{bytes} {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    const auto rest = bytes_.subspan(static_cast<std::size_t>(std::min(offset, size())));
    const std::size_t count = std::min(rest.size(), out.size());
    std::copy_n(rest.begin(), count, out.begin());
    return count;
  }

 private:
  std::span<const std::byte> bytes_;
};

/// The first one or two blocks of a file: enough to know how its entry is written.
struct Beginning {
  BlockRef first, second;  ///< second: nullptr when the file fits the first
};

class Writer final : public BundleWriter {
 public:
  Writer(ByteSink& sink, const BundleOptions& options, unsigned workers)
      : blocks_{workers + kSpareBlocks},
        pipe_{sink, table_, blocks_},
        own_worker_{make_worker(options.encoder)},
        streams_{pipe_, blocks_, [this](std::string_view name) { return claim(name); },
                 [this](BlockRef block, bool last) { return compress(std::move(block), last); }} {}

  Result<void> start(unsigned workers, DeflateEncoder encoder) {
    HOZEN_CHECK(pipe_.start());
    HOZEN_TRY(pool_, WorkerPool::start(workers, encoder));
    hasher_.emplace(*pool_);
    return {};
  }

  Result<StoredFile> add_file(const EvidencePath& path, ByteSource& content, FileTime modified,
                              std::uint64_t max_bytes) override;
  Result<void> add_entry(std::string_view name, std::span<const std::byte> content,
                         FileTime modified) override;
  Result<void> append_lines(std::string_view stream, std::string_view lines,
                            FileTime now) override {
    HOZEN_CHECK(ready());
    return streams_.append(stream, lines, now);
  }
  Result<void> close_segment(std::string_view stream, FileTime now) override;
  Result<void> settle() override {
    HOZEN_CHECK(ready());
    return pipe_.settle();
  }
  void each_entry(const std::function<void(const BundleEntry&)>& entry) override {
    const std::size_t count = table_.size();
    for (std::size_t row = 0; row < count; ++row)
      entry(table_.entry(static_cast<EntryTable::Row>(row)));
  }
  Result<Sha256Digest> finish(const Manifest& manifest, FileTime now) override;
  std::uint64_t bytes_written() const override { return pipe_.bytes_written(); }

 private:
  Result<void> ready() const {
    if (finished_) return Error{Errc::malformed, "the bundle is already finished"};
    return pipe_.failure();
  }
  bool claim(std::string_view name) {
    return name != kManifestName && is_portable_entry_name(name) && names_.claim_exact(name);
  }
  Beginning read_beginning(FileReader& reader);
  bool may_be_stored(std::uint64_t size, const Block& first);
  Result<std::optional<StoredFile>> find_large_duplicate(ByteSource& content,
                                                         std::uint64_t max_bytes);
  void store_small_file(StoredFile& file, const EvidencePath& path, FileTime modified,
                        const BlockRef& block);
  Result<void> store_large_file(StoredFile& file, const EvidencePath& path, FileTime modified,
                                FileReader& reader, Beginning beginning);
  PieceRef compress(BlockRef block, bool last);
  void compress_into(Piece& piece, const BlockRef& block, bool last, Worker& worker);
  EntryTable::Row store_small(std::string name, FileTime modified, const BlockRef& block,
                              const Sha256Digest& sha256);
  /// `hashed` is called with every block in order, `digest` after the last one.
  Result<EntryTable::Row> store_large(std::string name, FileTime modified, FileReader& reader,
                                      Beginning beginning,
                                      const std::function<void(const BlockRef&)>& hashed,
                                      const std::function<Sha256Digest()>& digest);
  Result<void> write_directory(const ZipItem& manifest_item);

  // In the order of need: workers go first, the blocks they hold last.
  BlockPool blocks_;
  EntryTable table_;
  EntryPipe pipe_;
  Worker own_worker_;
  std::unique_ptr<WorkerPool> pool_;
  std::optional<FileHasher> hasher_;
  EntryNames names_;
  HashSet large_files_;  // of size and first block
  LineStreams streams_;
  bool finished_ = false;
};

Beginning Writer::read_beginning(FileReader& reader) {
  Beginning beginning{blocks_.acquire(), nullptr};
  reader.fill(*beginning.first);
  if (reader.done()) return beginning;
  beginning.second = blocks_.acquire();
  reader.fill(*beginning.second);
  if (beginning.second->size == 0) beginning.second = nullptr;
  return beginning;
}

void Writer::compress_into(Piece& piece, const BlockRef& block, bool last, Worker& worker) {
  const auto in = block->bytes();
  piece.crc = crc32_of(in);
  const std::size_t used =
      in.empty()
          ? 0
          : worker.deflater->deflate(in, last, std::span{worker.scratch}.first(in.size() - 1));
  if (used != 0) {
    piece.deflated.assign(worker.scratch.begin(),
                          worker.scratch.begin() + static_cast<std::ptrdiff_t>(used));
    piece.ends_stream = last;
  } else {
    piece.raw = block;
  }
}

/// Compresses a block, by the way: a small one here and now, any other by a worker.
PieceRef Writer::compress(BlockRef block, bool last) {
  auto piece = std::make_shared<Piece>();
  piece->size = block->size;
  if (block->size <= kInlineBytes) {
    compress_into(*piece, block, last, own_worker_);
    pipe_.complete(*piece);
    return piece;
  }
  pool_->submit([this, piece, held = std::move(block), last](Worker& worker) mutable {
    compress_into(*piece, held, last, worker);
    held.reset();
    pipe_.complete(*piece);
  });
  return piece;
}

EntryTable::Row Writer::store_small(std::string name, FileTime modified, const BlockRef& block,
                                    const Sha256Digest& sha256) {
  auto entry = std::make_shared<PipedEntry>();
  entry->name = std::move(name);
  entry->modified = modified;
  entry->size = block->size;
  entry->sha256 = sha256;
  entry->sealed = true;
  const bool is_inline = block->size <= kInlineBytes;
  if (block->size != 0) {
    PieceRef piece = compress(block, true);
    // What waits for company must not keep a block of the pool.
    if (is_inline && piece->raw != nullptr) {
      auto copy = std::make_shared<Block>();
      copy->buffer.assign(block->bytes().begin(), block->bytes().end());
      copy->size = block->size;
      piece->raw = std::move(copy);
    }
    entry->pieces.push_back(std::move(piece));
  }
  return pipe_.enqueue(entry, is_inline);
}

Result<EntryTable::Row> Writer::store_large(std::string name, FileTime modified, FileReader& reader,
                                            Beginning beginning,
                                            const std::function<void(const BlockRef&)>& hashed,
                                            const std::function<Sha256Digest()>& digest) {
  auto entry = std::make_shared<PipedEntry>();
  entry->name = std::move(name);
  entry->modified = modified;
  entry->streamed = true;
  const EntryTable::Row row = pipe_.enqueue(entry, false);
  const auto add = [&](BlockRef block) {
    hashed(block);
    pipe_.append(entry, compress(std::move(block), false));
  };
  add(std::move(beginning.first));
  add(std::move(beginning.second));
  while (!reader.done() && pipe_.failure()) {
    BlockRef block = blocks_.acquire();
    reader.fill(*block);
    if (block->size != 0) add(std::move(block));
  }
  pipe_.seal(entry, digest(), reader.bytes_read());
  HOZEN_CHECK(pipe_.failure());
  return row;
}

/// True when a file of this size and first block may be in the bundle already. Remembers both.
bool Writer::may_be_stored(std::uint64_t size, const Block& first) {
  const std::uint64_t key = size * 0x9E37'79B9'7F4A'7C15u + crc32_of(first.bytes());
  const bool seen = large_files_.contains(key);
  if (!seen) large_files_.insert(key);
  return seen;
}

/// Hashes a whole file; the answer when its content is in the bundle already.
Result<std::optional<StoredFile>> Writer::find_large_duplicate(ByteSource& content,
                                                               std::uint64_t max_bytes) {
  std::optional<StoredFile> nothing;
  FileReader reader{content, max_bytes};
  while (!reader.done()) {
    HOZEN_CHECK(pipe_.failure());
    const BlockRef block = blocks_.acquire();
    reader.fill(*block);
    hasher_->add(block);
  }
  StoredFile file;
  file.digests = hasher_->finish();
  file.size = reader.bytes_read();
  auto earlier = table_.find_content(file.digests->sha256, file.size);
  if (reader.error() || !earlier) return nothing;
  file.entry = *std::move(earlier);
  file.duplicate = true;
  file.outcome = reader.outcome();
  return std::optional{std::move(file)};
}

Result<StoredFile> Writer::add_file(const EvidencePath& path, ByteSource& content,
                                    FileTime modified, std::uint64_t max_bytes) {
  HOZEN_CHECK(ready());
  std::optional<FileReader> reader{std::in_place, content, max_bytes};
  Beginning beginning = read_beginning(*reader);
  if (beginning.second != nullptr &&
      may_be_stored(std::min(content.size(), max_bytes), *beginning.first)) {
    beginning = {};
    HOZEN_TRY(auto duplicate, find_large_duplicate(content, max_bytes));
    if (duplicate) return *std::move(duplicate);
    // From the start: it may have become another file while it was hashed.
    reader.emplace(content, max_bytes);
    beginning = read_beginning(*reader);
  }
  StoredFile file;
  if (reader->error() && reader->bytes_read() == 0) {
    file.outcome = FileOutcome::failed;
    file.error = reader->error();
    return file;
  }
  if (beginning.second == nullptr) {
    store_small_file(file, path, modified, beginning.first);
  } else {
    HOZEN_CHECK(store_large_file(file, path, modified, *reader, std::move(beginning)));
  }
  file.size = reader->bytes_read();
  file.outcome = reader->outcome();
  file.error = reader->error();
  HOZEN_CHECK(pipe_.failure());
  return file;
}

void Writer::store_small_file(StoredFile& file, const EvidencePath& path, FileTime modified,
                              const BlockRef& block) {
  file.digests = hasher_->hash(block->bytes());
  auto earlier = table_.find_content(file.digests->sha256, block->size);
  file.duplicate = earlier.has_value();
  file.entry = earlier ? *std::move(earlier) : names_.claim(path);
  if (file.duplicate) return;
  table_.index_content(store_small(file.entry, modified, block, file.digests->sha256));
}

Result<void> Writer::store_large_file(StoredFile& file, const EvidencePath& path, FileTime modified,
                                      FileReader& reader, Beginning beginning) {
  file.entry = names_.claim(path);
  const auto hashed = [this](const BlockRef& block) { hasher_->add(block); };
  const auto digest = [&] {
    file.digests = hasher_->finish();
    return file.digests->sha256;
  };
  HOZEN_TRY(const EntryTable::Row row,
            store_large(file.entry, modified, reader, std::move(beginning), hashed, digest));
  table_.index_content(row);
  return {};
}

Result<void> Writer::add_entry(std::string_view name, std::span<const std::byte> content,
                               FileTime modified) {
  HOZEN_CHECK(ready());
  if (!claim(name))
    return Error{Errc::malformed, "add entry " + std::string{name}, std::nullopt,
                 "the name is taken or not allowed"};
  SpanSource source{content};
  FileReader reader{source, content.size()};
  Beginning beginning = read_beginning(reader);
  if (beginning.second == nullptr) {
    store_small(std::string{name}, modified, beginning.first, sha256(content));
    return {};
  }
  Sha256 hash;
  const auto hashed = [&hash](const BlockRef& block) { hash.update(block->bytes()); };
  auto row = store_large(std::string{name}, modified, reader, std::move(beginning), hashed,
                         [&hash] { return hash.finish(); });
  if (!row) return std::move(row).error();
  return {};
}

Result<void> Writer::close_segment(std::string_view stream, FileTime now) {
  HOZEN_CHECK(ready());
  if (stream.empty()) {
    streams_.close_all(now);
    pipe_.enqueue_flush();
  } else {
    streams_.close(stream, now);
  }
  return pipe_.failure();
}

/// The headers of all entries and the end record; `manifest_item` is the last entry.
Result<void> Writer::write_directory(const ZipItem& manifest_item) {
  const std::uint64_t start = pipe_.bytes_written();
  std::string text;
  std::uint64_t offset = 0;
  const std::size_t count = table_.size();
  for (std::size_t row = 0; row <= count; ++row) {
    ZipItem item = row < count ? table_.item(static_cast<EntryTable::Row>(row)) : manifest_item;
    item.header_offset = offset;
    append_zip_central_header(text, item);
    offset += zip_local_header_bytes(item.name, item.method, item.size) + item.stored_size +
              zip_descriptor_bytes(item.method, item.size);
    if (text.size() < kDirectoryPiece) continue;
    HOZEN_CHECK(pipe_.write(text));
    text.clear();
  }
  HOZEN_CHECK(pipe_.write(text));
  text.clear();
  append_zip_end(text, count + 1, start, pipe_.bytes_written() - start);
  return pipe_.write(text);
}

Result<Sha256Digest> Writer::finish(const Manifest& manifest, FileTime now) {
  HOZEN_CHECK(ready());
  streams_.close_all(now);
  HOZEN_CHECK(pipe_.settle());
  finished_ = true;

  // Written twice: the local header holds what only the first time can tell.
  const EachEntry entries = [this](const auto& entry) { each_entry(entry); };
  ZipItem item;
  item.name = kManifestName;
  item.method = kZipStored;
  item.modified = manifest.collection.finished;
  Sha256 hash;
  write_manifest(manifest, entries, [&](std::string_view text) {
    const auto bytes = std::as_bytes(std::span{text});
    hash.update(bytes);
    item.crc = combine_crc32(item.crc, crc32_of(bytes), bytes.size());
    item.size += bytes.size();
  });
  item.stored_size = item.size;
  if (item.size >= kZip32Limit) return Error{Errc::limit, "manifest.json of 4 GiB or more"};
  std::string header;
  append_zip_local_header(header, item);
  HOZEN_CHECK(pipe_.write(header));
  write_manifest(manifest, entries, [&](std::string_view text) {
    // A failure stays with the pipe and is returned below.
    [[maybe_unused]] const auto written = pipe_.write(text);
  });
  HOZEN_CHECK(write_directory(item));
  HOZEN_CHECK(pipe_.flush());
  return hash.finish();
}

}  // namespace

std::string_view to_text(FileOutcome outcome) {
  switch (outcome) {
    case FileOutcome::complete:
      return "complete";
    case FileOutcome::truncated:
      return "truncated";
    case FileOutcome::changed_while_reading:
      return "changed_while_reading";
    case FileOutcome::missing:
      return "missing";
    case FileOutcome::failed:
      return "failed";
    case FileOutcome::skipped:
      return "skipped";
  }
  return "failed";
}

Result<std::unique_ptr<BundleWriter>> BundleWriter::create(ByteSink& sink,
                                                           const BundleOptions& options) {
  const unsigned workers = workers_for(options.threads);
  auto writer = std::make_unique<Writer>(sink, options, workers);
  HOZEN_CHECK(writer->start(workers, options.encoder));
  return std::unique_ptr<BundleWriter>{std::move(writer)};
}

}  // namespace hozen
