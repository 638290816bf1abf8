#include "collector/source/offline_registry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/base/text.h"
#include "tests/builders/fake_windows.h"

namespace hozen {
namespace {

using fake::FakeWindows;
using fake::Machine;
using Names = std::vector<std::string>;

/// "mount state file" of every hive that opens, "failed file: code" of the others.
Names hives_of(Registry& registry, const std::vector<HiveRole>& roles = {}) {
  Names names;
  const auto result = registry.each_hive(
      roles,
      [&](RegistryHive& hive) {
        names.push_back(hive.mount + " " + std::string{to_text(hive.state)} + " " +
                        hive.file.text());
        return true;
      },
      [&](const EvidencePath& file, HiveRole, const Error& error) {
        names.push_back("failed " + file.text() + ": " + std::string{to_text(error.code)});
      });
  EXPECT_TRUE(result.has_value());
  return names;
}

std::string value_at(Registry& registry, std::string_view mount, std::string_view key,
                     std::string_view value) {
  std::string text = "(no hive)";
  (void)registry.each_hive(
      {},
      [&](RegistryHive& hive) {
        if (hive.mount != mount) return true;
        const auto opened = hive.root->open(key);
        const auto found = opened ? (*opened)->value(value) : Result<RegistryValue>{opened.error()};
        text = found ? found->text().value_or("(no text)") : found.error().text();
        return false;
      },
      [](const EvidencePath&, HiveRole, const Error&) {});
  return text;
}

const UserProfile* user_of(const Registry& registry, std::string_view name) {
  for (const UserProfile& user : registry.users())
    if (equals_fold(user.name, name)) return &user;
  return nullptr;
}

Names texts(const std::vector<Error>& errors) {
  Names names;
  for (const Error& error : errors) names.push_back(error.text());
  return names;
}

TEST(OfflineRegistry, ReadsMachineAndUserHivesInOrder) {
  FakeWindows windows;
  windows.user("alice").user("bob", {.classes_hive = false});
  const Machine machine = windows.machine();
  EXPECT_EQ(texts(*machine.problems), Names{});
  const std::string config = "C:\\Windows\\System32\\config\\";
  const std::string alice = windows.sid_of("alice");
  EXPECT_EQ(
      hives_of(*machine.registry),
      (Names{"HKLM\\SYSTEM clean " + config + "SYSTEM",
             "HKLM\\SOFTWARE clean " + config + "SOFTWARE", "HKLM\\SAM clean " + config + "SAM",
             "HKLM\\SECURITY clean " + config + "SECURITY",
             "HKU\\.DEFAULT clean " + config + "DEFAULT",
             "HKU\\S-1-5-19 clean C:\\Windows\\ServiceProfiles\\LocalService\\NTUSER.DAT",
             "HKU\\S-1-5-20 clean C:\\Windows\\ServiceProfiles\\NetworkService\\NTUSER.DAT",
             "HKU\\" + alice + " clean C:\\Users\\alice\\NTUSER.DAT",
             "HKU\\" + alice +
                 "_Classes clean "
                 "C:\\Users\\alice\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat",
             "HKU\\" + windows.sid_of("bob") + " clean C:\\Users\\bob\\NTUSER.DAT"}));
  EXPECT_EQ(hives_of(*machine.registry, {HiveRole::sam}),
            Names{"HKLM\\SAM clean " + config + "SAM"});
  EXPECT_EQ(machine.registry->view(), View::raw);
}

TEST(OfflineRegistry, TellsTheHostAndTheControlSets) {
  FakeWindows windows;
  windows.value("HKLM\\SYSTEM\\Select", "Current", fake::dword(3))
      .value("HKLM\\SYSTEM\\Select", "LastKnownGood", fake::dword(2))
      .value("HKLM\\SYSTEM\\ControlSet003\\Control\\ComputerName\\ComputerName", "ComputerName",
             fake::sz("RENAMED"));
  const Machine machine = windows.machine();
  const HostFacts host = machine.registry->host();
  EXPECT_EQ(host.name, "RENAMED");
  EXPECT_EQ(host.product, "Windows 10 Pro");
  EXPECT_EQ(host.build, "10.0.19045");
  EXPECT_EQ(host.machine_guid, "12345678-9abc-4def-8123-456789abcdef");
  EXPECT_EQ(host.installed, parse_iso8601("2023-01-01T00:00:00Z"));
  bool seen = false;
  (void)machine.registry->each_hive(
      {HiveRole::system},
      [&](RegistryHive& hive) {
        seen = true;
        EXPECT_EQ(hive.current_control_set, 3u);
        EXPECT_EQ(hive.default_control_set, 1u);
        EXPECT_EQ(hive.last_known_good, 2u);
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) {});
  EXPECT_TRUE(seen);
}

TEST(OfflineRegistry, SaysWhenSelectNamesAControlSetThatIsNotThere) {
  FakeWindows windows;
  windows.value("HKLM\\SYSTEM\\Select", "Current", fake::dword(7));
  const Machine machine = windows.machine();
  std::uint32_t current = 0;
  (void)machine.registry->each_hive(
      {HiveRole::system},
      [&](RegistryHive& hive) {
        current = hive.current_control_set;
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) {});
  EXPECT_EQ(current, 1u);
  ASSERT_EQ(machine.problems->size(), 1u);
  EXPECT_EQ((*machine.problems)[0].detail,
            "Select\\Current names ControlSet007, which is not there; taken for the current one: "
            "ControlSet001");
}

TEST(OfflineRegistry, KeysAndValuesCarryPathTimeAndOffset) {
  FakeWindows windows;
  const std::string run = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
  windows.value(run, "a", fake::sz("C:\\a.exe"), fake::at(60));
  const Machine machine = windows.machine();
  (void)machine.registry->each_hive(
      {HiveRole::software},
      [&](RegistryHive& hive) {
        EXPECT_EQ(hive.root->path(), "HKLM\\SOFTWARE");
        const auto key = hive.root->open("MICROSOFT\\windows\\CurrentVersion\\RUN");
        if (!key) {
          ADD_FAILURE() << key.error().text();
          return false;
        }
        EXPECT_EQ((*key)->path(), run);
        EXPECT_EQ((*key)->name(), "Run");
        EXPECT_EQ((*key)->last_written(), fake::at(60));
        EXPECT_GT((*key)->offset().value_or(0), 4096u);
        const auto value = (*key)->value("A");
        EXPECT_EQ(value->name, "a");
        EXPECT_EQ(value->text(), "C:\\a.exe");
        EXPECT_GT(value->offset.value_or(0), 4096u);
        Names names;
        (void)(*key)->each_value([&](const RegistryValue& each) {
          names.push_back(each.name);
          return true;
        });
        EXPECT_EQ(names, (Names{"SecurityHealth", "a"}));
        EXPECT_EQ(hive.root->open("Microsoft\\Nothing").error().code, Errc::not_found);
        EXPECT_EQ((*key)->value("nothing").error().code, Errc::not_found);
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) {});
}

TEST(OfflineRegistry, PreservesEachHiveWithItsLogsAndNamesTheArtifact) {
  FakeWindows windows;
  windows.user("alice");
  const std::vector<std::byte> before = windows.hive_image("HKU\\alice");
  windows.value("HKU\\alice\\Software\\X", "v", fake::sz("new"));
  auto dirty = before;
  const std::vector<std::byte> log =
      builders::log_new(before, {windows.hive_image("HKU\\alice")}, 2);
  dirty[4] = std::byte{2};  // primary sequence ahead of the secondary: dirty
  const std::uint32_t checksum = [&] {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < 508; at += 4) sum ^= *Bytes{dirty}.get<std::uint32_t>(at);
    return sum;
  }();
  for (std::size_t i = 0; i < 4; ++i) dirty[508 + i] = static_cast<std::byte>(checksum >> 8 * i);
  windows.hive_bytes("HKU\\alice", dirty);
  windows.file("C:\\Users\\alice\\ntuser.dat.LOG1", "").bytes = log;
  const Machine machine = windows.machine();
  EXPECT_EQ(value_at(*machine.registry, "HKU\\" + windows.sid_of("alice"), "Software\\X", "v"),
            "new");
  (void)machine.registry->each_hive(
      {HiveRole::user},
      [&](RegistryHive& hive) {
        const auto& row = machine.preserver->rows()[hive.artifact.value_or(0)];
        EXPECT_EQ(row.path.folded(), hive.file.folded());
        EXPECT_EQ(row.reason, "registry hive NTUSER.DAT");
        EXPECT_TRUE(hive.user->name != "alice" || hive.state == HiveState::replayed);
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) {});
  const auto& rows = machine.preserver->rows();
  EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [](const auto& row) {
    return row.path.folded() == fold_case("C:\\Users\\alice\\NTUSER.DAT.LOG1") && row.found;
  }));
}

TEST(OfflineRegistry, UsersAreFoundLoggedOnOrNot) {
  FakeWindows windows;
  windows.user("alice").user("ghost", {.in_profile_list = false});
  windows.folder("C:\\Users\\Public\\Desktop");
  windows.folder("C:\\Users\\nohive\\Documents");
  windows.folder("C:\\Documents and Settings\\old\\x").folder("C:\\Users\\All Users\\x");
  // On a volume without Windows only what holds a hive or AppData.
  windows.volume("D:").folder("D:\\Users\\music\\x").folder("D:\\Users\\moved\\AppData");
  windows.folder("C:\\Users\\Default\\AppData");
  const Machine machine = windows.machine();
  Names users;
  for (const UserProfile& user : machine.registry->users())
    users.push_back(user.name + " " + user.sid + " " + std::string{to_text(user.kind)} + " " +
                    user.folder.text());
  EXPECT_EQ(
      users,
      (Names{"SYSTEM S-1-5-18 service C:\\Windows\\system32\\config\\systemprofile",
             "LOCAL SERVICE S-1-5-19 service C:\\Windows\\ServiceProfiles\\LocalService",
             "NETWORK SERVICE S-1-5-20 service C:\\Windows\\ServiceProfiles\\NetworkService",
             "alice " + windows.sid_of("alice") + " normal C:\\Users\\alice",
             "Default  default_user C:\\Users\\Default", "ghost  orphaned C:\\Users\\ghost",
             "nohive  orphaned C:\\Users\\nohive", "old  orphaned C:\\Documents and Settings\\old",
             "moved  orphaned D:\\Users\\moved"}));
  EXPECT_TRUE(machine.registry->hives_unread().empty());
  EXPECT_EQ(value_at(*machine.registry, "HKU\\ghost", "", "none").substr(0, 9), "HKU\\ghost");
}

TEST(OfflineRegistry, ATemporaryProfileAndTheOneSetAsideAreTwo) {
  FakeWindows windows;
  windows.user("alice").user("TEMP", {.sid = "S-1-5-21-9-9-9-1", .in_profile_list = false});
  const std::string list = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\";
  const std::string sid = windows.sid_of("alice");
  windows.remove_key(list + sid)
      .value(list + sid + ".bak", "ProfileImagePath", fake::expand_sz("C:\\Users\\alice"))
      .value(list + sid, "ProfileImagePath", fake::expand_sz("C:\\Users\\TEMP"))
      .value("HKU\\alice\\Software\\X", "who", fake::sz("alice"))
      .value("HKU\\TEMP\\Software\\X", "who", fake::sz("temp"));
  const Machine machine = windows.machine();
  EXPECT_EQ(user_of(*machine.registry, "TEMP")->kind, ProfileKind::temporary);
  EXPECT_EQ(user_of(*machine.registry, "alice")->kind, ProfileKind::normal);
  EXPECT_EQ(value_at(*machine.registry, "HKU\\" + sid, "Software\\X", "who"), "temp");
  EXPECT_EQ(value_at(*machine.registry, "HKU\\" + sid + ".bak", "Software\\X", "who"), "alice");
}

TEST(OfflineRegistry, AMandatoryHiveIsReadBesideTheNormalOne) {
  FakeWindows windows;
  windows.user("alice");
  windows.file("C:\\Users\\alice\\ntuser.man", "").bytes = windows.hive_image("HKU\\alice");
  const Machine machine = windows.machine();
  Names files;
  for (const std::string& hive : hives_of(*machine.registry, {HiveRole::user}))
    if (hive.find("alice") != std::string::npos) files.push_back(hive.substr(hive.rfind('\\') + 1));
  EXPECT_EQ(files, (Names{"ntuser.man", "NTUSER.DAT"}));
}

TEST(OfflineRegistry, XpProfilesAndWinnt) {
  FakeWindows windows{{.windows_folder = "WINNT", .build = 2600, .is_64_bit = false}};
  windows.user("Administrator", {.xp_layout = true});
  const Machine machine = windows.machine();
  ASSERT_EQ(machine.registry->installations().size(), 1u);
  EXPECT_EQ(machine.registry->installations()[0].windows.text(), "C:\\WINNT");
  const Names hives = hives_of(*machine.registry, {HiveRole::user_classes});
  EXPECT_EQ(hives, Names{"HKU\\" + windows.sid_of("Administrator") +
                         "_Classes clean C:\\Documents and Settings\\Administrator\\Local "
                         "Settings\\Application Data\\Microsoft\\Windows\\UsrClass.dat"});
}

TEST(OfflineRegistry, EveryInstallationOfEveryVolumeIsFound) {
  FakeWindows current;
  current.user("alice");
  FakeWindows old{{.windows_folder = "Windows.old\\Windows", .computer_name = "BEFORE"}};
  old.user("alice", {.folder = "C:\\Windows.old\\Users\\alice"});
  // The moved hive still says where its profiles were.
  old.value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" +
                old.sid_of("alice"),
            "ProfileImagePath", fake::expand_sz("C:\\Users\\alice"))
      .value("HKU\\alice\\Software\\X", "which", fake::sz("old"));
  FakeWindows other{{.volume = "D:", .windows_folder = "OtherWindows", .computer_name = "SECOND"}};
  other.user("carol");
  current.merge(old).merge(other);
  const Machine machine = current.machine();
  Names found;
  for (const Installation& installation : machine.registry->installations())
    found.push_back(installation.windows.text() + "|" + installation.label);
  EXPECT_EQ(found, (Names{"C:\\Windows|", "C:\\Windows.old\\Windows|C:\\Windows.old\\Windows",
                          "D:\\OtherWindows|D:\\OtherWindows"}));
  EXPECT_EQ(machine.registry->host().name, "FAKEPC");
  Names users;
  for (const UserProfile& user : machine.registry->users())
    if (user.kind != ProfileKind::service) users.push_back(user.folder.text());
  EXPECT_EQ(users,
            (Names{"C:\\Users\\alice", "C:\\Windows.old\\Users\\alice", "D:\\Users\\carol"}));
  std::string old_value;
  (void)machine.registry->each_hive(
      {HiveRole::user},
      [&](RegistryHive& hive) {
        if (hive.installation == 1 && hive.user->name == "alice")
          if (const auto key = hive.root->open("Software\\X"))
            old_value = (*key)->value("which")->text().value_or("");
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) {});
  EXPECT_EQ(old_value, "old");
}

TEST(OfflineRegistry, AWindowsThatCalledItsVolumeOtherwiseIsReadWhereItLies) {
  FakeWindows windows{{.volume = "D:"}};
  windows.user("alice");
  const std::string sid = windows.sid_of("alice");
  // All it says is about C:, as it was when it ran.
  windows
      .value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "SystemRoot",
             fake::sz("C:\\Windows"))
      .value("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir",
             fake::sz("C:\\Program Files"))
      .value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" + sid,
             "ProfileImagePath", fake::expand_sz("C:\\Users\\alice"))
      .value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", "Path",
             fake::expand_sz("%SystemRoot%\\system32;C:\\Tools;E:\\x"))
      .volume("C:");
  const Machine machine = windows.machine();
  EXPECT_EQ(texts(*machine.problems), Names{});
  EXPECT_EQ(machine.registry->installations()[0].paths.own_drive(), "C:");
  const UserProfile* alice = user_of(*machine.registry, "alice");
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->folder.text(), "D:\\Users\\alice");
  const Environment& environment = machine.registry->environment(0, nullptr);
  EXPECT_EQ(environment.expand("%ProgramFiles%"), "D:\\Program Files");
  EXPECT_EQ(environment.expand("%Path%"), "D:\\Windows\\system32;D:\\Tools;E:\\x");
  EXPECT_EQ(machine.registry->environment(0, alice).expand("%APPDATA%"),
            "D:\\Users\\alice\\AppData\\Roaming");
}

TEST(OfflineRegistry, AProfileOnADriveThatIsNotInTheSourceIsLookedForHere) {
  FakeWindows windows;
  windows.user("alice").user("bob");
  const std::string list = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\";
  windows.value(list + windows.sid_of("alice"), "ProfileImagePath", fake::sz("E:\\Users\\alice"))
      .value(list + windows.sid_of("bob"), "ProfileImagePath", fake::sz("E:\\Elsewhere\\bob"));
  const Machine machine = windows.machine();
  EXPECT_EQ(user_of(*machine.registry, "alice")->folder.text(), "C:\\Users\\alice");
  ASSERT_EQ(machine.problems->size(), 2u);
  EXPECT_NE((*machine.problems)[0].text().find("C:\\Users\\alice is taken for it"),
            std::string::npos);
  // His folder is found all the same, as one that ProfileList does not name.
  bool orphaned = false;
  for (const UserProfile& user : machine.registry->users())
    orphaned = orphaned || (user.name == "bob" && user.kind == ProfileKind::orphaned);
  EXPECT_TRUE(orphaned);
}

TEST(OfflineRegistry, ProfilesOnAnotherVolumeOfTheSourceAreRead) {
  FakeWindows windows;
  windows.user("alice", {.folder = "D:\\Profiles\\alice"});
  windows.user("zoe", {.folder = "D:\\Users\\zoe", .in_profile_list = false});
  const Machine machine = windows.machine();
  EXPECT_EQ(user_of(*machine.registry, "alice")->folder.text(), "D:\\Profiles\\alice");
  EXPECT_EQ(user_of(*machine.registry, "zoe")->kind, ProfileKind::orphaned);
  EXPECT_EQ(texts(*machine.problems), Names{});
}

TEST(OfflineRegistry, EnvironmentsAreThoseOfTheEvidence) {
  FakeWindows windows;
  windows.user("alice");
  windows.value("HKU\\alice\\Environment", "TOOLS", fake::expand_sz("%USERPROFILE%\\tools"))
      .value("HKU\\.DEFAULT\\Environment", "WHO", fake::sz("system"));
  const Machine machine = windows.machine();
  const Environment& own = machine.registry->environment(0, nullptr);
  EXPECT_EQ(own.expand("%windir%\\x"), "C:\\Windows\\x");
  EXPECT_EQ(own.expand("%ProgramFiles(x86)%"), "C:\\Program Files (x86)");
  EXPECT_EQ(own.get("TOOLS"), std::nullopt);
  const UserProfile* alice = user_of(*machine.registry, "alice");
  EXPECT_EQ(machine.registry->environment(0, alice).expand("%TOOLS%"), "C:\\Users\\alice\\tools");
  const UserProfile* system = user_of(*machine.registry, "SYSTEM");
  EXPECT_EQ(machine.registry->environment(0, system).get("WHO"), "system");
  EXPECT_EQ(machine.registry->environment(7, nullptr).get("windir"), std::nullopt);
}

TEST(OfflineRegistry, DeletedValuesComeWithTheirKey) {
  FakeWindows windows;
  const std::string run = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
  windows.value(run, "kept", fake::sz("C:\\kept.exe"), fake::at(5))
      .deleted_value(run, "gone", fake::sz("C:\\gone.exe"));
  const Machine machine = windows.machine();
  Names deleted;
  (void)machine.registry->each_hive(
      {HiveRole::software},
      [&](RegistryHive& hive) {
        hive.each_deleted_value(
            [&](const std::string& key, FileTime written, const RegistryValue& value) {
              EXPECT_TRUE(value.deleted);
              EXPECT_EQ(written, fake::at(5));
              deleted.push_back(key + "|" + value.name + "|" + value.text().value_or(""));
            });
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) {});
  EXPECT_EQ(deleted, Names{run + "|gone|C:\\gone.exe"});
}

TEST(OfflineRegistry, LinksBetweenKeysAreNotFollowed) {
  FakeWindows windows;
  windows.hive_bytes("HKLM\\SECURITY", builders::RegfBuilder{}
                                           .key("Real\\Below")
                                           .value("v", builders::sz("x"))
                                           .key("Link")
                                           .symbolic_link("\\Registry\\Machine\\SECURITY\\Real")
                                           .bytes());
  const Machine machine = windows.machine();
  bool seen = false;
  (void)machine.registry->each_hive(
      {HiveRole::security},
      [&](RegistryHive& hive) {
        seen = true;
        EXPECT_TRUE((*hive.root->open("Link"))->is_symbolic_link());
        EXPECT_FALSE((*hive.root->open("Real"))->is_symbolic_link());
        EXPECT_EQ(hive.root->open("Link\\Below").error().code, Errc::not_found);
        return true;
      },
      [](const EvidencePath&, HiveRole, const Error&) {});
  EXPECT_TRUE(seen);
}

TEST(OfflineRegistry, HostileProfilePathsLeadNowhere) {
  FakeWindows windows;
  const std::string list = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\";
  const Names paths{"\\\\server\\share\\x",
                    "..\\..\\x",
                    "",
                    "C:\\Users\\..\\..\\..\\x",
                    "C:\\Users\\a:stream",
                    "%NOTHING%\\x",
                    "\\\\.\\PhysicalDrive0",
                    std::string(40'000, 'x')};
  for (std::size_t i = 0; i < paths.size(); ++i)
    windows.value(list + "S-1-5-21-7-7-7-" + std::to_string(i), "ProfileImagePath",
                  fake::sz(paths[i]));
  windows.value(list + "S-1-5-21-7-7-7-99", "ProfileImagePath", fake::dword(1));
  windows.value(list + "S-1-5-21-7-7-7-98", "ProfileImagePath",
                fake::sz(std::string("C:\\\0x", 5)));
  const Machine machine = windows.machine();
  EXPECT_EQ(machine.registry->users().size(), 3 + paths.size() + 2);
  (void)hives_of(*machine.registry);
  for (const auto& row : machine.preserver->rows())
    EXPECT_TRUE(row.path.volume() == "C:" && row.path.stream().empty()) << row.path.text();
}

TEST(OfflineRegistry, AHiveThatCannotBeReadIsToldAndTheRestIsRead) {
  FakeWindows windows;
  windows.user("alice").user("bob");
  windows.hive_bytes("HKU\\alice", fake::bytes_from("not a hive, and long enough to be looked at"))
      .hive_bytes("HKLM\\SECURITY", {})
      .without_hive("HKLM\\SAM");
  Machine machine = windows.machine();
  machine.source->find(windows.hive_file("HKU\\bob"))->unreadable =
      Error{Errc::io, "C:\\Users\\bob\\NTUSER.DAT", std::nullopt, "CreateFileW: error 32"};
  const Names hives = hives_of(*machine.registry);
  const auto has = [&](const std::string& text) {
    return std::find(hives.begin(), hives.end(), text) != hives.end();
  };
  const auto failed = [&](const std::string& file) {
    return std::any_of(hives.begin(), hives.end(), [&](const std::string& hive) {
      return hive.starts_with("failed " + file + ":");
    });
  };
  EXPECT_TRUE(failed("C:\\Users\\alice\\NTUSER.DAT"));
  EXPECT_TRUE(has("failed C:\\Users\\bob\\NTUSER.DAT: io"));
  EXPECT_TRUE(failed("C:\\Windows\\System32\\config\\SECURITY"));
  for (const std::string& hive : hives) EXPECT_EQ(hive.find("SAM"), std::string::npos) << hive;
  EXPECT_TRUE(has("HKLM\\SOFTWARE clean C:\\Windows\\System32\\config\\SOFTWARE"));
  // The absent one is a row of its own.
  const auto& rows = machine.preserver->rows();
  EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [](const auto& row) {
    return row.path.name() == "SAM" && row.expected && !row.found;
  }));
}

TEST(OfflineRegistry, ADamagedHiveIsReadAsFarAsItGoesAndEachProblemToldOnce) {
  FakeWindows windows;
  auto image = windows.hive_image("HKLM\\SOFTWARE");
  image.resize(image.size() / 2);
  windows.hive_bytes("HKLM\\SOFTWARE", image);
  const Machine machine = windows.machine();
  (void)hives_of(*machine.registry);
  const std::size_t problems = machine.problems->size();
  EXPECT_GT(problems, 0u);
  (void)hives_of(*machine.registry);
  EXPECT_EQ(machine.problems->size(), problems);
  ASSERT_FALSE(machine.registry->installations().empty());
}

TEST(OfflineRegistry, ASourceWithoutWindowsHasNoInstallation) {
  fake::FakeSource source;
  source.add_file(*EvidencePath::parse("C:\\photos\\a.jpg"), {});
  fake::Preserver preserver{source};
  std::vector<Error> problems;
  const auto registry = make_offline_registry(
      source, preserver, [&](Error error) { problems.push_back(std::move(error)); });
  EXPECT_TRUE(registry->installations().empty());
  EXPECT_TRUE(registry->users().empty());
  EXPECT_EQ(hives_of(*registry), Names{});
  EXPECT_FALSE(registry->newest_trusted_time(fake::at(0)).time.is_set());
}

TEST(OfflineRegistry, ProfilesWithoutWindowsAreReadAlone) {
  FakeWindows windows;
  windows.user("alice");
  const Machine whole = windows.machine();
  whole.source->remove(*EvidencePath::parse("C:\\Windows"));
  fake::Preserver preserver{*whole.source};
  std::vector<Error> problems;
  const auto registry = make_offline_registry(
      *whole.source, preserver, [&](Error error) { problems.push_back(std::move(error)); });
  ASSERT_EQ(registry->installations().size(), 1u);
  EXPECT_EQ(hives_of(*registry),
            (Names{"HKU\\alice clean C:\\Users\\alice\\NTUSER.DAT",
                   "HKU\\alice_Classes clean "
                   "C:\\Users\\alice\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat"}));
  EXPECT_EQ(problems.size(), 1u);
  EXPECT_EQ(registry->hives_unread().size(), 2u);  // SYSTEM, SOFTWARE
}

/// The raw view of `windows` while it runs: its API tells everything, what `lock` names is held.
struct Running {
  explicit Running(const FakeWindows& windows, const Names& locked = {})
      : api{windows.machine()}, source{windows.source()} {
    source->be_live(*api.registry);
    for (const std::string& mount : locked) {
      const EvidencePath file = windows.hive_file(mount);
      source->find(file)->unreadable = Error{Errc::io, file.text(), std::nullopt, "in use"};
    }
  }
  std::unique_ptr<OfflineRegistry> raw() {
    return make_offline_registry(*source, fake::Preserver{*source},
                                 [this](Error error) { problems.push_back(std::move(error)); });
  }
  Machine api;
  std::unique_ptr<fake::FakeSource> source;
  std::vector<Error> problems;
};

FakeWindows windows_with_alice_and_bob() {
  FakeWindows windows;
  windows.user("alice").user("bob", {.sid = "S-1-5-21-9-9-9-1001"});
  windows.value("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", "TOOLS",
                fake::expand_sz("%SystemDrive%\\tools"));
  windows.value("HKU\\alice\\Environment", "OWN", fake::sz("of alice"));
  return windows;
}

TEST(OfflineRegistry, UsersOfARunningWindowsKeepTheirSidWhileItsHivesAreLocked) {
  const FakeWindows windows = windows_with_alice_and_bob();
  Running running{windows, {"HKLM\\SYSTEM", "HKLM\\SOFTWARE", "HKU\\alice"}};
  const auto raw = running.raw();
  const UserProfile* bob = user_of(*raw, "bob");
  ASSERT_NE(bob, nullptr);
  EXPECT_EQ(bob->sid, "S-1-5-21-9-9-9-1001");
  EXPECT_EQ(bob->kind, ProfileKind::normal);
  EXPECT_TRUE(bob->profile_key_written.is_set());
  const Names hives = hives_of(*raw);
  EXPECT_NE(std::find(hives.begin(), hives.end(),
                      "HKU\\S-1-5-21-9-9-9-1001 clean C:\\Users\\bob\\NTUSER.DAT"),
            hives.end());
  for (const std::string& hive : hives) EXPECT_FALSE(hive.starts_with("HKU\\bob")) << hive;
  EXPECT_EQ(raw->environment(0, bob).expand("%TOOLS%"), "C:\\tools");
  EXPECT_EQ(raw->environment(0, bob).expand("%USERPROFILE%"), "C:\\Users\\bob");
  // A loaded hive is locked too; what it says of the environment comes from the API.
  EXPECT_EQ(raw->environment(0, user_of(*raw, "alice")).get("OWN"), "of alice");
  EXPECT_EQ(texts(running.problems), (Names{"C:\\Windows\\System32\\config\\SYSTEM: io (in use)",
                                            "C:\\Windows\\System32\\config\\SOFTWARE: io (in use)",
                                            "C:\\Users\\alice\\NTUSER.DAT: io (in use)"}));
}

TEST(OfflineRegistry, ARunningWindowsWithoutHiveFilesIsAnInstallation) {
  FakeWindows windows = windows_with_alice_and_bob();
  Running running{windows};
  running.source->remove(*EvidencePath::parse("C:\\Windows\\System32\\config"));
  const auto raw = running.raw();
  ASSERT_EQ(raw->installations().size(), 1u);
  EXPECT_EQ(raw->installations()[0].windows.text(), "C:\\Windows");
  EXPECT_EQ(raw->installations()[0].label, "");
  ASSERT_NE(user_of(*raw, "bob"), nullptr);
  EXPECT_EQ(user_of(*raw, "bob")->sid, "S-1-5-21-9-9-9-1001");
  EXPECT_EQ(raw->host().name, "FAKEPC");
  EXPECT_EQ(texts(running.problems), Names{});
  EXPECT_TRUE(raw->hives_unread().empty());
}

TEST(OfflineRegistry, TheRunningWindowsComesFirstAndOnlyItIsToldByTheApi) {
  FakeWindows windows{{.volume = "D:"}};
  windows.user("bob", {.sid = "S-1-5-21-9-9-9-1001"});
  FakeWindows other{{.computer_name = "OTHER"}};
  other.user("zoe").without_hive("HKLM\\SOFTWARE");
  Running running{windows, {"HKLM\\SYSTEM", "HKLM\\SOFTWARE"}};
  running.source->merge(*other.source());
  const auto raw = running.raw();
  ASSERT_EQ(raw->installations().size(), 2u);
  EXPECT_EQ(raw->installations()[0].windows.text(), "D:\\Windows");
  EXPECT_EQ(raw->installations()[1].label, "C:\\Windows");
  EXPECT_EQ(raw->host().name, "FAKEPC");
  EXPECT_EQ(user_of(*raw, "zoe")->kind, ProfileKind::orphaned);
  // What the running Windows holds locked its API tells; nothing tells what the other one lacks.
  ASSERT_EQ(raw->hives_unread().size(), 1u);
  EXPECT_EQ(raw->hives_unread()[0].file.text(), "C:\\Windows\\System32\\config\\SOFTWARE");
  EXPECT_EQ(user_of(*raw, "bob")->sid, "S-1-5-21-9-9-9-1001");
}

TEST(OfflineRegistry, ARunningWindowsKnowsItsDriveWhateverItsRegistrySays) {
  FakeWindows windows;
  windows.value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "SystemRoot",
                fake::sz("D:\\Windows"));
  EXPECT_EQ(windows.machine().registry->installations()[0].paths.own_drive(), "D:");
  Running running{windows};
  EXPECT_EQ(running.raw()->installations()[0].paths.letters("C:\\x D:\\x"), "C:\\x D:\\x");
}

TEST(OfflineRegistry, HiveFilesThatCanBeReadCountMoreThanTheApi) {
  const FakeWindows windows = windows_with_alice_and_bob();
  FakeWindows lying;
  lying.user("bob", {.sid = "S-1-5-21-6-6-6-6"});
  const Machine api = lying.machine();
  Running running{windows};
  running.source->be_live(*api.registry);
  EXPECT_EQ(user_of(*running.raw(), "bob")->sid, "S-1-5-21-9-9-9-1001");
}

TEST(OfflineRegistry, TheTrustedTimeNeedsSeveralWitnesses) {
  FakeWindows windows;
  windows.key("HKLM\\SYSTEM\\A", fake::at(100)).key("HKLM\\SYSTEM\\B", fake::at(200));
  windows.key("HKLM\\SYSTEM\\C", fake::at(300)).key("HKLM\\SYSTEM\\D", fake::at(1'000'000'000));
  const Machine machine = windows.machine();
  // The base block carries the time of the newest key; so D, the base block and C are the three.
  const TrustedTime trusted = machine.registry->newest_trusted_time(fake::at(2'000'000'000));
  EXPECT_EQ(trusted.time, fake::at(300));
  EXPECT_NE(trusted.how.find("C:\\Windows\\System32\\config\\SYSTEM"), std::string::npos);
  // Nothing after the collector's own clock counts.
  EXPECT_EQ(machine.registry->newest_trusted_time(fake::at(500)).time, fake::at(100));
}

}  // namespace
}  // namespace hozen
