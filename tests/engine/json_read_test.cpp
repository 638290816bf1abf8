#include "collector/engine/json_read.h"

#include <gtest/gtest.h>

#include <string>

#include "collector/engine/report/read_bundle.h"
#include "tests/builders/bundle_builder.h"

namespace hozen {
namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string object_of(std::size_t members) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  return text + "}";
}

TEST(JsonRead, KeepsWhatThisProgramWrites) {
  EXPECT_EQ(parse_json(R"({"b":[1,{"c":null}],"a":"x"})").dump(),
            R"({"b":[1,{"c":null}],"a":"x"})");
  EXPECT_EQ(parse_json(object_of(1'000)).size(), 1'000u);
  EXPECT_FALSE(parse_json(repeated("[", 32) + repeated("]", 32)).is_discarded());
}

TEST(JsonRead, RefusesWhatIsTooDeepOrWideOrLong) {
  EXPECT_TRUE(parse_json(repeated("[", 33) + repeated("]", 33)).is_discarded());
  EXPECT_TRUE(parse_json("{\"a\":" + object_of(1'001) + "}").is_discarded());
  EXPECT_TRUE(parse_json("[" + repeated("1,", 1u << 20) + "1]").is_discarded());
  EXPECT_TRUE(parse_json("[" + repeated("{},", 1u << 20) + "1]").is_discarded());
  EXPECT_TRUE(parse_json(repeated("[", 1u << 20)).is_discarded());
}

TEST(JsonRead, BracketsInTextsCountForNothing) {
  EXPECT_EQ(parse_json("[\"" + repeated("[", 100) + "\\\"" + repeated("{", 100) + "\"]").size(),
            1u);
}

TEST(JsonRead, TheStreamedArrayMayBeLong) {
  std::size_t seen = 0;
  const std::string rows = repeated("{\"a\":1},", 1u << 17) + "{}";
  const auto drop_rows = [&](int depth, Json::parse_event_t event, const Json&) {
    const bool is_row = depth == 2 && event == Json::parse_event_t::object_end;
    seen += is_row ? 1 : 0;
    return !is_row;
  };
  EXPECT_EQ(parse_json("{\"rows\":[" + rows + "]}", "rows", drop_rows).dump(), R"({"rows":[]})");
  EXPECT_EQ(seen, (1u << 17) + 1);
  EXPECT_TRUE(parse_json("{\"other\":[" + rows + "]}", "rows", drop_rows).is_discarded());
}

TEST(JsonRead, ALineThatCannotBeReadIsToldByTheReport) {
  test::BundleBuilder builder;
  builder.line("findings", "{\"id\":\"finding-1\",\"severity\":\"high\"}\n")
      .line("findings", repeated("[", 40) + repeated("]", 40) + "\n")
      .line("findings", "no JSON\n");
  const auto bytes = builder.bytes();
  test::BorrowedSource source{bytes};
  const auto summary = read_bundle_summary(source);
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(summary->findings.size(), 1u);
  ASSERT_EQ(summary->problems.size(), 1u);
  EXPECT_EQ(summary->problem_count, 1u);
  EXPECT_EQ(summary->problems[0].from, "findings.jsonl");
  EXPECT_TRUE(summary->problems[0].text.starts_with("2 of its lines could not be read"));
}

}  // namespace
}  // namespace hozen
