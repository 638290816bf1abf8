#include "collector/engine/line_sorter.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <queue>
#include <utility>

#include "collector/base/bytes.h"

namespace hozen {
namespace {

/// Before each line of a block: its key and its size.
struct LineHead {
  std::uint64_t key = 0, size = 0;
};

Error damaged() { return Error{Errc::malformed, "a sorted run", {}, "not as it was written"}; }

/// A raw deflate stream of exactly `out.size()` bytes.
bool inflate_all(std::span<const std::byte> in, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return result == Z_STREAM_END && stream.avail_out == 0;
}

}  // namespace

BlockStore::BlockStore(std::size_t kept_bytes, ScratchFactory open)
    : limit_{kept_bytes}, open_{std::move(open)} {}

BlockStore::~BlockStore() = default;

Result<BlockStore::Block> BlockStore::put(std::string_view content) {
  if (!deflater_) deflater_ = make_deflater(DeflateEncoder::fastest);
  packed_.resize(content.size());
  const std::size_t packed = deflater_->deflate(bytes_of(content).span(), true, packed_);
  std::span<const std::byte> stored = std::span{packed_}.first(packed);
  if (packed == 0 || packed >= content.size()) stored = bytes_of(content).span();
  Block block;
  block.size = content.size();
  block.stored_size = stored.size();
  if (kept_ + stored.size() <= limit_) {
    kept_ += stored.size();
    block.kept.assign(stored.begin(), stored.end());
    return block;
  }
  if (!file_) {
    HOZEN_TRY(file_, open_());
  }
  HOZEN_CHECK(file_->append(stored));
  block.offset = std::exchange(file_bytes_, file_bytes_ + stored.size());
  return block;
}

Result<void> BlockStore::take(Block& block, std::string& content) {
  std::vector<std::byte> stored = std::exchange(block.kept, {});
  if (block.offset) {
    stored.resize(block.stored_size);
    HOZEN_CHECK(file_->read(*block.offset, stored));
  } else {
    kept_ -= stored.size();
  }
  content.resize(block.size);
  if (block.stored_size != block.size)
    return inflate_all(stored, content) ? Result<void>{} : damaged();
  if (!stored.empty()) std::memcpy(content.data(), stored.data(), stored.size());
  return {};
}

class LineSorter::RunWriter {
 public:
  RunWriter(BlockStore& store, std::size_t block_bytes) : store_{store}, limit_{block_bytes} {}

  Result<void> add(std::uint64_t key, std::string_view line) {
    const LineHead head{key, line.size()};
    std::array<char, sizeof head> bytes{};
    std::memcpy(bytes.data(), &head, sizeof head);
    block_.append(bytes.data(), bytes.size());
    block_ += line;
    return block_.size() < limit_ ? Result<void>{} : end_block();
  }
  Result<Run> finish(unsigned level) {
    if (!block_.empty()) HOZEN_CHECK(end_block());
    run_.level = level;
    return std::move(run_);
  }

 private:
  Result<void> end_block() {
    HOZEN_TRY(auto block, store_.put(block_));
    run_.blocks.push_back(std::move(block));
    block_.clear();
    return {};
  }

  BlockStore& store_;
  std::size_t limit_;
  std::string block_;
  Run run_;
};

class LineSorter::RunReader {
 public:
  RunReader(BlockStore& store, Run run) : store_{&store}, run_{std::move(run)} {}

  /// False at the end.
  Result<bool> next() {
    at_ += head_.size;
    if (at_ >= content_.size()) {
      if (next_block_ == run_.blocks.size()) return false;
      HOZEN_CHECK(store_->take(run_.blocks[next_block_++], content_));
      at_ = 0;
    }
    if (content_.size() - at_ < sizeof head_) return damaged();
    std::memcpy(&head_, content_.data() + at_, sizeof head_);
    at_ += sizeof head_;
    if (head_.size > content_.size() - at_) return damaged();
    return true;
  }
  std::uint64_t key() const { return head_.key; }
  std::string_view line() const { return {content_.data() + at_, head_.size}; }

 private:
  BlockStore* store_;
  Run run_;
  std::size_t next_block_ = 0, at_ = 0;
  std::string content_;
  LineHead head_{};
};

LineSorter::LineSorter(ScratchFactory scratch, const SortLimits& limits)
    : limits_{limits}, store_{limits.kept_bytes, std::move(scratch)} {}

Result<void> LineSorter::add(std::uint64_t key, std::string_view line) {
  if (!text_.empty() && text_.size() + line.size() > limits_.run_bytes) HOZEN_CHECK(end_run());
  entries_.push_back(
      {key, static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(line.size())});
  text_ += line;
  return {};
}

void LineSorter::sort_entries() {
  // Offsets rise in the order in which lines came.
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::pair{a.key, a.offset} < std::pair{b.key, b.offset};
  });
}

Result<void> LineSorter::end_run() {
  sort_entries();
  RunWriter writer{store_, limits_.block_bytes};
  for (const Entry& entry : entries_)
    HOZEN_CHECK(writer.add(entry.key, std::string_view{text_}.substr(entry.offset, entry.size)));
  entries_.clear();
  text_.clear();
  HOZEN_TRY(Run run, writer.finish(0));
  runs_.push_back(std::move(run));
  return merge_level();
}

/// Runs of one level stand together at the end: older ones were merged more often.
Result<void> LineSorter::merge_level() {
  for (;;) {
    const unsigned level = runs_.back().level;
    const auto first = std::find_if(runs_.begin(), runs_.end(),
                                    [&](const Run& run) { return run.level == level; });
    if (static_cast<std::size_t>(runs_.end() - first) < limits_.runs) return {};
    std::vector<Run> merged{std::make_move_iterator(first), std::make_move_iterator(runs_.end())};
    runs_.erase(first, runs_.end());
    RunWriter writer{store_, limits_.block_bytes};
    HOZEN_CHECK(merge(
        merged, [&](std::uint64_t key, std::string_view line) { return writer.add(key, line); }));
    HOZEN_TRY(Run run, writer.finish(level + 1));
    runs_.push_back(std::move(run));
  }
}

Result<void> LineSorter::merge(
    std::vector<Run>& runs,
    FunctionRef<Result<void>(std::uint64_t key, std::string_view line)> output) {
  std::vector<RunReader> readers;
  readers.reserve(runs.size());
  using Head = std::pair<std::uint64_t, std::size_t>;  // key and number of the reader
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  for (Run& run : runs) {
    readers.emplace_back(store_, std::move(run));
    HOZEN_TRY(const bool more, readers.back().next());
    if (more) heads.emplace(readers.back().key(), readers.size() - 1);
  }
  while (!heads.empty()) {
    const std::size_t number = heads.top().second;
    heads.pop();
    HOZEN_CHECK(output(readers[number].key(), readers[number].line()));
    HOZEN_TRY(const bool more, readers[number].next());
    if (more) heads.emplace(readers[number].key(), number);
  }
  return {};
}

Result<void> LineSorter::finish(Output output) {
  if (runs_.empty()) {
    sort_entries();
    for (const Entry& entry : entries_)
      output(std::string_view{text_}.substr(entry.offset, entry.size));
    entries_.clear();
    return {};
  }
  if (!entries_.empty()) HOZEN_CHECK(end_run());
  text_ = {};
  entries_ = {};
  std::vector<Run> runs = std::exchange(runs_, {});
  return merge(runs, [&](std::uint64_t, std::string_view line) {
    output(line);
    return Result<void>{};
  });
}

}  // namespace hozen
