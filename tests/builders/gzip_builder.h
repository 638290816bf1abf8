// gzip members as programs that rotate logs write them.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace hozen::builders {

/// One member that holds `content`.
std::vector<std::byte> gzip_of(std::string_view content);

}  // namespace hozen::builders
