#include "collector/formats/archive_kind.h"

#include <algorithm>
#include <array>

#include "collector/base/crc32.h"
#include "collector/formats/archive_impl.h"

namespace hozen::archive {
namespace {

struct Signature {
  Format format;
  std::size_t offset;
  std::string_view bytes;
};
/// Those that are long enough to be believed.
constexpr Signature kSignatures[] = {
    {Format::rar, 0, {"Rar!\x1A\x07\x00", 7}},
    {Format::rar, 0, {"Rar!\x1A\x07\x01\x00", 8}},
    {Format::old_rar, 0, {"RE~^", 4}},
    {Format::seven_zip, 0, {"7z\xBC\xAF\x27\x1C", 6}},
    {Format::xz,
     0,
     {"\xFD"
      "7zXZ\x00",
      6}},
    {Format::zstd, 0, {"\x28\xB5\x2F\xFD", 4}},
    {Format::ace, 7, {"**ACE**", 7}},
    {Format::gca, 0, {"GCAX", 4}},
};

/// A local header, an empty archive's end record, or the mark of a spanned one in front of it.
bool is_zip(Bytes head) {
  const auto signature = head.get<std::uint32_t>(0);
  if (!signature) return false;
  constexpr std::uint32_t kLocal = 0x04034B50, kEnd = 0x06054B50, kSpanned = 0x08074B50,
                          kSpannedOnce = 0x30304B50;
  if (*signature == kSpanned || *signature == kSpannedOnce)
    return head.get<std::uint32_t>(4) == kLocal;
  if (*signature == kEnd) {
    constexpr std::size_t kEndBytes = 22;
    return head.size() >= kEndBytes;
  }
  if (*signature != kLocal) return false;
  // Version needed to extract: 1.0 to 6.3 by APPNOTE, whose low byte is ten times that.
  constexpr std::uint8_t kMaxVersion = 100;
  const auto version = head.get<std::uint8_t>(4);
  const auto name_bytes = head.get<std::uint16_t>(26);
  return version && *version <= kMaxVersion && name_bytes && *name_bytes != 0;
}

bool is_cab(Bytes head) {
  const auto fields = head.fixed<36>(0, "cabinet header");
  return fields && head.chars().starts_with("MSCF") && fields->u32<4>() == 0 &&
         fields->u8<25>() == 1 && fields->u32<16>() >= 36;
}

/// Method 8 is the only one there is; no reserved flag, and a system that is listed.
bool is_gzip(Bytes head) {
  const auto fields = head.fixed<10>(0, "gzip header");
  if (!fields || !head.chars().starts_with("\x1F\x8B\x08")) return false;
  constexpr std::uint8_t kReservedFlags = 0xE0, kMaxSystem = 13, kUnknownSystem = 255;
  const std::uint8_t extra = fields->u8<8>(), system = fields->u8<9>();
  return (fields->u8<3>() & kReservedFlags) == 0 && (extra == 0 || extra == 2 || extra == 4) &&
         (system <= kMaxSystem || system == kUnknownSystem);
}

/// Level, and the number that begins a block or ends the stream: digits of pi, or of its root.
bool is_bzip2(Bytes head) {
  constexpr std::string_view kBlock{"\x31\x41\x59\x26\x53\x59", 6};
  constexpr std::string_view kEnd{"\x17\x72\x45\x38\x50\x90", 6};
  const std::string_view text = head.chars();
  return text.size() >= 10 && text.starts_with("BZh") && text[3] >= '1' && text[3] <= '9' &&
         (text.substr(4, 6) == kBlock || text.substr(4, 6) == kEnd);
}

/// Level 0 and 1 have a checksum over the header, level 2 and 3 the size of the header.
bool is_lzh(Bytes head) {
  const std::string_view method = head.chars().substr(std::min<std::size_t>(2, head.size()), 5);
  if (method.size() != 5 || method.front() != '-' || method.back() != '-') return false;
  const std::string_view kind = method.substr(1, 2);
  if (kind != "lh" && kind != "lz" && kind != "pm") return false;
  constexpr std::size_t kLevelOffset = 20, kFixedBytes = 22;
  if (head.size() < kFixedBytes) return false;
  const std::uint8_t level = *head.get<std::uint8_t>(kLevelOffset);
  if (level == 2) return *head.get<std::uint16_t>(0) >= kFixedBytes;
  if (level == 3) return *head.get<std::uint16_t>(0) == 4;
  if (level > 3) return false;
  const std::size_t bytes = *head.get<std::uint8_t>(0);
  if (bytes < kFixedBytes - 2 || head.size() < bytes + 2) return false;
  unsigned sum = 0;
  for (const std::byte byte : head.tail(2).head(bytes).span())
    sum += std::to_integer<unsigned>(byte);
  return (sum & 0xFF) == *head.get<std::uint8_t>(1);
}

}  // namespace

namespace {
constexpr std::array<std::string_view, 16> kFormatNames{
    "",      "rar", "rar_before_1.5", "zip", "7z",  "cab", "gzip",
    "bzip2", "xz",  "zstd",           "lzh", "ace", "arj", "tar",
    "iso",   "gca"};
}  // namespace

std::string_view to_text(Format format) { return kFormatNames[static_cast<std::size_t>(format)]; }

Format format_named(std::string_view text) {
  const auto found = std::find(kFormatNames.begin(), kFormatNames.end(), text);
  return found == kFormatNames.end()
             ? Format::none
             : static_cast<Format>(static_cast<std::uint8_t>(found - kFormatNames.begin()));
}

bool is_stream(Format format) {
  return format == Format::gzip || format == Format::bzip2 || format == Format::xz ||
         format == Format::zstd;
}

Format format_of(Bytes head) {
  const std::string_view text = head.chars();
  for (const Signature& signature : kSignatures)
    if (text.size() >= signature.offset &&
        text.substr(signature.offset).starts_with(signature.bytes))
      return signature.format;
  if (is_zip(head)) return Format::zip;
  if (is_cab(head)) return Format::cab;
  if (is_gzip(head)) return Format::gzip;
  if (is_bzip2(head)) return Format::bzip2;
  if (is_lzh(head)) return Format::lzh;
  if (is_arj_header(head)) return Format::arj;
  return is_tar_header(head) ? Format::tar : Format::none;
}

Result<bool> is_iso(ByteSource& file) {
  constexpr std::uint64_t kOffset = 0x8000;  ///< the first volume descriptor, sector 16
  std::array<std::byte, 6> descriptor{};
  HOZEN_TRY(const std::size_t count, file.read_some(kOffset, descriptor));
  return Bytes{descriptor}.head(count).chars().substr(std::min<std::size_t>(1, count)) == "CD001";
}

}  // namespace hozen::archive
