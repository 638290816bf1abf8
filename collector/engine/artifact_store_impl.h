// The inside of the artifact store: what its parts share.
#pragma once

#include <algorithm>
#include <span>

#include "collector/engine/artifact_store.h"

namespace hozen {

/// What follows the first bytes of another source.
class TailSource final : public ByteSource {
 public:
  TailSource(ByteSource& inner, std::uint64_t head_bytes) : inner_{inner}, head_{head_bytes} {}
  std::uint64_t size() const override { return inner_.size() > head_ ? inner_.size() - head_ : 0; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    constexpr std::uint64_t kEnd = ~std::uint64_t{0};
    if (offset > kEnd - head_) return std::size_t{0};
    return inner_.read_some(offset + head_, out);
  }
  std::uint64_t resumes_at(std::uint64_t offset) override {
    constexpr std::uint64_t kEnd = ~std::uint64_t{0};
    if (offset > kEnd - head_) return size();
    const std::uint64_t next = inner_.resumes_at(offset + head_);
    return next > head_ ? next - head_ : 0;
  }
  std::string_view method() const override { return inner_.method(); }

 private:
  ByteSource& inner_;
  const std::uint64_t head_;
};

/// Reads on behalf of a run: counts for the progress, and ends when the run is to stop.
class ArtifactStore::WatchedSource final : public ByteSource {
 public:
  /// With `to_the_end` a stop does not end it.
  WatchedSource(ByteSource& inner, const EvidencePath& path, ArtifactStore& store,
                bool to_the_end = false)
      : inner_{inner}, path_{path}, store_{store}, to_the_end_{to_the_end} {}
  std::uint64_t size() const override { return inner_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (stops()) {
      const Error why = store_.stop_.error();
      return Error{why.code, path_.text(), offset, why.what};
    }
    // In steps, so that a stop is seen soon.
    HOZEN_TRY(const std::size_t count,
              inner_.read_some(offset, out.first(std::min(out.size(), kStepBytes))));
    store_.progress_.bytes += count;
    store_.listener_.update(store_.progress_);
    return count;
  }
  std::uint64_t resumes_at(std::uint64_t offset) override {
    return stops() ? size() : inner_.resumes_at(offset);
  }
  std::string_view method() const override { return inner_.method(); }
  bool stops() const { return store_.stop_.stop_requested() && !to_the_end_; }

 private:
  static constexpr std::size_t kStepBytes = 4 << 20;
  ByteSource& inner_;
  const EvidencePath& path_;
  ArtifactStore& store_;
  const bool to_the_end_;
};

}  // namespace hozen
