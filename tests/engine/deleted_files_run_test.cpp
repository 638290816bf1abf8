// Deleted files on their way through a run: rows, entries, limits, and what is left of a run that
// was cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/engine/bundle_reader.h"
#include "collector/engine/extract.h"
#include "collector/engine/recover.h"
#include "collector/engine/verify.h"
#include "collector/source/ntfs_tree.h"
#include "collector/source/tree_source.h"
#include "tests/builders/bundle_builder.h"
#include "tests/builders/memory_sink.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/engine/run_bundle.h"

namespace hozen {
namespace modules {
extern const ModuleSpec deleted_files;
}  // namespace modules
namespace {

using builders::NtfsBuilder;
using test::BorrowedSource;
using test::Json;
using test::RunBundle;
using test::RunSetup;
using ::testing::HasSubstr;

std::unique_ptr<EvidenceSource> image_of(const NtfsBuilder& disk) {
  NtfsMount mount{"C:", std::make_shared<MemorySource>(disk.volume())};
  mount.ntfs = *ntfs::Volume::open(mount.bytes);
  std::vector<NtfsMount> mounts;
  mounts.push_back(std::move(mount));
  auto tree = open_ntfs_tree(std::move(mounts));
  std::vector<VolumeInfo> volumes{tree->volume_info({"C:"})};
  return make_tree_source({"image", "disk.dd", "raw_ntfs"}, std::move(tree), std::move(volumes),
                          {});
}

class DeletedFilesRun : public testing::Test {
 protected:
  DeletedFilesRun() {
    FileTarget target;
    target.pattern = *parse_path_pattern("%EveryVolume%\\Users\\**");
    target.category = "programs";
    target.reason = "Tools.";
    setup.options.profile.targets.push_back(std::move(target));
    setup.options.profile.modules.push_back({"deleted_files"});
    setup.modules = {&modules::deleted_files};
    users = disk.folder(disk.root(), "Users");
  }
  ntfs::FileReference gone(const std::string& name, std::string_view content) {
    const auto file = disk.file(users, name, content);
    disk.remove(file);
    return file;
  }
  const RunBundle& run() {
    disk.bitmap({});
    source = image_of(disk);
    bundle = test::run_bundle(*source, setup);
    EXPECT_FALSE(bundle.error);
    return bundle;
  }
  /// The rows of deleted files by path.
  std::map<std::string, Json> rows() const {
    std::map<std::string, Json> found;
    for (const Json& row : bundle.rows("artifacts"))
      if (row.value("deleted", false)) found[row.at("path")] = row;
    return found;
  }

  NtfsBuilder disk;
  ntfs::FileReference users{};
  RunSetup setup;
  std::unique_ptr<EvidenceSource> source;
  RunBundle bundle;
};

TEST_F(DeletedFilesRun, ArePreservedApartFromFilesThatAreThere) {
  const auto evil = gone("evil.exe", std::string(3000, 'e'));
  disk.file(users, "evil.exe", "there");
  gone("copy.txt", "there");
  run();
  const std::string entry = "deleted/C/" + std::to_string(evil.record) + "-2/Users/evil.exe";
  EXPECT_EQ(bundle.entries.at(entry), std::string(3000, 'e'));
  const Json row = rows().at("C:\\Users\\evil.exe");
  EXPECT_EQ(row.at("entry"), entry);
  EXPECT_EQ(row.at("outcome"), "complete");
  EXPECT_EQ(row.at("module"), "deleted_files");
  EXPECT_EQ(row.at("category"), "programs");
  EXPECT_EQ(row.at("reason"), "Tools.");
  EXPECT_EQ(row.at("method"), "raw_ntfs");
  EXPECT_EQ(row.at("mft_record"), evil.record);
  EXPECT_EQ(row.at("mft_sequence"), 2);
  EXPECT_EQ(row.at("possibly_overwritten"), true);
  EXPECT_EQ(row.at("size"), 3000);
  EXPECT_TRUE(row.contains("si"));
  EXPECT_TRUE(row.contains("fn"));
  // The file that is there is another artifact.
  const auto all = bundle.rows("artifacts");
  EXPECT_EQ(std::count_if(all.begin(), all.end(),
                          [](const Json& one) { return one.at("path") == "C:\\Users\\evil.exe"; }),
            2);
  // Same content is stored once, whoever had it.
  const std::string same = rows().at("C:\\Users\\copy.txt").at("entry");
  EXPECT_EQ(bundle.entries.at(same), "there");
  EXPECT_EQ(rows().at("C:\\Users\\copy.txt").at("possibly_overwritten"), false);
  const Json record = bundle.rows("records/deleted_files").at(0);
  EXPECT_EQ(record.at("content_artifact"), row.at("id"));
  BorrowedSource whole{bundle.bytes};
  const auto verified = verify_bundle(whole);
  ASSERT_TRUE(verified);
  EXPECT_TRUE(verified->intact());
}

TEST_F(DeletedFilesRun, CountForTheLimitsAsOtherFilesDo) {
  gone("long.bin", std::string(3000, 'x'));
  gone("more.bin", std::string(2000, 'y'));
  setup.options.profile.targets[0].max_file_bytes = 1000;
  setup.options.profile.limits.max_total_bytes = 1500;
  // The table itself does not fit.
  run();
  std::size_t truncated = 0, skipped = 0;
  for (const auto& [path, row] : rows()) {
    truncated += row.at("outcome") == "truncated" ? 1u : 0u;
    skipped += row.at("outcome") == "skipped" && row.at("skipped") == "limit" ? 1u : 0u;
  }
  EXPECT_EQ(truncated, 1u);
  EXPECT_EQ(skipped, 1u);
  EXPECT_GE(bundle.result.summary.left_out, 2u);
}

TEST_F(DeletedFilesRun, ThatAreLostBeforeTheyAreReadHaveFailed) {
  const auto file = disk.file(users, "f", std::string(3000, 'x'));
  disk.bitmap({});
  source = image_of(disk);
  ProgressState progress;
  test::Silent silent;
  std::stop_source stop;
  const RunStop run_stop{stop, 0};
  ArtifactStore store{*source, Limits{}, run_stop, progress, silent};
  test::MemorySink sink;
  auto writer = *BundleWriter::create(sink, {});
  BundleFeed feed{*writer, stop};
  store.open(feed);
  FileRequest request;
  request.path = *EvidencePath::parse("C:\\Users\\f");
  request.deleted = DeletedFile{request.path, file.to_u64()};  // in use
  request.module = "deleted_files";
  request.reason = "Tools.";
  store.request(request);
  store.drain(Priority::bulk);
  EXPECT_EQ(store.counts().failed, 1u);
  ASSERT_EQ(store.failures().size(), 1u);
  EXPECT_THAT(store.failures()[0].reason, HasSubstr("holds another file"));
}

TEST_F(DeletedFilesRun, SurviveAnInterruption) {
  gone("evil.exe", std::string(3000, 'e'));
  disk.file(users, "kept.txt", std::string(3000, 'k'));
  run();
  BorrowedSource whole{bundle.bytes};
  const auto reader = BundleReader::open(whole);
  ASSERT_TRUE(reader);
  const auto entry = std::find_if(
      reader->entries().begin(), reader->entries().end(),
      [](const BundleReader::Entry& one) { return one.facts.name.starts_with("deleted/"); });
  ASSERT_NE(entry, reader->entries().end());
  const std::vector<std::byte> cut{
      bundle.bytes.begin(),
      bundle.bytes.begin() +
          static_cast<std::ptrdiff_t>(entry->data_offset + entry->facts.stored_size)};
  BorrowedSource partial{cut};
  const auto remainder = examine_remainder(partial);
  ASSERT_TRUE(remainder) << remainder.error().text();
  EXPECT_EQ(remainder->entries.back().facts.name, entry->facts.name);
  EXPECT_FALSE(remainder->fault);
  EXPECT_GE(remainder->entries_without_row, 1u);
  // An entry of its kind behind damage is no end of a run.
  std::vector<std::byte> damaged = bundle.bytes;
  damaged[static_cast<std::size_t>(reader->entries()[1].data_offset) - 3] ^= std::byte{1};
  BorrowedSource hurt{damaged};
  const auto rest = examine_remainder(hurt);
  ASSERT_TRUE(rest);
  EXPECT_TRUE(rest->fault);
  EXPECT_FALSE(rest->is_cut);
}

TEST_F(DeletedFilesRun, KeepStreamsApartThatDifferInCaseOnly) {
  const auto file = disk.file(users, "tw.exe", "main");
  disk.stream(file, "S", "UPPER").stream(file, "s", "lower");
  disk.remove(file);
  setup.options.profile.targets[0].streams = true;
  run();
  EXPECT_EQ(bundle.entries.at(rows().at("C:\\Users\\tw.exe:S").at("entry")), "UPPER");
  EXPECT_EQ(bundle.entries.at(rows().at("C:\\Users\\tw.exe:s").at("entry")), "lower");
}

}  // namespace
}  // namespace hozen
