// applicationHost.config of IIS.
#include "collector/formats/iis_config.h"

#include <gmock/gmock.h>

#include "collector/base/bytes.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

IisConfig read_text(std::string_view text) { return read_iis_config(bytes_of(text).span()); }

constexpr std::string_view kConfig = R"(<?xml version="1.0" encoding="UTF-8"?>
<configuration><configSections/><system.applicationHost>
<log><centralW3CLogFile enabled="true" directory="E:\central"/>
<centralBinaryLogFile directory="E:\binary"/></log>
<sites><site name="Default Web Site" id="1">
  <application path="/"><virtualDirectory path="/" physicalPath="%SystemDrive%\inetpub\wwwroot"/>
    <virtualDirectory path="/pics" physicalPath="D:\pics"/></application>
  <application path="/owa"><virtualDirectory path="/" physicalPath="D:\owa"/>
    <virtualDirectory path="/auth" physicalPath="D:\auth"/></application>
  <logFile logFormat="W3C" directory="D:\Logs"/>
  <ftpServer><logFile directory="D:\Ftp"/></ftpServer></site>
<site name="b" id="2"><application path="/"><virtualDirectory path="/" physicalPath=""/></application>
  <logFile directory="D:\Logs"/></site>
<siteDefaults><logFile directory="%SystemDrive%\inetpub\logs\LogFiles"/></siteDefaults></sites>
</system.applicationHost></configuration>)";

TEST(IisConfig, SaysWhereFilesLieAndLogsGo) {
  const IisConfig config = read_text(kConfig);
  EXPECT_FALSE(config.problem);
  std::vector<std::string> folders;
  for (const IisFolder& folder : config.folders)
    folders.push_back(folder.site + " " + folder.url + " " + folder.physical);
  EXPECT_THAT(folders,
              ElementsAre("Default Web Site / %SystemDrive%\\inetpub\\wwwroot",
                          "Default Web Site /pics D:\\pics", "Default Web Site /owa D:\\owa",
                          "Default Web Site /owa/auth D:\\auth"));
  EXPECT_THAT(config.log_folders,
              ElementsAre("D:\\Logs", "D:\\Ftp", "%SystemDrive%\\inetpub\\logs\\LogFiles",
                          "E:\\central", "E:\\binary"));
}

TEST(IisConfig, EveryCutIsReadAsFarAsItGoes) {
  for (std::size_t size = 0; size < kConfig.size(); ++size) {
    const IisConfig config = read_text(kConfig.substr(0, size));
    EXPECT_TRUE(config.problem) << size;
    EXPECT_LE(config.folders.size(), 4u);
  }
}

TEST(IisConfig, FoldersAreBounded) {
  std::string text = "<configuration><system.applicationHost><sites><site name=\"a\"><application>";
  for (std::size_t i = 0; i < kMaxIisEntries + 5; ++i)
    text += "<virtualDirectory path=\"/\" physicalPath=\"D:\\a\"/>";
  text += "</application></site></sites></system.applicationHost></configuration>";
  const IisConfig config = read_text(text);
  EXPECT_EQ(config.folders.size(), kMaxIisEntries);
  EXPECT_EQ(config.problem->code, Errc::limit);
}

TEST(IisConfig, OtherXmlSaysNothing) {
  EXPECT_THAT(read_text("<configuration/>").folders, IsEmpty());
  EXPECT_THAT(read_text("<a><site name='x'/></a>").log_folders, IsEmpty());
}

}  // namespace
}  // namespace hozen
