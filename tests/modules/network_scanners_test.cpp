// What scanners leave, and how it is told with their programs.
#include <gmock/gmock.h>

#include "tests/builders/prefetch_builder.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec dual_use_tools, event_logs, network_scanners, prefetch;
}  // namespace modules
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NetworkScanners : public testing::Test {
 protected:
  NetworkScanners() { windows.user("eve"); }
  ModuleRun judge() {
    return run_and_judge({&modules::prefetch, &modules::network_scanners, &modules::dual_use_tools},
                         windows);
  }
  static std::vector<std::string> tools_of(const ModuleRun& run) {
    std::vector<std::string> tools;
    for (const auto* record : records_of(run, "scanner_trace")) tools.push_back((*record)["tool"]);
    return tools;
  }
  fake::FakeWindows windows;
};

TEST_F(NetworkScanners, SettingsAreToldWithTheProgram) {
  builders::PrefetchBuilder file{30};
  file.program("\\DEVICE\\HARDDISKVOLUME2\\T\\ADVANCED_IP_SCANNER.EXE", "ADVANCED_IP_SCANNER.EXE")
      .run(fake::at(20));
  windows.file("C:\\Windows\\Prefetch\\ADVANCED_IP_SCANNER.EXE-11111111.pf", "").bytes =
      file.bytes();
  windows.value("HKU\\eve\\Software\\Famatech\\advanced_ip_scanner\\State", "LastRangeUsed",
                fake::sz("10.0.0.1-254"), fake::at(30));
  const ModuleRun run = judge();
  ASSERT_THAT(run.context->findings, SizeIs(1));
  const Finding& finding = run.context->findings[0];
  EXPECT_EQ(finding.rule, "dual_use_tools.found");
  EXPECT_EQ(severity_of(finding), Severity::medium);
  EXPECT_THAT(story_of(finding), HasSubstr("ran at " + fake::at(20).iso8601()));
  EXPECT_THAT(story_of(finding), HasSubstr("LastRangeUsed 10.0.0.1-254"));
  EXPECT_THAT(finding.not_checked, IsEmpty());
  EXPECT_EQ((*records_of(run, "dual_use_tool").at(0))["known_by"], "left_behind");
}

TEST_F(NetworkScanners, WhatIsLeftIsToldWithoutTheProgram) {
  windows.file("C:\\Users\\eve\\advanced_ip_scanner_MAC.bin", "x");
  windows.file("C:\\Users\\eve\\Desktop\\netscan.xml", "<x/>");
  windows.key("HKU\\eve\\Software\\JavaSoft\\Prefs\\ipscan");
  const ModuleRun run = judge();
  EXPECT_THAT(tools_of(run),
              testing::UnorderedElementsAre("Advanced IP Scanner", "SoftPerfect Network Scanner",
                                            "Angry IP Scanner"));
  EXPECT_THAT(findings_of(run, "dual_use_tools.found"), SizeIs(3));
}

TEST_F(NetworkScanners, ResultsAreKnownByTheirContent) {
  windows.file("C:\\Users\\Public\\result.txt",
               "10.0.0.1:445 open\n10.0.0.1:135 open\r\n10.0.0.2:80 open\n[*] NetInfo\n10.0");
  windows.file("C:\\Users\\eve\\Downloads\\a.log",
               "# Nmap 7.94 scan initiated Fri\nHost: 10.0.0.1");
  windows.file("C:\\Users\\eve\\Downloads\\b.xml", "<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n");
  windows.file("C:\\Users\\eve\\Downloads\\result.txt", "the door is open\n");
  windows.file("C:\\Users\\eve\\Downloads\\notes.txt", "10.0.0.1:80 open\nthen\nother\nlines\n");
  windows.file("C:\\Users\\eve\\Downloads\\empty.txt", "");
  const ModuleRun run = judge();
  EXPECT_THAT(tools_of(run), testing::UnorderedElementsAre("fscan", "Nmap", "Nmap"));
  EXPECT_TRUE(run.context->has_collected("C:\\Users\\Public\\result.txt"));
}

TEST_F(NetworkScanners, ListsOfPortsAndNotesAreNoResults) {
  std::string ports;
  for (int i = 1; i < 20; ++i) ports += "10.0.0." + std::to_string(i) + ":443 open\n";
  windows.file("C:\\Users\\eve\\Documents\\ports.txt", ports);
  windows.file("C:\\Users\\eve\\Documents\\nmap.txt", "# Nmap cheat sheet\nnmap -sV host\n");
  windows.file("C:\\Users\\eve\\Documents\\b.txt", "# Nmap 7.94 is out\na scan initiated by x\n");
  const ModuleRun run = judge();
  EXPECT_THAT(tools_of(run), IsEmpty());
  windows.file("C:\\Users\\eve\\Documents\\r.txt", ports + "[+] ftp 10.0.0.3:21:anonymous\n");
  EXPECT_THAT(tools_of(judge()), ElementsAre("fscan"));
}

TEST_F(NetworkScanners, AnOrdinaryHostHasNone) {
  windows.key("HKU\\eve\\Software\\Famatech\\Radmin");
  windows.key("HKU\\eve\\Software\\JavaSoft\\Prefs");
  windows.file("C:\\Users\\eve\\Desktop\\scan.xml", "<x/>");
  const ModuleRun run = judge();
  EXPECT_THAT(tools_of(run), IsEmpty());
  EXPECT_THAT(run.context->findings, IsEmpty());
}

}  // namespace
}  // namespace hozen
