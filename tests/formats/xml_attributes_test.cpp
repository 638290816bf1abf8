#include "collector/formats/xml_attributes.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

using Texts = std::vector<std::string>;

XmlAttributes read(std::string_view xml, std::size_t cap = 100) {
  return xml_attributes(std::as_bytes(std::span{xml}), "globalModules", "add", "image", cap);
}

TEST(XmlAttributes, AreReadOfChildrenOfThatElementOnly) {
  const std::string xml =
      "<c><add image='no'/><globalModules><add name='x' image=\"yes.dll\"/><remove image='no'/>"
      "<!-- <add image='no'/> --><x><add image='no'/></x></globalModules><b image='no'/></c>";
  EXPECT_EQ(read(xml).values, Texts{"yes.dll"});
  EXPECT_FALSE(read(xml).problem);
  for (std::size_t length = 0; length < xml.size(); ++length)
    EXPECT_LE(read(std::string_view{xml}.substr(0, length)).values.size(), 1u) << length;
}

TEST(XmlAttributes, AnySpellingOfXmlIsUnderstood) {
  EXPECT_EQ(read("<globalModules><add\timage='a.dll'/>\n<add\nname=''\r\n image = \"b.dll\"></add>"
                 "<add image='C:\\x&#x5c;&amp;&#46;dll'/></globalModules>")
                .values,
            (Texts{"a.dll", "b.dll", "C:\\x\\&.dll"}));
}

TEST(XmlAttributes, WhatStandsBeforeABreakIsReadAndTheBreakIsSaid) {
  const auto read_part = read("<globalModules><add image='a.dll'/><add image=");
  EXPECT_EQ(read_part.values, Texts{"a.dll"});
  ASSERT_TRUE(read_part.problem);
  EXPECT_EQ(read_part.problem->code, Errc::malformed);
  EXPECT_EQ(
      read("<globalModules><add image='a'/><add image='b'/></globalModules>", 1).problem->code,
      Errc::limit);
}

TEST(XmlAttributes, DeepNestingEnds) {
  std::string xml;
  for (int i = 0; i < 200'000; ++i) xml += "<a>";
  EXPECT_TRUE(read(xml).values.empty());
}

}  // namespace
}  // namespace hozen
