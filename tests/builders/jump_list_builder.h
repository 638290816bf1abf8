// Compound files and jump lists, written from a description.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen::builders {

using ListBytes = std::vector<std::byte>;

/// A compound file of version 3 with these streams; those below 4096 bytes lie in the small stream.
ListBytes compound_file(const std::vector<std::pair<std::string, ListBytes>>& streams);

struct DestListItem {
  std::uint32_t number = 1;
  std::string path{}, host{};
  FileTime last_used{};
  bool is_pinned = false;
  std::uint32_t use_count = 1;
};
/// The stream DestList.
ListBytes dest_list(std::uint32_t version, const std::vector<DestListItem>& items);

struct CustomCategory {
  std::string name{};  ///< "": tasks
  std::vector<ListBytes> links{};
};
ListBytes custom_destinations(const std::vector<CustomCategory>& categories);

}  // namespace hozen::builders
