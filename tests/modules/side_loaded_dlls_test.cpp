// Pairs of programs and DLLs, as they are side-loaded and as honest software lies on disks.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "collector/base/text.h"
#include "collector/module/side_load_weights.h"
#include "collector/source/live_state.h"
#include "tests/builders/pe_builder.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, side_loaded_dlls;
}  // namespace modules
namespace {

using builders::PeBuilder;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kSysmon[] = "Microsoft-Windows-Sysmon/Operational";

/// Bytes that look encrypted: the same each time.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 12345;
  for (char& one : bytes) {
    state = state * 1664525 + 1013904223;
    one = static_cast<char>(state >> 24U);
  }
  return bytes;
}

class SideLoadedDllsTest : public testing::Test {
 protected:
  SideLoadedDllsTest() {
    windows.user("alice");
    PeBuilder version = library("version.dll", "Microsoft Corporation");
    for (int i = 0; i < 30; ++i) version.exported("Function" + std::to_string(i));
    put("C:\\Windows\\System32\\version.dll", version);
    put("C:\\Windows\\System32\\notepad.exe",
        program("NOTEPAD.EXE", "Microsoft Corporation").import("version.dll", {"Function1"}));
    put("C:\\Windows\\System32\\vcruntime140.dll",
        library("vcruntime140.dll", "Microsoft Corporation"));
    sign("C:\\Windows\\System32\\version.dll", "Microsoft Windows", true);
    sign("C:\\Windows\\System32\\notepad.exe", "Microsoft Windows", true);
  }
  static PeBuilder program(const std::string& name, const std::string& company) {
    PeBuilder pe;
    pe.import("KERNEL32.dll", {"Sleep"})
        .version_string("OriginalFilename", name)
        .version_string("CompanyName", company)
        .timestamp(1'300'000'000);
    return pe;
  }
  static PeBuilder library(const std::string& name, const std::string& company) {
    PeBuilder pe;
    pe.dll().export_library(name).import("KERNEL32.dll", {"Sleep"}).timestamp(1'700'000'000);
    if (!company.empty())
      pe.version_string("OriginalFilename", name).version_string("CompanyName", company);
    return pe;
  }
  void put(const std::string& path, const PeBuilder& pe) {
    auto& entry = windows.file(path, "");
    entry.bytes = pe.bytes();
    if (entry.bytes.size() < 512) entry.bytes.resize(512);
  }
  void sign(const std::string& path, const std::string& who, bool microsoft = false,
            SignatureStatus status = SignatureStatus::valid) {
    FileSignature signature;
    signature.status = status;
    signature.signer = signature.organization = who;
    signature.thumbprint = who;
    signature.is_microsoft = microsoft;
    signature.not_before = fake::at(-86'400LL * 700);
    signature.not_after = fake::at(86'400LL * 300);
    signatures[fold_case(path)] = signature;
  }
  /// The signed program of a vendor that imports `dll`, and that DLL, not signed.
  void triad(const std::string& folder, const std::string& dll = "NvSmartMax.dll") {
    put(folder + "\\NvSmart.exe",
        program("NvSmart.exe", "NVIDIA Corporation").import(dll, {"NvInit", "NvRun"}));
    sign(folder + "\\NvSmart.exe", "NVIDIA Corporation");
    put(folder + "\\" + dll, library(dll, "").exported("NvInit").exported("NvRun"));
  }
  ModuleRun judge() {
    ModuleRun run{windows.machine(), nullptr};
    run.context = std::make_unique<fake::Context>(run.machine);
    run.context->signed_files.known = signatures;
    run.context->signed_files.catalogs = catalogs;
    run.context->lists = lists;
    if (!events.empty()) {
      builders::EvtxBuilder log;
      for (const auto& event : events) log.event(event);
      windows.file("C:\\Windows\\System32\\winevt\\Logs\\Sysmon.evtx", "").bytes = log.bytes();
      run.machine = windows.machine();
      run.context = std::make_unique<fake::Context>(run.machine);
      run.context->signed_files.known = signatures;
      EXPECT_TRUE(modules::event_logs.run(*run.context));
    }
    for (Fact& fact : facts) run.context->state(std::move(fact));
    run.context->stated.settle();
    if (live) run.machine.source->be_live(*run.machine.registry, &*live);
    if (!emulator.empty()) {
      HostFacts host;
      host.emulator = emulator;
      run.machine.source->have_host(host);
    }
    EXPECT_TRUE(modules::side_loaded_dlls.judge(*run.context));
    return run;
  }
  static const Finding* pair_of(const ModuleRun& run) {
    return run.context->finding("side_loaded_dlls.pair");
  }
  static bool has_item(const ModuleRun& run, std::string_view id) {
    for (const auto& record : run.context->records)
      if (record.kind == "side_load_pair" &&
          record.json_of("items").find("\"" + std::string{id} + " ") != std::string::npos)
        return true;
    return false;
  }

  fake::FakeWindows windows;
  std::map<std::string, FileSignature> signatures;
  bool catalogs = true;
  std::string emulator;
  std::optional<LiveState> live;
  OperatorLists lists;
  std::vector<builders::EvtxEvent> events;
  std::vector<Fact> facts;
};

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

TEST_F(SideLoadedDllsTest, TheSamePublisherSpeaksAgainstIt) {
  triad("C:\\ProgramData\\Update");
  sign("C:\\ProgramData\\Update\\NvSmartMax.dll", "NVIDIA Corporation");
  const ModuleRun run = judge();
  EXPECT_EQ(pair_of(run), nullptr);
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
  windows.file(game + "\\doorstop_config.ini", "[General]");
  for (int i = 0; i < 20; ++i)
    windows.file(game + "\\data" + std::to_string(i) + ".pak", noise(5'000));
  const ModuleRun run = judge();
  EXPECT_THAT(run.context->findings, IsEmpty()) << fake::summary_of(run.context->findings);
}

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

TEST_F(SideLoadedDllsTest, ALoadThatSysmonSawIsAPairWithoutItsFiles) {
  const auto load = [](std::string image, std::string dll) {
    return text_event(kSysmon, 7, 10,
                      {{"Image", std::move(image)},
                       {"ImageLoaded", std::move(dll)},
                       {"Company", "?"},
                       {"Description", "?"},
                       {"Signed", "false"},
                       {"Signature", ""},
                       {"SignatureStatus", "Unavailable"}},
                      "Microsoft-Windows-Sysmon");
  };
  events.push_back(
      load("C:\\Windows\\System32\\lsass.exe", "\\\\172.16.66.254\\shared\\lsadb.dll"));
  events.push_back(load("C:\\Windows\\System32\\svchost.exe", "C:\\Tools\\bin\\cdpsgshims.dll"));
  // That a program was loaded as an image tells who signed it.
  const std::string roaming = "C:\\Users\\alice\\AppData\\Roaming\\";
  events.push_back(text_event(kSysmon, 7, 9,
                              {{"Image", roaming + "NvSmart.exe"},
                               {"ImageLoaded", roaming + "NvSmart.exe"},
                               {"Signed", "true"},
                               {"Signature", "NVIDIA Corporation"},
                               {"SignatureStatus", "Valid"}},
                              "Microsoft-Windows-Sysmon"));
  events.push_back(load(roaming + "NvSmart.exe", roaming + "NvSmartMax.dll"));
  events.push_back(load("C:\\Windows\\explorer.exe", "C:\\Program Files\\7-Zip\\7-zip.dll"));
  events.push_back(load("C:\\Users\\alice\\AppData\\Local\\App\\app.exe",
                        "C:\\Users\\alice\\AppData\\Local\\App\\core.dll"));
  const ModuleRun run = judge();
  std::vector<std::string> subjects;
  for (const Finding& finding : run.context->findings) {
    subjects.push_back(finding.subject);
    EXPECT_GE(severity_of(finding), Severity::medium);
    EXPECT_THAT(story_of(finding), HasSubstr("The event says that the DLL is not signed"));
    EXPECT_THAT(finding.not_checked, Contains(HasSubstr("The DLL itself")));
    EXPECT_THAT(finding.why.front().records, Not(IsEmpty()));
  }
  EXPECT_THAT(subjects, SizeIs(3));
  EXPECT_THAT(subjects, Contains(HasSubstr("NvSmartMax.dll")));
  EXPECT_THAT(subjects, Contains(HasSubstr("lsadb.dll")));
  EXPECT_THAT(subjects, Contains(HasSubstr("cdpsgshims.dll")));
}

TEST_F(SideLoadedDllsTest, TheStoryTellsWhoBroughtItHowItStartsAndWhereItConnects) {
  const std::string folder = "C:\\Users\\alice\\AppData\\Roaming\\Nv";
  triad(folder);
  const std::string host = folder + "\\NvSmart.exe";
  const char* const provider = "Microsoft-Windows-Sysmon";
  events.push_back(text_event(kSysmon, 11, 1,
                              {{"Image", "C:\\Users\\alice\\Downloads\\a.exe"},
                               {"TargetFilename", folder + "\\NvSmartMax.dll"}},
                              provider));
  events.push_back(text_event(kSysmon, 1, 2,
                              {{"Image", host},
                               {"CommandLine", host},
                               {"ParentImage", "C:\\Users\\alice\\Downloads\\a.exe"}},
                              provider));
  events.push_back(text_event(kSysmon, 7, 3,
                              {{"Image", host},
                               {"ImageLoaded", folder + "\\NvSmartMax.dll"},
                               {"Signed", "false"},
                               {"SignatureStatus", "Unavailable"}},
                              provider));
  events.push_back(text_event(
      kSysmon, 3, 4,
      {{"Image", host}, {"DestinationIp", "203.0.113.9"}, {"DestinationPort", "443"}}, provider));
  events.push_back(
      text_event(kSysmon, 13, 5,
                 {{"EventType", "SetValue"},
                  {"TargetObject", "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\nv"},
                  {"Details", "\"" + host + "\" -x"},
                  {"Image", "C:\\Users\\alice\\Downloads\\a.exe"}},
                 provider));
  const ModuleRun run = judge();
  const Finding* const finding = pair_of(run);
  ASSERT_NE(finding, nullptr);
  const std::string story = story_of(*finding);
  EXPECT_THAT(story, HasSubstr("The DLL was written at"));
  EXPECT_THAT(story, HasSubstr("by C:\\Users\\alice\\Downloads\\a.exe"));
  EXPECT_THAT(story, HasSubstr("connected to 203.0.113.9:443"));
  EXPECT_THAT(story, HasSubstr("CurrentVersion\\Run\\nv"));
  EXPECT_THAT(story, HasSubstr("loaded at"));
  EXPECT_GE(severity_of(*finding), Severity::high);
  EXPECT_THAT(run.context->findings, SizeIs(1));  // the load is of the pair in the folder
}

TEST_F(SideLoadedDllsTest, AProcessThatHasItLoadedAndItsConnection) {
  triad("C:\\ProgramData\\Update");
  LiveState state;
  LiveProcess process;
  process.pid = 4321;
  process.path = "C:\\ProgramData\\Update\\NvSmart.exe";
  process.started = fake::at(5);
  LiveModule module;
  module.path = "C:\\ProgramData\\Update\\NvSmartMax.dll";
  process.modules.push_back(module);
  module.path = "C:\\Windows\\System32\\ntdll.dll";
  process.modules.push_back(module);
  state.processes.push_back(process);
  LiveConnection connection;
  connection.remote_address = "203.0.113.9";
  connection.remote_port = 8443;
  connection.pid = 4321;
  state.connections.push_back(connection);
  ModuleRun run{windows.machine(), nullptr};
  run.machine.source->be_live(*run.machine.registry, &state);
  run.context = std::make_unique<fake::Context>(run.machine);
  run.context->signed_files.known = signatures;
  run.context->stated.settle();
  EXPECT_TRUE(modules::side_loaded_dlls.judge(*run.context));
  const Finding* const finding = pair_of(run);
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(story_of(*finding), HasSubstr("is running (process 4321)"));
  EXPECT_THAT(story_of(*finding), HasSubstr("203.0.113.9:8443"));
  EXPECT_TRUE(has_item(run, "E3"));
  EXPECT_TRUE(has_item(run, "E4"));
}

TEST_F(SideLoadedDllsTest, TheOperatorsListIsOneMoreReasonAndNamesItself) {
  triad("C:\\ProgramData\\Update");
  HijackEntry entry;
  entry.name = "nvsmartmax.dll";
  entry.vendor = "Nvidia";
  entry.expected_locations = {"%PROGRAMFILES%\\NVIDIA Corporation\\Display"};
  entry.ways.push_back(
      {"%PROGRAMFILES%\\NVIDIA Corporation\\Display\\NvSmart.exe", "Sideloading", "", {}});
  lists.hijack_list_name = "mine.yml";
  lists.hijack_entries = {entry};
  const ModuleRun run = judge();
  EXPECT_TRUE(has_item(run, "L1"));
  EXPECT_TRUE(has_item(run, "L2"));
  ASSERT_NE(pair_of(run), nullptr);
  EXPECT_THAT(story_of(*pair_of(run)), HasSubstr("'mine.yml'"));

  lists.hijack_entries[0].expected_locations = {"%PROGRAMDATA%\\Update"};
  EXPECT_FALSE(has_item(judge(), "L1"));
}

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

TEST_F(SideLoadedDllsTest, TheWeightsAreOneTableThatHolds) {
  std::set<std::string_view> ids;
  for (const side_load::Weight& weight : side_load::weights()) {
    EXPECT_TRUE(ids.insert(weight.id).second) << weight.id;
    EXPECT_FALSE(weight.meaning.empty());
    if (weight.family == 'C')
      EXPECT_LE(weight.points, 0) << weight.id;
    else
      EXPECT_GT(weight.points, 0) << weight.id;
  }
}

}  // namespace
}  // namespace hozen
