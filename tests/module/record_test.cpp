#include "collector/module/record.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

struct Row {
  std::string name;
  std::optional<std::string> note;
  std::vector<std::string> steps;
  std::uint64_t size_bytes = 0;
  FileTime written{};
};

constexpr std::array kFields{
    Field<Row>{{"name", "Name."}, [](const Row& row, Cell& cell) { cell.text(row.name); }},
    Field<Row>{
        {"note", "Note."},
        [](const Row& row, Cell& cell) { cell.optional_text(row.note, Absent::unreadable); }},
    Field<Row>{{"steps", "Steps."}, [](const Row& row, Cell& cell) { cell.texts(row.steps); }},
    Field<Row>{{"size_bytes", "Size."},
               [](const Row& row, Cell& cell) { cell.number(row.size_bytes); }},
    Field<Row>{{"written", "Time."}, [](const Row& row, Cell& cell) { cell.time(row.written); }},
};

std::string written(const Row& row) {
  std::string json = "{\"kind\":\"row\"";
  write_fields(kFields, row, json);
  return json + "}";
}

TEST(Record, WritesFieldsInTheirOrder) {
  EXPECT_EQ(written({"a", "b", {"one", "two"}, 7, FileTime{1}}),
            R"({"kind":"row","name":"a","note":"b","steps":["one","two"],"size_bytes":7,)"
            R"("written":"1601-01-01T00:00:00.0000001Z"})");
}

TEST(Record, SaysWhyAValueIsAbsent) {
  EXPECT_EQ(written({"", {}, {}, 0, {}}),
            R"({"kind":"row","name":"","note":null,"note_absent":"unreadable","steps":[],)"
            R"("size_bytes":0,"written":null})");
}

TEST(Record, AddsTheExactUnitsOfTextThatIsNotUtf8) {
  const std::string lone = "x\xED\xA0\x80";  // 'x', then the lone surrogate D800
  const std::string json = written({lone, {}, {lone, "["}, 0, {}});
  EXPECT_NE(json.find("\"name\":\"x\xEF\xBF\xBD\",\"name_utf16\":\"780000d8\","), std::string::npos)
      << json;
  EXPECT_NE(
      json.find("\"steps\":[\"x\xEF\xBF\xBD\",\"[\"],\"steps_utf16\":[\"780000d8\",\"5b00\"]"),
      std::string::npos)
      << json;
}

TEST(Record, ColumnsComeFromTheFields) {
  constexpr auto kColumns = columns_of(kFields);
  static_assert(kColumns.size() == 5);
  EXPECT_EQ(kColumns[3].name, "size_bytes");
  EXPECT_EQ(kColumns[3].description, "Size.");
}

}  // namespace
}  // namespace hozen
