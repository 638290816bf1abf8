// The content of a non-resident attribute, read through its runs: plain, sparse, LZNT1-compressed.
//
// Source: Linux NTFS documentation ("Concept - Compression", "Sparse files"), libyal/libfsntfs
// "Compression"; compared with icat of sleuthkit and files read through ntfs-3g.
// EFS: the bytes are those on the disk, encrypted; who asks is told by the attribute's flags.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/formats/ntfs_runlist.h"

namespace hozen::ntfs {

/// Clusters in a compression unit at most: 2^8 as records can say, and no unit of more than 1 MiB
/// is decompressed (Windows uses 16 clusters of up to 4 KiB: 64 KiB).
constexpr std::uint64_t kMaxUnitBytes = 1u << 20;

/// Where the bytes of an attribute lie.
struct StreamLayout {
  std::vector<Run>
      runs{};  ///< in the order of VCNs, without holes; what lies behind reads as error
  std::uint64_t size_bytes = 0;
  std::uint64_t initialized_bytes = 0;  ///< what follows reads as zeros, as far as runs reach
  std::uint32_t unit_clusters = 0;      ///< of a compression unit; 0 when not compressed
};

/// Position-free reads; not safe for two threads at once. A part without clusters known is
/// Errc::malformed, a damaged chunk of a compression unit Errc::malformed with the stream's offset.
/// A read that meets such a part returns what lies before it.
class RunSource final : public ByteSource {
 public:
  /// `cluster_bytes`: at least 1.
  RunSource(std::shared_ptr<ByteSource> volume, std::uint32_t cluster_bytes, StreamLayout layout);

  std::uint64_t size() const override { return layout_.size_bytes; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;
  /// Behind the sector, the compression unit or the gap between runs.
  std::uint64_t resumes_at(std::uint64_t offset) override;
  const StreamLayout& layout() const { return layout_; }

 private:
  const Run* find_run(std::uint64_t vcn);
  std::uint64_t next_run_at(std::uint64_t vcn) const;
  std::uint64_t known_bytes() const;
  /// A part that lies in one run or compression unit; at least one byte.
  Result<std::size_t> read_piece(std::uint64_t offset, std::span<std::byte> out);
  Result<std::size_t> read_plain(std::uint64_t offset, std::span<std::byte> out);
  Result<std::size_t> read_compressed(std::uint64_t offset, std::span<std::byte> out);
  Result<void> load_unit(std::uint64_t unit);
  struct Gathered {
    std::size_t bytes = 0;
    bool has_hole = false;  ///< clusters are missing: what is there is compressed
  };
  /// Reads the clusters of a unit that are there, one after the other.
  Result<Gathered> gather_unit(std::uint64_t first_vcn, std::span<std::byte> out);

  std::shared_ptr<ByteSource> volume_;
  std::uint64_t cluster_bytes_;
  StreamLayout layout_;
  std::size_t last_run_ = 0;  // reads are mostly sequential
  std::vector<std::byte> unit_, packed_;
  std::uint64_t loaded_unit_ = ~std::uint64_t{0};
  /// Parts of the unit that cannot be decompressed, in order; the last may be all the rest.
  struct BadPart {
    std::size_t first = 0, end = 0;
    Error why{};
  };
  std::vector<BadPart> bad_parts_{};
};

}  // namespace hozen::ntfs
