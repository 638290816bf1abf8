// Real archives through the one way for all formats: RAR as rar_test.cpp reads it, and 7z.
#include "collector/formats/archive.h"

#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

TEST_F(RealEvidence, RarArchivesAreToldAsTheirReaderTellsThem) {
  int archives = 0;
  for (const Row& row : facts("rar.tsv")) {
    SCOPED_TRACE(row[0]);
    MemorySource file{evidence(row[0])};
    std::vector<std::string> names, expected;
    const auto by_rar = rar::read(file, [&](const rar::Entry& entry) {
      expected.push_back(entry.name);
      return true;
    });
    const auto archive = archive::read(file, [&](const archive::Entry& entry) {
      names.push_back(entry.name);
      return true;
    });
    ASSERT_TRUE(by_rar);
    ASSERT_TRUE(archive) << archive.error().text();
    EXPECT_EQ(archive->format, archive::Format::rar);
    EXPECT_EQ(archive->offset, by_rar->offset);
    EXPECT_EQ(archive->end, by_rar->end);
    EXPECT_EQ(archive->headers_encrypted, by_rar->headers_encrypted);
    EXPECT_EQ(names, expected);
    EXPECT_TRUE(archive->problems.empty());
    ++archives;
  }
  EXPECT_GT(archives, 50);
}

TEST_F(RealEvidence, SevenZipArchivesArePackedByDefault) {
  for (const std::string_view name :
       {"evtx-sets/museum/Win10/RathbunVM/RathbunVM_W10EventLogs.7z", "ntfs/orc_usn_winxp.7z",
        "prefetch-sets/museum/Win7/RathbunVM/RathbunVM_Win7.7z"}) {
    SCOPED_TRACE(name);
    MemorySource file{evidence(name)};
    const auto archive = archive::read(file, [](const archive::Entry&) { return true; });
    ASSERT_TRUE(archive) << archive.error().text();
    EXPECT_EQ(archive->format, archive::Format::seven_zip);
    EXPECT_EQ(archive->names, archive::Names::packed);
    EXPECT_EQ(archive->end, file.size());
    for (const Error& problem : archive->problems) ADD_FAILURE() << problem.text();
  }
}

}  // namespace
}  // namespace hozen::real
