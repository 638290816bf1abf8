// The program's log: what the program did. What the evidence says goes into the bundle instead.
#pragma once

#include <spdlog/logger.h>

#include <functional>
#include <optional>
#include <string_view>

#include "collector/base/text.h"  // quoted(): the only way for text of the evidence into a message

namespace hozen {

enum class LogLevel { trace, debug, info, warn, error, off };
std::string_view to_text(LogLevel level);
/// The level of that name; nothing for another text.
std::optional<LogLevel> parse_log_level(std::string_view text);

/// The logger of that name ("engine", "source", "delivery", "cli", "module.<name>"), made on first
/// use. Lives until the program ends; may be used from any thread.
spdlog::logger& logger(std::string_view name);

/// What standard error shows from now on (default: info). A line: time, level, logger, message.
void set_console_log_level(LogLevel level);

/// Receives each message of `level` and above as one JSON object without a line end:
/// {"time", "level", "logger", "message"}. Called by one thread at a time, in order, with a lock
/// held: it must not log. An empty function ends it.
using LogLineSink = std::function<void(std::string_view json_line)>;
void set_log_line_sink(LogLineSink sink, LogLevel level = LogLevel::info);

}  // namespace hozen
