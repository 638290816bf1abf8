// Certificates and chains.
#include <algorithm>

#include "collector/base/text.h"
#include "tests/formats/signature_cases.h"

namespace hozen {
namespace {

using namespace signature_cases;

Chain chain_of(const Identity& signer, const std::vector<Identity>& given, const TrustStore& trust,
               Purpose purpose = Purpose::code_signing) {
  std::vector<Certificate> certificates;
  for (const Identity& one : given) certificates.push_back(parsed(one));
  return build_chain(parsed(signer), certificates, trust, at("2024-01-01T00:00:00Z"), purpose);
}

TEST(CertificateChain, CertificateIsReadFromAnyForm) {
  const Certificate root = parsed(made().root);
  EXPECT_TRUE(root.is_authority && root.is_self_issued && root.usages.empty());
  const auto der = parse_certificates(Bytes{made().root.certificate()});
  ASSERT_TRUE(der);
  ASSERT_EQ(der->size(), 1u);
  const std::string pem = made().root.certificate_pem() + made().signer.certificate_pem();
  const auto both = parse_certificates(bytes_of(pem));
  ASSERT_TRUE(both);
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[0].sha256, root.sha256);
  const auto signature = parse_certificates(Bytes{signature_of(made().signer).bytes()});
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->size(), 2u);
  EXPECT_FALSE(parse_certificates(bytes_of("no certificate")));
}

TEST(CertificateChain, CertificateIsFoundAmongItsPropertiesInTheRegistry) {
  const auto put = [](Der& blob, std::uint32_t property, const Der& value) {
    for (const std::uint32_t number :
         {property, std::uint32_t{1}, static_cast<std::uint32_t>(value.size())})
      for (unsigned i = 0; i < 4; ++i)
        blob.push_back(static_cast<std::byte>(number >> (8 * i) & 0xFF));
    blob.insert(blob.end(), value.begin(), value.end());
  };
  Der blob;
  put(blob, 3, Der(20));
  put(blob, 32, made().root.certificate());
  const auto found = certificate_in_blob(Bytes{blob});
  ASSERT_TRUE(found);
  EXPECT_TRUE(std::ranges::equal(found->span(), made().root.certificate()));
  Der without;
  put(without, 3, Der(20));
  EXPECT_EQ(certificate_in_blob(Bytes{without}).error().code, Errc::not_found);
  blob.resize(40);
  EXPECT_EQ(certificate_in_blob(Bytes{blob}).error().code, Errc::truncated);
}

TEST(CertificateChain, BytesBehindACertificateAreNoCertificate) {
  Der more = made().root.certificate();
  more.push_back({});
  EXPECT_FALSE(parse_certificate(Bytes{more}));
  EXPECT_FALSE(parse_certificate(Bytes{more}.head(100)));
}

TEST(CertificateChain, LeadsOverWhatIsGivenOrStored) {
  const Chain given = chain_of(made().signer, {made().middle}, store());
  EXPECT_TRUE(given.is_trusted);
  EXPECT_EQ(given.certificates.size(), 3u);
  TrustStore stored = store();
  stored.add(parsed(made().middle));
  EXPECT_TRUE(chain_of(made().signer, {}, stored).is_trusted);
  const Chain broken = chain_of(made().signer, {}, store());
  EXPECT_FALSE(broken.is_trusted || broken.is_complete);
  EXPECT_EQ(broken.certificates.size(), 1u);
  EXPECT_EQ(broken.root, "");
}

TEST(CertificateChain, StoredOnesAreNotTrusted) {
  TrustStore trust;
  trust.add(parsed(made().root));
  const Chain chain = chain_of(made().signer, {made().middle}, trust);
  EXPECT_TRUE(chain.is_complete);
  EXPECT_FALSE(chain.is_trusted);
}

TEST(CertificateChain, RootThatTheOperatorTrustsMayBeMicrosofts) {
  Identity::Wish wish{.name = "Made Windows Root"};
  wish.is_authority = true;
  wish.organization = "Microsoft Corporation";
  const Identity root = Identity::self_signed(wish);
  const Identity signer = root.issue({"Made Windows"});
  EXPECT_FALSE(chain_of(signer, {root}, store()).is_microsoft);
  TrustStore trust = store();
  trust.trust(parsed(root));
  EXPECT_TRUE(chain_of(signer, {root}, trust).is_microsoft);
  EXPECT_FALSE(chain_of(made().signer, {made().middle}, trust).is_microsoft);
}

TEST(CertificateChain, NameAloneLeadsNowhere) {
  // Another root of the same name: its key did not sign.
  const Identity other = Identity::root("Made Root");
  TrustStore trust;
  trust.trust(parsed(other));
  EXPECT_FALSE(chain_of(made().signer, {made().middle}, trust).is_trusted);
  trust.trust(parsed(made().root));
  EXPECT_TRUE(chain_of(made().signer, {made().middle}, trust).is_trusted);
}

TEST(CertificateChain, OneWhoIsNoAuthorityIssuesNothing) {
  const Identity forged = made().signer.issue({"Forged"});
  const Chain chain = chain_of(forged, {made().signer, made().middle}, store());
  EXPECT_TRUE(chain.is_trusted);
  EXPECT_FALSE(chain.may_issue);
  SignatureBuilder builder{forged};
  builder.of_file(image_digest(plain())).with(made().signer).with(made().middle);
  EXPECT_EQ(read(signed_by(builder)).status(), Status::untrusted_root);
}

TEST(CertificateChain, AuthorityForSomethingElseGivesNoPurpose) {
  const Identity web = made().root.issue(
      {"Web Authority", "20150101000000Z", "20400101000000Z", {"1.3.6.1.5.5.7.3.1"}, true});
  const Chain chain = chain_of(web.issue({"Signer"}), {web}, store());
  EXPECT_TRUE(chain.is_trusted && chain.may_issue);
  EXPECT_FALSE(chain.has_purpose);
}

TEST(CertificateChain, TimeIsThatOfAllButTheRoot) {
  const Chain chain = chain_of(made().signer, {made().middle}, store());
  EXPECT_EQ(chain.valid_from, at("2020-01-01T00:00:00Z"));
  EXPECT_EQ(chain.valid_to, at("2040-01-01T00:00:00Z"));
  const Identity ended =
      made().root.issue({"Ended Authority", "20150101000000Z", "20210101000000Z", {}, true});
  EXPECT_FALSE(
      chain_of(ended.issue({"Signer"}), {ended}, store()).valid_at(at("2022-01-01T00:00:00Z")));
}

TEST(CertificateChain, ManyOfOneNameEnd) {
  std::vector<Identity> same;
  for (int i = 0; i < 40; ++i)
    same.push_back(
        made().root.issue({"Made Authority", "20150101000000Z", "20400101000000Z", {}, true}));
  EXPECT_FALSE(chain_of(made().signer, same, store()).is_trusted);
  same.push_back(made().middle);
  EXPECT_TRUE(chain_of(made().signer, same, store()).is_trusted);
}

TEST(CertificateChain, KnownAuthoritiesAreSortedAndNamed) {
  const auto known = known_authorities();
  EXPECT_GT(known.size(), 100u);
  std::size_t microsoft = 0;
  for (const KnownAuthority& one : known) {
    EXPECT_EQ(one.sha256.size(), 64u);
    EXPECT_FALSE(one.name.empty());
    microsoft += one.is_microsoft ? 1u : 0u;
    // Under these roots Microsoft signs for others.
    if (one.name.find("Identity Verification") != one.name.npos) {
      EXPECT_FALSE(one.is_microsoft);
    }
  }
  EXPECT_GE(microsoft, 5u);
  EXPECT_EQ(known_authority(Sha256Digest{}), nullptr);
}

}  // namespace
}  // namespace hozen
