// `hozen parse` of access logs of web servers and proxies.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

/// Prints each line that tells of a request, then the log. Returns the number of problems.
Result<std::uint64_t> print_web_log(ByteSource& file, std::string_view source, LineBuffer& out);

}  // namespace hozen::cli
