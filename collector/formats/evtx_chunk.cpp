#include "collector/formats/evtx_chunk.h"

#include <algorithm>

#include "collector/base/crc32.h"

namespace hozen::evtx {
namespace {

constexpr std::uint32_t kRecordSignature = 0x00002A2A;
constexpr std::uint32_t kScanStep = 4;  ///< records begin at multiples of 8; written ones may not

std::uint32_t u32_at(Bytes chunk, std::uint32_t offset) {
  return chunk.get<std::uint32_t>(offset).value_or(0);
}

}  // namespace

void ChunkReader::problem(Errc code, std::string_view what, std::uint32_t offset) const {
  visitor_.problem({code, std::string{what}, chunk_.base() + offset});
}

void ChunkReader::read_header(ChunkInfo& info) const {
  const auto header = chunk_.fixed<kChunkHeaderBytes>(0, "event log chunk header");
  info.has_signature = header && chunk_.head(8).chars() == kChunkSignature;
  if (!info.has_signature) return;
  info.first_number = header->u64<8>();
  info.last_number = header->u64<16>();
  info.first_id = header->u64<24>();
  info.last_id = header->u64<32>();
  info.last_record_offset = header->u32<44>();
  info.free_offset = header->u32<48>();
  info.flags = header->u32<120>();
  info.header_checksum_ok = info.records_checksum_ok = true;
  if (!options_.checksums) return;
  constexpr std::size_t kTables = 128;
  info.header_checksum_ok = crc32_of(header->raw<kTables, kChunkHeaderBytes - kTables>(),
                                     crc32_of(header->raw<0, 120>())) == header->u32<124>();
  info.records_checksum_ok =
      info.free_offset >= kChunkHeaderBytes && info.free_offset <= chunk_.size() &&
      crc32_of(chunk_.head(info.free_offset).tail(kChunkHeaderBytes).span()) == header->u32<52>();
}

void ChunkReader::tell_checksums(const ChunkInfo& info) const {
  constexpr std::uint32_t kNoChecksums = 4;  // observed: set where both are 0
  if (!info.has_signature || (info.flags & kNoChecksums) != 0) return;
  if (!info.header_checksum_ok) problem(Errc::malformed, "event log chunk header checksum", 124);
  if (!info.records_checksum_ok) problem(Errc::malformed, "event log chunk records checksum", 52);
}

bool ChunkReader::read(Bytes chunk, ChunkInfo& info, bool quiet) {
  chunk_ = chunk;
  info_ = &info;
  templates_.begin(chunk);
  read_header(info);
  if (!quiet) tell_checksums(info);
  const auto size = static_cast<std::uint32_t>(chunk.size());
  const bool go_on =
      info.has_signature ? walk() : !options_.recover || scan(0, size, RecordPlace::damaged_chunk);
  visitor_.chunk(info);
  return go_on;
}

/// The chain of records, then what lies between its end and the free part, then that.
bool ChunkReader::walk() {
  const auto size = static_cast<std::uint32_t>(chunk_.size());
  std::uint32_t free = info_->free_offset;
  if (free < kChunkHeaderBytes || free > kChunkBytes) {
    problem(Errc::malformed, "event log chunk free offset", 48);
    free = size;
  }
  free = std::min(free, size);
  std::uint32_t at = kChunkHeaderBytes;
  while (at < free && chunk_.contains(at, kMinRecordBytes) &&
         u32_at(chunk_, at) == kRecordSignature) {
    const std::uint32_t bytes = u32_at(chunk_, at + 4);
    if (bytes < kMinRecordBytes || bytes > kChunkBytes - at) {
      problem(Errc::malformed, "event record size", at + 4);
      break;
    }
    const std::uint32_t end = std::min(at + bytes, size);
    if (end != at + bytes)
      problem(Errc::truncated, "event record", at);
    else if (u32_at(chunk_, end - 4) != bytes)
      problem(Errc::malformed, "event record size behind it", end - 4);
    if (!visit(at, end, RecordPlace::live, 0)) return false;
    at = end;
  }
  if (at < free) problem(Errc::malformed, "event record chain ends before the free part", at);
  if (!options_.recover) return true;
  return scan(at, free, RecordPlace::behind_damage) &&
         scan(std::max(at, free), size, RecordPlace::slack);
}

/// Records by their signature, with the same size before and behind them.
bool ChunkReader::scan(std::uint32_t from, std::uint32_t to, RecordPlace place,
                       std::uint64_t hidden_in) {
  for (std::uint32_t at = (from + kScanStep - 1) / kScanStep * kScanStep;
       at + kMinRecordBytes <= to;) {
    const std::uint32_t bytes = u32_at(chunk_, at) == kRecordSignature ? u32_at(chunk_, at + 4) : 0;
    // A record that was grown over its neighbour ends with it, and wrote its size over the other's.
    const bool is_record = bytes >= kMinRecordBytes && bytes <= chunk_.size() - at &&
                           (u32_at(chunk_, at + bytes - 4) == bytes ||
                            (place == RecordPlace::hidden && at + bytes == to));
    if (!is_record) {
      at += kScanStep;
      continue;
    }
    if (!visit(at, at + bytes, place, hidden_in)) return false;
    at = (at + bytes + kScanStep - 1) / kScanStep * kScanStep;
  }
  return true;
}

bool ChunkReader::visit(std::uint32_t offset, std::uint32_t end, RecordPlace place,
                        std::uint64_t hidden_in) {
  RecordHead head;
  head.record_id = chunk_.get<std::uint64_t>(offset + 8).value_or(0);
  head.written = FileTime{chunk_.get<std::uint64_t>(offset + 16).value_or(0)};
  head.file_offset = chunk_.base() + offset;
  head.size = u32_at(chunk_, offset + 4);
  head.offset = offset;
  head.end = end;
  head.place = place;
  head.hidden_in = hidden_in;
  event_.load(head, templates_);
  (place == RecordPlace::live ? info_->records : info_->recovered) += 1;
  const std::uint32_t read_end = event_.read_end();
  if (!visitor_.event(event_)) return false;
  if (place == RecordPlace::hidden || !options_.recover) return true;
  // What is said may end long before the record does: a record whose neighbour was grown over it.
  constexpr std::uint32_t kFilling = 4 + kMinRecordBytes;
  if (end < kFilling || read_end > end - kFilling) return true;
  return scan(read_end, end, RecordPlace::hidden, head.record_id);
}

}  // namespace hozen::evtx
