#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "collector/engine/report/summary.h"
#include "collector/engine/report/ticket.h"
#include "collector/engine/report/words.h"
#include "tests/builders/json.h"

namespace hozen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RankedFinding finding(const std::string& subject, int weight = 45) {
  RankedFinding ranked;
  ranked.id = "finding-1";
  ranked.finding.rule = "run_keys.temp";
  ranked.finding.title = "Program started from a temporary folder";
  ranked.finding.subject = subject;
  ranked.finding.why.push_back({"It lies in Temp.", weight, Family::path, {"run_keys-1"}});
  ranked.finding.attack = {"T1547.001"};
  ranked.finding.not_checked = {"Signature."};
  ranked.finding.benign = {"An installer that waits for a restart."};
  ranked.finding.next = {"Look at the program."};
  ranked.severity = severity_of(ranked.finding);
  ranked.score = score_of(ranked.finding);
  return ranked;
}

BundleSummary example() {
  BundleSummary summary;
  summary.manifest.source.kind = "folder";
  summary.manifest.source.given = "/mnt/c";
  summary.manifest.host = ManifestHost{};
  summary.manifest.host->facts.name = "FAKEPC";
  summary.manifest.host->facts.product = "Windows 10 Pro";
  summary.manifest.host->facts.build = "19045";
  summary.manifest.collection.case_id = "42";
  summary.manifest.tool.version = "0.1.0";
  summary.bundle_path = "/cases/FAKEPC-20260301T120000Z.zip";
  summary.bundle_bytes = 2048;
  summary.seal = Sha256Digest{};
  summary.stored_files = 1234;
  summary.findings = {finding("C:\\Temp\\a.exe")};
  summary.by_severity = {0, 12, 1, 0, 0};
  return summary;
}

TEST(Words, AModifiedBuildStaysOneWhenItsRevisionIsShortened) {
  EXPECT_EQ(short_revision("b5e7ad8af9199b6d3c71fb0d9dbfd226e43b5e20"), "b5e7ad8af919");
  EXPECT_EQ(short_revision("b5e7ad8af9199b6d3c71fb0d9dbfd226e43b5e20+modified"),
            "b5e7ad8af919+modified");
  EXPECT_EQ(short_revision("unknown"), "unknown");
}

TEST(SummaryText, TellsWhatWasFoundAndWhatToDo) {
  const std::string text = summary_text(example(), 5);
  for (const char* part :
       {"/cases/FAKEPC-20260301T120000Z.zip  (2.0 KiB)",
        "Seal      0000000000000000000000000000000000000000000000000000000000000000",
        "FAKEPC (Windows 10 Pro, build 19045)", "1,234 files preserved",
        "Findings  1 medium, 12 low", "MEDIUM (45 of 100)  Program started from a temporary folder",
        "C:\\Temp\\a.exe", "why:         It lies in Temp. (+45)", "not checked: Signature.",
        "innocent if: An installer", "look next:   Look at the program.", "… and 12 more findings",
        "Attach the bundle"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("COULD NOT")));
}

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++count;
  return count;
}

TEST(SummaryText, SaysOnceWhatHoldsForAllFindingsOfOneKind) {
  BundleSummary summary = example();
  for (const char* subject : {"b.exe", "c.exe"}) summary.findings.push_back(finding(subject, 42));
  summary.findings[2].finding.not_checked.emplace_back("Only of the third.");
  summary.findings.push_back(finding("d.exe", 20));
  const std::string text = summary_text(summary, 9);
  EXPECT_THAT(text, HasSubstr("  MEDIUM, 3 times:  Program started from a temporary folder\n"
                              "    not checked: Signature.\n"));
  EXPECT_THAT(text, HasSubstr("  1 of 3, MEDIUM (45 of 100)\n    C:\\Temp\\a.exe\n    why:"));
  EXPECT_THAT(text, HasSubstr("  3 of 3, MEDIUM (42 of 100)\n    c.exe\n"));
  EXPECT_EQ(times(text, "An installer that waits"), 2u) << "of the three, and of the last";
  EXPECT_EQ(times(text, "It lies in Temp."), 4u);
  EXPECT_EQ(times(text, "Only of the third."), 1u);
  EXPECT_THAT(text, HasSubstr("LOW (20 of 100)  Program started"));
  // Two, or of different kinds, stand as they are.
  summary.findings[1].finding.title = "Other";
  EXPECT_THAT(summary_text(summary, 9), Not(HasSubstr("times:")));
}

TEST(SummaryText, TellsHowManyFilesWereNotThere) {
  BundleSummary summary = example();
  EXPECT_THAT(summary_text(summary, 5), Not(HasSubstr("not there")));
  summary.manifest.counts = {{"files", 1234}, {"files_missing", 3}};
  EXPECT_THAT(summary_text(summary, 5),
              HasSubstr("1,234 files preserved; 3 files that could be expected not there"));
}

TEST(SummaryText, ListsWhatFailed) {
  BundleSummary summary = example();
  summary.left_out = 30;
  summary.failures = {{"C:\\pagefile.sys", "failed", "CreateFileW: error 32"}};
  summary.problem_count = 2;
  summary.problems = {{"run_keys", "regf nk cell: malformed"}};
  const std::string text = summary_text(summary, 5);
  EXPECT_THAT(text, HasSubstr("failed: C:\\pagefile.sys: CreateFileW: error 32"));
  EXPECT_THAT(text, HasSubstr("… and 29 more files"));
  EXPECT_THAT(text, HasSubstr("run_keys: regf nk cell: malformed"));
  EXPECT_THAT(text, HasSubstr("… and 1 more problem "));
}

TEST(SummaryText, DoesNotCallAHostClean) {
  BundleSummary summary = example();
  summary.findings.clear();
  summary.by_severity = {};
  EXPECT_THAT(summary_text(summary, 5), HasSubstr("no proof that the host is clean"));
}

TEST(SummaryText, ShowsControlCharactersOfEvidenceInsteadOfObeyingThem) {
  BundleSummary summary = example();
  summary.findings = {finding("C:\\\x1B[2Jgone\r\nResult    complete\u202Egpj.exe")};
  const std::string text = summary_text(summary, 5);
  EXPECT_THAT(text, Not(HasSubstr("\x1B")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, Not(HasSubstr("gone\n")));
  EXPECT_THAT(text, Not(HasSubstr("\u202E")));
}

TEST(SummaryJson, IsOneObjectWithManifestFindingsAndFailures) {
  BundleSummary summary = example();
  summary.failures = {{"C:\\\xED\xA0\x80", "failed", "x"}};
  summary.entries = 9;
  const auto json = test::parse_json(summary_json(summary));
  EXPECT_EQ(json["manifest"]["host"]["name"], "FAKEPC");
  EXPECT_EQ(json["manifest"]["counts"]["entries"], 9);
  EXPECT_FALSE(json["manifest"].contains("entries"));
  EXPECT_EQ(json["findings"][0]["subject"], "C:\\Temp\\a.exe");
  EXPECT_EQ(json["findings_by_severity"]["low"], 12);
  EXPECT_EQ(json["failures"][0]["path"], "C:\\\uFFFD");
  EXPECT_EQ(json["seal"].get<std::string>().size(), 64u);
}

TEST(Ticket, HasWhatATicketNeeds) {
  const std::string text = ticket_text(example());
  for (const char* part :
       {"`FAKEPC-20260301T120000Z.zip`, 2.0 KiB",
        "- Seal: `0000000000000000000000000000000000000000000000000000000000000000`", "- Case: 42",
        "**medium 45**: Program started from a temporary folder", "`C:\\Temp\\a.exe`", "T1547.001",
        "12 further findings in `findings.jsonl`"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(Ticket, StaysUnderItsLengthWhateverTheEvidenceHolds) {
  BundleSummary summary = example();
  summary.findings.clear();
  for (int i = 0; i < 200; ++i) {
    summary.findings.push_back(finding(std::string(20'000, '`') + std::string(5'000, '<')));
    for (int j = 0; j < 50; ++j)
      summary.findings.back().finding.why.push_back({std::string(9'000, '&'), 1, Family::path, {}});
    summary.findings.back().finding.title = std::string(3'000, '[');
  }
  summary.by_severity = {0, 0, 200, 0, 0};
  summary.failures.assign(100, {std::string(9'000, '|'), "failed", std::string(9'000, '*')});
  summary.left_out = 100'000;
  summary.problem_count = 5'000;
  summary.manifest.host->facts.name = std::string(5'000, '_');
  summary.manifest.host->facts.product = "\u65E5\u672C\u8A9E";
  summary.manifest.source.given = std::string(5'000, '`');
  summary.manifest.collection.case_id = std::string(5'000, '@');
  summary.manifest.collection.operator_name = std::string(5'000, '#');
  summary.manifest.tool.version = std::string(5'000, '~');
  summary.bundle_path = "/" + std::string(5'000, '{');
  const std::string text = ticket_text(summary);
  EXPECT_LT(text.size(), 4000u);
  EXPECT_THAT(text, HasSubstr("Attach the bundle unchanged"));
}

struct MarkdownCase {
  std::string text, expected;
};
class MarkdownText : public ::testing::TestWithParam<MarkdownCase> {};
TEST_P(MarkdownText, IsPlain) { EXPECT_EQ(markdown_text(GetParam().text), GetParam().expected); }
INSTANTIATE_TEST_SUITE_P(
    Table, MarkdownText,
    ::testing::Values(MarkdownCase{"plain", "plain"}, MarkdownCase{"*b* _i_", "\\*b\\* \\_i\\_"},
                      MarkdownCase{"<img src=x>", "&lt;img src=x&gt;"},
                      MarkdownCase{"[a](javascript:x)", "\\[a\\](javascript:x)"},
                      MarkdownCase{"http://evil.example", "http\\://evil.example"},
                      MarkdownCase{"WWW.evil.example", "WWW\\.evil.example"},
                      MarkdownCase{"@everyone #1", "\\@everyone \\#1"},
                      MarkdownCase{"a\nb", "a\\\\u\\{000A\\}b"}));

TEST(MarkdownCode, CannotBeLeft) {
  EXPECT_EQ(markdown_code("a"), "`a`");
  EXPECT_EQ(markdown_code("a`b``c"), "```a`b``c```");
  EXPECT_EQ(markdown_code("`"), "`` ` ``");
  EXPECT_THAT(markdown_code("a\nb"), Not(HasSubstr("\n")));
}

TEST(Words, WrapAtSpacesAndKeepLongWordsWhole) {
  EXPECT_EQ(wrapped("", 10, 2), "");
  EXPECT_EQ(wrapped("a b", 10, 2), "a b");
  EXPECT_EQ(wrapped("aaa bbb ccc", 10, 2), "aaa bbb\n  ccc");
  EXPECT_EQ(wrapped("C:\\a\\long\\path b", 10, 2), "C:\\a\\long\\path\n  b");
}

TEST(Words, CutBetweenCharacters) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("\u65E5\u672C\u8A9E", 8), "\u65E5…");
  EXPECT_EQ(shortened("abcdef", 5), "ab…");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(counted(1, "file"), "1 file");
}

}  // namespace
}  // namespace hozen
