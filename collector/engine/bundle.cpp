#include "collector/engine/bundle.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "collector/engine/span_source.h"
#include "collector/engine/zip_bundle_writer.h"

namespace hozen {
namespace {

/// Each worker needs about 1.7 MiB; more than this many never had work at once.
constexpr unsigned kMaxThreads = 12;
/// The directory is written in pieces of this size.
constexpr std::size_t kDirectoryPiece = 256 << 10;

unsigned workers_for(unsigned asked) {
  const unsigned wanted = asked != 0 ? asked : std::thread::hardware_concurrency();
  return std::clamp(wanted, 1u, kMaxThreads);
}

}  // namespace

void ZipBundleWriter::compress_into(Piece& piece, const BlockRef& block, bool last,
                                    Worker& worker) {
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
PieceRef ZipBundleWriter::compress(BlockRef block, bool last) {
  auto piece = std::make_shared<Piece>();
  piece->size = block->size;
  if (block->size <= kInlineBytes) {
    compress_into(*piece, block, last, own_worker_);
    pipe_.complete(*piece);
    return piece;
  }
  submit(piece, std::move(block), last, std::nullopt);
  return piece;
}

/// Has a worker compress the block (not without `piece`) and set its `digests`.
void ZipBundleWriter::submit(const PieceRef& piece, BlockRef block, bool last,
                             const std::optional<PendingDigests>& digests) {
  pool_->submit([this, piece, held = std::move(block), last, digests](Worker& worker) mutable {
    if (piece != nullptr) {
      compress_into(*piece, held, last, worker);
      if (!digests) held.reset();
      pipe_.complete(*piece);
    }
    if (!digests) return;
    worker.hash.update(held->bytes());
    digests->set(worker.hash.finish());
  });
}

/// An entry of one block. With `digests`, whoever compresses it sets them.
EntryTable::Row ZipBundleWriter::store_small(std::string name, FileTime modified,
                                             const BlockRef& block, const Sha256Digest& sha256,
                                             const std::optional<PendingDigests>& digests) {
  auto entry = std::make_shared<PipedEntry>();
  entry->name = std::move(name);
  entry->modified = modified;
  entry->size = block->size;
  entry->sha256 = sha256;
  entry->sealed = true;
  const bool is_inline = block->size <= kInlineBytes;
  if (is_inline && block->size != 0) {
    PieceRef piece = compress(block, true);
    if (piece->raw != nullptr) {
      // What waits for company must not keep a block of the pool.
      auto copy = std::make_shared<Block>();
      copy->buffer.assign(block->bytes().begin(), block->bytes().end());
      copy->size = block->size;
      piece->raw = std::move(copy);
    }
    entry->pieces.push_back(std::move(piece));
  } else if (!is_inline) {
    const auto& piece = entry->pieces.emplace_back(std::make_shared<Piece>());
    piece->size = block->size;
    submit(piece, block, true, digests);
  }
  return pipe_.enqueue(entry, is_inline);
}

Result<EntryRef> ZipBundleWriter::store_large(std::string name, FileTime modified,
                                              FileReader& reader, Beginning beginning,
                                              const std::function<void(const BlockRef&)>& hashed) {
  auto entry = std::make_shared<PipedEntry>();
  entry->name = std::move(name);
  entry->modified = modified;
  entry->streamed = true;
  pipe_.enqueue(entry, false);
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
  HOZEN_CHECK(pipe_.failure());
  return entry;
}

Result<void> ZipBundleWriter::add_entry(std::string_view name, std::span<const std::byte> content,
                                        FileTime modified) {
  HOZEN_CHECK(ready());
  if (!claim(name))
    return Error{Errc::malformed, "add entry " + std::string{name}, std::nullopt,
                 "the name is taken or not allowed"};
  SpanSource source{content};
  FileReader reader{source, content.size()};
  Beginning beginning = read_beginning(reader);
  if (beginning.second == nullptr) {
    store_small(std::string{name}, modified, beginning.first, sha256(content), std::nullopt);
    return {};
  }
  Sha256 hash;
  HOZEN_TRY(const EntryRef entry,
            store_large(std::string{name}, modified, reader, std::move(beginning),
                        [&hash](const BlockRef& block) { hash.update(block->bytes()); }));
  pipe_.seal(entry, hash.finish(), reader.bytes_read());
  return pipe_.failure();
}

Result<void> ZipBundleWriter::close_segment(std::string_view stream, FileTime now) {
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
Result<void> ZipBundleWriter::write_directory(const ZipItem& manifest_item) {
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

Result<Sha256Digest> ZipBundleWriter::finish(const Manifest& manifest, FileTime now) {
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
  auto writer = std::make_unique<ZipBundleWriter>(sink, options, workers);
  HOZEN_CHECK(writer->start(workers));
  return std::unique_ptr<BundleWriter>{std::move(writer)};
}

}  // namespace hozen
