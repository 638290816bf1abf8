// Random access to bytes wherever they lie: a file, a raw device, memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "collector/base/result.h"

namespace hozen {

/// Position-free reads. Not safe for use by two threads at once unless the class says so.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;  ///< bytes, as known when it was opened
  /// Reads up to out.size() bytes at `offset` and returns how many: fewer only at the end of the
  /// source, 0 at or past it. Errc::io when the system refuses.
  virtual Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) = 0;
  /// How the bytes are read, where that is not the way its evidence source usually reads
  /// (EvidenceSource::method); "" otherwise.
  virtual std::string_view method() const { return {}; }
  /// Where reading may go on when read_some() has failed at `offset`: beyond it, at most size(),
  /// which also stands for "nowhere". Bytes between the two cannot be had.
  virtual std::uint64_t resumes_at([[maybe_unused]] std::uint64_t offset) { return size(); }
  /// Fills `out` entirely from `offset`; a short read is Errc::truncated.
  Result<void> read(std::uint64_t offset, std::span<std::byte> out);
};

/// Bytes held in memory.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::vector<std::byte> bytes) : bytes_{std::move(bytes)} {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// The whole of `source`, read until its end (not its size as opened: a file may have grown or
/// shrunk). Errc::limit when there is more than `cap_bytes`.
Result<std::vector<std::byte>> read_all(ByteSource& source, std::uint64_t cap_bytes);

}  // namespace hozen
