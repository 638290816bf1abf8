#include "collector/formats/evt.h"

#include <algorithm>
#include <array>
#include <string>

#include "collector/formats/evt_walk.h"

namespace hozen::evt {
namespace {

FileHeader parse_header(Bytes head) {
  FileHeader header;
  const auto fields = head.fixed<kHeaderBytes>(0, "event log header");
  if (!fields || fields->u32<0>() != kHeaderBytes || head.tail(4).head(4).chars() != kSignature)
    return header;
  header.present = true;
  header.major = fields->u32<8>();
  header.minor = fields->u32<12>();
  header.start_offset = fields->u32<16>();
  header.end_offset = fields->u32<20>();
  header.next_record = fields->u32<24>();
  header.oldest_record = fields->u32<28>();
  header.max_bytes = fields->u32<32>();
  header.flags = fields->u32<36>();
  header.retention_s = fields->u32<40>();
  return header;
}

bool begins_record(Bytes bytes) {
  return bytes.tail(4).head(4).chars() == kSignature ||
         bytes.head(8).chars() == kEndSignature.substr(0, 8);
}

/// The first one from where the header says that it is, as Windows looks for it.
std::optional<EndRecord> find_end(ByteSource& file, const FileHeader& header) {
  Ring ring{file};
  if (ring.size() == 0) return std::nullopt;
  if (ring.contains(header.end_offset)) ring.set_origin(header.end_offset);
  const std::uint64_t limit = ring.size() + kEndRecordBytes;
  for (std::uint64_t at = 0; (at = find_in_ring(ring, at, limit, kEndSignature)) < limit; at += 4)
    if (auto end = end_record_at(ring, at)) return end;
  return std::nullopt;
}

/// Where to begin when no end record tells.
std::uint64_t probable_start(Ring& ring, const FileHeader& header) {
  ring.set_origin(kHeaderBytes);
  if (ring.contains(header.start_offset) &&
      read_head(ring.at(ring.position_of(header.start_offset), kRecordHeadBytes)))
    return header.start_offset;
  return kHeaderBytes;
}

class Reader {
 public:
  Reader(ByteSource& file, const FileHeader& header, const std::optional<EndRecord>& end,
         const Visitor& visitor)
      : ring_{file}, header_{header}, end_{end}, visitor_{visitor}, walk_{ring_, visitor} {}

  Counts read(bool recover) {
    if (ring_.size() == 0) {
      visitor_.problem({Errc::truncated, "event log without records", kHeaderBytes});
      return {};
    }
    const bool all = walk_.read_live(bounds()) && !ring_.error();
    if (all) compare_counts();
    if (all && recover) walk_.recover();
    if (ring_.error()) visitor_.problem(*ring_.error());
    return walk_.counts();
  }

 private:
  Bounds bounds() {
    if (!end_) {
      visitor_.problem({Errc::malformed,
                        "event log without its end record: which records are the newest is not "
                        "known",
                        header_.end_offset});
      return {probable_start(ring_, header_)};
    }
    const bool agrees = header_.start_offset == end_->start_offset &&
                        header_.end_offset == end_->end_offset &&
                        header_.next_record == end_->next_record;
    if (!header_.present)
      visitor_.problem({Errc::malformed, "event log header", 0});
    else if (!header_.is_dirty() && !agrees)
      visitor_.problem({Errc::malformed, "event log header that differs from the end record", 16});
    return {end_->start_offset, end_->file_offset};
  }

  void compare_counts() {
    if (!end_ || walk_.counts().damaged_areas != 0) return;
    const std::uint32_t counted =
        end_->oldest_record == 0 ? 0 : end_->next_record - end_->oldest_record;
    if (counted == walk_.counts().records) return;
    visitor_.problem({Errc::malformed,
                      "event log end record that counts " + std::to_string(counted) +
                          " records where " + std::to_string(walk_.counts().records) + " are",
                      end_->file_offset + 28});
  }

  Ring ring_;
  const FileHeader& header_;
  const std::optional<EndRecord>& end_;
  const Visitor& visitor_;
  LogWalk walk_;
};

}  // namespace

Result<EventLog> EventLog::open(ByteSource& file) {
  std::array<std::byte, kHeaderBytes + 8> head{};
  std::size_t size = 0;
  while (size < head.size()) {
    HOZEN_TRY(const std::size_t count, file.read_some(size, std::span{head}.subspan(size)));
    if (count == 0) break;
    size += count;
  }
  const Bytes bytes{std::span{head}.first(size)};
  FileHeader header = parse_header(bytes);
  if (!header.present && !begins_record(bytes.tail(kHeaderBytes)))
    return Error{Errc::malformed, "event log header", 0};
  EventLog log{file, header};
  log.end_ = find_end(file, header);
  return log;
}

Counts EventLog::for_each_record(const Visitor& visitor, const ReadOptions& options) {
  return Reader{*file_, header_, end_, visitor}.read(options.recover);
}

bool looks_like_event_log(Bytes head) {
  return parse_header(head).present ||
         (head.size() >= kHeaderBytes + 8 && begins_record(head.tail(kHeaderBytes)));
}

}  // namespace hozen::evt
