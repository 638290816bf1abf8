#include "collector/engine/bundle_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "collector/engine/problem_log.h"
#include "tests/engine/fake_bundle.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class BundleFeedTest : public ::testing::Test {
 protected:
  fake::FakeBundle bundle;
  std::stop_source stop;
  BundleFeed feed{bundle, stop};
};

TEST_F(BundleFeedTest, WritesWholeLinesInTheirOrderAndClosesTheSegment) {
  feed.line("records/a", "{1}");
  feed.line("records/b", "{2}");
  feed.line("records/a", "{3}");
  feed.close("records/a");
  EXPECT_EQ(bundle.streams["records/a"], "{1}\n{3}\n");
  EXPECT_THAT(bundle.closed, Contains("records/a"));
  EXPECT_EQ(feed.lines("records/a"), 2u);
  feed.settle();
  EXPECT_EQ(bundle.streams["records/b"], "{2}\n");
}

TEST_F(BundleFeedTest, DoesNotHoldMuch) {
  const std::string line(1000, 'x');
  for (int i = 0; i < 100; ++i) feed.line("records/a", line);
  EXPECT_GT(bundle.streams["records/a"].size(), 60'000u);
}

TEST_F(BundleFeedTest, TakesLogLinesFromAnyThread) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 100; ++j) feed.log_line("{}");
    });
  for (auto& thread : threads) thread.join();
  feed.settle();
  EXPECT_EQ(bundle.streams["log"].size(), 400u * 3);
}

TEST_F(BundleFeedTest, RemembersTheFirstFailureAndAsksTheRunToStop) {
  bundle.broken = true;
  feed.entry("start.json", "{}");
  ASSERT_TRUE(feed.failure());
  EXPECT_TRUE(stop.stop_requested());
  bundle.broken = false;
  feed.line("records/a", "{1}");
  feed.settle();
  EXPECT_TRUE(bundle.streams.empty());
  MemorySource content{{}};
  EXPECT_FALSE(feed.file(EvidencePath{"C:"} / "a", content, {}, 1));
}

TEST_F(BundleFeedTest, ProblemsBecomeRecordsAlsoThoseFromBeforeTheBundle) {
  ProblemLog log;
  log.add("source", View::raw, Error{Errc::malformed, "regf base block", 4, ""});
  log.open(feed);
  log.add("run_keys", View::api, Error{Errc::io, "key", {}, "NtOpenKey: 0xC0000022"});
  feed.settle();
  EXPECT_EQ(
      bundle.streams["records/problems"],
      "{\"record\":\"problems-1\",\"kind\":\"problem\",\"from\":\"source\",\"view\":\"raw\","
      "\"error\":{\"what\":\"regf base block\",\"kind\":\"malformed\",\"offset\":4}}\n"
      "{\"record\":\"problems-2\",\"kind\":\"problem\",\"from\":\"run_keys\",\"view\":\"api\","
      "\"error\":{\"what\":\"key\",\"kind\":\"io\",\"call\":\"NtOpenKey\",\"code\":"
      "\"0xC0000022\"}}\n");
  EXPECT_EQ(log.count(), 2u);
}

TEST_F(BundleFeedTest, AFloodOfProblemsIsCountedNotListed) {
  ProblemLog log;
  log.open(feed);
  for (int i = 0; i < 5000; ++i) log.add("a", View::raw, Error{Errc::malformed, "cell"});
  log.add("b", View::raw, Error{Errc::malformed, "cell"});
  feed.settle();
  const std::string& lines = bundle.streams["records/problems"];
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1001);
  EXPECT_THAT(lines, HasSubstr("further_not_listed"));
  EXPECT_EQ(log.count(), 5001u);
  EXPECT_THAT(log.first(), SizeIs(50));
}

}  // namespace
}  // namespace hozen
