// Headers of RAR 5 to 7.
#include <algorithm>

#include "collector/base/crc32.h"
#include "collector/base/text.h"
#include "collector/formats/rar5_impl.h"

namespace hozen::rar {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 2 << 20;  ///< "must not exceed 2 MB"

constexpr std::uint64_t kHasExtra = 0x01, kHasData = 0x02;

/// How long the header at the start of `bytes` is, with its checksum and size.
Result<std::uint64_t> header_bytes(Bytes bytes) {
  constexpr std::uint64_t kChecksumBytes = 4;
  Cursor cursor{bytes};
  HOZEN_CHECK(cursor.seek(kChecksumBytes, "rar block header"));
  HOZEN_TRY(const std::uint64_t size, read_vint(cursor, "rar block header size"));
  if (size == 0 || size > kMaxHeaderBytes)
    return Error{Errc::malformed, "rar block header size", bytes.base()};
  return cursor.position() + size;
}

/// `bytes`: the whole header.
Result<Header> parse_header(Bytes bytes) {
  constexpr std::string_view kWhat = "rar block header";
  Header header;
  Cursor cursor{bytes};
  HOZEN_TRY(const std::uint32_t checksum, cursor.u32(kWhat));
  header.offset = bytes.base();
  header.end = bytes.base() + bytes.size();
  header.checksum_ok = crc32_of(bytes.tail(4).span()) == checksum;
  HOZEN_TRY([[maybe_unused]] const std::uint64_t size, read_vint(cursor, kWhat));
  HOZEN_TRY(header.type, read_vint(cursor, kWhat));
  HOZEN_TRY(header.flags, read_vint(cursor, kWhat));
  std::uint64_t extra_bytes = 0;
  if ((header.flags & kHasExtra) != 0) {
    HOZEN_TRY(extra_bytes, read_vint(cursor, kWhat));
  }
  if ((header.flags & kHasData) != 0) {
    HOZEN_TRY(header.data_bytes, read_vint(cursor, kWhat));
  }
  if (extra_bytes > cursor.remaining())
    return Error{Errc::malformed, "rar extra records", bytes.base()};
  const Bytes rest = bytes.tail(cursor.position());
  header.fields = rest.head(rest.size() - extra_bytes);
  header.extra = rest.tail(header.fields.size());
  return header;
}

class Walk {
 public:
  Walk(Reader& reader, Archive& archive, Visitor visit)
      : reader_{reader}, archive_{archive}, pending_{visit} {}

  Result<void> run(std::uint64_t offset) {
    for (std::uint32_t blocks = 0; offset < reader_.size(); ++blocks) {
      if (blocks == kMaxBlocks) {
        reader_.problem(Errc::limit, "rar blocks", offset);
        break;
      }
      HOZEN_TRY(const auto next, step(offset));
      if (!next) break;
      offset = *next;
    }
    (void)pending_.flush();
    return {};
  }

 private:
  using Next = std::optional<std::uint64_t>;  ///< of the next block; nothing at the end

  Next stop(Errc code, std::string_view what, std::uint64_t offset) {
    reader_.problem(code, what, offset);
    return std::nullopt;
  }
  Next stop(const Error& error, std::uint64_t offset) {
    return stop(error.code, error.what, offset);
  }

  Result<Next> step(std::uint64_t offset) {
    constexpr std::uint64_t kSizeBytes = 16;  // checksum and size are in these
    HOZEN_TRY(const Bytes head, reader_.at(offset, kSizeBytes));
    const auto length = header_bytes(head);
    if (!length) return stop(length.error(), offset);
    HOZEN_TRY(const Bytes bytes, reader_.at(offset, *length));
    if (bytes.size() < *length) return stop(Errc::truncated, "rar block header", offset);
    const auto header = parse_header(bytes);
    if (!header) return stop(header.error(), offset);
    if (!header->checksum_ok) reader_.problem(Errc::malformed, "rar block header checksum", offset);
    return block(*header);
  }

  Result<Next> block(const Header& header) {
    if (header.is(Block::encryption)) {
      archive_.headers_encrypted = true;
      archive_.end = header.end;
      return Next{};
    }
    if (header.is(Block::end)) return end(header);
    bool more = true;
    if (header.is(Block::main)) {
      main(header);
    } else if (header.is(Block::file)) {
      more = file(header);
    } else if (header.is(Block::service)) {
      HOZEN_CHECK(service(header));
    }
    return more ? go_on(header) : Next{};
  }

  Next go_on(const Header& header) {
    const auto next = next_block(reader_, header.end, header.data_bytes);
    if (!next) return stop(Errc::truncated, "rar block data", header.offset);
    archive_.end = *next;
    return next;
  }

  void tell(const Result<void>& read, const Header& header) {
    if (!read) reader_.problem(read.error().code, read.error().what, header.offset);
  }

  void main(const Header& header) {
    tell(main_fields(header), header);
    tell(each_extra(header.extra,
                    [&](std::uint64_t type, Bytes content) { return main_extra(type, content); }),
         header);
  }

  Result<void> main_fields(const Header& header) {
    constexpr std::uint64_t kVolume = 0x01, kNumber = 0x02, kSolid = 0x04, kRecovery = 0x08,
                            kLocked = 0x10;
    Cursor fields{header.fields};
    HOZEN_TRY(const std::uint64_t flags, read_vint(fields, "rar main header"));
    archive_.is_volume = (flags & kVolume) != 0;
    archive_.is_solid = (flags & kSolid) != 0;
    archive_.has_recovery = (flags & kRecovery) != 0;
    archive_.is_locked = (flags & kLocked) != 0;
    if (!archive_.is_volume) return {};
    archive_.volume_number = 0;  // the first volume has no number
    if ((flags & kNumber) != 0) {
      HOZEN_TRY(archive_.volume_number, read_vint(fields, "rar volume number"));
    }
    archive_.is_first_volume = archive_.volume_number == 0u;
    return {};
  }

  /// Since RAR 7: the name that the archive was made with, and when.
  Result<void> main_extra(std::uint64_t type, Bytes content) {
    constexpr std::uint64_t kMetadata = 2;
    constexpr std::uint64_t kName = 1, kTime = 2, kUnix = 4, kNanoseconds = 8;
    constexpr std::uint64_t kPerSecond = 1'000'000'000;
    constexpr std::string_view kWhat = "rar metadata";
    if (type != kMetadata) return {};
    Cursor fields{content};
    HOZEN_TRY(const std::uint64_t flags, read_vint(fields, kWhat));
    if ((flags & kName) != 0) {
      HOZEN_TRY(std::string name, read_text(fields, kWhat));
      name.resize(std::min(name.size(), name.find('\0')));
      archive_.original_name = std::move(name);
    }
    if ((flags & kTime) == 0) return {};
    if ((flags & kUnix) != 0 && (flags & kNanoseconds) == 0) {
      HOZEN_TRY(const std::uint32_t seconds, fields.u32(kWhat));
      archive_.created = unix_time(seconds);
      return {};
    }
    HOZEN_TRY(const std::uint64_t stored, fields.u64(kWhat));
    archive_.created =
        (flags & kUnix) == 0
            ? FileTime{stored}
            : unix_time(stored / kPerSecond, static_cast<std::uint32_t>(stored % kPerSecond));
    return {};
  }

  bool file(const Header& header) {
    Entry entry;
    const auto read = read_fields(header, entry);
    const auto extra = each_extra(header.extra, [&](std::uint64_t type, Bytes content) {
      return read_file_extra(type, content, entry);
    });
    tell(read, header);
    tell(extra, header);
    return pending_.put(std::move(entry));
  }

  /// Comment, alternate data streams, recovery data and others.
  Result<void> service(const Header& header) {
    Entry block;
    tell(read_fields(header, block), header);
    if (block.name == "RR") archive_.has_recovery = true;
    if (block.name == "STM") stream(header, block);
    if (block.name != "CMT") return {};
    archive_.has_comment = true;
    tell(each_extra(header.extra,
                    [&](std::uint64_t type, Bytes content) {
                      return read_file_extra(type, content, block);
                    }),
         header);
    if (block.method != 0 || block.is_encrypted) return {};
    if (header.data_bytes > kMaxCommentBytes) {
      reader_.problem(Errc::limit, "rar comment", header.end);
      return {};
    }
    HOZEN_TRY(const Bytes text, reader_.at(header.end, header.data_bytes));
    archive_.comment = to_wtf8_lossy(text.chars().substr(0, text.chars().find('\0')));
    return {};
  }

  /// The stream's name lies in an extra record.
  void stream(const Header& header, const Entry& block) {
    constexpr std::uint64_t kServiceData = 7;
    Entry* const entry = pending_.entry();
    if (entry == nullptr) return;
    if (entry->streams.size() >= kMaxStreams) {
      reader_.problem(Errc::limit, "rar streams of an entry", header.offset);
      return;
    }
    Stream& stream = entry->streams.emplace_back();
    stream.size = block.size.value_or(header.data_bytes);
    tell(each_extra(header.extra,
                    [&](std::uint64_t type, Bytes content) -> Result<void> {
                      if (type == kServiceData) stream.name = to_wtf8_lossy(content.chars());
                      return {};
                    }),
         header);
  }

  Next end(const Header& header) {
    constexpr std::uint64_t kNextVolume = 1;
    archive_.has_end = true;
    archive_.end = header.end;
    Cursor fields{header.fields};
    if (const auto flags = read_vint(fields, "rar end header"))
      archive_.has_next_volume = (*flags & kNextVolume) != 0;
    return std::nullopt;
  }

  Reader& reader_;
  Archive& archive_;
  Pending pending_;
};

}  // namespace

bool is_first_header5(Bytes behind) {
  const auto length = header_bytes(behind);
  if (!length || *length > behind.size()) return false;
  const auto header = parse_header(behind.head(*length));
  return header && header->checksum_ok &&
         (header->is(Block::main) || header->is(Block::encryption));
}

Result<void> read_rar5(Reader& reader, std::uint64_t offset, Archive& archive, Visitor visit) {
  return Walk{reader, archive, visit}.run(offset);
}

}  // namespace hozen::rar
