// What a run does with signatures: answers the questions of findings, and tells what it could not
// read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/module/signature_answers.h"
#include "tests/builders/fake_windows.h"
#include "tests/engine/run_bundle.h"

namespace hozen {
namespace {

using test::Json;
using test::run_bundle;
using test::RunBundle;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kFile = "C:\\Windows\\notepad.exe";

void report_of(ModuleContext& context, const char* rule, int weight) {
  Finding finding;
  finding.rule = rule;
  finding.title = "Something starts";
  finding.subject = rule;
  finding.why.push_back({"It starts.", weight, Family::location, {"asks-1"}});
  finding.not_checked = {unchecked_signature(kFile)};
  context.report(std::move(finding));
}
Result<void> ask(ModuleContext& context) {
  report_of(context, "asks.medium", 50);
  report_of(context, "asks.low", 20);
  return {};
}
const ModuleSpec kAsks{"asks", "Asks.", {}, {}, {}, ask};

class SignaturesRunTest : public ::testing::Test {
 protected:
  RunBundle run() {
    windows.program(kFile);
    test::RunSetup setup;
    setup.modules = {&kAsks};
    setup.options.profile.modules = {ProfileModule{"asks"}};
    setup.options.list_files = {{"revoked", "stolen.txt", Sha256Digest{}, 2}};
    const auto source = windows.source();
    return run_bundle(*source, setup);
  }
  static Json finding(const RunBundle& run, const std::string& rule) {
    for (const Json& row : run.rows("findings"))
      if (row["rule"] == rule) return row;
    ADD_FAILURE() << rule;
    return {};
  }
  fake::FakeWindows windows;
};

TEST_F(SignaturesRunTest, FindingsOfMediumSayWhatTheSignatureSays) {
  const RunBundle bundle = run();
  const Json medium = finding(bundle, "asks.medium");
  ASSERT_THAT(medium["why"], SizeIs(2));
  EXPECT_THAT(medium["why"][1]["fact"].get<std::string>(), HasSubstr("is not signed"));
  EXPECT_EQ(medium["severity"], "medium");
  EXPECT_THAT(medium.dump(), Not(HasSubstr("Signature of ")));
  // Those that nobody looks at first are not worth the reading.
  const Json low = finding(bundle, "asks.low");
  EXPECT_THAT(low["why"], SizeIs(1));
  EXPECT_THAT(low.dump(), HasSubstr("Signature of "));
}

TEST_F(SignaturesRunTest, CatalogsThatCannotBeReadAreProblems) {
  EXPECT_THAT(run().rows("records/problems"), IsEmpty());
  windows.file("C:\\Windows\\System32\\CatRoot\\{F}\\bad.cat", "no catalog");
  const auto problems = run().rows("records/problems");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].dump(), HasSubstr("bad.cat"));
}

TEST_F(SignaturesRunTest, TheManifestNamesTheListsOfTheOperator) {
  const Json lists = run().json("manifest.json")["collection"]["lists"];
  ASSERT_THAT(lists, SizeIs(1));
  EXPECT_EQ(lists[0]["use"], "revoked");
  EXPECT_EQ(lists[0]["entries"], 2);
}

}  // namespace
}  // namespace hozen
