// What event records say, as JSON and XML: every type of value, every kind of BinXml.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "tests/builders/evtx_builder.h"
#include "tests/formats/evtx_reading.h"

namespace hozen::evtx {
namespace {

using namespace builders;
using ::testing::HasSubstr;
using ::testing::Not;

EventRead read_one(const EvtxBuilder& builder) {
  const auto read = read_log(builder.bytes());
  EXPECT_TRUE(read);
  if (!read || read->events.size() != 1) {
    ADD_FAILURE() << "no single event";
    return {};
  }
  EXPECT_TRUE(read->problems.empty());
  return read->events[0];
}

EventRead read_data(std::vector<std::pair<std::string, EvtxValue>> data,
                    std::string section = "EventData") {
  return read_one(EvtxBuilder{}.event({.data = std::move(data), .section = std::move(section)}));
}

EvtxBytes bytes_of_hex(std::initializer_list<unsigned> values) {
  EvtxBytes bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

struct TypeCase {
  const char* name;
  EvtxValue value;
  const char* json;
  const char* xml;
};

class BinXmlTypes : public testing::TestWithParam<TypeCase> {};

TEST_P(BinXmlTypes, AreWrittenAsWindowsShowsThem) {
  const TypeCase& one = GetParam();
  const EventRead event = read_data({{"x", one.value}});
  EXPECT_EQ(event.fault, "");
  EXPECT_THAT(event.json, HasSubstr("\"EventData\":{\"x\":" + std::string{one.json} + "}"));
  EXPECT_THAT(event.json, HasSubstr("\"data\":{\"x\":" + std::string{one.json} + "}"));
  EXPECT_THAT(event.xml, HasSubstr(one.xml));
}

const std::vector<TypeCase> kTypes{
    {"null", evtx_null(), "null", "<Data Name=\"x\"></Data>"},
    {"text", evtx_text("a<b>&\"\n日本\xF0\x9F\x98\x80"), "\"a<b>&\\\"\\n日本\xF0\x9F\x98\x80\"",
     ">a&lt;b&gt;&amp;\"\n日本\xF0\x9F\x98\x80</Data>"},
    {"empty_text", evtx_text(""), "\"\"", "<Data Name=\"x\"></Data>"},
    {"text_with_nuls_behind", evtx_raw(1, bytes_of_hex({'a', 0, 0, 0, 0, 0})), "\"a\"", ">a<"},
    {"text_with_nul_inside", evtx_raw(1, bytes_of_hex({'a', 0, 0, 0, 'b', 0})), "\"a\\u0000b\"",
     ">a\xEF\xBF\xBD"
     "b<"},
    {"ansi", evtx_raw(2, bytes_of_hex({'a', '"', 0})), "\"a\\\"\"", ">a\"<"},
    {"int8", evtx_number(3, 0x80, 1), "-128", ">-128<"},
    {"uint8", evtx_number(4, 255, 1), "255", ">255<"},
    {"int16", evtx_number(5, 0x8000, 2), "-32768", ">-32768<"},
    {"uint16", evtx_number(6, 65535, 2), "65535", ">65535<"},
    {"int32", evtx_number(7, 0x80000000, 4), "-2147483648", ">-2147483648<"},
    {"uint32", evtx_number(8, 0xFFFFFFFF, 4), "4294967295", ">4294967295<"},
    {"int64", evtx_number(9, 0x8000000000000000, 8), "-9223372036854775808", "5808<"},
    {"uint64", evtx_number(0x0A, ~0ull, 8), "18446744073709551615", "1615<"},
    {"float32", evtx_number(0x0B, 0x3FC00000, 4), "1.5", ">1.5<"},
    {"float64", evtx_number(0x0C, 0xBFF8000000000000, 8), "-1.5", ">-1.5<"},
    {"not_a_number", evtx_number(0x0C, 0x7FF8000000000000, 8), "\"NaN\"", ">NaN<"},
    {"infinite", evtx_number(0x0B, 0xFF800000, 4), "\"-INF\"", ">-INF<"},
    {"true", evtx_number(0x0D, 1, 4), "true", ">true<"},
    {"false", evtx_number(0x0D, 0, 4), "false", ">false<"},
    {"true_as_well", evtx_number(0x0D, 7, 4), "true", ">true<"},
    {"binary", evtx_raw(0x0E, bytes_of_hex({0, 0xAB, 0xFF})), "\"00abff\"", ">00ABFF<"},
    {"guid",
     evtx_raw(0x0F, bytes_of_hex({0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA,
                                  0xBB, 0xCC, 0xDD, 0xEE, 0xFF})),
     "\"{00112233-4455-6677-8899-AABBCCDDEEFF}\"", "{00112233-4455-6677-8899-AABBCCDDEEFF}"},
    {"size_t_32", evtx_number(0x10, 588, 4), "\"0x24c\"", ">0x24c<"},
    {"size_t_64", evtx_number(0x10, 588, 8), "\"0x24c\"", ">0x24c<"},
    {"filetime", evtx_time(FileTime{133'000'000'000'000'001}), "\"2022-06-18T04:26:40.0000001Z\"",
     ">2022-06-18T04:26:40.0000001Z<"},
    {"systemtime",
     evtx_raw(0x12, bytes_of_hex({0xE6, 7, 6, 0, 6, 0, 18, 0, 4, 0, 26, 0, 40, 0, 9, 0})),
     "\"2022-06-18T04:26:40.009Z\"", ">2022-06-18T04:26:40.009Z<"},
    {"no_systemtime",
     evtx_raw(0x12, bytes_of_hex({0xE6, 7, 13, 0, 6, 0, 18, 0, 4, 0, 26, 0, 40, 0, 9, 0})),
     "\"e6070d00060012000400"
     "1a0028000900\"",
     ">E6070D00060012000400"
     "1A0028000900<"},
    {"sid", evtx_sid(5, {21, 1, 2, 4294967295}), "\"S-1-5-21-1-2-4294967295\"",
     ">S-1-5-21-1-2-4294967295<"},
    {"large_authority", evtx_sid(0x123456789ABC, {1}), "\"S-1-0x123456789abc-1\"",
     ">S-1-0x123456789abc-1<"},
    {"cut_sid", evtx_raw(0x13, bytes_of_hex({1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0})),
     "\"010200000000000520000000\"", ">010200000000000520000000<"},
    {"hex32", evtx_number(0x14, 0xC000006D, 4), "\"0xc000006d\"", ">0xc000006d<"},
    {"hex64", evtx_number(0x15, 0x3E7, 8), "\"0x3e7\"", ">0x3e7<"},
    {"wrong_size", evtx_number(8, 0x1234, 2), "\"3412\"", ">3412<"},
    {"unknown_type", evtx_number(0x55, 0x1234, 2), "\"3412\"", ">3412<"},
    {"texts", evtx_texts({"a", "", "c"}), "[\"a\",\"\",\"c\"]",
     "<Data Name=\"x\">a</Data><Data Name=\"x\"></Data><Data Name=\"x\">c</Data>"},
    {"numbers", evtx_raw(0x86, bytes_of_hex({1, 0, 2, 0})), "[1,2]",
     "<Data Name=\"x\">1</Data><Data Name=\"x\">2</Data>"},
    {"broken_numbers", evtx_raw(0x86, bytes_of_hex({1, 0, 2})), "\"010002\"", ">010002<"},
    {"no_numbers", evtx_raw(0x86, {}), "[]", "<EventData></EventData>"},
    {"ansi_texts", evtx_raw(0x82, bytes_of_hex({'a', 0, 'b'})), "[\"a\",\"b\"]",
     "<Data Name=\"x\">a</Data><Data Name=\"x\">b</Data>"},
};
INSTANTIATE_TEST_SUITE_P(All, BinXmlTypes, testing::ValuesIn(kTypes),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(BinXmlTypes, ArraysOfSidsAreCutByTheirOwnLengths) {
  EvtxValue sids = evtx_sid(5, {18});
  const EvtxValue more = evtx_sid(5, {32, 544});
  sids.type = 0x93;
  sids.bytes.insert(sids.bytes.end(), more.bytes.begin(), more.bytes.end());
  EXPECT_THAT(read_data({{"x", sids}}).json, HasSubstr("\"x\":[\"S-1-5-18\",\"S-1-5-32-544\"]"));
}

TEST(BinXmlJson, KeepsTheUnitsOfTextThatIsNoUnicode) {
  const auto lone = evtx_raw(1, bytes_of_hex({'a', 0, 0x00, 0xD8}));
  const EventRead event = read_data({{"x", lone}});
  EXPECT_THAT(event.json, HasSubstr("\"x\":\"a\xEF\xBF\xBD\",\"x_utf16\":\"610000d8\""));
  EXPECT_THAT(event.xml, HasSubstr(">a\xEF\xBF\xBD<"));
}

TEST(BinXmlJson, NumbersValuesWithoutNames) {
  EXPECT_THAT(
      read_data({{"", evtx_text("a")}, {"", evtx_number(8, 2, 4)}, {"n", evtx_text("c")}}).json,
      HasSubstr("\"data\":{\"param1\":\"a\",\"param2\":2,\"n\":\"c\"}"));
  EXPECT_THAT(read_data({{"", evtx_texts({"a", "b"})}, {"", evtx_text("c")}}).json,
              HasSubstr("\"data\":{\"param1\":\"a\",\"param2\":\"b\",\"param3\":\"c\"}"));
}

TEST(BinXmlJson, ListsAllValuesOfANameThatRepeats) {
  const EventRead event =
      read_data({{"x", evtx_text("a")}, {"y", evtx_null()}, {"x", evtx_number(8, 2, 4)}});
  EXPECT_THAT(event.json, HasSubstr("\"data\":{\"x\":[\"a\",2],\"y\":null}"));
  EXPECT_THAT(event.json, HasSubstr("\"EventData\":{\"x\":[\"a\",2],\"y\":null}"));
}

TEST(BinXmlJson, FlattensUserDataAndKeepsItsForm) {
  const EventRead event =
      read_data({{"SubjectUserName", evtx_text("a")}, {"BackupPath", evtx_text("b")}}, "UserData");
  EXPECT_THAT(event.json, HasSubstr("\"data\":{\"SubjectUserName\":\"a\",\"BackupPath\":\"b\"}"));
  EXPECT_THAT(event.json, HasSubstr("\"UserData\":{\"EventXML\":{\"SubjectUserName\":\"a\","
                                    "\"BackupPath\":\"b\"}}"));
}

TEST(BinXmlJson, HasTheAttributesOfSystem) {
  const EventRead event = read_data({});
  EXPECT_THAT(event.json,
              HasSubstr("\"System\":{\"Provider\":{\"Name\":\"Service Control Manager\"},"
                        "\"EventID\":7045,\"Level\":4,"
                        "\"Keywords\":\"0x8080000000000000\",\"TimeCreated\":"
                        "{\"SystemTime\":\"2022-06-18T04:26:40.0000000Z\"},"
                        "\"EventRecordID\":1,\"Correlation\":{},\"Channel\":\"System\","
                        "\"Computer\":\"PC\"}"));
  EXPECT_THAT(event.xml, HasSubstr("<Correlation/>"));  // its attribute has a null value
}

/// An event whose EventData is this.
EventRead read_tree(std::vector<EvtxPart> content, const std::vector<EvtxValue>& values = {}) {
  return read_one(EvtxBuilder{}.record(
      {"Event", {}, {evtx_element({"EventData", {}, std::move(content)})}}, values));
}

TEST(BinXmlElements, TextAndAttributesStandSideBySide) {
  const EventRead event = read_one(EvtxBuilder{}.record(
      {"Event",
       {},
       {evtx_element({"System",
                      {},
                      {evtx_element({"EventID",
                                     {{"Qualifiers", {evtx_substitution(0, true)}}},
                                     {evtx_substitution(1)}})}})}},
      {evtx_number(6, 16384, 2), evtx_number(6, 7045, 2)}));
  EXPECT_THAT(event.json, HasSubstr("\"System\":{\"EventID\":7045,\"EventID@Qualifiers\":16384}"));
  EXPECT_THAT(event.xml, HasSubstr("<EventID Qualifiers=\"16384\">7045</EventID>"));
}

/// Names of many attributes move what the names of elements are kept in (seen with
/// AddressSanitizer).
TEST(BinXmlElements, AttributesOfEventDataLeaveItWhatItIs) {
  std::vector<EvtxAttribute> attributes;
  for (int i = 0; i < 80; ++i) {
    const std::string name = "Attribute" + std::to_string(i);
    attributes.push_back({name, {evtx_substitution(0)}});
    const EventRead event = read_one(EvtxBuilder{}.record(
        {"Event",
         {},
         {evtx_element({"EventData", attributes, {evtx_data("Name", 0), evtx_data("Other", 0)}})}},
        {evtx_text("v")}));
    EXPECT_THAT(event.json, HasSubstr("\"@" + name + "\":\"v\""));
    EXPECT_THAT(event.json, HasSubstr("\"Name\":\"v\",\"Other\":\"v\""));
  }
}

TEST(BinXmlElements, OptionalNullLeavesTheElementOut) {
  const EvtxPart optional = evtx_element({"A", {}, {evtx_substitution(0, true)}});
  const EvtxPart normal = evtx_element({"B", {}, {evtx_substitution(0)}});
  const EventRead event = read_tree({optional, normal}, {evtx_null()});
  EXPECT_THAT(event.json, HasSubstr("\"data\":{\"B\":null}"));
  EXPECT_THAT(event.xml, HasSubstr("<EventData><B></B></EventData>"));
}

TEST(BinXmlElements, PutsTextTogether) {
  const EvtxPart quote{.kind = EvtxPart::Kind::entity, .text = "quot"};
  const EvtxPart other{.kind = EvtxPart::Kind::entity, .text = "nbsp"};
  const EvtxPart unit{.kind = EvtxPart::Kind::character, .number = 0x65E5};
  const EvtxPart cdata{.kind = EvtxPart::Kind::cdata, .text = "<c>"};
  const EventRead event = read_tree(
      {evtx_element(
          {"A", {}, {evtx_constant("a"), evtx_substitution(0), quote, other, unit, cdata}})},
      {evtx_number(8, 5, 4)});
  EXPECT_THAT(event.json, HasSubstr("\"A\":\"a5\\\"&nbsp;日<c>\""));
  EXPECT_THAT(event.xml, HasSubstr("<A>a5&quot;&nbsp;日&lt;c&gt;</A>"));
}

TEST(BinXmlElements, KeepsTextBetweenElements) {
  const EventRead event = read_tree(
      {evtx_element({"A",
                     {{"n", {evtx_constant("1")}}},
                     {evtx_constant("t"), evtx_element({"B", {}, {evtx_constant("b")}})}})});
  EXPECT_THAT(event.json, HasSubstr("{\"@n\":\"1\",\"B\":\"b\",\"#text\":\"t\"}"));
}

/// Windows keeps a hash with each name: what lies in slack may lead into anything.
TEST(BinXmlElements, NamesThatTheirHashDoesNotFitAreNone) {
  const EvtxBuilder log = EvtxBuilder{}.record(
      {"Event",
       {},
       {evtx_element({"EventData", {}, {evtx_element({"Wrong", {}, {evtx_constant("x")}})}})}},
      {});
  std::vector<std::byte> bytes = log.bytes();
  constexpr std::string_view kName{"W\0r\0o\0n\0g\0", 10};
  const auto at = std::search(bytes.begin(), bytes.end(), kName.begin(), kName.end(),
                              [](std::byte a, char b) { return static_cast<char>(a) == b; });
  ASSERT_NE(at, bytes.end());
  *at = std::byte{'V'};
  const auto read = evtx::read_log(bytes);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->events.size(), 1u);
  EXPECT_THAT(read->events[0].fault, HasSubstr("hash"));
  EXPECT_THAT(read->events[0].json, Not(HasSubstr("Vrong")));
}

TEST(BinXmlElements, NamesOfTheEvidenceCannotBreakTheOutput) {
  const EventRead event = read_tree({evtx_element({"a\"b<c\n", {}, {evtx_constant("x")}}),
                                     evtx_element({"", {}, {evtx_constant("y")}})});
  EXPECT_THAT(event.json, HasSubstr("\"data\":{\"a\\\"b<c\\n\":\"x\",\"\":\"y\"}"));
  EXPECT_THAT(event.xml, HasSubstr("<_a_b_c_>x</_a_b_c_><_>y</_>"));
}

/// A name of XML begins with a letter (found by the fuzzer).
TEST(BinXmlElements, NamesThatBeginWithADigitAreNoneOfXml) {
  const EventRead event =
      read_tree({evtx_element({"1", {{"2", {evtx_constant("z")}}}, {evtx_constant("x")}}),
                 evtx_element({"-a", {}, {evtx_constant("y")}}),
                 evtx_element({"_b.1", {}, {evtx_constant("y")}})});
  EXPECT_THAT(event.json, HasSubstr("\"1\":\"x\""));
  EXPECT_THAT(event.json, HasSubstr("\"-a\":\"y\""));
  EXPECT_THAT(event.xml, HasSubstr("<_1 _2=\"z\">x</_1><__a>y</__a><_b.1>y</_b.1>"));
}

TEST(BinXmlElements, SkipsProcessingInstructions) {
  const EvtxPart instruction{.kind = EvtxPart::Kind::instruction, .text = "target"};
  const EventRead event = read_tree({instruction, evtx_element({"A", {}, {evtx_constant("x")}})});
  EXPECT_EQ(event.fault, "");
  EXPECT_THAT(event.json, HasSubstr("\"A\":\"x\""));
}

TEST(BinXmlFragments, ReadsRecordsAndValuesWithoutATemplate) {
  const EvtxElement data{"EventData", {}, {evtx_element({"A", {}, {evtx_constant("x")}})}};
  EXPECT_THAT(read_one(EvtxBuilder{}.plain_record({"Event", {}, {evtx_element(data)}})).json,
              HasSubstr("\"EventData\":{\"A\":\"x\"}"));
  EXPECT_THAT(read_one(EvtxBuilder{}.record({"Event", {}, {evtx_substitution(0)}},
                                            {evtx_embedded(data, {}, false)}))
                  .json,
              HasSubstr("\"EventData\":{\"A\":\"x\"}"));
}

TEST(BinXmlFragments, ReadsAFragmentInAValueOfEventData) {
  const EvtxElement inner{"Inner", {}, {evtx_element({"A", {}, {evtx_substitution(0)}})}};
  const EventRead event = read_data({{"x", evtx_embedded(inner, {evtx_number(8, 1, 4)})}});
  EXPECT_THAT(event.json, HasSubstr("\"data\":{\"x\":{\"Inner\":{\"A\":1}}}"));
  EXPECT_THAT(event.xml, HasSubstr("<Data Name=\"x\"><Inner><A>1</A></Inner></Data>"));
}

TEST(BinXmlFragments, ValuesOfAFragmentInUserDataAreData) {
  const EvtxElement inner{"LogFileCleared",
                          {},
                          {evtx_element({"Channel", {}, {evtx_substitution(0)}}),
                           evtx_element({"BackupPath", {}, {evtx_constant("")}})}};
  const EventRead event = read_one(
      EvtxBuilder{}.record({"Event", {}, {evtx_element({"UserData", {}, {evtx_substitution(0)}})}},
                           {evtx_embedded(inner, {evtx_text("System")})}));
  EXPECT_THAT(event.json, HasSubstr("\"data\":{\"Channel\":\"System\""));
  EXPECT_THAT(event.json, HasSubstr("\"UserData\":{\"LogFileCleared\":{\"Channel\":\"System\""));
}

TEST(BinXmlFragments, OtherSectionsHaveAPlaceOfTheirOwn) {
  const EventRead event = read_one(EvtxBuilder{}.record(
      {"Event",
       {},
       {evtx_element({"EventData", {}, {evtx_element({"A", {}, {evtx_constant("1")}})}}),
        evtx_element({"EventData", {}, {evtx_element({"A", {}, {evtx_constant("2")}})}}),
        evtx_element({"record_id", {}, {evtx_constant("3")}}),
        evtx_element(
            {"RenderingInfo", {}, {evtx_element({"Message", {}, {evtx_constant("m")}})}})}},
      {}));
  EXPECT_THAT(event.json, HasSubstr("\"data\":{\"A\":[\"1\",\"2\"]}"));
  EXPECT_THAT(event.json,
              HasSubstr("\"EventData\":{\"A\":\"1\"},\"RenderingInfo\":{\"Message\":\"m\"},"
                        "\"other\":{\"EventData\":{\"A\":\"2\"},\"record_id\":\"3\"}"));
  EXPECT_THAT(event.json, Not(HasSubstr("\"m\",")));
}

}  // namespace
}  // namespace hozen::evtx
