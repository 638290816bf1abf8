#include <gtest/gtest.h>

#include "tests/builders/prefetch_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec prefetch;
}  // namespace modules
namespace {

using builders::PrefetchBuilder;

constexpr std::string_view kFile = "C:\\Windows\\Prefetch\\A.EXE-1234ABCD.pf";

PrefetchBuilder sample() {
  return PrefetchBuilder{30}
      .program("\\VOLUME{01d834b54842fb73-1a484cb6}\\WINDOWS\\A.EXE", "A.EXE")
      .hash(0x1234ABCD)
      .run(fake::at(20))
      .run(fake::at(10))
      .run_count(12)
      .volume("\\VOLUME{01d834b54842fb73-1a484cb6}", fake::at(0), 0x1A484CB6, {"\\X"});
}

TEST(PrefetchModule, TellsWhatRanAndWhen) {
  fake::FakeWindows windows;
  windows.file(kFile, "").bytes = sample().packed().bytes();
  const ModuleRun run = run_module(modules::prefetch, windows);
  const auto found = records_of(run, "prefetch");
  ASSERT_EQ(found.size(), 1u);
  const fake::Record& record = *found[0];
  EXPECT_EQ(record["executable"], "A.EXE");
  EXPECT_EQ(record["executable_path"], "\\VOLUME{01d834b54842fb73-1a484cb6}\\WINDOWS\\A.EXE");
  EXPECT_EQ(record["proves"], "execution");
  EXPECT_EQ(record["run_count"], "12");
  EXPECT_EQ(record.json_of("runs"),
            "[\"" + fake::at(20).iso8601() + "\",\"" + fake::at(10).iso8601() + "\"]");
  EXPECT_EQ(record["hash"], "1234ABCD");
  EXPECT_EQ(record["hash_check"], "differs");
  EXPECT_EQ(record["hash_in_name_agrees"], "true");
  EXPECT_EQ(record["packed"], "true");
  EXPECT_EQ(record.json_of("volumes"),
            R"([{"device":"\\VOLUME{01d834b54842fb73-1a484cb6}","serial":"1A484CB6","created":")" +
                fake::at(0).iso8601() + R"(","file_references":2,"directories":["\\X"]}])");
  EXPECT_EQ(record.json_of("files"),
            R"([{"path":"\\VOLUME{01d834b54842fb73-1a484cb6}\\WINDOWS\\A.EXE","mft_record":66,)"
            R"("sequence":1}])");
  EXPECT_EQ(time_of(record, "last_run"), fake::at(20));
  EXPECT_EQ(time_of(record, "previous_run_1"), fake::at(10));
  EXPECT_EQ(time_of(record, "trace_created"), fake::default_time());
  EXPECT_TRUE(record.artifact.has_value());
  EXPECT_TRUE(run.context->has_collected(kFile));
  EXPECT_TRUE(run.context->findings.empty());
  EXPECT_TRUE(run.context->notes.empty());
}

TEST(PrefetchModule, SaysThatAFileWasRenamed) {
  fake::FakeWindows windows;
  windows.file("C:\\Windows\\Prefetch\\B.EXE-00000001.pf", "").bytes = sample().bytes();
  const ModuleRun run = run_module(modules::prefetch, windows);
  EXPECT_EQ((*records_of(run, "prefetch").at(0))["hash_in_name_agrees"], "false");
}

TEST(PrefetchModule, NotesDamagedFilesAndGoesOn) {
  fake::FakeWindows windows;
  windows.file("C:\\Windows\\Prefetch\\A.EXE-00000001.pf", "nothing");
  windows.file("C:\\Windows\\Prefetch\\B.EXE-00000002.pf", "").bytes = sample().bytes();
  const ModuleRun run = run_module(modules::prefetch, windows);
  EXPECT_EQ(records_of(run, "prefetch").size(), 1u);
  ASSERT_EQ(run.context->notes.size(), 1u);
  EXPECT_TRUE(run.context->notes[0].what.starts_with("C:\\Windows\\Prefetch\\A.EXE-00000001.pf: "));
  EXPECT_TRUE(run.context->has_collected("C:\\Windows\\Prefetch\\A.EXE-00000001.pf"));
}

// NOTEPAD.EXE:evil.exe leaves a stream of a file in the folder.
TEST(PrefetchModule, ReportsAProgramThatRanFromAStream) {
  fake::FakeWindows windows;
  windows.file("C:\\Windows\\Prefetch\\NOTEPAD.EXE", "").streams["EVIL.EXE-1234ABCD.pf"] =
      sample().bytes();
  const ModuleRun run = run_module(modules::prefetch, windows);
  ASSERT_EQ(records_of(run, "prefetch").size(), 1u);
  const Finding* finding = run.context->finding("prefetch.in_stream");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
  EXPECT_EQ(finding->why[0].records, std::vector<std::string>{records_of(run, "prefetch")[0]->id});
  EXPECT_TRUE(
      run.context->has_collected("C:\\Windows\\Prefetch\\NOTEPAD.EXE:EVIL.EXE-1234ABCD.pf"));
}

ModuleRun run_loading(std::string_view program, std::string_view library) {
  fake::FakeWindows windows;
  const std::string device = "\\DEVICE\\HARDDISKVOLUME2";
  windows.file(kFile, "").bytes = PrefetchBuilder{23}
                                      .program(device + std::string{program}, "A.EXE")
                                      .file(device + std::string{library})
                                      .bytes();
  return run_module(modules::prefetch, windows);
}

TEST(PrefetchModule, ReportsLibrariesFromWhereUsersCanWrite) {
  constexpr std::string_view kProgram = "\\WINDOWS\\SYSTEM32\\A.EXE";
  for (const std::string_view library : {"\\USERS\\ALICE\\APPDATA\\LOCAL\\X.DLL",
                                         "\\WINDOWS\\TEMP\\X.DLL", "\\PROGRAMDATA\\X.DLL"}) {
    const ModuleRun run = run_loading(kProgram, library);
    const Finding* finding = run.context->finding("prefetch.library_in_writable_folder");
    ASSERT_NE(finding, nullptr) << library;
    EXPECT_EQ(severity_of(*finding), Severity::low);
    EXPECT_NE(finding->why[0].fact.find(library), std::string::npos);
    EXPECT_EQ(finding->why[0].records[0], records_of(run, "prefetch")[0]->id);
  }
  for (const std::string_view library :
       {"\\WINDOWS\\SYSTEM32\\X.DLL", "\\PROGRAM FILES\\A\\X.DLL",
        "\\PROGRAMDATA\\MICROSOFT\\WINDOWS DEFENDER\\PLATFORM\\4.18\\MPOAV.DLL",
        "\\USERS\\ALICE\\X.TXT"})
    EXPECT_TRUE(run_loading(kProgram, library).context->findings.empty()) << library;
  // A program of the user's own may have its libraries there.
  EXPECT_TRUE(
      run_loading("\\USERS\\ALICE\\A.EXE", "\\USERS\\ALICE\\X.DLL").context->findings.empty());
}

/// "library <- program" of each fact.
std::vector<std::string> loads_of(std::string_view program, std::vector<std::string> libraries) {
  fake::FakeWindows windows;
  const std::string device = "\\VOLUME{01d834b54842fb73-1a484cb6}";
  PrefetchBuilder builder{30};
  builder.program(device + std::string{program}, "A.EXE").run(fake::at(20)).run(fake::at(10));
  libraries.emplace_back("\\WINDOWS\\SYSTEM32\\NTDLL.DLL");
  for (const std::string& library : libraries)
    builder.file(library.starts_with("\\VOLUME") ? library : device + library);
  windows.file(kFile, "").bytes = builder.bytes();
  const ModuleRun run = run_module(modules::prefetch, windows);
  run.context->stated.settle();
  std::vector<std::string> loads;
  for (const Fact& fact : run.context->facts().facts(FactKind::module_load)) {
    EXPECT_EQ(fact.values["source"], "prefetch");
    EXPECT_EQ(fact.time, fake::at(20));
    EXPECT_EQ(fact.record, records_of(run, "prefetch").at(0)->id);
    loads.push_back(fact.subject + " <- " + std::string{fact.values["Image"]});
  }
  return loads;
}

TEST(PrefetchModule, StatesLibrariesThatAProgramTookFromWhereUsersCanWrite) {
  using Loads = std::vector<std::string>;
  EXPECT_EQ(loads_of("\\USERS\\ALICE\\A.EXE", {"\\USERS\\ALICE\\X.DLL", "\\USERS\\ALICE\\X.TXT"}),
            Loads{"C:\\USERS\\ALICE\\X.DLL <- C:\\USERS\\ALICE\\A.EXE"});
  EXPECT_EQ(loads_of("\\PROGRAM FILES\\A\\A.EXE", {"\\PROGRAMDATA\\X.DLL"}),
            Loads{"C:\\PROGRAMDATA\\X.DLL <- C:\\PROGRAM FILES\\A\\A.EXE"});
  EXPECT_EQ(loads_of("\\PROGRAM FILES\\A\\A.EXE", {"\\PROGRAM FILES\\A\\X.DLL"}), Loads{});
  EXPECT_EQ(loads_of("\\USERS\\ALICE\\A.EXE", {"\\WINDOWS\\SYSTEM32\\X.DLL"}), Loads{});
  // Another volume has no letter here.
  EXPECT_EQ(loads_of("\\USERS\\ALICE\\A.EXE", {"\\VOLUME{2}\\X.DLL"}),
            Loads{"\\VOLUME{2}\\X.DLL <- C:\\USERS\\ALICE\\A.EXE"});
}

TEST(PrefetchModule, StatesNoMoreLibrariesOfOneProgramThanAreLookedAt) {
  std::vector<std::string> libraries;
  for (int i = 0; i < 100; ++i)
    libraries.push_back("\\USERS\\ALICE\\X" + std::to_string(i) + ".DLL");
  EXPECT_EQ(loads_of("\\USERS\\ALICE\\A.EXE", libraries).size(), 64u);
}

TEST(PrefetchModule, TellsWhetherWindowsKeepsThem) {
  fake::FakeWindows windows;
  windows.value(
      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\"
      "PrefetchParameters",
      "EnablePrefetcher", fake::dword(0));
  const ModuleRun run = run_module(modules::prefetch, windows);
  const auto found = records_of(run, "prefetch_setting");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ((*found[0])["meaning"], "off");
  EXPECT_EQ((*found[0])["control_set"], "ControlSet001");
  EXPECT_EQ((*found[0])["current_control_set"], "true");
}

}  // namespace
}  // namespace hozen
