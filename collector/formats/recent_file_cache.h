// RecentFileCache.bcf: programs that Windows 7 saw for the first time, until the next inventory.
//
// Source: libyal/dtformats, "RecentFileCache.bcf"; the numbers of the header as observed on Windows
// 7, where they do not change but for the checksum.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/base/bytes.h"

namespace hozen {

/// Entries after which the rest is left out.
constexpr std::size_t kMaxRecentFileEntries = 100'000;

struct RecentFileEntry {
  std::string path{};
  std::uint64_t offset = 0;  ///< bytes from the start of the file
};

struct RecentFileCache {
  std::vector<RecentFileEntry> entries{};
  std::vector<Error> problems{};
};

/// Errc::truncated without a header, Errc::malformed when it begins with another signature.
Result<RecentFileCache> parse_recent_file_cache(Bytes file);
bool looks_like_recent_file_cache(Bytes head);

}  // namespace hozen
