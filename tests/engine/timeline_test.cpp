#include "collector/engine/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/engine/json_read.h"
#include "collector/engine/timeline_export.h"
#include "collector/engine/timeline_message.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kTimes[] = {"fn"};
constexpr Kind kFile{"file", "A file.", {}, "{path|number}[?allocated=false: (deleted)]", kTimes};
constexpr Kind kEvent{"event", "An event.", {}, "Event {id}[ of {provider}][: {data}]"};
constexpr Kind kKinds[] = {kFile, kEvent};
const ModuleSpec kModule{"a", "A.", kKinds, {}, {}, nullptr};
const ModuleSpec* const kModules[] = {&kModule};

ScratchFactory no_scratch() {
  return []() -> Result<std::unique_ptr<ScratchFile>> { return Error{Errc::unsupported, "place"}; };
}

std::vector<std::string> entries_of(const std::vector<std::string>& records) {
  Timeline timeline{kModules, no_scratch()};
  for (const std::string& record : records) EXPECT_TRUE(timeline.add(record));
  std::vector<std::string> lines;
  EXPECT_TRUE(timeline.finish([&](std::string_view line) { lines.emplace_back(line); }));
  EXPECT_EQ(timeline.entries(), lines.size());
  return lines;
}

TEST(Timeline, JoinsEqualTimesOfOneRecord) {
  EXPECT_THAT(
      entries_of(
          {R"({"record":"a-1","kind":"file","source":{"artifact":1},"timestamps":{)"
           R"("created":"2026-01-02T00:00:00.0000001Z","modified":"2026-01-01T00:00:00.0000000Z",)"
           R"("changed":"2026-01-02T00:00:00.0000001Z","accessed":null},"path":"C:\\a","allocated":true,)"
           R"("fn":{"created":"2026-01-02T00:00:00.0000001Z","modified":null}})"}),
      ElementsAre(R"({"datetime":"2026-01-01T00:00:00.0000000Z","timestamp_desc":"modified",)"
                  R"("message":"C:\\a","record":"a-1","kind":"file"})",
                  R"({"datetime":"2026-01-02T00:00:00.0000001Z",)"
                  R"("timestamp_desc":"created; changed; fn_created",)"
                  R"("message":"C:\\a","record":"a-1","kind":"file"})"));
}

TEST(Timeline, TakesTimesOfColumnsWhereTimestampsAreNone) {
  EXPECT_THAT(entries_of({R"({"record":"a-1","kind":"file","timestamps":{},"path":null,"number":7,)"
                          R"("allocated":false,"fn":{"created":"2026-01-02T00:00:00.0000000Z"}})"}),
              ElementsAre(R"({"datetime":"2026-01-02T00:00:00.0000000Z",)"
                          R"_("timestamp_desc":"fn_created","message":"7 (deleted)",)_"
                          R"("record":"a-1","kind":"file"})"));
}

TEST(Timeline, SortsRecordsByTimeAndEqualOnesByTheirOrder) {
  const auto event = [](const char* id, const char* time) {
    return std::string{R"({"record":"a-)"} + id + R"(","kind":"event","timestamps":{"time":")" +
           time + R"("},"user":{"sid":"S-1-5-18","name":"x"},"id":)" + id + "}";
  };
  std::vector<std::string> ids;
  for (const std::string& line : entries_of({event("1", "2026-01-02T00:00:00.0000000Z"),
                                             event("2", "10026-01-02T00:00:00.0000000Z"),
                                             event("3", "2026-01-02T00:00:00.0000000Z"),
                                             event("4", "1601-01-01T00:00:00.0000001Z")})) {
    const Json entry = parse_json(line);
    ids.push_back(json_text(entry, "record"));
    EXPECT_EQ(json_text(entry, "user"), "x");
  }
  EXPECT_THAT(ids, ElementsAre("a-4", "a-1", "a-3", "a-2"));
}

TEST(Timeline, SaysSomethingOfKindsThatItDoesNotKnow) {
  EXPECT_THAT(
      entries_of(
          {R"({"record":"b-1","kind":"other","timestamps":{"t":"2026-01-02T00:00:00.0000000Z"},"path":"x"})"}),
      ElementsAre(R"({"datetime":"2026-01-02T00:00:00.0000000Z","timestamp_desc":"t",)"
                  R"("message":"other b-1","record":"b-1","kind":"other"})"));
}

TEST(Timeline, HoldsNothingOfRecordsWithoutTimes) {
  EXPECT_THAT(
      entries_of({R"({"record":"a-1","kind":"event","timestamps":{},"id":1})",
                  R"({"record":"a-2","kind":"event","timestamps":{"t":null,"u":"no time"}})",
                  R"({"step":"module"})", "[]", "", "{", R"({"a)",
                  R"({"kind":"file","timestamps":{"t":)"}),
      ElementsAre());
}

std::string message_of(std::string_view words, std::string_view json) {
  std::string out;
  append_message(out, words, [&](std::string_view column) {
    return column == "a" ? json : std::string_view{};
  });
  return out;
}

TEST(TimelineMessage, WritesListsAndObjectsInOneLine) {
  EXPECT_EQ(message_of("{a}", R"({"x":"1","y":[2,{"z":null}],"q":"a\"b,c:d"})"),
            R"(x=1, y=[2, {z=null}], q=a\"b,c:d)");
  EXPECT_EQ(message_of("{a}", R"(["x","y"])"), "x, y");
  EXPECT_EQ(message_of("{a}", R"({"x\u0001)"), "");
  EXPECT_EQ(message_of("[{b}: ]{b|a}!", "1"), "1!");
  EXPECT_EQ(message_of("{a}", R"("one\r\n\t\ttwo\u0001 \\n")"), R"(one two\u0001 \\n)");
}

TEST(TimelineMessage, CutsLongValuesBetweenCharacters) {
  for (const std::string piece : {"x", "\u00e4", "\\\\", "\\u0001", "\U0001F600"}) {
    std::string json = "\"";
    for (std::size_t i = 0; i <= kMaxMessageValue; ++i) json += piece;
    const std::string text = message_of("{a}", json + "\"");
    EXPECT_LE(text.size(), kMaxMessageValue + 3);
    EXPECT_TRUE(text.ends_with("..."));
    EXPECT_EQ((text.size() - 3) % piece.size(), 0u) << piece;
    EXPECT_TRUE(parse_json("{\"a\":\"" + text + "\"}").is_object());
  }
}

TEST(TimelineMessage, NamesItsColumns) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view name) { names.emplace_back(name); };
  EXPECT_TRUE(each_message_column(kFile.message, add));
  EXPECT_THAT(names, ElementsAre("path", "number", "allocated"));
  for (const std::string_view odd : {"{a", "a}", "[a", "[[{a}]]", "[{a]"})
    EXPECT_FALSE(each_message_column(odd, add)) << odd;
}

TEST(TimelineCsv, DefusesFormulasAndKeepsAnEntryOnOneLine) {
  std::string csv;
  for (const char* start : {"=", "+", "-", "@"}) {
    csv.clear();
    ASSERT_TRUE(append_timeline_csv(csv, std::string{R"({"message":")"} + start + R"(a\n\"b"})"));
    EXPECT_EQ(csv, std::string{R"("","","')"} + start + R"(a\u{000A}""b","","","")" + "\n");
  }
  EXPECT_FALSE(append_timeline_csv(csv, "no json"));
}

}  // namespace
}  // namespace hozen
