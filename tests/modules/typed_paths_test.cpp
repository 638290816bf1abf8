#include <gtest/gtest.h>

#include "tests/builders/task_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec typed_paths;
}  // namespace modules
namespace {

TEST(TypedPathsModule, TellsWhatWasEnteredAndWhen) {
  fake::FakeWindows windows;
  windows.user("alice");
  const std::string explorer =
      "HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\TypedPaths";
  windows.value(explorer, "url1", fake::sz("C:\\ProgramData\\x"), fake::at(3));
  windows.value(explorer, "url2", fake::sz("\\\\srv\\share"), fake::at(3));
  windows.value(explorer, "other", fake::sz("nothing"), fake::at(3));
  const std::string browser = "HKU\\alice\\Software\\Microsoft\\Internet Explorer\\TypedURLs";
  windows.value(browser, "url7", fake::sz("http://example.org/"));
  windows.value(browser + "Time", "url7",
                fake::binary(builders::TaskBlob{}.u64(fake::at(-4).ticks).bytes()));
  const ModuleRun run = run_module(modules::typed_paths, windows);
  ASSERT_EQ(records_of(run, "typed_path").size(), 3u);
  const fake::Record* first = run.context->record({{"text", "C:\\ProgramData\\x"}});
  ASSERT_NE(first, nullptr);
  EXPECT_EQ((*first)["place"], "explorer");
  EXPECT_EQ((*first)["number"], "1");
  EXPECT_EQ(first->json_of("entered"), "null");
  EXPECT_EQ(time_of(*first, "entered"), fake::at(3));
  const fake::Record* second = run.context->record({{"text", "\\\\srv\\share"}});
  ASSERT_NE(second, nullptr);
  EXPECT_FALSE(time_of(*second, "entered").is_set());
  const fake::Record* url = run.context->record({{"place", "internet_explorer"}});
  ASSERT_NE(url, nullptr);
  EXPECT_EQ((*url)["entered"], fake::at(-4).iso8601());
  EXPECT_EQ(time_of(*url, "entered"), fake::at(-4));
  EXPECT_EQ(url->user_name, "alice");
}

}  // namespace
}  // namespace hozen
