#include "collector/formats/ntfs_ea.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen::ntfs {
namespace {

/// Next entry, flags, length of the name, length of the value; then the name, a NUL, the value.
constexpr std::size_t kEntryHeader = 8;
/// Entries are aligned to 4: no two begin closer to each other than this.
constexpr std::uint32_t kMinEntryBytes = 12;

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.span().begin(), bytes.span().end(),
                     [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

ExtendedAttributes parse_extended_attributes(Bytes data) {
  ExtendedAttributes found;
  const Bytes all = data.head(kMaxEaBytes);
  if (data.size() > kMaxEaBytes)
    found.problem = Error{Errc::limit, "ntfs extended attributes", data.base() + kMaxEaBytes};
  const auto stop = [&](Error problem) {
    found.problem = std::move(problem);
    return found;
  };
  for (std::uint64_t at = 0; at < all.size();) {
    const Bytes rest = all.tail(at);
    const auto fields = rest.fixed<kEntryHeader>(0, "ntfs extended attribute");
    if (!fields) return stop(fields.error());
    const std::uint32_t next = fields->u32<0>();
    const std::uint32_t name_bytes = fields->u8<5>(), value_bytes = fields->u16<6>();
    const auto name = rest.slice(kEntryHeader, name_bytes, "ntfs extended attribute name");
    if (!name) return stop(name.error());
    const std::uint64_t value_offset = kEntryHeader + name_bytes + 1;
    const auto value = rest.slice(value_offset, value_bytes, "ntfs extended attribute value");
    if (!value) return stop(value.error());
    ExtendedAttribute& entry = found.entries.emplace_back();
    append_wtf8_from_latin1(entry.name, *name);
    entry.flags = fields->u8<4>();
    entry.value_bytes = value_bytes;
    entry.value_offset = at + value_offset;
    // The last one says how long it is, or 0 as programs are given it.
    if (next == 0) {
      const Bytes behind = rest.tail(value_offset + value_bytes);
      if (!is_zero(behind))
        return stop({Errc::malformed, "ntfs extended attributes with bytes behind the last",
                     behind.base()});
      break;
    }
    if (next < kMinEntryBytes || next < value_offset + value_bytes)
      return stop({Errc::malformed, "ntfs extended attribute that overlaps the next", rest.base()});
    at += next;
  }
  return found;
}

}  // namespace hozen::ntfs
