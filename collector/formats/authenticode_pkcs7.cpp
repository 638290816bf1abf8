#include "collector/formats/authenticode_pkcs7.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/authenticode.h"

namespace hozen::authenticode {
namespace {

using asn1::Node;
using asn1::Parts;

Result<std::vector<Attribute>> read_attributes(Bytes content, std::string_view what) {
  std::vector<Attribute> attributes;
  Parts parts{content};
  while (!parts.empty()) {
    if (attributes.size() == kMaxAttributes)
      return Error{Errc::limit, std::string{what}, content.base()};
    HOZEN_TRY(const Node one, parts.next(asn1::kSequence, what));
    Parts fields{one.content};
    HOZEN_TRY(const Node type, fields.next(asn1::kObject, what));
    HOZEN_TRY(const Node values, fields.next(asn1::kSet, what));
    attributes.push_back({asn1::object_text(type.content), values.content, one.whole});
  }
  return attributes;
}

Result<void> read_content(Parts& fields, SignedData& out) {
  HOZEN_TRY(const Node info, fields.next(asn1::kSequence, "signed content"));
  Parts parts{info.content};
  HOZEN_TRY(const Node type, parts.next(asn1::kObject, "signed content"));
  out.content_type = asn1::object_text(type.content);
  const auto wrapped = parts.next_if(asn1::context_parts(0));
  if (!wrapped) return {};
  HOZEN_TRY(const Node content, asn1::read_node(wrapped->content, "signed content"));
  out.content = content.content;
  constexpr std::uint8_t kPieces = asn1::kOctets | asn1::kConstructed;
  if (content.tag == kPieces) {
    HOZEN_TRY(out.joined, asn1::octets_of(content, "signed content"));
    out.content = Bytes{out.joined, content.content.base()};
  }
  return {};
}

Result<void> read_certificates(Parts& fields, SignedData& out) {
  const auto list = fields.next_if(asn1::context_parts(0));
  if (!list) return {};
  Parts parts{list->content};
  while (!parts.empty()) {
    HOZEN_TRY(const Node one, parts.next("certificates"));
    // Others are attribute certificates, which nobody uses here.
    const bool is_x509 = one.tag == asn1::kSequence;
    if (is_x509 && ++out.stated_certificates <= kMaxCertificates)
      out.certificates.push_back(one.whole);
    else
      out.unread_bytes += one.whole.size();
  }
  return {};
}

void read_revocation_lists(Parts& fields, SignedData& out) {
  const auto list = fields.next_if(asn1::context_parts(1));
  if (!list) return;
  Parts parts{list->content};
  while (!parts.empty()) {
    const std::size_t left = parts.bytes_left();
    const auto one = parts.next("revocation lists");
    if (!one || out.revocation_lists.size() == kMaxCertificates) {
      out.unread_bytes += left;
      return;
    }
    out.revocation_lists.push_back(one->whole);
  }
}

}  // namespace

Result<SignerInfo> read_signer(const Node& node) {
  constexpr std::string_view kWhat = "signer";
  SignerInfo signer;
  Parts fields{node.content};
  HOZEN_TRY([[maybe_unused]] const Node version, fields.next(asn1::kInteger, kWhat));
  if (const auto identifier = fields.next_if(asn1::context(0))) {
    signer.key_identifier = identifier->content;
  } else {
    HOZEN_TRY(const Node who, fields.next(asn1::kSequence, kWhat));
    Parts parts{who.content};
    HOZEN_TRY(const Node issuer, parts.next(asn1::kSequence, kWhat));
    HOZEN_TRY(const Node serial, parts.next(asn1::kInteger, kWhat));
    signer.issuer = issuer.whole;
    signer.serial = serial.content;
  }
  HOZEN_TRY(const Node digest, fields.next(asn1::kSequence, kWhat));
  signer.algorithm = algorithm_of(digest.content);
  if (const auto attributes = fields.next_if(asn1::context_parts(0))) {
    signer.has_attributes = true;
    signer.attribute_bytes = attributes->content;
    HOZEN_TRY(signer.attributes, read_attributes(attributes->content, "signed attributes"));
  }
  HOZEN_TRY(const Node algorithm, fields.next(asn1::kSequence, kWhat));
  Parts algorithm_parts{algorithm.content};
  HOZEN_TRY(const Node object, algorithm_parts.next(asn1::kObject, kWhat));
  signer.signature_algorithm = asn1::object_text(object.content);
  HOZEN_TRY(const Node signature, fields.next(asn1::kOctets, kWhat));
  signer.signature = signature.content;
  if (const auto attributes = fields.next_if(asn1::context_parts(1))) {
    HOZEN_TRY(signer.unsigned_attributes,
              read_attributes(attributes->content, "unsigned attributes"));
  }
  return signer;
}

Result<SignedData> read_signed_data(Bytes pkcs7) {
  constexpr std::string_view kWhat = "PKCS #7";
  SignedData data;
  HOZEN_TRY(const Node outer, asn1::read_node(pkcs7, kWhat));
  if (outer.tag != asn1::kSequence) return Error{Errc::malformed, std::string{kWhat}, pkcs7.base()};
  data.whole = outer.whole;
  Parts info{outer.content};
  HOZEN_TRY(const Node type, info.next(asn1::kObject, kWhat));
  if (asn1::object_text(type.content) != kSignedData)
    return Error{Errc::unsupported, "PKCS #7 of another kind than SignedData", pkcs7.base()};
  HOZEN_TRY(const Node wrapped, info.next(asn1::context_parts(0), kWhat));
  HOZEN_TRY(const Node body, asn1::read_node(wrapped.content, kWhat));
  if (body.tag != asn1::kSequence)
    return Error{Errc::malformed, std::string{kWhat}, body.whole.base()};
  Parts fields{body.content};
  HOZEN_TRY([[maybe_unused]] const Node version, fields.next(asn1::kInteger, kWhat));
  HOZEN_TRY([[maybe_unused]] const Node digests, fields.next(asn1::kSet, kWhat));
  HOZEN_CHECK(read_content(fields, data));
  HOZEN_CHECK(read_certificates(fields, data));
  read_revocation_lists(fields, data);
  HOZEN_TRY(const Node signers, fields.next(asn1::kSet, "signers"));
  Parts parts{signers.content};
  while (!parts.empty()) {
    HOZEN_TRY(const Node one, parts.next(asn1::kSequence, "signer"));
    if (++data.stated_signers > kMaxSigners) {
      data.unread_bytes += one.whole.size();
      continue;
    }
    HOZEN_TRY(SignerInfo signer, read_signer(one));
    data.signers.push_back(std::move(signer));
  }
  data.unread_bytes +=
      fields.bytes_left() + info.bytes_left() + (wrapped.content.size() - body.whole.size());
  return data;
}

const Attribute* find_attribute(const std::vector<Attribute>& attributes, std::string_view type) {
  const auto found = std::ranges::find(attributes, type, &Attribute::type);
  return found == attributes.end() ? nullptr : &*found;
}

std::optional<Node> single_value(const Attribute* attribute) {
  if (attribute == nullptr) return std::nullopt;
  Parts parts{attribute->values};
  auto value = parts.next("attribute");
  if (!value || !parts.empty()) return std::nullopt;
  return *value;
}

Algorithm algorithm_of(Bytes identifier) {
  struct Known {
    std::string_view object;
    Algorithm algorithm;
  };
  // The second ones of each are signatures with it: some tools name those as digests.
  constexpr std::array kKnown{
      Known{"1.2.840.113549.2.5", Algorithm::md5},
      Known{"1.2.840.113549.1.1.4", Algorithm::md5},
      Known{"1.3.14.3.2.26", Algorithm::sha1},
      Known{"1.2.840.113549.1.1.5", Algorithm::sha1},
      Known{"2.16.840.1.101.3.4.2.1", Algorithm::sha256},
      Known{"1.2.840.113549.1.1.11", Algorithm::sha256},
      Known{"2.16.840.1.101.3.4.2.2", Algorithm::sha384},
      Known{"1.2.840.113549.1.1.12", Algorithm::sha384},
      Known{"2.16.840.1.101.3.4.2.3", Algorithm::sha512},
      Known{"1.2.840.113549.1.1.13", Algorithm::sha512},
  };
  Parts parts{identifier};
  const auto object = parts.next_if(asn1::kObject);
  if (!object) return Algorithm::unknown;
  const std::string text = asn1::object_text(object->content);
  for (const Known& known : kKnown)
    if (known.object == text) return known.algorithm;
  return Algorithm::unknown;
}

std::string serial_text(Bytes content) {
  while (content.size() > 1 && content.chars().front() == '\0') content = content.tail(1);
  return to_hex(content.span());
}

}  // namespace hozen::authenticode
