// hozen verify and hozen extract as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "tests/builders/bundle_builder.h"
#include "tests/builders/file_text.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::Ended;
using test::to_bytes;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// start.json of a run.
std::string run_start() {
  Manifest manifest;
  manifest.collection.id = "7";
  return start_json(manifest, {{"run_keys"}, {}});
}

class BundleCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    test::BundleBuilder builder;
    bytes = add_sample(builder).bytes();
    seal = to_hex(builder.seal());
    write();
  }
  void write() {
    std::ofstream file{folder.path() / "b.zip", std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  Ended run(const std::vector<std::string>& arguments) {
    return test::run_program(arguments, folder.text());
  }
  std::string content(const std::string& relative) {
    return test::file_text(folder.path() / relative);
  }

  TempFolder folder;
  std::vector<std::byte> bytes;
  std::string seal;
};

TEST_F(BundleCommandTest, VerifiesAnIntactBundleAndPrintsItsSeal) {
  const Ended ended = run({"verify", "b.zip"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_THAT(ended.output, HasSubstr("b.zip: intact"));
  EXPECT_THAT(ended.output, HasSubstr("seal " + seal));
  EXPECT_THAT(ended.error, IsEmpty());
  std::string upper = seal;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  EXPECT_EQ(run({"verify", "--seal", upper, "b.zip"}).exit_code, 0);
}

TEST_F(BundleCommandTest, NamesWhatWasChanged) {
  bytes[8] ^= std::byte{8};
  write();
  const Ended ended = run({"verify", "b.zip"});
  EXPECT_EQ(ended.exit_code, 6);
  EXPECT_THAT(ended.output, HasSubstr("local header of start.json: its method"));
  EXPECT_THAT(ended.output, HasSubstr("NOT intact, 1 problem"));
}

TEST_F(BundleCommandTest, TellsAnEditedBundleByItsSeal) {
  // Another content, everything made consistent again.
  test::BundleBuilder edited;
  bytes = edited.entry("start.json", "{}\n").bytes();
  write();
  EXPECT_EQ(run({"verify", "b.zip"}).exit_code, 0);
  const Ended ended = run({"verify", "b.zip", "--seal", seal});
  EXPECT_EQ(ended.exit_code, 6);
  EXPECT_THAT(ended.output, HasSubstr("The seal is not the one given"));
}

TEST_F(BundleCommandTest, SaysWhatIsWrongWithItsArguments) {
  EXPECT_EQ(run({"verify"}).exit_code, 2);
  EXPECT_EQ(run({"verify", "--seal", "123", "b.zip"}).exit_code, 2);
  EXPECT_EQ(run({"verify", "--seal", "", "b.zip"}).exit_code, 2);
  EXPECT_EQ(run({"verify", "none.zip"}).exit_code, 4);
  EXPECT_THAT(run({"verify", "none.zip"}).error, HasSubstr("none.zip"));
  EXPECT_EQ(run({"verify", "."}).exit_code, 4);
  EXPECT_EQ(run({"extract", "none.zip", "out"}).exit_code, 4);
  EXPECT_EQ(run({"extract", "b.zip"}).exit_code, 2);
}

TEST_F(BundleCommandTest, ANonBundleIsNotIntact) {
  bytes = test::to_bytes("not a bundle");
  write();
  const Ended ended = run({"verify", "b.zip"});
  EXPECT_EQ(ended.exit_code, 6);
  EXPECT_THAT(ended.output,
              HasSubstr("not a bundle, or what an interrupted run left (hozen recover"));
  EXPECT_EQ(run({"extract", "b.zip", "out"}).exit_code, 4);
}

TEST_F(BundleCommandTest, ExtractsEvidence) {
  const Ended ended = run({"extract", "b.zip", "out"});
  EXPECT_EQ(ended.exit_code, 0) << ended.output << ended.error;
  EXPECT_THAT(ended.output, HasSubstr("5 files"));
  EXPECT_EQ(content("out/C/Users/a/copy.txt"), content("out/C/Windows/notes.txt"));
  EXPECT_EQ(content("out/C/Windows/notes.txt").size(), 5'000u);
  // Once more: nothing is overwritten.
  const Ended again = run({"extract", "b.zip", "out"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.output, HasSubstr("not unpacked"));
}

TEST_F(BundleCommandTest, ExtractsOnlyWhatIsAskedFor) {
  EXPECT_EQ(run({"extract", "--only", "*\\config\\*", "b.zip", "out"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "out/C/Windows/System32/config/SYSTEM"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out/C/Users"));
  const Ended none = run({"extract", "--only", "*.evtx", "b.zip", "out2"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.error, HasSubstr("no file matches --only"));
}

TEST_F(BundleCommandTest, SaysWhenTheFolderCannotBeWritten) {
  folder.write("file", "");
  const Ended ended = run({"extract", "b.zip", "file/out"});
  EXPECT_EQ(ended.exit_code, 5);
}

TEST_F(BundleCommandTest, ReportsDamagedFilesAsAFailedVerification) {
  const auto at = Bytes{bytes}.chars().find("evidence/C/Windows/random.bin");
  ASSERT_NE(at, std::string_view::npos);
  bytes[at + 500] ^= std::byte{1};
  write();
  const Ended ended = run({"extract", "b.zip", "out"});
  EXPECT_EQ(ended.exit_code, 6);
  EXPECT_THAT(ended.output, HasSubstr("random.bin: not unpacked"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out/C/Windows/random.bin"));
}

TEST_F(BundleCommandTest, RecoversWhatAnInterruptedRunLeft) {
  test::BundleBuilder builder;
  builder.entry("start.json", run_start()).file("C:\\a.txt", to_bytes("evidence"));
  bytes = builder.bytes();
  const std::size_t evidence_end = Bytes{bytes}.chars().find("artifacts.jsonl") - 30;
  bytes.resize(evidence_end + 10);
  write();
  std::filesystem::rename(folder.path() / "b.zip", folder.path() / "b.zip.partial");
  const Ended ended = run({"recover", "b.zip.partial"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_THAT(ended.output, HasSubstr("module run_keys"));
  EXPECT_THAT(ended.output, HasSubstr("1 evidence file"));
  EXPECT_THAT(ended.output, HasSubstr("b.recovered.zip: 2 entries"));
  EXPECT_EQ(
      run({"verify", "--seal", content("b.recovered.zip.seal").substr(0, 64), "b.recovered.zip"})
          .exit_code,
      0);
  EXPECT_EQ(run({"extract", "b.recovered.zip", "out"}).exit_code, 0);
  EXPECT_EQ(content("out/C/a.txt"), "evidence");
  // Nothing is overwritten, and what is no remainder is left alone.
  Ended again = run({"recover", "b.zip.partial"});
  EXPECT_EQ(again.exit_code, 5);
  EXPECT_THAT(again.error, HasSubstr("--output"));
  again = run({"recover", "b.zip.partial", "--output", "b.zip"});
  EXPECT_EQ(again.exit_code, 5);
  EXPECT_THAT(again.error, HasSubstr("what is to be recovered"));
  EXPECT_EQ(content("b.zip.partial").size(), bytes.size());
  folder.write("c.zip.partial", "left by another");
  again = run({"recover", "b.zip.partial", "--output", "c.zip"});
  EXPECT_EQ(again.exit_code, 5);
  EXPECT_THAT(again.error, HasSubstr("c.zip.partial is there already"));
  EXPECT_THAT(again.error, HasSubstr("Remove it"));
  EXPECT_EQ(content("c.zip.partial"), "left by another");
  EXPECT_EQ(run({"recover", "b.recovered.zip.seal"}).exit_code, 4);
  EXPECT_EQ(run({"recover", "gone"}).exit_code, 4);
}

TEST_F(BundleCommandTest, RecoversToWhereOutputSays) {
  test::BundleBuilder builder;
  bytes = builder.entry("start.json", run_start()).bytes();
  write();
  std::filesystem::rename(folder.path() / "b.zip", folder.path() / "b.zip.partial");
  folder.make_folder("there");
  for (const char* output : {"there", "new/folder", "made/x.zip"})
    EXPECT_EQ(run({"recover", "b.zip.partial", "--output", output}).exit_code, 0) << output;
  for (const char* made :
       {"there/b.recovered.zip", "new/folder/b.recovered.zip", "made/x.zip", "made/x.zip.seal"})
    EXPECT_TRUE(std::filesystem::exists(folder.path() / made)) << made;
  const Ended refused = run({"recover", "b.zip.partial", "--output", "-"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.error, HasSubstr("standard output"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "-"));
  EXPECT_EQ(run({"recover", "b.zip.partial", "--output", ""}).exit_code, 2);
}

TEST_F(BundleCommandTest, RecoverKeepsTheSealOfAnotherAndBeginsNothing) {
  test::BundleBuilder builder;
  bytes = builder.entry("start.json", run_start()).bytes();
  write();
  std::filesystem::rename(folder.path() / "b.zip", folder.path() / "b.zip.partial");
  folder.write("b.recovered.zip.seal", "another's");
  const Ended ended = run({"recover", "b.zip.partial"});
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_THAT(ended.error, HasSubstr("b.recovered.zip.seal is there already"));
  EXPECT_EQ(content("b.recovered.zip.seal"), "another's");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "b.recovered.zip"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "b.recovered.zip.partial"));
}

TEST_F(BundleCommandTest, RecoverTellsWhatStandsBehindTheBundle) {
  test::BundleBuilder builder;
  bytes = builder.entry("start.json", run_start()).bytes();
  const auto once = bytes;
  bytes.insert(bytes.end(), once.begin(), once.end());
  write();
  const Ended ended = run({"recover", "b.zip"});
  EXPECT_EQ(ended.exit_code, 1) << ended.error;
  EXPECT_THAT(ended.output, HasSubstr("bytes that stand behind the bundle"));
  EXPECT_EQ(content("b.recovered.zip").size(), once.size());
}

}  // namespace
}  // namespace hozen
