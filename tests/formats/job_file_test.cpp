#include "collector/formats/job_file.h"

#include <gtest/gtest.h>

#include "tests/builders/task_builder.h"

namespace hozen {
namespace {

using builders::JobText;
using builders::TaskBytes;

JobFile parsed(const TaskBytes& bytes) {
  auto job = parse_job_file(Bytes{bytes});
  EXPECT_TRUE(job) << (job ? "" : job.error().text());
  return job ? *std::move(job) : JobFile{};
}

TEST(JobFile, ReadsEveryPart) {
  const auto bytes = JobText{.parameters = "/x",
                             .folder = "C:\\w",
                             .author = "NetScheduleJobAdd",
                             .comment = "コメント",
                             .flags = job_flag::kHidden,
                             .signature = true}
                         .bytes();
  const JobFile job = parsed(bytes);
  EXPECT_TRUE(job.problems.empty()) << job.problems[0].text();
  EXPECT_EQ(job.product_version, 0x0501);
  EXPECT_EQ(job.id.text(), "{07070707-0707-0707-0707-070707070707}");
  EXPECT_EQ(job.application, "C:\\Windows\\notepad.exe");
  EXPECT_EQ(job.parameters, "/x");
  EXPECT_EQ(job.working_directory, "C:\\w");
  EXPECT_TRUE(job.made_by_at());
  EXPECT_EQ(job.comment, "コメント");
  EXPECT_TRUE(job.has(job_flag::kHidden));
  EXPECT_FALSE(job.has(job_flag::kDisabled));
  EXPECT_EQ(job.status, 0x41300u);
  EXPECT_EQ(job.priority_class, 0x20u);
  EXPECT_EQ(job.max_run_time_ms, 259'200'000u);
  EXPECT_EQ(job.last_run, "2024-03-01T12:30:15");
  EXPECT_EQ(job.user_data_bytes, 2u);
  EXPECT_EQ(job.start_error, 0x80070002u);
  EXPECT_TRUE(job.signature);
  ASSERT_EQ(job.triggers.size(), 1u);
  const TaskTrigger& trigger = job.triggers[0];
  EXPECT_EQ(trigger.kind, "CalendarTrigger");
  EXPECT_EQ(trigger.schedule, "ScheduleByDay DaysInterval=2");
  EXPECT_EQ(trigger.start, "2024-03-01T09:30:00");
  EXPECT_EQ(trigger.end, "2024-04-01T00:00:00");
  EXPECT_EQ(trigger.repetition_interval_s, 600u);
  EXPECT_EQ(trigger.repetition_duration_s, 86'400u);
  EXPECT_EQ(trigger.enabled, true);
}

TEST(JobFile, KnowsItsKindByItsBeginning) {
  EXPECT_TRUE(looks_like_job_file(Bytes{JobText{}.bytes()}));
  for (const auto product : std::initializer_list<std::uint16_t>{0x0400, 0x0601, 0x0A00})
    EXPECT_TRUE(looks_like_job_file(Bytes{JobText{.product = product}.bytes()}));
  EXPECT_FALSE(looks_like_job_file(Bytes{JobText{.product = 0x5A4D}.bytes()}));
  EXPECT_FALSE(looks_like_job_file(Bytes{}));
}

TEST(JobFile, CutAtEveryLengthItKeepsWhatIsThere) {
  const auto whole = JobText{.parameters = "/x"}.bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto job = parse_job_file(Bytes{whole}.head(size));
    EXPECT_EQ(job.has_value(), size >= 68) << size;
    EXPECT_TRUE(!job || !job->problems.empty()) << size;
  }
}

TEST(JobFile, BytesBehindItAreAProblem) {
  auto bytes = JobText{}.bytes();
  bytes.resize(bytes.size() + 10);
  const JobFile job = parsed(bytes);
  EXPECT_EQ(job.problems.size(), 1u);
  EXPECT_EQ(job.triggers.size(), 1u);
}

TEST(JobFile, ManyTriggersAreCapped) {
  const JobFile job = parsed(JobText{.triggers = 300}.bytes());
  EXPECT_EQ(job.triggers.size(), kMaxTaskTriggers);
  EXPECT_EQ(job.problems.at(0).code, Errc::limit);
}

TEST(JobFile, ChangedAtEveryByteItNeverCrashes) {
  auto bytes = JobText{.parameters = "/x", .signature = true}.bytes();
  for (auto& byte : bytes)
    for (const int change : {0x01, 0x80, 0xFF}) {
      const std::byte before = byte;
      byte ^= static_cast<std::byte>(change);
      static_cast<void>(parse_job_file(Bytes{bytes}));
      byte = before;
    }
}

TEST(JobFile, AnotherFormatIsRefused) {
  auto bytes = JobText{}.bytes();
  bytes[2] = std::byte{2};
  const auto job = parse_job_file(Bytes{bytes});
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().code, Errc::malformed);
}

}  // namespace
}  // namespace hozen
