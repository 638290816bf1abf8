#include "collector/module/mof_text.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

TEST(MofText, InstancesWithTheirValues) {
  const auto found = parse_mof_instances(
      "Binding EventFilter: \ninstance of __EventFilter\n{\n\tCreatorSID = {1, 2};\n"
      "\tName = \"F\";\n};\nPerm. Consumer: \ninstance of CommandLineEventConsumer\n{\n"
      "\tCommandLineTemplate = \"cmd /c \\\"a; b\\\" C:\\\\x\\n\";\n\tKillTimeout = 45;\n};\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].class_name, "__EventFilter");
  EXPECT_EQ(found[0]["name"], "F");
  EXPECT_EQ(found[0]["CreatorSID"], "{1, 2}");
  EXPECT_EQ(found[1].class_name, "CommandLineEventConsumer");
  EXPECT_EQ(found[1]["commandlinetemplate"], "cmd /c \"a; b\" C:\\x\n");
  EXPECT_EQ(found[1]["KillTimeout"], "45");
  EXPECT_EQ(found[1]["Name"], "");
}

TEST(MofText, StringsAreNoStructure) {
  const auto found = parse_mof_instances(
      "instance of A { Query = \"x instance of B { CommandLineTemplate = \\\"y\\\"; }\"; "
      "Name=\"z\";}");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["CommandLineTemplate"], "");
  EXPECT_EQ(found[0]["Name"], "z");
}

TEST(MofText, EveryBeginningOfAText) {
  const std::string text =
      "instance of A\n{\n\tB = \"c\\\"d\";\n\tE = {1};\n};\ninstance of F { G = 1; };";
  for (std::size_t size = 0; size <= text.size(); ++size)
    EXPECT_LE(parse_mof_instances(std::string_view{text}.substr(0, size)).size(), 2u);
  EXPECT_EQ(parse_mof_instances("instance of A { B = \"cut o")[0]["B"], "cut o");
  EXPECT_TRUE(parse_mof_instances("B = \"c\"; = instance of").empty() ||
              parse_mof_instances("B = \"c\"; = instance of")[0].class_name.empty());
  std::string many;
  for (int i = 0; i < 100; ++i) many += "instance of A {};";
  EXPECT_EQ(parse_mof_instances(many).size(), kMaxMofInstances);
}

}  // namespace
}  // namespace hozen
