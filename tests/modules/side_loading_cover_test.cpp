// Pairs behind what is laid around them to hide them: whole programs, games, closed folders,
// payloads under other names; and files that only lie together.
#include "tests/modules/side_loading_machine.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SideLoadingCoverTest : public SideLoadedDllsTest {
 protected:
  /// An installed program of a vendor that signs only it, and DLLs of its own.
  void suite(const std::string& folder, const std::string& imported, int dlls = 9,
             bool signs_dlls = false) {
    PeBuilder host = program("app.exe", "Vendor").import(imported, {"Function1"}).certificate(16);
    for (int i = 0; i < dlls; ++i) {
      const std::string name = "v" + std::to_string(i) + ".dll";
      host.import(name, {"A"});
      PeBuilder own = library(name, "Vendor").exported("A").timestamp(1'300'000'000);
      if (signs_dlls) own.certificate(16);
      put(folder + "\\" + name, own);
      if (signs_dlls) sign(folder + "\\" + name, "Vendor");
    }
    put(folder + "\\app.exe", host);
    sign(folder + "\\app.exe", "Vendor");
    for (int i = 0; i < 14; ++i)
      windows.file(folder + "\\d" + std::to_string(i) + ".ini", std::string(600, 'x'));
  }
  void starts(const std::string& program) {
    Fact fact;
    fact.kind = FactKind::autostart;
    fact.subject = program;
    fact.record = "services-1";
    facts.push_back(fact);
  }
  void came(const std::string& path, std::int64_t seconds) {
    auto& entry = windows.entry(path);
    entry.facts.si.created = entry.facts.si.modified = fake::at(seconds);
  }
  static int score_of(const ModuleRun& run, std::string_view dll) {
    for (const auto& record : run.context->records)
      if (record.kind == "side_load_pair" && record.json_of("dll").find(dll) != std::string::npos)
        return std::stoi(record.json_of("score"));
    return 0;
  }
  static std::string xored(std::string text, std::string_view key) {
    for (std::size_t i = 0; i < text.size(); ++i)
      text[i] = static_cast<char>(text[i] ^ key[i % key.size()]);
    return text;
  }
  static std::string text_of(const PeBuilder& pe) {
    std::string text;
    for (const std::byte byte : pe.bytes()) text += static_cast<char>(byte);
    return text;
  }
};

TEST_F(SideLoadingCoverTest, AWholeProgramHidesNoDllOfWindowsName) {
  const std::string folder = "C:\\Program Files\\Vendor\\App";
  suite(folder, "version.dll");
  PeBuilder proxy = library("version.dll", "");
  for (int i = 0; i < 30; ++i)
    proxy.exported("Function" + std::to_string(i), "real.Function" + std::to_string(i));
  put(folder + "\\version.dll", proxy);
  starts(folder + "\\app.exe");
  const ModuleRun run = judge();
  for (const char* const id : {"N1", "X1", "X2", "S1", "E1", "C4", "C5"})
    EXPECT_TRUE(has_item(run, id)) << id;
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_THAT(pair_of(run)->subject, HasSubstr("version.dll"));
}

TEST_F(SideLoadingCoverTest, TheOnlyDllWithoutASignatureStandsOut) {
  const std::string folder = "C:\\Program Files\\Vendor\\App";
  suite(folder, "vcore.dll", 9, true);
  put(folder + "\\vcore.dll", library("vcore.dll", "").exported("Function1"));
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "S6"));
  EXPECT_TRUE(has_item(run, "S1"));

  // Of a maker that signs half of them it says nothing.
  for (int i = 0; i < 5; ++i)
    put(folder + "\\v" + std::to_string(i) + ".dll",
        library("v" + std::to_string(i) + ".dll", "Vendor").exported("A"));
  EXPECT_FALSE(has_item(judge(), "S6"));
}

TEST_F(SideLoadingCoverTest, ALateDllStandsOut) {
  const std::string folder = "C:\\Program Files\\Vendor\\App";
  suite(folder, "vcore.dll");
  put(folder + "\\vcore.dll", library("vcore.dll", "").exported("Function1"));
  starts(folder + "\\app.exe");
  const ModuleRun quiet = judge();
  EXPECT_FALSE(has_item(quiet, "S1"));
  came(folder + "\\vcore.dll", 86'400LL * 60);
  starts(folder + "\\app.exe");  // judge() takes the facts
  const ModuleRun late = judge();
  EXPECT_TRUE(has_item(late, "T1"));
  EXPECT_TRUE(has_item(late, "S1"));
}

TEST_F(SideLoadingCoverTest, FilesThatAreOnlyCalledLikeAGamesAreNoGame) {
  const std::string folder = "C:\\ProgramData\\Update";
  triad(folder, "version.dll");
  windows.file(folder + "\\steam_appid.txt", "none");
  windows.file(folder + "\\data.win", "x");
  windows.file(folder + "\\winmm.ini", "");
  windows.file(folder + "\\a.vpk", "abcd");
  windows.folder(folder + "\\mods");
  windows.folder(folder + "\\NvSmart_Data");
  const ModuleRun run = judge();
  EXPECT_FALSE(has_item(run, "C7"));
  ASSERT_NE(pair_of(run), nullptr);

  // They are what they say, and yet: what starts with Windows is no game.
  windows.file(folder + "\\steam_appid.txt", "480\r\n");
  windows.file(folder + "\\data.win", "FORM....");
  windows.file(folder + "\\winmm.ini", "[General]\r\nEnabled=1\r\n");
  const ModuleRun game = judge();
  EXPECT_TRUE(has_item(game, "C7") || pair_of(game) == nullptr);
  EXPECT_FALSE(pair_of(game) != nullptr && !has_item(game, "C7"));
  starts(folder + "\\NvSmart.exe");
  const ModuleRun started = judge();
  EXPECT_FALSE(has_item(started, "C7"));
  ASSERT_NE(pair_of(started), nullptr);
}

TEST_F(SideLoadingCoverTest, AProgramOfWindowsAndABrokenSignatureAreNoGames) {
  const std::string folder = "C:\\Games\\Thing";
  put(folder + "\\notepad.exe",
      program("NOTEPAD.EXE", "Microsoft Corporation").import("version.dll", {"Function1"}));
  sign(folder + "\\notepad.exe", "Microsoft Windows", true);
  put(folder + "\\version.dll", library("version.dll", "").exported("Function1"));
  windows.file(folder + "\\steam_appid.txt", "480");
  windows.file(folder + "\\data.win", "FORM....");
  windows.file(folder + "\\version.ini", "[General]\nEnabled=1\n");
  windows.file(folder + "\\dxvk.conf", "a = b\n");
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "P1"));
  EXPECT_FALSE(has_item(run, "C7"));
  ASSERT_NE(pair_of(run), nullptr);

  windows = fake::FakeWindows{};
  triad(folder);
  sign(folder + "\\NvSmartMax.dll", "NVIDIA Corporation", false, SignatureStatus::digest_mismatch);
  windows.file(folder + "\\steam_appid.txt", "480");
  windows.file(folder + "\\data.win", "FORM....");
  windows.file(folder + "\\version.ini", "[General]\nEnabled=1\n");
  windows.file(folder + "\\dxvk.conf", "a = b\n");
  const ModuleRun changed = judge();
  EXPECT_TRUE(has_item(changed, "S2"));
  EXPECT_FALSE(has_item(changed, "C7"));
  ASSERT_NE(pair_of(changed), nullptr);
}

TEST_F(SideLoadingCoverTest, FoldersOfWindowsHideNobodyElsesProgram) {
  const std::string folder = "C:\\Windows\\System32\\NvUpd";
  triad(folder);
  put(folder + "\\NvSmart.exe", program("NvSmart.exe", "NVIDIA Corporation")
                                    .import("NvSmartMax.dll", {"NvInit"})
                                    .certificate(16));
  windows.file(folder + "\\data.bin", noise(50'000));
  const ModuleRun run = judge();
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_THAT(pair_of(run)->subject, HasSubstr("System32\\NvUpd"));
  EXPECT_TRUE(has_item(run, "P5"));

  // Windows' own are left alone, whether its catalogs are there or not.
  windows = fake::FakeWindows{};
  put(folder + "\\tool.exe",
      program("tool.exe", "Microsoft Corporation").import("part.dll", {"A"}).certificate(16));
  put(folder + "\\part.dll", library("part.dll", "Microsoft Corporation").exported("A"));
  sign(folder + "\\tool.exe", "Microsoft Corporation", true);
  starts(folder + "\\tool.exe");
  catalogs = false;
  EXPECT_THAT(judge().context->findings, IsEmpty());
}

TEST_F(SideLoadingCoverTest, AProgramThatStartsIsLookedAtWhereverItLies) {
  const std::string folder = "C:\\Windows\\WinSxS\\amd64_nv_1";
  triad(folder);
  windows.file(folder + "\\data.bin", noise(50'000));
  EXPECT_EQ(pair_of(judge()), nullptr) << "the store of components is not walked";
  starts("\\Device\\HarddiskVolume3\\Windows\\WinSxS\\amd64_nv_1\\NvSmart.exe");
  const ModuleRun run = judge();
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_THAT(pair_of(run)->subject, HasSubstr("WinSxS\\amd64_nv_1"));
}

TEST_F(SideLoadingCoverTest, FilesThatOnlyLieTogetherStayLow) {
  const std::string folder = "C:\\Tools\\misc";
  put(folder + "\\unlocker.exe", program("unlocker.exe", "Tool A"));
  sign(folder + "\\unlocker.exe", "Tool A");
  put(folder + "\\libfoo.dll", library("libfoo.dll", "Foo").exported("A"));
  came(folder + "\\libfoo.dll", 86'400LL * 60);
  starts(folder + "\\unlocker.exe");
  const ModuleRun apart = judge();
  EXPECT_EQ(pair_of(apart), nullptr);
  EXPECT_EQ(score_of(apart, "libfoo.dll"), 39);

  put(folder + "\\unlocker.exe",
      program("unlocker.exe", "Tool A").section(".strings", std::string("\0libfoo.dll\0", 12)));
  came(folder + "\\unlocker.exe", 0);
  const ModuleRun named = judge();
  EXPECT_TRUE(has_item(named, "X1S"));
  ASSERT_NE(pair_of(named), nullptr);
  EXPECT_THAT(pair_of(named)->subject, HasSubstr("unlocker.exe may load C:"));
}

TEST_F(SideLoadingCoverTest, ATextNamesADllAmongManyProgramsAndInAFolderBelow) {
  const std::string folder = "C:\\Users\\Public\\Libraries";
  std::string wide;
  for (const char c : std::string{"\0plugins\\GoopDate\0", 18}) wide += std::string{c, '\0'};
  put(folder + "\\update.exe",
      program("update.exe", "Vendor").section(".strings", wide).certificate(16));
  sign(folder + "\\update.exe", "Vendor");
  for (int i = 0; i < 4; ++i)
    put(folder + "\\tool" + std::to_string(i) + ".exe", program("tool.exe", "Other"));
  put(folder + "\\plugins\\goopdate.dll", library("goopdate.dll", "").exported("A"));
  put(folder + "\\other\\goopdate.dll", library("goopdate.dll", "").exported("A"));
  starts(folder + "\\update.exe");
  const ModuleRun below = judge();
  EXPECT_TRUE(has_item(below, "X1S"));
  EXPECT_GE(score_of(below, "plugins"), 40);
  EXPECT_EQ(score_of(below, "other"), 0) << "the text names another folder";

  put(folder + "\\goopdate.dll", library("goopdate.dll", "").exported("A"));
  put(folder + "\\nobody.dll", library("nobody.dll", "").exported("A"));
  const ModuleRun beside = judge();
  EXPECT_GE(score_of(beside, "Libraries\\\\goopdate.dll"), 40);
  EXPECT_EQ(score_of(beside, "nobody.dll"), 0);
}

TEST_F(SideLoadingCoverTest, CommentsHaveNothingLoadedAndManagersMayBePrograms) {
  const std::string folder = "C:\\ProgramData\\Net";
  put(folder + "\\host.exe", program("host.exe", "Vendor").clr("v4.0.30319"));
  sign(folder + "\\host.exe", "Vendor");
  put(folder + "\\manager.exe", program("", "").clr("v4.0.30319").timestamp(1'700'000'000));
  const std::string element = "<appDomainManagerAssembly value=\"manager, Version=0.0.0.0\" />";
  for (const std::string& inside : {"<runtime><!-- " + element + " --></runtime>",
                                    "<runtime><![CDATA[" + element + "]]></runtime>",
                                    "<appSettings>" + element + "</appSettings>"}) {
    windows.file(folder + "\\host.exe.config", "<configuration>" + inside + "</configuration>");
    const ModuleRun quiet = judge();
    EXPECT_FALSE(has_item(quiet, "X11")) << inside;
  }
  windows.file(folder + "\\host.exe.config",
               "<configuration><runtime>" + element + "</runtime></configuration>");
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "X11"));
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_THAT(pair_of(run)->subject, HasSubstr("loads C:\\ProgramData\\Net\\manager.exe"));
  EXPECT_THAT(story_of(*pair_of(run)), Not(HasSubstr("program library by its content")));
}

TEST_F(SideLoadingCoverTest, ANameThatWindowsLacksInAFolderOfTheSystemsPath) {
  const std::string key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment";
  put("C:\\Python27\\wlbsctrl.dll", library("wlbsctrl.dll", ""));
  put("C:\\oracle\\bin\\oci.dll", library("oci.dll", ""));
  EXPECT_EQ(judge().context->finding("side_loaded_dlls.phantom"), nullptr);
  windows.value(key, "Path",
                fake::expand_sz("%SystemRoot%\\system32;;C:\\oracle\\bin; C:\\Python27\\ ;"));
  const ModuleRun run = judge();
  const Finding* const finding = run.context->finding("side_loaded_dlls.phantom");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->subject, "C:\\Python27\\wlbsctrl.dll");
  EXPECT_THAT(run.context->findings, ::testing::SizeIs(1));
}

TEST_F(SideLoadingCoverTest, OnlyWhatReallyCannotBeLoadedCannot) {
  constexpr std::uint16_t kI386 = 0x14C, kArm64 = 0xAA64;
  const std::string folder = "C:\\ProgramData\\Update";
  triad(folder);
  const auto is_out = [&](const PeBuilder& dll) {
    put(folder + "\\NvSmartMax.dll", dll);
    return has_item(judge(), "C10") || pair_of(judge()) == nullptr;
  };
  EXPECT_TRUE(is_out(library("NvSmartMax.dll", "").machine(kI386)));
  EXPECT_FALSE(is_out(library("NvSmartMax.dll", "").machine(kArm64)));
  EXPECT_FALSE(is_out(library("NvSmartMax.dll", "").machine(kI386).clr("v4.0.30319")));
}

TEST_F(SideLoadingCoverTest, PayloadsUnderNamesOfProgramsUnderKeysAndBehindPictures) {
  const std::string folder = "C:\\ProgramData\\Update";
  const std::string payload = text_of(library("inner.dll", "")) + std::string(3'000, '\0');
  const std::string png =
      std::string("\x89PNG\r\n\x1A\n", 8) + std::string("\0\0\0\0IEND\xAE\x42\x60\x82", 12);
  const std::pair<std::string, std::string> cases[] = {
      {"NvSmartEx.dll", noise(60'000)},  {"boot.drv", noise(60'000)},
      {"one.hlp", xored(payload, "Z")},  {"ten.hlp", xored(payload, "QxT!9zPq7R")},
      {"logo.png", png + noise(60'000)}, {"false.png", std::string("\x89PNG") + noise(60'000)}};
  for (const auto& [name, content] : cases) {
    windows = fake::FakeWindows{};
    triad(folder);
    windows.file(folder + "\\" + name, content);
    const ModuleRun run = judge();
    EXPECT_TRUE(has_item(run, "X5")) << name;
    EXPECT_TRUE(run.context->has_collected(folder + "\\" + name)) << name;
  }
  // An executable in the open, a picture alone, a text, an end that is cut.
  for (const std::string& content : {payload, png + std::string(3'000, 'x'),
                                     std::string(9'000, 'a'), png.substr(0, 14) + noise(9'000)}) {
    windows = fake::FakeWindows{};
    triad(folder);
    windows.file(folder + "\\a.dat", content);
    EXPECT_FALSE(has_item(judge(), "X5"));
  }
}

TEST_F(SideLoadingCoverTest, OfAWholeProgramWhatCameWithTheDllIsPreserved) {
  const std::string folder = "C:\\Program Files\\Vendor\\App";
  suite(folder, "version.dll");
  put(folder + "\\version.dll", library("version.dll", "").exported("Function1"));
  windows.file(folder + "\\thing.dat", noise(50'000));
  came(folder + "\\version.dll", 86'400LL * 60);
  came(folder + "\\thing.dat", 86'400LL * 60 + 200);
  starts(folder + "\\app.exe");
  const ModuleRun run = judge();
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_TRUE(has_item(run, "X5"));
  EXPECT_TRUE(run.context->has_collected(folder + "\\thing.dat"));
  EXPECT_FALSE(run.context->has_collected(folder + "\\d3.ini"));
  EXPECT_FALSE(run.context->has_collected(folder + "\\v1.dll"));
}

}  // namespace
}  // namespace hozen
