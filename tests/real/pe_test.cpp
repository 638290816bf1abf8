// Real executables against pefile 2023 (facts/pe.tsv) and what the tests of saferwall/pe and PeNet
// say of theirs.
#include "collector/formats/pe.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/pe_details.h"
#include "collector/formats/pe_exports.h"
#include "collector/formats/pe_imports.h"
#include "collector/formats/pe_version.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

/// An image with the bytes that it reads.
struct Opened {
  explicit Opened(std::string_view name) : file{evidence(name)} {}
  MemorySource file;
  Result<pe::Image> image = pe::Image::open(file);

  pe::Image& operator*() { return *image; }
  pe::Image* operator->() { return &*image; }
};

std::string hex_of(std::uint16_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (; number != 0; number = static_cast<std::uint16_t>(number >> 4))
    text.insert(text.begin(), kDigits[number & 0xFu]);
  return "0x" + text;
}

/// Columns of facts/pe.tsv.
enum Column : std::size_t {
  path,
  machine,
  format,
  dll,
  sections,
  timestamp,
  imphash,
  import_dlls,
  delay_import_dlls,
  exports,
  embedded_signature,
  authentihash_sha1,
  authentihash_sha256,
  company,
  file_version,
  original_filename,
};

void compare(const Row& row) {
  Opened opened{row[path]};
  ASSERT_TRUE(opened.image) << opened.image.error().text();
  const pe::Headers& headers = opened->headers();
  EXPECT_EQ(hex_of(headers.machine), row[machine]);
  EXPECT_EQ(headers.is_64 ? "PE32+" : "PE32", row[format]);
  EXPECT_EQ(headers.is_dll() ? "dll" : "", row[dll]);
  EXPECT_EQ(std::to_string(opened->sections().size()), row[sections]);
  EXPECT_EQ(filetime_from_unix(headers.timestamp, 0).iso8601().substr(0, 19) + "Z", row[timestamp]);
  const pe::Imports imports = pe::read_imports(*opened);
  const auto hash = pe::import_hash(imports);
  EXPECT_EQ(hash ? to_hex(*hash) : "", row[imphash]);
  EXPECT_EQ(std::to_string(imports.libraries.size()), row[import_dlls]);
  EXPECT_EQ(std::to_string(pe::read_delay_imports(*opened).libraries.size()),
            row[delay_import_dlls]);
  const auto exported = pe::read_exports(*opened);
  EXPECT_EQ(std::to_string(exported ? exported->functions.size() : 0), row[exports]);
  std::vector<Error> problems;
  const auto version = pe::read_version_info(*opened, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(version ? trim(version->find("CompanyName")) : "", row[company]);
  EXPECT_EQ(version ? trim(version->find("FileVersion")) : "", row[file_version]);
  EXPECT_EQ(version ? trim(version->find("OriginalFilename")) : "", row[original_filename]);
  // In dmdskres.dll somebody put a section over the certificates: the header still names them.
  const auto certificates = pe::read_certificates(*opened);
  EXPECT_EQ(certificates ? "yes" : "no", row[embedded_signature]);
}

TEST_F(RealEvidence, ExecutablesSayWhatOthersRead) {
  int count = 0;
  for (const Row& row : facts("pe.tsv")) {
    SCOPED_TRACE(row[path]);
    if (row[machine].starts_with("ERR")) {
      Opened opened{row[path]};
      EXPECT_FALSE(opened.image);
      continue;
    }
    compare(row);
    ++count;
  }
  EXPECT_EQ(count, 21);
}

TEST_F(RealEvidence, OnlyTheExecutableThatWasChangedHasProblems) {
  for (const Row& row : facts("pe.tsv")) {
    if (row[machine].starts_with("ERR")) continue;
    SCOPED_TRACE(row[path]);
    Opened opened{row[path]};
    std::vector<Error> problems = opened->problems();
    const auto add = [&](const std::vector<Error>& more) {
      problems.insert(problems.end(), more.begin(), more.end());
    };
    add(pe::read_imports(*opened).problems);
    add(pe::read_delay_imports(*opened).problems);
    if (const auto exported = pe::read_exports(*opened)) add(exported->problems);
    (void)pe::read_manifest(*opened, problems);
    add(pe::list_resources(*opened).problems);
    add(pe::read_debug(*opened).problems);
    (void)pe::count_tls_callbacks(*opened, problems);
    (void)pe::read_clr_header(*opened, problems);
    if (const auto table = pe::read_certificates(*opened)) add(table->problems);
    EXPECT_EQ(problems.size(), row[path] == "pe/go-pe/dmdskres.dll" ? 2u : 0u);
    // All linkers of Microsoft made their key as they do.
    if (const auto rich = pe::read_rich_header(*opened)) {
      EXPECT_TRUE(rich->key_matches);
    }
  }
}

TEST_F(RealEvidence, LibraryThatForwardsToAnotherIsOpen) {
  Opened opened{"pe/go-pe/dmdskres.dll"};
  const auto exported = pe::read_exports(*opened);
  ASSERT_TRUE(exported);
  ASSERT_EQ(exported->functions.size(), 4u);
  for (const pe::Export& one : exported->functions)
    EXPECT_EQ(one.forwarder, "c:\\Windows\\System32\\dnshc." + one.name);
}

TEST_F(RealEvidence, KernelHasTheFactsOfSaferwall) {
  Opened opened{"pe/saferwall/kernel32.dll"};
  const pe::Imports imports = pe::read_imports(*opened);
  ASSERT_EQ(imports.libraries.size(), 96u);
  EXPECT_TRUE(std::ranges::any_of(imports.libraries, [](const pe::ImportedLibrary& library) {
    return library.name == "api-ms-win-core-namedpipe-l1-2-1.dll" &&
           std::ranges::any_of(library.functions, [](const pe::ImportedFunction& function) {
             return function.name == "GetNamedPipeHandleStateW";
           });
  }));
  const auto exported = pe::read_exports(*opened);
  ASSERT_TRUE(exported);
  const auto found =
      std::ranges::find(exported->functions, "AcquireSRWLockExclusive", &pe::Export::name);
  ASSERT_NE(found, exported->functions.end());
  EXPECT_EQ(found->forwarder, "NTDLL.RtlAcquireSRWLockExclusive");
  const auto rich = pe::read_rich_header(*opened);
  ASSERT_TRUE(rich);
  EXPECT_EQ(to_hex(rich->hash), "4549320af6790d410f09ddc3bab86c86");
  EXPECT_TRUE(pe::read_debug(*opened).is_reproducible);
}

TEST_F(RealEvidence, OtherExecutablesHaveTheFactsOfTheirTests) {
  Opened driver{"pe/saferwall/WdBoot.sys"};
  const auto rich = pe::read_rich_header(*driver);
  ASSERT_TRUE(rich);
  EXPECT_EQ(to_hex(rich->hash), "3cbccbf62a2a6a8066a5c9d294c90948");
  std::vector<Error> problems;
  const auto version = pe::read_version_info(*driver, problems);
  ASSERT_TRUE(version && version->fixed);
  EXPECT_EQ(pe::version_text(version->fixed->file), "4.18.1906.3");

  Opened putty{"pe/saferwall/putty.exe"};
  const auto overlay = putty->overlay();
  ASSERT_TRUE(overlay);
  EXPECT_EQ(overlay->offset, 1'163'264u);
  EXPECT_EQ(overlay->size_bytes, 15'760u);
  EXPECT_EQ(overlay->data_bytes, 0u);  // it is the certificates

  Opened by_ordinal{"pe/saferwall/impbyord.exe"};
  const pe::Imports imports = pe::read_imports(*by_ordinal);
  ASSERT_EQ(imports.libraries.size(), 2u);
  ASSERT_EQ(imports.libraries[1].functions.size(), 1u);
  EXPECT_EQ(imports.libraries[1].functions[0].ordinal, 35);

  Opened tls{"pe/saferwall/liblzo2-2.dll"};
  EXPECT_EQ(pe::count_tls_callbacks(*tls, problems), 2u);
  Opened callback{"pe/penet/TLSCallback_x64.dll"};
  EXPECT_EQ(pe::count_tls_callbacks(*callback, problems), 1u);
  Opened clr{"pe/penet/NetFrameworkConsole.exe"};
  const auto header = pe::read_clr_header(*clr, problems);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->metadata_version, "v4.0.30319");
  EXPECT_TRUE(problems.empty());
}

}  // namespace
}  // namespace hozen::real
