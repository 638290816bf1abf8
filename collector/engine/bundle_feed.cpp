#include "collector/engine/bundle_feed.h"

#include <utility>

#include "collector/base/bytes.h"
#include "collector/engine/host.h"

namespace hozen {
namespace {

constexpr std::size_t kBufferBytes = 64u << 10;
/// A kill costs at most this much of what was read (bundle.md, "segments").
constexpr std::uint64_t kSegmentTicks = 30 * kTicksPerSecond;
/// Log lines that wait while something else runs; what does not fit is lost.
constexpr std::size_t kMaxLogBytes = 8u << 20;
constexpr std::string_view kLogStream = "log";

}  // namespace

BundleFeed::BundleFeed(BundleWriter& writer, std::stop_source stop)
    : writer_{writer}, stop_{std::move(stop)}, closed_at_{monotonic_ticks()} {}

void BundleFeed::keep(Result<void> result) {
  if (result || failure_) return;
  failure_ = std::move(result).error();
  stop_.request_stop();
}

void BundleFeed::line(std::string_view stream, std::string_view json) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) found = streams_.emplace(std::string{stream}, Stream{}).first;
  found->second.buffer += json;
  found->second.buffer += '\n';
  ++found->second.lines;
  if (found->second.buffer.size() >= kBufferBytes) write_out(stream, found->second);
  tick();
}

void BundleFeed::log_line(std::string_view json) {
  const std::lock_guard lock{log_mutex_};
  if (log_.size() + json.size() >= kMaxLogBytes) return;
  log_ += json;
  log_ += '\n';
}

void BundleFeed::write_out(std::string_view name, Stream& stream) {
  if (!failure_ && !stream.buffer.empty())
    keep(writer_.append_lines(name, stream.buffer, utc_now()));
  stream.buffer.clear();
}

void BundleFeed::write_log() {
  std::string lines;
  {
    const std::lock_guard lock{log_mutex_};
    lines.swap(log_);
  }
  if (!lines.empty() && !failure_) keep(writer_.append_lines(kLogStream, lines, utc_now()));
}

void BundleFeed::close(std::string_view stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  write_out(stream, found->second);
  if (!failure_) keep(writer_.close_segment(stream, utc_now()));
}

void BundleFeed::close_all() {
  for (auto& [name, stream] : streams_) write_out(name, stream);
  write_log();
  if (!failure_) keep(writer_.close_segment({}, utc_now()));
  closed_at_ = monotonic_ticks();
}

void BundleFeed::tick() {
  if (monotonic_ticks() - closed_at_ >= kSegmentTicks) close_all();
}

void BundleFeed::entry(std::string_view name, std::string_view content) {
  if (!failure_) keep(writer_.add_entry(name, bytes_of(content).span(), utc_now()));
}

std::optional<StartedFile> BundleFeed::file(const EntryPath& path, ByteSource& content,
                                            FileTime modified, std::uint64_t max_bytes) {
  if (failure_) return std::nullopt;
  auto started = writer_.start_file(path, content, modified, max_bytes);
  tick();
  if (started) return *std::move(started);
  keep(std::move(started).error());
  return std::nullopt;
}

std::unique_ptr<VolumeWriter> BundleFeed::volume(const std::string& name) {
  if (failure_) return nullptr;
  auto writer = writer_.start_volume(name);
  if (writer) return *std::move(writer);
  keep(std::move(writer).error());
  return nullptr;
}

void BundleFeed::settle() {
  close_all();
  if (!failure_) keep(writer_.settle());
}

std::uint64_t BundleFeed::lines(std::string_view stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? 0 : found->second.lines;
}

}  // namespace hozen
