#include "collector/formats/wof.h"

#include <algorithm>
#include <limits>

#include "collector/formats/lzx.h"
#include "collector/formats/xpress_huffman.h"

namespace hozen {
namespace {

constexpr std::size_t kReparseHeader = 8;  ///< tag, length of the data, reserved
constexpr std::size_t kDataBytes = 16;
constexpr std::uint32_t kVersion = 1;  ///< of WOF and of its provider for files
constexpr std::uint32_t kProviderWim = 1;
constexpr std::uint32_t kProviderFile = 2;
constexpr std::uint32_t kLastAlgorithm = 3;
/// Of the table in memory: a thousand chunks with one read, little for a file of few.
constexpr std::size_t kEntriesBytes = 4096;

}  // namespace

std::size_t chunk_bytes(WofAlgorithm algorithm) {
  switch (algorithm) {
    case WofAlgorithm::xpress4k:
      return 4096;
    case WofAlgorithm::xpress8k:
      return 8192;
    case WofAlgorithm::xpress16k:
      return 16384;
    case WofAlgorithm::lzx:
      break;
  }
  return kLzxWindow;
}

Result<WofAlgorithm> parse_wof_data(Bytes data) {
  HOZEN_TRY(const auto fields, data.fixed<kDataBytes>(0, "wof data"));
  if (fields.u32<0>() != kVersion)
    return Error{Errc::unsupported, "wof version", data.base(), std::to_string(fields.u32<0>())};
  if (fields.u32<4>() == kProviderWim)
    return Error{Errc::unsupported, "wof file that lies in a WIM image", data.base() + 4};
  if (fields.u32<4>() != kProviderFile)
    return Error{Errc::unsupported, "wof provider", data.base() + 4,
                 std::to_string(fields.u32<4>())};
  if (fields.u32<8>() != kVersion)
    return Error{Errc::unsupported, "wof provider version", data.base() + 8,
                 std::to_string(fields.u32<8>())};
  if (fields.u32<12>() > kLastAlgorithm)
    return Error{Errc::unsupported, "wof algorithm", data.base() + 12,
                 std::to_string(fields.u32<12>())};
  return static_cast<WofAlgorithm>(fields.u32<12>());
}

Result<WofAlgorithm> parse_wof_reparse_point(Bytes point) {
  HOZEN_TRY(const auto header, point.fixed<kReparseHeader>(0, "reparse point"));
  if (header.u32<0>() != kReparseTagWof)
    return Error{Errc::malformed, "reparse tag of a wof file", point.base()};
  HOZEN_TRY(const Bytes data, point.slice(kReparseHeader, header.u16<4>(), "wof data"));
  return parse_wof_data(data);
}

WofSource::WofSource(std::unique_ptr<ByteSource> stream, std::uint64_t size, WofAlgorithm algorithm)
    : stream_{std::move(stream)},
      size_{size},
      algorithm_{algorithm},
      chunk_bytes_{hozen::chunk_bytes(algorithm)},
      chunks_{size / chunk_bytes_ + (size % chunk_bytes_ != 0)},
      entry_bytes_{size <= std::numeric_limits<std::uint32_t>::max() ? sizeof(std::uint32_t)
                                                                     : sizeof(std::uint64_t)} {}

Result<std::unique_ptr<WofSource>> WofSource::open(std::unique_ptr<ByteSource> stream,
                                                   std::uint64_t size, WofAlgorithm algorithm) {
  std::unique_ptr<WofSource> source{new WofSource{std::move(stream), size, algorithm}};
  if (source->table_bytes() > source->stream_->size())
    return Error{Errc::truncated, "wof chunk table", source->stream_->size()};
  return source;
}

std::size_t WofSource::bytes_of_chunk(std::uint64_t index) const {
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(chunk_bytes_, size_ - index * chunk_bytes_));
}

Result<void> WofSource::load_entries(std::uint64_t first) {
  const std::uint64_t offset = first * entry_bytes_;
  const std::uint64_t count = std::min<std::uint64_t>(kEntriesBytes, table_bytes() - offset);
  entries_.clear();  // should the read fail
  std::vector<std::byte> entries(static_cast<std::size_t>(count));
  HOZEN_CHECK(stream_->read(offset, entries));
  entries_ = std::move(entries);
  first_entry_ = first;
  return {};
}

/// Where chunk `index` ends and the next one begins, in bytes from the end of the table: what its
/// entry says; the last one, which has none, ends with the stream.
Result<std::uint64_t> WofSource::end_of_chunk(std::uint64_t index) {
  if (index + 1 == chunks_) return stream_->size() - table_bytes();
  if (index < first_entry_ || index - first_entry_ >= entries_.size() / entry_bytes_)
    HOZEN_CHECK(load_entries(index));
  const Bytes entries{entries_};
  const std::uint64_t position = (index - first_entry_) * entry_bytes_;
  if (entry_bytes_ == sizeof(std::uint64_t))
    return entries.get<std::uint64_t>(position).value_or(0);
  return entries.get<std::uint32_t>(position).value_or(0);
}

Result<WofSource::Extent> WofSource::find_chunk(std::uint64_t index) {
  std::uint64_t start = 0;
  if (index != 0) {
    HOZEN_TRY(start, end_of_chunk(index - 1));
  }
  HOZEN_TRY(const std::uint64_t end, end_of_chunk(index));
  const std::uint64_t entry =
      (index + 1 == chunks_ && index != 0 ? index - 1 : index) * entry_bytes_;
  if (end > stream_->size() - table_bytes())
    return Error{Errc::truncated, "wof chunk past the stream's end", entry};
  if (start >= end || end - start > bytes_of_chunk(index))
    return Error{Errc::malformed, "wof chunk offset", entry};
  return Extent{table_bytes() + start, static_cast<std::size_t>(end - start)};
}

Result<void> WofSource::read_chunk(std::uint64_t index, std::span<std::byte> out) {
  HOZEN_TRY(const Extent extent, find_chunk(index));
  if (extent.bytes == out.size()) return stream_->read(extent.offset, out);  // not compressed
  compressed_.resize(extent.bytes);
  HOZEN_CHECK(stream_->read(extent.offset, compressed_));
  const Bytes compressed{compressed_, extent.offset};
  return algorithm_ == WofAlgorithm::lzx ? decompress_lzx(compressed, out)
                                         : decompress_xpress_huffman(compressed, out);
}

Result<void> WofSource::load_chunk(std::uint64_t index) {
  if (chunk_index_ == index) return {};
  chunk_index_.reset();
  chunk_.resize(bytes_of_chunk(index));
  HOZEN_CHECK(read_chunk(index, chunk_));
  chunk_index_ = index;
  return {};
}

Result<std::size_t> WofSource::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= size_) return std::size_t{0};
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset)));
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t index = (offset + done) / chunk_bytes_;
    const auto skipped = static_cast<std::size_t>((offset + done) % chunk_bytes_);
    const std::size_t count = std::min(bytes_of_chunk(index) - skipped, out.size() - done);
    const auto target = out.subspan(done, count);
    const bool is_whole = count == bytes_of_chunk(index) && chunk_index_ != index;
    const Result<void> read = is_whole ? read_chunk(index, target) : load_chunk(index);
    if (!read && done == 0) return read.error();
    if (!read) return done;
    if (!is_whole) std::ranges::copy(std::span{chunk_}.subspan(skipped, count), target.begin());
    done += count;
  }
  return out.size();
}

std::uint64_t WofSource::resumes_at(std::uint64_t offset) {
  if (offset >= size_) return size_;
  return std::min((offset / chunk_bytes_ + 1) * chunk_bytes_, size_);
}

}  // namespace hozen
