// What the tests of this folder share: where real evidence is, and the tables of facts about it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "tests/builders/testdata.h"

namespace hozen::real {

/// Skips the test where there is no real evidence.
class RealEvidence : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = why_no_testdata()) GTEST_SKIP() << *why;
  }
};

/// The file `name` of the evidence; what ends in .xz is unpacked.
inline std::vector<std::byte> evidence(std::string_view name) {
  if (name.ends_with(".xz")) name.remove_suffix(3);
  return testdata(name);
}

using Row = std::vector<std::string>;

/// The rows of a table of facts below its heading.
inline std::vector<Row> facts(std::string_view name) {
  const auto bytes = testdata("facts/" + std::string{name});
  std::vector<Row> rows;
  Row row(1);
  for (const char c : Bytes{bytes}.chars()) {
    if (c == '\t') {
      row.emplace_back();
    } else if (c == '\n') {
      rows.push_back(std::move(row));
      row = Row(1);
    } else {
      row.back() += c;
    }
  }
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

}  // namespace hozen::real
