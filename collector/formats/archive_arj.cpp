// ARJ: a main header, then headers of files, each with its CRC.
#include <algorithm>
#include <array>

#include "collector/base/crc32.h"
#include "collector/formats/archive_impl.h"

namespace hozen::archive {
namespace {

constexpr std::uint16_t kMark = 0xEA60;
constexpr std::size_t kMarkBytes = 4;           ///< mark and size of the header
constexpr std::size_t kFirstBytes = 30;         ///< of every header, before names
constexpr std::uint16_t kMaxHeaderSize = 2600;  ///< arj.txt
enum FileType : std::uint8_t { kMain = 2, kDirectory = 3, kLabel = 4 };
// Flags; the same bit says "a volume follows" in the main header.
constexpr std::uint8_t kGarbled = 0x01, kContinues = 0x04, kBegunBefore = 0x08, kSlashes = 0x10;

/// A header with its mark and CRC, checked; nothing when it is none.
std::optional<Bytes> header_in(Bytes bytes) {
  const auto mark = bytes.get<std::uint16_t>(0), size = bytes.get<std::uint16_t>(2);
  if (!mark || !size || *mark != kMark || *size < kFirstBytes || *size > kMaxHeaderSize)
    return std::nullopt;
  const auto stored = bytes.get<std::uint32_t>(kMarkBytes + *size);
  const Bytes header = bytes.tail(kMarkBytes).head(*size);
  const auto first = header.get<std::uint8_t>(0);
  if (!stored || *first < kFirstBytes || *first > *size || crc32_of(header.span()) != *stored)
    return std::nullopt;
  return header;
}

class ArjReader {
 public:
  explicit ArjReader(Reader& reader) : reader_{reader}, archive_{reader.archive()} {}

  Result<void> run() {
    archive_.has_end = false;
    std::optional<std::uint64_t> next = reader_.begin();
    for (bool is_first = true; next; is_first = false) {
      HOZEN_TRY(next, step(*next, is_first));
    }
    return {};
  }

 private:
  using Next = std::optional<std::uint64_t>;

  Result<Next> step(std::uint64_t offset, bool is_first) {
    constexpr std::size_t kCrcBytes = 4, kExtendedSizeBytes = 2;
    HOZEN_TRY(const Bytes bytes, reader_.at(offset, kMarkBytes + kMaxHeaderSize + kCrcBytes));
    if (!is_first && bytes.get<std::uint16_t>(0) == kMark && bytes.get<std::uint16_t>(2) == 0) {
      archive_.has_end = true;
      archive_.end = offset + kMarkBytes;
      return Next{};
    }
    const auto header = header_in(bytes);
    if (!header) {
      const bool is_cut = bytes.size() < kMarkBytes + kFirstBytes + kCrcBytes;
      return Next{
          reader_.problem(is_cut ? Errc::truncated : Errc::malformed, "ARJ header", offset)};
    }
    const std::uint64_t behind = offset + kMarkBytes + header->size() + kCrcBytes;
    // Reads invalidate `header`: what it says first.
    const bool is_main = *header->get<std::uint8_t>(6) == kMain;
    std::uint64_t packed = 0;
    if (is_main != is_first)
      return Next{reader_.problem(Errc::malformed, "ARJ header of another type", offset)};
    if (is_first) {
      read_main(*header);
    } else {
      const Entry entry = entry_of(*header, offset);
      packed = entry.packed_size.value_or(0);
      const bool is_label = *header->get<std::uint8_t>(6) == kLabel;
      if (!is_label && !reader_.give(entry)) return Next{};
    }
    // Extended headers, each with a CRC, until one of no bytes.
    std::uint64_t at = behind;
    for (;;) {
      HOZEN_TRY(const Bytes size_bytes, reader_.at(at, kExtendedSizeBytes));
      const auto size = size_bytes.get<std::uint16_t>(0);
      if (!size) return Next{reader_.problem(Errc::truncated, "ARJ extended header", at)};
      at += kExtendedSizeBytes;
      if (*size == 0) break;
      at += *size + kCrcBytes;
    }
    const auto next = reader_.behind(at, packed);
    if (!next) reader_.problem(Errc::truncated, "ARJ file data", at);
    return next;
  }

  void read_main(Bytes header) {
    const auto fields = *header.fixed<kFirstBytes>(0, "ARJ main header");
    const std::uint8_t flags = fields.u8<4>();
    archive_.version = std::to_string(fields.u8<1>());
    archive_.created = time_of(fields.u8<3>(), fields.u32<8>());
    archive_.is_volume = (flags & kContinues) != 0;
    if (archive_.is_volume) archive_.has_next_volume = true;
    archive_.is_signed = (flags & 0x40) != 0;
    const auto texts = texts_of(header);
    Entry name;
    set_name(name, texts[0], false, false, NameEncoding::assumed_cp437);
    archive_.original_name = std::move(name.name);
    archive_.has_comment = !texts[1].empty();
    if (texts[1].empty()) return;
    set_name(name, texts[1], false, false, NameEncoding::assumed_cp437);
    archive_.comment = std::move(name.name);
  }

  /// Name and comment, each with a NUL.
  static std::array<Bytes, 2> texts_of(Bytes header) {
    const Bytes rest = header.tail(*header.get<std::uint8_t>(0));
    const std::size_t name = std::min(rest.chars().find('\0'), rest.size());
    const Bytes behind = rest.tail(name + 1);
    return {rest.head(name), behind.head(std::min(behind.chars().find('\0'), behind.size()))};
  }

  static FileTime time_of(std::uint8_t host_os, std::uint32_t stored) {
    constexpr std::uint8_t kUnix = 2, kNext = 8;
    if (host_os == kUnix || host_os == kNext) return filetime_from_unix(stored, 0);
    return dos_time(stored);
  }

  Entry entry_of(Bytes header, std::uint64_t offset) {
    constexpr std::array<std::string_view, 12> kSystems{"dos",   "primos", "unix",    "amiga",
                                                        "macos", "os2",    "gs",      "atari",
                                                        "next",  "vms",    "windows", "windows"};
    const auto fields = *header.fixed<kFirstBytes>(0, "ARJ file header");
    const std::uint8_t host_os = fields.u8<3>(), flags = fields.u8<4>(), method = fields.u8<5>();
    Entry entry;
    entry.offset = offset;
    entry.is_directory = fields.u8<6>() == kDirectory;
    entry.modified = time_of(host_os, fields.u32<8>());
    entry.times_are_local = host_os != 2 && host_os != 8;
    entry.packed_size = fields.u32<12>();
    entry.size = fields.u32<16>();
    entry.crc = fields.u32<20>();
    entry.attributes = fields.u16<26>();
    entry.method = method == 0 ? "stored" : std::to_string(method);
    entry.host_os = host_os < kSystems.size() ? kSystems[host_os] : "unknown";
    entry.is_encrypted = (flags & kGarbled) != 0;
    entry.continues_after = (flags & kContinues) != 0;
    entry.continues_before = (flags & kBegunBefore) != 0;
    set_name(entry, texts_of(header)[0], false, host_os == 2, NameEncoding::assumed_cp437);
    if ((flags & kSlashes) == 0) use_slashes(entry.name);
    archive_.is_volume = archive_.is_volume || entry.continues_after || entry.continues_before;
    if (entry.continues_before) archive_.is_first_volume = false;
    return entry;
  }

  Reader& reader_;
  Archive& archive_;
};

}  // namespace

bool is_arj_header(Bytes head) {
  if (const auto header = header_in(head)) return *header->get<std::uint8_t>(6) == kMain;
  // A long comment goes beyond what is looked at: then by the fields in front of it.
  const auto mark = head.get<std::uint16_t>(0), size = head.get<std::uint16_t>(2);
  const auto fields = head.tail(kMarkBytes).fixed<kFirstBytes>(0, "ARJ main header");
  constexpr std::uint8_t kMaxVersion = 150, kMaxSystem = 11;
  return mark && *mark == kMark && size && *size <= kMaxHeaderSize && fields &&
         *size + kMarkBytes >= kKindBytes && head.size() >= kKindBytes &&
         fields->u8<0>() >= kFirstBytes && fields->u8<0>() <= 64 &&
         fields->u8<1>() <= kMaxVersion && fields->u8<3>() <= kMaxSystem &&
         fields->u8<6>() == kMain;
}

Result<void> read_arj(Reader& reader) { return ArjReader{reader}.run(); }

}  // namespace hozen::archive
