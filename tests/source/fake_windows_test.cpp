// The fake machine itself: the same in memory and on disk, and what it holds can be changed.
#include "tests/builders/fake_windows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "collector/base/bytes.h"
#include "collector/source/folder_source.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using Names = std::vector<std::string>;

/// Every key and value of every hive, as text.
Names everything(Registry& registry) {
  Names names;
  const std::function<void(RegistryKey&)> list = [&](RegistryKey& key) {
    names.push_back(key.path() + " " + key.last_written().iso8601());
    (void)key.each_value([&](const RegistryValue& value) {
      names.push_back(key.path() + "|" + value.name + "|" + reg_type_text(value.type) + "|" +
                      std::to_string(value.data.size()));
      return true;
    });
    (void)key.each_subkey([&](RegistryKey& subkey) {
      list(subkey);
      return true;
    });
  };
  (void)registry.each_hive(
      {},
      [&](RegistryHive& hive) {
        list(*hive.root);
        return true;
      },
      [&](const EvidencePath& file, HiveRole, const Error& error) {
        names.push_back(file.text() + ": " + error.text());
      });
  return names;
}

Names files_of(EvidenceSource& source) {
  Names names;
  for (const VolumeInfo& volume : source.volumes())
    (void)source.walk(
        EvidencePath{volume.name},
        [&](const FileInfo& info) {
          names.push_back(info.path.text() + " " + std::to_string(info.size));
          return Visit::enter;
        },
        [&](const EvidencePath& path, const Error& error) {
          names.push_back(path.text() + ": " + error.text());
        });
  std::sort(names.begin(), names.end());
  return names;
}

TEST(FakeWindows, IsTheSameInMemoryAndInAFolder) {
  fake::FakeWindows windows;
  windows.user("alice").user("bob", {.folder = "D:\\Profiles\\bob"});
  windows.file("D:\\data\\käse.txt", "cheese");
  windows.value("HKU\\alice\\Software\\X", "y", fake::multi_sz({"a", "b"}), fake::at(77));
  const fake::Machine machine = windows.machine();

  const TempFolder folder;
  const auto written = windows.write_to(folder.text());
  ASSERT_TRUE(written.has_value()) << written.error().text();
  const auto source = make_folder_source(folder.text());
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(files_of(**source), files_of(*machine.source));
  const auto registry =
      make_offline_registry(**source, fake::Preserver{**source}, [](const Error&) {});
  const Names names = everything(*registry);
  EXPECT_EQ(names, everything(*machine.registry));
  EXPECT_GT(names.size(), 50u);
  EXPECT_EQ((*source)->stat(*EvidencePath::parse("D:\\data\\KÄSE.txt"))->si.modified,
            fake::default_time());
}

TEST(FakeWindows, KeysAndValuesCanBeReplacedAndRemoved) {
  fake::FakeWindows windows;
  const std::string key = "HKLM\\SOFTWARE\\X";
  windows.value(key, "a", fake::sz("1")).value(key, "A", fake::sz("2"));
  windows.value(key, "gone", fake::dword(1)).remove_value(key, "GONE");
  windows.key(key + "\\sub").remove_key(key + "\\SUB");
  windows.remove_key("HKLM\\SOFTWARE\\Microsoft");
  Names names;
  for (const std::string& name : everything(*windows.machine().registry))
    if (name.starts_with("HKLM\\SOFTWARE")) names.push_back(name);
  const std::string time = fake::default_time().iso8601();
  EXPECT_EQ(names, (Names{"HKLM\\SOFTWARE " + time, key + " " + time, key + "|A|REG_SZ|4"}));
}

TEST(FakeWindows, UnknownNamesAreErrorsOfTheTest) {
  fake::FakeWindows windows;
  EXPECT_THROW(windows.value("HKLM\\NOTHIVE\\X", "a", fake::sz("")), std::invalid_argument);
  EXPECT_THROW(windows.value("SOFTWARE\\X", "a", fake::sz("")), std::invalid_argument);
  EXPECT_THROW((void)windows.sid_of("nobody"), std::invalid_argument);
  EXPECT_THROW((void)windows.entry("C:\\nothing"), std::invalid_argument);
}

TEST(FakeSource, StreamsErrorsAndLinks) {
  fake::FakeSource source;
  const auto path = *EvidencePath::parse("C:\\a\\file.txt");
  source.add_file(path, fake::bytes_from("main")).streams["Zone.Identifier"] =
      fake::bytes_from("stream!");
  EXPECT_EQ(source.stat(path)->streams, Names{"Zone.Identifier"});
  EXPECT_EQ(source.stat(path.with_stream("zone.identifier"))->size, 7u);
  EXPECT_EQ((*source.open(path.with_stream("zone.identifier")))->size(), 7u);
  EXPECT_EQ(source.open(path.with_stream("other")).error().code, Errc::not_found);
  source.find(path)->unreadable = Error{Errc::io, "x"};
  EXPECT_EQ(source.open(path).error().code, Errc::io);
  source.add_folder(*EvidencePath::parse("C:\\a\\link")).facts.is_link = true;
  EXPECT_EQ(source.open(*EvidencePath::parse("C:\\A\\LINK")).error().code, Errc::unsupported);
  source.remove(*EvidencePath::parse("C:\\A"));
  EXPECT_EQ(source.stat(path).error().code, Errc::not_found);
}

}  // namespace
}  // namespace hozen
