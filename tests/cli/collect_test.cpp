// The program as a user runs it: exit codes, standard output and error, what lies on the disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <span>
#include <string>
#include <vector>

#include "collector/engine/bundle_reader.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/file_text.h"
#include "tests/builders/json.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Ended;
using test::Json;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
namespace fs = std::filesystem;

// GoogleTest's own expressions know no groups and classes on every system.
bool matches(const std::string& text, const char* expression) {
  return std::regex_match(text, std::regex{expression});
}

constexpr const char* kRun = "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run";

class CommandLineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  /// A small Windows on disk, with a program that starts from a temporary folder.
  std::string root() {
    if (!root_.empty()) return root_;
    fake::FakeWindows windows;
    windows.user("alice");
    windows.program("C:\\Users\\alice\\AppData\\Local\\Temp\\evil.exe");
    windows.program("C:\\Users\\alice\\AppData\\Local\\Temp\\\u65E5\u672C\u8A9E.exe");
    windows.value(kRun, "evil", fake::sz("C:\\Users\\alice\\AppData\\Local\\Temp\\evil.exe"));
    windows.value(kRun, "jp",
                  fake::sz("C:\\Users\\alice\\AppData\\Local\\Temp\\\u65E5\u672C\u8A9E.exe"));
    windows.file("C:\\Windows\\System32\\drivers\\etc\\hosts", "127.0.0.1 localhost\n");
    root_ = folder.text() + "/root";
    fs::create_directories(fs::path{folder.path()} / "root");
    EXPECT_TRUE(windows.write_to(root_));
    return root_;
  }
  Ended run(const std::vector<std::string>& arguments) {
    return test::run_program(arguments, folder.text());
  }
  /// Collects and returns the bundle's path.
  std::string bundle() {
    const Ended ended = run({"collect", "--root", root(), "--output", "out", "--quiet"});
    EXPECT_THAT(ended.exit_code, ::testing::AnyOf(0, 1)) << ended.error;
    return ended.output.substr(0, ended.output.find('\n'));
  }
  std::vector<std::string> files_in(const std::string& relative) {
    std::vector<std::string> names;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator{folder.path() / relative, failure})
      names.push_back(entry.path().filename().string());
    return names;
  }

  TempFolder folder;
  std::string root_;
};

TEST_F(CommandLineTest, CollectsIntoABundleAndTellsWhatItFound) {
  const Ended ended = run(
      {"collect", "--root", root(), "--output", "out", "--case", "42", "--operator", "A. Sato"});
  EXPECT_EQ(ended.exit_code, 0) << ended.output << ended.error;
  EXPECT_THAT(ended.output,
              AllOf(HasSubstr("Bundle    "), HasSubstr("Seal      "), HasSubstr("FAKEPC"),
                    HasSubstr("Case      42"), HasSubstr("Operator  A. Sato"),
                    HasSubstr("evil.exe"), HasSubstr("WHAT TO DO NOW")));
  EXPECT_THAT(ended.error, Not(HasSubstr("Seal")));
  const auto files = files_in("out");
  ASSERT_THAT(files, SizeIs(2));
  for (const auto& name : files)
    EXPECT_TRUE(matches(name, "FAKEPC-........T......Z\\.zip(\\.seal)?")) << name;
}

TEST_F(CommandLineTest, AMissingHiveIsNothingComplete) {
  fs::remove(fs::path{root()} / "Windows/System32/config/SOFTWARE");
  const Ended ended = run({"collect", "--root", root(), "--output", "a.zip"});
  EXPECT_EQ(ended.exit_code, 1) << ended.error;
  const auto tells = AllOf(HasSubstr("WHAT COULD NOT BE LOOKED AT"),
                           HasSubstr("C:\\Windows\\System32\\config\\SOFTWARE"),
                           HasSubstr("it is not in the source"), HasSubstr("Run keys"),
                           Not(HasSubstr("everything that was asked for")));
  EXPECT_THAT(ended.output, tells);
  EXPECT_THAT(run({"report", "a.zip"}).output, tells);
  EXPECT_EQ(run({"report", "a.zip", "--ticket", "t.md"}).exit_code, 0);
  EXPECT_THAT(test::file_text(folder.path() / "t.md"),
              HasSubstr("C:\\Windows\\System32\\config\\SOFTWARE"));
}

TEST_F(CommandLineTest, ReportTellsTheSameAndWritesTicketAndJson) {
  const std::string path = bundle();
  const Ended text = run({"report", path});
  EXPECT_EQ(text.exit_code, 0) << text.error;
  EXPECT_THAT(text.output, AllOf(HasSubstr("FAKEPC"), HasSubstr("evil.exe"), HasSubstr("why:")));

  const Ended ticket = run({"report", path, "--ticket", "ticket.md"});
  EXPECT_EQ(ticket.exit_code, 0) << ticket.error;
  const std::string markdown = test::file_text(folder.path() / "ticket.md");
  const std::string seal = test::file_text(folder.path() / (path + ".seal")).substr(0, 64);
  EXPECT_LT(markdown.size(), 4000u);
  EXPECT_THAT(markdown, HasSubstr(seal));
  EXPECT_THAT(ticket.output, HasSubstr(seal));
  EXPECT_EQ(run({"report", path, "--ticket", "ticket.md"}).exit_code, 5);

  const Ended parsed = run({"report", path, "--json"});
  EXPECT_EQ(parsed.exit_code, 0);
  const Json object = test::parse_json(parsed.output);
  EXPECT_EQ(object["seal"], seal);
  EXPECT_EQ(object["manifest"]["host"]["name"], "FAKEPC");
  EXPECT_FALSE(object["findings"].empty());
}

TEST_F(CommandLineTest, QuietPrintsOnlyPathAndSeal) {
  const Ended ended = run({"collect", "--root", root(), "--output", "out", "--quiet"});
  EXPECT_TRUE(matches(ended.output, "[^\r\n]*\\.zip\r?\n[0-9a-f]*\r?\n")) << ended.output;
  EXPECT_THAT(ended.error, IsEmpty());
}

TEST_F(CommandLineTest, LooksForTheSealOfAnotherBundleBeforeItCollects) {
  folder.write("a.zip.seal", "of another");
  const Ended ended = run({"collect", "--root", root(), "--output", "a.zip"});
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_THAT(ended.error, HasSubstr("a.zip.seal"));
  EXPECT_THAT(files_in("."), Not(::testing::Contains(EndsWith("a.zip"))));
}

TEST_F(CommandLineTest, MakesTheFolderOfTheBundleItIsToWrite) {
  const Ended ended =
      run({"collect", "--root", root(), "--output", "new/case 42/a.zip", "--quiet"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(run({"verify", "new/case 42/a.zip"}).exit_code, 0);
  EXPECT_EQ(run({"collect", "--root", root(), "--output", "./b.zip", "--quiet"}).exit_code, 0);
  EXPECT_EQ(run({"verify", "b.zip"}).exit_code, 0);
}

TEST_F(CommandLineTest, WritesTheBundleToStandardOutputAndNothingElse) {
  const Ended ended = run({"collect", "--root", root(), "--output", "-"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_THAT(ended.output.substr(0, 4), std::string("PK\x03\x04"));
  EXPECT_THAT(ended.error, HasSubstr("Seal      "));
  std::ofstream{folder.path() / "piped.zip", std::ios::binary} << ended.output;
  EXPECT_EQ(run({"report", "piped.zip"}).exit_code, 0);
  EXPECT_THAT(files_in("."), Not(::testing::Contains(EndsWith(".seal"))));
}

TEST_F(CommandLineTest, TakesNamesInAnyScript) {
  root();
  const std::string name = "\u30D5\u30A9\u30EB\u30C0 1/\u8A3C\u62E0.zip";
  fs::create_directories(folder.path() / fs::u8path("\u30D5\u30A9\u30EB\u30C0 1"));
  const Ended ended = run({"collect", "--root", root(), "--output", name, "--operator",
                           "\u4F50\u85E4", "--case", "\u4E8B\u6848\u2460", "--quiet"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_TRUE(fs::exists(folder.path() / fs::u8path(name)));
  const Ended parsed = run({"report", name, "--json"});
  const Json object = test::parse_json(parsed.output);
  EXPECT_EQ(object["manifest"]["collection"]["operator"], "\u4F50\u85E4");
  EXPECT_EQ(object["manifest"]["collection"]["case"], "\u4E8B\u6848\u2460");
  EXPECT_THAT(parsed.output, HasSubstr("\u65E5\u672C\u8A9E.exe"));
}

TEST_F(CommandLineTest, NeverOverwrites) {
  std::ofstream{folder.path() / "there.zip"} << "mine";
  const Ended ended = run({"collect", "--root", root(), "--output", "there.zip"});
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_THAT(ended.error, AllOf(HasSubstr("exists already"), Not(HasSubstr(".partial"))));
  EXPECT_EQ(test::file_text(folder.path() / "there.zip"), "mine");
}

TEST_F(CommandLineTest, OneModuleCollectsOnlyWhatItAsksFor) {
  const Ended ended =
      run({"collect", "--root", root(), "--output", "out", "--module", "run_keys", "--quiet"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  const std::string path = ended.output.substr(0, ended.output.find('\n'));
  const std::string bytes = test::file_text(folder.path() / path);
  EXPECT_THAT(bytes, HasSubstr("records/run_keys.jsonl"));
  EXPECT_THAT(bytes, HasSubstr("evil.exe"));
  EXPECT_THAT(bytes, Not(HasSubstr("drivers/etc/hosts")));
}

TEST_F(CommandLineTest, LimitsTheSizeOfFilesAndSaysWhatThatCost) {
  std::ofstream{fs::path{root()} / "Windows/System32/drivers/etc/hosts"} << std::string(5000, 'x');
  const Ended ended =
      run({"collect", "--root", root(), "--output", "out", "--max-file-size", "1K"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.output, AllOf(HasSubstr("COULD NOT BE COLLECTED"), HasSubstr("truncated"),
                                  HasSubstr("hosts")));
}

TEST_F(CommandLineTest, ABudgetOfATenthTakesTheMostValuableAndListsTheRest) {
  const fs::path windows = fs::path{root()} / "Windows";
  const auto plant = [&](const char* relative, std::size_t bytes) {
    const fs::path path = windows / relative;
    fs::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << std::string(bytes, 'x');
  };
  constexpr std::size_t kLog = 60'000, kBulk = 300'000;
  plant("System32/winevt/Logs/Security.evtx", kLog);
  plant("System32/Tasks/Updater", 2'000);
  std::uint64_t all = 0;
  for (int i = 0; i < 20; ++i) plant(("Prefetch/P" + std::to_string(i) + ".pf").c_str(), kBulk);
  for (const auto& entry : fs::recursive_directory_iterator{root()})
    if (entry.is_regular_file()) all += entry.file_size();
  const Ended ended = run({"collect", "--root", root(), "--output", "out", "--max-total-size",
                           std::to_string(all / 10), "--quiet"});
  EXPECT_EQ(ended.exit_code, 1) << ended.error;
  const std::string path = ended.output.substr(0, ended.output.find('\n'));
  EXPECT_EQ(run({"verify", path}).exit_code, 0);
  const std::string content = test::file_text(folder.path() / path);
  const auto bytes = std::as_bytes(std::span{content});
  MemorySource source{{bytes.begin(), bytes.end()}};
  std::map<std::string, Json> by_path;
  ASSERT_TRUE(BundleReader::open(source)->each_line("artifacts", [&](std::string_view line) {
    const Json row = test::parse_json(line);
    by_path[row["path"]] = row;
    return Result<void>{};
  }));
  for (const char* kept :
       {"C:\\Windows\\System32\\config\\SYSTEM", "C:\\Windows\\System32\\config\\SOFTWARE",
        "C:\\Users\\alice\\NTUSER.DAT", "C:\\Windows\\System32\\winevt\\Logs\\Security.evtx",
        "C:\\Windows\\System32\\Tasks\\Updater"})
    EXPECT_EQ(by_path[kept]["outcome"], "complete") << kept << by_path[kept];
  int left_out = 0;
  for (int i = 0; i < 20; ++i) {
    const Json& row = by_path["C:\\Windows\\Prefetch\\P" + std::to_string(i) + ".pf"];
    if (row.value("outcome", "") != "skipped") continue;
    ++left_out;
    EXPECT_EQ(row["skipped"], "limit");
    EXPECT_THAT(row["error"]["what"].get<std::string>(), HasSubstr("altogether"));
  }
  EXPECT_GT(left_out, 15);
}

TEST_F(CommandLineTest, NothingIsWrittenIntoTheEvidence) {
  const fs::path evidence{root()};
  const auto listing = [&] {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator{evidence})
      names.push_back(entry.path().string());
    std::sort(names.begin(), names.end());
    return names;
  };
  const auto before = listing();
  for (const std::string& output :
       {root(), root() + "/Users", root() + "/Users/../new", root() + "/new/case/a.zip",
        root() + "/Windows/own.zip", std::string{"root/a.zip"}, std::string{"none/../root/new"}}) {
    const Ended ended = run({"collect", "--root", root(), "--output", output});
    EXPECT_EQ(ended.exit_code, 2) << output << ended.output;
    EXPECT_THAT(ended.error, AllOf(HasSubstr("into the evidence"), HasSubstr("--output"),
                                   HasSubstr("elsewhere")));
    EXPECT_THAT(ended.output, IsEmpty());
  }
  EXPECT_EQ(listing(), before);
  // Beside it, under a name that begins like it, and through a pipe.
  for (const char* output : {"a.zip", "root2/a.zip", "root/../b.zip", "-"})
    EXPECT_EQ(run({"collect", "--root", root(), "--output", output, "--quiet"}).exit_code, 0)
        << output;
  EXPECT_EQ(listing(), before);
}

TEST_F(CommandLineTest, TheCurrentFolderMayBeTheEvidence) {
  const Ended ended = test::run_program({"collect", "--root", "."}, root());
  EXPECT_EQ(ended.exit_code, 2) << ended.output;
  EXPECT_THAT(ended.error, HasSubstr("into the evidence"));
}

TEST_F(CommandLineTest, ProgressAsJsonIsJsonLinesOnStandardError) {
  const Ended ended = run({"collect", "--root", root(), "--output", "out", "--progress", "json"});
  std::istringstream lines{ended.error};
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Json object = test::parse_json(line);
    ASSERT_TRUE(object.is_object()) << line;
    EXPECT_TRUE(object.contains("phase") && object.contains("bytes")) << line;
  }
  EXPECT_GT(count, 3u);
}

struct BadUsage {
  std::string name;
  std::vector<std::string> arguments;
  int exit_code;
  std::string message;
};
class CommandLineBad : public CommandLineTest, public ::testing::WithParamInterface<BadUsage> {};

TEST_P(CommandLineBad, EndsWithItsCodeAndSaysWhatIsWrong) {
  const Ended ended = run(GetParam().arguments);
  EXPECT_EQ(ended.exit_code, GetParam().exit_code) << ended.output << ended.error;
  EXPECT_THAT(ended.error, HasSubstr(GetParam().message));
  EXPECT_THAT(ended.output, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, CommandLineBad,
    ::testing::Values(
        BadUsage{"NoCommand", {}, 2, "collect"},
        BadUsage{"UnknownCommand", {"colect"}, 2, "did you mean \"collect\"?"},
        BadUsage{"UnknownOption", {"collect", "--rot", "x"}, 2, "did you mean \"--root\"?"},
        BadUsage{"LaterOption", {"collect", "--root", ".", "--ioc", "x"}, 2, "not expected"},
        BadUsage{"OptionWithoutValue", {"collect", "--root"}, 2, "--root"},
        BadUsage{"UnknownProfile",
                 {"collect", "--root", ".", "--profile", "triag"},
                 2,
                 "did you mean \"triage\"?"},
        BadUsage{"MissingProfileFile",
                 {"collect", "--root", ".", "--profile", "no.xml"},
                 2,
                 "cannot read the profile"},
        BadUsage{"UnknownModule",
                 {"collect", "--root", ".", "--module", "run_key"},
                 2,
                 "did you mean \"run_keys\"?"},
        BadUsage{"BadSize", {"collect", "--root", ".", "--max-file-size", "big"}, 2, "not a size"},
        BadUsage{"ZeroSize", {"collect", "--root", ".", "--max-file-size", "0"}, 2, "not a size"},
        BadUsage{"ZeroTotal", {"collect", "--root", ".", "--max-total-size", "0"}, 2, "not a size"},
        BadUsage{"BadTimeout", {"collect", "--root", ".", "--timeout", "soon"}, 2, "not a time"},
        BadUsage{"ZeroTimeout", {"collect", "--root", ".", "--timeout", "0s"}, 2, "not a time"},
        BadUsage{"BadJobs", {"collect", "--root", ".", "--jobs", "0"}, 2, "--jobs"},
        BadUsage{"EmptyOutput", {"collect", "--root", ".", "--output", ""}, 2, "--output is empty"},
        BadUsage{"BadProgress", {"collect", "--root", ".", "--progress", "fancy"}, 2, "--progress"},
        BadUsage{
            "BadLogLevel", {"collect", "--root", ".", "--log-level", "loud"}, 2, "--log-level"},
        BadUsage{"QuietVerbose", {"collect", "--root", ".", "--quiet", "--verbose"}, 2, "excludes"},
        BadUsage{"UnprivilegedRoot", {"collect", "--root", ".", "--unprivileged"}, 2, "excludes"},
        BadUsage{"NoSuchRoot", {"collect", "--root", "no/such"}, 4, "the source cannot be read"},
        BadUsage{"EmptyRoot", {"collect", "--root", "."}, 4, "is the volume mounted"},
        BadUsage{"NoSuchBundle", {"report", "no.zip"}, 4, "cannot read the bundle"},
        BadUsage{"ReportWithoutBundle", {"report"}, 2, "BUNDLE"},
        BadUsage{"ProfileWithoutVerb", {"profile"}, 2, "profile"},
        BadUsage{
            "ProfileCheckMissing", {"profile", "check", "no.xml"}, 2, "cannot read the profile"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST_F(CommandLineTest, AProfileWithErrorsCollectsNothing) {
  folder.write("bad.xml",
               "<profile version=\"1\" summary=\"s\">\n<modul name=\"run_keys\"/>\n</profile>");
  const Ended ended = run({"collect", "--root", root(), "--profile", "bad.xml", "--output", "out"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.error, HasSubstr("bad.xml:2: unknown element <modul>"));
  EXPECT_THAT(files_in("out"), IsEmpty());
}

TEST_F(CommandLineTest, AFileThatIsNoBundleIsSaidToBeNone) {
  folder.write("text.zip", "hello");
  const Ended ended = run({"report", "text.zip"});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_THAT(ended.error, HasSubstr("cannot be read as a bundle"));
}

TEST_F(CommandLineTest, HelpHasAnExampleForEveryCommand) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"collect"},
                                             {"report"},
                                             {"modules"},
                                             {"profile"},
                                             {"profile", "show"},
                                             {"profile", "check"},
                                             {"profile", "list"}}) {
    auto arguments = command;
    arguments.emplace_back("--help");
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_THAT(ended.output, HasSubstr("Example")) << command.back();
    EXPECT_THAT(ended.error, IsEmpty());
  }
  EXPECT_THAT(run({"--version"}).output, StartsWith("hozen "));
}

TEST_F(CommandLineTest, ListsModulesAndProfiles) {
  EXPECT_THAT(run({"modules"}).output, HasSubstr("run_keys"));
  EXPECT_THAT(run({"profile", "list"}).output,
              AllOf(HasSubstr("triage"), HasSubstr("persistence"), HasSubstr("full")));
  EXPECT_THAT(
      run({"profile", "show", "triage"}).output,
      AllOf(HasSubstr("%SystemRoot%\\System32\\winevt\\Logs\\*.evtx"), HasSubstr("run_keys")));
  const Ended xml = run({"profile", "show", "--xml", "full"});
  folder.write("copy.xml", xml.output);
  EXPECT_EQ(run({"profile", "check", "copy.xml"}).exit_code, 0);
}

}  // namespace
}  // namespace hozen
