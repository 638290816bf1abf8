#include "collector/engine/recover.h"

#include <algorithm>
#include <span>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/page_buffer.h"
#include "collector/engine/bundle.h"
#include "collector/engine/bundle_end.h"
#include "collector/engine/recover_walk.h"

namespace hozen {
namespace {

constexpr std::size_t kCopyBytes = 1 << 20;

Result<Sha256Digest> sha256_of(ByteSource& source) {
  PageBuffer block(kCopyBytes);
  Sha256 hash;
  for (std::uint64_t offset = 0;;) {
    HOZEN_TRY(const std::size_t count, source.read_some(offset, block));
    if (count == 0) return hash.finish();
    hash.update(std::span{block}.first(count));
    offset += count;
  }
}

/// Hands the entries of the remainder to whoever writes the end.
class RecoveredBody final : public BundleBody {
 public:
  RecoveredBody(const Remainder& remainder, ByteSink& sink) : remainder_{remainder}, sink_{sink} {}
  std::size_t count() const override { return remainder_.entries.size(); }
  BundleEntry entry(std::size_t index) const override { return remainder_.entries[index].facts; }
  ZipItem item(std::size_t index) const override { return item_of(remainder_.entries[index]); }
  Result<void> write(std::string_view bytes) override {
    return sink_.write(bytes_of(bytes).span());
  }

 private:
  const Remainder& remainder_;
  ByteSink& sink_;
};

/// Follows what is written in a file that may hold it already.
class Follower final : public ByteSink {
 public:
  Follower(ByteSource& file, std::uint64_t offset) : file_{file}, offset_{offset} {}
  Result<void> write(std::span<const std::byte> bytes) override {
    if (differs_) return {};
    std::vector<std::byte> there(
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), file_.size() - offset_)));
    HOZEN_CHECK(file_.read(offset_, there));
    const auto end = std::mismatch(there.begin(), there.end(), bytes.begin()).first;
    differs_ = end != there.end();
    offset_ += static_cast<std::uint64_t>(end - there.begin());
    return {};
  }
  Result<void> flush() override { return {}; }
  /// Up to there the file holds what was written.
  std::uint64_t offset() const { return offset_; }

 private:
  ByteSource& file_;
  std::uint64_t offset_;
  bool differs_ = false;
};

}  // namespace

Result<Remainder> examine_remainder(ByteSource& partial) {
  HOZEN_TRY(Remainder found, walk_remainder(partial));
  HOZEN_TRY(found.sha256, sha256_of(partial));
  if (found.manifest_json && found.used < found.size) {
    Follower follower{partial, found.used};
    RecoveredBody body{found, follower};
    HOZEN_CHECK(write_bundle_directory(item_of(found.manifest_entry), body));
    found.behind = found.size - follower.offset();
  }
  return found;
}

Manifest recovered_manifest(const Remainder& remainder, ManifestRecovery recovery) {
  Manifest manifest = remainder.start.manifest;
  manifest.collection.outcome = RunOutcome::interrupted;
  recovery.size = remainder.size;
  recovery.sha256 = remainder.sha256;
  recovery.used = remainder.used;
  if (remainder.fault) {
    recovery.end = remainder.fault->text();
  } else if (remainder.used < remainder.size) {
    recovery.end = "directory";
  }
  recovery.missing = remainder.missing;
  recovery.entries_without_row = remainder.entries_without_row;
  manifest.recovery = std::move(recovery);
  return manifest;
}

Result<Sha256Digest> write_recovered(ByteSource& partial, const Remainder& remainder,
                                     const Manifest& manifest, ByteSink& sink) {
  PageBuffer block(kCopyBytes);
  for (std::uint64_t offset = 0; offset < remainder.used;) {
    const auto part = std::span{block}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), remainder.used - offset)));
    HOZEN_CHECK(partial.read(offset, part));
    HOZEN_CHECK(sink.write(part));
    offset += part.size();
  }
  HOZEN_CHECK(sink.write(bytes_of(remainder.ending).span()));
  RecoveredBody body{remainder, sink};
  Sha256Digest seal{};
  if (remainder.manifest_json) {
    seal = sha256(bytes_of(*remainder.manifest_json).span());
    HOZEN_CHECK(write_bundle_directory(item_of(remainder.manifest_entry), body));
  } else {
    HOZEN_TRY(seal, write_bundle_end(manifest, body));
  }
  HOZEN_CHECK(sink.flush());
  return seal;
}

}  // namespace hozen
