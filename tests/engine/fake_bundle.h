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
#include "collector/engine/entry_name.h"

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

  Result<StartedFile> start_file(const EntryPath& path, ByteSource& content, FileTime,
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
    files.push_back({path.path.text(), std::string{Bytes{bytes}.chars()}, max_bytes});
    return started;
  }
  Result<std::unique_ptr<VolumeWriter>> start_volume(const std::string& volume) override {
    if (broken) return failure();
    return std::unique_ptr<VolumeWriter>{std::make_unique<Volume>(*this, volume)};
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
  /// Remembers parts as files of the volume's name and their offset.
  class Volume final : public VolumeWriter {
   public:
    Volume(FakeBundle& bundle, std::string volume) : bundle_{bundle}, volume_{std::move(volume)} {}
    Result<StoredPart> add(std::uint64_t offset, ByteSource& part, FileTime) override {
      if (bundle_.broken) return failure();
      StoredPart stored;
      std::vector<std::byte> bytes(static_cast<std::size_t>(part.size()));
      if (auto read = part.read(0, bytes); !read) {
        stored.error = read.error();
        return stored;
      }
      stored.entry = volume_part_name(volume_, offset);
      stored.size = bytes.size();
      stored.sha256 = sha256(bytes);
      bundle_.files.push_back({stored.entry, std::string{Bytes{bytes}.chars()}});
      return stored;
    }
    Result<Sha256Digest> finish(std::uint64_t) override {
      if (bundle_.broken) return failure();
      return Sha256Digest{};
    }

   private:
    FakeBundle& bundle_;
    const std::string volume_;
  };
  std::vector<std::jthread> hashers_;
  static Error failure() { return Error{Errc::io, "bundle", {}, "write: No space left on device"}; }
};

}  // namespace hozen::fake
