#include "collector/base/sid.h"

#include <charconv>

namespace hozen {
namespace {

constexpr std::size_t kHeaderBytes = 8;  ///< revision, count, six bytes of authority
constexpr std::uint8_t kMaxSubAuthorities = 15;

void append_number(std::string& out, std::uint64_t value, int base = 10) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, base).ptr);
}

}  // namespace

Result<std::string> parse_sid(Bytes sid) {
  HOZEN_TRY(const auto header, sid.fixed<kHeaderBytes>(0, "sid header"));
  if (header.u8<0>() != 1) return Error{Errc::malformed, "sid revision", sid.base()};
  const std::uint8_t count = header.u8<1>();
  if (count > kMaxSubAuthorities)
    return Error{Errc::malformed, "sid sub-authority count", sid.base() + 1};

  std::uint64_t authority = 0;  // big-endian, unlike everything else in Windows
  for (const std::byte b : header.raw<2, 6>())
    authority = authority << 8 | static_cast<std::uint8_t>(b);
  std::string text = "S-1-";
  if (authority >> 32 != 0) {
    text += "0x";  // MS-DTYP 2.4.2.1: 2^32 and above in hexadecimal
    append_number(text, authority, 16);
  } else {
    append_number(text, authority);
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = kHeaderBytes + 4 * i;
    const auto sub_authority = sid.get<std::uint32_t>(offset);
    if (!sub_authority) return Error{Errc::truncated, "sid sub-authority", sid.base() + offset};
    text += '-';
    append_number(text, *sub_authority);
  }
  return text;
}

}  // namespace hozen
