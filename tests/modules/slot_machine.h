// A Windows whose own libraries are in their slots and signed, for tests of what else lies there.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/builders/pe_builder.h"
#include "tests/modules/judge_cases.h"
#include "tests/modules/service_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec module_slots;
}  // namespace modules

using builders::PeBuilder;

inline constexpr std::string_view kControl = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\";
inline constexpr std::string_view kSystem32 = "C:\\Windows\\System32\\";
inline constexpr std::string_view kClass = "{11111111-2222-3333-4444-555555555555}";
inline constexpr std::string_view kUserClass = "{22222222-2222-3333-4444-555555555555}";
inline constexpr std::int64_t kDay = 86'400;

inline FileSignature signed_by(std::string_view signer, std::string_view organization,
                               bool microsoft, SignatureStatus status = SignatureStatus::valid) {
  FileSignature signature;
  signature.status = status;
  signature.signer = signer;
  signature.organization = organization;
  signature.is_microsoft = microsoft;
  return signature;
}

inline FileSignature by_microsoft() {
  FileSignature signature = signed_by("Microsoft Windows", "Microsoft Corporation", true);
  signature.by_catalog = true;
  return signature;
}

inline FileSignature by_vendor() { return signed_by("Vendor Inc.", "Vendor Inc.", false); }

inline PeBuilder library(const std::vector<std::string>& exports) {
  PeBuilder builder;
  builder.dll().export_library("x.dll");
  for (const std::string& name : exports) builder.exported(name);
  return builder;
}

/// A Windows whose own libraries are in place and signed.
class SlotMachine {
 public:
  SlotMachine() {
    windows.user("alice");
    own("scecli.dll", {"InitializeChangeNotify"});
    own("msv1_0.dll", {"LsaApInitializePackage"});
    own("kerberos.dll", {"SpLsaModeInitialize"});
    own("schannel.dll", {"SpLsaModeInitialize"});
    own("credssp.dll", {"InitSecurityInterfaceW"});
    own("localspl.dll", {"InitializePrintMonitor2"});
    own("tcpmon.dll", {"InitializePrintMonitor2"});
    own("usbmon.dll", {"InitializePrintMonitor2"});
    own("win32spl.dll", {"InitializePrintProvidor"});
    own("w32time.dll", {"TimeProvOpen"});
    own("kernel32.dll", {"CreateFileW"});
    own("user32.dll", {"MessageBoxW"});
    own("ifmon.dll", {"InitHelperDll"});
    own("nshwfp.dll", {"InitHelperDll"});
    lsa("Authentication Packages", {"msv1_0"});
    lsa("Security Packages", {"kerberos", "schannel"});
    lsa("Notification Packages", {"scecli"});
    windows.value(std::string{kControl} + "SecurityProviders", "SecurityProviders",
                  fake::sz("credssp.dll"));
    monitor("Local Port", "localspl.dll");
    monitor("Standard TCP/IP Port", "tcpmon.dll");
    monitor("USB Monitor", "usbmon.dll");
    windows.value(std::string{kControl} + "Print\\Providers\\LanMan Print Services", "Name",
                  fake::sz("win32spl.dll"));
    windows.value(key_of("W32Time", "\\TimeProviders\\NtpClient"), "DllName",
                  fake::expand_sz("%systemroot%\\system32\\w32time.dll"));
    netsh("2", "ifmon.dll");
    netsh("wfp", "nshwfp.dll");
  }

  void lsa(std::string_view value, const std::vector<std::string>& names) {
    windows.value(std::string{kControl} + "Lsa", value, fake::multi_sz(names));
  }
  void monitor(std::string_view name, std::string_view driver) {
    windows.value(std::string{kControl} + "Print\\Monitors\\" + std::string{name}, "Driver",
                  fake::sz(driver));
  }
  void netsh(std::string_view name, std::string_view dll) {
    windows.value("HKLM\\SOFTWARE\\Microsoft\\NetSh", name, fake::sz(dll));
  }
  /// `machine_dll`: the machine's class of the same number, "" for none.
  void user_class(std::string_view dll, std::string_view machine_dll = "") {
    const std::string below = "\\CLSID\\" + std::string{kUserClass} + "\\InprocServer32";
    windows.value("HKU\\alice_Classes" + below, "", fake::sz(dll));
    if (!machine_dll.empty())
      windows.value("HKLM\\SOFTWARE\\Classes" + below, "", fake::sz(machine_dll));
  }

  fake::Entry& put(std::string_view path, const PeBuilder& builder, std::int64_t days_old = 400) {
    fake::Entry& entry = windows.file(path, "");
    entry.bytes = builder.bytes();
    entry.facts.si.created = fake::at(-days_old * kDay);
    return entry;
  }
  void own(std::string_view name, const std::vector<std::string>& exports) {
    const std::string path = std::string{kSystem32} + std::string{name};
    PeBuilder builder = library(exports);
    builder.version_string("CompanyName", "Microsoft Corporation")
        .version_string("OriginalFilename", name);
    put(path, builder);
    sign(path, by_microsoft());
  }
  void sign(std::string_view path, const FileSignature& signature) {
    signatures[EvidencePath::parse(path)->folded()] = signature;
  }

  ModuleRun run() {
    ModuleRun run{windows.machine(), nullptr};
    run.context = std::make_unique<fake::Context>(run.machine);
    run.context->signed_files.known = signatures;
    run.context->signed_files.catalogs = catalogs;
    run.context->signed_files.damaged = damaged_catalogs;
    for (const ModuleSpec* module :
         {&modules::autostarts, &modules::services, &modules::module_slots})
      EXPECT_TRUE(module->run(*run.context));
    before = run.context->findings.size();
    std::erase_if(run.context->findings,
                  [](const Finding& one) { return !one.rule.starts_with("module_slots."); });
    run.context->stated.settle();
    EXPECT_TRUE(modules::module_slots.judge(*run.context));
    return run;
  }

  fake::FakeWindows windows;
  std::map<std::string, FileSignature> signatures;
  bool catalogs = true;
  std::size_t damaged_catalogs = 0;
  std::size_t before = 0;
};

inline std::string summary(const ModuleRun& run) { return fake::summary_of(run.context->findings); }

inline std::string only(const ModuleRun& run) {
  if (run.context->findings.size() != 1) return summary(run);
  const Finding& finding = run.context->findings[0];
  return finding.rule + " " + std::string{to_text(severity_of(finding))};
}

inline std::string told(const ModuleRun& run) {
  return run.context->findings.empty() ? "" : story_of(run.context->findings[0]);
}

inline bool tells(const ModuleRun& run, std::string_view text) {
  return told(run).find(text) != std::string::npos;
}

inline bool has_attack(const ModuleRun& run, std::string_view id) {
  const auto& ids = run.context->findings.at(0).attack;
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace hozen
