#include "collector/formats/deflate_cut.h"

#define ZLIB_CONST  // const input
#include <zlib.h>

#include <algorithm>
#include <array>
#include <vector>

#include "collector/base/bytes.h"

namespace hozen {
namespace {

constexpr std::size_t kBufferBytes = 64u << 10;
/// Garbage is taken for a block of fixed codes now and then, but for none with so much in it.
constexpr std::uint64_t kProofBytes = 16u << 10;

class BlockWalk {
 public:
  BlockWalk() : ready_{inflateInit2(&stream_, -MAX_WBITS) == Z_OK} {}
  ~BlockWalk() { inflateEnd(&stream_); }
  BlockWalk(const BlockWalk&) = delete;
  BlockWalk& operator=(const BlockWalk&) = delete;

  /// False when nothing more can be read of the stream.
  bool feed(std::span<const std::byte> piece, const DeflateCutLimits& limits) {
    if (!ready_) return false;
    stream_.next_in = static_cast<const Bytef*>(static_cast<const void*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    for (;;) {
      stream_.next_out = static_cast<Bytef*>(static_cast<void*>(out_.data()));
      stream_.avail_out = static_cast<uInt>(out_.size());
      const uInt unread = stream_.avail_in;
      const int result = inflate(&stream_, Z_BLOCK);
      const std::size_t made = out_.size() - stream_.avail_out;
      stored_ += unread - stream_.avail_in;
      size_ += made;
      if (result == Z_STREAM_END) ended_ = stored_;
      if (result != Z_OK || size_ > limits.size) {
        damaged_ = result != Z_BUF_ERROR;
        return !damaged_;
      }
      constexpr int kUnusedBits = 7, kLastBlock = 64, kBlockEnd = 128;
      const int state = stream_.data_type;
      if ((state & kBlockEnd) != 0)
        end_block((state & (kUnusedBits | kLastBlock)) == 0, limits.unit);
      if (stream_.avail_in == 0 && made < out_.size() && (state & kBlockEnd) == 0) return true;
    }
  }
  bool is_damaged() const { return damaged_; }
  const DeflateCut& cut() const { return cut_; }
  const DeflateCut& proven() const { return proven_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t ended() const { return ended_; }

 private:
  /// Whoever wrote a unit ended it with an empty stored block, which proves it; or with stored
  /// ones, of which the last may hold anything as long as nothing that makes sense follows.
  void end_block(bool on_a_byte, std::uint64_t unit) {
    const std::uint64_t block = size_ - block_begin_;
    block_begin_ = size_;
    if (block >= kProofBytes && unit_.size < size_) proven_ = unit_;
    if (!on_a_byte) return;
    cut_ = {stored_, size_};
    if (unit == 0 || size_ == 0 || size_ % unit != 0) return;
    if (block == 0) proven_ = cut_;
    unit_ = cut_;
  }

  z_stream stream_{};
  bool ready_, damaged_ = false;
  std::vector<std::byte> out_ = std::vector<std::byte>(kBufferBytes);
  std::uint64_t stored_ = 0, size_ = 0, block_begin_ = 0, ended_ = 0;
  DeflateCut cut_, unit_, proven_;
};

/// Whether a block of fixed codes begins at `offset`, a byte.
bool has_fixed_codes(ByteSource& source, std::uint64_t offset, std::uint64_t end) {
  std::array<std::byte, 1> first{};
  constexpr unsigned kKindMask = 6, kFixed = 2;
  return offset < end && source.read(offset, first) &&
         (std::to_integer<unsigned>(first[0]) & kKindMask) == kFixed;
}

}  // namespace

Result<DeflateCut> find_deflate_cut(ByteSource& source, std::uint64_t offset,
                                    const DeflateCutLimits& limits) {
  BlockWalk walk;
  std::vector<std::byte> buffer(kBufferBytes);
  const std::uint64_t begin = offset;
  while (offset < limits.end) {
    const auto most = std::min<std::uint64_t>(buffer.size(), limits.end - offset);
    HOZEN_TRY(const std::size_t count,
              source.read_some(offset, std::span{buffer}.first(static_cast<std::size_t>(most))));
    offset += count;
    if (count == 0 || !walk.feed(std::span{buffer}.first(count), limits)) break;
  }
  if (walk.size() > limits.size) return Error{Errc::limit, "deflate stream", offset};
  const bool is_cut =
      limits.unit == 0 ||
      (!walk.is_damaged() && !has_fixed_codes(source, begin + walk.cut().stored_size, offset));
  DeflateCut cut = is_cut ? walk.cut() : walk.proven();
  cut.ended = walk.ended();
  return cut;
}

Result<std::size_t> EndedDeflate::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (offset < end_) {
    const auto most = std::min<std::uint64_t>(out.size(), end_ - offset);
    return file_.read_some(offset, out.first(static_cast<std::size_t>(most)));
  }
  const Bytes rest = bytes_of(kDeflateEnd).tail(offset - end_);
  const std::size_t count = std::min(rest.size(), out.size());
  std::copy_n(rest.span().begin(), count, out.begin());
  return count;
}

}  // namespace hozen
