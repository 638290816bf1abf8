// A folder laid out as a Windows volume from real hives gives every installation, user, control set
// and environment.
#include <gtest/gtest.h>

#include <map>

#include "collector/base/text.h"
#include "collector/source/folder_source.h"
#include "collector/source/offline_registry.h"
#include "collector/source/registry_facts.h"
#include "tests/builders/real_windows.h"
#include "tests/builders/temp_folder.h"
#include "tests/builders/testdata.h"

namespace hozen {
namespace {

using Names = std::vector<std::string>;

class RealRegistry : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = why_no_testdata()) GTEST_SKIP() << *why;
  }

  void open(const fake::FakeWindows& windows) {
    const auto written = windows.write_to(folder_.text());
    ASSERT_TRUE(written.has_value()) << written.error().text();
    source_ = *make_folder_source(folder_.text());
    registry_ = make_offline_registry(*source_, fake::Preserver{*source_}, [&](const Error& error) {
      problems_.push_back(error.text());
    });
  }

  /// Calls `look` with each hive that opens; none may fail.
  void each_hive(const std::vector<HiveRole>& roles,
                 const std::function<void(RegistryHive&)>& look) {
    const auto result = registry_->each_hive(
        roles,
        [&](RegistryHive& hive) {
          look(hive);
          return true;
        },
        [](const EvidencePath& file, HiveRole, const Error& error) {
          ADD_FAILURE() << file.text() << ": " << error.text();
        });
    EXPECT_TRUE(result.has_value());
  }

  TempFolder folder_;
  std::unique_ptr<EvidenceSource> source_;
  std::unique_ptr<OfflineRegistry> registry_;
  Names problems_;
};

Names run_values(RegistryKey& root) {
  Names values;
  if (const auto run = root.open("Software\\Microsoft\\Windows\\CurrentVersion\\Run"))
    (void)(*run)->each_value([&](const RegistryValue& value) {
      values.push_back(value.name + "=" + value.text().value_or("?"));
      return true;
    });
  return values;
}

TEST_F(RealRegistry, EveryHiveOpensInTheStateItIsIn) {
  open(real_windows());
  std::map<std::string, std::string> states;
  each_hive({}, [&](RegistryHive& hive) {
    const std::string who = hive.user != nullptr ? hive.user->name : "machine";
    states[who + " " + std::string{to_text(hive.role)}] = to_text(hive.state);
  });
  const std::map<std::string, std::string> expected{
      {"machine SYSTEM", "clean"},       {"machine SOFTWARE", "clean"},
      {"machine SAM", "clean"},          {"machine SECURITY", "clean"},
      {"SYSTEM DEFAULT", "clean"},       {"LOCAL SERVICE NTUSER.DAT", "clean"},
      {"vibranium NTUSER.DAT", "clean"}, {"NETWORK SERVICE NTUSER.DAT", "clean"},
      {"tony NTUSER.DAT", "dirty"},      {"trent NTUSER.DAT", "replayed"},
      {"nfury NTUSER.DAT", "clean"},     {"nfury UsrClass.dat", "clean"},
      {"runner NTUSER.DAT", "clean"},    {"former NTUSER.DAT", "clean"}};
  EXPECT_EQ(states, expected);
  ASSERT_EQ(problems_.size(), 1u);  // what the dirty one lacks
  EXPECT_NE(problems_[0].find("C:\\Users\\tony\\NTUSER.DAT: truncated (dirty"), std::string::npos)
      << problems_[0];
}

TEST_F(RealRegistry, TheHostIsThatOfTheHives) {
  open(real_windows());
  ASSERT_EQ(registry_->installations().size(), 1u);
  EXPECT_EQ(registry_->installations()[0].windows.text(), "C:\\Windows");
  const HostFacts host = registry_->host();
  EXPECT_EQ(host.name, "WKS-WIN732BITA");
  EXPECT_EQ(host.domain, "shieldbase.local");
  EXPECT_EQ(host.role, "workstation");
  EXPECT_EQ(host.product, "Windows 7 Professional");
  EXPECT_EQ(host.build, "6.1.7601");
  EXPECT_EQ(host.architecture, "x86");
  EXPECT_EQ(host.time_zone, "Eastern Standard Time (UTC-04:00)");
}

TEST_F(RealRegistry, BothControlSetsAreThereAndTheCurrentOneIsNamed) {
  open(real_windows());
  each_hive({HiveRole::system}, [&](RegistryHive& hive) {
    EXPECT_EQ(hive.current_control_set, 1u);
    EXPECT_EQ(hive.default_control_set, 1u);
    EXPECT_EQ(hive.last_known_good, 2u);
    std::map<std::string, std::size_t> services;
    for (const std::uint32_t number : {1u, 2u}) {
      const std::string set = control_set_name(number);
      const auto key = hive.root->open(set + "\\services");
      ASSERT_TRUE(key.has_value()) << set;
      EXPECT_EQ((*key)->path(), "HKLM\\SYSTEM\\" + set + "\\services");
      (void)(*key)->each_subkey([&](RegistryKey&) { return ++services[set] != 0; });
    }
    EXPECT_EQ(services["ControlSet001"], 467u);
    EXPECT_EQ(services["ControlSet002"], 466u);
  });
}

TEST_F(RealRegistry, EveryUserIsReadLoggedOnOrNot) {
  open(real_windows());
  std::map<std::string, Names> run;
  each_hive({HiveRole::user, HiveRole::default_user},
            [&](RegistryHive& hive) { run[hive.user->name] = run_values(*hive.root); });
  EXPECT_EQ(run["vibranium"],
            Names{"Sidebar=%ProgramFiles%\\Windows Sidebar\\Sidebar.exe /autoRun"});
  EXPECT_EQ(run["tony"].size(), 5u);
  ASSERT_EQ(run["nfury"].size(), 2u);
  EXPECT_TRUE(run["nfury"][0].starts_with("Google Update="));
  EXPECT_TRUE(run["nfury"][1].starts_with("Skype="));
  ASSERT_EQ(run["SYSTEM"].size(), 1u);  // the DEFAULT hive
  EXPECT_TRUE(run["SYSTEM"][0].starts_with("OneDriveSetup="));
  const Names& former = run["former"];
  EXPECT_NE(
      std::find(former.begin(), former.end(), "not_a_malware=c:\\temp\\legitimate_binary.exe"),
      former.end());
}

TEST_F(RealRegistry, WhatOnlyTheLogHoldsIsRead) {
  open(real_windows());
  bool has_globes = false;
  each_hive({HiveRole::user}, [&](RegistryHive& hive) {
    if (hive.user->name != "trent") return;
    const auto key = hive.root->open(
        "Control Panel\\International\\\xF0\x9F\x8C\x8E\xF0\x9F\x8C\x8F\xF0\x9F\x8C\x8D");
    has_globes = key.has_value();
  });
  EXPECT_TRUE(has_globes);
}

TEST_F(RealRegistry, EnvironmentsComeFromTheEvidence) {
  open(real_windows());
  const Environment& machine = registry_->environment(0, nullptr);
  EXPECT_EQ(machine.expand("%windir%"), "C:\\Windows");
  EXPECT_EQ(machine.get("DEFLOGDIR"), "C:\\ProgramData\\McAfee\\DesktopProtection");
  EXPECT_TRUE(machine.expand("%Path%").starts_with("C:\\Windows\\system32;C:\\Windows;"));
  for (const UserProfile& user : registry_->users())
    if (user.name == "nfury") {
      EXPECT_EQ(registry_->environment(0, &user).expand("%TEMP%"),
                "C:\\Users\\nfury\\AppData\\Local\\Temp");
    }
}

TEST_F(RealRegistry, ASecondInstallationOnAnotherVolumeIsReadToo) {
  auto windows = real_windows();
  windows.merge(real_second_windows());
  open(windows);
  ASSERT_EQ(registry_->installations().size(), 2u);
  EXPECT_EQ(registry_->installations()[1].windows.text(), "D:\\Windows");
  Names users;
  each_hive({HiveRole::user}, [&](RegistryHive& hive) {
    if (hive.installation == 1 && hive.user->kind == ProfileKind::normal)
      users.push_back(hive.user->name);
  });
  EXPECT_EQ(users, Names{"carol"});
  std::vector<std::pair<HiveState, std::uint32_t>> systems;
  each_hive({HiveRole::system}, [&](RegistryHive& hive) {
    systems.emplace_back(hive.state, hive.current_control_set);
  });
  ASSERT_EQ(systems.size(), 2u);
  EXPECT_EQ(systems[1], (std::pair{HiveState::replayed, 1u}));
  EXPECT_EQ(registry_->host().name, "WKS-WIN732BITA");
}

TEST_F(RealRegistry, TheTrustedTimeOfARealHiveIsWhenItWasLastInUse) {
  fake::FakeSource source;
  source.add_file(*EvidencePath::parse("C:\\Windows\\System32\\config\\SYSTEM"),
                  testdata("hives/regipy/SYSTEM"));
  const auto registry = make_offline_registry(source, fake::Preserver{source}, [](const Error&) {});
  const FileTime now = *parse_iso8601("2024-01-01T00:00:00Z");
  const FileTime newest = registry->newest_trusted_time(now).time;
  // The base block was last written 2012-04-07T13:05:14.5115038Z.
  EXPECT_LE(newest, *parse_iso8601("2012-04-07T13:05:14.5115038Z")) << newest.iso8601();
  EXPECT_GE(newest, *parse_iso8601("2012-04-07T00:00:00Z")) << newest.iso8601();
}

}  // namespace
}  // namespace hozen
