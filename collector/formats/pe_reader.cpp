#include "collector/formats/pe_reader.h"

#include <algorithm>

namespace hozen::pe {

Result<Bytes> BlockReader::view(std::uint64_t offset) {
  const std::uint64_t number = offset / kBlockBytes;
  Block& block = blocks_[number % kBlocks];
  if (block.number != number) {
    block.number = UINT64_MAX;
    block.bytes.resize(kBlockBytes);
    block.size = 0;
    while (block.size < kBlockBytes) {
      HOZEN_TRY(const std::size_t count,
                file_->read_some(number * kBlockBytes + block.size,
                                 std::span{block.bytes}.subspan(block.size)));
      if (count == 0) break;
      block.size += count;
    }
    block.number = number;
  }
  return Bytes{std::span<const std::byte>{block.bytes}.first(block.size), number * kBlockBytes}
      .tail(offset - number * kBlockBytes);
}

Result<std::size_t> BlockReader::read_some(std::uint64_t offset, std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    if (offset > UINT64_MAX - done) break;
    HOZEN_TRY(const Bytes part, view(offset + done));
    if (part.empty()) break;
    const std::size_t count = std::min(part.size(), out.size() - done);
    std::copy_n(part.span().begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += count;
  }
  return done;
}

Result<void> BlockReader::read(std::uint64_t offset, std::span<std::byte> out,
                               std::string_view what) {
  HOZEN_TRY(const std::size_t count, read_some(offset, out));
  if (count < out.size()) return Error{Errc::truncated, std::string{what}, offset + count};
  return {};
}

}  // namespace hozen::pe
