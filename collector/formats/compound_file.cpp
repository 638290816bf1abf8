#include "collector/formats/compound_file.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint64_t kSignature = 0xE11AB1A1E011CFD0;
constexpr std::uint32_t kLastRegular = 0xFFFF'FFFA;  ///< larger ones are marks
constexpr std::uint32_t kEndOfChain = 0xFFFF'FFFE;
constexpr std::size_t kHeaderBytes = 512, kEntryBytes = 128, kSmallSectorBytes = 64;
constexpr std::size_t kTableSectorsInHeader = 109;
constexpr std::uint8_t kStream = 2, kRoot = 5;
constexpr unsigned kSmallestShift = 9, kLargestShift = 12;  ///< sectors of 512 and 4096 bytes
constexpr std::uint64_t kMaxReadFactor = 4;

void append_numbers(std::vector<std::uint32_t>& out, Bytes bytes) {
  for (std::uint64_t at = 0; at + 4 <= bytes.size(); at += 4)
    out.push_back(bytes.get<std::uint32_t>(at).value_or(kEndOfChain));
}

}  // namespace

Bytes CompoundFile::sector(std::uint32_t number) const {
  return file_.tail((std::uint64_t{number} + 1) * sector_bytes_).head(sector_bytes_);
}

Result<CompoundFile> CompoundFile::open(Bytes file) {
  CompoundFile out{file};
  HOZEN_CHECK(out.read_tables());
  return out;
}

Result<void> CompoundFile::read_tables() {
  HOZEN_TRY(const auto header, file_.fixed<kHeaderBytes>(0, "compound file header"));
  if (header.u64<0>() != kSignature)
    return Error{Errc::malformed, "compound file signature", file_.base()};
  const unsigned shift = header.u16<30>();
  if (shift < kSmallestShift || shift > kLargestShift)
    return Error{Errc::malformed, "compound file sector size", file_.base() + 30};
  sector_bytes_ = 1u << shift;
  small_limit_ = header.u32<56>();
  const Bytes first = file_.tail(76).head(kTableSectorsInHeader * 4);
  std::vector<std::uint32_t> sectors;
  append_numbers(sectors, first);
  for (const std::uint32_t number : sectors)
    if (number < kLastRegular) append_numbers(table_, sector(number));
  HOZEN_CHECK(read_table_sectors(header.u32<68>(), header.u32<72>()));
  HOZEN_CHECK(read_directory(header.u32<48>()));
  if (header.u32<60>() < kLastRegular) {
    const auto small = read_chain(header.u32<60>(), file_.size());
    if (small)
      append_numbers(small_table_, Bytes{*small});
    else
      problems_.push_back(small.error());
  }
  return {};
}

/// Sectors that list further sectors of the table; the last number of each leads to the next.
Result<void> CompoundFile::read_table_sectors(std::uint32_t first, std::uint32_t more_count) {
  const std::uint64_t most = file_.size() / sector_bytes_ + 1;
  std::uint64_t listed = 0;
  for (std::uint32_t at = first, i = 0; at < kLastRegular && i < more_count; ++i) {
    const Bytes list = sector(at);
    if (list.size() < sector_bytes_ || i > most)
      return Error{Errc::malformed, "compound file table list", list.base()};
    std::vector<std::uint32_t> numbers;
    append_numbers(numbers, list);
    at = numbers.back();
    numbers.pop_back();
    for (const std::uint32_t number : numbers)
      if (number < kLastRegular) {
        if (++listed > most) return Error{Errc::malformed, "compound file table list", list.base()};
        append_numbers(table_, sector(number));
      }
  }
  return {};
}

Result<void> CompoundFile::read_directory(std::uint32_t first) {
  HOZEN_TRY(const auto bytes, read_chain(first, file_.size()));
  const Bytes all{bytes};
  for (std::uint64_t at = 0; at + kEntryBytes <= all.size(); at += kEntryBytes) {
    const Bytes entry = all.tail(at).head(kEntryBytes);
    const std::uint8_t type = entry.get<std::uint8_t>(66).value_or(0);
    if (type != kStream && type != kRoot) continue;
    CompoundStream stream;
    stream.name = wtf8_from_utf16le(entry.head(64), true);
    stream.start = entry.get<std::uint32_t>(116).value_or(0);
    stream.size = entry.get<std::uint64_t>(120).value_or(0);
    if (sector_bytes_ == 512) stream.size &= 0xFFFF'FFFF;  // the upper half may hold anything
    if (type == kStream) {
      streams_.push_back(std::move(stream));
    } else if (stream.start < kLastRegular && stream.size != 0 && small_stream_.empty()) {
      auto small = read_chain(stream.start, stream.size);
      if (small)
        small_stream_ = *std::move(small);
      else
        problems_.push_back(small.error());
    }
  }
  if (bytes.empty()) return Error{Errc::malformed, "compound file directory", file_.base() + 48};
  return {};
}

Result<std::vector<std::byte>> CompoundFile::read_chain(std::uint32_t first, std::uint64_t size) {
  std::vector<std::byte> out;
  const std::uint64_t most = file_.size() / sector_bytes_ + 1;
  std::uint64_t steps = 0;
  for (std::uint32_t at = first; at < kLastRegular && out.size() < size;) {
    const Bytes part = sector(at).head(size - out.size());
    if (part.empty() || ++steps > most)
      return Error{Errc::malformed, "compound file chain of sectors",
                   file_.base() + (std::uint64_t{at} + 1) * sector_bytes_};
    out.insert(out.end(), part.span().begin(), part.span().end());
    at = at < table_.size() ? table_[at] : kEndOfChain;
  }
  return out;
}

Result<std::vector<std::byte>> CompoundFile::read_small(std::uint32_t first, std::uint64_t size) {
  std::vector<std::byte> out;
  const Bytes all{small_stream_};
  for (std::uint32_t at = first; at < kLastRegular && out.size() < size;) {
    const Bytes part = all.tail(std::uint64_t{at} * kSmallSectorBytes)
                           .head(kSmallSectorBytes)
                           .head(size - out.size());
    // A chain that returns to itself ends where all sectors were taken.
    if (part.empty() || out.size() > all.size())
      return Error{Errc::malformed, "compound file chain of small sectors", file_.base()};
    out.insert(out.end(), part.span().begin(), part.span().end());
    at = at < small_table_.size() ? small_table_[at] : kEndOfChain;
  }
  return out;
}

const CompoundStream* CompoundFile::find(std::string_view name) const {
  for (const CompoundStream& stream : streams_)
    if (equals_fold(stream.name, name)) return &stream;
  return nullptr;
}

Result<std::vector<std::byte>> CompoundFile::read(const CompoundStream& stream) {
  if (stream.size > file_.size())
    return Error{Errc::malformed, "compound file stream size", file_.base()};
  bytes_read_ += stream.size;
  if (bytes_read_ > kMaxReadFactor * file_.size())
    return Error{Errc::limit, "compound file streams that overlap", file_.base()};
  HOZEN_TRY(auto bytes, stream.size < small_limit_ ? read_small(stream.start, stream.size)
                                                   : read_chain(stream.start, stream.size));
  if (bytes.size() < stream.size)
    return Error{Errc::truncated, "compound file stream", file_.base()};
  return bytes;
}

bool looks_like_compound_file(Bytes head) { return head.get<std::uint64_t>(0) == kSignature; }

}  // namespace hozen
