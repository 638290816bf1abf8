#include "collector/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "collector/base/filetime.h"
#include "collector/base/json_text.h"

namespace hozen {
namespace {

struct LevelName {
  LogLevel level;
  std::string_view name;
  spdlog::level::level_enum native;
};
constexpr std::array<LevelName, 6> kLevels{{
    {LogLevel::trace, "trace", spdlog::level::trace},
    {LogLevel::debug, "debug", spdlog::level::debug},
    {LogLevel::info, "info", spdlog::level::info},
    {LogLevel::warn, "warn", spdlog::level::warn},
    {LogLevel::error, "error", spdlog::level::err},
    {LogLevel::off, "off", spdlog::level::off},
}};

const LevelName& entry_of(LogLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

std::string_view name_of(spdlog::level::level_enum native) {
  for (const LevelName& entry : kLevels)
    if (entry.native == native) return entry.name;
  return "error";  // spdlog's "critical", which we do not use
}

FileTime filetime_of(spdlog::log_clock::time_point time) {
  using std::chrono::nanoseconds;
  const auto since_1970 = std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count();
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  return filetime_from_unix(since_1970 / kNanosecondsPerSecond,
                            static_cast<std::uint32_t>(since_1970 % kNanosecondsPerSecond));
}

/// Hands each message on as a JSON line.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void replace(LogLineSink receiver, spdlog::level::level_enum level) {
    const std::lock_guard lock{mutex_};
    set_level(receiver ? level : spdlog::level::off);
    receiver_ = std::move(receiver);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!receiver_) return;
    line_ = "{\"time\":";
    append_json_time(line_, filetime_of(message.time));
    line_ += ",\"level\":";
    append_json_string(line_, name_of(message.level));
    line_ += ",\"logger\":";
    append_json_string(line_, {message.logger_name.data(), message.logger_name.size()});
    line_ += ",\"message\":";
    append_json_string(line_, {message.payload.data(), message.payload.size()});
    line_ += '}';
    receiver_(line_);
  }
  void flush_() override {}

 private:
  LogLineSink receiver_;
  std::string line_;
};

/// Standard error, through the C library at the time of the message: a handle that is kept, as the
/// library's own sink does on Windows, is stale once standard error was redirected.
class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
  }
  void flush_() override { std::fflush(stderr); }
};

/// All loggers and their two sinks. Never destroyed: a destructor elsewhere may still log.
class Log {
 public:
  static Log& instance() {
    static Log* const log = new Log;
    return *log;
  }

  spdlog::logger& logger(std::string_view name) {
    const std::lock_guard lock{mutex_};
    const auto found = loggers_.find(name);
    if (found != loggers_.end()) return *found->second;
    const std::array<spdlog::sink_ptr, 2> sinks{console_, lines_};
    auto made = std::make_unique<spdlog::logger>(std::string{name}, sinks.begin(), sinks.end());
    made->set_level(level_);
    return *loggers_.emplace(std::string{name}, std::move(made)).first->second;
  }

  void set_console_level(spdlog::level::level_enum level) {
    const std::lock_guard lock{mutex_};
    console_->set_level(level);
    update_level();
  }

  void set_line_sink(LogLineSink sink, spdlog::level::level_enum level) {
    const std::lock_guard lock{mutex_};
    lines_->replace(std::move(sink), level);
    update_level();
  }

 private:
  Log() {
    console_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %l %n: %v", spdlog::pattern_time_type::utc, "\n"));
    lines_->set_level(spdlog::level::off);
    console_->set_level(level_);
  }

  /// Messages that no sink wants are not even formatted.
  void update_level() {
    level_ = std::min(console_->level(), lines_->level());
    for (auto& [name, logger] : loggers_) logger->set_level(level_);
  }

  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<spdlog::logger>, std::less<>> loggers_;
  spdlog::level::level_enum level_ = spdlog::level::info;
  std::shared_ptr<ConsoleSink> console_ = std::make_shared<ConsoleSink>();
  std::shared_ptr<LineSink> lines_ = std::make_shared<LineSink>();
};

}  // namespace

std::string_view to_text(LogLevel level) { return entry_of(level).name; }

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (const LevelName& entry : kLevels)
    if (entry.name == text) return entry.level;
  return std::nullopt;
}

spdlog::logger& logger(std::string_view name) { return Log::instance().logger(name); }

void set_console_log_level(LogLevel level) {
  Log::instance().set_console_level(entry_of(level).native);
}

void set_log_line_sink(LogLineSink sink, LogLevel level) {
  Log::instance().set_line_sink(std::move(sink), entry_of(level).native);
}

}  // namespace hozen
