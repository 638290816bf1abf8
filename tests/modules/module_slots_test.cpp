#include <gtest/gtest.h>

#include <set>

#include "collector/module/module_slot.h"
#include "tests/modules/slot_machine.h"

namespace hozen {
namespace {

TEST(ModuleSlots, RecordsWhatLiesInThemAndSaysNothingOfACleanWindows) {
  SlotMachine machine;
  const ModuleRun run = machine.run();
  const auto* record = run.context->record(
      {{"slot", "lsa_notification_packages"}, {"path", std::string{kSystem32} + "scecli.dll"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->kind, "module_slot");
  EXPECT_EQ((*record)["loader"], "lsass.exe");
  EXPECT_EQ((*record)["entry"], "HKLM\\SYSTEM\\ControlSet001\\Control\\Lsa\\Notification Packages");
  EXPECT_EQ((*record)["known"], "exact");
  EXPECT_EQ((*record)["existence"], "exists");
  EXPECT_EQ((*record)["signature"], "valid");
  EXPECT_EQ((*record)["signer"], "Microsoft Windows");
  EXPECT_EQ((*record)["by_catalog"], "true");
  EXPECT_EQ((*record)["of_microsoft"], "true");
  EXPECT_EQ((*record)["company"], "Microsoft Corporation");
  EXPECT_EQ(record->json_of("exports_needed"),
            "[\"InitializeChangeNotify\",\"PasswordChangeNotify\",\"PasswordFilter\"]");
  EXPECT_EQ(record->json_of("exports_found"), "[\"InitializeChangeNotify\"]");
  EXPECT_EQ((*record)["exports"], "1");
  EXPECT_EQ((*record)["bitness"], "native");
  EXPECT_EQ(time_of(*record, "file_created"), fake::at(-400 * kDay));
  EXPECT_EQ(summary(run), "");
}

// ---- Libraries that do not belong there ---------------------------------------------------------

TEST(ModuleSlots, AnUnsignedPasswordFilterThatClaimsToBeMicrosoftsIsHigh) {
  SlotMachine machine;
  const std::string path = std::string{kSystem32} + "evil.dll";
  PeBuilder builder = library({"PasswordFilter"});
  builder.version_string("CompanyName", "Microsoft Corporation")
      .version_string("OriginalFilename", "scecli.dll");
  machine.put(path, builder, 3);
  machine.lsa("Notification Packages", {"scecli", "evil"});
  const ModuleRun run = machine.run();
  ASSERT_EQ(run.context->findings.size(), 1u) << summary(run);
  EXPECT_GE(severity_of(run.context->findings[0]), Severity::high);
  EXPECT_EQ(run.context->findings[0].rule, "module_slots.loaded");
  EXPECT_EQ(run.context->findings[0].subject, path + " in lsass.exe");
  EXPECT_TRUE(has_attack(run, "T1556.002"));
  EXPECT_TRUE(tells(run, "is not signed, nor is it in a catalog"));
  EXPECT_TRUE(tells(run, "Microsoft did not sign it"));
  EXPECT_TRUE(tells(run, "calls it 'scecli.dll'"));
  EXPECT_TRUE(tells(run, "Windows does not bring this entry along"));
  EXPECT_TRUE(run.context->has_collected(path));
  for (const Why& why : run.context->findings[0].why) EXPECT_FALSE(why.records.empty());
  EXPECT_FALSE(run.context->findings[0].benign.empty() ||
               run.context->findings[0].not_checked.empty() ||
               run.context->findings[0].next.empty());
}

TEST(ModuleSlots, AFileAmongThoseOfWindowsIsFoundWherePlaceSaysNothing) {
  SlotMachine machine;
  machine.put(std::string{kSystem32} + "evil.dll", library({"InitHelperDll"}), 3);
  machine.netsh("evil", "evil.dll");
  const ModuleRun run = machine.run();
  EXPECT_EQ(only(run), "module_slots.loaded medium") << told(run);
  EXPECT_TRUE(has_attack(run, "T1546.007"));
}

TEST(ModuleSlots, AServiceDllAmongThoseOfWindowsThatNamesNobodyIsMedium) {
  SlotMachine machine;
  machine.put(std::string{kSystem32} + "netsvc6.dll", library({"ServiceMain"}));
  add_shared(machine.windows, "NetSvc6", "%SystemRoot%\\System32\\netsvc6.dll");
  const ModuleRun run = machine.run();
  EXPECT_EQ(only(run), "module_slots.loaded medium") << told(run);
  EXPECT_TRUE(tells(run, "It has no version information"));
  PeBuilder vendors = library({"ServiceMain"});
  vendors.version_string("CompanyName", "Vendor");
  machine.put(std::string{kSystem32} + "netsvc6.dll", vendors);
  EXPECT_EQ(only(machine.run()), "module_slots.loaded low");
}

TEST(ModuleSlots, AServiceDllWithoutSignatureWhereUsersCanWriteIsMedium) {
  SlotMachine machine;
  const std::string path = "C:\\ProgramData\\Vendor\\evil.dll";
  machine.put(path, library({"ServiceMain"}));
  add_shared(machine.windows, "Evil", path);
  const ModuleRun run = machine.run();
  EXPECT_EQ(only(run), "module_slots.loaded medium") << told(run);
  EXPECT_TRUE(has_attack(run, "T1543.003"));
  const auto* record = run.context->record({{"slot", "service_dll"}, {"path", path}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["service"], "Evil");
  EXPECT_EQ((*record)["loader"], "svchost.exe");
}

TEST(ModuleSlots, AServiceDllOfAWindowsServiceThatIsAnotherIsTold) {
  SlotMachine machine;
  const std::string path = std::string{kSystem32} + "evil.dll";
  machine.put(path, library({"ServiceMain"}), 3);
  add_shared(machine.windows, "TermService", path);
  const ModuleRun run = machine.run();
  EXPECT_EQ(only(run), "module_slots.loaded medium") << told(run);
  EXPECT_TRUE(tells(run, "termsrv.dll there"));
}

TEST(ModuleSlots, SaysThatALibraryLacksWhatItsLoaderCalls) {
  SlotMachine machine;
  const std::string path = "C:\\ProgramData\\Vendor\\evil.dll";
  machine.put(path, library({"Other"}));
  add_shared(machine.windows, "Evil", path);
  EXPECT_TRUE(tells(machine.run(), "does not export ServiceMain"));
  // The entry names the export.
  machine.windows.value(key_of("Evil", "\\Parameters"), "ServiceMain", fake::sz("Other"));
  EXPECT_FALSE(tells(machine.run(), "does not export"));
}

TEST(ModuleSlots, SaysThatALibraryStandsInFrontOfAnother) {
  SlotMachine machine;
  const std::string path = "C:\\ProgramData\\Vendor\\evil.dll";
  PeBuilder builder;
  builder.dll().export_library("x.dll").exported("TimeProvOpen", "w32time.TimeProvOpen");
  for (const char* name : {"TimeProvCommand", "TimeProvClose", "Third"})
    builder.exported(name, "w32time." + std::string{name});
  machine.put(path, builder);
  machine.windows.value(key_of("W32Time", "\\TimeProviders\\Evil"), "DllName", fake::sz(path));
  const ModuleRun run = machine.run();
  ASSERT_EQ(run.context->findings.size(), 1u) << summary(run);
  EXPECT_GE(severity_of(run.context->findings[0]), Severity::high) << told(run);
  EXPECT_TRUE(tells(run, "4 of its 4 exports are handed on, most to 'w32time'"));
}

TEST(ModuleSlots, SaysThatANetworkProviderSeesPasswords) {
  SlotMachine machine;
  const std::string path = "C:\\ProgramData\\Vendor\\evil.dll";
  machine.put(path, library({"NPGetCaps", "NPLogonNotify"}));
  machine.windows
      .value(std::string{kControl} + "NetworkProvider\\Order", "ProviderOrder",
             fake::sz("LanmanWorkstation,Evil"))
      .value(key_of("Evil", "\\NetworkProvider"), "ProviderPath", fake::sz(path));
  const ModuleRun run = machine.run();
  ASSERT_EQ(run.context->findings.size(), 1u) << summary(run);
  EXPECT_TRUE(tells(run, "NPLogonNotify"));
  EXPECT_TRUE(has_attack(run, "T1556.008"));
}

TEST(ModuleSlots, AClassOfAUserInFrontOfTheMachinesIsMedium) {
  SlotMachine machine;
  machine.own("real.dll", {"DllGetClassObject"});
  const std::string path = "C:\\Users\\alice\\AppData\\Local\\Vendor\\evil.dll";
  machine.put(path, library({"DllGetClassObject"}));
  machine.user_class(path, std::string{kSystem32} + "real.dll");
  const ModuleRun run = machine.run();
  EXPECT_EQ(only(run), "module_slots.loaded medium") << told(run);
  EXPECT_TRUE(tells(run, "takes the place of"));
  const auto* record = run.context->record({{"slot", "com_user_dll"}, {"path", path}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["entry_user"], "alice");
  EXPECT_EQ((*record)["clsid"], kUserClass);
  EXPECT_TRUE(has_attack(run, "T1546.015"));
}

TEST(ModuleSlots, OneFileInSeveralSlotsIsOneFinding) {
  SlotMachine machine;
  machine.put(std::string{kSystem32} + "evil.dll", library({"SpLsaModeInitialize"}), 3);
  machine.lsa("Security Packages", {"kerberos", "schannel", "evil"});
  machine.lsa("Authentication Packages", {"msv1_0", "evil"});
  machine.netsh("evil", "evil.dll");
  const ModuleRun run = machine.run();
  ASSERT_EQ(run.context->findings.size(), 1u) << summary(run);
  for (const std::string_view id : {"T1547.002", "T1547.005", "T1546.007"})
    EXPECT_TRUE(has_attack(run, id)) << id;
}

// ---- Libraries of Windows -----------------------------------------------------------------------

TEST(ModuleSlots, ALibraryOfWindowsThatMicrosoftDidNotSignIsFound) {
  const std::string path = std::string{kSystem32} + "tcpmon.dll";
  const auto with = [&](const FileSignature& signature) {
    SlotMachine machine;
    machine.sign(path, signature);
    return machine.run();
  };
  FileSignature unsigned_file;
  unsigned_file.status = SignatureStatus::not_signed;
  const ModuleRun replaced = with(unsigned_file);
  EXPECT_EQ(only(replaced), "module_slots.replaced high") << told(replaced);  // and claims to be
  EXPECT_EQ(replaced.context->findings.at(0).subject, path + " in spoolsv.exe");
  FileSignature patched = by_microsoft();
  patched.status = SignatureStatus::digest_mismatch;
  const ModuleRun changed = with(patched);
  EXPECT_EQ(only(changed), "module_slots.replaced high");
  EXPECT_TRUE(tells(changed, "was changed after"));
  EXPECT_TRUE(has_attack(changed, "T1554"));
  const ModuleRun other = with(by_vendor());
  EXPECT_EQ(only(other), "module_slots.replaced medium") << told(other);
  EXPECT_TRUE(tells(other, "Windows itself has a file of Microsoft's here"));
}

TEST(ModuleSlots, TheServiceDllOfAWindowsServiceIsWindowsOwn) {
  SlotMachine machine;
  const std::string path = std::string{kSystem32} + "termsrv.dll";
  add_shared(machine.windows, "TermService", "%SystemRoot%\\System32\\termsrv.dll");
  machine.own("termsrv.dll", {"ServiceMain"});
  EXPECT_EQ(only(machine.run()), "");
  FileSignature patched = by_microsoft();
  patched.status = SignatureStatus::digest_mismatch;
  machine.sign(path, patched);
  EXPECT_EQ(only(machine.run()), "module_slots.replaced high");
}

// ---- Settings -----------------------------------------------------------------------------------

TEST(ModuleSlots, TellsVariablesThatLoadAnAssembly) {
  for (const bool machine_wide : {true, false}) {
    SlotMachine machine;
    machine.windows.value(machine_wide ? std::string{kControl} + "Session Manager\\Environment"
                                       : std::string{"HKU\\alice\\Environment"},
                          "APPDOMAIN_MANAGER_ASM", fake::sz("evil, Version=1.0.0.0"));
    const ModuleRun run = machine.run();
    EXPECT_EQ(only(run), "module_slots.appdomain_manager medium");
    EXPECT_TRUE(has_attack(run, "T1574.014"));
    const auto* record = run.context->record({{"setting", "APPDOMAIN_MANAGER_ASM"}});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ((*record)["of"], machine_wide ? "machine" : "user");
    EXPECT_EQ(record->user_name, machine_wide ? "" : "alice");
    EXPECT_EQ(run.context->findings[0].why.at(0).records, std::vector<std::string>{record->id});
  }
}

TEST(ModuleSlots, TellsFoldersOfWindowsThatAServiceHasElsewhere) {
  SlotMachine machine;
  add(machine.windows, "Evil", "C:\\Windows\\System32\\svchost.exe -k x");
  machine.windows.value(key_of("Evil"), "Environment",
                        fake::multi_sz({"windir=C:\\ProgramData\\w", "A=b"}));
  const ModuleRun run = machine.run();
  EXPECT_EQ(only(run), "module_slots.service_environment medium");
  EXPECT_TRUE(tells(run, "For the service Evil windir is 'C:\\ProgramData\\w'"));
}

TEST(ModuleSlots, TellsASearchOrderThatBeginsWithTheCurrentFolder) {
  for (const std::uint32_t value : {0u, 1u}) {
    SlotMachine machine;
    machine.windows.value(std::string{kControl} + "Session Manager", "SafeDllSearchMode",
                          fake::dword(value));
    const ModuleRun run = machine.run();
    EXPECT_EQ(only(run), value == 0 ? "module_slots.search_order low" : "");
    EXPECT_NE(run.context->record({{"setting", "SafeDllSearchMode"}}), nullptr);
  }
}

// ---- The table ----------------------------------------------------------------------------------

TEST(ModuleSlots, AreLocationsThatOtherModulesRead) {
  std::set<std::string_view> known{"service_dll", "service_performance", "service_environment"};
  for (const AsepLocation& location : kTestLocations) known.insert(location.id);
  std::set<std::string_view> seen;
  for (const slots::Slot& slot : slots::all_slots()) {
    EXPECT_TRUE(known.contains(slot.location)) << slot.location;
    EXPECT_TRUE(seen.insert(slot.location).second) << slot.location;
    const auto& ids = modules::module_slots.attack;
    EXPECT_NE(std::find(ids.begin(), ids.end(), slot.attack), ids.end()) << slot.attack;
  }
}

TEST(ModuleSlots, ReadDamagedLibrariesAtEveryLength) {
  const auto whole = library({"ServiceMain", "Other"}).bytes();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    fake::FakeWindows windows;
    windows.file("C:\\x.dll", "").bytes = {whole.begin(),
                                           whole.begin() + static_cast<std::ptrdiff_t>(size)};
    const auto source = windows.source();
    const slots::File file =
        slots::read_slot_file(*source, *EvidencePath::parse("C:\\x.dll"), {"Other"});
    EXPECT_TRUE(file.info);
    EXPECT_TRUE(file.is_executable || file.problem);
  }
}

}  // namespace
}  // namespace hozen
