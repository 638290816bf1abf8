#include "tests/builders/signature_builder.h"

#include <openssl/evp.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "tests/builders/signature_builder_part.h"

namespace hozen::builders {

using authenticode::Algorithm;
using authenticode::Digest;

namespace made {

void require(bool done) {
  if (!done) std::abort();
}

const unsigned char* chars_of(const Der& bytes) {
  return static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
}

Der der_of(const unsigned char* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span{data, size});
  return {bytes.begin(), bytes.end()};
}

Der bytes_of_text(std::string_view text) {
  const auto bytes = std::as_bytes(std::span{text.data(), text.size()});
  return {bytes.begin(), bytes.end()};
}

Der joined(const std::vector<Der>& parts) {
  Der all;
  for (const Der& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// As DER wants a SET OF.
Der sorted(std::vector<Der> parts) {
  std::ranges::sort(parts);
  return joined(parts);
}

Der number(std::uint8_t value) { return tlv(0x02, {std::byte{value}}); }
Der utf16_big(std::string_view ascii) {
  Der units;
  for (const char c : ascii) {
    units.push_back({});
    units.push_back(static_cast<std::byte>(c));
  }
  return units;
}
Der utf16_little_with_nul(std::string_view ascii) {
  Der units;
  for (const char c : ascii) {
    units.push_back(static_cast<std::byte>(c));
    units.push_back({});
  }
  units.resize(units.size() + 2);
  return units;
}

Der attribute(std::string_view type, const Der& value) {
  return sequence({object(type), tlv(0x31, value)});
}

std::string_view digest_object(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::md5:
      return "1.2.840.113549.2.5";
    case Algorithm::sha1:
      return "1.3.14.3.2.26";
    case Algorithm::sha384:
      return "2.16.840.1.101.3.4.2.2";
    case Algorithm::sha512:
      return "2.16.840.1.101.3.4.2.3";
    default:
      return "2.16.840.1.101.3.4.2.1";
  }
}

const EVP_MD* method_of(Algorithm algorithm) {
  return EVP_get_digestbyname(std::string{to_text(algorithm)}.c_str());
}

Der digest_bytes(Algorithm algorithm, const Der& content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  require(EVP_Digest(content.data(), content.size(), out.data(), &size, method_of(algorithm),
                     nullptr) == 1);
  return der_of(out.data(), size);
}

Der algorithm_identifier(std::string_view dotted) {
  return sequence({object(dotted), tlv(0x05, {})});
}

/// What is behind tag and length.
Der content_of(const Der& node) {
  const auto first = std::to_integer<unsigned>(node.at(1));
  const std::size_t head = first < 0x80 ? 2 : 2 + (first & 0x7F);
  return {node.begin() + static_cast<std::ptrdiff_t>(head), node.end()};
}

}  // namespace made

using namespace made;

namespace {

/// SignerInfo of `signer` over `content`; `attributes` beside contentType and messageDigest.
Der make_signer(const Identity& signer, Algorithm algorithm, std::string_view type,
                const Der& content, std::vector<Der> attributes, const std::vector<Der>& more,
                bool damaged = false) {
  attributes.push_back(attribute("1.2.840.113549.1.9.3", object(type)));
  attributes.push_back(attribute("1.2.840.113549.1.9.4", octets(digest_bytes(algorithm, content))));
  const Der set = sorted(attributes);
  Der signature = signer.sign(tlv(0x31, set), algorithm);
  if (damaged) signature.back() ^= std::byte{1};
  std::vector<Der> parts{number(1),
                         sequence({signer.issuer_name(), signer.serial()}),
                         algorithm_identifier(digest_object(algorithm)),
                         tlv(0xA0, set),
                         signer.is_rsa() ? algorithm_identifier("1.2.840.113549.1.1.1")
                                         : sequence({object("1.2.840.10045.4.3.2")}),
                         octets(signature)};
  if (!more.empty()) parts.push_back(tlv(0xA1, joined(more)));
  return sequence(parts);
}

Der make_signed_data(std::string_view type, const Der& content, Algorithm algorithm,
                     const std::vector<Der>& certificates, const Der& signer,
                     const Der& revocation_lists = {}) {
  std::vector<Der> body{number(1), tlv(0x31, algorithm_identifier(digest_object(algorithm))),
                        sequence({object(type), tlv(0xA0, content)})};
  if (!certificates.empty()) body.push_back(tlv(0xA0, joined(certificates)));
  if (!revocation_lists.empty()) body.push_back(tlv(0xA1, revocation_lists));
  body.push_back(tlv(0x31, signer));
  return sequence({object("1.2.840.113549.1.7.2"), tlv(0xA0, sequence(body))});
}

}  // namespace

Der tlv(std::uint8_t tag, const Der& content) {
  Der out{std::byte{tag}};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::byte>(content.size()));
  } else {
    std::size_t count = 1;
    while (content.size() >> (8 * count) != 0) ++count;
    out.push_back(static_cast<std::byte>(0x80 | count));
    for (std::size_t i = count; i-- > 0;)
      out.push_back(static_cast<std::byte>(content.size() >> (8 * i) & 0xFF));
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Der sequence(const std::vector<Der>& parts) { return tlv(0x30, joined(parts)); }
Der octets(const Der& content) { return tlv(0x04, content); }

Der object(std::string_view dotted) {
  ASN1_OBJECT* const made = OBJ_txt2obj(std::string{dotted}.c_str(), 1);
  require(made != nullptr);
  const Der out = tlv(0x06, der_of(OBJ_get0_data(made), OBJ_length(made)));
  ASN1_OBJECT_free(made);
  return out;
}

SignatureBuilder& SignatureBuilder::of_file(const Digest& digest, bool page_hashes) {
  // SpcPeImageData: no flags, and as link a file without a name or an object with page hashes.
  Der link = tlv(0xA2, tlv(0x80, utf16_big("<<<Obsolete>>>")));
  if (page_hashes) {
    const Der hashes =
        tlv(0x31,
            sequence({object("1.3.6.1.4.1.311.2.3.2"), tlv(0x31, octets(Der(36, std::byte{7})))}));
    link = tlv(0xA1, joined({octets(Der(16, std::byte{0xA6})), octets(hashes)}));
  }
  const Der image = sequence({tlv(0x03, {std::byte{0}}), tlv(0xA0, link)});
  return of_content("1.3.6.1.4.1.311.2.1.4",
                    sequence({sequence({object("1.3.6.1.4.1.311.2.1.15"), image}),
                              sequence({algorithm_identifier(digest_object(digest.algorithm)),
                                        octets(digest.bytes)})}));
}

SignatureBuilder& SignatureBuilder::of_content(std::string_view type, Der content) {
  type_ = type;
  content_ = std::move(content);
  return *this;
}
SignatureBuilder& SignatureBuilder::with(const Identity& identity) {
  certificates_.push_back(identity.certificate());
  return *this;
}
SignatureBuilder& SignatureBuilder::with_bytes(Der der) {
  certificates_.push_back(std::move(der));
  return *this;
}
SignatureBuilder& SignatureBuilder::with_revocation_lists(Der der) {
  revocation_lists_ = std::move(der);
  return *this;
}
SignatureBuilder& SignatureBuilder::without_own_certificate() {
  own_certificate_ = false;
  return *this;
}
SignatureBuilder& SignatureBuilder::program(std::string_view name, std::string_view url) {
  attributes_.push_back(attribute(
      "1.3.6.1.4.1.311.2.1.12",
      sequence({tlv(0xA0, tlv(0x80, utf16_big(name))), tlv(0xA1, tlv(0x80, bytes_of_text(url)))})));
  return *this;
}
SignatureBuilder& SignatureBuilder::claims(std::string_view utc_time) {
  attributes_.push_back(attribute("1.2.840.113549.1.9.5", tlv(0x17, bytes_of_text(utc_time))));
  return *this;
}
SignatureBuilder& SignatureBuilder::pkcs9_timestamp(const Identity& authority,
                                                    std::string_view utc_time) {
  timestamps_.push_back({authority, std::string{utc_time}});
  return with(authority);
}
SignatureBuilder& SignatureBuilder::rfc3161_timestamp(const Identity& authority,
                                                      std::string_view time) {
  timestamps_.push_back({authority, std::string{time}, true});
  return *this;
}
SignatureBuilder& SignatureBuilder::timestamp_of_another(const Identity& authority,
                                                         std::string_view time) {
  timestamps_.push_back({authority, std::string{time}, true, true});
  return *this;
}
SignatureBuilder& SignatureBuilder::nested(Der pkcs7) {
  nested_.push_back(std::move(pkcs7));
  return *this;
}
SignatureBuilder& SignatureBuilder::unsigned_attribute(std::string_view type, const Der& value) {
  unsigned_.push_back(attribute(type, value));
  return *this;
}
SignatureBuilder& SignatureBuilder::exchange_content(Der content) {
  exchanged_ = std::move(content);
  return *this;
}
SignatureBuilder& SignatureBuilder::damage_signature() {
  damaged_ = true;
  return *this;
}

Der SignatureBuilder::signer_info() const {
  const Der content = content_of(content_);
  // Made twice: timestamps are of the signature, which some algorithms make anew each time.
  const Der once = make_signer(signer_, algorithm_, type_, content, attributes_, {}, damaged_);
  if (timestamps_.empty() && nested_.empty() && unsigned_.empty()) return once;
  // The signature is the last part of what was made.
  Der parts = content_of(once), signature;
  for (std::size_t at = 0; at < parts.size();) {
    const auto first = std::to_integer<unsigned>(parts[at + 1]);
    std::size_t length = first, head = 2;
    if (first >= 0x80) {
      length = 0;
      for (; head < 2 + (first & 0x7Fu); ++head)
        length = length << 8 | std::to_integer<unsigned>(parts[at + head]);
    }
    const auto begin = parts.begin() + static_cast<std::ptrdiff_t>(at + head);
    signature.assign(begin, begin + static_cast<std::ptrdiff_t>(length));
    at += head + length;
  }
  std::vector<Der> more = unsigned_;
  for (const Timestamp& one : timestamps_) {
    const Der of = one.is_of_another ? bytes_of_text("another") : signature;
    if (!one.is_rfc3161) {
      more.push_back(attribute(
          "1.2.840.113549.1.9.6",
          make_signer(one.authority, algorithm_, "1.2.840.113549.1.7.1", of,
                      {attribute("1.2.840.113549.1.9.5", tlv(0x17, bytes_of_text(one.time)))},
                      {})));
      continue;
    }
    const Der info = sequence({number(1), object("1.2.3.4"),
                               sequence({algorithm_identifier(digest_object(algorithm_)),
                                         octets(digest_bytes(algorithm_, of))}),
                               number(7), tlv(0x18, bytes_of_text(one.time))});
    constexpr std::string_view kInfo = "1.2.840.113549.1.9.16.1.4";
    more.push_back(
        attribute("1.3.6.1.4.1.311.3.3.1",
                  make_signed_data(kInfo, octets(info), algorithm_, {one.authority.certificate()},
                                   make_signer(one.authority, algorithm_, kInfo, info, {}, {}))));
  }
  for (const Der& one : nested_) more.push_back(attribute("1.3.6.1.4.1.311.2.4.1", one));
  const Der unsigned_part = tlv(0xA1, joined(more));
  parts.insert(parts.end(), unsigned_part.begin(), unsigned_part.end());
  return tlv(0x30, parts);
}

Der SignatureBuilder::bytes() const {
  std::vector<Der> certificates = certificates_;
  if (own_certificate_) certificates.push_back(signer_.certificate());
  return make_signed_data(type_, exchanged_.empty() ? content_ : exchanged_, algorithm_,
                          certificates, signer_info(), revocation_lists_);
}

}  // namespace hozen::builders
