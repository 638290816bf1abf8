// Fields of the blocks of RAR 5 to 7 and their extra records.
#include "collector/base/text.h"
#include "collector/formats/rar5_impl.h"

namespace hozen::rar {
namespace {

constexpr std::uint64_t kBefore = 0x08, kAfter = 0x10;

// Extra records of files.

Result<void> read_encryption(Cursor& fields, Entry& entry) {
  constexpr std::uint64_t kKeyedChecksums = 2;
  entry.is_encrypted = true;
  HOZEN_TRY([[maybe_unused]] const std::uint64_t version, read_vint(fields, "rar encryption"));
  HOZEN_TRY(const std::uint64_t flags, read_vint(fields, "rar encryption"));
  entry.crc_is_keyed = (flags & kKeyedChecksums) != 0;
  return {};
}

Result<void> read_hash(Cursor& fields, Entry& entry) {
  constexpr std::uint64_t kBlake2spBytes = 32;
  HOZEN_TRY(const std::uint64_t type, read_vint(fields, "rar hash"));
  if (type != 0) return {};
  HOZEN_TRY(const Bytes hash, fields.take(kBlake2spBytes, "rar hash"));
  entry.blake2sp = to_hex(hash.span());
  return {};
}

Result<void> read_times(Cursor& fields, Entry& entry) {
  constexpr std::uint64_t kUnix = 0x01, kModified = 0x02, kCreated = 0x04, kAccessed = 0x08,
                          kNanoseconds = 0x10;
  constexpr std::string_view kWhat = "rar file times";
  HOZEN_TRY(const std::uint64_t flags, read_vint(fields, kWhat));
  struct Time {
    std::uint64_t flag;
    FileTime* time;
    std::uint64_t stored = 0;
  };
  Time times[]{
      {kModified, &entry.modified}, {kCreated, &entry.created}, {kAccessed, &entry.accessed}};
  const bool is_unix = (flags & kUnix) != 0;
  for (Time& time : times) {
    if ((flags & time.flag) == 0) continue;
    if (is_unix) {
      HOZEN_TRY(time.stored, fields.u32(kWhat));
      *time.time = unix_time(time.stored);
    } else {
      HOZEN_TRY(time.time->ticks, fields.u64(kWhat));
    }
  }
  if (!is_unix || (flags & kNanoseconds) == 0) return {};
  for (const Time& time : times) {
    if ((flags & time.flag) == 0) continue;
    HOZEN_TRY(const std::uint32_t nanoseconds, fields.u32(kWhat));
    *time.time = unix_time(time.stored, nanoseconds & 0x3FFF'FFFF);
  }
  return {};
}

Result<void> read_version(Cursor& fields, Entry& entry) {
  HOZEN_TRY([[maybe_unused]] const std::uint64_t flags, read_vint(fields, "rar file version"));
  HOZEN_TRY(const std::uint64_t version, read_vint(fields, "rar file version"));
  entry.file_version = version;
  return {};
}

Result<void> read_link(Cursor& fields, Entry& entry) {
  HOZEN_TRY(const std::uint64_t kind, read_vint(fields, "rar link"));
  HOZEN_TRY([[maybe_unused]] const std::uint64_t flags, read_vint(fields, "rar link"));
  if (kind >= 1 && kind <= static_cast<std::uint64_t>(LinkKind::copy))
    entry.link = static_cast<LinkKind>(kind);
  HOZEN_TRY(entry.link_target, read_text(fields, "rar link target"));
  return {};
}

Result<void> read_owner(Cursor& fields, Entry& entry) {
  constexpr std::uint64_t kUser = 1, kGroup = 2, kUid = 4, kGid = 8;
  HOZEN_TRY(const std::uint64_t flags, read_vint(fields, "rar owner"));
  if ((flags & kUser) != 0) {
    HOZEN_TRY(entry.user, read_text(fields, "rar owner"));
  }
  if ((flags & kGroup) != 0) {
    HOZEN_TRY(entry.group, read_text(fields, "rar owner"));
  }
  if ((flags & kUid) != 0) {
    HOZEN_TRY(entry.uid, read_vint(fields, "rar owner"));
  }
  if ((flags & kGid) != 0) {
    HOZEN_TRY(entry.gid, read_vint(fields, "rar owner"));
  }
  return {};
}

}  // namespace

Result<std::uint64_t> read_vint(Cursor& bytes, std::string_view what) {
  constexpr unsigned kMostBytes = 10;
  std::uint64_t value = 0;
  const std::uint64_t at = bytes.position();
  for (unsigned i = 0; i < kMostBytes; ++i) {
    HOZEN_TRY(const std::uint8_t byte, bytes.u8(what));
    const std::uint64_t part = byte & 0x7Fu;
    if (i == kMostBytes - 1 && part > 1) break;
    value |= part << (7 * i);
    if ((byte & 0x80) == 0) return value;
  }
  return Error{Errc::malformed, std::string{what}, at};
}

Result<void> each_extra(Bytes extra, FunctionRef<Result<void>(std::uint64_t, Bytes)> visit) {
  constexpr std::string_view kWhat = "rar extra record";
  Cursor cursor{extra};
  while (cursor.remaining() > 0) {
    HOZEN_TRY(const std::uint64_t size, read_vint(cursor, kWhat));
    HOZEN_TRY(const Bytes record, cursor.take(size, kWhat));
    Cursor inside{record};
    HOZEN_TRY(const std::uint64_t type, read_vint(inside, kWhat));
    HOZEN_CHECK(visit(type, record.tail(inside.position())));
  }
  return {};
}

Result<std::string> read_text(Cursor& cursor, std::string_view what) {
  HOZEN_TRY(const std::uint64_t length, read_vint(cursor, what));
  HOZEN_TRY(const Bytes text, cursor.take(length, what));
  return to_wtf8_lossy(text.chars());
}

FileTime unix_time(std::uint64_t seconds, std::uint32_t nanoseconds) {
  return filetime_from_unix(static_cast<std::int64_t>(seconds), nanoseconds);
}

Result<void> read_file_extra(std::uint64_t type, Bytes content, Entry& entry) {
  Cursor fields{content};
  switch (type) {
    case 1:
      return read_encryption(fields, entry);
    case 2:
      return read_hash(fields, entry);
    case 3:
      return read_times(fields, entry);
    case 4:
      return read_version(fields, entry);
    case 5:
      return read_link(fields, entry);
    case 6:
      return read_owner(fields, entry);
    default:
      return {};
  }
}

Result<void> read_fields(const Header& header, Entry& entry) {
  constexpr std::uint64_t kDirectory = 1, kTime = 2, kCrc = 4, kUnknownSize = 8;
  constexpr std::string_view kWhat = "rar file header";
  entry.offset = header.offset;
  entry.packed_size = header.data_bytes;
  entry.checksum_ok = header.checksum_ok;
  entry.continues_before = (header.flags & kBefore) != 0;
  entry.continues_after = (header.flags & kAfter) != 0;
  Cursor fields{header.fields};
  HOZEN_TRY(const std::uint64_t flags, read_vint(fields, kWhat));
  HOZEN_TRY(const std::uint64_t size, read_vint(fields, kWhat));
  HOZEN_TRY(const std::uint64_t attributes, read_vint(fields, kWhat));
  entry.is_directory = (flags & kDirectory) != 0;
  entry.attributes = static_cast<std::uint32_t>(attributes);
  if ((flags & kUnknownSize) == 0) entry.size = size;
  if ((flags & kTime) != 0) {
    HOZEN_TRY(const std::uint32_t seconds, fields.u32(kWhat));
    entry.modified = unix_time(seconds);
  }
  if ((flags & kCrc) != 0) {
    HOZEN_TRY(entry.crc, fields.u32(kWhat));
  }
  // Compression: version in bits 0 to 5, solid in 6, method in 7 to 9, dictionary above.
  HOZEN_TRY(const std::uint64_t compression, read_vint(fields, kWhat));
  entry.is_solid = (compression >> 6 & 1) != 0;
  entry.method = static_cast<std::uint8_t>(compression >> 7 & 7);
  HOZEN_TRY(const std::uint64_t host_os, read_vint(fields, kWhat));
  entry.host_os = static_cast<std::uint8_t>(host_os > 0xFF ? 0xFF : host_os);
  HOZEN_TRY(entry.name, read_text(fields, "rar file name"));
  return {};
}

}  // namespace hozen::rar
