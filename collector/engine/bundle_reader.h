// Reads bundles: the manifest, the entries it lists, and the lines of a stream as one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/engine/manifest.h"
#include "collector/formats/zip.h"

namespace hozen {

constexpr std::string_view kManifestName = "manifest.json";
/// A manifest of a million entries has about 400 MB.
constexpr std::uint64_t kManifestCapBytes = 1ull << 30;
/// Longest line of a JSON line stream that is read.
constexpr std::size_t kLineCapBytes = 16 << 20;

/// Where manifest.json lies, and its bytes.
struct LocatedManifest {
  std::uint64_t header_offset = 0, data_offset = 0;
  std::string json;
  std::uint32_t crc = 0;     ///< computed
  bool crc_matches = false;  ///< a header of it holds this CRC
};

/// Finds manifest.json through the directory or, where that is damaged, by walking from byte 0.
/// Errc::not_found when there is none: an interrupted run, or not a bundle.
Result<LocatedManifest> locate_manifest(ByteSource& source);

/// The JSON line stream an entry is a segment of ("records/run_keys" for
/// "records/run_keys.2.jsonl"); nothing for another entry.
struct SegmentName {
  std::string_view stream;
  unsigned number = 1;
};
std::optional<SegmentName> parse_segment_name(std::string_view entry_name);

/// Gathers complete lines from pieces.
class LineSplitter {
 public:
  explicit LineSplitter(std::function<Result<void>(std::string_view)> line)
      : line_{std::move(line)} {}
  Result<void> feed(std::span<const std::byte> bytes);  ///< Errc::limit for a line over the cap
  Result<void> end();  ///< hands out a last line without a line feed

 private:
  std::function<Result<void>(std::string_view)> line_;
  std::string rest_;
};

/// An opened bundle. Every read of an entry is checked against the size and SHA-256 of the
/// manifest; whether the bundle as a whole is intact is for verify to say.
class BundleReader {
 public:
  struct Entry {
    BundleEntry facts;
    std::uint64_t header_offset = 0, data_offset = 0;
  };

  /// `source` must outlive the reader. Errc::not_found without a manifest, Errc::malformed or
  /// Errc::unsupported when it cannot be read.
  static Result<BundleReader> open(ByteSource& source);

  const Manifest& manifest() const { return manifest_; }
  const Sha256Digest& seal() const { return seal_; }  ///< SHA-256 of manifest.json
  const std::vector<Entry>& entries() const { return entries_; }
  const Entry* find(std::string_view name) const;  ///< nullptr when there is none

  /// Streams an entry's uncompressed bytes. Errc::malformed, after the last piece, when they are
  /// not those of the manifest.
  Result<void> read(const Entry& entry, const ZipOutput& content) const;
  /// Errc::limit above `cap_bytes`.
  Result<std::vector<std::byte>> read_all(const Entry& entry, std::uint64_t cap_bytes) const;
  /// The segments of a stream ("findings"), in order; none for a stream that is not there.
  std::vector<const Entry*> segments(std::string_view stream) const;
  /// Calls `line` for each line of all segments of a stream, in order, without the line feed. A
  /// stream without segments has no lines.
  Result<void> each_line(std::string_view stream,
                         const std::function<Result<void>(std::string_view)>& line) const;
  /// The same of one segment.
  Result<void> each_line(const Entry& segment,
                         const std::function<Result<void>(std::string_view)>& line) const;

 private:
  ByteSource* source_ = nullptr;
  Manifest manifest_;
  Sha256Digest seal_{};
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> by_name_;  // indexes into entries_, in the order of the names
};

}  // namespace hozen
