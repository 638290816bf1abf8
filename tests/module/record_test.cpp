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

/// Values are gathered before they reach the line: where that happens must not be seen.
TEST(Record, IsTheSameWhateverItsLength) {
  for (std::size_t size = 0; size < 6000; size += size < 1500 || size > 2500 ? 7 : 1) {
    const std::string name(size, 'n'), note(size % 300, '\\');
    std::string expected = "{\"kind\":\"row\",\"name\":\"" + name + "\",\"note\":";
    append_json_string(expected, note);
    expected += ",\"steps\":[\"" + name + "\",\"s\"],\"size_bytes\":18446744073709551615," +
                "\"written\":\"1601-01-01T00:00:00.0000001Z\"}";
    ASSERT_EQ(written({name, note, {name, "s"}, ~std::uint64_t{0}, FileTime{1}}), expected) << size;
  }
}

/// A value may be put together in both ways at once.
TEST(Record, KeepsTheOrderOfWhatIsPutAndWhatIsAppended) {
  constexpr std::string_view kLong =
      "a_column_whose_name_is_so_long_that_it_is_written_in_another_way_than_others";
  constexpr std::array kMixed{
      Field<int>{{"mixed", "Both ways."},
                 [](const int& number, Cell& cell) {
                   cell.row().put('[');
                   std::string& json = cell.raw();
                   json += "1,";
                   cell.row().put_number(std::int64_t{number});
                   json += ',';
                   cell.row().put_string("a\"b");
                   json += ',';
                   cell.time({});
                   json += ',';
                   cell.row().put(std::string_view{"true"});
                   json += ']';
                 }},
      Field<int>{{kLong, "Longer than most."},
                 [](const int&, Cell& cell) { cell.absent(Absent::not_applicable); }},
      Field<int>{{"last", "Behind it."}, [](const int&, Cell& cell) { cell.boolean(false); }},
  };
  std::string json = "{\"kind\":\"row\"";
  write_fields(kMixed, -5, json);
  EXPECT_EQ(json, R"({"kind":"row","mixed":[1,-5,"a\"b",null,true],")" + std::string{kLong} +
                      R"(":null,")" + std::string{kLong} +
                      R"(_absent":"not_applicable","last":false)");
}

TEST(Record, ColumnsComeFromTheFields) {
  constexpr auto kColumns = columns_of(kFields);
  static_assert(kColumns.size() == 5);
  EXPECT_EQ(kColumns[3].name, "size_bytes");
  EXPECT_EQ(kColumns[3].description, "Size.");
}

}  // namespace
}  // namespace hozen
