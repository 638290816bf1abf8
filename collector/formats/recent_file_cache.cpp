#include "collector/formats/recent_file_cache.h"

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint32_t kSignature = 0xFFEE'FFFE;
constexpr std::size_t kHeaderBytes = 20;
constexpr std::uint32_t kMaxPathUnits = 32'767;

}  // namespace

bool looks_like_recent_file_cache(Bytes head) { return head.get<std::uint32_t>(0) == kSignature; }

Result<RecentFileCache> parse_recent_file_cache(Bytes file) {
  if (file.size() < kHeaderBytes)
    return Error{Errc::truncated, "recent file cache header", file.base()};
  if (!looks_like_recent_file_cache(file))
    return Error{Errc::malformed, "recent file cache signature", file.base()};
  RecentFileCache out;
  for (std::uint64_t at = kHeaderBytes; at < file.size();) {
    const auto units = file.get<std::uint32_t>(at);
    const bool fits = units && *units <= kMaxPathUnits &&
                      file.contains(at + sizeof *units, std::uint64_t{*units + 1} * 2);
    if (!fits || out.entries.size() >= kMaxRecentFileEntries) {
      out.problems.push_back(
          {fits ? Errc::limit : Errc::truncated, "recent file cache entry", file.base() + at});
      break;
    }
    const Bytes path = file.tail(at + sizeof *units).head(std::uint64_t{*units} * 2);
    out.entries.push_back({wtf8_from_utf16le(path), at});
    at += sizeof *units + std::uint64_t{*units + 1} * 2;
  }
  return out;
}

}  // namespace hozen
