// What clients behind a proxy did: bounds, and hosts that are usual.
#include "collector/module/web_traffic.h"

#include <gmock/gmock.h>

#include "collector/base/bytes.h"
#include "collector/base/crc32.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr FileTime kStart{133'500'000'000'000'000};
FileTime after(std::uint64_t seconds) { return FileTime{kStart.ticks + seconds * kTicksPerSecond}; }

class WebTrafficTest : public testing::Test {
 protected:
  void ask(const std::string& host, std::uint64_t seconds, const std::string& query = {}) {
    web_log::Request request;
    request.client = "10.0.0.7";
    request.scheme = "http";
    request.host = host;
    request.path = "/p";
    request.query = query;
    request.time = after(seconds);
    traffic.take(request);
  }
  std::uint64_t records = 0;
  WebTraffic traffic{[this](const web_log::Request&) { return "r-" + std::to_string(++records); }};
};

TEST_F(WebTrafficTest, WhatHasNoRoomIsCountedAndSignsAreSeenAllTheSame) {
  constexpr std::uint64_t kTooMany = WebTraffic::kMaxHosts + 1000;
  // All at once: nothing is old enough to be forgotten.
  for (std::uint64_t i = 0; i < kTooMany; ++i) ask("h" + std::to_string(i) + ".example.net", 0);
  EXPECT_GT(traffic.left_out(), 0u);
  std::array<char, 16> sum{};
  std::snprintf(sum.data(), sum.size(), "%08x", crc32_of(bytes_of("0a1b2c3d").span()));
  ask("late.example.net", 1, "abcd=0a1b2c3d" + std::string{sum.data()} + "1x");
  const auto found = traffic.findings();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].rule, "proxy_and_web_logs.datper");
}

TEST_F(WebTrafficTest, WhatIsOldAndRareMakesRoomForARhythm) {
  std::uint64_t second = 0;
  for (std::uint64_t i = 0; i < WebTraffic::kMaxRhythms; ++i)
    ask("h" + std::to_string(i) + ".example.net", ++second / 10);
  const std::uint64_t later = second + 10'000;
  for (std::uint64_t i = 0; i < 30; ++i) ask("beacon.example.org", later + i * 60);
  EXPECT_EQ(traffic.left_out(), 0u);
  const auto found = traffic.findings();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].subject, HasSubstr("beacon.example.org"));
}

TEST_F(WebTrafficTest, ListedFindingsAreBounded) {
  for (int host = 0; host < 150; ++host)
    for (std::uint64_t i = 0; i < 25; ++i) ask("h" + std::to_string(host) + ".example.net", i * 60);
  EXPECT_THAT(traffic.findings(), SizeIs(100));
  EXPECT_EQ(traffic.left_out(), 50u);
}

TEST(UsualHosts, AreThoseOfUpdatesAndWithin) {
  for (const std::string_view host :
       {"intranet", "10.1.2.3", "172.16.0.1", "192.168.0.1", "dl.windowsupdate.com",
        "WWW.GOOGLE.COM", "google.com", "srv.corp.local"})
    EXPECT_TRUE(is_usual_host(host)) << host;
  for (const std::string_view host :
       {"www.example.net", "notgoogle.com", "google.com.example.net", "172.15.0.1", "172.32.0.1",
        "8.8.8.8", "[2001:db8::1]", "100.1.2.3", "www.dropbox.com"})
    EXPECT_FALSE(is_usual_host(host)) << host;
}

}  // namespace
}  // namespace hozen
