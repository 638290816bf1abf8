// A bundle that only remembers what it was given.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/engine/bundle.h"

namespace hozen::fake {

class FakeBundle final : public BundleWriter {
 public:
  struct File {
    std::string path, bytes;
    std::uint64_t max_bytes = 0;
  };
  std::vector<File> files;                     ///< in the order of the calls
  std::map<std::string, std::string> streams;  ///< lines by stream
  std::map<std::string, std::string> entries;
  std::vector<std::string> closed;      ///< streams whose segment was closed, "" for all
  bool broken = false;                  ///< the output takes nothing any more
  bool late_digests = false;            ///< computed by other threads after the answer
  std::function<void()> while_reading;  ///< called between reading a file and answering

  Result<StartedFile> start_file(const EvidencePath& path, ByteSource& content, FileTime,
                                 std::uint64_t max_bytes) override {
    if (broken) return failure();
    StartedFile started;
    StoredFile& stored = started.file;
    std::vector<std::byte> bytes;
    std::vector<std::byte> block(4096);
    while (bytes.size() < max_bytes) {
      const auto room = std::min<std::uint64_t>(block.size(), max_bytes - bytes.size());
      const auto count = content.read_some(bytes.size(), std::span{block}.first(room));
      if (!count) {
        stored.error = count.error();
        stored.outcome = bytes.empty() ? FileOutcome::failed : FileOutcome::truncated;
        break;
      }
      if (*count == 0) break;
      bytes.insert(bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(*count));
    }
    if (bytes.size() == max_bytes && content.size() > max_bytes)
      stored.outcome = FileOutcome::truncated;
    if (while_reading) while_reading();
    stored.size = bytes.size();
    if (stored.outcome == FileOutcome::failed) return started;
    stored.entry = entry_name_for(path);
    MultiHash hash;
    hash.update(bytes);
    const PendingDigests& pending = started.pending.emplace();
    if (late_digests) {
      hashers_.emplace_back([pending, digests = hash.finish()] {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
        pending.set(digests);
      });
    } else {
      pending.set(hash.finish());
    }
    files.push_back({path.text(), std::string{Bytes{bytes}.chars()}, max_bytes});
    return started;
  }
  Result<void> add_entry(std::string_view name, std::span<const std::byte> content,
                         FileTime) override {
    if (broken) return failure();
    entries[std::string{name}] = Bytes{content}.chars();
    return {};
  }
  Result<void> append_lines(std::string_view stream, std::string_view lines, FileTime) override {
    if (broken) return failure();
    streams[std::string{stream}] += lines;
    return {};
  }
  Result<void> close_segment(std::string_view stream, FileTime) override {
    if (broken) return failure();
    closed.emplace_back(stream);
    return {};
  }
  Result<void> settle() override {
    if (broken) return failure();
    return {};
  }
  void each_entry(const std::function<void(const BundleEntry&)>&) override {}
  Result<Sha256Digest> finish(const Manifest&, FileTime) override { return Sha256Digest{}; }
  std::uint64_t bytes_written() const override { return 0; }

 private:
  std::vector<std::jthread> hashers_;
  static Error failure() { return Error{Errc::io, "bundle", {}, "write: No space left on device"}; }
};

}  // namespace hozen::fake
