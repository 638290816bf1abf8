// 7z: one header behind all data, read where it is neither packed nor encrypted.
#include <algorithm>

#include "collector/base/crc32.h"
#include "collector/formats/archive_7z_impl.h"
#include "collector/formats/archive_impl.h"

namespace hozen::archive {
namespace {

using namespace seven_zip;

constexpr std::uint64_t kStartBytes = 32;

/// What "Files Info" says, of all files together.
struct Files {
  std::size_t count = 0;
  std::vector<bool> no_stream{}, empty_file{};
  std::vector<FileTime> modified{}, created{}, accessed{};
  std::vector<std::optional<std::uint32_t>> attributes{};
  Bytes names{};
};

class SevenZipReader {
 public:
  explicit SevenZipReader(Reader& reader) : reader_{reader}, archive_{reader.archive()} {}

  Result<void> run() {
    HOZEN_TRY(const Bytes start, reader_.at(reader_.begin(), kStartBytes));
    const auto fields = start.fixed<kStartBytes>(0, "7z signature header");
    if (!fields) {
      reader_.problem(Errc::truncated, "7z signature header", reader_.begin());
      return {};
    }
    archive_.version = std::to_string(fields->u8<6>()) + "." + std::to_string(fields->u8<7>());
    if (!is_seven_zip_header(start))
      reader_.problem(Errc::malformed, "7z signature header", reader_.begin(), "checksum");
    const std::uint64_t offset = fields->u64<12>(), size = fields->u64<20>();
    const std::uint32_t crc = fields->u32<28>();
    const std::uint64_t data = reader_.begin() + kStartBytes;
    archive_.end = data;
    if (size == 0) return {};
    archive_.names = Names::not_supported;  // until they are found
    const std::uint64_t most = UINT64_MAX - data;
    if (offset > most || size > most - offset || !reader_.behind(data, offset + size)) {
      reader_.problem(Errc::truncated, "7z header", data,
                      "it lies outside the file, which is cut or the first of several volumes");
      archive_.has_end = false;
      return {};
    }
    archive_.has_end = true;
    if (size > kMaxHeaderBytes) {
      reader_.problem(Errc::limit, "7z header", data + offset);
      return {};
    }
    return read_header(data + offset, size, crc);
  }

 private:
  Result<void> read_header(std::uint64_t at, std::uint64_t size, std::uint32_t crc) {
    HOZEN_TRY(const Bytes header, reader_.at(at, size));
    if (header.size() < size) {
      reader_.problem(Errc::truncated, "7z header", at);
      return {};
    }
    if (crc32_of(header.span()) != crc)
      reader_.problem(Errc::malformed, "7z header", at, "checksum");
    Fields fields{header};
    if (auto done = read_header(fields); !done) {
      const Error& error = done.error();
      reader_.problem(error.code, error.what, at + fields.position(), error.detail);
    }
    return {};
  }

  Result<void> read_header(Fields& fields) {
    HOZEN_TRY(const std::uint64_t kind, fields.number());
    if (kind == kEncodedHeader) {
      HOZEN_TRY(const Streams streams, read_streams(fields));
      archive_.headers_encrypted =
          std::any_of(streams.folders.begin(), streams.folders.end(),
                      [](const PackedFolder& folder) { return folder.is_encrypted; });
      archive_.names = archive_.headers_encrypted ? Names::encrypted : Names::packed;
      return {};
    }
    if (kind != kHeader) return malformed("7z header");
    Streams streams;
    for (;;) {
      HOZEN_TRY(const std::uint64_t id, fields.number());
      if (id == kEnd) return {};
      if (id == kArchiveProperties) {
        HOZEN_CHECK(skip_properties(fields));
      } else if (id == kAdditionalStreams) {
        HOZEN_CHECK(read_streams(fields));
      } else if (id == kMainStreams) {
        HOZEN_TRY(streams, read_streams(fields));
      } else if (id == kFilesInfo) {
        return read_files(fields, streams);
      } else {
        return malformed("7z header");
      }
    }
  }

  static Result<void> skip_properties(Fields& fields) {
    for (;;) {
      HOZEN_TRY(const std::uint64_t id, fields.number());
      if (id == kEnd) return {};
      HOZEN_TRY(const std::uint64_t size, fields.number());
      HOZEN_CHECK(fields.take(size, "7z archive property"));
    }
  }

  Result<void> read_files(Fields& fields, const Streams& streams) {
    Files files;
    HOZEN_TRY(files.count, fields.count("7z files"));
    archive_.entries_stated = files.count;
    for (;;) {
      HOZEN_TRY(const std::uint64_t id, fields.number());
      if (id == kEnd) break;
      HOZEN_TRY(const std::uint64_t size, fields.number());
      HOZEN_TRY(const Bytes bytes, fields.take(size, "7z property of files"));
      HOZEN_CHECK(read_property(id, bytes, files));
    }
    if (files.names.empty() && files.count != 0) return malformed("7z names");
    archive_.names = Names::read;
    give(files, streams);
    return {};
  }

  static Result<void> read_property(std::uint64_t id, Bytes bytes, Files& files) {
    Fields fields{bytes};
    if (id == kEmptyStream) {
      HOZEN_TRY(files.no_stream, fields.bits(files.count));
    } else if (id == kEmptyFile) {
      const auto empty = std::count(files.no_stream.begin(), files.no_stream.end(), true);
      HOZEN_TRY(files.empty_file, fields.bits(static_cast<std::size_t>(empty)));
    } else if (id == kNames) {
      HOZEN_TRY(const std::uint8_t elsewhere, fields.byte());
      if (elsewhere != 0) return Error{Errc::unsupported, "7z names in another stream"};
      files.names = bytes.tail(1);
    } else if (id == kModified) {
      return read_times(fields, files.count, files.modified);
    } else if (id == kCreated) {
      return read_times(fields, files.count, files.created);
    } else if (id == kAccessed) {
      return read_times(fields, files.count, files.accessed);
    } else if (id == kAttributes) {
      return read_attributes(fields, files);
    }
    return {};
  }

  static Result<void> read_times(Fields& fields, std::size_t count, std::vector<FileTime>& times) {
    HOZEN_TRY(const auto defined, fields.defined(count));
    HOZEN_TRY(const std::uint8_t elsewhere, fields.byte());
    if (elsewhere != 0) return Error{Errc::unsupported, "7z times in another stream"};
    times.assign(count, FileTime{});
    for (std::size_t i = 0; i < count; ++i)
      if (defined[i]) {
        HOZEN_TRY(const Bytes value, fields.take(sizeof(std::uint64_t), "7z time"));
        times[i].ticks = *value.get<std::uint64_t>(0);
      }
    return {};
  }

  static Result<void> read_attributes(Fields& fields, Files& files) {
    HOZEN_TRY(const auto defined, fields.defined(files.count));
    HOZEN_TRY(const std::uint8_t elsewhere, fields.byte());
    if (elsewhere != 0) return Error{Errc::unsupported, "7z attributes in another stream"};
    files.attributes.assign(files.count, {});
    for (std::size_t i = 0; i < files.count; ++i)
      if (defined[i]) {
        HOZEN_TRY(const Bytes value, fields.take(sizeof(std::uint32_t), "7z attributes"));
        files.attributes[i] = value.get<std::uint32_t>(0);
      }
    return {};
  }

  /// UTF-16, each with a NUL.
  static std::string take_name(Bytes names, std::uint64_t& at) {
    std::uint64_t end = at;
    while (names.get<std::uint16_t>(end).value_or(0) != 0) end += 2;
    const std::uint64_t bytes = std::min<std::uint64_t>(end - at, kMaxNameBytes);
    std::string name = wtf8_from_utf16le(names.tail(at).head(bytes));
    at = end + 2;
    return name;
  }

  void give(const Files& files, const Streams& streams) {
    std::size_t content = 0, empty = 0;
    std::uint64_t at = 0;
    for (const PackedFolder& folder : streams.folders)
      archive_.is_solid = archive_.is_solid || folder.streams > 1;
    for (std::size_t i = 0; i < files.count; ++i) {
      if (at + 1 >= files.names.size()) {
        reader_.problem(Errc::truncated, "7z names", files.names.base() + files.names.size());
        return;
      }
      Entry entry;
      entry.offset = files.names.base() + at;
      entry.name = take_name(files.names, at);
      const bool has_stream = files.no_stream.empty() || !files.no_stream[i];
      if (has_stream && content < streams.contents.size()) {
        set_content(entry, streams.contents[content++], streams);
      } else if (!has_stream) {
        entry.size = 0;
        entry.is_directory = empty >= files.empty_file.size() || !files.empty_file[empty];
        ++empty;
      }
      if (!files.modified.empty()) entry.modified = files.modified[i];
      if (!files.created.empty()) entry.created = files.created[i];
      if (!files.accessed.empty()) entry.accessed = files.accessed[i];
      if (!files.attributes.empty()) set_attributes(entry, files.attributes[i]);
      if (!reader_.give(entry)) return;
    }
  }

  static void set_content(Entry& entry, const Content& content, const Streams& streams) {
    const PackedFolder& folder = streams.folders[content.folder];
    entry.size = content.size;
    entry.crc = content.crc;
    entry.is_encrypted = folder.is_encrypted;
    entry.method = folder.method;
  }

  /// Those of Windows; p7zip and 7-Zip on Linux put the mode into the high half and say so.
  static void set_attributes(Entry& entry, std::optional<std::uint32_t> attributes) {
    constexpr std::uint32_t kUnix = 0x8000, kDirectory = 0x10, kReparse = 0x400;
    constexpr std::uint32_t kTypeMask = 0xF000, kUnixLink = 0xA000;
    entry.attributes = attributes;
    if (!attributes) return;
    entry.is_directory = entry.is_directory || (*attributes & kDirectory) != 0;
    const bool is_unix = (*attributes & kUnix) != 0;
    if (is_unix && ((*attributes >> 16) & kTypeMask) == kUnixLink)
      entry.link = rar::LinkKind::unix_link;
    else if (!is_unix && (*attributes & kReparse) != 0)
      entry.link = rar::LinkKind::windows_link;
  }

  Reader& reader_;
  Archive& archive_;
};

}  // namespace

bool is_seven_zip_header(Bytes head) {
  const auto fields = head.fixed<kStartBytes>(0, "7z signature header");
  return fields && head.chars().starts_with("7z\xBC\xAF\x27\x1C") &&
         crc32_of(fields->raw<12, 20>()) == fields->u32<8>();
}

Result<void> read_seven_zip(Reader& reader) { return SevenZipReader{reader}.run(); }

}  // namespace hozen::archive
