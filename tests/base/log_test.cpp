#include "collector/base/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override { set_console_log_level(LogLevel::off); }
  void TearDown() override {
    set_log_line_sink({});
    set_console_log_level(LogLevel::info);
  }
  void record(LogLevel level) {
    set_log_line_sink([this](std::string_view line) { lines_.emplace_back(line); }, level);
  }
  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesOneJsonObjectAMessage) {
  record(LogLevel::info);
  logger("module.run_keys").warn("skipped path={}", quoted("C:\\a\n\"b\""));
  ASSERT_EQ(lines_.size(), 1u);
  const auto line = nlohmann::json::parse(lines_[0]);
  EXPECT_EQ(line.size(), 4u);
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["logger"], "module.run_keys");
  EXPECT_EQ(line["message"], "skipped path=\"C:\\a\\u{000A}\\u{0022}b\\u{0022}\"");
  const auto time = parse_iso8601(line["time"].get<std::string>());
  ASSERT_TRUE(time);
  EXPECT_GT(time->iso8601(), "2024");
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
}

TEST_F(LogTest, TheLevelDecides) {
  record(LogLevel::warn);
  spdlog::logger& log = logger("engine");
  EXPECT_FALSE(log.should_log(spdlog::level::info));
  log.info("no");
  log.error("yes");
  record(LogLevel::trace);
  log.trace("yes");
  set_log_line_sink({});
  log.error("no");
  ASSERT_EQ(lines_.size(), 2u);
}

TEST_F(LogTest, ConsoleAndLinesHaveTheirOwnLevels) {
  set_console_log_level(LogLevel::error);
  record(LogLevel::debug);
  testing::internal::CaptureStderr();
  logger("engine").debug("line only");
  logger("engine").error("failed code={}", 5);
  const std::string console = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines_.size(), 2u);
  EXPECT_EQ(console.find("line only"), std::string::npos);
  EXPECT_NE(console.find("Z error engine: failed code=5"), std::string::npos) << console;
}

TEST_F(LogTest, ALoggerIsMadeOnce) {
  EXPECT_EQ(&logger("engine"), &logger("engine"));
  EXPECT_NE(&logger("engine"), &logger("source"));
}

TEST_F(LogTest, ThreadsDoNotMixLines) {
  record(LogLevel::info);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i) logger("engine").info("i={}", i);
    });
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(lines_.size(), 800u);
  for (const auto& line : lines_) EXPECT_TRUE(nlohmann::json::accept(line));
}

TEST(LogLevelText, NamesRoundTrip) {
  for (const LogLevel level : {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn,
                               LogLevel::error, LogLevel::off})
    EXPECT_EQ(parse_log_level(to_text(level)), level);
  EXPECT_EQ(parse_log_level("INFO"), std::nullopt);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
}

}  // namespace
}  // namespace hozen
