// LZH, which Japan used longest: headers of levels 0 to 3, each in front of its file.
#include <algorithm>

#include "collector/formats/archive_impl.h"

namespace hozen::archive {
namespace {

// Of every level.
constexpr std::size_t kMethodAt = 2, kLevelAt = 20;
/// Of level 2; the others are no longer up to there.
constexpr std::size_t kFixedBytes = 26;
constexpr std::uint64_t kMaxExtendedHeaders = 1000;
/// An extended header: names have far less.
constexpr std::uint64_t kMaxExtendedBytes = 64u << 10;

/// A header that is being read.
struct Header {
  Entry entry{};
  std::string name{}, folder{};  ///< bytes as stored
  std::uint64_t packed = 0;
  std::uint64_t extended_at = 0;           ///< first extended header
  std::uint64_t extended_size = 0;         ///< of it; 0 for none
  unsigned size_bytes = 2;                 ///< of the size behind each extended header
  std::optional<std::uint64_t> data_at{};  ///< else behind the extended headers
};

class LzhReader {
 public:
  explicit LzhReader(Reader& reader) : reader_{reader}, archive_{reader.archive()} {}

  Result<void> run() {
    archive_.has_end = false;
    std::optional<std::uint64_t> next = reader_.begin();
    while (next) {
      HOZEN_TRY(next, step(*next));
    }
    return {};
  }

 private:
  using Next = std::optional<std::uint64_t>;

  Result<Next> step(std::uint64_t offset) {
    HOZEN_TRY(const Bytes bytes, reader_.at(offset, kKindBytes));
    if (bytes.empty()) return Next{};  // without the byte at the end, as some write it
    if (*bytes.get<std::uint8_t>(0) == 0) {
      archive_.has_end = true;
      archive_.end = offset + 1;
      return Next{};
    }
    if (bytes.size() < kFixedBytes - 2)
      return Next{reader_.problem(Errc::truncated, "LZH header", offset)};
    const std::string_view method = bytes.chars().substr(kMethodAt, 5);
    if (method.front() != '-' || method.back() != '-' ||
        std::any_of(method.begin(), method.end(), [](char c) { return c <= ' ' || c > '~'; }))
      return Next{reader_.problem(Errc::malformed, "LZH header", offset)};
    auto header = read_fixed(bytes, offset);
    if (!header) return Next{reader_.problem(header.error().code, header.error().what, offset)};
    header->entry.offset = offset;
    header->entry.method = method.substr(1, 3);
    HOZEN_TRY(const bool whole, read_extended(*header));
    finish(*header);
    if (!reader_.give(header->entry) || !whole) return Next{};
    const std::uint64_t data = header->data_at.value_or(header->extended_at);
    const auto next = data > offset ? reader_.behind(data, header->packed) : std::nullopt;
    if (!next) reader_.problem(Errc::truncated, "LZH file data", data);
    return next;
  }

  Result<Header> read_fixed(Bytes bytes, std::uint64_t offset) {
    Header header;
    const unsigned level = *bytes.get<std::uint8_t>(kLevelAt);
    archive_.version = "level " + std::to_string(level);
    header.packed = *bytes.get<std::uint32_t>(7);
    header.entry.size = *bytes.get<std::uint32_t>(11);
    const std::uint32_t time = *bytes.get<std::uint32_t>(15);
    if (level >= 2) {
      header.entry.modified = filetime_from_unix(time, 0);
    } else {
      header.entry.modified = dos_time(time);
      header.entry.times_are_local = true;
    }
    if (level <= 1) return read_old(bytes, offset, level, std::move(header));
    const std::uint64_t fixed = level == 2 ? kFixedBytes : 32;
    if (level > 3 || !bytes.contains(0, fixed)) return Error{Errc::malformed, "LZH header"};
    header.entry.host_os = system_text(static_cast<char>(*bytes.get<std::uint8_t>(23)));
    header.size_bytes = level == 2 ? 2 : 4;
    header.extended_at = offset + fixed;
    header.extended_size =
        level == 2 ? *bytes.get<std::uint16_t>(24) : *bytes.get<std::uint32_t>(28);
    const std::uint64_t all =
        level == 2 ? *bytes.get<std::uint16_t>(0) : std::uint64_t{*bytes.get<std::uint32_t>(24)};
    if (all < fixed) return Error{Errc::malformed, "LZH header size"};
    header.data_at = offset + all;
    return header;
  }

  /// Levels 0 and 1 have the name in the middle, and a checksum over all.
  static Result<Header> read_old(Bytes bytes, std::uint64_t offset, unsigned level, Header header) {
    const std::uint64_t all = *bytes.get<std::uint8_t>(0) + std::uint64_t{2};
    const std::uint64_t name = *bytes.get<std::uint8_t>(21);
    constexpr std::uint64_t kNameAt = 22, kCrcBytes = 2;
    if (bytes.size() < all) return Error{Errc::truncated, "LZH header"};
    if (kNameAt + name + kCrcBytes > all) return Error{Errc::malformed, "LZH name"};
    unsigned sum = 0;
    for (const std::byte byte : bytes.head(all).tail(2).span())
      sum += std::to_integer<unsigned>(byte);
    header.entry.checksum_ok = (sum & 0xFF) == *bytes.get<std::uint8_t>(1);
    header.name = bytes.tail(kNameAt).head(name).chars();
    header.extended_at = offset + all;
    if (level == 0) {
      header.data_at = header.extended_at;
      return header;
    }
    // The size of the first extended header ends this one; that of all counts as packed.
    header.entry.host_os = system_text(
        static_cast<char>(bytes.get<std::uint8_t>(kNameAt + name + kCrcBytes).value_or(0)));
    header.extended_size = *bytes.get<std::uint16_t>(all - 2);
    return header;
  }

  static std::string system_text(char id) {
    if (id == 'M' || id == 'w' || id == 'W') return "windows";
    if (id == 'U') return "unix";
    return id == 'm' ? "macos" : "";
  }

  /// False when what follows cannot be found.
  Result<bool> read_extended(Header& header) {
    std::uint64_t count = 0;
    while (header.extended_size != 0) {
      const std::uint64_t size = header.extended_size, at = header.extended_at;
      if (size < 1 + header.size_bytes || size > kMaxExtendedBytes ||
          ++count > kMaxExtendedHeaders) {
        reader_.problem(Errc::malformed, "LZH extended header", at);
        return header.data_at.has_value();
      }
      HOZEN_TRY(const Bytes bytes, reader_.at(at, size));
      if (bytes.size() < size) {
        reader_.problem(Errc::truncated, "LZH extended header", at);
        return false;
      }
      apply(header, *bytes.get<std::uint8_t>(0), bytes.head(size - header.size_bytes).tail(1));
      const Bytes next = bytes.tail(size - header.size_bytes);
      header.extended_size = header.size_bytes == 2 ? *next.get<std::uint16_t>(0)
                                                    : std::uint64_t{*next.get<std::uint32_t>(0)};
      header.extended_at = at + size;
      if (!header.data_at) header.packed -= std::min(header.packed, size);
    }
    return true;
  }

  static void apply(Header& header, std::uint8_t type, Bytes data) {
    enum : std::uint8_t {
      kName = 0x01,
      kFolder = 0x02,
      kAttributes = 0x40,
      kTimes = 0x41,
      kSizes = 0x42,
      kUnixMode = 0x50,
      kUnixTime = 0x54
    };
    Entry& entry = header.entry;
    if (type == kName) header.name = data.chars();
    if (type == kFolder) header.folder = data.chars();
    if (type == kAttributes || type == kUnixMode) {
      if (const auto value = data.get<std::uint16_t>(0)) entry.attributes = *value;
    }
    if (type == kTimes && data.size() >= 3 * sizeof(std::uint64_t)) {
      entry.created.ticks = *data.get<std::uint64_t>(0);
      entry.modified.ticks = *data.get<std::uint64_t>(8);
      entry.accessed.ticks = *data.get<std::uint64_t>(16);
      entry.times_are_local = false;
    }
    if (type == kSizes && data.size() >= 2 * sizeof(std::uint64_t)) {
      header.packed = *data.get<std::uint64_t>(0);
      entry.size = data.get<std::uint64_t>(8);
    }
    if (type == kUnixTime)
      if (const auto seconds = data.get<std::uint32_t>(0)) {
        entry.modified = filetime_from_unix(*seconds, 0);
        entry.times_are_local = false;
      }
  }

  /// 0xFF parts folders: no character of code page 932 has it.
  static void finish(Header& header) {
    std::string name = header.folder;
    if (!name.empty() && !name.ends_with('\xFF') && !name.ends_with('/')) name += '/';
    name += header.name;
    std::replace(name.begin(), name.end(), '\xFF', '/');
    Entry& entry = header.entry;
    set_name(entry, bytes_of(name), false, entry.host_os == "unix", NameEncoding::assumed_cp437);
    use_slashes(entry.name);
    entry.is_directory = entry.method == "lhd";
    drop_last_slash(entry.name);
    entry.packed_size = header.packed;
  }

  Reader& reader_;
  Archive& archive_;
};

}  // namespace

Result<void> read_lzh(Reader& reader) { return LzhReader{reader}.run(); }

}  // namespace hozen::archive
