// PKCS #7 and CMS SignedData as views: what stands where. Nothing is believed here.
//
// Source: RFC 2315 9, RFC 5652 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/authenticode_asn1.h"
#include "collector/formats/authenticode_digest.h"

namespace hozen::authenticode {

constexpr std::string_view kSignedData = "1.2.840.113549.1.7.2";

struct Attribute {
  std::string type{};
  Bytes values{};  ///< one behind the other
  Bytes whole{};
};

struct SignerInfo {
  Bytes issuer{};  ///< name with its tag; empty where the key's identifier stands instead
  Bytes serial{};  ///< content of the number
  Bytes key_identifier{};
  Algorithm algorithm = Algorithm::unknown;
  std::string signature_algorithm{};
  bool has_attributes = false;
  Bytes attribute_bytes{};  ///< signed ones, as hashed but for tag and length
  std::vector<Attribute> attributes{}, unsigned_attributes{};
  Bytes signature{};
};

struct SignedData {
  Bytes whole{};
  std::string content_type{};
  Bytes content{};  ///< without its tag and length: what is hashed; empty where it is detached
  std::vector<std::byte> joined{};    ///< what `content` refers to where it was in pieces
  std::vector<Bytes> certificates{};  ///< of X.509, with their tags
  std::vector<SignerInfo> signers{};
  std::size_t stated_signers = 0, stated_certificates = 0;
  std::vector<Bytes> revocation_lists{};  ///< with their tags
  /// Of parts that are not read: certificates of other kinds or too many, signers behind the last
  /// that is read, and what lies behind the parts.
  std::uint64_t unread_bytes = 0;

  SignedData() = default;
  SignedData(SignedData&&) = default;
  SignedData& operator=(SignedData&&) = default;
};

Result<SignedData> read_signed_data(Bytes pkcs7);
Result<SignerInfo> read_signer(const asn1::Node& node);
/// nullptr for none.
const Attribute* find_attribute(const std::vector<Attribute>& attributes, std::string_view type);
/// The single value of an attribute; nothing for none or several.
std::optional<asn1::Node> single_value(const Attribute* attribute);
/// Of an AlgorithmIdentifier's content.
Algorithm algorithm_of(Bytes identifier);
/// Serial number without its sign byte, hex.
std::string serial_text(Bytes content);

}  // namespace hozen::authenticode
