// Makes small bundles through the real writer, for tests of what reads them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/engine/bundle.h"
#include "tests/builders/memory_sink.h"

namespace hozen::test {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
constexpr FileTime kBundleTime{133'650'000'123'456'789};

/// `size` bytes that compress well, another content for each seed.
std::vector<std::byte> compressible_bytes(std::size_t size, unsigned seed);
/// `size` bytes that do not compress.
std::vector<std::byte> random_bytes(std::size_t size, unsigned seed);
std::vector<std::byte> to_bytes(std::string_view text);

/// A source over bytes that stay with the test, so that it can change them.
class BorrowedSource final : public ByteSource {
 public:
  explicit BorrowedSource(const std::vector<std::byte>& bytes) : bytes_{bytes} {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  const std::vector<std::byte>& bytes_;
};

class BundleBuilder {
 public:
  explicit BundleBuilder(const BundleOptions& options = {2, DeflateEncoder::fastest});

  /// A file of the evidence and its row in artifacts.jsonl.
  BundleBuilder& file(std::string_view path, std::vector<std::byte> content);
  BundleBuilder& entry(std::string_view name, std::string_view content);
  BundleBuilder& line(std::string_view stream, std::string_view line);
  BundleWriter& writer() { return *writer_; }
  MemorySink& sink() { return sink_; }
  /// Finishes and hands out the bundle.
  std::vector<std::byte> bytes();
  const Sha256Digest& seal() const { return seal_; }  ///< after bytes()
  Manifest manifest;

 private:
  MemorySink sink_;
  std::unique_ptr<BundleWriter> writer_;
  Sha256Digest seal_{};
  unsigned rows_ = 0;
};

/// A row of artifacts.jsonl for a stored file.
std::string artifact_row(unsigned id, std::string_view path, const StoredFile& file);

/// A bundle with an entry of every form: stored, deflated, streamed, empty, segments; about 60 KB.
BundleBuilder& add_sample(BundleBuilder& builder);

}  // namespace hozen::test
