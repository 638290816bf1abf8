// How a record is declared and written: each column once, with name, one sentence and value
// together.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/json_text.h"
#include "collector/module/row_text.h"

namespace hozen {

/// Why a cell has no value. "" and 0 are values; these are not.
enum class Absent : std::uint8_t { not_present, unreadable, unparsable, not_applicable };
std::string_view to_text(Absent reason);
constexpr std::size_t kAbsentReasons = 4;
/// null,"<column>_absent":"<reason>" of one column, for each reason.
using AbsentTexts = std::array<FixedText, kAbsentReasons>;

/// Where a record was read: enough for a second examiner to find the same bytes.
struct Origin {
  std::optional<std::uint32_t>
      artifact;     ///< row of artifacts.jsonl whose bytes were parsed; nothing for API answers
  std::string key;  ///< registry key as mounted, "" when none
  std::optional<std::uint64_t> offset;  ///< bytes from the start of the artifact
};

/// What every record carries beside its own fields.
struct Envelope {
  Origin origin;
  std::vector<std::pair<std::string_view, FileTime>> timestamps;  ///< an unset one prints as null
  std::string user_sid, user_name;  ///< both "" for the machine: no `user` then
};

/// One value of a record, appended to the JSON line as it is.
/// A value that is absent is written as null, with the reason in `<column>_absent`; text that is
/// not UTF-8 gets `<column>_utf16`.
class Cell {
 public:
  /// All must outlive the cell.
  Cell(RowText& row, std::string_view column, const AbsentTexts& absent)
      : row_{row}, column_{column}, absent_{absent} {}
  void text(std::string_view wtf8) {
    if (!row_.put_string(wtf8)) add_exact_text(wtf8);
  }
  void optional_text(const std::optional<std::string>& value,
                     Absent otherwise = Absent::not_present);
  void texts(std::span<const std::string> values);  ///< list of strings
  void number(std::uint64_t value) { row_.put_number(value); }
  void signed_number(std::int64_t value) { row_.put_number(value); }
  void boolean(bool value) { row_.put(std::string_view{value ? "true" : "false"}); }
  void time(FileTime value) { row_.put_time(value); }
  void bytes(std::span<const std::byte> value) { append_json_hex(row_.line(), value); }
  void absent(Absent reason) { row_.put(absent_[static_cast<std::size_t>(reason)]); }
  RowText& row() { return row_; }             ///< for lists and objects
  std::string& raw() { return row_.line(); }  ///< for those that are put together elsewhere
 private:
  void add_exact_text(std::string_view wtf8);
  void open_companion(std::string_view suffix);  // ,"<column><suffix>":

  RowText& row_;
  std::string_view column_;
  const AbsentTexts& absent_;
};

struct Column {
  std::string_view name;         ///< snake_case; the unit is in the name (size_bytes, delay_ms)
  std::string_view description;  ///< one sentence
};

/// One column of Row and how it writes itself.
template <class Row>
struct Field {
  Column column;
  void (*write)(const Row&, Cell&);
};

/// A kind of record a module emits.
struct Kind {
  std::string_view name;         ///< "run_key"
  std::string_view description;  ///< one sentence
  std::span<const Column> columns;
  /// What its records say in the timeline: words with columns in braces (`{path|name}`: the first
  /// that has a value), brackets around what is left out when a column in them has none, and
  /// `[?allocated=false: …]` around what is said only then. Needed where records have times.
  std::string_view message{};
  /// Columns that hold times beyond those in `timestamps`: a time, or an object of times.
  std::span<const std::string_view> times{};
};

template <class Row, std::size_t N>
constexpr std::array<Column, N> columns_of(const std::array<Field<Row>, N>& fields) {
  std::array<Column, N> columns{};
  for (std::size_t i = 0; i < N; ++i) columns[i] = fields[i].column;
  return columns;
}

/// What is written of each of these fields whatever its value is, put together once.
template <class Row, std::size_t N>
struct FieldTexts {
  explicit FieldTexts(const std::array<Field<Row>, N>& fields) : owner{fields.data()} {
    for (std::size_t i = 0; i < N; ++i) {
      const std::string name{fields[i].column.name};
      start[i] = FixedText{",\"" + name + "\":"};
      for (std::size_t reason = 0; reason < kAbsentReasons; ++reason)
        absent[i][reason] = FixedText{"null,\"" + name + "_absent\":\"" +
                                      std::string{to_text(static_cast<Absent>(reason))} + '"'};
    }
  }
  const Field<Row>* owner;
  std::array<FixedText, N> start;  ///< ,"name":
  std::array<AbsentTexts, N> absent;
};

template <class Row, std::size_t N>
void write_fields(const std::array<Field<Row>, N>& fields, const Row& row, std::string& json,
                  const FieldTexts<Row, N>& texts) {
  RowText text{json};
  for (std::size_t i = 0; i < N; ++i) {
    text.gather();
    text.put(texts.start[i]);
    Cell cell{text, fields[i].column.name, texts.absent[i]};
    fields[i].write(row, cell);
  }
  text.flush();
}

/// Appends ,"name":value for each field; `json` already holds at least one member.
template <class Row, std::size_t N>
void write_fields(const std::array<Field<Row>, N>& fields, const Row& row, std::string& json) {
  // Rows come by the million, nearly always of one array of fields for each type of row.
  static const FieldTexts<Row, N> first_texts{fields};
  if (first_texts.owner != fields.data())
    return write_fields(fields, row, json, FieldTexts<Row, N>{fields});
  write_fields(fields, row, json, first_texts);
}

}  // namespace hozen
