// Pairs that were seen to load, and the story around them.
#include "tests/modules/side_loading_machine.h"

namespace hozen {
namespace {

constexpr char kSysmon[] = "Microsoft-Windows-Sysmon/Operational";

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

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
  // An installer brings, starts and loads a DLL that its maker did not sign in just this way.
  EXPECT_EQ(severity_of(*finding), Severity::medium);
  EXPECT_THAT(run.context->findings, SizeIs(1));  // the load is of the pair in the folder
}

TEST_F(SideLoadedDllsTest, AProcessThatHasItLoadedAndItsConnection) {
  triad("C:\\ProgramData\\Update");
  for (int i = 0; i < 30; ++i) windows.file("C:\\Data\\" + std::to_string(i) + ".txt", noise(600));
  windows.file("C:\\ProgramData\\Zeta\\z.txt", noise(600));
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
  // Live, folders are listed whole before those in them; files of several are no pair for that.
  EXPECT_TRUE(has_item(run, "P4"));
  EXPECT_EQ(std::count_if(run.context->records.begin(), run.context->records.end(),
                          [](const auto& record) { return record.kind == "side_load_pair"; }),
            1);
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

TEST_F(SideLoadedDllsTest, OfAServiceOnlyWhatItStartsIsAStart) {
  const std::string folder = "C:\\Users\\alice\\AppData\\Roaming\\Nv";
  const auto written = [&](const std::string& value) {
    triad(folder);
    events.clear();
    events.push_back(
        text_event(kSysmon, 13, 5,
                   {{"EventType", "SetValue"},
                    {"TargetObject", "HKLM\\System\\CurrentControlSet\\Services\\" + value},
                    {"Details", folder + "\\NvSmart.exe|Action=Allow"},
                    {"Image", "C:\\Windows\\System32\\svchost.exe"}},
                   "Microsoft-Windows-Sysmon"));
    return has_item(judge(), "E1");
  };
  EXPECT_TRUE(written("Nv\\ImagePath"));
  EXPECT_TRUE(written("Nv\\Parameters\\ServiceDll"));
  EXPECT_FALSE(written("SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules\\{1}"));
}

TEST_F(SideLoadedDllsTest, TimesOfTheFilesTellWhatCameTogether) {
  const std::string folder = "C:\\ProgramData\\Update";
  triad(folder);
  windows.file(folder + "\\sync.dat", noise(60'000));
  const ModuleRun run = judge();
  ASSERT_NE(pair_of(run), nullptr);
  const std::string story = story_of(*pair_of(run));
  EXPECT_THAT(story, HasSubstr("the DLL came at"));
  EXPECT_THAT(
      story, HasSubstr("Within ten minutes of the DLL also came, in the same folder: 'sync.dat'."));
  for (const Why& why : pair_of(run)->why) EXPECT_THAT(why.records, Contains(Not(IsEmpty())));
}

}  // namespace
}  // namespace hozen
