// What lies in slots of ordinary machines, and is no finding.
#include <gtest/gtest.h>

#include "tests/modules/slot_machine.h"

namespace hozen {
namespace {

// ---- What stays quiet ---------------------------------------------------------------------------

TEST(ModuleSlots, WithoutCatalogsFilesOfWindowsAreNotCalledUnsigned) {
  SlotMachine machine;
  machine.signatures.clear();
  machine.catalogs = false;
  EXPECT_EQ(summary(machine.run()), "");
  // With catalogs that are those of another Windows too.
  machine.catalogs = true;
  EXPECT_EQ(summary(machine.run()), "");
}

TEST(ModuleSlots, ARootThatIsNotKnownMakesNotAllOfWindowsFalse) {
  SlotMachine machine;
  for (auto& [path, signature] : machine.signatures) {
    signature.status = SignatureStatus::untrusted_root;
    signature.is_microsoft = false;
  }
  const ModuleRun all = machine.run();
  for (const Finding& finding : all.context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << story_of(finding);
  // Of one file among many it is another matter.
  SlotMachine sound;
  sound.signatures.at(EvidencePath::parse(std::string{kSystem32} + "tcpmon.dll")->folded()) =
      signed_by("Nobody", "Nobody", false, SignatureStatus::untrusted_root);
  const ModuleRun run = sound.run();
  EXPECT_EQ(only(run), "module_slots.replaced high") << told(run);
}

TEST(ModuleSlots, WithoutCatalogsOthersWeighLessAndItIsSaid) {
  SlotMachine machine;
  machine.signatures.clear();
  machine.catalogs = false;
  PeBuilder builder = library({"PasswordFilter"});
  builder.version_string("CompanyName", "Microsoft Corporation");
  machine.put("C:\\ProgramData\\Vendor\\evil.dll", builder);
  machine.lsa("Notification Packages", {"scecli", "C:\\ProgramData\\Vendor\\evil.dll"});
  const ModuleRun run = machine.run();
  EXPECT_EQ(only(run), "module_slots.loaded medium") << told(run);
  EXPECT_FALSE(tells(run, "Microsoft did not sign it"));
  bool said = false;
  for (const std::string& text : run.context->findings.at(0).not_checked)
    said = said || text.find("has no catalogs") != std::string::npos;
  EXPECT_TRUE(said);
}

TEST(ModuleSlots, ThatADamagedCatalogMayNameAFileOfWindowsIsNoFindingByItself) {
  SlotMachine machine;
  machine.signatures.erase(EvidencePath::parse(std::string{kSystem32} + "tcpmon.dll")->folded());
  EXPECT_EQ(only(machine.run()), "module_slots.replaced high");
  machine.damaged_catalogs = 1;
  EXPECT_EQ(summary(machine.run()), "");
}

TEST(ModuleSlots, OrdinarySoftwareStaysQuiet) {
  SlotMachine machine;
  // A printer's monitor in System32, signed by a catalog of its driver.
  machine.put(std::string{kSystem32} + "vendormon.dll", library({"InitializePrintMonitor2"}), 3);
  machine.sign(std::string{kSystem32} + "vendormon.dll", by_vendor());
  machine.monitor("Vendor", "vendormon.dll");
  // An old one that nobody signed.
  machine.put(std::string{kSystem32} + "oldmon.dll", library({"InitializePrintMonitor2"}), 3);
  machine.monitor("Old", "oldmon.dll");
  // Unsigned extensions of Explorer of well-known programs.
  machine.put("C:\\Program Files\\7-Zip\\7-zip.dll", library({"DllGetClassObject"}), 3);
  machine.windows
      .value("HKLM\\SOFTWARE\\Classes\\*\\ShellEx\\ContextMenuHandlers\\7-Zip", "",
             fake::sz(kClass))
      .value("HKLM\\SOFTWARE\\Classes\\CLSID\\" + std::string{kClass} + "\\InprocServer32", "",
             fake::sz("C:\\Program Files\\7-Zip\\7-zip.dll"));
  // Products whose services live in svchost.exe, signed and not.
  machine.put("C:\\Program Files\\Vendor\\signed.dll", library({"ServiceMain"}), 3);
  machine.sign("C:\\Program Files\\Vendor\\signed.dll", by_vendor());
  add_shared(machine.windows, "VendorSigned", "C:\\Program Files\\Vendor\\signed.dll");
  machine.put("C:\\Program Files\\Vendor\\old.dll", library({"ServiceMain"}));
  add_shared(machine.windows, "VendorOld", "C:\\Program Files\\Vendor\\old.dll");
  // A program that was installed for one user.
  machine.user_class("C:\\Users\\alice\\AppData\\Local\\Programs\\Vendor\\ext.dll");
  machine.put("C:\\Users\\alice\\AppData\\Local\\Programs\\Vendor\\ext.dll",
              library({"DllGetClassObject"}), 3);
  // A password filter of a company, soundly signed.
  machine.put(std::string{kSystem32} + "filter.dll", library({"PasswordFilter"}), 3);
  machine.sign(std::string{kSystem32} + "filter.dll", by_vendor());
  machine.lsa("Notification Packages", {"scecli", "filter"});
  const ModuleRun run = machine.run();
  for (const Finding& finding : run.context->findings)
    EXPECT_LE(severity_of(finding), Severity::low) << summary(run) << story_of(finding);
  EXPECT_EQ(run.context->findings.size(), 1u) << summary(run);  // the user's own
}

TEST(ModuleSlots, AMissingFileIsARecordOnly) {
  SlotMachine machine;
  machine.lsa("Notification Packages", {"scecli", "C:\\ProgramData\\gone.dll"});
  const ModuleRun run = machine.run();
  const auto* record = run.context->record({{"path", "C:\\ProgramData\\gone.dll"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["existence"], "missing");
  EXPECT_EQ(record->json_of("signature"), "null");
  EXPECT_EQ(summary(run), "");
}

TEST(ModuleSlots, ProgramsAreNoLibraries) {
  SlotMachine machine;
  machine.windows.program("C:\\ProgramData\\evil.exe");
  add(machine.windows, "Evil", "C:\\ProgramData\\evil.exe");
  machine.windows.value("HKU\\alice\\Environment", "ComSpec",
                        fake::sz("C:\\ProgramData\\evil.exe"));
  const ModuleRun run = machine.run();
  EXPECT_EQ(run.context->record({{"path", "C:\\ProgramData\\evil.exe"}, {"kind", "module_slot"}}),
            nullptr);
  EXPECT_EQ(summary(run), "");
}

TEST(ModuleSlots, WhatIsKeptInACloudIsNotRead) {
  SlotMachine machine;
  const std::string path = "C:\\ProgramData\\Vendor\\evil.dll";
  bool opened = false;
  fake::Entry& entry = machine.put(path, library({"ServiceMain"}));
  entry.facts.attributes = kAttributeRecallOnDataAccess;
  entry.on_open = [&] { opened = true; };
  add_shared(machine.windows, "Evil", path);
  const ModuleRun run = machine.run();
  EXPECT_FALSE(opened);
  for (const auto& asked : run.context->signed_files.all()) EXPECT_NE(asked.file.text(), path);
  EXPECT_EQ(summary(run), "");
}

TEST(ModuleSlots, WhatIsNoExecutableIsJudgedByItsSignatureAlone) {
  SlotMachine machine;
  const std::string path = "C:\\ProgramData\\Vendor\\evil.dll";
  machine.windows.file(path, "no library").facts.si.created = fake::at(-400 * kDay);
  add_shared(machine.windows, "Evil", path);
  const ModuleRun run = machine.run();
  EXPECT_EQ(only(run), "module_slots.loaded medium") << told(run);
  EXPECT_FALSE(tells(run, "does not export"));
}

}  // namespace
}  // namespace hozen
