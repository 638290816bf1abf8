#include "collector/formats/task_xml.h"

#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "tests/builders/task_builder.h"

namespace hozen {
namespace {

using builders::TaskBytes;
using builders::TaskXmlText;
using builders::utf16_file;

TaskXml parsed(const TaskBytes& bytes) {
  auto task = parse_task_xml(Bytes{bytes});
  EXPECT_TRUE(task) << (task ? "" : task.error().text());
  return task ? *std::move(task) : TaskXml{};
}

TaskXml parsed(std::string_view text) { return parsed(utf16_file(text)); }

constexpr std::string_view kWhole = R"(<?xml version="1.0" encoding="UTF-16"?>
<t:Task version="1.4" xmlns:t="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <t:RegistrationInfo>
    <t:Date>2022-03-10T15:59:03</t:Date><t:Author>PC\alice</t:Author><t:Version>7</t:Version>
    <t:Description>d &amp; e</t:Description><t:URI>
      \Folder\Name
    </t:URI>
    <t:SecurityDescriptor>D:(A;;FA;;;BA)</t:SecurityDescriptor>
    <t:Source>s</t:Source><t:Documentation>doc</t:Documentation>
  </t:RegistrationInfo>
  <t:Triggers>
    <t:BootTrigger id="b"><t:Enabled>false</t:Enabled><t:Delay>PT30S</t:Delay></t:BootTrigger>
    <t:LogonTrigger><t:UserId>PC\alice</t:UserId></t:LogonTrigger>
    <t:TimeTrigger>
      <t:Repetition><t:Interval>PT5M</t:Interval><t:Duration>P1D</t:Duration>
        <t:StopAtDurationEnd>true</t:StopAtDurationEnd></t:Repetition>
      <t:StartBoundary>2022-03-10T15:59:00</t:StartBoundary>
      <t:EndBoundary>2023-03-10T15:59:00Z</t:EndBoundary>
      <t:RandomDelay>PT1H</t:RandomDelay><t:ExecutionTimeLimit>PT2H</t:ExecutionTimeLimit>
    </t:TimeTrigger>
    <t:CalendarTrigger><t:ScheduleByWeek><t:WeeksInterval>2</t:WeeksInterval>
      <t:DaysOfWeek><t:Monday/><t:Friday/></t:DaysOfWeek></t:ScheduleByWeek></t:CalendarTrigger>
    <t:EventTrigger><t:Subscription>&lt;QueryList/&gt;</t:Subscription>
      <t:ValueQueries><t:Value name="n">Event/System</t:Value></t:ValueQueries></t:EventTrigger>
    <t:SessionStateChangeTrigger><t:StateChange>SessionUnlock</t:StateChange>
    </t:SessionStateChangeTrigger>
    <t:WnfStateChangeTrigger><t:StateName>7508BCA32B188341</t:StateName></t:WnfStateChangeTrigger>
    <t:IdleTrigger/><t:RegistrationTrigger/>
  </t:Triggers>
  <t:Principals>
    <t:Principal id="Other"><t:GroupId>S-1-5-32-545</t:GroupId></t:Principal>
    <t:Principal id="Me"><t:UserId>S-1-5-18</t:UserId><t:LogonType>S4U</t:LogonType>
      <t:RunLevel>HighestAvailable</t:RunLevel><t:DisplayName>dn</t:DisplayName>
      <t:ProcessTokenSidType>Default</t:ProcessTokenSidType>
      <t:RequiredPrivileges><t:Privilege>SeDebugPrivilege</t:Privilege></t:RequiredPrivileges>
    </t:Principal>
  </t:Principals>
  <t:Settings>
    <t:Hidden>true</t:Hidden><t:Enabled>1</t:Enabled><t:Priority>7</t:Priority>
    <t:RestartOnFailure><t:Interval>PT1M</t:Interval><t:Count>3</t:Count></t:RestartOnFailure>
  </t:Settings>
  <t:Actions Context="Me">
    <t:Exec id="1"><t:Command>C:\a<!-- x -->.exe</t:Command><t:Arguments>-x "y"</t:Arguments>
      <t:WorkingDirectory>C:\w</t:WorkingDirectory></t:Exec>
    <t:ComHandler><t:ClassId>{84F0FAE1-C27B-4F6F-807B-28CF6F96287D}</t:ClassId>
      <t:Data><![CDATA[a<b]]></t:Data></t:ComHandler>
    <t:SendEmail><t:Server>srv</t:Server><t:Subject>sub</t:Subject><t:To>to</t:To>
      <t:Cc>cc</t:Cc><t:Bcc>bcc</t:Bcc><t:ReplyTo>re</t:ReplyTo><t:From>from</t:From>
      <t:Body>body</t:Body><t:HeaderFields><t:HeaderField><t:Name>h</t:Name><t:Value>v</t:Value>
      </t:HeaderField></t:HeaderFields>
      <t:Attachments><t:File>C:\f</t:File></t:Attachments></t:SendEmail>
    <t:ShowMessage><t:Title>ti</t:Title><t:Body>bo</t:Body></t:ShowMessage>
    <t:Later/>
  </t:Actions>
  <t:Data>payload <x>more</x></t:Data>
</t:Task>)";

TEST(TaskXml, ReadsEveryElementWhateverTheNamespaceIsCalled) {
  const TaskXml task = parsed(kWhole);
  EXPECT_TRUE(task.problems.empty()) << task.problems[0].text();
  EXPECT_EQ(task.version, "1.4");
  EXPECT_EQ(task.date, "2022-03-10T15:59:03");
  EXPECT_EQ(task.author, "PC\\alice");
  EXPECT_EQ(task.registration_version, "7");
  EXPECT_EQ(task.description, "d & e");
  EXPECT_EQ(task.uri, "\\Folder\\Name");
  EXPECT_EQ(task.security_descriptor, "D:(A;;FA;;;BA)");
  EXPECT_EQ(task.source, "s");
  EXPECT_EQ(task.documentation, "doc");
  EXPECT_EQ(task.data, "payload more");
  EXPECT_EQ(task.hidden, true);
  EXPECT_EQ(task.enabled, true);
  EXPECT_EQ(task.settings,
            (std::vector<std::pair<std::string, std::string>>{{"Hidden", "true"},
                                                              {"Enabled", "1"},
                                                              {"Priority", "7"},
                                                              {"RestartOnFailure.Interval", "PT1M"},
                                                              {"RestartOnFailure.Count", "3"}}));
}

TEST(TaskXml, ReadsEveryTrigger) {
  const TaskXml task = parsed(kWhole);
  ASSERT_EQ(task.triggers.size(), 9u);
  EXPECT_EQ(task.triggers[0].kind, "BootTrigger");
  EXPECT_EQ(task.triggers[0].id, "b");
  EXPECT_EQ(task.triggers[0].enabled, false);
  EXPECT_EQ(task.triggers[0].delay_s, 30u);
  EXPECT_EQ(task.triggers[1].user, "PC\\alice");
  EXPECT_EQ(task.triggers[1].enabled, std::nullopt);
  const TaskTrigger& time = task.triggers[2];
  EXPECT_EQ(time.start, "2022-03-10T15:59:00");
  EXPECT_EQ(time.end, "2023-03-10T15:59:00Z");
  EXPECT_EQ(time.repetition_interval_s, 300u);
  EXPECT_EQ(time.repetition_duration_s, 86'400u);
  EXPECT_TRUE(time.stop_at_duration_end);
  EXPECT_EQ(time.random_delay_s, 3600u);
  EXPECT_EQ(time.execution_time_limit_s, 7200u);
  EXPECT_FALSE(time.repeats_within(600));
  EXPECT_EQ(task.triggers[3].schedule, "ScheduleByWeek WeeksInterval=2 DaysOfWeek=Monday,Friday");
  EXPECT_EQ(task.triggers[4].subscription, "<QueryList/>");
  EXPECT_EQ(task.triggers[4].value_queries.at(0).second, "Event/System");
  EXPECT_EQ(task.triggers[5].state_change, "SessionUnlock");
  EXPECT_EQ(task.triggers[6].state_name, "7508BCA32B188341");
  EXPECT_EQ(task.triggers[7].kind, "IdleTrigger");
  EXPECT_EQ(task.triggers[8].kind, "RegistrationTrigger");
}

TEST(TaskXml, ReadsEveryActionAndThePrincipalThatTheyRunAs) {
  const TaskXml task = parsed(kWhole);
  ASSERT_EQ(task.actions.size(), 5u);
  EXPECT_EQ(task.actions[0].kind, TaskActionKind::exec);
  EXPECT_EQ(task.actions[0].id, "1");
  EXPECT_EQ(task.actions[0].command, "C:\\a.exe") << "a comment is no part of the text";
  EXPECT_EQ(task.actions[0].arguments, "-x \"y\"");
  EXPECT_EQ(task.actions[0].working_directory, "C:\\w");
  EXPECT_EQ(task.actions[1].kind, TaskActionKind::com_handler);
  EXPECT_EQ(task.actions[1].class_id, "{84F0FAE1-C27B-4F6F-807B-28CF6F96287D}");
  EXPECT_EQ(task.actions[1].data, "a<b");
  const TaskAction& mail = task.actions[2];
  EXPECT_EQ(mail.kind, TaskActionKind::email);
  EXPECT_EQ(mail.server + mail.title + mail.to + mail.cc + mail.bcc + mail.reply_to + mail.from +
                mail.body + mail.attachments.at(0) + mail.headers.at(0).first,
            "srvsubtoccbccrefrombodyC:\\fh");
  EXPECT_EQ(task.actions[3].title + task.actions[3].body, "tibo");
  EXPECT_EQ(task.actions[4].kind, TaskActionKind::other);
  EXPECT_EQ(task.actions[4].element, "Later");
  ASSERT_EQ(task.principals.size(), 2u);
  EXPECT_EQ(task.principals[0].group, "S-1-5-32-545");
  const TaskPrincipal* me = task.principal();
  ASSERT_NE(me, nullptr);
  EXPECT_EQ(me->user, "S-1-5-18");
  EXPECT_EQ(me->logon_type, "S4U");
  EXPECT_EQ(me->run_level, "HighestAvailable");
  EXPECT_EQ(me->display_name, "dn");
  EXPECT_EQ(me->token_sid_type, "Default");
  EXPECT_EQ(me->privileges, std::vector<std::string>{"SeDebugPrivilege"});
}

struct EncodingCase {
  const char* name;
  TaskBytes bytes;
  const char* encoding;
  bool mark;
};

TaskBytes plain(std::string_view text) {
  TaskBytes bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

TEST(TaskXml, ReadsEveryEncodingEvenWhenTheDeclarationLies) {
  const std::string text = TaskXmlText{.author = "日本\\山田"}.exec("C:\\a.exe").text();
  const EncodingCase cases[] = {
      {"UTF-16LE", utf16_file(text), "utf-16le", true},
      {"UTF-16LE without mark", utf16_file(text, false), "utf-16le", false},
      {"UTF-16BE", utf16_file(text, true, true), "utf-16be", true},
      {"UTF-16BE without mark", utf16_file(text, false, true), "utf-16be", false},
      {"UTF-8", plain(text), "utf-8", false},
      {"UTF-8 with mark", plain("\xEF\xBB\xBF" + text), "utf-8", true},
  };
  for (const auto& one : cases) {
    const TaskXml task = parsed(one.bytes);
    EXPECT_EQ(task.encoding, one.encoding) << one.name;
    EXPECT_EQ(task.byte_order_mark, one.mark) << one.name;
    EXPECT_EQ(task.author, "日本\\山田") << one.name;
    EXPECT_EQ(task.actions.at(0).command, "C:\\a.exe") << one.name;
    EXPECT_TRUE(task.problems.empty()) << one.name;
  }
}

TEST(TaskXml, TextOfACodePageIsReadAndIsAProblem) {
  const TaskXml task =
      parsed(plain("<Task><RegistrationInfo><Author>\x8E\x52\x93\x63</Author>"
                   "</RegistrationInfo></Task>"));
  EXPECT_EQ(task.author, "山田");
  EXPECT_EQ(task.encoding, "ansi");
  ASSERT_EQ(task.problems.size(), 1u);
}

TEST(TaskXml, LoneSurrogatesSurvive) {
  const std::string lone = "a\xED\xA0\x80z";
  EXPECT_EQ(parsed(TaskXmlText{.author = lone}.text()).author, lone);
}

TEST(TaskXml, ACharacterReferenceToNoCharacterIsReplaced) {
  for (const auto* reference : {"&#xD83D;&#xDE00;", "&#x7FFFFFFF;", "&#x110000;"}) {
    const TaskXml task = parsed("<Task><Data>" + std::string{reference} + "</Data></Task>");
    EXPECT_TRUE(is_wtf8(task.data)) << reference;
  }
}

TEST(TaskXml, EntitiesAreNeverExpandedAndTheirDeclarationIsAProblem) {
  const TaskXml task = parsed(
      "<!DOCTYPE Task [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">"
      "<!ENTITY f SYSTEM \"file:///etc/passwd\">]><Task><Data>&b;&f;</Data></Task>");
  EXPECT_EQ(task.data, "&b;&f;");
  ASSERT_EQ(task.problems.size(), 1u);
  EXPECT_EQ(task.problems[0].code, Errc::unsupported);
  EXPECT_NE(task.problems[0].what.find("document type"), std::string::npos);
}

TEST(TaskXml, NestingBeyondTheCapIsAProblemAndKnownElementsAreRead) {
  const auto nested = [](std::size_t depth) {
    std::string text = "<Task><RegistrationInfo><Author>a</Author></RegistrationInfo><Data>";
    for (std::size_t i = 0; i < depth; ++i) text += "<x>";
    for (std::size_t i = 0; i < depth; ++i) text += "</x>";
    return text + "</Data></Task>";
  };
  EXPECT_TRUE(parsed(nested(kMaxTaskXmlDepth - 2)).problems.empty());
  const TaskXml task = parsed(nested(20'000));
  ASSERT_EQ(task.problems.size(), 1u);
  EXPECT_EQ(task.problems[0].code, Errc::limit);
  EXPECT_EQ(task.author, "a");
}

TEST(TaskXml, SizeAndNumberOfTagsAreCapped) {
  auto big = parse_task_xml(Bytes{TaskBytes(kMaxTaskXmlBytes + 1, std::byte{' '})});
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, Errc::limit);
  std::string text = "<Task>";
  for (std::size_t i = 0; i < kMaxTaskXmlMarks; ++i) text += "<a/>";
  const auto bytes = plain(text + "</Task>");
  const auto many = parse_task_xml(Bytes{bytes});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, Errc::limit);
}

TEST(TaskXml, TriggersAndActionsAreCapped) {
  std::string triggers, actions;
  for (std::size_t i = 0; i < kMaxTaskTriggers + 5; ++i) triggers += "<BootTrigger/>";
  for (std::size_t i = 0; i < kMaxTaskActions + 5; ++i) actions += "<Exec/>";
  const TaskXml task = parsed(TaskXmlText{.triggers = triggers, .actions = actions}.text());
  EXPECT_EQ(task.triggers.size(), kMaxTaskTriggers);
  EXPECT_EQ(task.actions.size(), kMaxTaskActions);
  EXPECT_EQ(task.problems.size(), 2u);
}

TEST(TaskXml, WhatIsCutOffIsReadAsFarAsItGoes) {
  const std::string text = TaskXmlText{}.exec("C:\\a.exe", "-x").text();
  const auto bytes = utf16_file(text.substr(0, text.find("<Arguments>")));
  const TaskXml task = parsed(bytes);
  EXPECT_EQ(task.author, "PC\\alice");
  ASSERT_EQ(task.actions.size(), 1u);
  EXPECT_EQ(task.actions[0].command, "C:\\a.exe");
  ASSERT_FALSE(task.problems.empty());
  EXPECT_EQ(task.problems[0].code, Errc::malformed);
}

TEST(TaskXml, KnowsItsKindByItsBeginning) {
  for (const auto* text :
       {"<Task>", "<?xml version=\"1.0\"?><t:Task x=\"1\">", "<!-- c --> <Task/>"})
    for (const bool mark : {false, true}) {
      EXPECT_TRUE(looks_like_task_xml(Bytes{utf16_file(text, mark)})) << text;
      EXPECT_TRUE(looks_like_task_xml(Bytes{plain(text)})) << text;
    }
  for (const auto* text : {"", "Task", "<Tasks>", "<a Task>", "</Task>", "<a x=\":Task\">"})
    EXPECT_FALSE(looks_like_task_xml(Bytes{plain(text)})) << text;
}

TEST(TaskXml, NoTaskElementIsAnError) {
  for (const auto* text : {"", "<", "plain text", "<Other/>", "<?xml version=\"1.0\"?>"}) {
    const auto bytes = plain(text);
    const auto task = parse_task_xml(Bytes{bytes});
    ASSERT_FALSE(task) << text;
    EXPECT_EQ(task.error().code, Errc::malformed) << text;
  }
}

TEST(TaskXml, ABadSwitchOrDurationIsAProblem) {
  const TaskXml task =
      parsed(TaskXmlText{.triggers = "<BootTrigger><Delay>soon</Delay></BootTrigger>",
                         .settings = "<Hidden>maybe</Hidden>"}
                 .text());
  EXPECT_EQ(task.problems.size(), 2u);
  EXPECT_EQ(task.hidden, std::nullopt);
}

TEST(TaskXml, CutAtEveryLengthItNeverCrashes) {
  const auto whole = utf16_file(kWhole);
  for (std::size_t size = 0; size < whole.size(); size += 3)
    static_cast<void>(parse_task_xml(Bytes{whole}.head(size)));
}

TEST(TaskXml, DigestsLeaveTheMarkAside) {
  const auto marked = utf16_file("<Task/>"), bare = utf16_file("<Task/>", false);
  EXPECT_EQ(hashed_part(Bytes{marked}).size(), bare.size());
  EXPECT_EQ(task_crc32(Bytes{marked}), task_crc32(Bytes{bare}));
  const auto digits = plain("123456789");  // check value of CRC-32: 0xCBF43926
  EXPECT_EQ(task_crc32(Bytes{digits}), ~0xCBF43926u);
}

TEST(TaskXml, DurationsOfTheSchemaAreSeconds) {
  EXPECT_EQ(parse_duration("PT5M"), 300u);
  EXPECT_EQ(parse_duration("PT72H"), 259'200u);
  EXPECT_EQ(parse_duration("P1DT1H1M1S"), 90'061u);
  EXPECT_EQ(parse_duration("P1Y2M1W"), 31'536'000u + 2 * 2'592'000u + 604'800u);
  EXPECT_EQ(parse_duration("PT1.5S"), 1u);
  for (const auto* text : {"", "P", "PT", "5M", "PT5", "PT5D", "P5H", "P-1D", "PT99999999999S",
                           "P1D T1H", "PTT1S", "PT1."})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace hozen
