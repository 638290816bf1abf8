// Every event log (.evt) of the test data, record by record, against libevt's evtexport.
#include <filesystem>

#include "tests/oracle/evtexport_posix.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

TEST_F(RealEvidence, OldEventsAreThoseOfEvtexport) {
  if (!oracle::has_evtexport())
    GTEST_SKIP() << "the program evtexport (libevt-utils) is not installed";
  std::size_t logs = 0;
  const std::filesystem::path root{testdata_path("")};
  for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
    if (!entry.is_regular_file() || to_lower_ascii(entry.path().extension().string()) != ".evt")
      continue;
    ++logs;
    const auto bytes = testdata(std::filesystem::relative(entry.path(), root).string());
    // What libevt recovers of records that were written over may be cut at another place.
    const auto theirs = oracle::evtexport(entry.path().string());
    const auto ours = oracle::our_evt_records(bytes, true);
    for (const auto& record : oracle::our_evt_records(bytes, false))
      EXPECT_TRUE(theirs.contains(record)) << entry.path() << " " << record.front();
    EXPECT_GE(ours.size(), theirs.size()) << entry.path();
  }
  if (logs == 0) GTEST_SKIP() << "the test data holds no event log of that time (.evt)";
}

}  // namespace
}  // namespace hozen::real
