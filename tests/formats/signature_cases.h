// A made authority and what is read of files that it signed.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "collector/formats/authenticode_verify.h"
#include "tests/builders/signature_builder.h"

namespace hozen::signature_cases {

using namespace builders;
using namespace authenticode;

inline FileTime at(std::string_view text) { return *parse_iso8601(text); }

/// Everybody who takes part; keys are made once for all tests.
struct Made {
  Identity root = Identity::root("Made Root");
  Identity middle = root.issue({"Made Authority", "20150101000000Z", "20400101000000Z", {}, true});
  Identity signer = middle.issue({"Made Signer"});
  Identity expired = middle.issue({"Old Signer", "20150101000000Z", "20160101000000Z"});
  Identity lifetime = middle.issue({"Short Signer",
                                    "20150101000000Z",
                                    "20160101000000Z",
                                    {std::string{kCodeSigning}, std::string{kLifetimeSigning}}});
  Identity rsa = middle.issue({"RSA Signer",
                               "20200101000000Z",
                               "20400101000000Z",
                               {std::string{kCodeSigning}},
                               false,
                               true});
  Identity clock = root.issue(
      {"Made Clock", "20100101000000Z", "20400101000000Z", {std::string{kTimestamping}}});
  Identity stranger_root = Identity::root("Strange Root");
  Identity stranger = stranger_root.issue({"Stranger"});
  Identity web =
      middle.issue({"Web Server", "20200101000000Z", "20400101000000Z", {"1.3.6.1.5.5.7.3.1"}});
};
inline const Made& made() {
  static const Made everything;
  return everything;
}

inline Certificate parsed(const Identity& identity) {
  auto read = parse_certificate(Bytes{identity.certificate()});
  EXPECT_TRUE(read);
  return read ? *read : Certificate{};
}

inline TrustStore store() {
  TrustStore trust;
  trust.trust(parsed(made().root));
  return trust;
}

struct Read {
  std::optional<SignatureTable> table{};
  FileDigests digests{};
  std::optional<FileVerdict> verdict{};

  Status status() const {
    EXPECT_TRUE(verdict);
    return verdict ? verdict->verdict.status : Status::malformed;
  }
  bool has_remark(std::string_view part) const {
    for (const std::string& one : verdict->verdict.remarks)
      if (one.find(part) != one.npos) return true;
    return false;
  }
};

inline Read read(const PeBytes& file, const TrustStore& trust = store(),
                 FileTime now = at("2024-01-01T00:00:00Z")) {
  Read out;
  MemorySource source{file};
  auto image = pe::Image::open(source);
  EXPECT_TRUE(image);
  if (!image) return out;
  out.table = read_signatures(*image);
  Algorithms algorithms = kCatalogAlgorithms;
  if (out.table) algorithms = out.table->algorithms();
  algorithms.add(Algorithm::sha1);
  algorithms.add(Algorithm::sha256);
  auto digests = digest_file(source, &*image, algorithms);
  EXPECT_TRUE(digests);
  if (digests) out.digests = *digests;
  if (out.table) out.verdict = verify(*out.table, out.digests, trust, now);
  return out;
}

inline PeBytes plain(std::string_view overlay = "") {
  PeBuilder builder;
  builder.dll().import("KERNEL32.dll", {"CreateFileW"}).exported("Own");
  if (!overlay.empty()) builder.overlay(overlay);
  return builder.bytes();
}

/// Signed by `signer`, with the authority's certificate.
inline SignatureBuilder signature_of(const Identity& signer, const PeBytes& file = plain()) {
  SignatureBuilder builder{signer};
  builder.of_file(image_digest(file)).with(made().middle);
  return builder;
}

inline PeBytes signed_by(const SignatureBuilder& builder, std::string_view hidden = "") {
  return add_table(plain(), {builder.bytes()}, hidden);
}

}  // namespace hozen::signature_cases
