// Subscriptions of WMI, and hosts that ask it, in the logs of WMI-Activity and Sysmon.
#include "collector/module/fact_store.h"
#include "collector/module/remote_action.h"
#include "tests/modules/judge_cases.h"
#include "tests/modules/remote_action_cases.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kWmi = "Microsoft-Windows-WMI-Activity/Operational";

Texts asked(const std::string& user, const std::string& host, const std::string& operation) {
  return {{"User", user}, {"ClientMachine", host}, {"Operation", operation}};
}

TEST(RemoteWmi, HostsThatAsk) {
  EventWorld world;
  world.add(kWmi, 5858, 0, asked("NT AUTHORITY\\SYSTEM", "ME", "x"))
      .add(kWmi, 5858, 1, asked("CORP\\eve", "me", "x"));
  EXPECT_THAT(told(world), IsEmpty());
  world.add(kWmi, 5858, 2, asked("CORP\\eve", "PC1", "ExecQuery"))
      .add(kWmi, 5858, 3, asked("CORP\\bob", "PC1", "ExecMethod - Win32_Process::Create"));
  EXPECT_THAT(told(world), ElementsAre("wmi_asked low", "wmi_asked medium"));
}

Texts bound(const std::string& consumer, const std::string& filter, const std::string& cause) {
  return {{"CONSUMER", consumer}, {"ESS", filter}, {"PossibleCause", cause}};
}

/// PossibleCause as Windows writes it.
std::string cause(const std::string& type, const std::string& values,
                  const std::string& query = "SELECT * FROM X") {
  return "Binding EventFilter: \ninstance of __EventFilter\n{\n\tName = \"F\";\n\tQuery = \"" +
         query + "\";\n};\nPerm. Consumer: \ninstance of " + type + "\n{\n" + values + "};\n";
}

TEST(RemoteWmi, Subscriptions) {
  EventWorld world;
  const std::string script = cause("ActiveScriptEventConsumer",
                                   "\tScriptingEngine = \"VBScript\";\n"
                                   "\tScriptText = \"Dim a\\n\\tSet a = \\\"b\\\"\";\n");
  world.add(kWmi, 5861, 0, bound("ActiveScriptEventConsumer=\"Kill\"", "Start", script))
      .add(kWmi, 5861, 9, bound("ActiveScriptEventConsumer=\"Kill\"", "Start", script));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.wmi_subscription medium"));
  EXPECT_EQ((*records_of(run, "remote_action")[0])["command"], "Dim a Set a = \"b\"");
  // What it runs stands before the rest of the event.
  EXPECT_EQ(run.context->findings[0].why.at(1).fact, "It runs (VBScript): Dim a Set a = \"b\"");
}

TEST(RemoteWmi, ALongFilterHidesNoCommand) {
  EventWorld world;
  world.add(kWmi, 5861, 0,
            bound("CommandLineEventConsumer=\"Evil\"", "F",
                  cause("CommandLineEventConsumer", "\tCommandLineTemplate = \"evil.exe\";\n",
                        std::string(3'000, 'x'))));
  const ModuleRun run = judge_remote(world);
  EXPECT_EQ((*records_of(run, "remote_action").at(0))["command"], "evil.exe");
}

TEST(RemoteWmi, WhatWindowsSetsUpItself) {
  EventWorld own;
  own.add(kWmi, 5861, 0,
          bound("NTEventLogEventConsumer=\"SCM Event Log Consumer\"", "SCM Event Log Filter",
                cause("NTEventLogEventConsumer", "\tName = \"SCM Event Log Consumer\";\n")));
  EXPECT_THAT(told(own), IsEmpty());
  EventWorld left;
  left.add(kWmi, 5861, 1,
           bound("CommandLineEventConsumer=\"BVTConsumer\"", "BVTFilter",
                 cause("CommandLineEventConsumer",
                       "\tCommandLineTemplate = \"cscript KernCap.vbs\";\n"
                       "\tWorkingDirectory = \"C:\\\\tools\\\\kernrate\";\n")));
  EXPECT_THAT(told(left), ElementsAre("wmi_subscription info"));
}

TEST(RemoteWmi, NamesOfWindowsHideNothing) {
  const std::string other = "\tCommandLineTemplate = \"powershell -enc x #KernCap.vbs\";\n";
  const std::string query = "x CommandLineTemplate = \\\"cscript KernCap.vbs\\\"";
  for (const Texts& texts :
       {bound("CommandLineEventConsumer=\"BVTConsumer\"", "BVTFilter",
              cause("CommandLineEventConsumer", other)),
        bound("CommandLineEventConsumer=\"BVTConsumer\"", "BVTFilter",
              cause("CommandLineEventConsumer", other, query)),
        bound("CommandLineEventConsumer=\"SCM Event Log Consumer\"", "SCM Event Log Filter",
              cause("CommandLineEventConsumer", other)),
        // A class of its own, derived from one that runs programs.
        bound("NTEventLogEventConsumer=\"SCM Event Log Consumer\"", "SCM Event Log Filter",
              cause("NTEventLogEventConsumer", other))}) {
    EventWorld world;
    world.add(kWmi, 5861, 1, texts);
    EXPECT_THAT(told(world), ElementsAre("wmi_subscription high"));
  }
  EventWorld folder;
  folder.add(kWmi, 5861, 1,
             bound("CommandLineEventConsumer=\"BVTConsumer\"", "BVTFilter",
                   cause("CommandLineEventConsumer",
                         "\tCommandLineTemplate = \"cscript KernCap.vbs\";\n"
                         "\tWorkingDirectory = \"C:\\\\Users\\\\Public\";\n")));
  EXPECT_THAT(told(folder), ElementsAre("wmi_subscription medium"));
  for (const char* name : {"BVTConsumer", "SCM Event Log Consumer"}) {
    EventWorld sysmon;
    sysmon.sysmon(20, 0,
                  {{"Operation", "Created"},
                   {"User", "CORP\\eve"},
                   {"Name", "\"" + std::string{name} + "\""},
                   {"Type", "Command Line"},
                   {"Destination", "\"powershell -enc AAAA\""}});
    EXPECT_THAT(told(sysmon), ElementsAre("wmi_subscription medium"));
  }
}

Fact binding(const std::string& record, const std::string& name, const std::string& possible) {
  Fact fact;
  fact.kind = FactKind::wmi;
  fact.event_id = 5861;
  fact.time = EventWorld::moment(0);
  fact.record = record;
  fact.values.add("CONSUMER", "CommandLineEventConsumer=\"" + name + "\"");
  fact.values.add("ESS", "F");
  fact.values.add("PossibleCause", possible);
  return fact;
}

TEST(RemoteWmi, RecoveredRecordsReplaceNothing) {
  FactStore facts;
  Fact recovered = binding("r-2", "Evil", "\x01\x02 garbage");
  recovered.values.add("Place", "recovered");
  Fact alone = binding("r-3", "Gone", "");
  alone.values.add("Place", "recovered");
  facts.add(recovered);
  facts.add(
      binding("r-1", "Evil",
              cause("CommandLineEventConsumer", "\tCommandLineTemplate = \"cmd.exe /c x\";\n")));
  facts.add(alone);
  facts.settle();
  const auto found = find_wmi_subscriptions(facts);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].command, "cmd.exe /c x");
  EXPECT_THAT(found[0].why.at(0).records, ElementsAre("r-1", "r-2"));
  EXPECT_THAT(found[0].why.at(0).fact, Not(HasSubstr("recovered")));
  EXPECT_THAT(found[1].why.at(0).fact, HasSubstr("recovered, and may be damaged"));
}

TEST(RemoteWmi, SubscriptionsAsSysmonTellsThem) {
  EventWorld world;
  world
      .sysmon(20, 0,
              {{"Operation", "Created"},
               {"User", "CORP\\eve"},
               {"Name", " \"Evil\""},
               {"Type", "Command Line"},
               {"Destination", " \"cmd.exe /c x\""}})
      .sysmon(19, 1, {{"Operation", "Created"}, {"Name", " \"F\""}, {"Query", " \"SELECT\""}})
      .sysmon(21, 2, {{"Consumer", "CommandLineEventConsumer.Name=\"Evil\""}, {"Filter", "F"}});
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.wmi_subscription medium"));
  EXPECT_THAT(run.context->findings[0].why, SizeIs(4));
}

Texts sysmon_consumer(const std::string& operation, const std::string& user,
                      const std::string& name, const std::string& command) {
  return {{"Operation", operation},
          {"User", user},
          {"Name", "\"" + name + "\""},
          {"Type", "Command Line"},
          {"Destination", "\"" + command + "\""}};
}
Texts sysmon_filter(const std::string& operation, const std::string& user,
                    const std::string& name) {
  return {{"Operation", operation},
          {"User", user},
          {"Name", "\"" + name + "\""},
          {"Query", "\"SELECT " + name + "\""}};
}
Texts sysmon_binding(const std::string& operation, const std::string& consumer,
                     const std::string& filter) {
  return {{"Operation", operation},
          {"Consumer", "\"CommandLineEventConsumer.Name=\\\"" + consumer + "\\\"\""},
          {"Filter", "\"__EventFilter.Name=\\\"" + filter + "\\\"\""}};
}

TEST(RemoteWmi, ARemovalRunsNothing) {
  EventWorld world;
  world.sysmon(19, 0, sysmon_filter("Deleted", "CORP\\ir", "f"))
      .sysmon(20, 1, sysmon_consumer("Deleted", "CORP\\ir", "c", "powershell -enc AAAA"))
      .sysmon(21, 2, sysmon_binding("Deleted", "c", "f"));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.wmi_subscription_removed low"));
  const std::string story = story_of(run.context->findings[0]);
  EXPECT_THAT(story, HasSubstr("It ran: powershell -enc AAAA"));
  EXPECT_THAT(story, HasSubstr("It was unbound"));
  EXPECT_THAT(story, HasSubstr("The filter f was deleted"));
  EXPECT_THAT(story, Not(HasSubstr("It was bound")));
}

TEST(RemoteWmi, ARemovalIsToldWithWhatWasSetUp) {
  EventWorld world;
  world.sysmon(20, 0, sysmon_consumer("Created", "CORP\\eve", "c", "powershell -enc AAAA"))
      .sysmon(20, 9'000, sysmon_consumer("Deleted", "CORP\\ir", "c", "powershell -enc AAAA"));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(rules_of(run), ElementsAre("remote_tasks_and_wmi.wmi_subscription medium"));
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("by CORP\\eve"));
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("CORP\\ir - consumer c"));
  // What is set up after a removal is another.
  EventWorld again;
  again.sysmon(20, 0, sysmon_consumer("Deleted", "CORP\\ir", "c", "powershell -enc AAAA"))
      .sysmon(20, 5, sysmon_consumer("Created", "CORP\\eve", "c", "powershell -enc AAAA"));
  EXPECT_THAT(told(again), SizeIs(2));
}

TEST(RemoteWmi, ConsumersOfOneNameAreToldApart) {
  EventWorld world;
  world.sysmon(20, 0, sysmon_consumer("Created", "CORP\\adm", "Upd", "C:\\\\Dell\\\\x.exe"))
      .sysmon(20, 9'000, sysmon_consumer("Created", "CORP\\mallory", "Upd", "powershell -enc A"))
      .sysmon(21, 9'001, sysmon_binding("Created", "Upd", "f"));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(run.context->findings, SizeIs(2));
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("by CORP\\adm"));
  EXPECT_THAT(story_of(run.context->findings[0]), Not(HasSubstr("It was bound")));
  EXPECT_THAT(run.context->findings[1].subject, HasSubstr("by CORP\\mallory"));
  EXPECT_THAT(story_of(run.context->findings[1]), HasSubstr("It was bound"));
}

TEST(RemoteWmi, TwoLogsOfOneConsumerAreOne) {
  EventWorld world;
  world
      .sysmon(20, 0,
              sysmon_consumer("Created", "CORP\\eve", "c", "C:\\\\temp\\\\new.exe \\\"a b\\\""))
      .add(kWmi, 5861, 1,
           bound("CommandLineEventConsumer=\"c\"", "f",
                 cause("CommandLineEventConsumer",
                       "\tCommandLineTemplate = \"C:\\\\temp\\\\new.exe \\\"a b\\\"\";\n")));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_THAT(run.context->findings[0].subject, HasSubstr("by CORP\\eve"));
}

TEST(RemoteWmi, BindingsAndFiltersAreOfWhomTheyName) {
  EventWorld world;
  world.sysmon(19, 0, sysmon_filter("Created", "CORP\\sccm", "CCM"))
      .sysmon(19, 1, sysmon_filter("Created", "CORP\\eve", "mine"))
      .sysmon(20, 2, sysmon_consumer("Created", "CORP\\eve", "c", "evil.exe"))
      .sysmon(20, 3, sysmon_consumer("Created", "CORP\\x", "longc", "evil2.exe"))
      .sysmon(21, 4, sysmon_binding("Created", "longc", "CCM"));
  const ModuleRun run = judge_remote(world);
  ASSERT_THAT(run.context->findings, SizeIs(2));
  const std::string c = story_of(run.context->findings[0]);
  EXPECT_THAT(c, Not(HasSubstr("longc")));
  EXPECT_THAT(c, Not(HasSubstr("CCM")));
  EXPECT_THAT(c, HasSubstr("Perhaps of it, by account and time alone: the filter mine"));
  const std::string longc = story_of(run.context->findings[1]);
  EXPECT_THAT(longc, HasSubstr("It was bound"));
  EXPECT_THAT(longc, HasSubstr("The filter CCM was created"));
  EXPECT_THAT(longc, Not(HasSubstr("mine")));
}

}  // namespace
}  // namespace hozen
