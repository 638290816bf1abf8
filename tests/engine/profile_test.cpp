#include "collector/engine/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kClusters[] = {"used", "all"};
constexpr std::string_view kVolumes[] = {"every", "system"};
constexpr ModuleOption kCopyOptions[] = {{"clusters", "Which clusters.", kClusters},
                                         {"volumes", "Which volumes.", kVolumes}};
const std::vector<KnownModule> kModules{
    {"autostarts"}, {"copy", kCopyOptions}, {"run_keys"}, {"services"}};
constexpr std::string_view kBaseXml =
    "<profile version=\"1\" summary=\"Base\">"
    "<limits max-file-size=\"10 MiB\" max-files=\"7\"/>"
    "<module name=\"run_keys\" priority=\"high\"/>"
    "<target category=\"logs\" reason=\"Logs\" priority=\"normal\" max-file-size=\"1 MiB\">"
    "<path>%SystemRoot%\\Logs\\*.log</path></target>"
    "</profile>";
const std::vector<EmbeddedProfile> kEmbedded{{"base", kBaseXml}};

ProfileReading read(const std::vector<std::string>& texts) {
  std::vector<ProfileText> all;
  for (const auto& xml : texts) all.push_back({"test", "test.xml", xml});
  return read_profiles(all, kEmbedded, kModules);
}

std::string profile_of(const std::string& content) {
  return "<profile version=\"1\" summary=\"S\">\n" + content + "\n</profile>";
}

/// The problems of one text as lines.
std::string problems_of(const std::string& xml) {
  std::string lines;
  for (const auto& problem : read({xml}).problems) lines += problem.text() + "\n";
  return lines;
}

std::string target(const std::string& attributes, const std::string& path) {
  return profile_of("<target category=\"c\" reason=\"r\" " + attributes + "><path>" + path +
                    "</path></target>");
}

TEST(Profile, ReadsEveryElement) {
  const auto reading = read({R"(<?xml version="1.0"?><!-- c -->
<profile version="1" summary="All of it">
  <limits max-file-size="512 MiB" max-total-size="2G" max-files="1000"/>
  <module name="autostarts" priority="crown_jewels" max-file-size="5 MB"/>
  <target category="event_logs" reason="Logs tell" priority="crown_jewels" max-file-size="1 KiB" streams="true">
    <path>%SystemRoot%\System32\winevt\Logs\*.evtx</path>
    <path> C:\a\**\b.txt </path>
  </target>
</profile>)"});
  ASSERT_THAT(reading.problems, IsEmpty());
  const Profile& profile = reading.profile;
  EXPECT_EQ(profile.summary, "All of it");
  EXPECT_EQ(profile.limits.max_file_bytes, 512u << 20);
  EXPECT_EQ(profile.limits.max_total_bytes, 2ull << 30);
  EXPECT_EQ(profile.limits.max_files, 1000u);
  ASSERT_EQ(profile.modules.size(), 1u);
  EXPECT_EQ(profile.modules[0].name, "autostarts");
  EXPECT_EQ(profile.modules[0].priority, Priority::crown_jewels);
  EXPECT_EQ(profile.modules[0].max_file_bytes, 5'000'000u);
  ASSERT_EQ(profile.targets.size(), 2u);
  EXPECT_EQ(profile.targets[0].category, "event_logs");
  EXPECT_EQ(profile.targets[0].reason, "Logs tell");
  EXPECT_EQ(profile.targets[0].priority, Priority::crown_jewels);
  EXPECT_EQ(profile.targets[0].max_file_bytes, 1024u);
  EXPECT_TRUE(profile.targets[0].streams);
  EXPECT_EQ(profile.targets[1].pattern.text, "C:\\a\\**\\b.txt");
  ASSERT_EQ(profile.files.size(), 1u);
  EXPECT_EQ(profile.files[0].origin, "test.xml");
  EXPECT_NE(profile.files[0].sha256, Sha256Digest{});
}

TEST(Profile, UnitesSeveralWithHighestLimitsAndPriorities) {
  const auto reading =
      read({profile_of(R"(<include profile="base"/><module name="autostarts" priority="bulk"/>)"),
            profile_of(R"(<limits max-file-size="5 MiB" max-files="9"/>
         <module name="run_keys" priority="crown_jewels"/>
         <target category="x" reason="y" priority="high" max-file-size="2 MiB" streams="true">
           <path>%systemroot%\LOGS\*.LOG</path></target>)")});
  ASSERT_THAT(reading.problems, IsEmpty());
  const Profile& profile = reading.profile;
  EXPECT_EQ(profile.limits.max_file_bytes, 10u << 20);
  EXPECT_EQ(profile.limits.max_files, 9u);
  EXPECT_EQ(profile.limits.max_total_bytes, Limits{}.max_total_bytes);
  ASSERT_EQ(profile.modules.size(), 2u);
  EXPECT_EQ(profile.modules[0].name, "run_keys");
  EXPECT_EQ(profile.modules[0].priority, Priority::crown_jewels);
  EXPECT_EQ(profile.modules[1].name, "autostarts");
  ASSERT_EQ(profile.targets.size(), 1u);
  EXPECT_EQ(profile.targets[0].category, "logs");
  EXPECT_EQ(profile.targets[0].priority, Priority::high);
  EXPECT_EQ(profile.targets[0].max_file_bytes, 2u << 20);
  EXPECT_TRUE(profile.targets[0].streams);
  EXPECT_EQ(profile.files.size(), 3u);
}

TEST(Profile, ItsOwnLimitsGoBeforeThoseOfItsIncludes) {
  const std::string include = R"(<include profile="base"/>)";
  const std::string own = R"(<limits max-file-size="5 MiB" max-total-size="60 KiB"/>)";
  for (const auto& content : {include + own, own + include}) {
    const auto reading = read({profile_of(content)});
    ASSERT_THAT(reading.problems, IsEmpty());
    EXPECT_EQ(reading.profile.limits.max_file_bytes, 5u << 20) << content;
    EXPECT_EQ(reading.profile.limits.max_total_bytes, 60u << 10) << content;
    EXPECT_EQ(reading.profile.limits.max_files, 7u) << content;
  }
  // Of several that were given the highest counts, whichever came first.
  const std::string base{kBaseXml};
  for (const auto& texts : {std::vector<std::string>{profile_of(include + own), base},
                            std::vector<std::string>{base, profile_of(include + own)}}) {
    EXPECT_EQ(read(texts).profile.limits.max_file_bytes, 10u << 20);
    EXPECT_EQ(read(texts).profile.limits.max_total_bytes, 60u << 10);
  }
}

TEST(Profile, OneThatCollectsNothingIsRefused) {
  const std::string message =
      "test.xml:1: this profile collects nothing: it needs a <module>, a <target> or an <include> "
      "of a shipped profile\n";
  EXPECT_EQ(problems_of(profile_of("")), message);
  EXPECT_EQ(problems_of(profile_of("<limits max-files=\"5\"/>")), message);
  // Beside another as well: it would change nothing.
  const auto both =
      read({profile_of("<!-- nothing -->"), profile_of("<include profile=\"base\"/>")});
  EXPECT_EQ(both.problems.size(), 1u);
  // Where something else is wrong, that is what has to be mended.
  EXPECT_EQ(read({profile_of("<include profile=\"bse\"/>")}).problems.size(), 1u);
  EXPECT_EQ(read({profile_of("<module name=\"x\"/>")}).problems.size(), 1u);
  EXPECT_THAT(problems_of(profile_of("<include profile=\"base\"/>")), IsEmpty());
  EXPECT_THAT(problems_of(profile_of("<module name=\"run_keys\"/>")), IsEmpty());
  EXPECT_THAT(problems_of(target("", "C:\\a")), IsEmpty());
}

TEST(Profile, SaysFileLineAndSuggestionForUnknownNames) {
  EXPECT_EQ(problems_of(profile_of("<modul name=\"run_keys\"/>")),
            "test.xml:2: unknown element <modul> in <profile> (did you mean \"module\"?); known: "
            "include, limits, module, target\n");
  EXPECT_EQ(problems_of(profile_of("<module name=\"run_kesy\"/>")),
            "test.xml:2: unknown module \"run_kesy\" (did you mean \"run_keys\"?); known: "
            "autostarts copy run_keys services\n");
  EXPECT_EQ(problems_of(profile_of("\n<module\n name=\"run_keys\"\n prioritty=\"high\"/>")),
            "test.xml:5: unknown attribute \"prioritty\" of <module> (did you mean "
            "\"priority\"?); known: name, priority, max-file-size\n");
  EXPECT_THAT(problems_of(profile_of("<module name=\"run_keys\" priority=\"hihg\"/>")),
              HasSubstr("test.xml:2: unknown priority \"hihg\" (did you mean \"high\"?)"));
  EXPECT_THAT(problems_of(target("", "%SystemRot%\\a")),
              HasSubstr("unknown variable %SystemRot% (did you mean \"SystemRoot\"?)"));
  EXPECT_THAT(problems_of(profile_of("<include profile=\"bse\"/>")),
              HasSubstr("no shipped profile is named \"bse\" (did you mean \"base\"?)"));
}

struct BadCase {
  std::string name, xml, message;
};
class ProfileBad : public ::testing::TestWithParam<BadCase> {};

TEST_P(ProfileBad, IsRefusedWithTheReason) {
  EXPECT_THAT(problems_of(GetParam().xml), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ProfileBad,
    ::testing::Values(
        BadCase{"Empty", "", "test.xml:1: not well-formed XML"},
        BadCase{"NoElement", "<!-- -->", "test.xml:1: not well-formed XML: No document element"},
        BadCase{"NotClosed", "<profile version=\"1\"\nsummary=\"s\">\n<limits>",
                "test.xml:3: not well-formed"},
        BadCase{"NotUtf8", "<profile summary=\"\xff\"/>", "not UTF-8"},
        BadCase{"OtherRoot", "<profil/>", "root element must be <profile>"},
        BadCase{"TwoRoots", profile_of("") + profile_of(""), "test.xml:3: the root element"},
        BadCase{"DocumentType", "<!DOCTYPE profile>" + profile_of(""), "no document type"},
        BadCase{"OtherVersion", "<profile version=\"2\" summary=\"s\"/>", "version=\"1\" only"},
        BadCase{"NoSummary", "<profile version=\"1\"/>", "needs the attribute summary"},
        BadCase{"TextInProfile", profile_of("hello"), "text directly in <profile>"},
        BadCase{"TwiceAttribute", profile_of("<module name=\"run_keys\" name=\"run_keys\"/>"),
                "stands twice"},
        BadCase{"ModuleNoName", profile_of("<module/>"), "<module> needs the attribute name"},
        BadCase{"PathHasElement", target("", "<b/>"), "unknown element <b> in <path>"},
        BadCase{"TargetNoPath", profile_of("<target category=\"a\" reason=\"b\"/>"),
                "at least one <path>"},
        BadCase{"TargetNoReason", profile_of("<target category=\"a\"><path>C:\\a</path></target>"),
                "needs the attribute reason"},
        BadCase{"CategoryTwoWords",
                profile_of("<target category=\"a b\" reason=\"b\"><path>C:\\a</path></target>"),
                "one word"},
        BadCase{"SizeWord", profile_of("<limits max-file-size=\"big\"/>"), "not a size"},
        BadCase{"SizeZero", profile_of("<limits max-file-size=\"0\"/>"), "not a size"},
        BadCase{"SizeNegative", profile_of("<limits max-total-size=\"-1\"/>"), "not a size"},
        BadCase{"SizeTooLarge", profile_of("<limits max-total-size=\"99999999999 TiB\"/>"),
                "not a size"},
        BadCase{"FilesWord", profile_of("<limits max-files=\"many\"/>"), "not a number"},
        BadCase{"StreamsWord", target("streams=\"yes\"", "C:\\a"), "must be \"true\" or \"false\""},
        BadCase{"PathEmpty", target("", ""), "must begin with a variable"},
        BadCase{"PathRelative", target("", "Windows\\a"), "must begin with a variable"},
        BadCase{"PathUnc", target("", "\\\\server\\share\\a"), "must begin with a variable"},
        BadCase{"PathRootOnly", target("", "C:\\"), "names no file"},
        BadCase{"PathUp", target("", "C:\\a\\..\\b"), "may not contain . or .."},
        BadCase{"PathSlash", target("", "C:\\a/b"), "character that no Windows name can have"},
        BadCase{"PathEmptyComponent", target("", "C:\\a\\\\b"), "empty component"},
        BadCase{"PathTrailing", target("", "C:\\a\\"), "empty component"},
        BadCase{"PathStars", target("", "C:\\a**\\b"), "** must stand alone"},
        BadCase{"PathNoStream", target("", "C:\\a:"), "name of the stream"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(Profile, ListsEveryProblemAndNotMoreThanItsCap) {
  EXPECT_EQ(read({profile_of("<a/>\n<b/>\n<module name=\"x\"/>")}).problems.size(), 3u);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "<a/>";
  EXPECT_EQ(read({profile_of(many)}).problems.size(), 100u);
}

TEST(Profile, OneMistakeHidesNoOther) {
  const auto problems =
      read({"<profile version=\"1\" summary=\"s\">\n"
            "<include profile=\"bse\"/>\n"
            "<limits max-file-size=\"2 GiBB\" max-total-size=\"-1\" "
            "max-files=\"1e5\"/>\n"
            "<module name=\"run_key\" priority=\"hi\" max-file-size=\"x\"/>\n"
            "<target category=\"a b\" priority=\"hi\" reason=\"\">"
            "<path>%SystemRoo%\\x</path><path>..\\x</path><path></path></target>\n"
            "<targt/>\n<module/>\n<include profile=\"\"/>\n</profile>"})
          .problems;
  std::string lines;
  for (const auto& problem : problems) lines += std::to_string(problem.line) + " ";
  EXPECT_EQ(lines, "2 3 3 3 4 4 4 5 5 5 5 5 5 6 7 8 ");
  std::string text;
  for (const auto& problem : problems) text += problem.text() + "\n";
  for (const char* part :
       {"no shipped profile is named \"bse\"", "max-file-size=\"2 GiBB\"", "max-total-size=\"-1\"",
        "max-files=\"1e5\"", "unknown module \"run_key\"", "max-file-size=\"x\"",
        "unknown priority \"hi\"", "a category is one word", "needs the attribute reason",
        "unknown element <targt>", "<module> needs the attribute name",
        "<include> needs the attribute profile"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(Profile, AnUnreadableTextHasNoFurtherProblems) {
  EXPECT_EQ(
      read({"<profile version=\"1\" summary=\"s\"><module name=\"x\"></profile>"}).problems.size(),
      1u);
  EXPECT_EQ(read({"<Profile><module name=\"x\"/></Profile>"}).problems.size(), 1u);
}

TEST(Profile, SurvivesTruncationAtEveryLength) {
  const std::string whole{kBaseXml};
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(read({whole.substr(0, length)}).problems.empty()) << length;
}

TEST(Profile, SurvivesDeepNesting) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_FALSE(read({deep}).problems.empty());
  std::string closed = deep;
  for (int i = 0; i < 100'000; ++i) closed += "</a>";
  EXPECT_FALSE(read({profile_of(closed)}).problems.empty());
}

TEST(EmbeddedProfiles, AreValidAndNameTheirPurpose) {
  const auto names = embedded_profile_names(embedded_profiles());
  EXPECT_THAT(names, ::testing::IsSupersetOf({"full", "persistence", "triage"}));
  const auto modules = known_modules(all_modules());
  for (const auto& name : names) {
    const auto text = embedded_profile_text(embedded_profiles(), name);
    ASSERT_TRUE(text);
    const std::vector<ProfileText> texts{*text};
    const auto reading = read_profiles(texts, embedded_profiles(), modules);
    for (const auto& problem : reading.problems) ADD_FAILURE() << problem.text();
    EXPECT_FALSE(reading.profile.targets.empty() && reading.profile.modules.empty()) << name;
  }
}

TEST(ProfileOptions, AreThoseOfTheModule) {
  const auto options_of = [](const std::vector<std::string>& contents) {
    std::vector<std::string> texts;
    for (const auto& content : contents) texts.push_back(profile_of(content));
    const auto reading = read(texts);
    EXPECT_TRUE(reading.problems.empty()) << reading.problems[0].text();
    return reading.profile.modules.at(0).options;
  };
  const std::string all =
      "<module name=\"copy\"><option name=\"clusters\" value=\"all\"/></module>";
  const std::string used =
      "<module name=\"copy\"><option name=\"clusters\" value=\"used\"/></module>";
  using Options = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(options_of({all}), (Options{{"clusters", "all"}}));
  EXPECT_EQ(options_of({used}), Options{});
  EXPECT_EQ(options_of({used, all}), (Options{{"clusters", "all"}})) << "who chose counts";
  EXPECT_EQ(options_of({all, used}), (Options{{"clusters", "all"}}));
  EXPECT_EQ(options_of({all,
                        "<module name=\"copy\"><option name=\"volumes\" "
                        "value=\"system\"/></module>"}),
            (Options{{"clusters", "all"}, {"volumes", "system"}}));
}

TEST(ProfileOptions, TellWhatIsWrongWithThem) {
  const auto problem_of = [](const std::string& content) {
    const auto reading = read({profile_of(content)});
    return reading.problems.empty() ? std::string{} : reading.problems[0].text();
  };
  EXPECT_THAT(problem_of("<module name=\"copy\"><option name=\"cluster\" value=\"all\"/></module>"),
              HasSubstr("has no option \"cluster\" (did you mean \"clusters\"?)"));
  EXPECT_THAT(problem_of("<module name=\"copy\"><option name=\"clusters\" value=\"al\"/></module>"),
              HasSubstr("unknown value \"al\" of the option \"clusters\" (did you mean \"all\"?)"));
  EXPECT_THAT(problem_of("<module name=\"services\"><option name=\"a\" value=\"b\"/></module>"),
              HasSubstr("it has none"));
  EXPECT_THAT(problem_of("<module name=\"copy\"><option name=\"clusters\"/></module>"),
              HasSubstr("needs the attribute value"));
}

}  // namespace
}  // namespace hozen
