#include "collector/engine/artifact_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "tests/engine/store_fixture.h"

namespace hozen {
namespace {

using test::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using test::ArtifactStoreTest;
using test::path;

TEST_F(ArtifactStoreTest, TheRunsOwnOutputIsLeftOutAndNothingElseOfItsName) {
  const FileTime since{132'000'000'000'000'000};
  const auto plant = [&](const std::string& name, FileTime modified) {
    file(name, name).facts.si.modified = modified;
    request(name);
  };
  open();
  store.leave_out_own("PC-1.zip.partial", since);
  plant("C:\\out\\PC-1.zip.partial", {since.ticks + 1});
  plant("C:\\old\\PC-1.zip.partial", {since.ticks - 1});
  plant("C:\\out\\PC-2.zip.partial", {since.ticks + 1});
  request("C:\\listed before it was made\\PC-1.zip.partial");
  store.drain(Priority::bulk);
  std::string outcomes;
  for (const Json& row : rows())
    outcomes += row.value("outcome", "") + " " + row.value("skipped", "") + ";";
  EXPECT_EQ(outcomes, "skipped own_output;complete ;complete ;skipped own_output;");
  EXPECT_EQ(store.counts().left_out, 0u);
  EXPECT_THAT(order(), ElementsAre("C:\\old\\PC-1.zip.partial", "C:\\out\\PC-2.zip.partial"));
}

TEST_F(ArtifactStoreTest, WritesARowWithAllThatIsKnown) {
  auto& entry = file("C:\\Windows\\a.exe", "program");
  entry.facts.si.modified = {132'000'000'000'000'000};
  entry.facts.fn = Times{};
  entry.facts.attributes = 0x22;
  entry.facts.owner_sid = "S-1-5-18";
  entry.facts.file_reference = 0x0003'0000'0000'0042;
  open();
  const ArtifactId id = request("c:\\windows\\A.EXE");
  store.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(1));
  const Json& row = all[0];
  EXPECT_EQ(row["id"], id.row);
  EXPECT_EQ(row["path"], "C:\\Windows\\a.exe");
  EXPECT_EQ(row["entry"], "evidence/C/Windows/a.exe");
  EXPECT_EQ(row["method"], "file_api");
  EXPECT_EQ(row["module"], "run_keys");
  EXPECT_EQ(row["reason"], "Because.");
  EXPECT_EQ(row["size"], 7);
  EXPECT_EQ(row["stored"], 7);
  EXPECT_EQ(row["md5"], "a9c449d4fa44e9e5a41c574ae55ce4d9");
  EXPECT_EQ(row["sha1"].get<std::string>().size(), 40u);
  EXPECT_EQ(row["sha256"].get<std::string>().size(), 64u);
  EXPECT_EQ(row["si"]["modified"], "2019-04-17T18:40:00.0000000Z");
  EXPECT_TRUE(row["si"]["created"].is_null());
  EXPECT_TRUE(row["fn"]["created"].is_null());
  EXPECT_EQ(row["attributes"], 0x22);
  EXPECT_EQ(row["owner"], "S-1-5-18");
  EXPECT_EQ(row["mft_record"], 0x42);
  EXPECT_EQ(row["deleted"], false);
  EXPECT_EQ(row["outcome"], "complete");
  EXPECT_FALSE(row.contains("error"));
  EXPECT_FALSE(row.contains("category"));
  EXPECT_EQ(store.counts().complete, 1u);
  EXPECT_EQ(store.counts().left_out, 0u);
}

TEST_F(ArtifactStoreTest, GivesTheSamePathOneArtifact) {
  file("C:\\a", "x");
  open();
  const ArtifactId first = request("C:\\a");
  EXPECT_EQ(request("c:\\A", Priority::high, "").row, first.row);
  store.drain(Priority::bulk);
  EXPECT_EQ(request("C:\\a").row, first.row);
  store.drain(Priority::bulk);
  EXPECT_THAT(rows(), SizeIs(1));
}

TEST_F(ArtifactStoreTest, CollectsAFileAsTheMostDemandingOfThoseWhoAskForItWantsIt) {
  file("C:\\x", "0123456789");
  FileRequest modest, demanding;
  modest.path = demanding.path = path("C:\\x");
  modest.max_bytes = 4;
  modest.expected = false;
  demanding.max_bytes = 9;
  demanding.priority = Priority::crown_jewels;
  const ArtifactId first = store.request(modest);
  EXPECT_EQ(store.request(demanding).row, first.row);
  EXPECT_EQ(store.request(modest).row, first.row);
  open();
  store.drain(Priority::crown_jewels);
  ASSERT_THAT(bundle.files, SizeIs(1));
  EXPECT_EQ(bundle.files[0].bytes, "012345678");
}

TEST_F(ArtifactStoreTest, SaysWhatIsMissingOnlyWhereItWasExpected) {
  open();
  request("C:\\gone");
  FileRequest unexpected;
  unexpected.path = path("C:\\perhaps");
  unexpected.module = "run_keys";
  unexpected.expected = false;
  store.request(std::move(unexpected));
  store.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0]["path"], "C:\\gone");
  EXPECT_EQ(all[0]["outcome"], "missing");
  EXPECT_EQ(all[0]["error"]["kind"], "not_found");
  EXPECT_EQ(store.counts().missing, 1u);
  EXPECT_EQ(store.counts().left_out, 0u);
}

TEST_F(ArtifactStoreTest, SaysWhyAFileCouldNotBeOpened) {
  file("C:\\locked", "x").unreadable = Error{Errc::io, "C:\\locked", {}, "CreateFileW: error 32"};
  open();
  request("C:\\locked");
  store.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0]["outcome"], "failed");
  EXPECT_EQ(all[0]["error"]["call"], "CreateFileW");
  EXPECT_EQ(all[0]["error"]["code"], "error 32");
  EXPECT_FALSE(all[0]["error"].contains("detail"));
  EXPECT_EQ(store.counts().left_out, 1u);
  ASSERT_THAT(store.failures(), SizeIs(1));
  EXPECT_THAT(store.failures()[0].reason, HasSubstr("CreateFileW: error 32"));
}

TEST_F(ArtifactStoreTest, SaysInWordsWhyAFileCouldNotBeOpened) {
  file("C:\\far", "x").unreadable = Error{Errc::unsupported, "C:\\far", {}, "a link: not followed"};
  open();
  request("C:\\far");
  store.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0]["error"]["kind"], "unsupported");
  EXPECT_EQ(all[0]["error"]["detail"], "a link: not followed");
  EXPECT_FALSE(all[0]["error"].contains("code"));
}

TEST_F(ArtifactStoreTest, TruncatesAtTheLimitAndSaysSo) {
  limits.max_file_bytes = 10;
  ArtifactStore small{source, limits, run_stop, progress, listener};
  file("C:\\long", "0123456789ABC");
  file("C:\\own", "0123456789ABC");
  small.open(feed);
  FileRequest long_file;
  long_file.path = path("C:\\long");
  small.request(std::move(long_file));
  FileRequest own;
  own.path = path("C:\\own");
  own.max_bytes = 4;
  small.request(std::move(own));
  small.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0]["outcome"], "truncated");
  EXPECT_EQ(all[0]["size"], 13);
  EXPECT_EQ(all[0]["stored"], 10);
  EXPECT_EQ(all[1]["stored"], 4);
  EXPECT_EQ(small.counts().left_out, 2u);
}

TEST_F(ArtifactStoreTest, NoticesAFileThatChangesWhileItIsRead) {
  file("C:\\log", "abc");
  open();
  request("C:\\log");
  bundle.while_reading = [&] { source.find(path("C:\\log"))->facts.si.modified.ticks += 1; };
  store.drain(Priority::bulk);
  EXPECT_EQ(rows()[0]["outcome"], "changed_while_reading");
  EXPECT_EQ(store.counts().changed, 1u);
}

TEST_F(ArtifactStoreTest, SkipsWhatMustNotBeRead) {
  file("C:\\cloud", "x").facts.attributes = kAttributeRecallOnDataAccess;
  file("C:\\link", "x").facts.is_link = true;
  source.add_folder(path("C:\\folder"));
  open();
  for (const char* name : {"C:\\cloud", "C:\\link", "C:\\folder"}) request(name);
  store.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0]["skipped"], "placeholder");
  EXPECT_EQ(all[1]["skipped"], "policy");
  EXPECT_EQ(all[2]["skipped"], "policy");
  EXPECT_EQ(source.opened(), 0u);
  EXPECT_EQ(store.counts().left_out, 2u);  // what is behind the link or in the cloud is not there
}

TEST_F(ArtifactStoreTest, KeepsTheOrderOfTheRowsHoweverLateTheirDigests) {
  bundle.late_digests = true;
  open();
  for (int i = 0; i < 100; ++i) {
    const std::string name = "C:\\f" + std::to_string(i);
    if (i % 7 != 3) file(name, "of " + name);
    request(name);
  }
  store.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(100));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i]["id"], i + 1);
    const std::string content = "of C:\\f" + std::to_string(i);
    if (i % 7 == 3) {
      EXPECT_EQ(all[i]["outcome"], "missing");
    } else {
      EXPECT_EQ(all[i]["sha256"], to_hex(sha256(bytes_of(content).span())));
    }
  }
}

TEST_F(ArtifactStoreTest, ListsWhatTheLimitsLeaveOut) {
  bundle.late_digests = true;  // what waits for them counts too
  limits.max_total_bytes = 10;
  limits.max_files = 2;
  ArtifactStore small{source, limits, run_stop, progress, listener};
  small.open(feed);
  for (const char* name : {"C:\\1", "C:\\2", "C:\\3", "C:\\4"}) {
    file(name, name[3] == '2' ? "ten bytes!" : "four");
    FileRequest request;
    request.path = path(name);
    small.request(std::move(request));
  }
  small.drain(Priority::bulk);
  std::vector<std::string> outcomes;
  for (const auto& row : rows())
    outcomes.push_back(row["outcome"].get<std::string>() + " " + row.value("skipped", ""));
  EXPECT_THAT(outcomes, ElementsAre("complete ", "skipped limit", "complete ", "skipped limit"));
  EXPECT_EQ(small.counts().left_out, 2u);
}

TEST_F(ArtifactStoreTest, CollectsByPriorityThenByPlaceOnTheDisk) {
  for (const char* name : {"C:\\a", "C:\\b", "C:\\c", "C:\\d"}) file(name, name);
  open();
  const auto ask = [&](const std::string& name, Priority priority, std::uint64_t offset) {
    FileRequest request;
    request.path = path(name);
    request.priority = priority;
    request.disk_offset = offset;
    store.request(std::move(request));
  };
  ask("C:\\a", Priority::bulk, 1);
  ask("C:\\b", Priority::high, 900);
  ask("C:\\c", Priority::high, 100);
  ask("C:\\d", Priority::crown_jewels, 5000);
  store.drain(Priority::high);
  EXPECT_THAT(order(), ElementsAre("C:\\d", "C:\\c", "C:\\b"));
  EXPECT_EQ(store.queued(), 1u);
  store.drain(Priority::bulk);
  EXPECT_THAT(order(), SizeIs(4));
}

TEST_F(ArtifactStoreTest, BoundsItsQueueCollectingTheMostValuableFirst) {
  open();
  for (int i = 0; i < 9000; ++i) {
    const std::string name = "C:\\f" + std::to_string(i);
    file(name, "x");
    request(name, i % 2 == 0 ? Priority::bulk : Priority::high, "");
    ASSERT_LE(store.queued(), 8192u);
  }
  for (const auto& stored : bundle.files) EXPECT_NE((stored.path.back() - '0') % 2, 0);
  store.drain(Priority::bulk);
  EXPECT_THAT(bundle.files, SizeIs(9000));
}

TEST_F(ArtifactStoreTest, ReadsExactlyTheBytesThatItPreserves) {
  file("C:\\a.lnk", "shortcut");
  open();
  const ArtifactId id = request("C:\\a.lnk");
  auto bytes = store.read(id, 100);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(text(*bytes), "shortcut");
  EXPECT_THAT(bundle.files, SizeIs(1));
  store.drain(Priority::bulk);
  EXPECT_THAT(rows(), SizeIs(1));

  EXPECT_EQ(text(*store.read(id, 100)), "shortcut");
  source.find(path("C:\\a.lnk"))->bytes = fake::bytes_from("SHORTCUT");
  bytes = store.read(id, 100);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Errc::io);
  EXPECT_THAT(bytes.error().detail, HasSubstr("changed while reading"));
}

TEST_F(ArtifactStoreTest, RefusesToReadMoreThanTheCapButPreservesIt) {
  file("C:\\big", "0123456789");
  open();
  const ArtifactId id = request("C:\\big");
  const auto bytes = store.read(id, 9);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Errc::limit);
  store.drain(Priority::bulk);
  EXPECT_EQ(rows()[0]["outcome"], "complete");
  EXPECT_EQ(store.read(id, 9).error().code, Errc::limit);
}

TEST_F(ArtifactStoreTest, ReadsTheBeginningOfWhatItPreservesWhole) {
  file("C:\\big.lnk", "0123456789");
  file("C:\\drained.lnk", "abcdefghij");
  open();
  const ArtifactId id = request("C:\\big.lnk");
  const auto part = store.read_beginning(id, 4);
  ASSERT_TRUE(part);
  EXPECT_EQ(text(part->bytes), "0123");
  EXPECT_EQ(part->file_size, 10u);
  ASSERT_THAT(bundle.files, SizeIs(1));
  EXPECT_EQ(bundle.files[0].bytes, "0123456789");
  const ArtifactId drained = request("C:\\drained.lnk");
  store.drain(Priority::bulk);
  EXPECT_EQ(text(store.read_beginning(drained, 4)->bytes), "abcd");
  EXPECT_EQ(text(store.read_beginning(id, 100)->bytes), "0123456789") << "once more";
  source.find(path("C:\\big.lnk"))->bytes = fake::bytes_from("012345678X");
  EXPECT_EQ(store.read_beginning(id, 4).error().code, Errc::io) << "no longer what is preserved";
  for (const auto& row : rows()) EXPECT_EQ(row["outcome"], "complete");
}

TEST_F(ArtifactStoreTest, ReadsTheBeginningOfWhatItPreservesInPart) {
  limits.max_file_bytes = 6;
  ArtifactStore small{source, limits, run_stop, progress, listener};
  file("C:\\big.lnk", "0123456789");
  small.open(feed);
  FileRequest wanted;
  wanted.path = path("C:\\big.lnk");
  wanted.module = "run_keys";
  const ArtifactId id = small.request(std::move(wanted));
  EXPECT_EQ(text(small.read_beginning(id, 4)->bytes), "0123");
  EXPECT_EQ(rows()[0]["outcome"], "truncated");
  source.find(path("C:\\big.lnk"))->bytes = fake::bytes_from("012345678X");
  EXPECT_EQ(text(small.read_beginning(id, 4)->bytes), "0123") << "what is preserved is the same";
  source.find(path("C:\\big.lnk"))->bytes = fake::bytes_from("01234X6789");
  EXPECT_EQ(small.read_beginning(id, 4).error().code, Errc::io);
}

TEST_F(ArtifactStoreTest, PreservesTheBeginningThatWasReadWhateverBecomesOfTheFile) {
  file("C:\\moving.lnk", "0123456789");
  const ArtifactId id = request("C:\\moving.lnk");
  EXPECT_EQ(text(store.read_beginning(id, 4)->bytes), "0123");
  source.find(path("C:\\moving.lnk"))->bytes = fake::bytes_from("XXXX456789");
  open();
  EXPECT_EQ(rows()[0]["outcome"], "changed_while_reading");
}

TEST_F(ArtifactStoreTest, KeepsOfTheJournalWhatHasAPlaceOnTheVolume) {
  auto& journal = file("C:\\$J", std::string(4096, '\0') + "records");
  journal.facts.sparse_head_bytes = 4096;
  limits.max_file_bytes = 100;
  ArtifactStore small{source, limits, run_stop, progress, listener};
  small.open(feed);
  FileRequest wanted;
  wanted.path = path("C:\\$J");
  wanted.module = "usn_journal";
  small.request(std::move(wanted));
  small.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0]["outcome"], "complete");
  EXPECT_EQ(all[0]["size"], 4103);
  EXPECT_EQ(all[0]["stored"], 7);
  EXPECT_EQ(all[0]["sparse_head_bytes"], 4096);
  ASSERT_THAT(bundle.files, SizeIs(1));
  EXPECT_EQ(bundle.files[0].bytes, "records");
}

TEST_F(ArtifactStoreTest, ReadsWholeWhatItPreservesInPart) {
  limits.max_file_bytes = 4;
  ArtifactStore small{source, limits, run_stop, progress, listener};
  const auto ask = [&](const std::string& name) {
    FileRequest wanted;
    wanted.path = path(name);
    wanted.module = "scheduled_tasks";
    return small.request(std::move(wanted));
  };
  file("C:\\task", "0123456789");
  file("C:\\drained", "abcdefghij");
  small.open(feed);
  const ArtifactId id = ask("C:\\task");
  EXPECT_EQ(text(*small.read(id, 10)), "0123456789");
  const ArtifactId drained = ask("C:\\drained");
  small.drain(Priority::bulk);
  EXPECT_EQ(text(*small.read(drained, 10)), "abcdefghij");
  EXPECT_EQ(text(*small.read(id, 10)), "0123456789") << "once more";
  EXPECT_THAT(small.read(id, 9).error().code, Errc::limit);
  source.find(path("C:\\task"))->bytes = fake::bytes_from("0X23456789");
  EXPECT_EQ(small.read(id, 10).error().code, Errc::io) << "no longer the bytes that are preserved";
  for (const auto& row : rows()) {
    EXPECT_EQ(row["outcome"], "truncated");
    EXPECT_EQ(row["stored"], 4);
  }
  EXPECT_EQ(small.counts().left_out, 2u);
}

TEST_F(ArtifactStoreTest, SaysOfUnreadableFilesWhatTheRowSays) {
  file("C:\\locked", "x").unreadable = Error{Errc::io, "C:\\locked", {}, "open: locked"};
  open();
  EXPECT_EQ(store.read(request("C:\\locked"), 10).error().detail, "open: locked");
  EXPECT_EQ(store.read(request("C:\\locked"), 10).error().detail, "open: locked");
  EXPECT_EQ(store.read(request("C:\\gone"), 10).error().code, Errc::not_found);
  EXPECT_EQ(store.read({4711}, 10).error().code, Errc::not_found);
  EXPECT_THAT(rows(), SizeIs(2));
}

TEST_F(ArtifactStoreTest, PreservesWhatWasReadBeforeTheBundleWasOpen) {
  file("C:\\SYSTEM", "hive");
  const auto preserve = [&](const std::string& name) {
    FileRequest request;
    request.path = path(name);
    request.module = "source";
    request.reason = "Hive.";
    request.expected = false;
    return store.preserve(std::move(request), 100);
  };
  const auto first = preserve("C:\\SYSTEM");
  ASSERT_TRUE(first);
  EXPECT_EQ(text(first->bytes), "hive");
  EXPECT_EQ(preserve("C:\\SYSTEM.LOG1").error().code, Errc::not_found);
  open();
  ASSERT_THAT(order(), ElementsAre("C:\\SYSTEM"));
  const auto again = preserve("C:\\system");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->artifact, first->artifact);
  EXPECT_THAT(rows(), SizeIs(1));
}

TEST_F(ArtifactStoreTest, NoticesAChangeBetweenParsingAndPreserving) {
  file("C:\\SYSTEM", "hive");
  FileRequest request;
  request.path = path("C:\\SYSTEM");
  request.module = "source";
  ASSERT_TRUE(store.preserve(std::move(request), 100));
  source.find(path("C:\\SYSTEM"))->bytes = fake::bytes_from("HIVE");
  open();
  EXPECT_EQ(rows()[0]["outcome"], "changed_while_reading");
}

TEST_F(ArtifactStoreTest, EndsAtOnceWhenTheRunIsStopped) {
  file("C:\\a", "x");
  file("C:\\b", "y");
  open();
  request("C:\\a");
  request("C:\\b");
  stop.request_stop();
  store.drain(Priority::bulk);
  EXPECT_THAT(bundle.files, IsEmpty());
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0]["outcome"], "skipped");
  EXPECT_EQ(all[0]["skipped"], "interrupted");
}

TEST_F(ArtifactStoreTest, WhatWasReadBeforeTheBundleIsKeptHoweverTheRunEnds) {
  file("C:\\SYSTEM", "hive");
  FileRequest hive;
  hive.path = path("C:\\SYSTEM");
  hive.module = "source";
  ASSERT_TRUE(store.preserve(std::move(hive), 100));
  stop.request_stop();
  open();
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0]["outcome"], "complete");
}

TEST_F(ArtifactStoreTest, HivesAreTakenWhateverTheSumOfBytes) {
  limits.max_total_bytes = 3;
  ArtifactStore small{source, limits, run_stop, progress, listener};
  file("C:\\SYSTEM", "hive");
  file("C:\\other", "four");
  small.open(feed);
  FileRequest hive, other;
  hive.path = path("C:\\SYSTEM");
  hive.beyond_total = true;
  other.path = path("C:\\other");
  small.request(std::move(hive));
  small.request(std::move(other));
  small.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0]["outcome"], "complete");
  EXPECT_EQ(all[1]["skipped"], "limit");
}

TEST_F(ArtifactStoreTest, AnybodyCanCallAFileOfflineSoItIsReadAllTheSame) {
  file("C:\\plain", "x").facts.attributes = kAttributeOffline;
  file("C:\\cloud", "y").facts.attributes = kAttributeOffline | kAttributeReparsePoint;
  open();
  request("C:\\plain");
  request("C:\\cloud");
  store.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0]["outcome"], "complete");
  EXPECT_EQ(all[1]["skipped"], "placeholder");
  EXPECT_EQ(store.counts().left_out, 1u);
}

TEST_F(ArtifactStoreTest, PastTheTimeLimitItListsTheRest) {
  const RunStop late{stop, 1};  // 100 ns
  ArtifactStore limited{source, limits, late, progress, listener};
  file("C:\\a", "x");
  limited.open(feed);
  while (!late.stop_requested()) std::this_thread::yield();
  FileRequest request;
  request.path = path("C:\\a");
  limited.request(std::move(request));
  limited.drain(Priority::bulk);
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0]["outcome"], "skipped");
  EXPECT_EQ(all[0]["skipped"], "limit");
  EXPECT_THAT(std::string{all[0]["error"]["what"]}, HasSubstr("time limit"));
  EXPECT_EQ(limited.counts().left_out, 1u);
  EXPECT_FALSE(stop.stop_requested());
}

TEST_F(ArtifactStoreTest, StopsTheRunWhenTheOutputFails) {
  file("C:\\a", "x");
  open();
  request("C:\\a");
  bundle.broken = true;
  store.drain(Priority::bulk);
  ASSERT_TRUE(feed.failure());
  EXPECT_THAT(feed.failure()->detail, HasSubstr("No space left"));
  EXPECT_TRUE(stop.stop_requested());
}

TEST_F(ArtifactStoreTest, KeepsAlternateStreamsAsArtifactsOfTheirOwn) {
  file("C:\\a.exe", "x").streams["Zone.Identifier"] = fake::bytes_from("[ZoneTransfer]");
  open();
  request("C:\\a.exe:zone.identifier");
  store.drain(Priority::bulk);
  EXPECT_EQ(rows()[0]["path"], "C:\\a.exe:Zone.Identifier");
  EXPECT_EQ(rows()[0]["outcome"], "complete");
  EXPECT_EQ(bundle.files[0].bytes, "[ZoneTransfer]");
}

TEST_F(ArtifactStoreTest, ShowsTheExactNameWhereTextCannot) {
  file("C:\\\xED\xA0\x80.exe", "x");
  open();
  request("C:\\\xED\xA0\x80.exe");
  store.drain(Priority::bulk);
  EXPECT_EQ(rows()[0]["path"], "C:\\\xEF\xBF\xBD.exe");
  EXPECT_EQ(rows()[0]["path_utf16"], "43003a005c0000d82e00650078006500");
}

}  // namespace
}  // namespace hozen
