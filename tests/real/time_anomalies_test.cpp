// The file table of a Windows XP with updates, an installer and an unpacked archive: nobody set a
// time there, and nobody is to be told so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "collector/base/bytes.h"
#include "tests/builders/fake_context.h"
#include "tests/builders/testdata.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace modules {
extern const ModuleSpec time_anomalies;
}  // namespace modules
namespace {

class TimeAnomaliesOfWindows : public real::RealEvidence {};

std::vector<std::byte> unpacked(const std::string& archive, const std::string& name) {
  std::FILE* const pipe =
      ::popen(("7z x -so '" + testdata_path(archive) + "' " + name + " 2>/dev/null").c_str(), "r");
  std::vector<std::byte> bytes;
  std::array<std::byte, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
  return ::pclose(pipe) == 0 ? bytes : std::vector<std::byte>{};
}

TEST_F(TimeAnomaliesOfWindows, TellInstallersAndArchivesQuietly) {
  std::vector<std::byte> table = unpacked("ntfs/orc_usn_winxp.7z", "mft_winxp");
  if (table.empty()) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
  fake::FakeSource source;
  source.add_volume({"C:", std::nullopt, "NTFS", {}});
  source.add_file(EvidencePath{"C:"} / "$MFT", std::move(table));
  fake::Context context{source, nullptr};
  context.reference = *parse_iso8601("2015-12-01T00:00:00Z");
  ASSERT_TRUE(modules::time_anomalies.run(context));
  EXPECT_GT(context.records.size(), 3000u) << "files of the setup program";
  EXPECT_THAT(context.notes, testing::IsEmpty());
  EXPECT_EQ(context.findings.size(), 5u) << fake::summary_of(context.findings);
  for (const Finding& finding : context.findings) {
    EXPECT_EQ(finding.rule, "time_anomalies.many_files") << finding.subject;
    EXPECT_EQ(severity_of(finding), Severity::info) << finding.subject;
  }
}

}  // namespace
}  // namespace hozen
