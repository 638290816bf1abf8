#include "collector/module/lateral.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/fact_store.h"
#include "collector/module/remote_action.h"

namespace hozen::lateral {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr FileTime kTime{133'000'000'000'000'000};

Fact logon(std::string_view user, std::string_view address, std::uint64_t seconds_before,
           std::string_view type = "3", std::string_view sid = "S-1-5-21-1-2-3-1001") {
  Fact fact;
  fact.kind = FactKind::logon;
  fact.event_id = 4624;
  fact.time = earlier(kTime, seconds_before * kSecond);
  fact.record = "r";
  fact.subject = user;
  fact.values.add("TargetUserName", user);
  fact.values.add("TargetDomainName", "CORP");
  fact.values.add("TargetUserSid", sid);
  fact.values.add("LogonType", type);
  fact.values.add("AuthenticationPackageName", "NTLM");
  fact.values.add("IpAddress", address);
  return fact;
}

/// Windows gives out the numbers of sessions anew when it starts.
TEST(LogonOf, IsOfTheSameStartOfWindows) {
  const auto of_session = [](std::string_view user, std::uint64_t before) {
    Fact fact = logon(user, "10.0.0.5", before);
    fact.values.add("TargetLogonId", "0x5555");
    return fact;
  };
  const auto start = [](std::uint64_t before) {
    Fact fact;
    fact.kind = FactKind::start;
    fact.time = earlier(kTime, before * kSecond);
    return fact;
  };
  FactStore facts;
  facts.add(of_session("old", 9'000));
  facts.add(start(10'000));
  facts.settle();
  ASSERT_NE(LogonSessions{facts}.logon_of("0x5555", kTime), nullptr);
  FactStore again;
  again.add(of_session("old", 9'000));
  again.add(start(8'000));
  again.settle();
  EXPECT_EQ(LogonSessions{again}.logon_of("0x5555", kTime), nullptr);
  EXPECT_NE(LogonSessions{again}.logon_of("0x5555", earlier(kTime, 8'500 * kSecond)), nullptr);
}

TEST(LogonOf, MayBeOfAComputer) {
  FactStore facts;
  Fact fact = logon("SCCM$", "10.0.0.8", 5);
  fact.kind = FactKind::machine_logon;
  fact.values.add("TargetLogonId", "0x77");
  facts.add(std::move(fact));
  facts.settle();
  ASSERT_NE(LogonSessions{facts}.logon_of("0x77", kTime), nullptr);
  EXPECT_EQ(LogonSessions{facts}.logon_of("0x78", kTime), nullptr);
  EXPECT_NE(LogonSessions{facts}.logon_of("0x77", kTime, "corp.example\\sccm$"), nullptr);
  EXPECT_EQ(LogonSessions{facts}.logon_of("0x77", kTime, "DC1$"), nullptr);
}

/// Of a number that came several times the last up to then, of that account.
TEST(LogonOf, IsTheLastOfItsSession) {
  FactStore facts;
  const auto add = [&](std::string_view user, std::uint64_t before, std::string_view session) {
    Fact fact = logon(user, "10.0.0.5", before);
    fact.record = std::string{user} + std::to_string(before);
    fact.values.add("TargetLogonId", session);
    facts.add(std::move(fact));
  };
  add("eve", 900, "0x77");
  add("eve", 500, "0x77");
  add("bob", 400, "0x77");
  add("eve", 100, "0x78");
  facts.settle();
  const LogonSessions sessions{facts};
  const auto found = [&](std::string_view session, std::uint64_t before,
                         std::string_view account) -> std::string {
    const Fact* fact = sessions.logon_of(session, earlier(kTime, before * kSecond), account);
    return fact == nullptr ? "" : fact->record;
  };
  EXPECT_EQ(found("0x77", 0, ""), "bob400");
  EXPECT_EQ(found("0x77", 0, "CORP\\EVE"), "eve500");
  EXPECT_EQ(found("0x77", 600, "eve"), "eve900");
  EXPECT_EQ(found("0x77", 902, "eve"), "eve900");  // clocks of two logs
  EXPECT_EQ(found("0x77", 910, "eve"), "");
  EXPECT_EQ(found("0x78", 0, "bob"), "");
  for (const char* none : {"", "0x0", "0x3e7", "0x7"}) EXPECT_EQ(found(none, 0, ""), "") << none;
}

/// Tasks that are open are told, however many there are.
TEST(RemoteTasks, OfManyNoneIsForgotten) {
  FactStore facts;
  for (std::uint64_t i = 0; i < 6'000; ++i) {
    Fact task;
    task.kind = FactKind::task;
    task.event_id = 4698;
    task.time = later(kTime, i * kSecond);
    task.record = "t" + std::to_string(i);
    task.subject = "\\x" + std::to_string(i);
    task.values.add("SubjectUserName", "eve");
    task.values.add("SubjectLogonId", i == 7 ? "0x77" : "0x1");
    facts.add(std::move(task));
  }
  Fact session = logon("eve", "10.0.0.5", 1);
  session.values.add("TargetLogonId", "0x77");
  facts.add(std::move(session));
  facts.settle();
  const auto found = find_remote_tasks(facts);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].name, "\\x7");
}

TEST(Accounts, HaveSeveralForms) {
  for (const char* form :
       {"corp\\ADM", "CORP\\adm@corp.example", "corp.example\\adm", "adm@corp.example", "adm"})
    EXPECT_TRUE(same_account("CORP\\adm", form)) << form;
  for (const char* other : {"PC1\\adm", "CORP\\adm2", "adm@lab.example", ""})
    EXPECT_FALSE(same_account("CORP\\adm", other)) << other;
  EXPECT_FALSE(same_account("corp.example\\adm", "corp.test\\adm"));
  EXPECT_FALSE(same_account("", ""));
}

TEST(OwnHost, HasSeveralNames) {
  const std::vector<std::string> names{"PC1", "PC1.corp.example"};
  for (const char* own : {"pc1", "\\\\pc1.corp.example", "localhost", "127.0.0.1", "."})
    EXPECT_TRUE(is_one_of_own(own, names)) << own;
  for (const char* other : {"pc2", "10.0.0.1"}) EXPECT_FALSE(is_one_of_own(other, names)) << other;
  EXPECT_FALSE(is_one_of_own("pc1.lab.example", {{"PC1.corp.example"}}));
}

TEST(LogonsBefore, OnesFromOtherHostsInTheMinuteEachOnce) {
  FactStore facts;
  for (Fact fact :
       {logon("eve", "10.0.0.5", 40), logon("EVE", "::ffff:10.0.0.5", 3),
        logon("old", "10.0.0.5", 70), logon("desk", "10.0.0.6", 3, "2"),
        logon("here", "::ffff:127.0.0.1", 3), logon("x", "10.0.0.7", 3, "3", "S-1-5-7")})
    facts.add(std::move(fact));
  facts.settle();
  const auto one = logons_before(facts, kTime);
  ASSERT_THAT(one, SizeIs(1));
  EXPECT_EQ(one[0]->subject, "EVE");
  EXPECT_THAT(perhaps_text(one),
              StartsWith("Perhaps of it, by the time alone: CORP\\EVE was logged on (type 3, NTLM) "
                         "from 10.0.0.5 at "));
  EXPECT_EQ(perhaps_text({}), "");
}

TEST(LogonsBefore, OfSeveralNobodyIsNamedAlone) {
  FactStore facts;
  facts.add(logon("eve", "10.0.0.5", 4));
  facts.add(logon("bob", "10.0.0.9", 5));
  facts.settle();
  const std::string text = perhaps_text(logons_before(facts, kTime));
  EXPECT_THAT(text, StartsWith("2 accounts came over the network in the minute before"));
  EXPECT_THAT(text, HasSubstr("CORP\\bob from 10.0.0.9, CORP\\eve from 10.0.0.5"));
}

TEST(NotKept, IsSaidWhereFactsWereDropped) {
  FactStore all;
  all.settle();
  EXPECT_EQ(not_kept(all, {FactKind::logon, FactKind::share}), "");
  FactStore few{1'000};
  for (int i = 0; i < 20; ++i) few.add(logon("eve", "10.0.0.5", 1'000));
  Fact process;
  process.kind = FactKind::process;
  process.event_id = 1;
  process.time = kTime;
  process.subject = "C:\\Windows\\System32\\calc.exe";
  process.values.add("ParentImage", "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe");
  few.add(process);
  few.settle();
  EXPECT_THAT(not_kept(few, {FactKind::logon}), HasSubstr("were read and not kept"));
  const auto found = find_remote_processes(few);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].missing, SizeIs(1));
  EXPECT_THAT(found[0].missing[0], HasSubstr("were read and not kept"));
}

TEST(Refused, IsAnAuditFailure) {
  Fact fact;
  EXPECT_FALSE(is_refused(fact));
  fact.values.add("Audit", "failure");
  EXPECT_TRUE(is_refused(fact));
}

}  // namespace
}  // namespace hozen::lateral
