#include "collector/source/registry_facts.h"

#include <gtest/gtest.h>

#include "tests/builders/memory_key.h"

namespace hozen {
namespace {

using fake::MemoryKey;

constexpr std::string_view kVersion = "Microsoft\\Windows NT\\CurrentVersion";
constexpr std::string_view kProfiles = "Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

const EvidencePath kWindows = EvidencePath{"C:"} / "Windows";

MemoryKey system_hive() {
  MemoryKey system{"HKLM\\SYSTEM"};
  system.key("Select")
      .number("Current", 2)
      .number("Default", 2)
      .number("Failed", 0)
      .number("LastKnownGood", 1);
  system.key("ControlSet001\\Control\\ComputerName\\ComputerName").text("ComputerName", "OLD");
  auto set = system.key("ControlSet002");
  set.key("Control\\ComputerName\\ComputerName").text("ComputerName", "DESK-01");
  set.key("Control\\ProductOptions").text("ProductType", "WinNT");
  set.key("Services\\Tcpip\\Parameters").text("Domain", "corp.example");
  set.key("Control\\TimeZoneInformation")
      .text("TimeZoneKeyName", "Tokyo Standard Time")
      .number("ActiveTimeBias", static_cast<std::uint32_t>(-540));
  set.key("Control\\Session Manager\\Environment")
      .text("windir", "%SystemRoot%", RegType::expand_sz)
      .text("Path", "%SystemRoot%\\system32;%SystemRoot%", RegType::expand_sz)
      .text("TEMP", "%SystemRoot%\\TEMP", RegType::expand_sz)
      .text("PROCESSOR_ARCHITECTURE", "AMD64");
  return system;
}

MemoryKey software_hive() {
  MemoryKey software{"HKLM\\SOFTWARE"};
  software.key(kVersion)
      .text("ProductName", "Windows 10 Pro")
      .text("CurrentVersion", "6.3")
      .text("CurrentBuildNumber", "19045")
      .number("CurrentMajorVersionNumber", 10)
      .number("CurrentMinorVersionNumber", 0)
      .number("UBR", 3803)
      .number("InstallDate", 1'700'000'000);
  software.key("Microsoft\\Cryptography").text("MachineGuid", "6f0e-guid");
  software.key("Microsoft\\Windows\\CurrentVersion")
      .text("ProgramFilesDir", "C:\\Program Files")
      .text("ProgramFilesDir (x86)", "C:\\Program Files (x86)");
  auto profiles = software.key(kProfiles);
  profiles.text("ProfilesDirectory", "%SystemDrive%\\Users", RegType::expand_sz)
      .text("Default", "%SystemDrive%\\Users\\Default", RegType::expand_sz)
      .text("ProgramData", "%SystemDrive%\\ProgramData", RegType::expand_sz);
  profiles.key("S-1-5-18")
      .text("ProfileImagePath", "%systemroot%\\system32\\config\\systemprofile",
            RegType::expand_sz);
  profiles.key("S-1-5-21-1-2-3-1001")
      .text("ProfileImagePath", "C:\\Users\\alice", RegType::expand_sz)
      .written(FileTime{42});
  return software;
}

Environment environment_of(MemoryKey system, MemoryKey software) {
  return machine_environment(kWindows, read_system_facts(system), read_software_facts(software));
}

TEST(RegistryFacts, ReadTheCurrentControlSetOnly) {
  MemoryKey system = system_hive();
  const SystemFacts facts = read_system_facts(system);
  EXPECT_EQ(facts.select.current, 2u);
  EXPECT_EQ(facts.select.last_known_good, 1u);
  EXPECT_EQ(facts.computer_name, "DESK-01");
  EXPECT_EQ(facts.domain, "corp.example");
  EXPECT_EQ(facts.role, "workstation");
  EXPECT_EQ(facts.architecture, "AMD64");
  EXPECT_EQ(facts.time_zone, "Tokyo Standard Time (UTC+09:00)");
}

TEST(RegistryFacts, TimeZonesWestOfGreenwichAreBehind) {
  MemoryKey system{"HKLM\\SYSTEM"};
  system.key("Select").number("Current", 1);
  system.key("ControlSet001\\Control\\TimeZoneInformation")
      .text("StandardName", "Newfoundland")
      .number("Bias", 210);
  EXPECT_EQ(read_system_facts(system).time_zone, "Newfoundland (UTC-03:30)");
}

TEST(RegistryFacts, WithoutSelectTheLinkTellsTheCurrentSet) {
  MemoryKey system{"HKLM\\SYSTEM"};
  system.key("ControlSet001");
  system.key("ControlSet003");
  system.key("CurrentControlSet").link_to("\\Registry\\Machine\\SYSTEM\\ControlSet003");
  EXPECT_EQ(read_select(system).current, 3u);
}

TEST(RegistryFacts, WithoutSelectAndLinkTheLowestSetIsCurrent) {
  MemoryKey system{"HKLM\\SYSTEM"};
  system.key("ControlSet002");
  system.key("ControlSet0x1");
  system.key("MountedDevices");
  EXPECT_EQ(read_select(system).current, 2u);
}

TEST(RegistryFacts, ACurrentControlSetThatIsNoLinkIsRead) {
  MemoryKey system{"HKLM\\SYSTEM"};
  system.key("Select").number("Current", 1);
  system.key("CurrentControlSet\\Control\\ProductOptions").text("ProductType", "LanmanNT");
  EXPECT_EQ(read_system_facts(system).role, "domain_controller");
}

TEST(RegistryFacts, AnImpossibleSelectIsNoControlSet) {
  MemoryKey system{"HKLM\\SYSTEM"};
  system.key("Select").number("Current", 0xFFFFFFFF);
  EXPECT_EQ(read_select(system).current, 0u);
  EXPECT_EQ(read_system_facts(system).computer_name, "");
}

TEST(RegistryFacts, NameProductBuildAndInstallation) {
  MemoryKey software = software_hive();
  const SoftwareFacts facts = read_software_facts(software);
  EXPECT_EQ(facts.product, "Windows 10 Pro");
  EXPECT_EQ(facts.build, "10.0.19045.3803");
  EXPECT_EQ(facts.installed.iso8601(), "2023-11-14T22:13:20.0000000Z");
  EXPECT_EQ(facts.machine_guid, "6f0e-guid");
}

TEST(RegistryFacts, NameWindows11AndWindows7AsWindowsDoes) {
  MemoryKey eleven{"HKLM\\SOFTWARE"};
  eleven.key(kVersion)
      .text("ProductName", "Windows 10 Enterprise")
      .text("CurrentBuildNumber", "22631");
  EXPECT_EQ(read_software_facts(eleven).product, "Windows 11 Enterprise");
  MemoryKey seven{"HKLM\\SOFTWARE"};
  seven.key(kVersion)
      .text("ProductName", "Windows 7 Professional")
      .text("CurrentVersion", "6.1")
      .text("CurrentBuild", "7601")
      .text("CSDVersion", "Service Pack 1");
  EXPECT_EQ(read_software_facts(seven).build, "6.1.7601 Service Pack 1");
}

TEST(RegistryFacts, AnEmptyHiveGivesEmptyFacts) {
  MemoryKey system{"HKLM\\SYSTEM"};
  MemoryKey software{"HKLM\\SOFTWARE"};
  EXPECT_EQ(read_system_facts(system).select.current, 0u);
  EXPECT_EQ(read_software_facts(software).build, "");
  const Environment environment = environment_of(system, software);
  EXPECT_EQ(environment.expand("%windir%|%ComSpec%"), "C:\\Windows|C:\\Windows\\system32\\cmd.exe");
}

TEST(MachineEnvironment, ResolvesVariablesOfTheEvidence) {
  const Environment environment = environment_of(system_hive(), software_hive());
  EXPECT_EQ(environment.expand("%windir%;%TEMP%"), "C:\\Windows;C:\\Windows\\TEMP");
  EXPECT_EQ(environment.expand("%ProgramFiles(x86)%"), "C:\\Program Files (x86)");
  EXPECT_EQ(environment.expand("%ALLUSERSPROFILE%"), "C:\\ProgramData");
  EXPECT_EQ(environment.expand("%COMPUTERNAME%"), "DESK-01");
}

TEST(MachineEnvironment, TheInstallationsPlaceInTheSourceWins) {
  MemoryKey system = system_hive();
  system.key("ControlSet002\\Control\\Session Manager\\Environment")
      .text("SystemRoot", "Z:\\elsewhere");
  MemoryKey software = software_hive();
  const Environment environment = machine_environment(
      EvidencePath{"E:"} / "Windows", read_system_facts(system), read_software_facts(software));
  EXPECT_EQ(environment.expand("%SystemDrive%|%SystemRoot%"), "E:|E:\\Windows");
}

TEST(UserEnvironment, AddsTheProfileAndTheUsersOwnVariables) {
  const Environment machine = environment_of(system_hive(), software_hive());
  MemoryKey user{"HKU\\S-1-5-21-1-2-3-1001"};
  user.key("Environment").text("Path", "%USERPROFILE%\\bin").text("TOOLS", "%TOOLS%D:\\t");
  user.key("Volatile Environment").text("LOGONSERVER", "\\\\DC1");
  UserProfile profile;
  profile.name = "alice";
  profile.folder = EvidencePath{"C:"} / "Users\\alice";
  const Environment environment = user_environment(machine, profile, read_user_facts(user));
  EXPECT_EQ(environment.expand("%USERPROFILE%|%HOMEDRIVE%%HOMEPATH%|%USERNAME%"),
            "C:\\Users\\alice|C:\\Users\\alice|alice");
  EXPECT_EQ(environment.expand("%APPDATA%"), "C:\\Users\\alice\\AppData\\Roaming");
  EXPECT_EQ(environment.expand("%TEMP%"), "C:\\Users\\alice\\AppData\\Local\\Temp");
  EXPECT_EQ(environment.expand("%Path%"),
            "C:\\Windows\\system32;C:\\Windows;C:\\Users\\alice\\bin");
  EXPECT_EQ(environment.expand("%TOOLS%"), "D:\\t");
  EXPECT_EQ(environment.expand("%LOGONSERVER%"), "\\\\DC1");
}

TEST(UserEnvironment, KnowsRedirectedAndOldProfiles) {
  const Environment machine = environment_of(system_hive(), software_hive());
  UserProfile profile;
  profile.folder = EvidencePath{"C:"} / "Documents and Settings\\bob";
  EXPECT_EQ(user_environment(machine, profile, {}).expand("%APPDATA%|%LOCALAPPDATA%"),
            "C:\\Documents and Settings\\bob\\Application Data|"
            "C:\\Documents and Settings\\bob\\Local Settings\\Application Data");
  MemoryKey user{"HKU\\S"};
  user.key("Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders")
      .text("AppData", "D:\\roaming");
  EXPECT_EQ(user_environment(machine, profile, read_user_facts(user)).expand("%APPDATA%"),
            "D:\\roaming");
}

TEST(Profiles, ComeFromProfileListWithKindAndTime) {
  MemoryKey system = system_hive();
  MemoryKey software = software_hive();
  const SoftwareFacts facts = read_software_facts(software);
  const auto profiles = profiles_of(kWindows, facts, environment_of(system, software));
  ASSERT_EQ(profiles.size(), 3u);
  EXPECT_EQ(profiles[0].name, "SYSTEM");
  EXPECT_EQ(profiles[0].kind, ProfileKind::service);
  EXPECT_EQ(profiles[0].folder.text(), "C:\\Windows\\system32\\config\\systemprofile");
  EXPECT_EQ(profiles[1].sid, "S-1-5-21-1-2-3-1001");
  EXPECT_EQ(profiles[1].name, "alice");
  EXPECT_EQ(profiles[1].kind, ProfileKind::normal);
  EXPECT_EQ(profiles[1].profile_key_written, FileTime{42});
  EXPECT_EQ(profiles[2].kind, ProfileKind::default_user);
  EXPECT_EQ(profiles[2].folder.text(), "C:\\Users\\Default");
}

TEST(Profiles, AKeySetAsideMakesTheOtherTemporary) {
  MemoryKey software{"HKLM\\SOFTWARE"};
  MemoryKey list = software.key(kProfiles);
  list.key("S-1-5-21-1-2-3-1001").text("ProfileImagePath", "C:\\Users\\TEMP");
  list.key("S-1-5-21-1-2-3-1001.bak").text("ProfileImagePath", "C:\\Users\\alice");
  list.key("S-1-5-80-1").text("ProfileImagePath", "not a path");
  list.key("notes").text("ProfileImagePath", "C:\\Users\\x");
  const auto profiles = profiles_of(kWindows, read_software_facts(software), Environment{});
  ASSERT_EQ(profiles.size(), 4u);
  EXPECT_EQ(profiles[0].kind, ProfileKind::temporary);
  EXPECT_EQ(profiles[1].kind, ProfileKind::normal);
  EXPECT_EQ(profiles[1].sid, "S-1-5-21-1-2-3-1001");
  EXPECT_EQ(profiles[1].name, "alice");
  EXPECT_EQ(profiles[2].kind, ProfileKind::service);
  EXPECT_TRUE(profiles[2].folder.empty());
  EXPECT_EQ(profiles[3].sid, kLocalSystemSid);
}

}  // namespace
}  // namespace hozen
