// Signatures of real files: facts/pe.tsv (pefile, osslsigncode), and what the tests of signify,
// saferwall/pe and PeNet say of theirs.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "collector/base/text.h"
#include "collector/formats/catalog.h"
#include "tests/formats/signature_cases.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

using namespace signature_cases;

enum Column : std::size_t { path, machine, embedded = 10, sha1 = 11, sha256 = 12, subjects = 16 };

constexpr std::size_t kMaxFactBytes = 300;
constexpr std::string_view kNow = "2026-11-27T00:00:00Z";

/// The roots of this computer may stand in chains; trusted are those alone that are known.
const TrustStore& computer() {
  static const TrustStore kStore = [] {
    TrustStore trust;
    std::ifstream file{"/etc/ssl/certs/ca-certificates.crt", std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (const auto roots = parse_certificates(bytes_of(text)))
      for (const Certificate& one : *roots) trust.add(one);
    return trust;
  }();
  return kStore;
}

signature_cases::Read read_file(const PeBytes& file, FileTime now = at(kNow)) {
  return signature_cases::read(file, computer(), now);
}
signature_cases::Read read_file(std::string_view name) { return read_file(evidence(name)); }

std::string hash_of(const FileDigests& digests, Algorithm algorithm) {
  const Digest* const digest = digests.image_digest(algorithm);
  return digest == nullptr ? "" : to_hex(digest->bytes);
}

/// Common names in "C = US, O = a, CN = b | C = …".
std::multiset<std::string> names_in(std::string_view text) {
  std::multiset<std::string> names;
  constexpr std::string_view kName = "CN = ";
  for (std::size_t at = text.find(kName); at != text.npos; at = text.find(kName, at)) {
    at += kName.size();
    const std::size_t end = std::min({text.find(" | ", at), text.find(", ", at), text.size()});
    names.emplace(text.substr(at, end - at));
  }
  return names;
}

TEST_F(RealEvidence, HashesAndCertificatesOfSignaturesAreThoseOfOthers) {
  int count = 0, with_certificates = 0;
  for (const Row& row : facts("pe.tsv")) {
    if (row[machine].starts_with("ERR")) continue;
    SCOPED_TRACE(row[path]);
    const auto file = read_file(row[path]);
    EXPECT_EQ(hash_of(file.digests, Algorithm::sha1), row[sha1]);
    EXPECT_EQ(hash_of(file.digests, Algorithm::sha256), row[sha256]);
    EXPECT_EQ(file.table ? "yes" : "no", row[embedded]);
    ++count;
    if (row.size() <= subjects || row[subjects].empty()) continue;
    ++with_certificates;
    ASSERT_TRUE(file.table && !file.table->signatures.empty());
    std::multiset<std::string> names;
    for (const Certificate& one : file.table->signatures[0].certificates)
      names.insert(one.subject.common_name);
    // The table of facts has the first 300 characters.
    const auto others = names_in(row[subjects]);
    EXPECT_TRUE(std::ranges::includes(names, others));
    if (row[subjects].size() < kMaxFactBytes) {
      EXPECT_EQ(names, others);
    }
  }
  EXPECT_EQ(count, 21);
  EXPECT_EQ(with_certificates, 10);
}

TEST_F(RealEvidence, SignaturesHaveTheStateThatOthersSay) {
  struct Case {
    std::string_view file, root;
    Status status;
  };
  constexpr Case kCases[] = {
      {"pe/saferwall/putty.exe", "COMODO RSA Certification Authority",
       Status::valid_timestamped_expired},
      {"pe/saferwall/putty_modified.exe", "COMODO RSA Certification Authority",
       Status::digest_mismatch},
      {"pe/saferwall/liblzo2-2.dll", "COMODO RSA Certification Authority",
       Status::valid_timestamped_expired},
      {"pe/saferwall/kernel32.dll", "Microsoft Windows Production PCA 2011",
       Status::valid_timestamped_expired},
      {"pe/saferwall/WdBoot.sys", "Microsoft Code Signing PCA 2010",
       Status::valid_timestamped_expired},
      {"pe/penet/firefox_x64.exe", "DigiCert Assured ID Root CA",
       Status::valid_timestamped_expired},
      {"pe/penet/firefox_x64_manipulated.exe", "DigiCert Assured ID Root CA",
       Status::digest_mismatch},
      {"pe/signify/pciide.sys", "Microsoft Windows Verification PCA",
       Status::valid_timestamped_expired},
      {"pe/signify/sigcheck.exe", "Microsoft Code Signing PCA", Status::valid_timestamped_expired},
      {"pe/signify/kdbazis.dll", "", Status::untrusted_root},
  };
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.file);
    const auto file = read_file(one.file);
    EXPECT_EQ(to_text(file.status()), to_text(one.status));
    EXPECT_EQ(file.verdict->verdict.chain.root, one.root);
    EXPECT_EQ(file.table->hidden_bytes, 0u);
    EXPECT_FALSE(file.table->overlaps_image);
    EXPECT_EQ(file.verdict->verdict.chain.is_microsoft, one.root.starts_with("Microsoft"));
  }
}

TEST_F(RealEvidence, PuttyIsSignedTwiceBySimonTatham) {
  const auto file = read_file("pe/saferwall/putty.exe");
  ASSERT_EQ(file.table->signatures.size(), 1u);
  const Signature& outer = file.table->signatures[0];
  ASSERT_EQ(outer.nested.size(), 1u);
  EXPECT_EQ(outer.digest.algorithm, Algorithm::sha1);
  EXPECT_EQ(outer.nested[0].digest.algorithm, Algorithm::sha256);
  for (const Signature* one : {&outer, &outer.nested[0]}) {
    EXPECT_TRUE(one->holds());
    EXPECT_EQ(one->signer->subject.common_name, "Simon Tatham");
    EXPECT_EQ(one->signer->issuer.common_name, "COMODO RSA Code Signing CA");
    EXPECT_EQ(one->signer->serial, "7c1118cbbadc95da3752c46e47a27438");
    EXPECT_EQ(one->signer->not_before, at("2018-11-13T00:00:00Z"));
    EXPECT_EQ(one->signer->not_after, at("2021-11-08T23:59:59Z"));
    EXPECT_EQ(one->program_name, "SSH, Telnet and Rlogin client");
    ASSERT_EQ(one->countersignatures.size(), 1u);
    EXPECT_TRUE(one->countersignatures[0].holds);
  }
}

TEST_F(RealEvidence, BothSignaturesOfSigcheckHold) {
  const auto file = read_file("pe/signify/sigcheck.exe");
  const Signature& outer = file.table->signatures.at(0);
  for (const Signature* one : {&outer, &outer.nested.at(0)})
    EXPECT_EQ(verify(*one, file.digests, computer(), at(kNow)).status,
              Status::valid_timestamped_expired);
}

TEST_F(RealEvidence, FlippedByteOfPciideIsFound) {
  PeBytes file = evidence("pe/signify/pciide.sys");
  EXPECT_EQ(read_file(file, at("2009-12-01T00:00:00Z")).status(), Status::valid);
  file.at(0x500) ^= std::byte{1};
  EXPECT_EQ(read_file(file).status(), Status::digest_mismatch);
}

TEST_F(RealEvidence, KdbazisIsValidAsLongAsItsLifetimeSigningCertificate) {
  TrustStore trust;
  const PeBytes root = evidence("pe/signify/kdbazis.dll.crt");
  const auto certificates = parse_certificates(Bytes{root});
  ASSERT_TRUE(certificates);
  for (const Certificate& one : *certificates) trust.trust(one);
  const PeBytes file = evidence("pe/signify/kdbazis.dll");
  EXPECT_EQ(signature_cases::read(file, trust, at("2024-01-01T00:00:00Z")).status(), Status::valid);
  const auto later = signature_cases::read(file, trust, at("2060-01-01T00:00:00Z"));
  EXPECT_EQ(later.status(), Status::valid_expired_untimestamped);
  EXPECT_TRUE(later.verdict->verdict.chain.is_lifetime_signing);
  // Its serial number is a negative one.
  EXPECT_EQ(later.table->signatures[0].signer->serial, "8db7f73802d1d9bd4673fa61757f2977");
}

TEST_F(RealEvidence, ChangedLibraryNamesATableWithinItself) {
  const auto file = read_file("pe/go-pe/dmdskres.dll");
  ASSERT_TRUE(file.table);
  EXPECT_TRUE(file.table->overlaps_image);
  EXPECT_FALSE(file.verdict);
  EXPECT_FALSE(file.table->problems.empty());
}

struct RealCatalog {
  explicit RealCatalog(std::string_view name)
      : file{evidence(name)},
        catalog{catalog::read_catalog(Bytes{file}, [this](const catalog::Member& member) {
          members.push_back(member);
          return true;
        })} {}
  PeBytes file;
  std::vector<catalog::Member> members{};
  Result<catalog::Catalog> catalog;
};

TEST_F(RealEvidence, DriverFileIsSignedByItsCatalog) {
  const RealCatalog read{"pe/signify/oem89.cat"};
  ASSERT_TRUE(read.catalog);
  ASSERT_EQ(read.members.size(), 1u);
  EXPECT_EQ(read.members[0].attribute("File"), "amdacpbtscoext.inf");
  MemorySource inf{evidence("pe/signify/amdacpbtscoext.inf")};
  const auto digests = digest_file(inf, nullptr);
  ASSERT_TRUE(digests);
  EXPECT_FALSE(digests->is_image);
  EXPECT_EQ(to_hex(read.members[0].digest.bytes), to_hex(digests->sha1));
  const Verdict verdict = verify_content(read.catalog->signature, computer(), at(kNow));
  EXPECT_EQ(verdict.status, Status::valid_timestamped_expired);
  EXPECT_EQ(verdict.signed_at, at("2022-06-30T07:25:13.31Z"));
  EXPECT_EQ(verdict.chain.certificates.at(0).subject.common_name,
            "Microsoft Windows Hardware Compatibility Publisher");
}

TEST_F(RealEvidence, CatalogWithoutSignerIsReadAndNotBelieved) {
  const RealCatalog read{"pe/signify/catfiletest.cat"};
  ASSERT_TRUE(read.catalog);
  EXPECT_EQ(read.members.size(), 1u);
  EXPECT_EQ(verify_content(read.catalog->signature, computer(), at(kNow)).status,
            Status::malformed);
}

TEST_F(RealEvidence, CatalogOfWindowsIsRead) {
  const RealCatalog read{"pe/go-pe/ntexe.cat"};
  ASSERT_TRUE(read.catalog);
  EXPECT_EQ(read.members.size(), 18u);
  EXPECT_EQ(read.catalog->unreadable_members, 0u);
  EXPECT_EQ(verify_content(read.catalog->signature, computer(), at(kNow)).status,
            Status::valid_timestamped_expired);
}

}  // namespace
}  // namespace hozen::real
