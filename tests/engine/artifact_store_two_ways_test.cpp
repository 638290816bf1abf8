#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/engine/host.h"
#include "tests/engine/store_fixture.h"

namespace hozen {
namespace {

using test::Json;
using test::path;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Files that a running system shows in two ways.
class TwoWaysTest : public test::ArtifactStoreTest {
 protected:
  fake::Entry& both(const std::string& name, const std::string& content, const std::string& other) {
    source.other_ways[path(name).folded()] = fake::bytes_from(other);
    return file(name, content);
  }
  Json row_of(const std::string& name) {
    open();
    request(name);
    store.drain(Priority::bulk);
    return rows().at(0);
  }
};

TEST_F(TwoWaysTest, SameContentIsTold) {
  both("C:\\a.exe", "content", "content");
  const Json row = row_of("C:\\a.exe");
  EXPECT_EQ(row.at("method"), "file_api");
  const Json& other = row.at("other_way");
  EXPECT_EQ(other.at("method"), "raw_ntfs");
  EXPECT_EQ(other.at("sha256"), row.at("sha256"));
  EXPECT_EQ(other.at("same"), true);
  EXPECT_EQ(store.counts().compared, 1u);
  EXPECT_THAT(store.differences(), IsEmpty());
}

TEST_F(TwoWaysTest, OtherContentIsADifference) {
  both("C:\\a.exe", "what is shown", "what is there");
  const Json row = row_of("C:\\a.exe");
  EXPECT_EQ(row.at("other_way").at("same"), false);
  EXPECT_EQ(row.at("other_way").at("sha256"), to_hex(sha256(fake::bytes_from("what is there"))));
  EXPECT_EQ(row.at("outcome"), "complete") << "what is shown was preserved";
  ASSERT_THAT(store.differences(), SizeIs(1));
  EXPECT_THAT(store.differences()[0].text(), HasSubstr("a.exe"));
  EXPECT_EQ(store.counts().differing, 1u);
}

TEST_F(TwoWaysTest, WhatTheVolumeDoesNotHaveIsADifference) {
  file("C:\\a.exe", "shown");
  file("C:\\b.exe", "shown");
  source.no_other_ways[path("C:\\a.exe").folded()] =
      Error{Errc::malformed, "C:\\a.exe", {}, "the file record holds another file by now"};
  source.no_other_ways[path("C:\\b.exe").folded()] =
      Error{Errc::unsupported, "C:\\b.exe", {}, "not a volume of NTFS"};
  open();
  request("C:\\a.exe");
  request("C:\\b.exe");
  store.drain(Priority::bulk);
  EXPECT_THAT(rows(), SizeIs(2));
  ASSERT_THAT(store.differences(), SizeIs(1));
  EXPECT_THAT(store.differences()[0].text(),
              AllOf(HasSubstr("a.exe"), HasSubstr("could not be read from the volume"),
                    HasSubstr("holds another file")));
  EXPECT_EQ(store.counts().compared, 0u);
}

TEST_F(TwoWaysTest, ATimeInTheFutureHidesNothing) {
  both("C:\\a.exe", "what is shown", "what is there").facts.si.modified = {
      utc_now().ticks + 365 * 24 * (3600 * kTicksPerSecond)};
  EXPECT_EQ(row_of("C:\\a.exe").at("other_way").at("same"), false);
  EXPECT_THAT(store.differences(), SizeIs(1));
}

TEST_F(TwoWaysTest, WhatIsWrittenMeanwhileIsNoDifference) {
  int opened = 0;
  fake::Entry& entry = both("C:\\a.log", "before", "after!");
  entry.on_open = [&] {
    if (++opened > 1) entry.bytes = fake::bytes_from("after!");
  };
  EXPECT_FALSE(row_of("C:\\a.log").contains("other_way"));
  EXPECT_THAT(store.differences(), IsEmpty());
}

TEST_F(TwoWaysTest, NeitherEncryptedNorJustWrittenFilesAreCompared) {
  both("C:\\efs.txt", "plain", "secret").facts.attributes = kAttributeEncrypted;
  both("C:\\new.txt", "in memory", "on disk").facts.si.modified = utc_now();
  open();
  request("C:\\efs.txt");
  request("C:\\new.txt");
  store.drain(Priority::bulk);
  for (const Json& row : rows()) EXPECT_FALSE(row.contains("other_way")) << row.dump();
  EXPECT_EQ(store.counts().compared, 0u);
}

TEST_F(TwoWaysTest, OfManyFilesASampleIsCompared) {
  for (int i = 0; i < 300; ++i)
    both("C:\\f" + std::to_string(i), "f" + std::to_string(i), "f" + std::to_string(i));
  open();
  for (int i = 0; i < 300; ++i) request("C:\\f" + std::to_string(i));
  store.drain(Priority::bulk);
  EXPECT_GE(store.counts().compared, 64u);
  EXPECT_LE(store.counts().compared, 80u);
}

}  // namespace
}  // namespace hozen
