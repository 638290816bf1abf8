// Data of the value AppCompatCache in each of its forms, written from a description.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/formats/shimcache.h"

namespace hozen::builders {

struct ShimCacheItem {
  std::string path{};
  FileTime modified{};
  std::uint32_t insert_flags = 0, shim_flags = 0;
  std::uint64_t file_size = 0;
  FileTime updated{};
  std::string package{};
  std::uint32_t last_number = 0;
};

std::vector<std::byte> shimcache(ShimCacheForm form, bool is_64_bit,
                                 const std::vector<ShimCacheItem>& items);

}  // namespace hozen::builders
