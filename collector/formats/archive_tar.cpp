// tar: ustar, pax and GNU's. Blocks of 512 bytes: a header, then the file.
#include <algorithm>
#include <charconv>

#include "collector/formats/archive_impl.h"

namespace hozen::archive {
namespace {

constexpr std::uint64_t kBlock = 512;
// Fields of a header: offset and bytes.
struct Place {
  std::size_t offset, bytes;
};
constexpr Place kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12},
    kTime{136, 12}, kChecksum{148, 8}, kLinkName{157, 100}, kUser{265, 32}, kGroup{297, 32},
    kPrefix{345, 155}, kRealSize{483, 12};
constexpr std::size_t kTypeAt = 156, kMagicAt = 257, kMoreSparseAt = 482;
/// A longer pax header, or a longer GNU name, is left out.
constexpr std::uint64_t kMaxExtraBytes = 1u << 20;
/// Blocks of a sparse file's map.
constexpr std::uint32_t kMaxSparseBlocks = 100'000;

std::string_view text_of(Bytes header, Place place) {
  const std::string_view text = header.chars().substr(place.offset, place.bytes);
  return text.substr(0, text.find('\0'));
}

/// Octal digits, or, where the first bit is set, the bytes themselves, highest first.
std::optional<std::uint64_t> number_of(Bytes header, Place place) {
  const auto bytes = header.tail(place.offset).head(place.bytes).span();
  if (bytes.empty()) return std::nullopt;
  std::uint64_t value = 0;
  if ((bytes[0] & std::byte{0x80}) != std::byte{0}) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto byte =
          std::to_integer<std::uint64_t>(i == 0 ? bytes[i] & std::byte{0x7F} : bytes[i]);
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | byte;
    }
    return value;
  }
  const std::string_view text = trim(text_of(header, place));
  if (text.empty()) return 0;
  for (const char c : text) {
    if (c < '0' || c > '7' || value >> 61 != 0) return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

bool checksum_holds(Bytes header) {
  if (header.size() < kBlock) return false;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    sum += i >= kChecksum.offset && i < kChecksum.offset + kChecksum.bytes
               ? ' '
               : std::to_integer<unsigned>(header.span()[i]);
  return number_of(header, kChecksum) == sum;
}

bool is_zero(Bytes block) {
  return std::all_of(block.span().begin(), block.span().end(),
                     [](std::byte byte) { return byte == std::byte{0}; });
}

/// What a pax header says of the file behind it, or of all, in place of its own header.
struct Said {
  std::optional<std::string> path{}, link{}, user{}, group{};
  std::optional<std::uint64_t> size{}, real_size{}, uid{}, gid{};
  std::optional<FileTime> modified{}, accessed{}, created{};
};

/// Seconds since 1970 with decimals.
std::optional<FileTime> time_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::string_view whole = text.substr(0, text.find('.'));
  std::uint64_t seconds = 0, nanoseconds = 0;
  constexpr std::uint64_t kMostSeconds = std::uint64_t{1} << 40;
  for (const char c : whole) {
    if (c < '0' || c > '9' || seconds > kMostSeconds) return std::nullopt;
    seconds = seconds * 10 + static_cast<std::uint64_t>(c - '0');
  }
  std::uint64_t unit = 100'000'000;
  for (std::size_t i = whole.size() + 1; i < text.size() && unit != 0; ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    nanoseconds += unit * static_cast<std::uint64_t>(text[i] - '0');
  }
  const auto signed_seconds = static_cast<std::int64_t>(seconds);
  return filetime_from_unix(negative ? -signed_seconds : signed_seconds,
                            negative ? 0 : static_cast<std::uint32_t>(nanoseconds));
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

void say(Said& said, std::string_view key, std::string_view value) {
  if (key == "path" || key == "GNU.sparse.name") {
    // The name of a sparse file, whose path is one made up.
    if (key != "path" || !said.path) said.path = value;
    if (key != "path") said.path = value;
  } else if (key == "linkpath") {
    said.link = value;
  } else if (key == "uname") {
    said.user = value;
  } else if (key == "gname") {
    said.group = value;
  } else if (key == "size") {
    said.size = decimal(value);
  } else if (key == "GNU.sparse.realsize" || key == "GNU.sparse.size") {
    said.real_size = decimal(value);
  } else if (key == "uid") {
    said.uid = decimal(value);
  } else if (key == "gid") {
    said.gid = decimal(value);
  } else if (key == "mtime") {
    said.modified = time_of(value);
  } else if (key == "atime") {
    said.accessed = time_of(value);
  } else if (key == "LIBARCHIVE.creationtime") {
    said.created = time_of(value);
  }
}

/// "length key=value\n", the length of all of it in decimal. False when that is not so.
bool read_pax(std::string_view text, Said& said) {
  while (!text.empty() && text.front() != '\0') {
    const std::size_t space = text.find(' ');
    const auto length = decimal(text.substr(0, std::min(space, text.size())));
    if (space == std::string_view::npos || !length || *length > text.size() || *length < space + 3)
      return false;
    const std::string_view record =
        text.substr(space + 1, static_cast<std::size_t>(*length) - space - 1);
    const std::size_t equals = record.find('=');
    if (!record.ends_with('\n') || equals == std::string_view::npos) return false;
    say(said, record.substr(0, equals), record.substr(equals + 1, record.size() - equals - 2));
    text.remove_prefix(static_cast<std::size_t>(*length));
  }
  return true;
}

class TarReader {
 public:
  explicit TarReader(Reader& reader) : reader_{reader}, archive_{reader.archive()} {}

  Result<void> run() {
    archive_.has_end = false;
    std::optional<std::uint64_t> next = reader_.begin();
    for (std::uint64_t blocks = 0; next; ++blocks) {
      if (blocks == 3 * kMaxEntries) {
        reader_.problem(Errc::limit, "tar headers", *next);
        break;
      }
      HOZEN_TRY(next, step(*next));
    }
    return {};
  }

 private:
  using Next = std::optional<std::uint64_t>;

  Result<Next> step(std::uint64_t offset) {
    HOZEN_TRY(const Bytes header, reader_.at(offset, kBlock));
    if (header.empty()) return Next{};  // an archive without an end, as some write it
    if (header.size() < kBlock) return Next{reader_.problem(Errc::truncated, "tar header", offset)};
    if (is_zero(header)) {
      archive_.has_end = true;
      archive_.end = offset + kBlock;
      return Next{};
    }
    if (!checksum_holds(header))
      return Next{reader_.problem(Errc::malformed, "tar header", offset, "checksum")};
    note_version(header);
    const auto size = number_of(header, kSize);
    if (!size) return Next{reader_.problem(Errc::malformed, "tar size", offset)};
    switch (header.chars()[kTypeAt]) {
      case 'x':
      case 'g':
      case 'X':
      case 'L':
      case 'K':
        return extra(offset, header.chars()[kTypeAt], *size);
      case 'V':
        archive_.has_comment = true;
        archive_.comment = to_wtf8_lossy(text_of(header, kName));
        return go_on(offset + kBlock, *size);
      default:
        return file(offset, header, *size);
    }
  }

  void note_version(Bytes header) {
    if (archive_.version.empty())
      archive_.version =
          header.chars().substr(kMagicAt, 8) == std::string_view{"ustar  \0", 8} ? "gnu" : "ustar";
    const char type = header.chars()[kTypeAt];
    if (type == 'x' || type == 'g') archive_.version = "pax";
  }

  Next go_on(std::uint64_t data, std::uint64_t size) {
    constexpr std::uint64_t kMost = UINT64_MAX - kBlock;
    const std::uint64_t blocks = size > kMost ? size : (size + kBlock - 1) / kBlock * kBlock;
    const auto next = reader_.behind(data, blocks);
    if (next) return next;
    // The last file of one that lacks its padding is whole all the same.
    if (size <= reader_.size() - std::min(reader_.size(), data)) {
      archive_.end = reader_.size();
      archive_.missing_bytes.reset();
      return std::nullopt;
    }
    return reader_.problem(Errc::truncated, "tar file data", data);
  }

  /// A long name, or a pax header: of the file behind it, or of all that follow.
  Result<Next> extra(std::uint64_t offset, char type, std::uint64_t size) {
    const std::uint64_t data = offset + kBlock;
    if (size > kMaxExtraBytes) {
      reader_.problem(Errc::limit, "tar extended header", offset);
      return go_on(data, size);
    }
    HOZEN_TRY(const Bytes bytes, reader_.at(data, size));
    std::string_view text = bytes.chars();
    if (type == 'L' || type == 'K') {
      text = text.substr(0, std::min(text.find('\0'), kMaxNameBytes));
      (type == 'L' ? said_.path : said_.link) = std::string{text};
    } else if (!read_pax(text, type == 'g' ? said_of_all_ : said_)) {
      reader_.problem(Errc::malformed, "tar pax header", offset);
    }
    return go_on(data, size);
  }

  Result<Next> file(std::uint64_t offset, Bytes header, std::uint64_t size) {
    constexpr char kHardLink = '1', kSymbolicLink = '2', kDirectory = '5', kContinued = 'M',
                   kSparse = 'S';
    const char type = header.chars()[kTypeAt];
    Entry entry;
    entry.offset = offset;
    set_fields(entry, header);
    // Links and folders have no data, whatever size they tell.
    const std::uint64_t packed = type >= kHardLink && type <= '6' ? 0 : said_.size.value_or(size);
    entry.packed_size = packed;
    entry.size = said_.real_size.value_or(packed);
    entry.is_directory = type == kDirectory || entry.name.ends_with('/');
    drop_last_slash(entry.name);
    if (type == kHardLink) entry.link = rar::LinkKind::hard_link;
    if (type == kSymbolicLink) entry.link = rar::LinkKind::unix_link;
    if (type == kContinued) {
      entry.continues_before = archive_.is_volume = true;
      archive_.is_first_volume = false;
    }
    std::uint64_t data = offset + kBlock;
    if (type == kSparse) {
      entry.size = number_of(header, kRealSize);
      HOZEN_TRY(data, behind_map(data, header.chars()[kMoreSparseAt] != '\0'));
    }
    said_ = {};
    if (!reader_.give(entry)) return Next{};
    return go_on(data, packed);
  }

  /// GNU's older sparse files: the map of their parts goes on in blocks of its own.
  Result<std::uint64_t> behind_map(std::uint64_t data, bool more) {
    constexpr std::size_t kMoreAt = 504;
    for (std::uint32_t i = 0; more && i < kMaxSparseBlocks; ++i, data += kBlock) {
      HOZEN_TRY(const Bytes block, reader_.at(data, kBlock));
      more = block.get<std::uint8_t>(kMoreAt).value_or(0) != 0;
    }
    return data;
  }

  void set_fields(Entry& entry, Bytes header) {
    std::string name{text_of(header, kName)};
    const bool is_posix = header.chars().substr(kMagicAt, 6) == std::string_view{"ustar\0", 6};
    if (const auto prefix = text_of(header, kPrefix); is_posix && !prefix.empty())
      name = std::string{prefix} + '/' + name;
    const auto& path = said_.path ? said_.path : said_of_all_.path;
    if (path) name = *path;
    set_name(entry, bytes_of(name), false, true, NameEncoding::assumed_windows1252);
    entry.host_os = "unix";
    entry.method = "stored";
    const auto seconds = number_of(header, kTime);
    constexpr std::uint64_t kMostSeconds = std::uint64_t{1} << 40;
    if (seconds && *seconds <= kMostSeconds)
      entry.modified = filetime_from_unix(static_cast<std::int64_t>(*seconds), 0);
    if (const auto time = said_.modified ? said_.modified : said_of_all_.modified)
      entry.modified = *time;
    entry.accessed = said_.accessed.value_or(FileTime{});
    entry.created = said_.created.value_or(FileTime{});
    if (const auto mode = number_of(header, kMode))
      entry.attributes = static_cast<std::uint32_t>(*mode & 0xFFFF'FFFF);
    entry.uid = said_.uid ? said_.uid : number_of(header, kUid);
    entry.gid = said_.gid ? said_.gid : number_of(header, kGid);
    entry.user = to_wtf8_lossy(said_.user.value_or(std::string{text_of(header, kUser)}));
    entry.group = to_wtf8_lossy(said_.group.value_or(std::string{text_of(header, kGroup)}));
    entry.link_target = to_wtf8_lossy(said_.link.value_or(std::string{text_of(header, kLinkName)}));
  }

  Reader& reader_;
  Archive& archive_;
  Said said_{}, said_of_all_{};
};

}  // namespace

bool is_tar_header(Bytes head) {
  return head.size() >= kBlock && head.chars().substr(kMagicAt, 5) == "ustar" &&
         checksum_holds(head.head(kBlock));
}

Result<void> read_tar(Reader& reader) { return TarReader{reader}.run(); }

}  // namespace hozen::archive
