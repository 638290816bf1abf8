// Relative names and the folder that a program is started in.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/source/resolver_machine.h"

namespace hozen {
namespace {

struct FolderCase {
  const char* folder;
  const char* line;
  const char* target;  ///< "": none
  Existence existence = Existence::exists;
};

ResolvedCommand resolve(const ResolverMachine& machine, const char* line, const char* folder) {
  ResolverContext context = machine.context();
  context.working_directory = folder;
  return resolve_command_line(line, context);
}

ResolverMachine machine_with_files() {
  ResolverMachine machine;
  for (const char* name : {"run.bat", "evil.vbs", "x.ps1", "evil.dll", "evil.exe", "sub\\a.exe",
                           "notepad.exe", "comsvcs.dll", "first.exe", "second.exe"})
    machine.add(std::string{"C:\\Evil\\"} + name);
  return machine;
}

class WorkingDirectory : public testing::TestWithParam<FolderCase> {};

TEST_P(WorkingDirectory, IsWhereRelativeNamesStart) {
  const FolderCase& one = GetParam();
  const ResolverMachine machine = machine_with_files();
  const ResolvedCommand command = resolve(machine, one.line, one.folder);
  EXPECT_EQ(command.target_path() ? command.target_path()->text() : "", one.target);
  EXPECT_EQ(command.target_existence(), one.existence);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WorkingDirectory,
    testing::Values(
        FolderCase{R"(C:\Evil)", "cmd.exe /c run.bat", R"(C:\Evil\run.bat)"},
        FolderCase{R"(C:\Evil\)", "wscript.exe evil.vbs", R"(C:\Evil\evil.vbs)"},
        FolderCase{R"("C:\Evil")", R"(powershell -File .\x.ps1)", R"(C:\Evil\x.ps1)"},
        FolderCase{R"(%SystemDrive%\Evil)", "rundll32 evil.dll,Run", R"(C:\Evil\evil.dll)"},
        FolderCase{R"(C:\Evil)", "\"evil.exe\" -x", R"(C:\Evil\evil.exe)"},
        FolderCase{R"(C:\Evil)", R"(sub\a.exe)", R"(C:\Evil\sub\a.exe)"},
        FolderCase{R"(C:\Evil\sub)", R"(cmd /c ..\run.bat)", R"(C:\Evil\run.bat)"},
        FolderCase{R"(C:\Evil)", R"(cmd /c cd /d C:\Windows & notepad.exe)",
                   R"(C:\Windows\System32\notepad.exe)"},
        // What Windows finds before it looks there.
        FolderCase{R"(C:\Evil)", "notepad.exe", R"(C:\Windows\System32\notepad.exe)"},
        FolderCase{R"(C:\Evil)", "cmd /c notepad.exe", R"(C:\Evil\notepad.exe)"},
        FolderCase{R"(C:\Evil)", "rundll32 comsvcs.dll,Run", R"(C:\Windows\System32\comsvcs.dll)"},
        // A script that is gone says where it was.
        FolderCase{R"(C:\Evil)", "wscript.exe gone.vbs", R"(C:\Evil\gone.vbs)", Existence::missing},
        FolderCase{R"(C:\Evil)", "gone.exe", "", Existence::missing},
        FolderCase{"", "wscript.exe evil.vbs", R"(C:\Windows\System32\wscript.exe)"},
        FolderCase{"%Unknown%", "evil.exe", "", Existence::missing},
        FolderCase{"evil", "cmd /c run.bat", R"(C:\Windows\System32\cmd.exe)"},
        FolderCase{R"(D:\Evil)", R"(cmd /c \run.bat)", R"(D:\run.bat)", Existence::unknown}));

TEST(WorkingDirectorySteps, SayThatAProgramWasFoundThereOnly) {
  const ResolverMachine machine = machine_with_files();
  const ResolvedCommand command = resolve(machine, "evil.exe", "C:\\Evil");
  EXPECT_TRUE(std::any_of(command.steps.begin(), command.steps.end(), [](const auto& step) {
    return step ==
           "found nowhere in the search path, but in the working directory: C:\\Evil\\evil.exe";
  }));
}

TEST(WorkingDirectorySteps, FurtherCommandsStartThereToo) {
  const ResolverMachine machine = machine_with_files();
  const ResolvedCommand command = resolve(machine, "cmd /c first.exe & second.exe", "C:\\Evil");
  EXPECT_EQ(command.payload, "C:\\Evil\\first.exe");
  ASSERT_EQ(command.others.size(), 1u);
  EXPECT_EQ(command.others[0].image, "C:\\Evil\\second.exe");
}

}  // namespace
}  // namespace hozen
