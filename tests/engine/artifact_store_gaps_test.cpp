// Files of which parts cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/base/hash.h"
#include "collector/engine/artifact_store.h"
#include "tests/engine/store_fixture.h"

namespace hozen {
namespace {

using test::ArtifactStoreTest;
using test::Json;
using test::path;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::string kZeros(2, '\0');

TEST_F(ArtifactStoreTest, KeepsWhatLiesBehindABadPlace) {
  file("C:\\a.evtx", "0123456789").bad = {{2, 4}, {7, 8}};
  open();
  request("C:\\a.evtx");
  store.drain(Priority::bulk);
  ASSERT_THAT(bundle.files, SizeIs(1));
  const std::string kept = "01" + kZeros + "456" + kZeros.substr(1) + "89";
  EXPECT_EQ(bundle.files[0].bytes, kept);
  const Json row = rows()[0];
  EXPECT_EQ(row["outcome"], "incomplete");
  EXPECT_EQ(row["stored"], 10);
  EXPECT_EQ(row["unreadable"].dump(), R"([{"offset":2,"size":2},{"offset":7,"size":1}])");
  EXPECT_EQ(row["error"]["offset"], 2);
  EXPECT_EQ(store.counts().incomplete, 1u);
  EXPECT_EQ(store.counts().left_out, 1u) << "for the exit code";
  ASSERT_THAT(store.failures(), SizeIs(1));
  EXPECT_EQ(store.failures()[0].outcome, "incomplete");
  EXPECT_THAT(store.failures()[0].reason,
              HasSubstr("zeros stand for 3 bytes in 2 places that could not be read: file data"));
}

TEST_F(ArtifactStoreTest, AFileThatEndsInABadPlaceIsTruncated) {
  file("C:\\a", "0123456789").bad = {{2, 3}, {6, 10}};
  open();
  request("C:\\a");
  store.drain(Priority::bulk);
  EXPECT_EQ(bundle.files[0].bytes, "01" + kZeros.substr(1) + "345");
  const Json row = rows()[0];
  EXPECT_EQ(row["outcome"], "truncated");
  EXPECT_EQ(row["unreadable"].dump(), R"([{"offset":2,"size":1}])");
  EXPECT_EQ(row["error"]["offset"], 6);
}

TEST_F(ArtifactStoreTest, OfAFileThatCannotBeReadAtAllNothingIsMadeUp) {
  file("C:\\a", "0123456789").bad = {{0, 10}};
  open();
  request("C:\\a");
  store.drain(Priority::bulk);
  EXPECT_THAT(bundle.files, SizeIs(0));
  EXPECT_EQ(rows()[0]["outcome"], "failed");
  EXPECT_FALSE(rows()[0].contains("unreadable"));
}

TEST_F(ArtifactStoreTest, ModulesSeeTheZerosThatArePreserved) {
  file("C:\\SYSTEM", "0123456789").bad = {{4, 6}};
  open();
  const ArtifactId id = request("C:\\SYSTEM");
  const auto bytes = store.read(id, 100);
  ASSERT_TRUE(bytes) << bytes.error().text();
  EXPECT_EQ(text(*bytes), "0123" + kZeros + "6789");
  EXPECT_EQ(bundle.files[0].bytes, text(*bytes));
  const auto again = store.read(id, 100);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(text(*again), text(*bytes));
  const auto beginning = store.read_beginning(id, 5);
  ASSERT_TRUE(beginning);
  EXPECT_EQ(text(beginning->bytes), "0123" + kZeros.substr(1));
  const Json row = rows()[0];
  EXPECT_EQ(row["outcome"], "incomplete");
  EXPECT_EQ(row["unreadable"].dump(), R"([{"offset":4,"size":2}])");
}

TEST_F(ArtifactStoreTest, WhatAModuleCannotReadWholeIsPreservedAllTheSame) {
  file("C:\\SYSTEM", "0123456789").bad = {{4, 10}};
  open();
  const ArtifactId id = request("C:\\SYSTEM");
  const auto bytes = store.read(id, 100);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().offset, 4u);
  ASSERT_THAT(bundle.files, SizeIs(1));
  EXPECT_EQ(bundle.files[0].bytes, "0123");
  EXPECT_EQ(rows()[0]["outcome"], "truncated");
  EXPECT_EQ(store.read(id, 100).error().offset, 4u);
}

TEST_F(ArtifactStoreTest, RowsTellHowEachFileWasRead) {
  file("C:\\a", "as all others");
  file("C:\\held", "by a program").method = "raw_ntfs";
  file("C:\\SYSTEM", "held, and read by a module").method = "raw_ntfs";
  open();
  ASSERT_TRUE(store.read(request("C:\\SYSTEM"), 100));
  request("C:\\a");
  request("C:\\held");
  store.drain(Priority::bulk);
  std::string methods;
  for (const Json& row : rows())
    methods += row["path"].get<std::string>() + " " + row["method"].get<std::string>() + ";";
  EXPECT_EQ(methods, "C:\\SYSTEM raw_ntfs;C:\\a file_api;C:\\held raw_ntfs;");
}

TEST_F(ArtifactStoreTest, AStopIsNoBadPlace) {
  file("C:\\a", "0123456789").bad = {{2, 4}};
  open();
  request("C:\\a");
  stop.request_stop();
  store.drain(Priority::bulk);
  EXPECT_THAT(bundle.files, SizeIs(0));
}

TEST_F(ArtifactStoreTest, OfGapsBehindTheLimitNothingIsSaid) {
  file("C:\\a", "0123456789").bad = {{2, 3}, {7, 8}};
  open();
  FileRequest request;
  request.path = path("C:\\a");
  request.module = "run_keys";
  request.max_bytes = 5;
  store.request(std::move(request));
  store.drain(Priority::bulk);
  const Json row = rows()[0];
  EXPECT_EQ(row["outcome"], "truncated");
  EXPECT_EQ(row["unreadable"].dump(), R"([{"offset":2,"size":1}])");
}

}  // namespace
}  // namespace hozen
