// RecentFileCache.bcf, written from the paths in it.
#pragma once

#include <string>
#include <vector>

#include "collector/base/text.h"
#include "tests/builders/task_builder.h"

namespace hozen::builders {

inline TaskBytes recent_file_cache(const std::vector<std::string>& paths) {
  TaskBlob blob;
  blob.u32(0xFFEEFFFE).u32(0x2211).u32(3).u32(1).u32(0x12345678);
  for (const std::string& path : paths)
    blob.u32(static_cast<std::uint32_t>(utf16_length(path))).utf16(path).u16(0);
  return blob.bytes();
}

}  // namespace hozen::builders
