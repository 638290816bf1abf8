// What module_slots makes of real hives whose files are not there, as when only the registry of a
// machine was collected.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "collector/base/text.h"
#include "tests/builders/fake_context.h"
#include "tests/builders/real_windows.h"
#include "tests/builders/testdata.h"

namespace hozen {
namespace modules {
extern const ModuleSpec autostarts;
extern const ModuleSpec run_keys;
extern const ModuleSpec services;
extern const ModuleSpec module_slots;
}  // namespace modules
namespace {

class RealModuleSlots : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = why_no_testdata()) GTEST_SKIP() << *why;
  }

  void run(const fake::FakeWindows& windows, bool catalogs) {
    machine_ = windows.machine();
    context_ = std::make_unique<fake::Context>(machine_);
    context_->signed_files.catalogs = catalogs;
    for (const ModuleSpec* module :
         {&modules::run_keys, &modules::autostarts, &modules::services, &modules::module_slots})
      EXPECT_TRUE(module->run(*context_).has_value());
    context_->stated.settle();
    EXPECT_TRUE(modules::module_slots.judge(*context_).has_value());
  }

  std::string above_low() const {
    std::string text;
    for (const Finding& finding : context_->findings)
      if (finding.rule.starts_with("module_slots.") && severity_of(finding) > Severity::low)
        text += finding.rule + " " + finding.subject + "\n";
    return text;
  }
  std::size_t slots() const {
    std::size_t count = 0;
    for (const auto& record : context_->records)
      if (record.kind == "module_slot") ++count;
    return count;
  }

  fake::Machine machine_;
  std::unique_ptr<fake::Context> context_;
};

TEST_F(RealModuleSlots, HivesAloneAreNoFinding) {
  for (const bool catalogs : {true, false}) {
    run(real_windows(), catalogs);
    EXPECT_GT(slots(), 150u);
    EXPECT_EQ(above_low(), "");
    run(real_second_windows(), catalogs);
    EXPECT_GT(slots(), 150u);
    EXPECT_EQ(above_low(), "");
  }
}

/// Libraries that really are libraries, none of them signed: a Windows without catalogs, and one
/// whose catalogs are those of another.
TEST_F(RealModuleSlots, LibrariesWithoutAnySignatureAreNoFindingInTheSlotsOfWindows) {
  namespace fs = std::filesystem;
  const fs::path wine{"/usr/lib/x86_64-linux-gnu/wine/x86_64-windows"};
  if (!fs::exists(wine)) GTEST_SKIP() << "no libraries of Wine in " << wine;
  run(real_windows(), true);
  fake::FakeWindows windows = real_windows();
  std::size_t placed = 0;
  for (const auto& record : context_->records) {
    if (record.kind != "module_slot") continue;
    const auto path = EvidencePath::parse(record["path"]);
    ASSERT_TRUE(path.has_value());
    const fs::path from = wine / to_lower_ascii(path->name());
    if (!fs::exists(from) || fs::file_size(from) > (std::uint64_t{1} << 20U)) continue;
    std::ifstream in{from, std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{in}, {}};
    windows.file(record["path"], content);
    ++placed;
  }
  ASSERT_GT(placed, 20u);
  for (const bool catalogs : {true, false}) {
    run(windows, catalogs);
    EXPECT_EQ(above_low(), "");
    const auto* record = context_->record({{"slot", "print_monitors"}, {"existence", "exists"}});
    ASSERT_NE(record, nullptr);
    EXPECT_EQ((*record)["signature"], "unsigned");
    EXPECT_NE(record->json_of("exports_found"), "[]");
  }
}

TEST_F(RealModuleSlots, EachKnownEntryOfARealMachineIsASlotOnce) {
  run(real_windows(), true);
  const auto* record = context_->record({{"slot", "time_providers"}});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ((*record)["known"], "exact");
  std::set<std::string> seen;
  for (const auto& one : context_->records) {
    if (one.kind != "module_slot") continue;
    const std::string key =
        one["slot"] + one["entry"] + one["text"] + one["path"] + one["clsid"] + one["entry_user"];
    EXPECT_TRUE(seen.insert(key).second) << one.json;
  }
}

}  // namespace
}  // namespace hozen
