// The program on the Windows (or Wine prefix) that runs the tests: what is planted there, it finds.
#include <gtest/gtest.h>
#include <windows.h>

#include <filesystem>

#include "collector/base/native_win32.h"
#include "collector/cli/exit_code.h"
#include "collector/engine/bundle_reader.h"
#include "tests/builders/file_text.h"
#include "tests/builders/planted_win32.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen::cli {
namespace {

using namespace std::string_literals;
namespace fs = std::filesystem;

constexpr std::uint32_t kSz = 1;

/// The bundle in `folder`; empty while there is none.
fs::path finished_bundle(const fs::path& folder) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator{folder, failure})
    if (entry.path().extension() == L".zip") return entry.path();
  return {};
}

/// All lines of one stream of a bundle.
std::string lines_of(const fs::path& bundle, std::string_view stream) {
  const std::string content = test::file_text(bundle);
  const auto bytes = std::as_bytes(std::span{content});
  MemorySource source{{bytes.begin(), bytes.end()}};
  std::string lines;
  const auto reader = BundleReader::open(source);
  EXPECT_TRUE(reader) << reader.error().text();
  if (!reader) return lines;
  const auto read = reader->each_line(stream, [&](std::string_view line) {
    lines += line;
    lines += '\n';
    return Result<void>{};
  });
  EXPECT_TRUE(read) << read.error().text();
  return lines;
}

class LiveCollect : public testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  /// Collects with these options and gives the path of the bundle.
  fs::path collected(const std::vector<std::string>& options) {
    const fs::path output = folder_.make_folder("証拠 と 束");
    std::vector<std::string> arguments{"collect", "--progress", "none", "--output",
                                       wtf8_from_wide(output.native())};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const test::Ended ended = test::run_program(arguments, folder_.text());
    EXPECT_TRUE(ended.exit_code == kExitComplete || ended.exit_code == kExitIncomplete)
        << ended.exit_code << ended.error;
    const fs::path bundle = finished_bundle(output);
    EXPECT_FALSE(bundle.empty()) << ended.output << ended.error;
    return bundle;
  }

  TempFolder folder_;
};

TEST_F(LiveCollect, FindsAValueThatTheRegistryEditorCannotShow) {
  // In the hive of this user, where RunOnce is one of the places that are read.
  const planted::Value hidden{L"Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce",
                              "\0hozen-hidden"s, kSz, planted::sz("C:\\Users\\Public\\証拠.exe")};
  const std::string records = lines_of(collected({"--module", "run_keys"}), "records/run_keys");
  EXPECT_NE(records.find("\\u0000hozen-hidden"), std::string::npos) << records;
  EXPECT_NE(records.find("証拠.exe"), std::string::npos);
}

TEST_F(LiveCollect, DescribesTheHostAndTheRunInTheManifest) {
  const fs::path bundle = collected({"--module", "run_keys", "--case", "事件-42"});
  const std::string report =
      test::run_program({"report", wtf8_from_wide(bundle.native()), "--json"}, folder_.text())
          .output;
  for (const char* expected : {"\"事件-42\"", "\"live\"", "SeBackupPrivilege", "this host"})
    EXPECT_NE(report.find(expected), std::string::npos) << expected << report;
}

TEST_F(LiveCollect, StartedByDoubleClickItCollectsBesideItself) {
  // A console of its own and no arguments: that is how it tells.
  const fs::path program = folder_.make_folder("棒") / "hozen.exe";
  ASSERT_TRUE(fs::copy_file(test::program_path(), program));
  std::wstring line = L"\"" + program.native() + L"\"";
  STARTUPINFOW start{};
  start.cb = sizeof start;
  PROCESS_INFORMATION process{};
  ASSERT_NE(CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE, CREATE_NEW_CONSOLE,
                           nullptr, folder_.path().c_str(), &start, &process),
            0)
      << GetLastError();
  const OwnedHandle running{process.hProcess}, thread{process.hThread};
  // It may wait for Enter at its end; the bundle is complete when its seal is beside it.
  constexpr DWORD kStepMilliseconds = 250;
  constexpr int kMaxSteps = 4 * 240;
  fs::path bundle;
  bool sealed = false;
  for (int step = 0; step < kMaxSteps && !sealed; ++step) {
    const bool ended = WaitForSingleObject(running.get(), kStepMilliseconds) == WAIT_OBJECT_0;
    bundle = finished_bundle(program.parent_path());
    sealed = !bundle.empty() && fs::exists(fs::path{bundle.native() + L".seal"});
    if (ended) break;
  }
  TerminateProcess(running.get(), 0);
  WaitForSingleObject(running.get(), INFINITE);
  EXPECT_TRUE(sealed);
  EXPECT_EQ(
      test::run_program({"verify", wtf8_from_wide(bundle.native())}, folder_.text()).exit_code,
      kExitComplete);
}

}  // namespace
}  // namespace hozen::cli
