// Scheduled tasks (XML and .job) as JSON lines.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/bytes.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

/// Prints one task_xml or job_file record and one problem record for each problem (fields:
/// docs/records.md). Returns how many problems there were; the Error when the file is none.
Result<std::uint64_t> print_task_xml(Bytes file, std::string_view source, LineBuffer& out);
Result<std::uint64_t> print_job_file(Bytes file, std::string_view source, LineBuffer& out);

}  // namespace hozen::cli
