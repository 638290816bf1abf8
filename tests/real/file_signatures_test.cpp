// Files and catalogs that their makers signed, as they lie on a Windows.
#include "collector/module/file_signatures.h"

#include <gmock/gmock.h>

#include "collector/module/trust_lists.h"
#include "tests/builders/fake_windows.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kCatRoot =
    "C:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\\";

class FileSignaturesReal : public RealEvidence {
 protected:
  std::string put(const std::string& path, std::string_view name) {
    windows.file(path, "").bytes = evidence(name);
    return path;
  }
  void put_catalog(const std::string& name, std::string_view from) {
    put(std::string{kCatRoot} + name, from);
  }
  FileSignature of(const std::string& path) {
    fake::Machine machine = windows.machine();
    FileSignatures book{*machine.source, machine.registry.get(), trust, fake::default_time()};
    FileSignature signature = book.of(*EvidencePath::parse(path));
    has_catalogs = book.has_catalogs();
    EXPECT_THAT(book.problems(), IsEmpty());
    return signature;
  }
  fake::FakeWindows windows;
  TrustLists trust;
  bool has_catalogs = false;
};

TEST_F(FileSignaturesReal, AProgramThatNoCatalogNamesIsNotSigned) {
  const std::string path = put("C:\\Windows\\System32\\notepad.exe", "pe/go-pe/notepad.exe");
  EXPECT_EQ(of(path).status, SignatureStatus::not_signed);
  EXPECT_FALSE(has_catalogs);
  put_catalog("other.cat", "pe/signify/oem89.cat");
  put_catalog("ntexe.cat", "pe/go-pe/ntexe.cat");
  EXPECT_EQ(of(path).status, SignatureStatus::not_signed);
  EXPECT_TRUE(has_catalogs);
}

TEST_F(FileSignaturesReal, AFileThatIsNoProgramIsSignedByItsCatalog) {
  const std::string path = put("C:\\Windows\\INF\\oem89.inf", "pe/signify/amdacpbtscoext.inf");
  put_catalog("oem89.cat", "pe/signify/oem89.cat");
  const FileSignature signature = of(path);
  EXPECT_TRUE(is_sound(signature.status)) << to_text(signature.status);
  EXPECT_TRUE(signature.by_catalog);
  EXPECT_THAT(signature.authentihash, IsEmpty());
  windows.entry(path).bytes.front() ^= std::byte{1};
  EXPECT_EQ(of(path).status, SignatureStatus::not_signed);
}

TEST_F(FileSignaturesReal, EmbeddedSignatures) {
  const FileSignature putty = of(put("C:\\t\\putty.exe", "pe/saferwall/putty.exe"));
  EXPECT_TRUE(is_sound(putty.status)) << to_text(putty.status);
  EXPECT_EQ(putty.signer, "Simon Tatham");
  EXPECT_EQ(putty.serial, "7c1118cbbadc95da3752c46e47a27438");
  EXPECT_TRUE(putty.signed_at.is_set());
  EXPECT_EQ(putty.authentihash, "8be7d65593b0fff2e8b29004640261b8a0d4fcc651a14cd0b8b702b7928f8ee0");
  EXPECT_EQ(of(put("C:\\t\\m.exe", "pe/saferwall/putty_modified.exe")).status,
            SignatureStatus::digest_mismatch);
  EXPECT_TRUE(is_sound(of(put("C:\\t\\f.exe", "pe/penet/firefox_x64.exe")).status));
  EXPECT_EQ(of(put("C:\\t\\f2.exe", "pe/penet/firefox_x64_manipulated.exe")).status,
            SignatureStatus::digest_mismatch);
  EXPECT_TRUE(is_sound(of(put("C:\\t\\s.exe", "pe/signify/sigcheck.exe")).status));
  EXPECT_TRUE(of(put("C:\\t\\p.sys", "pe/signify/pciide.sys")).is_microsoft);
  EXPECT_EQ(of(put("C:\\t\\u.exe", "pe/osslsigncode/unsigned.exe")).status,
            SignatureStatus::not_signed);
}

/// The value of a certificate in the registry: a list of numbered properties, 32 is the
/// certificate.
std::vector<std::byte> blob_of(const std::vector<std::byte>& der) {
  std::vector<std::byte> blob;
  const auto number = [&](std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      blob.push_back(static_cast<std::byte>(value >> shift & 0xFF));
  };
  for (const std::uint32_t value : {3u, 1u, 4u, 0u, 32u, 1u}) number(value);
  number(static_cast<std::uint32_t>(der.size()));
  blob.insert(blob.end(), der.begin(), der.end());
  return blob;
}

TEST_F(FileSignaturesReal, ARootThatSomebodyMade) {
  const std::string path = put("C:\\t\\kdbazis.dll", "pe/signify/kdbazis.dll");
  const FileSignature alone = of(path);
  EXPECT_EQ(alone.status, SignatureStatus::untrusted_root);
  EXPECT_FALSE(alone.host_trusts_root);
  EXPECT_EQ(alone.signer, "VirtualKD-Redux SPC");

  const auto pem = evidence("pe/signify/kdbazis.dll.crt");
  const auto roots = read_certificates(Bytes{pem});
  ASSERT_TRUE(roots) << roots.error().text();
  const char* thumbprint = "6e0adab1491e25debcd1be03864dd00ab06d755b";
  windows.value("HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\ROOT\\Certificates\\" +
                    std::string{thumbprint},
                "Blob", fake::binary(blob_of(roots->front())));
  const FileSignature by_host = of(path);
  EXPECT_EQ(by_host.status, SignatureStatus::untrusted_root);
  EXPECT_TRUE(by_host.host_trusts_root);
  EXPECT_EQ(by_host.root, "VirtualKD-Redux CA");
  EXPECT_THAT(by_host.remarks, Contains(HasSubstr("whoever is administrator can add one")));

  trust.roots = *roots;
  const FileSignature by_operator = of(path);
  EXPECT_TRUE(is_sound(by_operator.status)) << to_text(by_operator.status);
  EXPECT_FALSE(by_operator.host_trusts_root);
  EXPECT_FALSE(by_operator.is_microsoft);

  trust.revoked = {thumbprint};
  EXPECT_EQ(of(path).status, SignatureStatus::revoked_by_list);
}

TEST_F(FileSignaturesReal, ACatalogHidesNothingThatIsWrongWithTheFileItself) {
  const std::string path = put("C:\\t\\m.exe", "pe/saferwall/putty_modified.exe");
  put_catalog("ntexe.cat", "pe/go-pe/ntexe.cat");
  EXPECT_EQ(of(path).status, SignatureStatus::digest_mismatch);
  EXPECT_FALSE(of(path).by_catalog);
}

}  // namespace
}  // namespace hozen::real
