// Pairs of programs and DLLs as they are side-loaded.
#include "tests/modules/side_loading_machine.h"

#include <set>

#include "collector/module/side_load_weights.h"

namespace hozen {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(SideLoadedDllsTest, AProgramWithADllOfNobodyAndAPayloadIsToldAndPreserved) {
  triad("C:\\ProgramData\\Update");
  windows.file("C:\\ProgramData\\Update\\data.bin", noise(50'000));
  const ModuleRun run = judge();
  const Finding* const finding = pair_of(run);
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::medium);  // nothing shows that it ever ran
  EXPECT_THAT(finding->subject, HasSubstr("NvSmart.exe loads C:\\ProgramData\\Update\\NvSmartMax"));
  EXPECT_THAT(story_of(*finding), HasSubstr("imports 'NvSmartMax.dll'"));
  EXPECT_THAT(story_of(*finding), HasSubstr("'data.bin'"));
  EXPECT_THAT(story_of(*finding), HasSubstr("soundly signed by 'NVIDIA Corporation'"));
  for (const char* const name : {"NvSmart.exe", "NvSmartMax.dll", "data.bin"})
    EXPECT_TRUE(run.context->has_collected(std::string{"C:\\ProgramData\\Update\\"} + name))
        << name;
  EXPECT_THAT(finding->attack, Contains("T1574.001"));
}

TEST_F(SideLoadedDllsTest, WhatHasNoRoomIsNoted) {
  const auto has_note = [](const ModuleRun& run, std::string_view text) {
    return std::any_of(
        run.context->notes.begin(), run.context->notes.end(),
        [&](const Error& note) { return note.what.find(text) != std::string::npos; });
  };
  triad("C:\\t");
  const ModuleRun quiet = judge();
  EXPECT_FALSE(has_note(quiet, "not looked at for side-loading"));
  EXPECT_FALSE(has_note(quiet, "not weighed"));
  // Decoys beside a pair, and live modules beyond what is kept.
  for (int i = 0; i < 2'100; ++i)
    windows.file("C:\\t\\z" + std::to_string(i) + ".dll", std::string(600, 'x'));
  live.emplace();
  LiveProcess process;
  process.path = "C:\\t\\NvSmart.exe";
  for (int i = 0; i < 50'010; ++i)
    process.modules.emplace_back().path = "C:\\t\\" + std::to_string(i) + ".dll";
  live->processes.push_back(process);
  const ModuleRun run = judge();
  EXPECT_TRUE(has_note(run, "C:\\t: programs and DLLs that are not looked at for side-loading"));
  EXPECT_TRUE(has_note(run, "not weighed"));
}

TEST_F(SideLoadedDllsTest, WhatStartsByItselfIsHigh) {
  triad("C:\\ProgramData\\Update");
  windows.file("C:\\ProgramData\\Update\\data.bin", noise(50'000));
  Fact fact;
  fact.kind = FactKind::autostart;
  fact.subject = "C:\\ProgramData\\Update\\NvSmart.exe";
  fact.record = "run_keys-1";
  fact.values.add("source", "run_keys");
  fact.values.add("entry", "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\a");
  facts.push_back(fact);
  const ModuleRun run = judge();
  const Finding* const finding = pair_of(run);
  ASSERT_NE(finding, nullptr);
  EXPECT_GE(severity_of(*finding), Severity::high) << story_of(*finding);
  EXPECT_THAT(story_of(*finding), HasSubstr("CurrentVersion\\Run"));
}

TEST_F(SideLoadedDllsTest, ACopiedProgramOfWindowsWithADllOfItsName) {
  put("C:\\Users\\Public\\notepad.exe",
      program("NOTEPAD.EXE", "Microsoft Corporation").import("version.dll", {"Function1"}));
  sign("C:\\Users\\Public\\notepad.exe", "Microsoft Windows", true);
  put("C:\\Users\\Public\\version.dll", library("version.dll", "").exported("Function1"));
  const ModuleRun run = judge();
  const Finding* const finding = pair_of(run);
  ASSERT_NE(finding, nullptr);
  for (const char* const id : {"N1", "P1", "P3", "P4", "P5", "X1", "X4", "S1"})
    EXPECT_TRUE(has_item(run, id)) << id;
  EXPECT_THAT(finding->attack, Contains("T1036.005"));
  EXPECT_EQ(severity_of(*finding), Severity::medium);
}

TEST_F(SideLoadedDllsTest, ADllThatHandsEverythingOnIsHighWithoutATrace) {
  put("C:\\ProgramData\\Tool\\host.exe",
      program("host.exe", "Vendor").import("version.dll", {"Function1"}));
  sign("C:\\ProgramData\\Tool\\host.exe", "Vendor");
  PeBuilder proxy = library("version.dll", "");
  for (int i = 0; i < 30; ++i)
    proxy.exported("Function" + std::to_string(i),
                   "C:\\Windows\\System32\\version.Function" + std::to_string(i));
  put("C:\\ProgramData\\Tool\\version.dll", proxy);
  const ModuleRun run = judge();
  const Finding* const finding = pair_of(run);
  ASSERT_NE(finding, nullptr);
  EXPECT_TRUE(has_item(run, "X2"));
  EXPECT_GE(severity_of(*finding), Severity::high) << story_of(*finding);
}

TEST_F(SideLoadedDllsTest, ASignatureThatDoesNotHoldAndOneOfAStranger) {
  triad("C:\\ProgramData\\Update");
  sign("C:\\ProgramData\\Update\\NvSmartMax.dll", "NVIDIA Corporation", false,
       SignatureStatus::digest_mismatch);
  const ModuleRun broken = judge();
  EXPECT_TRUE(has_item(broken, "S2"));
  ASSERT_NE(pair_of(broken), nullptr);
  EXPECT_THAT(pair_of(broken)->attack, Contains("T1553.002"));

  sign("C:\\ProgramData\\Update\\NvSmartMax.dll", "Online Games Ltd");
  const ModuleRun stolen = judge();
  EXPECT_TRUE(has_item(stolen, "S3"));
  ASSERT_NE(pair_of(stolen), nullptr);
  EXPECT_EQ(severity_of(*pair_of(stolen)), Severity::medium);
}

TEST_F(SideLoadedDllsTest, ADllInAFolderBelowAndOneOfAnotherName) {
  put("C:\\ProgramData\\Up\\run.exe",
      program("run.exe", "Vendor").import("core.dll", {"Start", "Stop"}));
  sign("C:\\ProgramData\\Up\\run.exe", "Vendor");
  put("C:\\ProgramData\\Up\\lib\\core.dll", library("core.dll", "").exported("Start"));
  const ModuleRun below = judge();
  ASSERT_NE(pair_of(below), nullptr);
  EXPECT_THAT(pair_of(below)->subject, HasSubstr("lib\\core.dll"));

  windows = fake::FakeWindows{};
  put("C:\\ProgramData\\Up\\run.exe",
      program("run.exe", "Vendor").import("core.dat", {"Start", "Stop"}));
  put("C:\\ProgramData\\Up\\core.dat", library("core.dat", "").exported("Start"));
  const ModuleRun renamed = judge();
  EXPECT_TRUE(has_item(renamed, "X10"));
  ASSERT_NE(pair_of(renamed), nullptr);
}

TEST_F(SideLoadedDllsTest, AFolderWithASpaceBehindTheNameOfWindows) {
  put("C:\\Windows \\System32\\winsat.exe",
      program("winsat.exe", "Microsoft Corporation").import("version.dll", {"Function1"}));
  put("C:\\Windows \\System32\\version.dll", library("version.dll", "").exported("Function1"));
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "P6"));
  ASSERT_NE(pair_of(run), nullptr);
}

TEST_F(SideLoadedDllsTest, ANameThatWindowsLacksAndADllInAFolderOfWindows) {
  put("C:\\Windows\\System32\\wlbsctrl.dll", library("wlbsctrl.dll", ""));
  put("C:\\Windows\\System32\\sysprep\\sysprep.exe",
      program("sysprep.exe", "Microsoft Corporation").import("version.dll", {"Function1"}));
  sign("C:\\Windows\\System32\\sysprep\\sysprep.exe", "Microsoft Windows", true);
  put("C:\\Windows\\System32\\sysprep\\version.dll", library("version.dll", ""));
  const ModuleRun run = judge();
  const Finding* const phantom = run.context->finding("side_loaded_dlls.phantom");
  ASSERT_NE(phantom, nullptr);
  EXPECT_EQ(severity_of(*phantom), Severity::medium);
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_THAT(pair_of(run)->subject, HasSubstr("sysprep\\version.dll"));

  sign("C:\\Windows\\System32\\wlbsctrl.dll", "Microsoft Windows", true);
  sign("C:\\Windows\\System32\\sysprep\\version.dll", "Microsoft Windows", true);
  const ModuleRun sound = judge();
  EXPECT_THAT(sound.context->findings, IsEmpty());
}

TEST_F(SideLoadedDllsTest, RedirectionsBesideAProgram) {
  put("C:\\ProgramData\\Net\\FileHistory.exe",
      program("FileHistory.exe", "Vendor").clr("v4.0.30319"));
  sign("C:\\ProgramData\\Net\\FileHistory.exe", "Vendor");
  put("C:\\ProgramData\\Net\\tasks.dll", library("tasks.dll", "").clr("v4.0.30319"));
  windows.file("C:\\ProgramData\\Net\\FileHistory.exe.config",
               "<configuration><runtime><appDomainManagerAssembly value=\"tasks, Version=0.0.0.0\" "
               "/></runtime></configuration>");
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "X11"));
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_THAT(story_of(*pair_of(run)), HasSubstr("manager of the program's domain"));
}

// ---- honest software

TEST_F(SideLoadedDllsTest, DotLocalFoldersReachDeeper) {
  const std::string folder = "C:\\Program Files\\Vendor\\App";
  put(folder + "\\app.exe", program("app.exe", "Vendor").import("version.dll", {"Function1"}));
  sign(folder + "\\app.exe", "Vendor");
  put(folder + "\\app.exe.local\\amd64_version_1\\version.dll",
      library("version.dll", "").exported("Function1"));
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "X11"));
  ASSERT_NE(pair_of(run), nullptr);
}

TEST_F(SideLoadedDllsTest, TheWeightsAreOneTableThatHolds) {
  std::set<std::string_view> ids;
  for (const side_load::Weight& weight : side_load::weights()) {
    EXPECT_TRUE(ids.insert(weight.id).second) << weight.id;
    EXPECT_FALSE(weight.meaning.empty());
    // S0 tells who signed, and no more.
    const bool is_against = weight.family == 'C', is_neutral = weight.id == "S0";
    EXPECT_TRUE(is_against ? weight.points <= 0 : is_neutral || weight.points > 0) << weight.id;
  }
}

}  // namespace
}  // namespace hozen
