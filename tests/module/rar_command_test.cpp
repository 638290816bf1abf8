#include "collector/module/rar_command.h"

#include <gmock/gmock.h>

#include "collector/module/passwords.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ArchiveCommand only(std::string_view line) {
  const auto found = archive_commands(line);
  EXPECT_EQ(found.size(), 1U) << line;
  return found.empty() ? ArchiveCommand{} : found.front();
}

TEST(RarCommand, TellsWhatIsPackedAndHow) {
  const ArchiveCommand command =
      only(R"("C:\Program Files\WinRAR\Rar.exe" a -r -hpS3cret -v100m -m5 -ta20200101 -inul -dh )"
           R"(C:\PerfLogs\1.rar "C:\Users\eve\My Documents" \\srv\c$\HR *.doc *.xls @list.txt)");
  EXPECT_EQ(command.program, R"(C:\Program Files\WinRAR\Rar.exe)");
  EXPECT_TRUE(command.is_known_name);
  EXPECT_EQ(command.verb, 'a');
  EXPECT_EQ(command.archive, R"(C:\PerfLogs\1.rar)");
  EXPECT_THAT(command.sources, ElementsAre(R"(C:\Users\eve\My Documents)", R"(\\srv\c$\HR)"));
  EXPECT_THAT(command.masks, ElementsAre("*.doc", "*.xls"));
  EXPECT_THAT(command.lists, ElementsAre("list.txt"));
  EXPECT_THAT(command.time_filters, ElementsAre("-ta20200101"));
  EXPECT_TRUE(command.encrypts_headers);
  EXPECT_TRUE(command.encrypts_files);
  EXPECT_EQ(command.volume_bytes, 100U * 1024 * 1024);
  EXPECT_TRUE(command.is_quiet);
  EXPECT_FALSE(command.deletes_sources);
}

struct SizeCase {
  std::string_view text;
  std::uint64_t bytes = 0;
};
class VolumeSizes : public testing::TestWithParam<SizeCase> {};
TEST_P(VolumeSizes, AreInBytes) {
  const SizeCase& one = GetParam();
  EXPECT_EQ(only(std::string{one.text} + " out dir").volume_bytes, one.bytes);
}
INSTANTIATE_TEST_SUITE_P(
    All, VolumeSizes,
    testing::Values(SizeCase{"rar a -v1000", 1'000'000}, SizeCase{"rar a -v1000b", 1000},
                    SizeCase{"rar a -v5k", 5120}, SizeCase{"rar a -v5M", 5'000'000},
                    SizeCase{"rar a -v1g", 1U << 30U}, SizeCase{"7z a -v1000", 1000},
                    SizeCase{"7z a -v2m", 2U << 20U}));

TEST(RarCommand, OtherSwitchesWithTheSameLettersMeanSomethingElse) {
  const ArchiveCommand command = only("rar u -ver -tsm -tk -id -p- -vn out dir");
  EXPECT_FALSE(command.has_volumes);
  EXPECT_FALSE(command.encrypts_files);
  EXPECT_THAT(command.time_filters, IsEmpty());
  EXPECT_EQ(command.verb, 'u');
  EXPECT_EQ(command.archive, "out.rar");
  EXPECT_FALSE(only("rar a -v99999999999999999999999t out dir").volume_bytes);
  EXPECT_FALSE(only("rar a -v18446744073709551615g out dir").volume_bytes);
}

TEST(RarCommand, SwitchesStandAnywhereAndSourcesMayBeDeleted) {
  const ArchiveCommand command = only("WINRAR -ibck m /hpX out C:\\x");
  EXPECT_TRUE(command.deletes_sources);
  EXPECT_TRUE(command.encrypts_headers);
  EXPECT_TRUE(command.is_quiet);
  EXPECT_TRUE(only("rar a -df out C:\\x").deletes_sources);
  EXPECT_TRUE(only("7z a -sdel out C:\\x").deletes_sources);
  EXPECT_THAT(only("rar a -- out -p.txt").sources, ElementsAre("-p.txt"));
}

TEST(RarCommand, SevenZip) {
  const ArchiveCommand command = only("7za.exe a -t7z -mhe=on -pX -i!*.pdf out.7z C:\\HR");
  EXPECT_TRUE(command.is_seven_zip);
  EXPECT_TRUE(command.encrypts_headers);
  EXPECT_THAT(command.masks, ElementsAre("*.pdf"));
  EXPECT_FALSE(only("7z a -mhe=off -pX out.7z d").encrypts_headers);
  EXPECT_EQ(only("7z a out d").archive, "out.7z");
  EXPECT_FALSE(only("7z x -pX out.7z").packs());
}

TEST(RarCommand, AreFoundInShellsScriptsAndBehindOtherPrograms) {
  EXPECT_EQ(only(R"(cmd.exe /c "C:\x\rar.exe" a -hpX "C:\a b\o.rar" C:\d)").archive,
            R"(C:\a b\o.rar)");
  EXPECT_EQ(only(R"(cmd /c "rar a "C:\a b\o.rar" C:\d")").archive, R"(C:\a b\o.rar)");
  EXPECT_EQ(only(R"(cmd /c "cd C:\d & svc.exe a -hpX o.rar d")").program, "svc.exe");
  EXPECT_EQ(only(R"(psexec \\srv -s C:\x\rar.exe a o.rar C:\d)").archive, "o.rar");
  EXPECT_EQ(only("$x = 1\r\n& 'C:\\x y\\rar.exe' a 'C:\\o.rar' C:\\d\n").archive, "C:\\o.rar");
  EXPECT_EQ(only(R"(powershell -nop -c "C:\x\t.exe a -hpX C:\1.rar C:\d")").program,
            R"(C:\x\t.exe)");
  EXPECT_EQ(archive_commands("rar a 1.rar d & rar a 2.rar e | more").size(), 2U);
}

class RenamedArchivers : public testing::TestWithParam<const char*> {};
TEST_P(RenamedArchivers, AreKnownByTheirArguments) {
  const ArchiveCommand command = only(GetParam());
  EXPECT_FALSE(command.is_known_name);
  EXPECT_TRUE(command.packs());
}
INSTANTIATE_TEST_SUITE_P(All, RenamedArchivers,
                         testing::Values("svch.exe a -r -hpX out.dat C:\\x",
                                         "C:\\PerfLogs\\t.exe a -pX out.rar C:\\x",
                                         "t.exe A -hp out C:\\x",
                                         "t.exe a -v10m C:\\t\\1.rar C:\\x",
                                         "update.exe m -hpX -df 1 C:\\x",
                                         "t.exe a -pX -v5m o.zip d", "t a -t7z -mhe -pX out.7z d"));

class OtherPrograms : public testing::TestWithParam<const char*> {};
TEST_P(OtherPrograms, AreNone) { EXPECT_THAT(archive_commands(GetParam()), IsEmpty()); }
INSTANTIATE_TEST_SUITE_P(
    All, OtherPrograms,
    testing::Values("app.exe a -p8080 x.zip", "cli.exe a -v1 -pprod build.zip",
                    "server.exe a -p8080 conf.txt", "unzip -P x a.zip", "zip -T a.zip",
                    "x.exe a -v10 C:\\in.txt", "x.exe a -v10", "git commit -a -m x.rar",
                    "git add -p a", "cp -v a b.rar", "cp -p a b.zip", "net use x: \\\\srv\\c$ -p",
                    "msbuild a.sln /p:Configuration=Release /v:m", "tar -xf x.zip", "tar a -v x",
                    "tar -cf - dir", "makecab", "makecab /F x.ddf", "Compress-Archive C:\\x",
                    "docker run -v /a:/b -p 80:80 x", "ssh -p 22 u@host", "ssh -p22 host a.zip",
                    "mkdir -p a", "ffmpeg -v 1 a.rar", "npm run a -- -v", "notepad.exe a.rar",
                    "explorer a", "python a -v 1", "x.exe e -o a.rar", "hp.exe a -hello", "rar",
                    "rar a", "rar a -hpX", "7z -h", "C:\\rar\\setup.exe a b", "echo a -r x.rar",
                    ""));

TEST(RarCommand, WhatComesWithWindowsPacksToo) {
  const ArchiveCommand tar = only("tar.exe -a -c -f C:\\PerfLogs\\x.zip -C C:\\HR .");
  EXPECT_EQ(tar.archive, "C:\\PerfLogs\\x.zip");
  EXPECT_THAT(tar.sources, ElementsAre("C:\\HR", "."));
  EXPECT_TRUE(tar.packs());
  EXPECT_EQ(only("tar czf x.tgz d").archive, "x.tgz");
  const ArchiveCommand cab = only("makecab /D CompressionType=LZX /L C:\\t C:\\ntds.dit n.cab");
  EXPECT_EQ(cab.archive, "C:\\t\\n.cab");
  EXPECT_THAT(cab.sources, ElementsAre("C:\\ntds.dit"));
  const ArchiveCommand zip =
      only("powershell -c Compress-Archive -Path C:\\a, C:\\b -DestinationPath C:\\t\\o -Force");
  EXPECT_EQ(zip.archive, "C:\\t\\o.zip");
  EXPECT_THAT(zip.sources, ElementsAre("C:\\a,", "C:\\b"));
  EXPECT_EQ(only("Compress-Archive C:\\a C:\\t\\o.zip").archive, "C:\\t\\o.zip");
}

TEST(RarCommand, WhatIsRunOnAnotherHostIsOfThatHost) {
  EXPECT_EQ(only(R"(psexec \\fs01 -s C:\PerfLogs\rar.exe a -hpX C:\1.rar C:\d)").host, "fs01");
  EXPECT_EQ(only(R"(psexec.exe \\fs01 cmd /c "rar a C:\1.rar C:\d")").host, "fs01");
  EXPECT_EQ(only(R"(winrs -r:http://fs01:5985 rar a C:\1.rar C:\d)").host, "fs01");
  EXPECT_EQ(only(R"(psexec \\127.0.0.1 -s rar a C:\1.rar C:\d)").host, "");
  EXPECT_EQ(only(R"(psexec -s C:\x\rar.exe a C:\1.rar \\fs01\d)").host, "");
  EXPECT_EQ(only(R"(rar a C:\1.rar \\fs01\d)").host, "");
}

TEST(RarCommand, ZipAndDotNetPackToo) {
  const ArchiveCommand zip = only("zip.exe -r -e -P X C:\\t\\o.zip C:\\HR");
  EXPECT_EQ(zip.archive, "C:\\t\\o.zip");
  EXPECT_TRUE(zip.encrypts_files);
  EXPECT_THAT(zip.sources, testing::ElementsAre("C:\\HR"));
  EXPECT_FALSE(only("zip -r o.zip C:\\HR").encrypts_files);
  const ArchiveCommand net =
      only("[IO.Compression.ZipFile]::CreateFromDirectory('C:\\HR', \"C:\\PerfLogs\\o.zip\")");
  EXPECT_EQ(net.archive, "C:\\PerfLogs\\o.zip");
  EXPECT_TRUE(net.is_of_windows);
}

TEST(RarCommand, PasswordsOfRenamedOnesAreLeftOut) {
  for (const std::string_view line :
       {"svch.exe a -r -hpS3cr#t out.dat C:\\x", "C:\\t.exe a -pS3cr#t out.rar C:\\x",
        "ran: t.exe a \"-hpS3cr#t\" 1 x", "svch a -hp\"S3cr#t x\" 1.dat"})
    EXPECT_EQ(without_passwords(line).find("S3cr#t"), std::string::npos) << line;
  EXPECT_EQ(without_passwords("C:\\x.exe a -path y.zip"), "C:\\x.exe a -path y.zip");
  EXPECT_EQ(without_passwords("a user gave -port 22"), "a user gave -port 22");
}

TEST(RarCommand, KnowsProgramsByNameAndByVersion) {
  for (const std::string_view name : {"C:\\x\\Rar.exe", "RAR.EXE", "winrar (2).exe", "7z.exe",
                                      "7za", "7zFM.exe", "7z1900-x64.exe", "UnRAR.exe"})
    EXPECT_TRUE(is_archiver_name(name)) << name;
  for (const std::string_view name : {"rarely.exe", "svchost.exe", "library.exe", "r.exe"})
    EXPECT_FALSE(is_archiver_name(name)) << name;
  EXPECT_EQ(archiver_of_version("", "Command line RAR"), "RAR");
  EXPECT_EQ(archiver_of_version("7ZA.EXE", ""), "7-Zip");
  EXPECT_EQ(archiver_of_version("7z.sfx.exe", "7z SFX"), "");
  EXPECT_EQ(archiver_of_version("", ""), "");
}

TEST(RarCommand, LongAndDamagedLinesAreRead) {
  std::string line = "rar a ";
  for (int i = 0; i < 20'000; ++i) line += "-hp\" & cmd /c \"rar a x ";
  EXPECT_LE(archive_commands(line).size(), kMaxArchiveCommands);
  EXPECT_THAT(archive_commands(std::string(100'000, '"')), IsEmpty());
}

}  // namespace
}  // namespace hozen
