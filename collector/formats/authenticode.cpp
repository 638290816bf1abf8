#include "collector/formats/authenticode.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/authenticode_asn1.h"
#include "collector/formats/authenticode_content.h"
#include "collector/formats/authenticode_crypto.h"
#include "collector/formats/authenticode_pkcs7.h"
#include "collector/formats/authenticode_spare.h"

namespace hozen::authenticode {
namespace {

using asn1::Node;
using asn1::Parts;

constexpr std::string_view kIndirectData = "1.3.6.1.4.1.311.2.1.4",
                           kNestedSignature = "1.3.6.1.4.1.311.2.4.1",
                           kMicrosoftTimestamp = "1.3.6.1.4.1.311.3.3.1",
                           kContentType = "1.2.840.113549.1.9.3",
                           kSigningTime = "1.2.840.113549.1.9.5",
                           kCountersignature = "1.2.840.113549.1.9.6",
                           kTimestampToken = "1.2.840.113549.1.9.16.2.14",
                           kTimestampInfo = "1.2.840.113549.1.9.16.1.4";

void remark(std::vector<std::string>& remarks, std::string text) {
  if (remarks.size() < kMaxRemarks) remarks.push_back(std::move(text));
}

/// The bytes that are signed where there are signed attributes: they as a SET
/// OF.
Digest digest_of_attributes(const SignerInfo& signer) {
  std::vector<std::byte> head{std::byte{asn1::kSet}};
  const std::size_t size = signer.attribute_bytes.size();
  if (size < 0x80) {
    head.push_back(static_cast<std::byte>(size));
  } else {
    std::size_t count = 1;
    while (size >> (8 * count) != 0) ++count;
    head.push_back(static_cast<std::byte>(0x80 | count));
    for (std::size_t i = count; i-- > 0;)
      head.push_back(static_cast<std::byte>(size >> (8 * i) & 0xFF));
  }
  return digest_of(signer.algorithm, {head, signer.attribute_bytes.span()});
}

bool signature_holds(const SignerInfo& signer, const Certificate& certificate, Bytes content,
                     CertificateCache& cache) {
  const auto x509 = parse_x509(Bytes{certificate.der}, certificate.sha256, cache);
  if (!x509) return false;
  const Digest digest = signer.has_attributes ? digest_of_attributes(signer)
                                              : digest_of(signer.algorithm, {content.span()});
  return verify_digest(*x509, digest, signer.signature, signer.signature_algorithm);
}

Error does_not_hold(std::string what) { return {Errc::malformed, std::move(what)}; }

/// PKCS #9: a signer over the signature.
Countersignature read_pkcs9(const Node& value, Bytes signed_bytes,
                            const std::vector<Certificate>& among, CertificateCache& cache) {
  Countersignature out;
  out.kind = Countersignature::Kind::pkcs9;
  const auto signer = read_signer(value);
  if (!signer) {
    out.error = signer.error();
    return out;
  }
  out.algorithm = signer->algorithm;
  if (const auto time = single_value(find_attribute(signer->attributes, kSigningTime)))
    out.time = asn1::time_of(*time).value_or(FileTime{});
  const Certificate* const certificate = find_signer(*signer, among);
  if (certificate != nullptr) out.signer = *certificate;
  if (certificate == nullptr)
    out.error = Error{Errc::not_found, "certificate of the countersignature"};
  else if (!signer->has_attributes || !content_holds(*signer, signed_bytes))
    out.error = does_not_hold("countersignature of another signature");
  else if (!signature_holds(*signer, *certificate, signed_bytes, cache))
    out.error = does_not_hold("countersignature");
  out.holds = !out.error;
  return out;
}

/// TSTInfo of RFC 3161.
Result<void> read_timestamp_info(Bytes content, Bytes signed_bytes, Countersignature& out) {
  constexpr std::string_view kWhat = "timestamp";
  HOZEN_TRY(const Node info, asn1::read_node(content, kWhat));
  Parts fields{info.content};
  HOZEN_TRY([[maybe_unused]] const Node version, fields.next(asn1::kInteger, kWhat));
  HOZEN_TRY([[maybe_unused]] const Node policy, fields.next(asn1::kObject, kWhat));
  HOZEN_TRY(const Node imprint, fields.next(asn1::kSequence, kWhat));
  HOZEN_TRY([[maybe_unused]] const Node serial, fields.next(asn1::kInteger, kWhat));
  HOZEN_TRY(const Node time, fields.next(asn1::kGeneralizedTime, kWhat));
  out.time = asn1::time_of(time).value_or(FileTime{});
  Parts parts{imprint.content};
  HOZEN_TRY(const Node algorithm, parts.next(asn1::kSequence, kWhat));
  HOZEN_TRY(const Node stated, parts.next(asn1::kOctets, kWhat));
  out.algorithm = algorithm_of(algorithm.content);
  const Digest digest = digest_of(out.algorithm, {signed_bytes.span()});
  if (digest.bytes.empty() || !std::ranges::equal(digest.bytes, stated.content.span()))
    return does_not_hold("timestamp of another signature");
  if (!out.time.is_set()) return does_not_hold("time of the timestamp");
  return {};
}

Result<void> read_rfc3161(const Node& value, Bytes signed_bytes, Countersignature& out,
                          const std::vector<Certificate>& among, CertificateCache& cache) {
  HOZEN_TRY(const SignedData data, read_signed_data(value.whole));
  std::size_t unreadable = 0;
  out.certificates = parse_all(data.certificates, unreadable, cache);
  out.spare_bytes = data.unread_bytes + unreadable_bytes(data, out.certificates) +
                    unsigned_lists(data, out.certificates, cache);
  if (data.content_type != kTimestampInfo) return does_not_hold("content of the timestamp");
  if (data.signers.empty()) return does_not_hold("timestamp without a signer");
  const SignerInfo& signer = data.signers.front();
  const Certificate* certificate = find_signer(signer, out.certificates);
  if (certificate == nullptr) certificate = find_signer(signer, among);
  if (certificate != nullptr) out.signer = *certificate;
  for (const Attribute& attribute : signer.unsigned_attributes)
    out.spare_bytes += attribute.whole.size();
  out.spare_bytes += needless_bytes(
      out.certificates,
      certificate != nullptr ? std::vector{certificate} : std::vector<const Certificate*>{}, cache);
  HOZEN_CHECK(read_timestamp_info(data.content, signed_bytes, out));
  if (certificate == nullptr) return Error{Errc::not_found, "certificate of the timestamp"};
  if (!signer.has_attributes || !content_holds(signer, data.content) ||
      !signature_holds(signer, *certificate, data.content, cache))
    return does_not_hold("signature of the timestamp");
  out.holds = true;
  return {};
}

struct Budget {
  CertificateCache& cache;
  std::size_t signatures = kMaxSignatures;
};

Signature parse_nested(Bytes pkcs7, std::size_t depth, Budget& budget);

void read_countersignatures(const Attribute& attribute, Countersignature::Kind kind,
                            Bytes signed_bytes, Signature& out, CertificateCache& cache) {
  Parts values{attribute.values};
  while (!values.empty()) {
    const auto value = values.next("countersignature");
    if (!value || out.countersignatures.size() == kMaxCountersignatures) {
      out.spare_bytes += value ? value->whole.size() + values.bytes_left() : values.bytes_left();
      return;
    }
    Countersignature one;
    one.kind = kind;
    if (kind == Countersignature::Kind::pkcs9)
      one = read_pkcs9(*value, signed_bytes, out.certificates, cache);
    else if (auto read = read_rfc3161(*value, signed_bytes, one, out.certificates, cache); !read)
      one.error = std::move(read).error();
    if (!one.time.is_set()) one.spare_bytes = value->whole.size();  // it is no timestamp
    out.spare_bytes += one.spare_bytes;
    out.countersignatures.push_back(std::move(one));
  }
}

void read_nested(const Attribute& attribute, Signature& out, Budget& budget) {
  Parts values{attribute.values};
  while (!values.empty()) {
    const auto value = values.next("nested signature");
    if (!value) return;
    if (out.depth + 1 > kMaxNesting || budget.signatures == 0)
      return remark(out.remarks, "There are more signatures within signatures than are read.");
    Signature& inner = out.nested.emplace_back(parse_nested(value->whole, out.depth + 1, budget));
    if (!inner.signer) inner.spare_bytes = value->whole.size();  // it is no signature
  }
}

void read_unsigned(const SignerInfo& signer, Signature& out, Budget& budget) {
  using Kind = Countersignature::Kind;
  for (const Attribute& attribute : signer.unsigned_attributes) {
    if (attribute.type == kCountersignature) {
      read_countersignatures(attribute, Kind::pkcs9, signer.signature, out, budget.cache);
    } else if (attribute.type == kMicrosoftTimestamp || attribute.type == kTimestampToken) {
      read_countersignatures(attribute, Kind::rfc3161, signer.signature, out, budget.cache);
    } else if (attribute.type == kNestedSignature) {
      read_nested(attribute, out, budget);
    } else {
      out.unsigned_bytes += attribute.whole.size();
      out.spare_bytes += attribute.whole.size();
      remark(out.remarks, "An unsigned attribute of the signature, " + attribute.type + ", has " +
                              std::to_string(attribute.values.size()) + " bytes.");
    }
  }
}

void add_spare_bytes(const SignedData& data, Signature& out, CertificateCache& cache) {
  const auto add = [&](std::uint64_t bytes, std::string_view what) {
    if (bytes == 0) return;
    out.spare_bytes += bytes;
    remark(out.remarks, std::to_string(bytes) + " bytes of the signature " + std::string{what});
  };
  std::vector<const Certificate*> signers;
  if (out.signer) signers.push_back(&*out.signer);
  for (const Countersignature& one : out.countersignatures)
    if (one.signer) signers.push_back(&*one.signer);
  add(unreadable_bytes(data, out.certificates), "stand among its certificates and are none.");
  add(needless_bytes(out.certificates, signers, cache),
      "are certificates, larger than real ones, that lead to no signer.");
  add(unsigned_lists(data, out.certificates, cache),
      "stand for lists of revoked certificates, and none of its certificates signed them.");
  add(data.unread_bytes, "belong to no part that anybody reads.");
}

Result<void> read_signature(Bytes pkcs7, Signature& out, Budget& budget) {
  if (pkcs7.size() > kMaxSignatureBytes && out.depth > 0)
    return Error{Errc::limit, "signature", pkcs7.base()};
  HOZEN_TRY(const SignedData data, read_signed_data(pkcs7));
  out.size_bytes = data.whole.size();
  out.content_type = data.content_type;
  out.signers = data.stated_signers;
  std::size_t unreadable = 0;
  out.certificates = parse_all(data.certificates, unreadable, budget.cache);
  if (unreadable != 0)
    remark(out.remarks, std::to_string(unreadable) + " of its certificates cannot be read.");
  if (data.stated_certificates > kMaxCertificates)
    remark(out.remarks,
           "It carries " + std::to_string(data.stated_certificates) + " certificates.");
  if (data.stated_signers > 1)
    remark(out.remarks, "It has " + std::to_string(data.stated_signers) + " signers.");
  std::optional<Error> bad_digest;
  if (data.content_type == kIndirectData)
    if (auto read = read_indirect_data(data.content, out); !read)
      bad_digest = std::move(read).error();
  if (data.signers.empty()) return Error{Errc::not_found, "signer", pkcs7.base()};
  const SignerInfo& signer = data.signers.front();
  out.algorithm = signer.algorithm;
  read_opus(signer, out);
  if (const auto time = single_value(find_attribute(signer.attributes, kSigningTime)))
    out.claimed_time = asn1::time_of(*time).value_or(FileTime{});
  if (const Certificate* const certificate = find_signer(signer, out.certificates)) {
    out.signer = *certificate;
    out.signature_holds = signature_holds(signer, *certificate, data.content, budget.cache);
  }
  out.content_holds = content_holds(signer, data.content);
  read_unsigned(signer, out, budget);
  add_spare_bytes(data, out, budget.cache);
  if (bad_digest) return *std::move(bad_digest);
  // Without this what was signed as one thing could be shown as another.
  const auto type = single_value(find_attribute(signer.attributes, kContentType));
  if (type && asn1::object_text(type->content) != data.content_type)
    return does_not_hold("kind of what is signed");
  if (!out.signer) return Error{Errc::not_found, "certificate of the signer", pkcs7.base()};
  if (!out.content_holds) return does_not_hold("digest of what is signed");
  if (!out.signature_holds) return does_not_hold("signature");
  return {};
}

Signature parse_nested(Bytes pkcs7, std::size_t depth, Budget& budget) {
  Signature signature;
  signature.depth = depth;
  signature.size_bytes = pkcs7.size();
  if (depth == 0) signature.file_offset = pkcs7.base();
  if (budget.signatures > 0) --budget.signatures;
  if (auto read = read_signature(pkcs7, signature, budget); !read)
    signature.error = std::move(read).error();
  return signature;
}

}  // namespace

std::string_view to_text(Countersignature::Kind kind) {
  return kind == Countersignature::Kind::pkcs9 ? "pkcs9" : "rfc3161";
}

Signature parse_signature(Bytes pkcs7) {
  CertificateCache cache;
  return parse_signature(pkcs7, cache);
}

Signature parse_signature(Bytes pkcs7, CertificateCache& cache) {
  Budget budget{cache};
  return parse_nested(pkcs7, 0, budget);
}

}  // namespace hozen::authenticode
