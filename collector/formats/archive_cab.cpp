// Cabinets, and gzip streams, which have but one header.
#include <algorithm>
#include <array>

#include "collector/formats/archive_impl.h"

namespace hozen::archive {
namespace {

constexpr std::size_t kHeaderBytes = 36, kFolderBytes = 8, kFileBytes = 16;
constexpr std::uint16_t kHasPrevious = 0x0001, kHasNext = 0x0002, kHasReserved = 0x0004;

/// CFHEADER to CFFILE, MS-CAB 2.1 to 2.3.
class CabReader {
 public:
  explicit CabReader(Reader& reader) : reader_{reader}, archive_{reader.archive()} {}

  Result<void> run() {
    HOZEN_TRY(const Bytes bytes, reader_.at(reader_.begin(), kHeaderBytes));
    const auto header = bytes.fixed<kHeaderBytes>(0, "cabinet header");
    if (!header) {
      reader_.problem(Errc::truncated, "cabinet header", reader_.begin());
      return {};
    }
    const std::uint64_t cabinet_bytes = header->u32<8>(), files_at = header->u32<16>();
    folders_ = header->u16<26>();
    files_ = header->u16<28>();
    flags_ = header->u16<30>();
    archive_.version = std::to_string(header->u8<25>()) + "." + std::to_string(header->u8<24>());
    archive_.entries_stated = files_;
    archive_.set_number = header->u16<32>();
    archive_.is_volume = (flags_ & (kHasPrevious | kHasNext)) != 0;
    if (archive_.is_volume) {
      archive_.volume_number = header->u16<34>();
      archive_.is_first_volume = (flags_ & kHasPrevious) == 0;
      archive_.has_next_volume = (flags_ & kHasNext) != 0;
    }
    archive_.has_end = reader_.behind(reader_.begin(), cabinet_bytes).has_value();
    if (!*archive_.has_end)
      reader_.problem(Errc::truncated, "cabinet", reader_.begin(),
                      std::to_string(cabinet_bytes) + " bytes are told");
    HOZEN_TRY(const std::uint64_t folders_at, read_names(reader_.begin() + kHeaderBytes));
    HOZEN_CHECK(read_folders(folders_at));
    return read_files(reader_.begin() + files_at);
  }

 private:
  /// Text up to its NUL; at most 255 bytes.
  Result<std::string> text_at(std::uint64_t& offset, bool is_utf8) {
    constexpr std::size_t kMaxText = 256;
    HOZEN_TRY(const Bytes bytes, reader_.at(offset, kMaxText));
    const std::size_t end = std::min(bytes.chars().find('\0'), bytes.size());
    if (end == bytes.size()) reader_.problem(Errc::malformed, "cabinet name", offset);
    set_name(text_, bytes.head(end), is_utf8, false, NameEncoding::assumed_windows1252);
    offset += end + 1;
    return text_.name;
  }

  /// Where the folders begin: behind reserved bytes and the names of neighbours.
  Result<std::uint64_t> read_names(std::uint64_t offset) {
    if ((flags_ & kHasReserved) != 0) {
      HOZEN_TRY(const Bytes sizes, reader_.at(offset, 4));
      reserved_in_folder_ = sizes.get<std::uint8_t>(2).value_or(0);
      offset += std::uint64_t{4} + sizes.get<std::uint16_t>(0).value_or(0);
    }
    std::string disk;
    if ((flags_ & kHasPrevious) != 0) {
      HOZEN_TRY(archive_.previous_volume, text_at(offset, false));
      HOZEN_TRY(disk, text_at(offset, false));
    }
    if ((flags_ & kHasNext) != 0) {
      HOZEN_TRY(archive_.next_volume, text_at(offset, false));
      HOZEN_TRY(disk, text_at(offset, false));
    }
    return offset;
  }

  Result<void> read_folders(std::uint64_t offset) {
    constexpr std::array<std::string_view, 4> kMethods{"stored", "mszip", "quantum", "lzx"};
    for (unsigned i = 0; i < folders_; ++i, offset += kFolderBytes + reserved_in_folder_) {
      HOZEN_TRY(const Bytes bytes, reader_.at(offset, kFolderBytes));
      const auto folder = bytes.fixed<kFolderBytes>(0, "cabinet folder");
      if (!folder) {
        reader_.problem(Errc::truncated, "cabinet folder", offset);
        return {};
      }
      const unsigned method = folder->u16<6>() & 0x0Fu;
      methods_.emplace_back(method < kMethods.size() ? kMethods[method] : "unknown");
    }
    return {};
  }

  Result<void> read_files(std::uint64_t offset) {
    // A file that goes on in another cabinet names no folder of its own.
    constexpr std::uint16_t kBefore = 0xFFFD, kAfter = 0xFFFE, kBoth = 0xFFFF, kUtf8 = 0x80;
    std::vector<bool> filled(methods_.size());
    for (unsigned i = 0; i < files_; ++i) {
      HOZEN_TRY(const Bytes bytes, reader_.at(offset, kFileBytes));
      const auto file = bytes.fixed<kFileBytes>(0, "cabinet file");
      if (!file) {
        reader_.problem(Errc::truncated, "cabinet file", offset);
        return {};
      }
      Entry entry;
      entry.offset = offset;
      entry.size = file->u32<0>();
      const std::uint16_t folder = file->u16<8>(), attributes = file->u16<14>();
      entry.modified =
          dos_time(static_cast<std::uint32_t>(file->u16<10>()) << 16 | file->u16<12>());
      entry.times_are_local = true;
      entry.attributes = attributes;
      entry.continues_before = folder == kBefore || folder == kBoth;
      entry.continues_after = folder == kAfter || folder == kBoth;
      if (folder < methods_.size()) {
        entry.method = methods_[folder];
        archive_.is_solid = archive_.is_solid || filled[folder];
        filled[folder] = true;
      } else if (folder < kBefore) {
        reader_.problem(Errc::malformed, "folder of a cabinet's file", offset);
      }
      offset += kFileBytes;
      HOZEN_TRY(entry.name, text_at(offset, (attributes & kUtf8) != 0));
      entry.name_encoding = text_.name_encoding;
      entry.name_bytes = text_.name_bytes;
      use_slashes(entry.name);
      if (!reader_.give(entry)) return {};
    }
    return {};
  }

  Reader& reader_;
  Archive& archive_;
  unsigned folders_ = 0, files_ = 0, flags_ = 0, reserved_in_folder_ = 0;
  std::vector<std::string> methods_{};
  Entry text_{};
};

/// The fields of a gzip header that may follow it, RFC 1952 2.3.1.
Result<void> read_gzip_name(Reader& reader, unsigned flags, Entry& entry) {
  constexpr unsigned kHasExtra = 0x04, kHasName = 0x08;
  constexpr std::size_t kFixedBytes = 10, kMaxName = 4096;
  std::uint64_t offset = reader.begin() + kFixedBytes;
  if ((flags & kHasExtra) != 0) {
    HOZEN_TRY(const Bytes size, reader.at(offset, 2));
    offset += std::uint64_t{2} + size.get<std::uint16_t>(0).value_or(0);
  }
  if ((flags & kHasName) == 0) return {};
  HOZEN_TRY(const Bytes name, reader.at(offset, kMaxName));
  const std::size_t end = name.chars().find('\0');
  if (end == std::string_view::npos)
    reader.problem(Errc::malformed, "gzip name", offset);
  else
    set_name(entry, name.head(end), false, true, NameEncoding::assumed_windows1252);
  return {};
}

}  // namespace

Result<void> read_cab(Reader& reader) { return CabReader{reader}.run(); }

Result<void> read_gzip(Reader& reader) {
  constexpr std::size_t kFixedBytes = 10, kTrailerBytes = 8;
  HOZEN_TRY(const Bytes bytes, reader.at(reader.begin(), kFixedBytes));
  const auto fields = bytes.fixed<kFixedBytes>(0, "gzip header");
  if (!fields) {
    reader.problem(Errc::truncated, "gzip header", reader.begin());
    return {};
  }
  Archive& archive = reader.archive();
  archive.end = reader.size();
  const unsigned flags = fields->u8<3>(), system = fields->u8<9>();
  Entry entry;
  entry.offset = reader.begin();
  entry.method = "deflate";
  entry.host_os = system == 3 ? "unix" : system == 0 || system == 11 ? "windows" : "";
  if (const std::uint32_t seconds = fields->u32<4>(); seconds != 0)
    entry.modified = filetime_from_unix(seconds, 0);
  HOZEN_CHECK(read_gzip_name(reader, flags, entry));
  archive.names = entry.name.empty() ? Names::not_supported : Names::read;
  // CRC and size stand at the end, of the last of several streams; sizes beyond 4 GiB are cut. They
  // are those of the file only where it is one stream, which unpacking would tell.
  if (reader.size() - reader.begin() >= kFixedBytes + kTrailerBytes)
    entry.packed_size = reader.size() - reader.begin();
  if (!entry.name.empty()) (void)reader.give(entry);
  return {};
}

}  // namespace hozen::archive
