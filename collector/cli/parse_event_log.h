// The records of an event log (.evtx) as JSON lines or XML.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/cli/parse_hive.h"

namespace hozen::cli {

/// Prints event_log, event, event_log_chunk, problem and event_log_end records (fields:
/// docs/records.md). Returns how many problems there were; an Error when the file is no event log.
Result<std::uint64_t> print_event_log(ByteSource& file, std::string_view source, LineBuffer& out);

/// What stands around the events of all logs that are printed as XML.
constexpr std::string_view kEventsXmlBegin =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Events>\n";
constexpr std::string_view kEventsXmlEnd = "</Events>\n";

/// Prints the Event element of each record on a line; which log they are of, which of them were
/// recovered, and problems are comments. Returns how many problems there were.
Result<std::uint64_t> print_event_log_xml(ByteSource& file, std::string_view source,
                                          LineBuffer& out);

}  // namespace hozen::cli
