#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/lateral_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs;
}  // namespace modules
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Texts started(const std::string& line, const std::string& user = "CORP\\eve") {
  return {{"Image", "C:\\Windows\\System32\\wevtutil.exe"}, {"CommandLine", line}, {"User", user}};
}
Texts audited(const std::string& line) {
  return {{"NewProcessName", "C:\\Windows\\System32\\wevtutil.exe"},
          {"CommandLine", line},
          {"SubjectUserName", "bob"},
          {"SubjectDomainName", "CORP"}};
}

TEST(LogCommands, AreToldByAccountWithTheirRecords) {
  EventWorld world;
  world.sysmon(1, 0, started("wevtutil cl Security"))
      .sysmon(1, 5, started("wevtutil cl Application"))
      .security(4688, 10, audited("wevtutil cl Application"));
  const ModuleRun run = world.run(modules::event_logs);
  ASSERT_THAT(rules_of(run), ElementsAre("event_logs.cleared_by_command low",
                                         "event_logs.cleared_by_command medium"));
  for (const Finding& finding : run.context->findings) {
    if (finding.subject == "CORP\\bob") {
      EXPECT_THAT(finding.why, SizeIs(1));
      continue;
    }
    EXPECT_EQ(finding.subject, "CORP\\eve");
    ASSERT_THAT(finding.why, SizeIs(2));
    EXPECT_THAT(finding.why[0].fact, HasSubstr("a command clears the log Security"));
    EXPECT_THAT(finding.why[0].records, SizeIs(1));
    EXPECT_EQ(finding.why[1].weight, 0);
  }
}

TEST(LogCommands, ThatReadOnlyAreNone) {
  EventWorld world;
  world.sysmon(1, 0, started("wevtutil qe Security /c:5"))
      .security(4688, 1, audited("wevtutil gl Security"))
      .security(4688, 2, audited(""));
  EXPECT_THAT(rules_of(world.run(modules::event_logs)), IsEmpty());
}

}  // namespace
}  // namespace hozen
