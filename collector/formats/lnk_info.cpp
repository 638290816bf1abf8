// LinkInfo (MS-SHLLINK 2.3): volume, share and path of the target.
#include "collector/formats/lnk_impl.h"

namespace hozen::lnk {
namespace {

constexpr std::uint32_t kHasVolumeAndPath = 0x1;
constexpr std::uint32_t kHasShare = 0x2;
/// Header size from which on the offsets of the Unicode texts are there.
constexpr std::uint32_t kUnicodeHeader = 0x24;
/// Offset of the ANSI label that says: the Unicode offset follows instead.
constexpr std::uint32_t kUnicodeLabel = 0x14;
/// Offset of the ANSI net name above which the Unicode offsets are there.
constexpr std::uint32_t kUnicodeShare = 0x14;

/// A sub-structure of `data` that begins with its size.
Bytes sized(Bytes data, std::uint64_t offset, std::string_view what, std::vector<Error>& problems) {
  const auto size = data.get<std::uint32_t>(offset);
  if (!size || !data.contains(offset, *size))
    problems.push_back({Errc::truncated, std::string{what}, data.base() + offset});
  return data.tail(offset).head(size.value_or(0));
}

LinkVolume read_volume(Bytes data, std::vector<Error>& problems) {
  LinkVolume volume;
  volume.drive_type = data.get<std::uint32_t>(4).value_or(0);
  volume.serial = data.get<std::uint32_t>(8).value_or(0);
  const auto label = data.get<std::uint32_t>(12);
  if (!label) {
    problems.push_back({Errc::truncated, "link volume", data.base()});
  } else if (*label == kUnicodeLabel) {
    const auto wide = data.get<std::uint32_t>(16).value_or(0);
    volume.label = read_text(data, wide, true, "link volume label", problems);
  } else {
    volume.label = read_text(data, *label, false, "link volume label", problems);
  }
  return volume;
}

LinkShare read_share(Bytes data, std::vector<Error>& problems) {
  constexpr std::uint32_t kValidDevice = 0x1, kValidNetType = 0x2;
  LinkShare share;
  const std::uint32_t flags = data.get<std::uint32_t>(4).value_or(0);
  const auto name = data.get<std::uint32_t>(8);
  const auto device = data.get<std::uint32_t>(12);
  if (!name || !device) {
    problems.push_back({Errc::truncated, "link share", data.base()});
    return share;
  }
  if ((flags & kValidNetType) != 0) share.provider_type = data.get<std::uint32_t>(16);
  const bool unicode = *name > kUnicodeShare && data.contains(20, 8);
  const auto pick = [&](std::uint32_t ansi, std::uint64_t wide_field, std::string_view what) {
    const std::uint32_t wide = unicode ? data.get<std::uint32_t>(wide_field).value_or(0) : 0;
    return wide != 0 ? read_text(data, wide, true, what, problems)
                     : read_text(data, ansi, false, what, problems);
  };
  share.net_name = pick(*name, 20, "link share name");
  if ((flags & kValidDevice) != 0 && *device != 0)
    share.device_name = pick(*device, 24, "link share device");
  return share;
}

}  // namespace

DecodedText read_text(Bytes data, std::uint64_t offset, bool unicode, std::string_view what,
                      std::vector<Error>& problems) {
  const Bytes rest = data.tail(offset);
  bool ended = false;
  if (unicode) {
    for (std::uint64_t at = 0; !ended && rest.contains(at, 2); at += 2)
      ended = *rest.get<std::uint16_t>(at) == 0;
  } else {
    ended = rest.chars().find('\0') != std::string_view::npos;
  }
  if (!ended) problems.push_back({Errc::truncated, std::string{what}, data.base() + offset});
  return unicode ? decode_utf16(rest, true) : decode_ansi(rest, true);
}

LinkInfo read_link_info(Bytes data, std::vector<Error>& problems) {
  LinkInfo info;
  const auto header = data.fixed<0x1C>(0, "link info header");
  if (!header) {
    problems.push_back(header.error());
    return info;
  }
  const bool unicode = header->u32<4>() >= kUnicodeHeader;
  const auto path = [&](std::uint32_t ansi, std::uint64_t wide_field, std::string_view what) {
    const std::uint32_t wide = unicode ? data.get<std::uint32_t>(wide_field).value_or(0) : 0;
    return wide != 0 ? read_text(data, wide, true, what, problems)
                     : read_text(data, ansi, false, what, problems);
  };
  if ((header->u32<8>() & kHasVolumeAndPath) != 0) {
    info.volume = read_volume(sized(data, header->u32<12>(), "link volume", problems), problems);
    info.local_base_path = path(header->u32<16>(), 0x1C, "link local path");
  }
  if ((header->u32<8>() & kHasShare) != 0)
    info.share = read_share(sized(data, header->u32<20>(), "link share", problems), problems);
  if (header->u32<24>() != 0)
    info.common_path_suffix = path(header->u32<24>(), 0x20, "link path suffix");
  return info;
}

}  // namespace hozen::lnk
