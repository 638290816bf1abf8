// The records of an event log of Windows 2000 to Server 2003 (.evt) as JSON lines or XML.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

/// Prints event_log, event, problem and event_log_end records, in the form of those of later logs
/// (parse_event_log.h). Returns how many problems there were; an Error when the file is no such
/// log.
Result<std::uint64_t> print_evt(ByteSource& file, std::string_view source, LineBuffer& out);

/// The same as the Event element of each record on a line; which log they are of, which of them
/// were recovered, and problems are comments.
Result<std::uint64_t> print_evt_xml(ByteSource& file, std::string_view source, LineBuffer& out);

}  // namespace hozen::cli
