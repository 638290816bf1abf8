#include "collector/engine/line_streams.h"

#include <algorithm>
#include <utility>

namespace hozen {
namespace {

constexpr std::uint64_t kSegmentBytes = 4 << 20;  ///< a segment that reaches it is closed
constexpr std::size_t kChunkBytes = 256 << 10;    ///< lines that are compressed at once

std::string segment_name(std::string_view stream, unsigned number) {
  std::string name{stream};
  if (number > 1) name += '.' + std::to_string(number);
  return name + ".jsonl";
}

}  // namespace

Result<void> LineStreams::append(std::string_view name, std::string_view lines, FileTime now) {
  if (lines.empty()) return {};
  auto at = streams_.find(name);
  if (at == streams_.end()) at = streams_.emplace(std::string{name}, Stream{}).first;
  Stream& stream = at->second;
  if (stream.entry == nullptr) {
    auto entry = std::make_shared<PipedEntry>();
    entry->name = segment_name(name, stream.segments + 1);
    if (!claim_(entry->name))
      return Error{Errc::malformed, "open segment " + entry->name, std::nullopt,
                   "the name is taken or not allowed"};
    ++stream.segments;
    stream.entry = std::move(entry);
  }
  stream.hash.update(std::as_bytes(std::span{lines}));
  stream.size += lines.size();
  while (!lines.empty()) {
    const std::string_view part = lines.substr(0, kChunkBytes - stream.chunk.size());
    stream.chunk += part;
    lines.remove_prefix(part.size());
    // The last chunk is kept, so that close() has one to end the stream with.
    if (stream.chunk.size() == kChunkBytes && !lines.empty()) hand_over(stream, false);
  }
  if (stream.size >= kSegmentBytes) close(stream, now);
  return {};
}

void LineStreams::hand_over(Stream& stream, bool last) {
  const auto bytes = std::as_bytes(std::span{stream.chunk});
  auto block = std::make_shared<Block>();
  block->buffer.assign(bytes.begin(), bytes.end());
  block->size = bytes.size();
  stream.chunk.clear();
  pipe_.append(stream.entry, compress_(std::move(block), last));
}

void LineStreams::close(Stream& stream, FileTime now) {
  if (stream.entry == nullptr) return;
  blocks_.wait_for_room();
  hand_over(stream, true);
  const EntryRef entry = std::exchange(stream.entry, nullptr);
  entry->modified = now;
  entry->sha256 = stream.hash.finish();
  entry->size = std::exchange(stream.size, 0);
  entry->streamed = entry->size > kZipBufferedBytes;
  entry->sealed = true;
  pipe_.enqueue(entry, false);
}

void LineStreams::close(std::string_view name, FileTime now) {
  const auto at = streams_.find(name);
  if (at != streams_.end()) close(at->second, now);
}

void LineStreams::close_all(FileTime now) {
  for (auto& [name, stream] : streams_) close(stream, now);
}

}  // namespace hozen
