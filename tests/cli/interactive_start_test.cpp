#include "collector/cli/interactive_start.h"

#include <gtest/gtest.h>

#include "collector/cli/elevation.h"
#include "collector/cli/exit_code.h"

namespace hozen::cli {
namespace {

/// A person with these answers before the window, and what they got to see.
class Conversation {
 public:
  Conversation(bool elevated, std::vector<std::string> answers,
               std::vector<Relaunch> relaunches = {})
      : answers_{std::move(answers)}, relaunches_{std::move(relaunches)} {
    desk_.privileges.elevated = elevated;
    desk_.folder = "C:\\証拠";
    desk_.say = [this](const std::string& text) { said += text; };
    desk_.read_line = [this]() -> std::optional<std::string> {
      if (next_answer_ == answers_.size()) return std::nullopt;
      return answers_[next_answer_++];
    };
    desk_.relaunch_elevated = [this] {
      return next_relaunch_ < relaunches_.size() ? relaunches_[next_relaunch_++] : Relaunch::failed;
    };
    desk_.run = [this](const std::vector<std::string>& arguments) {
      run_with = arguments;
      return run_result;
    };
  }
  int start() { return interactive_start(desk_); }
  std::size_t answers_used() const { return next_answer_; }

  std::string said;
  std::vector<std::string> run_with;
  int run_result = kExitComplete;

 private:
  InteractiveDesk desk_;
  std::vector<std::string> answers_;
  std::vector<Relaunch> relaunches_;
  std::size_t next_answer_ = 0, next_relaunch_ = 0;
};

using Arguments = std::vector<std::string>;

TEST(InteractiveStart, WithRightsCollectsAtOnceAndHoldsTheWindow) {
  Conversation conversation{true, {"\r\n"}};
  EXPECT_EQ(conversation.start(), kExitComplete);
  EXPECT_EQ(conversation.run_with, (Arguments{"hozen", "collect", "--output", "C:\\証拠"}));
  EXPECT_EQ(conversation.answers_used(), 1u);
  EXPECT_NE(conversation.said.find("Press Enter to close"), std::string::npos);
}

TEST(InteractiveStart, EnterAsksWindowsForRightsAndLeavesTheRestToTheOtherProcess) {
  Conversation conversation{false, {"\r\n"}, {Relaunch::started}};
  EXPECT_EQ(conversation.start(), kExitComplete);
  EXPECT_TRUE(conversation.run_with.empty());
  EXPECT_NE(conversation.said.find("SAM"), std::string::npos);
}

TEST(InteractiveStart, WhenRightsAreNotGivenItAsksAgain) {
  Conversation conversation{false, {"\r\n", "u\r\n", "\r\n"}, {Relaunch::declined}};
  EXPECT_EQ(conversation.start(), kExitComplete);
  EXPECT_NE(conversation.said.find("were not given"), std::string::npos);
  EXPECT_EQ(conversation.run_with,
            (Arguments{"hozen", "collect", "--output", "C:\\証拠", "--unprivileged"}));
}

TEST(InteractiveStart, QuittingCollectsNothing) {
  for (const Arguments& answers :
       {Arguments{"Q\r\n"}, Arguments{}, Arguments{"what?\r\n", " q "}}) {
    Conversation conversation{false, answers};
    EXPECT_EQ(conversation.start(), kExitPrivilege);
    EXPECT_TRUE(conversation.run_with.empty());
  }
}

TEST(InteractiveStart, EndsWhenTheAnswersNeverMakeSense) {
  Conversation conversation{false, Arguments(1000, "x"), std::vector<Relaunch>(1000)};
  EXPECT_EQ(conversation.start(), kExitPrivilege);
  Conversation declining{false, Arguments(1000, ""),
                         std::vector<Relaunch>(1000, Relaunch::declined)};
  EXPECT_EQ(declining.start(), kExitPrivilege);
}

TEST(InteractiveStart, SaysWhatAFailureMeans) {
  Conversation conversation{true, {"\r\n"}};
  conversation.run_result = kExitOutput;
  EXPECT_EQ(conversation.start(), kExitOutput);
  EXPECT_NE(conversation.said.find("could not be written"), std::string::npos);
}

TEST(Elevation, ALiveCollectionWithoutRightsIsRefusedUnlessAsked) {
  Privileges plain;
  const auto refusal = refuse_without_rights(true, false, plain);
  ASSERT_TRUE(refusal);
  EXPECT_NE(refusal->find("SECURITY"), std::string::npos);
  EXPECT_NE(refusal->find("--unprivileged"), std::string::npos);
  EXPECT_NE(refusal->find("Run as administrator"), std::string::npos);
  EXPECT_FALSE(refuse_without_rights(true, true, plain));
  EXPECT_FALSE(refuse_without_rights(false, false, plain));
  Privileges full;
  full.elevated = true;
  EXPECT_FALSE(refuse_without_rights(true, false, full));
}

TEST(Elevation, SaysWhatIsOutOfReach) {
  Privileges full;
  full.elevated = true;
  EXPECT_EQ(out_of_reach(full), "");
  full.refused = {"SeBackupPrivilege"};
  EXPECT_NE(out_of_reach(full).find("SeBackupPrivilege"), std::string::npos);
}

}  // namespace
}  // namespace hozen::cli
