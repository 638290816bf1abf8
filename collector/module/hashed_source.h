// Bytes of the evidence on their way to a parser, hashed: where the copy in the bundle was read at
// another moment, records can say of which bytes they were made.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "collector/base/byte_source.h"
#include "collector/base/hash.h"

namespace hozen {

/// Hashes `inner`, which must outlive it, from `start` on, as far as it is read without a gap; what
/// is read a second time counts as it was first. Not safe for two threads.
class HashedSource final : public ByteSource {
 public:
  static constexpr std::uint64_t kNotYet = ~std::uint64_t{0};  ///< as start: not before restart()

  explicit HashedSource(ByteSource& inner, std::uint64_t start = 0)
      : inner_{inner}, position_{start} {}

  std::uint64_t size() const override { return inner_.size(); }
  std::string_view method() const override { return inner_.method(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    HOZEN_TRY(const std::size_t count, inner_.read_some(offset, out));
    if (offset <= position_ && offset + count > position_) {
      const auto known = static_cast<std::size_t>(position_ - offset);
      hash_.update(out.subspan(known, count - known));
      position_ = offset + count;
    }
    return count;
  }
  /// From now on the bytes are hashed anew.
  void restart(std::uint64_t start = 0) {
    hash_ = Sha256{};
    position_ = start;
  }
  /// The SHA-256 up to the end; nothing when it was not read that far. Once.
  std::optional<Sha256Digest> digest() {
    if (position_ != inner_.size()) return std::nullopt;
    return hash_.finish();
  }

 private:
  ByteSource& inner_;
  std::uint64_t position_;
  Sha256 hash_;
};

}  // namespace hozen
