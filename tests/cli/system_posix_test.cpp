// What only this system can show: signals, full disks, folders without permission.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "tests/builders/fake_windows.h"
#include "tests/builders/file_text.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Ended;
using test::run_program;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class SystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    fs::create_directories(folder.path() / "root");
    fake::FakeWindows windows;
    windows.user("alice");
    ASSERT_TRUE(windows.write_to(folder.text() + "/root"));
  }
  /// A sparse file that takes a while to read.
  void large_file(std::uint64_t bytes) {
    const fs::path path = folder.path() / "root/Windows/System32/winevt/Logs/Big.evtx";
    fs::create_directories(path.parent_path());
    std::ofstream{path}.put('x');
    fs::resize_file(path, bytes);
  }
  /// One that takes hours, and a profile, p.xml, that collects it.
  void endless_file() {
    large_file(1ull << 40);
    folder.write("p.xml",
                 "<profile version=\"1\" summary=\"s\"><limits max-file-size=\"2 TiB\" "
                 "max-total-size=\"4 TiB\"/><target category=\"a\" reason=\"b\"><path>"
                 "%SystemRoot%\\System32\\winevt\\Logs\\*</path></target></profile>");
  }
  /// Collects it into out.zip; `meanwhile` hears the process when it has been running for a while.
  Ended collect_until(const std::function<void(int process)>& meanwhile) {
    std::thread other;
    Ended ended =
        run_program({"collect", "--root", "root", "--profile", "p.xml", "--output", "out.zip"},
                    folder.text(), [&](int process) {
                      other = std::thread{[&meanwhile, process] {
                        std::this_thread::sleep_for(std::chrono::seconds{2});
                        meanwhile(process);
                      }};
                    });
    other.join();
    return ended;
  }

  TempFolder folder;
};

TEST_F(SystemTest, WithoutARunningWindowsARootIsNeeded) {
  const Ended ended = run_program({"collect"}, folder.text());
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.error, HasSubstr("--root DIR"));
}

TEST_F(SystemTest, AnInterruptLeavesACompleteBundle) {
  endless_file();
  const Ended ended = collect_until([](int process) { ::kill(process, SIGINT); });
  EXPECT_EQ(ended.exit_code, 130) << ended.output << ended.error;
  EXPECT_THAT(ended.output, HasSubstr("interrupted"));
  EXPECT_TRUE(fs::exists(folder.path() / "out.zip"));
  EXPECT_EQ(run_program({"report", "out.zip"}, folder.text()).exit_code, 0);
}

TEST_F(SystemTest, ASecondInterruptEndsAtOnceAndSaysWhatIsLeft) {
  endless_file();
  const Ended ended = collect_until([](int process) {
    // Two kinds: of one kind, the second could be taken together with the first.
    ::kill(process, SIGINT);
    ::kill(process, SIGTERM);
  });
  EXPECT_EQ(ended.exit_code, 130) << ended.output;
  EXPECT_THAT(ended.error, HasSubstr("hozen recover"));
  EXPECT_EQ(run_program({"recover", "out.zip.partial"}, folder.text()).exit_code, 0);
}

TEST_F(SystemTest, AHangupThatIsToBeIgnoredIs) {
  endless_file();
  const std::string command = "cd '" + folder.text() + "' && trap '' HUP && { '" +
                              test::program_path() +
                              "' collect --root root --profile p.xml --output out.zip --timeout 3s "
                              ">output 2>&1 & p=$!; sleep 1; kill -HUP $p; wait $p; }";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1) << test::file_text(folder.path() / "output");
  EXPECT_TRUE(fs::exists(folder.path() / "out.zip"));
}

TEST_F(SystemTest, AFullDiskIsToldAndLeavesTheUnfinishedFile) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  // Standard output that is always full.
  const std::string command = "cd '" + folder.text() + "' && '" + test::program_path() +
                              "' collect --root root --output - >/dev/full 2>error";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_THAT(test::file_text(folder.path() / "error"), HasSubstr("the bundle cannot be written"));
}

TEST_F(SystemTest, ALimitOnFileSizeIsAnOutputError) {
  const std::string command = "cd '" + folder.text() + "' && ulimit -f 8 && '" +
                              test::program_path() +
                              "' collect --root root --output out.zip 2>error";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_TRUE(fs::exists(folder.path() / "out.zip.partial"));
  EXPECT_FALSE(fs::exists(folder.path() / "out.zip"));
}

TEST_F(SystemTest, ARecoveryThatFailsLeavesNothingThatStopsTheNext) {
  ASSERT_EQ(
      run_program({"collect", "--root", "root", "--output", "a.zip"}, folder.text()).exit_code, 0);
  fs::rename(folder.path() / "a.zip", folder.path() / "a.zip.partial");
  const std::string command = "cd '" + folder.text() + "' && ulimit -f 8 && '" +
                              test::program_path() + "' recover a.zip.partial 2>error";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 5);
  EXPECT_FALSE(fs::exists(folder.path() / "a.recovered.zip.partial"));
  EXPECT_TRUE(fs::exists(folder.path() / "a.zip.partial"));
  EXPECT_EQ(run_program({"recover", "a.zip.partial"}, folder.text()).exit_code, 0);
}

TEST_F(SystemTest, TheEndTellsWhereAnUnfinishedBundleIs) {
  endless_file();
  const auto end_after = [&](const std::function<void()>& change) {
    const Ended ended = collect_until([&](int process) {
      change();
      ::kill(process, SIGINT);
    });
    EXPECT_EQ(ended.exit_code, 5) << ended.output;
    return ended.error;
  };
  EXPECT_THAT(end_after([&] { fs::remove(folder.path() / "out.zip.partial"); }),
              HasSubstr("out.zip.partial was removed during the run"));
  EXPECT_THAT(end_after([&] { folder.write("out.zip", "x"); }), HasSubstr("rename it"));
  EXPECT_EQ(test::file_text(folder.path() / "out.zip"), "x");
  EXPECT_EQ(run_program({"verify", "out.zip.partial"}, folder.text()).exit_code, 0);
}

TEST_F(SystemTest, AClosedPipeIsAnOutputError) {
  const std::string command =
      "cd '" + folder.text() + "' && ('" + test::program_path() +
      "' collect --root root --output - 2>error; echo $? >code) | head -c 10 >/dev/null";
  large_file(64u << 20);
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream code{folder.path() / "code"};
  int exit_code = 0;
  code >> exit_code;
  EXPECT_EQ(exit_code, 5);
}

TEST_F(SystemTest, ABundleThatIsFinishedIsNotSpoiledByWhoDoesNotReadTheSummary) {
  // The reader is gone before anything is printed.
  const auto exit_code_of = [&](const std::string& arguments) {
    const std::string command =
        "cd '" + folder.text() + "' && rm -f gone && (until [ -e gone ]; do sleep 0.05; done; '" +
        test::program_path() + "' " + arguments + " 2>error; echo $? >code) | (exec <&-; >gone)";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return test::file_text(folder.path() / "code");
  };
  const auto expect_told = [&](const std::string& bundle) {
    const std::string seal = test::file_text(folder.path() / (bundle + ".seal")).substr(0, 64);
    EXPECT_EQ(seal.size(), 64u);
    EXPECT_THAT(test::file_text(folder.path() / "error"),
                ::testing::AllOf(HasSubstr("the bundle is finished"), HasSubstr(bundle),
                                 HasSubstr("seal " + seal)));
    EXPECT_EQ(run_program({"verify", bundle}, folder.text()).exit_code, 0);
  };
  EXPECT_EQ(exit_code_of("collect --root root --output a.zip"), "0\n");
  expect_told("a.zip");
  // What the bundle lacks is told by the exit code as always.
  fs::remove(folder.path() / "root/Windows/System32/config/SOFTWARE");
  EXPECT_EQ(exit_code_of("collect --root root --output b.zip --quiet"), "1\n");
  expect_told("b.zip");
  fs::rename(folder.path() / "a.zip", folder.path() / "c.zip.partial");
  EXPECT_EQ(exit_code_of("recover c.zip.partial"), "0\n");
  expect_told("c.recovered.zip");
}

TEST_F(SystemTest, AFolderThatCannotBeWrittenIsAnOutputError) {
  std::ofstream{folder.path() / "file"} << "x";
  for (const char* output : {"file/below", "/proc/none", "/dev/null/x.zip"}) {
    const Ended ended =
        run_program({"collect", "--root", "root", "--output", output}, folder.text());
    EXPECT_EQ(ended.exit_code, 5) << output << ended.error;
  }
}

TEST_F(SystemTest, NoLinkLeadsTheBundleIntoTheEvidence) {
  fs::create_directory_symlink("root/Users", folder.path() / "link");
  fs::create_directory_symlink("root", folder.path() / "evidence");
  const auto exit_code = [&](const char* root, const char* output) {
    const Ended ended =
        run_program({"collect", "--root", root, "--output", output, "--quiet"}, folder.text());
    return ended.exit_code;
  };
  EXPECT_EQ(exit_code("root", "link"), 2);
  EXPECT_EQ(exit_code("root", "link/new/a.zip"), 2);
  EXPECT_EQ(exit_code("root", "none/../link/a.zip"), 2);
  EXPECT_EQ(exit_code("evidence", "root/a.zip"), 2);
  EXPECT_EQ(exit_code("evidence", "evidence/new"), 2);
  // A link out of the evidence leads elsewhere.
  fs::create_directories(folder.path() / "elsewhere");
  fs::create_directory_symlink("../elsewhere", folder.path() / "root/out");
  EXPECT_THAT(exit_code("root", "root/out/a.zip"), ::testing::AnyOf(0, 1));
  EXPECT_TRUE(fs::exists(folder.path() / "elsewhere/a.zip"));
}

TEST_F(SystemTest, NobodyElseCanReadTheBundle) {
  const Ended ended =
      run_program({"collect", "--root", "root", "--output", "out.zip"}, folder.text());
  ASSERT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(fs::status(folder.path() / "out.zip").permissions() & fs::perms{0777}, fs::perms{0600});
}

}  // namespace
}  // namespace hozen
