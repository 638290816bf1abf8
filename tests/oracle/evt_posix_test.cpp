// Event logs (.evt) that the tests write, read by libevt too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/builders/evt_builder.h"
#include "tests/builders/temp_folder.h"
#include "tests/oracle/evtexport_posix.h"

namespace hozen {
namespace {

using builders::evt_sid;
using builders::EvtBuilder;

class EvtOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!oracle::has_evtexport())
      GTEST_SKIP() << "the program evtexport (libevt-utils) is not installed";
  }
  /// What both read.
  std::pair<oracle::EvtRecords, oracle::EvtRecords> read(const EvtBuilder& builder) {
    const auto bytes = builder.bytes();
    const auto path = folder.path() / "log.evt";
    {
      std::ofstream file{path, std::ios::binary};
      file << Bytes{bytes}.chars();
    }
    const auto ours = oracle::our_evt_records(bytes, false);
    EXPECT_FALSE(ours.empty());
    return {ours, oracle::evtexport(path.string())};
  }
  void compare(const EvtBuilder& builder) {
    const auto [ours, theirs] = read(builder);
    EXPECT_THAT(theirs, ::testing::ContainerEq(ours));
  }
  TempFolder folder;
};

TEST_F(EvtOracle, ReadsTheSameRecordsRoundTheEndOfTheFile) {
  std::size_t equal = 0, fewer = 0;
  for (std::size_t bytes = 1024; bytes < 1224; bytes += 8) {
    EvtBuilder log{bytes};
    for (int i = 0; i < 20; ++i)
      log.event({.strings = {"record " + std::to_string(i), "\xC3\xA9"}});
    const auto [ours, theirs] = read(log);
    for (const auto& record : theirs) EXPECT_TRUE(ours.contains(record)) << bytes;
    ++(theirs == ours ? equal : fewer);
  }
  // Where no record goes round the end libevt may stop at what the last one is padded with.
  EXPECT_GE(equal, 15u);
  EXPECT_LE(fewer, 10u);
}

TEST_F(EvtOracle, ReadsTheSameFields) {
  compare(EvtBuilder{}
              .event({.source = "Security",
                      .event_id = 528,
                      .type = 8,
                      .category = 2,
                      .strings = {"eve", "", "(0x0,0x3E7)", "2"},
                      .sid = evt_sid({21, 1, 2, 3, 500})})
              .event({.event_id = 0xC000'1B58, .strings = {"a", "%%1053"}, .data = {std::byte{9}}})
              .event({}));
}

TEST_F(EvtOracle, ReadsTheSameRecordsOfAStaleLog) {
  EvtBuilder log{2048};
  for (int i = 0; i < 3; ++i) log.event({.strings = {"old"}});
  log.stale_header();
  for (int i = 0; i < 25; ++i) log.event({.strings = {"new"}});
  compare(log);
}

}  // namespace
}  // namespace hozen
