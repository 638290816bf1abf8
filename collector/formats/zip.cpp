#include "collector/formats/zip.h"

#define ZLIB_CONST  // const input
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/crc32.h"

namespace hozen {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::size_t kCommentBytes = 0xFFFF;  ///< longest comment behind the end record
constexpr std::uint16_t kZip64ExtraId = 0x0001;
constexpr std::uint64_t kDescriptorBytes = 24, kShortDescriptorBytes = 16;

Result<std::vector<std::byte>> read_range(ByteSource& source, std::uint64_t offset,
                                          std::size_t count) {
  std::vector<std::byte> bytes(count);
  HOZEN_CHECK(source.read(offset, bytes));
  return bytes;
}

/// Replaces 32-bit fields that say "see the ZIP64 field" by its values, in the order of `fields`.
/// Returns whether there is a ZIP64 field.
Result<bool> apply_zip64(Bytes extra, std::initializer_list<std::uint64_t*> fields) {
  Cursor cursor{extra};
  while (cursor.remaining() >= 4) {
    HOZEN_TRY(const auto id, cursor.u16("ZIP extra field"));
    HOZEN_TRY(const auto length, cursor.u16("ZIP extra field"));
    HOZEN_TRY(const Bytes data, cursor.take(length, "ZIP extra field"));
    if (id != kZip64ExtraId) continue;
    Cursor values{data};
    for (std::uint64_t* field : fields)
      if (*field == kZip32Limit) {
        HOZEN_TRY(*field, values.u64("ZIP64 extra field"));
      }
    return true;
  }
  return false;
}

Error malformed(std::string what, std::uint64_t offset, std::string detail = {}) {
  return Error{Errc::malformed, std::move(what), offset, std::move(detail)};
}

/// Reads a stretch of the source piece by piece; without an end, as far as the source goes.
class Input {
 public:
  Input(ByteSource& source, std::uint64_t offset, std::optional<std::uint64_t> size)
      : source_{source}, offset_{offset}, left_{size}, buffer_(kBufferBytes) {}

  /// The next piece; empty at the end of the stretch. Errc::truncated when the source ends sooner.
  Result<std::span<const std::byte>> next() {
    std::size_t wanted = buffer_.size();
    if (left_) wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, *left_));
    if (wanted == 0) return std::span<const std::byte>{};
    HOZEN_TRY(const std::size_t count,
              source_.read_some(offset_, std::span{buffer_}.first(wanted)));
    if (count == 0) return Error{Errc::truncated, "ZIP entry data", offset_};
    offset_ += count;
    if (left_) *left_ -= count;
    return std::span<const std::byte>{buffer_}.first(count);
  }
  std::uint64_t offset() const { return offset_; }

 private:
  ByteSource& source_;
  std::uint64_t offset_;
  std::optional<std::uint64_t> left_;
  std::vector<std::byte> buffer_;
};

Result<void> give(const ZipOutput& out, std::span<const std::byte> bytes) {
  if (!out || bytes.empty()) return {};
  return out(bytes);
}

Result<ZipData> read_stored(Input input, std::uint64_t size_cap, const ZipOutput& stored,
                            const ZipOutput& content) {
  ZipData data;
  for (;;) {
    HOZEN_TRY(const auto piece, input.next());
    if (piece.empty()) return data;
    data.size += piece.size();
    data.stored_size = data.size;
    if (data.size > size_cap) return Error{Errc::limit, "ZIP entry data", input.offset()};
    data.crc = crc32_of(piece, data.crc);
    HOZEN_CHECK(give(stored, piece));
    HOZEN_CHECK(give(content, piece));
  }
}

class Inflater {
 public:
  Inflater() : ready_{inflateInit2(&stream_, -MAX_WBITS) == Z_OK} {}
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void feed(std::span<const std::byte> in) {
    stream_.next_in = static_cast<const Bytef*>(static_cast<const void*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
  }
  /// Inflates as much as fits; Z_OK, Z_STREAM_END, Z_BUF_ERROR (needs input) or an error of zlib.
  int run(std::span<std::byte> out, std::size_t& used) {
    if (!ready_) return Z_MEM_ERROR;
    stream_.next_out = static_cast<Bytef*>(static_cast<void*>(out.data()));
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    used = out.size() - stream_.avail_out;
    return result;
  }
  std::size_t unread() const { return stream_.avail_in; }
  std::string message() const { return stream_.msg == nullptr ? "" : stream_.msg; }

 private:
  z_stream stream_{};
  bool ready_;
};

Result<ZipData> read_deflated(Input input, bool to_exact_end, std::uint64_t size_cap,
                              const ZipOutput& stored, const ZipOutput& content) {
  ZipData data;
  Inflater inflater;
  std::vector<std::byte> out(kBufferBytes);
  for (;;) {
    HOZEN_TRY(const auto piece, input.next());
    if (piece.empty()) return Error{Errc::truncated, "deflate stream", input.offset()};
    inflater.feed(piece);
    int result = Z_OK;
    std::size_t used = out.size();
    while (result == Z_OK && (inflater.unread() != 0 || used == out.size())) {
      result = inflater.run(out, used);
      const auto bytes = std::span<const std::byte>{out}.first(used);
      data.size += used;
      if (data.size > size_cap) return Error{Errc::limit, "deflate stream", input.offset()};
      data.crc = crc32_of(bytes, data.crc);
      HOZEN_CHECK(give(content, bytes));
    }
    const std::size_t consumed = piece.size() - inflater.unread();
    data.stored_size += consumed;
    HOZEN_CHECK(give(stored, piece.first(consumed)));
    if (result == Z_STREAM_END) {
      bool more = inflater.unread() != 0;
      if (to_exact_end && !more) {
        HOZEN_TRY(const auto behind, input.next());
        more = !behind.empty();
      }
      if (to_exact_end && more)
        return malformed("deflate stream", input.offset(), "it ends before its data does");
      return data;
    }
    if (result != Z_OK && result != Z_BUF_ERROR)
      return malformed("deflate stream", input.offset() - inflater.unread(), inflater.message());
  }
}

}  // namespace

Result<ZipLocal> read_zip_local(ByteSource& source, std::uint64_t offset) {
  HOZEN_TRY(const auto fixed_bytes, read_range(source, offset, kZipLocalBytes));
  HOZEN_TRY(const auto header,
            Bytes(fixed_bytes, offset).fixed<kZipLocalBytes>(0, "ZIP local header"));
  if (header.u32<0>() != kZipLocalSignature)
    return malformed("ZIP local header", offset, "signature");
  ZipLocal local;
  local.version_needed = header.u16<4>();
  local.flags = header.u16<6>();
  local.method = header.u16<8>();
  local.modified = {header.u16<12>(), header.u16<10>()};
  local.crc = header.u32<14>();
  local.stored_size = header.u32<18>();
  local.size = header.u32<22>();
  const std::size_t name_bytes = header.u16<26>(), extra_bytes = header.u16<28>();
  HOZEN_TRY(const auto rest, read_range(source, offset + kZipLocalBytes, name_bytes + extra_bytes));
  const Bytes variable{rest, offset + kZipLocalBytes};
  local.name = variable.head(name_bytes).chars();
  HOZEN_TRY(local.zip64, apply_zip64(variable.tail(name_bytes), {&local.size, &local.stored_size}));
  local.header_offset = offset;
  local.data_offset = offset + kZipLocalBytes + rest.size();
  return local;
}

Result<ZipEnd> find_zip_end(ByteSource& source) {
  const std::uint64_t size = source.size();
  const auto tail_bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(size, kCommentBytes + kZipEndBytes));
  const std::uint64_t base = size - tail_bytes;
  HOZEN_TRY(const auto tail, read_range(source, base, tail_bytes));
  const Bytes bytes{tail, base};
  if (tail_bytes < kZipEndBytes) return Error{Errc::not_found, "ZIP end record"};
  for (std::size_t at = tail_bytes - kZipEndBytes;; --at) {
    if (*bytes.get<std::uint32_t>(at) == kZipEndSignature) {
      HOZEN_TRY(const auto record, bytes.fixed<kZipEndBytes>(at, "ZIP end record"));
      ZipEnd end;
      end.offset = base + at;
      end.end = end.offset + kZipEndBytes;
      end.count = record.u16<10>();
      end.directory_size = record.u32<12>();
      end.directory_offset = record.u32<16>();
      if (end.offset < kZip64LocatorBytes) return end;
      HOZEN_TRY(const auto locator_bytes,
                read_range(source, end.offset - kZip64LocatorBytes, kZip64LocatorBytes));
      const Bytes locator{locator_bytes, end.offset - kZip64LocatorBytes};
      if (*locator.get<std::uint32_t>(0) != kZip64LocatorSignature) return end;
      const std::uint64_t zip64_offset = *locator.get<std::uint64_t>(8);
      HOZEN_TRY(const auto zip64_bytes, read_range(source, zip64_offset, kZip64EndBytes));
      HOZEN_TRY(const auto zip64,
                Bytes(zip64_bytes, zip64_offset).fixed<kZip64EndBytes>(0, "ZIP64 end record"));
      if (zip64.u32<0>() != kZip64EndSignature)
        return malformed("ZIP64 end record", zip64_offset, "signature");
      end.offset = zip64_offset;
      end.count = zip64.u64<32>();
      end.directory_size = zip64.u64<40>();
      end.directory_offset = zip64.u64<48>();
      return end;
    }
    if (at == 0) return Error{Errc::not_found, "ZIP end record"};
  }
}

Result<void> each_zip_central(ByteSource& source, const ZipEnd& end,
                              const std::function<bool(const ZipCentral&)>& visit) {
  std::uint64_t offset = end.directory_offset;
  if (end.directory_size > source.size() || offset > source.size() - end.directory_size)
    return malformed("ZIP directory", offset, "lies outside the file");
  const std::uint64_t directory_end = offset + end.directory_size;
  for (std::uint64_t i = 0; i < end.count; ++i) {
    HOZEN_TRY(const auto fixed_bytes, read_range(source, offset, kZipCentralBytes));
    HOZEN_TRY(const auto header,
              Bytes(fixed_bytes, offset).fixed<kZipCentralBytes>(0, "ZIP directory header"));
    if (header.u32<0>() != kZipCentralSignature)
      return malformed("ZIP directory header", offset, "signature");
    ZipCentral central;
    central.flags = header.u16<8>();
    central.method = header.u16<10>();
    central.crc = header.u32<16>();
    central.stored_size = header.u32<20>();
    central.size = header.u32<24>();
    central.header_offset = header.u32<42>();
    const std::size_t name_bytes = header.u16<28>(), extra_bytes = header.u16<30>(),
                      comment_bytes = header.u16<32>();
    HOZEN_TRY(const auto rest,
              read_range(source, offset + kZipCentralBytes, name_bytes + extra_bytes));
    const Bytes variable{rest, offset + kZipCentralBytes};
    central.name = variable.head(name_bytes).chars();
    HOZEN_TRY([[maybe_unused]] const bool zip64,
              apply_zip64(variable.tail(name_bytes),
                          {&central.size, &central.stored_size, &central.header_offset}));
    offset += kZipCentralBytes + rest.size() + comment_bytes;
    if (offset > directory_end) return malformed("ZIP directory header", offset, "passes the end");
    if (!visit(central)) return {};
  }
  return {};
}

Result<ZipData> read_zip_data(ByteSource& source, std::uint64_t offset, std::uint16_t method,
                              std::optional<std::uint64_t> stored_size, std::uint64_t size_cap,
                              const ZipOutput& stored, const ZipOutput& content) {
  Input input{source, offset, stored_size};
  if (method == kZipDeflated)
    return read_deflated(std::move(input), stored_size.has_value(), size_cap, stored, content);
  if (method == kZipStored && stored_size)
    return read_stored(std::move(input), size_cap, stored, content);
  return Error{Errc::unsupported, "ZIP entry data", offset,
               method == kZipStored ? "stored without a size" : "method " + std::to_string(method)};
}

Result<ZipWalked> walk_zip_entry(ByteSource& source, std::uint64_t offset, std::uint64_t size_cap) {
  ZipWalked walked;
  HOZEN_TRY(walked.local, read_zip_local(source, offset));
  const ZipLocal& local = walked.local;
  if (!local.streamed()) {
    walked.data = {local.stored_size, local.size, local.crc};
    if (local.stored_size > source.size() - std::min(source.size(), local.data_offset))
      return Error{Errc::truncated, "ZIP entry data", local.data_offset};
    walked.next_offset = local.data_offset + local.stored_size;
    return walked;
  }
  HOZEN_TRY(walked.data, read_zip_data(source, local.data_offset, local.method, std::nullopt,
                                       size_cap, nullptr, nullptr));
  const std::uint64_t behind = local.data_offset + walked.data.stored_size;
  const auto length =
      static_cast<std::size_t>(local.zip64 ? kDescriptorBytes : kShortDescriptorBytes);
  HOZEN_TRY(const auto descriptor_bytes, read_range(source, behind, length));
  const Bytes descriptor{descriptor_bytes, behind};
  const std::uint64_t stored_size =
      local.zip64 ? *descriptor.get<std::uint64_t>(8) : *descriptor.get<std::uint32_t>(8);
  const std::uint64_t size =
      local.zip64 ? *descriptor.get<std::uint64_t>(16) : *descriptor.get<std::uint32_t>(12);
  if (*descriptor.get<std::uint32_t>(0) != kZipDescriptorSignature ||
      *descriptor.get<std::uint32_t>(4) != walked.data.crc ||
      stored_size != walked.data.stored_size || size != walked.data.size)
    return malformed("ZIP data descriptor", behind);
  walked.next_offset = behind + length;
  return walked;
}

}  // namespace hozen
