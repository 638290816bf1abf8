#include "collector/formats/deflate_cut.h"

#define ZLIB_CONST  // const input
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "collector/base/bytes.h"

namespace hozen {
namespace {

constexpr std::size_t kBufferBytes = 64u << 10;

class BlockWalk {
 public:
  BlockWalk() : ready_{inflateInit2(&stream_, -MAX_WBITS) == Z_OK} {}
  ~BlockWalk() { inflateEnd(&stream_); }
  BlockWalk(const BlockWalk&) = delete;
  BlockWalk& operator=(const BlockWalk&) = delete;

  /// False when nothing more can be read of the stream.
  bool feed(std::span<const std::byte> piece, std::uint64_t size_cap) {
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
      if (result != Z_OK || size_ > size_cap) return result == Z_BUF_ERROR;
      constexpr int kUnusedBits = 7, kLastBlock = 64, kBlockEnd = 128;
      const int state = stream_.data_type;
      if ((state & kBlockEnd) != 0 && (state & (kUnusedBits | kLastBlock)) == 0)
        cut_ = {stored_, size_};
      if (stream_.avail_in == 0 && made < out_.size() && (state & kBlockEnd) == 0) return true;
    }
  }
  const DeflateCut& cut() const { return cut_; }
  std::uint64_t size() const { return size_; }

 private:
  z_stream stream_{};
  bool ready_;
  std::vector<std::byte> out_ = std::vector<std::byte>(kBufferBytes);
  std::uint64_t stored_ = 0, size_ = 0;
  DeflateCut cut_;
};

}  // namespace

Result<DeflateCut> find_deflate_cut(ByteSource& source, std::uint64_t offset,
                                    std::uint64_t size_cap) {
  BlockWalk walk;
  std::vector<std::byte> buffer(kBufferBytes);
  for (;;) {
    HOZEN_TRY(const std::size_t count, source.read_some(offset, buffer));
    offset += count;
    if (count == 0 || !walk.feed(std::span{buffer}.first(count), size_cap)) break;
  }
  if (walk.size() > size_cap) return Error{Errc::limit, "deflate stream", offset};
  return walk.cut();
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
