// Signatures of the files of a machine: embedded, by its catalogs, and whom to believe.
#include "collector/module/file_signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/base/text.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/pe_builder.h"
#include "tests/builders/signature_builder.h"

namespace hozen {
namespace {

using authenticode::Algorithm;
using authenticode::Digest;
using builders::Der;
using builders::Identity;
using builders::SignatureBuilder;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

EvidencePath path_of(std::string_view text) { return *EvidencePath::parse(text); }

constexpr const char* kFile = "C:\\t\\a.exe";
const std::string kCatRoot =
    "C:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\\";

std::string thumbprint_of(const Identity& identity) {
  Sha1 hash;
  hash.update(identity.certificate());
  return to_hex(hash.finish());
}

/// The value of a certificate in the registry: numbered properties, of which 32 is the certificate.
Der blob_of(const Identity& identity) {
  const Der& der = identity.certificate();
  Der blob;
  const auto number = [&](std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      blob.push_back(static_cast<std::byte>(value >> shift & 0xFF));
  };
  for (const std::uint32_t value : {3u, 1u, 4u, 0u, 32u, 1u}) number(value);
  number(static_cast<std::uint32_t>(der.size()));
  blob.insert(blob.end(), der.begin(), der.end());
  return blob;
}

Digest plain_digest(const std::vector<std::byte>& bytes) {
  const Sha256Digest digest = sha256(bytes);
  return {Algorithm::sha256, {digest.begin(), digest.end()}};
}

class FileSignaturesTest : public testing::Test {
 protected:
  /// Signed by `signer`; its root goes along.
  Der embedded(const Digest& digest, const Identity& by) const {
    return SignatureBuilder{by}.of_file(digest).with(root).bytes();
  }
  void put_signed(const std::string& path, const Identity& by) {
    windows.file(path, "").bytes =
        builders::sign(program, [&](const Digest& digest) { return embedded(digest, by); });
  }
  Der catalog_of(const Identity& by, const std::vector<builders::CatalogEntry>& entries) const {
    return SignatureBuilder{by}
        .of_content(builders::kCatalogType, builders::catalog_list(entries))
        .with(root)
        .bytes();
  }
  void put_catalog(const std::string& name, const Identity& by,
                   const std::vector<builders::CatalogEntry>& entries) {
    windows.file(kCatRoot + name, "").bytes = catalog_of(by, entries);
  }
  void trust_root() {
    trust.roots = {root.certificate()};
    book.reset();
  }
  const Identity root = Identity::root("Made Root");
  const Identity signer = root.issue({"Made Corp"});
  const builders::PeBytes program = builders::PeBuilder{}.bytes();

  void make_book() {
    machine = windows.machine();
    book = std::make_unique<FileSignatures>(*machine.source, machine.registry.get(), trust,
                                            fake::default_time());
    book->set_stop(stop.get_token());
  }
  const FileSignature& of(std::string_view path) {
    if (!book) make_book();
    return book->of(path_of(path));
  }
  fake::FakeWindows windows;
  TrustLists trust;
  std::stop_source stop;
  fake::Machine machine;
  std::unique_ptr<FileSignatures> book;
};

TEST_F(FileSignaturesTest, AFileIsReadOnceAndNothingBeforeTheFirstQuestion) {
  windows.file("C:\\t\\a.exe", "").bytes = builders::PeBuilder{}.bytes();
  windows.file("C:\\t\\a.txt", "text");
  make_book();
  const std::uint64_t before = machine.source->opened();
  EXPECT_THAT(book->all(), IsEmpty());
  EXPECT_EQ(machine.source->opened(), before);
  const FileSignature& first = of("C:\\t\\a.exe");
  EXPECT_EQ(first.status, SignatureStatus::not_signed);
  EXPECT_EQ(first.size_bytes, builders::PeBuilder{}.bytes().size());
  EXPECT_EQ(first.sha256, sha256(builders::PeBuilder{}.bytes()));
  EXPECT_THAT(first.authentihash, SizeIs(64));
  const std::uint64_t after = machine.source->opened();
  EXPECT_EQ(&of("c:\\T\\A.EXE"), &first);
  EXPECT_EQ(machine.source->opened(), after);
  EXPECT_THAT(of("C:\\t\\a.txt").authentihash, IsEmpty());
  const auto all = book->all();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].file, path_of("C:\\t\\a.exe"));
  EXPECT_EQ(all[0].signature, &first);
}

TEST_F(FileSignaturesTest, WhatCannotBeReadIsNotChecked) {
  windows.file("C:\\t\\held.exe", "x").unreadable = Error{Errc::io, "held"};
  EXPECT_EQ(of("C:\\t\\held.exe").status, SignatureStatus::not_checked);
  EXPECT_EQ(of("C:\\t\\held.exe").error->code, Errc::io);
  EXPECT_EQ(of("C:\\t\\none.exe").status, SignatureStatus::not_checked);
  EXPECT_EQ(of("C:\\t\\none.exe").error->code, Errc::not_found);
}

TEST_F(FileSignaturesTest, AStopEndsItAndLeavesNothingHalf) {
  windows.file("C:\\t\\a.txt", "text");
  make_book();
  stop.request_stop();
  EXPECT_EQ(of("C:\\t\\a.txt").status, SignatureStatus::not_checked);
  EXPECT_EQ(of("C:\\t\\a.txt").error->code, Errc::cancelled);
  EXPECT_THAT(book->all(), IsEmpty());
  book->set_stop({});
  EXPECT_EQ(of("C:\\t\\a.txt").status, SignatureStatus::not_signed);
}

TEST_F(FileSignaturesTest, WithoutCatRootThereAreNoCatalogs) {
  make_book();
  EXPECT_FALSE(book->has_catalogs());
  EXPECT_THAT(book->problems(), IsEmpty());
}

TEST_F(FileSignaturesTest, CatalogsThatCannotBeReadAreTold) {
  windows.file(kCatRoot + "bad.cat", "no catalog");
  windows.file(kCatRoot + "held.cat", "").unreadable = Error{Errc::io, "held"};
  windows.file(kCatRoot + "TimeStamp", "no catalog and not asked");
  windows.file("C:\\t\\a.txt", "text");
  make_book();
  EXPECT_TRUE(book->has_catalogs());
  EXPECT_EQ(of("C:\\t\\a.txt").status, SignatureStatus::not_signed);
  EXPECT_THAT(book->problems(), SizeIs(2));
}

TEST_F(FileSignaturesTest, ADamagedCatalogIsToldWhereAFileSeemsUnsigned) {
  const Digest named = builders::image_digest(program);
  const std::string catalog = kCatRoot + "a.cat";
  put_catalog("a.cat", signer, {{named, "a.exe"}, {plain_digest({std::byte{1}}), "b"}});
  put_catalog("b.cat", signer, {{plain_digest({std::byte{2}}), "c"}});
  windows.file(kFile, "").bytes = program;
  trust_root();
  EXPECT_EQ(of(kFile).status, SignatureStatus::valid);
  EXPECT_EQ(book->damaged_catalogs(), 0u);
  // The digest itself, and the tag of the list's first member: either takes the file out of it.
  const Der bytes = catalog_of(signer, {{named, "a.exe"}, {plain_digest({std::byte{1}}), "b"}});
  const std::string_view text = Bytes{bytes}.chars();
  const std::size_t digest_at = text.find(Bytes{named.bytes}.chars());
  ASSERT_NE(digest_at, text.npos);
  // A member begins with the UTF-16 of its digest, 64 digits and a NUL.
  const std::size_t member_at = text.find(std::string_view{"\x04\x81\x82", 3});
  ASSERT_NE(member_at, text.npos);
  for (const std::size_t place : {digest_at, member_at}) {
    Der damaged = bytes;
    damaged[place] ^= std::byte{0x41};
    windows.file(catalog, "").bytes = damaged;
    book.reset();
    const FileSignature& found = of(kFile);
    EXPECT_EQ(found.status, SignatureStatus::not_signed);
    EXPECT_EQ(book->damaged_catalogs(), 1u);
    EXPECT_THAT(found.remarks, Contains(HasSubstr("1 catalogs of this evidence are damaged")));
    ASSERT_THAT(book->problems(), SizeIs(1));
    EXPECT_THAT(book->problems()[0].text(), HasSubstr("a.cat"));
  }
}

TEST_F(FileSignaturesTest, WhatTheHostDoesNotAllowIsToldWithItsStore) {
  put_signed(kFile, signer);
  trust_root();
  EXPECT_EQ(of(kFile).status, SignatureStatus::valid);
  // Its name alone says which it is.
  windows.value("HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\Disallowed\\Certificates\\" +
                    thumbprint_of(signer),
                "Blob", fake::binary("00"));
  book.reset();
  const FileSignature& found = of(kFile);
  EXPECT_EQ(found.status, SignatureStatus::revoked_by_list);
  EXPECT_EQ(found.doubt, SignatureDoubt::disallowed);
  EXPECT_THAT(found.why, HasSubstr("SystemCertificates\\Disallowed"));
  EXPECT_THAT(book->problems(), IsEmpty());
}

TEST_F(FileSignaturesTest, SignersAreNamedFromTheTableAlone) {
  put_signed(kFile, signer);
  windows.file("C:\\t\\b.exe", "").bytes = program;
  trust.revoked = {thumbprint_of(root)};
  trust_root();
  make_book();
  const auto named = book->named_signers(path_of(kFile));
  ASSERT_THAT(named, SizeIs(1));
  EXPECT_EQ(named[0].signer, "Made Corp");
  EXPECT_EQ(named[0].thumbprint, thumbprint_of(signer));
  EXPECT_TRUE(named[0].is_revoked);  // its root, which goes along
  EXPECT_THAT(book->named_signers(path_of("C:\\t\\b.exe")), IsEmpty());
  EXPECT_THAT(book->named_signers(path_of("C:\\t\\none.exe")), IsEmpty());
  EXPECT_THAT(book->all(), IsEmpty());
}

TEST_F(FileSignaturesTest, ARootOfTheOperatorThatIsNoneIsTold) {
  trust.roots = {{std::byte{1}}};
  windows.file("C:\\t\\a.exe", "").bytes = builders::PeBuilder{}.certificate(64).bytes();
  EXPECT_EQ(of("C:\\t\\a.exe").status, SignatureStatus::malformed);
  EXPECT_TRUE(of("C:\\t\\a.exe").error);
  EXPECT_THAT(book->problems(), SizeIs(1));
}

TEST_F(FileSignaturesTest, ARootOfTheOperatorIsTrusted) {
  put_signed(kFile, signer);
  EXPECT_EQ(of(kFile).status, SignatureStatus::untrusted_root);
  EXPECT_FALSE(of(kFile).host_trusts_root);
  trust_root();
  const FileSignature& signature = of(kFile);
  EXPECT_EQ(signature.status, SignatureStatus::valid);
  EXPECT_EQ(signature.signer, "Made Corp");
  EXPECT_EQ(signature.organization, "Made Corporation");
  EXPECT_EQ(signature.issuer, "Made Root");
  EXPECT_EQ(signature.root, "Made Root");
  EXPECT_EQ(signature.thumbprint, thumbprint_of(signer));
  EXPECT_FALSE(signature.is_microsoft);
  EXPECT_FALSE(signature.by_catalog);
  EXPECT_FALSE(signature.signed_at.is_set());
}

TEST_F(FileSignaturesTest, ARootThatTheHostTrustsIsToldAndNotBelieved) {
  // The chain is built with it: it does not go along.
  windows.file(kFile, "").bytes = builders::sign(program, [&](const Digest& digest) {
    return SignatureBuilder{signer}.of_file(digest).bytes();
  });
  EXPECT_EQ(of(kFile).status, SignatureStatus::untrusted_root);
  EXPECT_EQ(of(kFile).root, "");
  const std::string key = "\\Certificates\\" + thumbprint_of(root);
  windows.value("HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\CA" + key, "Blob",
                fake::binary(blob_of(root)));
  book.reset();
  EXPECT_EQ(of(kFile).root, "Made Root");
  EXPECT_FALSE(of(kFile).host_trusts_root);
  windows.value("HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\ROOT" + key, "Blob",
                fake::binary(blob_of(root)));
  book.reset();
  EXPECT_EQ(of(kFile).status, SignatureStatus::untrusted_root);
  EXPECT_TRUE(of(kFile).host_trusts_root);
  EXPECT_THAT(of(kFile).remarks, Contains(HasSubstr("whoever is administrator can add one")));
  trust_root();
  EXPECT_EQ(of(kFile).status, SignatureStatus::valid);
  EXPECT_FALSE(of(kFile).host_trusts_root);
}

TEST_F(FileSignaturesTest, DamagedCertificatesOfTheHostAreTold) {
  windows.value("HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\ROOT\\Certificates\\AA", "Blob",
                fake::binary("20 00 00 00 01 00 00 00 02 00 00 00 30 00"));
  windows.value("HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\ROOT\\Certificates\\BB", "Blob",
                fake::binary("03 00 00 00 01 00 00 00 00 00 00 00"));
  put_signed(kFile, signer);
  EXPECT_EQ(of(kFile).status, SignatureStatus::untrusted_root);
  ASSERT_THAT(book->problems(), SizeIs(1));
  EXPECT_THAT(book->problems()[0].text(), HasSubstr("Certificates\\AA"));
}

TEST_F(FileSignaturesTest, TheListOfTheOperatorTakesBack) {
  trust_root();
  trust.revoked = {thumbprint_of(signer)};
  put_signed(kFile, signer);
  EXPECT_EQ(of(kFile).status, SignatureStatus::revoked_by_list);
  trust.revoked = {thumbprint_of(root)};
  book.reset();
  EXPECT_EQ(of(kFile).status, SignatureStatus::revoked_by_list);
}

TEST_F(FileSignaturesTest, TimeIsThatOfTheEvidence) {
  trust_root();
  Identity::Wish wish{"Old Corp"};
  wish.to = "20230101000000Z";
  const Identity old = root.issue(wish);
  put_signed(kFile, old);
  EXPECT_EQ(of(kFile).status, SignatureStatus::valid_expired_untimestamped);
  Identity::Wish clock{"Clock"};
  clock.usages = {std::string{builders::kTimestamping}};
  const Identity authority = root.issue(clock);
  windows.file(kFile, "").bytes = builders::sign(program, [&](const Digest& digest) {
    return SignatureBuilder{old}
        .of_file(digest)
        .with(root)
        .pkcs9_timestamp(authority, "220601120000Z")
        .bytes();
  });
  book.reset();
  EXPECT_EQ(of(kFile).status, SignatureStatus::valid_timestamped_expired);
  EXPECT_EQ(of(kFile).signed_at.iso8601(), "2022-06-01T12:00:00.0000000Z");
  EXPECT_EQ(of(kFile).not_after.iso8601(), "2023-01-01T00:00:00.0000000Z");
}

TEST_F(FileSignaturesTest, AChangedFileAndWhatHidesBesideItsSignature) {
  trust_root();
  put_signed(kFile, signer);
  windows.entry(kFile).bytes[0x210] ^= std::byte{1};
  EXPECT_EQ(of(kFile).status, SignatureStatus::digest_mismatch);
  const std::string hidden(5'000, 'h');
  windows.file("C:\\t\\h.exe", "").bytes =
      builders::add_table(program, {embedded(builders::image_digest(program), signer)}, hidden);
  book.reset();
  EXPECT_EQ(of("C:\\t\\h.exe").status, SignatureStatus::valid);
  EXPECT_GE(of("C:\\t\\h.exe").hidden_bytes, hidden.size());
}

TEST_F(FileSignaturesTest, CatalogsOfTheEvidenceNameProgramsAndOtherFiles) {
  trust_root();
  windows.file(kFile, "").bytes = program;
  windows.file("C:\\t\\a.ps1", "text");
  put_catalog("a.cat", signer, {{plain_digest(fake::bytes_from("text"))}});
  put_catalog("b.CAT", signer, {{builders::image_digest(program), "a.exe"}});
  const FileSignature& signature = of(kFile);
  EXPECT_EQ(signature.status, SignatureStatus::valid);
  EXPECT_TRUE(signature.by_catalog);
  EXPECT_THAT(signature.catalog, EndsWith("b.CAT"));
  EXPECT_EQ(signature.signer, "Made Corp");
  EXPECT_THAT(signature.authentihash, SizeIs(64));
  EXPECT_THAT(of("C:\\t\\a.ps1").catalog, EndsWith("a.cat"));
  EXPECT_TRUE(book->has_catalogs());
  // What is known is not read again.
  const std::uint64_t before = machine.source->opened();
  EXPECT_EQ(of("C:\\t\\a.ps1").status, SignatureStatus::valid);
  EXPECT_EQ(machine.source->opened(), before);
}

TEST_F(FileSignaturesTest, OfSeveralCatalogsTheBestCounts) {
  trust_root();
  const Identity stranger = Identity::self_signed({"Stranger"});
  windows.file(kFile, "").bytes = program;
  put_catalog("a.cat", stranger, {{builders::image_digest(program)}});
  EXPECT_EQ(of(kFile).status, SignatureStatus::untrusted_root);
  EXPECT_TRUE(of(kFile).by_catalog);
  put_catalog("b.cat", signer, {{builders::image_digest(program)}});
  book.reset();
  EXPECT_EQ(of(kFile).status, SignatureStatus::valid);
}

TEST_F(FileSignaturesTest, ACatalogThatAnybodyCanAddHidesNothing) {
  trust_root();
  const Identity stranger = Identity::self_signed({"Stranger"});
  put_signed(kFile, signer);
  windows.entry(kFile).bytes[0x210] ^= std::byte{1};
  builders::PeBytes changed = program;
  changed[0x210] ^= std::byte{1};
  put_catalog("a.cat", stranger, {{builders::image_digest(changed)}});
  EXPECT_EQ(of(kFile).status, SignatureStatus::digest_mismatch);
  // One of somebody known says that it is as he knows it.
  put_catalog("a.cat", signer, {{builders::image_digest(changed)}});
  book.reset();
  EXPECT_EQ(of(kFile).status, SignatureStatus::valid);
  EXPECT_THAT(of(kFile).remarks, Contains(HasSubstr("digest_mismatch")));
}

TEST_F(FileSignaturesTest, CatalogsOfEveryWindowsCount) {
  trust_root();
  fake::Options older;
  older.windows_folder = "Windows.old\\Windows";
  windows.merge(fake::FakeWindows{older});
  windows.file("C:\\t\\a.txt", "text");
  windows.file("C:\\Windows.old\\Windows\\System32\\CatRoot\\{F}\\o.cat", "").bytes =
      SignatureBuilder{signer}
          .of_content(builders::kCatalogType,
                      builders::catalog_list({{plain_digest(fake::bytes_from("text"))}}))
          .with(root)
          .bytes();
  EXPECT_EQ(of("C:\\t\\a.txt").status, SignatureStatus::valid);
}

}  // namespace
}  // namespace hozen
