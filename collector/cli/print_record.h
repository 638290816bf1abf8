// Records of one file, as JSON lines: what the printers of `hozen parse` share.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "collector/cli/parse_hive.h"
#include "collector/module/record.h"

namespace hozen::cli {

template <class Row, std::size_t N>
void print_record(std::string_view kind, const std::array<Field<Row>, N>& fields, const Row& row,
                  std::string_view source, LineBuffer& out) {
  std::string& line = out.text();
  line += "{\"kind\":\"";
  line += kind;
  line += "\",\"source\":";
  append_json_string(line, source);
  write_fields(fields, row, line);
  line += '}';
  out.end_line();
}

/// One problem record each; returns how many there were.
std::uint64_t print_problems(const std::vector<Error>& problems, std::string_view source,
                             LineBuffer& out);

}  // namespace hozen::cli
