#include "collector/formats/shimcache.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint32_t kSignatureXp = 0xDEADBEEF, kSignature2003 = 0xBADC0FFE,
                        kSignature7 = 0xBADC0FEE;
/// Windows 8 and later: the size of the header stands where the signature was.
constexpr std::uint32_t kHeader8 = 0x80, kHeader10 = 0x30, kHeader10Later = 0x34;
constexpr std::string_view kEntry8 = "00ts", kEntry81 = "10ts";
constexpr std::uint32_t kExecutedFlag = 2;

constexpr std::size_t kXpHeaderBytes = 400, kXpEntryBytes = 552, kXpPathBytes = 528;
constexpr std::uint32_t kXpMaxEntries = 96;
constexpr std::size_t kHeader2003 = 8, kHeader7 = 128;
/// Windows keeps 512 or 1,024; the rest of a value that says more is not read.
constexpr std::uint32_t kMaxEntries = 65'536;
constexpr std::size_t kMaxProblems = 100;

class Reader {
 public:
  explicit Reader(Bytes data) : data_{data} {}

  Result<ShimCache> read() {
    const auto signature = data_.get<std::uint32_t>(0);
    if (!signature) return Error{Errc::truncated, "shimcache header", data_.base()};
    switch (*signature) {
      case kSignatureXp:
        HOZEN_CHECK(read_xp());
        break;
      case kSignature2003:
        HOZEN_CHECK(read_2003());
        break;
      case kSignature7:
        HOZEN_CHECK(read_7());
        break;
      case kHeader8:
        read_8();
        break;
      case kHeader10:
      case kHeader10Later:
        read_10(*signature);
        break;
      default:
        return Error{Errc::unsupported, "shimcache signature", data_.base()};
    }
    return std::move(out_);
  }

 private:
  Result<void> read_xp() {
    out_.form = ShimCacheForm::windows_xp;
    HOZEN_TRY(const auto header, data_.fixed<kXpHeaderBytes>(0, "shimcache header"));
    const std::uint32_t count = header.u32<8>();
    out_.stated_count = count;
    if (count > kXpMaxEntries) problem(Errc::malformed, "shimcache entry count", 8);
    std::array<bool, kXpMaxEntries> listed{};
    for (std::uint32_t i = 0; i < std::min(count, kXpMaxEntries); ++i) {
      const std::uint64_t at = 16 + std::uint64_t{4} * i;
      const std::uint32_t index = data_.get<std::uint32_t>(at).value_or(kXpMaxEntries);
      if (index >= kXpMaxEntries || listed[index] || !add_xp(index, true))
        problem(Errc::malformed, "shimcache entry", at);
      else
        listed[index] = true;
    }
    // What the list of use does not name is there all the same.
    for (std::uint32_t index = 0; index < kXpMaxEntries; ++index)
      if (!listed[index]) add_xp(index, false);
    return {};
  }

  /// False when the entry is not there. An empty one is taken only when it is listed.
  bool add_xp(std::uint32_t index, bool is_listed) {
    const std::uint64_t at = kXpHeaderBytes + std::uint64_t{kXpEntryBytes} * index;
    const auto entry = data_.fixed<kXpEntryBytes>(at, "shimcache entry");
    if (!entry) return false;
    ShimCacheEntry one;
    one.path = wtf8_from_utf16le(data_.tail(at).head(kXpPathBytes), true);
    one.file_modified = FileTime{entry->u64<528>()};
    one.file_size = entry->u64<536>();
    one.updated = FileTime{entry->u64<544>()};
    if (is_listed || !one.path.empty()) add(std::move(one), at);
    return true;
  }

  /// Windows 2003 and Vista: which of both is in the numbers behind the time.
  Result<void> read_2003() {
    HOZEN_TRY(const auto header, data_.fixed<kHeader2003>(0, "shimcache header"));
    out_.stated_count = header.u32<4>();
    // The path's offset, or in the 64-bit form the padding before it.
    out_.is_64_bit = data_.get<std::uint32_t>(kHeader2003 + 4) == 0u;
    const std::uint32_t entry_bytes = out_.is_64_bit ? 32 : 24;
    const std::uint32_t numbers = out_.is_64_bit ? 24 : 16;
    bool has_size = false;
    each_fixed(kHeader2003, entry_bytes, [&](std::uint64_t at) {
      constexpr std::uint32_t kFlags = 3;  // files are larger, flags of Vista are not
      has_size |= data_.get<std::uint32_t>(at + numbers).value_or(0) > kFlags;
    });
    out_.form = has_size ? ShimCacheForm::windows_2003 : ShimCacheForm::windows_vista;
    each_fixed(kHeader2003, entry_bytes, [&](std::uint64_t at) {
      ShimCacheEntry one = entry_by_offset(at);
      if (has_size) {
        one.file_size = data_.get<std::uint64_t>(at + numbers);
      } else {
        one.insert_flags = data_.get<std::uint32_t>(at + numbers);
        one.shim_flags = data_.get<std::uint32_t>(at + numbers + 4);
      }
      add(std::move(one), at);
    });
    return {};
  }

  Result<void> read_7() {
    out_.form = ShimCacheForm::windows_7;
    HOZEN_TRY(const auto header, data_.fixed<kHeader7>(0, "shimcache header"));
    out_.stated_count = header.u32<4>();
    out_.is_64_bit = data_.get<std::uint32_t>(kHeader7 + 4) == 0u;
    const std::uint32_t numbers = out_.is_64_bit ? 24 : 16;
    each_fixed(kHeader7, out_.is_64_bit ? 48 : 32, [&](std::uint64_t at) {
      ShimCacheEntry one = entry_by_offset(at);
      one.insert_flags = data_.get<std::uint32_t>(at + numbers);
      one.shim_flags = data_.get<std::uint32_t>(at + numbers + 4);
      add(std::move(one), at);
    });
    return {};
  }

  /// Entries of one size, as many as the header says.
  template <class Visit>
  void each_fixed(std::size_t header_bytes, std::uint32_t entry_bytes, Visit visit) {
    const std::uint64_t fitting = data_.tail(header_bytes).size() / entry_bytes;
    const std::uint64_t count = std::min<std::uint64_t>(fitting, out_.stated_count.value_or(0));
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, kMaxEntries); ++i)
      visit(header_bytes + i * entry_bytes);
    if (out_.stated_count > std::min<std::uint64_t>(count, kMaxEntries) && out_.problems.empty())
      problem(Errc::truncated, "shimcache entries", header_bytes + count * entry_bytes);
  }

  /// Length, length with NUL, where the path is, time.
  ShimCacheEntry entry_by_offset(std::uint64_t at) {
    ShimCacheEntry one;
    const std::uint64_t size = data_.get<std::uint16_t>(at).value_or(0);
    const std::uint64_t offset = out_.is_64_bit ? data_.get<std::uint64_t>(at + 8).value_or(0)
                                                : data_.get<std::uint32_t>(at + 4).value_or(0);
    one.file_modified =
        FileTime{data_.get<std::uint64_t>(at + (out_.is_64_bit ? 16 : 8)).value_or(0)};
    path_bytes_ += size;
    if (data_.contains(offset, size) && path_bytes_ <= data_.size())
      one.path = wtf8_from_utf16le(data_.tail(offset).head(size));
    else
      problem(Errc::malformed, "shimcache path", at);
    return one;
  }

  void read_8() {
    const bool is_later = data_.tail(kHeader8).chars().starts_with(kEntry81);
    out_.form = is_later ? ShimCacheForm::windows_8_1 : ShimCacheForm::windows_8;
    each_signed(kHeader8, is_later ? kEntry81 : kEntry8,
                [&](Cursor& cursor, ShimCacheEntry& one) -> Result<void> {
                  HOZEN_TRY(one.path, text(cursor));
                  if (is_later) {
                    HOZEN_TRY(one.package, text(cursor));
                  }
                  HOZEN_TRY(one.insert_flags, cursor.u32("shimcache entry"));
                  HOZEN_TRY(one.shim_flags, cursor.u32("shimcache entry"));
                  HOZEN_TRY(one.file_modified.ticks, cursor.u64("shimcache entry"));
                  return {};
                });
  }

  void read_10(std::uint32_t header_bytes) {
    const bool is_later = header_bytes == kHeader10Later;
    out_.form = is_later ? ShimCacheForm::windows_10_1703 : ShimCacheForm::windows_10;
    constexpr std::uint64_t kCountOffset = 40;
    if (is_later) out_.stated_count = data_.get<std::uint32_t>(kCountOffset);
    each_signed(header_bytes, kEntry81, [&](Cursor& cursor, ShimCacheEntry& one) -> Result<void> {
      HOZEN_TRY(one.path, text(cursor));
      if (one.path.find('\t') != std::string::npos) one.package = std::exchange(one.path, {});
      HOZEN_TRY(one.file_modified.ticks, cursor.u64("shimcache entry"));
      HOZEN_TRY(const std::uint32_t size, cursor.u32("shimcache entry"));
      HOZEN_TRY(const Bytes rest, cursor.take(size, "shimcache entry data"));
      if (size >= sizeof(std::uint32_t)) one.last_number = rest.get<std::uint32_t>(size - 4);
      return {};
    });
    if (is_later && out_.stated_count != out_.entries.size() && out_.problems.empty())
      problem(Errc::malformed, "shimcache entry count", kCountOffset);
  }

  static Result<std::string> text(Cursor& cursor) {
    HOZEN_TRY(const std::uint16_t size, cursor.u16("shimcache path"));
    HOZEN_TRY(const Bytes bytes, cursor.take(size, "shimcache path"));
    return wtf8_from_utf16le(bytes);
  }

  /// Entries that begin with a signature, a checksum and their size.
  template <class Read>
  void each_signed(std::uint64_t at, std::string_view signature, Read read) {
    constexpr std::uint64_t kHead = 12;
    while (at < data_.size() && out_.entries.size() < kMaxEntries) {
      const Bytes head = data_.tail(at);
      const std::uint32_t size = head.get<std::uint32_t>(8).value_or(0);
      if (!head.chars().starts_with(signature) || !head.contains(kHead, size)) {
        if (!all_zeros(head)) problem(Errc::malformed, "shimcache entry", at);
        return;
      }
      ShimCacheEntry one;
      Cursor cursor{head.tail(kHead).head(size)};
      const Result<void> done = read(cursor, one);
      if (!done && out_.problems.size() < kMaxProblems) out_.problems.push_back(done.error());
      add(std::move(one), at);
      at += kHead + size;
    }
  }

  static bool all_zeros(Bytes bytes) {
    return std::all_of(bytes.span().begin(), bytes.span().end(),
                       [](std::byte byte) { return byte == std::byte{0}; });
  }

  void add(ShimCacheEntry entry, std::uint64_t at) {
    entry.position = static_cast<std::uint32_t>(out_.entries.size());
    entry.offset = at;
    out_.entries.push_back(std::move(entry));
  }

  void problem(Errc code, std::string_view what, std::uint64_t at) {
    if (out_.problems.size() < kMaxProblems)
      out_.problems.push_back({code, std::string{what}, data_.base() + at});
  }

  Bytes data_;
  ShimCache out_;
  std::uint64_t path_bytes_ = 0;  ///< of paths found by their offsets: they do not overlap
};

}  // namespace

std::string_view to_text(ShimCacheForm form) {
  switch (form) {
    case ShimCacheForm::windows_xp:
      return "windows_xp";
    case ShimCacheForm::windows_2003:
      return "windows_2003";
    case ShimCacheForm::windows_vista:
      return "windows_vista";
    case ShimCacheForm::windows_7:
      return "windows_7";
    case ShimCacheForm::windows_8:
      return "windows_8";
    case ShimCacheForm::windows_8_1:
      return "windows_8_1";
    case ShimCacheForm::windows_10:
      return "windows_10";
    case ShimCacheForm::windows_10_1703:
      break;
  }
  return "windows_10_1703";
}

std::optional<bool> ShimCacheEntry::executed() const {
  if (!insert_flags) return std::nullopt;
  return (*insert_flags & kExecutedFlag) != 0;
}

Result<ShimCache> parse_shimcache(Bytes data) { return Reader{data}.read(); }

}  // namespace hozen
