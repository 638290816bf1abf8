#include "collector/formats/service_values.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/builders/regf_builder.h"

namespace hozen {
namespace {

std::vector<std::byte> hex(std::string_view text) { return builders::binary(text).bytes; }

// reset after a day, no texts, three actions: restart after a minute, command at once, nothing.
const std::vector<std::byte> kFailure =
    hex("80 51 01 00 00 00 00 00 01 00 00 00 03 00 00 00 14 00 00 00 "
        "01 00 00 00 60 ea 00 00 03 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");

TEST(FailureActions, AreReadInOrder) {
  const auto failure = parse_failure_actions(Bytes{kFailure});
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->reset_period_s, 86'400u);
  EXPECT_EQ(failure->actions, (std::vector<FailureAction>{{1, 60'000}, {3, 0}, {0, 0}}));
  EXPECT_TRUE(failure->runs_command());
}

TEST(FailureActions, WithoutACommandRunNone) {
  auto data = kFailure;
  data[28] = std::byte{1};
  EXPECT_FALSE(parse_failure_actions(Bytes{data})->runs_command());
  data[12] = std::byte{0};  // no action at all
  EXPECT_TRUE(parse_failure_actions(Bytes{data})->actions.empty());
}

TEST(FailureActions, PointersOfMemoryDoNotMatter) {
  auto data = kFailure;
  for (std::size_t i = 16; i < 20; ++i) data[i] = std::byte{0xF9};
  EXPECT_EQ(parse_failure_actions(Bytes{data})->actions.size(), 3u);
}

TEST(FailureActions, TruncatedAtEveryLengthKeepWhatIsThere) {
  constexpr std::size_t kHeader = 20, kAction = 8;
  for (std::size_t size = 0; size < kFailure.size(); ++size) {
    const auto failure = parse_failure_actions(Bytes{std::span{kFailure}.first(size)});
    ASSERT_EQ(failure.has_value(), size >= kHeader) << size;
    const auto problem = failure ? failure->problem : std::optional{failure.error()};
    ASSERT_TRUE(problem) << size;
    EXPECT_EQ(problem->code, Errc::truncated);
    EXPECT_EQ(failure ? failure->actions.size() : 0, (std::max(size, kHeader) - kHeader) / kAction)
        << size;
  }
  EXPECT_FALSE(parse_failure_actions(Bytes{kFailure})->problem);
}

TEST(FailureActions, ACountWithoutEndIsCut) {
  auto data = kFailure;
  data[12] = data[13] = data[14] = data[15] = std::byte{0xFF};
  auto failure = parse_failure_actions(Bytes{data});
  ASSERT_TRUE(failure && failure->problem);
  EXPECT_TRUE(failure->runs_command());
  data.resize(20 + 8 * (kMaxFailureActions + 5));
  failure = parse_failure_actions(Bytes{data});
  ASSERT_TRUE(failure && failure->problem);
  EXPECT_EQ(failure->problem->code, Errc::limit);
  EXPECT_EQ(failure->actions.size(), kMaxFailureActions);
}

TEST(FailureActions, HaveNames) {
  EXPECT_EQ(failure_action_text(0), "none");
  EXPECT_EQ(failure_action_text(1), "restart");
  EXPECT_EQ(failure_action_text(2), "reboot");
  EXPECT_EQ(failure_action_text(3), "run_command");
  EXPECT_EQ(failure_action_text(4), "unknown");
}

TEST(ServiceTrigger, TypesAndActionsHaveNames) {
  EXPECT_EQ(trigger_type_text(2), "ip_address_availability");
  EXPECT_EQ(trigger_type_text(20), "etw_event");
  EXPECT_EQ(trigger_type_text(8), "unknown");
  EXPECT_EQ(trigger_action_text(1), "start");
  EXPECT_EQ(trigger_action_text(2), "stop");
  EXPECT_EQ(trigger_action_text(3), "unknown");
}

TEST(ServiceTrigger, KnownSubtypesHaveNames) {
  // Trigger 0 of the service Browser in a SYSTEM hive of Windows 7.
  const auto bytes = hex("07 9e 56 b7 21 84 e0 4e ad 10 86 91 5a fd ad 09");
  EXPECT_EQ(trigger_subtype_text(Guid::from(std::span<const std::byte, 16>{bytes})), "port_opened");
  EXPECT_EQ(trigger_subtype_text(Guid{}), "");
}

TEST(ServiceTrigger, DataAreText) {
  EXPECT_EQ(trigger_data_text(2, Bytes{builders::multi_sz({"139", "TCP", "System"}).bytes}),
            "139; TCP; System");
  EXPECT_EQ(trigger_data_text(3, Bytes{hex("05")}), "5");
  EXPECT_EQ(trigger_data_text(4, Bytes{hex("10 00 00 00 00 00 00 00")}), "16");
  EXPECT_EQ(trigger_data_text(5, Bytes{hex("10")}), "10");
  EXPECT_EQ(trigger_data_text(1, Bytes{hex("75 d0")}), "75d0");
  EXPECT_EQ(trigger_data_text(2, Bytes{}), "");
  EXPECT_EQ(trigger_data_text(2, Bytes{hex("00 d8 61")}), "\xED\xA0\x80");
}

TEST(ServiceTrigger, DataAreCut) {
  const std::vector<std::byte> data(kMaxTriggerData * 4, std::byte{0x61});
  EXPECT_EQ(trigger_data_text(1, Bytes{data}).size(), 2 * kMaxTriggerData);
}

}  // namespace
}  // namespace hozen
