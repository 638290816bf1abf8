#include "collector/engine/entry_pipe.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "collector/base/crc32.h"
#include "collector/engine/deflater.h"

namespace hozen {
namespace {

/// What is gathered before the sink is asked to write.
constexpr std::size_t kBufferBytes = 256 << 10;
/// Small entries that wait before the writing thread is woken for them.
constexpr std::size_t kLazyEntries = 64;

}  // namespace

EntryPipe::EntryPipe(ByteSink& sink, EntryTable& table, BlockPool& blocks)
    : sink_{sink}, table_{table}, blocks_{blocks} {
  buffer_.reserve(kBufferBytes);
}

EntryPipe::~EntryPipe() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> EntryPipe::start() {
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::system_error& error) {
    return Error{Errc::io, "start the writing thread", std::nullopt, error.what()};
  }
  return {};
}

/// Counts a piece as waiting once it is compressed and its entry's turn can come.
void EntryPipe::count(Piece& piece) {
  if (piece.counted || !piece.done || !piece.enqueued) return;
  piece.counted = true;
  blocks_.add_waiting(piece.deflated.held_bytes());
}

EntryTable::Row EntryPipe::enqueue(const EntryRef& entry, bool lazy) {
  entry->row = table_.open(entry->name, entry->modified);
  if (entry->sealed) table_.set_content(entry->row, entry->sha256, entry->size);
  bool wake = true;
  {
    const std::lock_guard lock{mutex_};
    entry->enqueued = true;
    for (const PieceRef& piece : entry->pieces) {
      piece->enqueued = true;
      count(*piece);
    }
    queue_.push_back(entry);
    wake = (!lazy || queue_.size() >= kLazyEntries) && head_is_ready();
  }
  if (wake) work_.notify_one();
  return entry->row;
}

void EntryPipe::append(const EntryRef& entry, const PieceRef& piece) {
  const std::lock_guard lock{mutex_};
  entry->pieces.push_back(piece);
  piece->enqueued = entry->enqueued;
  count(*piece);
}

void EntryPipe::seal(const EntryRef& entry, const Sha256Digest& sha256, std::uint64_t size) {
  table_.set_content(entry->row, sha256, size);
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    entry->sha256 = sha256;
    entry->size = size;
    entry->sealed = true;
    wake = head_is_ready();
  }
  if (wake) work_.notify_one();
}

void EntryPipe::complete(Piece& piece) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    piece.done = true;
    count(piece);
    // Else it is enqueue() that says whether its entry may wait for company.
    wake = piece.enqueued && head_is_ready();
  }
  if (wake) work_.notify_one();
}

void EntryPipe::enqueue_flush() {
  {
    const std::lock_guard lock{mutex_};
    queue_.push_back(nullptr);
  }
  work_.notify_one();
}

Result<void> EntryPipe::settle() {
  std::unique_lock lock{mutex_};
  work_.notify_one();
  settled_.wait(lock, [this] { return queue_.empty() && !busy_; });
  if (failure_) return *failure_;
  return {};
}

Result<void> EntryPipe::failure() const {
  if (!failed_.load()) return {};
  const std::lock_guard lock{mutex_};
  return *failure_;
}

void EntryPipe::fail(Error error) {
  const std::lock_guard lock{mutex_};
  if (!failure_) failure_ = std::move(error);
  failed_.store(true);
}

bool EntryPipe::head_is_ready() const {
  if (queue_.empty()) return false;
  const EntryRef& head = queue_.front();
  if (head == nullptr) return true;
  if (head->streamed) return head->pieces.empty() ? head->sealed : head->pieces.front()->done;
  return std::all_of(head->pieces.begin(), head->pieces.end(),
                     [](const PieceRef& piece) { return piece->done; });
}

void EntryPipe::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (head_is_ready()) {
      busy_ = true;
      write_head(lock);
      continue;
    }
    if (busy_ && !buffer_.empty()) {
      lock.unlock();
      flush_buffer();
      lock.lock();
      continue;
    }
    busy_ = false;
    if (queue_.empty()) settled_.notify_all();
    work_.wait(lock);
  }
}

/// Called and left with the lock held.
void EntryPipe::write_head(std::unique_lock<std::mutex>& lock) {
  const EntryRef entry = queue_.front();
  if (entry != nullptr && entry->streamed) {
    write_streamed(lock, entry);
    return;
  }
  queue_.pop_front();
  std::deque<PieceRef> pieces;
  if (entry != nullptr) {
    pieces.swap(entry->pieces);
  }
  lock.unlock();
  if (entry == nullptr) {
    flush_buffer();
    if (!failed_.load())
      if (auto flushed = sink_.flush(); !flushed) fail(std::move(flushed).error());
  } else {
    write_buffered(*entry, pieces);
    for (const PieceRef& piece : pieces) blocks_.remove_waiting(piece->deflated.held_bytes());
    pieces.clear();
  }
  lock.lock();
}

void EntryPipe::write_buffered(PipedEntry& entry, const std::deque<PieceRef>& pieces) {
  const bool as_is = pieces.empty() || (pieces.size() == 1 && pieces[0]->raw != nullptr);
  ZipItem item;
  item.name = entry.name;
  item.method = as_is ? kZipStored : kZipDeflated;
  item.modified = entry.modified;
  item.size = entry.size;
  std::size_t framing = 0;
  for (const PieceRef& piece : pieces) {
    item.crc = combine_crc32(item.crc, piece->crc, piece->size);
    item.stored_size += piece->deflated.size();
    if (piece->raw == nullptr) continue;
    item.stored_size += piece->raw->size;
    framing += (piece->raw->size + kDeflateStoredBytes - 1) / kDeflateStoredBytes * 5;
  }
  const bool add_end = !as_is && !pieces.back()->ends_stream;
  if (!as_is) item.stored_size += framing + (add_end ? kDeflateEnd.size() : 0);

  std::string header;
  append_zip_local_header(header, item);
  put_text(header);
  stored_size_ = 0;
  if (as_is) {
    if (!pieces.empty()) put_data(pieces[0]->raw->bytes());
  } else {
    for (const PieceRef& piece : pieces) put_piece(*piece);
    if (add_end) put_data(std::as_bytes(std::span{kDeflateEnd}));
  }
  table_.set_stored(entry.row, item.method, item.crc, stored_size_, stored_hash_.finish());
}

/// Writes what is ready of the entry at the head; takes it off the queue with its last piece.
void EntryPipe::write_streamed(std::unique_lock<std::mutex>& lock, const EntryRef& entry) {
  ZipItem item;
  item.name = entry->name;
  item.modified = entry->modified;
  item.size = kZipBufferedBytes + 1;
  lock.unlock();
  std::string text;
  append_zip_local_header(text, item);
  put_text(text);
  stored_size_ = 0;
  bool ended = false;
  lock.lock();
  for (;;) {
    work_.wait(lock, [&] { return stopping_ || head_is_ready(); });
    if (stopping_ || entry->pieces.empty()) break;
    const PieceRef piece = entry->pieces.front();
    entry->pieces.pop_front();
    lock.unlock();
    put_piece(*piece);
    item.crc = combine_crc32(item.crc, piece->crc, piece->size);
    ended = piece->ends_stream;
    blocks_.remove_waiting(piece->deflated.held_bytes());
    piece->raw.reset();
    lock.lock();
  }
  queue_.pop_front();
  item.size = entry->size;
  lock.unlock();
  if (!ended) put_data(std::as_bytes(std::span{kDeflateEnd}));
  item.stored_size = stored_size_;
  text.clear();
  append_zip_descriptor(text, item);
  put_text(text);
  table_.set_stored(entry->row, item.method, item.crc, stored_size_, stored_hash_.finish());
  lock.lock();
}

/// A piece as part of a deflate stream.
void EntryPipe::put_piece(const Piece& piece) {
  for (std::size_t i = 0; i < piece.deflated.chunks(); ++i) put_data(piece.deflated.chunk(i));
  if (piece.raw == nullptr) return;
  std::span<const std::byte> rest = piece.raw->bytes();
  while (!rest.empty()) {
    const auto part = rest.first(std::min(rest.size(), kDeflateStoredBytes));
    const std::string header = deflate_stored_header(part.size());
    put_data(std::as_bytes(std::span{header}));
    put_data(part);
    rest = rest.subspan(part.size());
  }
}

/// Bytes of an entry's data: they count in its stored size and hash.
void EntryPipe::put_data(std::span<const std::byte> bytes) {
  if (failed_.load()) return;
  stored_hash_.update(bytes);
  stored_size_ += bytes.size();
  put(bytes);
}

void EntryPipe::put(std::span<const std::byte> bytes) {
  if (failed_.load()) return;
  offset_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBufferBytes) flush_buffer();
  if (bytes.size() < kBufferBytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  } else if (!failed_.load()) {
    if (auto written = sink_.write(bytes); !written) fail(std::move(written).error());
  }
}

void EntryPipe::flush_buffer() {
  if (!failed_.load() && !buffer_.empty())
    if (auto written = sink_.write(buffer_); !written) fail(std::move(written).error());
  buffer_.clear();
}

Result<void> EntryPipe::write(std::string_view bytes) {
  put_text(bytes);
  return failure();
}

Result<void> EntryPipe::flush() {
  flush_buffer();
  HOZEN_CHECK(failure());
  if (auto flushed = sink_.flush(); !flushed) fail(std::move(flushed).error());
  return failure();
}

}  // namespace hozen
