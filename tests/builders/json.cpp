#include "tests/builders/json.h"

namespace hozen::test {

Json parse_json(std::string_view text) { return Json::parse(text); }

std::vector<Json> parse_json_lines(std::string_view text) {
  std::vector<Json> values;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    values.push_back(parse_json(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return values;
}

std::string dumped(const Json& value, int indent) { return value.dump(indent); }

}  // namespace hozen::test
