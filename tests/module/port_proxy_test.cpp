#include "collector/module/port_proxy.h"

#include <gmock/gmock.h>

#include "collector/module/shell_commands.h"

namespace hozen {
namespace {

/// "listen > connect" of the last command of a line that sets one up, "host!" in front.
std::string proxy_in(std::string_view line) {
  std::string found;
  each_shell_command(line, [&](const ShellCommand& one) {
    if (const auto proxy = port_proxy_in(one.words))
      found =
          (proxy->host.empty() ? "" : proxy->host + "!") + proxy->listen + " > " + proxy->connect;
  });
  return found;
}

TEST(PortProxy, OfCommands) {
  EXPECT_EQ(proxy_in("netsh interface portproxy add v4tov4 listenport=8080 listenaddress=0.0.0.0 "
                     "connectport=3389 connectaddress=10.0.0.5"),
            "0.0.0.0/8080 > 10.0.0.5/3389");
  EXPECT_EQ(proxy_in("cmd /c \"n.exe int portp a v4tov6 listenp=53 connecta=fe80::1\""),
            "*/53 > fe80::1/53");
  EXPECT_EQ(proxy_in("netsh interface portproxy set v4tov4 8080 10.0.0.5 445"),
            "*/8080 > 10.0.0.5/445");
  EXPECT_EQ(proxy_in("netsh -r SRV7 -c \"interface portproxy\" add v4tov4 listenport=1 "
                     "connectaddress=10.0.0.5 connectport=2"),
            "SRV7!*/1 > 10.0.0.5/2");
  const std::string key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\PortProxy\\v4tov4\\tcp";
  EXPECT_EQ(proxy_in("reg add " + key + " /t REG_SZ /v 0.0.0.0/8080 /d 10.0.0.5/3389 /f"),
            "0.0.0.0/8080 > 10.0.0.5/3389");
  EXPECT_EQ(proxy_in("New-ItemProperty -Path '" + key + "' -Name */53 -Value 10.0.0.5/53"),
            "*/53 > 10.0.0.5/53");
  EXPECT_EQ(proxy_in("reg query " + key + " /v 0.0.0.0/8080"), "");
  EXPECT_EQ(proxy_in("reg delete " + key + " /v 0.0.0.0/8080 /f"), "");
  for (const char* line :
       {"netsh interface portproxy show v4tov4", "netsh interface portproxy reset",
        "netsh interface portproxy delete v4tov4 listenport=8080",
        "netsh interface ipv4 add v4tov4 listenport=8080", "netsh interface portproxy add v4tov4",
        "netsh advfirewall firewall add rule name=x localport=8080"})
    EXPECT_EQ(proxy_in(line), "") << line;
}

int weight_of(std::string_view listen, std::string_view connect, bool any_host = true) {
  int weight = 0;
  for (const Why& why : port_proxy_signs(listen, connect, any_host)) weight += why.weight;
  return weight;
}

TEST(PortProxy, WhereItLeadsCounts) {
  EXPECT_EQ(weight_of("0.0.0.0/3000", "127.0.0.1/3000"), 0);
  EXPECT_EQ(weight_of("*/3000", "172.28.3.4/3000"), 0);
  EXPECT_EQ(weight_of("*/3000", "172.32.0.1/3000"), 25);  // of the internet
  EXPECT_EQ(weight_of("*/80", "10.0.0.5/80"), 15);
  EXPECT_EQ(weight_of("$addr/$port", "$remote/$port"), 0);
  EXPECT_EQ(weight_of("*/80", "10.0.0.5/80", false), 0);
  EXPECT_EQ(weight_of("*/8080", "172.28.3.4/3389"), 20);
  EXPECT_EQ(weight_of("*/443", "203.0.113.9/443"), 25);
}

}  // namespace
}  // namespace hozen
