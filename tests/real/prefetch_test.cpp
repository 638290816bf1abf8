// Real prefetch files against libscca 20200717 (facts/prefetch.tsv), and those of version 31
// against a walker at fixed offsets (facts/prefetch_v31_SutharPC.tsv).
#include "collector/formats/prefetch.h"

#include <cstdlib>
#include <map>

#include "collector/base/text.h"
#include "tests/builders/file_text.h"
#include "tests/builders/temp_folder.h"
#include "tests/modules/execution_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen::modules {
extern const ModuleSpec prefetch;
}  // namespace hozen::modules

namespace hozen::real {
namespace {

/// Files of the evidence, those in archives too.
class PrefetchEvidence : public RealEvidence {
 protected:
  std::string content(const std::string& path) {
    const std::size_t at = path.find("::");
    if (at == std::string::npos) {
      const auto bytes = evidence(path);
      return std::string{Bytes{bytes}.chars()};
    }
    return test::file_text(folder_of(path.substr(0, at)) / path.substr(at + 2));
  }
  std::filesystem::path folder_of(const std::string& archive) {
    const auto [at, is_new] = unpacked_.emplace(archive, std::to_string(unpacked_.size()));
    const std::filesystem::path folder = folder_.path() / at->second;
    if (is_new) {
      const std::string command =
          "7z x -y -o'" + folder.string() + "' '" + testdata_path(archive) + "' >/dev/null 2>&1";
      has_7z = std::system(command.c_str()) == 0;
    }
    return folder;
  }
  bool has_7z = true;

 private:
  TempFolder folder_;
  std::map<std::string, std::string> unpacked_;
};

std::string joined(const std::vector<FileTime>& times) {
  std::string text;
  for (const FileTime time : times) text += (text.empty() ? "" : " ") + time.iso8601();
  return text;
}

std::string hex(std::uint32_t number) {
  char text[9];
  std::snprintf(text, sizeof text, "%08X", static_cast<unsigned>(number));
  return text;
}

std::string volumes_of(const Prefetch& file) {
  std::string text;
  for (const PrefetchVolume& volume : file.volumes)
    text += (text.empty() ? "" : " ; ") + volume.device_path + ' ' + hex(volume.serial) + ' ' +
            (volume.created.is_set() ? volume.created.iso8601() : "");
  return text;
}

TEST_F(PrefetchEvidence, SaysWhatLibsccaSays) {
  int compared = 0;
  for (const Row& row : facts("prefetch.tsv")) {
    const std::string bytes = content(row[0]);
    if (!has_7z) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
    std::vector<std::byte> unpacked;
    const auto file = parse_prefetch(bytes_of(bytes), unpacked);
    if (row[1].starts_with("ERR")) continue;  // the test below
    ASSERT_TRUE(file) << row[0] << ": " << file.error().text();
    EXPECT_TRUE(file->problems.empty()) << row[0] << ": " << file->problems[0].text();
    EXPECT_EQ(std::to_string(file->version), row[1]) << row[0];
    EXPECT_EQ(file->executable, row[2]) << row[0];
    EXPECT_EQ(hex(file->hash), row[3]) << row[0];
    EXPECT_EQ(std::to_string(file->run_count), row[4]) << row[0];
    EXPECT_EQ(joined(file->runs), row[5]) << row[0];
    EXPECT_EQ(std::to_string(file->files.size()), row[6]) << row[0];
    EXPECT_EQ(std::to_string(file->volumes.size()), row[7]) << row[0];
    EXPECT_EQ(volumes_of(*file), row[8]) << row[0];
    ++compared;
  }
  EXPECT_EQ(compared, 577);
}

// What libscca gives up on: a whole file of which it never ends, and four that are none.
TEST_F(PrefetchEvidence, OfWhichLibsccaFailsIsReadOrRefused) {
  std::map<std::string, std::string> results;
  for (const Row& row : facts("prefetch.tsv")) {
    if (!row[1].starts_with("ERR")) continue;
    const std::string bytes = content(row[0]);
    if (!has_7z) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
    std::vector<std::byte> unpacked;
    const auto file = parse_prefetch(bytes_of(bytes), unpacked);
    results[row[0].substr(row[0].find_last_of("/:") + 1)] =
        !file ? file.error().what : file->executable + ' ' + std::to_string(file->problems.size());
  }
  const std::map<std::string, std::string> expected{
      {"SEARCHFILTERHOST.EXE-AA7A1FDD.pf", "prefetch signature"},
      {"SVCHOST.EXE-576FFE64.pf", "SVCHOST.EXE 0"},
      {"bad_compression.pf", "size of a packed prefetch file"},
      {"malformed.pf", "prefetch file information"},
      {"notAPrefetch.pf", "prefetch header"}};
  EXPECT_EQ(results, expected);
}

TEST_F(PrefetchEvidence, OfVersion31SaysWhatStandsAtItsOffsets) {
  const std::filesystem::path folder =
      folder_of("prefetch-sets/museum/Win11/SutharPC/Decompressed/Version 31/SutharPC_Win11.7z");
  if (!has_7z) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
  int compared = 0;
  for (const Row& row : facts("prefetch_v31_SutharPC.tsv")) {
    const std::string bytes = test::file_text(folder / row[0]);
    std::vector<std::byte> unpacked;
    const auto file = parse_prefetch(bytes_of(bytes), unpacked);
    ASSERT_TRUE(file) << row[0] << ": " << file.error().text();
    EXPECT_TRUE(file->problems.empty()) << row[0] << ": " << file->problems[0].text();
    EXPECT_EQ(file->version, 31u) << row[0];
    EXPECT_EQ(file->executable, row[2]) << row[0];
    EXPECT_EQ(hex(file->hash), row[3]) << row[0];
    EXPECT_EQ(std::to_string(file->run_count), row[4]) << row[0];
    EXPECT_EQ(joined(file->runs), row[5]) << row[0];
    ++compared;
  }
  EXPECT_EQ(compared, 434);
}

// The functions were read out of Windows by others: that they give the names of these files is the
// proof. The one that differs is an app of Windows 8, which keeps no package; the path is not known
// of boot traces and of programs that are not among their own files.
TEST_F(PrefetchEvidence, HasTheHashOfItsPath) {
  std::map<std::string, int> checks;
  const auto count = [&](const std::string& bytes) {
    std::vector<std::byte> unpacked;
    const auto file = parse_prefetch(bytes_of(bytes), unpacked);
    if (!file) return;
    ++checks[std::to_string(file->version) + ' ' + std::string{to_text(file->hash_check)}];
    checks["prefetch_switch"] += file->prefetch_switch != 0;
  };
  for (const Row& row : facts("prefetch.tsv")) count(content(row[0]));
  const std::filesystem::path folder =
      folder_of("prefetch-sets/museum/Win11/SutharPC/Decompressed/Version 31/SutharPC_Win11.7z");
  if (!has_7z) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
  for (const Row& row : facts("prefetch_v31_SutharPC.tsv")) count(test::file_text(folder / row[0]));
  const std::map<std::string, int> expected{
      {"17 matches", 5},   {"23 matches", 48},  {"23 hosting", 12}, {"23 path_unknown", 2},
      {"26 matches", 39},  {"26 hosting", 17},  {"26 differs", 1},  {"26 path_unknown", 2},
      {"30 matches", 268}, {"30 hosting", 102}, {"30 package", 81}, {"30 path_unknown", 1},
      {"31 matches", 274}, {"31 hosting", 71},  {"31 package", 89}, {"prefetch_switch", 46}};
  EXPECT_EQ(checks, expected);
}

// PsExec was used seven times on this host; the tools around it.
TEST_F(PrefetchEvidence, OfAnAttackedHostTellsItsRuns) {
  struct Expected {
    std::string file;
    std::uint32_t runs;
    std::string last;
  };
  const Expected expected[] = {{"PSEXESVC.EXE-AD70946C.pf", 7, "2022-03-10T20:41:24.3197924Z"},
                               {"NBTSCAN.EXE-50688432.pf", 3, "2022-03-10T20:38:01.2416463Z"},
                               {"WMIC.EXE-98223A30.pf", 2, "2022-03-10T20:39:21.5535123Z"},
                               {"AT.EXE-92F2B09E.pf", 1, "2022-03-10T20:51:50.2275515Z"},
                               {"SCHTASKS.EXE-8B6144A9.pf", 1, "2022-03-10T20:59:03.5049629Z"}};
  const std::filesystem::path folder =
      folder_of("prefetch-sets/museum/Win10/APTSimulatorVM/Version 30 Variant 2.7z");
  if (!has_7z) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
  for (const Expected& one : expected) {
    const std::string bytes = test::file_text(folder / one.file);
    std::vector<std::byte> unpacked;
    const auto file = parse_prefetch(bytes_of(bytes), unpacked);
    ASSERT_TRUE(file) << one.file;
    EXPECT_EQ(file->version, 30u);
    EXPECT_EQ(file->run_count, one.runs) << one.file;
    EXPECT_EQ(file->runs.size(), one.runs) << one.file;
    EXPECT_EQ(file->runs.at(0).iso8601(), one.last) << one.file;
  }
}

// Ordinary machines: what the rules say of them stays at low.
TEST_F(PrefetchEvidence, OfOrdinaryMachinesGivesNoFindingAboveLow) {
  fake::FakeWindows windows;
  int files = 0;
  for (const Row& row : facts("prefetch.tsv")) {
    if (row[1].starts_with("ERR")) continue;
    const std::string bytes = content(row[0]);
    if (!has_7z) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
    windows.file("C:\\Windows\\Prefetch\\" + std::to_string(++files) + ".pf", bytes);
  }
  const ModuleRun run = run_module(modules::prefetch, windows);
  EXPECT_EQ(records_of(run, "prefetch").size(), 577u);
  for (const Finding& finding : run.context->findings) {
    EXPECT_LE(severity_of(finding), Severity::low) << finding.why[0].fact;
  }
  EXPECT_TRUE(run.context->notes.empty());
}

}  // namespace
}  // namespace hozen::real
