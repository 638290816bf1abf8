#include "collector/base/json_object.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "collector/base/json_text.h"

namespace hozen {
namespace {

TEST(JsonObject, WritesItsMembersInOrder) {
  std::string json;
  {
    JsonObject object{json};
    object.text("text", "a \"b\"");
    object.number("number", 7);
    object.boolean("yes", true);
    object.time("time", FileTime{132'000'000'000'000'000});
    object.bytes("bytes", std::array{std::byte{0xAB}, std::byte{1}});
    object.texts("texts", std::vector<std::string>{"x", "y"});
    object.list("list", std::vector<std::uint64_t>{1, 2},
                [&](std::uint64_t value) { append_json_number(json, value); });
    JsonObject inner{object.key("inner")};
    inner.number("n", 0);
  }
  EXPECT_EQ(json,
            R"({"text":"a \"b\"","number":7,"yes":true,"time":"2019-04-17T18:40:00.0000000Z",)"
            R"("bytes":"ab01","texts":["x","y"],"list":[1,2],"inner":{"n":0}})");
}

TEST(JsonObject, LeavesOutWhatIsEmptyOrUnset) {
  std::string json;
  {
    JsonObject object{json};
    object.text("text", "");
    object.number("number", std::nullopt);
    object.boolean("boolean", std::nullopt);
    object.time("time", {});
    object.bytes("bytes", {});
    object.texts("texts", {});
    object.list("list", std::vector<int>{}, [](int) {});
  }
  EXPECT_EQ(json, "{}");
}

TEST(JsonObject, KeepsTextThatIsNotUtf8Exactly) {
  std::string json;
  { JsonObject{json}.text("name", "a\xED\xA0\x80"); }
  EXPECT_EQ(json, "{\"name\":\"a\xEF\xBF\xBD\",\"name_utf16\":\"610000d8\"}");
}

}  // namespace
}  // namespace hozen
