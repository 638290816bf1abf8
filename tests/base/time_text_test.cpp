#include "collector/base/time_text.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

TEST(RenderedTime, HasUpToNineDecimals) {
  const auto seven = parse_iso8601("2019-03-19T20:49:44.8222256Z");
  ASSERT_TRUE(seven);
  for (const char* text : {"2019-03-19T20:49:44.8222256Z", "2019-03-19T20:49:44.82222560Z",
                           "2019-03-19T20:49:44.822225600Z", "2019-03-19T20:49:44.822225699Z"})
    EXPECT_EQ(parse_rendered_time(text), seven) << text;
  EXPECT_EQ(parse_rendered_time("2019-03-19T20:49:44Z"), parse_iso8601("2019-03-19T20:49:44Z"));
  for (const char* text :
       {"", ".", "2019-03-19T20:49:44.8222256001Z", "2019-03-19T20:49:44.822225600",
        "2019-03-19T20:49:44.822225600ZZ", "x.822225600Z"})
    EXPECT_FALSE(parse_rendered_time(text)) << text;
}

}  // namespace
}  // namespace hozen
