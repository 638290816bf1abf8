#include "collector/formats/reparse_point.h"

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kHeaderSize = 8;        // tag, data length, reserved
constexpr std::size_t kMountPointHeader = 8;  // substitute and print name: offset and length each
constexpr std::size_t kSymbolicLinkHeader = 12;  // as above, then flags
constexpr std::uint32_t kFlagRelative = 1;

}  // namespace

Result<ReparsePoint> parse_reparse_point(Bytes data) {
  HOZEN_TRY(const auto header, data.fixed<kHeaderSize>(0, "reparse point"));
  ReparsePoint point;
  point.tag = header.u32<0>();
  const bool symbolic = point.tag == kReparseTagSymbolicLink;
  if (!symbolic && point.tag != kReparseTagMountPoint) return point;

  HOZEN_TRY(const Bytes body, data.slice(kHeaderSize, header.u16<4>(), "reparse data"));
  HOZEN_TRY(const auto names, body.fixed<kMountPointHeader>(0, "reparse names"));
  const std::size_t path_buffer = symbolic ? kSymbolicLinkHeader : kMountPointHeader;
  if (symbolic) {
    HOZEN_TRY(const auto link, body.fixed<kSymbolicLinkHeader>(0, "symbolic link"));
    point.relative = (link.u32<8>() & kFlagRelative) != 0;
  }
  const std::uint64_t offset = path_buffer + names.u16<0>();
  HOZEN_TRY(const Bytes target, body.slice(offset, names.u16<2>(), "substitute name"));
  point.target = wtf8_from_utf16le(target);
  return point;
}

}  // namespace hozen
