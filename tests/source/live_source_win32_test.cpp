#include "collector/source/live_source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/registry.h"
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
  ASSERT_TRUE(host->last_boot.is_set());
  EXPECT_GT(host->last_boot, FileTime{132'000'000'000'000'000});
}

}  // namespace
}  // namespace hozen
