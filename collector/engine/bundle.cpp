#include "collector/engine/bundle.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "collector/base/crc32.h"
#include "collector/engine/bundle_end.h"
#include "collector/engine/span_source.h"
#include "collector/engine/zip_bundle_writer.h"

namespace hozen {
namespace {

unsigned workers_for(unsigned asked) {
  const unsigned wanted = asked != 0 ? asked : std::thread::hardware_concurrency();
  return std::clamp(wanted, 1u, kMaxBundleThreads);
}

class WrittenBody final : public BundleBody {
 public:
  WrittenBody(const EntryTable& table, EntryPipe& pipe) : table_{table}, pipe_{pipe} {}
  std::size_t count() const override { return table_.size(); }
  BundleEntry entry(std::size_t index) const override {
    return table_.entry(static_cast<EntryTable::Row>(index));
  }
  ZipItem item(std::size_t index) const override {
    return table_.item(static_cast<EntryTable::Row>(index));
  }
  Result<void> write(std::string_view bytes) override { return pipe_.write(bytes); }

 private:
  const EntryTable& table_;
  EntryPipe& pipe_;
};

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
    piece.deflated = blocks_.pack(std::span{worker.scratch}.first(used));
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

Result<Sha256Digest> ZipBundleWriter::finish(const Manifest& manifest, FileTime now) {
  HOZEN_CHECK(ready());
  streams_.close_all(now);
  HOZEN_CHECK(pipe_.settle());
  finished_ = true;
  WrittenBody body{table_, pipe_};
  HOZEN_TRY(const Sha256Digest seal, write_bundle_end(manifest, body));
  HOZEN_CHECK(pipe_.flush());
  return seal;
}

std::string_view to_text(FileOutcome outcome) {
  switch (outcome) {
    case FileOutcome::complete:
      return "complete";
    case FileOutcome::truncated:
      return "truncated";
    case FileOutcome::incomplete:
      return "incomplete";
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
