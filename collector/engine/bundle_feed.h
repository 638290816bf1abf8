// Everything a run writes goes through here: JSON lines, files, and what happens when the output
// fails.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "collector/engine/bundle.h"

namespace hozen {

/// Collects lines in small buffers, closes segments every 30 seconds, and remembers the first
/// failure of the output: from then on nothing is written and a stop is requested, because a run
/// whose evidence cannot be kept has no purpose. Used by one thread; log_line() by any.
class BundleFeed {
 public:
  BundleFeed(BundleWriter& writer, std::stop_source stop);

  /// Appends one JSON object (without line end) to the stream "artifacts", "records/run_keys", …
  void line(std::string_view stream, std::string_view json);
  /// The same for the stream "log", from any thread, also while another call runs. Written at the
  /// next call of another function.
  void log_line(std::string_view json);
  /// Ends the stream's segment: at the end of a module.
  void close(std::string_view stream);
  /// Closes all segments when 30 seconds have passed since that was last done.
  void tick();
  void entry(std::string_view name, std::string_view content);

  /// Nothing when the output has failed.
  std::optional<StartedFile> file(const EntryPath& path, ByteSource& content, FileTime modified,
                                  std::uint64_t max_bytes);
  /// Nothing when the output has failed.
  std::unique_ptr<VolumeWriter> volume(const std::string& name);
  /// The answer of that writer, whose failure is the output's.
  template <class T>
  std::optional<T> kept(Result<T> result) {
    tick();
    if (result) return *std::move(result);
    keep(std::move(result).error());
    return std::nullopt;
  }
  /// Writes what is buffered, closes all streams and waits until all of it is written.
  void settle();

  const std::optional<Error>& failure() const { return failure_; }
  std::uint64_t lines(std::string_view stream) const;  ///< written to the stream so far

 private:
  struct Stream {
    std::string buffer;
    std::uint64_t lines = 0;
  };
  void write_out(std::string_view name, Stream& stream);
  void write_log();
  void close_all();
  void keep(Result<void> result);

  BundleWriter& writer_;
  std::stop_source stop_;
  std::map<std::string, Stream, std::less<>> streams_;
  std::optional<Error> failure_;
  std::uint64_t closed_at_;
  std::mutex log_mutex_;
  std::string log_;  // guarded by log_mutex_
};

}  // namespace hozen
