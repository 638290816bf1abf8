// ZIP: the directory at the end; where there is none, the headers in front of the files. The reader
// of bundles (zip.h) is stricter: a bundle has one form, and what differs is damage.
#include <algorithm>

#include "collector/formats/archive_impl.h"
#include "collector/formats/zip_form.h"

namespace hozen::archive {
namespace {

constexpr std::uint16_t kEncrypted = 0x0001, kStrong = 0x0040;  // flags, 4.4.4
constexpr std::uint16_t kMethodAes = 99;
// Extra fields: APPNOTE 4.5, extrafld.txt, WinZip's AES page.
constexpr std::uint16_t kExtraZip64 = 0x0001, kExtraNtfs = 0x000A, kExtraUnixTime = 0x5455,
                        kExtraUnicodePath = 0x7075, kExtraAes = 0x9901;

/// Systems of "version made by", 4.4.2.2: on these attributes are those of Windows.
bool is_dos_like(unsigned system) {
  return system == 0 || system == 6 || system == 10 || system == 11 || system == 14;
}
std::string system_text(unsigned system) {
  if (system == 0) return "dos";
  if (system == 3) return "unix";
  if (system == 10 || system == 14 || system == 11) return "windows";
  return system == 19 ? "macos" : std::to_string(system);
}

/// The parts of both kinds of header that mean the same.
struct Header {
  std::uint16_t flags = 0, method = 0;
  std::uint32_t date_time = 0, crc = 0;
  std::uint64_t packed = 0, size = 0;
  unsigned system = 0;
  std::uint32_t attributes = 0;
  bool is_central = false;
};

void set_times(Entry& entry, std::uint16_t id, Bytes data) {
  if (id == kExtraUnixTime) {
    const auto flags = data.get<std::uint8_t>(0);
    const auto seconds = data.get<std::int32_t>(1);
    if (!flags || (*flags & 1) == 0 || !seconds) return;
    if (entry.times_are_local) entry.modified = filetime_from_unix(*seconds, 0);
    entry.times_are_local = false;
    return;
  }
  // NTFS: four reserved bytes, then attributes; the first has the three times.
  constexpr std::uint64_t kTimesAt = 8;
  if (data.get<std::uint16_t>(4) != std::uint16_t{1}) return;
  const auto modified = data.get<std::uint64_t>(kTimesAt);
  const auto accessed = data.get<std::uint64_t>(kTimesAt + 8);
  const auto created = data.get<std::uint64_t>(kTimesAt + 16);
  if (!modified || !accessed || !created) return;
  entry.modified = FileTime{*modified};
  entry.accessed = FileTime{*accessed};
  entry.created = FileTime{*created};
  entry.times_are_local = false;
}

/// 32-bit fields that say "see there", in their order.
void set_sizes(Header& header, Bytes data) {
  std::uint64_t at = 0;
  for (std::uint64_t* field : {&header.size, &header.packed})
    if (*field == kZip32Limit)
      if (const auto value = data.get<std::uint64_t>(at)) {
        *field = *value;
        at += sizeof *value;
      }
}

struct Extra {
  Bytes unicode_name{};
  std::optional<std::uint16_t> aes_method{};
  bool has_no_crc = false;  ///< AE-2: the CRC would tell of the content
};

Extra read_extra(Entry& entry, Header& header, Bytes extra) {
  Extra out;
  Cursor cursor{extra};
  while (cursor.remaining() >= 4) {
    const std::uint16_t id = *cursor.u16("extra field"), length = *cursor.u16("extra field");
    const auto data = cursor.take(length, "extra field");
    if (!data) break;                     // an honest packer pads with what is none
    constexpr std::uint64_t kNameAt = 5;  ///< behind version and the CRC of the other name
    if (id == kExtraZip64) set_sizes(header, *data);
    if (id == kExtraNtfs || id == kExtraUnixTime) set_times(entry, id, *data);
    if (id == kExtraUnicodePath) out.unicode_name = data->tail(kNameAt);
    if (id == kExtraAes) {
      out.aes_method = data->get<std::uint16_t>(5);
      out.has_no_crc = data->get<std::uint16_t>(0) == std::uint16_t{2};
    }
  }
  return out;
}

void set_kind(Entry& entry, const Header& header) {
  constexpr std::uint32_t kDosDirectory = 0x10, kTypeMask = 0xF000, kDirectory = 0x4000,
                          kLink = 0xA000;
  constexpr unsigned kUnix = 3, kMac = 19;
  const bool is_unix = header.system == kUnix || header.system == kMac;
  const std::uint32_t mode = header.attributes >> 16;
  entry.is_directory = entry.name.ends_with('/') ||
                       (header.is_central && is_dos_like(header.system) &&
                        (header.attributes & kDosDirectory) != 0) ||
                       (is_unix && (mode & kTypeMask) == kDirectory);
  if (is_unix && (mode & kTypeMask) == kLink) entry.link = rar::LinkKind::unix_link;
  if (header.is_central) {
    entry.attributes = is_unix ? mode : header.attributes;
    entry.host_os = system_text(header.system);
  }
  drop_last_slash(entry.name);
}

std::string method_text(std::uint16_t method) {
  if (method == kZipStored) return "stored";
  return method == kZipDeflated ? "deflate" : std::to_string(method);
}

Entry entry_of(Header& header, Bytes name, Bytes extra_bytes, std::uint64_t offset) {
  Entry entry;
  entry.offset = offset;
  entry.modified = dos_time(header.date_time);
  entry.times_are_local = true;
  const Extra extra = read_extra(entry, header, extra_bytes);
  constexpr unsigned kUnix = 3, kMac = 19;
  const bool unicode = extra.unicode_name.size() != 0;
  set_name(entry, unicode ? extra.unicode_name : name,
           unicode || (header.flags & kZipFlagUtf8) != 0,
           header.system == kUnix || header.system == kMac, NameEncoding::assumed_cp437);
  if (is_dos_like(header.system)) use_slashes(entry.name);
  entry.is_encrypted = (header.flags & kEncrypted) != 0;
  entry.method = method_text(extra.aes_method.value_or(header.method));
  if (entry.is_encrypted)
    entry.method += (header.flags & kStrong) != 0 ? "+strong"
                    : header.method == kMethodAes ? "+aes"
                                                  : "+zipcrypto";
  const bool streamed = !header.is_central && (header.flags & kZipFlagDescriptor) != 0;
  if (!streamed) {
    entry.size = header.size;
    entry.packed_size = header.packed;
    if (!extra.has_no_crc) entry.crc = header.crc;
  }
  set_kind(entry, header);
  return entry;
}

/// What the end records say.
struct End {
  std::uint64_t offset = 0;  ///< of the first of them
  std::uint64_t disk = 0, directory_disk = 0, count = 0, directory_offset = 0, directory_size = 0;
  bool is_encrypted = false;  ///< the directory
};

class ZipReader {
 public:
  explicit ZipReader(Reader& reader) : reader_{reader}, archive_{reader.archive()} {}

  Result<void> run() {
    HOZEN_TRY(auto end, find_end());
    if (!end) {
      archive_.has_end = false;
      HOZEN_CHECK(walk_locals());
      // Of several volumes the last one has it.
      if (!archive_.is_volume) reader_.problem(Errc::not_found, "ZIP directory", reader_.begin());
      return {};
    }
    HOZEN_CHECK(read_zip64(*end));
    archive_.has_end = true;
    archive_.entries_stated = end->count;
    archive_.headers_encrypted = end->is_encrypted;
    if (end->disk != 0) {  // the end record lies in the last volume
      archive_.is_volume = true;
      archive_.volume_number = end->disk;
      archive_.is_first_volume = archive_.has_next_volume = false;
    }
    if (end->is_encrypted) {
      archive_.names = Names::encrypted;
      return {};
    }
    HOZEN_CHECK(read_directory(*end));
    if (end->disk != 0 && is_whole_) doubt_volume(*end);
    return {};
  }

 private:
  /// The last one whose comment fits into the file.
  Result<std::optional<End>> find_end() {
    constexpr std::uint64_t kMostBytes = 0xFFFF + kZipEndBytes;
    const std::uint64_t size = reader_.size();
    const std::uint64_t begin = std::max(reader_.begin(), size - std::min(size, kMostBytes));
    HOZEN_TRY(const Bytes tail, reader_.at(begin, kMostBytes));
    const std::string_view text = tail.chars();
    for (std::size_t at = text.rfind("PK\x05\x06"); at != std::string_view::npos;
         at = at == 0 ? std::string_view::npos : text.rfind("PK\x05\x06", at - 1)) {
      const auto record = tail.fixed<kZipEndBytes>(at, "ZIP end record");
      if (!record || record->u16<20>() > tail.size() - at - kZipEndBytes) continue;
      End end{begin + at,        record->u16<4>(),  record->u16<6>(),
              record->u16<10>(), record->u32<16>(), record->u32<12>()};
      archive_.end = begin + at + kZipEndBytes + record->u16<20>();
      set_comment(tail.tail(at + kZipEndBytes).head(record->u16<20>()));
      return std::optional{end};
    }
    return std::optional<End>{};
  }

  void set_comment(Bytes comment) {
    archive_.has_comment = !comment.empty();
    if (comment.empty()) return;
    Entry text;
    set_name(text, comment, true, true, NameEncoding::assumed_cp437);
    archive_.comment = std::move(text.name);
  }

  Result<void> read_zip64(End& end) {
    if (end.offset < reader_.begin() + kZip64LocatorBytes) return {};
    const std::uint64_t locator_at = end.offset - kZip64LocatorBytes;
    HOZEN_TRY(const Bytes bytes, reader_.at(locator_at, kZip64LocatorBytes));
    const auto locator = bytes.fixed<kZip64LocatorBytes>(0, "ZIP64 locator");
    if (!locator || locator->u32<0>() != kZip64LocatorSignature) return {};
    // As it says; or, behind a program, right before the locator.
    for (const std::uint64_t at :
         {locator->u64<8>(), reader_.begin() + locator->u64<8>(),
          locator_at - std::min<std::uint64_t>(locator_at, kZip64EndBytes)}) {
      HOZEN_TRY(const Bytes record_bytes, reader_.at(at, kZip64EndBytes));
      const auto record = record_bytes.fixed<kZip64EndBytes>(0, "ZIP64 end record");
      if (!record || record->u32<0>() != kZip64EndSignature || at >= locator_at) continue;
      end = {at,
             record->u32<16>(),
             record->u32<20>(),
             record->u64<32>(),
             record->u64<48>(),
             record->u64<40>()};
      // Version 2 of the record (7.3.4) says how the directory is encrypted.
      constexpr std::uint64_t kVersion1Bytes = kZip64EndBytes - 12, kAlgorithmAt = 18;
      if (record->u64<4>() > kVersion1Bytes + kAlgorithmAt) {
        HOZEN_TRY(const Bytes more, reader_.at(at + kZip64EndBytes, kAlgorithmAt + 2));
        end.is_encrypted = more.get<std::uint16_t>(kAlgorithmAt).value_or(0) != 0;
      }
      return {};
    }
    reader_.problem(Errc::malformed, "ZIP64 end record", locator_at);
    return {};
  }

  Result<bool> is_header(std::uint64_t at) {
    HOZEN_TRY(const Bytes bytes, reader_.at(at, 4));
    return bytes.get<std::uint32_t>(0) == kZipCentralSignature;
  }

  /// What the last part's directory lists begins in other parts. Where all of it begins here, the
  /// number is a statement against the file itself.
  void doubt_volume(const End& end) {
    archive_.is_volume = false;
    archive_.is_first_volume.reset();
    archive_.has_next_volume.reset();
    archive_.volume_number.reset();
    reader_.problem(Errc::malformed, "ZIP end record", end.offset,
                    "it states to be that of part " + std::to_string(end.disk) +
                        ", from 0, and all files of its directory begin in this file");
  }

  /// Whether the entry's own header lies where the directory says, in this file.
  Result<bool> begins_here(std::uint64_t offset, std::string_view name) {
    for (const std::uint64_t base : {std::uint64_t{0}, reader_.begin()}) {
      HOZEN_TRY(const Bytes bytes, reader_.at(base + offset, kZipLocalBytes + name.size()));
      const auto fields = bytes.fixed<kZipLocalBytes>(0, "ZIP local header");
      if (fields && fields->u32<0>() == kZipLocalSignature && fields->u16<26>() == name.size() &&
          bytes.tail(kZipLocalBytes).head(name.size()).chars() == name)
        return true;
    }
    return false;
  }

  /// It lies right before the end records; offsets are those of the file, or begin behind a
  /// program.
  Result<std::optional<std::uint64_t>> directory_begin(const End& end) {
    std::uint64_t offset = end.offset - std::min(end.offset, end.directory_size);
    HOZEN_TRY(bool found, is_header(offset));
    for (const std::uint64_t base : {std::uint64_t{0}, reader_.begin()}) {
      if (found || end.directory_offset > end.offset) break;
      offset = base + end.directory_offset;
      HOZEN_TRY(found, is_header(offset));
    }
    if (found) return std::optional{offset};
    const bool elsewhere = end.directory_disk != end.disk;
    reader_.problem(elsewhere ? Errc::not_found : Errc::malformed, "ZIP directory",
                    std::min(end.directory_offset, reader_.size()),
                    elsewhere ? "it begins in another volume" : "");
    return std::optional<std::uint64_t>{};
  }

  Result<void> read_directory(const End& end) {
    if (end.count == 0 && end.directory_size == 0) return {};
    HOZEN_TRY(const auto begin, directory_begin(end));
    if (!begin) return {};
    std::uint64_t offset = *begin, read = 0;
    states_volume_ = end.disk != 0;
    is_whole_ = states_volume_;
    while (offset < end.offset) {
      HOZEN_TRY(const auto next, read_central(offset));
      if (!next) {
        is_whole_ = false;
        return {};
      }
      offset = *next;
      ++read;
    }
    is_whole_ = is_whole_ && read != 0;
    // Old packers count modulo 65,536.
    constexpr std::uint64_t kModulus = 0x10000;
    if (read != end.count && read % kModulus != end.count)
      reader_.problem(Errc::malformed, "ZIP directory", *begin,
                      std::to_string(end.count) + " entries are told");
    return {};
  }

  Result<std::optional<std::uint64_t>> read_central(std::uint64_t offset) {
    HOZEN_TRY(const Bytes fixed_bytes, reader_.at(offset, kZipCentralBytes));
    const auto fields = fixed_bytes.fixed<kZipCentralBytes>(0, "ZIP directory header");
    if (!fields || fields->u32<0>() != kZipCentralSignature)
      return std::optional<std::uint64_t>{reader_.problem(
          fields ? Errc::malformed : Errc::truncated, "ZIP directory header", offset)};
    const std::uint64_t name_bytes = fields->u16<28>(), extra_bytes = fields->u16<30>();
    const std::uint64_t local_at = fields->u32<42>();
    const std::uint64_t next =
        offset + kZipCentralBytes + name_bytes + extra_bytes + fields->u16<32>();
    Header header{fields->u16<8>(),
                  fields->u16<10>(),
                  static_cast<std::uint32_t>(fields->u16<14>()) << 16 | fields->u16<12>(),
                  fields->u32<16>(),
                  fields->u32<20>(),
                  fields->u32<24>(),
                  fields->u8<5>(),
                  fields->u32<38>(),
                  true};
    note_version(fields->u8<6>());
    HOZEN_TRY(const Bytes rest, reader_.at(offset + kZipCentralBytes, name_bytes + extra_bytes));
    if (rest.size() < name_bytes + extra_bytes)
      return std::optional<std::uint64_t>{
          reader_.problem(Errc::truncated, "ZIP directory header", offset)};
    const Entry entry = entry_of(header, rest.head(name_bytes), rest.tail(name_bytes), offset);
    if (states_volume_ && is_whole_) {
      const std::string name{rest.head(name_bytes).chars()};
      HOZEN_TRY(is_whole_, begins_here(local_at, name));
    }
    if (!reader_.give(entry)) return std::optional<std::uint64_t>{};
    return std::optional{next};
  }

  /// The newest that an entry needs, as "2.0".
  void note_version(unsigned needed) {
    if (needed <= version_) return;
    version_ = needed;
    archive_.version = std::to_string(needed / 10) + "." + std::to_string(needed % 10);
  }

  /// Of a volume that is not the last, or of one that is cut.
  Result<void> walk_locals() {
    std::uint64_t offset = reader_.begin();
    HOZEN_TRY(const Bytes mark, reader_.at(offset, 4));
    if (mark.get<std::uint32_t>(0) == kZipDescriptorSignature) {  // of a spanned archive, 8.5.4
      archive_.is_volume = archive_.is_first_volume.emplace(true);
      archive_.volume_number = 0;
      offset += 4;
    } else if (mark.get<std::uint32_t>(0) == std::uint32_t{0x30304B50}) {  // spanning not needed
      offset += 4;
    }
    for (std::optional<std::uint64_t> next = offset; next;) {
      HOZEN_TRY(next, read_local(*next));
    }
    return {};
  }

  Result<std::optional<std::uint64_t>> read_local(std::uint64_t offset) {
    HOZEN_TRY(const Bytes fixed_bytes, reader_.at(offset, kZipLocalBytes));
    const auto fields = fixed_bytes.fixed<kZipLocalBytes>(0, "ZIP local header");
    if (!fields || fields->u32<0>() != kZipLocalSignature) return std::optional<std::uint64_t>{};
    const std::uint64_t name_bytes = fields->u16<26>(), extra_bytes = fields->u16<28>();
    Header header{fields->u16<6>(),
                  fields->u16<8>(),
                  static_cast<std::uint32_t>(fields->u16<12>()) << 16 | fields->u16<10>(),
                  fields->u32<14>(),
                  fields->u32<18>(),
                  fields->u32<22>()};
    note_version(fields->u8<4>());
    HOZEN_TRY(const Bytes rest, reader_.at(offset + kZipLocalBytes, name_bytes + extra_bytes));
    if (rest.size() < name_bytes + extra_bytes)
      return std::optional<std::uint64_t>{
          reader_.problem(Errc::truncated, "ZIP local header", offset)};
    Entry entry = entry_of(header, rest.head(name_bytes), rest.tail(name_bytes), offset);
    const std::uint64_t data = offset + kZipLocalBytes + name_bytes + extra_bytes;
    const auto next = entry.packed_size ? reader_.behind(data, *entry.packed_size) : std::nullopt;
    entry.continues_after = entry.packed_size && !next;
    if (!entry.packed_size)
      reader_.problem(Errc::unsupported, "ZIP entry without a size", data,
                      "where the next one begins is not told");
    if (!reader_.give(entry)) return std::optional<std::uint64_t>{};
    return next;
  }

  Reader& reader_;
  Archive& archive_;
  unsigned version_ = 0;
  bool states_volume_ = false;  ///< the end record
  bool is_whole_ = false;       ///< it does, and all that was listed begins in this file
};

}  // namespace

Result<void> read_zip(Reader& reader) { return ZipReader{reader}.run(); }

}  // namespace hozen::archive
