// Pairs of programs and DLLs as honest software lies on disks, and what speaks against
// side-loading.
#include "tests/modules/side_loading_machine.h"

namespace hozen {
namespace {

using ::testing::IsEmpty;

TEST_F(SideLoadedDllsTest, OtherDrivesOfAnEmulatorAreNoEvidence) {
  triad("D:\\t");
  windows.file("D:\\t\\NvSmart.dat", noise(70'000));
  EXPECT_NE(pair_of(judge()), nullptr);
  emulator = "Wine 8.0";
  EXPECT_EQ(pair_of(judge()), nullptr);
  triad("C:\\t");
  windows.file("C:\\t\\NvSmart.dat", noise(70'000));
  EXPECT_NE(pair_of(judge()), nullptr) << "the drive of Windows is looked at";
}

TEST_F(SideLoadedDllsTest, TheSamePublisherSpeaksAgainstIt) {
  triad("C:\\ProgramData\\Update");
  sign("C:\\ProgramData\\Update\\NvSmartMax.dll", "NVIDIA Corporation");
  const ModuleRun run = judge();
  EXPECT_EQ(pair_of(run), nullptr);
}

TEST_F(SideLoadedDllsTest, HonestSoftwareIsQuiet) {
  // A suite whose maker signs programs and not DLLs.
  const std::string suite = "C:\\Program Files\\Vendor\\Suite";
  put(suite + "\\suite.exe",
      program("suite.exe", "Vendor").import("core.dll", {"A"}).import("ui.dll", {"B"}));
  sign(suite + "\\suite.exe", "Vendor");
  for (const char* const name : {"core.dll", "ui.dll", "net.dll", "db.dll", "zip.dll"})
    put(suite + "\\" + name, library(name, "Vendor").exported("A").timestamp(1'300'000'000));
  // A portable program, not signed at all.
  put("C:\\Users\\alice\\Downloads\\tool\\tool.exe",
      program("tool.exe", "Somebody").import("tool_core.dll", {"A"}));
  put("C:\\Users\\alice\\Downloads\\tool\\tool_core.dll",
      library("tool_core.dll", "Somebody").exported("A").timestamp(1'300'000'000));
  // The same, its program signed.
  put("C:\\Users\\alice\\Downloads\\signed\\tool.exe",
      program("tool.exe", "Somebody").import("tool_core.dll", {"A"}));
  sign("C:\\Users\\alice\\Downloads\\signed\\tool.exe", "Somebody");
  put("C:\\Users\\alice\\Downloads\\signed\\tool_core.dll",
      library("tool_core.dll", "Somebody").exported("A").timestamp(1'300'000'000));
  // An installer at work.
  put("C:\\Users\\alice\\AppData\\Local\\Temp\\setup.exe", program("setup.exe", "Vendor"));
  sign("C:\\Users\\alice\\AppData\\Local\\Temp\\setup.exe", "Vendor");
  put("C:\\Users\\alice\\AppData\\Local\\Temp\\nsq1234.tmp\\System.dll",
      library("System.dll", "").exported("Call"));
  // A runtime library of Microsoft.
  put("C:\\Users\\alice\\AppData\\Local\\App\\app.exe",
      program("app.exe", "Vendor").import("vcruntime140.dll", {"memcpy"}));
  sign("C:\\Users\\alice\\AppData\\Local\\App\\app.exe", "Vendor");
  put("C:\\Users\\alice\\AppData\\Local\\App\\vcruntime140.dll",
      library("vcruntime140.dll", "Microsoft Corporation"));
  sign("C:\\Users\\alice\\AppData\\Local\\App\\vcruntime140.dll", "Microsoft Corporation", true);
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST_F(SideLoadedDllsTest, AGameWithAModIsQuiet) {
  const std::string game = "D:\\SteamLibrary\\steamapps\\common\\Game";
  put(game + "\\game.exe", program("game.exe", "Studio").import("version.dll", {"Function1"}));
  sign(game + "\\game.exe", "Studio");
  PeBuilder mod = library("version.dll", "");
  for (int i = 0; i < 30; ++i)
    mod.exported("Function" + std::to_string(i), "version_orig.Function" + std::to_string(i));
  put(game + "\\version.dll", mod);
  put(game + "\\UnityPlayer.dll", library("UnityPlayer.dll", "Unity"));
  windows.file(game + "\\doorstop_config.ini", "[General]\nenabled=true\n");
  for (int i = 0; i < 20; ++i)
    windows.file(game + "\\data" + std::to_string(i) + ".pak", noise(5'000));
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST_F(SideLoadedDllsTest, WhatItsMakerDidSaysNothingOfAFileThatWasChanged) {
  const std::string folder = "C:\\Program Files\\Vendor\\App";
  put(folder + "\\app.exe", program("app.exe", "Vendor").import("core.dll", {"A"}));
  sign(folder + "\\app.exe", "Vendor");
  put(folder + "\\core.dll", library("core.dll", "Vendor").exported("A").timestamp(1'300'000'000));
  sign(folder + "\\core.dll", "Vendor", false, SignatureStatus::digest_mismatch);
  Fact fact;
  fact.kind = FactKind::autostart;
  fact.subject = folder + "\\app.exe";
  fact.record = "services-1";
  facts.push_back(fact);
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "S2"));
  EXPECT_FALSE(has_item(run, "C8"));
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_GE(severity_of(*pair_of(run)), Severity::medium);
}

TEST_F(SideLoadedDllsTest, ManyFilesOfOneKindAreNoGame) {
  // Four files of one kind are one sign of a game, not four.
  const std::string folder = "C:\\Program Files\\Vendor\\App";
  put(folder + "\\app.exe", program("app.exe", "Vendor").import("version.dll", {"Function1"}));
  sign(folder + "\\app.exe", "Vendor");
  put(folder + "\\version.dll", library("version.dll", "").exported("Function1"));
  for (int i = 0; i < 6; ++i) windows.file(folder + "\\a" + std::to_string(i) + ".vpk", noise(600));
  const ModuleRun run = judge();
  EXPECT_FALSE(has_item(run, "C7"));
  ASSERT_NE(pair_of(run), nullptr);
}

TEST_F(SideLoadedDllsTest, WithoutCatalogsFilesOfWindowsAreNotTakenForUnsigned) {
  signatures.clear();
  catalogs = false;
  put("C:\\Windows\\System32\\oobe\\setup.exe",
      program("setup.exe", "Microsoft Corporation").import("version.dll", {"Function1"}));
  put("C:\\Windows\\System32\\oobe\\version.dll",
      library("version.dll", "Microsoft Corporation").exported("Function1"));
  put("C:\\Windows\\System32\\phoneinfo.dll", library("phoneinfo.dll", "Microsoft Corporation"));
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

// ---- what events say

TEST_F(SideLoadedDllsTest, PlaceAndUseAloneStayLow) {
  const std::string folder = "C:\\Program Files\\Vendor\\Tool";
  put(folder + "\\tool.exe", program("tool.exe", "Vendor").import("jpeg62.dll", {"A"}));
  sign(folder + "\\tool.exe", "Vendor");
  put(folder + "\\jpeg62.dll", library("jpeg62.dll", "").exported("A"));
  for (const FactKind kind : {FactKind::autostart, FactKind::execution}) {
    Fact fact;
    fact.kind = kind;
    fact.subject = folder + "\\tool.exe";
    fact.record = "x-1";
    fact.values.add("source", "services");
    facts.push_back(fact);
  }
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

TEST_F(SideLoadedDllsTest, ATimeOfBuildingCountsWithTheLinkerThatGoesWithIt) {
  // Both say to be of one day: by one linker, by two, and by one that leaves its number behind.
  const std::string folder = "C:\\ProgramData\\Update";
  const auto pair = [&](std::uint16_t linker, bool rich) {
    triad(folder);
    PeBuilder dll = library("NvSmartMax.dll", "").exported("NvInit").timestamp(1'300'000'000);
    // MajorLinkerVersion and MinorLinkerVersion stand behind the mark of the optional header.
    dll.set_u16(PeBuilder::kOptionalOffset + 2, linker);
    if (rich) dll.rich();
    put(folder + "\\NvSmartMax.dll", dll);
    return judge();
  };
  const std::uint16_t same = [&] {
    const auto bytes = program("a.exe", "A").bytes();
    const auto at = PeBuilder::kOptionalOffset + 2;
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) |
                                      std::to_integer<unsigned>(bytes[at + 1]) << 8U);
  }();
  const ModuleRun together = pair(same, false);
  EXPECT_TRUE(has_item(together, "C8") && !has_item(together, "C8T"));
  const ModuleRun other = pair(static_cast<std::uint16_t>(same + 1), false);
  EXPECT_TRUE(has_item(other, "C8T") && !has_item(other, "C8"));
  const ModuleRun numbered = pair(same, true);
  EXPECT_TRUE(has_item(numbered, "C8T") && !has_item(numbered, "C8"));
}

TEST_F(SideLoadedDllsTest, WhatADllSaysOfItsTimeExcusesNoPayloadOfAProgramThatStartsByItself) {
  const std::string folder = "C:\\ProgramData\\Update";
  triad(folder);
  put(folder + "\\NvSmartMax.dll",
      library("NvSmartMax.dll", "").exported("NvInit").timestamp(1'300'000'000));
  windows.file(folder + "\\firmware.bin", noise(60'000));
  const ModuleRun quiet = judge();
  EXPECT_TRUE(has_item(quiet, "C8") || pair_of(quiet) == nullptr);
  EXPECT_FALSE(has_item(quiet, "X5"));
  EXPECT_EQ(pair_of(quiet), nullptr);
  Fact fact;
  fact.kind = FactKind::autostart;
  fact.subject = folder + "\\NvSmart.exe";
  fact.record = "services-1";
  facts.push_back(fact);
  const ModuleRun starting = judge();
  EXPECT_TRUE(has_item(starting, "C8") && has_item(starting, "X5"));
  ASSERT_NE(pair_of(starting), nullptr);
  EXPECT_TRUE(starting.context->has_collected(folder + "\\firmware.bin"));
}

TEST_F(SideLoadedDllsTest, ADllThatItsMakerRenewedIsNotRatedHigh) {
  // Signed program, one of its DLLs not signed, newer and built later; it starts and runs.
  const std::string folder = "C:\\KAIKEI";
  put(folder + "\\Kaikei.exe", program("Kaikei.exe", "Vendor").import("KSeikyu.dll", {"A"}));
  sign(folder + "\\Kaikei.exe", "Vendor");
  put(folder + "\\KSeikyu.dll", library("KSeikyu.dll", "Vendor").exported("A").exported("B"));
  Fact fact;
  fact.kind = FactKind::autostart;
  fact.subject = folder + "\\Kaikei.exe";
  fact.record = "run_keys-1";
  facts.push_back(fact);
  fact.kind = FactKind::execution;
  facts.push_back(fact);
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "T3") && has_item(run, "E1"));
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_EQ(severity_of(*pair_of(run)), Severity::medium);
}

TEST_F(SideLoadedDllsTest, FilesOfAnotherWindowsBelongInItsFolders) {
  const auto judged = [&](const std::string& other) {
    put(other + "\\System32\\oobe\\notepad.exe",
        program("NOTEPAD.EXE", "Microsoft Corporation").import("version.dll", {"Function1"}));
    put(other + "\\System32\\oobe\\version.dll",
        library("version.dll", "Microsoft Corporation").exported("Function1"));
    return judge();
  };
  // A folder that is called so is not enough.
  const ModuleRun named = judged("C:\\ProgramData\\Windows");
  EXPECT_TRUE(has_item(named, "N1"));
  ASSERT_NE(pair_of(named), nullptr);
  for (const char* const file : {"kernel32.dll", "ntdll.dll"})
    put(std::string{"C:\\ProgramData\\Windows\\System32\\"} + file, library(file, "Microsoft"));
  const ModuleRun whole = judged("C:\\ProgramData\\Windows");
  EXPECT_EQ(pair_of(whole), nullptr) << story_of(*pair_of(whole));
}

TEST_F(SideLoadedDllsTest, WhoSignedBothIsToldWhereItSpeaksForNothing) {
  const std::string folder = "C:\\ProgramData\\Update";
  triad(folder);
  put(folder + "\\NvSmartMax.dll",
      library("NvSmartMax.dll", "Sdk Maker").exported("NvInit").exported("NvRun"));
  sign(folder + "\\NvSmartMax.dll", "Sdk Maker Inc.");
  windows.file(folder + "\\sync.dat", noise(60'000));
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "S0") || has_item(run, "S3"));
}

}  // namespace
}  // namespace hozen
