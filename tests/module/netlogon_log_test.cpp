#include "collector/module/netlogon_log.h"

#include <gtest/gtest.h>

#include <string>

namespace hozen {
namespace {

std::string attempt(const std::string& time, const std::string& account = "SRV9$",
                    const std::string& flags = "212fffff") {
  const std::string name = account.substr(0, account.size() - 1);
  std::string text = time + " [SESSION] [77] CORP: NetrServerAuthenticate entered: " + name +
                     " (10.1.2.3) on account " + account + " (Negot: " + flags + ")\r\n";
  for (int i = 0; i < 3; ++i)
    text += time + " [CRITICAL] [77] CORP: NetrServerAuthenticate: Bad password 0 for " + name +
            " on account " + account + "\r\n";
  return text + time + " [CRITICAL] [77] CORP: NetrServerAuthenticate: Failed to authenticate " +
         name + " on account " + account + "\r\n";
}
std::string success(const std::string& time) {
  return time + " [SESSION] [77] CORP: NetrServerAuthenticate returns Success: SRV9 on account " +
         "SRV9$ (Negot: 212fffff)\r\n";
}
std::string attempts(int count, const std::string& time) {
  std::string text;
  for (int i = 0; i < count; ++i) text += attempt(time);
  return text;
}

TEST(NetlogonLog, TellsTriesThatFollowEachOtherAsOneBurst) {
  const NetlogonLog log = parse_netlogon_log(
      "03/04 05:00:00 [MISC] [1] DbFlag is set to 2080ffff\r\n" + attempts(12, "03/04 05:06:07") +
      attempts(1, "03/04 05:06:09") + success("03/04 05:06:10") +
      "03/04 05:06:11 [SESSION] [77] CORP: NetpServerPasswordSet: Comp=SRV9 Acc=SRV9$ "
      "Entered\r\n");
  ASSERT_EQ(log.bursts.size(), 1u);
  const NetlogonBurst& burst = log.bursts[0];
  EXPECT_EQ(burst.account, "SRV9$");
  EXPECT_EQ(burst.client, "SRV9");
  EXPECT_EQ(burst.address, "10.1.2.3");
  EXPECT_EQ(burst.flags, "212fffff");
  EXPECT_EQ(burst.attempts, 13u);
  EXPECT_EQ(burst.refused, 13u) << "each is refused once, whatever lines tell of passwords";
  EXPECT_TRUE(burst.succeeded);
  EXPECT_TRUE(burst.password_set);
  const NetlogonLog failed = parse_netlogon_log(
      attempts(12, "03/04 05:06:07") + success("03/04 05:06:10") +
      "03/04 05:06:11 [CRITICAL] [77] CORP: NetpServerPasswordSet: Comp=SRV9 Acc=SRV9$ failed\r\n");
  EXPECT_FALSE(failed.bursts.at(0).password_set);
  EXPECT_EQ(burst.first.text(), "0000-03-04 05:06:07");
  EXPECT_EQ(burst.last.text(), "0000-03-04 05:06:11");
  EXPECT_EQ(burst.first_line, 2u);
  EXPECT_EQ(log.first.text(), "0000-03-04 05:00:00");
  EXPECT_TRUE(log.is_whole);
}

TEST(NetlogonLog, FewTriesAreNoBurst) {
  EXPECT_TRUE(parse_netlogon_log(attempts(9, "03/04 05:06:07")).bursts.empty());
  EXPECT_TRUE(parse_netlogon_log(attempts(6, "03/04 05:06:07") + attempts(6, "03/04 05:09:07"))
                  .bursts.empty());
  EXPECT_TRUE(parse_netlogon_log("").bursts.empty());
}

TEST(NetlogonLog, SuccessWithoutRefusalIsAnOrdinaryChannel) {
  std::string text;
  for (int i = 0; i < 30; ++i)
    text +=
        "03/04 05:06:07 [SESSION] CORP: NetrServerAuthenticate entered: SRV9 on account SRV9$ "
        "(Negot: 612fffff)\n" +
        success("03/04 05:06:07");
  EXPECT_TRUE(parse_netlogon_log(text).bursts.empty());
}

TEST(NetlogonLog, ASuccessCountsAfterRefusalsOnly) {
  const std::string set =
      "03/04 05:06:09 [SESSION] CORP: NetpServerPasswordSet: Comp=SRV9 Acc=SRV9$ Entered\n";
  const std::string opened =
      "03/04 05:06:06 [SESSION] CORP: NetrServerAuthenticate entered: SRV9 on account SRV9$ "
      "(Negot: 612fffff)\n" +
      success("03/04 05:06:06");
  const NetlogonLog log = parse_netlogon_log(opened + attempts(12, "03/04 05:06:07") + set);
  ASSERT_EQ(log.bursts.size(), 1u);
  EXPECT_FALSE(log.bursts[0].succeeded);
  EXPECT_FALSE(log.bursts[0].password_set);
}

TEST(NetlogonLog, AccountsAreToldApart) {
  std::string text;
  for (int i = 0; i < 10; ++i)
    text += attempt("03/04 05:06:07") + attempt("03/04 05:06:07", "B$", "612fffff");
  const NetlogonLog log = parse_netlogon_log(text);
  ASSERT_EQ(log.bursts.size(), 2u);
  EXPECT_TRUE(asks_for_secure_rpc(log.bursts[1].flags));
  EXPECT_FALSE(asks_for_secure_rpc(log.bursts[0].flags));
  EXPECT_TRUE(asks_for_secure_rpc("?")) << "not known is not weak";
}

TEST(NetlogonLog, EveryCutOfALogIsRead) {
  const std::string whole = attempts(11, "03/04 05:06:07") + success("03/04 05:06:08");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_LE(parse_netlogon_log(whole.substr(0, size)).bursts.size(), 1u);
  EXPECT_TRUE(parse_netlogon_log("99/99 99:99:99 [SESSION] NetrServerAuthenticate entered: ")
                  .bursts.empty());
}

TEST(NetlogonLog, TheYearIsTheLastOneBeforeTheFilesChange) {
  const FileTime change = *parse_iso8601("2021-01-02T00:00:00Z");
  EXPECT_EQ(year_before({0, 12, 31, 23, 59, 0}, change), 2020u);
  EXPECT_EQ(year_before({0, 1, 1, 0, 0, 0}, change), 2021u);
  EXPECT_EQ(year_before({0, 1, 2, 9, 0, 0}, change), 2021u) << "a zone east of UTC";
  EXPECT_EQ(year_before({0, 2, 29, 0, 0, 0}, change), 2020u);
  EXPECT_EQ(year_before({0, 2, 30, 0, 0, 0}, change), 0u);
  EXPECT_EQ(year_before({0, 1, 1, 0, 0, 0}, FileTime{}), 0u);
}

TEST(LocalTime, BecomesUtcWithTheBias) {
  EXPECT_EQ(utc_of({2020, 9, 14, 12, 33, 7}, -540)->iso8601(), "2020-09-14T03:33:07.0000000Z");
  EXPECT_FALSE(utc_of({2020, 13, 14, 12, 33, 7}, 0));
}

}  // namespace
}  // namespace hozen
