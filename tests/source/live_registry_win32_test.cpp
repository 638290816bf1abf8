#include "collector/source/live_registry.h"

#include <gtest/gtest.h>

#include <map>

#include "collector/base/text.h"
#include "collector/source/live_key_win32.h"
#include "tests/builders/planted_win32.h"

namespace hozen {
namespace {

using namespace std::string_literals;

constexpr std::uint32_t kSz = 1, kExpandSz = 2, kBinary = 3, kMultiSz = 7;

/// Runs `see` with the first hive of `role` that `wanted` accepts.
void with_hive(Registry& registry, HiveRole role, const std::function<void(RegistryHive&)>& see,
               const std::function<bool(const RegistryHive&)>& wanted = {}) {
  bool found = false;
  ASSERT_TRUE(registry.each_hive(
      {role},
      [&](RegistryHive& hive) {
        if (wanted && !wanted(hive)) return true;
        found = true;
        see(hive);
        return false;
      },
      [](const EvidencePath&, HiveRole, const Error& error) { ADD_FAILURE() << error.text(); }));
  EXPECT_TRUE(found);
}

std::map<std::string, std::string> texts_of(RegistryKey& key) {
  std::map<std::string, std::string> texts;
  auto listed = key.each_value([&](const RegistryValue& value) {
    texts[value.name] = value.text().value_or("?");
    return true;
  });
  EXPECT_TRUE(listed) << listed.error().text();
  return texts;
}

std::vector<std::string> subkeys_of(RegistryKey& key) {
  std::vector<std::string> names;
  auto listed = key.each_subkey([&](RegistryKey& subkey) {
    names.push_back(subkey.name());
    return true;
  });
  EXPECT_TRUE(listed) << listed.error().text();
  return names;
}

TEST(LiveRegistry, ShowsPlantedValuesOfTheMachine) {
  const planted::Key planted{planted::Key::Root::machine};
  planted.value({"Run"}, "Updater", kSz, planted::sz("C:\\Users\\Public\\u.exe"));
  planted.value({"Run"}, "", kExpandSz, planted::sz("%TEMP%\\ü.exe"));
  const auto registry = make_live_registry();
  EXPECT_EQ(registry->view(), View::api);
  with_hive(*registry, HiveRole::software, [&](RegistryHive& hive) {
    EXPECT_EQ(hive.mount, "HKLM\\SOFTWARE");
    EXPECT_EQ(hive.state, HiveState::live);
    EXPECT_TRUE(hive.file.empty());
    auto run = hive.root->open(planted.name() + "\\RUN");
    ASSERT_TRUE(run) << run.error().text();
    EXPECT_EQ((*run)->name(), "Run");
    EXPECT_EQ((*run)->path(), "HKLM\\SOFTWARE\\" + planted.name() + "\\Run");
    EXPECT_TRUE((*run)->last_written().is_set());
    EXPECT_FALSE((*run)->offset());
    EXPECT_EQ(texts_of(**run),
              (std::map<std::string, std::string>{{"Updater", "C:\\Users\\Public\\u.exe"},
                                                  {"", "%TEMP%\\ü.exe"}}));
    const auto value = (*run)->value("uPDATER");
    ASSERT_TRUE(value);
    EXPECT_TRUE(equals_fold(value->name, "Updater"));  // Wine gives it back as it was asked for
    EXPECT_EQ(value->type, kSz);
  });
}

TEST(LiveRegistry, ShowsNamesWithNul) {
  const planted::Key planted{planted::Key::Root::user};
  planted.value({"k"}, "\0hidden"s, kSz, planted::sz("C:\\evil.exe"));
  planted.value({"k"}, "plain", kSz, planted::sz("C:\\plain.exe"));
  planted.value({"k", "sub\0key"s}, "v", kSz, planted::sz("deep"));
  const auto registry = make_live_registry();
  with_hive(
      *registry, HiveRole::user,
      [&](RegistryHive& hive) {
        auto key = hive.root->open("Software\\" + planted.name() + "\\k");
        ASSERT_TRUE(key) << key.error().text();
        EXPECT_EQ(texts_of(**key), (std::map<std::string, std::string>{
                                       {"\0hidden"s, "C:\\evil.exe"}, {"plain", "C:\\plain.exe"}}));
        EXPECT_EQ(subkeys_of(**key), std::vector<std::string>{"sub\0key"s});
        auto sub = (*key)->open("sub\0key"s);
        ASSERT_TRUE(sub) << sub.error().text();
        EXPECT_EQ((*sub)->name(), "sub\0key"s);
        EXPECT_EQ(texts_of(**sub), (std::map<std::string, std::string>{{"v", "deep"}}));
        EXPECT_TRUE((*key)->value("\0hidden"s));
      },
      [&](const RegistryHive& hive) {
        return static_cast<bool>(hive.root->open("Software\\" + planted.name()));
      });
}

TEST(LiveRegistry, KeepsTypesAndLargeData) {
  const planted::Key planted{planted::Key::Root::machine};
  const std::string large(300'000, 'x');
  planted.value({}, "large", kBinary, large);
  planted.value({}, "odd", 0xFFFF0011, "abc");
  planted.value({}, "empty", kBinary, "");
  planted.value({}, "list", kMultiSz, planted::sz("one") + planted::sz("two") + planted::sz(""));
  const auto registry = make_live_registry();
  with_hive(*registry, HiveRole::software, [&](RegistryHive& hive) {
    auto key = hive.root->open(planted.name());
    ASSERT_TRUE(key);
    EXPECT_EQ((*key)->value("large")->data.size(), large.size());
    EXPECT_FALSE((*key)->value("large")->data_incomplete);
    EXPECT_EQ((*key)->value("odd")->type, 0xFFFF0011);
    EXPECT_EQ(Bytes{(*key)->value("odd")->data}.chars(), "abc");
    EXPECT_TRUE((*key)->value("empty")->data.empty());
    EXPECT_EQ((*key)->value("list")->strings(), (std::vector<std::string>{"one", "two"}));
    std::size_t values = 0;
    ASSERT_TRUE((*key)->each_value([&](const RegistryValue& value) {
      if (value.name == "large") {
        EXPECT_EQ(value.data.size(), large.size());
      }
      ++values;
      return true;
    }));
    EXPECT_EQ(values, 4u);
  });
}

TEST(LiveRegistry, DoesNotFollowLinks) {
  const planted::Key planted{planted::Key::Root::machine};
  planted.value({"target", "inner"}, "v", kSz, planted::sz("x"));
  planted.link("link", "\\Registry\\Machine\\Software\\" + planted.name() + "\\target");
  const auto registry = make_live_registry();
  with_hive(*registry, HiveRole::software, [&](RegistryHive& hive) {
    auto link = hive.root->open(planted.name() + "\\link");
    ASSERT_TRUE(link) << link.error().text();
    EXPECT_TRUE((*link)->is_symbolic_link());
    EXPECT_EQ((*link)->value("SymbolicLinkValue")->text(),
              "\\Registry\\Machine\\Software\\" + planted.name() + "\\target");
    EXPECT_EQ(hive.root->open(planted.name() + "\\link\\inner").error().code, Errc::not_found);
    auto target = hive.root->open(planted.name() + "\\target");
    ASSERT_TRUE(target);
    EXPECT_FALSE((*target)->is_symbolic_link());
  });
}

TEST(LiveRegistry, DistinguishesMissingKeysAndValues) {
  const auto registry = make_live_registry();
  with_hive(*registry, HiveRole::software, [&](RegistryHive& hive) {
    EXPECT_EQ(hive.root->open("no such key\\below").error().code, Errc::not_found);
    EXPECT_EQ(hive.root->value("no such value").error().code, Errc::not_found);
    EXPECT_TRUE(hive.root->open("Microsoft\\Windows NT\\CurrentVersion"));
  });
}

TEST(LiveRegistry, StopsWhenTheVisitorSaysSo) {
  const planted::Key planted{planted::Key::Root::machine};
  for (const char* name : {"a", "b", "c"}) planted.value({name}, name, kSz, planted::sz(name));
  const auto registry = make_live_registry();
  with_hive(*registry, HiveRole::software, [&](RegistryHive& hive) {
    auto key = hive.root->open(planted.name());
    ASSERT_TRUE(key);
    int seen = 0;
    ASSERT_TRUE((*key)->each_subkey([&](RegistryKey&) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
  });
}

TEST(LiveRegistry, KnowsTheCurrentControlSet) {
  const auto registry = make_live_registry();
  with_hive(*registry, HiveRole::system, [](RegistryHive& hive) {
    EXPECT_EQ(hive.mount, "HKLM\\SYSTEM");
    EXPECT_NE(hive.current_control_set, 0u);
    auto current = hive.root->open("CurrentControlSet");
    ASSERT_TRUE(current) << current.error().text();
    // On Windows it is a link to one of the sets, in Wine a key of its own.
    const bool is_link = (*current)->is_symbolic_link();
    EXPECT_EQ(static_cast<bool>(hive.root->open("CurrentControlSet\\Control")), !is_link);
    EXPECT_EQ(static_cast<bool>(hive.root->open("ControlSet001\\Control")), is_link);
  });
}

TEST(LiveRegistry, KnowsTheLoadedUsersAndTheirEnvironment) {
  const auto registry = make_live_registry();
  std::vector<std::string> mounts;
  ASSERT_TRUE(registry->each_hive(
      {HiveRole::default_user, HiveRole::user, HiveRole::user_classes},
      [&](RegistryHive& hive) {
        mounts.push_back(hive.mount);
        EXPECT_NE(hive.user, nullptr);
        if (hive.user != nullptr && hive.role != HiveRole::user_classes) {
          EXPECT_TRUE(hive.user->loaded);
        }
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error& error) { ADD_FAILURE() << error.text(); }));
  ASSERT_GE(mounts.size(), 2u);
  EXPECT_EQ(mounts.front(), "HKU\\.DEFAULT");
  bool found = false;
  for (const UserProfile& user : registry->users()) {
    if (!user.loaded || user.kind != ProfileKind::normal) continue;
    found = true;
    EXPECT_TRUE(user.sid.starts_with("S-1-5-21-")) << user.sid;
    const Environment& environment = registry->environment(0, &user);
    EXPECT_TRUE(equals_fold(environment.expand("%USERPROFILE%"), user.folder.text()))
        << environment.expand("%USERPROFILE%") << " " << user.folder.text();
    EXPECT_TRUE(starts_with_fold(environment.expand("%APPDATA%"), user.folder.text()));
  }
  EXPECT_TRUE(found);
  EXPECT_TRUE(equals_fold(registry->environment(0, nullptr).expand("%SystemRoot%"), "C:\\Windows"));
}

TEST(LiveRegistry, TellsFactsOfTheHost) {
  const HostFacts host = make_live_registry()->host();
  EXPECT_FALSE(host.product.empty());
  EXPECT_FALSE(host.build.empty());
  EXPECT_FALSE(host.name.empty());
  EXPECT_FALSE(host.machine_guid.empty());
  EXPECT_EQ(host.architecture, "AMD64");
}

TEST(LiveKey, SaysWhatCannotBeOpened) {
  const auto missing = open_live_key("\\Registry\\Machine\\NOSUCHHIVE", "HKLM\\NOSUCHHIVE");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_EQ(missing.error().detail, "NtOpenKey: status 0xc0000034");
}

}  // namespace
}  // namespace hozen
