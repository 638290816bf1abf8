// Files that Windows compressed as a whole (CompactOS, `compact /exe`): the reparse point says with
// what, the stream WofCompressedData holds the chunks.
//
// Source: MS-FSCC 2.1.2 (reparse tags), wofapi.h (WOF_EXTERNAL_INFO,
// FILE_PROVIDER_EXTERNAL_INFO_V1), and the description of the stream in
// ebiggers/ntfs-3g-system-compression; that a table of a file of 4 GiB and more has entries of 64
// bits stands there and in libyal/libfsntfs. Chunks of WIM files have the same form: checked with
// those of wimlib (tests/oracle/wim_posix_test.cpp). Not read: files that lie in a WIM image
// (provider 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"

namespace hozen {

constexpr std::uint32_t kReparseTagWof = 0x80000017;
constexpr std::string_view kWofStream = "WofCompressedData";

enum class WofAlgorithm : std::uint8_t {
  xpress4k = 0,  ///< XPRESS with Huffman codes, chunks of 4 KiB
  lzx = 1,       ///< LZX, chunks of 32 KiB
  xpress8k = 2,
  xpress16k = 3,
};

/// Bytes that a chunk (but the last) decompresses to.
std::size_t chunk_bytes(WofAlgorithm algorithm);

/// `data`: what follows the eight bytes of the reparse point's header. Errc::unsupported for a file
/// in a WIM image and for versions and algorithms that no Windows is known to write.
Result<WofAlgorithm> parse_wof_data(Bytes data);

/// The same from a whole reparse point; Errc::malformed when its tag is another one.
Result<WofAlgorithm> parse_wof_reparse_point(Bytes point);

/// The content of such a file. Not safe for use by two threads at once.
class WofSource final : public ByteSource {
 public:
  /// `stream`: WofCompressedData; `size`: of the unnamed stream. Errc::truncated when the stream
  /// cannot hold the table of that many chunks.
  static Result<std::unique_ptr<WofSource>> open(std::unique_ptr<ByteSource> stream,
                                                 std::uint64_t size, WofAlgorithm algorithm);

  std::uint64_t size() const override { return size_; }
  /// Ends before a chunk that cannot be read; its Error, with its offset in `stream`, is the answer
  /// when it comes first. Chunks begin at the multiples of chunk_bytes().
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;
  /// At the next chunk.
  std::uint64_t resumes_at(std::uint64_t offset) override;

 private:
  struct Extent {
    std::uint64_t offset;  ///< bytes from the start of the stream
    std::size_t bytes;
  };
  WofSource(std::unique_ptr<ByteSource> stream, std::uint64_t size, WofAlgorithm algorithm);
  std::uint64_t table_bytes() const { return (chunks_ - (chunks_ != 0)) * entry_bytes_; }
  std::size_t bytes_of_chunk(std::uint64_t index) const;
  Result<void> load_entries(std::uint64_t first);
  Result<std::uint64_t> end_of_chunk(std::uint64_t index);
  Result<Extent> find_chunk(std::uint64_t index);
  Result<void> read_chunk(std::uint64_t index, std::span<std::byte> out);
  Result<void> load_chunk(std::uint64_t index);

  std::unique_ptr<ByteSource> stream_;
  std::uint64_t size_;
  WofAlgorithm algorithm_;
  std::size_t chunk_bytes_;
  std::uint64_t chunks_;
  std::size_t entry_bytes_;
  std::vector<std::byte> entries_;  ///< a part of the table
  std::uint64_t first_entry_ = 0;   ///< the first one in entries_
  std::vector<std::byte> compressed_;
  std::vector<std::byte> chunk_;              ///< the last one that was read in part
  std::optional<std::uint64_t> chunk_index_;  ///< which one that is
};

}  // namespace hozen
