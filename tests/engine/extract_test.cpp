#include "collector/engine/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>

#include "tests/builders/bundle_builder.h"
#include "tests/builders/file_text.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::BorrowedSource;
using test::BundleBuilder;
using test::to_bytes;
namespace fs = std::filesystem;

class ExtractTest : public testing::Test {
 protected:
  ExtractResult extract(const std::vector<std::byte>& bundle, std::vector<std::string> only = {}) {
    BorrowedSource source{bundle};
    const auto reader = BundleReader::open(source);
    EXPECT_TRUE(reader);
    auto result = extract_evidence(*reader, {out(), std::move(only)});
    EXPECT_TRUE(result) << result.error().text();
    return result ? *result : ExtractResult{};
  }
  std::string out() const { return folder.text() + "/new/out"; }
  fs::path at(std::string_view relative) const {
    return folder.path() / "new" / "out" /
           fs::path{std::u8string{relative.begin(), relative.end()}};
  }
  std::string content(std::string_view relative) const {
    return fs::exists(at(relative)) ? test::file_text(at(relative)) : "(missing)";
  }

  std::string content_of_real() const { return content("C/Users/alice/real.exe"); }

  TempFolder folder;
};

TEST_F(ExtractTest, RestoresNamesContentAndTimes) {
  BundleBuilder builder;
  const auto bundle = builder.entry("start.json", "{}")
                          .file("C:\\Windows\\notes.txt", to_bytes("notes"))
                          .file("C:\\Windows\\Big.bin", test::compressible_bytes(3'000'000, 1))
                          .file("D:\\100%.txt", to_bytes("percent"))
                          .file("C:\\empty", {})
                          .bytes();
  const ExtractResult result = extract(bundle);
  EXPECT_EQ(result.files, 4u);
  EXPECT_TRUE(result.unwritten.empty());
  EXPECT_TRUE(result.problems.empty());
  EXPECT_TRUE(result.renamed.empty());
  EXPECT_EQ(content("C/Windows/notes.txt"), "notes");
  EXPECT_EQ(content("D/100%.txt"), "percent");
  EXPECT_EQ(content("C/empty"), "");
  EXPECT_EQ(fs::file_size(at("C/Windows/Big.bin")), 3'000'000u);
  EXPECT_FALSE(fs::exists(at("start.json")));
  // 2010-11-12T13:14:15.1234567Z, from the row; whole seconds are enough for every file system.
  const auto modified = std::chrono::file_clock::to_sys(fs::last_write_time(at("C/empty")));
  EXPECT_EQ(std::chrono::duration_cast<std::chrono::seconds>(modified.time_since_epoch()).count(),
            1'289'567'655);
}

TEST_F(ExtractTest, WritesDuplicatesUnderEachOfTheirNames) {
  BundleBuilder builder;
  const ExtractResult result = extract(
      builder.file("C:\\a\\one", to_bytes("same")).file("C:\\b\\two", to_bytes("same")).bytes());
  EXPECT_EQ(result.files, 2u);
  EXPECT_EQ(content("C/a/one"), "same");
  EXPECT_EQ(content("C/b/two"), "same");
}

TEST_F(ExtractTest, FileWhoseNameHoldsAPathStaysInItsFolder) {
  const EvidencePath public_folder = *EvidencePath::parse("C:\\Users\\Public");
  const EvidencePath hostile = public_folder.child("..\\alice\\real.exe");
  BundleBuilder builder;
  MemorySource content{to_bytes("hostile")};
  const auto stored = builder.writer().add_file(hostile, content, FileTime{}, test::kNoLimit);
  ASSERT_TRUE(stored);
  builder.line("artifacts", test::artifact_row(7, hostile.text(), *stored) + "\n");
  builder.file("C:\\Users\\alice\\real.exe", to_bytes("real"));
  const ExtractResult result = extract(builder.bytes());
  EXPECT_EQ(result.files, 2u);
  EXPECT_TRUE(result.unwritten.empty());
  EXPECT_EQ(content_of_real(), "real");
}

TEST_F(ExtractTest, KeepsToTheGlobs) {
  BundleBuilder builder;
  const auto bundle = builder.file("C:\\Windows\\System32\\config\\SYSTEM", to_bytes("1"))
                          .file("C:\\Windows\\System32\\config\\SAM", to_bytes("2"))
                          .file("C:\\Users\\a\\NTUSER.DAT", to_bytes("3"))
                          .bytes();
  EXPECT_EQ(extract(bundle, {"*\\CONFIG\\sam"}).files, 1u);
  EXPECT_EQ(content("C/Windows/System32/config/SAM"), "2");
  EXPECT_EQ(extract(bundle, {"c:/users/*", "*SYSTEM"}).files, 2u);
  EXPECT_EQ(extract(bundle, {"*.evtx"}).matched, 0u);
}

TEST_F(ExtractTest, OverwritesNothing) {
  BundleBuilder builder;
  const auto bundle = builder.file("C:\\a", to_bytes("new")).bytes();
  folder.write("new/out/C/a", "old");
  const ExtractResult result = extract(bundle);
  EXPECT_EQ(result.files, 0u);
  ASSERT_EQ(result.unwritten.size(), 1u);
  EXPECT_FALSE(result.unwritten[0].damaged);
  EXPECT_EQ(content("C/a"), "old");
}

TEST_F(ExtractTest, PutsNoFileInAnothersPlaceWhereItsOwnIsTaken) {
  BundleBuilder builder;
  // Same content: stored once, under the first name.
  const auto bundle =
      builder.file("C:\\first", to_bytes("x")).file("C:\\second", to_bytes("x")).bytes();
  folder.write("new/out/C/second", "mine");
  const ExtractResult result = extract(bundle, {"C:\\second"});
  EXPECT_EQ(result.files, 0u);
  ASSERT_EQ(result.unwritten.size(), 1u);
  EXPECT_EQ(result.unwritten[0].path, "C:\\second");
  EXPECT_TRUE(result.renamed.empty());
  EXPECT_EQ(content("C/second"), "mine");
  EXPECT_FALSE(fs::exists(at("C/first")));
}

TEST_F(ExtractTest, GivesADuplicateThatCannotKeepItsNameOneOfItsOwn) {
  const std::string path = "C:\\" + std::string(300, 'n');
  BundleBuilder builder;
  const ExtractResult result =
      extract(builder.file("C:\\first", to_bytes("x")).file(path, to_bytes("x")).bytes());
  EXPECT_EQ(result.files, 2u);
  EXPECT_EQ(content("C/first"), "x");
  ASSERT_EQ(result.renamed.size(), 1u);
  EXPECT_EQ(result.renamed[0].path, path);
  EXPECT_NE(result.renamed[0].written, "C/first");
  EXPECT_EQ(content(result.renamed[0].written), "x");
}

#ifndef _WIN32  // links for the test cannot be made under Wine
TEST_F(ExtractTest, FollowsNoLink) {
  fs::create_directories(at(""));
  const auto outside = folder.make_folder("outside");
  std::error_code error;
  fs::create_directory_symlink(outside, at("C"), error);
  if (error) GTEST_SKIP() << "this system lets us make no links: " << error.message();
  BundleBuilder builder;
  const ExtractResult result = extract(builder.file("C:\\a", to_bytes("x")).bytes());
  EXPECT_EQ(result.files, 0u);
  EXPECT_EQ(result.unwritten.size(), 1u);
  EXPECT_TRUE(fs::is_empty(outside));
}
#endif

TEST_F(ExtractTest, StaysInTheFolderWhateverTheRowsSay) {
  BundleBuilder builder;
  MemorySource source{to_bytes("evil")};
  const auto stored = builder.writer().add_file(*EvidencePath::parse("C:\\ok"), source,
                                                test::kBundleTime, test::kNoLimit);
  unsigned row = 0;
  for (const std::string_view path :
       {"C:\\..\\..\\..\\x", "..\\..\\x", "/etc/x", "\\\\server\\share\\x", "C:\\a/../../../x",
        "\\\\?\\C:\\..\\x", "..:\\..\\x", "/..:\\x"})
    builder.line("artifacts", test::artifact_row(row++, path, *stored));
  const ExtractResult result = extract(builder.bytes());
  std::size_t files = 0;
  for (const auto& found : fs::recursive_directory_iterator{folder.path()}) {
    if (!found.is_regular_file()) continue;
    ++files;
    const auto relative = found.path().lexically_relative(folder.path() / "new" / "out");
    EXPECT_NE(*relative.begin(), fs::path{".."}) << found.path();
  }
  EXPECT_EQ(files, result.files);
  EXPECT_GT(files, 0u);
}

TEST_F(ExtractTest, PutsFoldersThatDifferInCaseTogether) {
  BundleBuilder builder;
  extract(
      builder.file("C:\\Windows\\a", to_bytes("1")).file("C:\\WINDOWS\\b", to_bytes("2")).bytes());
  EXPECT_EQ(content("C/Windows/a"), "1");
  EXPECT_EQ(content("C/Windows/b"), "2");
}

TEST_F(ExtractTest, ListsWhatGotAnotherName) {
  // A name that neither system takes: 300 characters.
  const std::string path = "C:\\" + std::string(300, 'n');
  BundleBuilder builder;
  const ExtractResult result = extract(builder.file(path, to_bytes("long")).bytes());
  EXPECT_EQ(result.files, 1u);
  ASSERT_EQ(result.renamed.size(), 1u);
  EXPECT_EQ(result.renamed[0].path, path);
  EXPECT_EQ(content(result.renamed[0].written), "long");
}

TEST_F(ExtractTest, KeepsNoDamagedFile) {
  BundleBuilder builder;
  auto bundle = builder.file("C:\\small", test::random_bytes(100, 1))
                    .file("C:\\good", to_bytes("good"))
                    .bytes();
  BorrowedSource source{bundle};
  const auto* entry = BundleReader::open(source)->find("evidence/C/small");
  ASSERT_NE(entry, nullptr);
  const auto reader = BundleReader::open(source);
  bundle[static_cast<std::size_t>(reader->find("evidence/C/small")->data_offset) + 5] ^=
      std::byte{1};
  const ExtractResult result = extract(bundle);
  EXPECT_EQ(result.files, 1u);
  ASSERT_EQ(result.unwritten.size(), 1u);
  EXPECT_TRUE(result.unwritten[0].damaged);
  EXPECT_FALSE(fs::exists(at("C/small")));
}

TEST_F(ExtractTest, UnpacksEntriesThatNoRowNames) {
  BundleBuilder builder;
  MemorySource source{to_bytes("x")};
  ASSERT_TRUE(builder.writer().add_file(*EvidencePath::parse("C:\\a\\b"), source, test::kBundleTime,
                                        test::kNoLimit));
  const ExtractResult result = extract(builder.line("artifacts", "garbage\n").bytes());
  EXPECT_EQ(result.files, 1u);
  EXPECT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(content("C/a/b"), "x");
}

TEST_F(ExtractTest, RestoresTheNamesOfEntriesThatNoRowNames) {
  BundleBuilder builder;
  const std::string long_name(201, 'a');
  for (const EvidencePath& path :
       {EvidencePath{"C:"}.child("100% \u00e4"), EvidencePath{"C:"}.child("d").child("a%2Eb"),
        EvidencePath{"C:"}.child(long_name)}) {
    MemorySource source{to_bytes(path.text())};
    ASSERT_TRUE(builder.writer().add_file(path, source, test::kBundleTime, test::kNoLimit));
  }
  const ExtractResult result = extract(builder.bytes());
  EXPECT_EQ(result.files, 3u);
  EXPECT_EQ(content("C/100% \u00e4"), "C:\\100% \u00e4");
  EXPECT_EQ(content("C/d/a%2Eb"), "C:\\d\\a%2Eb");
  ASSERT_EQ(result.nameless.size(), 1u);
  EXPECT_EQ(content(result.nameless[0].substr(std::string_view{"evidence/"}.size())),
            "C:\\" + long_name);
}

TEST_F(ExtractTest, FailsWhenTheFolderCannotBeMade) {
  BundleBuilder builder;
  const auto bundle = builder.file("C:\\a", to_bytes("x")).bytes();
  folder.write("file", "");
  BorrowedSource source{bundle};
  const auto reader = BundleReader::open(source);
  EXPECT_FALSE(extract_evidence(*reader, {folder.text() + "/file/below", {}}));
}

/// Adds a deleted file and, when asked for, its row.
void add_deleted(BundleBuilder& builder, const std::string& path, std::uint64_t record,
                 std::string_view content, bool with_row = true) {
  const DeletedFile file{*EvidencePath::parse(path), record | std::uint64_t{2} << 48};
  MemorySource source{to_bytes(content)};
  const auto stored =
      builder.writer().add_file(entry_path_of(file), source, test::kBundleTime, test::kNoLimit);
  ASSERT_TRUE(stored);
  if (!with_row) return;
  std::string row = test::artifact_row(static_cast<unsigned>(100 + record), path, *stored);
  row.insert(row.size() - 2,
             ",\"mft_record\":" + std::to_string(record) + ",\"mft_sequence\":2,\"deleted\":true");
  builder.line("artifacts", row);
}

TEST_F(ExtractTest, PutsDeletedFilesIntoAFolderOfTheirOwn) {
  BundleBuilder builder;
  builder.file("C:\\Windows\\evil.exe", to_bytes("there"));
  add_deleted(builder, "C:\\Windows\\evil.exe", 70, "first");
  add_deleted(builder, "C:\\Windows\\evil.exe", 71, "second");
  add_deleted(builder, "C:\\Windows\\copy.exe", 72, "there");  // the entry is evidence/…
  add_deleted(builder, "C:\\$Orphan\\odd.", 73, "odd");
  add_deleted(builder, "C:\\Windows\\rowless", 74, "rowless", false);
  builder.file("C:\\same.txt", to_bytes("second"));  // the entry is deleted/…
  const ExtractResult result = extract(builder.bytes());
  EXPECT_EQ(result.files, 7u);
  EXPECT_EQ(result.deleted, 5u);
  EXPECT_TRUE(result.unwritten.empty());
  EXPECT_TRUE(result.nameless.empty());
  EXPECT_EQ(content("C/Windows/evil.exe"), "there");
  EXPECT_EQ(content("deleted/C/70-2/Windows/evil.exe"), "first");
  EXPECT_EQ(content("deleted/C/71-2/Windows/evil.exe"), "second");
  EXPECT_EQ(content("deleted/C/72-2/Windows/copy.exe"), "there");
  EXPECT_EQ(content("deleted/C/74-2/Windows/rowless"), "rowless");
  EXPECT_EQ(content("C/same.txt"), "second");
  EXPECT_TRUE(fs::exists(at("deleted/C/73-2/$Orphan")));
}

TEST_F(ExtractTest, FindsDeletedFilesByTheirPaths) {
  BundleBuilder builder;
  builder.file("C:\\a\\kept", to_bytes("1"));
  add_deleted(builder, "C:\\a\\gone", 70, "2");
  const ExtractResult result = extract(builder.bytes(), {"C:\\a\\g*"});
  EXPECT_EQ(result.matched, 1u);
  EXPECT_EQ(content("deleted/C/70-2/a/gone"), "2");
}

}  // namespace
}  // namespace hozen
