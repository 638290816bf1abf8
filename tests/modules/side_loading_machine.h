// A Windows with libraries of its own, for tests of what lies beside programs.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/text.h"
#include "collector/source/live_state.h"
#include "tests/builders/pe_builder.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec event_logs, side_loaded_dlls;
}  // namespace modules

using builders::PeBuilder;

/// Bytes that look encrypted: the same each time.
inline std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 12345;
  for (char& one : bytes) {
    state = state * 1664525 + 1013904223;
    one = static_cast<char>(state >> 24U);
  }
  return bytes;
}

class SideLoadedDllsTest : public testing::Test {
 protected:
  SideLoadedDllsTest() {
    windows.user("alice");
    PeBuilder version = library("version.dll", "Microsoft Corporation");
    for (int i = 0; i < 30; ++i) version.exported("Function" + std::to_string(i));
    put("C:\\Windows\\System32\\version.dll", version);
    put("C:\\Windows\\System32\\notepad.exe",
        program("NOTEPAD.EXE", "Microsoft Corporation").import("version.dll", {"Function1"}));
    put("C:\\Windows\\System32\\vcruntime140.dll",
        library("vcruntime140.dll", "Microsoft Corporation"));
    sign("C:\\Windows\\System32\\version.dll", "Microsoft Windows", true);
    sign("C:\\Windows\\System32\\notepad.exe", "Microsoft Windows", true);
  }
  static PeBuilder program(const std::string& name, const std::string& company) {
    PeBuilder pe;
    pe.import("KERNEL32.dll", {"Sleep"})
        .version_string("OriginalFilename", name)
        .version_string("CompanyName", company)
        .timestamp(1'300'000'000);
    return pe;
  }
  static PeBuilder library(const std::string& name, const std::string& company) {
    PeBuilder pe;
    pe.dll().export_library(name).import("KERNEL32.dll", {"Sleep"}).timestamp(1'700'000'000);
    if (!company.empty())
      pe.version_string("OriginalFilename", name).version_string("CompanyName", company);
    return pe;
  }
  void put(const std::string& path, const PeBuilder& pe) {
    auto& entry = windows.file(path, "");
    entry.bytes = pe.bytes();
    if (entry.bytes.size() < 512) entry.bytes.resize(512);
  }
  void sign(const std::string& path, const std::string& who, bool microsoft = false,
            SignatureStatus status = SignatureStatus::valid) {
    FileSignature signature;
    signature.status = status;
    signature.signer = signature.organization = who;
    signature.thumbprint = who;
    signature.is_microsoft = microsoft;
    signature.not_before = fake::at(-86'400LL * 700);
    signature.not_after = fake::at(86'400LL * 300);
    signatures[fold_case(path)] = signature;
  }
  /// The signed program of a vendor that imports `dll`, and that DLL, not signed.
  void triad(const std::string& folder, const std::string& dll = "NvSmartMax.dll") {
    put(folder + "\\NvSmart.exe",
        program("NvSmart.exe", "NVIDIA Corporation").import(dll, {"NvInit", "NvRun"}));
    sign(folder + "\\NvSmart.exe", "NVIDIA Corporation");
    put(folder + "\\" + dll, library(dll, "").exported("NvInit").exported("NvRun"));
  }
  ModuleRun judge() {
    ModuleRun run{windows.machine(), nullptr};
    run.context = std::make_unique<fake::Context>(run.machine);
    run.context->signed_files.known = signatures;
    run.context->signed_files.catalogs = catalogs;
    run.context->lists = lists;
    if (!events.empty()) {
      builders::EvtxBuilder log;
      for (const auto& event : events) log.event(event);
      windows.file("C:\\Windows\\System32\\winevt\\Logs\\Sysmon.evtx", "").bytes = log.bytes();
      run.machine = windows.machine();
      run.context = std::make_unique<fake::Context>(run.machine);
      run.context->signed_files.known = signatures;
      EXPECT_TRUE(modules::event_logs.run(*run.context));
    }
    for (Fact& fact : facts) run.context->state(std::move(fact));
    run.context->stated.settle();
    if (live) run.machine.source->be_live(*run.machine.registry, &*live);
    if (!emulator.empty()) {
      HostFacts host;
      host.emulator = emulator;
      run.machine.source->have_host(host);
    }
    EXPECT_TRUE(modules::side_loaded_dlls.judge(*run.context));
    return run;
  }
  static const Finding* pair_of(const ModuleRun& run) {
    return run.context->finding("side_loaded_dlls.pair");
  }
  static bool has_item(const ModuleRun& run, std::string_view id) {
    for (const auto& record : run.context->records)
      if (record.kind == "side_load_pair" &&
          record.json_of("items").find("\"" + std::string{id} + " ") != std::string::npos)
        return true;
    return false;
  }

  fake::FakeWindows windows;
  std::map<std::string, FileSignature> signatures;
  bool catalogs = true;
  std::string emulator;
  std::optional<LiveState> live;
  OperatorLists lists;
  std::vector<builders::EvtxEvent> events;
  std::vector<Fact> facts;
};

}  // namespace hozen
