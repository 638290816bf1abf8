// Seeds of fuzz_server_texts: one text for each reader, the reader's number in front.
#include <fstream>
#include <string>
#include <string_view>

namespace {

struct Seed {
  char reader;
  std::string_view name, text;
};
constexpr Seed kSeeds[] = {
    {0, "netlogon",
     "02/20 12:00:00 [SESSION] [1234] CORP: NetrServerAuthenticate entered: kali (10.0.0.9) on "
     "account "
     "DC01$ (Negot: 212fffff)\n"
     "02/20 12:00:00 [CRITICAL] [1234] CORP: NetrServerAuthenticate: Bad password 0 for kali on "
     "account "
     "DC01$\n"
     "02/20 12:00:01 [SESSION] CORP: NetrServerAuthenticate returns Success: kali on account "
     "DC01$\n"
     "02/20 12:00:01 [SESSION] [1] CORP: NetrServerPasswordSet: Comp=kali Acc=DC01$ Entered\n"},
    {1, "dhcp",
     "\t\tMicrosoft DHCP Service Activity Log\n\nEvent ID  Meaning\n00\tThe log was started.\n\n"
     "ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name,TransactionID\n"
     "10,02/20/24,12:00:00,Assign,10.0.0.9,kali.corp.local,000C29AABBCC,,1,0,,,\n"
     "30,02/20/24,12:00:01,DNS Update Request,9.0.0.10,\"a,b\",,,0,6,,,\n"},
    {2, "iis",
     "<?xml version=\"1.0\"?><configuration><system.applicationHost><log><centralW3CLogFile "
     "directory=\"%SystemDrive%\\logs\"/></log><sites><site name=\"a\" id=\"1\"><application "
     "path=\"/\"><virtualDirectory path=\"/\" physicalPath=\"%SystemDrive%\\inetpub\"/>"
     "</application><logFile directory=\"D:\\l\"/></site></sites></system.applicationHost>"
     "</configuration>"},
    {3, "preferences",
     "<Groups><User name=\"a\"><Properties userName=\"a\" cpassword = \"j1Uyj3Vx8TY9\"/></User>"
     "<!-- cpassword='x' --></Groups>"},
    {4, "known_hosts",
     "# c\n@revoked *.example.net,[10.0.0.5]:2222 ssh-ed25519 AAAAC3NzaC1l c\n|1|a=|b= ssh-rsa "
     "AAAA\n"},
    {5, "authorized_keys",
     "command=\"a \\\"b\\\" c\",no-pty,from=\"10.0.0.*\" ssh-ed25519 AAAAC3NzaC1l eve@pc\nssh-rsa "
     "A\n"},
    {6, "config",
     "Host a b\n HostName=10.0.0.5\n\tPort 22\n User \"eve x\"\n LocalForward 1 h:2\n "
     "RemoteForward 3 "
     "h:4\n DynamicForward 5\n ProxyJump c\nMatch all\nPermitRootLogin yes\nAllowTcpForwarding "
     "no\n"},
    {7, "filezilla",
     "<FileZilla3><RecentServers><Server><Host>h</Host><Port>22</Port><Protocol>1</Protocol>"
     "<User>u</User><Pass encoding=\"base64\">eA==</Pass></Server></RecentServers></FileZilla3>"},
    {8, "winscp",
     "[Sessions\\a%20b]\r\nHostName=h\r\nPortNumber=22\r\nUserName=u\r\nPassword=A35C\r\n\r\n"
     "[SshHostKeys]\r\nssh-ed25519@22:h=0x1,0x2\r\n[Configuration\\CDCache]\r\nu@h=%2Fa\r\n"},
    {9, "forwardings", "L8080=host:80,4D1080,R[::1]:3=h:4,6L1=a%2"},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  bool written = true;
  for (const Seed& seed : kSeeds) {
    std::ofstream file{std::string{argv[1]} + "/" + std::string{seed.name}, std::ios::binary};
    file << seed.reader << seed.text;
    written = written && file;
  }
  return written ? 0 : 1;
}
