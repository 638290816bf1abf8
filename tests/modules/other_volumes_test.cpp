// Files of Windows' names on volumes that are not Windows' own; and a Windows whose volume the
// evidence calls otherwise than its registry does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/modules/service_cases.h"
#include "tests/modules/task_machine.h"

namespace hozen {
namespace modules {
extern const ModuleSpec autostarts;
}  // namespace modules
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kVersion = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
constexpr std::string_view kWinlogon =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon";

/// What the second volume holds; the first has Windows.
constexpr const char* kCopies[] = {"D:\\Windows\\System32\\qmgr.dll",
                                   "D:\\Windows\\System32\\es.dll",
                                   "D:\\Windows\\System32\\svchost.exe",
                                   "D:\\Windows\\System32\\alg.exe",
                                   "D:\\Windows\\System32\\drivers\\disk.sys",
                                   "D:\\Windows\\System32\\spectrum.exe",
                                   "D:\\Program Files\\Windows Defender\\MsMpEng.exe"};

struct SwapCase {
  const char* service;
  const char* image;
  const char* library;
  std::uint32_t type;
  const char* rule;
  const char* file;
};
constexpr SwapCase kSwaps[] = {
    {"BITS", kNetsvcs.data(), "D:\\Windows\\System32\\qmgr.dll", 0x20,
     "services.swapped_service_dll", "D:\\Windows\\System32\\qmgr.dll"},
    {"EventSystem", kNetsvcs.data(), "\\??\\D:\\Windows\\system32\\es.dll", 0x20,
     "services.swapped_service_dll", "D:\\Windows\\System32\\es.dll"},
    {"EventSystem", kNetsvcs.data(), "\\\\?\\D:\\Windows\\system32\\es.dll", 0x20,
     "services.swapped_service_dll", "D:\\Windows\\System32\\es.dll"},
    {"W32Time", "D:\\Windows\\System32\\svchost.exe -k netsvcs",
     "%SystemRoot%\\System32\\w32time.dll", 0x20, "services.swapped_service_program",
     "D:\\Windows\\System32\\svchost.exe"},
    {"ALG", "D:\\Windows\\System32\\alg.exe", "", 0x10, "services.swapped_service_program",
     "D:\\Windows\\System32\\alg.exe"},
    {"disk", "\\??\\D:\\Windows\\System32\\drivers\\disk.sys", "", 0x1,
     "services.swapped_service_program", "D:\\Windows\\System32\\drivers\\disk.sys"},
    {"WinDefend", "\"D:\\Program Files\\Windows Defender\\MsMpEng.exe\"", "", 0x10,
     "services.swapped_service_program", "D:\\Program Files\\Windows Defender\\MsMpEng.exe"},
};

void add_case(fake::FakeWindows& windows, const SwapCase& one) {
  if (one.type == 0x20) {
    add_shared(windows, one.service, one.library);
    add(windows, one.service, one.image, one.type);
  } else {
    add(windows, one.service, one.image, one.type, one.type == 0x1 ? 0 : 2);
  }
}

TEST(OtherVolumes, AServiceOfWindowsIsNotUsualWithAFileOfAnotherVolume) {
  for (const SwapCase& one : kSwaps)
    for (const bool in_evidence : {true, false}) {
      fake::FakeWindows windows;
      if (in_evidence) {
        windows.volume("D:");
        for (const char* copy : kCopies) windows.program(copy);
      }
      add_case(windows, one);
      const ModuleRun run = run_services(windows);
      EXPECT_EQ(record_of(run, one.service)["inbox"], "differs") << one.file;
      const Finding* finding = run.context->finding(one.rule);
      ASSERT_NE(finding, nullptr) << one.service << fake::summary_of(run.context->findings);
      EXPECT_GE(severity_of(*finding), Severity::medium) << one.service;
      EXPECT_EQ(run.context->has_collected(one.file), in_evidence) << one.file;
    }
}

TEST(OtherVolumes, AFailureCommandOfAnotherVolumeIsNotThatOfWindows) {
  for (const char* drive : {"C:", "D:"}) {
    const std::string file = std::string{drive} + "\\Windows\\System32\\spectrum.exe";
    fake::FakeWindows windows;
    windows.volume("D:").program(file);
    windows.program("C:\\Windows\\System32\\spectrum.exe");
    add(windows, "spectrum", "%SystemRoot%\\System32\\spectrum.exe");
    windows.value(key_of("spectrum"), "FailureCommand", fake::sz(file))
        .value(key_of("spectrum"), "FailureActions", fake::binary(kCommandAfterRestart));
    const ModuleRun run = run_services(windows);
    const bool foreign = drive[0] == 'D';
    EXPECT_EQ(run.context->finding("services.failure_command") != nullptr, foreign);
    EXPECT_EQ(run.context->has_collected("D:\\Windows\\System32\\spectrum.exe"), foreign);
  }
}

TEST(OtherVolumes, LibrariesAndDriversThereLieOutsideOfWindows) {
  fake::FakeWindows windows;
  windows.volume("D:").program("D:\\Windows\\System32\\x.dll");
  windows.program("D:\\Windows\\System32\\drivers\\x.sys");
  add_shared(windows, "Sample", "D:\\Windows\\System32\\x.dll");
  add(windows, "xdrv", "\\??\\D:\\Windows\\System32\\drivers\\x.sys", 1, 0);
  const ModuleRun run = run_services(windows);
  EXPECT_NE(run.context->finding("services.service_dll_elsewhere"), nullptr);
  EXPECT_NE(run.context->finding("services.driver_elsewhere"), nullptr);
}

TEST(OtherVolumes, AnAutostartThereIsNoDefault) {
  for (const bool in_evidence : {true, false}) {
    fake::FakeWindows windows;
    if (in_evidence) windows.volume("D:").program("D:\\Windows\\system32\\userinit.exe");
    windows.value(kWinlogon, "Userinit", fake::sz("D:\\Windows\\system32\\userinit.exe,"));
    const ModuleRun run = run_module(modules::autostarts, windows);
    EXPECT_FALSE(run.context->findings.empty());
    EXPECT_EQ(run.context->has_collected("D:\\Windows\\system32\\userinit.exe"), in_evidence);
  }
}

TEST(OtherVolumes, ATaskThatStartsAProgramThereIsNoneOfWindows) {
  for (const char* program : {"System32\\cleanup.exe", "Program Files\\Windows Mail\\a.exe"})
    for (const char* drive : {"C:\\", "D:\\"}) {
      TaskMachine machine;
      std::string path = std::string{drive} + program;
      if (path.find("System32") != std::string::npos) path.insert(3, "Windows\\");
      machine.windows.volume("D:").program(path);
      machine.add({.path = "\\Microsoft\\Windows\\Foo\\Bar", .command = path});
      const ModuleRun run = run_module(modules::scheduled_tasks, machine.windows);
      const auto* record = run.context->record({{"task_path", "\\Microsoft\\Windows\\Foo\\Bar"}});
      ASSERT_NE(record, nullptr);
      EXPECT_EQ((*record)["usual_value"], drive[0] == 'C' ? "true" : "false") << path;
    }
}

/// A Windows that called its volume C:, as which it appears in its registry.
fake::FakeWindows moved_windows(const char* volume) {
  fake::FakeWindows windows{{.volume = volume}};
  windows.user("alice");
  const std::string current = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion";
  windows.value(kVersion, "SystemRoot", fake::sz("C:\\Windows"))
      .value(current, "ProgramFilesDir", fake::sz("C:\\Program Files"))
      .value(current, "CommonFilesDir", fake::sz("C:\\Program Files\\Common Files"))
      .value(current, "ProgramFilesDir (x86)", fake::sz("C:\\Program Files (x86)"))
      .value(current, "CommonFilesDir (x86)", fake::sz("C:\\Program Files (x86)\\Common Files"))
      .value(current, "ProgramW6432Dir", fake::sz("C:\\Program Files"))
      .value(kWinlogon, "Userinit", fake::sz("C:\\Windows\\system32\\userinit.exe,"))
      .value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", "Path",
             fake::expand_sz("C:\\Windows\\system32;C:\\Windows;%SystemRoot%\\System32\\Wbem"));
  return windows;
}

void add_services_of_windows(fake::FakeWindows& windows, const std::string& volume) {
  const std::string system32 = volume + "\\Windows\\System32\\";
  for (const char* name : {"qmgr.dll", "svchost.exe", "alg.exe", "drivers\\disk.sys",
                           "drivers\\vendor.sys", "spectrum.exe"})
    windows.program(system32 + name);
  windows.program(volume + "\\Program Files\\Windows Defender\\MsMpEng.exe");
  windows.program(volume + "\\Program Files\\Vendor\\v.exe");
  add_shared(windows, "BITS", "C:\\Windows\\System32\\qmgr.dll");
  add(windows, "BITS", "C:\\Windows\\System32\\svchost.exe -k netsvcs", 0x20);
  add(windows, "ALG", "%SystemRoot%\\System32\\alg.exe");
  add(windows, "disk", "\\??\\C:\\Windows\\System32\\drivers\\disk.sys", 0x1, 0);
  add(windows, "vendor", "System32\\drivers\\vendor.sys", 0x1, 0);
  add(windows, "WinDefend", "\"C:\\Program Files\\Windows Defender\\MsMpEng.exe\"");
  add(windows, "Vendor", "\"C:\\Program Files\\Vendor\\v.exe\"");
  add(windows, "spectrum", "\\Windows\\System32\\spectrum.exe");
  windows
      .value(key_of("spectrum"), "FailureCommand", fake::sz("C:\\Windows\\System32\\spectrum.exe"))
      .value(key_of("spectrum"), "FailureActions", fake::binary(kCommandAfterRestart));
}

constexpr const char* kVolumes[] = {"E:", "volume1"};

TEST(MovedWindows, ItsOwnServicesAreUsual) {
  for (const char* volume : kVolumes) {
    fake::FakeWindows windows = moved_windows(volume);
    add_services_of_windows(windows, volume);
    const ModuleRun run = run_services(windows);
    EXPECT_EQ(fake::summary_of(run.context->findings), "") << volume;
    for (const char* name : {"BITS", "ALG", "disk", "WinDefend", "spectrum"})
      EXPECT_EQ(record_of(run, name)["inbox"], "usual") << volume << " " << name;
    EXPECT_EQ(record_of(run, "BITS")["service_dll_path"],
              std::string{volume} + "\\Windows\\System32\\qmgr.dll");
    EXPECT_TRUE(run.context->has_collected(std::string{volume} + "\\Program Files\\Vendor\\v.exe"));
  }
}

TEST(MovedWindows, AnotherDriveIsNotItsOwn) {
  for (const char* volume : kVolumes)
    for (const SwapCase& one : kSwaps) {
      fake::FakeWindows windows = moved_windows(volume);
      add_services_of_windows(windows, volume);
      add_case(windows, one);
      const ModuleRun run = run_services(windows);
      EXPECT_NE(run.context->finding(one.rule), nullptr) << volume << " " << one.service;
    }
}

TEST(MovedWindows, WithoutSoftwareTheDriveIsThatOfTheEvidenceOrElseC) {
  const auto findings = [](const char* volume, const std::string& library) {
    fake::FakeWindows windows{{.volume = volume}};
    windows.without_hive("HKLM\\SOFTWARE");
    windows.program(std::string{volume} + "\\Windows\\System32\\qmgr.dll");
    add(windows, "BITS", kNetsvcs, 0x20);
    windows.value(key_of("BITS", "\\Parameters"), "ServiceDll", fake::expand_sz(library));
    return fake::summary_of(run_services(windows).context->findings);
  };
  for (const char* volume : {"C:", "E:"})
    for (const char* drive : {"C:", "E:"}) {
      const std::string said =
          findings(volume, std::string{drive} + "\\Windows\\System32\\qmgr.dll");
      if (std::string_view{volume} == drive)
        EXPECT_EQ(said, "") << volume << drive;
      else
        EXPECT_THAT(said, HasSubstr("services.swapped_service_dll")) << volume << drive;
    }
  EXPECT_EQ(findings("volume1", "C:\\Windows\\System32\\qmgr.dll"), "");
  EXPECT_THAT(findings("volume1", "D:\\Windows\\System32\\qmgr.dll"),
              HasSubstr("services.swapped_service_dll"));
}

TEST(MovedWindows, ItsOwnAutostartsAreDefaults) {
  for (const char* volume : kVolumes) {
    fake::FakeWindows windows = moved_windows(volume);
    const ModuleRun run = run_module(modules::autostarts, windows);
    EXPECT_EQ(fake::summary_of(run.context->findings), "") << volume;
    const auto* record = run.context->record({{"value_name", "Userinit"}});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ((*record)["default_value"], "true") << volume;
    EXPECT_EQ((*record)["target"], std::string{volume} + "\\Windows\\system32\\userinit.exe");
  }
}

TEST(MovedWindows, ItsOwnTasksAreUsual) {
  for (const char* volume : kVolumes) {
    fake::FakeWindows windows = moved_windows(volume);
    const std::string root{volume};
    windows.program(root + "\\Windows\\System32\\clean.exe");
    windows.program(root + "\\Program Files\\Windows Mail\\a.exe");
    const std::string tasks = root + "\\Windows\\System32\\Tasks\\Microsoft\\Windows\\Foo\\";
    for (const char* name : {"clean", "mail"}) {
      TaskSpec spec;
      spec.path = std::string{"\\Microsoft\\Windows\\Foo\\"} + name;
      spec.command = std::string_view{name} == "mail" ? "C:\\Program Files\\Windows Mail\\a.exe"
                                                      : "C:\\Windows\\System32\\clean.exe";
      windows.file(tasks + name, "").bytes = TaskMachine::xml_of(spec);
    }
    const ModuleRun run = run_module(modules::scheduled_tasks, windows);
    EXPECT_EQ(fake::summary_of(run.context->findings), "") << volume;
    for (const char* name : {"clean", "mail"}) {
      const auto* record =
          run.context->record({{"task_path", std::string{"\\Microsoft\\Windows\\Foo\\"} + name}});
      ASSERT_NE(record, nullptr);
      EXPECT_EQ((*record)["usual_value"], "true") << volume << " " << name;
    }
  }
}

}  // namespace
}  // namespace hozen
