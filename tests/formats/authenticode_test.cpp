// Signatures of executables, made in every state that they may be in.
#include <algorithm>

#include "collector/base/text.h"
#include "tests/formats/signature_cases.h"

namespace hozen {
namespace {

using namespace signature_cases;

TEST(Authenticode, SignatureThatHoldsIsReadWhole) {
  const Read file = read(signed_by(signature_of(made().signer)
                                       .program("Made Tool", "http://made.example/")
                                       .claims("230101120000Z")));
  EXPECT_EQ(file.status(), Status::valid);
  ASSERT_EQ(file.table->signatures.size(), 1u);
  const Signature& one = file.table->signatures[0];
  EXPECT_TRUE(one.holds());
  EXPECT_EQ(one.content_type, "1.3.6.1.4.1.311.2.1.4");
  EXPECT_EQ(one.digest, image_digest(plain()));
  EXPECT_EQ(one.program_name, "Made Tool");
  EXPECT_EQ(one.more_info, "http://made.example/");
  EXPECT_EQ(one.claimed_time, at("2023-01-01T12:00:00Z"));
  EXPECT_EQ(one.page_hashes, Algorithm::unknown);
  ASSERT_TRUE(one.signer);
  EXPECT_EQ(one.signer->subject.common_name, "Made Signer");
  EXPECT_EQ(one.signer->subject.organization, "Made Corporation");
  EXPECT_EQ(one.signer->subject.text, "CN=Made Signer, O=Made Corporation");
  EXPECT_EQ(one.signer->issuer.common_name, "Made Authority");
  EXPECT_EQ(one.signer->not_after, at("2040-01-01T00:00:00Z"));
  EXPECT_EQ(one.signer->key_algorithm, "EC");
  EXPECT_TRUE(one.signer->may_sign_code);
  EXPECT_EQ(one.certificates.size(), 2u);
  EXPECT_EQ(file.table->hidden_bytes, 0u);
  EXPECT_EQ(file.table->bytes_behind, 0u);
  EXPECT_FALSE(file.table->overlaps_image);
  const Chain& chain = file.verdict->verdict.chain;
  ASSERT_EQ(chain.certificates.size(), 3u);
  EXPECT_EQ(chain.root, "Made Root");
  EXPECT_TRUE(chain.is_complete && chain.is_trusted && !chain.is_microsoft);
  EXPECT_TRUE(file.verdict->verdict.remarks.empty());
}

TEST(Authenticode, KeysOfRsaHold) {
  EXPECT_EQ(read(signed_by(signature_of(made().rsa))).status(), Status::valid);
}

TEST(Authenticode, OldAlgorithmsAreVerifiedAndTold) {
  for (const Algorithm algorithm : {Algorithm::md5, Algorithm::sha1, Algorithm::sha384}) {
    SCOPED_TRACE(to_text(algorithm));
    SignatureBuilder builder{made().rsa, algorithm};
    builder.of_file(image_digest(plain(), algorithm)).with(made().middle);
    const Read file = read(signed_by(builder));
    const bool is_md5 = algorithm == Algorithm::md5;
    EXPECT_EQ(file.status(), is_md5 ? Status::untrusted_root : Status::valid);
    EXPECT_EQ(file.verdict->verdict.doubt, is_md5 ? Doubt::weak_digest : Doubt::none);
    EXPECT_EQ(file.has_remark("MD5"), is_md5);
  }
}

TEST(Authenticode, Md5CountsWhereItIsProvenToBeOld) {
  const auto signed_at = [](std::string_view time) {
    const Identity clock = made().root.issue(
        {"Old Clock", "20070101000000Z", "20400101000000Z", {std::string{kTimestamping}}});
    const Identity above =
        made().root.issue({"Old Authority", "20070101000000Z", "20400101000000Z", {}, true});
    const Identity signer = above.issue({"Old RSA",
                                         "20080101000000Z",
                                         "20400101000000Z",
                                         {std::string{kCodeSigning}},
                                         false,
                                         true});
    SignatureBuilder builder{signer, Algorithm::md5};
    builder.of_file(image_digest(plain(), Algorithm::md5)).with(above);
    return read(signed_by(builder.rfc3161_timestamp(clock, time))).status();
  };
  EXPECT_EQ(signed_at("20090228000000Z"), Status::valid);
  EXPECT_EQ(signed_at("20090302000000Z"), Status::untrusted_root);
}

TEST(Authenticode, PageHashesAreNoted) {
  SignatureBuilder builder{made().signer};
  builder.of_file(image_digest(plain()), true).with(made().middle);
  EXPECT_EQ(read(signed_by(builder)).table->signatures[0].page_hashes, Algorithm::sha256);
}

TEST(Authenticode, ExpiredWithoutTimestampIsExpired) {
  const Read file = read(signed_by(signature_of(made().expired)));
  EXPECT_EQ(file.status(), Status::valid_expired_untimestamped);
  EXPECT_EQ(
      read(signed_by(signature_of(made().expired)), store(), at("2015-06-01T00:00:00Z")).status(),
      Status::valid);
}

TEST(Authenticode, TimestampProvesThatItWasSignedBefore) {
  for (const bool is_rfc3161 : {false, true}) {
    SignatureBuilder builder = signature_of(made().expired);
    is_rfc3161 ? builder.rfc3161_timestamp(made().clock, "20150701101112.5Z")
               : builder.pkcs9_timestamp(made().clock, "150701101112Z");
    const Read file = read(signed_by(builder));
    EXPECT_EQ(file.status(), Status::valid_timestamped_expired);
    EXPECT_EQ(file.verdict->verdict.signed_at,
              at(is_rfc3161 ? "2015-07-01T10:11:12.5Z" : "2015-07-01T10:11:12Z"));
    const auto& stamps = file.table->signatures[0].countersignatures;
    ASSERT_EQ(stamps.size(), 1u);
    EXPECT_TRUE(stamps[0].holds);
    EXPECT_EQ(to_text(stamps[0].kind), is_rfc3161 ? "rfc3161" : "pkcs9");
    ASSERT_TRUE(stamps[0].signer);
    EXPECT_EQ(stamps[0].signer->subject.common_name, "Made Clock");
  }
}

TEST(Authenticode, TimestampAfterTheEndProvesNothing) {
  const Read file = read(
      signed_by(signature_of(made().expired).rfc3161_timestamp(made().clock, "20170701101112Z")));
  EXPECT_EQ(file.status(), Status::valid_expired_untimestamped);
  EXPECT_EQ(file.verdict->verdict.doubt, Doubt::stamped_too_late);
  EXPECT_TRUE(
      file.has_remark("2017-07-01T10:11:12.0000000Z, after its certificate had ended "
                      "2016-01-01T00:00:00.0000000Z"));
}

TEST(Authenticode, TimestampFromBeforeTheCertificateIsTold) {
  const Read file = read(
      signed_by(signature_of(made().signer).rfc3161_timestamp(made().clock, "20170701101112Z")));
  EXPECT_EQ(file.status(), Status::valid_expired_untimestamped);
  EXPECT_EQ(file.verdict->verdict.doubt, Doubt::stamped_too_early);
  EXPECT_TRUE(file.has_remark("before its certificate was valid"));
}

TEST(Authenticode, CertificateThatBeginsLaterIsTold) {
  const Read file =
      read(signed_by(signature_of(made().signer)), store(), at("2018-01-01T00:00:00Z"));
  EXPECT_EQ(file.status(), Status::valid_expired_untimestamped);
  EXPECT_EQ(file.verdict->verdict.doubt, Doubt::not_yet_valid);
  EXPECT_EQ(file.verdict->verdict.why,
            "its certificate is not valid before 2020-01-01T00:00:00.0000000Z, which is later than "
            "this evidence, 2018-01-01T00:00:00.0000000Z");
}

TEST(Authenticode, TimestampOfTheFutureProvesNothing) {
  const auto stamped = [](std::string_view time) {
    return read(signed_by(signature_of(made().signer).rfc3161_timestamp(made().clock, time)));
  };
  const Read file = stamped("20360505000000Z");
  EXPECT_EQ(file.status(), Status::valid);  // its certificate is valid now
  EXPECT_FALSE(file.verdict->verdict.signed_at.is_set());
  EXPECT_TRUE(file.has_remark("lies in the future of this evidence"));
  // A clock that is some hours ahead, as of a time zone, is none.
  EXPECT_TRUE(stamped("20240101120000Z").verdict->verdict.signed_at.is_set());
}

TEST(Authenticode, TimestampOfAnotherSignatureProvesNothing) {
  const Read file = read(signed_by(
      signature_of(made().expired).timestamp_of_another(made().clock, "20150701101112Z")));
  EXPECT_EQ(file.status(), Status::valid_expired_untimestamped);
  EXPECT_FALSE(file.table->signatures[0].countersignatures[0].holds);
  EXPECT_FALSE(file.verdict->verdict.signed_at.is_set());
}

TEST(Authenticode, TimestampOfOneWhoMayNotProvesNothing) {
  const Identity nothing =
      made().root.issue({"Says Nothing", "20100101000000Z", "20400101000000Z", {}});
  for (const Identity& clock : {made().signer, made().stranger, nothing}) {
    const Read file =
        read(signed_by(signature_of(made().expired).rfc3161_timestamp(clock, "20150701101112Z")));
    EXPECT_EQ(file.status(), Status::valid_expired_untimestamped);
    EXPECT_TRUE(file.has_remark("proves nothing"));
  }
}

TEST(Authenticode, LifetimeSigningEndsWithTheCertificate) {
  const Read file = read(
      signed_by(signature_of(made().lifetime).rfc3161_timestamp(made().clock, "20150701101112Z")));
  EXPECT_EQ(file.status(), Status::valid_expired_untimestamped);
  EXPECT_EQ(file.verdict->verdict.doubt, Doubt::ends_with_certificate);
}

TEST(Authenticode, ChangedFileIsNotWhatWasSigned) {
  for (const std::size_t place : {std::size_t{0x50}, std::size_t{0x300}, plain().size() - 1}) {
    PeBytes file = signed_by(signature_of(made().signer));
    file.at(place) ^= std::byte{1};
    EXPECT_EQ(read(file).status(), Status::digest_mismatch) << place;
  }
}

TEST(Authenticode, ChecksumMayChange) {
  PeBytes file = signed_by(signature_of(made().signer));
  file.at(PeBuilder::kOptionalOffset + 64) ^= std::byte{1};
  EXPECT_EQ(read(file).status(), Status::valid);
}

TEST(Authenticode, DigestOfAnotherFileIsNotOfThisOne) {
  const Read file = read(signed_by(signature_of(made().signer, plain("another"))));
  EXPECT_EQ(file.status(), Status::digest_mismatch);
  EXPECT_TRUE(file.table->signatures[0].holds());
}

TEST(Authenticode, ContentThatWasExchangedIsNotWhatWasSigned) {
  // The way somebody makes the digest right again.
  SignatureBuilder builder = signature_of(made().signer, plain("another"));
  SignatureBuilder right = signature_of(made().signer);
  Der wanted = SignatureBuilder{made().signer}.of_file(image_digest(plain())).bytes();
  const auto parsed_right = parse_signature(Bytes{wanted});
  ASSERT_EQ(parsed_right.digest, image_digest(plain()));
  builder.exchange_content(sequence({sequence({object("1.3.6.1.4.1.311.2.1.15")}),
                                     sequence({sequence({object("2.16.840.1.101.3.4.2.1")}),
                                               octets(image_digest(plain()).bytes)})}));
  const Read file = read(signed_by(builder));
  EXPECT_EQ(file.status(), Status::digest_mismatch);
  EXPECT_TRUE(file.has_remark("not the one that was signed"));
  EXPECT_FALSE(file.table->signatures[0].content_holds);
}

TEST(Authenticode, SignatureThatDoesNotHoldIsMalformed) {
  const Read file = read(signed_by(signature_of(made().signer).damage_signature()));
  EXPECT_EQ(file.status(), Status::malformed);
  EXPECT_TRUE(file.verdict->verdict.error);
}

TEST(Authenticode, StrangersAreNotTrusted) {
  SignatureBuilder builder{made().stranger};
  builder.of_file(image_digest(plain())).with(made().stranger_root);
  const Read file = read(signed_by(builder));
  EXPECT_EQ(file.status(), Status::untrusted_root);
  EXPECT_TRUE(file.verdict->verdict.chain.is_complete);
  EXPECT_EQ(file.verdict->verdict.chain.root, "Strange Root");
}

TEST(Authenticode, CertificateForSomethingElseIsNotTrusted) {
  const Read file = read(signed_by(signature_of(made().web)));
  EXPECT_EQ(file.status(), Status::untrusted_root);
  EXPECT_TRUE(file.has_remark("not one for signing code"));
  EXPECT_EQ(file.verdict->verdict.doubt, Doubt::wrong_purpose);
}

TEST(Authenticode, RevokedOnesAreFoundByAnyOfTheirNumbers) {
  const Certificate signer = parsed(made().signer), middle = parsed(made().middle);
  for (const std::string& number :
       {to_hex(signer.sha1), to_hex(signer.sha256), signer.serial, to_hex(middle.sha1)}) {
    TrustStore trust = store();
    trust.revoke(number);
    EXPECT_EQ(read(signed_by(signature_of(made().signer)), trust).status(), Status::revoked_by_list)
        << number;
  }
}

TEST(Authenticode, NestedSignaturesAreReadAndJudged) {
  const Der inner = signature_of(made().signer).bytes();
  const Read file = read(signed_by(signature_of(made().expired).nested(inner)));
  ASSERT_EQ(file.table->signatures.size(), 1u);
  ASSERT_EQ(file.table->signatures[0].nested.size(), 1u);
  EXPECT_EQ(file.table->signatures[0].nested[0].depth, 1u);
  EXPECT_EQ(file.status(), Status::valid);
  EXPECT_EQ(file.verdict->signature, &file.table->signatures[0].nested[0]);
  EXPECT_EQ(file.verdict->others, 1u);
}

TEST(Authenticode, NestedSignatureOfAnotherFileTells) {
  const Der inner = signature_of(made().signer, plain("another")).bytes();
  EXPECT_EQ(read(signed_by(signature_of(made().signer).nested(inner))).status(),
            Status::digest_mismatch);
}

TEST(Authenticode, NestingHasAnEnd) {
  Der inner = signature_of(made().signer).bytes();
  for (int i = 0; i < 8; ++i) inner = signature_of(made().signer).nested(inner).bytes();
  const Signature outer = parse_signature(Bytes{inner});
  std::size_t depth = 0;
  const Signature* at = &outer;
  for (; !at->nested.empty(); at = &at->nested[0]) ++depth;
  EXPECT_EQ(depth, kMaxNesting);
  EXPECT_FALSE(at->remarks.empty());
}

TEST(Authenticode, TwoEntriesOfTheTableAreTwoSignatures) {
  const PeBytes file = add_table(
      plain(), {signature_of(made().expired).bytes(), signature_of(made().signer).bytes()});
  const Read both = read(file);
  ASSERT_EQ(both.table->signatures.size(), 2u);
  EXPECT_EQ(both.status(), Status::valid);
}

TEST(Authenticode, UnsignedAttributesOfNobodyAreTold) {
  const Read file = read(
      signed_by(signature_of(made().signer).unsigned_attribute("1.2.3.4.5", octets(Der(500)))));
  EXPECT_EQ(file.status(), Status::valid);
  EXPECT_GT(file.table->signatures[0].unsigned_bytes, 500u);
  EXPECT_TRUE(file.has_remark("1.2.3.4.5"));
}

TEST(Authenticode, DataInUnsignedAttributesIsHidden) {
  const Read few = read(
      signed_by(signature_of(made().signer).unsigned_attribute("1.2.3.4.5", octets(Der(500)))));
  EXPECT_EQ(few.table->hidden_bytes, 0u);
  const Read much = read(
      signed_by(signature_of(made().signer).unsigned_attribute("1.2.3.4.5", octets(Der(300'000)))));
  EXPECT_EQ(much.status(), Status::valid);
  EXPECT_GT(much.table->hidden_bytes, 300'000u);
  EXPECT_LT(much.table->hidden_bytes, 300'100u);
}

TEST(Authenticode, DataInPlaceOfTimestampsAndSignaturesIsHidden) {
  for (const char* const type : {"1.3.6.1.4.1.311.3.3.1", "1.3.6.1.4.1.311.2.4.1"}) {
    const Read file =
        read(signed_by(signature_of(made().signer).unsigned_attribute(type, octets(Der(300'000)))));
    EXPECT_EQ(file.status(), Status::valid) << type;
    EXPECT_GE(file.table->hidden_bytes, 300'000u) << type;
    EXPECT_LT(file.table->hidden_bytes, 300'100u) << type;
  }
}

TEST(Authenticode, DataAmongCertificatesAndRevocationListsIsHidden) {
  const Der data = sequence({octets(Der(200'000))});
  const Read among = read(signed_by(signature_of(made().signer).with_bytes(data)));
  EXPECT_EQ(among.status(), Status::valid);
  EXPECT_EQ(among.table->hidden_bytes, data.size());
  EXPECT_TRUE(among.has_remark("stand among its certificates and are none"));
  const Read lists = read(signed_by(signature_of(made().signer).with_revocation_lists(data)));
  EXPECT_EQ(lists.status(), Status::valid);
  EXPECT_EQ(lists.table->hidden_bytes, data.size());
  EXPECT_TRUE(lists.has_remark("stand for lists of revoked certificates"));
  // Certificates that are one too many are common, and small.
  const Read spare = read(signed_by(signature_of(made().signer).with(made().stranger)));
  EXPECT_EQ(spare.table->hidden_bytes, 0u);
  // One that is large and leads nowhere is none of them, whoever it says it is.
  std::vector<std::string> usages(1000);
  for (std::size_t i = 0; i < usages.size(); ++i)
    usages[i] = "1.3.6.1.4.1.99999." + std::to_string(i);
  const Identity large = made().stranger_root.issue(
      {"Made Authority", "20200101000000Z", "20400101000000Z", usages, true});
  ASSERT_GT(large.certificate().size(), kLeastSpareBytes);
  const Read file = read(signed_by(signature_of(made().signer).with(large)));
  EXPECT_EQ(file.table->hidden_bytes, large.certificate().size());
  const Read own = read(signed_by(signature_of(large.issue({"Below"})).with(large)));
  EXPECT_EQ(own.table->hidden_bytes, 0u);
}

TEST(Authenticode, SignersAreNamedWithoutALookAtWhetherTheyHold) {
  const auto names_of = [](const PeBytes& file) {
    MemorySource source{file};
    auto image = pe::Image::open(source);
    CertificateCache cache;
    std::vector<std::string> names;
    for (const NamedSigner& one : named_signers(*image, cache)) {
      names.push_back(one.signer.subject.common_name);
      EXPECT_GE(one.beside.size(), 1u);
    }
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of(plain()), Names{});
  const Der inner = signature_of(made().expired).bytes();
  PeBytes file = add_table(plain(), {signature_of(made().signer).nested(inner).bytes(),
                                     signature_of(made().stranger).bytes()});
  EXPECT_EQ(names_of(file), (Names{"Made Signer", "Old Signer", "Stranger"}));
  file.at(0x50) ^= std::byte{1};
  EXPECT_EQ(names_of(file).size(), 3u);
  file.resize(file.size() - 3000);
  (void)names_of(file);
}

TEST(Authenticode, SignerWithoutCertificateIsMalformed) {
  const Read file = read(signed_by(signature_of(made().signer).without_own_certificate()));
  EXPECT_EQ(file.status(), Status::malformed);
  EXPECT_FALSE(file.table->signatures[0].signer);
}

TEST(Authenticode, SignatureOfSomethingElseIsNone) {
  SignatureBuilder builder{made().signer};
  builder.of_content("1.2.840.113549.1.7.1", octets(Der(8))).with(made().middle);
  EXPECT_EQ(read(signed_by(builder)).status(), Status::malformed);
}

TEST(Authenticode, WhatWasSignedAsSomethingElseDoesNotHold) {
  const Digest digest = image_digest(plain());
  SignatureBuilder builder{made().signer};
  const Der content =
      sequence({sequence({object("1.3.6.1.4.1.311.2.1.15")}),
                sequence({sequence({object("2.16.840.1.101.3.4.2.1")}), octets(digest.bytes)})});
  Der bytes = builder.of_content("1.3.6.1.4.1.311.2.1.9", content).with(made().middle).bytes();
  // The type of the content, not the signed attribute, says that it is of a file.
  const Der other = object("1.3.6.1.4.1.311.2.1.9"), ours = object("1.3.6.1.4.1.311.2.1.4");
  const std::size_t place = Bytes{bytes}.chars().find(Bytes{other}.chars());
  ASSERT_NE(place, std::string_view::npos);
  std::ranges::copy(ours, bytes.begin() + static_cast<std::ptrdiff_t>(place));
  const Signature one = parse_signature(Bytes{bytes});
  EXPECT_EQ(one.digest, digest);
  EXPECT_TRUE(one.signature_holds && one.content_holds);
  EXPECT_FALSE(one.holds());
  EXPECT_EQ(read(add_table(plain(), {bytes})).status(), Status::malformed);
}

TEST(Authenticode, EveryTruncationAndEveryFlippedByteEndsWell) {
  const Der whole = signature_of(made().signer)
                        .rfc3161_timestamp(made().clock, "20230701101112Z")
                        .nested(signature_of(made().expired).bytes())
                        .bytes();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const Signature one = parse_signature(Bytes{whole}.head(size));
    EXPECT_FALSE(one.holds()) << size;
  }
  for (std::size_t place = 0; place < whole.size(); place += 13) {
    Der changed = whole;
    changed[place] ^= std::byte{0x55};
    (void)parse_signature(Bytes{changed});
  }
}

}  // namespace
}  // namespace hozen
