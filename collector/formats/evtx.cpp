#include "collector/formats/evtx.h"

#include <algorithm>
#include <array>

#include "collector/base/crc32.h"
#include "collector/formats/evtx_chunk.h"

namespace hozen::evtx {
namespace {

constexpr std::string_view kFileSignature{"ElfFile\0", 8};
constexpr std::size_t kSector = 512;  ///< chunks that were moved begin at one
constexpr std::size_t kWindowBytes = 16 * kChunkBytes;

Result<std::size_t> read_full(ByteSource& file, std::uint64_t offset, std::span<std::byte> out) {
  std::size_t size = 0;
  while (size < out.size()) {
    HOZEN_TRY(const std::size_t count, file.read_some(offset + size, out.subspan(size)));
    if (count == 0) break;
    size += count;
  }
  return size;
}

FileHeader parse_header(Bytes head) {
  FileHeader header;
  const auto fields = head.fixed<128>(0, "event log header");
  if (!fields || head.head(8).chars() != kFileSignature) return header;
  header.present = true;
  header.first_chunk = fields->u64<8>();
  header.last_chunk = fields->u64<16>();
  header.next_record_id = fields->u64<24>();
  header.minor = fields->u16<36>();
  header.major = fields->u16<38>();
  header.chunks = fields->u16<42>();
  header.flags = fields->u32<120>();
  header.checksum_ok = crc32_of(fields->raw<0, 120>()) == fields->u32<124>();
  return header;
}

bool is_zero(Bytes area) {
  return std::all_of(area.span().begin(), area.span().end(),
                     [](std::byte b) { return b == std::byte{0}; });
}

bool begins_chunk(Bytes area) { return area.head(8).chars() == kChunkSignature; }

/// Goes through a log in windows of several chunks.
class LogWalk {
 public:
  LogWalk(ByteSource& file, const FileHeader& header, const Visitor& visitor,
          const ReadOptions& options)
      : file_{file},
        header_{header},
        visitor_{visitor},
        chunks_{visitor, options},
        window_(kWindowBytes + kChunkBytes),
        grid_{header.present ? kFileHeaderBytes : 0} {}

  Counts run() {
    if (header_.present && !header_.checksum_ok && !header_.is_dirty())
      visitor_.problem({Errc::malformed, "event log header checksum", 124});
    for (std::uint64_t at = grid_; at < file_.size() && load(at);) {
      const std::uint64_t next = step(at);
      if (next == at) break;
      at = next;
    }
    return counts_;
  }

 private:
  /// Makes the window hold a chunk's bytes at `at`, or all there are; false at the end.
  bool load(std::uint64_t at) {
    // Of a chunk out of its place one must see where the next in its place begins.
    const std::uint64_t needed = (at - grid_) % kChunkBytes == 0 ? kChunkBytes : 2 * kChunkBytes;
    if (at >= window_at_ && at + needed <= window_at_ + window_size_) return true;
    if (at >= window_at_ && at < window_at_ + window_size_ && is_end_) return true;
    const auto size = read_full(file_, at, window_);
    if (!size) {
      Error error = size.error();
      error.offset = at;
      visitor_.problem(error);
      return false;
    }
    window_at_ = at;
    window_size_ = *size;
    is_end_ = *size < window_.size();
    return *size != 0;
  }

  Bytes at_window(std::uint64_t at) const {
    return Bytes{std::span{window_}.first(window_size_), window_at_}.tail(at - window_at_);
  }

  /// Reads what is at `at` and returns the place behind it; `at` itself when the visitor ended it.
  std::uint64_t step(std::uint64_t at) {
    const Bytes rest = at_window(at);
    const std::uint64_t place = (at - grid_) % kChunkBytes;
    // A chunk out of its place must not hide the one that is in its own.
    const Bytes area = rest.head(kChunkBytes);
    if (begins_chunk(area)) {
      Bytes chunk = area;
      const std::uint64_t to_grid = kChunkBytes - place;
      if (place != 0 && begins_chunk(rest.tail(to_grid))) chunk = area.head(to_grid);
      return read(chunk) ? at + std::max<std::size_t>(chunk.size(), 1) : at;
    }
    std::size_t size = std::min<std::size_t>(area.size(), kChunkBytes - place);
    for (std::size_t i = kSector; i < size; i += kSector)
      if (begins_chunk(area.tail(i))) size = i;
    const Bytes gap = area.head(size);
    if (!is_zero(gap) && !read(gap)) return at;
    return at + std::max<std::size_t>(size, 1);
  }

  bool read(Bytes area) {
    ChunkInfo info;
    info.file_offset = area.base();
    info.counted =
        !header_.present || (area.base() - kFileHeaderBytes) / kChunkBytes < header_.chunks;
    info.cut = area.size() < kChunkBytes;
    const bool is_chunk = begins_chunk(area) && area.size() >= kChunkHeaderBytes;
    if (!is_chunk)
      visitor_.problem({Errc::malformed, "event log chunk without its signature", area.base()});
    else if (info.cut)
      visitor_.problem({Errc::truncated, "event log chunk", area.base() + area.size()});
    const bool go_on = chunks_.read(area, info, header_.is_dirty() || info.cut);
    counts_.chunks += is_chunk ? 1 : 0;
    counts_.uncounted_chunks += is_chunk && !info.counted ? 1 : 0;
    counts_.records += info.records;
    counts_.recovered += info.recovered;
    return go_on;
  }

  ByteSource& file_;
  const FileHeader& header_;
  const Visitor& visitor_;
  ChunkReader chunks_;
  std::vector<std::byte> window_;
  std::uint64_t grid_;  ///< where the first chunk belongs
  std::uint64_t window_at_ = 0;
  std::size_t window_size_ = 0;
  bool is_end_ = false;
  Counts counts_;
};

}  // namespace

Result<EventLog> EventLog::open(ByteSource& file) {
  std::vector<std::byte> head(kFileHeaderBytes + kSector);
  HOZEN_TRY(const std::size_t size, read_full(file, 0, head));
  const Bytes bytes = Bytes{head}.head(size);
  FileHeader header = parse_header(bytes);
  if (header.present || begins_chunk(bytes)) return EventLog{file, header};
  if (!begins_chunk(bytes.tail(kFileHeaderBytes)))
    return Error{Errc::malformed, "event log header", 0};
  header.present = true;  // damaged: nothing in it is believed
  return EventLog{file, header};
}

Counts EventLog::for_each_record(const Visitor& visitor, const ReadOptions& options) {
  return LogWalk{*file_, header_, visitor, options}.run();
}

bool looks_like_event_log(Bytes head) {
  return head.head(8).chars() == kFileSignature || begins_chunk(head) ||
         begins_chunk(head.tail(kFileHeaderBytes));
}

}  // namespace hozen::evtx
