// A running system whose registry API shows something else than its hive files, collected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/source/live_state.h"
#include "tests/engine/run_bundle.h"
#include "tests/modules/ordinary_task.h"
#include "tests/modules/service_cases.h"

namespace hozen {
namespace {

using test::Json;
using ::testing::HasSubstr;

constexpr std::string_view kRun = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";

/// What the hive files of a machine hold, and what its API tells.
class TwoViewsTest : public ::testing::Test {
 protected:
  TwoViewsTest() {
    for (fake::FakeWindows* one : {&raw, &api}) {
      one->program("C:\\Program Files\\Vendor\\x.exe");
      add(*one, "Vendor", "\"C:\\Program Files\\Vendor\\x.exe\"");
      one->value(kRun, "Vendor", fake::sz("\"C:\\Program Files\\Vendor\\x.exe\""));
    }
  }
  /// The findings of these rules, "rule severity subject".
  std::vector<std::string> run(const ModuleSpec& module, const LiveState* state = nullptr) {
    const fake::Machine running = api.machine();
    const auto source = raw.source();
    source->be_live(*running.registry, state);
    test::RunSetup setup;
    setup.modules = {&module};
    setup.options.profile.modules.push_back({std::string{module.name}});
    bundle = test::run_bundle(*source, setup);
    EXPECT_FALSE(bundle.error.has_value());
    std::vector<std::string> found;
    for (const Json& finding : bundle.rows("findings"))
      found.push_back(finding["rule"].get<std::string>() + " " +
                      finding["severity"].get<std::string>() + " " +
                      finding["subject"].get<std::string>());
    return found;
  }
  Json finding(const std::string& rule) {
    for (const Json& one : bundle.rows("findings"))
      if (one["rule"] == rule) return one;
    ADD_FAILURE() << rule;
    return {};
  }
  /// The view of the record with this id.
  std::string view_of(const std::string& stream, const Json& id) {
    for (const Json& record : bundle.rows("records/" + stream))
      if (record["record"] == id) return record["view"].get<std::string>();
    return "";
  }

  fake::FakeWindows raw, api;
  test::RunBundle bundle;
};

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(TwoViewsTest, ThatAgreeGiveNoFinding) {
  EXPECT_THAT(run(modules::services), IsEmpty());
  EXPECT_THAT(run(modules::run_keys), IsEmpty());
  EXPECT_THAT(run(modules::autostarts), IsEmpty());
  EXPECT_THAT(run(modules::scheduled_tasks), IsEmpty());
}

TEST_F(TwoViewsTest, AServiceThatTheApiHidesIsFound) {
  add(raw, "Rootkit", "System32\\drivers\\rk.sys", 1, 3);
  EXPECT_THAT(run(modules::services), Contains("services.hidden_from_api medium "
                                               "HKLM\\SYSTEM\\ControlSet001\\Services\\Rootkit"));
  const Json found = finding("services.hidden_from_api");
  EXPECT_EQ(view_of("services", found["why"][0]["records"][0]), "raw");
}

TEST_F(TwoViewsTest, AServiceWithOtherValuesInItsHiveIsFound) {
  raw.value(key_of("Vendor"), "ImagePath", fake::sz("\"C:\\Program Files\\Vendor\\y.exe\""));
  EXPECT_THAT(run(modules::services), Contains("services.hive_differs medium "
                                               "HKLM\\SYSTEM\\ControlSet001\\Services\\Vendor"));
  const Json why = finding("services.hive_differs")["why"][0];
  EXPECT_THAT(why["fact"].get<std::string>(), HasSubstr("y.exe"));
  EXPECT_THAT(why["fact"].get<std::string>(), HasSubstr("x.exe"));
  EXPECT_EQ(view_of("services", why["records"][0]), "raw");
  EXPECT_EQ(view_of("services", why["records"][1]), "api");
}

TEST_F(TwoViewsTest, AHiveThatCouldNotBeReadWholeIsNotCompared) {
  add(raw, "Rootkit", "System32\\drivers\\rk.sys", 1, 3);
  raw.value(key_of("Vendor"), "Start", fake::dword(3));
  auto image = raw.hive_image("HKLM\\SYSTEM");
  constexpr std::size_t kFirstSequence = 4;
  image.at(kFirstSequence) = std::byte{0x77};  // written to, and no log to say what
  raw.hive_bytes("HKLM\\SYSTEM", image);
  EXPECT_THAT(run(modules::services), Not(Contains(HasSubstr("hidden_from_api"))));
  EXPECT_THAT(run(modules::services), Not(Contains(HasSubstr("hive_differs"))));
  raw.without_hive("HKLM\\SYSTEM");
  EXPECT_THAT(run(modules::services), IsEmpty());
}

TEST_F(TwoViewsTest, AnEntryThatOneViewAloneShowsIsFound) {
  raw.value(kRun, "Hidden", fake::sz("\"C:\\Program Files\\Vendor\\x.exe\" -h"));
  api.value(kRun, "Young", fake::sz("\"C:\\Program Files\\Vendor\\x.exe\" -y"));
  const auto found = run(modules::run_keys);
  EXPECT_THAT(found, Contains("run_keys.hidden_from_api medium " + std::string{kRun} + "\\Hidden"));
  EXPECT_THAT(found, Contains("run_keys.not_in_hive low " + std::string{kRun} + "\\Young"));
}

TEST_F(TwoViewsTest, AnAutostartWithOtherTextInItsHiveIsFound) {
  constexpr std::string_view kLogon =
      "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon";
  raw.value(kLogon, "Shell", fake::sz("explorer.exe, C:\\Users\\Public\\x.exe"));
  EXPECT_THAT(run(modules::autostarts),
              Contains(HasSubstr("autostarts.hidden_from_api medium " + std::string{kLogon})));
}

TEST_F(TwoViewsTest, ATaskThatTheApiHidesIsNeitherListedNorShown) {
  TaskMachine hive, shown;
  hive.add(ordinary());
  shown.add(ordinary());
  hive.add({.path = "\\Hidden", .command = std::string{kAgent}});
  LiveState state;
  state.tasks.tasks.push_back({"\\Vendor\\Agent", true, 3});
  state.tasks.whole = true;
  raw = std::move(hive.windows);
  api = std::move(shown.windows);
  auto found = run(modules::scheduled_tasks, &state);
  EXPECT_THAT(found, Contains(HasSubstr("scheduled_tasks.not_listed medium")));
  EXPECT_THAT(found, Contains("scheduled_tasks.hidden_from_api medium " + std::string{kCache} +
                              "Tree\\Hidden"));
  EXPECT_EQ(
      view_of("scheduled_tasks", finding("scheduled_tasks.not_listed")["why"][0]["records"][0]),
      "raw");
  // What the scheduler lists is not hidden from it, whatever the API says.
  state.tasks.tasks.push_back({"\\Hidden", true, 3});
  found = run(modules::scheduled_tasks, &state);
  EXPECT_THAT(found, Not(Contains(HasSubstr("not_listed"))));
}

TEST_F(TwoViewsTest, ATaskWithOtherActionsInItsHiveIsFound) {
  TaskMachine hive, shown;
  hive.add(ordinary());
  TaskSpec other = ordinary();
  other.arguments = "-other";
  shown.add(other);
  raw = std::move(hive.windows);
  api = std::move(shown.windows);
  EXPECT_THAT(run(modules::scheduled_tasks),
              Contains(HasSubstr("scheduled_tasks.hive_differs medium " + std::string{kCache})));
}

TEST_F(TwoViewsTest, ATaskOfAHiveThatIsNotWholeNeedNotBeListed) {
  TaskMachine hive, shown;
  hive.add(ordinary());
  shown.add(ordinary());
  hive.add({.path = "\\Deleted", .command = std::string{kAgent}});
  LiveState state;
  state.tasks.tasks.push_back({"\\Vendor\\Agent", true, 3});
  state.tasks.whole = true;
  raw = std::move(hive.windows);
  api = std::move(shown.windows);
  auto image = raw.hive_image("HKLM\\SOFTWARE");
  image.at(4) = std::byte{0x77};
  raw.hive_bytes("HKLM\\SOFTWARE", image);
  EXPECT_THAT(run(modules::scheduled_tasks, &state), Not(Contains(HasSubstr("not_listed"))));
}

}  // namespace
}  // namespace hozen
