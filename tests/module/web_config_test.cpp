// Configuration of Apache, nginx, Squid and Tomcat.
#include "collector/module/web_config.h"

#include <gmock/gmock.h>

#include "collector/base/bytes.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(WebConfig, Apache) {
  const WebConfig config = read_web_config(
      "Define SRVROOT \"c:/Apache24\"\r\nServerRoot \"${SRVROOT}\"\n# CustomLog logs/no.log\n"
      "DocumentRoot '${SRVROOT}/htdocs'\n<VirtualHost *:80>\n  CustomLog \"logs/a b.log\" common\n"
      "TransferLog d:/t.log\nAlias /x \"d:/x\"\n</VirtualHost>\n"
      "CustomLog \"|$bin/rotatelogs.exe -l d:/r/a.%Y-%m.log 86400\" common\nCustomLog ${NONE} x\n",
      "C:");
  EXPECT_THAT(config.logs, ElementsAre("c:/Apache24/logs/a b.log", "d:/t.log", "d:/r/"));
  EXPECT_THAT(config.roots, ElementsAre("c:/Apache24/htdocs", "d:/x"));
}

TEST(WebConfig, NginxAndSquid) {
  const WebConfig config = read_web_config(
      "server { listen 80;\n root html;\n access_log  logs/host.log  main;\n access_log off;\n"
      " location / { \n alias /srv/x/;\n }\n}\naccess_log daemon:/cygdrive/d/squid/a.log squid\n"
      "access_log udp:10.0.0.1:514\naccess_log none\naccess_log stdio:/var/log/squid/a.log\n",
      "C:/nginx");
  EXPECT_THAT(config.logs,
              ElementsAre("C:/nginx/logs/host.log", "d:/squid/a.log", "/var/log/squid/a.log"));
  EXPECT_THAT(config.roots, ElementsAre("C:/nginx/html", "/srv/x/"));
}

TEST(WebConfig, Tomcat) {
  const WebConfig config = read_tomcat_config(
      bytes_of("<Server><Service><Engine><Host name='a' appBase='webapps'><Valve "
               "className='x' directory='logs'/></Host></Engine></Service></Server>")
          .span(),
      "C:/tomcat");
  EXPECT_THAT(config.logs, ElementsAre("C:/tomcat/logs/"));
  EXPECT_THAT(config.roots, ElementsAre("C:/tomcat/webapps"));
}

TEST(WebConfig, OddLinesSayNothing) {
  const WebConfig config =
      read_web_config("root\nroot \"\naccess_log \"|\nAlias\nDefine\n${\n", "C:");
  EXPECT_THAT(config.logs, IsEmpty());
  EXPECT_THAT(config.roots, IsEmpty());
}

}  // namespace
}  // namespace hozen
