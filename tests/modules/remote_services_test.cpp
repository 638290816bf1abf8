// Services installed from other hosts under ordinary names: joined by their stages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/remote_service_cases.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(RemoteServices, TheWholeSequenceUnderOrdinaryNames) {
  EventWorld world;
  world.security(4624, 0, logon())
      .security(5145, 1, share("ADMIN$", "update.exe"))
      .security(5145, 2, share("IPC$", "svcctl"))
      .add("System", 7045, 3, service("Windows Update Helper", kFile))
      .security(4697, 3.1, audited("Windows Update Helper", kFile));
  const ModuleRun run = world.run(modules::remote_tasks_and_wmi);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.service_from_afar high"));
  const Finding& finding = run.context->findings[0];
  EXPECT_THAT(finding.subject, HasSubstr("by CORP\\eve from 10.0.0.5"));
  EXPECT_THAT(finding.attack, ElementsAre("T1569.002", "T1543.003", "T1021.002", "T1570"));
  EXPECT_THAT(finding.not_checked, IsEmpty());
  EXPECT_THAT(finding.benign, Not(IsEmpty()));
  const fake::Record& row = *records_of(run, "remote_action").at(0);
  EXPECT_EQ(row["name"], "Windows Update Helper");
  EXPECT_EQ(row["command"], kFile);
  EXPECT_EQ(row["source_address"], "10.0.0.5");
  EXPECT_EQ(row["source_host"], "PC1");
  EXPECT_EQ(time_of(row, "first"), EventWorld::moment(1));
}

TEST(RemoteServices, EachStageAdds) {
  // Two of them.
  EventWorld two;
  two.security(5145, 1, share("ADMIN$", "update.exe")).add("System", 7045, 3, service("u", kFile));
  EXPECT_THAT(told(two), ElementsAre("service_from_afar medium"));
  EventWorld pipe;
  pipe.security(5145, 2, share("IPC$", "svcctl")).add("System", 7045, 3, service("u", kFile));
  EXPECT_THAT(told(pipe), ElementsAre("service_in_windows_folder low", "service_control low"))
      << "joined by nothing but the time";
  EventWorld session;
  session.security(4624, 0, logon())
      .security(4697, 3, audited("u", "C:\\Program Files\\u\\u.exe", "2"));
  EXPECT_THAT(told(session), ElementsAre("service_from_afar medium"));
  // Three of them, wherever the program lies and however it is started.
  EventWorld three;
  three.security(5145, 1, share("C$", "Windows\\Tasks\\u v.exe"))
      .security(5145, 2, share("IPC$", "svcctl"))
      .add("System", 7045, 3, service("u", "C:\\Windows\\Tasks\\u v.exe -k x", "auto start"));
  EXPECT_THAT(told(three), ElementsAre("service_from_afar high"));
}

TEST(RemoteServices, StartsInWordsOfAnotherLanguage) {
  const auto installed = [](const char* start, const char* audit = nullptr) {
    EventWorld world;
    world.add("System", 7045, 3, service("svchelper", "%SystemRoot%\\svchelper.exe", start));
    if (audit != nullptr)
      world.security(4697, 3.1, audited("svchelper", "%SystemRoot%\\svchelper.exe", audit));
    return told(world);
  };
  EXPECT_THAT(installed("demand start"), ElementsAre("service_in_windows_folder low"));
  EXPECT_THAT(installed("Manuell starten"), ElementsAre("service_in_windows_folder low"));
  EXPECT_THAT(installed("auto start"), IsEmpty());
  EXPECT_THAT(installed("Automatisch starten", "2"), IsEmpty());
  EventWorld others;  // of the same program, and saying different things: nothing follows
  others.add("System", 7045, 3, service("svchelper", kFile, "Automatisch starten"))
      .security(4697, 3.1, audited("a", kFile, "2"))
      .security(4697, 3.2, audited("b", kFile, "3"));
  EXPECT_THAT(told(others), ElementsAre("service_in_windows_folder low",  // it, and b
                                        "service_in_windows_folder low"));
  EventWorld jenkins;
  jenkins.add("System", 7045, 3,
              service("Jenkins", "cmd.exe /c \"C:\\J\\run.bat\"", "\u0410\u0432"));
  jenkins.add("System", 7045, 300, service("NVIDIA", "nvsvc.exe", "\u81ea\u52d5"));
  EXPECT_THAT(told(jenkins), ElementsAre("+psexec.clone_use low", "+psexec.clone_use low"));
  EventWorld sysmon;
  sysmon.add("System", 7045, 3, service("x", "nvsvc.exe", "Manuell starten"))
      .sysmon(13, 3,
              {{"EventType", "SetValue"},
               {"TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\x\\Start"},
               {"Details", "DWORD (0x00000003)"}});
  EXPECT_THAT(told(sysmon), ElementsAre("+psexec.clone_use high"));
}

TEST(RemoteServices, AlikeIsWhatHasTheSameStages) {
  const auto twice = [](bool both) {
    EventWorld world;
    world.security(4624, 0, logon())
        .security(5145, 1, share("ADMIN$", "update.exe"))
        .security(4697, 3, audited("u", kFile));
    if (both) world.security(5145, 7200, share("ADMIN$", "update.exe"));
    world.security(4697, 7203, audited("u", kFile));
    return world.run(modules::remote_tasks_and_wmi);
  };
  const ModuleRun alike = twice(true);
  ASSERT_EQ(alike.context->findings.size(), 1u);
  EXPECT_THAT(alike.context->findings[0].why.back().fact,
              HasSubstr("done 2 times, alike each time"));
  const ModuleRun differing = twice(false);
  ASSERT_EQ(differing.context->findings.size(), 2u) << "nothing was written the second time";
  for (const Finding& finding : differing.context->findings)
    EXPECT_THAT(finding.why.back().fact, Not(HasSubstr("alike")));
}

TEST(RemoteServices, FilesThatTheKernelWrote) {
  EventWorld world;
  world.sysmon(11, 0, {{"Image", "System"}, {"TargetFilename", "C:\\Windows\\update.exe"}})
      .add("System", 7045, 3, service("u", kFile))
      .sysmon(1, 4,
              {{"Image", "C:\\Windows\\System32\\cmd.exe"},
               {"CommandLine", "cmd.exe /c net user bob S3cret /add"},
               {"ParentImage", "C:\\Windows\\update.exe"}});
  const ModuleRun run = world.run(modules::remote_tasks_and_wmi);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.service_from_afar high"));
  EXPECT_THAT(run.context->findings[0].why.back().fact,
              HasSubstr("net user bob [password left out] /add"));
}

TEST(RemoteServices, ProgramsOfAdministrativeShares) {
  EventWorld world;
  world.add("System", 7045, 3, service("u", "\\\\10.0.0.9\\ADMIN$\\update.exe"));
  EXPECT_THAT(told(world), ElementsAre("service_from_afar high"));
}

TEST(RemoteServices, AloneInTheFolderOfWindows) {
  EventWorld world;
  world.security(4624, 0, logon()).add("System", 7045, 3, service("svchelper", kFile));
  const ModuleRun run = world.run(modules::remote_tasks_and_wmi);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.service_in_windows_folder low"));
  const Finding& finding = run.context->findings[0];
  // A logon of the same minute accuses nobody.
  EXPECT_THAT(finding.subject, Not(HasSubstr("eve")));
  EXPECT_THAT(finding.why.back().fact, HasSubstr("Perhaps of it, by the time alone"));
  EXPECT_EQ(finding.why.back().weight, 0);
  EventWorld many;
  many.security(4624, 0, logon())
      .security(4624, 1, logon("3", "0x78", "bob"))
      .security(4624, 1, logon("3", "0x79", "ANONYMOUS LOGON"))
      .add("System", 7045, 3, service("svchelper", kFile));
  const ModuleRun of_many = many.run(modules::remote_tasks_and_wmi);
  EXPECT_THAT(of_many.context->findings.at(0).why.back().fact,
              testing::StartsWith("2 accounts came over the network"));
}

TEST(RemoteServices, OrdinaryInstallations) {
  for (const auto& [image, start] : std::vector<std::pair<std::string, std::string>>{
           {"%systemroot%\\update.exe", "auto start"},
           {"C:\\Program Files\\u\\u.exe", "demand start"},
           {"C:\\Windows\\System32\\u.exe", "demand start"},
           {"\\SystemRoot\\System32\\drivers\\u.sys", "demand start"},
           {"\"C:\\Windows\\ccmsetup\\ccmsetup.exe\" /runservice", "demand start"},
           {"\\\\?\\C:\\Program Files\\u$\\u.exe", "auto start"}}) {
    EventWorld world;
    world.security(4624, 0, logon()).add("System", 7045, 3, service("u", image, start));
    EXPECT_THAT(told(world), IsEmpty()) << image;
  }
  // Read and not written; another file; long before; refused; on this host itself.
  EventWorld world;
  world.security(5145, 1, share("ADMIN$", "System32\\u.exe", "0x1"))
      .security(5145, 1, share("ADMIN$", "System32\\v.exe"))
      .security(5145, -400, share("ADMIN$", "System32\\u.exe"))
      .add("System", 7045, 3, service("u", "C:\\Windows\\System32\\u.exe"))
      .refused(5145, 2, share("ADMIN$", "System32\\u.exe"));
  EXPECT_THAT(told(world), IsEmpty());
  EventWorld here;
  here.security(4624, 0, logon("2")).security(4697, 3, audited("u", "C:\\x\\u.exe"));
  EXPECT_THAT(told(here), IsEmpty());
}

TEST(RemoteServices, OnceWhereTheModulePsExecTellsIt) {
  EventWorld world;
  world.security(4624, 0, logon())
      .security(5145, 1, share("ADMIN$", "PSEXESVC.exe"))
      .security(5145, 2, share("IPC$", "svcctl"))
      .add("System", 7045, 3, service("PSEXESVC", "%SystemRoot%\\PSEXESVC.exe"));
  EXPECT_THAT(told(world), ElementsAre(HasSubstr("+psexec.use")));
  EventWorld renamed;
  renamed.security(5145, 1, share("ADMIN$", "mysvc.exe"))
      .add("System", 7045, 3, service("mysvc", "%SystemRoot%\\mysvc.exe"))
      .security(5145, 4, share("IPC$", "mysvc-PC1-1234-stdin"));
  EXPECT_THAT(told(renamed), ElementsAre(HasSubstr("+psexec.use")));
  EventWorld random;
  random.add("System", 7045, 3, service("aBcD", "%systemroot%\\xQwErTyU.exe"));
  EXPECT_THAT(told(random), ElementsAre("+psexec.clone_use medium"));
}

TEST(RemoteServices, ThePipeAloneStaysToldUnlessAUseHasIt) {
  // A service that somebody else installs meanwhile hides nothing.
  EventWorld world;
  world.security(5145, 0, share("IPC$", "svcctl"))
      .add("System", 7045, 5, service("x", "C:\\Program Files\\x\\x.exe", "auto start"));
  EXPECT_THAT(told(world), ElementsAre("service_control low"));
  EventWorld other;
  Texts of_bob = share("ADMIN$", "update.exe", "0x2", "0x99");
  of_bob[0].second = "bob";
  other.security(5145, 0, share("IPC$", "svcctl"))
      .security(5145, 1, of_bob)
      .add("System", 7045, 5, service("x", kFile));
  EXPECT_THAT(told(other), ElementsAre("service_from_afar medium", "service_control low"));
}

}  // namespace
}  // namespace hozen
