#include <gtest/gtest.h>

#include "tests/builders/lnk_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec lnk;
}  // namespace modules
namespace {

using builders::LnkBuilder;

constexpr std::string_view kRecent =
    "C:\\Users\\alice\\AppData\\Roaming\\Microsoft\\Windows\\Recent\\a.lnk";
constexpr std::string_view kDesktop = "C:\\Users\\alice\\Desktop\\a.lnk";

ModuleRun run_on(std::string_view path, const LnkBuilder& link) {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.file(path, "").bytes = link.bytes();
  return run_module(modules::lnk, windows);
}

TEST(LnkModule, TellsWhatWasOpened) {
  const ModuleRun run =
      run_on(kRecent, LnkBuilder{}
                          .local_path("D:\\plan.docx")
                          .arguments("-x")
                          .target_times(fake::at(-3), fake::at(-1), fake::at(-2)));
  const auto found = records_of(run, "lnk");
  ASSERT_EQ(found.size(), 1u);
  const fake::Record& record = *found[0];
  EXPECT_EQ(record["path"], kRecent);
  EXPECT_EQ(record["place"], "recent");
  EXPECT_EQ(record["proves"], "use");
  EXPECT_EQ(record["target"], "D:\\plan.docx");
  EXPECT_EQ(record["arguments"], "-x");
  EXPECT_EQ(record["target_created"], fake::at(-3).iso8601());
  EXPECT_EQ(time_of(record, "trace_created"), fake::default_time());
  EXPECT_EQ(record.user_name, "alice");
  EXPECT_TRUE(run.context->has_collected(kRecent));
  EXPECT_TRUE(run.context->findings.empty());
}

TEST(LnkModule, OfTheDesktopProvePresence) {
  const ModuleRun run = run_on(kDesktop, LnkBuilder{}.local_path("C:\\a.exe"));
  ASSERT_EQ(records_of(run, "lnk").size(), 1u);
  EXPECT_EQ((*records_of(run, "lnk")[0])["proves"], "presence");
}

TEST(LnkModule, ReportsArgumentsBehindBlanks) {
  const LnkBuilder padded = LnkBuilder{}
                                .local_path("C:\\Windows\\System32\\cmd.exe")
                                .arguments(std::string(260, ' ') + "/c evil");
  const ModuleRun run = run_on(kDesktop, padded);
  const Finding* finding = run.context->finding("lnk.padded_arguments");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(severity_of(*finding), Severity::medium);
  EXPECT_EQ(finding->why[0].records[0], records_of(run, "lnk")[0]->id);
  const LnkBuilder plain = LnkBuilder{}
                               .local_path("C:\\Windows\\System32\\cmd.exe")
                               .arguments(std::string(20, ' ') + "/c dir");
  EXPECT_TRUE(run_on(kDesktop, plain).context->findings.empty());
}

TEST(LnkModule, ReportsDataBehindTheEnd) {
  const LnkBuilder carrier =
      LnkBuilder{}.local_path("C:\\a.exe").trailing(std::string(200 << 10, 'x'));
  EXPECT_NE(run_on(kDesktop, carrier).context->finding("lnk.carries_data"), nullptr);
  const LnkBuilder plain = LnkBuilder{}.local_path("C:\\a.exe").trailing("abc");
  EXPECT_TRUE(run_on(kDesktop, plain).context->findings.empty());
}

TEST(LnkModule, NotesWhatIsNone) {
  fake::FakeWindows windows;
  windows.user("alice");
  windows.file(kRecent, "nothing");
  const ModuleRun run = run_module(modules::lnk, windows);
  EXPECT_TRUE(run.context->records.empty());
  EXPECT_EQ(run.context->notes.size(), 1u);
}

}  // namespace
}  // namespace hozen
