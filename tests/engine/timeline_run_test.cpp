// The timeline of a whole run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "collector/engine/timeline.h"
#include "collector/engine/timeline_export.h"
#include "tests/builders/fake_windows.h"
#include "tests/engine/run_bundle.h"

namespace hozen {
namespace {

using test::Json;
using test::run_bundle;
using test::RunBundle;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

struct Row {
  std::string text;
};
constexpr std::array<Field<Row>, 1> kFields{
    {{{"text", "Some text."}, [](const Row& row, Cell& cell) { cell.text(row.text); }}}};
constexpr auto kColumns = columns_of(kFields);
constexpr std::array<Kind, 1> kKinds{{{"thing", "A thing.", kColumns, "Thing {text}"}}};
constexpr std::uint64_t kStart = 134'000'000'000'000'000;

void emit_random(ModuleContext& context, std::size_t count, std::size_t length) {
  std::mt19937 random{11};
  for (std::size_t i = 0; i < count; ++i) {
    Row row;
    while (row.text.size() < length)
      row.text += static_cast<char>('#' + static_cast<char>(random() % 56));
    Envelope envelope;
    envelope.timestamps = {{"made", FileTime{kStart + random() % 1000}},
                           {"used", FileTime{kStart + random() % 1000}},
                           {"never", FileTime{}}};
    context.emit(kKinds[0], kFields, row, envelope);
  }
}

Result<void> emit_some(ModuleContext& context) {
  emit_random(context, 500, 20);
  return {};
}
/// More than is sorted without a file, and hard to compress.
Result<void> emit_too_many(ModuleContext& context) {
  emit_random(context, 20'000, 450);
  return {};
}

const ModuleSpec kSome{"some", "Emits.", kKinds, {}, {}, emit_some};
const ModuleSpec kMany{"many", "Emits.", kKinds, {}, {}, emit_too_many};

RunBundle run(const ModuleSpec& module) {
  fake::FakeWindows windows;
  test::RunSetup setup;
  setup.modules = {&module};
  setup.options.profile.modules.push_back({std::string{module.name}});
  const auto source = windows.source();
  return run_bundle(*source, setup);
}

TEST(TimelineRun, IsInTheBundleAsItIsMadeOfItsRecords) {
  const RunBundle bundle = run(kSome);
  ASSERT_FALSE(bundle.error);
  const std::string& timeline = bundle.entries.at("timeline.jsonl");
  const std::vector<Json> entries = bundle.rows("timeline");
  EXPECT_GE(entries.size(), 990u);
  EXPECT_EQ(bundle.json("manifest.json")["counts"]["timeline_entries"], entries.size());

  const ModuleSpec* const modules[] = {&kSome};
  Timeline again{modules, {}};
  for (const std::string& name : bundle.order)
    if (name.starts_with("records/")) {
      std::string_view lines = bundle.entries.at(name);
      for (; !lines.empty(); lines.remove_prefix(lines.find('\n') + 1))
        ASSERT_TRUE(again.add(lines.substr(0, lines.find('\n'))));
    }
  std::string made;
  ASSERT_TRUE(again.finish([&](std::string_view line) { (made += line) += '\n'; }));
  EXPECT_EQ(timeline, made);

  MemorySource source{bundle.bytes};
  const auto reader = BundleReader::open(source);
  ASSERT_TRUE(reader);
  std::string written;
  ASSERT_TRUE(
      write_timeline(*reader, modules, TimelineForm::jsonl, {}, [&](std::string_view lines) {
        written += lines;
        return Result<void>{};
      }));
  EXPECT_EQ(written, timeline);
}

TEST(TimelineRun, ThatCannotBeSortedIsAProblemAndNoTimeline) {
  const RunBundle bundle = run(kMany);
  ASSERT_FALSE(bundle.error) << bundle.error->text();
  EXPECT_THAT(bundle.order, Not(Contains("timeline.jsonl")));
  const Json manifest = bundle.json("manifest.json");
  EXPECT_EQ(manifest["collection"]["outcome"], "with_errors");
  EXPECT_EQ(manifest["counts"]["timeline_entries"], 0);
  EXPECT_EQ(manifest["counts"]["records"], 20'000);
  EXPECT_THAT(bundle.entries.at("records/problems.jsonl"),
              HasSubstr("the timeline is not in the bundle"));
}

}  // namespace
}  // namespace hozen
