#include "collector/source/live_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"
#include "collector/source/live_state.h"
#include "collector/source/offline_registry.h"
#include "collector/source/registry.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/planted_win32.h"

namespace hozen {
namespace {

constexpr FileTime kStarted{134'000'000'000'000'000};

std::unique_ptr<EvidenceSource> live() {
  auto source = make_live_source(kStarted);
  EXPECT_TRUE(source) << source.error().text();
  return *std::move(source);
}

TEST(LiveSource, NamesItsVolumes) {
  const auto source = live();
  EXPECT_EQ(source->kind(), "live");
  EXPECT_EQ(source->method(), "file_api");
  EXPECT_EQ(source->live_time(), kStarted);
  const auto& volumes = source->volumes();
  const auto system = std::find_if(volumes.begin(), volumes.end(),
                                   [](const VolumeInfo& volume) { return volume.name == "C:"; });
  ASSERT_NE(system, volumes.end());
  EXPECT_FALSE(system->unreadable);
  EXPECT_FALSE(system->file_system.empty());
  ASSERT_TRUE(system->serial);
  EXPECT_EQ(system->serial->size(), 9u);
  for (const VolumeInfo& volume : volumes)
    EXPECT_EQ(std::count_if(volumes.begin(), volumes.end(),
                            [&](const VolumeInfo& other) { return other.name == volume.name; }),
              1);
}

TEST(LiveSource, ListsTheRootOfEachReadableVolume) {
  const auto source = live();
  for (const VolumeInfo& volume : source->volumes()) {
    if (volume.unreadable) continue;
    const EvidencePath root{volume.name};
    const auto info = source->stat(root);
    ASSERT_TRUE(info) << info.error().text();
    EXPECT_TRUE(info->is_directory);
    EXPECT_FALSE(info->is_link);
    const auto walked = source->walk(
        root, [](const FileInfo&) { return Visit::stop; },
        [](const EvidencePath&, const Error& error) { ADD_FAILURE() << error.text(); });
    EXPECT_TRUE(walked) << walked.error().text();
  }
}

TEST(LiveSource, ListsTheServicesOfTheServiceManagerOnce) {
  const auto source = live();
  const LiveState* state = source->live_state();
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(source->live_state(), state);
  ASSERT_FALSE(state->services_failed) << state->services_failed->text();
  // Every Windows has it, and Wine too.
  const auto found =
      std::find_if(state->services.begin(), state->services.end(),
                   [](const LiveService& one) { return equals_fold(one.name, "Eventlog"); });
  ASSERT_NE(found, state->services.end());
  EXPECT_FALSE(found->unreadable);
  EXPECT_FALSE(found->image_path.empty());
  EXPECT_TRUE(found->start.has_value());
  EXPECT_NE(found->type, 0u);
  EXPECT_NE(found->state, 0u);
}

TEST(LiveSource, AsksTheTaskSchedulerOnce) {
  const auto source = live();
  const LiveState* state = source->live_state();
  ASSERT_NE(state, nullptr);
  // Wine lists folders but not the tasks in them, and its scheduler need not run.
  EXPECT_TRUE(state->tasks_failed || !state->tasks.tasks.empty());
  for (const LiveTask& task : state->tasks.tasks) EXPECT_TRUE(task.path.starts_with('\\'));
}

TEST(LiveSource, ReadsAFileByItsPathOnTheHost) {
  const planted::Folder planted;
  planted.file("証拠.bin", "evidence");
  const auto source = live();
  const auto path = EvidencePath::parse(planted.path() + "\\証拠.bin");
  ASSERT_TRUE(path);
  auto opened = source->open(*path);
  ASSERT_TRUE(opened) << opened.error().text();
  const auto bytes = read_all(**opened, 100);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(Bytes{*bytes}.chars(), "evidence");
  const auto info = source->stat(*path);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->path.name(), "証拠.bin");
}

TEST(LiveSource, FindsWindowsAndItsRegistry) {
  const auto source = live();
  Registry* registry = source->api_registry();
  ASSERT_NE(registry, nullptr);
  ASSERT_EQ(registry->installations().size(), 1u);
  const auto info = source->stat(registry->installations().front().windows / "System32");
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_TRUE(info->is_directory);
}

TEST(LiveSource, TellsTheFactsOfTheRunningHost) {
  const auto source = live();
  const auto host = source->live_host();
  ASSERT_TRUE(host);
  EXPECT_FALSE(host->name.empty());
  EXPECT_FALSE(host->role.empty());
  EXPECT_TRUE(host->build.starts_with("10.0.") || host->build.starts_with("6.")) << host->build;
  const bool is_wine = system_function(L"ntdll.dll", "wine_get_version") != nullptr;
  EXPECT_EQ(host->emulator.starts_with("Wine "), is_wine) << host->emulator;
  ASSERT_TRUE(host->last_boot.is_set());
  EXPECT_GT(host->last_boot, FileTime{132'000'000'000'000'000});
}

std::string hive_content(const fake::FakeWindows& windows, std::string_view mount) {
  const auto source = windows.source();
  auto opened = source->open(windows.hive_file(mount));
  EXPECT_TRUE(opened);
  auto bytes = read_all(**opened, 1 << 24);
  EXPECT_TRUE(bytes);
  return std::string{Bytes{*bytes}.chars()};
}

// Under Wine Windows' own hive files are not there; a second Windows is planted.
TEST(LiveSource, GivesTheRawViewTooAndReportsHivesInUse) {
  const planted::Folder planted{L"C:\\"};
  fake::FakeWindows windows;
  windows.value("HKLM\\SOFTWARE\\Planted", "name", fake::sz("raw"));
  planted.file("System32\\config\\SYSTEM", hive_content(windows, "HKLM\\SYSTEM"));
  planted.file("System32\\config\\SOFTWARE", hive_content(windows, "HKLM\\SOFTWARE"));
  planted.file("System32\\config\\SAM", hive_content(windows, "HKLM\\SAM"));
  const planted::Held in_use{planted.wide("System32\\config\\SAM")};
  const auto source = live();
  const auto raw = make_offline_registry(*source, fake::Preserver{*source}, [](const Error&) {});
  ASSERT_NE(source->api_registry(), nullptr);
  EXPECT_EQ(raw->view(), View::raw);
  std::map<HiveRole, std::string> outcomes;
  ASSERT_TRUE(raw->each_hive(
      {HiveRole::system, HiveRole::software, HiveRole::sam},
      [&](RegistryHive& hive) {
        if (!hive.file.text().starts_with(planted.path())) return true;
        outcomes[hive.role] = "read";
        if (auto key = hive.root->open("Planted"))
          outcomes[hive.role] = (*key)->value("name")->text().value_or("");
        return true;
      },
      [&](const EvidencePath& file, HiveRole role, const Error& error) {
        if (file.text().starts_with(planted.path())) outcomes[role] = error.text();
      }));
  EXPECT_EQ(outcomes[HiveRole::system], "read");
  EXPECT_EQ(outcomes[HiveRole::software], "raw");
  EXPECT_NE(outcomes[HiveRole::sam].find("status 0xc0000043"), std::string::npos)
      << outcomes[HiveRole::sam];
}

// Nobody can read the hives of the Windows that runs: under Wine there are no such files.
TEST(LiveSource, AUserWhoIsNotLoggedOnKeepsSidAndEnvironmentInTheRawView) {
  const std::string sid = "S-1-5-21-9-9-9-1001";
  const planted::Folder profile{L"C:\\users\\"};
  fake::FakeWindows windows;
  windows.user("bob").value("HKU\\bob\\Environment", "OWN", fake::sz("of bob"));
  profile.file("NTUSER.DAT", hive_content(windows, "HKU\\bob"));
  const planted::Key listed{planted::Key::Root::machine,
                            "Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" + sid};
  listed.value({}, "ProfileImagePath", 1, planted::sz(profile.path()));
  const auto source = live();
  const auto raw = make_offline_registry(*source, fake::Preserver{*source}, [](const Error& error) {
    EXPECT_EQ(error.text().find("no system hives here"), std::string::npos) << error.text();
  });
  ASSERT_FALSE(raw->installations().empty());
  EXPECT_EQ(raw->installations()[0].windows.folded(),
            source->api_registry()->installations()[0].windows.folded());
  const UserProfile* bob = nullptr;
  std::vector<std::string> mounts;
  ASSERT_TRUE(raw->each_hive(
      {HiveRole::user},
      [&](RegistryHive& hive) {
        if (!hive.file.text().starts_with(profile.path())) return true;
        bob = hive.user;
        mounts.push_back(hive.mount);
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) {}));
  EXPECT_EQ(mounts, std::vector<std::string>{"HKU\\" + sid});
  ASSERT_NE(bob, nullptr);
  EXPECT_EQ(bob->sid, sid);
  EXPECT_EQ(bob->kind, ProfileKind::normal);
  const Environment& environment = raw->environment(0, bob);
  EXPECT_EQ(environment.get("OWN"), "of bob");
  EXPECT_EQ(environment.expand("%USERPROFILE%"), profile.path());
  EXPECT_EQ(fold_case(environment.expand("%SystemRoot%")),
            raw->installations()[0].windows.folded());
}

}  // namespace
}  // namespace hozen
