#include "collector/formats/authenticode_content.h"

#include "collector/base/text.h"
#include "collector/formats/authenticode_asn1.h"

namespace hozen::authenticode {
namespace {

using asn1::Node;
using asn1::Parts;

constexpr std::string_view kOpusInfo = "1.3.6.1.4.1.311.2.1.12",
                           kPageHashesSha1 = "1.3.6.1.4.1.311.2.3.1",
                           kPageHashesSha256 = "1.3.6.1.4.1.311.2.3.2";

std::string without_nul(std::string text) {
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

/// SpcString: [0] UTF-16, [1] ASCII.
std::string spc_string(Bytes content) {
  const auto node = asn1::read_node(content, "text");
  return node ? without_nul(asn1::text_of(*node)) : std::string{};
}

Algorithm page_hashes_in(Bytes serialized) {
  const auto set = asn1::read_node(serialized, "page hashes");
  if (!set) return Algorithm::unknown;
  Parts parts{set->content};
  const auto one = parts.next_if(asn1::kSequence);
  if (!one) return Algorithm::unknown;
  Parts fields{one->content};
  const auto object = fields.next_if(asn1::kObject);
  if (!object) return Algorithm::unknown;
  const std::string text = asn1::object_text(object->content);
  if (text == kPageHashesSha1) return Algorithm::sha1;
  return text == kPageHashesSha256 ? Algorithm::sha256 : Algorithm::unknown;
}

/// SpcPeImageData: flags, and a link with an object of Microsoft's serializer
/// in it.
void read_image_data(Bytes value, Signature& out) {
  Parts fields{value};
  constexpr std::uint8_t kBits = 0x03;
  (void)fields.next_if(kBits);
  const auto link = fields.next_if(asn1::context_parts(0));
  if (!link) return;
  const auto moniker = asn1::read_node(link->content, "link");
  if (!moniker || moniker->tag != asn1::context_parts(1)) return;
  Parts parts{moniker->content};
  (void)parts.next_if(asn1::kOctets);  // class of the object
  if (const auto serialized = parts.next_if(asn1::kOctets))
    out.page_hashes = page_hashes_in(serialized->content);
}

}  // namespace

void read_opus(const SignerInfo& signer, Signature& out) {
  const auto value = single_value(find_attribute(signer.attributes, kOpusInfo));
  if (!value) return;
  Parts fields{value->content};
  if (const auto name = fields.next_if(asn1::context_parts(0)))
    out.program_name = spc_string(name->content);
  const auto link = fields.next_if(asn1::context_parts(1));
  if (!link) return;
  const auto target = asn1::read_node(link->content, "link");
  if (!target) return;
  if (target->tag == asn1::context_parts(2))
    out.more_info = spc_string(target->content);
  else if (target->tag == asn1::context(0))
    out.more_info = without_nul(to_wtf8_lossy(target->content.chars()));
}

Result<void> read_indirect_data(Bytes content, Signature& out) {
  constexpr std::string_view kWhat = "digest of the file in the signature";
  Parts parts{content};
  HOZEN_TRY(const Node data, parts.next(asn1::kSequence, kWhat));
  Parts fields{data.content};
  HOZEN_TRY([[maybe_unused]] const Node type, fields.next(asn1::kObject, kWhat));
  if (const auto value = fields.next_if(asn1::kSequence)) read_image_data(value->content, out);
  HOZEN_TRY(const Node info, parts.next(asn1::kSequence, kWhat));
  Parts digest{info.content};
  HOZEN_TRY(const Node algorithm, digest.next(asn1::kSequence, kWhat));
  HOZEN_TRY(const Node octets, digest.next(asn1::kOctets, kWhat));
  out.digest = {algorithm_of(algorithm.content),
                {octets.content.span().begin(), octets.content.span().end()}};
  if (out.digest.algorithm == Algorithm::unknown)
    return Error{Errc::unsupported, "algorithm of the file's digest", content.base()};
  return {};
}

}  // namespace hozen::authenticode
