// Headers of RAR 1.5 to 4.
#include <charconv>

#include "collector/base/crc32.h"
#include "collector/base/text.h"
#include "collector/formats/rar_impl.h"

namespace hozen::rar {
namespace {

constexpr std::uint64_t kHeadBytes = 7;  ///< checksum, type, flags, size
constexpr std::uint64_t kMainBytes = 13, kFileBytes = 32;

enum class Block : std::uint8_t { main = 0x73, file = 0x74, service = 0x7A, end = 0x7B };

// Flags of any block, of the main header, of files, of the end.
constexpr std::uint16_t kHasData = 0x8000;
constexpr std::uint16_t kVolume = 0x0001, kComment = 0x0002, kLocked = 0x0004, kSolid = 0x0008,
                        kNewNames = 0x0010, kSigned = 0x0020, kRecovery = 0x0040,
                        kHeadersEncrypted = 0x0080, kFirstVolume = 0x0100;
constexpr std::uint16_t kBefore = 0x0001, kAfter = 0x0002, kEncrypted = 0x0004, kFileSolid = 0x0010,
                        kDirectory = 0x00E0, kLarge = 0x0100, kUnicode = 0x0200, kSalt = 0x0400,
                        kFileVersion = 0x0800, kTimes = 0x1000;
constexpr std::uint16_t kNextVolume = 0x0001, kDataCrc = 0x0002, kVolumeNumber = 0x0008;

struct Header {
  std::uint16_t checksum = 0, flags = 0, size = 0;
  Block type{};
  std::uint64_t offset = 0;
  Bytes bytes{};  ///< the whole header
};

/// The first header as far as it is there; its size may be wrong.
std::optional<Header> header_in(Bytes bytes) {
  const auto fields = bytes.fixed<kHeadBytes>(0, "rar block header");
  if (!fields) return std::nullopt;
  return Header{fields->u16<0>(), fields->u16<3>(),
                fields->u16<5>(), static_cast<Block>(fields->u8<2>()),
                bytes.base(),     bytes.head(fields->u16<5>())};
}

/// The low half of the CRC-32 of the header behind it. Where an old comment lies in the header, the
/// checksum ends before it: at `fields_end`.
bool checksum_holds(const Header& header, std::uint64_t fields_end) {
  const auto of = [&](std::uint64_t end) {
    return static_cast<std::uint16_t>(crc32_of(header.bytes.head(end).tail(2).span()) & 0xFFFF);
  };
  return of(header.size) == header.checksum || of(fields_end) == header.checksum;
}

/// Names with letters beyond ASCII are stored twice since RAR 3: in the code page of the system,
/// and behind a NUL as the high bytes that make UTF-16 of it. Two bits say what stands for the next
/// unit: a byte, a byte with the common high byte, both bytes, or a run of the first form.
std::u16string decode_name(Bytes plain, Bytes code) {
  std::u16string out;
  std::uint64_t at = 0;
  const auto byte = [&]() -> unsigned { return code.get<std::uint8_t>(at++).value_or(0); };
  const unsigned high = byte() << 8;
  unsigned forms = 0, left = 0;
  while (at < code.size() && out.size() <= plain.size()) {
    if (left == 0) {
      forms = byte();
      left = 4;
      if (at >= code.size()) break;
    }
    const unsigned form = forms >> 6 & 3;
    forms <<= 2;
    --left;
    if (form == 0) {
      out += static_cast<char16_t>(byte());
    } else if (form == 1) {
      out += static_cast<char16_t>(byte() | high);
    } else if (form == 2) {
      const unsigned low = byte();
      out += static_cast<char16_t>(low | byte() << 8);
    } else {
      const unsigned run = byte();
      const bool corrected = (run & 0x80) != 0;
      const unsigned correction = corrected ? byte() : 0;
      for (unsigned i = (run & 0x7F) + 2; i > 0 && out.size() < plain.size(); --i) {
        const unsigned unit = plain.get<std::uint8_t>(out.size()).value_or(0);
        out += static_cast<char16_t>(corrected ? (unit + correction) % 256 | high : unit);
      }
    }
  }
  return out;
}

void set_name(Entry& entry, Bytes name, bool has_unicode) {
  constexpr std::uint8_t kUnix = 3;
  const std::size_t nul = name.chars().find('\0');
  if (has_unicode && nul != std::string_view::npos) {
    entry.name = wtf8_from_utf16(decode_name(name.head(nul), name.tail(nul + 1)));
    entry.name_encoding = TextEncoding::utf16;
  } else if ((has_unicode || entry.host_os == kUnix) && is_utf8(name.chars())) {
    entry.name = name.chars();
    entry.name_encoding = TextEncoding::utf16;
  } else {
    DecodedText text = decode_ansi(name, false);
    entry.name = std::move(text.text);
    entry.name_encoding = text.encoding;
    entry.name_bytes = std::move(text.bytes);
  }
  // RAR writes a backslash on every system; in RAR 1.5 to 4 no name holds one otherwise.
  for (char& c : entry.name)
    if (c == '\\') c = '/';
}

FileTime fat_time(std::uint32_t date_time) {
  return filetime_from_fat(static_cast<std::uint16_t>(date_time >> 16),
                           static_cast<std::uint16_t>(date_time & 0xFFFF))
      .value_or(FileTime{});
}

/// Four times of four bits each: is it there, one second more, how many bytes of 100 ns follow.
Result<void> read_times(Cursor& fields, Entry& entry) {
  HOZEN_TRY(const unsigned forms, fields.u16("rar extended times"));
  FileTime archived;
  FileTime* const times[]{&entry.modified, &entry.created, &entry.accessed, &archived};
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned form = forms >> (12 - 4 * i) & 15;
    if ((form & 8) == 0) continue;
    if (i != 0) {
      HOZEN_TRY(const std::uint32_t date_time, fields.u32("rar extended times"));
      *times[i] = fat_time(date_time);
    }
    std::uint64_t ticks = (form & 4) != 0 ? kTicksPerSecond : 0;
    std::uint32_t part = 0;
    for (unsigned count = form & 3; count > 0; --count) {
      HOZEN_TRY(const std::uint8_t byte, fields.u8("rar extended times"));
      part = std::uint32_t{byte} << 16 | part >> 8;
    }
    ticks += part;
    if (times[i]->is_set()) times[i]->ticks += ticks;
  }
  return {};
}

/// Older versions of a file have names that end with ";number".
void take_version(Entry& entry) {
  const std::size_t mark = entry.name.rfind(';');
  if (mark == std::string::npos) return;
  const char* const end = entry.name.data() + entry.name.size();
  std::uint64_t number = 0;
  const auto read = std::from_chars(entry.name.data() + mark + 1, end, number);
  if (read.ec != std::errc{} || read.ptr != end) return;
  entry.file_version = number;
  entry.name.resize(mark);
}

/// A file or a service block, which has the same form.
struct FileBlock {
  Entry entry{};
  std::uint32_t sub_flags = 0;   ///< of a service block: where a file has its attributes
  std::uint64_t fields_end = 0;  ///< from the start of the header
};

Result<void> read_fields(const Header& header, FileBlock& block) {
  HOZEN_TRY(const auto fields, header.bytes.fixed<kFileBytes>(0, "rar file header"));
  Entry& entry = block.entry;
  entry.version = Version::rar4;
  std::uint64_t size = fields.u32<11>();
  entry.host_os = fields.u8<15>();
  entry.crc = fields.u32<16>();
  entry.modified = fat_time(fields.u32<20>());
  entry.times_are_local = true;
  entry.method = static_cast<std::uint8_t>(fields.u8<25>() - '0');
  entry.attributes = block.sub_flags = fields.u32<28>();
  entry.packed_size = fields.u32<7>();
  block.fields_end = kFileBytes;
  Cursor rest{header.bytes};
  HOZEN_CHECK(rest.seek(kFileBytes, "rar file header"));
  bool unknown_size = size == 0xFFFF'FFFF;
  if ((header.flags & kLarge) != 0) {
    HOZEN_TRY(const std::uint64_t high_packed, rest.u32("rar sizes"));
    HOZEN_TRY(const std::uint64_t high_size, rest.u32("rar sizes"));
    entry.packed_size |= high_packed << 32;
    size |= high_size << 32;
    unknown_size = size == ~std::uint64_t{0};
  }
  if (!unknown_size) entry.size = size;
  HOZEN_TRY(const Bytes name, rest.take(fields.u16<26>(), "rar file name"));
  set_name(entry, name, (header.flags & kUnicode) != 0);
  block.fields_end = rest.position();
  if (header.type == Block::file && (header.flags & kFileVersion) != 0) take_version(entry);
  constexpr std::uint64_t kSaltBytes = 8;
  if ((header.flags & kSalt) != 0) HOZEN_CHECK(rest.seek(rest.position() + kSaltBytes, "rar salt"));
  if ((header.flags & kTimes) != 0) HOZEN_CHECK(read_times(rest, entry));
  block.fields_end = rest.position();
  return {};
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
      HOZEN_TRY(const auto next, step(offset, blocks == 0));
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

  Result<Next> step(std::uint64_t offset, bool is_first) {
    HOZEN_TRY(const Bytes head, reader_.at(offset, kHeadBytes));
    const auto told = header_in(head);
    if (!told) return stop(Errc::truncated, "rar block header", offset);
    if (told->size < kHeadBytes) return stop(Errc::malformed, "rar block header size", offset);
    HOZEN_TRY(const Bytes bytes, reader_.at(offset, told->size));
    const Header header = *header_in(bytes);
    if (bytes.size() < header.size) return stop(Errc::truncated, "rar block header", offset);
    if (is_first && header.type != Block::main)
      return stop(Errc::malformed, "rar archive without main header", offset);
    return block(header);
  }

  Result<Next> block(const Header& header) {
    switch (header.type) {
      case Block::main:
        return main(header) ? go_on(header, data_of(header)) : Next{};
      case Block::file:
      case Block::service:
        return file(header);
      case Block::end:
        return end(header);
    }
    check(header, header.size);  // comments, authenticity and recovery data of RAR 1.5 and 2
    return go_on(header, data_of(header));
  }

  static std::uint64_t data_of(const Header& header) {
    if ((header.flags & kHasData) == 0) return 0;
    return header.bytes.get<std::uint32_t>(kHeadBytes).value_or(0);
  }

  bool check(const Header& header, std::uint64_t fields_end) {
    if (checksum_holds(header, fields_end)) return true;
    reader_.problem(Errc::malformed, "rar block header checksum", header.offset);
    return false;
  }

  Next go_on(const Header& header, std::uint64_t data_bytes) {
    const auto next = next_block(reader_, header.offset + header.size, data_bytes);
    if (!next) return stop(Errc::truncated, "rar block data", header.offset);
    archive_.end = *next;
    return next;
  }

  /// False when nothing behind it can be read.
  bool main(const Header& header) {
    check(header, kMainBytes);
    const auto is = [&](std::uint16_t flag) { return (header.flags & flag) != 0; };
    archive_.is_volume = is(kVolume);
    archive_.is_locked = is(kLocked);
    archive_.is_solid = is(kSolid);
    archive_.is_signed = is(kSigned);
    archive_.has_recovery = is(kRecovery);
    archive_.has_comment = is(kComment);
    archive_.headers_encrypted = is(kHeadersEncrypted);
    // Before RAR 3 no volume says that it is the first one.
    if (archive_.is_volume && (is(kFirstVolume) || is(kNewNames)))
      archive_.is_first_volume = is(kFirstVolume);
    return !archive_.headers_encrypted;
  }

  Result<Next> file(const Header& header) {
    FileBlock block;
    if (const auto read = read_fields(header, block); !read) {
      reader_.problem(read.error().code, read.error().what, header.offset);
      block.entry.checksum_ok = false;
    }
    block.entry.offset = header.offset;
    if (!check(header, block.fields_end)) block.entry.checksum_ok = false;
    const std::uint64_t data_bytes = block.entry.packed_size;
    if (header.type == Block::service) {
      HOZEN_CHECK(service(header, block));
    } else if (!put(header, std::move(block.entry))) {
      return Next{};
    }
    return go_on(header, data_bytes);
  }

  bool put(const Header& header, Entry entry) {
    const auto is = [&](std::uint16_t flag) { return (header.flags & flag) != 0; };
    entry.is_directory = (header.flags & kDirectory) == kDirectory;
    entry.is_encrypted = is(kEncrypted);
    entry.is_solid = is(kFileSolid);
    entry.continues_before = is(kBefore);
    entry.continues_after = is(kAfter);
    constexpr std::uint32_t kUnixType = 0xF000, kUnixLink = 0xA000;
    constexpr std::uint8_t kUnix = 3;
    if (entry.host_os == kUnix && (entry.attributes & kUnixType) == kUnixLink)
      entry.link = LinkKind::unix_link;  // its target is what the file holds
    return pending_.put(std::move(entry));
  }

  /// Comment of the archive, alternate data streams and others of RAR 3 and 4.
  Result<void> service(const Header& header, const FileBlock& block) {
    const std::string& name = block.entry.name;
    const std::uint64_t data = header.offset + header.size;
    if (name == "RR") archive_.has_recovery = true;
    if (name == "CMT" && (header.flags & kFileSolid) == 0) {
      archive_.has_comment = true;
      if (block.entry.method == 0 && (header.flags & kEncrypted) == 0) return comment(data, block);
    }
    if (name == "STM" && pending_.entry() != nullptr) stream(header, block);
    return {};
  }

  Result<void> comment(std::uint64_t data, const FileBlock& block) {
    constexpr std::uint32_t kUnicodeComment = 1;
    if (block.entry.packed_size > kMaxCommentBytes) {
      reader_.problem(Errc::limit, "rar comment", data);
      return {};
    }
    HOZEN_TRY(const Bytes text, reader_.at(data, block.entry.packed_size));
    archive_.comment = (block.sub_flags & kUnicodeComment) != 0 ? wtf8_from_utf16le(text, true)
                                                                : decode_ansi(text, true).text;
    return {};
  }

  /// The stream's name lies behind the fields, in UTF-16.
  void stream(const Header& header, const FileBlock& block) {
    std::vector<Stream>& streams = pending_.entry()->streams;
    if (streams.size() >= kMaxStreams)
      return reader_.problem(Errc::limit, "rar streams of an entry", header.offset);
    streams.push_back({wtf8_from_utf16le(header.bytes.tail(block.fields_end), true),
                       block.entry.size.value_or(block.entry.packed_size)});
  }

  Next end(const Header& header) {
    check(header, header.size);
    archive_.has_end = true;
    archive_.end = header.offset + header.size;
    archive_.has_next_volume = (header.flags & kNextVolume) != 0;
    const std::uint64_t number_at = kHeadBytes + ((header.flags & kDataCrc) != 0 ? 4 : 0);
    if ((header.flags & kVolumeNumber) != 0)
      if (const auto number = header.bytes.get<std::uint16_t>(number_at))
        archive_.volume_number = *number;
    return std::nullopt;
  }

  Reader& reader_;
  Archive& archive_;
  Pending pending_;
};

}  // namespace

bool is_first_header4(Bytes behind) {
  const auto header = header_in(behind);
  return header && header->type == Block::main && header->size >= kMainBytes &&
         header->bytes.size() == header->size && checksum_holds(*header, kMainBytes);
}

Result<void> read_rar4(Reader& reader, std::uint64_t offset, Archive& archive, Visitor visit) {
  return Walk{reader, archive, visit}.run(offset);
}

}  // namespace hozen::rar
